"""Between balls and arrays: working precision, rigorous conversion to double-doubles, and the stop rule.

python-flint's `arb` is a real number with an error bound: midpoint ± radius, both of any exponent. Its working
precision `ctx.prec` belongs to the whole process, so it is set in one place only and always put back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import sub

import numpy as np
from flint import arb, ctx

from ._formats import Format

GUARD_BITS = 30
"""A result is decided once its radius is at most 2^-30 ulp: the judge's near-thresholds are then rare and go to `ball`."""

_PLAIN_EXPONENT = 900
"""Between 2^-900 and 2^900 a double holds the high word, and the low word 53 bits below it, without underflow."""

_NEGLIGIBLE = 2.0**-1000
"""Stands in for radii that a double may not hold: far below what any format asks for, and still a normal number."""

_LOWEST_EXPONENT = -(2**40)
"""Numbers below 2^_LOWEST_EXPONENT are enclosed by [-1, 1] times that: the exponents of exp(-1e308) fit no int64."""

_HIGHEST_EXPONENT = 2**40


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Compute with `bits` bits inside the block; the process-wide precision is what it was before afterwards."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


@dataclass(frozen=True)
class DoubleDoubles:
    """Balls as arrays: |t − (hi + lo)·2^exponent| ≤ radius·2^exponent, with 0.5 ≤ |hi| < 1 or hi = lo = 0.

    A ball that is not finite has radius inf.
    """

    hi: np.ndarray
    lo: np.ndarray
    exponent: np.ndarray
    radius: np.ndarray


def double_doubles(balls: Sequence[arb]) -> DoubleDoubles:
    """Enclose each ball by a double-double with a scale and a radius.

    The high word is the midpoint rounded to a double, so ball − hi is exact but for the error bound that `arb` adds
    itself, and the low word is that difference rounded. Where the midpoint leaves the range of doubles the ball is
    first multiplied by a power of two, which is exact.

    Args:
        balls: results computed at the present working precision.
    """
    scaled = list(balls)
    count = len(scaled)
    high = np.fromiter(map(float, scaled), np.float64, count)
    shift = np.zeros(count, dtype=np.int64)
    magnitude = np.abs(high)
    # A NaN fails both comparisons; so does 0, which may stand for something smaller than the range.
    plain = (magnitude > 2.0**-_PLAIN_EXPONENT) & (magnitude < 2.0**_PLAIN_EXPONENT)
    for i in np.flatnonzero(~plain).tolist():
        if not scaled[i].is_zero():
            scaled[i], shift[i] = _scaled(scaled[i])
            high[i] = float(scaled[i])
    rest = list(map(sub, scaled, high.tolist()))
    low = np.fromiter(map(float, rest), np.float64, count)
    radius = np.fromiter(map(float, map(arb.rad, rest)), np.float64, count)
    return _normalised(high, low, shift, radius, rest)


def _scaled(ball: arb) -> tuple[arb, int]:
    """Return (ball', k) with ball ⊂ ball'·2^k, the midpoint of ball' between ½ and 1, or ball' = 0 ± 1."""
    if not ball.is_finite():
        return arb("nan"), 0
    mantissa, power = ball.abs_upper().man_exp()
    exponent = int(power) + int(mantissa).bit_length()
    if exponent > _HIGHEST_EXPONENT:
        return arb("nan"), 0
    if exponent < _LOWEST_EXPONENT or ball.contains(0):
        return arb(0, 1), max(exponent, _LOWEST_EXPONENT)
    return ball * arb((1, -exponent)), exponent


def _normalised(
    high: np.ndarray, low: np.ndarray, shift: np.ndarray, radius: np.ndarray, rest: list[arb]
) -> DoubleDoubles:
    """Bring the words to the scale 0.5 ≤ |hi| < 1, and widen the radius by what rounding them may have cost."""
    hi, exponent = np.frexp(high)
    # float(rad) is exact above 2^-1022 (30-bit mantissas); what is smaller, or is made so by the scaling, is below
    # _NEGLIGIBLE. The low word is off by half an ulp of itself, at most 2^-53 |lo|, or by an underflow: the same.
    with np.errstate(over="ignore", invalid="ignore"):  # a radius that overflows is as undecided as an infinite one
        lo = np.ldexp(low, -exponent)
        total = (np.ldexp(radius, -exponent) + np.abs(lo) * 2.0**-53) * (1 + 2.0**-50) + 2 * _NEGLIGIBLE
    total[_exact(low, lo, exponent, radius, rest)] = 0.0
    lost = ~np.isfinite(high) | ~np.isfinite(total)
    if lost.any():
        hi, lo, total = np.where(lost, 0.0, hi), np.where(lost, 0.0, lo), np.where(lost, np.inf, total)
    return DoubleDoubles(hi, lo, exponent + shift, total)


def _exact(low: np.ndarray, lo: np.ndarray, exponent: np.ndarray, radius: np.ndarray, rest: list[arb]) -> list[int]:
    """Return where hi + lo is the number itself: no radius, not even one that underflowed, and nothing rounded off."""
    return [
        i
        for i in np.flatnonzero((radius == 0) & (np.ldexp(lo, exponent) == low)).tolist()
        if rest[i].is_exact() and (rest[i] - float(low[i])).is_zero()
    ]


def decided(words: DoubleDoubles, fmt: Format) -> np.ndarray:
    """Tell which enclosures are narrow enough to judge results of the format: radius ≤ 2^-30 ulp(t).

    The ulp is Harrison's with gradual underflow, 2^(max(e, emin) − p + 1) with 2^e < |t|: since 2^(k−1) ≤ |t| up to
    the radius where hi·2^k has 0.5 ≤ |hi| < 1, e = k − 2 is safe at hi = ½ and k − 1 above. It is never smaller than
    the quantum, so exact zeros and underflowing results end the loop too.
    """
    floor = np.int64(fmt.emin)
    power = words.exponent - 1 - (np.abs(words.hi) <= 0.5)
    power = np.where(words.hi == 0, floor, np.maximum(power, floor))
    allowed = power - fmt.precision + 1 - GUARD_BITS - words.exponent
    return words.radius <= np.ldexp(1.0, np.clip(allowed, -1000, 1000).astype(np.int32))
