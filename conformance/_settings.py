"""Settings: `[tool.logitproof]` in pyproject.toml, or logitproof.toml, in the current folder; the command line wins."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from ._errors import UserError, unknown

_LISTS = ("backend", "function", "entry-point", "dtype", "mode", "device", "check", "property")
_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(_LISTS, (list,)),
    "inputs": (str,),
    "profile": (str,),
    "timeout": (int, float),
    "jobs": (int,),
    "output": (str,),
}
"""Every setting is called like the option of `logitproof run` that it stands for."""


def read_settings(folder: Path) -> dict[str, object]:
    """Return the settings of `folder`, by option name with underscores; empty where there are none.

    Raises:
        UserError: a file is no TOML, both files have settings, a key is unknown or its value of the wrong type.
    """
    own, shared = folder / "logitproof.toml", folder / "pyproject.toml"
    if not own.exists():
        return _checked(_tool(shared).get("logitproof", {}), f"{shared.name} [tool.logitproof]")
    if "logitproof" in _tool(shared):
        message = f"settings are in both {own.name} and {shared.name}: keep one of them"
        raise UserError(message)
    return _checked(_toml(own), own.name)


def _tool(path: Path) -> dict[str, object]:
    tool = _toml(path).get("tool", {})
    return tool if isinstance(tool, dict) else {}


def _toml(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path.name} cannot be read: {error}"
        raise UserError(message) from None


def _checked(table: object, where: str) -> dict[str, object]:
    if not isinstance(table, dict):
        message = f"{where}: not a table"
        raise UserError(message)
    for key, value in table.items():
        if key not in _TYPES:
            raise unknown(f"key in {where}:", key, _TYPES)
        _check_type(key, value, where)
    return {key.replace("-", "_"): value for key, value in table.items()}


def _check_type(key: str, value: object, where: str) -> None:
    fits = isinstance(value, _TYPES[key]) and not isinstance(value, bool)
    if isinstance(value, list):
        fits = fits and all(isinstance(item, str) for item in value)
    if not fits:
        names = {list: "a list of strings", str: "a string", int: "a number", float: "a number"}
        message = f"{where}: {key} must be {names[_TYPES[key][0]]}, not {value!r}"
        raise UserError(message)
