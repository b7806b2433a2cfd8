"""Numbers from raw bits, the same on every machine and with every release of NumPy.

Only integer operations, IEEE + − × ÷, conversions and scaling by powers of two are used: exp, log, pow, float sums and
NumPy's distributions may change their last bit from one release or CPU to the next.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitproof.reference import Format

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]

LN2 = 0.6931471805599453
"""log 2: a drop of k · LN2 in a logit divides its probability by 2^k."""

_GAMMA = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class BitStream:
    """A stream of random bits that is named, not consumed: equal names give equal bits, in any order of drawing.

    The bits are SplitMix64's (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    """

    seed: int

    @classmethod
    def of(cls, *names: str) -> BitStream:
        """Return the source that belongs to `names`."""
        digest = hashlib.sha256("\0".join(names).encode()).digest()
        return cls(int.from_bytes(digest[:8], "little"))

    def named(self, name: str) -> BitStream:
        """Return another source, independent of this one, that belongs to `name`."""
        return BitStream.of(str(self.seed), name)

    def bits(self, *shape: int) -> NDArray[np.uint64]:
        """Return random 64-bit integers."""
        counter = np.arange(1, math.prod(shape) + 1, dtype=np.uint64)
        z = np.uint64(self.seed & _MASK) + counter * np.uint64(_GAMMA)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (z ^ (z >> np.uint64(31))).reshape(shape)

    def unit(self, *shape: int) -> Floats:
        """Return numbers spread evenly over [0, 1), multiples of 2^-53."""
        return np.ldexp((self.bits(*shape) >> np.uint64(11)).astype(np.float64), -53)

    def symmetric(self, *shape: int) -> Floats:
        """Return numbers spread evenly over [-1, 1), multiples of 2^-52."""
        return 2.0 * self.unit(*shape) - 1.0

    def integers(self, low: int, high: int, *shape: int) -> Integers:
        """Return integers with low ≤ k < high; high - low is at most 2^31."""
        high_bits = self.bits(*shape) >> np.uint64(32)
        return low + (high_bits * np.uint64(high - low) >> np.uint64(32)).astype(np.int64)

    def signs(self, *shape: int) -> Floats:
        """Return +1 and -1, each half of the time."""
        return 1.0 - 2.0 * self.integers(0, 2, *shape)

    def permutation(self, count: int) -> Integers:
        """Return 0 … count - 1 in random order."""
        return np.argsort(self.bits(count), kind="stable").astype(np.int64)

    def magnitudes(self, lowest: int, highest: int, *shape: int) -> Floats:
        """Return positive numbers (1 + f) · 2^e with e spread evenly over lowest … highest."""
        exponents = self.named("exponents").integers(lowest, highest + 1, *shape)
        return np.ldexp(1.0 + self.unit(*shape), exponents)


def cycle(values: Sequence[float], count: int) -> Floats:
    """Return `count` numbers: the values in order, again and again."""
    return np.array(values, dtype=np.float64)[np.arange(count) % len(values)]


def spread(values: Sequence[float], count: int) -> Floats:
    """Return `count` of the values, evenly spaced from the first to the last, in order."""
    picks = np.arange(count) * (len(values) - 1) // max(count - 1, 1)
    return np.array(values, dtype=np.float64)[picks]


def ulp_at(x: Floats | float, fmt: Format) -> Floats:
    """Return the spacing of the numbers of `fmt` at |x|: 2^(max(e, emin) - p + 1) for 2^e ≤ |x| < 2^(e+1)."""
    _, exponent = np.frexp(np.abs(x))
    exponent = np.where(np.asarray(x) == 0, fmt.emin, exponent - 1)
    return np.ldexp(1.0, np.maximum(exponent, fmt.emin) - fmt.precision + 1)


def rounded(x: Floats, fmt: Format) -> Floats:
    """Return x rounded to `fmt`, ties to even, still as float64; infinities and NaN are kept.

    Finite numbers beyond the largest finite one of `fmt` become that: a corpus has infinities only where it means to.
    ml_dtypes converts float64 by way of float32, which rounds twice; scaling to integers rounds once.
    """
    with np.errstate(invalid="ignore"):
        spacing = ulp_at(np.where(np.isfinite(x), x, 0.0), fmt)
        nearest = np.where(np.isfinite(x), np.rint(x / spacing) * spacing, x)
        clamped = np.clip(nearest, -fmt.max_finite, fmt.max_finite)
    return np.where(np.isfinite(x), np.copysign(clamped, x), x)


def stored(x: Floats, fmt: Format) -> NDArray[np.generic]:
    """Return x rounded to `fmt`, in its storage."""
    array: NDArray[np.generic] = np.array(rounded(x, fmt), dtype=fmt.numpy_dtype, order="C")
    return array
