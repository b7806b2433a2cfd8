"""Sections that a page and a terminal both show of a run."""

from __future__ import annotations

from collections.abc import Iterator

from ..document.model import Block, Items, Paragraph, Section, Strong, Tone, Words
from ..document.text import joined
from ..findings.findings import Finding
from ..findings.headline import headline
from ..findings.options import UNCALLED, uncalled_options, uncalled_words
from ..findings.properties import STATUSES, PropertyLine, property_lines, property_titles
from ..gate.changes import changes
from ..gate.gate import Gate
from ..gate.words import item_words, stale_heading, stale_words, uncased_words, waived_counts, waiver_words
from ..record.hexfloat import float_from
from ..record.model import ExaminationResult, Record
from ..record.properties import PropertyStatus
from ..record.words import brief

_NAMED: dict[PropertyStatus, Tone] = {"broken": "bad", "undecided": "undecided", "deviates": "open"}
"""The statuses whose properties are named, and how they look."""
_PROPERTIES_NAMED = 10


def properties_section(record: Record | ExaminationResult) -> Iterator[Section]:
    """Give a line per backend: how many properties hold, and which do not."""
    results = record.properties if isinstance(record, Record) else ()
    lines = []
    for title in property_titles(results):
        of_backend = property_lines(results, title)
        by_status = {status: [line for line in of_backend if line.status == status] for status in reversed(STATUSES)}
        parts = [_of_status(status, of_status) for status, of_status in by_status.items() if of_status]
        lines.append((f"{brief(title, 80)}: ", *joined(parts)))
    if lines:
        yield Section("Properties", (Items(tuple(lines), "backends"),), 0.025)


def _of_status(status: PropertyStatus, lines: list[PropertyLine]) -> Words:
    count = f"{len(lines):,} {'hold' if status == 'holds' and len(lines) > 1 else status}"
    if status not in _NAMED:
        return count
    left = len(lines) - _PROPERTIES_NAMED
    named = [_property(line) for line in lines[:_PROPERTIES_NAMED]]
    return (Strong(count, _NAMED[status]), ": ", *joined([*named, *([f"{left} more"] if left > 0 else [])]))


def _property(line: PropertyLine) -> Words:
    worst = line.worst.worst
    times = (" (", float_from(worst.ratio), " times the bound)") if worst and line.status == "broken" else ()
    return (brief(line.name, 120), *times)


def waiver_sections(gate: Gate | None) -> Iterator[Section]:
    """Give what gates without a finding, what is waived and by which waiver, and the stale waivers."""
    if gate is None:
        return
    if uncased := uncased_words(gate):
        yield _listed("Gates, and the record keeps no case of it", uncased, "of these", "bad")
    if gate.waived:
        waived = [
            f"{item_words(entry.item)}; {'; '.join(map(waiver_words, entry.waivers[:2]))}" for entry in gate.waived
        ]
        yield _listed(f"Waived: {waived_counts(gate.waived)}", waived, "waived")
    if gate.stale:
        lines = [stale_words(stale) for stale in gate.stale]
        yield _listed(stale_heading(gate), lines, "stale", "bad" if gate.strict else "warning")


def _listed(title: str, lines: list[str], noun: str, tone: Tone = "heading") -> Section:
    return Section(title, (Items(tuple(lines), noun),), 0.025, tone=tone)


def uncalled_section(record: Record) -> Iterator[Section]:
    """Give the options that entry points accept and were not called with."""
    if uncalled := uncalled_options(record):
        lines = tuple(uncalled_words(each) for each in uncalled)
        yield Section(UNCALLED, (Items(lines, "entry points"),), 0.017)


def changes_section(record: Record, earlier: Record | None) -> Iterator[Section]:
    """Give what is new since an earlier run, and what is gone."""
    if earlier is None:
        return
    changed = changes(record, earlier)
    versions = ", ".join(
        f"{brief(before or 'nothing', 80)} → {brief(now or 'nothing', 80)}"
        for before, now in changed.versions[:10]
        if before != now
    )
    counts = (
        f"{len(changed.new)} new, {len(changed.gone)} gone, {changed.still} as before"
        + (f", {len(changed.first)} in what was not examined before" if changed.first else "")
        + (f", {len(changed.unknown)} in what was not examined now" if changed.unknown else "")
    )
    groups: tuple[tuple[str, Tone, list[str]], ...] = (
        ("without results now", "bad", [loss.words for loss in changed.lost]),
        ("new", "bad", [_line(finding) for finding in changed.new]),
        ("gone", "good", [_line(finding) for finding in changed.gone]),
    )
    blocks: list[Block] = [Paragraph(f"Findings: {counts}{f'; {versions}' if versions else ''}.")]
    for word, tone, lines in groups:
        if lines:
            blocks.append(Items(tuple((Strong(word, tone), f": {line}") for line in lines), word))
    yield Section(f"Since the run of {brief(changed.started, 40)}", tuple(blocks), 0.05)


def _line(finding: Finding) -> str:
    return f"{finding.severity}, {brief(finding.title, 80)}: {brief(headline(finding), 300)}"
