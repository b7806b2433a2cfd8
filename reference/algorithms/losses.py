"""The cross-entropies of logits, and the negative log-likelihood, with all their options.

A loss is -Σⱼ tⱼ log pⱼ with the targets t = w·y' (class weights, smoothed labels); its gradient by the logits is
c·(p·Σt - t) with the coefficient c that the cotangent and the reduction give. Losses keep absolute accuracy only in
the textbook form (log p from log Σe) and relative accuracy as p → 1 in the attainable one (log1p).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..call import Call
from .number import Number
from .rows import (
    Exponentials,
    exponentials,
    log_softmax_by_log,
    log_softmax_by_log1p,
    softmax_by_division,
    softmaxes,
)

LogSoftmax = Callable[[Exponentials[Number]], Number]


def labels_of(call: Call, x: Number, *dense: Number) -> Number:
    """The labels as a row each: dense labels as they are, index labels one-hot, ignored rows zero."""
    if call.labels is None:
        return dense[0]
    one_hot = call.labels[..., None] == np.arange(call.classes)
    return x.constant((one_hot & call.kept[..., None]).astype(np.float64))


def smoothed(call: Call, labels: Number, outcomes: int) -> Number:
    """(1 - ε)·y + ε/K, which is y itself without smoothing."""
    if call.smoothing == 0:
        return labels
    return (labels * (1 - call.smoothing)).plus_positive(labels.share(call.smoothing, float(outcomes)))


def targets(call: Call, x: Number, *dense: Number) -> Number:
    """t = w·y', zero in ignored rows."""
    smooth = smoothed(call, labels_of(call, x, *dense), call.classes)
    weighted = smooth if call.weight is None else smooth * call.weight
    return weighted.where(call.kept[..., None], 0.0)


