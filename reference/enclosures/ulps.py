"""Distances in ulps: how far a floating-point number is from an exact real.

The ulp is Harrison's with gradual underflow: the distance of the two closest floating-point numbers a ≤ |t| ≤ b,
a ≠ b, exponents not bounded above (Muller, "On the definition of ulp(x)", INRIA RR-5504). At an exact power of two it
is the smaller spacing, so "at most half an ulp" is the same as "correctly rounded" everywhere in radix 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..formats import Format
from .enclosure import Enclosure


@dataclass(frozen=True)
class Distance:
    """How far computed numbers are from exact ones.

    Attributes:
        ulps: |y - t| in ulps of t; infinite where y is NaN.
        slack: what `ulps` itself may be wrong by, in ulps: the enclosure's radius and the arithmetic of this module.
        exponent: the exponent of the ulp of t: ulp = 2^exponent.
        size: |t| in ulps.
        below: whether y lies in the binade below t's, where floats are closer than the ulp of t.
    """

    ulps: np.ndarray
    slack: np.ndarray
    exponent: np.ndarray
    size: np.ndarray
    below: np.ndarray


def ulp_exponent(storage: Format, exact: Enclosure) -> np.ndarray:
    """Return e with ulp(t) = 2^e for every exact result t; the quantum's exponent where t is 0."""
    magnitude = np.abs(exact.hi)
    towards_zero = exact.lo * np.sign(exact.hi)
    # |t| = m·2^exponent with ½ ≤ m ≤ 1 up to the low word, which decides at the ends; ½ itself is a power of two.
    binade = exact.exponent - 1
    binade = np.where((magnitude == 0.5) & (towards_zero <= 0), binade - 1, binade)
    binade = np.where((magnitude == 1.0) & (towards_zero > 0), binade + 1, binade)
    binade = np.where(magnitude == 0, storage.emin, binade)
    return np.maximum(binade, storage.emin) - storage.precision + 1


def distance(storage: Format, computed: np.ndarray, exact: Enclosure) -> Distance:
    """Measure computed numbers against exact ones.

    Args:
        storage: the format of the computed numbers.
        computed: float64, of the enclosure's shape; an infinity counts as 2^(emax + 1), the next number if the
            exponents went on (as the OpenCL conformance tests have it).
        exact: enclosures; where the status is not FINITE the result means nothing.
    """
    exponent = ulp_exponent(storage, exact)
    with np.errstate(all="ignore"):
        finite = np.where(np.isinf(computed), np.copysign(np.ldexp(1.0, storage.emax), computed), computed)
        doubled = np.where(np.isinf(computed), 1, 0)  # 2^(emax + 1) itself may not fit float64
        scaled = _scale(finite, doubled - exponent)
        high, low = _scale(exact.hi, exact.exponent - exponent), _scale(exact.lo, exact.exponent - exponent)
        difference = np.abs((scaled - high) - low)
        # scaled - high is exact when they are within a factor of two (Sterbenz), else wrong by 2^-53 of itself.
        slack = _scale(exact.radius, exact.exponent - exponent) + 2.0**-51 * difference
        size = np.abs(high + low)
        first_of_binade = np.ldexp(1.0, storage.precision - 1)
        # |t| just below the binade may itself round to its first number.
        reaches = (np.abs(high) - first_of_binade) + low * np.sign(high) >= 0
        below = reaches & (np.abs(scaled) < first_of_binade)
    return Distance(np.where(np.isnan(computed), np.inf, difference), slack, exponent, size, below)


def overflows(storage: Format, exact: Enclosure) -> np.ndarray:
    """Tell where the exact result rounds to an infinity: |t| ≥ 2^(emax + 1) - ulp/2 of the last binade."""
    shift = exact.exponent - (storage.emax + 1)
    with np.errstate(all="ignore"):
        high, low = _scale(np.abs(exact.hi), shift), _scale(exact.lo * np.sign(exact.hi), shift)
        return (high - 1) + low >= -(2.0 ** -(storage.precision + 1))


def in_ulps(absolute: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Return absolute errors in units of 2^exponent."""
    with np.errstate(all="ignore"):
        return _scale(absolute, -exponent)


def _scale(values: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """Return values·2^exponent; exponents are int64, which ldexp does not take."""
    return np.ldexp(values, np.clip(exponent, -100_000, 100_000).astype(np.int32))
