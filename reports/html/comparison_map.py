"""The map of a comparison: functions × backends × dtypes, each cell the gravest thing that became of its checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from ..comparison.groups import KINDS, WEIGHTS, Weight, gravest, weight_of
from ..comparison.model import ComparedCheck, Comparison
from ..comparison.words import WEIGHT_WORDS
from ..record.words import clean, counted
from .map import Cell, Map, maps_of
from .text import checks_link

SIGNS: Mapping[Weight, str] = MappingProxyType({"worse": "!", "changed": "≠", "better": "+", "same": "="})
"""What stands in a cell for each weight."""
UNCOMPARED = "not compared"
"""What is said of a check of which there is nothing to compare."""


def weight_class(weight: Weight) -> str:
    """Return the class of a cell's colour: what is worse looks as what is beyond its bound in the map of a run."""
    return "outside" if weight == "worse" else weight


def comparison_maps(comparison: Comparison) -> tuple[Map, ...]:
    """Return the map of all modes together and, where there are several, one for each."""
    return maps_of(comparison.checks, lambda check: clean(check.backend), _cell)


def _cell(checks: Sequence[ComparedCheck], mode: str) -> Cell | None:
    if not checks:
        return None
    first = checks[0]
    worst = [gravest(check) for check in checks]
    weights = [weight_of(change) if change else None for change in worst]
    weight = next((each for each in WEIGHTS if each in weights), None)
    counts = {each: weights.count(each) for each in (*WEIGHTS, None) if each in weights}
    said = ((count, WEIGHT_WORDS[each] if each else UNCOMPARED) for each, count in counts.items())
    return Cell(
        backend=clean(first.backend),
        dtype=first.dtype,
        tier=weight_class(weight) if weight else "none",
        letter=SIGNS[weight] if weight else "–",
        defects=counts.get("worse", 0),
        filter_values=tuple(_filter_values(checks)),
        words=", ".join(f"{counted(count, 'check')} {words}" for count, words in said),
        link=checks_link(backend=clean(first.backend), function=first.function, dtype=first.dtype, mode=mode),
    )


def _filter_values(checks: Sequence[ComparedCheck]) -> Iterator[str]:
    """What a filter may ask for that these checks have; the same are those of which nothing changed."""
    weights = {weight_of(change) for check in checks for change in check.changes if change.kind != "identical"}
    kinds = {change.kind for check in checks for change in check.changes}
    yield from (weight for weight in WEIGHTS if weight in weights)
    if any(check.changes and all(change.kind == "identical" for change in check.changes) for check in checks):
        yield "same"
    yield from (kind for kind in KINDS if kind in kinds)
    if not all(check.changes for check in checks):
        yield UNCOMPARED
