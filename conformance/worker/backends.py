"""Which framework and entry points a target stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .frameworks.registry import OpenBackend, opened
from .module import module_backend


def open_backend(
    target: str, threads: int | None, functions: Mapping[str, Any], framework: str | None, of_modules: Sequence[str]
) -> OpenBackend:
    """Import the framework or module that `target` names.

    Args:
        target: the name of a framework, the path of a module's file, or an importable module's name.
        threads: how many threads a framework may use; None leaves that as it is.
        functions: the catalogue, as the `hello` message brings it.
        framework: the file in frameworks/ where `target` is a framework; None for a module.
        of_modules: the frameworks that a module may name.

    Raises:
        BackendError: it cannot be imported, or is not a backend.
    """
    if framework is None:
        return module_backend(target, threads, functions, of_modules)
    stated, adapter, namespace = opened(framework, threads)
    entry_points = stated.entry_points(adapter.version)
    return OpenBackend(stated, adapter, adapter.version, adapter.build(), entry_points, namespace)
