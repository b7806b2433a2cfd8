"""Rounding errors of the deviating definitions: clipped probabilities, clamped logarithms, normalised rows.

A clip of stored numbers is exact. The gradient through a clip jumps at its edges: where the rounding of the clipped
number can carry it across an edge, the mask may be 0 or 1, so it has an absolute error of 1 there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .call import Call
from .elementwise import log1m, log1m_by_log1p, softplus, softplus_gradient
from .losses import coefficient, labels_of, smoothed, targets
from .probs import (
    binary_cross_entropy,
    binary_gradient_labels,
    binary_gradient_probs,
    binary_terms,
    cotangent_of,
    kl_divergence,
    kl_gradient_labels,
    kl_gradient_probs,
    where_zero,
)
from .rounding import ErrorBounded, ErrorModel
from .rows import column, exponentials, log_softmax_by_log, softmaxes, through_maximum

Algorithm = Callable[[ErrorModel, Call], list[ErrorBounded]]


def rounded(call: Call, constant: float) -> float:
    """Round a constant to the format of the call."""
    return float(np.asarray(constant).astype(call.format.numpy_dtype))


def _clip(computed: ErrorBounded, low: float, high: float) -> ErrorBounded:
    """Clip a computed number: clipping moves no two numbers apart, so the errors stay."""
    return ErrorBounded(np.clip(computed.value, low, high), computed.relative, computed.absolute)


def _mask(computed: ErrorBounded, low: float, high: float) -> ErrorBounded:
    """1 inside the clip, 0 outside, with an absolute error of 1 where rounding may decide which."""
    inside = (computed.value >= low) & (computed.value <= high)
    near = np.minimum(np.abs(computed.value - low), np.abs(computed.value - high)) <= computed.error
    return ErrorBounded(inside.astype(np.float64), np.zeros(()), np.where(near & (computed.error > 0), 1.0, 0.0))


def _masked(forms: list[ErrorBounded], mask: np.ndarray) -> list[ErrorBounded]:
    return [where_zero(~mask, form) for form in forms]


# Softplus that is linear above a threshold.


def softplus_linear(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The argument itself above 20."""
    above = call.real[0] > 20
    (form,) = softplus(machine, call)
    exact = where_zero(above, form)
    return [ErrorBounded(np.where(above, call.real[0], form.value), exact.relative, exact.absolute)]


def softplus_linear_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The cotangent itself above 20."""
    above = call.real[0] > 20
    forms = []
    for form in softplus_gradient(machine, call):
        exact = where_zero(above, form)
        value = np.where(above, call.cotangent, form.value)  # type: ignore[arg-type]
        forms.append(ErrorBounded(value, exact.relative, exact.absolute))
    return forms


# Binary cross-entropy: logarithms clamped at -100, or probabilities clipped.


def _clamped(computed: ErrorBounded) -> ErrorBounded:
    return ErrorBounded(np.maximum(computed.value, -100.0), computed.relative, computed.absolute)


def binary_clamped(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-(z max(log p, -100) + (1 - z) max(log(1 - p), -100))."""
    probs = machine.exact(call.real[0])
    labels = smoothed(machine, call.real[1], call.smoothing, 2)
    positive = _clamped(machine.log(probs))
    return [
        binary_terms(machine, labels, positive, _clamped(complement(machine, probs)))
        for complement in (log1m, log1m_by_log1p)
    ]


def binary_clamped_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v (p - z) / max((1 - p) p, 1e-12), the constant held in float32 first."""
    probs = machine.exact(call.real[0])
    labels = smoothed(machine, call.real[1], call.smoothing, 2)
    product = machine.multiply(machine.subtract(machine.exact(1.0), probs), probs)
    smallest = rounded(call, float(np.float32(1e-12)))
    denominator = ErrorBounded(np.maximum(product.value, smallest), product.relative, product.absolute)
    residual = machine.subtract(probs, labels)
    factor = cotangent_of(machine, call)
    return [
        machine.divide(machine.multiply(factor, residual), denominator),
        machine.multiply(factor, machine.divide(residual, denominator)),
    ]


def _clipped_call(call: Call, *positions: int, high: float) -> tuple[Call, list[np.ndarray]]:
    """Clip the named real arguments to [RN(1e-7), high]; return the masks of what was inside."""
    low = rounded(call, 1e-7)
    real = list(call.real)
    masks = [(real[position] >= low) & (real[position] <= high) for position in positions]
    for position in positions:
        real[position] = np.clip(real[position], low, high)
    return replace(call, real=tuple(real)), masks


def _upper(call: Call) -> float:
    return rounded(call, 1 - 1e-7)


def binary_clipped(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Binary cross-entropy of clip(p, ε, 1 - ε)."""
    return binary_cross_entropy(machine, _clipped_call(call, 0, high=_upper(call))[0])


def binary_clipped_gradient_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The gradient at the clipped probability, 0 outside the clip."""
    clipped, (mask,) = _clipped_call(call, 0, high=_upper(call))
    return _masked(binary_gradient_probs(machine, clipped), mask)


def binary_clipped_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The gradient by the labels at the clipped probability."""
    return binary_gradient_labels(machine, _clipped_call(call, 0, high=_upper(call))[0])