def divisor(call: Call, x: Number) -> Number:
    """What `mean` divides by: the kept rows' weights for index labels, else the number of rows or elements."""
    if call.labels is None:
        return x.constant(float(call.arguments[0].size // (call.classes if call.has_rows else 1)))
    if call.weight is None:
        return x.constant(float(np.count_nonzero(call.kept)))
    chosen = np.where(call.kept, call.weight[np.where(call.kept, call.labels, 0)], 0.0)
    return x.constant(chosen.reshape(-1)).sum_positive()


def reduced(call: Call, losses: Number) -> Number:
    """Reduce the losses as the call asks; a mean of means (rows, then batch) rounds twice more than one mean."""
    if call.reduction == "none":
        return losses
    total = losses.total()
    return total if call.reduction == "sum" else total.mean_over(divisor(call, losses))


def coefficient(call: Call, v: Number) -> Number:
    """What each loss is multiplied with in the gradient: the cotangent, divided as the mean divides."""
    return v if call.reduction != "mean" else v.mean_over(divisor(call, v))


def _losses(call: Call, log_softmax: LogSoftmax, x: Number, *dense: Number) -> list[Number]:
    logs = log_softmax(exponentials(x))
    direct = -targets(call, x, *dense).times(logs).sum()
    if call.smoothing == 0:
        return [reduced(call, direct)]
    # (1 - ε)·(-Σ w y log p) + (ε/K)·(-Σ w log p): the hard and the uniform part apart.
    weighted = (1.0 if call.weight is None else call.weight) * logs
    hard = (labels_of(call, x, *dense) * weighted).sum()
    uniform = (call.kept[..., None].astype(np.float64) * weighted).sum()
    apart = (1 - call.smoothing) * hard + x.share(call.smoothing, float(call.classes)) * uniform
    return [reduced(call, form) for form in (direct, -apart)]


def softmax_cross_entropy(call: Call, x: Number, *dense: Number) -> list[Number]:
    """Textbook softmax cross-entropy, dense or index labels."""
    return _losses(call, log_softmax_by_log, x, *dense)


def softmax_cross_entropy_attainable(call: Call, x: Number, *dense: Number) -> list[Number]:
    """Attainable softmax cross-entropy."""
    return _losses(call, log_softmax_by_log1p, x, *dense)


def gradients_by_logits(call: Call, v: Number, p: Number, target: Number) -> list[Number]:
    """c·(p·Σt - t), and p·Σ(c t) - c t: the loss's own formula, and log-softmax's pullback of -c t."""
    factor = coefficient(call, v)
    upstream = factor * target
    return [factor * (p * target.sum_positive() - target), p * upstream.sum() - upstream]


def softmax_cross_entropy_gradient_logits(call: Call, v: Number, x: Number, *dense: Number) -> list[Number]:
    """Textbook gradient by the logits."""
    target = targets(call, x, *dense)
    forms = [form for p in softmaxes(exponentials(x)) for form in gradients_by_logits(call, v, p, target)]
    return [*forms, *(form.through_maximum(x) for form in forms)]


def softmax_cross_entropy_gradient_logits_attainable(call: Call, v: Number, x: Number, *dense: Number) -> list[Number]:
    """Attainable gradient by the logits: p = e/Σe."""
    return gradients_by_logits(call, v, softmax_by_division(exponentials(x)), targets(call, x, *dense))


def _gradient_labels(call: Call, log_softmax: LogSoftmax, v: Number, x: Number) -> list[Number]:
    weight = np.ones(()) if call.weight is None else call.weight
    return [-(coefficient(call, v) * (weight * (1 - call.smoothing)) * log_softmax(exponentials(x)))]


def softmax_cross_entropy_gradient_labels(call: Call, v: Number, x: Number, _: Number) -> list[Number]:
    """Textbook gradient by dense labels: -c w (1 - ε) log p."""
    return _gradient_labels(call, log_softmax_by_log, v, x)


def softmax_cross_entropy_gradient_labels_attainable(call: Call, v: Number, x: Number, _: Number) -> list[Number]:
    """Attainable gradient by dense labels."""
    return _gradient_labels(call, log_softmax_by_log1p, v, x)


def unit_sum_gradient(call: Call, v: Number, x: Number, *dense: Number) -> list[Number]:
    """c (p - t): the gradient by the logits that takes the labels to sum to one."""
    target, factor = targets(call, x, *dense), coefficient(call, v)
    forms = [factor * (p - target) for p in softmaxes(exponentials(x))]
    return [*forms, *(form.through_maximum(x) for form in forms)]


def nll_loss(call: Call, logs: Number) -> list[Number]:
    """-w_y l_y: one product."""
    return [reduced(call, -targets(call, logs).times(logs).sum())]


def nll_loss_gradient(call: Call, v: Number, logs: Number) -> list[Number]:
    """-c w at the label, 0 elsewhere."""
    return [-(coefficient(call, v) * targets(call, logs))]


def _scaled(call: Call, number: Number) -> Number:
    return number if call.weight is None else call.weight * number


def _positive_part(call: Call, z: Number) -> Number:
    return z if call.pos_weight is None else call.pos_weight * z


def _log_weight(call: Call, z: Number) -> Number:
    """1 + (q - 1) z, the factor of softplus(-x) once x is taken out."""
    return z.constant(1.0) if call.pos_weight is None else 1.0 + (call.pos_weight - 1) * z


def _termwise(call: Call, x: Number, z: Number) -> Number:
    """-q z log sigmoid(x) - (1 - z) log sigmoid(-x)."""
    return _positive_part(call, z) * (-x).softplus() + (1 - z) * x.softplus()


def _relu_form(x: Number, z: Number) -> Number:
    """max(x, 0) - x z + log1p(e^-|x|)."""
    return (x.positive() - x * z) + (-abs(x)).exp().log1p()


def sigmoid_cross_entropy(call: Call, x: Number, z: Number) -> list[Number]:
    """Textbook sigmoid cross-entropy: the literal sum of log-sigmoids, or the forms with x taken out."""
    z = smoothed(call, z, 2)
    # (1 - z) x + (1 + (q - 1) z) softplus(-x)
    forms = [_termwise(call, x, z), (1 - z) * x + _log_weight(call, z) * (-x).softplus()]
    if call.pos_weight is None:
        forms.append(_relu_form(x, z))
    return [reduced(call, _scaled(call, form)) for form in forms]


def sigmoid_cross_entropy_attainable(call: Call, x: Number, z: Number) -> list[Number]:
    """Attainable: the literal sum, or max(x, 0) - x z + log1p(e^-|x|), exact zeros where x z cancels x."""
    z = smoothed(call, z, 2)
    forms = [_termwise(call, x, z)]
    if call.pos_weight is None:
        forms.append(_relu_form(x, z))
    return [reduced(call, _scaled(call, form)) for form in forms]


def sigmoid_cross_entropy_gradient_logits_attainable(call: Call, v: Number, x: Number, z: Number) -> list[Number]:
    """Attainable gradient by the logits: c w ((1 + (q - 1) z) sigmoid(x) - q z), sigmoid(x) - z without a weight."""
    z = smoothed(call, z, 2)
    return [_scaled(call, coefficient(call, v)) * (_log_weight(call, z) * x.sigmoid() - _positive_part(call, z))]


def sigmoid_cross_entropy_gradient_logits(call: Call, v: Number, x: Number, z: Number) -> list[Number]:
    """Textbook gradient by the logits: with q also (1 - z) - (1 + (q - 1) z) sigmoid(-x)."""
    forms = sigmoid_cross_entropy_gradient_logits_attainable(call, v, x, z)
    if call.pos_weight is not None:
        z = smoothed(call, z, 2)
        residual = (1 - z) - _log_weight(call, z) * (-x).sigmoid()
        forms.append(_scaled(call, coefficient(call, v)) * residual)
    return forms


def sigmoid_cross_entropy_gradient_labels(call: Call, v: Number, x: Number, _: Number) -> list[Number]:
    """Textbook gradient by the labels: -c w (1 - ε)(q log sigmoid(x) - log sigmoid(-x))."""
    difference = _positive_part(call, (-x).softplus()) - x.softplus()
    return [_scaled(call, coefficient(call, v)) * (1 - call.smoothing) * difference]


def sigmoid_cross_entropy_gradient_labels_attainable(call: Call, v: Number, x: Number, z: Number) -> list[Number]:
    """Attainable gradient by the labels: -c w (1 - ε) x where q = 1."""
    if call.pos_weight is not None:
        return sigmoid_cross_entropy_gradient_labels(call, v, x, z)
    return [_scaled(call, coefficient(call, v)) * (1 - call.smoothing) * (-x)]
