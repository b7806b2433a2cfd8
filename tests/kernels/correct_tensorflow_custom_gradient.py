"""Losses in TensorFlow with gradients written by hand, in float64 where the inputs are shorter."""

import tensorflow as tf

framework = "tensorflow"


def _wide(*tensors):
    return [tf.cast(tensor, tf.float64) for tensor in tensors]


def _rows(logits, axis):
    half = logits / 2 - tf.reduce_max(logits / 2, axis=axis, keepdims=True)  # finite for any two finite logits
    terms = tf.exp(2 * half)
    total = tf.reduce_sum(terms, axis=axis, keepdims=True)
    return half, terms / total, total


def softmax(logits, *, axis):
    @tf.custom_gradient
    def forward(x):
        _, probs, _ = _rows(*_wide(x), axis)

        def backward(cotangent):
            (v,) = _wide(cotangent)
            return tf.cast(probs * (v - tf.reduce_sum(probs * v, axis=axis, keepdims=True)), x.dtype)

        return tf.cast(probs, x.dtype), backward

    return forward(logits)


def logsumexp(logits, *, axis):
    @tf.custom_gradient
    def forward(x):
        (wide,) = _wide(x)
        largest = tf.reduce_max(wide, axis=axis, keepdims=True)
        maximum = tf.where(tf.math.is_inf(largest), tf.zeros_like(largest), largest)
        terms = tf.exp(wide - maximum)
        total = tf.reduce_sum(terms, axis=axis, keepdims=True)

        def backward(cotangent):
            (v,) = _wide(tf.expand_dims(cotangent, axis))
            return tf.cast(v * (terms / total), x.dtype)

        return tf.cast(tf.squeeze(maximum + tf.math.log(total), axis), x.dtype), backward

    return forward(logits)


def softmax_cross_entropy(logits, labels, *, axis, reduction="none"):
    @tf.custom_gradient
    def forward(x, y):
        wide, targets = _wide(x, y)
        half, probs, total = _rows(wide, axis)
        weight = tf.reduce_sum(targets, axis=axis, keepdims=True)
        losses = weight * tf.math.log(total) - 2 * tf.reduce_sum(targets * half, axis=axis, keepdims=True)

        def backward(cotangent):
            (v,) = _wide(tf.expand_dims(cotangent, axis))
            by_logits = v * (probs * weight - targets)
            by_labels = v * tf.math.log(total) - 2 * (v * half)
            return tf.cast(by_logits, x.dtype), tf.cast(by_labels, x.dtype)

        return tf.squeeze(losses, axis), backward

    losses = forward(logits, labels)
    if reduction == "none":
        return tf.cast(losses, logits.dtype)
    reduced = tf.reduce_sum(losses) if reduction == "sum" else tf.reduce_mean(losses)
    return tf.cast(reduced, logits.dtype)


def sigmoid_cross_entropy(logits, labels, *, reduction="none"):
    @tf.custom_gradient
    def forward(x, z):
        wide, targets = _wide(x, z)
        tail = tf.exp(-tf.abs(wide))
        losses = tf.where(wide > 0, wide * (1 - targets), -wide * targets) + tf.math.log1p(tail)
        upper = 1 / (1 + tail)
        # sigmoid(x) - z = (1 - z) - sigmoid(-x) on the right, where sigmoid(-x) is the small number.
        residual = tf.where(wide > 0, (1 - targets) - tail * upper, tail * upper - targets)

        def backward(cotangent):
            (v,) = _wide(cotangent)
            return tf.cast(v * residual, x.dtype), tf.cast(-v * wide, x.dtype)

        return losses, backward

    losses = forward(logits, labels)
    if reduction == "none":
        return tf.cast(losses, logits.dtype)
    reduced = tf.reduce_sum(losses) if reduction == "sum" else tf.reduce_mean(losses)
    return tf.cast(reduced, logits.dtype)