# Binary cross-entropy of clipped probabilities with a constant added inside both logarithms.


def _guarded(machine: ErrorModel, call: Call) -> tuple[ErrorBounded, ErrorBounded, np.ndarray]:
    """c + ε and (1 - c) + ε with c = clip(p, ε, 1 - ε), and what was inside."""
    clipped, (mask,) = _clipped_call(call, 0, high=_upper(call))
    probs, constant = machine.exact(clipped.real[0]), machine.exact(rounded(call, 1e-7))
    inner = machine.add(probs, constant)
    return inner, machine.add(machine.subtract(machine.exact(1.0), probs), constant), mask


def binary_guarded(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-(z log(c + ε) + (1 - z) log(1 - c + ε))."""
    inner, rest, _ = _guarded(machine, call)
    labels = smoothed(machine, call.real[1], call.smoothing, 2)
    return [binary_terms(machine, labels, machine.log(inner), machine.log(rest))]


def binary_guarded_gradient_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v ((1 - z)/(1 - c + ε) - z/(c + ε)), the cotangent last or first, 0 outside the clip."""
    inner, rest, mask = _guarded(machine, call)
    labels, factor = smoothed(machine, call.real[1], call.smoothing, 2), cotangent_of(machine, call)
    complement = machine.subtract(machine.exact(1.0), labels)
    apart = machine.subtract(machine.divide(complement, rest), machine.divide(labels, inner))
    pulled_apart = machine.subtract(
        machine.divide(machine.multiply(factor, complement), rest),
        machine.divide(machine.multiply(factor, labels), inner),
    )
    return _masked([machine.multiply(factor, apart), pulled_apart], mask)


def binary_guarded_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v (1 - ε)(log(1 - c + ε) - log(c + ε)), the cotangent last or first."""
    inner, rest, _ = _guarded(machine, call)
    factor = machine.multiply(cotangent_of(machine, call), machine.exact(1 - call.smoothing))
    logs = machine.log(rest), machine.log(inner)
    return [
        machine.multiply(factor, machine.subtract(*logs)),
        machine.subtract(*(machine.multiply(factor, each) for each in logs)),
    ]


# KL divergence of clipped labels and probabilities.


def kl_clipped(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """KL of clip(y, ε, 1) and clip(p, ε, 1)."""
    return kl_divergence(machine, _clipped_call(call, 0, 1, high=1.0)[0])


def kl_clipped_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The gradient at the clipped numbers, 0 where the label was clipped."""
    clipped, masks = _clipped_call(call, 0, 1, high=1.0)
    return _masked(kl_gradient_labels(machine, clipped), masks[0])


def kl_clipped_gradient_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The gradient at the clipped numbers, 0 where the probability was clipped."""
    clipped, masks = _clipped_call(call, 0, 1, high=1.0)
    return _masked(kl_gradient_probs(machine, clipped), masks[1])


# Categorical cross-entropy of normalised, clipped probabilities.


def _normalised(machine: ErrorModel, call: Call) -> tuple[ErrorBounded, ErrorBounded]:
    probs = machine.exact(call.real[0])
    total = column(machine.sum_positive(probs))
    return machine.divide(probs, total), total


def _through_quotient(
    machine: ErrorModel, call: Call, upstream: ErrorBounded, quotient: ErrorBounded, total: ErrorBounded
) -> list[ErrorBounded]:
    """Pull g back through p/Σp: (g - Σ g q)/Σp, or g/Σp - Σ g p/(Σp)²."""
    together = machine.divide(
        machine.subtract(upstream, column(machine.sum(machine.multiply(upstream, quotient)))), total
    )
    mean = machine.divide(
        column(machine.sum(machine.multiply(upstream, machine.exact(call.real[0])))), machine.multiply(total, total)
    )
    return [together, machine.subtract(machine.divide(upstream, total), mean)]


def _smooth_labels(machine: ErrorModel, call: Call) -> ErrorBounded:
    return smoothed(machine, labels_of(call), call.smoothing, call.classes)


def categorical_normalised(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-Σ y' log clip(p/Σp, ε, 1 - ε)."""
    quotient, _ = _normalised(machine, call)
    clipped = _clip(quotient, rounded(call, 1e-7), _upper(call))
    return [-machine.sum(machine.multiply(_smooth_labels(machine, call), machine.log(clipped)))]


def categorical_normalised_gradient_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Through the logarithm, the clip and the normalisation."""
    quotient, total = _normalised(machine, call)
    edges = (rounded(call, 1e-7), _upper(call))
    target = machine.multiply(cotangent_of(machine, call), _smooth_labels(machine, call))
    upstream = machine.multiply(_mask(quotient, *edges), machine.divide(target, _clip(quotient, *edges)))
    return [-form for form in _through_quotient(machine, call, upstream, quotient, total)]


def categorical_normalised_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-v (1 - ε) log clip(p/Σp)."""
    quotient, _ = _normalised(machine, call)
    clipped = _clip(quotient, rounded(call, 1e-7), _upper(call))
    factor = machine.multiply(cotangent_of(machine, call), machine.exact(1 - call.smoothing))
    return [-machine.multiply(factor, machine.log(clipped))]


# Sparse categorical cross-entropy as softmax cross-entropy of log clip(p).


def sparse_clipped(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Softmax cross-entropy of the logits log clip(p, ε, 1 - ε)."""
    clipped, _ = _clipped_call(call, 0, high=_upper(call))
    row = exponentials(machine, machine.log(machine.exact(clipped.real[0])))
    label = machine.exact(labels_of(call))
    return [-machine.sum(machine.multiply(label, log_softmax_by_log(machine, row)))]


def sparse_clipped_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v (softmax(log c) - y)/c, 0 outside the clip."""
    clipped, (mask,) = _clipped_call(call, 0, high=_upper(call))
    probs = machine.exact(clipped.real[0])
    row = exponentials(machine, machine.log(probs))
    label, factor = machine.exact(labels_of(call)), cotangent_of(machine, call)
    residuals = [machine.multiply(factor, machine.subtract(soft, label)) for soft in softmaxes(machine, row)]
    return _masked([machine.divide(residual, probs) for residual in residuals], mask)


# Entropy of a normalised row, its logarithm clamped.


def entropy_clamped(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-Σ q log clamp(q, eps, 1 - eps), q = p/Σp, eps = 2^(1-p)."""
    quotient, _ = _normalised(machine, call)
    eps = 2 * call.format.unit_roundoff
    return [-machine.sum(machine.multiply(quotient, machine.log(_clip(quotient, eps, 1 - eps))))]


def entropy_clamped_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Through q log clamp(q) and the normalisation."""
    quotient, total = _normalised(machine, call)
    eps = 2 * call.format.unit_roundoff
    clamped = _clip(quotient, eps, 1 - eps)
    inner = machine.multiply(_mask(quotient, eps, 1 - eps), machine.divide(quotient, clamped))
    upstream = machine.multiply(cotangent_of(machine, call), machine.add(machine.log(clamped), inner))
    return [-form for form in _through_quotient(machine, call, upstream, quotient, total)]


# Softmax cross-entropy whose gradient takes the labels to sum to one.


def unit_sum_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """c (p - t)."""
    row = exponentials(machine, machine.exact(call.real[0]))
    target, factor = targets(machine, call), column(coefficient(machine, call))
    forms = [machine.multiply(factor, machine.subtract(probs, target)) for probs in softmaxes(machine, row)]
    return [*forms, *(through_maximum(machine, call.real[0], form) for form in forms)]


DEVIATING: dict[tuple[str, str, str], Algorithm] = {
    ("softplus", "value", "linear-above-20"): softplus_linear,
    ("softplus", "gradient:x", "linear-above-20"): softplus_linear_gradient,
    ("binary_cross_entropy", "value", "clamp-log-100"): binary_clamped,
    ("binary_cross_entropy", "gradient:probs", "clamp-log-100"): binary_clamped_gradient,
    ("binary_cross_entropy", "value", "clip-1e-7"): binary_clipped,
    ("binary_cross_entropy", "gradient:probs", "clip-1e-7"): binary_clipped_gradient_probs,
    ("binary_cross_entropy", "gradient:labels", "clip-1e-7"): binary_clipped_gradient_labels,
    ("binary_cross_entropy", "value", "clip-add-1e-7"): binary_guarded,
    ("binary_cross_entropy", "gradient:probs", "clip-add-1e-7"): binary_guarded_gradient_probs,
    ("binary_cross_entropy", "gradient:labels", "clip-add-1e-7"): binary_guarded_gradient_labels,
    ("kl_divergence", "value", "clip-1e-7"): kl_clipped,
    ("kl_divergence", "gradient:labels", "clip-1e-7"): kl_clipped_gradient_labels,
    ("kl_divergence", "gradient:probs", "clip-1e-7"): kl_clipped_gradient_probs,
    ("categorical_cross_entropy", "value", "normalise-clip-1e-7"): categorical_normalised,
    ("categorical_cross_entropy", "gradient:probs", "normalise-clip-1e-7"): categorical_normalised_gradient_probs,
    ("categorical_cross_entropy", "gradient:labels", "normalise-clip-1e-7"): categorical_normalised_gradient_labels,
    ("sparse_categorical_cross_entropy", "value", "clip-softmax-1e-7"): sparse_clipped,
    ("sparse_categorical_cross_entropy", "gradient:probs", "clip-softmax-1e-7"): sparse_clipped_gradient,
    ("entropy", "value", "normalise-clamp-eps"): entropy_clamped,
    ("entropy", "gradient:probs", "normalise-clamp-eps"): entropy_clamped_gradient,
    ("softmax_cross_entropy", "gradient:logits", "labels-sum-to-one"): unit_sum_gradient,
}
"""The textbook algorithms of the deviating definitions, by function, quantity and definition. Run on the attainable
machine they are the attainable ones as well: what a deviation gives up cannot be held against its rounding."""
