"""Settings: `[tool.logitproof]` in pyproject.toml, or logitproof.toml, in the current folder; the command line wins."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from ..errors import UserError, unknown
from .waivers import waivers_from

DEDICATED, SHARED = "logitproof.toml", "pyproject.toml"
"""The files that settings are in, one of the two."""

_LISTS = ("backend", "function", "entry-point", "dtype", "mode", "device", "check", "property")
_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(_LISTS, (list,)),
    "inputs": (str,),
    "profile": (str,),
    "timeout": (int, float),
    "hello-timeout": (int, float),
    "jobs": (int,),
    "output": (str,),
    "since": (str,),
    "fail-on": (str,),
    "strict": (bool,),
    "store": (str,),
}
"""Every setting is called like the option of `logitproof run` that it stands for."""
WAIVER = "waiver"
"""The one key that is no option: what is known, and shall not gate."""


def read_settings(folder: Path) -> dict[str, object]:
    """Return the settings of `folder`, by option name with underscores, and its waivers; empty where there are none.

    Raises:
        UserError: a file is no TOML, both files have settings, a key is unknown, its value of the wrong type, or a
            waiver is wrong.
    """
    dedicated, shared = folder / DEDICATED, folder / SHARED
    if not dedicated.exists():
        return settings_in(_text(shared), SHARED)
    if has_settings(shared):
        raise UserError(f"settings are in both {dedicated.name} and {shared.name}: keep one of them")
    return settings_in(_text(dedicated), DEDICATED)


def has_settings(path: Path) -> bool:
    """Whether a file has settings of logitproof: all of one that is its own, part of pyproject.toml.

    Raises:
        UserError: it is no TOML.
    """
    if path.name == SHARED:
        return "logitproof" in _tool(_text(path))
    return path.exists()


def settings_in(text: str, name: str) -> dict[str, object]:
    """Return the settings that the text of a file has, by option name with underscores, and its waivers.

    Args:
        text: the text.
        name: the file's name; pyproject.toml has them in a table.

    Raises:
        UserError: as `read_settings`.
    """
    if name == SHARED:
        return _checked(_tool(text).get("logitproof", {}), f"{name} [tool.logitproof]")
    return _checked(_toml(text, name), name)


def _tool(text: str) -> dict[str, object]:
    tool = _toml(text, SHARED).get("tool", {})
    return tool if isinstance(tool, dict) else {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} cannot be read: {error}") from None


def _toml(text: str, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{name} cannot be read: {error}") from None


def _checked(table: object, where: str) -> dict[str, object]:
    if not isinstance(table, dict):
        raise UserError(f"{where}: not a table")
    settings: dict[str, object] = {}
    for key, value in table.items():
        if key == WAIVER:
            settings[key] = waivers_from(value, where)
            continue
        if key not in _TYPES:
            raise unknown(f"key in {where}:", key, (*_TYPES, WAIVER))
        _check_type(key, value, where)
        settings[key.replace("-", "_")] = value
    return settings


def _check_type(key: str, value: object, where: str) -> None:
    fits = isinstance(value, _TYPES[key]) and isinstance(value, bool) == (_TYPES[key] == (bool,))
    if isinstance(value, list):
        fits = fits and all(isinstance(item, str) for item in value)
    if not fits:
        names = {list: "a list of strings", str: "a string", int: "a number", bool: "true or false"}
        raise UserError(f"{where}: {key} must be {names[_TYPES[key][0]]}, not {value!r}")
