"""Workflow commands, a line each, as GitHub's runner reads them.

A command is a line that begins with `::`. What comes from others stands behind such a beginning, on the same line, with
percent signs and line ends written as GitHub writes them: it can neither end its command nor begin another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..record.words import brief

Level = Literal["error", "warning", "notice"]

MOST_OF_A_KIND = 10
"""GitHub shows so many annotations of a kind for a step, and drops the rest without a word."""


def command(level: str, title: str, message: str) -> str:
    """Return an annotation; the message may have several lines."""
    return f"::{level} title={_property(brief(title))}::{_data(message)}"


def limited(level: str, commands: Sequence[str], what: str) -> list[str]:
    """Return the first ten commands; where there are more, nine, and one that counts the rest."""
    if len(commands) <= MOST_OF_A_KIND:
        return list(commands)
    left = len(commands) - MOST_OF_A_KIND + 1
    return [
        *commands[: MOST_OF_A_KIND - 1],
        command(level, "logitproof", f"{left} more {what} of this kind: the job's summary tells more"),
    ]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
