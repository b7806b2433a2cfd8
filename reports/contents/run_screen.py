"""What a terminal shows of a run, or of what was judged: tables, then the worst findings, the verdict last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..document.model import Column, Entries, Paragraph, Section, Strong, Table, Tone, Words
from ..findings.findings import findings
from ..findings.overview import OverviewRow, has_defects, rows, setting_titles, tallies
from ..findings.settings import Titles
from ..gate.gate import Gate
from ..gate.verdict import verdict
from ..gate.words import gating_first
from ..record.hexfloat import measure
from ..record.model import SEVERITIES, TIER_MEANINGS, Check, ExaminationResult, Record, Severity
from ..record.words import backend_title, counted, inputs_words
from .entries import COLUMNS, TONES, finding_entry
from .run_sections import changes_section, properties_section, uncalled_section, waiver_sections

_PLURALS: Mapping[Severity, str] = {
    "defect": "defects",
    "undecided": "undecided results",
    "weakness": "weaknesses",
    "convention": "conventions",
}
"""The severities whose worst findings are told, with their plurals: of several the first that there is."""
_COLUMNS = (
    Column("dtype", width=9),
    Column("tier", width=8),
    Column("ulps", is_number=True, width=9),
    Column("defects", is_number=True, width=9),
    Column("weak", is_number=True, width=8),
    Column("conv", is_number=True, width=8),
    Column("largest error at"),
)
_COUNTED: tuple[Severity, ...] = ("defect", "weakness", "convention")
_TIER_TONES: Mapping[str, Tone] = {"C": "good", "F": "good", "M": "good", "A": "warning", "outside": "bad"}


def run_screen(record: Record, earlier: Record | None, gate: Gate | None) -> tuple[Section, ...]:
    """Return what is shown of a run; what is to be read first stands last, where the eye is."""
    return (
        *findings_screen(record, gate),
        *waiver_sections(gate),
        *_unavailable(record),
        *uncalled_section(record),
        *changes_section(record, earlier),
        verdict_section(record, gate),
    )


def findings_screen(record: Record | ExaminationResult, gate: Gate | None = None) -> tuple[Section, ...]:
    """Return a table per backend, the counts per severity, and the worst findings."""
    titles = setting_titles(record.checks)
    legend = ", ".join(f"{tier} {meaning}" for tier, meaning in TIER_MEANINGS.items() if tier != "limit")
    tables = (
        *(_backend(record.checks, title) for title in titles),
        Section(
            "",
            (
                Paragraph(f"Tiers, the worst of each line: {legend}.", "faint"),
                Paragraph("Defects, weaknesses and conventions count results.", "faint"),
            ),
        ),
        _counts(record.checks, titles),
    )
    return (*(tables if titles else ()), *properties_section(record), *_worst(record, gate))


def verdict_section(record: Record | ExaminationResult, gate: Gate | None = None) -> Section:
    """Return the outcome in one sentence."""
    text = verdict(record, gate)
    fails = gate is not None and gate.status == 1
    tone: Tone = "good" if text.startswith("PASS") else "bad" if fails or has_defects(record) else "heading"
    return Section("", (Paragraph(text, tone),))


def _backend(checks: Sequence[Check], title: str) -> Section:
    """A row per function and dtype."""
    lines: list[tuple[Words, ...]] = []
    function = ""
    for row in rows(checks, title):
        if row.function != function:
            lines.append((row.function,))
        lines.append(_row(row))
        function = row.function
    return Section(title, (Table(_COLUMNS, tuple(lines), "rows"),))


def _row(row: OverviewRow) -> tuple[Words, ...]:
    counts = (row.severities.get(severity) for severity in _COUNTED)
    tones = [TONES[severity] for severity in _COUNTED]
    return (
        row.dtype,
        Strong(row.tier or "", _TIER_TONES.get(row.tier or "", "faint")),
        measure(row.worst.ulps) if row.worst else "",
        *(Strong(f"{count:,}", tone) if count else "" for count, tone in zip(counts, tones, strict=True)),
        _largest_error_at(row),
    )


def _largest_error_at(row: OverviewRow) -> str:
    """The first words say most, since the end of the line may be cut."""
    if row.worst is None or row.worst_check is None:
        return ", ".join(counted(count, status) for status, count in row.not_run.items())
    check = row.worst_check
    unexamined = f"{counted(row.unexamined, 'check')} not examined to the end · " if row.unexamined else ""
    quantity = "" if check.quantity == "value" else f"{check.quantity} · "
    return f"{unexamined}{quantity}{inputs_words(row.worst.inputs, 3)} · {check.entry_point}"


def _counts(checks: Sequence[Check], titles: Sequence[str]) -> Section:
    backends = Titles(checks)
    lines: list[tuple[Words, ...]] = []
    for title in titles:
        of_backend = [check for check in checks if backends.of(check) == title]
        tally = tallies(of_backend)
        cells = (f"{tally[s].checks:,} ({tally[s].results:,})" if tally[s].results else 0 for s in SEVERITIES)
        lines.append((title, len(of_backend), sum(check.elements for check in of_backend), *cells))
    names = ("checks", "results", *SEVERITIES)
    columns = (Column("backend"), *(Column(name, is_number=True) for name in names))
    return Section("Checks with a finding (results concerned)", (Table(columns, tuple(lines), "backends"),))


def _worst(record: Record | ExaminationResult, gate: Gate | None) -> Iterator[Section]:
    """The worst defects, waived ones last; where there are none, the worst of the next severity."""
    ranked = gating_first(findings(record), gate)
    # Where defects are waived, and weaknesses gate, these are what is to be seen.
    gating = {finding.severity for finding in ranked if gate and gate.gates(finding)}
    for severity, plural in _PLURALS.items():
        chosen = [finding for finding in ranked if finding.severity == severity]
        if chosen and (severity in gating if gating else severity != "convention"):
            is_recorded = isinstance(record, Record)
            entries = tuple(finding_entry(finding, gate, is_recorded=is_recorded) for finding in chosen)
            title = f"The worst {plural}, grouped by cause: {counted(len(chosen), 'finding')} in all"
            yield Section(title, (Entries(entries, COLUMNS, "findings"),))
            return


def _unavailable(record: Record) -> Iterator[Section]:
    missing = [
        Paragraph(f"{backend_title(backend)}: {backend.status}: {backend.reason or ''}", "bad")
        for backend in record.backends
        if backend.status != "complete"
    ]
    if missing:
        yield Section("", tuple(missing))
