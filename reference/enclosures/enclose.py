"""Certified results: precision is raised until every element is enclosed to 2^-30 ulp (Ziv's strategy)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2

import numpy as np
from flint import arb

from ..call import Call
from ..definitions.operands import Operands
from ..definitions.values import total
from ..formats import Format, format_named
from ..limits.decisions import decide, label_weights
from ..limits.limits import Decision, Status
from .balls import DOUBLE_IS_ENOUGH, GUARD_BITS, DoubleDoubles, decided, double_doubles, doubles, working_precision
from .enclosure import Enclosure

MAX_PRECISION = 8192
"""What is undecided at this many bits is reported as undecided. float64 needs about 2,200 for its widest ranges."""

_CHUNK = 1 << 16
"""Numbers evaluated between two conversions to arrays: bounds the memory that balls take."""


def enclose(call: Call, dtype: str | None = None) -> Enclosure:
    """Return the exact result of a call, each element enclosed to 2^-30 ulp of a format.

    Args:
        call: what is asked.
        dtype: the format whose ulps tell when an enclosure is narrow enough; the arguments' own if None.

    Returns:
        An enclosure of the shape that the call's result has.

    Raises:
        ValueError: there is no such format.
    """
    fmt = call.format if dtype is None else format_named(dtype)
    call = call.in_line
    decision = decide(call)
    words = _Words.of(decision)
    pending = np.flatnonzero((_open(decision)).any(axis=1))
    precision = _first_precision(call, fmt)
    while pending.size and precision <= MAX_PRECISION:
        with working_precision(precision):
            pending = _advance(call, pending, words, fmt)
        precision *= 2
    return words.enclosure(call, decision)


def ball(call: Call, index: int, bits: int) -> arb:
    """Return one element of the exact result as a ball.

    Args:
        call: what is asked.
        index: the element, counted in C order.
        bits: the working precision.

    Raises:
        ValueError: the table of limits decides the element.
    """
    call = call.in_line
    unit, entry = call.position(index)
    decision = decide(call)
    if decision.status[unit, entry] != Status.FINITE:
        raise ValueError(f"element {index} is not a number that can be computed: the table of limits decides it")
    if not np.isnan(decision.number[unit, entry]):
        return arb(float(decision.number[unit, entry]))
    with working_precision(bits):
        return _evaluate(call, np.array([unit]))[entry]


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

    def enclosure(self, call: Call, decision: Decision) -> Enclosure:
        """Return everything in the shape of the result; what is still open is undecided."""
        status = np.where(self.open, Status.UNDECIDED, decision.status).astype(np.int8)
        parts = (self.hi, self.lo, self.exponent, self.radius, status, decision.limit)
        return Enclosure(*(call.shaped(part) for part in parts))


def _open(decision: Decision) -> np.ndarray:
    return (decision.status == Status.FINITE) & np.isnan(decision.number)


def _first_precision(call: Call, fmt: Format) -> int:
    """Return bits enough for a well-conditioned result, in full words of 64 bits: fewer would not be faster.

    p + 30 are asked for; a sum of n numbers loses log2 n of its bits, and 6 more are left to the operations around it.
    """
    length = call.arguments[0].shape[-1] if call.has_rows else 1
    count = max(length, call.units if call.is_total else 1, 1)
    return 64 * ceil((fmt.precision + GUARD_BITS + ceil(log2(count)) + 6) / 64)


def _advance(call: Call, pending: np.ndarray, words: _Words, fmt: Format) -> np.ndarray:
    """Evaluate the pending units at the working precision and return those that are still open."""
    words_of = doubles if fmt.precision <= DOUBLE_IS_ENOUGH else double_doubles
    step = max(1, _CHUNK // words.hi.shape[1])
    for start in range(0, len(pending), step):
        units = pending[start : start + step]
        computed = words_of(_evaluate(call, units))
        words.store(units, computed, decided(computed, fmt))
    return pending[words.open[pending].any(axis=1)]


def _evaluate(call: Call, units: np.ndarray) -> list[arb]:
    """Return the balls of some units, one after the other, at the working precision."""
    if call.is_total:
        every = np.arange(call.units)
        return [total(_unit_balls(call, every)) / _divisor(call)]
    return _unit_balls(call, units)


def _divisor(call: Call) -> arb:
    """Return what the reduction divides by.

    A mean divides by the sum of the kept rows' weights for index labels, by the number of rows or of elements else.
    """
    if call.reduction != "mean":
        return arb(1)
    return arb(call.units) if call.labels is None else total([arb(w) for w in label_weights(call)])


def _unit_balls(call: Call, units: np.ndarray) -> list[arb]:
    rule, scale = call.asked.rule, None
    if not call.is_total and call.reduction != "none":
        scale = arb(float(call.cotangent)) / _divisor(call)
    if not call.has_rows:
        return rule(_elements(call, units, scale))
    return [each for unit in units.tolist() for each in rule(_row(call, unit, scale))]


def _row(call: Call, index: int, scale: arb | None) -> Operands:
    """Return the operands of one row; `scale` replaces its cotangent."""
    label = None if call.labels is None else int(call.labels[index])
    cotangent = [] if call.argument is None else np.atleast_1d(call.unit_cotangent[index]).tolist()
    return Operands(
        arguments=tuple(array[index].tolist() for array in call.arguments),
        format=call.format,
        label=None if label == call.ignore_index else label,
        cotangent=cotangent if scale is None else [scale],
        weight=None if call.weight is None else call.weight.tolist(),
        smoothing=call.smoothing,
    )


def _elements(call: Call, indices: np.ndarray, scale: arb | None) -> Operands:
    """Return the operands of some elements; `scale` replaces their cotangents."""
    cotangent: Sequence[arb | float] = []
    if call.argument is not None:
        cotangent = call.cotangent[indices].tolist() if scale is None else [scale] * len(indices)
    return Operands(
        arguments=tuple(array[indices].tolist() for array in call.arguments),
        format=call.format,
        cotangent=cotangent,
        weight=None if call.weight is None else call.weight[indices].tolist(),
        pos_weight=None if call.pos_weight is None else call.pos_weight[indices].tolist(),
        smoothing=call.smoothing,
    )
