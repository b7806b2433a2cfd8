"""What there is to examine: the frameworks installed here, and the catalogue. No framework is imported."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ..errors import UserError
from .spec import parse_backend

DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "torch": ("torch",),
        "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "tf-nightly"),
        "keras": ("keras", "keras-nightly"),
        "jax": ("jax",),
    }
)
"""The frameworks with adapters, and the distributions that provide each."""

INSTALL = MappingProxyType(
    {
        "torch": "pip install 'logitproof[torch]'",
        "tensorflow": "pip install 'logitproof[tensorflow]'",
        "keras": "pip install 'logitproof[tensorflow]'",
        "jax": "pip install jax",
    }
)
"""How a framework gets installed."""


@dataclass(frozen=True)
class Framework:
    """A framework that has adapters; `version` is None where it is not installed in this environment."""

    name: str
    version: str | None


def frameworks() -> tuple[Framework, ...]:
    """Return the frameworks that have adapters, installed or not, without importing them."""
    return tuple(Framework(name, _version(name)) for name in DISTRIBUTIONS)


def installed() -> tuple[str, ...]:
    """Return the names of the frameworks that can be examined here; Keras is examined on TensorFlow."""
    names = [framework.name for framework in frameworks() if framework.version is not None]
    return tuple(name for name in names if name != "keras" or "tensorflow" in names)


def _version(name: str) -> str | None:
    if importlib.util.find_spec(name) is None:
        return None
    for distribution in DISTRIBUTIONS[name]:
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "of unknown version"


def check_backend(name: str, usable: Sequence[str]) -> None:
    """Refuse a name that can mean nothing; what only a worker can find out, it reports.

    Raises:
        UserError: the framework is not installed, or there is no such framework, file or module.
    """
    if name in DISTRIBUTIONS and name not in usable:
        message = f"backend {name!r} is not installed here: {INSTALL[name]}"
        raise UserError(message)
    try:
        parse_backend(name)
    except ValueError as error:
        near = [] if "@" in name else difflib.get_close_matches(name, list(DISTRIBUTIONS), n=1)
        message = f"unknown backend {name!r}: did you mean {near[0]!r}?" if near else str(error)
        raise UserError(message) from None
