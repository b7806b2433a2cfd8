"""summary.md: a record for a pull request's comment and a CI job's page. Record in, Markdown out, and nothing else.

GitHub takes 65,536 characters of a comment and 1 MiB of a job's summary. Every section has its share of the room; what
does not fit it is counted, never cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..findings.findings import IDENTITY_BROKEN, Finding, findings
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
from ..findings.overview import (
    Convention,
    OverviewRow,
    backends_of,
    conventions,
    rows,
    setting_titles,
    standing,
    tallies,
)
from ..findings.properties import STATUSES, property_lines, property_titles
from ..findings.settings import Titles
from ..findings.unexamined import gaps
from ..gate.changes import changes
from ..gate.gate import FAILING, Gate
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
from ..record.model import SEVERITIES, TIER_MEANINGS, Record, Severity
from ..record.words import (
    backend_title,
    brief,
    counted,
    error_words,
    inputs_hex,
    inputs_words,
    magnitude,
    parameters_words,
    readable,
)
from .text import code, escape, fitted_table, fitting, folded, size_of, table

SIZE_LIMIT = 60_000
"""Bytes of UTF-8 that a summary may take, unless less is asked for."""

_TITLE = 600
"""So many characters of the verdict are told: with it, what was not examined and why."""

_PLURALS = {"defect": "Defects", "weakness": "Weaknesses", "undecided": "Undecided", "convention": "Conventions"}
_MEANINGS: dict[Severity, str] = {
    "defect": "beyond what the textbook algorithm may lose, or wrong in kind",
    "weakness": "within the textbook bound, and worse than a careful algorithm",
    "undecided": "the reference could not tell",
}


def summary(record: Record, earlier: Record | None = None, room: int = SIZE_LIMIT, gate: Gate | None = None) -> str:
    """Return `record` as GitHub-flavoured Markdown: verdict, what gates, the findings worst first, what was examined.

    Args:
        record: the run.
        earlier: a run before it, to tell what is new; None where there is none.
        room: bytes of UTF-8 that the text may take; where nothing fits it is empty.
        gate: what of it gates; None where defects do and nothing is waived.
    """
    ranked = gating_first(findings(record), gate)
    share = min(room, SIZE_LIMIT) / SIZE_LIMIT
    sections = (
        _head(record, gate),
        _gating(record, ranked, gate),
        _waivers(gate, int(4_500 * share)),
        _unexamined(record, int(1_500 * share)),
        _changes(record, earlier, int(3_000 * share)) if earlier else "",
        _of_severity(ranked, "defect", (int(15_000 * share), int(8_000 * share)), gate),
        _of_severity(ranked, "undecided", (int(2_000 * share), int(1_000 * share)), gate),
        _of_severity(ranked, "weakness", (int(3_000 * share), int(5_000 * share)), gate),
        _conventions(record, int(7_000 * share)),
        _maps(record, int(7_000 * share)),
        _properties(record, int(500 * share)),
        _uncalled(record, int(1_000 * share)),
        _not_run(record, int(1_500 * share)),
        _run(record),
        _legend(),
    )
    text = "\n\n".join(section for section in sections if section) + "\n"
    return text if size_of(text) <= room else _least(record, room, gate)


def _least(record: Record, size_limit: int, gate: Gate | None) -> str:
    """What is told where there is hardly room: the verdict, or nothing."""
    text = f"{_title(record, gate)}\n\nThere was no room for more: record.json has everything.\n"
    return text if size_of(text) <= size_limit else ""


def _rest(left: int, what: str) -> str:
    return _more(what).format(left) if left else ""


def _more(what: str) -> str:
    return f"… and {{}} more {what} in record.json."


def _title(record: Record, gate: Gate | None) -> str:
    return f"# logitproof: {escape(brief(verdict(record, gate), _TITLE))}"


def _head(record: Record, gate: Gate | None) -> str:
    titles = [escape(brief(backend_title(backend), 80)) for backend in record.backends[:10]]
    more = f" and {len(record.backends) - 10} more" if len(record.backends) > 10 else ""
    machine = ", ".join(escape(brief(record.run.machine[key], 80)) for key in _MACHINE if key in record.run.machine)
    results = sum(check.elements for check in record.checks)
    examined = (
        f"{', '.join(titles) or 'No backend'}{more}: {len(record.checks):,} checks of {results:,} results, "
        f"{len(record.properties):,} checks of properties; profile {escape(brief(record.run.profile, 40))}"
    )
    trouble = [
        f"**{escape(brief(backend_title(backend), 80))}: {backend.status}**: {escape(brief(backend.reason or ''))}"
        for backend in record.backends[:10]
        if backend.status != "complete"
    ]
    return "\n\n".join([_title(record, gate), *trouble, f"{examined}{f'; {machine}' if machine else ''}."])


_MACHINE = ("model", "machine", "system")


def _gating(record: Record, ranked: Sequence[Finding], gate: Gate | None) -> str:
    """A line per backend: how many findings, in how many checks of functions and of properties."""
    titles = list(dict.fromkeys((*backends_of(record.checks), *(finding.title for finding in ranked))))
    body = []
    for title in titles[:20]:
        tally = tallies([check for check in record.checks if backend_title(check) == title])
        of_backend = [finding for finding in ranked if finding.title == title]
        counts = (_counts(of_backend, severity, tally[severity].checks) for severity in SEVERITIES)
        body.append((escape(brief(title, 80)), *counts))
    if not body:
        return ""
    names = {"defect": "defects", "weakness": "weaknesses", "convention": "conventions", "undecided": "undecided"}
    header = ("findings", *(names[each] + _gates_as(each, gate) for each in SEVERITIES))
    return table(header, body) + (f"\n\n{_rest(len(titles) - 20, 'backends')}" if len(titles) > 20 else "")


def _counts(of_backend: Sequence[Finding], severity: Severity, checks: int) -> str:
    """How many findings of a severity a backend has, and in how many checks: "5 in 30 checks, 2 of properties"."""
    of_severity = [finding for finding in of_backend if finding.severity == severity]
    broken = sum(finding.is_of_property for finding in of_severity)
    count, where = len(of_severity) - broken, f" in {counted(checks, 'check')}" if checks else ""
    parts = (f"{count:,}{where}" if count or checks else "", f"{broken:,} of properties" if broken else "")
    return ", ".join(part for part in parts if part) or "0"


def _gates_as(severity: Severity, gate: Gate | None) -> str:
    """What the heading of a severity says about the gate."""
    fail_on = gate.fail_on if gate else "defect"
    if severity not in FAILING.get(fail_on, ()):
        return ""
    return ": gate, unless waived" if gate and gate.waived else ": gate"


def _waivers(gate: Gate | None, size_limit: int) -> str:
    """What gates without a finding, what is waived and by which waiver, the stale waivers; of each what fits."""
    parts = []
    if uncased := uncased_words(gate):
        lines = [f"- {escape(line)}" for line in uncased]
        parts.append(_listed("Gates, and the record keeps no case of it", lines, size_limit // 3))
    if gate and gate.waived:
        waived = [
            f"- {escape(item_words(entry.item))}; {escape('; '.join(map(waiver_words, entry.waivers[:2])))}"
            for entry in gate.waived
        ]
        parts.append(_listed(f"Waived: {waived_counts(gate.waived)}", waived, size_limit // 3))
    if gate and gate.stale:
        stale = [f"- {escape(stale_words(each))}" for each in gate.stale]
        parts.append(_listed(stale_heading(gate), stale, size_limit // 3))
    return "\n\n".join(parts)


def _unexamined(record: Record, size_limit: int) -> str:
    """What was not examined, by its reason: no pass, and easily taken for one."""
    all_gaps = gaps(record)
    if not all_gaps:
        return ""
    body = []
    for gap in all_gaps:
        names = ", ".join(code(brief(name, 80)) for name in gap.names)
        dtypes = ", ".join(escape(brief(dtype, 40)) for dtype in gap.dtypes)
        checks = f"{gap.checks:,}" if gap.is_whole else f"{gap.checks:,}, not to the end"
        where = escape(brief(gap.backend, 80))
        body.append((where, f"{names} in {dtypes}", checks, f"{gap.cases:,}", escape(gap.reason)))
    shown = fitted_table(("backend", "what", "checks", "cases", "reason"), body, size_limit, _more("reasons"))
    return f"## Not examined\n\n{shown}"


def _listed(heading: str, lines: Sequence[str], size_limit: int) -> str:
    fit = fitting(lines, size_limit, "\n")
    left = f"… and {len(lines) - len(fit)} more: report.html shows them." if len(lines) > len(fit) else ""
    return "\n\n".join(part for part in (f"## {escape(heading)}", "\n".join(fit), left) if part)


def _changes(record: Record, earlier: Record, size_limit: int) -> str:
    changed = changes(record, earlier)
    versions = ", ".join(
        f"{escape(brief(before or 'nothing', 80))} → {escape(brief(now or 'nothing', 80))}"
        for before, now in changed.versions[:10]
        if before != now
    )
    counts = (
        f"{len(changed.new)} new, {len(changed.gone)} gone, {changed.still} as before"
        + (f", {len(changed.first)} in what was not examined before" if changed.first else "")
        + (f", {len(changed.unknown)} in what was not examined now" if changed.unknown else "")
    )
    when = escape(brief(changed.started, 40))
    lost = [f"- without results now: {escape(loss.words)}" for loss in changed.lost]
    new = [f"- new: {_line(finding)}" for finding in changed.new]
    gone = [f"- gone: {_line(finding)}" for finding in changed.gone]
    fit = fitting([*lost, *new, *gone], size_limit, "\n")
    parts = (
        f"## Since the run of {when}",
        f"Findings: {counts}{f'; {versions}' if versions else ''}.",
        "\n".join(fit),
        _rest(len(lost) + len(new) + len(gone) - len(fit), "of these"),
    )
    return "\n\n".join(part for part in parts if part)


def _line(finding: Finding) -> str:
    return f"{finding.severity}, {escape(brief(finding.title, 80))}: {escape(brief(headline(finding), 300))}"


def _of_severity(ranked: Sequence[Finding], severity: Severity, size_limits: tuple[int, int], gate: Gate | None) -> str:
    """The worst findings of a severity in full, further ones a line each, the rest counted."""
    chosen = [finding for finding in ranked if finding.severity == severity]
    if not chosen:
        return ""
    full = fitting((_finding(finding, gate) for finding in chosen), size_limits[0])
    left = chosen[len(full) :]
    body = [_table_line(finding, gate) for finding in left]
    rest = fitted_table(("finding", "errors", "extent"), body, size_limits[1], _more("findings")) if left else ""
    order = "waived ones last" if gate and any(map(gate.is_waived, chosen)) else "the worst first"
    count = f"{counted(len(chosen), 'finding')} in all"
    heading = f"## {_PLURALS[severity]}, {order}\n\n{count}, {_meaning(severity, gate)}"
    return "\n\n".join(part for part in (heading, *full, rest) if part)


def _meaning(severity: Severity, gate: Gate | None) -> str:
    """What a severity means, and whether it gates."""
    meaning, gates = _MEANINGS[severity], _gates_as(severity, gate)
    if severity == "defect":
        whose = (
            "those of them that are graver than before gate" if gate and gate.fail_on == "regression" else "these gate"
        )
        return f"{meaning}: {whose}{gates.removeprefix(': gate')}."
    if gates:
        return f"{meaning}: these gate{gates.removeprefix(': gate')}."
    if gate and gate.fail_on == "regression" and severity == "weakness":
        return f"{meaning}: those of them that are graver than before gate."
    return f"{meaning}. None of them gates{', and none is a pass' if severity == 'undecided' else ''}."


def _finding(finding: Finding, gate: Gate | None) -> str:
    """One finding in full: cause and evidence, the smallest input, the answer and others, how to see it again."""
    example = finding.example
    cause = cause_words(finding)
    exact = inputs_hex(example.inputs)
    element = f", element {code(brief(str(list(example.index)), 80))}" if example.index else ""
    called, when = call_words(finding), trigger_words(finding)
    wanted = f", exact {code(brief(example.expected.decimal, 80))}" if example.expected.decimal else ""
    error = f": {error_words(example)}" if error_words(example) else ""
    errors = errors_words(finding)
    waived = waived_words(gate, finding)
    lines = (
        f"**waived** {escape(waived)}" if waived else "",
        *(f"**gates**: {escape(line)}" for line in gates_words(gate, finding)),
        f"cause: {escape(cause)}" if cause else "",
        f"input: {code(brief(inputs_words(example.inputs)))}{element}" if example.inputs else "",
        f"in hex: {code(brief(exact))}" if exact else "",
        f"called with {code(called)}" if called else "",
        f"when: {escape(when)}" if when else "",
        f"returned {code(brief(readable(example.observed, example.dtype), 80))}{wanted}{error}",
        escape(brief(example.explanation, 400)),
        *(f"others: {escape(answer)}: {code(names)}" for answer, names in answers_words(example)[:4]),
        f"{extent_words(finding)}{f'; {errors}' if errors else ''}; {code(f'logitproof reproduce {example.id}')}",
    )
    title = f"**{escape(brief(finding.title, 80))}**: {escape(brief(headline(finding), 300))}"
    return title + "\n\n" + "\n".join(f"- {line}" for line in lines if line)


def _table_line(finding: Finding, gate: Gate | None) -> tuple[str, str, str]:
    cause, when = cause_words(finding), trigger_words(finding)
    what = f"{escape(brief(finding.title, 80))}: {escape(brief(headline(finding), 300))}"
    waived = waived_words(gate, finding)
    beside = "".join(
        f"; {part}"
        for part in (
            f"cause: {escape(cause)}" if cause else "",
            escape(when),
            f"**waived** {escape(waived)}" if waived else "",
        )
        if part
    )
    return (
        f"{what}{beside}; {code(finding.example.id)}",
        errors_words(finding),
        extent_words(finding),
    )


def _conventions(record: Record, size_limit: int) -> str:
    # A broken property that a stated deviation explains says nothing that the deviation does not.
    open_questions = [each for each in conventions(record.discrepancies) if each.example.kind != IDENTITY_BROKEN]
    if not open_questions:
        return ""
    titles = Titles(record.checks, record.properties)
    body = [_convention(convention, titles) for convention in open_questions]
    shown = fitted_table(("question", "input", "exact", "answers"), body, size_limit, _more("questions"))
    meaning = "Mathematics or a documentation leaves these open; none of them gates."
    return f"## Conventions, side by side\n\n{len(open_questions)} in all. {meaning}\n\n{shown}"


def _convention(convention: Convention, titles: Titles) -> tuple[str, str, str, str]:
    example = convention.example
    keywords = parameters_words(example.parameters)
    asked = " · ".join(filter(None, (example.function, example.quantity, example.dtype, keywords)))
    kind = escape(brief(example.kind, 120)) + (
        f"; {counted(convention.others, 'more case')} on record" if convention.others else ""
    )
    exact = code(brief(example.expected.decimal, 80)) if example.expected.decimal else ""
    inputs = code(brief(inputs_words(example.inputs, 4), 120))
    return f"{code(brief(asked, 160))}<br>{kind}", inputs, exact, "<br>".join(_answers(convention, titles))


def _answers(convention: Convention, titles: Titles) -> Iterator[str]:
    """Write a line for each backend and answer, with the entry points that gave it."""
    lines: dict[tuple[str, str], list[str]] = {}
    for answer in convention.answers:
        lines.setdefault((titles.of(answer), readable(answer.observed, answer.dtype)), []).append(answer.entry_point)
    for (title, observed), entry_points in list(lines.items())[:8]:
        names = ", ".join(code(brief(name, 120)) for name in list(dict.fromkeys(entry_points))[:3])
        yield f"{escape(brief(title, 80))}: {code(brief(observed, 80))} {names}"


def _maps(record: Record, size_limit: int) -> str:
    """A folded table per backend: functions by dtypes, the worst tier and the largest error in ulps."""
    titles = setting_titles(record.checks)
    tables = []
    for title in titles[:10]:
        backend_rows = rows(record.checks, title)
        dtypes = list(dict.fromkeys(row.dtype for row in backend_rows))
        dtypes.sort(key=lambda dtype: (len(dtype), dtype))
        lines = [
            (code(brief(name, 80)), *(_cell(backend_rows, name, dtype) for dtype in dtypes))
            for name in dict.fromkeys(row.function for row in backend_rows)
        ]
        header = ("function", *(escape(brief(dtype, 40)) for dtype in dtypes))
        shown = fitted_table(header, lines, size_limit // min(len(titles), 10), _more("functions"))
        tables.append(f"**{escape(brief(title, 80))}**\n\n{shown}")
    if not tables:
        return ""
    return folded("What was examined, with the worst tier and the largest error in ulps", "\n\n".join(tables))


def _cell(backend_rows: Sequence[OverviewRow], function: str, dtype: str) -> str:
    row = next((each for each in backend_rows if (each.function, each.dtype) == (function, dtype)), None)
    if row is None:
        return ""
    if row.tier is None:
        return ", ".join(f"{count} {status}" for status, count in row.not_run.items())
    return f"{row.tier} {magnitude(row.worst.ulps)}" if row.worst else row.tier


def _properties(record: Record, size_limit: int) -> str:
    """A line per backend: those that are broken are findings, and told above."""
    lines = []
    for title in property_titles(record.properties):
        by_status = Counter(line.status for line in property_lines(record.properties, title))
        counts = ", ".join(
            f"{count} {'hold' if s == 'holds' and count > 1 else s}"
            for s in reversed(STATUSES)
            if (count := by_status[s])
        )
        lines.append(f"- {escape(brief(title, 80))}: {counts}")
    fit = fitting(lines, size_limit, "\n")
    return "\n\n".join(filter(None, ("## Properties" if fit else "", "\n".join(fit))))


def _uncalled(record: Record, size_limit: int) -> str:
    """The options that entry points accept and were not called with."""
    lines = [f"- {escape(uncalled_words(each))}" for each in uncalled_options(record)]
    return _listed(UNCALLED, lines, size_limit) if lines else ""


def _not_run(record: Record, size_limit: int) -> str:
    titles = Titles(record.checks)
    reasons = Counter(
        (titles.of(check), standing(check), brief(check.reason or ""))
        for check in record.checks
        if check.status != "examined"
    )
    if not reasons:
        return ""
    body = [
        (escape(brief(title, 80)), status, str(count), escape(reason))
        for (title, status, reason), count in reasons.most_common()
    ]
    shown = fitted_table(("backend", "status", "checks", "reason"), body, size_limit, _more("reasons"))
    return folded(f"{counted(sum(reasons.values()), 'check')} not run, or not to the end", shown)


def _run(record: Record) -> str:
    run, corpus = record.run, record.corpus
    switches = [code(brief(f"{key}={value}", 120)) for key, value in sorted(run.environment.items())]
    environment = ", ".join(switches[:10]) + (f" and {len(switches) - 10} more" if len(switches) > 10 else "")
    facts = (
        ("Command", code(brief(run.command))),
        ("Inputs", f"corpus {corpus.version}, {code(brief(corpus.hash, 64))}"),
        ("Time", escape(brief(f"{run.started} to {run.finished}", 80))),
        ("Environment", environment or "nothing set"),
    )
    return "## The run\n\n" + "\n".join(f"- {name}: {value}" for name, value in facts)


def _legend() -> str:
    tiers = "; ".join(f"{tier}: {meaning}" for tier, meaning in TIER_MEANINGS.items())
    files = "record.json has everything, report.html shows it."
    return f"Tiers: {tiers}. A finding is all results of one backend with one cause. {files}"
