"""Findings as observations, and their cases stacked so that a candidate is evaluated once for many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import copysign, frexp, inf, isfinite, isinf, isnan, ldexp
from typing import Self

import numpy as np

from logitproof.reference import FORMATS, Status, format_named

from ..inputs.batch import Batch
from ..inputs.geometry import by_case
from ..judge.findings import ConfirmedFinding
from ..judge.judged_output import JudgedElement
from ..judge.verdicts import KIND_OF, Verdict
from .algorithms.normal_form import NormalForm, position_of

MAX_NUMBERS = 1 << 17
"""Numbers in a case beyond which no candidate is evaluated: a row of 65,537 classes is, one of 262,144 is not.

All candidates for a gradient take half a second of a core for so many, in the first arithmetic alone.
"""

EARLIER = 64
"""Cases before the first failing one at which a candidate must not fail either.

Twice as many cost twice as much and are worth one bit more. With 1 to 256 the causes of all planted faults are the
same.
"""


def _significant_bits(value: float) -> int:
    mantissa = int(ldexp(abs(frexp(value)[0]), 53))
    return (mantissa // (mantissa & -mantissa)).bit_length()


def _never(result: float) -> bool:
    del result
    return False


_LIMITS: dict[Status, Callable[[float], bool]] = {
    Status.POSITIVE_INFINITY: lambda result: result == inf,
    Status.NEGATIVE_INFINITY: lambda result: result == -inf,
    Status.NAN: isnan,
    Status.NOT_FINITE: lambda result: not isfinite(result),
}


@dataclass(frozen=True)
class Observation:
    """What a backend gave at one element, and how far off that is.

    Attributes:
        number: the finding's place among the findings.
        judged: what was seen. A finding's tally is not kept: observations go to other processes.
        group: what was examined: backend, entry point, function and quantity.
        is_first: whether nothing before this element failed in its way.
        line: the line of its case in the stack.
        column: the element in that line.
        earlier: how many lines of the stack lie before the first failing one and have not failed.
    """

    number: int
    judged: JudgedElement
    group: tuple[str, ...]
    is_first: bool
    line: int
    column: int
    earlier: int = 0

    @classmethod
    def of(cls, number: int, finding: ConfirmedFinding, position: tuple[int, int], earlier: int = 0) -> Self:
        """Put a finding at a place of a stack."""
        identity = finding.tally.identity
        its = identity.setting
        entry_point = (identity.backend, identity.entry_point, its.mode, its.device)
        group = (*entry_point, identity.function, identity.quantity)
        return cls(number, finding.judged, group, comes_first(finding), *position, earlier)

    @property
    def value(self) -> float:
        """The element, exactly."""
        assert self.judged.observed is not None
        with np.errstate(invalid="ignore"):
            return float(self.judged.observed)

    @cached_property
    def error(self) -> float:
        """How many ulps it is off; infinite where no distance tells."""
        judged = self.judged
        finite = judged.exact is not None and judged.exact.status == Status.FINITE
        return judged.ulps if finite and np.isfinite(self.value) else np.inf

    def distance(self, result: float) -> float:
        """Return how far another result of the format is from the exact one, in ulps; infinite for a wrong limit.

        0 for the infinity that an exact result beyond the format's largest number rounds to.
        """
        judged = self.judged
        exact = judged.exact
        assert exact is not None
        if exact.status != Status.FINITE:
            return 0.0 if _LIMITS.get(exact.status, _never)(result) else inf
        if not isfinite(result):
            storage = format_named(judged.batch.dtype)
            largest = ldexp(exact.hi, min(exact.exponent - storage.emax - 1, 64))
            rounds_to_it = largest * copysign(1.0, result) >= 1 - storage.unit_roundoff / 2
            return 0.0 if isinf(result) and rounds_to_it else inf
        shift = exact.exponent - judged.exponent
        try:
            return abs((ldexp(result, -judged.exponent) - ldexp(exact.hi, shift)) - ldexp(exact.lo, shift))
        except OverflowError:
            return inf

    @cached_property
    def bits(self) -> float:
        """How much a match with this observation tells, in bits: log2 of the results as wrong as this one.

        No more than the bits it has between its first and its last 1: 3·2^-24 is what a rounded 1 - p is often enough.
        A zero, a half, one, an input, 1/k and log k are what many formulas give: these tell nothing.
        """
        value = self.value
        if not np.isfinite(value) or value == 0:
            return 0.0
        if abs(value) in (0.25, 0.5, 1.0, 2.0) or self._is_given(value) or self._is_of_equals(abs(value)):
            return 0.0
        significant = _significant_bits(value) - 1
        wrong = np.log2(2 * self.error) if np.isfinite(self.error) else np.inf
        return float(max(0.0, min(significant, wrong)))

    def _is_of_equals(self, value: float) -> bool:
        """Whether this is 1/k or log k, which every formula gives that has lost the inputs: all of them are equal."""
        storage = format_named(self.judged.batch.dtype)
        most = _size(self.judged.batch)
        # No row has e^20 classes. An error of five unit roundoffs in log k, which is below 13, is one of 64 in k.
        for count in (1 / value, float(np.exp(min(value, 20.0)))):
            nearest = round(count) if count < 2 * MAX_NUMBERS else 0
            if 2 <= nearest <= max(most, 2) and abs(count / nearest - 1) <= 64 * storage.unit_roundoff:
                return True
        return False

    def _is_given(self, value: float) -> bool:
        judged = self.judged
        batch = judged.batch
        lines = [by_case(array, batch)[judged.case] for array in (*batch.arguments, batch.cotangent)]
        with np.errstate(invalid="ignore"):
            return any(bool((np.abs(line.astype(np.float64)) == abs(value)).any()) for line in lines)


@dataclass(frozen=True)
class Stack:
    """Cases of one shape with the observations made at them."""

    case: NormalForm
    observations: tuple[Observation, ...]

    @property
    def is_of_rounding(self) -> bool:
        """Whether all are 16-bit numbers between the two bounds.

        These are many, and rounding makes them: a wrong formula shows in defects, and is not tried.
        """
        if format_named(self.case.dtype).precision >= FORMATS["float32"].precision:
            return False
        return all(each.judged.kind == KIND_OF[Verdict.INACCURATE] for each in self.observations)

    @cached_property
    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Lines and columns of the observations."""
        lines = [each.line for each in self.observations]
        return np.array(lines), np.array([each.column for each in self.observations])


