"""The frameworks that a worker can run: each is the file of its name in this folder."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..entry_points import EntryPoint
from ..framework import Framework


class BackendError(Exception):
    """The target cannot be a backend; the text is one clear line."""


@dataclass(frozen=True)
class OpenBackend:
    """A framework that is open, what of it is examined, and how it was built.

    Attributes:
        framework: the framework.
        adapter: its tensors, as `framework.open` gave them.
        version: the version of the backend.
        build: how it was built.
        entry_points: what is examined.
        namespace: the names that calls are made of.
        is_module: whether it is a user's module.
    """

    framework: Framework
    adapter: Any
    version: str
    build: dict[str, str]
    entry_points: tuple[EntryPoint, ...]
    namespace: dict[str, Any]
    is_module: bool = False


def framework_named(name: str) -> Framework:
    """Return what the file of a framework tells; nothing of the framework itself is imported."""
    return import_module(f".{name}", __package__).FRAMEWORK


def opened(name: str, threads: int | None) -> tuple[Framework, Any, dict[str, Any]]:
    """Import a framework and fix its threads; return it, its tensors, and the names that calls are made of.

    Raises:
        BackendError: it is not installed here.
    """
    framework = framework_named(name)
    try:
        adapter = framework.open(threads)
        namespace: dict[str, Any] = {}
        exec(framework.spelling.imports, namespace)  # noqa: S102 - what a script imports, stated in this package
    except ImportError as error:
        raise BackendError(f"{name} cannot be imported by {sys.executable}: {error}") from None
    return framework, adapter, namespace
