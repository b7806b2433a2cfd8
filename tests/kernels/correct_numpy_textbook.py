"""The whole catalogue in NumPy from elementary operations in the dtype of the inputs, each gradient by its formula."""

import numpy as np

framework = "numpy"

np.seterr(all="ignore")


def sigmoid(x):
    tail = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + tail), tail / (1 + tail))


def sigmoid_vjp(cotangent, x):
    tail = np.exp(-np.abs(x))
    return cotangent * (tail / ((1 + tail) * (1 + tail)))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_vjp(cotangent, x):
    return cotangent * sigmoid(x)


def log_sigmoid(x):
    return -softplus(-x)


def log_sigmoid_vjp(cotangent, x):
    return cotangent * sigmoid(-x)


def logit(probs):
    return np.log(probs / (1 - probs))


def logit_vjp(cotangent, probs):
    return cotangent / (probs * (1 - probs))


def _shifted(logits, axis):
    maximum = logits.max(axis, keepdims=True)
    return logits - np.where(np.isneginf(maximum), 0, maximum).astype(logits.dtype)


def _log_total(shifted, axis, *, keepdims=False):
    """log Σ e^d; the sum of many ones is beyond float16, its logarithm is not."""
    wide = np.promote_types(shifted.dtype, np.float32)
    return np.log(np.exp(shifted).sum(axis, keepdims=keepdims, dtype=wide)).astype(shifted.dtype)


def softmax(logits, *, axis):
    terms = np.exp(_shifted(logits, axis))
    return terms / terms.sum(axis, keepdims=True)


def softmax_vjp(cotangent, logits, *, axis):
    probs = softmax(logits, axis=axis)
    return probs * (cotangent - (probs * cotangent).sum(axis, keepdims=True))


def log_softmax(logits, *, axis):
    shifted = _shifted(logits, axis)
    return shifted - _log_total(shifted, axis, keepdims=True)


def log_softmax_vjp(cotangent, logits, *, axis):
    return cotangent - softmax(logits, axis=axis) * cotangent.sum(axis, keepdims=True)


def logsumexp(logits, *, axis):
    maximum = logits.max(axis)
    maximum = np.where(np.isneginf(maximum), 0, maximum).astype(logits.dtype)
    return maximum + _log_total(_shifted(logits, axis), axis)


def logsumexp_vjp(cotangent, logits, *, axis):
    return np.expand_dims(cotangent, axis) * softmax(logits, axis=axis)


def _times_log(factor, probs):
    """factor·log p, with 0·log 0 = 0, and NaN for any NaN."""
    empty = (factor == 0) & (probs == 0)
    return factor * np.log(np.where(empty, 1, probs))


def entropy_terms(probs):
    return -_times_log(probs, probs)


def entropy_terms_vjp(cotangent, probs):
    return -cotangent * (np.log(probs) + 1)


def entropy(probs, *, axis):
    return entropy_terms(probs).sum(axis)


def entropy_vjp(cotangent, probs, *, axis):
    return entropy_terms_vjp(np.expand_dims(cotangent, axis), probs)


def kl_divergence_terms(labels, probs):
    return _times_log(labels, labels) - _times_log(labels, probs)


def kl_divergence_terms_vjp(cotangent, labels, probs):
    return cotangent * (np.log(labels) - np.log(probs) + 1), -cotangent * labels / probs


def kl_divergence(labels, probs, *, axis):
    return kl_divergence_terms(labels, probs).sum(axis)


def kl_divergence_vjp(cotangent, labels, probs, *, axis):
    return kl_divergence_terms_vjp(np.expand_dims(cotangent, axis), labels, probs)


def kl_divergence_terms_from_log_probs(labels, log_probs):
    return labels * (np.log(np.where(labels == 0, 1, labels)) - log_probs)


def kl_divergence_terms_from_log_probs_vjp(cotangent, labels, log_probs):
    return cotangent * (np.log(labels) - log_probs + 1), -cotangent * labels


def kl_divergence_from_log_probs(labels, log_probs, *, axis):
    return kl_divergence_terms_from_log_probs(labels, log_probs).sum(axis)


