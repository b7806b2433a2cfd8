"""All checks as data in the page: a script draws them page by page, for 10,000 table rows would be slow to open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from ..comparison.model import ComparedCheck
from ..findings.findings import Finding
from ..findings.overview import standing
from ..findings.settings import mode_words
from ..record.array import Array
from ..record.hexfloat import measure
from ..record.model import SEVERITIES, TIERS, Check, Record
from ..record.setting import Setting
from ..record.words import array_words, backend_title, brief, clean, magnitude, parameters_words
from .map import LETTERS, worst_tier
from .text import decimal

INPUT_ELEMENTS = 4
"""So many numbers of an input are shown in the table; a finding's section shows more, the record all."""

_HARMLESS = str.maketrans(
    {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029", "'": r"\u0027"}
)


class Vocabulary:
    """Texts by number: a record has few different ones, many times each."""

    def __init__(self) -> None:
        """Begin with no text."""
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of `text`, a new one where it was not there."""
        return self._numbers.setdefault(clean(text), len(self._numbers))

    @property
    def texts(self) -> list[str]:
        """The texts in the order of their numbers."""
        return list(self._numbers)


def embedded(record: Record, shown: Sequence[Finding]) -> Markup:
    """Return the checks, and what the filters need to know of the findings shown, as JSON that can stand in HTML."""
    words = Vocabulary()
    anchors = anchors_by_check((each.check, finding.anchor) for finding in shown for each in finding.discrepancies)
    mode_of = mode_words(check.setting for check in record.checks)
    data = {
        "severities": SEVERITIES,
        "tiers": [LETTERS[tier] for tier in TIERS],
        "checks": [_check(check, words, mode_of, anchors.get(check.id, [])) for check in record.checks],
        "findings": [_finding(finding, words, mode_of) for finding in shown],
        "words": words.texts,
    }
    return embeddable(data)


def embeddable(data: object) -> Markup:
    """Return data as JSON that can stand in HTML."""
    # No character that could end the element, open another or a comment: in JSON they all stand inside strings.
    return Markup(msgspec.json.encode(data).decode().translate(_HARMLESS))  # noqa: S704 - nothing to escape is left


def anchors_by_check(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the anchors of the sections that each check belongs to, from pairs of a check's id and an anchor."""
    anchors: dict[str, dict[str, None]] = {}
    for check, anchor in pairs:
        anchors.setdefault(check, {})[anchor] = None
    return {check: list(of_check) for check, of_check in anchors.items()}


def identity_columns(
    check: Check | ComparedCheck, backend: str, words: Vocabulary, mode_of: Callable[[Setting], str]
) -> list[Any]:
    """Return what the row of a check begins with, on either page."""
    texts = (
        backend,
        check.function,
        check.dtype,
        mode_of(check.setting),
        brief(check.entry_point),
        check.quantity,
        check.input_class,
        brief(parameters_words(check.parameters)),
        check.device,
    )
    return [clean(check.id), *map(words.number, texts)]


def section_columns(anchor: str, backend: str, names: Iterable[Iterable[str]], words: Vocabulary) -> list[Any]:
    """Return what filters compare of a section of either page: `names` are functions, dtypes, modes, entry points."""
    return [anchor, words.number(backend), *([words.number(text) for text in texts] for texts in names)]


def _finding(finding: Finding, words: Vocabulary, mode_of: Callable[[Setting], str]) -> list[Any]:
    modes = dict.fromkeys(mode_of(discrepancy.setting) for discrepancy in finding.discrepancies)
    names = (finding.functions, finding.dtypes, modes, map(brief, finding.entry_points))
    return [*section_columns(finding.anchor, finding.title, names, words), SEVERITIES.index(finding.severity)]


def _check(check: Check, words: Vocabulary, mode_of: Callable[[Setting], str], anchors: list[str]) -> list[Any]:
    """One check as a row; templates/report.js names the columns in the same order."""
    tier = worst_tier([check])
    worst = check.worst_ulps
    return [
        *identity_columns(check, backend_title(check), words, mode_of),
        words.number(standing(check)),
        words.number(brief(check.reason or "")),
        TIERS.index(tier) if tier else -1,
        sortable(worst.ulps if worst else None),
        sortable(check.worst_ratio.bound_ratio if check.worst_ratio else None),
        [check.severities.get(severity, 0) for severity in SEVERITIES],
        [check.tiers.get(tier, 0) for tier in TIERS],
        check.cases,
        check.elements,
        words.number(brief(check.coverage or "")),
        anchors,
        [short_inputs(worst.inputs), decimal(worst.observed, check.dtype), clean(worst.observed), clean(worst.expected)]
        if worst
        else [],
    ]


def sortable(text: str | None) -> list[Any]:
    """Return an error as a number to sort by and as the words to show; JSON has no infinity."""
    if text is None:
        return []
    number = measure(text)
    return [min(number, 1.7e308), magnitude(text)]


def short_inputs(inputs: Mapping[str, Array]) -> str:
    """Return the arguments of a case, long ones cut."""
    return ", ".join(f"{clean(name)} = {_short(array)}" for name, array in inputs.items())


def _short(array: Array) -> str:
    """An input for people, by way of numbers that were written before: most come back many times."""
    if array.values is None or array.dtype == "int64" or len(array.shape) > 1:
        return array_words(array, INPUT_ELEMENTS)
    numbers = [decimal(text, array.dtype) for text in array.values[:INPUT_ELEMENTS]]
    if not array.shape:
        return numbers[0]
    if len(array.values) > INPUT_ELEMENTS and len(set(array.values)) == 1:
        return f"[{len(array.values)} times {numbers[0]}]"
    more = f", … {len(array.values)} in all" if len(array.values) > INPUT_ELEMENTS else ""
    return f"[{', '.join(numbers)}{more}]"
