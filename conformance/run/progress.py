"""What a long run tells while it works: a bar on a terminal, notes elsewhere, always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Protocol

from rich import progress as rich_progress
from rich.console import Console
from rich.text import Text

from logitproof.reports import clean, duration_words

from ..notes import tell

NOTED_EVERY = 30.0
"""Seconds between two notes of how far a run is, where there is no terminal."""

_FIRST_GUESS = 3.0
"""Seconds of examining before the time that is left is guessed at."""


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
    """Progress without a terminal: what is examined, the notes, and how far it is, a line each on standard error."""

    def __init__(self) -> None:
        """Begin to measure the time."""
        self._started = time.monotonic()
        self._began: float | None = None
        self._done = self._total = 0

    def begin(self, backends: Sequence[str], total: int) -> None:
        """Write what is examined."""
        self._began = self._began or time.monotonic()
        self._total = total
        self.note(f"examining {', '.join(backends)}: {total:,} batches")

    def advance(self, batches: int = 1) -> None:
        """Write nothing: a log wants no bar."""
        self._done += batches

    def note(self, line: str) -> None:
        """Write `line`."""
        tell(line)

    def tell_time(self) -> None:
        """Write how far it is."""
        now = time.monotonic()
        examining = 0.0 if self._began is None else now - self._began
        done = f"{self._done:,} of {self._total:,} batches, " if self._total else ""
        self.note(done + time_words(now - self._started, examining, self._done, self._total))


class Bar:
    """Progress on a terminal: backends, a bar of batches, elapsed and remaining time; notes above the bar."""

    def __init__(self, display: rich_progress.Progress) -> None:
        self._display = display
        self._task = display.add_task("starting", total=None, began=None)

    def begin(self, backends: Sequence[str], total: int) -> None:
        """Show the backends and the length of the bar."""
        task = self._display.tasks[self._task]
        began = task.elapsed if task.fields["began"] is None else task.fields["began"]
        self._display.update(self._task, description=clean(", ".join(backends)), total=total, began=began)

    def advance(self, batches: int = 1) -> None:
        """Move the bar."""
        self._display.update(self._task, advance=batches)

    def note(self, line: str) -> None:
        """Write `line` above the bar."""
        self._display.console.print(clean(line), markup=False, highlight=False)


class _Times(rich_progress.ProgressColumn):
    """The times beside the bar."""

    def render(self, task: rich_progress.Task) -> Text:
        """Return them as they are now."""
        elapsed, began = task.elapsed or 0.0, task.fields["began"]
        examining = 0.0 if began is None else elapsed - began
        return Text(time_words(elapsed, examining, int(task.completed), int(task.total or 0)))


def time_words(elapsed: float, examining: float, done: int, total: int) -> str:
    """Return the times of a run for people, e.g. "2 min 10 s elapsed, about 40 s left".

    Args:
        elapsed: seconds since its start.
        examining: seconds of them since the backends were there.
        done: how many batches are done.
        total: of how many.
    """
    words = f"{duration_words(elapsed)} elapsed"
    if not done or examining < _FIRST_GUESS:
        return words
    if done >= total:
        return f"{words}, finishing"
    return f"{words}, about {duration_words(examining * (total - done) / done)} left"


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Give the progress that standard error can show: a bar on a terminal, notes elsewhere."""
    if not sys.stderr.isatty():
        with _periodic_notes() as notes:
            yield notes
        return
    columns = (
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        _Times(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True), transient=True) as display:
        yield Bar(display)


@contextmanager
def _periodic_notes() -> Iterator[Notes]:
    """Give notes that say now and then how far a run is, also while nothing gets done: so a log shows life."""
    notes, over = Notes(), Event()

    def tell_times() -> None:
        while not over.wait(NOTED_EVERY):
            notes.tell_time()

    thread = Thread(target=tell_times, daemon=True)
    thread.start()
    try:
        yield notes
    finally:
        over.set()
        thread.join()