def kl_divergence_from_log_probs_vjp(cotangent, labels, log_probs, *, axis):
    return kl_divergence_terms_from_log_probs_vjp(np.expand_dims(cotangent, axis), labels, log_probs)


def kl_divergence_terms_from_logs(log_labels, log_probs):
    return np.exp(log_labels) * (log_labels - log_probs)


def kl_divergence_terms_from_logs_vjp(cotangent, log_labels, log_probs):
    factor = cotangent * np.exp(log_labels)
    return factor * (log_labels - log_probs) + factor, -factor


def _along(weight, like, axis):
    shape = [1] * like.ndim
    shape[axis] = -1
    return weight.reshape(shape)


def _smoothed(labels, label_smoothing, classes):
    return labels * (1 - label_smoothing) + label_smoothing / classes if label_smoothing else labels


def _dense_targets(labels, axis, label_smoothing, weight):
    targets = _smoothed(labels, label_smoothing, labels.shape[axis])
    return targets if weight is None else targets * _along(weight, labels, axis)


def _reduced(losses, reduction, divisor):
    if reduction == "none":
        return losses
    total = losses.sum()
    return total if reduction == "sum" else (total / divisor).astype(losses.dtype)


def _spread(cotangent, losses, reduction, divisor):
    """The cotangent of each loss, where they are reduced."""
    if reduction == "none":
        return cotangent
    shared = cotangent / losses.dtype.type(divisor) if reduction == "mean" else cotangent
    return np.full(losses.shape, shared, losses.dtype)


def softmax_cross_entropy(logits, labels, *, axis, label_smoothing=0.0, weight=None, reduction="none"):
    targets = _dense_targets(labels, axis, label_smoothing, weight)
    half = _shifted(logits / 2, axis)  # finite for any two finite logits
    losses = targets.sum(axis) * _log_total(2 * half, axis) - 2 * (targets * half).sum(axis)
    return _reduced(losses, reduction, losses.size)


def softmax_cross_entropy_vjp(cotangent, logits, labels, *, axis, label_smoothing=0.0, weight=None, reduction="none"):
    targets = _dense_targets(labels, axis, label_smoothing, weight)
    rows = targets.sum(axis)
    factor = np.expand_dims(_spread(cotangent, rows, reduction, rows.size), axis)
    by_logits = factor * (softmax(logits, axis=axis) * targets.sum(axis, keepdims=True) - targets)
    scale = factor * (1 - label_smoothing)
    scale = scale if weight is None else scale * _along(weight, logits, axis)
    half = _shifted(logits / 2, axis)
    return by_logits, scale * _log_total(2 * half, axis, keepdims=True) - 2 * (scale * half)


def _kept(labels, ignore_index):
    kept = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    return kept, np.where(kept, labels, 0)


def _index_losses(log_probs, labels, axis, label_smoothing, weight, ignore_index, reduction):
    kept, index = _kept(labels, ignore_index)
    of_label = np.ones(labels.shape, log_probs.dtype) if weight is None else weight[index]
    losses = -of_label * np.take_along_axis(log_probs, np.expand_dims(index, axis), axis).squeeze(axis)
    if label_smoothing:
        weighted = log_probs if weight is None else log_probs * _along(weight, log_probs, axis)
        share = label_smoothing / log_probs.shape[axis]
        losses = (1 - label_smoothing) * losses - share * weighted.sum(axis)
    losses = np.where(kept, losses, 0)
    return _reduced(losses, reduction, np.where(kept, of_label, 0).sum())


def _index_targets(shape, dtype, labels, axis, label_smoothing, weight, ignore_index):
    kept, index = _kept(labels, ignore_index)
    targets = np.zeros(shape, dtype)
    np.put_along_axis(targets, np.expand_dims(index, axis), 1, axis)
    targets = _dense_targets(targets, axis, label_smoothing, weight)
    of_label = np.ones(labels.shape, dtype) if weight is None else weight[index]
    divisor = np.where(kept, of_label, 0).sum()
    return np.where(np.expand_dims(kept, axis), targets, 0).astype(dtype), divisor


