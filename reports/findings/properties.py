"""What the properties of a record amount to: a line per backend and property."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..record.hexfloat import measure
from ..record.properties import PropertyResult, PropertyStatus
from ..record.words import backend_title
from .settings import Titles

STATUSES: tuple[PropertyStatus, ...] = ("broken", "deviates", "undecided", "unsupported", "holds")
"""What became of a property, the gravest first; only "broken" gates."""


@dataclass(frozen=True)
class PropertyLine:
    """One property on one backend in one setting, all entry points and dtypes together.

    Attributes:
        name: the id of the property.
        statement: what it states.
        counts: how many of its results have each status.
        worst: the gravest result, the one with the largest ratio among equals.
    """

    name: str
    statement: str
    counts: dict[PropertyStatus, int]
    worst: PropertyResult

    @property
    def status(self) -> PropertyStatus:
        """The gravest status; a property that some entry points cannot be asked still holds for the others."""
        asked = [status for status in STATUSES if status != "unsupported" and self.counts.get(status)]
        return asked[0] if asked else "unsupported"


def property_titles(results: Sequence[PropertyResult]) -> list[str]:
    """Return the titles of the backends that properties were checked on, those of several settings once for each."""
    titles = Titles((), results)
    return list(dict.fromkeys(map(titles.of, results)))


def property_lines(results: Sequence[PropertyResult], title: str) -> list[PropertyLine]:
    """Return a line per property of the place called `title`, in the order of the record."""
    groups: dict[str, list[PropertyResult]] = {}
    titles = Titles((), results)
    for result in results:
        if titles.of(result) == title:
            groups.setdefault(result.property, []).append(result)
    return [_line(group) for group in groups.values()]


def broken_properties(results: Iterable[PropertyResult]) -> int:
    """Return how many properties are broken, each counted once for each backend."""
    return len({(backend_title(result), result.property) for result in results if result.status == "broken"})


def ratio_of(result: PropertyResult) -> float:
    """Return the largest difference in multiples of its bound; -1 where none was made."""
    if result.worst is None:
        return -1.0
    return measure(result.worst.ratio)


def _line(results: list[PropertyResult]) -> PropertyLine:
    statuses = [result.status for result in results]
    counts = {status: statuses.count(status) for status in STATUSES if status in statuses}
    worst = max(results, key=lambda result: (-STATUSES.index(result.status), ratio_of(result)))
    return PropertyLine(results[0].property, results[0].statement, counts, worst)
