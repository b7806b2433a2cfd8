"""Waivers as they are written: the `[[waiver]]` tables of the settings, each of them checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from logitproof.reference import FORMATS, FUNCTIONS
from logitproof.reports import SEVERITIES, Region, Severity, Waiver

from ..errors import UserError, unknown
from .tables import shown, struct_from

_SELECTORS = ("check", "discrepancy", "function", "entry-point")

Text = Annotated[str, Meta(description="a string")]
Filled = Annotated[str, Meta(pattern=r"\S", description="a string that is not empty")]
Id = Annotated[str, Meta(pattern=r"\A[0-9a-f]{16}\Z")]
_AN_ID = "an id of 16 hex digits, as record.json has it"
T = TypeVar("T")
_Several = Annotated[list[T], Meta(min_length=1)]
"""One of them may be written without brackets. No `Id | list[Id]`: of that msgspec 0.22 frees the pattern too often."""
Error = Annotated[float, Meta(ge=0, description="a number that is not negative")]
_VERSIONS = 'a set of versions such as ">=2.13,<2.14", or "" for all of them'


class Ends(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"lower": "from", "upper": "to"}):
    """A region of an argument, as a table; without ends nothing but NaN."""

    lower: float | None = None
    upper: float | None = None
    nan: bool = False


class WaiverTable(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The keys of a waiver: what the attributes of `reports.Waiver` are written as."""

    check: Annotated[Id | None, Meta(description=_AN_ID)] = None
    discrepancy: Annotated[_Several[Id] | None, Meta(description=f"{_AN_ID}, or a list of such")] = None
    backend: Text
    versions: Annotated[str, Meta(description=_VERSIONS)]
    function: Filled | None = None
    entry_point: Filled | None = None
    mode: Filled | None = None
    device: Filled | None = None
    dtype: Filled | None = None
    quantity: Filled | None = None
    severity: Annotated[
        Severity | Literal["unexamined"], Meta(description=f"one of {', '.join((*SEVERITIES, 'unexamined'))}")
    ] = "defect"
    kind: Text
    cause: Annotated[
        _Several[str],
        Meta(description='the cause that is told with the finding, "" where none is known, or a list of causes'),
    ]
    region: Annotated[
        Annotated[dict[str, tuple[float, float] | Ends], Meta(min_length=1)] | None,
        Meta(description="a table of arguments, { x = [-1.0, 1.0] } or { x = { from = -1.0, to = 1.0, nan = true } }"),
    ] = None
    max_ulps: Error | None = None
    max_bound_ratio: Error | None = None
    max_results: Annotated[int, Meta(ge=1, description="a whole number, 1 or more")] | None = None
    reason: Filled
    link: Annotated[
        str,
        Meta(pattern=r"\Ahttps?://[^\s<>\"'`\\]+\Z", description="an address that begins with https:// or http://"),
    ] = ""
    owner: Filled = ""
    expires: Annotated[date, Meta(description="a date without quotes, such as 2027-01-31")] | None = None


def waivers_from(tables: Sequence[Mapping[str, object]], where: str) -> tuple[Waiver, ...]:
    """Return the waivers that TOML tables state.

    Args:
        tables: what a file has under the key `waiver`.
        where: the name of the file, for messages.

    Raises:
        UserError: a waiver is wrong: the message names it and says what would be right.
    """
    return tuple(_waiver(number, table, where) for number, table in enumerate(tables, 1))


def _waiver(number: int, table: Mapping[str, object], where: str) -> Waiver:
    selectors = ((key, table.get(key)) for key in _SELECTORS)
    named = next((f" ({key} {value[:60]})" for key, value in selectors if isinstance(value, str)), "")
    title = f"{where}: waiver {number}{named}"
    one = {key: [table[key]] for key in ("discrepancy", "cause") if isinstance(table.get(key), str)}
    written = struct_from({**table, **one}, WaiverTable, title)
    _require_sense(written, title)
    fields = msgspec.structs.asdict(written)
    return Waiver(
        number=number,
        discrepancies=tuple(fields.pop("discrepancy") or ()),
        causes=tuple(fields.pop("cause")),
        region={
            name: _region(ends, f"{title}: region of {name}") for name, ends in (fields.pop("region") or {}).items()
        },
        **fields,
    )


def _require_sense(waiver: WaiverTable, title: str) -> None:
    """Refuse a waiver that names nothing, two things, anything whatever, or what there is not.

    Raises:
        UserError: it does.
    """
    if not (waiver.check or waiver.discrepancy or waiver.function or waiver.entry_point):
        raise UserError(f"{title}: names nothing: give {', '.join(_SELECTORS[:-1])} or {_SELECTORS[-1]}")
    if waiver.check and waiver.discrepancy:
        raise UserError(f"{title}: check and discrepancy both: a discrepancy's check is known, give one of them")
    if not waiver.check and waiver.max_results is None:
        # The record keeps two cases of a kind: of the others only their number is known.
        raise UserError(f"{title}: max-results is missing: without check only it says how much is waived")
    for key, name, known in (("function", waiver.function, FUNCTIONS), ("dtype", waiver.dtype, FORMATS)):
        if name is not None and "*" not in name and name not in known:
            raise UserError(f"{title}: {key} is an {unknown('name', name, known)}")
    arguments = sorted({each.name for function in FUNCTIONS.values() for each in function.arguments if each.is_real})
    for name in waiver.region or {}:
        if name not in arguments:
            raise UserError(f"{title}: region has an {unknown('argument', name, arguments)}")
    try:
        SpecifierSet(waiver.versions)
    except InvalidSpecifier:
        raise UserError(f"{title}: versions must be {_VERSIONS}, not {shown(waiver.versions)}") from None


def _region(ends: tuple[float, float] | Ends, title: str) -> Region:
    lower, upper, nan = (*ends, False) if isinstance(ends, tuple) else (ends.lower, ends.upper, ends.nan)
    if lower is None and upper is None and nan:
        return Region(math.inf, -math.inf, nan=True)
    if lower is None or upper is None or not lower <= upper:
        raise UserError(f"{title} must begin at a number and end at one no smaller, not {[lower, upper]}")
    return Region(lower, upper, nan=nan)
