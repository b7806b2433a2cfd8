"""Attacking a property: inputs at random, then those that Hypothesis thinks of; what breaks it is made small."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, reject, seed, settings, target
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure, Unsatisfiable

from ..checking.check import Outcome, check
from ..checking.choices import Seeded
from ..checking.functions import Unsupported
from ..checking.property import Property, PropertyInputs
from ..strategies import HypothesisChoices
from .plan import Plan, SearchTarget
from .simpler import simpler

MOST_CASES = 8
"""Up to so many inputs of one size go into one call: the first ones are the simplest."""


@dataclass(frozen=True, eq=False)
class Counterexample:
    """An input with what became of the property there."""

    setting: SearchTarget
    given: PropertyInputs
    outcome: Outcome


@dataclass(frozen=True)
class Searched:
    """The result of a search.

    Attributes:
        broken: the simplest input that breaks the property; None where none was found.
        deviates: an input where only a deviation that the backend states explains the difference.
        comparisons: how many comparisons were made: none is no pass.
        unsupported: why the property could not be asked, for those settings that could not.
    """

    broken: Counterexample | None
    deviates: Counterexample | None
    comparisons: int
    unsupported: tuple[str, ...]


class _BrokenError(Exception):
    """The property is broken: what Hypothesis shrinks by."""

    def __init__(self, counterexample: Counterexample) -> None:
        super().__init__("the property is broken")
        self.counterexample = counterexample


class _Fatal(BaseException):
    """The backend has crashed or hung: Hypothesis would pay for every attempt to shrink that with a worker."""

    def __init__(self, counterexample: Counterexample) -> None:
        super().__init__(counterexample.outcome.failure)
        self.counterexample = counterexample


@dataclass
class _Tried:
    comparisons: int = 0
    deviates: Counterexample | None = None


def search(prop: Property, settings_: Sequence[SearchTarget], plan: Plan) -> Searched:
    """Try to break a property.

    Args:
        prop: the property.
        settings_: the entry points and dtypes to try it on.
        plan: how long, and from where.
    """
    tried = _Tried()
    unsupported: tuple[str, ...] = ()
    try:
        usable, unsupported = _usable(prop, settings_)
        if not usable:
            return Searched(None, None, 0, unsupported)
        if prop.domain.is_fixed:
            for setting in usable:
                _try(prop, setting, prop.domain.draw(Seeded(), setting.dtype, 1), tried)
        else:
            _sweep(prop, usable, plan, tried)
            _attack(prop, usable, plan, tried)
    except _BrokenError as error:
        return Searched(_simplest(prop, error.counterexample), tried.deviates, tried.comparisons, unsupported)
    except _Fatal as error:
        return Searched(_alone(prop, error.counterexample), tried.deviates, tried.comparisons, unsupported)
    except FlakyFailure as error:
        # It broke, and did not when it was asked again: the backend is not repeatable.
        broken = next(each for each in error.exceptions if isinstance(each, _BrokenError))
        return Searched(broken.counterexample, tried.deviates, tried.comparisons, unsupported)
    except Unsatisfiable:
        pass
    return Searched(None, tried.deviates, tried.comparisons, unsupported)


def _simplest(prop: Property, counterexample: Counterexample) -> Counterexample:
    """Go on where Hypothesis stopped: it cannot leave out a class in the middle of a row."""
    setting, kind = counterexample.setting, _kind(counterexample.outcome)

    def breaks(candidate: PropertyInputs) -> bool:
        if not prop.domain.admits(candidate):
            return False
        try:
            return _kind(check(prop, setting.backend, candidate)) == kind
        except Unsupported:
            return False

    if prop.domain.is_fixed or counterexample.outcome.failure is not None:
        return counterexample
    given_ = simpler(counterexample.given, breaks)
    outcome = check(prop, setting.backend, given_)
    return Counterexample(setting, given_, outcome) if outcome.status == "broken" else counterexample


def _alone(prop: Property, counterexample: Counterexample) -> Counterexample:
    """Return the first of the inputs that is fatal alone; all of them where it takes more than one."""
    inputs = counterexample.given
    for case in range(0 if prop.domain.is_fixed or inputs.cases == 1 else inputs.cases):
        try:
            outcome = check(prop, counterexample.setting.backend, inputs.case(case))
        except Unsupported:
            break
        if outcome.failure is not None:
            return Counterexample(counterexample.setting, inputs.case(case), outcome)
    return counterexample


def _kind(outcome: Outcome) -> tuple[str, bool, bool]:
    return outcome.status, bool(outcome.no_numbers), outcome.failure is not None


def _usable(prop: Property, settings_: Sequence[SearchTarget]) -> tuple[list[SearchTarget], tuple[str, ...]]:
    """Leave out what cannot be asked at all: Hypothesis would only search there in vain."""
    usable, reasons = [], list[str]()
    for setting in settings_:
        if prop.domain.dtypes and setting.dtype not in prop.domain.dtypes:
            continue
        inputs = prop.domain.draw(Seeded(), setting.dtype, 1)
        try:
            outcome = check(prop, setting.backend, inputs)
        except Unsupported as error:
            reasons.append(str(error))
            continue
        if outcome.is_fatal:
            raise _Fatal(Counterexample(setting, inputs, outcome))
        usable.append(setting)
    return usable, tuple(dict.fromkeys(reasons))


def _try(prop: Property, setting: SearchTarget, inputs: PropertyInputs, tried: _Tried) -> Outcome:
    outcome = check(prop, setting.backend, inputs)
    tried.comparisons += outcome.compared
    counterexample = Counterexample(setting, inputs, outcome)
    if outcome.is_fatal:
        raise _Fatal(counterexample)
    if outcome.status == "broken":
        raise _BrokenError(counterexample)
    if outcome.status == "deviates":
        tried.deviates = counterexample
    return outcome


def _sweep(prop: Property, usable: Sequence[SearchTarget], plan: Plan, tried: _Tried) -> None:
    """Try inputs at random, every setting in turn: Hypothesis likes variations of what it had, and would miss some."""
    for number in range(plan.examples // 2):
        setting = usable[number % len(usable)]
        inputs = prop.domain.draw(Seeded(plan.seed, prop.id, number), setting.dtype, MOST_CASES)
        with contextlib.suppress(Unsupported):
            _try(prop, setting, inputs, tried)


def _attack(prop: Property, usable: Sequence[SearchTarget], plan: Plan, tried: _Tried) -> None:
    @st.composite
    def attempts(draw: st.DrawFn) -> tuple[SearchTarget, PropertyInputs]:
        choices = HypothesisChoices(draw)
        setting = choices.pick(usable)
        return setting, prop.domain.draw(choices, setting.dtype, choices.integer(1, MOST_CASES))

    @seed(int.from_bytes(hashlib.sha256(f"{plan.seed} {prop.id}".encode()).digest()[:8], "big"))
    @settings(
        max_examples=plan.examples - plan.examples // 2,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(attempts())
    def attack(attempt: tuple[SearchTarget, PropertyInputs]) -> None:
        try:
            outcome = _try(prop, *attempt, tried)
        except Unsupported:
            reject()
        if outcome.status == "holds":
            target(outcome.ratio)

    attack()
