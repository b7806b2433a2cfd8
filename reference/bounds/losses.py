"""Rounding errors of the cross-entropies of logits, and of the negative log-likelihood, with all their options.

A loss is -Σⱼ tⱼ log pⱼ with the targets t = w·y' (class weights, smoothed labels); its gradient by the logits is
c·(p·Σt - t) with the coefficient c that the cotangent and the reduction give. Losses keep absolute accuracy only in
the textbook bound (log p from log Σe) and relative accuracy as p → 1 in the attainable one (log1p).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .call import Call
from .elementwise import sigmoid_of, softplus_of
from .rounding import ErrorBounded, ErrorModel
from .rows import (
    Exponentials,
    column,
    exponentials,
    log_softmax_by_log,
    log_softmax_by_log1p,
    softmax_by_division,
    softmaxes,
    through_maximum,
)

LogSoftmax = Callable[[ErrorModel, Exponentials], ErrorBounded]


def labels_of(call: Call) -> np.ndarray:
    """The labels as a row of class weights each: dense labels as they are, index labels one-hot, ignored rows zero."""
    if call.index is None:
        return call.real[1]
    one_hot = call.index[..., None] == np.arange(call.classes)
    return (one_hot & _kept(call)[..., None]).astype(np.float64)


def _kept(call: Call) -> np.ndarray:
    if call.index is None:
        return np.ones(call.real[0].shape[:-1], dtype=bool)
    return np.ones(call.index.shape, dtype=bool) if call.ignore_index is None else call.index != call.ignore_index


def _weights(call: Call) -> np.ndarray:
    return np.ones(()) if call.weight is None else call.weight


def smoothed(machine: ErrorModel, labels: np.ndarray, smoothing: float, classes: int) -> ErrorBounded:
    """(1 - ε)·y + ε/K, which is y itself without smoothing."""
    if smoothing == 0:
        return machine.exact(labels)
    share = machine.divide(machine.exact(smoothing), machine.exact(float(classes)))
    return machine.add_positive(machine.multiply(machine.exact(labels), machine.exact(1 - smoothing)), share)


def targets(machine: ErrorModel, call: Call) -> ErrorBounded:
    """t = w·y', zero in ignored rows."""
    smooth = smoothed(machine, labels_of(call), call.smoothing, call.classes)
    weighted = smooth if call.weight is None else machine.multiply(smooth, machine.exact(call.weight))
    kept = _kept(call)[..., None]
    shape = np.broadcast_shapes(weighted.value.shape, kept.shape)
    absolute = np.where(kept, np.broadcast_to(weighted.absolute, shape), 0.0)
    return ErrorBounded(np.where(kept, weighted.value, 0.0), weighted.relative, absolute)


def _divisor(machine: ErrorModel, call: Call) -> ErrorBounded:
    """What `mean` divides by: the kept rows' weights for index labels, else the number of rows or elements."""
    if call.index is None:
        count = call.real[0].size if call.function.result == "element" else call.real[0].size // call.classes
        return machine.exact(float(count))
    kept = _kept(call)
    if call.weight is None:
        return machine.exact(float(np.count_nonzero(kept)))
    chosen = np.where(kept, call.weight[np.where(kept, call.index, 0)], 0.0)
    return machine.sum_positive(machine.exact(chosen.reshape(-1)))


def reduced(machine: ErrorModel, call: Call, losses: ErrorBounded) -> ErrorBounded:
    """Reduce the losses as the call asks; a mean of means (rows, then batch) rounds twice more than one mean."""
    if call.reduction == "none":
        return losses
    shape = np.broadcast_shapes(losses.value.shape, np.shape(losses.relative), np.shape(losses.absolute))
    parts = (losses.value, losses.relative, losses.absolute)
    total = machine.sum(ErrorBounded(*(np.broadcast_to(part, shape).reshape(-1) for part in parts)))
    if call.reduction == "sum":
        return total
    mean = machine.divide(total, _divisor(machine, call))
    return ErrorBounded(mean.value, mean.relative + 2 * machine.unit, mean.absolute)


def coefficient(machine: ErrorModel, call: Call) -> ErrorBounded:
    """What each loss is multiplied with in the gradient: the cotangent, divided as the mean divides."""
    cotangent = machine.exact(call.cotangent)  # type: ignore[arg-type]
    if call.reduction != "mean":
        return cotangent
    scaled = machine.divide(cotangent, _divisor(machine, call))
    return ErrorBounded(scaled.value, scaled.relative + 2 * machine.unit, scaled.absolute)


