"""NumPy kernels of losses and measures of information: competent ones, and a backend that some are exchanged in.

Kernels compute in float64, rows along the last axis; the backend rounds what they return to the storage format.
"""

from __future__ import annotations

import numpy as np
from logit_kernels import COMPETENT as OF_LOGITS
from logit_kernels import log_sigmoid, log_softmax, sigmoid, softmax


def times(factor, numbers):
    """A product in which 0 times anything is 0."""
    return np.where(factor == 0, 0, factor * np.where(factor == 0, 0, numbers))


def dense(labels, like, ignore_index=None):
    """Labels as rows: indices one-hot, ignored ones zero."""
    if labels.ndim == like.ndim:
        return labels
    hot = labels[:, None] == np.arange(like.shape[-1])
    return np.where(labels[:, None] == ignore_index, 0, hot).astype(np.float64)


def targets(labels, like, *, label_smoothing=0.0, weight=1.0, ignore_index=None):
    """w·y', zero in ignored rows."""
    smooth = (1 - label_smoothing) * dense(labels, like, ignore_index) + label_smoothing / like.shape[-1]
    return smooth * weight


def divisor(labels, reduction, *, weight=None, ignore_index=None):
    """What a reduction divides by."""
    if reduction != "mean":
        return 1.0
    if labels.dtype.kind == "f":
        return float(len(labels))
    kept = labels[labels != ignore_index]
    return float(len(kept)) if weight is None else weight[kept].sum()


def reduced(losses, reduction, by):
    return losses if reduction == "none" else losses.sum() / by


def column(numbers):
    return numbers[..., None] if numbers.ndim else numbers


def cross_entropy(x, y, *, reduction="none", label_smoothing=0.0, weight=None, ignore_index=None):
    t = targets(y, x, label_smoothing=label_smoothing, weight=_ones(weight), ignore_index=ignore_index)
    by = divisor(y, reduction, weight=weight, ignore_index=ignore_index)
    return reduced(-times(t, log_softmax(x)).sum(-1), reduction, by)


def cross_entropy_by_logits(x, y, v, *, reduction="none", label_smoothing=0.0, weight=None, ignore_index=None):
    t = targets(y, x, label_smoothing=label_smoothing, weight=_ones(weight), ignore_index=ignore_index)
    by = divisor(y, reduction, weight=weight, ignore_index=ignore_index)
    return column(v) / by * (softmax(x) * t.sum(-1, keepdims=True) - t)


def cross_entropy_by_labels(x, y, v, *, label_smoothing=0.0, weight=None):
    del y
    return -column(v) * (1 - label_smoothing) * _ones(weight) * log_softmax(x)


def sigmoid_cross_entropy(x, z, *, reduction="none", label_smoothing=0.0, weight=None, pos_weight=None):
    z = (1 - label_smoothing) * z + label_smoothing / 2
    losses = -_ones(pos_weight) * z * log_sigmoid(x) - (1 - z) * log_sigmoid(-x)
    return reduced(_ones(weight) * losses, reduction, losses.size if reduction == "mean" else 1)


def sigmoid_cross_entropy_by_logits(x, z, v, *, reduction="none", label_smoothing=0.0, weight=None, pos_weight=None):
    z = (1 - label_smoothing) * z + label_smoothing / 2
    slopes = (1 - z) * sigmoid(x) - _ones(pos_weight) * z * sigmoid(-x)
    return v * _ones(weight) * slopes / (x.size if reduction == "mean" else 1)


def _ones(weight):
    return 1.0 if weight is None else weight


def nll_loss(lp, k, *, reduction="none", weight=None, ignore_index=None):
    by = divisor(k, reduction, weight=weight, ignore_index=ignore_index)
    return reduced(-times(targets(k, lp, weight=_ones(weight), ignore_index=ignore_index), lp).sum(-1), reduction, by)


def nll_loss_by_log_probs(lp, k, v, *, reduction="none", weight=None, ignore_index=None):
    by = divisor(k, reduction, weight=weight, ignore_index=ignore_index)
    return -column(v) / by * targets(k, lp, weight=_ones(weight), ignore_index=ignore_index)


def categorical(p, y, *, label_smoothing=0.0):
    return -times(targets(y, p, label_smoothing=label_smoothing), np.log(p)).sum(-1)


def categorical_by_probs(p, y, v):
    return -column(v) * times(dense(y, p), 1 / p)


def binary(p, z, *, label_smoothing=0.0):
    z = (1 - label_smoothing) * z + label_smoothing / 2
    return -times(z, np.log(p)) - times(1 - z, np.log1p(-p))


def plogp(p):
    return -times(p, np.log(p))


