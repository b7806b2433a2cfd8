"""The systems that logitproof runs on."""

from __future__ import annotations

import os


def refusal() -> str:
    """Return in one line why logitproof does not run on this system; "" where it does.

    It is asked for before anything is imported that only POSIX systems have.
    """
    if os.name == "posix":
        return ""
    return (
        f"this system is none that logitproof runs on (os.name is {os.name!r}): its workers need POSIX pipes and "
        "signals, as Linux, macOS and the Linux of Windows (WSL) have them"
    )
