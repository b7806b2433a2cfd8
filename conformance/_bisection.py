"""Finding the cases that a backend crashes on, hangs on or refuses, and keeping the results of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ._batch import Batch
from ._cases import case_count, take_cases
from ._protocol import Answer, Failure

MOST_DEATHS = 2
"""After so many cases that crashed or hung, the rest is not run (design §7)."""

_FATAL = ("crash", "hang")
NOT_THERE = ("unsupported", "not implemented")
"""Kinds of failure of a whole batch, whichever its cases: what is asked is not there."""


class Evaluator(Protocol):
    """What evaluates a batch: a worker, or a function of this process."""

    def evaluate(self, batch: Batch, entry_point: str, quantities: Sequence[str]) -> Answer:
        """Compute quantities of a batch; whatever goes wrong is an answer."""


@dataclass(frozen=True)
class Part:
    """Results for some cases of a batch.

    Attributes:
        batch: the batch that was evaluated: the whole one, or one of some of its cases.
        cases: which cases of the whole batch they are, in order.
        answer: the results, without the quantities that failed.
    """

    batch: Batch
    cases: tuple[int, ...]
    answer: Answer


@dataclass(frozen=True)
class CaseFailure:
    """Cases without results.

    Attributes:
        cases: a single case as a rule; several where they fail together but not apart, or all where the entry point
            does not support what was asked.
        quantities: the quantities without results.
        failure: why.
    """

    cases: tuple[int, ...]
    quantities: tuple[str, ...]
    failure: Failure


@dataclass(frozen=True)
class Examined:
    """What a backend made of a batch.

    Attributes:
        parts: the results there are; a single part with the whole batch as a rule. A quantity that failed on the
            whole batch comes in parts of its own, beside the whole batch's other quantities.
        failures: the cases without results.
        not_run: the cases that were given up, after two crashes or hangs or too many errors.
    """

    parts: tuple[Part, ...]
    failures: tuple[CaseFailure, ...] = ()
    not_run: tuple[int, ...] = ()

    @property
    def deaths(self) -> int:
        """How many cases, or groups of cases, crashed or hung."""
        return sum(found.failure.kind in _FATAL for found in self.failures)


def examine_batch(worker: Evaluator, batch: Batch, entry_point: str, quantities: Sequence[str]) -> Examined:
    """Evaluate a batch; where that fails, halve it down to the cases that make it fail.

    Errors are pursued for 2·log₂(cases) + 8 further calls at the most, crashes and hangs until two cases are found.

    Args:
        worker: a running worker.
        batch: the inputs.
        entry_point: the name of an entry point for the batch's function.
        quantities: "value", "gradient:<argument>" …

    Raises:
        ValueError: the worker has no such entry point.
        WorkerUnavailable: the worker has died and cannot be restarted.
    """
    every = tuple(range(case_count(batch)))
    answer = worker.evaluate(batch, entry_point, quantities)
    failed, failure = _failed(answer, quantities)
    if failure is None:
        return Examined((Part(batch, every, answer),))
    parts = (Part(batch, every, _without(answer, failed)),) if answer.failure is None else ()
    if failure.kind in NOT_THERE or len(every) == 1:
        return Examined(parts, (CaseFailure(every, failed, failure),))
    search = _Search(worker, batch, entry_point, failed)
    search.pursue(every, failure)
    return Examined(parts + tuple(search.parts), tuple(search.failures), tuple(sorted(search.not_run)))


def _failed(answer: Answer, quantities: Sequence[str]) -> tuple[tuple[str, ...], Failure | None]:
    """Return the quantities that raised and have no result at all, and why."""
    if answer.failure is not None:
        return tuple(quantities), answer.failure
    lost = [error for error in answer.errors if error.failure.kind == "error" and not answer.of(error.quantity)]
    if not lost:
        return (), None
    return tuple(dict.fromkeys(error.quantity for error in lost)), lost[0].failure


def _without(answer: Answer, failed: Sequence[str]) -> Answer:
    return replace(answer, errors=tuple(error for error in answer.errors if error.quantity not in failed))


class _Search:
    """A descent into the halves of a failing batch."""

    def __init__(self, worker: Evaluator, batch: Batch, entry_point: str, quantities: tuple[str, ...]) -> None:
        self._worker, self._batch, self._entry_point, self._quantities = worker, batch, entry_point, quantities
        depth = math.ceil(math.log2(case_count(batch)))
        self._calls_left = 2 * depth + 8
        # Two cases far apart take one death per level each; a death costs a restart, or the time limit and a restart.
        self._deaths_left = 2 * depth + 2
        self._dead_cases = 0
        self.parts: list[Part] = []
        self.failures: list[CaseFailure] = []
        self.not_run: list[int] = []

    def pursue(self, cases: tuple[int, ...], failure: Failure) -> None:
        """Take apart a group that is known to fail."""
        if failure.kind == "error" and self._fails_everywhere(cases, failure):
            return
        failing = [(cases, failure)]
        while failing:
            group, failure = failing.pop()
            if len(group) == 1:
                self._found(group, failure)
            elif self._exhausted(failure):
                self.not_run.extend(group)
            else:
                middle = len(group) // 2
                halves = group[middle:], group[:middle]
                broken = [(half, why) for half in halves if (why := self._evaluate(half)) is not None]
                if not broken:  # it takes more than one case, or did not happen again
                    self._found(group, failure)
                failing.extend(broken)

    def _fails_everywhere(self, cases: tuple[int, ...], failure: Failure) -> bool:
        """Whether the first, the middle and the last case all fail alike: then a search would only waste time."""
        probes = (cases[0], cases[len(cases) // 2], cases[-1])
        if len(cases) <= len(probes):
            return False
        kept = len(self.parts)
        why = [self._evaluate((case,)) for case in probes]
        if any(found is None or found.type != failure.type for found in why):
            del self.parts[kept:]  # the descent comes by these cases again
            return False
        for case, found in zip(probes, why, strict=True):
            self._found((case,), found or failure)
        self.not_run.extend(case for case in cases if case not in probes)
        return True

    def _evaluate(self, cases: tuple[int, ...]) -> Failure | None:
        batch = take_cases(self._batch, cases)
        answer = self._worker.evaluate(batch, self._entry_point, self._quantities)
        self._calls_left -= 1
        failed, failure = _failed(answer, self._quantities)
        self._deaths_left -= failure is not None and failure.kind in _FATAL
        if failure is None or (answer.failure is None and len(cases) == 1):
            self.parts.append(Part(batch, cases, _without(answer, failed)))
        return failure

    def _exhausted(self, failure: Failure) -> bool:
        if failure.kind in _FATAL:
            return self._dead_cases >= MOST_DEATHS or self._deaths_left <= 0
        return self._dead_cases >= MOST_DEATHS or self._calls_left <= 0

    def _found(self, cases: tuple[int, ...], failure: Failure) -> None:
        self._dead_cases += failure.kind in _FATAL
        self.failures.append(CaseFailure(cases, self._quantities, failure))