def kl_terms(y, q):
    return times(y, np.log(y) - np.log(q))


def kl_terms_from_log_probs(y, lp):
    return times(y, np.log(y) - lp)


def kl_terms_from_logs(k, lp):
    return np.exp(k) * (k - lp)


COMPETENT = OF_LOGITS | {
    "softmax_cross_entropy": cross_entropy,
    "softmax_cross_entropy gradient:logits": cross_entropy_by_logits,
    "softmax_cross_entropy gradient:labels": cross_entropy_by_labels,
    "sparse_softmax_cross_entropy": cross_entropy,
    "sparse_softmax_cross_entropy gradient:logits": cross_entropy_by_logits,
    "sigmoid_cross_entropy": sigmoid_cross_entropy,
    "sigmoid_cross_entropy gradient:logits": sigmoid_cross_entropy_by_logits,
    "sigmoid_cross_entropy gradient:labels": lambda x, z, v: -v * x,
    "nll_loss": nll_loss,
    "nll_loss gradient:log_probs": nll_loss_by_log_probs,
    "categorical_cross_entropy": categorical,
    "categorical_cross_entropy gradient:probs": categorical_by_probs,
    "categorical_cross_entropy gradient:labels": lambda p, y, v: -column(v) * np.log(p),
    "sparse_categorical_cross_entropy": categorical,
    "sparse_categorical_cross_entropy gradient:probs": categorical_by_probs,
    "binary_cross_entropy": binary,
    "binary_cross_entropy gradient:probs": lambda p, z, v: v * (p - z) / (p * (1 - p)),
    "binary_cross_entropy gradient:labels": lambda p, z, v: v * (np.log1p(-p) - np.log(p)),
    "entropy": lambda p: plogp(p).sum(-1),
    "entropy gradient:probs": lambda p, v: -column(v) * (np.log(p) + 1),
    "entropy_terms": plogp,
    "entropy_terms gradient:probs": lambda p, v: -v * (np.log(p) + 1),
    "kl_divergence": lambda y, q: kl_terms(y, q).sum(-1),
    "kl_divergence gradient:labels": lambda y, q, v: column(v) * (np.log(y) - np.log(q) + 1),
    "kl_divergence gradient:probs": lambda y, q, v: -column(v) * y / q,
    "kl_divergence_terms": kl_terms,
    "kl_divergence_terms gradient:labels": lambda y, q, v: v * (np.log(y) - np.log(q) + 1),
    "kl_divergence_terms gradient:probs": lambda y, q, v: -v * y / q,
    "kl_divergence_from_log_probs": lambda y, lp: kl_terms_from_log_probs(y, lp).sum(-1),
    "kl_divergence_from_log_probs gradient:labels": lambda y, lp, v: column(v) * (np.log(y) - lp + 1),
    "kl_divergence_from_log_probs gradient:log_probs": lambda y, lp, v: -column(v) * y,
    "kl_divergence_terms_from_log_probs": kl_terms_from_log_probs,
    "kl_divergence_terms_from_log_probs gradient:labels": lambda y, lp, v: v * (np.log(y) - lp + 1),
    "kl_divergence_terms_from_log_probs gradient:log_probs": lambda y, lp, v: -v * y,
    "kl_divergence_terms_from_logs": kl_terms_from_logs,
    "kl_divergence_terms_from_logs gradient:log_labels": lambda k, lp, v: v * np.exp(k) * (k - lp + 1),
    "kl_divergence_terms_from_logs gradient:log_probs": lambda k, lp, v: -v * np.exp(k),
}
"""By the function's name, and the quantity's where it is not the value; a gradient takes the cotangent too."""


class Losses:
    """A backend of NumPy kernels, some of them exchanged for others: `sigmoid`, or `sigmoid__x` for a gradient."""

    def __init__(self, **exchanged):
        self._kernels = COMPETENT | {name.replace("__", " gradient:"): kernel for name, kernel in exchanged.items()}

    def evaluate(self, call):
        inputs = [array if array.dtype == np.int64 else array.astype(np.float64) for array in call.arguments]
        options = {name: _wide(value) for name, value in call.parameters.items() if name != "axis"}
        name = call.function
        if call.quantity != "value":
            name, inputs = f"{name} {call.quantity}", [*inputs, call.cotangent.astype(np.float64)]
        with np.errstate(all="ignore"):
            return np.asarray(self._kernels[name](*inputs, **options)).astype(call.arguments[0].dtype)

    def definition(self, function, quantity):
        del function, quantity
        return "literal"


def _wide(value):
    return value.astype(np.float64) if isinstance(value, np.ndarray) else value
