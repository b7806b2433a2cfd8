"""A comparison as test cases: one for all checks of an entry point that share quantity, dtype and setting.

Names are those of the test cases of a run, without versions: a server's history outlasts an upgrade.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from ..comparison.groups import KINDS, WEIGHTS, CheckChange, extent_of
from ..comparison.model import ComparedCheck, Comparison, EntryPointChange, PropertyChange, is_newly_broken
from ..comparison.words import (
    backend_titles,
    entry_point_words,
    extent_words,
    incomplete_sentence,
    outcome_sentence,
    property_words,
    severity_words,
    verdict_line,
    where_words,
)
from ..document.model import Code, Count, Distance, Fact, Offset, ServerTest, Suite, Words
from ..record.hexfloat import measure
from ..record.words import brief, counted, parameters_words
from .changes import change_facts

_REASONS_TOLD = 3


def comparison_suites(comparison: Comparison) -> tuple[Suite, ...]:
    """Return the test cases of a comparison: a suite per backend, and one for the comparison as a whole.

    What became worse is a failure, and so is an entry point that is gone and a property that is newly broken; a
    comparison of incomplete runs has an error; what could not be compared is skipped. All else is in the output of its
    test case.
    """
    before, now = comparison.titles
    facts = {"verdict": comparison.outcome, "profile": comparison.profile, "before": before, "now": now}
    started = comparison.started[1]
    titles = backend_titles(comparison)
    suites = [Suite("logitproof", (_completeness(comparison),), facts, started)]
    of_entry_points = (change.backend for change in comparison.entry_points)
    of_properties = (change.backend for change in comparison.properties)
    for name in dict.fromkeys((*titles, *of_entry_points, *of_properties)):
        groups: dict[tuple[str, ...], list[ComparedCheck]] = {}
        for check in comparison.checks:
            if check.backend == name:
                setting = check.mode, check.device
                key = check.function, check.entry_point, check.quantity, check.dtype, *setting
                groups.setdefault(key, []).append(check)
        cases = (
            *(_of_checks(names, checks) for names, checks in groups.items()),
            *(_of_entry_point(change) for change in comparison.entry_points if change.backend == name),
            *(_of_property(change) for change in comparison.properties if change.backend == name),
        )
        suites.append(Suite(name, cases, {"backend": titles.get(name, name), **facts}, started))
    return tuple(suites)


def _completeness(comparison: Comparison) -> ServerTest:
    names = "logitproof", "both runs are complete"
    lines = (verdict_line(comparison), outcome_sentence(comparison), *comparison.notes)
    if comparison.complete:
        return ServerTest(*names, output=lines)
    return ServerTest(*names, "error", "incomplete", incomplete_sentence(comparison), lines)


def _of_checks(names: tuple[str, ...], checks: Sequence[ComparedCheck]) -> ServerTest:
    group, name = names[0], " · ".join(brief(part, 200) for part in names[1:])
    changes = sorted((CheckChange(check, change) for check in checks for change in check.changes), key=_gravity)
    lines, reasons = tuple(_change_lines(changes)), tuple(_reasons(checks))
    if not changes:
        reason = checks[0].reason or "only one of the runs has it"
        return ServerTest(group, name, "skipped", "not compared", reason, output=reasons)
    if changes[0].weight == "worse":
        return ServerTest(group, name, "failure", changes[0].change.kind, _headline(changes[0]), (*lines, *reasons))
    return ServerTest(group, name, output=(*_errors(checks), *lines, *reasons))


def _gravity(change: CheckChange) -> tuple[int, int, tuple[float, ...]]:
    largest_first = tuple(-float(part) for part in extent_of(change))
    return WEIGHTS.index(change.weight), KINDS.index(change.change.kind), largest_first


def _headline(change: CheckChange) -> Words:
    """What became worse, in a line: a check that gives no result any more says why."""
    check, example = change.check, change.example
    extent = f"{change.change.elements:,} of {counted(check.elements, 'result')}: " if check.by_element else ""
    reason = f"; {brief(check.reason)}" if check.reason else ""
    if example is None:
        return f"{extent}{change.change.kind}{reason}"
    before, now = (Offset(measure(ulps)) for ulps in (example.before_ulps, example.after_ulps))
    return (f"{extent}{change.change.kind}: before ", before, ", now ", now, f" ({severity_words(example)}){reason}")


def _errors(checks: Sequence[ComparedCheck]) -> Iterator[Words]:
    """The largest errors, also where nothing changed: a result is never a bare pass."""
    runs = ([measure(text) for check in checks if (text := check.worst[run])] for run in (0, 1))
    before, now = (max(errors, default=math.inf) for errors in runs)
    if math.isfinite(before) or math.isfinite(now):
        yield "largest error: ", Distance(before), " before, ", Distance(now), " now"


def _reasons(checks: Sequence[ComparedCheck]) -> Iterator[Words]:
    """Why checks were not compared, or not by element, and what changed beside the numbers."""
    reasons = Counter(check.reason for check in checks if check.reason)
    for reason, number in reasons.most_common(_REASONS_TOLD):
        yield f"{counted(number, 'check')}: {reason}"
    if (left := len(reasons) - _REASONS_TOLD) > 0:
        yield f"and {left} more reasons"


def _change_lines(changes: Sequence[CheckChange]) -> Iterator[Words | Fact]:
    """Of each kind the gravest change in full, those of other checks a line each where they are worse."""
    kinds: dict[tuple[str, str], list[CheckChange]] = {}
    for each in changes:
        kinds.setdefault((each.weight, each.change.kind), []).append(each)
    for (weight, kind), members in kinds.items():
        first, *others = members
        extent = extent_words(sum(each.change.elements for each in members), len({each.check.id for each in members}))
        yield f"{kind}: {extent}"
        if kind == "identical":
            continue
        yield Fact("check", _check_words(first.check))
        if first.example is not None:
            yield from change_facts(first, first.example)
            yield Fact("apart", Distance(measure(first.example.ulps)))
        yield Fact("change", Code(first.key))
        for each in others if weight == "worse" else ():
            yield Fact("also", (Count(each.change.elements, "result"), f"; change {each.key}"))


def _check_words(check: ComparedCheck) -> str:
    parts = (parameters_words(check.parameters), check.input_class, check.id)
    return " · ".join(brief(part, 200) for part in parts if part)


def _of_entry_point(change: EntryPointChange) -> ServerTest:
    names = "entry point", f"{brief(change.entry_point, 200)} · {change.kind}"
    if change.kind == "removed":
        return ServerTest(*names, "failure", change.kind, entry_point_words(change))
    return ServerTest(*names, output=(entry_point_words(change),))


def _of_property(change: PropertyChange) -> ServerTest:
    names = "property", f"{brief(change.property, 200)} · {where_words(change)} · {brief(change.id, 200)}"
    text = f"{property_words(change)}: {change.statement}"
    if is_newly_broken(change):
        return ServerTest(*names, "failure", "newly broken", text)
    return ServerTest(*names, output=(text,))
