"""The gate: what of a run fails it, what is waived and by which waiver, and which waivers are stale.

Pure: the record, the waivers and the date come in, and the same goes out every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Literal, get_args

from ..findings.findings import Finding, GateItemKey, key_of
from ..findings.overview import exit_status, was_examined
from ..record.model import Check, Discrepancy, Record
from ..record.properties import PropertyResult
from ..record.words import brief, counted
from .items import GateItem, ItemSeverity, gate_items
from .regression import Earlier
from .waiver import Waiver, in_versions

FailOn = Literal["defect", "weakness", "any", "unexamined", "regression"]
StaleKind = Literal["expired", "exceeded", "gone", "matches nothing"]

FAIL_ON: tuple[FailOn, ...] = get_args(FailOn)
"""What a run can be made to fail on."""

FAIL_ON_MEANINGS: Mapping[FailOn, str] = MappingProxyType(
    {
        "defect": "defects and broken properties",
        "weakness": "these, and weaknesses",
        "any": "these, conventions, and whatever could not be decided",
        "unexamined": "defects and broken properties, and whatever was not examined",
        "regression": "defects and weaknesses that an earlier run did not have, or not as many or as large, "
        "and what could be examined then and cannot be now",
    }
)

FAILING: Mapping[FailOn, tuple[ItemSeverity, ...]] = MappingProxyType(
    {
        "defect": ("defect",),
        "weakness": ("defect", "weakness"),
        "any": ("defect", "weakness", "convention", "undecided"),
        "unexamined": ("defect", "unexamined"),
    }
)
"""The severities that fail a run; which findings are regressions another run tells."""
_INCOMPLETE = 3


@dataclass(frozen=True)
class Failing:
    """What fails the run, and for each waiver that names it why it is not waived."""

    item: GateItem
    refusals: tuple[tuple[Waiver, str], ...]


@dataclass(frozen=True)
class Waived:
    """What is waived, and by which waivers."""

    item: GateItem
    waivers: tuple[Waiver, ...]


@dataclass(frozen=True)
class Stale:
    """A waiver that waives nothing.

    `kind` is "expired"; "exceeded": what it names is there and goes further than it does; "gone": what it names was
    examined, and is not there; "matches nothing": nothing was examined that it names. `reason` says so in words.
    """

    waiver: Waiver
    kind: StaleKind
    reason: str


@dataclass(frozen=True)
class Gate:
    """What a run amounts to, known results aside.

    Attributes:
        fail_on: what the run was to fail on.
        strict: whether stale waivers fail it.
        status: the exit status: 0 nothing gates, 1 something does, 3 the record is incomplete or examined nothing.
        gating: what fails it.
        waived: what does not, for it is waived; what would not gate without a waiver included.
        stale: the waivers that waive nothing.
        since: when the earlier run began; None where there is none.
    """

    fail_on: FailOn
    strict: bool
    status: int
    gating: tuple[Failing, ...]
    waived: tuple[Waived, ...]
    stale: tuple[Stale, ...]
    since: str | None = None

    @cached_property
    def _waivers(self) -> Mapping[GateItemKey, tuple[Waiver, ...]]:
        return {waived.item.key: waived.waivers for waived in self.waived}

    @cached_property
    def _gating(self) -> Mapping[GateItemKey, Failing]:
        return {failing.item.key: failing for failing in self.gating}

    def waivers_of(self, finding: Finding) -> tuple[Waiver, ...]:
        """Return the waivers that waive a finding, or a part of it, by their numbers."""
        keys = map(key_of, finding.discrepancies)
        by_number = {waiver.number: waiver for key in keys for waiver in self._waivers.get(key, ())}
        return tuple(by_number[number] for number in sorted(by_number))

    def is_waived(self, finding: Finding) -> bool:
        """Whether all of a finding is waived."""
        return all(key_of(discrepancy) in self._waivers for discrepancy in finding.discrepancies)

    def gates(self, finding: Finding) -> bool:
        """Whether a finding, or a part of it, gates."""
        return any(key_of(discrepancy) in self._gating for discrepancy in finding.discrepancies)

    def waived_results(self, finding: Finding) -> int:
        """Return how many results of a finding are waived."""
        counts = {key_of(discrepancy): discrepancy.count for discrepancy in finding.discrepancies}
        return sum(count for key, count in counts.items() if key in self._waivers)

    def gates_case(self, found: Discrepancy) -> bool:
        """Whether the results that a discrepancy stands for gate."""
        return key_of(found) in self._gating

    def gates_at(self, backend: str, version: str, check: str) -> bool:
        """Whether something of a check, or of a property's result, gates."""
        return bool(self.gating_at(backend, version, check))

    def gating_at(self, backend: str, version: str, check: str) -> tuple[Failing, ...]:
        """Return what of a check, or of a property's result, gates."""
        return self._gating_by_check.get((backend, version, check), ())

    @cached_property
    def _gating_by_check(self) -> Mapping[tuple[str, ...], tuple[Failing, ...]]:
        by_check: dict[tuple[str, ...], list[Failing]] = {}
        for failing in self.gating:
            by_check.setdefault(failing.item.key[:3], []).append(failing)
        return {key: tuple(group) for key, group in by_check.items()}

    def waived_at(self, backend: str, version: str, check: str) -> tuple[Waived, ...]:
        """Return what of a check, or of a property's result, is waived."""
        return self._waived_by_check.get((backend, version, check), ())

    @cached_property
    def _waived_by_check(self) -> Mapping[tuple[str, ...], tuple[Waived, ...]]:
        by_check: dict[tuple[str, ...], list[Waived]] = {}
        for waived in self.waived:
            by_check.setdefault(waived.item.key[:3], []).append(waived)
        return {key: tuple(group) for key, group in by_check.items()}


