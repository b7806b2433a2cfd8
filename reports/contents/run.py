"""A run as a document: its page and its alerts, with what a terminal shows and the test cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ..document.model import (
    Alert,
    Break,
    Code,
    Column,
    Count,
    Document,
    Entries,
    Items,
    Level,
    Paragraph,
    Section,
    Strong,
    Table,
    Title,
    Words,
)
from ..document.text import joined
from ..findings.findings import IDENTITY_BROKEN, Finding, findings
from ..findings.options import UNCALLED, uncalled_options, uncalled_words
from ..findings.overview import (
    Convention,
    OverviewRow,
    backends_of,
    conventions,
    exit_status,
    rows,
    setting_titles,
    standing,
    tallies,
)
from ..findings.settings import Titles
from ..findings.unexamined import gaps, unexamined_words
from ..gate.gate import FAILING, Gate
from ..gate.verdict import verdict
from ..gate.words import gating_first, item_words, stale_heading, stale_words, uncased_words, waiver_words
from ..record.hexfloat import measure
from ..record.model import SEVERITIES, TIER_MEANINGS, Record, Severity
from ..record.words import backend_title, brief, counted, inputs_words, parameters_words, readable
from .entries import COLUMNS, entry_alert, finding_entry
from .run_screen import run_screen
from .run_sections import changes_section, properties_section, uncalled_section, waiver_sections
from .run_tests import run_suites

_VERDICT = 600
"""So many characters of the verdict are told on a page: with it, what was not examined and why."""
_MOST_BACKENDS = 10
_MOST_LINES = 10
"""So many lines of an alert that is of no finding."""
_MACHINE = ("model", "machine", "system")
_CUT_SHORT = 3

_PLURALS: Mapping[Severity, str] = {
    "defect": "defects",
    "weakness": "weaknesses",
    "convention": "conventions",
    "undecided": "undecided",
}
_MEANINGS: Mapping[Severity, str] = {
    "defect": "beyond what the textbook algorithm may lose, or wrong in kind",
    "weakness": "within the textbook bound, and worse than a careful algorithm",
    "undecided": "the reference could not tell",
}


def run_document(record: Record, earlier: Record | None = None, gate: Gate | None = None) -> Document:
    """Return what is told of a run.

    Args:
        record: the run.
        earlier: a run before it, to tell what is new; None where there is none.
        gate: what of it gates; None where defects do and nothing is waived.
    """
    return Document(
        page=lambda: _page(record, earlier, gate),
        screen=lambda: run_screen(record, earlier, gate),
        least=lambda: (_title(record, gate), Paragraph("There was no room for more: record.json has everything.")),
        alerts=lambda: tuple(_alerts(record, gate)),
        suites=lambda: run_suites(record, gate),
        noun="findings",
        elsewhere=(Code("logitproof report --format html"), " shows them"),
    )


def _page(record: Record, earlier: Record | None, gate: Gate | None) -> tuple[Section, ...]:
    ranked = gating_first(findings(record), gate)
    return (
        _head(record, gate),
        *_gating(record, ranked, gate),
        *waiver_sections(gate),
        *_unexamined(record),
        *changes_section(record, earlier),
        *_of_severity(ranked, "defect", gate, 0.38),
        *_of_severity(ranked, "undecided", gate, 0.05),
        *_of_severity(ranked, "weakness", gate, 0.13),
        *_conventions(record),
        *_map(record),
        *properties_section(record),
        *uncalled_section(record),
        *_not_run(record),
        _run(record),
        _legend(),
    )


def _title(record: Record, gate: Gate | None) -> Title:
    return Title(f"logitproof: {brief(verdict(record, gate), _VERDICT)}")


def _head(record: Record, gate: Gate | None) -> Section:
    titles = [brief(backend_title(backend), 80) for backend in record.backends[:_MOST_BACKENDS]]
    left = len(record.backends) - _MOST_BACKENDS
    more = f" and {left} more" if left > 0 else ""
    machine = ", ".join(brief(record.run.machine[key], 80) for key in _MACHINE if key in record.run.machine)
    results = sum(check.elements for check in record.checks)
    examined = (
        f"{', '.join(titles) or 'No backend'}{more}: {counted(len(record.checks), 'check')} of "
        f"{counted(results, 'result')}, {counted(len(record.properties), 'check')} of properties; "
        f"profile {brief(record.run.profile, 40)}{f'; {machine}' if machine else ''}."
    )
    trouble = (
        Paragraph(
            (Strong(f"{brief(backend_title(backend), 80)}: {backend.status}"), f": {brief(backend.reason or '')}")
        )
        for backend in record.backends[:_MOST_BACKENDS]
        if backend.status != "complete"
    )
    return Section("", (_title(record, gate), *trouble, Paragraph(examined)))


def _gating(record: Record, ranked: Sequence[Finding], gate: Gate | None) -> Iterator[Section]:
    """A row per backend: how many findings, in how many checks of functions and of properties."""
    lines: list[tuple[Words, ...]] = []
    for title in dict.fromkeys((*backends_of(record.checks), *(finding.title for finding in ranked))):
        tally = tallies([check for check in record.checks if backend_title(check) == title])
        of_backend = [finding for finding in ranked if finding.title == title]
        counts = (_counts(of_backend, severity, tally[severity].checks) for severity in SEVERITIES)
        lines.append((brief(title, 80), *counts))
    if lines:
        names = (_PLURALS[severity] + _gates_as(severity, gate) for severity in SEVERITIES)
        columns = tuple(map(Column, ("findings", *names)))
        yield Section("", (Table(columns, tuple(lines), "backends"),), 0.05)


def _counts(of_backend: Sequence[Finding], severity: Severity, checks: int) -> str:
    """How many findings of a severity a backend has, and in how many checks: "5 in 30 checks, 2 of properties"."""
    of_severity = [finding for finding in of_backend if finding.severity == severity]
    broken = sum(finding.is_of_property for finding in of_severity)
    count, checked = len(of_severity) - broken, f" in {counted(checks, 'check')}" if checks else ""
    parts = (f"{count:,}{checked}" if count or checks else "", f"{broken:,} of properties" if broken else "")
    return ", ".join(part for part in parts if part) or "0"


def _gates_as(severity: Severity, gate: Gate | None) -> str:
    """What the heading of a severity says about the gate."""
    if severity not in FAILING.get(gate.fail_on if gate else "defect", ()):
        return ""
    return ": gate, unless waived" if gate and gate.waived else ": gate"


def _unexamined(record: Record) -> Iterator[Section]:
    """What was not examined, by its reason: no pass, and easily taken for one."""
    lines: list[tuple[Words, ...]] = []
    for gap in gaps(record):
        names = joined(Code(brief(name, 80)) for name in gap.names)
        checks: Words = gap.checks if gap.is_whole else (gap.checks, ", not to the end")
        dtypes = ", ".join(brief(dtype, 40) for dtype in gap.dtypes)
        lines.append((brief(gap.backend, 80), (*names, f" in {dtypes}"), checks, gap.cases, gap.reason))
    if lines:
        columns = tuple(map(Column, ("backend", "what", "checks", "cases", "reason")))
        yield Section("Not examined", (Table(columns, tuple(lines), "reasons"),), 0.025)


def _of_severity(ranked: Sequence[Finding], severity: Severity, gate: Gate | None, share: float) -> Iterator[Section]:
    """The worst findings of a severity in full, further ones a row each, the rest counted."""
    chosen = [finding for finding in ranked if finding.severity == severity]
    if chosen:
        order = "waived ones last" if gate and any(map(gate.is_waived, chosen)) else "the worst first"
        count = Paragraph((Count(len(chosen), "finding"), f" in all, {_meaning(severity, gate)}"))
        entries = Entries(tuple(finding_entry(finding, gate) for finding in chosen), COLUMNS, "findings")
        yield Section(f"{_PLURALS[severity].capitalize()}, {order}", (count, entries), share)


def _meaning(severity: Severity, gate: Gate | None) -> str:
    """What a severity means, and whether it gates."""
    meaning, gates = _MEANINGS[severity], _gates_as(severity, gate).removeprefix(": gate")
    is_of_news = gate is not None and gate.fail_on == "regression" and severity in {"defect", "weakness"}
    if is_of_news:
        return f"{meaning}: those of them that are graver than before gate{gates}."
    if _gates_as(severity, gate) or severity == "defect":
        return f"{meaning}: these gate{gates}."
    return f"{meaning}. None of them gates{', and none is a pass' if severity == 'undecided' else ''}."


def _conventions(record: Record) -> Iterator[Section]:
    # A broken property that a stated deviation explains says nothing that the deviation does not.
    questions = [each for each in conventions(record.discrepancies) if each.example.kind != IDENTITY_BROKEN]
    if questions:
        titles = Titles(record.checks, record.properties)
        columns = tuple(map(Column, ("question", "input", "exact", "answers")))
        meaning = f"{len(questions):,} in all. Mathematics or a documentation leaves these open; none of them gates."
        lines = tuple(_convention(each, titles) for each in questions)
        yield Section("Conventions, side by side", (Paragraph(meaning), Table(columns, lines, "questions")), 0.117)


def _convention(convention: Convention, titles: Titles) -> tuple[Words, ...]:
    example = convention.example
    keywords = parameters_words(example.parameters)
    asked = " · ".join(filter(None, (example.function, example.quantity, example.dtype, keywords)))
    others = f"; {counted(convention.others, 'more case')} on record" if convention.others else ""
    question = (Code(brief(asked, 160)), Break(), brief(example.kind, 120) + others)
    inputs = Code(brief(inputs_words(example.inputs, 4), 120))
    return question, inputs, Code(brief(example.expected.decimal, 80)), joined(_answers(convention, titles), Break())


def _answers(convention: Convention, titles: Titles) -> Iterator[Words]:
    """A line for each backend and answer, with the entry points that gave it."""
    lines: dict[tuple[str, str], list[str]] = {}
    for answer in convention.answers:
        lines.setdefault((titles.of(answer), readable(answer.observed, answer.dtype)), []).append(answer.entry_point)
    for (title, observed), entry_points in list(lines.items())[:8]:
        names = joined(Code(brief(name, 120)) for name in list(dict.fromkeys(entry_points))[:3])
        yield (f"{brief(title, 80)}: ", Code(brief(observed, 80)), " ", *names)


def _map(record: Record) -> Iterator[Section]:
    """A table per backend: functions by dtypes, the worst tier and the largest error in ulps."""
    tables = []
    for title in setting_titles(record.checks)[:_MOST_BACKENDS]:
        by_cell = {(row.function, row.dtype): row for row in rows(record.checks, title)}
        dtypes = sorted({dtype for _, dtype in by_cell}, key=lambda dtype: (len(dtype), dtype))
        lines = tuple(
            (Code(brief(name, 80)), *(_cell(by_cell.get((name, dtype))) for dtype in dtypes))
            for name in dict.fromkeys(function for function, _ in by_cell)
        )
        columns = tuple(Column(brief(name, 40)) for name in ("function", *dtypes))
        tables.append(Table(columns, lines, "functions", brief(title, 80)))
    if tables:
        title = "What was examined, with the worst tier and the largest error in ulps"
        yield Section(title, tuple(tables), 0.117, is_detail=True)


def _cell(row: OverviewRow | None) -> Words:
    if row is None:
        return ""
    if row.tier is None:
        return ", ".join(f"{count:,} {status}" for status, count in row.not_run.items())
    return (f"{row.tier} ", measure(row.worst.ulps)) if row.worst else row.tier


def _not_run(record: Record) -> Iterator[Section]:
    titles = Titles(record.checks)
    reasons = Counter(
        (titles.of(check), standing(check), brief(check.reason or ""))
        for check in record.checks
        if check.status != "examined"
    )
    if reasons:
        columns = tuple(map(Column, ("backend", "status", "checks", "reason")))
        lines = tuple(
            (brief(title, 80), status, count, reason) for (title, status, reason), count in reasons.most_common()
        )
        title = f"{counted(sum(reasons.values()), 'check')} not run, or not to the end"
        yield Section(title, (Table(columns, lines, "reasons"),), 0.025, is_detail=True)


def _run(record: Record) -> Section:
    run, corpus = record.run, record.corpus
    switches = [Code(brief(f"{key}={value}", 120)) for key, value in sorted(run.environment.items())]
    more = f" and {len(switches) - 10} more" if len(switches) > 10 else ""
    facts: tuple[Words, ...] = (
        ("Command: ", Code(brief(run.command))),
        (f"Inputs: corpus {corpus.version}, ", Code(brief(corpus.hash, 64))),
        f"Time: {brief(f'{run.started} to {run.finished}', 80)}",
        ("Environment: ", *joined(switches[:10] or ["nothing set"]), more),
    )
    return Section("The run", (Items(facts),), 0.05)


def _legend() -> Section:
    tiers = "; ".join(f"{tier}: {meaning}" for tier, meaning in TIER_MEANINGS.items())
    files = "record.json has everything, report.html shows it."
    text = f"Tiers: {tiers}. A finding is all results of one backend with one cause. {files}"
    return Section("", (Paragraph(text),))


def _alerts(record: Record, gate: Gate | None) -> Iterator[Alert]:
    """What is of no finding, then the findings, the worst first."""
    if exit_status(record) == _CUT_SHORT:
        trouble = (
            f"{brief(backend.name, 80)} {backend.status}: {brief(backend.reason or '')}"
            for backend in record.backends
            if backend.status != "complete"
        )
        yield from _together("error", "", [verdict(record), *trouble])
    yield from _together("notice", UNCALLED, [uncalled_words(each) for each in uncalled_options(record)])
    if unexamined := unexamined_words(gaps(record), record):
        yield Alert("notice", "not examined", (unexamined,))
    if gate is not None:
        yield from _together("error", "gates", uncased_words(gate))
        waived = ["; ".join((item_words(each.item), *map(waiver_words, each.waivers[:2]))) for each in gate.waived]
        uncased = [line for line, each in zip(waived, gate.waived, strict=True) if not each.item.discrepancies]
        yield from _together("notice", "waived", uncased)
        if gate.stale:
            lines = [stale_heading(gate), *map(stale_words, gate.stale)]
            yield from _together("error" if gate.strict else "warning", "stale waivers", lines)
    yield from (entry_alert(finding_entry(finding, gate)) for finding in findings(record))


def _together(level: Level, subject: str, lines: Sequence[str]) -> Iterator[Alert]:
    """One alert for all that is in no finding."""
    left = len(lines) - _MOST_LINES
    if lines:
        yield Alert(level, subject, (*lines[:_MOST_LINES], *([f"and {left} more"] if left > 0 else [])))
