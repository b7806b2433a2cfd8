"""Notes on standard error."""

from __future__ import annotations

import sys

from logitproof.reports import clean


def tell(line: str) -> None:
    """Write a note on standard error; what of it is a user's, or a file's, does not steer the terminal."""
    sys.stderr.write(f"logitproof: {clean(line)}\n")
    sys.stderr.flush()
