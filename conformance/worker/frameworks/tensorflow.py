"""TensorFlow as a framework: eager tensors, tapes, a step of training, and the entry points."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..calls import CallForm, Write, along, same
from ..entry_points import Deviation, EntryPoint, Refusal
from ..framework import Framework, Mode, Spelling
from ..source import Snippet
from ..wire import Array, array_of
from .numpy import number_array

if TYPE_CHECKING:
    import tensorflow as tf

_HALVES = {"float16": "half", "bfloat16": "bfloat16"}
_NO_KERNEL = re.compile(
    r"Value for attr 'T' of (\w+) is not in the list of allowed values|Could not find device for node: .*\[T=DT_(\w+)"
)


class TensorFlow:
    """The tensors of TensorFlow, which is imported when the first of these is made."""

    def __init__(self, threads: int | None) -> None:
        global tf  # noqa: PLW0603 - whoever writes a script reads this file without the framework
        import tensorflow as tf

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
        may_say_so = isinstance(error, (tf.errors.NotFoundError, tf.errors.InvalidArgumentError))
        match = _NO_KERNEL.search(text) if may_say_so else None
        return match is not None and (match[1] or match[2].lower()) == _HALVES.get(dtype)


def computed(call: Callable[..., Any], tensors: dict[str, Any]) -> Any:
    """Return the value, without recording."""
    return call(**tensors)


def recorded(call: Callable[..., Any], tensors: dict[str, Any], argument: str, cotangent: Any) -> tuple[Any, Any]:
    """Return the value, computed while a tape watches an argument, and the gradient by it."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(tensors[argument])
        value = call(**tensors)
    if cotangent is None or not tf.is_tensor(value):
        return value, None
    gradient = tape.gradient(value, tensors[argument], output_gradients=cotangent)
    return value, None if gradient is None else tf.convert_to_tensor(gradient)


def step(features: Any, labels: Any, weights: Any, bias: Any, rate: float) -> tuple[Any, Any]:
    """Make a step of softmax regression by plain gradient descent."""
    with tf.GradientTape() as tape:
        tape.watch([weights, bias])
        logits = features @ weights + bias
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    of_weights, of_bias = tape.gradient(loss, [weights, bias])
    return weights - rate * of_weights, bias - rate * of_bias


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


def _softmax_cross_entropy(form: CallForm) -> Snippet:
    arguments = ("labels=labels", "logits=logits", f"axis={form.default_axis}")
    return Snippet("tf.nn.softmax_cross_entropy_with_logits", arguments)


def _labels_and_logits(callee: str) -> Write:
    return lambda form: Snippet(callee, tuple(f"{name}={name}" for name in reversed(form.arguments)))


def _weighted_cross_entropy(form: CallForm) -> Snippet:
    weight = "pos_weight" if "pos_weight" in form.parameters else "1.0"
    arguments = ("labels=labels", "logits=logits", f"pos_weight={weight}")
    return Snippet("tf.nn.weighted_cross_entropy_with_logits", arguments)


def entry_points(version: str | None = None) -> tuple[EntryPoint, ...]:  # noqa: ARG001 - every version has them all
    """Every entry point of TensorFlow that is examined."""
    sparse, binary = "tf.nn.sparse_softmax_cross_entropy_with_logits", "tf.nn.sigmoid_cross_entropy_with_logits"
    return (
        EntryPoint("tf.sigmoid", "sigmoid", (), same("tf.sigmoid")),
        EntryPoint("tf.math.log_sigmoid", "log_sigmoid", (), same("tf.math.log_sigmoid")),
        EntryPoint("tf.math.softplus", "softplus", (), same("tf.math.softplus")),
        EntryPoint("tf.nn.softmax", "softmax", ("axis",), along("tf.nn.softmax")),
        EntryPoint("tf.nn.log_softmax", "log_softmax", ("axis",), along("tf.nn.log_softmax")),
        EntryPoint("tf.reduce_logsumexp", "logsumexp", ("axis",), along("tf.reduce_logsumexp")),
        EntryPoint(
            "tf.nn.softmax_cross_entropy_with_logits",
            "softmax_cross_entropy",
            ("axis",),
            _softmax_cross_entropy,
            (LABELS_SUM_TO_ONE,),
        ),
        EntryPoint(
            sparse,
            "sparse_softmax_cross_entropy",
            ("axis",),
            _labels_and_logits(sparse),
            axis="last",
            refusals=(LABELS_IN_RANGE,),
        ),
        EntryPoint(binary, "sigmoid_cross_entropy", (), _labels_and_logits(binary)),
        EntryPoint(
            "tf.nn.weighted_cross_entropy_with_logits",
            "sigmoid_cross_entropy",
            ("pos_weight",),
            _weighted_cross_entropy,
        ),
    )


FRAMEWORK = Framework(
    name="tensorflow",
    dtypes=("float16", "bfloat16", "float32", "float64"),
    modes={"eager": Mode(computed, recorded, step)},
    devices=("cpu",),
    open=TensorFlow,
    entry_points=entry_points,
    spelling=Spelling(
        imports="import tensorflow as tf\n",
        version='f"tensorflow {tf.__version__}"',
        bits="tensor.numpy().tobytes()",
        tensor="tf.constant",
        bfloat16="wide.astype(tf.bfloat16.as_numpy_dtype)",
        raw_bfloat16="tf.bfloat16.as_numpy_dtype",
        threads="tf.config.threading.set_intra_op_parallelism_threads({threads})  # as in the run\n"
        "tf.config.threading.set_inter_op_parallelism_threads({threads})\n",
        environment={"CUDA_VISIBLE_DEVICES": "-1"},  # no graphics processor
    ),
)
"""TensorFlow, which brings NumPy's bfloat16."""
