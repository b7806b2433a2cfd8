"""A record on a terminal. Record in, rich renderables out; whoever prints them decides about colour and width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..findings.findings import Finding, findings
from ..findings.headline import (
    answers_words,
    call_words,
    cause_words,
    errors_words,
    extent_words,
    headline,
    trigger_words,
)
from ..findings.options import UNCALLED, uncalled_options, uncalled_words
from ..findings.overview import GATING, OverviewRow, rows, setting_titles, tallies
from ..findings.properties import STATUSES, PropertyLine, property_lines, property_titles
from ..findings.settings import Titles
from ..gate.changes import changes
from ..gate.gate import Gate
from ..gate.verdict import verdict
from ..gate.words import (
    gates_words,
    gating_first,
    item_words,
    stale_heading,
    stale_words,
    uncased_words,
    waived_counts,
    waived_words,
    waiver_words,
)
from ..record.model import SEVERITIES, TIER_MEANINGS, Check, ExaminationResult, Record, Severity
from ..record.words import (
    backend_title,
    brief,
    clean,
    counted,
    error_words,
    inputs_hex,
    inputs_words,
    magnitude,
    readable,
)

WORST_SHOWN = 10

_TIER_STYLES = {"C": "green", "F": "green", "M": "green", "A": "yellow", "outside": "bold red", "limit": ""}
_SEVERITY_STYLES = {"defect": "bold red", "weakness": "yellow", "convention": "cyan", "undecided": "magenta"}


def run_view(record: Record, folder: Path, pages: Sequence[str] = (), gate: Gate | None = None) -> RenderableType:
    """Return what `logitproof run` prints: tables, the worst findings, the verdict, and where the files are."""
    names = ("record.json", *pages, "outputs/")
    files = Text("\n".join(clean(f"{folder}/{name}") for name in names), overflow="fold")
    return Group(record_view(record, None, gate), Text("Files:"), Padding(files, (0, 0, 0, 2), expand=False))


def record_view(record: Record, earlier: Record | None = None, gate: Gate | None = None) -> RenderableType:
    """Return a record for a terminal: a table per backend, the worst findings, what is new since, the verdict."""
    return Group(
        findings_view(record, gate),
        *_waivers(gate),
        *_unavailable(record),
        *_uncalled(record),
        *_changes(record, earlier),
        Text(""),
        _verdict(record, gate),
    )


def judgement_view(findings: ExaminationResult) -> RenderableType:
    """Return what `logitproof judge` prints: the table, the worst findings, the verdict."""
    return Group(findings_view(findings), Text(""), _verdict(findings))


def findings_view(record: Record | ExaminationResult, gate: Gate | None = None) -> RenderableType:
    """Return a table per backend, the counts per severity, and the worst findings in plain words."""
    titles = setting_titles(record.checks)
    if not titles:
        return Group(*_properties(record), *_worst(record, gate))
    legend = ", ".join(f"{tier} {meaning}" for tier, meaning in TIER_MEANINGS.items() if tier != "limit")
    return Group(
        *(_backend_table(record.checks, title) for title in titles),
        Text(f"Tiers, the worst of each line: {legend}.", style="dim"),
        Text("Defects, weaknesses and conventions count results.", style="dim"),
        Text(""),
        _counts(record.checks, titles),
        *_properties(record),
        *_worst(record, gate),
    )


def _backend_table(checks: Sequence[Check], title: str) -> RenderableType:
    """A line per function and dtype, of fixed columns, so that the last one has room for the inputs."""
    heading = f"  {'dtype':<9}{'tier':<8}{'ulps':>9}{'defects':>9}{'weak':>8}{'conv':>8}  largest error at"
    lines = [Text(title, style="bold"), Text(heading, style="dim", no_wrap=True, overflow="ellipsis")]
    previous = ""
    for row in rows(checks, title):
        if row.function != previous:
            lines.append(Text(clean(row.function), style="bold"))
        lines.append(_line(row))
        previous = row.function
    return Group(*lines, Text(""))


def _line(row: OverviewRow) -> Text:
    widths: dict[Severity, int] = {"defect": 9, "weakness": 8, "convention": 8}
    counts = ((f"{row.severities.get(s) or '':>{width}}", _SEVERITY_STYLES[s]) for s, width in widths.items())
    return Text.assemble(
        f"  {clean(row.dtype):<9}",
        (f"{row.tier or '':<8}", _TIER_STYLES.get(row.tier or "", "")),
        f"{magnitude(row.worst.ulps) if row.worst else '':>9}",
        *counts,
        f"  {_where(row)}",
        no_wrap=True,
        overflow="ellipsis",
    )


def _where(row: OverviewRow) -> str:
    """The place of the largest error; the first words say most, since the end of the line may be cut."""
    if row.worst is None or row.worst_check is None:
        return ", ".join(counted(count, status) for status, count in row.not_run.items())
    check = row.worst_check
    unexamined = f"{counted(row.unexamined, 'check')} not examined to the end · " if row.unexamined else ""
    quantity = "" if check.quantity == "value" else f"{check.quantity} · "
    return clean(f"{unexamined}{quantity}{inputs_words(row.worst.inputs, 3)} · {check.entry_point}")


def _counts(checks: Sequence[Check], titles: Iterable[str]) -> Table:
    table = Table(
        title=Text("Checks with a finding (results concerned)"),
        title_justify="left",
        pad_edge=False,
        box=box.SIMPLE_HEAD,
    )
    for name in ("backend", "checks", "results", *SEVERITIES):
        table.add_column(name, justify="left" if name == "backend" else "right")
    backends = Titles(checks)
    for title in titles:
        of_backend = [check for check in checks if backends.of(check) == title]
        tally = tallies(of_backend)
        cells = [f"{tally[s].checks} ({tally[s].results})" if tally[s].results else "0" for s in SEVERITIES]
        table.add_row(Text(title), str(len(of_backend)), str(sum(check.elements for check in of_backend)), *cells)
    return table


def _properties(record: Record | ExaminationResult) -> list[RenderableType]:
    """A line per backend: how many properties hold, and which do not."""
    results = record.properties if isinstance(record, Record) else ()
    lines: list[RenderableType] = [Text("Properties", style="bold")]
    for title in property_titles(results):
        backend_lines = property_lines(results, title)
        parts: list[tuple[str, str]] = []
        for status in reversed(STATUSES):
            named = [line for line in backend_lines if line.status == status]
            if named:
                names = ", ".join(_property_words(line) for line in named if status in _NAMED)
                parts.append(
                    (f"  {_counted(len(named), status)}" + (f": {names}" if names else ""), _NAMED.get(status, ""))
                )
        lines.append(Text.assemble(f"  {title}:", *parts, overflow="fold"))
    return lines if len(lines) > 1 else []


def _counted(number: int, status: str) -> str:
    return f"{number} {'hold' if status == 'holds' and number != 1 else status}"


_NAMED = {"broken": "bold red", "undecided": "magenta", "deviates": "cyan"}
"""The statuses whose properties are named, with their styles."""


def _property_words(line: PropertyLine) -> str:
    worst = line.worst.worst
    times = f" ({magnitude(worst.ratio)} times the bound)" if worst and line.status == "broken" else ""
    return clean(line.name) + times


_PLURALS: Mapping[Severity, str] = {
    "defect": "defects",
    "undecided": "undecided results",
    "weakness": "weaknesses",
    "convention": "conventions",
}
"""The severities whose worst findings are told, with their plurals: of several the first that there is."""


def _worst(record: Record | ExaminationResult, gate: Gate | None) -> list[RenderableType]:
    """The worst defects in plain words, waived ones last; where there are none, the worst of the next severity."""
    ranked = gating_first(findings(record), gate)
    recorded = isinstance(record, Record)
    # Where defects are waived, and weaknesses gate, these are what is to be seen.
    gating = {finding.severity for finding in ranked if gate and gate.gates(finding)}
    for severity, plural in _PLURALS.items():
        chosen = [finding for finding in ranked if finding.severity == severity]
        if chosen and (severity in gating if gating else severity != "convention"):
            left = len(chosen) - WORST_SHOWN
            where = ": logitproof report --format html shows them" if recorded else ""
            rest = [Text(""), Text(f"… and {left} more findings{where}", style="dim")] if left > 0 else []
            heading = Text(
                f"The worst {plural}, grouped by cause: {counted(len(chosen), 'finding')} in all", style="bold"
            )
            blocks = [_in_words(finding, gate, recorded=recorded) for finding in chosen[:WORST_SHOWN]]
            return [Text(""), heading, *(part for each in blocks for part in (Text(""), each)), *rest]
    return []


def _in_words(finding: Finding, gate: Gate | None, *, recorded: bool) -> RenderableType:
    """One finding: what it is, then its facts; a script can be had where there is a record."""
    example = finding.example
    title = Text.assemble(
        (brief(finding.title, 80), _SEVERITY_STYLES[finding.severity]), f"  {headline(finding)}", overflow="fold"
    )
    element = f", element {list(example.index)}" if example.index else ""
    facts = [
        ("waived", waived_words(gate, finding)),
        *(("gates", line) for line in gates_words(gate, finding)),
        ("cause", cause_words(finding)),
        ("input", brief(inputs_words(example.inputs) + element)),
        ("hex", brief(inputs_hex(example.inputs) or "")),
        ("called", call_words(finding)),
        ("when", trigger_words(finding)),
        ("returned", readable(example.observed, example.dtype)),
        ("exact", brief(example.expected.decimal)),
        ("error", error_words(example)),
        *(("others", f"{answer}: {names}") for answer, names in answers_words(example)[:3]),
        ("extent", "; ".join(filter(None, (extent_words(finding), errors_words(finding))))),
        ("again", f"logitproof reproduce {brief(example.id, 64)}" if recorded else ""),
    ]
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=9, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, fact in facts:
        if fact:
            grid.add_row(Text(name), Text(fact))
    body = Group(Text(brief(example.explanation), overflow="fold"), grid)
    return Group(title, Padding(body, (0, 0, 0, 2), expand=False))


def _waivers(gate: Gate | None) -> list[RenderableType]:
    """What gates without a finding, what is waived and by which waiver, the stale waivers; of each the first."""
    if gate is None:
        return []
    lines: list[RenderableType] = []
    if uncased := uncased_words(gate):
        lines += [Text(""), Text("Gates, and the record keeps no case of it", style="bold red")]
        lines += [Text(f"  {line}", overflow="fold") for line in uncased[:WORST_SHOWN]]
        lines += _more(len(uncased), "of these")
    if gate.waived:
        lines += [Text(""), Text(f"Waived: {waived_counts(gate.waived)}", style="bold")]
        for entry in gate.waived[:WORST_SHOWN]:
            waived_line = f"  {item_words(entry.item)}; {'; '.join(map(waiver_words, entry.waivers[:2]))}"
            lines.append(Text.assemble(waived_line, overflow="fold"))
        lines += _more(len(gate.waived), "waived")
    if gate.stale:
        style = "bold red" if gate.strict else "bold yellow"
        lines += [Text(""), Text(stale_heading(gate), style=style)]
        lines += [Text(f"  {stale_words(stale)}", overflow="fold") for stale in gate.stale[:WORST_SHOWN]]
        lines += _more(len(gate.stale), "stale")
    return lines


def _more(number: int, what: str) -> list[RenderableType]:
    left = number - WORST_SHOWN
    return [Text(f"  … and {left} more {what}: logitproof report --format html shows them", style="dim")] * (left > 0)


def _changes(record: Record, earlier: Record | None) -> list[RenderableType]:
    """What is new since an earlier run, and what is gone."""
    if earlier is None:
        return []
    changed = changes(record, earlier)
    counts = f"{len(changed.new)} new, {len(changed.gone)} gone, {changed.still} as before"
    lines = [Text(f"Findings since the run of {brief(changed.started, 40)}: {counts}", style="bold")]
    lines += [
        Text.assemble("  ", ("without results now", "bold red"), f"  {loss.words}", overflow="fold")
        for loss in changed.lost[:WORST_SHOWN]
    ]
    if len(changed.lost) > WORST_SHOWN:
        lines.append(Text(f"  … and {len(changed.lost) - WORST_SHOWN} more without results now", style="dim"))
    for word, style, listed in (("new", "bold red", changed.new), ("gone", "green", changed.gone)):
        for finding in listed[:WORST_SHOWN]:
            line = f"  {finding.severity}, {brief(finding.title, 80)}: {headline(finding)}"
            lines.append(Text.assemble("  ", (word, style), line, overflow="fold"))
        if len(listed) > WORST_SHOWN:
            lines.append(Text(f"  … and {len(listed) - WORST_SHOWN} more {word}", style="dim"))
    return [Text(""), *lines]


def _unavailable(record: Record) -> list[RenderableType]:
    return [
        Text(f"{backend_title(backend)}: {backend.status}: {clean(backend.reason or '')}", style="bold red")
        for backend in record.backends
        if backend.status != "complete"
    ]


def _uncalled(record: Record) -> list[RenderableType]:
    """The options that entry points accept and were not called with."""
    uncalled = uncalled_options(record)
    if not uncalled:
        return []
    lines = [Text(f"  {uncalled_words(each)}", overflow="fold") for each in uncalled[:WORST_SHOWN]]
    return [Text(""), Text(UNCALLED, style="bold"), *lines, *_more(len(uncalled), "entry points")]


def _verdict(record: Record | ExaminationResult, gate: Gate | None = None) -> Text:
    text = verdict(record, gate)
    fails = gate is not None and gate.status == 1
    style = "bold green" if text.startswith("PASS") else "bold red" if fails or _has_defects(record) else "bold"
    return Text(text, style=style)


def _has_defects(record: Record | ExaminationResult) -> bool:
    return bool(tallies(record.checks)[GATING].checks)
