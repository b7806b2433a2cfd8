"""The deviating definitions: clipped probabilities, clamped logarithms, normalised rows.

A clip of stored numbers is exact. The gradient through a clip jumps at its edges: where the rounding of the clipped
number can carry it across an edge, the mask may be 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..call import Call
from ..definitions.deviations import bce_floor, keras_interval, torch_interval
from .elementwise import softplus, softplus_gradient
from .losses import labels_of, smoothed
from .number import Number
from .probs import (
    binary_cross_entropy,
    binary_gradient_labels,
    binary_gradient_probs,
    binary_terms,
    kl_divergence,
    kl_gradient_labels,
    kl_gradient_probs,
    log_complements,
)
from .rows import exponentials, log_softmax_by_log, softmaxes

Listing = Callable[..., list[Number]]


def _masked(forms: list[Number], mask: np.ndarray) -> list[Number]:
    return [form.where(mask, 0.0) for form in forms]


# Softplus that is linear above a threshold.


def softplus_linear(call: Call, x: Number) -> list[Number]:
    """The argument itself above 20."""
    return [form.where(~(call.arguments[0] > 20), call.arguments[0]) for form in softplus(call, x)]


def softplus_linear_gradient(call: Call, v: Number, x: Number) -> list[Number]:
    """The cotangent itself above 20."""
    return [form.where(~(call.arguments[0] > 20), call.cotangent) for form in softplus_gradient(call, v, x)]


# Binary cross-entropy: logarithms clamped at -100, or probabilities clipped.


def binary_clamped(call: Call, p: Number, z: Number) -> list[Number]:
    """-(z max(log p, -100) + (1 - z) max(log(1 - p), -100))."""
    z, log = smoothed(call, z, 2), p.log().clip(-100.0, np.inf)
    return [binary_terms(z, log, rest.clip(-100.0, np.inf)) for rest in log_complements(p)]


def binary_clamped_gradient(call: Call, v: Number, p: Number, z: Number) -> list[Number]:
    """v (p - z) / max((1 - p) p, 1e-12), the constant held in float32 first."""
    residual = p - smoothed(call, z, 2)
    denominator = ((1 - p) * p).clip(bce_floor(call.format), np.inf)
    return [v * residual / denominator, v * (residual / denominator)]


def _inside(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return (values >= low) & (values <= high)


def of_clipped_probs(listing: Listing) -> Listing:
    """Return a listing at clip(p, ε, 1 - ε), p being the first argument; its derivative by p is 0 outside."""

    def clipped(call: Call, *numbers: Number) -> list[Number]:
        *cotangent, p, z = numbers
        low, high = keras_interval(call.format)
        forms = listing(call, *cotangent, p.clip(low, high), z)
        return _masked(forms, _inside(call.arguments[0], low, high)) if call.argument == "probs" else forms

    return clipped


binary_clipped = of_clipped_probs(binary_cross_entropy)
binary_clipped_gradient_probs = of_clipped_probs(binary_gradient_probs)
binary_clipped_gradient_labels = of_clipped_probs(binary_gradient_labels)


# Binary cross-entropy of clipped probabilities with a constant added inside both logarithms.


def _guarded(call: Call, p: Number) -> tuple[Number, Number]:
    """c + ε and (1 - c) + ε with c = clip(p, ε, 1 - ε)."""
    low, high = keras_interval(call.format)
    clipped = p.clip(low, high)
    return clipped + low, (1 - clipped) + low


def binary_guarded(call: Call, p: Number, z: Number) -> list[Number]:
    """-(z log(c + ε) + (1 - z) log(1 - c + ε))."""
    inner, rest = _guarded(call, p)
    return [binary_terms(smoothed(call, z, 2), inner.log(), rest.log())]


def binary_guarded_gradient_probs(call: Call, v: Number, p: Number, z: Number) -> list[Number]:
    """v ((1 - z)/(1 - c + ε) - z/(c + ε)), the cotangent last or first, 0 outside the clip."""
    inner, rest = _guarded(call, p)
    z = smoothed(call, z, 2)
    forms = [v * ((1 - z) / rest - z / inner), v * (1 - z) / rest - v * z / inner]
    return _masked(forms, _inside(call.arguments[0], *keras_interval(call.format)))


def binary_guarded_gradient_labels(call: Call, v: Number, p: Number, _: Number) -> list[Number]:
    """v (1 - ε)(log(1 - c + ε) - log(c + ε)), the cotangent last or first."""
    inner, rest = _guarded(call, p)
    factor = v * (1 - call.smoothing)
    return [factor * (rest.log() - inner.log()), factor * rest.log() - factor * inner.log()]


# KL divergence of clipped labels and probabilities.


def _of_clipped_pair(listing: Listing) -> Listing:
    """Return a listing at clip(y, ε, 1) and clip(p, ε, 1); its derivatives are 0 where the argument was clipped."""

    def clipped(call: Call, *numbers: Number) -> list[Number]:
        *cotangent, y, p = numbers
        low = keras_interval(call.format)[0]
        forms = listing(call, *cotangent, y.clip(low, 1.0), p.clip(low, 1.0))
        if call.argument is None:
            return forms
        return _masked(forms, _inside(call.arguments[0 if call.argument == "labels" else 1], low, 1.0))

    return clipped


kl_clipped = _of_clipped_pair(kl_divergence)
kl_clipped_gradient_labels = _of_clipped_pair(kl_gradient_labels)
kl_clipped_gradient_probs = _of_clipped_pair(kl_gradient_probs)


# Categorical cross-entropy of normalised, clipped probabilities.


def _normalised(p: Number) -> tuple[Number, Number]:
    total = p.sum_positive()
    return p / total, total


def _through_quotient(p: Number, upstream: Number, quotient: Number, total: Number) -> list[Number]:
    """Pull g back through p/Σp: (g - Σ g q)/Σp, or g/Σp - Σ g p/(Σp)²."""
    together = (upstream - (upstream * quotient).sum()) / total
    return [together, upstream / total - (upstream * p).sum() / (total * total)]


def categorical_normalised(call: Call, p: Number, y: Number) -> list[Number]:
    """-Σ y' log clip(p/Σp, ε, 1 - ε)."""
    clipped = _normalised(p)[0].clip(*keras_interval(call.format))
    return [-(smoothed(call, y, call.classes) * clipped.log()).sum()]


