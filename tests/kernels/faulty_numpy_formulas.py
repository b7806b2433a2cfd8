"""Faults in plain NumPy. Every function here is wrong on purpose."""

import correct_numpy_textbook as correct
import numpy as np

framework = "numpy"

np.seterr(all="ignore")


def softmax(logits, *, axis):
    """Shifted by the mean: the largest exponential still overflows."""
    terms = np.exp(logits - logits.mean(axis, keepdims=True))
    return terms / terms.sum(axis, keepdims=True)


def log_softmax(logits, *, axis):
    """x - lse: the offset drowns the logarithm."""
    return logits - np.expand_dims(correct.logsumexp(logits, axis=axis), axis)


def logsumexp(logits, *, axis):
    """The largest term is counted twice."""
    maximum = logits.max(axis)
    maximum = np.where(np.isneginf(maximum), 0, maximum).astype(logits.dtype)
    return maximum + np.log1p(np.exp(logits - np.expand_dims(maximum, axis)).sum(axis))


def sigmoid(x):
    """In float64, whatever comes in."""
    return correct.sigmoid(x.astype(np.float64))


def log_sigmoid(x):
    """Below -30 the sigmoid itself is taken for its logarithm."""
    return np.where(x < -30, np.exp(x), correct.log_sigmoid(x)).astype(x.dtype)


def softplus(x):
    """A table: linear between multiples of 1/64."""
    left = np.where(np.abs(x) < 100, np.floor(x * 64) / 64, x).astype(x.dtype)
    share = (x - left) * 64
    between = (1 - share) * correct.softplus(left) + share * correct.softplus(left + x.dtype.type(1 / 64))
    return np.where(left == x, correct.softplus(x), between).astype(x.dtype)


def softplus_vjp(cotangent, x):
    return correct.softplus_vjp(cotangent, x)


def sparse_softmax_cross_entropy(logits, labels, *, axis):
    """The label's logit is looked up in the flattened batch."""
    flat = np.moveaxis(correct.log_softmax(logits, axis=axis), axis, -1)
    return -flat.reshape(-1)[labels.reshape(-1)].reshape(labels.shape)


def softmax_cross_entropy(logits, labels, *, axis):
    """Labels are normalised first, and nobody says so."""
    return correct.softmax_cross_entropy(logits, labels / labels.sum(axis, keepdims=True), axis=axis)


def entropy(probs, *, axis):
    """The last class is left out."""
    return correct.entropy_terms(probs).sum(axis) - correct.entropy_terms(np.take(probs, -1, axis))


def kl_divergence(labels, probs, *, axis):
    """Probabilities are normalised first, and nobody says so."""
    return correct.kl_divergence(labels, probs / probs.sum(axis, keepdims=True), axis=axis)


def categorical_cross_entropy(probs, labels, *, axis):
    """The sign is missing."""
    return -correct.categorical_cross_entropy(probs, labels, axis=axis)


def nll_loss(log_probs, labels, *, axis, ignore_index=None):
    """An ignored row repeats the loss of its class 0."""
    return correct.nll_loss(log_probs, np.where(labels == ignore_index, 0, labels), axis=axis)
