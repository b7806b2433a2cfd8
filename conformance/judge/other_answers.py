"""What other entry points answered where one went wrong: the same element of the same case, from the same run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from logitproof.reference import FORMATS, Enclosure, format_named
from logitproof.reports import OtherAnswer, hex_of

from ..inputs.cases import take_cases
from ..inputs.geometry import element_index, result_shape
from .findings import ConfirmedFinding
from .judged_output import Exact, JudgedElement
from .tally import CheckIdentity, CheckTally, Returned
from .truth import truth
from .verdicts import errors_in_ulps

MOST_ANSWERS = 40
"""Answers that a discrepancy keeps. A page sets them side by side, and a reader learns little from more: the entry
points of one framework mostly share a kernel, and repeat its bits. So the first of each backend to give some bits goes
before those that repeat them."""

_NOT_OF_NUMBERS = ("dtype", "shape", "input modified")
"""Kinds of failure that no number is wrong in: there is nothing to set beside it."""

_Question = tuple[str, str, str, str, object]


@dataclass(frozen=True)
class _GivenOutput:
    """What one entry point returned for an element."""

    identity: CheckIdentity
    value: np.generic


class OtherOutputs:
    """The outputs of a run, to be looked up; they stay where they are."""

    def __init__(self, tallies: Iterable[CheckTally], versions: Mapping[str, str]) -> None:
        """Take the checks of a run in the order of its plan, and the versions of its backends by their names."""
        self._versions = versions
        self._asked: dict[_Question, list[tuple[CheckIdentity, Mapping[str, list[Returned]]]]] = {}
        for tally in tallies:
            by_batch: dict[str, list[Returned]] = {}
            for returned in tally.outputs:
                by_batch.setdefault(returned.whole, []).append(returned)
            self._asked.setdefault(_question(tally.identity), []).append((tally.identity, by_batch))

    def to(self, finding: ConfirmedFinding) -> tuple[OtherAnswer, ...]:
        """Return what every other entry point answered to the case of a finding, in the order of the plan.

        An entry point that states a deviation, and so answers another question, is listed like the others; every error
        is the distance from the exact result that the finding itself was held against.
        """
        judged = finding.judged
        if judged.observed is None and judged.kind in _NOT_OF_NUMBERS:
            return ()
        position = _Position.of(judged)
        given = _telling(
            [
                _GivenOutput(identity, value)
                for identity, by_batch in self._asked[_question(finding.tally.identity)]
                if identity != finding.tally.identity
                if (value := _value(by_batch.get(judged.batch_name, ()), position)) is not None
            ]
        )
        if not given:
            return ()
        errors = _errors(judged, [each.value for each in given])
        return tuple(self._answer(each, error) for each, error in zip(given, errors, strict=True))

    def _answer(self, given: _GivenOutput, error: float) -> OtherAnswer:
        return OtherAnswer(
            backend=given.identity.backend,
            version=self._versions[given.identity.backend],
            entry_point=given.identity.entry_point,
            mode=given.identity.setting.mode,
            observed=hex_of(given.value),
            error_ulps=hex_of(error),
            device=given.identity.setting.device,
        )


def _question(identity: CheckIdentity) -> _Question:
    return identity.function, identity.dtype, identity.quantity, identity.input_class, identity.parameters


@dataclass(frozen=True)
class _Position:
    """An element: its index in the result of the whole batch, the shape of that, and its case."""

    index: tuple[int, ...]
    shape: tuple[int, ...]
    case: int
    element: int

    @classmethod
    def of(cls, judged: JudgedElement) -> Self:
        batch, quantity = judged.batch, judged.quantity
        index = element_index(batch, quantity, judged.case, judged.element)
        return cls(index, result_shape(batch, quantity), judged.case, judged.element)


def _value(parts: Sequence[Returned], position: _Position) -> np.generic | None:
    """Return an element of what one entry point returned; a case is in one of the parts at the most."""
    for part in parts:
        array = part.array
        if array.dtype.name not in FORMATS:
            continue
        if part.cases is None and array.shape == position.shape:
            whole: np.generic = np.asarray(array)[position.index]
            return whole
        # Cases that were evaluated apart: a line each.
        if part.cases is not None and position.case in part.cases and array.shape[:1] == (len(part.cases),):
            line = np.asarray(array)[part.cases.index(position.case)].reshape(-1)
            if position.element < line.size:
                number: np.generic = line[position.element]
                return number
    return None


def _telling(given: list[_GivenOutput]) -> list[_GivenOutput]:
    """Return as many as are kept, those that repeat the bits of another of their backend last to stay."""
    if len(given) <= MOST_ANSWERS:
        return given
    distinct: set[tuple[str, str, bytes]] = set()
    repeats = []
    for each in given:
        bits = (each.identity.backend, each.value.dtype.name, each.value.tobytes())
        repeats.append(bits in distinct)
        distinct.add(bits)
    kept = sorted(sorted(range(len(given)), key=lambda index: repeats[index])[:MOST_ANSWERS])
    return [given[index] for index in kept]


def _errors(judged: JudgedElement, values: Sequence[np.generic]) -> list[float]:
    exact = judged.exact or _exact(judged)
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        computed = np.array([np.float64(value) for value in values])
    return errors_in_ulps(format_named(judged.batch.dtype), computed, _repeated(exact, len(values))).tolist()


def _exact(judged: JudgedElement) -> Exact:
    """Compute the exact result for a finding that came without one: a crash, an exception."""
    batch, line = judged.batch, judged.case
    if not batch.is_reduced:
        batch, line = take_cases(batch, [judged.case]), 0
    return Exact.of(truth(batch, judged.quantity, judged.definition).exact, (line, judged.element))


def _repeated(exact: Exact, count: int) -> Enclosure:
    return Enclosure(
        hi=np.full(count, exact.hi),
        lo=np.full(count, exact.lo),
        exponent=np.full(count, exact.exponent),
        radius=np.full(count, exact.radius),
        status=np.full(count, int(exact.status)),
        limit=np.full(count, exact.limit),
    )
