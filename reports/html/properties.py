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
from ..record.words import brief, inputs_words, magnitude
from .text import STEADY_CHARACTERS

TELLING: tuple[PropertyStatus, ...] = ("broken", "deviates", "undecided")
"""The statuses that are told in full; the others are folded."""


@dataclass(frozen=True)
class Instance:
    """A property on some entry points in one dtype: both sides where it came nearest to its bound, or exceeded it."""

    anchor: str
    status: str
    entry_points: tuple[str, ...]
    dtype: str
    what: str
    sides: tuple[str, str, str]
    ratio: str
    bound: str
    inputs: str
    reason: str


@dataclass(frozen=True)
class Stated:
    """A property on a backend, and those of its results that do not hold."""

    anchor: str
    line: PropertyLine
    counts: str
    instances: tuple[Instance, ...]


@dataclass(frozen=True)
class Properties:
    """The properties of one backend: the telling ones, and the rest."""

    title: str
    holding: int
    telling: tuple[Stated, ...]
    quiet: tuple[tuple[Stated, Instance], ...]


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
        quiet=tuple((_stated(line, []), _instance(line.worst)) for line in quiet),
    )


def _stated(line: PropertyLine, results: Sequence[PropertyResult]) -> Stated:
    """The backend's name and not its version: the link is the same after an upgrade."""
    key = msgspec.json.encode((line.worst.backend, line.name))
    return Stated(
        anchor=f"property-{hashlib.sha256(key).hexdigest()[:12]}",
        line=line,
        counts=", ".join(f"{count} {status}" for status, count in line.counts.items()),
        instances=tuple(map(_instance, sorted(results, key=lambda result: STATUSES.index(result.status)))),
    )


def _instance(result: PropertyResult) -> Instance:
    worst = result.worst
    return Instance(
        anchor=f"property-{result.id}",
        status=result.status,
        entry_points=tuple(dict.fromkeys(map(brief, result.entry_points.values()))),
        dtype=brief(result.dtype),
        what=brief(worst.what) if worst else "",
        sides=(brief(worst.left), brief(worst.sign), brief(worst.right)) if worst else ("", "", ""),
        ratio=magnitude(worst.ratio) if worst else "",
        bound=magnitude(worst.bound) if worst else "",
        inputs=brief(inputs_words(worst.inputs), 1000) if worst else "",
        reason=brief(result.reason or "", STEADY_CHARACTERS),
    )
