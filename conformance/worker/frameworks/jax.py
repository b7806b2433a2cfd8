"""JAX as a framework: arrays, and gradients by vector-Jacobian products; 64-bit numbers are on."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..entry_points import EntryPoint
from ..wire import Array, array_of
from .numpy import number_array


class Jax:
    """What `_evaluate` needs of JAX."""

    name = "jax"
    dtypes = ("float16", "bfloat16", "float32", "float64")
    settings: tuple[tuple[str, str], ...] = (("eager", "cpu"),)

    def __init__(self, threads: int | None) -> None:
        if threads == 1:
            # Heard when the first array is made. XLA has no other number than one or all.
            alone = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
            os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {alone}".strip()
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_enable_x64", val=True)
        self._bfloat16 = np.dtype(jnp.bfloat16)

    @property
    def version(self) -> str:
        """The version of JAX."""
        return str(jax.__version__)

    def build(self) -> dict[str, str]:
        """How this JAX was built."""
        return {"jax": self.version, "jaxlib": str(jax.lib.__version__)}

    def tensor(self, array: Array, layout: str) -> Any:  # noqa: ARG002 - a framework without strides
        """Return an array of JAX's own with the elements of `array`; JAX knows one layout only."""
        data = array.data.view(self._bfloat16) if array.dtype == "bfloat16" else array.data
        return jnp.array(data)

    def array(self, value: Any) -> Array:
        """Return what a call returned, ready to travel, dtype and shape as they are.

        Raises:
            TypeError: it is neither an array nor a number.
        """
        if isinstance(value, jax.Array):
            return array_of(np.asarray(value))
        return number_array(value)

    def lacks(self, dtype: str, error: Exception, text: str) -> bool:  # noqa: ARG002 - see below
        """Whether an exception is JAX's own word that it does not implement something: it has every dtype."""
        return False

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
        """Return the value, computed while it is linearised, and the gradient by the argument at `position`."""

        def of_one(argument: Any) -> Any:
            return call(*arguments[:position], argument, *arguments[position + 1 :], **parameters)

        value, pullback = jax.vjp(of_one, arguments[position])
        return value, None if cotangent is None else pullback(cotangent)[0]


def entry_points() -> tuple[EntryPoint, ...]:
    """Every entry point of JAX that is examined."""
    return (
        EntryPoint("jax.nn.sigmoid", "sigmoid", (), jax.nn.sigmoid),
        EntryPoint("jax.nn.log_sigmoid", "log_sigmoid", (), jax.nn.log_sigmoid),
        EntryPoint("jax.nn.softplus", "softplus", (), jax.nn.softplus),
        EntryPoint("jax.nn.softmax", "softmax", ("axis",), jax.nn.softmax),
        EntryPoint("jax.nn.log_softmax", "log_softmax", ("axis",), jax.nn.log_softmax),
        EntryPoint("jax.nn.logsumexp", "logsumexp", ("axis",), jax.nn.logsumexp),
    )
