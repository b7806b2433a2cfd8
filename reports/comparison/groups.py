"""Changes of a comparison, grouped: those of one quantity of one entry point that changed in one way are told once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from ..record.hexfloat import measure
from ..record.setting import Setting
from .model import (
    CHANGE_MEANINGS,
    SEVERITY_RANKS,
    Change,
    ChangeExample,
    ChangeKind,
    ComparedCheck,
    Comparison,
    change_key,
)

KINDS: tuple[ChangeKind, ...] = tuple(CHANGE_MEANINGS)
"""What may have become of a result, the gravest first."""

Weight = Literal["worse", "changed", "better", "same"]
WEIGHTS: tuple[Weight, ...] = ("worse", "changed", "better", "same")
"""What a change amounts to, the gravest first."""


@dataclass(frozen=True)
class CheckChange:
    """A change, and the check that has it."""

    check: ComparedCheck
    change: Change

    @property
    def example(self) -> ChangeExample | None:
        """The element that is shown; None where there is none."""
        return self.change.largest

    @property
    def key(self) -> str:
        """The name of the change, the same in every comparison that has it."""
        return change_key(self.check, self.change)

    @property
    def weight(self) -> Weight:
        """What the change amounts to."""
        return weight_of(self.change)


@dataclass(frozen=True)
class ChangeGroup:
    """The changes of one kind and weight that one quantity of an entry point has, over all of its checks.

    Attributes:
        anchor: a name for links, the same in every comparison that has this group.
        members: the changes and the checks that have them, those of the simplest inputs first.
        examined: the settings that their backend was examined in.
    """

    anchor: str
    members: tuple[CheckChange, ...]
    examined: tuple[Setting, ...] = ()

    @property
    def simplest(self) -> CheckChange:
        """The one to show: of the simplest inputs the one that changed most."""
        return self.members[0]

    @property
    def largest(self) -> CheckChange:
        """The one that changed most."""
        return max(self.members, key=extent_of)

    @property
    def kind(self) -> ChangeKind:
        """What became of the results."""
        return self.simplest.change.kind

    @property
    def weight(self) -> Weight:
        """What that amounts to."""
        return self.simplest.weight

    @property
    def is_regression(self) -> bool:
        """Whether it makes the comparison a regression."""
        return self.weight == "worse"

    @property
    def backend(self) -> str:
        """The name of the backend, without a version; so the following."""
        return self.simplest.check.backend

    @property
    def function(self) -> str:
        """The function."""
        return self.simplest.check.function

    @property
    def entry_point(self) -> str:
        """The entry point, by its newer name."""
        return self.simplest.check.entry_point

    @property
    def quantity(self) -> str:
        """The quantity."""
        return self.simplest.check.quantity

    @property
    def elements(self) -> int:
        """How many results changed so; 0 where only largest errors were compared."""
        return sum(member.change.elements for member in self.members if member.check.by_element)

    @property
    def checks(self) -> int:
        """How many checks have such a change."""
        return len({member.check.id for member in self.members})

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes concerned, in order of appearance."""
        return tuple(dict.fromkeys(member.check.dtype for member in self.members))

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The settings concerned, where the backend was examined in several; else none: there is nothing to tell."""
        settings = dict.fromkeys(member.check.setting for member in self.members)
        return tuple(settings) if len({*settings, *self.examined}) > 1 else ()

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes concerned, in order of appearance."""
        return tuple(dict.fromkeys(member.check.mode for member in self.members))


@dataclass(frozen=True)
class KindTally:
    """How often results changed in one way, and where they changed most.

    Attributes:
        kind: what became of them.
        weight: what that amounts to.
        checks: how many checks have such a change.
        elements: how many results changed so, where results were compared.
        largest: the one that changed most, and its check.
    """

    kind: ChangeKind
    weight: Weight
    checks: int
    elements: int
    largest: CheckChange


