"""Pictures of a comparison: the errors of both versions in one picture, for all that changed."""

from __future__ import annotations

from collections.abc import Sequence

from ..comparison.model import ComparedCheck, Comparison
from ..record.words import brief
from .charts import NAME_LENGTH, Chart, Series, charts_of, distinct_words, rank
from .picture import Picture, pictures_of

NOTE = "Drawn are the checks in which something changed."


def comparison_pictures(comparison: Comparison) -> tuple[Picture, ...]:
    """Return the pictures of a comparison, by function; none where no spread of errors changed."""
    changed = {_panel(check) for check in comparison.checks if check.spreads[0] != check.spreads[1]}
    functions: dict[str, list[ComparedCheck]] = {}
    for check in comparison.checks:
        if _panel(check) in changed:
            functions.setdefault(check.function, []).append(check)
    charts = [chart for checks in functions.values() for chart in _charts(comparison, checks)]
    return pictures_of(sorted(charts, key=rank), NOTE)


def _panel(check: ComparedCheck) -> tuple[str, str, str]:
    return check.function, check.dtype, check.quantity


def _charts(comparison: Comparison, checks: Sequence[ComparedCheck]) -> list[Chart]:
    """The charts of one function: before and now have the same colours in most of them."""
    versions = {backend.name: (backend.old, backend.new) for backend in comparison.backends}
    settings = {check.setting for check in checks if any(check.spreads)}
    sources, names = [], dict[str, None]()
    for check in (check for check in checks if any(check.spreads)):
        setting = distinct_words(check.setting, settings)
        before_and_now = zip(("before", "now"), versions.get(check.backend, ("", "")), check.spreads, strict=True)
        for when, version, spread in before_and_now:
            name = brief(f"{when}: {check.backend} {version or ''} {setting}", NAME_LENGTH)
            names[name] = None
            if spread is not None:
                sources.append(Series(name, check, spread))
    return charts_of(sources, list(names))