def stacks(findings: Iterable[tuple[int, ConfirmedFinding]]) -> list[Stack]:
    """Return stacks of all findings that a number tells and a distance or a limit judged.

    What a NaN among the inputs leads to tells nothing: every comparison with it picks a branch.
    """
    sorted_by: dict[tuple[object, ...], list[tuple[int, ConfirmedFinding]]] = {}
    for number, finding in findings:
        judged = finding.judged
        size = _size(judged.batch)
        if judged.severity not in ("defect", "weakness") or judged.observed is None or judged.exact is None:
            continue
        if judged.exact.status == Status.NOT_FINITE:
            continue
        if size <= MAX_NUMBERS and judged.observed.dtype.name == judged.batch.dtype:
            sorted_by.setdefault(_signature(judged.batch, judged.quantity, finding), []).append((number, finding))
    return [_stack(group) for group in sorted_by.values()]


def _size(batch: Batch) -> int:
    first = batch.arguments[0]
    if batch.is_reduced or not batch.spec.has_axis:
        return first.size if batch.is_reduced else 1
    return int(first.shape[int(str(batch.parameters["axis"]))])


def _signature(batch: Batch, quantity: str, finding: ConfirmedFinding) -> tuple[object, ...]:
    """What cases must share to be stacked; a NaN that comes first in its batch stands alone, with the cases before."""
    options = tuple(
        (name, value.tobytes() if isinstance(value, np.ndarray) and batch.spec.has_axis else str(value))
        for name, value in sorted(batch.parameters.items())
        if name != "axis" and not (isinstance(value, np.ndarray) and not batch.spec.has_axis)
    )
    given = tuple(name for name, value in batch.parameters.items() if isinstance(value, np.ndarray))
    alone = (batch.name,) if batch.is_reduced else ()
    first = (batch.name, finding.judged.case) if comes_first(finding) else ()
    last_axis = batch.arguments[0].shape[-1] if batch.spec.has_axis else 1
    return batch.function, batch.dtype, quantity, _size(batch), options, given, alone, first, last_axis


def comes_first(finding: ConfirmedFinding) -> bool:
    """Whether nothing before this element failed in its way: where all errors are infinite, the first is kept."""
    judged = finding.judged
    if judged.kind not in ("nan", "limit missed") or judged.batch.is_reduced:
        return False
    group = finding.tally.findings.get((judged.severity, judged.kind))
    if group is None:
        return False
    worst = group.worst
    return (worst.batch_name, worst.case, worst.element) == (judged.batch_name, judged.case, judged.element)


def _stack(group: list[tuple[int, ConfirmedFinding]]) -> Stack:
    judged = group[0][1].judged
    if judged.batch.is_reduced:
        case = NormalForm.of(judged.batch, judged.quantity, [])
        positions = [position_of(judged.batch, judged.quantity, each.judged.element) for _, each in group]
        observations = [
            Observation.of(number, each, position) for (number, each), position in zip(group, positions, strict=True)
        ]
        return Stack(case, tuple(observations))
    if comes_first(group[0][1]):
        return _with_earlier(group)
    lines: dict[tuple[str, int], int] = {}
    batches: dict[str, tuple[Batch, list[int]]] = {}
    for _, each in group:
        judged_element = each.judged
        batches.setdefault(judged_element.batch_name, (judged_element.batch, []))[1].append(judged_element.case)
    parts = []
    for name, (batch, cases) in batches.items():
        chosen = sorted(set(cases))
        for line, case_number in enumerate(chosen, start=len(lines)):
            lines[name, case_number] = line
        parts.append(NormalForm.of(batch, judged.quantity, chosen))
    observations = [
        Observation.of(number, each, (lines[each.judged.batch_name, each.judged.case], each.judged.element))
        for number, each in group
    ]
    return Stack(_joined(parts), tuple(observations))


def _with_earlier(group: list[tuple[int, ConfirmedFinding]]) -> Stack:
    judged = group[0][1].judged
    fitting = max(0, MAX_NUMBERS // max(1, 8 * _size(judged.batch)) - 1)
    start = max(0, judged.case - min(EARLIER, fitting))
    case = NormalForm.of(judged.batch, judged.quantity, list(range(start, judged.case + 1)))
    earlier = judged.case - start
    observations = [Observation.of(number, each, (earlier, each.judged.element), earlier) for number, each in group]
    return Stack(case, tuple(observations))


def _joined(parts: list[NormalForm]) -> NormalForm:
    first = parts[0]
    if len(parts) == 1:
        return first
    per_unit = {"weight": not _is_per_class(first), "pos_weight": True}
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("labels", "cotangent", *(name for name, joins in per_unit.items() if joins))
        if getattr(first, name) is not None
    }
    arguments = tuple(np.concatenate(arrays) for arrays in zip(*(part.arguments for part in parts), strict=True))
    return first.with_(arguments=arguments, **joined)


def _is_per_class(case: NormalForm) -> bool:
    return case.weight is not None and case.weight.shape[0] == 1 and case.arguments[0].shape[1] > 1
