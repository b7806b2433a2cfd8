"""Pictures of a comparison: the errors of both versions in one picture, for all that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..comparison.model import ComparedCheck, Comparison
from ..record.setting import Setting
from ..record.words import brief
from .charts import NAME_LENGTH, Chart, Series, charts_of, distinct_words, rank
from .picture import Picture, picture_of

NOTE = "Drawn are the checks in which something changed."

_Series = tuple[str, Setting]
"""A backend and a setting."""


def comparison_pictures(comparison: Comparison) -> tuple[Picture, ...]:
    """Return the pictures of a comparison, by function; none where no spread of errors changed."""
    changed_panels = _telling(comparison.checks)
    functions: dict[str, list[ComparedCheck]] = {}
    for check in comparison.checks:
        if _panel(check) in changed_panels and any(check.spreads):
            functions.setdefault(check.function, []).append(check)
    charts = [chart for checks in functions.values() for chart in _charts(comparison, checks)]
    return tuple(picture_of(chart, NOTE) for chart in sorted(charts, key=rank))


def _charts(comparison: Comparison, checks: Sequence[ComparedCheck]) -> list[Chart]:
    """The charts of one function: before and now have the same colours in most of them."""
    names = _names(comparison, checks)
    sources = [source for check in checks for source in _sources(check, names[_series(check)])]
    order = [name for pair in names.values() for name in pair]
    return charts_of(sources, list(dict.fromkeys(order)))


def _telling(checks: Iterable[ComparedCheck]) -> set[tuple[str, str, str]]:
    """The functions, dtypes and quantities whose errors are not spread as before."""
    return {_panel(check) for check in checks if check.spreads[0] != check.spreads[1]}


def _panel(check: ComparedCheck) -> tuple[str, str, str]:
    return check.function, check.dtype, check.quantity


def _series(check: ComparedCheck) -> _Series:
    return check.backend, check.setting


def _names(comparison: Comparison, checks: Iterable[ComparedCheck]) -> dict[_Series, tuple[str, str]]:
    """What the errors of a backend in a setting are called, before and now; what there are several of is told."""
    series = dict.fromkeys(map(_series, checks))
    settings = {setting for _, setting in series}
    versions = {backend.name: (backend.old, backend.new) for backend in comparison.backends}
    return {
        (name, setting): (
            _name("before", name, versions.get(name, ("", ""))[0], distinct_words(setting, settings)),
            _name("now", name, versions.get(name, ("", ""))[1], distinct_words(setting, settings)),
        )
        for name, setting in series
    }


def _name(when: str, backend: str, version: str | None, setting: str) -> str:
    return brief(f"{when}: {backend} {version or ''} {setting}", NAME_LENGTH)


def _sources(check: ComparedCheck, names: tuple[str, str]) -> Iterator[Series]:
    for name, spread in zip(names, check.spreads, strict=True):
        if spread is not None:
            yield Series(name, check.function, check.dtype, check.quantity, spread)
