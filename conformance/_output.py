"""Results on standard output: coloured on a terminal, plain in a pipe or where NO_COLOR asks for it."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from rich.console import Console, RenderableType

PIPED_WIDTH = 160
"""Columns of a table that nobody's window limits."""


def show(renderable: RenderableType) -> None:
    """Print `renderable` on standard output; a reader that has gone away (`| head`) is no error of the command."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH
    try:
        Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False).print(renderable)
        sys.stdout.flush()
    except BrokenPipeError:
        # Without this Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
