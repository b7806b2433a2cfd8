"""What of a run was not examined, and why: grouped by reason, in few words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..record.model import Check, ExaminationResult, Record
from ..record.properties import PropertyResult, Unexamined, UnexaminedKind
from ..record.words import brief, counted
from .settings import Titles

_NAMED = 3
"""So many groups, and so many names in a group, are told in a sentence; the rest are counted."""
_REASON = 120
"""So many characters of a reason are told."""

Owner = Check | PropertyResult


@dataclass(frozen=True)
class Gap:
    """Checks that were not examined for one reason.

    Attributes:
        backend: the title of the backend, with the setting where there are several.
        kind: the reason by name.
        reason: the reason in words.
        is_whole: whether nothing of them was examined.
        names: the functions; the properties, where a run has nothing else.
        dtypes: the dtypes of each of them.
        checks: how many checks they are.
        cases: how many of their cases were not examined.
    """

    backend: str
    kind: UnexaminedKind
    reason: str
    is_whole: bool
    names: tuple[str, ...]
    dtypes: tuple[str, ...]
    checks: int
    cases: int

    @property
    def words(self) -> str:
        """What was not examined and why, e.g. "softmax in float16 (declared unsupported)"."""
        more = f" and {len(self.names) - _NAMED} more" if len(self.names) > _NAMED else ""
        named = ", ".join(brief(name, 80) for name in self.names[:_NAMED]) + more
        dtypes = ", ".join(brief(dtype, 40) for dtype in self.dtypes)
        return f"{named} in {dtypes} ({self.reason})"


def gaps(record: Record | ExaminationResult) -> tuple[Gap, ...]:
    """Return what was not examined, what was not examined to its end first; an older record does not tell."""
    groups: dict[tuple[str, UnexaminedKind, str, bool], list[tuple[Owner, Unexamined]]] = {}
    titles = Titles(record.checks, record.properties if isinstance(record, Record) else ())
    for owner in owners(record):
        for each in owner.unexamined or ():
            key = (titles.of(owner), each.kind, brief(each.reason, _REASON), is_whole(owner))
            groups.setdefault(key, []).append((owner, each))
    all_gaps = (gap for key, entries in groups.items() for gap in _of_reason(key, entries))
    return tuple(sorted(all_gaps, key=lambda gap: gap.is_whole))


def owners(record: Record | ExaminationResult) -> tuple[Owner, ...]:
    """Return the checks that there was something to examine for; those of properties, which follow, if they are all."""
    properties = record.properties if isinstance(record, Record) else ()
    every: tuple[Owner, ...] = record.checks or properties
    return tuple(owner for owner in every if owner.status != "unsupported" or owner.unexamined)


def is_whole(owner: Owner) -> bool:
    """Whether nothing of a check was examined, given that not all of it was."""
    return owner.status == "unsupported"


def unexamined_words(all_gaps: Sequence[Gap], record: Record | ExaminationResult) -> str:
    """Return what was not examined in a clause, e.g. "3 of 15 checks not examined: softmax in float16 (…)"; or ""."""
    titles = Titles(record.checks, record.properties if isinstance(record, Record) else ())
    several = len({titles.of(owner) for owner in owners(record)}) > 1
    partly, whole = ([gap for gap in all_gaps if gap.is_whole is each] for each in (False, True))
    total = counted(len(owners(record)), "check")
    parts = [
        f"{number} of {total} {what}: {_listed(group, several=several)}"
        for group, number, what in (
            (partly, _count(record, whole=False), "not examined to the end"),
            (whole, _count(record, whole=True), "not examined"),
        )
        if group
    ]
    return "; ".join(parts)


def _count(record: Record | ExaminationResult, *, whole: bool) -> str:
    return f"{sum(1 for owner in owners(record) if owner.unexamined and is_whole(owner) is whole):,}"


def _listed(group: Sequence[Gap], *, several: bool) -> str:
    shown = [f"{gap.backend}: {gap.words}" if several else gap.words for gap in group[:_NAMED]]
    left = len(group) - _NAMED
    return "; ".join([*shown, *([f"and {left} more reasons"] if left > 0 else [])])


def _of_reason(
    key: tuple[str, UnexaminedKind, str, bool], entries: Sequence[tuple[Owner, Unexamined]]
) -> Iterator[Gap]:
    """Give a gap for each set of dtypes: what is told of several names holds for each of them."""
    dtypes: dict[str, dict[str, None]] = {}
    for owner, _ in entries:
        dtypes.setdefault(_name(owner), {})[owner.dtype] = None
    for chosen in dict.fromkeys(map(tuple, dtypes.values())):
        names = tuple(name for name, each in dtypes.items() if tuple(each) == chosen)
        members = [(owner, each) for owner, each in entries if _name(owner) in names]
        cases = sum(each.cases for _, each in members)
        yield Gap(*key, names, chosen, len({owner.id for owner, _ in members}), cases)


def _name(owner: Owner) -> str:
    return owner.function if isinstance(owner, Check) else owner.property
