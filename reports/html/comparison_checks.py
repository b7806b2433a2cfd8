"""All checks of a comparison as data in the page, which a script draws page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from ..comparison.groups import KINDS, WEIGHTS, ChangeGroup, gravest, weight_of
from ..comparison.model import ChangeExample, ComparedCheck, Comparison
from ..comparison.words import result_words, severity_words, ulps_words
from ..findings.settings import mode_words
from ..record.setting import Setting
from ..record.words import brief, clean, is_number
from .checks import Vocabulary, anchors_by_check, embeddable, identity_columns, section_columns, short_inputs, sortable
from .comparison_map import SIGNS, UNCOMPARED, weight_class


def embedded_comparison(comparison: Comparison, groups: Sequence[ChangeGroup]) -> Markup:
    """Return the checks, and what the filters need to know of the groups of changes, as JSON that can stand in HTML."""
    words = Vocabulary()
    anchors = anchors_by_check((member.check.id, group.anchor) for group in groups for member in group.members)
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


def _group(group: ChangeGroup, words: Vocabulary, mode_of: Callable[[Setting], str]) -> list[Any]:
    modes = dict.fromkeys(mode_of(member.check.setting) for member in group.members)
    names = ([group.function], group.dtypes, modes, [brief(group.entry_point)])
    columns = section_columns(group.anchor, group.backend, names, words)
    return [*columns, KINDS.index(group.kind), WEIGHTS.index(group.weight)]


def _check(check: ComparedCheck, words: Vocabulary, mode_of: Callable[[Setting], str], anchors: list[str]) -> list[Any]:
    """One check as a row; templates/comparison.js names the columns in the same order."""
    worst = gravest(check)
    identical = sum(change.elements for change in check.changes if change.kind == "identical")
    before, after = (status or "absent" for status in check.statuses)
    return [
        *identity_columns(check, check.backend, words, mode_of),
        words.number(before if before == after else f"{before} → {after}"),
        words.number(brief(check.reason or "")),
        words.number(worst.kind if worst else UNCOMPARED),
        WEIGHTS.index(weight_of(worst)) if worst else -1,
        sortable(check.worst[0]),
        sortable(check.worst[1]),
        sortable(worst.largest.ulps if worst and worst.largest else None),
        max(check.elements - identical, 0) if check.by_element else 0,
        check.elements if check.by_element else -1,
        [[KINDS.index(change.kind), WEIGHTS.index(weight_of(change)), change.elements] for change in check.changes],
        anchors,
        words.number(brief(check.old_entry_point or "")),
        _example(worst.largest, check.dtype) if worst and worst.largest else [],
    ]


def _example(example: ChangeExample, dtype: str) -> list[Any]:
    return [
        short_inputs(example.inputs),
        *_written(example.before, dtype),
        *_written(example.after, dtype),
        brief(example.expected.decimal),
        ulps_words(example.before_ulps),
        ulps_words(example.after_ulps),
        severity_words(example),
    ]


def _written(text: str, dtype: str) -> tuple[str, str]:
    return (result_words(text, dtype), clean(text)) if is_number(text) else (brief(text), "")