def categorical_normalised_gradient_probs(call: Call, v: Number, p: Number, y: Number) -> list[Number]:
    """Through the logarithm, the clip and the normalisation."""
    quotient, total = _normalised(p)
    edges = keras_interval(call.format)
    upstream = quotient.is_inside(*edges) * (v * smoothed(call, y, call.classes) / quotient.clip(*edges))
    return [-form for form in _through_quotient(p, upstream, quotient, total)]


def categorical_normalised_gradient_labels(call: Call, v: Number, p: Number, _: Number) -> list[Number]:
    """-v (1 - ε) log clip(p/Σp)."""
    clipped = _normalised(p)[0].clip(*keras_interval(call.format))
    return [-(v * (1 - call.smoothing) * clipped.log())]


# Sparse categorical cross-entropy as softmax cross-entropy of log clip(p).


def sparse_clipped(call: Call, p: Number) -> list[Number]:
    """Softmax cross-entropy of the logits log clip(p, ε, 1 - ε)."""
    row = exponentials(p.clip(*keras_interval(call.format)).log())
    return [-(labels_of(call, p) * log_softmax_by_log(row)).sum()]


def sparse_clipped_gradient(call: Call, v: Number, p: Number) -> list[Number]:
    """v (softmax(log c) - y)/c, 0 outside the clip."""
    edges = keras_interval(call.format)
    clipped = p.clip(*edges)
    forms = [v * (soft - labels_of(call, p)) / clipped for soft in softmaxes(exponentials(clipped.log()))]
    return _masked(forms, _inside(call.arguments[0], *edges))


# Entropy of a normalised row, its logarithm clamped.


def entropy_clamped(call: Call, p: Number) -> list[Number]:
    """-Σ q log clamp(q, eps, 1 - eps), q = p/Σp, eps = 2^(1-p)."""
    quotient, _ = _normalised(p)
    return [-(quotient * quotient.clip(*torch_interval(call.format)).log()).sum()]


def entropy_clamped_gradient(call: Call, v: Number, p: Number) -> list[Number]:
    """Through q log clamp(q) and the normalisation."""
    quotient, total = _normalised(p)
    edges = torch_interval(call.format)
    clamped = quotient.clip(*edges)
    inner = quotient.is_inside(*edges) * (quotient / clamped)
    return [-form for form in _through_quotient(p, v * (clamped.log() + inner), quotient, total)]
