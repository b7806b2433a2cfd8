"""Properties in a run: what is asked of which backend, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from logitproof.properties import (
    PROPERTIES,
    TRAINING_STEP,
    Failed,
    Outcome,
    Property,
    PropertyInputs,
    Replay,
    ReplayTrainer,
    Seeded,
    TrainingPath,
    Unsupported,
    asked,
    asked_training,
    check,
    check_training,
)
from logitproof.reference import LITERAL
from logitproof.reports import Setting

from ..backends.client import Worker
from ..backends.deaths import Deaths
from ..backends.omissions import Omission
from ..backends.protocol import EntryPoint
from ..backends.training import WorkerTrainer
from .backend import Omitted, PropertyBackend

CASES = 6
"""How many inputs of each size."""


@dataclass(frozen=True)
class PropertyTask:
    """One property, by its id, for some entry points of one backend, in one setting and dtype."""

    backend: str
    id: str
    entry_points: Mapping[str, EntryPoint]
    setting: Setting
    dtype: str
    batches: int

    @property
    def stated(self) -> Property:
        """The property."""
        return PROPERTIES[self.id]

    @property
    def statement(self) -> str:
        """What is stated, in words."""
        return TRAINING_STEP.statement if self.is_training else self.stated.statement

    @property
    def is_training(self) -> bool:
        """Whether it is the training step: no property of functions, and `batches` counts its steps."""
        return self.id == TRAINING_STEP.id

    @property
    def names(self) -> dict[str, str]:
        """The names of the entry points, by function."""
        return {function: entry.name for function, entry in self.entry_points.items()}


@dataclass(frozen=True)
class PropertyAnswers:
    """What a backend answered: inputs with the results of every call; or why there are none.

    Attributes:
        answered: inputs, and what the calls on them gave.
        paths: the weights of training, stretch by stretch.
        failed: a single input each, and what the backend did instead of giving a result: in words, and its kind.
        failure: what it did instead of training; so too.
        omission: why the property is not asked.
    """

    answered: tuple[tuple[PropertyInputs, tuple[np.ndarray, ...]], ...] = ()
    failed: tuple[tuple[PropertyInputs, str, str], ...] = ()
    paths: tuple[TrainingPath, ...] = ()
    failure: tuple[str, str] | None = None
    omission: Omission | None = None


@dataclass(frozen=True)
class BrokenProperty:
    """What became of a property.

    Attributes:
        task: what was asked.
        status: "holds", "broken", "deviates", "undecided" or "unsupported".
        reason: why nothing more was compared.
        cases: how many inputs were tried.
        comparisons: how many comparisons were made.
        worst: the outcome nearest to its bound, or furthest beyond it; None where there was none.
        given: the inputs of that outcome.
        omission: why it was not asked.
        failure: what a call did instead of giving a result, as `Failed` has it; None where none did.
    """

    task: PropertyTask
    status: str
    reason: str | None = None
    cases: int = 0
    comparisons: int = 0
    worst: Outcome | None = None
    given: PropertyInputs | None = None
    omission: Omission | None = None
    failure: str | None = None


def _train(task: PropertyTask, worker: Worker) -> PropertyAnswers:
    try:
        return PropertyAnswers(
            paths=asked_training(WorkerTrainer(worker, task.setting), task.dtype, steps=task.batches)
        )
    except Unsupported as error:
        return PropertyAnswers(omission=Omission(str(error)))
    except Failed as error:
        return PropertyAnswers(failure=(str(error), error.kind))


def _judge_training(task: PropertyTask, answers: PropertyAnswers) -> BrokenProperty:
    if answers.failure is not None:
        why, kind = answers.failure
        return BrokenProperty(task, "broken", why, worst=Outcome("broken", 0, failure=why), failure=kind)
    outcome = check_training(ReplayTrainer(answers.paths), task.dtype, steps=task.batches)
    return BrokenProperty(task, outcome.status, outcome.failure, outcome.cases, outcome.compared, outcome)


def ask(task: PropertyTask, worker: Worker, deaths: Deaths) -> PropertyAnswers:
    """Put a property to a worker.

    Args:
        task: what to ask.
        worker: whom to ask.
        deaths: those of the backend in the task's setting so far; what happens here is counted there.

    Raises:
        WorkerUnavailable: the worker has died and cannot be restarted.
    """
    if task.is_training:
        return _train(task, worker)
    backend = PropertyBackend(worker, task.entry_points, deaths, task.setting)
    answered: list[tuple[PropertyInputs, tuple[np.ndarray, ...]]] = []
    failed: list[tuple[PropertyInputs, str, str]] = []
    for number in range(task.batches):
        # Other entry points get other inputs: together they see more.
        choices = Seeded("property", task.id, *sorted(task.names.items()), task.dtype, number)
        given = task.stated.domain.draw(choices, task.dtype, CASES)
        try:
            answered.append((given, asked(task.stated, backend, given)))
        except Omitted as error:
            return PropertyAnswers(omission=error.omission)
        except Unsupported as error:
            return PropertyAnswers(omission=Omission(str(error)))
        except Failed as error:
            failed.append(_smallest_failure(task.stated, backend, given, error))
            if error.is_fatal:
                break
    return PropertyAnswers(tuple(answered), tuple(failed))


def _smallest_failure(
    prop: Property, backend: PropertyBackend, given: PropertyInputs, why: Failed
) -> tuple[PropertyInputs, str, str]:
    """Return the first case that fails alone; all of them where it takes more than one, or a figure has them all."""
    for case in range(0 if prop.domain.is_fixed or given.cases == 1 else given.cases):
        try:
            asked(prop, backend, given.case(case))
        except Failed as error:
            return given.case(case), str(error), error.kind
        except Unsupported:
            break
    return given, str(why), why.kind


def judge_property(task: PropertyTask, answers: PropertyAnswers) -> BrokenProperty:
    """Hold a backend's answers against a property."""
    if answers.omission is not None:
        return BrokenProperty(task, "unsupported", answers.omission.reason, omission=answers.omission)
    if task.is_training:
        return _judge_training(task, answers)
    definitions = _definitions(task.entry_points.values())
    outcomes = [
        # The calls are left behind: the finding travels between processes.
        (replace(check(task.stated, Replay(outputs, definitions), given), calls=()), given)
        for given, outputs in answers.answered
    ]
    outcomes += [
        (Outcome("broken", given.cases, failure=why, failure_kind=kind), given) for given, why, kind in answers.failed
    ]
    status = next(name for name in _GRAVEST if any(outcome.status == name for outcome, _ in outcomes))
    gravest = [pair for pair in outcomes if pair[0].status == status]
    worst, given = max(gravest, key=lambda pair: pair[0].ratio)
    alone = given if worst.case is None or worst.failure is not None else given.case(worst.case)
    return BrokenProperty(
        task=task,
        status=status,
        reason=worst.failure,
        cases=sum(outcome.cases for outcome, _ in outcomes),
        comparisons=sum(outcome.compared for outcome, _ in outcomes),
        worst=worst,
        given=alone,
        failure=worst.failure_kind,
    )


_GRAVEST = ("broken", "deviates", "holds", "undecided")


def _definitions(entry_points: Iterable[EntryPoint]) -> dict[tuple[str, str], str]:
    return {
        (entry.function, quantity): deviation.definition
        for entry in entry_points
        for deviation in entry.deviations
        for quantity in deviation.quantities
        if deviation.definition != LITERAL
    }