def gate(
    record: Record,
    waivers: Sequence[Waiver],
    fail_on: FailOn,
    *,
    strict: bool,
    today: date,
    earlier: Record | None = None,
) -> Gate:
    """Hold a record against what is known.

    Args:
        record: the run.
        waivers: what is known, and put up with.
        fail_on: what the run fails on.
        strict: whether it fails on stale waivers too.
        today: the date by which waivers expire.
        earlier: a run before it; only "regression" needs it.

    Raises:
        ValueError: "regression" is asked for without an earlier run, or with one of other inputs.
    """
    then = None if earlier is None else Earlier(earlier)
    items = gate_items(record)
    if fail_on == "regression":
        if then is None:
            raise ValueError("--fail-on regression needs the record of an earlier run: --since OLD")
        if not then.is_comparable(record):
            raise ValueError("--since: the earlier run has another corpus or profile: what is graver cannot be told")
        items = (*items, *then.lost(record))
    ledger = _Ledger(record, items, waivers, today)
    failing = _failing(items, fail_on, then)
    gating = tuple(Failing(item, ledger.refusals(item)) for item in failing if not ledger.waivers_of(item))
    waived = tuple(Waived(item, ledger.waivers_of(item)) for item in items if ledger.waivers_of(item))
    stale = tuple(ledger.stale())
    fails = bool(gating) or (strict and bool(stale))
    status = _INCOMPLETE if exit_status(record) == _INCOMPLETE else int(fails)
    return Gate(fail_on, strict, status, gating, waived, stale, earlier.run.started if earlier else None)


def _failing(items: Sequence[GateItem], fail_on: FailOn, then: Earlier | None) -> list[GateItem]:
    if fail_on != "regression" or then is None:
        return [item for item in items if item.severity in FAILING[fail_on]]
    graver = then.graver(items)
    return [item for item in items if item.key in graver]