def _losses(machine: ErrorModel, call: Call, log_softmax: LogSoftmax) -> list[ErrorBounded]:
    log_probs = log_softmax(machine, exponentials(machine, machine.exact(call.real[0])))
    direct = -machine.sum(machine.multiply(targets(machine, call), log_probs))
    if call.smoothing == 0:
        return [direct]
    # (1 - ε)·(-Σ w y log p) + (ε/K)·(-Σ w log p): the hard and the uniform part apart.
    weighted = machine.multiply(machine.exact(_weights(call)), log_probs)
    kept = machine.exact(_kept(call)[..., None].astype(np.float64))
    hard = machine.sum(machine.multiply(machine.exact(labels_of(call)), weighted))
    uniform = machine.sum(machine.multiply(kept, weighted))
    share = machine.divide(machine.exact(call.smoothing), machine.exact(float(call.classes)))
    apart = machine.add(machine.multiply(machine.exact(1 - call.smoothing), hard), machine.multiply(share, uniform))
    return [direct, -apart]


def softmax_cross_entropy(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook softmax cross-entropy, dense or index labels."""
    return [reduced(machine, call, losses) for losses in _losses(machine, call, log_softmax_by_log)]


def softmax_cross_entropy_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable softmax cross-entropy."""
    return [reduced(machine, call, losses) for losses in _losses(machine, call, log_softmax_by_log1p)]


def gradients_by_logits(
    machine: ErrorModel, call: Call, probs: ErrorBounded, target: ErrorBounded
) -> list[ErrorBounded]:
    """c·(p·Σt - t), and p·Σ(c t) - c t: the loss's own formula, and log-softmax's pullback of -c t."""
    factor = column(coefficient(machine, call))
    formula = machine.multiply(
        factor, machine.subtract(machine.multiply(probs, column(machine.sum_positive(target))), target)
    )
    upstream = machine.multiply(factor, target)
    pulled = machine.subtract(machine.multiply(probs, column(machine.sum(upstream))), upstream)
    return [formula, pulled]


def softmax_cross_entropy_gradient_logits(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient by the logits."""
    row = exponentials(machine, machine.exact(call.real[0]))
    target = targets(machine, call)
    forms = [form for probs in softmaxes(machine, row) for form in gradients_by_logits(machine, call, probs, target)]
    return [*forms, *(through_maximum(machine, call.real[0], form) for form in forms)]


def softmax_cross_entropy_gradient_logits_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient by the logits: p = e/Σe."""
    probs = softmax_by_division(machine, exponentials(machine, machine.exact(call.real[0])))
    return gradients_by_logits(machine, call, probs, targets(machine, call))


def _gradient_labels(machine: ErrorModel, call: Call, log_softmax: LogSoftmax) -> list[ErrorBounded]:
    log_probs = log_softmax(machine, exponentials(machine, machine.exact(call.real[0])))
    factor = machine.multiply(column(coefficient(machine, call)), machine.exact(_weights(call) * (1 - call.smoothing)))
    return [-machine.multiply(factor, log_probs)]


def softmax_cross_entropy_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient by dense labels: -c w (1 - ε) log p."""
    return _gradient_labels(machine, call, log_softmax_by_log)


def softmax_cross_entropy_gradient_labels_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient by dense labels."""
    return _gradient_labels(machine, call, log_softmax_by_log1p)


def nll_loss(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-w_y l_y: one product."""
    picked = np.where(labels_of(call) != 0, call.real[0], 0.0)
    terms = machine.multiply(targets(machine, call), machine.exact(picked))
    return [reduced(machine, call, -machine.sum(terms))]


def nll_loss_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-c w at the label, 0 elsewhere."""
    return [-machine.multiply(column(coefficient(machine, call)), targets(machine, call))]


def _binary_labels(machine: ErrorModel, call: Call) -> ErrorBounded:
    return smoothed(machine, call.real[1], call.smoothing, 2)


def _scaled(machine: ErrorModel, call: Call, computed: ErrorBounded) -> ErrorBounded:
    return computed if call.weight is None else machine.multiply(machine.exact(call.weight), computed)


def _positive_part(machine: ErrorModel, call: Call, labels: ErrorBounded) -> ErrorBounded:
    return labels if call.pos_weight is None else machine.multiply(machine.exact(call.pos_weight), labels)


def _complement(machine: ErrorModel, labels: ErrorBounded) -> ErrorBounded:
    return machine.subtract(machine.exact(1.0), labels)


def _log_weight(machine: ErrorModel, call: Call, labels: ErrorBounded) -> ErrorBounded:
    """1 + (q - 1) z, the factor of softplus(-x) once x is taken out."""
    if call.pos_weight is None:
        return machine.exact(1.0)
    excess = machine.multiply(machine.exact(call.pos_weight - 1), labels)
    return machine.add(machine.exact(1.0), excess)


def _termwise(machine: ErrorModel, call: Call, labels: ErrorBounded) -> ErrorBounded:
    """-q z log sigmoid(x) - (1 - z) log sigmoid(-x)."""
    positive = machine.multiply(_positive_part(machine, call, labels), softplus_of(machine, -call.real[0]))
    negative = machine.multiply(_complement(machine, labels), softplus_of(machine, call.real[0]))
    return machine.add(positive, negative)


def _linear_plus_softplus(machine: ErrorModel, call: Call, labels: ErrorBounded) -> ErrorBounded:
    """(1 - z) x + (1 + (q - 1) z) softplus(-x)."""
    linear = machine.multiply(_complement(machine, labels), machine.exact(call.real[0]))
    softplus = machine.multiply(_log_weight(machine, call, labels), softplus_of(machine, -call.real[0]))
    return machine.add(linear, softplus)


def _relu_form(machine: ErrorModel, call: Call, labels: ErrorBounded) -> ErrorBounded:
    """max(x, 0) - x z + log1p(e^-|x|)."""
    x = call.real[0]
    linear = machine.subtract(machine.exact(np.maximum(x, 0)), machine.multiply(machine.exact(x), labels))
    return machine.add(linear, machine.log1p(machine.exp(machine.exact(-np.abs(x)))))


def sigmoid_cross_entropy(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook sigmoid cross-entropy: the literal sum of log-sigmoids, or the forms with x taken out."""
    labels = _binary_labels(machine, call)
    forms = [_termwise(machine, call, labels), _linear_plus_softplus(machine, call, labels)]
    if call.pos_weight is None:
        forms.append(_relu_form(machine, call, labels))
    return [reduced(machine, call, _scaled(machine, call, form)) for form in forms]


def sigmoid_cross_entropy_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable: the literal sum, or max(x, 0) - x z + log1p(e^-|x|), exact zeros where x z cancels x."""
    labels = _binary_labels(machine, call)
    forms = [_termwise(machine, call, labels)]
    if call.pos_weight is None:
        forms.append(_relu_form(machine, call, labels))
    return [reduced(machine, call, _scaled(machine, call, form)) for form in forms]


def _sigmoid_residual(machine: ErrorModel, call: Call, labels: ErrorBounded) -> ErrorBounded:
    """(1 + (q - 1) z) sigmoid(x) - q z, which is sigmoid(x) - z without a weight."""
    weighted = machine.multiply(_log_weight(machine, call, labels), sigmoid_of(machine, call.real[0]))
    return machine.subtract(weighted, _positive_part(machine, call, labels))


def _factor(machine: ErrorModel, call: Call) -> ErrorBounded:
    return _scaled(machine, call, coefficient(machine, call))


def sigmoid_cross_entropy_gradient_logits(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient by the logits: c w (sigmoid(x) - z); with q also (1 - z) - (1 + (q - 1) z) sigmoid(-x)."""
    labels = _binary_labels(machine, call)
    forms = [_sigmoid_residual(machine, call, labels)]
    if call.pos_weight is not None:
        weighted = machine.multiply(_log_weight(machine, call, labels), sigmoid_of(machine, -call.real[0]))
        forms.append(machine.subtract(_complement(machine, labels), weighted))
    return [machine.multiply(_factor(machine, call), form) for form in forms]


def sigmoid_cross_entropy_gradient_logits_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient by the logits."""
    return [machine.multiply(_factor(machine, call), _sigmoid_residual(machine, call, _binary_labels(machine, call)))]


def sigmoid_cross_entropy_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient by the labels: -c w (1 - ε)(q log sigmoid(x) - log sigmoid(-x)), or -c w (1 - ε) x if q = 1."""
    positive = softplus_of(machine, -call.real[0])
    if call.pos_weight is not None:
        positive = machine.multiply(machine.exact(call.pos_weight), positive)
    difference = machine.subtract(positive, softplus_of(machine, call.real[0]))
    return [machine.multiply(_label_factor(machine, call), difference)]


def sigmoid_cross_entropy_gradient_labels_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient by the labels: -c w (1 - ε) x where q = 1."""
    if call.pos_weight is not None:
        return sigmoid_cross_entropy_gradient_labels(machine, call)
    return [machine.multiply(_label_factor(machine, call), machine.exact(-call.real[0]))]


def _label_factor(machine: ErrorModel, call: Call) -> ErrorBounded:
    return machine.multiply(_factor(machine, call), machine.exact(1 - call.smoothing))
