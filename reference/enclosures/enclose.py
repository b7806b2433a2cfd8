"""Certified results: precision is raised until every element is enclosed to 2^-30 ulp (Ziv's strategy)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, log2

import numpy as np
from flint import arb

from ..formats import Format, format_named
from ..functions.definitions import total
from ..functions.deviations import LITERAL
from .balls import DOUBLE_IS_ENOUGH, GUARD_BITS, DoubleDoubles, decided, double_doubles, doubles, working_precision
from .decisions import decide
from .enclosure import Enclosure, Status
from .limits import Decision
from .problem import Problem, problem_of

MAX_PRECISION = 8192
"""What is undecided at this many bits is reported as undecided. float64 needs about 2,200 for its widest ranges."""

_CHUNK = 1 << 16
"""Numbers evaluated between two conversions to arrays: bounds the memory that balls take."""


def enclose(
    function: str,
    arguments: Sequence[np.ndarray],
    parameters: Mapping[str, object],
    *,
    quantity: str,
    dtype: str,
    cotangent: np.ndarray | None = None,
    definition: str = LITERAL,
) -> Enclosure:
    """Return the exact result of a call, each element enclosed to 2^-30 ulp of a format.

    Args:
        function: canonical name, e.g. "softmax".
        arguments: positional arguments in signature order; real ones in the storage of a format, index labels integers.
        parameters: the keywords of the call; what is absent has its default.
        quantity: "value", or "gradient:NAME" for the vector-Jacobian product by a real argument.
        dtype: the format whose ulps tell when an enclosure is narrow enough.
        cotangent: what the gradient is multiplied with, of the shape of the value; ones if None.
        definition: "literal", or a deviating one of DEFINITIONS[function].

    Returns:
        An enclosure of the shape that the call's result has.

    Raises:
        ValueError: the call does not fit the function's signature.
    """
    fmt = format_named(dtype)
    problem = problem_of(function, arguments, parameters, quantity=quantity, cotangent=cotangent, definition=definition)
    decision = decide(problem)
    words = _Words.of(decision)
    pending = np.flatnonzero((_open(decision)).any(axis=1))
    precision = _first_precision(problem, fmt)
    while pending.size and precision <= MAX_PRECISION:
        with working_precision(precision):
            pending = _advance(problem, pending, words, fmt)
        precision *= 2
    return words.enclosure(problem, decision)


def ball(
    function: str,
    arguments: Sequence[np.ndarray],
    parameters: Mapping[str, object],
    *,
    quantity: str,
    index: int,
    precision: int,
    cotangent: np.ndarray | None = None,
    definition: str = LITERAL,
) -> arb:
    """Return one element of the exact result as a ball, computed at the given working precision.

    Args:
        function: canonical name, as in `enclose`.
        arguments: positional arguments, as in `enclose`.
        parameters: the keywords of the call, as in `enclose`.
        quantity: "value" or "gradient:NAME".
        index: the element, counted in C order.
        precision: bits to compute with.
        cotangent: what the gradient is multiplied with, as in `enclose`.
        definition: one of DEFINITIONS[function].

    Raises:
        ValueError: the call does not fit the signature, or the table of limits decides the element.
    """
    problem = problem_of(function, arguments, parameters, quantity=quantity, cotangent=cotangent, definition=definition)
    unit, entry = problem.position(index)
    decision = decide(problem)
    if decision.status[unit, entry] != Status.FINITE:
        raise ValueError(f"element {index} is not a number that can be computed: the table of limits decides it")
    if not np.isnan(decision.number[unit, entry]):
        return arb(float(decision.number[unit, entry]))
    with working_precision(precision):
        return _evaluate(problem, np.array([unit]))[entry]


class _Words:
    """The double-doubles computed so far, element by element."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.hi = np.zeros(shape)
        self.lo = np.zeros(shape)
        self.exponent = np.zeros(shape, dtype=np.int64)
        self.radius = np.zeros(shape)
        self.open = np.zeros(shape, dtype=bool)

    @classmethod
    def of(cls, decision: Decision) -> _Words:
        """Return words that hold the numbers the table of limits knows."""
        words = cls(decision.status.shape)
        words.open[:] = _open(decision)
        known = np.where(np.isnan(decision.number) | (decision.status != Status.FINITE), 0.0, decision.number)
        words.hi[:], exponent = np.frexp(known)
        words.exponent[:] = exponent
        return words

    def store(self, units: np.ndarray, computed: DoubleDoubles, enough: np.ndarray) -> None:
        """Keep what is decided of some units; computed and enough have one entry per element of them."""
        shape = (len(units), self.hi.shape[1])
        keep = enough.reshape(shape) & self.open[units]
        positions = (units[np.nonzero(keep)[0]], np.nonzero(keep)[1])
        for kept, new in (
            (self.hi, computed.hi),
            (self.lo, computed.lo),
            (self.exponent, computed.exponent),
            (self.radius, computed.radius),
        ):
            kept[positions] = new.reshape(shape)[keep]
        self.open[positions] = False

    def enclosure(self, problem: Problem, decision: Decision) -> Enclosure:
        """Return everything in the shape of the result; what is still open is undecided."""
        status = np.where(self.open, Status.UNDECIDED, decision.status).astype(np.int8)
        parts = (self.hi, self.lo, self.exponent, self.radius, status, decision.limit)
        return Enclosure(*(problem.shaped(part) for part in parts))


def _open(decision: Decision) -> np.ndarray:
    return (decision.status == Status.FINITE) & np.isnan(decision.number)


def _first_precision(problem: Problem, fmt: Format) -> int:
    """Return bits enough for a well-conditioned result, in full words of 64 bits: fewer would not be faster.

    p + 30 are asked for; a sum of n numbers loses log2 n of its bits, and 6 more are left to the operations around it.
    """
    length = problem.arguments[0].shape[-1] if problem.has_rows else 1
    count = max(length, problem.units if problem.is_total else 1, 1)
    return 64 * ceil((fmt.precision + GUARD_BITS + ceil(log2(count)) + 6) / 64)


def _advance(problem: Problem, pending: np.ndarray, words: _Words, fmt: Format) -> np.ndarray:
    """Evaluate the pending units at the working precision and return those that are still open."""
    words_of = doubles if fmt.precision <= DOUBLE_IS_ENOUGH else double_doubles
    step = max(1, _CHUNK // words.hi.shape[1])
    for start in range(0, len(pending), step):
        units = pending[start : start + step]
        computed = words_of(_evaluate(problem, units))
        words.store(units, computed, decided(computed, fmt))
    return pending[words.open[pending].any(axis=1)]


def _evaluate(problem: Problem, units: np.ndarray) -> list[arb]:
    """Return the balls of some units, one after the other, at the working precision."""
    if problem.is_total:
        every = np.arange(problem.units)
        return [total(_unit_balls(problem, every)) / problem.divisor()]
    return _unit_balls(problem, units)


def _unit_balls(problem: Problem, units: np.ndarray) -> list[arb]:
    scale = problem.scale()
    if not problem.has_rows:
        return problem.rule(problem.elements(units, scale))
    return [ball_ for unit in units.tolist() for ball_ in problem.rule(problem.row(unit, scale))]
