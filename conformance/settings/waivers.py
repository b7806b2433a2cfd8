"""Waivers as they are written: the `[[waiver]]` tables of the settings, each of them checked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from logitproof.reference import FORMATS, FUNCTIONS
from logitproof.reports import SEVERITIES, Region, Waiver

from ..errors import UserError, unknown

_ID = re.compile(r"[0-9a-f]{16}\Z")
_LINK = re.compile(r"https?://[^\s<>\"'`\\]+\Z")
_REQUIRED = ("backend", "versions", "kind", "cause", "reason")
_SELECTORS = ("check", "discrepancy", "function", "entry-point")
_ENDS = ("from", "to", "nan")

Table = Mapping[str, object]
_Reader = Callable[[object], object]


def waivers_from(tables: object, where: str) -> tuple[Waiver, ...]:
    """Return the waivers that TOML tables state.

    Args:
        tables: what a file has under the key `waiver`.
        where: the name of the file, for messages.

    Raises:
        UserError: a waiver is wrong: the message names it and says what would be right.
    """
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UserError(f"{where}: waiver must be an array of tables: [[waiver]]")
    return tuple(_waiver(number, table, where) for number, table in enumerate(tables, 1))


def _waiver(number: int, table: Table, where: str) -> Waiver:
    title = f"{where}: waiver {number}{_named(table)}"
    for key in table:
        if key not in _READERS:
            raise UserError(f"{title}: {unknown('key', key, _READERS)}")
    if missing := [key for key in _REQUIRED if key not in table]:
        raise UserError(f"{title}: {missing[0]} is missing{_HINTS.get(missing[0], '')}")
    fields: dict[str, Any] = {}
    for key, value in table.items():
        name, reader = _READERS[key]
        try:
            fields[name] = reader(value)
        except ValueError as error:
            raise UserError(f"{title}: {key} {error}") from None
    _require_sense(table, title)
    return Waiver(number=number, **fields)


def _named(table: Table) -> str:
    for key in _SELECTORS:
        value = table.get(key)
        if isinstance(value, str):
            return f" ({key} {value[:60]})"
    return ""


def _require_sense(table: Table, title: str) -> None:
    """Refuse a waiver that names nothing, two things, or anything whatever.

    Raises:
        UserError: it does.
    """
    if not any(key in table for key in _SELECTORS):
        raise UserError(f"{title}: names nothing: give {', '.join(_SELECTORS[:-1])} or {_SELECTORS[-1]}")
    if "check" in table and "discrepancy" in table:
        raise UserError(f"{title}: check and discrepancy both: a discrepancy's check is known, give one of them")
    if "check" not in table and "max-results" not in table:
        # The record keeps two cases of a kind: of the others only their number is known.
        raise UserError(f"{title}: max-results is missing: without check only it says how much is waived")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a string, not {_shown(value)}")  # noqa: TRY004 - a wrong file, told like its other faults
    return value


def _filled(value: object) -> str:
    text = _text(value)
    if not text.strip():
        raise ValueError("is empty")
    return text


def _id(value: object) -> str:
    text = _text(value)
    if not _ID.match(text):
        raise ValueError(f"must be an id of 16 hex digits, as record.json has it, not {_shown(text)}")
    return text


def _ids(value: object) -> tuple[str, ...]:
    return tuple(map(_id, _several(value)))


def _causes(value: object) -> tuple[str, ...]:
    return tuple(map(_text, _several(value)))


def _several(value: object) -> Sequence[object]:
    if value == []:
        raise ValueError("is an empty list")
    return value if isinstance(value, list) else [value]


def _versions(value: object) -> str:
    text = _text(value)
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f'must be a set of versions such as ">=2.13,<2.14", not {_shown(text)}') from None
    return text


def _of(names: Sequence[str]) -> Callable[[object], str]:
    """A name among these, or a pattern."""

    def read(value: object) -> str:
        text = _filled(value)
        if "*" not in text and text not in names:
            raise ValueError(f"is an {unknown('name', text, names)}")
        return text

    return read


def _severity(value: object) -> str:
    text = _text(value)
    known = (*SEVERITIES, "unexamined")
    if text not in known:
        raise ValueError(f"must be one of {', '.join(known)}, not {_shown(text)}")
    return text


def _error(value: object) -> float:
    number = _real(value)
    if not number >= 0:
        raise ValueError(f"must not be negative, and not nan: {_shown(value)}")
    return number


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"must be a whole number, 1 or more, not {_shown(value)}")
    return value


def _real(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"must be a number, not {_shown(value)}")  # noqa: TRY004 - see above
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _region(value: object) -> dict[str, Region]:
    if not isinstance(value, dict) or not value:
        raise ValueError(
            "must name arguments: region = { x = [-1.0, 1.0] }, or x = { from = -1.0, to = 1.0, nan = true }"
        )
    known = {argument.name for function in FUNCTIONS.values() for argument in function.arguments if argument.is_real}
    regions = {}
    for name, interval in value.items():
        if name not in known:
            raise ValueError(f"has an {unknown('argument', name, sorted(known))}")
        try:
            regions[name] = _interval(interval)
        except ValueError as error:
            raise ValueError(f"of {name} {error}") from None
    return regions


def _interval(value: object) -> Region:
    """Read `[from, to]`, or a table that may include NaN; without ends it includes nothing else."""
    if isinstance(value, list) and len(value) == 2:
        value = {"from": value[0], "to": value[1]}
    if not isinstance(value, dict) or not value or value.keys() - set(_ENDS) or ("from" in value) != ("to" in value):
        raise ValueError(f"must be [from, to] or {{ from = , to = , nan = true }}, not {_shown(value)}")
    nan = value.get("nan", False)
    if not isinstance(nan, bool):
        raise ValueError(f"has a nan that is neither true nor false: {_shown(nan)}")  # noqa: TRY004 - see above
    lower, upper = _real(value.get("from", math.inf)), _real(value.get("to", -math.inf))
    if math.isnan(lower) or math.isnan(upper) or ("from" in value and lower > upper):
        raise ValueError(f"must begin at a number and end at one no smaller, not {_shown(value)}")
    return Region(lower, upper, nan=nan)


def _link(value: object) -> str:
    text = _text(value)
    if not _LINK.match(text):
        raise ValueError(f"must be an address that begins with https:// or http://, not {_shown(text)}")
    return text


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"must be a date without quotes, such as 2027-01-31, not {_shown(value)}")  # noqa: TRY004 - see above
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


_READERS: Mapping[str, tuple[str, _Reader]] = {
    "check": ("check", _id),
    "discrepancy": ("discrepancies", _ids),
    "backend": ("backend", _text),
    "versions": ("versions", _versions),
    "function": ("function", _of(tuple(FUNCTIONS))),
    "entry-point": ("entry_point", _filled),
    "mode": ("mode", _filled),
    "device": ("device", _filled),
    "dtype": ("dtype", _of(tuple(FORMATS))),
    "quantity": ("quantity", _filled),
    "severity": ("severity", _severity),
    "kind": ("kind", _text),
    "cause": ("causes", _causes),
    "region": ("region", _region),
    "max-ulps": ("max_ulps", _error),
    "max-bound-ratio": ("max_bound_ratio", _error),
    "max-results": ("max_results", _count),
    "reason": ("reason", _filled),
    "link": ("link", _link),
    "owner": ("owner", _filled),
    "expires": ("expires", _day),
}
"""By key, the field that it sets and how it is read."""

_HINTS: Mapping[str, str] = {
    "versions": ': a set such as ">=2.13,<2.14", or "" for all of them',
    "cause": ': the cause that is told with the finding, or "" where none is known',
}
