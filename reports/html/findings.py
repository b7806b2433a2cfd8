"""Findings for the page: what is wrong, by which inputs, by how much, and where else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ..contents.upstream import upstream_report
from ..findings.findings import Finding, GateItemKey, key_of
from ..record.hexfloat import float_from, measure
from ..record.model import Discrepancy, Record, Severity
from ..record.words import brief, is_number, magnitude
from .text import checks_link, property_of

WEAKNESSES_IN_FULL = 60
"""So many weaknesses have a section each; the rest a line each. Defects all have one."""
_PLAN: tuple[tuple[Severity, str, int | None], ...] = (
    ("defect", "Defects", None),
    ("weakness", "Weaknesses", WEAKNESSES_IN_FULL),
    ("undecided", "Undecided", 0),
)

EntryPointCell = tuple[int, int, str]
"""How many results of an entry point in one dtype have a finding, in how many checks, and a link to these."""


@dataclass(frozen=True)
class Section:
    """One finding as the page tells it in full.

    Attributes:
        finding: the finding.
        entry_points: the entry points that have it, those with most results first, and a cell for each of its dtypes.
        script: the reproducer, where there is one.
        upstream: the report to file.
    """

    finding: Finding
    entry_points: tuple[tuple[str, tuple[EntryPointCell | None, ...]], ...]
    script: str | None
    upstream: str


@dataclass(frozen=True)
class Chapter:
    """The findings of one severity: in full, and those that have a line each."""

    severity: Severity
    heading: str
    sections: tuple[Section, ...]
    lines: tuple[Finding, ...]


def error_of(example: Discrepancy) -> tuple[str, str]:
    """Return an error in ulps and in multiples of its bound, in words; "" where no number measures it."""
    ulps, times = (
        magnitude(text) if math.isfinite(measure(text)) else ""
        for text in (example.error_ulps, example.error_bound_ratio)
    )
    pair = (example.observed, example.expected.lower)
    if not ulps and all(is_number(text) and math.isfinite(float_from(text)) for text in pair):
        # The distance of two numbers is one too: it overflows where ulps are those of a tiny truth.
        ulps = "more than 1e308"
    return ulps, times if measure(example.error_bound_ratio) else ""


def chapters(record: Record, all_findings: Sequence[Finding], scripts: Mapping[str, str]) -> tuple[Chapter, ...]:
    """Return the findings for the page by severity; conventions are in a table of their own."""
    result = []
    for severity, heading, limit in _PLAN:
        of_severity = [finding for finding in all_findings if finding.severity == severity]
        cut = len(of_severity) if limit is None else limit
        sections = tuple(_section(record, finding, scripts.get(finding.example.id)) for finding in of_severity[:cut])
        if of_severity:
            result.append(Chapter(severity, heading, sections, tuple(of_severity[cut:])))
    return tuple(result)


def _section(record: Record, finding: Finding, script: str | None) -> Section:
    counts: dict[tuple[str, str], dict[GateItemKey, int]] = {}
    for discrepancy in finding.discrepancies:
        counts.setdefault((discrepancy.entry_point, discrepancy.dtype), {})[key_of(discrepancy)] = discrepancy.count
    rows = [
        (brief(entry), tuple(_cell(finding, entry, dtype, counts.get((entry, dtype))) for dtype in finding.dtypes))
        for entry in finding.entry_points
        if property_of(finding.example) is None
    ]
    rows.sort(key=lambda row: -sum(cell[0] for cell in row[1] if cell))
    return Section(finding, tuple(rows), script, upstream_report(record, finding, script))


def _cell(finding: Finding, entry: str, dtype: str, results: Mapping[GateItemKey, int] | None) -> EntryPointCell | None:
    if results is None:
        return None
    checks = list(dict.fromkeys(check for _, _, check, _, _ in results))
    link = (
        f"#check-{quote(checks[0], safe='')}"
        if len(checks) == 1
        else checks_link(backend=finding.title, dtype=dtype, severity=finding.severity, finding=finding.anchor)
        + f"&q={quote(brief(entry), safe='')}"
    )
    return sum(results.values()), len(checks), link
