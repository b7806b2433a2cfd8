"""summary.md: a record for people, and for a CI job's page. Record in, Markdown out, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ._overview import (
    Convention,
    Row,
    Worst,
    backends_of,
    conventions,
    entry_point_rows,
    rows,
    tallies,
    verdict,
    worst_first,
)
from ._property_overview import PropertyLine, property_backends, property_lines
from ._record import SEVERITIES, TIER_MEANINGS, Backend, Discrepancy, Record
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
    question,
    readable,
)

WORST_SHOWN = 20
CONVENTIONS_SHOWN = 40

_PUNCTUATION = re.compile(r"([\\`*_\[\]|~#!])")


def summary(record: Record) -> str:
    """Return `record` as GitHub-flavoured Markdown: verdict, backends, tables, findings, conventions, files."""
    sections = (
        f"# logitproof: {escape(verdict(record))}",
        _run(record),
        _backends(record.backends),
        _severities(record),
        _findings(record, "defect", "Defects"),
        _findings(record, "weakness", "Weaknesses"),
        _findings(record, "undecided", "Undecided"),
        _conventions(record),
        *(_backend_tables(record, title) for title in backends_of(record.checks)),
        *(_properties(record, title) for title in property_backends(record.properties)),
        _not_run(record),
        _legend(),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def escape(text: str) -> str:
    """Return `text` as Markdown that shows exactly it, whatever it holds."""
    entities = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _PUNCTUATION.sub(r"\\\1", entities)


def code(text: str) -> str:
    """Return `text` as a Markdown code span that can stand in a table, whatever it holds."""
    shown = clean(text).replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    padding = " " if "`" in shown else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def table(header: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table of cells that are Markdown already."""
    lines = (header, ["---"] * len(header), *body)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _run(record: Record) -> str:
    run, corpus = record.run, record.corpus
    facts = (
        ("Command", code(run.command)),
        ("Profile", escape(run.profile)),
        ("Inputs", f"corpus {corpus.version}, {code(corpus.hash)}"),
        ("Time", escape(f"{run.started} to {run.finished}")),
        ("Machine", escape(", ".join(run.machine.values()))),
        ("Environment", ", ".join(code(f"{k}={v}") for k, v in sorted(run.environment.items())) or "nothing set"),
    )
    return "\n".join(f"- {name}: {value}" for name, value in facts)


def _backends(backends: Sequence[Backend]) -> str:
    body = (
        (
            escape(backend_title(backend)),
            escape(backend.framework),
            code(backend.python),
            escape(", ".join(backend.dtypes)),
            str(len(backend.entry_points)),
            str(backend.threads),
            escape(backend.status + (f": {backend.reason}" if backend.reason else "")),
        )
        for backend in backends
    )
    header = ("backend", "framework", "interpreter", "dtypes", "entry points", "threads", "status")
    return "## Backends\n\n" + table(header, body)


def _severities(record: Record) -> str:
    header = ("backend", "checks", "results", *SEVERITIES)
    body = []
    for title in backends_of(record.checks):
        checks = [check for check in record.checks if backend_title(check) == title]
        tally = tallies(checks)
        counts = (f"{tally[s].checks} ({tally[s].results})" if tally[s].results else "0" for s in SEVERITIES)
        body.append((escape(title), str(len(checks)), str(sum(check.elements for check in checks)), *counts))
    return "## Counts\n\nChecks with a finding of each severity, and the results concerned.\n\n" + table(header, body)


def _findings(record: Record, severity: str, heading: str) -> str:
    chosen = [found for s in SEVERITIES if s == severity for found in worst_first(record.discrepancies, s)]
    if not chosen:
        return ""
    shown = [_finding(found) for found in chosen[:WORST_SHOWN]]
    left = len(chosen) - len(shown)
    rest = [f"… and {left} more kinds in record.json."] if left else []
    return "\n\n".join([f"## {heading}, the worst first", *shown, *rest])


def _finding(worst: Worst) -> str:
    found = worst.finding
    exact = inputs_hex(found.inputs)
    alike = f"{counted(found.count, 'result')} of this check alike"
    returned = f"returned {code(readable(found.observed, found.dtype))}"
    wanted = f", exact {code(found.expected.decimal)}" if found.expected.decimal else ""
    error = f": {error_words(found)}" if error_words(found) else ""
    lines = (
        f"input: {code(inputs_words(found.inputs))}{_where(found)}",
        f"in hex: {code(exact)}" if exact else "",
        f"{returned}{wanted}{error}",
        escape(brief(found.explanation)),
        f"cause: {escape(brief(found.cause))}" if found.cause else "",
        f"{alike}; {escape(found.input_class)} inputs; id {code(found.id)}",
        f"the same kind elsewhere: {', '.join(code(place) for place in worst.also)}" if worst.also else "",
    )
    title = f"**{escape(backend_title(found))}** · {code(question(found))} · {escape(found.kind)}"
    return title + "\n\n" + "\n".join(f"- {line}" for line in lines if line)


def _where(found: Discrepancy) -> str:
    return f", element {code(str(list(found.index)))}" if found.index else ""