class _Ledger:
    """Which waivers waive what, and why others do not."""

    def __init__(self, record: Record, items: Sequence[GateItem], waivers: Sequence[Waiver], today: date) -> None:
        self._record, self._all, self._today = record, waivers, today
        named = _named(items, waivers)
        # By the item itself: a record from anywhere may have the same check twice, and each answers for itself.
        self._refusals: dict[int, list[tuple[Waiver, str]]] = {}
        self._waivers: dict[int, list[Waiver]] = {}
        self._used: set[int] = set()
        self._first: dict[int, str] = {}
        for index, waiver in enumerate(waivers):
            self._weigh(index, waiver, named[index])

    def _weigh(self, index: int, waiver: Waiver, named: Sequence[GateItem]) -> None:
        """Let a waiver waive what it can; beyond its number of results it waives none, for nobody knows which."""
        fit = []
        for item in named:
            refusal = self._refusal(waiver, item)
            if refusal is None:
                fit.append(item)
            else:
                self._refuse(index, waiver, item, refusal)
        results = sum(item.results for item in fit)
        if waiver.max_results is not None and results > waiver.max_results:
            for item in fit:
                self._refuse(index, waiver, item, f"{counted(results, 'result')}, at most {waiver.max_results}")
            return
        for item in fit:
            self._waivers.setdefault(id(item), []).append(waiver)
            self._used.add(index)

    def _refusal(self, waiver: Waiver, item: GateItem) -> str | None:
        reasons = list(waiver.refusals(item))
        if reasons:
            return "; ".join(reasons[:3])
        return None if self._is_valid(waiver) else f"its last day was {waiver.expires}"

    def _is_valid(self, waiver: Waiver) -> bool:
        return waiver.expires is None or self._today <= waiver.expires

    def _refuse(self, index: int, waiver: Waiver, item: GateItem, reason: str) -> None:
        same = item.kind == waiver.kind
        # A pattern of many kinds says nothing about those that it leaves out.
        if same or (waiver.check is not None and item.severity == waiver.severity):
            self._refusals.setdefault(id(item), []).append((waiver, reason))
        if same:
            self._first.setdefault(index, reason)

    def waivers_of(self, item: GateItem) -> tuple[Waiver, ...]:
        return tuple(self._waivers.get(id(item), ()))

    def refusals(self, item: GateItem) -> tuple[tuple[Waiver, str], ...]:
        return tuple(self._refusals.get(id(item), ()))

    def stale(self) -> Iterator[Stale]:
        for index, waiver in enumerate(self._all):
            if not self._is_valid(waiver):
                yield Stale(waiver, "expired", f"its last day was {waiver.expires}")
            elif index not in self._used:
                yield self._unused(index, waiver)

    def _unused(self, index: int, waiver: Waiver) -> Stale:
        versions = sorted({owner.version for owner in self._owners if owner.backend == waiver.backend})
        if not versions:
            return Stale(waiver, "matches nothing", f"{brief(waiver.backend, 60)} was not examined")
        if not any(in_versions(version, waiver.versions) for version in versions):
            examined = f"{brief(waiver.backend, 60)} is {brief(', '.join(versions), 80)}"
            return Stale(waiver, "matches nothing", f"{examined}, which is not in {brief(waiver.versions, 80)!r}")
        if index in self._first:
            return Stale(waiver, "exceeded", self._first[index])
        if not any(waiver.is_about(owner) for owner in self._owners):
            return Stale(waiver, "matches nothing", "nothing was examined that it names")
        return Stale(waiver, "gone", "nothing that it names was found")

    @cached_property
    def _owners(self) -> tuple[Check | PropertyResult, ...]:
        """What was examined."""
        checks = [check for check in self._record.checks if was_examined([check])]
        return (*checks, *(result for result in self._record.properties if result.comparisons))


def _named(items: Sequence[GateItem], waivers: Sequence[Waiver]) -> list[list[GateItem]]:
    """Return for each waiver the items that it names; most name a check, and need not look at the others."""
    by_check: dict[str, list[GateItem]] = {}
    for item in items:
        by_check.setdefault(item.check, []).append(item)
    return [
        [item for item in (items if waiver.check is None else by_check.get(waiver.check, ())) if waiver.names(item)]
        for waiver in waivers
    ]
