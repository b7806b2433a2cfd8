"""Results on standard output and in files: coloured on a terminal, plain in a pipe or where NO_COLOR asks for it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO, TextIOWrapper
from pathlib import Path

from rich.console import Console, RenderableType

from ..errors import UserError
from ..notes import tell
from ..signals import interruptible

PIPED_WIDTH = 160
"""Columns of a table that nobody's window limits."""

_COMMAND = re.compile(r"^([^\S\n]*)::|##(?=\[)", re.MULTILINE)
"""What the runner of a GitHub job takes for a command in a log."""


def show(renderable: RenderableType) -> None:
    """Print `renderable` on standard output; a reader that has gone away (`| head`) is no error of the command."""
    with _delivered():
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        if sys.stdout.isatty():
            _console().print(renderable)
        else:
            sys.stdout.write(_piped(renderable))


def shown_text(renderable: RenderableType) -> str:
    """Return `renderable` as text without colours, as wide as in a pipe."""
    text = StringIO()
    settings = {"highlight": False, "markup": False, "emoji": False, "no_color": True, "force_terminal": False}
    Console(file=text, width=PIPED_WIDTH, color_system=None, **settings).print(renderable)  # type: ignore[arg-type]
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def text_of(shown: str | RenderableType) -> str:
    """Return what a format says as text."""
    return shown if isinstance(shown, str) else shown_text(shown)


def print_text(text: str) -> None:
    """Print `text` in UTF-8, whatever the terminal speaks: the formats of files say so of themselves."""
    with _delivered():
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")
        sys.stdout.write(text)


def write_whole(file: Path, content: bytes) -> None:
    """Write a file aside and move it into its place: an older one stays whole until this one is.

    Raises:
        OSError: the file system refused; an older file is as it was.
    """
    target = file.resolve()  # a link stays one
    if target.exists() and not target.is_file():  # a device or a pipe is written to, and a folder is refused
        with target.open("wb") as stream:
            stream.write(content)
        return
    aside = target.with_name(f".logitproof-{secrets.token_hex(8)}")
    try:
        with aside.open("xb") as stream:
            stream.write(content)
        if target.exists():
            shutil.copymode(target, aside)
        aside.replace(target)
    except BaseException:  # an interrupt too leaves nothing behind
        aside.unlink(missing_ok=True)
        raise


def _console() -> Console:
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def _piped(renderable: RenderableType) -> str:
    """What goes to a pipe or a log; there no line of it is a command to whoever reads the log."""
    console = _console()
    with console.capture() as captured:
        console.print(renderable)
    text = "".join(f"{line.rstrip(' ')}\n" for line in captured.get().splitlines())
    return _COMMAND.sub(lambda match: "## " if match[1] is None else f"{match[1]}: :", text)


@contextmanager
def _delivered() -> Iterator[None]:
    """Let a reader leave; tell where what was printed could not be kept, on a full disk say.

    Raises:
        UserError: standard output is closed, or refuses.
    """
    if sys.stdout is None:
        raise UserError("standard output is closed")
    try:
        with interruptible():  # whoever reads may take their time
            yield
            sys.stdout.flush()
    except BrokenPipeError:
        _silence()
    except OSError as error:
        _silence()
        raise UserError(f"standard output: {error.strerror or error}") from None


def _silence() -> None:
    # Without this Python would complain once more when it closes the stream.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def page_or_word(name: str, page: Callable[[], str | RenderableType]) -> str | None:
    """Return what a page says, or None and a word to the user where it cannot be made: no page may cost a record.

    Args:
        name: the file that it is for.
        page: makes it.
    """
    try:
        return text_of(page())
    except Exception as error:  # noqa: BLE001 - whatever it is, hours may be in the record
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        tell(f"{name} could not be made ({why}): an error of logitproof, please report it; the record is kept")
        return None
