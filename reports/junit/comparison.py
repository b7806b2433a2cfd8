"""A comparison as the test results that CI servers read: JUnit XML.

A suite per backend, a test case per check, per entry point and per property that changed, and one that says whether
both runs are complete. Names are those of what was compared, without versions: a server's history outlasts an upgrade.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET  # XML is only written here

from ..comparison.groups import CheckChange, gravest
from ..comparison.model import ComparedCheck, Comparison, EntryPointChange, PropertyChange, is_newly_broken
from ..comparison.words import (
    backend_titles,
    entry_point_words,
    errors_words,
    incomplete_sentence,
    outcome_sentence,
    property_words,
    result_words,
    severity_words,
    ulps_words,
    verdict_line,
    where_words,
)
from ..record.words import brief, inputs_hex, inputs_words, parameters_words
from .parts import LONG, add_suite, case_of, document, joined, output_of, result_of

MOST_CHANGES = 4
"""So many changes of a check are told in its test case."""


def comparison_junit(comparison: Comparison) -> str:
    """Return a comparison as JUnit XML.

    What became worse is a failure, and so is an entry point that is gone and a property that is newly broken; a
    comparison of incomplete runs has an error; what could not be compared is skipped. All else is in the output of its
    test case.
    """
    root = ET.Element("testsuites", name="logitproof")
    facts = _facts(comparison)
    add_suite(root, "logitproof", [_completeness(comparison)], facts, comparison.started[1])
    titles = backend_titles(comparison)
    for name in _backends(comparison):
        cases = [
            *(_of_check(check) for check in comparison.checks if check.backend == name),
            *(_of_entry_point(change) for change in comparison.entry_points if change.backend == name),
            *(_of_property(change) for change in comparison.properties if change.backend == name),
        ]
        add_suite(root, name, cases, {"backend": titles.get(name, name), **facts}, comparison.started[1])
    return document(root)


def _facts(comparison: Comparison) -> Mapping[str, str]:
    before, now = comparison.titles
    return {"verdict": comparison.outcome, "profile": comparison.profile, "before": before, "now": now}


def _backends(comparison: Comparison) -> list[str]:
    """The names of all backends that anything is told of."""
    names = [*backend_titles(comparison), *(change.backend for change in comparison.entry_points)]
    return list(dict.fromkeys([*names, *(change.backend for change in comparison.properties)]))


def _completeness(comparison: Comparison) -> ET.Element:
    case = case_of("logitproof", "both runs are complete")
    lines = [verdict_line(comparison), outcome_sentence(comparison), *(brief(note, LONG) for note in comparison.notes)]
    if not comparison.complete:
        result_of(case, "error", "incomplete", incomplete_sentence(comparison), lines)
    else:
        output_of(case, lines)
    return case


def _of_check(check: ComparedCheck) -> ET.Element:
    keywords = parameters_words(check.parameters)
    parts = (check.entry_point, check.quantity, check.dtype, check.mode, check.device, keywords, check.input_class)
    case = case_of(check.function, joined((*parts, check.id)))
    lines = [line for change in check.changes[:MOST_CHANGES] for line in _change_lines(CheckChange(check, change))]
    worst = gravest(check)
    if worst is None:
        result_of(case, "skipped", "not compared", check.reason or "only one of the runs has it")
    elif worst.is_regression:
        check_change = CheckChange(check, worst)
        result_of(case, "failure", worst.kind, _headline(check_change), lines)
    if worst is None or not worst.is_regression:
        output_of(case, [*_errors(check), *lines])
    return case


def _headline(check_change: CheckChange) -> str:
    """What became worse, in a line: a check that gives no result any more says why."""
    check, change, example = check_change.check, check_change.change, check_change.example
    extent = f"{change.elements:,} of {check.elements:,} results: " if check.by_element else ""
    reason = f"; {brief(check.reason)}" if check.reason else ""
    if example is None:
        return f"{extent}{change.kind}{reason}"
    return f"{extent}{change.kind}: {errors_words(example)} ({severity_words(example)}){reason}"


def _errors(check: ComparedCheck) -> Iterator[str]:
    """The largest errors, also where nothing changed: a result is never a bare pass."""
    before, now = (ulps_words(text) if text else "" for text in check.worst)
    if before or now:
        yield f"largest error: {before or 'none measured'} before, {now or 'none measured'} now"
    if check.reason:
        yield brief(check.reason, LONG)


def _change_lines(check_change: CheckChange) -> Iterator[str]:
    check, change, example = check_change.check, check_change.change, check_change.example
    if change.kind == "identical":
        yield f"{change.elements:,} results identical"
        return
    yield f"{change.kind}: {change.elements:,} {'results' if change.elements != 1 else 'result'}"
    if example is None:
        return
    facts = {
        "input": brief(inputs_words(example.inputs), LONG),
        "in hex": brief(inputs_hex(example.inputs) or "", LONG),
        "element": str(list(example.index)) if example.index else "",
        "before": brief(result_words(example.before, check.dtype), LONG),
        "now": brief(result_words(example.after, check.dtype), LONG),
        "exact": brief(example.expected.decimal),
        "error": f"{errors_words(example)}; {severity_words(example)}",
        "change": f"{ulps_words(example.ulps)} {check_change.key}".strip(),
    }
    for name, fact in facts.items():
        if fact:
            yield f"  {name:<9}{brief(fact, LONG)}"


def _of_entry_point(change: EntryPointChange) -> ET.Element:
    case = case_of("entry point", joined((change.entry_point, change.kind)))
    if change.kind == "removed":
        result_of(case, "failure", change.kind, entry_point_words(change))
    else:
        output_of(case, [entry_point_words(change)])
    return case


def _of_property(change: PropertyChange) -> ET.Element:
    case = case_of("property", joined((change.property, where_words(change), change.id)))
    text = f"{property_words(change)}: {brief(change.statement, LONG)}"
    if is_newly_broken(change):
        result_of(case, "failure", "newly broken", text)
    else:
        output_of(case, [text])
    return case
