"""TensorFlow as a framework: eager tensors, tapes and gradients."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ..entry_points import Deviation, EntryPoint, Refusal, last_axis_as_default
from ..wire import Array, array_of
from .numpy import number_array

_HALVES = {"float16": "half", "bfloat16": "bfloat16"}
_NO_KERNEL = re.compile(
    r"Value for attr 'T' of (\w+) is not in the list of allowed values|Could not find device for node: .*\[T=DT_(\w+)"
)


class TensorFlow:
    """What `_evaluate` needs of TensorFlow."""

    name = "tensorflow"
    dtypes = ("float16", "bfloat16", "float32", "float64")
    settings: tuple[tuple[str, str], ...] = (("eager", "cpu"),)

    def __init__(self, threads: int | None) -> None:
        if threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
            tf.config.set_visible_devices([], "GPU")
        self._bfloat16 = tf.bfloat16.as_numpy_dtype

    @property
    def version(self) -> str:
        """The version of TensorFlow."""
        return str(tf.version.VERSION)

    def build(self) -> dict[str, str]:
        """How this TensorFlow was built."""
        facts = {str(key): str(value) for key, value in tf.sysconfig.get_build_info().items()}
        return {
            "tensorflow": self.version,
            "git_version": str(tf.version.GIT_VERSION),
            "compiler": str(tf.version.COMPILER_VERSION),
            **facts,
        }

    def tensor(self, array: Array, layout: str) -> Any:  # noqa: ARG002 - a framework without strides
        """Return a tensor with the elements of `array`; TensorFlow knows one layout only."""
        data = array.data.view(self._bfloat16) if array.dtype == "bfloat16" else array.data
        return tf.constant(data)

    def array(self, value: Any) -> Array:
        """Return what a call returned, ready to travel, dtype and shape as they are.

        Raises:
            TypeError: it is neither a tensor nor a number.
        """
        if isinstance(value, tf.IndexedSlices):
            value = tf.convert_to_tensor(value)
        if tf.is_tensor(value) and hasattr(value, "numpy"):
            return array_of(value.numpy())
        return number_array(value)

    def lacks(self, dtype: str, error: Exception, text: str) -> bool:
        """Whether an exception, of this text, is TensorFlow's own word that it has no implementation for `dtype`."""
        is_told = isinstance(error, (tf.errors.NotFoundError, tf.errors.InvalidArgumentError))
        found = _NO_KERNEL.search(text) if is_told else None
        return found is not None and (found[1] or found[2].lower()) == _HALVES.get(dtype)

    def plain(self, call: Callable[..., Any], arguments: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Call without gradient recording."""
        return call(*arguments, **parameters)

    def recorded(
        self,
        call: Callable[..., Any],
        arguments: Sequence[Any],
        parameters: dict[str, Any],
        position: int,
        cotangent: Any,
    ) -> tuple[Any, Any]:
        """Call while a tape watches the argument at `position`; return the value and the gradient.

        The gradient is None where there is no cotangent, or where the framework has none to give.
        """
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(arguments[position])
            value = call(*arguments, **parameters)
        if cotangent is None or not tf.is_tensor(value):
            return value, None
        return value, tape.gradient(value, arguments[position], output_gradients=cotangent)


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
