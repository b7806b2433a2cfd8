"""Changes for the page: what results were before and are now, by which inputs, and where else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from logitproof.reference import FORMATS

from ..comparison.groups import ChangeGroup, CheckChange, Weight
from ..pictures.picture import Picture
from ..record.hexfloat import measure
from ..record.words import brief, quantity_words

IN_FULL: Mapping[Weight, int | None] = {"worse": 200, "changed": 40, "better": 20}
"""So many groups of a weight have a section each; the rest a line each."""
HEADINGS: Mapping[Weight, str] = {"worse": "Became worse", "changed": "Changed otherwise", "better": "Became better"}


@dataclass(frozen=True)
class ChangeSection:
    """One group of changes as the page tells it in full.

    Attributes:
        group: the group.
        reasons: why its checks have no results, where they have none.
        examples: elements that have the change, by what each is an example of.
        pictures: those of its function.
        script: the reproducer, where there is one.
    """

    group: ChangeGroup
    reasons: tuple[str, ...]
    examples: Mapping[str, CheckChange]
    pictures: tuple[Picture, ...]
    script: str | None


@dataclass(frozen=True)
class ChangeChapter:
    """The groups of one weight: in full, and those that have a line each."""

    weight: Weight
    heading: str
    sections: tuple[ChangeSection, ...]
    lines: tuple[ChangeGroup, ...]


def change_chapters(
    groups: Sequence[ChangeGroup], scripts: Mapping[str, str], pictures: Sequence[Picture]
) -> tuple[ChangeChapter, ...]:
    """Return the groups of changes for the page, the gravest chapter first."""
    result = []
    for weight, cut in IN_FULL.items():
        chosen = [group for group in groups if group.weight == weight]
        sections = tuple(_section(group, scripts, pictures) for group in chosen[:cut])
        if chosen:
            result.append(ChangeChapter(weight, HEADINGS[weight], sections, tuple(chosen[cut:])))
    return tuple(result)


def group_title(group: ChangeGroup) -> str:
    """Return what a group is about, e.g. "softmax, gradient by logits"."""
    function, quantity = brief(group.function, 120), quantity_words(group.quantity)
    return function if quantity == "value" else f"{function}, {quantity}"


def lost_digits(ulps: str, dtype: str) -> int:
    """Return the share of the digits of a result that are wrong, in percent: 100 where none is right."""
    known = FORMATS.get(dtype)
    number = measure(ulps)
    if known is None or not math.isfinite(number):
        return 100 if known else 0
    return round(100 * min(math.log2(1 + number) / known.precision, 1.0))


def _section(group: ChangeGroup, scripts: Mapping[str, str], pictures: Sequence[Picture]) -> ChangeSection:
    simplest, largest = group.simplest, group.largest
    shown = {"simplest input": simplest, "largest change": largest}
    if simplest is largest:
        shown = {"largest change" if len(group.members) > 1 else "example": largest}
    with_script = next((member.key for member in (simplest, largest, *group.members) if member.key in scripts), None)
    return ChangeSection(
        group=group,
        reasons=tuple(dict.fromkeys(member.check.reason for member in group.members if member.check.reason)),
        examples={name: member for name, member in shown.items() if member.example},
        pictures=tuple(picture for picture in pictures if picture.function == group.function),
        script=None if with_script is None else scripts[with_script],
    )
