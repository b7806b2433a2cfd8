"""Waivers for today's state of a run, as TOML: all that gates, each as narrow as the record can tell."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from logitproof.reference import FORMATS, FUNCTIONS
from logitproof.reports import GateItem, Interval, float_from

from ..errors import UserError

REASON = "known when the baseline was made"
_ARGUMENTS = {argument.name for each in FUNCTIONS.values() for argument in each.arguments if argument.is_real}


@dataclass(frozen=True)
class WaiverAuthor:
    """Who answers for the waivers: what all of them say alike."""

    reason: str = REASON
    owner: str | None = None
    expires: date | None = None


def baseline_text(items: Sequence[GateItem], signature: WaiverAuthor, key: str = "waiver") -> str:
    """Return waivers for what gates, as tables of TOML; "" for nothing.

    Args:
        items: what gates.
        signature: what every waiver says.
        key: the key of the tables, "tool.logitproof.waiver" in pyproject.toml.

    Raises:
        UserError: a backend has a version that no set of versions can name.
    """
    return "\n".join(_table(item, signature, key) for item in items)


def _table(item: GateItem, signature: WaiverAuthor, key: str) -> str:
    lines = [f"[[{key}]]", *(f"{name} = {value}" for name, value in _pairs(item, signature))]
    return "\n".join(lines) + "\n"


def _pairs(item: GateItem, signature: WaiverAuthor) -> Iterator[tuple[str, str]]:
    yield "check", text_of(item.check)
    yield "backend", text_of(item.backend)
    yield "versions", text_of(_versions(item))
    yield from _names(item)
    if item.severity != "defect":
        yield "severity", text_of(item.severity)
    yield "kind", text_of(item.kind)
    causes = [text_of(cause) for cause in item.causes]
    yield "cause", causes[0] if len(causes) == 1 else f"[{', '.join(causes)}]"
    yield from _limits(item)
    yield "reason", text_of(signature.reason)
    if signature.owner is not None:
        yield "owner", text_of(signature.owner)
    if signature.expires is not None:
        yield "expires", signature.expires.isoformat()


def _names(item: GateItem) -> Iterator[tuple[str, str]]:
    """What the check's id stands for: for people, and they hold as patterns too."""
    if item.function in FUNCTIONS:
        yield "function", text_of(item.function)
    if item.entry_point.strip():
        yield "entry-point", text_of(item.entry_point)
    if item.is_of_several:
        yield "mode", text_of(item.setting.mode)
        yield "device", text_of(item.setting.device)
    if item.dtype in FORMATS:
        yield "dtype", text_of(item.dtype)
    if item.quantity.strip():
        yield "quantity", text_of(item.quantity)


def _limits(item: GateItem) -> Iterator[tuple[str, str]]:
    regions = [f"{name} = {_region(each)}" for name, each in item.extent.items() if name in _ARGUMENTS]
    if regions:
        yield "region", f"{{ {', '.join(regions)} }}"
    yield "max-ulps", _number(item.ulps)
    yield "max-bound-ratio", _number(item.ratio)
    yield "max-results", str(item.results)


def _region(interval: Interval) -> str:
    if interval.lower is None or interval.upper is None:
        return "{ nan = true }"
    ends = [_number(float_from(end)) for end in (interval.lower, interval.upper)]
    return f"{{ from = {ends[0]}, to = {ends[1]}, nan = true }}" if interval.nan else f"[{', '.join(ends)}]"


def _number(value: float) -> str:
    """A float as TOML reads it back: Python's shortest decimal, infinity by its name."""
    return repr(value) if math.isfinite(value) else str(value)


def _versions(item: GateItem) -> str:
    """The very version; one that PEP 440 does not know to the letter."""
    try:
        return f"=={Version(item.version)}"
    except InvalidVersion:
        named = f"==={item.version}"
    try:
        if str(SpecifierSet(named)) == named:
            return named
    except InvalidSpecifier:
        pass
    raise UserError(f"the version of {item.backend!r} is {item.version!r}, which no set of versions can name")


def text_of(text: str) -> str:
    """Return text as a basic string of TOML, on one line whatever it holds."""
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


_ESCAPES: Mapping[str, str] = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}


def appended(older: str, waivers: str) -> str:
    """Return a file of settings with waivers behind what it has, having read both back.

    Raises:
        UserError: together they are no TOML: the file ends within a table that these cannot follow, say.
    """
    text = "\n".join(part for part in (older.rstrip("\n") + "\n" if older.strip() else "", waivers) if part)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"waivers cannot be added to it: {error}") from None
    return text
