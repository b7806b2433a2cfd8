"""What a hunt tells while it works: the largest errors so far on a terminal, single lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from logitproof.reports import clean

from ..judge.judged_output import JudgedElement
from ..judge.tally import CheckIdentity
from ..notes import tell

_SHOWN = 10
"""The largest errors that a terminal shows."""

Largest = Mapping[CheckIdentity, JudgedElement]
"""The largest errors so far."""


class HuntProgress(Protocol):
    """Where a hunt tells how it goes."""

    def begin(self, subjects: int, largest: Largest) -> None:
        """Say that it begins, with so many functions and dtypes; `largest` will hold the largest errors."""

    def visit(self, subject: str) -> None:
        """Say what is looked at from here on."""

    def advance(self, cases: int) -> None:
        """Say that one more example of so many cases is judged."""

    def note(self, line: str) -> None:
        """Say something that a person should read now, in one line."""


class HuntLines:
    """A hunt without a terminal: a line on standard error where a larger error, or a failure, was found."""

    def __init__(self) -> None:
        """Begin with nothing to tell."""
        self._subject = ""
        self._largest: Largest = {}
        self._written: dict[str, float] = {}

    def begin(self, subjects: int, largest: Largest) -> None:
        """Write how much there is to look at."""
        self._largest = largest
        self.note(f"hunting over {subjects} functions and dtypes")

    def visit(self, subject: str) -> None:
        """Write the largest error of what was looked at so far, if it has grown."""
        self._tell()
        self._subject = subject

    def advance(self, cases: int) -> None:
        """Write nothing."""

    def note(self, line: str) -> None:
        """Write `line`."""
        tell(line)

    def end(self) -> None:
        """Write what is left to tell."""
        self._tell()

    def _tell(self) -> None:
        current = [each for each in _sorted(self._largest) if _subject(each[0]) == self._subject]
        if current and current[0][1].ratio > self._written.get(self._subject, 0.0):
            identity, judged = current[0]
            self._written[self._subject] = judged.ratio
            where = f"{identity.entry_point}, {identity.setting}, {identity.quantity.replace(':', ' by ')}"
            self.note(f"{self._subject}: {judged.ratio:.3g} times the bound, {judged.ulps:.3g} ulps ({where})")


class HuntScreen:
    """A hunt on a terminal: what is looked at, and a table of the largest errors so far; notes above it."""

    def __init__(self, console: Console, seconds: float) -> None:
        """Take the terminal, and the seconds that there are."""
        self._console, self._seconds = console, seconds
        self._began = time.monotonic()
        self._subject, self._examples, self._cases = "starting", 0, 0
        self._largest: Largest = {}

    def begin(self, subjects: int, largest: Largest) -> None:
        """Begin to measure the time."""
        del subjects
        self._began, self._largest = time.monotonic(), largest

    def visit(self, subject: str) -> None:
        """Show what is looked at."""
        self._subject = subject

    def advance(self, cases: int) -> None:
        """Count an example."""
        self._examples += 1
        self._cases += cases

    def note(self, line: str) -> None:
        """Write `line` above the table."""
        self._console.print(clean(line), markup=False, highlight=False)

    def __rich__(self) -> RenderableType:
        """Draw everything."""
        elapsed = int(time.monotonic() - self._began)
        left = f" of {_clock(int(self._seconds))}" if self._seconds < float("inf") else ""
        head = f"hunting {self._subject} · {self._examples} examples, {self._cases} cases · {_clock(elapsed)}{left}"
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("error/bound", "ulps", "function", "dtype", "quantity", "entry point", "setting"):
            table.add_column(name, justify="right" if name in {"error/bound", "ulps"} else "left", no_wrap=True)
        for its, judged in _sorted(self._largest)[:_SHOWN]:
            cells = (
                f"{judged.ratio:.3g}",
                f"{judged.ulps:.3g}",
                its.function,
                its.dtype,
                its.quantity,
                its.entry_point,
                str(its.setting),
            )
            table.add_row(*(Text(cell) for cell in cells))
        return Group(Text(head, style="bold"), table)


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def _sorted(largest: Largest) -> list[tuple[CheckIdentity, JudgedElement]]:
    """Return the errors, the largest first; a copy, since the hunt goes on while a screen is drawn."""
    return sorted(largest.items(), key=lambda item: -item[1].ratio)


def _subject(identity: CheckIdentity) -> str:
    return f"{identity.function} {identity.dtype}"


@contextmanager
def shown_hunt(seconds: float) -> Iterator[HuntProgress]:
    """Give the progress that standard error can show."""
    if not sys.stderr.isatty():
        lines = HuntLines()
        yield lines
        lines.end()
        return
    console = Console(stderr=True)
    screen = HuntScreen(console, seconds)
    with Live(screen, console=console, refresh_per_second=4, transient=True):
        yield screen