def weight_of(change: Change) -> Weight:
    """Return what a change amounts to."""
    if change.kind == "identical":
        return "same"
    if change.is_regression:
        return "worse"
    return "better" if change.is_improvement else "changed"


def gravest(check: ComparedCheck) -> Change | None:
    """Return the gravest change of a check; None where nothing could be compared."""
    return min(check.changes, key=_gravity, default=None)


def change_groups(comparison: Comparison) -> tuple[ChangeGroup, ...]:
    """Return all changes but what is identical, grouped, the gravest group first."""
    settings: dict[str, dict[Setting, None]] = {}
    for check in comparison.checks:
        settings.setdefault(check.backend, {})[check.setting] = None
    groups: dict[tuple[str, ...], list[CheckChange]] = {}
    for check in comparison.checks:
        for change in check.changes:
            check_change = CheckChange(check, change)
            if change.kind != "identical":
                groups.setdefault(_key(check_change), []).append(check_change)
    grouped = (
        ChangeGroup(_anchor(key), tuple(sorted(members, key=_simplicity)), tuple(settings[members[0].check.backend]))
        for key, members in groups.items()
    )
    return tuple(sorted(grouped, key=_rank))


def kind_tallies(comparison: Comparison) -> tuple[KindTally, ...]:
    """Return a tally for every kind and weight of change that occurs, the gravest first."""
    by_kind: dict[tuple[Weight, ChangeKind], list[CheckChange]] = {}
    for check in comparison.checks:
        for change in check.changes:
            by_kind.setdefault((weight_of(change), change.kind), []).append(CheckChange(check, change))
    order = sorted(by_kind, key=lambda key: (WEIGHTS.index(key[0]), KINDS.index(key[1])))
    return tuple(_tally(*key, by_kind[key]) for key in order)


def _tally(weight: Weight, kind: ChangeKind, check_changes: Sequence[CheckChange]) -> KindTally:
    return KindTally(
        kind,
        weight,
        checks=len({check_change.check.id for check_change in check_changes}),
        elements=sum(check_change.change.elements for check_change in check_changes if check_change.check.by_element),
        largest=max(check_changes, key=extent_of),
    )


def not_compared(checks: Iterable[ComparedCheck]) -> list[ComparedCheck]:
    """Return the checks of which nothing could be compared."""
    return [check for check in checks if not check.changes]


def _key(check_change: CheckChange) -> tuple[str, ...]:
    """A backend's name without its versions: the group is the same one in the comparison of the next release."""
    check, kind = check_change.check, check_change.change.kind
    return check.backend, check.function, check.entry_point, check.quantity, kind, check_change.weight


def _anchor(key: tuple[str, ...]) -> str:
    return f"change-{hashlib.sha256(msgspec.json.encode(key)).hexdigest()[:12]}"


def _gravity(change: Change) -> tuple[int, int]:
    return WEIGHTS.index(weight_of(change)), KINDS.index(change.kind)


def extent_of(check_change: CheckChange) -> tuple[bool, float, float, int]:
    """Return what orders changes of one kind, the largest last."""
    example = check_change.example
    if example is None:
        return False, 0.0, 0.0, check_change.change.elements
    return True, measure(example.ulps), measure(example.after_ulps), check_change.change.elements


def _simplicity(check_change: CheckChange) -> tuple[bool, int, int, tuple[float, ...]]:
    inputs = check_change.example.inputs if check_change.example else {}
    sizes = [math.prod(array.shape) for array in inputs.values()]
    largest_first = tuple(-float(part) for part in extent_of(check_change))
    return check_change.example is None, max(sizes, default=0), sum(sizes), largest_first


def _rank(group: ChangeGroup) -> tuple[int, int, int, tuple[float, ...]]:
    example = group.largest.example
    after = SEVERITY_RANKS[example.after_severity] if example else 0
    largest_first = tuple(-float(part) for part in extent_of(group.largest))
    return WEIGHTS.index(group.weight), KINDS.index(group.kind), -after, largest_first
