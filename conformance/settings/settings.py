"""Settings: `[tool.logitproof]` in pyproject.toml, or logitproof.toml, in the current folder; the command line wins."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..errors import UserError
from .tables import struct_from
from .waivers import waivers_from

DEDICATED, SHARED = "logitproof.toml", "pyproject.toml"
"""The files that settings are in, one of the two."""

_Names = Annotated[list[str], Meta(description="a list of strings")]
_Text = Annotated[str, Meta(description="a string")]
_Seconds = Annotated[int | float, Meta(description="a number")]


class SettingsTable(msgspec.Struct, frozen=True, rename="kebab"):
    """Every setting is called like the option of `logitproof run` that it stands for; waivers are no option."""

    backend: _Names | None = None
    function: _Names | None = None
    entry_point: _Names | None = None
    dtype: _Names | None = None
    mode: _Names | None = None
    device: _Names | None = None
    check: _Names | None = None
    property: _Names | None = None
    inputs: _Text | None = None
    profile: _Text | None = None
    timeout: _Seconds | None = None
    hello_timeout: _Seconds | None = None
    jobs: Annotated[int, Meta(description="a whole number")] | None = None
    output: _Text | None = None
    since: _Text | None = None
    fail_on: _Text | None = None
    strict: Annotated[bool, Meta(description="true or false")] | None = None
    store: _Text | None = None
    waiver: Annotated[list[dict[str, Any]], Meta(description="an array of tables: [[waiver]]")] | None = None


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
    written = msgspec.structs.asdict(struct_from(table, SettingsTable, where))
    settings = {name: value for name, value in written.items() if value is not None}
    if WAIVER in settings:
        settings[WAIVER] = waivers_from(settings[WAIVER], where)
    return settings
