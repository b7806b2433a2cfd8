"""All checks of a comparison as data in the page, which a script draws page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from markupsafe import Markup

from ..comparison.groups import KINDS, WEIGHTS, ChangeGroup, gravest, weight_of
from ..comparison.model import ComparedCheck, Comparison
from ..comparison.words import result_words, severity_words, ulps_words
from ..findings.settings import mode_words
from ..record.setting import Setting
from ..record.words import brief, clean, is_number, parameters_words
from .checks import Vocabulary, embeddable, short_inputs, sortable
from .comparison_map import SIGNS, UNCOMPARED, weight_class


def embedded_comparison(comparison: Comparison, groups: Sequence[ChangeGroup]) -> Markup:
    """Return the checks, and what the filters need to know of the groups of changes, as JSON that can stand in HTML."""
    words = Vocabulary()
    anchors = _anchors(groups)
    mode_of = mode_words(check.setting for check in comparison.checks)
    return embeddable(
        {
            "weights": WEIGHTS,
            "signs": [SIGNS[weight] for weight in WEIGHTS],
            "classes": [weight_class(weight) for weight in WEIGHTS],
            "kinds": KINDS,
            "checks": [_check(check, words, mode_of, anchors.get(check.id, [])) for check in comparison.checks],
            "changes": [_group(group, words, mode_of) for group in groups],
            "words": words.texts,
        }
    )


def _anchors(groups: Iterable[ChangeGroup]) -> dict[str, list[str]]:
    """Which groups each check belongs to."""
    anchors: dict[str, dict[str, None]] = {}
    for group in groups:
        for member in group.members:
            anchors.setdefault(member.check.id, {})[group.anchor] = None
    return {check: list(of_check) for check, of_check in anchors.items()}


def _check(check: ComparedCheck, words: Vocabulary, mode_of: Callable[[Setting], str], anchors: list[str]) -> list[Any]:
    """One check as a row; templates/comparison.js names the columns in the same order."""
    worst = gravest(check)
    changed = 0 if not check.by_element else check.elements - _identical(check)
    return [
        clean(check.id),
        words.number(check.backend),
        words.number(check.function),
        words.number(check.dtype),
        words.number(mode_of(check.setting)),
        words.number(brief(check.entry_point)),
        words.number(check.quantity),
        words.number(check.input_class),
        words.number(brief(parameters_words(check.parameters))),
        words.number(check.device),
        words.number(_statuses(check)),
        words.number(brief(check.reason or "")),
        words.number(worst.kind if worst else UNCOMPARED),
        WEIGHTS.index(weight_of(worst)) if worst else -1,
        sortable(check.worst[0]),
        sortable(check.worst[1]),
        sortable(worst.largest.ulps if worst and worst.largest else None),
        max(changed, 0),
        check.elements if check.by_element else -1,
        [[KINDS.index(change.kind), WEIGHTS.index(weight_of(change)), change.elements] for change in check.changes],
        anchors,
        words.number(brief(check.old_entry_point or "")),
        _example(check),
    ]


def _identical(check: ComparedCheck) -> int:
    return sum(change.elements for change in check.changes if change.kind == "identical")


def _statuses(check: ComparedCheck) -> str:
    before, after = (status or "absent" for status in check.statuses)
    return before if before == after else f"{before} → {after}"


def _example(check: ComparedCheck) -> list[Any]:
    worst = gravest(check)
    example = worst.largest if worst else None
    if example is None:
        return []
    return [
        short_inputs(example.inputs),
        *_written(example.before, check.dtype),
        *_written(example.after, check.dtype),
        brief(example.expected.decimal),
        ulps_words(example.before_ulps),
        ulps_words(example.after_ulps),
        severity_words(example),
    ]


def _written(text: str, dtype: str) -> tuple[str, str]:
    return (result_words(text, dtype), clean(text)) if is_number(text) else (brief(text), "")


def _group(group: ChangeGroup, words: Vocabulary, mode_of: Callable[[Setting], str]) -> list[Any]:
    """What the filters compare: anchor, kind and weight, and the texts by number."""
    return [
        group.anchor,
        KINDS.index(group.kind),
        WEIGHTS.index(group.weight),
        words.number(group.backend),
        words.number(group.function),
        [words.number(text) for text in group.dtypes],
        [words.number(text) for text in dict.fromkeys(mode_of(member.check.setting) for member in group.members)],
        words.number(brief(group.entry_point)),
    ]
