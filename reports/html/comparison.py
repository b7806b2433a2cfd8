"""comparison.html: two runs held against each other, as one page that needs nothing but a browser."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from markupsafe import Markup

from ..comparison.groups import KINDS, WEIGHTS, Weight, change_groups, gravest, kind_tallies, weight_of
from ..comparison.model import (
    CHANGE_MEANINGS,
    ENTRY_POINT_MEANINGS,
    OUTCOME_MEANINGS,
    ComparedCheck,
    Comparison,
    EntryPointChange,
    PropertyChange,
    is_newly_broken,
)
from ..comparison.words import (
    WEIGHT_WORDS,
    answer_sentence,
    backend_titles,
    broken_properties,
    change_phrase,
    entry_point_words,
    environment_facts,
    group_extent,
    incomplete_sentence,
    outcome_sentences,
    property_words,
    result_words,
    seconds_words,
    severity_word,
    slowest_first,
    speed_ratio,
    uncompared_reasons,
    where_words,
)
from ..pictures.comparison import comparison_pictures
from ..record.words import clean
from .comparison_changes import change_chapters, group_title, lost_digits
from .comparison_checks import embedded_comparison
from .comparison_map import SIGNS, UNCOMPARED, comparison_maps, weight_class
from .page import asset, choices_of, environment, policy
from .text import checks_link

TIMINGS_SHOWN = 500
"""So many entry points are in the table of times."""


@dataclass(frozen=True)
class BackendLine:
    """What became of one backend: by weight, the functions with the dtypes and a link to the checks of each.

    `environments` is what differs between what it ran on and with, before and now; `shared` what does not.
    """

    title: str
    environments: tuple[str, str]
    shared: str
    functions: Mapping[Weight, tuple[tuple[str, tuple[str, ...], str], ...]]
    checks: int
    uncompared: int
    results: int


def comparison_html(comparison: Comparison, scripts: Mapping[str, str]) -> str:
    """Return the page that tells a comparison: one file, without any address that it loads something from.

    Args:
        comparison: the comparison to tell.
        scripts: the stand-alone scripts of changes, by `change_key`; a change without one shows none.
    """
    return environment().get_template("comparison.html").render(_context(comparison, scripts))


def _context(comparison: Comparison, scripts: Mapping[str, str]) -> dict[str, Any]:
    groups = change_groups(comparison)
    drawn = comparison_pictures(comparison)
    script = asset("page.js") + asset("comparison.js")
    return {
        "comparison": comparison,
        "incomplete": incomplete_sentence(comparison),
        "sentences": outcome_sentences(comparison),
        "answer": answer_sentence(comparison),
        "results": sum(check.elements for check in comparison.checks),
        "backends": [_backend(comparison, name, title) for name, title in backend_titles(comparison).items()],
        "worse": [group for group in groups if group.is_regression],
        "gone": [change for change in comparison.entry_points if change.kind == "removed"],
        "broken": broken_properties(comparison),
        "kinds": kind_tallies(comparison),
        "by_errors": sum(not check.by_element and bool(check.changes) for check in comparison.checks),
        "uncompared": uncompared_reasons(comparison),
        "maps": comparison_maps(comparison),
        "map_caption": "What became",
        "map_key": "comparison-map-key.html",
        "section": "change",
        "largest": "change",
        "check_count": len(comparison.checks),
        "data_file": "logitproof compare --format json",
        "data_words": "writes what",
        "chapters": change_chapters(groups, scripts, drawn),
        "pictures": drawn,
        "properties": sorted(comparison.properties, key=lambda change: not is_newly_broken(change)),
        "timings": slowest_first(comparison.timings)[:TIMINGS_SHOWN],
        "data": embedded_comparison(comparison, groups),
        "choices": _choices(comparison),
        "style": Markup(asset("report.css") + asset("comparison.css")),  # noqa: S704 - our own style sheets
        "script": Markup(script),  # noqa: S704 - our own script
        "policy": policy(script),
        "signs": SIGNS,
        "weights": WEIGHTS,
        "weight_words": WEIGHT_WORDS,
        "weight_class": weight_class,
        "outcome_meanings": OUTCOME_MEANINGS,
        "entry_point_meanings": ENTRY_POINT_MEANINGS,
        "entry_point_words": entry_point_words,
        "property_words": property_words,
        "where_words": where_words,
        "newly_broken": is_newly_broken,
        "checks_link": checks_link,
        "seconds_words": seconds_words,
        "share_words": _share_words,
        "speed_ratio": speed_ratio,
        "change_meanings": CHANGE_MEANINGS,
        "change_phrase": change_phrase,
        "group_title": group_title,
        "group_extent": group_extent,
        "lost_digits": lost_digits,
        "result_words": result_words,
        "severity_word": severity_word,
        "anchor_of": _anchor,
    }


def _choices(comparison: Comparison) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: values, and the words for them."""
    titles = backend_titles(comparison)
    kinds = {change.kind for check in comparison.checks for change in check.changes}
    weights = {weight_of(change) for check in comparison.checks for change in check.changes}
    return {
        "backend": [(clean(check), titles[check]) for check in dict.fromkeys(c.backend for c in comparison.checks)],
        **choices_of(comparison.checks),
        "change": [
            *((weight, f"anything that {WEIGHT_WORDS[weight]}") for weight in WEIGHTS if weight in weights),
            *((kind, kind) for kind in KINDS if kind in kinds and kind != "identical"),
            *([(UNCOMPARED, UNCOMPARED)] if any(not check.changes for check in comparison.checks) else []),
        ],
    }


