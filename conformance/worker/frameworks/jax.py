"""JAX as a framework: arrays, and gradients by vector-Jacobian products; 64-bit numbers are on."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..calls import along, same
from ..entry_points import EntryPoint
from ..framework import Framework, Mode, Spelling
from ..wire import Array, array_of
from .numpy import number_array

if TYPE_CHECKING:
    import jax
    import jax.numpy as jnp

_ALONE = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


class Jax:
    """The arrays of JAX, which is imported when the first of these is made."""

    def __init__(self, threads: int | None) -> None:
        global jax, jnp  # noqa: PLW0603 - whoever writes a script reads this file without the framework
        import jax
        import jax.numpy as jnp

        if threads == 1:
            # Heard when the first array is made. XLA has no other number than one or all.
            os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_ALONE}".strip()
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


def computed(call: Callable[..., Any], tensors: dict[str, Any]) -> Any:
    """Return the value, without recording."""
    return call(**tensors)


def recorded(call: Callable[..., Any], tensors: dict[str, Any], argument: str, cotangent: Any) -> tuple[Any, Any]:
    """Return the value, computed while it is linearised in an argument, and the gradient by it."""
    value, pullback = jax.vjp(lambda array: call(**{**tensors, argument: array}), tensors[argument])
    return value, None if cotangent is None else pullback(cotangent)[0]


def entry_points(version: str | None = None) -> tuple[EntryPoint, ...]:  # noqa: ARG001 - every version has them all
    """Every entry point of JAX that is examined."""
    return (
        EntryPoint("jax.nn.sigmoid", "sigmoid", (), same("jax.nn.sigmoid")),
        EntryPoint("jax.nn.log_sigmoid", "log_sigmoid", (), same("jax.nn.log_sigmoid")),
        EntryPoint("jax.nn.softplus", "softplus", (), same("jax.nn.softplus")),
        EntryPoint("jax.nn.softmax", "softmax", ("axis",), along("jax.nn.softmax")),
        EntryPoint("jax.nn.log_softmax", "log_softmax", ("axis",), along("jax.nn.log_softmax")),
        EntryPoint("jax.nn.logsumexp", "logsumexp", ("axis",), along("jax.nn.logsumexp")),
    )


FRAMEWORK = Framework(
    name="jax",
    dtypes=("float16", "bfloat16", "float32", "float64"),
    modes={"eager": Mode(computed, recorded)},
    devices=("cpu",),
    open=Jax,
    entry_points=entry_points,
    spelling=Spelling(
        imports="import jax\nimport jax.numpy as jnp\n",
        version='f"jax {jax.__version__}"',
        bits="np.asarray(tensor).tobytes()",
        tensor="jnp.array",
        bfloat16="wide.astype(jnp.bfloat16)",
        raw_bfloat16="jnp.bfloat16",
        setup='jax.config.update("jax_enable_x64", True)\n',
        # One thread, no graphics processor.
        environment={"JAX_PLATFORMS": "cpu", "XLA_FLAGS": _ALONE},
    ),
)
"""JAX, which brings NumPy's bfloat16."""
