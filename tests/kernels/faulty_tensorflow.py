"""Faults in TensorFlow. Every function here is wrong on purpose."""

import tensorflow as tf

framework = "tensorflow"


def softmax(logits, *, axis):
    """float32 and float64 computed in float16."""
    return tf.cast(tf.nn.softmax(tf.cast(logits, tf.float16), axis=axis), logits.dtype)


def log_softmax(logits, *, axis):
    """No gradient through the sum."""
    shifted = logits - tf.reduce_max(logits, axis=axis, keepdims=True)
    total = tf.reduce_sum(tf.exp(shifted), axis=axis, keepdims=True)
    return shifted - tf.stop_gradient(tf.math.log(total))


def logsumexp(logits, *, axis):
    """The sum in bfloat16."""
    maximum = tf.stop_gradient(tf.reduce_max(logits, axis=axis))
    terms = tf.exp(logits - tf.expand_dims(maximum, axis))
    total = tf.reduce_sum(tf.cast(terms, tf.bfloat16), axis=axis)
    return maximum + tf.math.log(tf.cast(total, logits.dtype))


def sigmoid(x):
    """Clipped to [-30, 30] on the way in."""
    return tf.sigmoid(tf.clip_by_value(x, -30, 30))


def softplus(x):
    """log(1 + e^x) for negative arguments."""
    tail = tf.exp(tf.where(x > 0, -x, x))
    return tf.where(x > 0, x + tf.math.log1p(tail), tf.math.log(1 + tail))


def sigmoid_cross_entropy(logits, labels):
    """A mean over the last axis."""
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    return tf.reduce_mean(losses, axis=-1)
