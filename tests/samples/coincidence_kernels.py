"""Wrong kernels that are nearly a mistake of the catalogue, and not quite: they agree with it at some inputs only."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "kernels"))

import correct_numpy_textbook as correct


@dataclass(frozen=True)
class Kernel:
    """A wrong kernel: the function, its value and its gradients, and the catalogue's mistake that it resembles."""

    function: str
    value: Any
    vjp: Any
    near: str


def _dense_loss(smooth):
    """Cross-entropy of soft labels that are smoothed in another way."""

    def value(logits, labels, *, axis, label_smoothing=0.0, weight=None, reduction="none"):
        labels = smooth(labels, axis, label_smoothing) if label_smoothing else labels
        return correct.softmax_cross_entropy(logits, labels, axis=axis, weight=weight, reduction=reduction)

    def vjp(cotangent, logits, labels, *, axis, label_smoothing=0.0, weight=None, reduction="none"):
        smoothed = smooth(labels, axis, label_smoothing) if label_smoothing else labels
        options = {"axis": axis, "weight": weight, "reduction": reduction}
        by_logits, by_labels = correct.softmax_cross_entropy_vjp(cotangent, logits, smoothed, **options)
        return by_logits, by_labels * (1 - label_smoothing)

    return value, vjp


def _categorical(smooth):
    def value(probs, labels, *, axis, label_smoothing=0.0):
        return correct.categorical_cross_entropy(
            probs, smooth(labels, axis, label_smoothing) if label_smoothing else labels, axis=axis
        )

    def vjp(cotangent, probs, labels, *, axis, label_smoothing=0.0):
        smoothed = smooth(labels, axis, label_smoothing) if label_smoothing else labels
        by_probs, by_labels = correct.categorical_cross_entropy_vjp(cotangent, probs, smoothed, axis=axis)
        return by_probs, by_labels * (1 - label_smoothing)

    return value, vjp


def _typed(number, like):
    return np.asarray(number).astype(like.dtype)


def _mass_of_the_rest(labels, axis, e):
    """(1 - e)/K beside every label: as large as e where e = 1/8 and K = 7."""
    return labels * _typed(1 - e, labels) + _typed((1 - e) / labels.shape[axis], labels)


def _fixed_classes(labels, axis, e):
    """Smoothed by e/5, however many classes there are: the length of the last axis where that is 5."""
    del axis
    return labels * _typed(1 - e, labels) + _typed(e / 5, labels)


def _one_too_few(labels, axis, e):
    """e/(K - 1) for the class itself as well."""
    return labels * _typed(1 - e, labels) + _typed(e / (labels.shape[axis] - 1), labels)


def _gone_where_certain(labels, axis, e):
    """Smoothed towards 0 where a label is one-hot, forgotten elsewhere."""
    one_hot = labels.max(axis, keepdims=True) == 1
    return np.where(one_hot, labels * _typed(1 - e, labels), labels)


