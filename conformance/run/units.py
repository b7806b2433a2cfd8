"""What a run is made of, batches and properties: each is asked, judged and taken in, and a session needs no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..backends.bisection import ExaminedCalls
from ..backends.client import Worker
from ..backends.deaths import Deaths
from ..judge.job import Job, Tallies, Task
from ..judge.tally import CheckTally
from ..property_checks.ask import BrokenProperty, PropertyAnswers, PropertyTask, ask, judge_property
from .option_calls import OptionCalls


@dataclass(frozen=True)
class RunResults:
    """What a run has seen so far.

    Attributes:
        tallies: of the checks, backends by their labels.
        options: what was called.
        properties: what became of the properties, by their places in the plan.
    """

    tallies: Tallies
    options: OptionCalls = field(default_factory=OptionCalls)
    properties: dict[int, BrokenProperty] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchUnit:
    """One batch for all entry points of all backends.

    Batches are taken in in the order of the plan, whatever order they were judged in: so a record repeats itself.
    """

    job: Job
    is_ordered = True

    @property
    def title(self) -> str:
        """What messages call it."""
        key = self.job.source.key
        return f"{key.function}, {key.dtype}, batch {key.name}"

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What is asked, for an answer each."""
        return self.job.tasks

    def ask(self, index: int, worker: Worker, deaths: Deaths) -> ExaminedCalls:
        """Put a task to its backend; runs in a thread of the backend.

        Raises:
            WorkerUnavailable: the worker has died and cannot be restarted.
        """
        return self.job.tasks[index].evaluated(self.job.source.batch(), worker, deaths)

    def judgement(self, answers: Sequence[ExaminedCalls | None]) -> tuple[Any, ...]:
        """Return the call, a function and its arguments, that judges the answers in another process."""
        return self.job.judged, _answered(answers)

    def take_in(
        self,
        results: RunResults,
        number: int,
        answers: Sequence[ExaminedCalls | None],
        judged: Sequence[CheckTally],
    ) -> None:
        """Add the judgement to the results.

        Raises:
            FolderError: an output cannot be stored.
        """
        del number
        results.tallies.take_in(self.job, _answered(answers), judged)
        for task, examined in zip(self.tasks, _answered(answers), strict=True):
            results.options.take_in(self.job.source.batch(), task, examined)


def _answered(answers: Sequence[ExaminedCalls | None]) -> list[ExaminedCalls]:
    return [answer or ExaminedCalls(()) for answer in answers]


@dataclass(frozen=True)
class PropertyUnit:
    """One property for some entry points of one backend."""

    task: PropertyTask
    is_ordered = False

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"property {self.task.id}, {self.task.dtype}"

    @property
    def tasks(self) -> tuple[PropertyTask, ...]:
        """What is asked."""
        return (self.task,)

    def ask(self, index: int, worker: Worker, deaths: Deaths) -> PropertyAnswers:
        """Put the property to its backend; runs in a thread of the backend.

        Raises:
            WorkerUnavailable: the worker has died and cannot be restarted.
        """
        del index
        return ask(self.task, worker, deaths)

    def judgement(self, answers: Sequence[PropertyAnswers | None]) -> tuple[Any, ...]:
        """Return the call, a function and its arguments, that judges the answers in another process."""
        return _judged, self.task, answers[0]

    def take_in(
        self,
        results: RunResults,
        number: int,
        answers: Sequence[PropertyAnswers | None],
        judged: BrokenProperty | None,
    ) -> None:
        """Add the judgement to the results."""
        del answers
        if judged is not None:
            results.properties[number] = judged


def _judged(task: PropertyTask, answers: PropertyAnswers | None) -> BrokenProperty | None:
    return None if answers is None else judge_property(task, answers)


Unit = BatchUnit | PropertyUnit