def sparse_softmax_cross_entropy(
    logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"
):
    log_probs = log_softmax(logits, axis=axis)
    return _index_losses(log_probs, labels, axis, label_smoothing, weight, ignore_index, reduction)


def sparse_softmax_cross_entropy_vjp(
    cotangent, logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"
):
    targets, divisor = _index_targets(logits.shape, logits.dtype, labels, axis, label_smoothing, weight, ignore_index)
    factor = np.expand_dims(_spread(cotangent, targets.sum(axis), reduction, divisor), axis)
    return factor * (softmax(logits, axis=axis) * targets.sum(axis, keepdims=True) - targets)


def nll_loss(log_probs, labels, *, axis, weight=None, ignore_index=None, reduction="none"):
    return _index_losses(log_probs, labels, axis, 0.0, weight, ignore_index, reduction)


def nll_loss_vjp(cotangent, log_probs, labels, *, axis, weight=None, ignore_index=None, reduction="none"):
    targets, divisor = _index_targets(log_probs.shape, log_probs.dtype, labels, axis, 0.0, weight, ignore_index)
    return -np.expand_dims(_spread(cotangent, targets.sum(axis), reduction, divisor), axis) * targets


def sigmoid_cross_entropy(logits, labels, *, pos_weight=None, weight=None, label_smoothing=0.0, reduction="none"):
    labels = _smoothed(labels, label_smoothing, 2)
    excess = 1 if pos_weight is None else 1 + (pos_weight - 1) * labels
    losses = (1 - labels) * logits + excess * softplus(-logits)
    losses = losses if weight is None else losses * weight
    return _reduced(losses, reduction, losses.size)


def sigmoid_cross_entropy_vjp(
    cotangent, logits, labels, *, pos_weight=None, weight=None, label_smoothing=0.0, reduction="none"
):
    labels = _smoothed(labels, label_smoothing, 2)
    positive = labels if pos_weight is None else pos_weight * labels
    factor = _spread(cotangent, logits, reduction, logits.size)
    factor = factor if weight is None else factor * weight
    by_logits = factor * ((1 - labels + positive) * sigmoid(logits) - positive)
    difference = -logits if pos_weight is None else pos_weight * softplus(-logits) - softplus(logits)
    return by_logits, factor * (1 - label_smoothing) * difference


def categorical_cross_entropy(probs, labels, *, axis, label_smoothing=0.0):
    return -_times_log(_smoothed(labels, label_smoothing, labels.shape[axis]), probs).sum(axis)


def categorical_cross_entropy_vjp(cotangent, probs, labels, *, axis, label_smoothing=0.0):
    factor = np.expand_dims(cotangent, axis)
    targets = _smoothed(labels, label_smoothing, labels.shape[axis])
    return -factor * targets / probs, -factor * (1 - label_smoothing) * np.log(probs)


def sparse_categorical_cross_entropy(probs, labels, *, axis):
    return -np.log(np.take_along_axis(probs, np.expand_dims(labels, axis), axis).squeeze(axis))


def sparse_categorical_cross_entropy_vjp(cotangent, probs, labels, *, axis):
    index = np.expand_dims(labels, axis)
    gradient = np.zeros_like(probs)
    picked = np.take_along_axis(probs, index, axis)
    np.put_along_axis(gradient, index, -np.expand_dims(cotangent, axis) / picked, axis)
    return gradient


def binary_cross_entropy(probs, labels, *, label_smoothing=0.0):
    labels = _smoothed(labels, label_smoothing, 2)
    return -(_times_log(labels, probs) + _times_log(1 - labels, 1 - probs))


def binary_cross_entropy_vjp(cotangent, probs, labels, *, label_smoothing=0.0):
    targets = _smoothed(labels, label_smoothing, 2)
    # The products first: 1/p alone may overflow.
    by_probs = cotangent * (1 - targets) / (1 - probs) - cotangent * targets / probs
    return by_probs, cotangent * (1 - label_smoothing) * (np.log1p(-probs) - np.log(probs))
