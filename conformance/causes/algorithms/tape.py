"""Arrays that remember how they were computed: a candidate's gradient is its formula differentiated step by step.

They have the operations of `logitproof.reference.algorithms.number`, so the listings of the reference run on them. The
rules are those that PyTorch's and TensorFlow's differentiation share, each step rounded as the machine rounds. All
arrays have two axes, (rows, classes); one of them may have length 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

import numpy as np

from .arithmetic import FloatArithmetic

Pull = Callable[[np.ndarray], np.ndarray]
"""From the cotangent of a result to that of an operand."""

_numbers = count()


class Number:
    """An array of the machine's numbers with the operands that it was made of."""

    __slots__ = ("data", "machine", "operands", "order")
    __array_ufunc__ = None  # an array beside it is handed over, not taken apart

    def __init__(
        self, data: np.ndarray, machine: FloatArithmetic, operands: Sequence[tuple[Number, Pull]] = ()
    ) -> None:
        self.data = machine.settled(np.asarray(data))
        self.machine = machine
        self.operands = tuple(operands)
        self.order = next(_numbers)

    def _other(self, other: Number | np.ndarray | float) -> Number:
        return other if isinstance(other, Number) else self.constant(other)

    def _constant(self, number: np.ndarray | float) -> np.ndarray:
        return np.array(number, ndmin=2).astype(self.data.dtype)

    def constant(self, number: np.ndarray | float) -> Number:
        """A known number, rounded to this one's dtype."""
        return Number(self._constant(number), self.machine)

    def derived(self, data: np.ndarray, *operands: tuple[Number, Pull]) -> Number:
        """Return a result with its operands."""
        return Number(data, self.machine, operands)

    def __add__(self, other: Number | np.ndarray | float) -> Number:
        b = self._other(other)
        return self.derived(self.data + b.data, (self, lambda v: v), (b, lambda v: v))

    def __sub__(self, other: Number | np.ndarray | float) -> Number:
        b = self._other(other)
        return self.derived(self.data - b.data, (self, lambda v: v), (b, lambda v: -v))

    def __rsub__(self, other: np.ndarray | float) -> Number:
        return self._other(other) - self

    def __mul__(self, other: Number | np.ndarray | float) -> Number:
        b = self._other(other)
        return self.derived(self.data * b.data, (self, lambda v: v * b.data), (b, lambda v: v * self.data))

    def __truediv__(self, other: Number | np.ndarray | float) -> Number:
        b = self._other(other)
        quotient = self.data / b.data
        return self.derived(quotient, (self, lambda v: v / b.data), (b, lambda v: v * (-quotient / b.data)))

    def __rtruediv__(self, other: np.ndarray | float) -> Number:
        return self._other(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Number:
        return self.derived(-self.data, (self, lambda v: -v))

    def __abs__(self) -> Number:
        """|x|, with derivative 0 at 0."""
        sign = np.sign(self.data.astype(np.float64)).astype(self.data.dtype)
        return self.derived(np.abs(self.data), (self, lambda v: v * sign))

    def exp(self) -> Number:
        """e^x."""
        result = self.machine.function("exp", self.data)
        return self.derived(result, (self, lambda v: v * result))

    def log(self) -> Number:
        """The natural logarithm."""
        return self.derived(self.machine.function("log", self.data), (self, lambda v: v / self.data))

    def log1p(self) -> Number:
        """log(1 + x)."""
        one = self._constant(1.0)
        return self.derived(self.machine.function("log1p", self.data), (self, lambda v: v / (one + self.data)))

    def tanh(self) -> Number:
        """The hyperbolic tangent."""
        result, one = self.machine.function("tanh", self.data), self._constant(1.0)
        return self.derived(result, (self, lambda v: v * (one - result * result)))

    def sum(self) -> Number:
        """Σ over the classes."""
        ones = np.ones_like(self.data)
        return self.derived(self.machine.sum(self.data), (self, lambda v: v * ones))

    def total(self) -> Number:
        """Σ over all units."""
        ones = np.ones_like(self.data)
        return self.derived(self.machine.sum(self.data.reshape(1, -1)), (self, lambda v: v * ones))

    def maximum(self) -> Number:
        """The largest class, as a constant."""
        return Number(largest(self.data), self.machine)

    def positive(self, slope: float = 0.0) -> Number:
        """max(x, 0), with a derivative at 0 between 0 and 1."""
        is_positive = self.data > 0
        slopes = np.where(is_positive, 1.0, np.where(self.data == 0, slope, 0.0)).astype(self.data.dtype)
        zero = np.zeros_like(self.data)
        return self.derived(
            np.where(is_positive | np.isnan(self.data), self.data, zero),
            (self, lambda v: np.where(slopes == 0, zero, v * slopes)),
        )

    def clip(self, low: float, high: float) -> Number:
        """The number, kept in an interval; outside its derivative is 0. The ends are rounded to the dtype."""
        least, most = self._constant(low), self._constant(high)
        with np.errstate(invalid="ignore"):
            inside = (self.data >= least) & (self.data <= most)
        clipped = np.where(self.data < least, least, np.where(self.data > most, most, self.data))
        return self.derived(clipped, (self, lambda v: np.where(inside, v, np.zeros_like(v))))

    # What the listings of the reference ask for besides.

    def share(self, part: float, whole: float) -> Number:
        """The quotient of two known numbers, as a host language computes it."""
        return self.constant(part / whole)

    def shift(self) -> Number:
        """The largest class; 0 in a row of -inf, where -inf - -inf would be NaN."""
        top = self.maximum()
        return where(np.isneginf(top.data.astype(np.float64)), Number(np.zeros_like(top.data), top.machine), top)

    def without_largest(self, shifted: Number) -> Number:
        """The terms without the first largest one, whose shifted logit is 0."""
        first = np.argmax(shifted.data.astype(np.float64), axis=-1)[:, None] == np.arange(shifted.data.shape[1])
        return self.where(~(first & (shifted.data == 0)), 0.0)

    def sum_positive(self) -> Number:
        """Σ over the classes."""
        return self.sum()

    def plus_positive(self, other: Number) -> Number:
        """a + b."""
        return self + other

    def mean_over(self, divisor: Number) -> Number:
        """x / n."""
        return self / divisor

    def times(self, number: Number) -> Number:
        """A product that is 0 where this factor is, whatever the number; differentiated by both, as xlogy is."""
        counts = self.data != 0
        zero = np.zeros((1, 1), dtype=self.data.dtype)
        product = np.where(counts, self.data * np.where(counts, number.data, zero), zero)
        return self.derived(
            product,
            (self, lambda v: v * number.data),
            (number, lambda v: np.where(counts, v * self.data, zero)),
        )

    def where(self, chosen: np.ndarray, other: np.ndarray | float) -> Number:
        """The number where `chosen`, else a known one."""
        return where(chosen, self, self.constant(other))

    def zero_at(self, number: Number, point: float = 0.0) -> Number:
        """This number, 0 where another one is exactly at a point."""
        return self.where(number.data != point, 0.0)

    def is_inside(self, low: float, high: float) -> Number:
        """1 inside the interval, 0 outside."""
        return self.constant((self.data >= self._constant(low)) & (self.data <= self._constant(high)))

    def sigmoid(self) -> Number:
        """1/(1 + e^-|x|) or e^-|x|/(1 + e^-|x|) in one kernel; differentiated from the rounded result: v s (1 - s)."""
        numbers = self.data.astype(self.machine.inner)
        tail = self.machine.function("exp", -np.abs(numbers))
        one = np.ones_like(tail)
        result = (np.where(numbers < 0, tail, one) / (one + tail)).astype(self.data.dtype)
        wide = result.astype(self.machine.inner)
        return self.derived(
            result, (self, lambda v: (v.astype(wide.dtype) * ((one - wide) * wide)).astype(self.data.dtype))
        )

    def softplus(self) -> Number:
        """max(x, 0) + log1p(e^-|x|) in one kernel; differentiated as v σ(x)."""
        numbers = self.data.astype(self.machine.inner)
        tail = self.machine.function("exp", -np.abs(numbers))
        one, zero = np.ones_like(tail), np.zeros_like(tail)
        result = np.where(numbers < 0, zero, numbers) + self.machine.function("log1p", tail)
        slope = np.where(numbers < 0, tail, one) / (one + tail)
        return self.derived(
            result.astype(self.data.dtype),
            (self, lambda v: (v.astype(slope.dtype) * slope).astype(self.data.dtype)),
        )

    def logit(self) -> Number:
        """log p - log1p(-p); log1p((2p - 1)/(1 - p)) near ½."""
        middle = np.abs(self.data.astype(np.float64) - 0.5) < 0.25
        inside = self.where(middle, 0.5)
        return where(middle, ((inside * 2 - 1) / (1 - inside)).log1p(), self.log() - (-self).log1p())

    def less_softplus(self) -> Number:
        """x - softplus(x)."""
        return self - self.softplus()

    def sigmoid_stepwise(self, cotangent: Number) -> Number:
        """v·s²e^-x."""
        s = self.sigmoid()
        return s * s * (-self).exp() * cotangent

    def through_maximum(self, logits: Number) -> Number:
        """The same: what comes through the maximum is 0 but for rounding."""
        del logits
        return self

    def with_roundings(self, count: float, underflows: float = 1) -> Number:
        """The same."""
        del count, underflows
        return self

    def pick(self, labels: np.ndarray) -> Number:
        """The class that each row's label names."""
        hot = labels[:, None] == np.arange(self.data.shape[1])
        zero = np.zeros((1, 1), dtype=self.data.dtype)
        return self.derived(
            np.take_along_axis(self.data, labels[:, None], axis=1), (self, lambda v: np.where(hot, v, zero))
        )

    def to(self, dtype: np.dtype[np.generic]) -> Number:
        """The number rounded to a dtype; its cotangent is rounded on the way back."""
        dtype_before = self.data.dtype
        if dtype_before == dtype:
            return self
        return self.derived(self.data.astype(dtype), (self, lambda v: v.astype(dtype_before)))


def where(chosen: np.ndarray, a: Number, b: Number | float) -> Number:
    """Return a where `chosen`, else b: the derivative of the other one is multiplied by 0, as `where` does."""
    other = a._other(b)  # noqa: SLF001 - of this module

    def pulled(v: np.ndarray, *, of_first: bool) -> np.ndarray:
        return np.where(chosen == of_first, v, np.zeros_like(v))

    return a.derived(
        np.where(chosen, a.data, other.data),
        (a, lambda v: pulled(v, of_first=True)),
        (other, lambda v: pulled(v, of_first=False)),
    )


def largest(x: np.ndarray) -> np.ndarray:
    """Return the largest class of every row, NaN where there is one."""
    return np.asarray(np.maximum.reduce(x, axis=-1, keepdims=True))


def gradient(result: Number, cotangent: np.ndarray, operand: Number) -> np.ndarray:
    """Return the cotangent of an operand; 0 where the result does not depend on it."""
    reached: dict[int, Number] = {}
    pending = [result]
    while pending:
        number = pending.pop()
        if number.order not in reached:
            reached[number.order] = number
            pending.extend(each for each, _ in number.operands)
    pulled = {result.order: cotangent.astype(result.data.dtype) * np.ones_like(result.data)}
    for order in sorted(reached, reverse=True):
        number = reached[order]
        if order not in pulled:
            continue
        for each, pull in number.operands:
            part = number.machine.settled(_fitting(pull(pulled[order]), each, number.machine))
            known = pulled.get(each.order)
            pulled[each.order] = part if known is None else known + part
    return pulled.get(operand.order, np.zeros_like(operand.data))


def _fitting(cotangent: np.ndarray, operand: Number, machine: FloatArithmetic) -> np.ndarray:
    """Sum a cotangent over the axes along which its operand was repeated."""
    rows, columns = operand.data.shape
    if columns == 1 and cotangent.shape[1] > 1:
        cotangent = machine.sum(cotangent)
    if rows == 1 and cotangent.shape[0] > 1:
        cotangent = machine.sum(cotangent.T).T
    return cotangent
