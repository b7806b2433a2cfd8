"""Fused kernels on the tape, as frameworks have them: values in a kernel's own precision, rounded as they leave it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitproof.reference import algorithms

from .tape import Number

rows = algorithms.rows


def _inner(x: Number, array: np.ndarray | None = None) -> Number:
    """A number, by itself the operand, in the precision in which a kernel computes."""
    return Number((x.data if array is None else array).astype(x.machine.inner), x.machine)


def _fused(x: Number, result: Number, pull: Callable[[Number], Number]) -> Number:
    """A result that is rounded as it leaves its kernel, and so is the cotangent that it hands back."""
    dtype = x.data.dtype
    return x.derived(result.data.astype(dtype), (x, lambda v: pull(_inner(x, v)).data.astype(dtype)))


def softmax(x: Number) -> Number:
    """e / Σe after the shift by the maximum; differentiated from the rounded result: p (v - Σ v p)."""
    probs = rows.softmax_by_division(rows.exponentials(_inner(x)))
    rounded = _inner(x, probs.data.astype(x.data.dtype))
    return _fused(x, probs, lambda v: rows.softmax_pullbacks(rounded, v)[0])


def log_softmax(x: Number, *, careful: bool = False) -> Number:
    """(x - m) - log Σe; carefully with log1p of the sum without the largest term. Differentiated as v - p Σv."""
    row = rows.exponentials(_inner(x))
    result = rows.log_softmax_by_log1p(row) if careful else rows.log_softmax_by_log(row)
    rounded = _inner(x, result.data.astype(x.data.dtype))
    return _fused(x, result, lambda v: rows.log_softmax_pullback(rounded.exp(), v))


def logsumexp(x: Number, *, careful: bool = False) -> Number:
    """m + log Σe; differentiated as v e / Σe."""
    inner = _inner(x)
    row = rows.exponentials(inner)
    log = rows.log_of_others(row) if careful else row.total.log()
    probs = rows.softmax_by_division(row)
    return _fused(x, inner.maximum() + log, lambda v: v * probs)
