"""A record on a terminal. Record in, rich renderables out; whoever prints them decides about colour and width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ._finding import Finding, findings
from ._headline import answers_words, cause_words, extent_words, headline
from ._html_verdict import changes
from ._overview import GATING, Row, backends_of, rows, tallies, verdict
from ._property_overview import STATUSES, PropertyLine, property_backends, property_lines
from ._record import SEVERITIES, TIER_MEANINGS, Check, Findings, Record, Severity
from ._words import (
    backend_title,
    brief,
    clean,
    counted,
    error_words,
    inputs_hex,
    inputs_words,
    magnitude,
    parameters_words,
    readable,
)

WORST_SHOWN = 10

_TIER_STYLES = {"C": "green", "F": "green", "M": "green", "A": "yellow", "outside": "bold red", "limit": ""}
_SEVERITY_STYLES = {"defect": "bold red", "weakness": "yellow", "convention": "cyan", "undecided": "magenta"}


def run_view(record: Record, folder: Path, pages: Sequence[str] = ()) -> RenderableType:
    """Return what `logitproof run` prints: tables, the worst findings, the verdict, and where the files are."""
    names = ("record.json", *pages, "outputs/")
    files = Text("\n".join(clean(f"{folder}/{name}") for name in names), overflow="fold")
    return Group(record_view(record), Text("Files:"), Padding(files, (0, 0, 0, 2), expand=False))


def record_view(record: Record, earlier: Record | None = None) -> RenderableType:
    """Return a record for a terminal: a table per backend, the worst findings, what is new since, the verdict."""
    return Group(findings_view(record), *_unavailable(record), *_changes(record, earlier), Text(""), _verdict(record))


def judgement_view(findings: Findings) -> RenderableType:
    """Return what `logitproof judge` prints: the table, the worst findings, the verdict."""
    return Group(findings_view(findings), Text(""), _verdict(findings))


def findings_view(record: Record | Findings) -> RenderableType:
    """Return a table per backend, the counts per severity, and the worst findings in plain words."""
    titles = backends_of(record.checks)
    if not titles:
        return Group(*_properties(record), *_worst(record))
    legend = ", ".join(f"{tier} {meaning}" for tier, meaning in TIER_MEANINGS.items() if tier != "limit")
    return Group(
        *(_backend_table(record.checks, title) for title in titles),
        Text(f"Tiers, the worst of each line: {legend}.", style="dim"),
        Text("Defects, weaknesses and conventions count results.", style="dim"),
        Text(""),
        _counts(record.checks, titles),
        *_properties(record),
        *_worst(record),
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


def _line(row: Row) -> Text:
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


def _where(row: Row) -> str:
    """The place of the largest error; the first words say most, since the end of the line may be cut."""
    if row.worst is None or row.worst_check is None:
        return ", ".join(counted(count, status) for status, count in row.not_run.items())
    check = row.worst_check
    quantity = "" if check.quantity == "value" else f"{check.quantity} · "
    return clean(f"{quantity}{inputs_words(row.worst.inputs, 3)} · {check.entry_point}")


def _counts(checks: Sequence[Check], titles: Iterable[str]) -> Table:
    table = Table(
        title=Text("Checks with a finding (results concerned)"),
        title_justify="left",
        pad_edge=False,
        box=box.SIMPLE_HEAD,
    )
    for name in ("backend", "checks", "results", *SEVERITIES):
        table.add_column(name, justify="left" if name == "backend" else "right")
    for title in titles:
        own = [check for check in checks if backend_title(check) == title]
        tally = tallies(own)
        cells = [f"{tally[s].checks} ({tally[s].results})" if tally[s].results else "0" for s in SEVERITIES]
        table.add_row(Text(title), str(len(own)), str(sum(check.elements for check in own)), *cells)
    return table


def _properties(record: Record | Findings) -> list[RenderableType]:
    """A line per backend: how many properties hold, and which do not."""
    results = record.properties if isinstance(record, Record) else ()
    lines: list[RenderableType] = [Text("Properties", style="bold")]
    for title in property_backends(results):
        own = property_lines(results, title)
        parts: list[tuple[str, str]] = []
        for status in reversed(STATUSES):
            named = [line for line in own if line.status == status]
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


def _worst(record: Record | Findings) -> list[RenderableType]:
    """The worst defects in plain words; where there are none, the worst of the next severity."""
    found = findings(record.discrepancies)
    recorded = isinstance(record, Record)
    for severity, plural in (("defect", "defects"), ("undecided", "undecided results"), ("weakness", "weaknesses")):
        own = [finding for finding in found if finding.severity == severity]
        if own:
            left = len(own) - WORST_SHOWN
            where = ": logitproof report --format html shows them" if recorded else ""
            rest = [Text(""), Text(f"… and {left} more {plural}{where}", style="dim")] if left > 0 else []
            heading = Text(f"The worst {plural}, grouped by cause: {len(own)} in all", style="bold")
            told = [_in_words(finding, recorded=recorded) for finding in own[:WORST_SHOWN]]
            return [Text(""), heading, *(part for each in told for part in (Text(""), each)), *rest]
    return []


def _in_words(finding: Finding, *, recorded: bool) -> RenderableType:
    """One finding: what it is, then its facts; a script can be had where there is a record."""
    found = finding.example
    title = Text.assemble(
        (brief(finding.title, 80), _SEVERITY_STYLES[finding.severity]), f"  {headline(finding)}", overflow="fold"
    )
    place = f", element {list(found.index)}" if found.index else ""
    worst = error_words(finding.worst) if finding.worst.id != found.id else ""
    facts = [
        ("cause", cause_words(finding)),
        ("input", brief(inputs_words(found.inputs) + place)),
        ("hex", brief(inputs_hex(found.inputs) or "")),
        ("keywords", brief(parameters_words({key: value for key, value in found.parameters.items() if key != "axis"}))),
        ("returned", readable(found.observed, found.dtype)),
        ("exact", brief(found.expected.decimal)),
        ("error", error_words(found)),
        *(("others", f"{answer}: {names}") for answer, names in answers_words(found)[:3]),
        ("extent", f"{extent_words(finding)}{f'; at most {worst}' if worst else ''}"),
        ("again", f"logitproof reproduce {brief(found.id, 64)}" if recorded else ""),
    ]
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=9, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, fact in facts:
        if fact:
            grid.add_row(Text(name), Text(fact))
    body = Group(Text(brief(found.explanation), overflow="fold"), grid)
    return Group(title, Padding(body, (0, 0, 0, 2), expand=False))


def _changes(record: Record, earlier: Record | None) -> list[RenderableType]:
    """What is new since an earlier run, and what is gone."""
    if earlier is None:
        return []
    made = changes(record, earlier)
    counts = f"{len(made.new)} new, {len(made.gone)} gone, {made.still} as before"
    lines = [Text(f"Findings since the run of {brief(made.started, 40)}: {counts}", style="bold")]
    for word, style, own in (("new", "bold red", made.new), ("gone", "green", made.gone)):
        for finding in own[:WORST_SHOWN]:
            told = f"  {finding.severity}, {brief(finding.title, 80)}: {headline(finding)}"
            lines.append(Text.assemble("  ", (word, style), told, overflow="fold"))
        if len(own) > WORST_SHOWN:
            lines.append(Text(f"  … and {len(own) - WORST_SHOWN} more {word}", style="dim"))
    return [Text(""), *lines]


def _unavailable(record: Record) -> list[RenderableType]:
    return [
        Text(f"{backend_title(backend)}: {backend.status}: {clean(backend.reason or '')}", style="bold red")
        for backend in record.backends
        if backend.status != "complete"
    ]


def _verdict(record: Record | Findings) -> Text:
    text = verdict(record)
    style = "bold green" if text.startswith("PASS") else "bold red" if tallies(record.checks)[GATING].checks else "bold"
    return Text(text, style=style)
