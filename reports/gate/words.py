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


def told(gate: Gate | None) -> bool:
    """Whether there is anything to tell that the verdict does not."""
    return gate is not None and bool(gate.waived or gate.stale)


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


def gating_first(found: Sequence[Finding], gate: Gate | None) -> tuple[Finding, ...]:
    """Return findings in their order; of each severity what gates first, and what is waived altogether last."""
    if gate is None:
        return tuple(found)

    def rank(finding: Finding) -> tuple[int, bool, bool]:
        return SEVERITIES.index(finding.severity), not gate.gates(finding), gate.is_waived(finding)

    return tuple(sorted(found, key=rank))


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
    keys = {key_of(found) for found in finding.discrepancies}
    lines = [line for own in gate.gating if own.item.key in keys for line in refusal_words(own)]
    graver = [f"graver than in the run of {brief(gate.since or '', 40)}"] if gate.fail_on == "regression" else []
    return [*graver, *list(dict.fromkeys(lines))[:most]]


def refusal_words(own: Failing) -> list[str]:
    """Return why waivers that name what gates do not waive it, a line each."""
    return [f"{waiver.name} does not waive it: {brief(why, 400)}" for waiver, why in own.refusals]


def uncased_words(gate: Gate | None) -> list[str]:
    """Return what gates and is in no finding, since the record keeps no case of it: a line each.

    What was not examined is told together for all the checks of an entry point that share dtype and reason.
    """
    gating = [own for own in gate.gating if not own.item.discrepancies] if gate else []
    groups: dict[object, list[Failing]] = {}
    for own in gating:
        its = own.item
        is_alone = its.severity != "unexamined"
        alike = (its.backend, its.entry_point, its.setting, its.dtype, its.kind)
        groups.setdefault(its.key if is_alone else alike, []).append(own)
    return [_together(own) for own in groups.values()]


def _together(own: Sequence[Failing]) -> str:
    first, refusals = own[0].item, dict.fromkeys(line for each in own for line in refusal_words(each))
    if first.severity != "unexamined":
        return "; ".join((item_words(first), *refusals))
    title = brief(f"{first.backend} {first.version}".strip(), 80)
    names = " · ".join(brief(part, 120) for part in (first.entry_point, *_where(first), first.dtype))
    checks = counted(len({each.item.check for each in own}), "check")
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
    waived = [f"waived: {item_words(own.item)}; {'; '.join(map(waiver_words, own.waivers[:2]))}" for own in gate.waived]
    refused = [f"{item_words(own.item)}; {line}" for own in gate.gating for line in refusal_words(own)]
    stale = [f"stale: {stale_words(each)}" for each in gate.stale]
    return tuple(line for lines in (refused, waived, stale) for line in _first(lines, most))


def _first(lines: Sequence[str], most: int) -> list[str]:
    left = len(lines) - most
    return [*lines[:most], *([f"… and {left} more of these"] if left > 0 else [])]


def waived_counts(waived: Sequence[Waived]) -> str:
    """Return how much is waived, the gravest first: "2 defects (30 results), 1 broken property"; "" for nothing."""
    checks = [own for own in waived if not own.item.quantity.startswith("property:")]
    parts = [_of_severity(checks, severity) for severity in (*SEVERITIES, "unexamined")]
    broken = {
        (own.item.backend, own.item.version, own.item.quantity)
        for own in waived
        if own.item.severity == "defect" and own.item.quantity.startswith("property:")
    }
    return ", ".join(filter(None, (*parts, counted(len(broken), "broken property") if broken else "")))


def _of_severity(waived: Sequence[Waived], severity: str) -> str:
    own = [each.item for each in waived if each.item.severity == severity]
    if not own:
        return ""
    results = sum(item.results for item in own)
    unit = "case" if severity == "unexamined" else "result"
    return f"{counted(len({item.key[:3] for item in own}), severity)} ({counted(results, unit)})"


def verdict_words(gate: Gate) -> str:
    """Return what the verdict has to say beside what was found: what is waived, stale, and no graver than before."""
    parts = []
    if waived := waived_counts(gate.waived):
        parts.append(f"; waived: {waived}")
    if gate.fail_on == "regression":
        graver = sum(own.item.results for own in gate.gating)
        found = counted(graver, "result") if graver else "nothing"
        parts.append(f"; graver than in the run of {brief(gate.since or '', 40)}: {found}")
    if gate.stale:
        names = "stale waiver" if len(gate.stale) == 1 else "stale waivers"
        parts.append(f"; {len(gate.stale)} {names}")
    return "".join(parts)
