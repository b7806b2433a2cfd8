"""A user's module as a backend: the catalogue functions that it defines, under their own names."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from .calls import CallForm
from .entry_points import Deviation, EntryPoint, Unsupported
from .frameworks.numpy import VJP
from .frameworks.registry import BackendError, OpenBackend, opened
from .source import Snippet

DTYPES = ("float16", "bfloat16", "float32", "float64")
"""The dtypes a module may name as unsupported."""


def module_call(form: CallForm) -> Snippet:
    """Return how a module's function is called: real arguments by position, `axis` always, keywords that were given."""
    return Snippet(f"module.{form.function}", (*form.arguments, *form.keywords()))


def module_backend(
    target: str, threads: int | None, functions: Mapping[str, Any], frameworks: Sequence[str]
) -> OpenBackend:
    """Import a user's module and read what it offers.

    Args:
        target: the path of the module's file, or its name.
        threads: how many threads its framework may use; None leaves that as it is.
        functions: the catalogue, as the `hello` message brings it.
        frameworks: those that it may name.

    Raises:
        BackendError: it does not import, names no framework, or offers nothing.
    """
    module = _imported(target)
    name = getattr(module, "framework", None)
    if name is None:
        raise BackendError(f"{target} does not say its framework: set framework = {_one_of(frameworks)}")
    if name not in frameworks:
        raise BackendError(f"{target} has framework = {name!r}: set it to {_one_of(frameworks)}")
    framework, adapter, namespace = opened(name, threads)
    defined = [function for function in functions if getattr(module, function, None) is not None]
    if not defined:
        raise BackendError(f"{target} defines no function of the catalogue, such as softmax(logits, *, axis)")
    deviations = _deviations(module, target, functions)
    unsupported = _unsupported(module, target, defined)
    entry_points = tuple(
        _entry_point(
            module,
            target,
            function,
            functions[function],
            framework=name,
            deviations=deviations.get(function, ()),
            unsupported=unsupported.get(function, ()),
        )
        for function in defined
    )
    build = {**adapter.build(), "module": target}
    version = getattr(module, "__version__", None)
    if isinstance(version, str):
        build["module_version"] = version
    return OpenBackend(
        framework, adapter, adapter.version, build, entry_points, {**namespace, "module": module}, is_module=True
    )


def _one_of(names: Sequence[str]) -> str:
    return " or ".join(f'"{name}"' for name in names)


def _imported(target: str) -> ModuleType:
    try:
        if target.endswith(".py"):
            return _from_file(Path(target))
        sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(target)
    except BaseException as error:  # a module may raise anything while it is imported, SystemExit included
        text = " ".join(str(error).split())[:500]
        raise BackendError(f"{target} cannot be imported: {type(error).__name__}: {text}") from None


def _from_file(path: Path) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # where dataclasses and pickle look for it
    spec.loader.exec_module(module)
    return module


def _entry_point(
    module: ModuleType,
    target: str,
    name: str,
    function: Mapping[str, Any],
    *,
    framework: str,
    deviations: tuple[Deviation, ...],
    unsupported: tuple[Unsupported, ...],
) -> EntryPoint:
    call = getattr(module, name)
    if not callable(call):
        raise BackendError(f"{target}: {name} is not a function")
    # NumPy records nothing: where a module brings no gradients there are none.
    differentiable = () if framework == "numpy" and getattr(module, f"{name}{VJP}", None) is None else None
    return EntryPoint(
        name,
        name,
        _keywords(call, function["keywords"]),
        module_call,
        deviations,
        differentiable,
        unsupported=unsupported,
        public=call,
    )


def _keywords(call: Any, known: list[str]) -> tuple[str, ...]:
    """Return the catalogue's keywords that the signature of `call` has; all of them where it cannot be read."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (ValueError, TypeError):
        return tuple(known)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return tuple(known)
    named = {parameter.name for parameter in parameters if parameter.kind is not parameter.POSITIONAL_ONLY}
    return tuple(keyword for keyword in known if keyword in named)


def _deviations(module: ModuleType, target: str, functions: Mapping[str, Any]) -> dict[str, tuple[Deviation, ...]]:
    stated = getattr(module, "deviations", {})
    if not isinstance(stated, dict):
        raise BackendError(f"{target}: deviations must be a dictionary from function names to (definition, link)")
    deviations: dict[str, tuple[Deviation, ...]] = {}
    for function, entry in stated.items():
        if function not in functions:
            raise BackendError(f"{target}: deviations names {function!r}, which is no function of the catalogue")
        if not isinstance(entry, (tuple, list)) or len(entry) != 2 or not all(isinstance(part, str) for part in entry):
            raise BackendError(f"{target}: deviations[{function!r}] must be (definition, link), two strings")
        definition, link = entry
        deviations[function] = (Deviation(definition, (), "documented", link, f"stated by {Path(target).name}"),)
    return deviations


def _unsupported(module: ModuleType, target: str, defined: Sequence[str]) -> dict[str, tuple[Unsupported, ...]]:
    stated = getattr(module, "unsupported", {})
    if not isinstance(stated, dict):
        raise BackendError(f"{target}: unsupported must be a dictionary from function names to lists of dtypes")
    unsupported: dict[str, tuple[Unsupported, ...]] = {}
    for function, dtypes in stated.items():
        if function not in defined:
            raise BackendError(f"{target}: unsupported names {function!r}, which is no function that it defines")
        if not isinstance(dtypes, (tuple, list)) or not dtypes or any(dtype not in DTYPES for dtype in dtypes):
            raise BackendError(f"{target}: unsupported[{function!r}] must be a list of {_one_of(DTYPES)}")
        unsupported[function] = (Unsupported(tuple(dtypes), "declared unsupported"),)
    return unsupported
