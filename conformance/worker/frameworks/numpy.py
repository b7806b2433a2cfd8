"""NumPy as a framework: arrays, and gradients only where a module brings its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..layout import laid_out
from ..wire import Array, array_of

VJP = "vjp"
"""The attribute of a call that computes gradients: `vjp(cotangent, *arguments, **parameters)`."""


class NumPy:
    """What `_evaluate` needs of NumPy."""

    name = "numpy"
    dtypes = ("float16", "float32", "float64")
    settings: tuple[tuple[str, str], ...] = (("eager", "cpu"),)

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
        is_told = isinstance(error, TypeError) and text == "array type float16 is unsupported in linalg"
        return is_told and dtype == "float16"

    def plain(self, call: Callable[..., Any], arguments: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Call the function."""
        return call(*arguments, **parameters)

    def recorded(
        self,
        call: Callable[..., Any],
        arguments: Sequence[Any],
        parameters: dict[str, Any],
        position: int,
        cotangent: Any,
    ) -> tuple[Any, Any]:
        """Return the gradient by the argument at `position`; NumPy records nothing, so there is no second value.

        A module's vjp returns one gradient per real argument, or the first argument's alone.
        """
        if cotangent is None:
            return None, None
        gradients = getattr(call, VJP)(cotangent, *arguments, **parameters)
        if not isinstance(gradients, (tuple, list)):
            gradients = (gradients,)
        return None, gradients[position] if position < len(gradients) else None


def number_array(value: Any) -> Array:
    """Return a number or NumPy array ready to travel.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, (bool, int, float, np.generic, np.ndarray)) and np.asarray(value).dtype.kind in "biufcV":
        return array_of(value)
    raise TypeError(f"returned {type(value).__name__}, neither a tensor nor a number")
