"""The unit of work of every examination: a batch, put to some entry points, and what they made of it, judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logitproof.reference import LITERAL
from logitproof.reports import OutputStore, Setting

from ..backends.bisection import Evaluator, ExaminedCalls, examine_batch
from ..backends.deaths import Deaths
from ..backends.omissions import Omission
from ..backends.protocol import EntryPoint
from ..corpus.source import BatchSource
from ..inputs.batch import Batch
from ..inputs.cases import case_count
from .batch_judge import BatchJudge, questions
from .tally import CheckIdentity, CheckTally, identity_of
from .truth import Question, truths


@dataclass(frozen=True)
class Task:
    """One batch for one entry point of one backend in one setting.

    Attributes:
        backend: the backend's name.
        entry_point: what to call.
        setting: the setting to call it in.
        quantities: what to ask for.
        omitted: quantities not to be asked for, with the reason.
    """

    backend: str
    entry_point: EntryPoint
    setting: Setting
    quantities: tuple[str, ...]
    omitted: Mapping[str, Omission]

    def check(self, batch: Batch, quantity: str) -> CheckIdentity:
        """Return the check that a quantity belongs to."""
        return identity_of(self.backend, self.entry_point.name, self.setting, batch, quantity)

    def evaluated(self, batch: Batch, evaluator: Evaluator, deaths: Deaths | None = None) -> ExaminedCalls:
        """Put the batch to the entry point.

        Args:
            batch: the inputs.
            evaluator: the backend's worker, or a function of this process.
            deaths: those of the backend in that setting so far; what happens here is counted there.

        Raises:
            WorkerUnavailable: the worker has died and cannot be restarted.
        """
        return examine_batch(evaluator, batch, self.entry_point.name, self.quantities, deaths, setting=self.setting)


@dataclass(frozen=True)
class Job:
    """A batch, and what some entry points are asked about it; it travels to other processes by its name."""

    source: BatchSource
    tasks: tuple[Task, ...]

    def judged(self, answers: Sequence[ExaminedCalls], *, spreads: bool = True) -> list[CheckTally]:
        """Compute the truth about the batch, once, and judge what every task was answered.

        Args:
            answers: what came of each task.
            spreads: whether anyone asks how the errors are spread.

        Returns:
            The tallies of this batch alone: for each task, one for each quantity that it asks for.
        """
        # What was not run tells nothing that the truth would have to be known for.
        ran = [task for task, each in zip(self.tasks, answers, strict=True) if each.parts or each.failures]
        batch = self.source.batch()
        judge = BatchJudge(self.source, truths(batch, _questions(batch, ran)) if ran else {}, spreads=spreads)
        tallies: list[CheckTally] = []
        for task, examined in zip(self.tasks, answers, strict=True):
            by_quantity = {each: CheckTally(task.check(batch, each), task.entry_point) for each in task.quantities}
            judge.take_in(examined, by_quantity)
            tallies.extend(by_quantity.values())
        return tallies


@dataclass(frozen=True)
class Tallies:
    """The checks of an examination, in the order of its plan.

    Attributes:
        stores: where outputs are kept, by backend; those of the others stay at hand.
        of_checks: the tallies, by check.
    """

    stores: Mapping[str, OutputStore] = field(default_factory=dict)
    of_checks: dict[CheckIdentity, CheckTally] = field(default_factory=dict)

    def begin(self, batch: Batch, tasks: Sequence[Task]) -> None:
        """Begin every check that a batch belongs to, and note what is not asked: so their order is that of the plan."""
        for task in tasks:
            for quantity in (*task.quantities, *task.omitted):
                tally = self._of(task, batch, quantity)
                if omission := task.omitted.get(quantity):
                    tally.omit(omission, case_count(batch))

    def take_in(self, job: Job, answers: Sequence[ExaminedCalls], judged: Sequence[CheckTally]) -> None:
        """Add what came of a job, and keep what was returned: causes and other answers are read off that.

        Raises:
            FolderError: an output cannot be stored.
        """
        for tally in judged:
            self.of_checks.setdefault(tally.identity, CheckTally(tally.identity, tally.entry_point)).merge(tally)
        batch = job.source.batch()
        for task, examined in zip(job.tasks, answers, strict=True):
            store = self.stores.get(task.backend)
            for quantity in task.quantities:
                for part in examined.parts:
                    if outputs := part.answer.of(quantity):
                        self._of(task, batch, quantity).keep(batch, part, outputs[0].array, store)

    def _of(self, task: Task, batch: Batch, quantity: str) -> CheckTally:
        key = task.check(batch, quantity)
        return self.of_checks.setdefault(key, CheckTally(key, task.entry_point))


def _questions(batch: Batch, tasks: Sequence[Task]) -> tuple[Question, ...]:
    """List what must be known to judge the tasks of a batch."""
    asked = [
        question
        for task in tasks
        for quantity in task.quantities
        for question in questions(batch, task.entry_point, quantity)
    ]
    # Whether an input is valid is read off the value.
    has_value = any(quantity == "value" for quantity, _ in asked)
    return tuple(dict.fromkeys(asked if has_value else [("value", LITERAL), *asked]))
