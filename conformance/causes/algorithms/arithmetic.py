"""Arithmetics in which a candidate mistake is evaluated: where it rounds, how it sums, how good its functions are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from logitproof.reference import FORMATS, Format, format_named

FLOAT32 = np.dtype(np.float32)

_FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
}


@dataclass(frozen=True)
class FloatArithmetic:
    """How a kernel computes.

    Attributes:
        storage: the format of inputs and results.
        working: what the result of every step is rounded to.
        inner: what a fused kernel (a softmax, a log-sum-exp) rounds its own steps to.
        sums: "sequential", "pairwise", or "wide": in the next wider format, rounded once.
        accumulator: the format of sums; None for the terms' own.
        is_native: whether exp and log are NumPy's of that dtype; else they are correctly rounded by way of a wider one.
        flushes: whether numbers below the smallest normal one become 0.
    """

    storage: Format
    working: np.dtype[np.generic]
    inner: np.dtype[np.generic]
    sums: str
    accumulator: np.dtype[np.generic] | None = None
    is_native: bool = False
    flushes: bool = False

    def __hash__(self) -> int:
        """Hash what tells most machines apart: of formats, and their dtypes, the names."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        formats = (self.storage.name, self.working.num, self.inner.num, self.accumulator and self.accumulator.num)
        return hash((*formats, self.sums, self.is_native, self.flushes))

    @property
    def text(self) -> str:
        """The arithmetic in a word or two: the dtype of its steps."""
        return self.working.name

    def function(self, name: str, x: np.ndarray) -> np.ndarray:
        """Evaluate an elementary function."""
        call = _FUNCTIONS[name]
        result = call(x) if self.is_native else call(x.astype(_wider(x.dtype))).astype(x.dtype)
        return self.settled(result)

    def sum(self, terms: np.ndarray) -> np.ndarray:
        """Return Σ over the last axis, which is kept."""
        dtype = terms.dtype
        if self.sums == "wide":
            wide = terms.astype(_wider(dtype)).sum(axis=-1, keepdims=True)
            return self.settled(np.asarray(wide).astype(dtype))
        terms = terms if self.accumulator is None else terms.astype(self.accumulator)
        if self.sums == "pairwise":
            total = np.asarray(terms.sum(axis=-1, keepdims=True))
        else:
            total = np.add.accumulate(terms, axis=-1)[..., -1:]
        return self.settled(total.astype(dtype))

    def settled(self, numbers: np.ndarray) -> np.ndarray:
        """Return numbers as they leave an operation: flushed, if this machine flushes."""
        if not self.flushes:
            return numbers
        edge = smallest_normal(numbers.dtype)
        return np.where(np.abs(numbers.astype(np.float64)) < edge, np.zeros_like(numbers), numbers)


def smallest_normal(dtype: np.dtype[np.generic]) -> float:
    """Return 2^emin of a dtype."""
    return FORMATS[dtype.name].smallest_normal


def _wider(dtype: np.dtype[np.generic]) -> type:
    """A format in which a result is so accurate that rounding it is correct but in a case in thousands or millions."""
    return np.longdouble if dtype.itemsize == 8 else np.float64


@cache
def machines(dtype: str) -> tuple[FloatArithmetic, ...]:
    """Return the arithmetics of competent kernels for a storage format, the likeliest first.

    A kernel for a 16-bit format computes in float32 and rounds once, or rounds what each of its kernels returns, or
    rounds every step; only those three are told apart. In 32 and 64 bits the steps are in the dtype itself, and the
    order of a sum and the library of exp and log make the difference.
    """
    storage = format_named(dtype)
    rounded_to = storage.numpy_dtype
    if storage.precision < FORMATS["float32"].precision:
        return (
            FloatArithmetic(storage, FLOAT32, FLOAT32, "wide"),
            FloatArithmetic(storage, rounded_to, FLOAT32, "wide"),
            FloatArithmetic(storage, rounded_to, rounded_to, "wide"),
            FloatArithmetic(storage, rounded_to, rounded_to, "sequential"),
        )
    return (
        *(
            FloatArithmetic(storage, rounded_to, rounded_to, sums, is_native=native)
            for native in (False, True)
            for sums in ("sequential", "wide")
        ),
        FloatArithmetic(storage, rounded_to, rounded_to, "pairwise", is_native=True),
    )


@cache
def wide(dtype: str) -> FloatArithmetic | None:
    """Return the arithmetic in which a formula makes the error that is its own, and rounding next to none.

    Steps have at least 11 bits more than the storage format, in which inputs and results are; None where the platform
    has no such numbers.
    """
    storage = format_named(dtype)
    working = np.longdouble if storage.precision > FORMATS["float32"].precision else np.float64
    if np.finfo(working).nmant + 1 < storage.precision + 11:
        return None
    return FloatArithmetic(storage, np.dtype(working), np.dtype(working), "pairwise", is_native=True)
