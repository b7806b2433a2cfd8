"""Findings for the page: what is wrong, by which inputs, by how much, and where else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ..contents.upstream import upstream_report
from ..document.text import text_of
from ..findings.findings import Finding, GateItemKey, key_of
from ..findings.headline import call_words, cause_words, largest_error, trigger_words
from ..record.hexfloat import float_from, measure
from ..record.model import Discrepancy, OtherAnswer, Record, Severity
from ..record.words import brief, clean, is_number, magnitude, quantity_words
from .mathematics import Mathematics, mathematics
from .operands import Operand, enclosure_words, operands_of
from .text import STEADY_CHARACTERS, checks_link, decimal, kind_words, property_of, title_words

WEAKNESSES_IN_FULL = 60
"""So many weaknesses have a section each; the rest a line each. Defects all have one."""
ENTRY_POINTS_SHOWN = 24
"""So many entry points are in the table of where else; the rest is counted."""
BEYOND_MEASURE = "more than 1e308"
"""Such an error overflows, ulps of a tiny truth being tiny."""


@dataclass(frozen=True)
class ShownAnswer:
    """What another entry point returned for the same input."""

    title: str
    entry_point: str
    mode: str
    observed: str
    ulps: str


@dataclass(frozen=True)
class EntryPointRow:
    """An entry point that has the finding: for each dtype how many results, in how many checks, and a link to them."""

    entry_point: str
    cells: tuple[tuple[int, int, str] | None, ...]


@dataclass(frozen=True)
class Section:
    """One finding as the page tells it."""

    finding: Finding
    title: str
    kinds: str
    quantity: str
    called: str
    when: str
    named: str | None
    explanation: str
    cause: str
    formula: Mathematics | None
    operands: tuple[Operand, ...]
    element: str
    observed: str
    observed_hex: str
    exact: str
    enclosure: str
    ulps: str
    times: str
    errors: str
    worst: Discrepancy
    answers: tuple[ShownAnswer, ...]
    entry_points: tuple[EntryPointRow, ...]
    entry_points_left: int
    script: str | None
    upstream: str

    @property
    def example(self) -> Discrepancy:
        """The discrepancy shown."""
        return self.finding.example


@dataclass(frozen=True)
class Chapter:
    """The findings of one severity: in full, and a line each."""

    severity: Severity
    heading: str
    sections: tuple[Section, ...]
    lines: tuple[tuple[Finding, str, str], ...]

    @property
    def count(self) -> int:
        """How many findings it has."""
        return len(self.sections) + len(self.lines)


def chapters(record: Record, all_findings: Sequence[Finding], scripts: Mapping[str, str]) -> tuple[Chapter, ...]:
    """Return the findings for the page by severity; conventions are in a table of their own."""
    plan: tuple[tuple[Severity, str, int | None], ...] = (
        ("defect", "Defects", None),
        ("weakness", "Weaknesses", WEAKNESSES_IN_FULL),
        ("undecided", "Undecided", 0),
    )
    all_chapters = (_chapter(record, all_findings, scripts, part) for part in plan)
    return tuple(chapter for chapter in all_chapters if chapter.count)


def _chapter(
    record: Record, all_findings: Sequence[Finding], scripts: Mapping[str, str], plan: tuple[Severity, str, int | None]
) -> Chapter:
    severity, heading, limit = plan
    of_severity = [finding for finding in all_findings if finding.severity == severity]
    cut = len(of_severity) if limit is None else limit
    return Chapter(
        severity,
        heading,
        tuple(_section(record, finding, scripts.get(finding.example.id)) for finding in of_severity[:cut]),
        tuple((finding, title_words(finding), trigger_words(finding)) for finding in of_severity[cut:]),
    )


def _section(record: Record, finding: Finding, script: str | None) -> Section:
    example = finding.example
    named = property_of(example)
    is_measured = is_number(example.observed)
    rows = [] if named else _entry_point_rows(finding)
    return Section(
        finding=finding,
        title=title_words(finding),
        kinds=", ".join(map(kind_words, finding.kinds)),
        quantity=quantity_words(example.quantity),
        called=call_words(finding),
        when=trigger_words(finding),
        named=named,
        explanation=brief(example.explanation, STEADY_CHARACTERS),
        cause=cause_words(finding),
        formula=mathematics(example.function, example.quantity),
        operands=operands_of(example.inputs),
        element=str(list(example.index)) if example.index else "",
        observed=decimal(example.observed, example.dtype) if is_measured else brief(example.observed),
        observed_hex=clean(example.observed) if is_measured else "",
        exact=brief(example.expected.decimal),
        enclosure=enclosure_words(example.expected),
        ulps=_finite(example.error_ulps) or (BEYOND_MEASURE if is_measured and _is_finite(example) else ""),
        times=_finite(example.error_bound_ratio) if measure(example.error_bound_ratio) else "",
        errors=text_of(largest_error(finding) or ""),
        worst=finding.worst,
        answers=tuple(_answer(answer, example) for answer in example.answers),
        entry_points=tuple(rows[:ENTRY_POINTS_SHOWN]),
        entry_points_left=max(len(rows) - ENTRY_POINTS_SHOWN, 0),
        script=script,
        upstream=upstream_report(record, finding, script),
    )


def _is_finite(discrepancy: Discrepancy) -> bool:
    """Whether both results are numbers: their distance is one too, however large."""
    pair = (discrepancy.observed, discrepancy.expected.lower)
    return all(is_number(text) and math.isfinite(float_from(text)) for text in pair)


def _finite(text: str) -> str:
    """An error in words; "" where no number measures it."""
    return magnitude(text) if math.isfinite(measure(text)) else ""


def _answer(answer: OtherAnswer, discrepancy: Discrepancy) -> ShownAnswer:
    return ShownAnswer(
        title=clean(f"{answer.backend} {answer.version}".strip()),
        entry_point=brief(answer.entry_point),
        mode=brief(answer.mode if answer.device in ("", discrepancy.device) else f"{answer.mode} on {answer.device}"),
        observed=decimal(answer.observed, discrepancy.dtype),
        ulps=magnitude(answer.error_ulps),
    )


def _entry_point_rows(finding: Finding) -> list[EntryPointRow]:
    """A row per entry point, the ones with most results first."""
    counts: dict[tuple[str, str], dict[GateItemKey, int]] = {}
    for discrepancy in finding.discrepancies:
        counts.setdefault((discrepancy.entry_point, discrepancy.dtype), {})[key_of(discrepancy)] = discrepancy.count
    rows = [
        EntryPointRow(brief(entry), tuple(_cell(finding, entry, dtype, counts) for dtype in finding.dtypes))
        for entry in finding.entry_points
    ]
    return sorted(rows, key=lambda row: -sum(cell[0] for cell in row.cells if cell))


def _cell(
    finding: Finding, entry: str, dtype: str, counts: Mapping[tuple[str, str], Mapping[GateItemKey, int]]
) -> tuple[int, int, str] | None:
    results = counts.get((entry, dtype))
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
