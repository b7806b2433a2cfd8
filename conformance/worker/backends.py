"""Which framework and entry points a target stands for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .frameworks.registry import BackendError, OpenBackend, open_framework


def open_backend(target: str, threads: int | None, functions: Mapping[str, Any]) -> OpenBackend:
    """Import the framework or module that `target` names.

    Args:
        target: "torch", "tensorflow", "keras", "jax", the path of a module's file, or an importable module's name.
        threads: how many threads a framework may use; None leaves that as it is.
        functions: the catalogue, as the `hello` message brings it.

    Raises:
        BackendError: it cannot be imported, or is not a backend.
    """
    if target in ("torch", "tensorflow", "keras", "jax"):
        return _framework_backend(target, threads)
    from .module import module_backend

    return module_backend(target, threads, functions)


def _framework_backend(target: str, threads: int | None) -> OpenBackend:
    framework = open_framework("tensorflow" if target == "keras" else target, threads)
    if target == "torch":
        from .frameworks.torch import entry_points

        return OpenBackend(framework, framework.version, framework.build(), entry_points())
    if target == "jax":
        from .frameworks.jax import entry_points as of_jax

        return OpenBackend(framework, framework.version, framework.build(), of_jax())
    if target == "tensorflow":
        from .frameworks.tensorflow import entry_points as of_tensorflow

        return OpenBackend(framework, framework.version, framework.build(), of_tensorflow())
    try:
        from .frameworks.keras import entry_points as of_keras
        from .frameworks.keras import keras_version
    except ImportError as error:
        raise BackendError(f"keras cannot be imported by {sys.executable}: {error}") from None
    build = {**framework.build(), "keras": keras_version()}
    return OpenBackend(framework, keras_version(), build, of_keras())
