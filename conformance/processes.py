"""Processes that compute: started alike everywhere, deaf to signals, and gone when their parent is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Thread
from typing import TypeVar

from .signals import SIGNALS, undisturbed

A = TypeVar("A")
R = TypeVar("R")


@contextmanager
def processes(jobs: int | None) -> Iterator[ProcessPoolExecutor]:
    """Give processes that compute, and end them at once in the end, whatever they are at.

    Args:
        jobs: how many; None means one per core.
    """
    with _deaf():
        resource_tracker.ensure_running()  # it serves all processes, and belongs to none of them
    context = _Context()
    pool = ProcessPoolExecutor(jobs or os.cpu_count() or 1, context, _end_with_parent)
    try:
        yield pool
    finally:
        for process in context.children:
            if process.pid is not None:  # it has been started
                process.kill()
        pool.shutdown()


def mapped(pool: Executor, call: Callable[[A], R], items: Iterable[A], timeout: float | None = None) -> Iterator[R]:
    """Give what `call` returns for each item, in order, computed by a pool.

    `Executor.map` would cancel what is left where its results are not wanted any more, and a pool that is ended then
    fails over it.

    Args:
        pool: computes.
        call: a function of a module.
        items: its arguments.
        timeout: seconds until the last result must be there; None means any time.

    Raises:
        TimeoutError: it was not there.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    for future in [pool.submit(call, item) for item in items]:
        yield future.result(None if deadline is None else max(0.0, deadline - time.monotonic()))


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes in here with the signals blocked: from their first moment, when they have no handler yet."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _DeafProcess(SpawnProcess):
    """A process that a signal to the whole group does not reach: what it asks for is the parent's to do."""

    def start(self) -> None:
        """Start it, whole or not at all."""
        with undisturbed(), _deaf():
            super().start()


class _Context(SpawnContext):
    """Makes such processes, and keeps them in `children`."""

    def __init__(self) -> None:
        super().__init__()
        self.children: list[SpawnProcess] = []

    def Process(self, *args: object, **keywords: object) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        process = _DeafProcess(*args, **keywords)  # type: ignore[arg-type]
        self.children.append(process)
        return process


def _end_with_parent() -> None:
    """End this process when its parent does, also where that was killed and could tell nobody."""
    Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
