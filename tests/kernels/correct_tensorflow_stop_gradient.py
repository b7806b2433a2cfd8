"""Rows in TensorFlow, shifted by a maximum that no gradient flows through (as in jax.nn), the rest left to the tape."""

import tensorflow as tf

framework = "tensorflow"


def _shifted(logits, axis):
    maximum = tf.stop_gradient(tf.reduce_max(logits, axis=axis, keepdims=True))
    return logits - tf.where(tf.math.is_inf(maximum), tf.zeros_like(maximum), maximum)


def _log_total(shifted, axis, *, keepdims=False):
    """log Σ e^d; the sum of many ones is beyond float16, its logarithm is not."""
    terms = tf.exp(shifted)
    wide = terms if terms.dtype == tf.float64 else tf.cast(terms, tf.float32)
    return tf.cast(tf.math.log(tf.reduce_sum(wide, axis=axis, keepdims=keepdims)), shifted.dtype)


def softmax(logits, *, axis):
    terms = tf.exp(_shifted(logits, axis))
    return terms / tf.reduce_sum(terms, axis=axis, keepdims=True)


def log_softmax(logits, *, axis):
    shifted = _shifted(logits, axis)
    return shifted - _log_total(shifted, axis, keepdims=True)


def logsumexp(logits, *, axis):
    shifted = _shifted(logits, axis)
    maximum = tf.stop_gradient(tf.reduce_max(logits, axis=axis))
    maximum = tf.where(tf.math.is_inf(maximum), tf.zeros_like(maximum), maximum)
    return maximum + _log_total(shifted, axis)


def _picked(rows, labels, axis):
    rank = rows.shape.rank
    last = [index for index in range(rank) if index != axis % rank] + [axis % rank]
    return tf.gather(tf.transpose(rows, last), labels, batch_dims=rank - 1)


def sparse_softmax_cross_entropy(logits, labels, *, axis, reduction="none"):
    losses = -_picked(log_softmax(logits, axis=axis), labels, axis)
    if reduction == "none":
        return losses
    return tf.reduce_sum(losses) if reduction == "sum" else tf.reduce_mean(losses)


def sigmoid(x):
    return tf.sigmoid(x)


def softplus(x):
    """log(e^x + e^0) by the larger exponent, which takes the gradient of its own branch."""
    larger = tf.where(x > 0, x, tf.zeros_like(x))
    return larger + tf.math.log1p(tf.exp(tf.where(x > 0, -x, x)))


def log_sigmoid(x):
    return -softplus(-x)