def _index_loss(relabel):
    """Cross-entropy of class indices that are read in another way."""

    def value(logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"):
        options = {"label_smoothing": label_smoothing, "weight": weight, "ignore_index": ignore_index}
        labels = np.where(labels == ignore_index, labels, relabel(labels, logits.shape[axis]))
        return correct.sparse_softmax_cross_entropy(logits, labels, axis=axis, reduction=reduction, **options)

    return value


def _neighbour(labels, classes):
    """The class after an even label, the one before an odd one."""
    return np.clip(np.where(labels % 2 == 0, labels + 1, labels - 1), 0, classes - 1)


def _next_if_small(labels, classes):
    """The class after the label, but not from the third one on."""
    return np.where(labels < 2, np.minimum(labels + 1, classes - 1), labels)


def _mean_by_square(log_probs, labels, *, axis, weight=None, ignore_index=None, reduction="none"):
    """A mean divided by the rows twice: as by rows and classes where those are equally many."""
    total = correct.nll_loss(
        log_probs,
        labels,
        axis=axis,
        weight=weight,
        ignore_index=ignore_index,
        reduction=reduction.replace("mean", "sum"),
    )
    return total / _typed(labels.size**2, log_probs) if reduction == "mean" else total


def _squared_weights(log_probs, labels, *, axis, weight=None, ignore_index=None, reduction="none"):
    weight = None if weight is None else weight * weight
    return correct.nll_loss(log_probs, labels, axis=axis, weight=weight, ignore_index=ignore_index, reduction=reduction)


def _both_positive(logits, labels, *, pos_weight=None, weight=None, label_smoothing=0.0, reduction="none"):
    """The weight of the positive term on both terms."""
    both = weight if pos_weight is None else pos_weight if weight is None else weight * pos_weight
    return correct.sigmoid_cross_entropy(
        logits, labels, weight=both, label_smoothing=label_smoothing, reduction=reduction
    )


def _half_wrong_sign(x):
    """The sign lost beyond 4."""
    return np.where(np.abs(x) > 4, -correct.sigmoid(x), correct.sigmoid(x))


def _clipped_or_zero(x):
    """Clipped to ±30, but 0 below -40."""
    return np.where(x < -40, _typed(0, x), correct.sigmoid(np.clip(x, -30, 30)))


def _linear_above_12(x):
    return np.where(x > 12, x, correct.softplus(x))


def _linear_above_12_vjp(cotangent, x):
    return cotangent * np.where(x > 12, _typed(1, x), correct.sigmoid(x))


def _zero_at_nan(x):
    return np.where(np.isnan(x), _typed(0, x), correct.softplus(x))


def _zero_at_nan_vjp(cotangent, x):
    return np.where(np.isnan(x), _typed(0, x), cotangent * correct.sigmoid(x))


def _two_clips(probs, labels, *, label_smoothing=0.0):
    """p clipped to 1e-7 in one logarithm, 1 - p to 1e-3 in the other."""
    z = labels * _typed(1 - label_smoothing, labels) + _typed(label_smoothing / 2, labels)
    first = np.log(np.maximum(probs, _typed(1e-7, probs)))
    return -(z * first + (1 - z) * np.log(np.maximum(1 - probs, _typed(1e-3, probs))))


def _doubled_epsilon(probs, labels, *, axis):
    """2e-7 added to the probabilities, 1e-7 to the labels."""
    first = np.log((labels + _typed(1e-7, labels)) / (probs + _typed(2e-7, probs)))
    return (labels * first).sum(axis, keepdims=False)


def _shift_by_mean(logits, *, axis):
    """The mean of a row for its maximum."""
    mean = logits.mean(axis, keepdims=True)
    return np.log(np.exp(logits - mean).sum(axis)) + mean.squeeze(axis)


def _counted_twice_if_first(logits, *, axis):
    """The largest term counted twice where it comes first."""
    top = logits.max(axis)
    total = np.exp(logits - np.expand_dims(top, axis)).sum(axis)
    return top + np.log(total + (np.take(logits, 0, axis) == top))


def _mean_over_classes_vjp(cotangent, logits, *, axis):
    """p (v - mean v)."""
    probs = correct.softmax(logits, axis=axis)
    return probs * (cotangent - cotangent.mean(axis, keepdims=True))


def _sign_of_first_vjp(cotangent, logits, *, axis):
    """The cotangent's sign lost where it is below -1."""
    return correct.logsumexp_vjp(np.where(cotangent < -1, -cotangent, cotangent), logits, axis=axis)


def _added_to_softmax(logits, *, axis):
    """log(p + 3e-7)."""
    return np.log(correct.softmax(logits, axis=axis) + _typed(3e-7, logits))


KERNELS = {
    "mass of the rest": Kernel("softmax_cross_entropy", *_dense_loss(_mass_of_the_rest), "not divided by the classes"),
    "fixed classes": Kernel("softmax_cross_entropy", *_dense_loss(_fixed_classes), "by the length of the last axis"),
    "one class too few": Kernel("categorical_cross_entropy", *_categorical(_one_too_few), "among the other classes"),
    "gone where certain": Kernel("categorical_cross_entropy", *_categorical(_gone_where_certain), "towards 0"),
    "neighbour": Kernel("sparse_softmax_cross_entropy", _index_loss(_neighbour), None, "the class after the label"),
    "next if small": Kernel("sparse_softmax_cross_entropy", _index_loss(_next_if_small), None, "the class after"),
    "mean by square": Kernel("nll_loss", _mean_by_square, None, "mean over all classes of all rows"),
    "squared weights": Kernel("nll_loss", _squared_weights, None, "weights forgotten"),
    "both positive": Kernel("sigmoid_cross_entropy", _both_positive, None, "weight on the negative term"),
    "half wrong sign": Kernel("sigmoid", _half_wrong_sign, None, "wrong sign"),
    "clipped or zero": Kernel("sigmoid", _clipped_or_zero, None, "logits clipped to ±30"),
    "linear above 12": Kernel("softplus", _linear_above_12, _linear_above_12_vjp, "taken as x above 10 or 15"),
    "zero at NaN": Kernel("softplus", _zero_at_nan, _zero_at_nan_vjp, "cut off by a threshold"),
    "two clips": Kernel("binary_cross_entropy", _two_clips, None, "probabilities clipped to 1e-7"),
    "doubled epsilon": Kernel("kl_divergence", _doubled_epsilon, None, "1e-7 added to a probability"),
    "shift by mean": Kernel("logsumexp", _shift_by_mean, None, "exp without the shift by the maximum"),
    "counted twice if first": Kernel("logsumexp", _counted_twice_if_first, None, "the largest term counted twice"),
    "mean over classes": Kernel("softmax", correct.softmax, _mean_over_classes_vjp, "the diagonal of the Jacobian"),
    "sign of first": Kernel("logsumexp", correct.logsumexp, _sign_of_first_vjp, "wrong sign of the gradient"),
    "added to softmax": Kernel("log_softmax", _added_to_softmax, None, "1e-7 added to a probability"),
}
