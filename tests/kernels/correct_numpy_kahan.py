"""Sums in compensated arithmetic (Kahan, Neumaier), and log1p of the sum without its largest term.

This is what the attainable bound asks for.
"""

import numpy as np

framework = "numpy"

np.seterr(all="ignore")


def _sum(terms):
    """Σ over the last axis, the rounding errors collected apart."""
    columns = np.moveaxis(terms, -1, 0)
    total = np.zeros(columns.shape[1:], terms.dtype)
    lost = np.zeros_like(total)
    for column in columns:
        grown = total + column
        larger, smaller = np.maximum(total, column), np.minimum(total, column)
        by_size = np.abs(larger) >= np.abs(smaller)
        big, small = np.where(by_size, larger, smaller), np.where(by_size, smaller, larger)
        lost = lost + ((big - grown) + small)
        total = grown
    return total + lost


def _parts(rows):
    """Return d = x - max x, e^d, and the sum of all but the first largest."""
    maximum = rows.max(-1, keepdims=True)
    shifted = rows - np.where(np.isneginf(maximum), 0, maximum).astype(rows.dtype)
    terms = np.exp(shifted)
    others = terms.copy()
    np.put_along_axis(others, rows.argmax(-1)[..., None], 0, -1)
    return shifted, terms, _sum(others)[..., None]


def _rows(function):
    """Let a function of rows along the last axis take any axis."""

    def call(*arrays, axis, keeps=True):
        rank = max(array.ndim for array in arrays)
        last = [np.moveaxis(array, axis, -1) if array.ndim == rank else array for array in arrays]
        result = function(*last)
        return np.moveaxis(result, -1, axis) if keeps else result

    return call


def _softmax(rows):
    shifted, terms, others = _parts(rows)
    return terms / (_largest(shifted) + others)


def _largest(shifted):
    """The largest term, e^0 = 1; e^-inf = 0 in a row of nothing but -inf."""
    return np.exp(shifted.max(-1, keepdims=True))


def _log_softmax(rows):
    shifted, _, others = _parts(rows)
    return shifted - np.log1p(others)


def _logsumexp(rows):
    _, _, others = _parts(rows)
    return rows.max(-1) + np.log1p(others[..., 0])


def _pull_softmax(cotangent, rows):
    probs = _softmax(rows)
    return probs * (cotangent - _sum(probs * cotangent)[..., None])


def _pull_log_softmax(cotangent, rows):
    return cotangent - _softmax(rows) * _sum(cotangent)[..., None]


def _pull_logsumexp(cotangent, rows):
    return cotangent[..., None] * _softmax(rows)


def softmax(logits, *, axis):
    return _rows(_softmax)(logits, axis=axis)


def softmax_vjp(cotangent, logits, *, axis):
    return _rows(_pull_softmax)(cotangent, logits, axis=axis)


def log_softmax(logits, *, axis):
    return _rows(_log_softmax)(logits, axis=axis)


def log_softmax_vjp(cotangent, logits, *, axis):
    return _rows(_pull_log_softmax)(cotangent, logits, axis=axis)


def logsumexp(logits, *, axis):
    return _rows(_logsumexp)(logits, axis=axis, keeps=False)


def logsumexp_vjp(cotangent, logits, *, axis):
    return _rows(_pull_logsumexp)(cotangent, logits, axis=axis)


def sparse_softmax_cross_entropy(logits, labels, *, axis):
    picked = np.take_along_axis(log_softmax(logits, axis=axis), np.expand_dims(labels, axis), axis)
    return -picked.squeeze(axis)


def sparse_softmax_cross_entropy_vjp(cotangent, logits, labels, *, axis):
    """At the label p - 1 is minus the sum of the other probabilities: no cancellation as p tends to 1.

    Many probabilities too small for float16 may be a large sum: they are held in float32 at least.
    """
    rows = np.moveaxis(logits, axis, -1).astype(np.promote_types(logits.dtype, np.float32))
    gradient = _softmax(rows)
    at_label = labels[..., None]
    others = gradient.copy()
    np.put_along_axis(others, at_label, 0, -1)
    # A NaN elsewhere in the row is in the others' sum.
    np.put_along_axis(gradient, at_label, -_sum(others)[..., None], -1)
    return np.moveaxis(cotangent[..., None] * gradient, -1, axis).astype(logits.dtype)


def log_sigmoid(x):
    return np.where(x < 0, x, 0) - np.log1p(np.exp(-np.abs(x)))


def log_sigmoid_vjp(cotangent, x):
    tail = np.exp(-np.abs(x))
    return cotangent * np.where(x < 0, 1 / (1 + tail), tail / (1 + tail))


def entropy(probs, *, axis):
    rows = np.moveaxis(probs, axis, -1)
    return -_sum(rows * np.log(np.where(rows == 0, 1, rows)))
