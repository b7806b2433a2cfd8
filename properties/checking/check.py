"""Checking a property: both sides evaluated, their difference held against what rounding explains."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from flint import arb

from logitproof.reference import function_named, working_precision

from .functions import Backend, BackendFunctions, Failed, FunctionCall, Functions, NoNumber, Reference, rounded_result
from .property import Property, PropertyInputs, Relation

_NARROW, _WIDE = 192, 640
"""Bits to compute with. Radii are above 2^-53 of a number, so 192 bits hide nothing; float64 logits reach 1.8e308, and
exp of such a number is only enclosed with more than 512 bits (python-flint's arb)."""


Status = Literal["holds", "broken", "deviates", "undecided"]


@dataclass(frozen=True)
class Comparison:
    """Both sides of one relation at one place.

    Attributes:
        what: the relation's part of the property.
        case: the case; None where the relation is about all cases together.
        index: the place in the sides.
        left: the midpoint of the left side, as a decimal.
        sign: "=" or "≤".
        right: the midpoint of the right side, as a decimal.
        difference: left - right.
        bound: what rounding explains of it.
        ratio: difference over bound; above 1 the relation is broken.
    """

    what: str
    case: int | None
    index: tuple[int, ...]
    left: str
    sign: str
    right: str
    difference: float
    bound: float
    ratio: float

    def __str__(self) -> str:
        """Tell it in a line."""
        part = f"{self.what}: " if self.what else ""
        excess = f"they differ by {self.difference:.3g}, rounding explains {self.bound:.3g}"
        return f"{part}{self.left} {self.sign} {self.right} {'fails' if self.ratio > 1 else 'holds'}: {excess}"


@dataclass(frozen=True)
class Outcome:
    """What became of a property on some inputs.

    Attributes:
        status: "holds"; "broken"; "deviates" where it is broken, but within a deviation that the backend states; or
            "undecided" where no comparison could be made.
        cases: how many cases were checked.
        compared: how many comparisons were made.
        worst: the comparison with the largest ratio; None where there was none.
        no_numbers: results that are NaN or infinite though the exact one is finite and representable.
        failure: what the backend did instead of giving a result, in words.
        failure_kind: so, as `Failed` has it; None where there is no failure.
        is_fatal: whether that was a crash or a hang: asking again costs a restart.
        calls: the calls that were made.
    """

    status: Status
    cases: int
    compared: int = 0
    worst: Comparison | None = None
    no_numbers: tuple[NoNumber, ...] = ()
    failure: str | None = None
    failure_kind: str | None = None
    is_fatal: bool = False
    calls: tuple[FunctionCall, ...] = field(default=(), repr=False)

    @property
    def ratio(self) -> float:
        """The largest difference in multiples of its bound."""
        if self.failure is not None or self.no_numbers:
            return float("inf")
        return self.worst.ratio if self.worst is not None else 0.0

    @property
    def told(self) -> str:
        """What is wrong, in a sentence."""
        if self.failure is not None:
            return self.failure
        if self.no_numbers:
            return f"{self.no_numbers[0]}, and the exact one is a number"
        return str(self.worst or "")

    @property
    def case(self) -> int | None:
        """The case that shows the outcome; None where it takes all of them."""
        if self.no_numbers:
            index = self.no_numbers[0].index
            return index[0] if index else None
        return self.worst.case if self.worst is not None else None


def check(prop: Property, backend: Backend, given: PropertyInputs) -> Outcome:
    """Check a property on a backend.

    Args:
        prop: the property.
        backend: one entry point for each of its functions.
        given: inputs of its domain.

    Raises:
        Unsupported: the backend cannot be asked this.
        ValueError: the inputs are not in the domain.
    """
    _require_domain(prop, given)
    functions = BackendFunctions(backend)
    try:
        outcome = _outcome(prop, functions, given)
    except Failed as error:
        return Outcome(
            "broken",
            given.cases,
            failure=str(error),
            failure_kind=error.kind,
            is_fatal=error.is_fatal,
            calls=tuple(functions.calls),
        )
    if outcome.status == "broken" and any(
        backend.definition(name, quantity) != "literal"
        for name in prop.functions
        for quantity in function_named(name).quantities
    ):
        with suppress(Failed):  # what a backend fails at only now and then is broken, whatever it states
            lenient = _outcome(prop, BackendFunctions(backend, admits_deviations=True), given)
            if lenient.status != "broken":
                return Outcome("deviates", outcome.cases, outcome.compared, outcome.worst, calls=outcome.calls)
    return outcome


def calls_of(prop: Property, given: PropertyInputs) -> tuple[FunctionCall, ...]:
    """Return the calls that a property makes; where one is made on the result of another, on the exact one rounded."""
    functions = BackendFunctions(ExactBackend())
    for _ in prop.claim(functions, given):
        pass
    return tuple(functions.calls)


class ExactBackend:
    """A backend that is never wrong."""

    def evaluate(self, call: FunctionCall) -> np.ndarray:
        """Return the exact result, rounded to the storage format."""
        return rounded_result(call)

    def definition(self, function: str, quantity: str) -> str:
        """Return "literal"."""
        del function, quantity
        return "literal"


def check_reference(prop: Property, given: PropertyInputs) -> Outcome:
    """Check a property on the reference itself.

    Raises:
        ValueError: the inputs are not in the domain.
    """
    _require_domain(prop, given)
    return _settled(_compared(prop, Reference(), given), given, (), ())


def _require_domain(prop: Property, given: PropertyInputs) -> None:
    if not prop.domain.admits(given):
        raise ValueError(f"these inputs are not in the domain of {prop.id}: {prop.domain.text}")


def _outcome(prop: Property, functions: BackendFunctions, given: PropertyInputs) -> Outcome:
    comparisons = _compared(prop, functions, given)
    return _settled(comparisons, given, tuple(functions.no_numbers), tuple(functions.calls))


def _settled(
    comparisons: _WorstRelation,
    given: PropertyInputs,
    no_numbers: tuple[NoNumber, ...],
    calls: tuple[FunctionCall, ...],
) -> Outcome:
    broken = bool(no_numbers) or comparisons.ratio > 1
    status: Status = "broken" if broken else "holds" if comparisons.compared else "undecided"
    return Outcome(status, given.cases, comparisons.compared, comparisons.worst(), no_numbers, calls=calls)


@dataclass
class _WorstRelation:
    """The comparisons made so far: how many, and the one with the largest ratio."""

    compared: int = 0
    ratio: float = -1.0
    position: tuple[Relation, int] | None = None

    def take(self, relation: Relation) -> None:
        """Make the comparisons of a relation; a side that is not finite leaves nothing to compare."""
        lefts, rights = np.broadcast_arrays(relation.left, relation.right)
        pairs = zip(lefts.reshape(-1).tolist(), rights.reshape(-1).tolist(), strict=True)
        for number, (one, other) in enumerate(pairs):
            difference = one - other
            if not difference.is_finite():
                continue
            self.compared += 1
            ratio = _ratio(relation.sign, difference)
            if ratio > self.ratio:
                self.ratio, self.position = ratio, (relation, number)

    def worst(self) -> Comparison | None:
        """The comparison with the largest ratio."""
        if self.position is None:
            return None
        relation, number = self.position
        lefts, rights = np.broadcast_arrays(relation.left, relation.right)
        index = tuple(map(int, np.unravel_index(number, lefts.shape)))
        one, other = lefts[index], rights[index]
        return Comparison(
            what=relation.what,
            case=index[0] if index else None,
            index=index,
            left=_decimal(one),
            sign=relation.sign,
            right=_decimal(other),
            difference=float((one - other).mid()),
            bound=float((one - other).rad()),
            ratio=self.ratio,
        )


def _compared(prop: Property, functions: Functions, given: PropertyInputs) -> _WorstRelation:
    comparisons = _WorstRelation()
    with working_precision(_WIDE if given.dtype == "float64" else _NARROW):
        for relation in prop.claim(functions, given):
            comparisons.take(relation)
    return comparisons


def _ratio(sign: str, difference: arb) -> float:
    """Return the difference in multiples of its bound: above 1 exactly where the balls settle that it is too much."""
    middle, bound = float(difference.mid()), float(difference.rad())
    broken = bool(difference > 0) if sign == "≤" else not difference.contains(0)
    apart = max(middle, 0.0) if sign == "≤" else abs(middle)
    ratio = apart / bound if bound > 0 else np.inf if broken else 0.0
    return max(ratio, _ABOVE_ONE) if broken else min(ratio, 1.0)


_ABOVE_ONE = float(np.nextafter(1.0, 2.0))


def _decimal(ball: arb) -> str:
    return str(ball.mid().str(17, radius=False))
