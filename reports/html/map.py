"""The map of the page: functions × backends × dtypes, each cell the worst tier of its checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from logitproof.reference import FORMATS, FUNCTIONS

from ..comparison.model import ComparedCheck
from ..findings.overview import tallies
from ..findings.settings import mode_words
from ..record.hexfloat import measure
from ..record.model import SEVERITIES, TIER_MEANINGS, TIERS, Check, Record, Tier
from ..record.setting import Setting
from ..record.words import backend_title, counted, magnitude
from .text import checks_link

LETTERS: Mapping[Tier, str] = MappingProxyType({"C": "C", "F": "F", "M": "M", "A": "A", "outside": "X", "limit": "L"})
"""What stands in a cell for each tier."""


@dataclass(frozen=True)
class Cell:
    """The checks of one function, backend and dtype.

    Attributes:
        tier: the name of the worst tier as a CSS class; "none" where no error was measured.
        letter: that tier's letter.
        defects: how many checks have a defect.
        filter_values: what a filter may ask for that the cell has: the severities of its findings.
        words: all of it in a sentence.
        link: the checks themselves.
    """

    backend: str
    dtype: str
    tier: str
    letter: str
    defects: int
    filter_values: tuple[str, ...]
    words: str
    link: str


@dataclass(frozen=True)
class MapRow:
    """A function's cells, None where nothing was examined."""

    function: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Map:
    """The map of one setting, by its mode and where needed its device, or of all together: `mode` is then ""."""

    mode: str
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    rows: tuple[MapRow, ...]


Kind = TypeVar("Kind", bound=Check | ComparedCheck)


def maps(record: Record) -> tuple[Map, ...]:
    """Return the map of all modes together and, where there are several, one for each."""
    return maps_of(record.checks, backend_title, _cell)


def maps_of(
    checks: Sequence[Kind], title_of: Callable[[Kind], str], cell_of: Callable[[Sequence[Kind], str], Cell | None]
) -> tuple[Map, ...]:
    """Return the map of all modes together and, where there are several, one for each.

    Args:
        checks: what the map shows.
        title_of: what the backend of a check is called.
        cell_of: what becomes of the checks of a function, backend and dtype in a mode; "" is all of them.
    """
    settings = list(dict.fromkeys(check.setting for check in checks))
    mode_of = mode_words(settings)
    chosen = (None, *(settings if len(settings) > 1 else ())) if settings else ()
    return tuple(_map(checks, setting, mode_of(setting) if setting else "", title_of, cell_of) for setting in chosen)


def _map(
    checks: Sequence[Kind],
    setting: Setting | None,
    mode: str,
    title_of: Callable[[Kind], str],
    cell_of: Callable[[Sequence[Kind], str], Cell | None],
) -> Map:
    """The functions, backends and dtypes of all modes are in every map: a switch moves nothing."""
    groups: dict[tuple[str, str, str], list[Kind]] = {}
    for check in checks:
        group = groups.setdefault((check.function, title_of(check), check.dtype), [])
        if setting is None or check.setting == setting:
            group.append(check)
    functions = sorted({function for function, _, _ in groups}, key=lambda name: (_index_in(name, FUNCTIONS), name))
    columns = {title: _dtypes(title, groups) for title in dict.fromkeys(map(title_of, checks))}
    column_keys = [(title, dtype) for title, dtypes in columns.items() for dtype in dtypes]
    rows = (
        MapRow(function, tuple(cell_of(groups.get((function, *column_key), []), mode) for column_key in column_keys))
        for function in functions
    )
    return Map(mode, tuple(columns.items()), tuple(rows))


def _dtypes(title: str, groups: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    names = {dtype for _, backend, dtype in groups if backend == title}
    return tuple(sorted(names, key=lambda name: (_index_in(name, FORMATS), name)))


def _index_in(name: str, known: Iterable[str]) -> int:
    order = list(known)
    return order.index(name) if name in order else len(order)


def _cell(checks: Sequence[Check], mode: str) -> Cell | None:
    if not checks:
        return None
    first = checks[0]
    title, tier = backend_title(first), worst_tier(checks)
    tally = tallies(checks)
    return Cell(
        backend=title,
        dtype=first.dtype,
        tier=tier or "none",
        letter=LETTERS[tier] if tier else "–",
        defects=tally["defect"].checks,
        filter_values=tuple(severity for severity in SEVERITIES if tally[severity].checks),
        words=_words(checks, tier),
        link=checks_link(backend=title, function=first.function, dtype=first.dtype, mode=mode),
    )


def worst_tier(checks: Iterable[Check]) -> Tier | None:
    """Return the worst tier of any element; what the table of limits decided counts only where nothing else is."""
    reached = {tier for check in checks for tier, count in check.tiers.items() if count}
    ranked = [tier for tier in TIERS if tier in reached]
    measured = [tier for tier in ranked if tier != "limit"] or ranked
    return measured[-1] if measured else None


def _words(checks: Sequence[Check], tier: Tier | None) -> str:
    """What a cell says to who cannot see its colour, or rests on it."""
    errors = [check.worst_ulps.ulps for check in checks if check.worst_ulps is not None]
    largest = f"largest error {magnitude(max(errors, key=measure))} ulps" if errors else ""
    not_run = sum(check.status != "examined" for check in checks)
    severity_counts = (
        counted(tally.checks, severity) for severity, tally in tallies(checks).items() if tally.checks
    )  # in checks, as the verdict counts
    parts = (
        TIER_MEANINGS[tier] if tier else "nothing measured",
        largest,
        *severity_counts,
        f"{len(checks)} {'check' if len(checks) == 1 else 'checks'}",
        f"{not_run} not run to the end" if not_run else "",
    )
    return "; ".join(part for part in parts if part)
