"""The abstract arithmetic of the listings: what a number must be able to do, whoever interprets it.

A listing is a function (call, *numbers) → results, one for each algorithm that it lists. It says which operations are
done in which order, and nothing of what an operation gives. `bounds.rounding.ErrorBounded` propagates errors through
them; the simulated floating-point numbers of `conformance.causes` compute, and round. So a listing never looks at a
number: what it decides, it decides by the call's exact arguments, or leaves to an operation.
"""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np

Array = np.ndarray


class Number(Protocol):
    """An array of numbers of some arithmetic; rows along the last axis. A float or an array beside it is exact."""

    def __add__(self, other: Self | Array | float) -> Self: ...
    def __radd__(self, other: Array | float) -> Self: ...
    def __sub__(self, other: Self | Array | float) -> Self: ...
    def __rsub__(self, other: Array | float) -> Self: ...
    def __mul__(self, other: Self | Array | float) -> Self: ...
    def __rmul__(self, other: Array | float) -> Self: ...
    def __truediv__(self, other: Self | Array | float) -> Self: ...
    def __rtruediv__(self, other: Array | float) -> Self: ...
    def __neg__(self) -> Self: ...
    def __abs__(self) -> Self: ...

    def constant(self, number: Array | float) -> Self:
        """A known number in the same arithmetic."""

    def share(self, part: float, whole: float) -> Self:
        """The quotient of two known numbers."""

    def exp(self) -> Self:
        """e^x."""

    def log(self) -> Self:
        """The natural logarithm."""

    def log1p(self) -> Self:
        """log(1 + x)."""

    def sigmoid(self) -> Self:
        """1/(1 + e^-x) of a number that is held exactly, without overflow."""

    def softplus(self) -> Self:
        """max(x, 0) + log1p(e^-|x|) of a number that is held exactly."""

    def logit(self) -> Self:
        """log p - log1p(-p) of a number that is held exactly, by one logarithm near ½."""

    def positive(self) -> Self:
        """max(x, 0)."""

    def maximum(self) -> Self:
        """The largest entry of every row."""

    def shift(self) -> Self:
        """What a row is shifted by: its largest entry, if that is finite."""

    def without_largest(self, shifted: Self) -> Self:
        """The terms e^d of a row without that of the (first) largest d, which is 0."""

    def sum(self) -> Self:
        """Σ over every row, of length 1."""

    def sum_positive(self) -> Self:
        """Σ over every row of numbers that are not negative."""

    def plus_positive(self, other: Self) -> Self:
        """a + b of numbers that are not negative."""

    def total(self) -> Self:
        """Σ over everything."""

    def mean_over(self, divisor: Self) -> Self:
        """A total divided, at once or by parts."""

    def times(self, number: Self) -> Self:
        """The product, 0 where this factor is 0."""

    def where(self, chosen: Array, other: Array | float) -> Self:
        """The number where `chosen`, else a known one."""

    def zero_at(self, number: Self, point: float = 0.0) -> Self:
        """This number, 0 where another one is exactly at a point."""

    def clip(self, low: float, high: float) -> Self:
        """The number, kept in an interval."""

    def is_inside(self, low: float, high: float) -> Self:
        """1 inside the interval, 0 outside."""

    # What differentiating step by step adds to a form that is not listed step by step.

    def less_softplus(self) -> Self:
        """x - softplus(x) of a number that is held exactly."""

    def sigmoid_stepwise(self, cotangent: Self) -> Self:
        """v·s²e^-x of a number that is held exactly."""

    def through_maximum(self, logits: Self) -> Self:
        """A gradient by the logits, with what comes through their maximum besides."""

    def with_roundings(self, count: float, underflows: float = 1) -> Self:
        """The same number after so many more steps, whose results are near it."""
