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

from ..formats import Format

GUARD_BITS = 30
"""A result is decided once its radius is at most 2^-30 ulp: what is then too near a threshold is rare, and for `ball`.
"""

DOUBLE_IS_ENOUGH = 20
"""Formats of up to 20 bits need no low word: an ulp is more than 2^-20 of a number, 2^-53 of it less than 2^-33 ulp."""

_UNSCALED_EXPONENT = 500
"""Numbers between 2^-500 and 2^500 are converted as they are, others after scaling to the interval from ½ to 1."""

_UNDERFLOW = 2.0**-500
"""Covers what underflows on the way, relative to the number: a low word or radius, converted or scaled, is off by at
most 2^-1075, which is 2^-575 of a number of 2^-500. The narrowest enclosure that a format asks for is 2^-83."""

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
    itself, and the low word is that difference rounded: off by 2^-53 of itself. Where the midpoint leaves the range of
    doubles the ball is first multiplied by a power of two, which is exact.

    Args:
        balls: results computed at the present working precision.
    """
    scaled, high, shift = _high_words(balls)
    rest = list(map(sub, scaled, high.tolist()))
    low = np.fromiter(map(float, rest), np.float64, len(rest))
    hi, exponent = np.frexp(high)
    with np.errstate(invalid="ignore"):
        lo = np.ldexp(low, -exponent)
    radii = _radii(rest)
    whole = np.flatnonzero((radii == 0) & (high != 0) & (np.ldexp(lo, exponent) == low)).tolist()
    exact = [i for i in whole if (rest[i] - float(low[i])).is_zero()]
    radius = _widened(radii, exponent, np.abs(lo) * 2.0**-53)
    return _enclosing(DoubleDoubles(hi, lo, exponent + shift, radius), exact)


def doubles(balls: Sequence[arb]) -> DoubleDoubles:
    """Enclose each ball by a double with a scale and a radius: as `double_doubles`, for formats of up to 20 bits.

    The low word is 0 and the radius at least 2^-53 of the number where the midpoint is not a double: below 2^-30 ulp.
    """
    scaled, high, shift = _high_words(balls)
    hi, exponent = np.frexp(high)
    radii = _radii(scaled)
    exact = [i for i in np.flatnonzero((radii == 0) & (high != 0)).tolist() if (scaled[i] - float(high[i])).is_zero()]
    radius = _widened(radii, exponent, np.abs(hi) * 2.0**-53)
    return _enclosing(DoubleDoubles(hi, np.zeros_like(hi), exponent + shift, radius), exact)


def _high_words(balls: Sequence[arb]) -> tuple[list[arb], np.ndarray, np.ndarray]:
    """Return the balls, scaled where that is needed, their midpoints as doubles, and the exponents of the scales."""
    scaled = list(balls)
    high = np.fromiter(map(float, scaled), np.float64, len(scaled))
    shift = np.zeros(len(scaled), dtype=np.int64)
    magnitude = np.abs(high)
    # A NaN fails both comparisons; so does 0, which may stand for something smaller than the range.
    unscaled = (magnitude > 2.0**-_UNSCALED_EXPONENT) & (magnitude < 2.0**_UNSCALED_EXPONENT)
    for i in np.flatnonzero(~unscaled).tolist():
        if not scaled[i].is_zero():
            scaled[i], shift[i] = _scaled(scaled[i])
            high[i] = float(scaled[i])
    return scaled, high, shift


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


def _radii(balls: list[arb]) -> np.ndarray:
    """Return the balls' own radii: they have 30 bits, so a double holds them exactly unless they underflow."""
    return np.fromiter(map(float, map(arb.rad, balls)), np.float64, len(balls))


def _widened(radii: np.ndarray, exponent: np.ndarray, rounded_off: np.ndarray) -> np.ndarray:
    """Return the radii at the scale of the exponents, with what the words round off and what underflow may hide."""
    with np.errstate(over="ignore", invalid="ignore"):  # a radius that overflows is as undecided as an infinite one
        return (np.ldexp(radii, -exponent) + rounded_off) * (1 + 2.0**-50) + _UNDERFLOW


def _enclosing(words: DoubleDoubles, exact: list[int]) -> DoubleDoubles:
    """Take the radius away where the words are the number itself, and everything else where they are not finite.

    A high word of 0 is an exact zero, or it stands for a ball 0 ± 1 times its scale.
    """
    hi, lo, radius = words.hi, words.lo, words.radius
    radius[exact] = 0.0
    radius[(hi == 0) & (radius <= 0.5)] = 0.0
    lost = ~np.isfinite(hi) | ~np.isfinite(radius)
    if not lost.any():
        return words
    return DoubleDoubles(
        np.where(lost, 0.0, hi), np.where(lost, 0.0, lo), words.exponent, np.where(lost, np.inf, radius)
    )


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
