"""Fused kernels on the tape, as frameworks have them: values in a kernel's own precision, rounded as they leave it."""

from __future__ import annotations

import numpy as np

from .tape import Number, largest, where


def _inner(x: Number) -> np.ndarray:
    return x.data.astype(x.machine.inner)


def _shifted(x: Number) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x - m, exp(x - m) and their sum."""
    numbers = _inner(x)
    top = largest(numbers)
    shifted = numbers - np.where(np.isneginf(top), np.zeros_like(top), top)
    terms = x.machine.function("exp", shifted)
    return shifted, terms, x.machine.sum(terms)


def finite_maximum(x: Number) -> Number:
    """The largest class; 0 in a row of -inf, where -inf - -inf would be NaN."""
    top = x.maximum()
    return where(np.isneginf(top.data.astype(np.float64)), Number(np.zeros_like(top.data), top.machine), top)


def softmax(x: Number) -> Number:
    """e / Σe after the shift by the maximum; differentiated from the rounded result: p (v - Σ v p)."""
    _, terms, norm = _shifted(x)
    probs = (terms / norm).astype(x.data.dtype)
    wide = probs.astype(x.machine.inner)

    def pull(v: np.ndarray) -> np.ndarray:
        cotangent = v.astype(x.machine.inner)
        return (wide * (cotangent - x.machine.sum(cotangent * wide))).astype(x.data.dtype)

    return x.derived(probs, (x, pull))


def log_softmax(x: Number, *, careful: bool = False) -> Number:
    """(x - m) - log Σe; carefully with log1p of the sum without the largest term. Differentiated as v - p Σv."""
    shifted, terms, norm = _shifted(x)
    log = _log_of_sum(x, shifted, terms) if careful else x.machine.function("log", norm)
    result = (shifted - log).astype(x.data.dtype)

    def pull(v: np.ndarray) -> np.ndarray:
        cotangent = v.astype(x.machine.inner)
        probs = x.machine.function("exp", result.astype(x.machine.inner))
        return (cotangent - probs * x.machine.sum(cotangent)).astype(x.data.dtype)

    return x.derived(result, (x, pull))


def logsumexp(x: Number, *, careful: bool = False) -> Number:
    """m + log Σe; differentiated as v e / Σe."""
    shifted, terms, norm = _shifted(x)
    log = _log_of_sum(x, shifted, terms) if careful else x.machine.function("log", norm)
    top = largest(_inner(x))
    probs = terms / norm
    return x.derived(
        (top + log).astype(x.data.dtype), (x, lambda v: (v.astype(probs.dtype) * probs).astype(x.data.dtype))
    )


def _log_of_sum(x: Number, shifted: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """log1p of the sum without one of the largest terms, whose shifted logit is 0."""
    return x.machine.function("log1p", x.machine.sum(others(shifted, terms)))


def others(shifted: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Return the terms with the first largest one left out."""
    first = np.argmax(shifted.astype(np.float64), axis=-1)[:, None] == np.arange(shifted.shape[1])
    return np.where(first & (shifted == 0), np.zeros_like(terms), terms)


def sigmoid(x: Number) -> Number:
    """1/(1 + e^-|x|) or e^-|x|/(1 + e^-|x|); differentiated from the rounded result: v s (1 - s)."""
    numbers = _inner(x)
    tail = x.machine.function("exp", -np.abs(numbers))
    one = np.ones_like(tail)
    result = (np.where(numbers < 0, tail, one) / (one + tail)).astype(x.data.dtype)
    wide = result.astype(x.machine.inner)
    return x.derived(result, (x, lambda v: (v.astype(wide.dtype) * ((one - wide) * wide)).astype(x.data.dtype)))


def softplus(x: Number) -> Number:
    """max(x, 0) + log1p(e^-|x|); differentiated as v σ(x)."""
    numbers = _inner(x)
    tail = x.machine.function("exp", -np.abs(numbers))
    one, zero = np.ones_like(tail), np.zeros_like(tail)
    result = np.where(numbers < 0, zero, numbers) + x.machine.function("log1p", tail)
    slope = np.where(numbers < 0, tail, one) / (one + tail)
    return x.derived(result.astype(x.data.dtype), (x, lambda v: (v.astype(slope.dtype) * slope).astype(x.data.dtype)))


def times(factor: Number, number: Number) -> Number:
    """A product that is 0 where the factor is, whatever the number; differentiated by both, as xlogy is."""
    counts = factor.data != 0
    zero = np.zeros((1, 1), dtype=factor.data.dtype)
    product = np.where(counts, factor.data * np.where(counts, number.data, zero), zero)
    return factor.derived(
        product,
        (factor, lambda v: v * number.data),
        (number, lambda v: np.where(counts, v * factor.data, zero)),
    )
