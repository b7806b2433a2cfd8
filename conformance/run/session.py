"""A run under way: backends are asked in threads, what they answer is judged in other processes, and taken in here."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

from ..backends.client import WorkerUnavailable
from ..backends.protocol import Hello
from ..corpus.source import BatchSource
from ..errors import UserError
from ..inputs.hashes import batch_hash
from ..judge.job import Job, Tallies
from ..property_checks.ask import PropertyTask
from ..signals import interruptible
from .plan import sources, tasks_of
from .progress import Progress
from .property_plan import property_tasks
from .request import RunRequest
from .running_backends import RunningBackend
from .units import BatchUnit, PropertyUnit, RunResults, Unit

WINDOW = 32
"""Batches under way at a time: enough to keep every process busy, few enough to hold in memory."""

_PATIENCE = 0.2
"""Seconds between two looks at whether the user has interrupted."""

INTERRUPTED = "the run was interrupted"

_POOL_LOST = "a process that computes truth was ended from outside, for lack of memory perhaps"


@dataclass
class _Underway:
    """A unit that has not been taken in yet: what the backends have answered, then the judgement to come."""

    unit: Unit
    answers: dict[int, Any] = field(default_factory=dict)
    judgement: Future[Any] | None = None

    @property
    def in_order(self) -> list[Any]:
        """The answers, in the order of the tasks."""
        return [self.answers[index] for index in range(len(self.unit.tasks))]

    @property
    def is_judged(self) -> bool:
        """Whether its judgement is there."""
        return self.judgement is not None and self.judgement.done()


class RunSession:
    """The examination itself, unit by unit.

    Attributes:
        results: what has been seen so far.
        hashes: function and hash of every batch of the corpus that was sent.
        given: the hashes of the others, by "function/dtype/batch".
    """

    def __init__(
        self,
        request: RunRequest,
        progress: Progress,
        running: Sequence[RunningBackend],
        hellos: Mapping[str, Hello],
        pool: Executor,
    ) -> None:
        """Take running backends, and what computes truth."""
        self._request, self._progress, self._hellos, self._pool = request, progress, hellos, pool
        self._running = {backend.label: backend for backend in running if backend.worker is not None}
        self._answers: SimpleQueue[tuple[int, int, Any]] = SimpleQueue()
        self._underway: dict[int, _Underway] = {}
        self._over = Event()
        stores = {label: each.side.store for label, each in self._running.items() if each.side.store is not None}
        self.results = RunResults(Tallies(stores))
        self.hashes: list[tuple[str, str]] = []
        self.given: dict[str, str] = {}

    def examine(self) -> str | None:
        """Examine every batch, then every property; return why it did not come to its end, if it did not.

        Raises:
            UserError: no check matches what was asked for.
            FolderError: an output cannot be stored.
        """
        planned = [] if self._request.properties else sources(self._request, self._hellos, self._progress.note)
        remaining: deque[tuple[int, BatchSource | PropertyTask]] = deque(enumerate([*planned, *self._property_tasks()]))
        self._progress.begin(list(self._running), len(remaining))
        for backend in self._running.values():
            Thread(target=self._serve, args=(backend,), daemon=True).start()
        try:
            while remaining or self._underway:
                # A property holds next to nothing, and each is for one backend: the others would wait behind a window.
                while remaining and (len(self._underway) < WINDOW or isinstance(remaining[0][1], PropertyTask)):
                    self._send(*remaining.popleft())
                if self._underway:
                    self._receive()
        except KeyboardInterrupt:
            return self._cut(INTERRUPTED, "interrupted")
        except BrokenExecutor:
            return self._cut(_POOL_LOST, _POOL_LOST)
        finally:
            self._over.set()
            for backend in self._running.values():
                backend.orders.put(None)
        if self._request.checks and not self.results.tallies.of_checks:
            raise UserError("no check matches --check: ids are in record.json")
        return None

    def _cut(self, reason: str, word: str) -> str:
        """Keep what has been judged, though it was not its turn yet."""
        self._progress.note(f"{word}: keeping what is finished")
        for number in [number for number, each in self._underway.items() if each.is_judged]:
            with suppress(BrokenExecutor):  # what a lost process was to judge counts as done, by an exception
                self._take_in(number)
        return reason

    def _property_tasks(self) -> list[PropertyTask]:
        return [
            replace(task, backend=label)
            for label, backend in self._running.items()
            for task in property_tasks(self._request, {backend.spec.name: self._hellos[label]})
        ]

    def _send(self, number: int, wanted: BatchSource | PropertyTask) -> None:
        """Hand a unit to the backends that it concerns."""
        unit = PropertyUnit(wanted) if isinstance(wanted, PropertyTask) else self._begun(wanted)
        if not unit.tasks:
            self._progress.advance()
            return
        self._underway[number] = _Underway(unit)
        for index in range(len(unit.tasks)):
            self._running[unit.tasks[index].backend].orders.put((number, index, unit))

    def _begun(self, source: BatchSource) -> BatchUnit:
        """Build a batch, and begin its checks."""
        with interruptible():
            batch = source.batch()
        if source.given is None:
            self.hashes.append((batch.function, batch_hash(batch)))
        else:
            self.given[f"{batch.function}/{batch.dtype}/{batch.name}"] = batch_hash(batch)
        request = self._request
        tasks = tasks_of(batch, self._hellos, request.entry_points, request.checks, request.settings)
        self.results.tallies.begin(batch, tasks)
        return BatchUnit(Job(source, tuple(task for task in tasks if task.quantities)))

    def _serve(self, backend: RunningBackend) -> None:
        """Ask one backend, task after task; runs in a thread of its own."""
        assert backend.worker is not None
        while (order := backend.orders.get()) is not None and not self._over.is_set():
            number, index, unit = order
            try:
                answer = unit.ask(index, backend.worker, backend.deaths[unit.tasks[index].setting])
            except WorkerUnavailable as error:
                if self._over.is_set():  # it was stopped because the run is over, which is no trouble of its own
                    return
                backend.trouble, answer = str(error), None
            except Exception as error:  # noqa: BLE001 - a thread that ends without an answer would be waited for forever
                backend.trouble, answer = _error_text(unit, error), None
            self._answers.put((number, index, answer))

    def _receive(self) -> None:
        """Take one answer, have its unit judged if it was the last, and take in what has been judged."""
        try:
            with interruptible():
                number, index, answer = self._answers.get(timeout=_PATIENCE)
        except Empty:
            pass
        else:
            underway = self._underway[number]
            underway.answers[index] = answer
            if len(underway.answers) == len(underway.unit.tasks):
                underway.judgement = self._pool.submit(*underway.unit.judgement(underway.in_order))
        is_turn = True
        for number, underway in list(self._underway.items()):
            if underway.is_judged and (is_turn or not underway.unit.is_ordered):
                self._take_in(number)
                self._progress.advance()
            elif underway.unit.is_ordered:
                is_turn = False

    def _take_in(self, number: int) -> None:
        underway = self._underway.pop(number)
        assert underway.judgement is not None
        try:
            judged = underway.judgement.result()
        except BrokenExecutor:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the run must not be lost for it
            for task in underway.unit.tasks:
                self._running[task.backend].trouble = _error_text(underway.unit, error)
            return
        underway.unit.take_in(self.results, number, underway.in_order, judged)


def _error_text(unit: Unit, error: Exception) -> str:
    text = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return f"{unit.title}: an error of logitproof itself, please report it: {text}"
