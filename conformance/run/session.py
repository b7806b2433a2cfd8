"""A run under way: batches go to the workers, truth to other processes, and what comes back is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Event, Thread

import numpy as np

from ..backends.bisection import BatchPart, ExaminedCalls, examine_batch
from ..backends.client import WorkerUnavailable
from ..backends.protocol import Hello
from ..errors import UserError
from ..inputs.batch import Batch
from ..inputs.cases import case_count
from ..inputs.hashes import batch_hash
from ..judge.batch_judge import BatchJudge
from ..judge.tally import CheckIdentity, CheckTally, Returned
from ..judge.truth import truths
from ..property_checks.ask import BrokenProperty, PropertyAnswers, PropertyTask, ask, judge_property
from ..signals import interruptible
from .option_calls import OptionCalls
from .plan import BatchSource, Task, all_questions, identity, sources, tasks_of
from .progress import Progress
from .property_plan import property_tasks
from .request import RunRequest
from .running_backends import RunningBackend

WINDOW = 32
"""Batches under way at a time: enough to keep every process busy, few enough to hold in memory."""


_PATIENCE = 0.2
"""Seconds between two looks at whether the user has interrupted."""


INTERRUPTED = "the run was interrupted"


_POOL_LOST = "a process that computes truth was ended from outside, for lack of memory perhaps"


@dataclass
class _Underway:
    """A batch that has not been judged yet: what the backends have answered, then the judgement to come."""

    batch: Batch
    tasks: list[Task]
    answers: dict[int, ExaminedCalls] = field(default_factory=dict)
    judgement: Future[list[CheckTally]] | None = None


class RunSession:
    """The examination itself: batches go out, answers come in, and are judged batch by batch."""

    def __init__(
        self,
        request: RunRequest,
        progress: Progress,
        running: Sequence[RunningBackend],
        hellos: Mapping[str, Hello],
        pool: ProcessPoolExecutor,
    ) -> None:
        self._request, self._progress, self._hellos, self._pool = request, progress, hellos, pool
        self._running = {backend.label: backend for backend in running if backend.worker is not None}
        self._answers: SimpleQueue[tuple[int, int, ExaminedCalls]] = SimpleQueue()
        self._underway: dict[int, _Underway] = {}
        self._property_answers: SimpleQueue[tuple[int, PropertyTask, PropertyAnswers | None]] = SimpleQueue()
        self._property_findings: dict[int, BrokenProperty] = {}
        self._over = Event()
        self.tallies: dict[CheckIdentity, CheckTally] = {}
        self.options = OptionCalls()
        self.hashes: list[tuple[str, str]] = []
        self.given: dict[str, str] = {}

    @property
    def properties(self) -> list[BrokenProperty]:
        """What became of the properties so far, in the order of the plan."""
        return [finding for _, finding in sorted(self._property_findings.items())]

    def examine(self) -> str | None:
        """Examine every batch, then every property; return why it did not come to its end, if it did not.

        Raises:
            UserError: no check matches what was asked for.
        """
        planned = [] if self._request.properties else sources(self._request, self._hellos, self._progress.note)
        remaining = list(enumerate(planned))
        remaining.reverse()
        properties = self._properties()
        self._progress.begin(list(self._running), len(remaining) + len(properties))
        threads = [Thread(target=self._serve, args=(each,), daemon=True) for each in self._running.values()]
        for thread in threads:
            thread.start()
        try:
            while remaining or self._underway:
                while remaining and len(self._underway) < WINDOW:
                    self._send(*remaining.pop())
                if self._underway:
                    self._receive()
            self._examine_properties(properties)
        except KeyboardInterrupt:
            self._progress.note("interrupted: keeping what is finished")
            return INTERRUPTED
        except BrokenExecutor:
            self._progress.note(f"{_POOL_LOST}: keeping what is finished")
            return _POOL_LOST
        finally:
            self._over.set()
            for backend in self._running.values():
                backend.orders.put(None)
        if self._request.checks and not self.tallies:
            raise UserError("no check matches --check: ids are in record.json")
        return None

    def _properties(self) -> list[PropertyTask]:
        return [
            replace(task, backend=label)
            for label, backend in self._running.items()
            for task in property_tasks(self._request, {backend.spec.name: self._hellos[label]})
        ]

    def _examine_properties(self, tasks: list[PropertyTask]) -> None:
        """Put properties to the backends, and have the answers judged by the processes that compute truth."""
        for number, task in enumerate(tasks):
            self._running[task.backend].orders.put((number, task))
        asked, judging = len(tasks), dict[int, Future[BrokenProperty]]()
        while asked or judging:
            try:
                with interruptible():
                    number, task, answers = self._property_answers.get(timeout=_PATIENCE)
            except Empty:
                pass
            else:
                asked -= 1
                if answers is not None:
                    judging[number] = self._pool.submit(judge_property, task, answers)
            for number in [number for number, judgement in judging.items() if judgement.done()]:
                self._take_in_property(number, tasks[number], judging.pop(number))
                self._progress.advance()

    def _take_in_property(self, number: int, task: PropertyTask, judgement: Future[BrokenProperty]) -> None:
        try:
            self._property_findings[number] = judgement.result()
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the run must not be lost for it
            self._running[task.backend].trouble = _error_text(task, error)

    def _send(self, number: int, source: BatchSource) -> None:
        """Build a batch, order its truth, and hand it to the backends."""
        with interruptible():
            batch = source.batch()
        if source.given is None:
            self.hashes.append((batch.function, batch_hash(batch)))
        else:
            self.given[f"{batch.function}/{batch.dtype}/{batch.name}"] = batch_hash(batch)
        request = self._request
        planned = tasks_of(batch, self._hellos, request.entry_points, request.checks, request.settings)
        for task in planned:
            # Every check begins here, so that their order is that of the plan and not that of the answers.
            for quantity in (*task.quantities, *task.omitted):
                tally = self._tally(task, batch, quantity)
                if omission := task.omitted.get(quantity):
                    tally.omit(omission, case_count(batch))
        asked = [task for task in planned if task.quantities]
        if not asked:
            self._progress.advance()
            return
        self._underway[number] = _Underway(batch, asked)
        for name, backend in self._running.items():
            if numbered := [(index, task) for index, task in enumerate(asked) if task.backend == name]:
                backend.orders.put((number, batch, numbered))

    def _serve(self, backend: RunningBackend) -> None:
        """Ask one backend, batch after batch; runs in a thread of its own."""
        assert backend.worker is not None
        while (order := backend.orders.get()) is not None and not self._over.is_set():
            if len(order) == 2:
                self._property_answers.put((*order, self._put(order[1], backend)))
                continue
            number, batch, numbered = order
            for index, task in numbered:
                try:
                    examined = examine_batch(
                        backend.worker,
                        batch,
                        task.entry_point.name,
                        list(task.quantities),
                        backend.deaths[task.setting],
                        setting=task.setting,
                    )
                except WorkerUnavailable as error:
                    if self._over.is_set():  # it was stopped because the run is over, which is no trouble of its own
                        return
                    backend.trouble = str(error)
                    examined = ExaminedCalls(())
                self._answers.put((number, index, examined))

    def _put(self, task: PropertyTask, backend: RunningBackend) -> PropertyAnswers | None:
        """Put a property to a backend; None where no answers came."""
        assert backend.worker is not None
        try:
            return ask(task, backend.worker, backend.deaths[task.setting])
        except WorkerUnavailable as error:
            if not self._over.is_set():
                backend.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - a thread that ends without an answer would be waited for forever
            backend.trouble = _error_text(task, error)
        return None

    def _receive(self) -> None:
        """Take one answer, have its batch judged if it was the last, and take in what has been judged."""
        try:
            with interruptible():
                number, index, examined = self._answers.get(timeout=_PATIENCE)
        except Empty:
            pass
        else:
            underway = self._underway[number]
            underway.answers[index] = examined
            if len(underway.answers) == len(underway.tasks):
                underway.judgement = self._pool.submit(_judge, underway.batch, underway.tasks, underway.answers)
        # Batches are taken in in order, whatever order they were judged in: so a record repeats itself.
        while self._underway:
            first = min(self._underway)
            judgement = self._underway[first].judgement
            if judgement is None or not judgement.done():
                return
            self._take_in(self._underway.pop(first), judgement.result())
            self._progress.advance()

    def _take_in(self, underway: _Underway, judged: list[CheckTally]) -> None:
        for tally in judged:
            whole = self.tallies.setdefault(tally.identity, CheckTally(tally.identity, tally.entry_point))
            whole.merge(tally)
        for index, task in enumerate(underway.tasks):
            self.options.take_in(underway.batch, task, underway.answers[index])
            for quantity in task.quantities:
                for part in underway.answers[index].parts:
                    if outputs := part.answer.of(quantity):
                        tally = self._tally(task, underway.batch, quantity)
                        tally.outputs.append(_returned(underway.batch, part, outputs[0].array))

    def _tally(self, task: Task, batch: Batch, quantity: str) -> CheckTally:
        key = identity(task, batch, quantity)
        return self.tallies.setdefault(key, CheckTally(key, task.entry_point))


def _judge(batch: Batch, planned: list[Task], answers: Mapping[int, ExaminedCalls]) -> list[CheckTally]:
    """Compute the truth about a batch and judge every answer by it; runs in a process of the pool."""
    # What was not run tells nothing that the truth would have to be known for.
    asked = [task for index, task in enumerate(planned) if answers[index].parts or answers[index].failures]
    judge = BatchJudge(batch, truths(batch, all_questions(batch, asked)) if asked else {})
    judged: list[CheckTally] = []
    for index, task in enumerate(planned):
        tallies = {}
        for quantity in task.quantities:
            tallies[quantity] = CheckTally(identity(task, batch, quantity), task.entry_point)
        judge.take_in(answers[index], tallies)
        judged.extend(tallies.values())
    return judged


def _returned(batch: Batch, part: BatchPart, array: np.ndarray) -> Returned:
    return Returned(part.batch.name, array, batch.name, None if part.batch is batch else part.cases)


def _error_text(task: PropertyTask, error: Exception) -> str:
    text = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return f"property {task.id}, {task.dtype}: an error of logitproof itself, please report it: {text}"
