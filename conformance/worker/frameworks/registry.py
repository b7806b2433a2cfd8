"""The frameworks that a worker can run, and what a backend made of one is."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from ..entry_points import EntryPoint


class BackendError(Exception):
    """The target cannot be a backend; the text is one clear line."""


@dataclass(frozen=True)
class OpenBackend:
    """A framework, what of it is examined, and how it was built."""

    framework: Any
    version: str
    build: dict[str, str]
    entry_points: tuple[EntryPoint, ...]


def open_framework(name: str, threads: int | None) -> Any:
    """Import the framework called `name` and fix its threads.

    Raises:
        BackendError: it is not installed here.
    """
    try:
        if name == "torch":
            from .torch import Torch

            return Torch(threads)
        if name == "tensorflow":
            from .tensorflow import TensorFlow

            return TensorFlow(threads)
        if name == "jax":
            from .jax import Jax

            return Jax(threads)
        from .numpy import NumPy

        return NumPy(threads)
    except ImportError as error:
        raise BackendError(f"{name} cannot be imported by {sys.executable}: {error}") from None
