"""Findings against an earlier run: what is new, gone, and still there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..findings.findings import Finding, findings
from ..findings.overview import was_examined
from ..record.model import Record
from ..record.words import backend_title
from .regression import Earlier, Loss

_EXAMINED_PROPERTY = ("holds", "broken", "deviates")


@dataclass(frozen=True)
class Changes:
    """Findings against an earlier run.

    Attributes:
        new: not there before, although something of what shows them was examined then.
        first: nothing of what shows them was examined before, so nobody knows how old they are.
        gone: there before, and not now, although what showed them was examined again.
        unknown: there before, and nothing of what showed them was examined now.
        still: how many were there before and are there now.
        lost: what had results before, and has none now.
        versions: the backends of both runs, earlier and now.
    """

    new: tuple[Finding, ...]
    first: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    unknown: tuple[Finding, ...]
    still: int
    lost: tuple[Loss, ...]
    started: str
    versions: tuple[tuple[str, str], ...]


def changes(record: Record, earlier: Record) -> Changes:
    """Return what is new, gone and still there, by the findings' anchors: these survive a new release."""
    now = {finding.anchor: finding for finding in findings(record)}
    before = {finding.anchor: finding for finding in findings(earlier)}
    asked_now, asked_before = _examined(record), _examined(earlier)
    appeared = [finding for anchor, finding in now.items() if anchor not in before]
    vanished = [finding for anchor, finding in before.items() if anchor not in now]
    new, first = _split(appeared, asked_before)
    gone, unknown = _split(vanished, asked_now)
    return Changes(
        new=new,
        first=first,
        gone=gone,
        unknown=unknown,
        still=len(now) - len(appeared),
        lost=Earlier(earlier).losses(record),
        started=earlier.run.started,
        versions=_versions(earlier, record),
    )


def _examined(record: Record) -> frozenset[str]:
    """The ids of what was examined: they are the same in another run and for another version."""
    checks = (check.id for check in record.checks if was_examined([check]))
    properties = (result.id for result in record.properties if result.status in _EXAMINED_PROPERTY)
    return frozenset((*checks, *properties))


def _split(unmatched: Sequence[Finding], examined: frozenset[str]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Split findings by whether something of what shows them was examined in the other run."""
    known = [any(discrepancy.check in examined for discrepancy in finding.discrepancies) for finding in unmatched]
    pairs = list(zip(unmatched, known, strict=True))
    return tuple(finding for finding, is_known in pairs if is_known), tuple(f for f, is_known in pairs if not is_known)


def _versions(earlier: Record, record: Record) -> tuple[tuple[str, str], ...]:
    before = {backend.name: backend_title(backend) for backend in earlier.backends}
    now = {backend.name: backend_title(backend) for backend in record.backends}
    return tuple((before.get(name, ""), now.get(name, "")) for name in dict.fromkeys((*before, *now)))
