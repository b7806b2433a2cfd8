"""Changes for the page: what results were before and are now, by which inputs, and where else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from logitproof.reference import FORMATS

from ..comparison.groups import ChangeGroup, CheckChange, Weight
from ..comparison.model import CHANGE_MEANINGS, ChangeExample
from ..comparison.words import change_phrase, group_extent, result_words, severity_word, ulps_words
from ..pictures.picture import Picture
from ..record.hexfloat import measure
from ..record.model import Severity
from ..record.words import brief, clean, is_number, parameters_words, quantity_words
from .mathematics import Mathematics, mathematics
from .operands import Operand, enclosure_words, operands_of
from .text import STEADY_CHARACTERS

IN_FULL: Mapping[Weight, int | None] = {"worse": 200, "changed": 40, "better": 20}
"""So many groups of a weight have a section each; the rest a line each."""
CHECKS_SHOWN = 12
"""So many checks are in the table of where; the rest is a link."""
NO_NUMBER = "no number"
"""What is said of a distance that no number measures."""
HEADINGS: Mapping[Weight, str] = {"worse": "Became worse", "changed": "Changed otherwise", "better": "Became better"}


@dataclass(frozen=True)
class Value:
    """A result: in decimal and in hex, how far it is off, how grave that is, and how much of it is wrong.

    `lost` is the share of its digits that are wrong, in percent: 0 for a rounding error, 100 where none is right.
    """

    decimal: str
    hexadecimal: str
    error: str
    severity: Severity | None
    said: str
    lost: int


@dataclass(frozen=True)
class ShownExample:
    """One element before and after, as the page tells it."""

    name: str
    check: str
    dtype: str
    mode: str
    device: str
    batch: str
    keywords: str
    operands: tuple[Operand, ...]
    element: str
    before: Value
    after: Value
    exact: str
    enclosure: str
    change: str


@dataclass(frozen=True)
class Where:
    """A check that has the change."""

    check: str
    dtype: str
    mode: str
    keywords: str
    input_class: str
    results: str
    errors: tuple[str, str]
    change: str
    reason: str


@dataclass(frozen=True)
class ChangeSection:
    """One group of changes as the page tells it."""

    group: ChangeGroup
    title: str
    phrase: str
    meaning: str
    extent: str
    reason: str
    formula: Mathematics | None
    examples: tuple[ShownExample, ...]
    checks: tuple[Where, ...]
    checks_left: int
    pictures: tuple[Picture, ...]
    script: str | None


@dataclass(frozen=True)
class ChangeChapter:
    """The groups of one weight: in full, and a line each."""

    weight: Weight
    heading: str
    sections: tuple[ChangeSection, ...]
    lines: tuple[tuple[ChangeGroup, str, str], ...]

    @property
    def count(self) -> int:
        """How many groups it has."""
        return len(self.sections) + len(self.lines)


def change_chapters(
    groups: Sequence[ChangeGroup], scripts: Mapping[str, str], pictures: Sequence[Picture]
) -> tuple[ChangeChapter, ...]:
    """Return the groups of changes for the page, the gravest chapter first."""
    all_chapters = (_chapter(weight, groups, scripts, pictures) for weight in IN_FULL)
    return tuple(chapter for chapter in all_chapters if chapter.count)


def group_title(group: ChangeGroup) -> str:
    """Return what a group is about, e.g. "softmax, gradient by logits"."""
    function, quantity = brief(group.function, 120), quantity_words(group.quantity)
    return function if quantity == "value" else f"{function}, {quantity}"


def _chapter(
    weight: Weight, groups: Sequence[ChangeGroup], scripts: Mapping[str, str], pictures: Sequence[Picture]
) -> ChangeChapter:
    chosen = [group for group in groups if group.weight == weight]
    cut = IN_FULL[weight]
    return ChangeChapter(
        weight,
        HEADINGS[weight],
        tuple(_section(group, scripts, pictures) for group in chosen[:cut]),
        tuple((group, f"{group_title(group)} {change_phrase(group)}", group_extent(group)) for group in chosen[cut:]),
    )


def _section(group: ChangeGroup, scripts: Mapping[str, str], pictures: Sequence[Picture]) -> ChangeSection:
    simplest, largest = group.simplest, group.largest
    shown = {"simplest input": simplest, "largest change": largest}
    if simplest is largest:
        shown = {"largest change" if len(group.members) > 1 else "example": largest}
    with_script = next((member.key for member in (simplest, largest, *group.members) if member.key in scripts), None)
    reasons = dict.fromkeys(member.check.reason for member in group.members if member.check.reason)
    return ChangeSection(
        group=group,
        title=group_title(group),
        phrase=change_phrase(group),
        meaning=CHANGE_MEANINGS[group.kind],
        extent=group_extent(group),
        reason=brief("; ".join(reasons), STEADY_CHARACTERS),
        formula=mathematics(group.function, group.quantity),
        examples=tuple(_example(name, member, member.example) for name, member in shown.items() if member.example),
        checks=tuple(_where(member) for member in group.members[:CHECKS_SHOWN]),
        checks_left=max(len(group.members) - CHECKS_SHOWN, 0),
        pictures=tuple(picture for picture in pictures if picture.function == group.function),
        script=None if with_script is None else scripts[with_script],
    )


def _example(name: str, check_change: CheckChange, example: ChangeExample) -> ShownExample:
    check = check_change.check
    return ShownExample(
        name=name,
        check=check.id,
        dtype=brief(check.dtype, 40),
        mode=brief(check.mode, 80),
        device=brief(check.device, 80),
        batch=brief(example.batch),
        keywords=brief(parameters_words(example.parameters)),
        operands=operands_of(example.inputs),
        element=str(list(example.index)) if example.index else "",
        before=_value(example.before, example.before_ulps, example.before_severity, check.dtype),
        after=_value(example.after, example.after_ulps, example.after_severity, check.dtype),
        exact=brief(example.expected.decimal),
        enclosure=enclosure_words(example.expected),
        change=ulps_words(example.ulps) or NO_NUMBER,
    )


def _value(text: str, ulps: str, severity: Severity | None, dtype: str) -> Value:
    is_measured = is_number(text)
    return Value(
        decimal=result_words(text, dtype) if is_measured else brief(text),
        hexadecimal=clean(text) if is_measured else "",
        error=ulps_words(ulps),
        severity=severity,
        said=severity_word(severity),
        lost=_lost(ulps, dtype),
    )


def _lost(ulps: str, dtype: str) -> int:
    """The share of the digits of a result that are wrong, in percent."""
    known = FORMATS.get(dtype)
    number = measure(ulps)
    if known is None or not math.isfinite(number):
        return 100 if known else 0
    return round(100 * min(math.log2(1 + number) / known.precision, 1.0))


def _where(check_change: CheckChange) -> Where:
    check, example = check_change.check, check_change.example
    keywords = parameters_words(check.parameters)
    return Where(
        check=quote(check.id, safe=""),
        dtype=brief(check.dtype, 40),
        mode=brief(check.mode, 80),
        keywords=brief(keywords, 120),
        input_class=brief(check.input_class, 120),
        results=f"{check_change.change.elements:,}" if check.by_element else "",
        errors=(_worst(check.worst[0]), _worst(check.worst[1])),
        change=(ulps_words(example.ulps) or NO_NUMBER) if example else "",
        reason=brief(check.reason or ""),
    )


def _worst(text: str | None) -> str:
    if text is None:
        return ""
    return ulps_words(text) or NO_NUMBER
