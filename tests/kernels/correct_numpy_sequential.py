"""The plainest code that may still be called right: recursive sums, every partial sum rounded to the inputs' dtype."""

import numpy as np

framework = "numpy"

np.seterr(all="ignore")


def _sum(rows):
    """Σ over the last axis from left to right in the dtype of the rows."""
    return np.add.accumulate(rows, axis=-1, dtype=rows.dtype)[..., -1:]


def _exponentials(rows):
    maximum = rows.max(-1, keepdims=True)
    shifted = rows - np.where(np.isneginf(maximum), 0, maximum).astype(rows.dtype)
    terms = np.exp(shifted)
    return shifted, terms, _sum(terms)


def _probs(rows):
    _, terms, total = _exponentials(rows)
    return terms / total


def softmax(logits, *, axis):
    return np.moveaxis(_probs(np.moveaxis(logits, axis, -1)), -1, axis)


def softmax_vjp(cotangent, logits, *, axis):
    probs, pulled = _probs(np.moveaxis(logits, axis, -1)), np.moveaxis(cotangent, axis, -1)
    return np.moveaxis(probs * pulled - probs * _sum(probs * pulled), -1, axis)


def log_softmax(logits, *, axis):
    shifted, _, total = _exponentials(np.moveaxis(logits, axis, -1))
    return np.moveaxis(shifted - np.log(total), -1, axis)


def log_softmax_vjp(cotangent, logits, *, axis):
    probs, pulled = _probs(np.moveaxis(logits, axis, -1)), np.moveaxis(cotangent, axis, -1)
    return np.moveaxis(pulled - probs * _sum(pulled), -1, axis)


def logsumexp(logits, *, axis):
    rows = np.moveaxis(logits, axis, -1)
    _, _, total = _exponentials(rows)
    maximum = rows.max(-1)
    return np.where(np.isneginf(maximum), maximum, maximum + np.log(total[..., 0]))


def logsumexp_vjp(cotangent, logits, *, axis):
    return np.moveaxis(cotangent[..., None] * _probs(np.moveaxis(logits, axis, -1)), -1, axis)


def kl_divergence_from_log_probs(labels, log_probs, *, axis):
    y, log_p = np.moveaxis(labels, axis, -1), np.moveaxis(log_probs, axis, -1)
    return _sum(y * (np.log(np.where(y == 0, 1, y)) - log_p))[..., 0]


def kl_divergence_from_log_probs_vjp(cotangent, labels, log_probs, *, axis):
    factor = np.expand_dims(cotangent, axis)
    return factor * (np.log(labels) + 1 - log_probs), -factor * labels


def entropy(probs, *, axis):
    rows = np.moveaxis(probs, axis, -1)
    return -_sum(rows * np.log(np.where(rows == 0, 1, rows)))[..., 0]


def entropy_vjp(cotangent, probs, *, axis):
    return -np.expand_dims(cotangent, axis) * (np.log(probs) + 1)


def binary_cross_entropy(probs, labels, *, label_smoothing=0.0):
    targets = (labels * (1 - label_smoothing) + label_smoothing / 2).astype(probs.dtype)
    positive = np.log(np.where((probs == 0) & (targets == 0), 1, probs))
    negative = np.log1p(-np.where((probs == 1) & (targets == 1), 0, probs))
    return -(targets * positive + (1 - targets) * negative)


def binary_cross_entropy_vjp(cotangent, probs, labels, *, label_smoothing=0.0):
    targets = (labels * (1 - label_smoothing) + label_smoothing / 2).astype(probs.dtype)
    by_labels = cotangent * (1 - label_smoothing) * (np.log(1 - probs) - np.log(probs))
    return cotangent * (probs - targets) / (1 - probs) / probs, by_labels
