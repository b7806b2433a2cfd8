"""junit.xml: a record as the test results that CI servers read. Record in, XML out, and nothing else.

A suite per backend, a test case per check and per result of a property, and one that says whether the run is complete.
Names are those of what was examined, without versions, so that a server's history outlasts an upgrade.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.etree import ElementTree as ET  # XML is only written here

from ..findings.findings import Finding, GateItemKey, findings, gravity, key_of
from ..findings.headline import call_words, trigger_words
from ..findings.options import UNCALLED, UncalledOptions, uncalled_options, uncalled_words
from ..findings.overview import exit_status
from ..findings.unexamined import gaps, unexamined_words
from ..gate.gate import Gate, Waived
from ..gate.verdict import verdict
from ..gate.words import item_words, refusal_words, stale_heading, stale_words, waiver_words
from ..record.model import Backend, Check, CheckStatus, Discrepancy, Record
from ..record.properties import PropertyResult
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
from .parts import LONG, SHORT, add_suite, case_of, document, joined_lines, output_of

MOST_DISCREPANCIES = 4
"""So many discrepancies of a check are told in its test case; the record has them all."""

_Of = Mapping[GateItemKey, Finding]
"""The finding that each discrepancy belongs to."""
_ERRORS: tuple[CheckStatus, ...] = ("crash", "hang", "error")


def junit(record: Record, gate: Gate | None = None) -> str:
    """Return `record` as JUnit XML.

    A defect and a broken property are failures; a check that crashed, hung or raised, a backend that did not come to
    its end, and a run that is no pass for being incomplete, are errors; what is not offered or not examined is skipped,
    and a test case of its own counts the latter. Weaknesses,
    conventions and what is undecided are in the output of their test case. Where a gate says otherwise, what gates is a
    failure whatever its severity, and what is waived is skipped: its message names the waiver.

    Args:
        record: the run.
        gate: what of it gates; None where defects do and nothing is waived.
    """
    root = ET.Element("testsuites", name="logitproof")
    by_check = _by_check(record.discrepancies)
    of = {key_of(discrepancy): finding for finding in findings(record) for discrepancy in finding.discrepancies}
    run = {"profile": record.run.profile, "corpus": f"{record.corpus.version} {record.corpus.hash}"}
    add_suite(root, "logitproof", [_completeness(record), *_examined(record), *_of_gate(gate)], run, record.run.started)
    for title, backend in _suites(record).items():
        checks = (
            _of_check(check, by_check.get(check.id, ()), of, gate)
            for check in record.checks
            if backend_title(check) == title
        )
        properties = (
            _of_property(result, by_check.get(result.id, ()), of, gate)
            for result in record.properties
            if backend_title(result) == title
        )
        backend_cases = [] if backend is None else [_of_backend(backend)]
        uncalled = (_of_options(each) for each in uncalled_options(record) if each.title == title)
        cases = [*backend_cases, *uncalled, *checks, *properties]
        add_suite(root, title, cases, {**run, **_facts(backend)}, record.run.started)
    return document(root)


def _by_check(discrepancies: Iterable[Discrepancy]) -> dict[str, list[Discrepancy]]:
    by_check: dict[str, list[Discrepancy]] = {}
    for each in discrepancies:
        by_check.setdefault(each.check, []).append(each)
    return by_check


def _suites(record: Record) -> dict[str, Backend | None]:
    titles: dict[str, Backend | None] = {backend_title(backend): backend for backend in record.backends}
    examined: list[Check | PropertyResult] = [*record.checks, *record.properties]
    for owned in examined:
        titles.setdefault(backend_title(owned), None)
    return titles


def _facts(backend: Backend | None) -> dict[str, str]:
    if backend is None:
        return {}
    identity = {"framework": backend.framework, "version": backend.version, "threads": str(backend.threads)}
    switches = {f"environment {key}": value for key, value in sorted(backend.environment.items())}
    return {**identity, **{key: backend.build[key] for key in ("python", "numpy") if key in backend.build}, **switches}


def _completeness(record: Record) -> ET.Element:
    case = case_of("logitproof", "the run is complete")
    if exit_status(record) == 3:
        ET.SubElement(case, "error", type="incomplete", message=brief(verdict(record), LONG))
    return case


def _examined(record: Record) -> Iterator[ET.Element]:
    """What was not examined, where there is any of that."""
    if unexamined := unexamined_words(gaps(record), record):
        case = case_of("logitproof", "everything was examined")
        ET.SubElement(case, "skipped", type="not examined", message=brief(unexamined, LONG))
        yield case


def _of_backend(backend: Backend) -> ET.Element:
    case = case_of("logitproof", f"{brief(backend.name, SHORT)} was examined to its end")
    if backend.status != "complete":
        ET.SubElement(case, "error", type=backend.status, message=brief(backend.reason or backend.status, LONG))
    return case


def _of_options(uncalled: UncalledOptions) -> ET.Element:
    entry_point = f"{brief(uncalled.entry_point, SHORT)} ({brief(uncalled.function, SHORT)})"
    case = case_of("logitproof", f"{entry_point} was called with every option that it accepts")
    ET.SubElement(case, "skipped", type="not examined", message=f"{UNCALLED}: {uncalled_words(uncalled)}")
    return case


def _of_gate(gate: Gate | None) -> Iterator[ET.Element]:
    """What gates without a check of its own, and whether waivers are stale."""
    if gate is None:
        return
    for failing in gate.gating:
        if not failing.item.check:
            case = case_of("logitproof", brief(f"{failing.item.backend} has {failing.item.entry_point}", SHORT))
            ET.SubElement(case, "failure", type=brief(failing.item.kind, SHORT), message=item_words(failing.item))
            yield case
    if gate.waived or gate.stale:
        case = case_of("logitproof", "no waiver is stale")
        lines = map(stale_words, gate.stale)
        if gate.stale and gate.strict:
            ET.SubElement(case, "failure", type="stale waivers", message=stale_heading(gate)).text = joined_lines(lines)
        else:
            output_of(case, lines)
        yield case


def _of_check(check: Check, discrepancies: Iterable[Discrepancy], of: _Of, gate: Gate | None) -> ET.Element:
    ordered = sorted(discrepancies, key=lambda each: each.severity != "defect")
    gating = [each for each in ordered if _gates(each, gate)]
    waived = gate.waived_at(check.backend, check.version, check.id) if gate else ()
    fails = gate.gates_at(check.backend, check.version, check.id) if gate else bool(check.severities.get("defect"))
    refusals = _refusals(check, gate)
    case = case_of(check.function, _check_name(check))
    if check.status in _ERRORS and (fails or not check.severities.get("defect")):
        error = ET.SubElement(case, "error", type=check.status, message=brief(check.reason or check.status, LONG))
        error.text = joined_lines([*refusals, *_discrepancy_lines(gating, of)])
    elif fails:
        _fail(case, gating, _uncased(check, gate), [*refusals, *_discrepancy_lines(gating, of)])
    elif waived:
        _skip(case, waived)
    elif check.status == "unsupported":
        ET.SubElement(case, "skipped", type="unsupported", message=brief(check.reason or "", LONG))
    others = [each for each in ordered if each not in gating]
    output_of(case, [*_measured(check), *_left(check), *_waivers(waived), *_discrepancy_lines(others, of)])
    return case


def _refusals(owner: Check | PropertyResult, gate: Gate | None) -> list[str]:
    """Why waivers that name something of a check do not waive it."""
    key = owner.backend, owner.version, owner.id
    return [line for failing in gate.gating_at(*key) for line in refusal_words(failing)] if gate else []


def _gates(discrepancy: Discrepancy, gate: Gate | None) -> bool:
    return discrepancy.severity == "defect" if gate is None else gate.gates_case(discrepancy)


def _uncased(check: Check, gate: Gate | None) -> str:
    """What gates of a check where the record has no case of it."""
    if gate is None:
        return f"{counted(check.severities['defect'], 'result')} with a defect"
    items = [each.item for each in gate.gating_at(check.backend, check.version, check.id)]
    return "; ".join(
        f"{counted(each.results, 'case' if each.severity == 'unexamined' else 'result')}: {each.severity}, "
        f"{brief(each.kind, SHORT)}"
        for each in items
    )


def _skip(case: ET.Element, waived: Iterable[Waived]) -> None:
    names = dict.fromkeys(waiver_words(waiver) for entry in waived for waiver in entry.waivers)
    ET.SubElement(case, "skipped", type="waived", message=brief("waived by " + "; ".join(names), LONG))


def _waivers(waived: Iterable[Waived]) -> Iterator[str]:
    """What is waived, also where the rest gates."""
    for entry in waived:
        yield f"waived: {item_words(entry.item)}; {'; '.join(map(waiver_words, entry.waivers))}"


def _of_property(
    result: PropertyResult, discrepancies: Iterable[Discrepancy], of: _Of, gate: Gate | None
) -> ET.Element:
    entry_points = ", ".join(dict.fromkeys(result.entry_points.values()))
    names = (result.property, brief(entry_points, SHORT), result.dtype, result.mode, result.device, result.id)
    case = case_of("property", " · ".join(brief(name, SHORT) for name in names))
    lines = [line for each in [*discrepancies][:MOST_DISCREPANCIES] for line in _discrepancy_lines([each], of)]
    waived = gate.waived_at(result.backend, result.version, result.id) if gate else ()
    fails = gate.gates_at(result.backend, result.version, result.id) if gate else result.status == "broken"
    if waived:
        _skip(case, waived)
        output_of(case, [_broken(result), *lines])
    elif fails:
        ET.SubElement(case, "failure", type="identity broken", message=_broken(result)).text = joined_lines(
            [*_refusals(result, gate), *lines]
        )
    elif result.status == "unsupported":
        ET.SubElement(case, "skipped", type="unsupported", message=brief(result.reason or "", LONG))
    elif result.status != "holds":
        output_of(case, [f"{result.status}: {brief(result.reason or result.statement, LONG)}", *lines])
    return case


def _broken(result: PropertyResult) -> str:
    worst = result.worst
    sides = f" {worst.left} {worst.sign} {worst.right} fails: {magnitude(worst.ratio)} of the bound" if worst else ""
    return brief(f"{result.statement}{sides}", LONG)


def _fail(case: ET.Element, defects: list[Discrepancy], otherwise: str, lines: Iterable[str]) -> None:
    worst = max(defects, key=gravity, default=None)
    message = brief(worst.explanation, LONG) if worst else brief(otherwise, LONG)
    failure = ET.SubElement(case, "failure", type=brief(worst.kind, SHORT) if worst else "defect", message=message)
    failure.text = joined_lines(lines) or otherwise


def _check_name(check: Check) -> str:
    """What was asked, told without versions; the id tells apart what is the same in words."""
    keywords = parameters_words(check.parameters)
    parts = (check.entry_point, check.quantity, check.dtype, check.mode, check.device, keywords, check.input_class)
    return " · ".join(brief(part, SHORT) for part in (*parts, check.id) if part)


def _measured(check: Check) -> Iterator[str]:
    """The largest error, also where there is nothing else to tell: a result is never a bare pass."""
    if check.worst_ulps is not None and check.worst_ratio is not None:
        ulps, ratio = magnitude(check.worst_ulps.ulps), magnitude(check.worst_ratio.bound_ratio)
        yield f"largest error: {ulps} ulps; largest multiple of the textbook bound: {ratio}"


def _left(check: Check) -> Iterator[str]:
    """The cases that were not examined, and why."""
    for each in check.unexamined or ():
        yield f"not examined: {counted(each.cases, 'case')}: {brief(each.reason, LONG)}"


def _discrepancy_lines(discrepancies: Iterable[Discrepancy], of: _Of) -> Iterator[str]:
    """One discrepancy of each kind: a check keeps two, the worst first."""
    kinds = {(each.severity, each.kind): each for each in reversed(list(discrepancies))}
    for each in list(reversed(kinds.values()))[:MOST_DISCREPANCIES]:
        yield f"{each.severity}, {brief(each.kind, SHORT)}: {brief(each.explanation, LONG)}"
        if each.severity == "defect":
            yield from _details(each, of[key_of(each)])
        else:
            yield f"  {counted(each.count, 'result')}; logitproof reproduce {brief(each.id, 64)}"


def _details(discrepancy: Discrepancy, finding: Finding) -> Iterator[str]:
    facts = {
        "cause": ": ".join(brief(part, LONG) for part in (discrepancy.cause, discrepancy.evidence) if part),
        "called": call_words(finding, discrepancy),
        "when": trigger_words(finding),
        "input": brief(inputs_words(discrepancy.inputs), LONG),
        "in hex": brief(inputs_hex(discrepancy.inputs) or "", LONG),
        "element": str(list(discrepancy.index)) if discrepancy.index else "",
        "returned": readable(discrepancy.observed, discrepancy.dtype),
        "exact": brief(discrepancy.expected.decimal),
        "error": error_words(discrepancy),
        "results": str(discrepancy.count),
        "again": f"logitproof reproduce {brief(discrepancy.id, 64)}",
    }
    for name, fact in facts.items():
        if fact:
            yield f"  {name:<9}{fact}"
