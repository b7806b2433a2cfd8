"""What is waived, by which waiver, and which waivers are stale: in words, for every rendering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..findings.findings import Finding, key_of
from ..record.model import SEVERITIES
from ..record.words import brief, counted
from .items import GateItem
from .waiver import Waiver

if TYPE_CHECKING:
    from .gate import Failing, Gate, Stale, Waived

NAMED = 6
"""So many waivers of a finding are named; the rest are counted."""
NOTED = 10
"""So many lines of a sort stand among the notes of a comparison."""


def waived_words(gate: Gate | None, finding: Finding) -> str:
    """Return that a finding is waived, how much of it and by which waivers; "" where nothing of it is."""
    waivers = gate.waivers_of(finding) if gate else ()
    if gate is None or not waivers:
        return ""
    if len(waivers) == 1:
        names = waiver_words(waivers[0])
    else:
        shown = ", ".join(waiver.name for waiver in waivers[:NAMED])
        names = shown + (f" and {len(waivers) - NAMED} more" if len(waivers) > NAMED else "")
    if gate.is_waived(finding):
        return f"by {names}"
    return f"{gate.waived_results(finding):,} of {finding.results:,} results, by {names}"


def gating_first(findings: Sequence[Finding], gate: Gate | None) -> tuple[Finding, ...]:
    """Return findings in their order; of each severity what gates first, and what is waived altogether last."""
    if gate is None:
        return tuple(findings)

    def rank(finding: Finding) -> tuple[int, bool, bool]:
        return SEVERITIES.index(finding.severity), not gate.gates(finding), gate.is_waived(finding)

    return tuple(sorted(findings, key=rank))


def waiver_words(waiver: Waiver) -> str:
    """Return a waiver: its name, owner, last day, reason and link."""
    owner = f", {brief(waiver.owner, 80)}" if waiver.owner else ""
    expires = f", until {waiver.expires}" if waiver.expires else ""
    link = f" ({brief(waiver.link, 200)})" if waiver.link else ""
    return f"{waiver.name}{owner}{expires}: {brief(waiver.reason)}{link}"


def gates_words(gate: Gate | None, finding: Finding, most: int = 2) -> list[str]:
    """Return why a finding gates where that needs saying: it is graver than before, waivers that name it do not reach.

    The first `most` waivers are named, the rest left out.
    """
    if gate is None or not gate.gates(finding):
        return []
    keys = {key_of(discrepancy) for discrepancy in finding.discrepancies}
    lines = [line for failing in gate.gating if failing.item.key in keys for line in refusal_words(failing)]
    graver = [f"graver than in the run of {brief(gate.since or '', 40)}"] if gate.fail_on == "regression" else []
    return [*graver, *list(dict.fromkeys(lines))[:most]]


def refusal_words(failing: Failing) -> list[str]:
    """Return why waivers that name what gates do not waive it, a line each."""
    return [f"{waiver.name} does not waive it: {brief(why, 400)}" for waiver, why in failing.refusals]


def uncased_words(gate: Gate | None) -> list[str]:
    """Return what gates and is in no finding, since the record keeps no case of it: a line each.

    What was not examined is told together for all the checks of an entry point that share dtype and reason.
    """
    gating = [failing for failing in gate.gating if not failing.item.discrepancies] if gate else []
    groups: dict[object, list[Failing]] = {}
    for failing in gating:
        item = failing.item
        is_alone = item.severity != "unexamined"
        alike = (item.backend, item.entry_point, item.setting, item.dtype, item.kind)
        groups.setdefault(item.key if is_alone else alike, []).append(failing)
    return [_together(group) for group in groups.values()]


def _together(group: Sequence[Failing]) -> str:
    first, refusals = group[0].item, dict.fromkeys(line for each in group for line in refusal_words(each))
    if first.severity != "unexamined":
        return "; ".join((item_words(first), *refusals))
    title = brief(f"{first.backend} {first.version}".strip(), 80)
    names = " · ".join(brief(part, 120) for part in (first.entry_point, *_where(first), first.dtype))
    checks = counted(len({each.item.check for each in group}), "check")
    return "; ".join((f"not examined, {title}: {names}: {brief(first.kind, 80)}, {checks}", *refusals))


def stale_words(stale: Stale) -> str:
    """Return which waiver waives nothing, and why."""
    owner = f" ({brief(stale.waiver.owner, 80)})" if stale.waiver.owner else ""
    return f"{stale.waiver.name}{owner}: {brief(stale.kind)}: {brief(stale.reason, 400)}"


def stale_heading(gate: Gate) -> str:
    """Return how many waivers are stale, and whether that gates."""
    gates = "they gate, for the run is strict" if gate.strict else "they gate with --strict"
    return f"Stale waivers: {len(gate.stale)}, which waive nothing; {gates}"


def item_words(item: GateItem) -> str:
    """Return what is waived, in one line: "defect, torch 2.13.0: value of torch.sigmoid, float32: nan, 12 results"."""
    title = brief(f"{item.backend} {item.version}".strip(), 80)
    names = [brief(part, 120) for part in (item.entry_point, item.quantity, *_where(item), item.dtype) if part]
    unit = "case" if item.severity == "unexamined" else "result"
    results = "" if item.quantity.startswith("property:") else f", {counted(item.results, unit)}"
    return f"{item.severity}, {title}: {' · '.join(names)}: {brief(item.kind, 80)}{results}"


def _where(item: GateItem) -> tuple[str, ...]:
    """The setting of one whose backend was examined in several."""
    return (str(item.setting),) if item.is_of_several else ()


def gate_notes(gate: Gate, most: int = NOTED) -> tuple[str, ...]:
    """Return what a gate has to tell beside the findings as sentences: what is waived and by what, what is stale.

    Args:
        gate: the gate.
        most: so many of each sort are told, the rest counted.
    """
    waived = [
        f"waived: {item_words(entry.item)}; {'; '.join(map(waiver_words, entry.waivers[:2]))}" for entry in gate.waived
    ]
    refused = [f"{item_words(failing.item)}; {line}" for failing in gate.gating for line in refusal_words(failing)]
    stale = [f"stale: {stale_words(each)}" for each in gate.stale]
    return tuple(line for lines in (refused, waived, stale) for line in _first(lines, most))


def _first(lines: Sequence[str], most: int) -> list[str]:
    left = len(lines) - most
    return [*lines[:most], *([f"… and {left} more of these"] if left > 0 else [])]


def waived_counts(waived: Sequence[Waived]) -> str:
    """Return how much is waived, the gravest first: "2 defects (30 results), 1 broken property"; "" for nothing."""
    checks = [entry for entry in waived if not entry.item.quantity.startswith("property:")]
    parts = [_of_severity(checks, severity) for severity in (*SEVERITIES, "unexamined")]
    broken = {
        (entry.item.backend, entry.item.version, entry.item.quantity)
        for entry in waived
        if entry.item.severity == "defect" and entry.item.quantity.startswith("property:")
    }
    return ", ".join(filter(None, (*parts, counted(len(broken), "broken property") if broken else "")))


def _of_severity(waived: Sequence[Waived], severity: str) -> str:
    items = [each.item for each in waived if each.item.severity == severity]
    if not items:
        return ""
    results = sum(item.results for item in items)
    unit = "case" if severity == "unexamined" else "result"
    return f"{counted(len({item.key[:3] for item in items}), severity)} ({counted(results, unit)})"


def verdict_words(gate: Gate) -> str:
    """Return what the verdict has to say beside what was found: what is waived, stale, and no graver than before."""
    parts = []
    if waived := waived_counts(gate.waived):
        parts.append(f"; waived: {waived}")
    if gate.fail_on == "regression":
        graver = sum(failing.item.results for failing in gate.gating)
        amount = counted(graver, "result") if graver else "nothing"
        parts.append(f"; graver than in the run of {brief(gate.since or '', 40)}: {amount}")
    if gate.stale:
        names = "stale waiver" if len(gate.stale) == 1 else "stale waivers"
        parts.append(f"; {len(gate.stale)} {names}")
    return "".join(parts)
