"""Finding the cases that a backend crashes on, hangs on or refuses, and keeping the results of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from logitproof.reports import Setting

from ..inputs.batch import Batch
from ..inputs.cases import case_count, take_cases
from .deaths import FATAL, Deaths, GivenUp
from .protocol import Failure, Reply

_FAN = 64
"""Into so many parts a group that crashes or hangs is taken apart: a death is dear, a call that works is cheap."""

NOT_THERE = ("unsupported", "not implemented")
"""Kinds of failure of a whole batch, whichever its cases: what is asked is not there."""


class Evaluator(Protocol):
    """What evaluates a batch: a worker, or a function of this process."""

    def evaluate(
        self, batch: Batch, entry_point: str, quantities: Sequence[str], *, setting: Setting | None = None
    ) -> Reply:
        """Compute quantities of a batch; whatever goes wrong is an answer."""


@dataclass(frozen=True)
class BatchPart:
    """Results for some cases of a batch.

    Attributes:
        batch: the batch that was evaluated: the whole one, or one of some of its cases.
        cases: which cases of the whole batch they are, in order.
        answer: the results, without the quantities that failed.
    """

    batch: Batch
    cases: tuple[int, ...]
    answer: Reply


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
class NotRun:
    """Cases that were given up.

    Attributes:
        cases: which, in order.
        quantities: the quantities that were not computed for them.
        why: the crashes and hangs that led to it; None where there were too many errors.
    """

    cases: tuple[int, ...]
    quantities: tuple[str, ...]
    why: GivenUp | None


@dataclass(frozen=True)
class ExaminedCalls:
    """What a backend made of a batch.

    Attributes:
        parts: the results there are; a single part with the whole batch as a rule. A quantity that failed on the
            whole batch comes in parts of its own, beside the whole batch's other quantities.
        failures: the cases without results.
        not_run: the cases that were given up; None where there are none.
    """

    parts: tuple[BatchPart, ...]
    failures: tuple[CaseFailure, ...] = ()
    not_run: NotRun | None = None


def examine_batch(
    worker: Evaluator,
    batch: Batch,
    entry_point: str,
    quantities: Sequence[str],
    deaths: Deaths | None = None,
    *,
    setting: Setting | None = None,
) -> ExaminedCalls:
    """Evaluate a batch; where that fails, take it apart to the cases that make it fail.

    Errors are pursued for 2·log₂(cases) + 8 further calls at the most, crashes and hangs until the entry point is given
    up. Each of the latter costs about log₆₄(cases) + 2 deaths.

    Args:
        worker: a running worker.
        batch: the inputs.
        entry_point: the name of an entry point for the batch's function.
        quantities: "value", "gradient:<argument>" …
        deaths: those of the backend in that setting so far; what is found here is counted there.
        setting: the setting to compute in; the worker's first one unless said otherwise.

    Raises:
        ValueError: the worker has no such entry point.
        WorkerUnavailable: the worker has died and cannot be restarted.
    """
    deaths = Deaths() if deaths is None else deaths
    every = tuple(range(case_count(batch)))
    if given_up := deaths.given_up(batch.function, entry_point, batch.input_class):
        return ExaminedCalls((), (), NotRun(every, tuple(quantities), given_up))
    answer = worker.evaluate(batch, entry_point, quantities, setting=setting)
    failed, failure = _failed(answer, quantities)
    if failure is None:
        return ExaminedCalls((BatchPart(batch, every, answer),))
    parts = (BatchPart(batch, every, _without(answer, failed)),) if answer.failure is None else ()
    search = _Bisection(worker, batch, entry_point, failed, deaths, setting=setting)
    if failure.kind in NOT_THERE:
        search.failures.append(CaseFailure(every, failed, failure))
    else:
        search.pursue(every, failure)
    return ExaminedCalls(parts + tuple(search.parts), tuple(search.failures), search.not_run())


def _failed(answer: Reply, quantities: Sequence[str]) -> tuple[tuple[str, ...], Failure | None]:
    """Return the quantities that raised and have no result at all, and why."""
    if answer.failure is not None:
        return tuple(quantities), answer.failure
    lost = [error for error in answer.errors if error.failure.kind == "error" and not answer.of(error.quantity)]
    if not lost:
        return (), None
    return tuple(dict.fromkeys(error.quantity for error in lost)), lost[0].failure


def _without(answer: Reply, failed: Sequence[str]) -> Reply:
    return replace(answer, errors=tuple(error for error in answer.errors if error.quantity not in failed))


class _Bisection:
    """A descent into the parts of a failing batch."""

    def __init__(
        self,
        worker: Evaluator,
        batch: Batch,
        entry_point: str,
        quantities: tuple[str, ...],
        deaths: Deaths,
        *,
        setting: Setting | None,
    ) -> None:
        self._worker, self._batch, self._entry_point, self._quantities = worker, batch, entry_point, quantities
        self._deaths, self._setting = deaths, setting
        self._calls_left = 2 * math.ceil(math.log2(case_count(batch))) + 8
        self._skipped: list[int] = []
        self.parts: list[BatchPart] = []
        self.failures: list[CaseFailure] = []

    def not_run(self) -> NotRun | None:
        """Return the cases that were given up."""
        return NotRun(tuple(sorted(self._skipped)), self._quantities, self._given_up()) if self._skipped else None

    def pursue(self, cases: tuple[int, ...], failure: Failure) -> None:
        """Take apart a group that is known to fail."""
        if len(cases) == 1:
            self._record_failure(cases, failure)
        elif failure.kind in FATAL:
            self._take_apart(cases, failure)
        elif not self._fails_everywhere(cases, failure):
            self._halve(cases, failure)

    def _take_apart(self, cases: tuple[int, ...], failure: Failure) -> None:
        """Go through the parts of a group that crashed or hung, one after the other."""
        size = math.ceil(len(cases) / _FAN)
        has_failed = False
        for start in range(0, len(cases), size):
            part = cases[start : start + size]
            if self._given_up() is not None:
                self._skipped.extend(part)
            elif (why := self._evaluate(part)) is not None:
                has_failed = True
                self.pursue(part, why)
        if not has_failed:  # it takes more than one part, or did not happen again
            self._record_failure(cases, failure)

    def _halve(self, cases: tuple[int, ...], failure: Failure) -> None:
        """Go down into the halves of a group that raised, and of those that do."""
        failing = [(cases, failure)]
        while failing:
            group, failure = failing.pop()
            if len(group) == 1:
                self._record_failure(group, failure)
            elif self._given_up() is not None or (failure.kind not in FATAL and self._calls_left <= 0):
                self._skipped.extend(group)
            elif failure.kind in FATAL:
                self._take_apart(group, failure)
            else:
                self._calls_left -= 2
                middle = len(group) // 2
                halves = group[middle:], group[:middle]
                broken = [(half, why) for half in halves if (why := self._evaluate(half)) is not None]
                if not broken:  # it takes more than one case, or did not happen again
                    self._record_failure(group, failure)
                failing.extend(broken)

    def _fails_everywhere(self, cases: tuple[int, ...], failure: Failure) -> bool:
        """Whether the first, the middle and the last case all fail alike: then a search would only waste time."""
        probes = (cases[0], cases[len(cases) // 2], cases[-1])
        if len(cases) <= len(probes):
            return False
        self._calls_left -= len(probes)
        kept = len(self.parts)
        probed = [self._evaluate((case,)) for case in probes]
        if any(outcome is None or outcome.type != failure.type for outcome in probed):
            del self.parts[kept:]  # the descent comes by these cases again
            return False
        for case, outcome in zip(probes, probed, strict=True):
            self._record_failure((case,), outcome or failure)
        self._skipped.extend(case for case in cases if case not in probes)
        return True

    def _evaluate(self, cases: tuple[int, ...]) -> Failure | None:
        batch = take_cases(self._batch, cases)
        answer = self._worker.evaluate(batch, self._entry_point, self._quantities, setting=self._setting)
        failed, failure = _failed(answer, self._quantities)
        if failure is None or (answer.failure is None and len(cases) == 1):
            self.parts.append(BatchPart(batch, cases, _without(answer, failed)))
        return failure

    def _given_up(self) -> GivenUp | None:
        return self._deaths.given_up(self._batch.function, self._entry_point, self._batch.input_class)

    def _record_failure(self, cases: tuple[int, ...], failure: Failure) -> None:
        if failure.kind in FATAL:
            self._deaths.count(self._batch.function, self._entry_point, self._batch.input_class, failure.kind)
        self.failures.append(CaseFailure(cases, self._quantities, failure))