def _share_words(percent: float) -> str:
    """Return a share for people: never 0 % of what is there, nor 100 % of what is not all."""
    if percent < 0.01:
        return "< 0.01 %"
    if 99.99 <= percent < 100:
        return "> 99.99 %"
    return f"{percent:.3g} %" if percent < 100 else "100 %"


def _backend(comparison: Comparison, name: str, title: str) -> BackendLine:
    checks = [check for check in comparison.checks if check.backend == name]
    environments = next((backend.environments for backend in comparison.backends if backend.name == name), (None, None))
    was, now = map(environment_facts, environments)
    return BackendLine(
        title=title,
        environments=(
            ", ".join(fact for fact in was if fact not in now),
            ", ".join(fact for fact in now if fact not in was),
        ),
        shared=", ".join(fact for fact in was if fact in now),
        functions={weight: tuple(_functions(checks, name, weight)) for weight in WEIGHTS},
        checks=len(checks),
        uncompared=sum(not check.changes for check in checks),
        results=sum(check.elements for check in checks),
    )


def _functions(
    checks: Sequence[ComparedCheck], backend: str, weight: Weight
) -> Iterable[tuple[str, tuple[str, ...], str]]:
    """The functions whose gravest change in some dtypes has a weight, these dtypes, and a link to the checks."""
    weights: dict[tuple[str, str], Weight] = {}
    for check in checks:
        worst = gravest(check)
        if worst is not None:
            key = check.function, check.dtype
            weights[key] = min(weight_of(worst), weights.get(key, "same"), key=WEIGHTS.index)
    dtypes: dict[str, list[str]] = {}
    for (function, dtype), gravest_weight in weights.items():
        if gravest_weight == weight:
            dtypes.setdefault(function, []).append(dtype)
    for function, changed_dtypes in dtypes.items():
        only = clean(changed_dtypes[0]) if len(changed_dtypes) == 1 else ""
        link = checks_link(backend=clean(backend), function=clean(function), dtype=only, change=weight)
        yield function, tuple(changed_dtypes), link


def _anchor(change: EntryPointChange | PropertyChange) -> str:
    """The id of the line that tells a change: the same in every comparison that has it."""
    if isinstance(change, PropertyChange):
        return f"property-{change.id}"
    key = msgspec.json.encode((change.kind, change.backend, change.entry_point))
    return f"entry-point-{hashlib.sha256(key).hexdigest()[:12]}"
