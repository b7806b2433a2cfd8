"""The public entry points of TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ._entry_points import Deviation, EntryPoint, Refusal, last_axis_as_default

LABELS_SUM_TO_ONE = Deviation(
    "labels-sum-to-one",
    ("gradient:logits",),
    "documented",
    "https://www.tensorflow.org/api_docs/python/tf/nn/softmax_cross_entropy_with_logits",
    "each row of labels must sum to one; if it does not, the gradient, computed as p - y, is incorrect",
)
"""What TensorFlow documents of its softmax cross-entropy; Keras calls the same operation."""

LABELS_IN_RANGE = Refusal(
    "labels",
    "class index",
    "InvalidArgumentError",
    "outside the valid range",
    "https://www.tensorflow.org/api_docs/python/tf/nn/sparse_softmax_cross_entropy_with_logits",
    "each label must be an index in [0, num_classes); other values raise an exception on CPU",
)
"""What TensorFlow documents of its sparse softmax cross-entropy; Keras calls the same operation."""


def _softmax_cross_entropy(logits: Any, labels: Any, *, axis: int) -> Any:
    axis = last_axis_as_default(axis, logits.shape.rank)
    return tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits, axis=axis)


def _sparse_softmax_cross_entropy(logits: Any, labels: Any) -> Any:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def _sigmoid_cross_entropy(logits: Any, labels: Any) -> Any:
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)


def _weighted_cross_entropy(logits: Any, labels: Any, *, pos_weight: Any = 1.0) -> Any:
    return tf.nn.weighted_cross_entropy_with_logits(labels=labels, logits=logits, pos_weight=pos_weight)


def entry_points() -> tuple[EntryPoint, ...]:
    """Every entry point of TensorFlow that is examined."""
    return (
        EntryPoint("tf.sigmoid", "sigmoid", (), tf.sigmoid),
        EntryPoint("tf.math.log_sigmoid", "log_sigmoid", (), tf.math.log_sigmoid),
        EntryPoint("tf.math.softplus", "softplus", (), tf.math.softplus),
        EntryPoint("tf.nn.softmax", "softmax", ("axis",), tf.nn.softmax),
        EntryPoint("tf.nn.log_softmax", "log_softmax", ("axis",), tf.nn.log_softmax),
        EntryPoint("tf.reduce_logsumexp", "logsumexp", ("axis",), tf.reduce_logsumexp),
        EntryPoint(
            "tf.nn.softmax_cross_entropy_with_logits",
            "softmax_cross_entropy",
            ("axis",),
            _softmax_cross_entropy,
            (LABELS_SUM_TO_ONE,),
        ),
        EntryPoint(
            "tf.nn.sparse_softmax_cross_entropy_with_logits",
            "sparse_softmax_cross_entropy",
            ("axis",),
            _sparse_softmax_cross_entropy,
            axis="last",
            refusals=(LABELS_IN_RANGE,),
        ),
        EntryPoint("tf.nn.sigmoid_cross_entropy_with_logits", "sigmoid_cross_entropy", (), _sigmoid_cross_entropy),
        EntryPoint(
            "tf.nn.weighted_cross_entropy_with_logits",
            "sigmoid_cross_entropy",
            ("pos_weight",),
            _weighted_cross_entropy,
        ),
    )
