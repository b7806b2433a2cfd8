"""A calculus of rounding errors: what an algorithm loses, operation by operation.

The bounds of this project are not typed in as formulas: they are *computed* by running the named algorithm once over
`ErrorBounded` numbers, each of which carries its exact value (to some fifteen digits, plenty for a bound) and a
bound on the error with which a machine of unit roundoff u holds it. The rules are the textbook ones (Higham, Accuracy
and Stability of Numerical Algorithms, 2nd ed., §2.2 and §3.3 "running error analysis"), so the algorithm's listing is
the derivation of its bound.

An error is kept in two parts, x̂ ∈ x·[e^-θ, e^θ] ± a, because exponentials, sums of positive numbers, products and
quotients keep *relative* accuracy, which an absolute bound alone would lose, and because |log ŝ - log s| of a sum of
n non-negative numbers is at most log1p((n-1)u) without any restriction on n·u: every rounding error of the sum is at
most u times the final computed sum, hence s ≤ ŝ(1 + (n-1)u), and ŝ ≤ s(1 + (n-1)u) (Rump, BIT 52 (2012) 201-220).
So the bounds stay finite and valid for a bfloat16 sum of 65,537 terms, where first-order analysis has no meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

FloatArray = np.ndarray


@dataclass(frozen=True)
class ErrorBounded:
    """A computed number x̂ ∈ value·[e^-relative, e^relative] ± absolute (arrays that broadcast together)."""

    value: FloatArray
    relative: FloatArray
    absolute: FloatArray

    @cached_property
    def error(self) -> FloatArray:
        """The largest |x̂ - x|: |x|·(e^θ - 1) + a."""
        return _times(np.abs(self.value), np.expm1(self.relative)) + self.absolute

    def __neg__(self) -> ErrorBounded:
        """Negation is exact."""
        return ErrorBounded(-self.value, self.relative, self.absolute)


@dataclass(frozen=True)
class ErrorModel:
    """The arithmetic an algorithm runs on.

    Attributes:
        unit: unit roundoff u of every operation.
        elementary: largest relative error of exp, log and log1p (4 ulp, that is 8u, in both bounds of the project).
        underflow: absolute error of a product or quotient whose result may underflow: half the spacing of subnormal
            numbers, or the smallest normal number where results below it are flushed to zero.
        tiny: the same for exp: 4 ulp of a subnormal result, or the smallest normal number.
        flushes: whether sums can underflow too (exact with gradual underflow).
        growth: h(n): a sum of n numbers loses at most h·u of the sum of their absolute values.
    """

    unit: float
    elementary: float
    underflow: float
    tiny: float
    flushes: bool
    growth: Callable[[FloatArray], FloatArray]

    def exact(self, value: FloatArray | float) -> ErrorBounded:
        """An input: known without error."""
        array = np.asarray(value, dtype=np.float64)
        return ErrorBounded(array, np.zeros(()), np.zeros(()))

    def add(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a + b: the absolute errors add, and one rounding."""
        value = a.value + b.value
        error = a.error + b.error
        # An infinite operand (a mask) leaves nothing to round; an overflowing sum loses everything.
        rounding = np.where(np.isinf(a.value) | np.isinf(b.value), 0.0, self.unit * np.abs(value) + self.unit * error)
        return ErrorBounded(value, np.zeros(()), error + rounding + self._sum_quantum)

    def subtract(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a - b."""
        return self.add(a, -b)

    def add_positive(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a + b of non-negative numbers: θ is the logarithm of the weighted mean of e^θ, and one rounding."""
        value = a.value + b.value
        grown = _times(a.value, np.expm1(a.relative)) + _times(b.value, np.expm1(b.relative))
        return ErrorBounded(
            value, np.log1p(_ratio(grown, value)) + self.unit, a.absolute + b.absolute + self._sum_quantum
        )

    def multiply(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a·b: relative errors add, and one rounding, which may underflow; a product with an exact zero is exact."""
        value = _times(a.value, b.value)
        absolute = (
            _times(_times(np.abs(a.value), np.exp(a.relative)), b.absolute)
            + _times(_times(np.abs(b.value), np.exp(b.relative)), a.absolute)
            + _times(a.absolute, b.absolute)
        )
        exact_zero = ((a.value == 0) & (a.absolute == 0)) | ((b.value == 0) & (b.absolute == 0))
        lost = np.where(exact_zero, 0.0, self.underflow)
        return ErrorBounded(value, a.relative + b.relative + self.unit, absolute * (1 + self.unit) + lost)

    def divide(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a / b: relative errors add, and one rounding, which may underflow; 0 / b is exact."""
        shrunk = _ratio(b.absolute * np.exp(b.relative), np.abs(b.value))
        denominator = b.relative - np.log1p(-np.minimum(shrunk, 1.0))
        value = a.value / b.value
        absolute = _times(a.absolute / np.abs(b.value), np.exp(denominator))
        lost = np.where((a.value == 0) & (a.absolute == 0), 0.0, self.underflow)
        return ErrorBounded(value, a.relative + denominator + self.unit, absolute * (1 + self.unit) + lost)

    def exp(self, x: ErrorBounded) -> ErrorBounded:
        """exp x: an absolute error of the argument becomes a relative one; exp(-inf) of an exact -inf is exactly 0."""
        masked = np.isneginf(x.value) & (x.error == 0)
        return ErrorBounded(np.exp(x.value), x.error + self.elementary, np.where(masked, 0.0, self.tiny))

    def log(self, x: ErrorBounded) -> ErrorBounded:
        """log x, x > 0: a relative error of the argument becomes an absolute one."""
        shrunk = _ratio(x.absolute * np.exp(x.relative), x.value)
        error = x.relative - np.log1p(-np.minimum(shrunk, 1.0))
        value = np.log(x.value)
        return ErrorBounded(value, np.asarray(self.elementary), error * np.exp(self.elementary) + self._sum_quantum)

    def log1p(self, x: ErrorBounded) -> ErrorBounded:
        """log(1 + x), x ≥ 0, or x ≤ 0 exact: |log1p x̂ - log1p x| ≤ log1p(|error| / (1 + x))."""
        value = np.log1p(x.value)
        error = np.log1p(_times(x.error, 1 / (1 + x.value)))
        return ErrorBounded(value, np.asarray(self.elementary), error * np.exp(self.elementary) + self._sum_quantum)

    def sum(self, terms: ErrorBounded) -> ErrorBounded:
        """Σ over the last axis of numbers of any sign: errors add, and h·u·Σ|x̂|. Zeros are added without error."""
        error = np.broadcast_to(terms.error, terms.value.shape)
        total = np.sum(terms.value, axis=-1)
        magnitude = np.sum(np.abs(terms.value) + error, axis=-1)
        count = np.count_nonzero((terms.value != 0) | (error != 0), axis=-1)
        growth = self.growth(count) * self.unit
        return ErrorBounded(total, np.zeros(()), np.sum(error, axis=-1) + _times(growth, magnitude) + self._sum_quantum)

    def sum_positive(self, terms: ErrorBounded) -> ErrorBounded:
        """Σ over the last axis of non-negative numbers: relative accuracy is kept (module docstring)."""
        shape = np.broadcast_shapes(terms.value.shape, terms.relative.shape, terms.absolute.shape)
        absolute = np.broadcast_to(terms.absolute, shape)
        total = np.sum(np.broadcast_to(terms.value, shape), axis=-1)
        grown = np.sum(_times(terms.value, np.expm1(terms.relative)), axis=-1)
        count = np.count_nonzero((terms.value != 0) | (absolute != 0), axis=-1)
        summation = np.log1p(self.growth(count) * self.unit)
        relative = np.log1p(_ratio(grown, total)) + summation
        return ErrorBounded(total, relative, np.sum(absolute, axis=-1) * np.exp(summation) + self._sum_quantum)

    @property
    def _sum_quantum(self) -> float:
        return self.underflow if self.flushes else 0.0


def _times(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return a·b with 0·inf = 0: an entry that is exactly zero stays so, however uncertain its factor."""
    product = np.asarray(a * b)
    undefined = np.isnan(product)
    return np.where(undefined & ((a == 0) | (b == 0)), 0.0, product) if undefined.any() else product


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, with 0/0 = 0."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.zeros(whole.shape), where=part != 0)


def sequential(count: FloatArray) -> FloatArray:
    """h(n) = n - 1: recursive summation (Higham, ASNA, §4.2)."""
    return np.maximum(np.asarray(count, dtype=np.float64) - 1, 0)


def blocked(count: FloatArray) -> FloatArray:
    """h(n) = ⌈log₂ n⌉ + 8, or n - 1 if less: pairwise summation over blocks of a few elements (Higham, ASNA, §4.2)."""
    count = np.asarray(count, dtype=np.float64)
    return np.minimum(sequential(count), np.ceil(np.log2(np.maximum(count, 1))) + 8)
