"""NumPy as a framework: arrays, and gradients only where a module brings its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..calls import call_definitions
from ..framework import Framework, Mode, Spelling
from ..layout import laid_out
from ..source import Snippet, definition
from ..wire import Array, array_of

VJP = "_vjp"
"""The end of the name of a module's function for gradients: `NAME_vjp(cotangent, *arguments, **parameters)`."""


class NumPy:
    """The arrays of NumPy."""

    def __init__(self, threads: int | None) -> None:
        # NumPy's own loops have one thread; that of its linear algebra is fixed by the environment.
        self._threads = threads

    @property
    def version(self) -> str:
        """The version of NumPy."""
        return np.__version__

    def build(self) -> dict[str, str]:
        """How this NumPy was built, as far as it tells."""
        return {"numpy": np.__version__}

    def tensor(self, array: Array, layout: str) -> np.ndarray:
        """Return an array of its own memory with the elements of `array`."""
        return laid_out(array.data, layout)

    def array(self, value: Any) -> Array:
        """Return what a call returned, ready to travel, dtype and shape as they are.

        Raises:
            TypeError: it is neither an array nor a number.
        """
        return number_array(value)

    def lacks(self, dtype: str, error: Exception, text: str) -> bool:
        """Whether an exception, of this text, is NumPy's own word that it has no implementation for `dtype`."""
        says_so = isinstance(error, TypeError) and text == "array type float16 is unsupported in linalg"
        return says_so and dtype == "float16"


def computed(call: Callable[..., Any], tensors: dict[str, Any]) -> Any:
    """Return the value."""
    return call(**tensors)


def recorded(call: Any, tensors: dict[str, Any], argument: str, cotangent: Any) -> tuple[Any, Any]:
    """Return no value, for NumPy records nothing, and the gradient by an argument that a module's vjp computes."""
    if cotangent is None:
        return None, None
    gradients = call.vjp(cotangent, **tensors)
    if not isinstance(gradients, (tuple, list)):
        gradients = (gradients,)
    position = list(tensors).index(argument)
    return None, gradients[position] if position < len(gradients) else None


def definitions(call: Snippet, names: Sequence[str]) -> str:
    """Return the source of a call, and of the module's function for its gradients."""
    vjp = Snippet(f"{call.callee}{VJP}", ("cotangent", *call.arguments))
    return f"{call_definitions(call, names)}\n\n{definition('vjp', ('cotangent', *names), vjp)}\n\ncall.vjp = vjp\n"


def number_array(value: Any) -> Array:
    """Return a number or NumPy array ready to travel.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, (bool, int, float, np.generic, np.ndarray)) and np.asarray(value).dtype.kind in "biufcV":
        return array_of(value)
    raise TypeError(f"returned {type(value).__name__}, neither a tensor nor a number")


FRAMEWORK = Framework(
    name="numpy",
    dtypes=("float16", "float32", "float64"),
    modes={"eager": Mode(computed, recorded)},
    devices=("cpu",),
    open=NumPy,
    entry_points=lambda _: (),
    spelling=Spelling(imports="", version='f"numpy {np.__version__}"', bits="tensor.tobytes()", tensor=""),
    definitions=definitions,
)
"""NumPy, for users' modules alone: they bring their own gradients."""
