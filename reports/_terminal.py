"""A record on a terminal. Record in, rich renderables out; whoever prints them decides about colour and width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ._overview import GATING, Row, Worst, backends_of, rows, tallies, verdict, worst_first
from ._property_overview import STATUSES, PropertyLine, property_backends, property_lines
from ._record import SEVERITIES, TIER_MEANINGS, Check, Discrepancy, Findings, Record, Severity
from ._words import (
    backend_title,
    brief,
    clean,
    counted,
    error_words,
    inputs_hex,
    inputs_words,
    magnitude,
    question,
    readable,
)

WORST_SHOWN = 10

_TIER_STYLES = {"C": "green", "F": "green", "M": "green", "A": "yellow", "outside": "bold red", "limit": ""}
_SEVERITY_STYLES = {"defect": "bold red", "weakness": "yellow", "convention": "cyan", "undecided": "magenta"}


def run_view(record: Record, folder: Path) -> RenderableType:
    """Return what `logitproof run` prints: a table per backend, the worst findings, the verdict, the files."""
    files = Text(f"{folder / 'record.json'}\n{folder / 'summary.md'}\n{folder / 'outputs'}/", overflow="fold")
    return Group(
        findings_view(record),
        *_unavailable(record),
        Text(""),
        _verdict(record),
        Text("Files:"),
        Padding(files, (0, 0, 0, 2), expand=False),
    )


def judgement_view(findings: Findings) -> RenderableType:
    """Return what `logitproof judge` prints: the table, the worst findings, the verdict."""
    return Group(findings_view(findings), Text(""), _verdict(findings))


def findings_view(record: Record | Findings) -> RenderableType:
    """Return a table per backend, the counts per severity, and the worst findings in plain words."""
    titles = backends_of(record.checks)
    if not titles:
        return Group(*_properties(record), *_worst(record.discrepancies))
    legend = ", ".join(f"{tier} {meaning}" for tier, meaning in TIER_MEANINGS.items() if tier != "limit")
    return Group(
        *(_backend_table(record.checks, title) for title in titles),
        Text(f"Tiers, the worst of each line: {legend}.", style="dim"),
        Text("Defects, weaknesses and conventions count results.", style="dim"),
        Text(""),
        _counts(record.checks, titles),
        *_properties(record),
        *_worst(record.discrepancies),
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


def _worst(discrepancies: Sequence[Discrepancy]) -> list[RenderableType]:
    """The worst defects in plain words; where there are none, the worst of the next severity."""
    for severity, plural in (("defect", "defects"), ("undecided", "undecided results"), ("weakness", "weaknesses")):
        chosen = [found for s in SEVERITIES if s == severity for found in worst_first(discrepancies, s)]
        if chosen:
            left = len(chosen) - WORST_SHOWN
            rest = [Text(f"… and {left} more kinds in record.json", style="dim")] if left > 0 else []
            heading = Text(f"The worst {plural}", style="bold")
            shown = [part for found in chosen[:WORST_SHOWN] for part in (Text(""), _in_words(found))]
            return [Text(""), heading, *shown, *rest]
    return []


def _in_words(worst: Worst) -> RenderableType:
    found = worst.finding
    style = _SEVERITY_STYLES[found.severity]
    title = Text.assemble((f"{backend_title(found)}  {question(found)}", style), f"  {clean(found.kind)}")
    place = f", element {list(found.index)}" if found.index else ""
    facts = {
        "input": inputs_words(found.inputs) + place,
        "hex": inputs_hex(found.inputs),
        "returned": readable(found.observed, found.dtype),
        "exact": clean(found.expected.decimal),
        "error": error_words(found),
        "alike": f"{counted(found.count, 'result')}; {clean(found.input_class)} inputs; id {clean(found.id)}",
        "also in": clean(", ".join(worst.also)),
    }
    lines = [f"{name:<9} {fact}" for name, fact in facts.items() if fact]
    body = Text("\n".join([*lines, brief(found.explanation)]), overflow="fold")
    return Group(title, Padding(body, (0, 0, 0, 2), expand=False))


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
