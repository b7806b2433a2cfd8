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
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..call import Call

FloatArray = np.ndarray


@dataclass(frozen=True)
class ErrorBounded:
    """A computed number x̂ ∈ value·[e^-relative, e^relative] ± absolute (arrays that broadcast together).

    It has the operations of `algorithms.number.Number`, each of which loses what `model` says.
    """

    value: FloatArray
    relative: FloatArray
    absolute: FloatArray
    model: ErrorModel

    __array_ufunc__ = None  # an array beside it is handed over, not taken apart

    @cached_property
    def error(self) -> FloatArray:
        """The largest |x̂ - x|: |x|·(e^θ - 1) + a."""
        return _times(np.abs(self.value), np.expm1(self.relative)) + self.absolute

    def constant(self, number: FloatArray | float) -> ErrorBounded:
        """A number that is known without error."""
        return self.model.exact(number)

    def share(self, part: float, whole: float) -> ErrorBounded:
        """The quotient of two constants, rounded once."""
        return self.model.exact(part) / self.model.exact(whole)

    def _other(self, other: ErrorBounded | FloatArray | float) -> ErrorBounded:
        return other if isinstance(other, ErrorBounded) else self.model.exact(other)

    def __neg__(self) -> ErrorBounded:
        """Negation is exact."""
        return ErrorBounded(-self.value, self.relative, self.absolute, self.model)

    def __add__(self, other: ErrorBounded | FloatArray | float) -> ErrorBounded:
        return self.model.add(self, self._other(other))

    def __sub__(self, other: ErrorBounded | FloatArray | float) -> ErrorBounded:
        return self.model.subtract(self, self._other(other))

    def __rsub__(self, other: FloatArray | float) -> ErrorBounded:
        return self.model.subtract(self._other(other), self)

    def __mul__(self, other: ErrorBounded | FloatArray | float) -> ErrorBounded:
        return self.model.multiply(self, self._other(other))

    def __truediv__(self, other: ErrorBounded | FloatArray | float) -> ErrorBounded:
        return self.model.divide(self, self._other(other))

    def __rtruediv__(self, other: FloatArray | float) -> ErrorBounded:
        return self.model.divide(self._other(other), self)

    __radd__ = __add__
    __rmul__ = __mul__

    def plus_positive(self, other: ErrorBounded) -> ErrorBounded:
        """a + b of non-negative numbers, which keeps relative accuracy."""
        return self.model.add_positive(self, other)

    def exp(self) -> ErrorBounded:
        """e^x."""
        return self.model.exp(self)

    def log(self) -> ErrorBounded:
        """The natural logarithm."""
        return self.model.log(self)

    def log1p(self) -> ErrorBounded:
        """log(1 + x)."""
        return self.model.log1p(self)

    def sum(self) -> ErrorBounded:
        """Σ over the last axis, which is kept."""
        return self.model.sum(self)

    def sum_positive(self) -> ErrorBounded:
        """Σ of non-negative numbers over the last axis, which is kept; relative accuracy is as well."""
        return self.model.sum_positive(self)

    def total(self) -> ErrorBounded:
        """Σ over everything."""
        shape = np.broadcast_shapes(self.value.shape, np.shape(self.relative), np.shape(self.absolute))
        return self._mapped(lambda part: np.broadcast_to(part, shape).reshape(-1)).sum()

    def mean_over(self, divisor: ErrorBounded) -> ErrorBounded:
        """x / n, rounded twice more: as a mean of means, of rows and then of the batch, is."""
        return (self / divisor).with_roundings(2)

    def with_roundings(self, count: float, underflows: float = 1) -> ErrorBounded:
        """The number rounded so many times more, its absolute error grown by a factor."""
        return replace(self, relative=self.relative + count * self.model.unit, absolute=self.absolute * underflows)

    def maximum(self) -> ErrorBounded:
        """The largest entry of an exact row."""
        return self.model.exact(np.max(self.value, axis=-1, keepdims=True))

    shift = maximum

    def without_largest(self, shifted: ErrorBounded) -> ErrorBounded:
        """The terms e^d without the (first) largest one, which is exp 0."""
        largest = np.arange(shifted.value.shape[-1]) == np.argmax(shifted.value, axis=-1)[..., None]
        return self._mapped(lambda part: np.where(largest, 0.0, np.broadcast_to(part, shifted.value.shape)))

    def through_maximum(self, logits: ErrorBounded) -> ErrorBounded:
        """Add what differentiating through the maximum leaves on it: the rounding errors of the gradient's sum.

        In exact arithmetic the path through max x carries the sum of the gradient over the row, which shift invariance
        makes a constant known without error; in floating point the errors of the sum land on the largest entries.
        """
        leak = self.sum().error
        at_maximum = logits.value == np.max(logits.value, axis=-1, keepdims=True)
        return replace(self, absolute=self.absolute + np.where(at_maximum, leak, 0.0))

    def where(self, chosen: FloatArray, other: FloatArray | float) -> ErrorBounded:
        """The number where `chosen`, else an exact constant."""
        shape = np.broadcast_shapes(self.value.shape, np.shape(self.relative), np.shape(self.absolute))
        value = np.where(chosen, np.broadcast_to(self.value, shape), other)
        relative, absolute = (
            np.where(chosen, np.broadcast_to(part, shape), 0.0) for part in (self.relative, self.absolute)
        )
        return ErrorBounded(value, relative, absolute, self.model)

    def times(self, number: ErrorBounded) -> ErrorBounded:
        """The product, exactly 0 where this factor is exactly 0."""
        return (self * number).zero_at(self)

    def zero_at(self, number: ErrorBounded, point: float = 0.0) -> ErrorBounded:
        """This number, exactly 0 where another one is exactly at a point."""
        return self.where(~((number.value == point) & (number.error == 0)), 0.0)

    def clip(self, low: float, high: float) -> ErrorBounded:
        """Clip a computed number: clipping moves no two numbers apart, so the errors stay."""
        return replace(self, value=np.clip(self.value, low, high))

    def is_inside(self, low: float, high: float) -> ErrorBounded:
        """1 inside the interval, 0 outside, with an absolute error of 1 where rounding may decide which."""
        inside = (self.value >= low) & (self.value <= high)
        near = np.minimum(np.abs(self.value - low), np.abs(self.value - high)) <= self.error
        absolute = np.where(near & (self.error > 0), 1.0, 0.0)
        return ErrorBounded(inside.astype(np.float64), np.zeros(()), absolute, self.model)

    # Functions of one exact number whose errors have closed forms: see `sigmoid.py`.

    def sigmoid(self) -> ErrorBounded:
        """1/(1 + e^-x): e^-x is wrong by 8u and enters the sum with weight 1 - s, then two roundings.

        s·(8(1 - s) + 3)·u: relative in the left tail, absolute as s nears 1.
        """
        x, model = self.value, self.model
        tail = np.exp(-np.abs(x))
        value = np.where(x >= 0, 1 / (1 + tail), tail / (1 + tail))
        complement = np.where(x >= 0, tail / (1 + tail), 1 / (1 + tail))
        relative = complement * model.elementary + 3 * model.unit
        return ErrorBounded(value, relative, np.asarray(model.tiny + model.underflow), model)

    def sigmoid_stepwise(self, cotangent: ErrorBounded) -> ErrorBounded:
        """v·s²e^-x: sigmoid differentiated step by step.

        s² is wrong by 2·(8(1 - s) + 3)u, e^-x by 8u, and there are three products.
        """
        model, tail = self.model, np.exp(-np.abs(self.value))
        return ErrorBounded(
            tail / (1 + tail) ** 2 * cotangent.value,
            2 * self.sigmoid().relative + model.elementary + 3 * model.unit,
            (model.tiny + 3 * model.underflow) * (1 + np.abs(cotangent.value)),
            model,
        )

    def softplus(self) -> ErrorBounded:
        """max(x, 0) + log1p(e^-|x|) or log1p(e^x): 8u·s from the exponential, 8u·y from log1p, u·y: (8s + 9y)·u."""
        x, model = self.value, self.model
        value = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
        slope = self.sigmoid().value
        relative = np.asarray(model.elementary + model.unit)
        return ErrorBounded(value, relative, slope * model.elementary + model.tiny, model)

    def less_softplus(self) -> ErrorBounded:
        """x - y with y = softplus(x), the logarithm of a sigmoid.

        For x > 0, y = x + w with w = softplus(-x). Rounding the sum loses at most u·y, and at most w: x is a number.
        """
        x, model = self.value, self.model
        rest = model.exact(-np.abs(x)).softplus()
        rounding = np.where(x > 0, np.minimum(model.unit * (np.maximum(x, 0) + rest.value), rest.value), 0.0)
        return ErrorBounded(-(-self).softplus().value, np.asarray(model.unit), rest.error + rounding, model)

    def logit(self) -> ErrorBounded:
        """2 atanh(2p - 1) for ¼ ≤ p ≤ ¾, where 2p - 1 is exact or rounded once; else log p - log1p(-p).

        2p - 1 is exact (Sterbenz) on [¼, ¾]; atanh as log1p(2d/(1 - d))/2 loses 8u and, |d| ≤ ½ giving a condition of
        at most 2, twice the two roundings of its argument.
        """
        p, model = self.value, self.model
        value = np.log(p) - np.log1p(-p)
        middle = np.abs(value) * np.expm1(model.elementary + 5 * model.unit)
        error = np.where((p >= 0.25) & (p <= 0.75), middle, (self.log() - (-self).log1p()).error)
        return ErrorBounded(value, np.zeros(()), error, model)

    def positive(self) -> ErrorBounded:
        """max(x, 0) of an exact number."""
        return self.model.exact(np.maximum(self.value, 0))

    def __abs__(self) -> ErrorBounded:
        """|x|: no error is added."""
        return replace(self, value=np.abs(self.value))

    def _mapped(self, change: Callable[[FloatArray], FloatArray]) -> ErrorBounded:
        return ErrorBounded(change(self.value), change(self.relative), change(self.absolute), self.model)


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
        return ErrorBounded(array, np.zeros(()), np.zeros(()), self)

    def add(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a + b: the absolute errors add, and one rounding."""
        value = a.value + b.value
        error = a.error + b.error
        # An infinite operand (a mask) leaves nothing to round; an overflowing sum loses everything.
        rounding = np.where(np.isinf(a.value) | np.isinf(b.value), 0.0, self.unit * np.abs(value) + self.unit * error)
        return ErrorBounded(value, np.zeros(()), error + rounding + self._sum_quantum, self)

    def subtract(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a - b."""
        return self.add(a, -b)

    def add_positive(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a + b of non-negative numbers: θ is the logarithm of the weighted mean of e^θ, and one rounding."""
        value = a.value + b.value
        grown = _times(a.value, np.expm1(a.relative)) + _times(b.value, np.expm1(b.relative))
        absolute = a.absolute + b.absolute + self._sum_quantum
        return ErrorBounded(value, np.log1p(_ratio(grown, value)) + self.unit, absolute, self)

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
        return ErrorBounded(value, a.relative + b.relative + self.unit, absolute * (1 + self.unit) + lost, self)

    def divide(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        """a / b: relative errors add, and one rounding, which may underflow; 0 / b is exact."""
        shrunk = _ratio(b.absolute * np.exp(b.relative), np.abs(b.value))
        denominator = b.relative - np.log1p(-np.minimum(shrunk, 1.0))
        value = a.value / b.value
        absolute = _times(a.absolute / np.abs(b.value), np.exp(denominator))
        lost = np.where((a.value == 0) & (a.absolute == 0), 0.0, self.underflow)
        return ErrorBounded(value, a.relative + denominator + self.unit, absolute * (1 + self.unit) + lost, self)

    def exp(self, x: ErrorBounded) -> ErrorBounded:
        """exp x: an absolute error of the argument becomes a relative one; exp(-inf) of an exact -inf is exactly 0."""
        masked = np.isneginf(x.value) & (x.error == 0)
        return ErrorBounded(np.exp(x.value), x.error + self.elementary, np.where(masked, 0.0, self.tiny), self)

    def log(self, x: ErrorBounded) -> ErrorBounded:
        """log x, x > 0: a relative error of the argument becomes an absolute one."""
        shrunk = _ratio(x.absolute * np.exp(x.relative), x.value)
        error = x.relative - np.log1p(-np.minimum(shrunk, 1.0))
        absolute = error * np.exp(self.elementary) + self._sum_quantum
        return ErrorBounded(np.log(x.value), np.asarray(self.elementary), absolute, self)

    def log1p(self, x: ErrorBounded) -> ErrorBounded:
        """log(1 + x), x ≥ 0, or x ≤ 0 exact: |log1p x̂ - log1p x| ≤ log1p(|error| / (1 + x))."""
        error = np.log1p(_times(x.error, 1 / (1 + x.value)))
        absolute = error * np.exp(self.elementary) + self._sum_quantum
        return ErrorBounded(np.log1p(x.value), np.asarray(self.elementary), absolute, self)

    def sum(self, terms: ErrorBounded) -> ErrorBounded:
        """Σ over the last axis, kept, of numbers of any sign: errors add, and h·u·Σ|x̂|. Zeros add no error."""
        error = np.broadcast_to(terms.error, terms.value.shape)
        total = np.sum(terms.value, axis=-1, keepdims=True)
        magnitude = np.sum(np.abs(terms.value) + error, axis=-1, keepdims=True)
        count = np.count_nonzero((terms.value != 0) | (error != 0), axis=-1, keepdims=True)
        lost = _times(self.growth(count) * self.unit, magnitude)
        absolute = np.sum(error, axis=-1, keepdims=True) + lost + self._sum_quantum
        return ErrorBounded(total, np.zeros(()), absolute, self)

    def sum_positive(self, terms: ErrorBounded) -> ErrorBounded:
        """Σ over the last axis, kept, of non-negative numbers: relative accuracy is kept (module docstring)."""
        shape = np.broadcast_shapes(terms.value.shape, terms.relative.shape, terms.absolute.shape)
        absolute = np.broadcast_to(terms.absolute, shape)
        total = np.sum(np.broadcast_to(terms.value, shape), axis=-1, keepdims=True)
        grown = np.sum(_times(terms.value, np.expm1(terms.relative)), axis=-1, keepdims=True)
        count = np.count_nonzero((terms.value != 0) | (absolute != 0), axis=-1, keepdims=True)
        summation = np.log1p(self.growth(count) * self.unit)
        relative = np.log1p(_ratio(grown, total)) + summation
        left = np.sum(absolute, axis=-1, keepdims=True) * np.exp(summation) + self._sum_quantum
        return ErrorBounded(total, relative, left, self)

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


Listing = Callable[..., list[ErrorBounded]]
"""A listing of `algorithms`, over these numbers."""


def operands(call: Call, model: ErrorModel) -> list[ErrorBounded]:
    """Return what a listing takes: the real arguments, and first the cotangent of a gradient, (..., 1) of rows."""
    numbers = [model.exact(argument) for argument in call.arguments]
    if call.argument is None:
        return numbers
    per_row = call.function.result == "row" and call.reduction == "none"
    return [model.exact(call.cotangent[..., None] if per_row else call.cotangent), *numbers]


def sequential(count: FloatArray) -> FloatArray:
    """h(n) = n - 1: recursive summation (Higham, ASNA, §4.2)."""
    return np.maximum(np.asarray(count, dtype=np.float64) - 1, 0)


def blocked(count: FloatArray) -> FloatArray:
    """h(n) = ⌈log₂ n⌉ + 8, or n - 1 if less: pairwise summation over blocks of a few elements (Higham, ASNA, §4.2)."""
    count = np.asarray(count, dtype=np.float64)
    return np.minimum(sequential(count), np.ceil(np.log2(np.maximum(count, 1))) + 8)
