"""What a long run tells while it works: a bar on a terminal, short notes elsewhere, always on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich import progress as rich_progress
from rich.console import Console


class Progress(Protocol):
    """Where a run reports how far it is."""

    def begin(self, backends: Sequence[str], total: int) -> None:
        """Say which backends are examined, and in how many batches; may be said again when the total changes."""

    def advance(self, batches: int = 1) -> None:
        """Say that so many batches are done."""

    def note(self, line: str) -> None:
        """Say something that a person should read now, in one line."""


class Silence:
    """Progress that nobody watches: nothing is written."""

    def begin(self, backends: Sequence[str], total: int) -> None:
        """Write nothing."""

    def advance(self, batches: int = 1) -> None:
        """Write nothing."""

    def note(self, line: str) -> None:
        """Write nothing."""


class Notes:
    """Progress without a terminal: what is examined, and the notes, a line each on standard error."""

    def begin(self, backends: Sequence[str], total: int) -> None:
        """Write what is examined."""
        self.note(f"examining {', '.join(backends)}: {total} batches")

    def advance(self, batches: int = 1) -> None:
        """Write nothing: a log wants no bar."""

    def note(self, line: str) -> None:
        """Write `line`."""
        sys.stderr.write(f"logitproof: {line}\n")
        sys.stderr.flush()


class Bar:
    """Progress on a terminal: backends, a bar of batches, elapsed and remaining time; notes above the bar."""

    def __init__(self, display: rich_progress.Progress) -> None:
        self._display = display
        self._task = display.add_task("starting", total=None)

    def begin(self, backends: Sequence[str], total: int) -> None:
        """Show the backends and the length of the bar."""
        self._display.update(self._task, description=", ".join(backends), total=total)

    def advance(self, batches: int = 1) -> None:
        """Move the bar."""
        self._display.update(self._task, advance=batches)

    def note(self, line: str) -> None:
        """Write `line` above the bar."""
        self._display.console.print(line, markup=False, highlight=False)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Give the progress that standard error can show: a bar on a terminal, notes elsewhere."""
    if not sys.stderr.isatty():
        yield Notes()
        return
    columns = (
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TextColumn("left"),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True), transient=True) as display:
        yield Bar(display)