def _conventions(record: Record) -> str:
    found = conventions(record.discrepancies)
    if not found:
        return ""
    parts = ["## Conventions, side by side", "Mathematics or the documentation leaves these open; none of them gates."]
    parts.append(table(("question", "input", "exact", "answers"), map(_convention, found[:CONVENTIONS_SHOWN])))
    if left := len(found) - CONVENTIONS_SHOWN:
        parts += [f"… and {left} more in record.json."] if left > 0 else []
    return "\n\n".join(parts)


def _convention(convention: Convention) -> tuple[str, str, str, str]:
    example = convention.example
    keywords = parameters_words({k: v for k, v in example.parameters.items() if k != "axis"})
    asked = " · ".join(filter(None, (example.function, example.quantity, example.dtype, keywords)))
    kind = escape(example.kind) + (f"; {convention.others} more cases" if convention.others else "")
    exact = code(example.expected.decimal) if example.expected.decimal else ""
    return f"{code(asked)}<br>{kind}", code(inputs_words(example.inputs)), exact, "<br>".join(_answers(convention))


def _answers(convention: Convention) -> Iterator[str]:
    """Write a line for each backend and answer, with the entry points that gave it."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for answer in convention.answers:
        key = (backend_title(answer), readable(answer.observed, answer.dtype), brief(answer.cause or ""))
        lines.setdefault(key, []).append(answer.entry_point)
    for (title, observed, cause), entry_points in lines.items():
        reason = f" ({escape(cause)})" if cause else ""
        names = ", ".join(code(name) for name in dict.fromkeys(entry_points))
        yield f"{escape(title)}: {code(observed)}{reason} {names}"


def _backend_tables(record: Record, title: str) -> str:
    header = ("function", "dtype", "tier", "largest error (ulps)", "where", "input", "findings")
    functions = table(header, (_row(row) for row in rows(record.checks, title)))
    entry_header = ("entry point", *header[:4], "findings")
    entry_points = table(
        entry_header,
        (
            (code(name), *_row(row)[:4], _row(row)[6])
            for name, own in entry_point_rows(record.checks, title).items()
            for row in own
        ),
    )
    details = f"<details><summary>Every entry point</summary>\n\n{entry_points}\n\n</details>"
    return f"## {escape(title)}\n\n{functions}\n\n{details}"


def _row(row: Row) -> tuple[str, ...]:
    findings = ", ".join(counted(count, name) for name, count in (*row.severities.items(), *row.not_run.items()))
    if row.worst is None or row.worst_check is None:
        return code(row.function), row.dtype, row.tier or "", "", "", "", findings
    where = f"{row.worst_check.entry_point} · {row.worst_check.quantity}"
    return (
        code(row.function),
        escape(row.dtype),
        row.tier or "",
        magnitude(row.worst.ulps),
        code(where),
        code(inputs_words(row.worst.inputs, 4)),
        findings,
    )


def _properties(record: Record, title: str) -> str:
    """Broken and other telling properties in a table; those that hold in a folded one."""
    lines = property_lines(record.properties, title)
    header = ("property", "statement", "entry points and dtypes", "nearest to the bound")
    telling = table(header, (_property_row(line) for line in lines if line.status not in _QUIET))
    quiet = [line for line in lines if line.status in _QUIET]
    folded = table(header, (_property_row(line) for line in quiet))
    holding = sum(line.status == "holds" for line in lines)
    heading = f"## Properties of {escape(title)}\n\n{holding} of {len(lines)} hold."
    shown = f"\n\n{telling}" if len(quiet) < len(lines) else ""
    rest = f"\n\n<details><summary>Those that hold, or cannot be asked</summary>\n\n{folded}\n\n</details>"
    return heading + shown + (rest if quiet else "")


_QUIET = ("holds", "unsupported")


def _property_row(line: PropertyLine) -> tuple[str, ...]:
    counts = ", ".join(f"{count} {status}" for status, count in line.counts.items())
    return code(line.name), escape(line.statement), counts, _nearest(line)


def _nearest(line: PropertyLine) -> str:
    result, worst = line.worst, line.worst.worst
    where = f"{', '.join(dict.fromkeys(result.entry_points.values()))} · {result.dtype}"
    if worst is None:
        return f"{code(where)} {escape(brief(result.reason or ''))}".strip()
    sides = f"{worst.left} {worst.sign} {worst.right}"
    told = f"{magnitude(worst.ratio)} of the bound: {code(where)}: {code(inputs_words(worst.inputs, 4))}"
    return told if line.status == "holds" else f"{told}: {escape(worst.what)} {code(sides)}"


def _not_run(record: Record) -> str:
    reasons = Counter(
        (backend_title(check), check.status, brief(check.reason or ""))
        for check in record.checks
        if check.status != "examined"
    )
    if not reasons:
        return ""
    body = ((escape(b), escape(status), str(count), escape(reason)) for (b, status, reason), count in reasons.items())
    return "## Not run, or not to the end\n\n" + table(("backend", "status", "checks", "reason"), body)


def _legend() -> str:
    tiers = "; ".join(f"{tier}: {meaning}" for tier, meaning in TIER_MEANINGS.items())
    files = "record.json beside this file has everything; outputs/ has the arrays that the backends returned."
    return f"## How to read this\n\nTiers, the worst of each row: {tiers}.\n\n{files}"
