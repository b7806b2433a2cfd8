"""Properties for the page: what does not hold in full with both sides, what holds in a line each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ..findings.properties import STATUSES, PropertyLine, property_lines, property_titles
from ..findings.settings import Titles
from ..record.model import Record
from ..record.properties import PropertyResult, PropertyStatus

TELLING: tuple[PropertyStatus, ...] = ("broken", "deviates", "undecided")
"""The statuses that are told in full; the others are folded."""


@dataclass(frozen=True)
class Stated:
    """A property on a backend, and those of its results that do not hold."""

    anchor: str
    line: PropertyLine
    counts: str
    results: tuple[PropertyResult, ...]


@dataclass(frozen=True)
class Properties:
    """The properties of one backend: the telling ones, and the rest."""

    title: str
    holding: int
    telling: tuple[Stated, ...]
    quiet: tuple[Stated, ...]


def properties(record: Record) -> tuple[Properties, ...]:
    """Return the properties of every backend, broken ones first."""
    return tuple(_properties(record, title) for title in property_titles(record.properties))


def _properties(record: Record, title: str) -> Properties:
    results: dict[str, list[PropertyResult]] = {}
    titles = Titles((), record.properties)
    for result in record.properties:
        if titles.of(result) == title and result.status in TELLING:
            results.setdefault(result.property, []).append(result)
    lines = property_lines(record.properties, title)
    telling = sorted((line for line in lines if line.status in TELLING), key=lambda line: STATUSES.index(line.status))
    quiet = [line for line in lines if line.status not in TELLING]
    return Properties(
        title=title,
        holding=sum(line.status == "holds" for line in lines),
        telling=tuple(_stated(line, results[line.name]) for line in telling),
        quiet=tuple(_stated(line, []) for line in quiet),
    )


def _stated(line: PropertyLine, results: Sequence[PropertyResult]) -> Stated:
    """The backend's name and not its version: the link is the same after an upgrade."""
    key = msgspec.json.encode((line.worst.backend, line.name))
    return Stated(
        anchor=f"property-{hashlib.sha256(key).hexdigest()[:12]}",
        line=line,
        counts=", ".join(f"{count} {status}" for status, count in line.counts.items()),
        results=tuple(sorted(results, key=lambda result: STATUSES.index(result.status))),
    )
