"""TensorFlow as a framework: eager tensors, tapes and gradients."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ._numpy import number_array
from ._wire import Array, array_of

_HALVES = {"float16": "half", "bfloat16": "bfloat16"}
_NO_KERNEL = re.compile(
    r"Value for attr 'T' of (\w+) is not in the list of allowed values|Could not find device for node: .*\[T=DT_(\w+)"
)


class TensorFlow:
    """What `_evaluate` needs of TensorFlow."""

    name = "tensorflow"
    dtypes = ("float16", "bfloat16", "float32", "float64")
    devices = ("cpu",)

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
