"""Arithmetic that really rounds: what the calculus of rounding errors bounds, carried out.

`Simulated` has the operations of `reference.bounds.rounding.ErrorModel`: the listings of `reference/algorithms/` run on
it, but the numbers it hands on are those that a machine of the format would hold: every result is rounded to the
format, sums are taken from left to right, and exp, log and log1p are wrong by as much as the calculus allows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitproof.reference import Format
from logitproof.reference.bounds.rounding import ErrorBounded

NOISES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "above": lambda random, shape: np.ones(shape),
    "below": lambda random, shape: -np.ones(shape),
    "either": lambda random, shape: random.choice((-1.0, 1.0), shape),
}
"""Where the results of exp and log lie: all of them too large, all too small, or each by chance."""


@dataclass
class Simulated:
    """A machine that computes in `storage`, rounding to nearest.

    Attributes:
        storage: the format.
        noise: which way exp and log err.
        random: where chance comes from.
        flushes: whether results below the smallest normal number become zero.
    """

    storage: Format
    noise: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    random: np.random.Generator
    flushes: bool = False

    def __post_init__(self) -> None:
        # What the listings add to their errors by hand; the errors of a simulation are not asked for.
        self.unit = self.elementary = self.underflow = self.tiny = 0.0

    def rounded(self, value: np.ndarray) -> ErrorBounded:
        """Round to the format. float64 has more than twice its digits: rounding twice is rounding once."""
        result = np.asarray(value).astype(self.storage.numpy_dtype).astype(np.float64)
        if self.flushes:
            result = np.where(np.abs(result) < self.storage.smallest_normal, 0.0, result)
        return self.exact(result)

    def _nearly(self, value: np.ndarray) -> ErrorBounded:
        """A result wrong by 7u before it is rounded: 8u in all."""
        off = 7 * self.storage.unit_roundoff * self.noise(self.random, np.shape(value))
        return self.rounded(np.where(np.isfinite(value), value * (1 + off), value))

    def exact(self, value: np.ndarray | float) -> ErrorBounded:
        return ErrorBounded(np.asarray(value, dtype=np.float64), np.zeros(()), np.zeros(()), self)

    def add(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        return self.rounded(a.value + b.value)

    add_positive = add

    def subtract(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        return self.rounded(a.value - b.value)

    def multiply(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        return self.rounded(a.value * b.value)

    def divide(self, a: ErrorBounded, b: ErrorBounded) -> ErrorBounded:
        return self.rounded(a.value / b.value)

    def exp(self, x: ErrorBounded) -> ErrorBounded:
        return self._nearly(np.exp(x.value))

    def log(self, x: ErrorBounded) -> ErrorBounded:
        return self._nearly(np.log(x.value))

    def log1p(self, x: ErrorBounded) -> ErrorBounded:
        return self._nearly(np.log1p(x.value))

    def sum(self, terms: ErrorBounded) -> ErrorBounded:
        total = self.exact(np.zeros((*terms.value.shape[:-1], 1)))
        for index in range(terms.value.shape[-1]):
            total = self.add(total, self.exact(terms.value[..., index : index + 1]))
        return total

    def sum_positive(self, terms: ErrorBounded) -> ErrorBounded:
        return self.sum(terms)
