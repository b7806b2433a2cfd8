"""junit.xml: a record as the test results that CI servers read. Record in, XML out, and nothing else.

A suite per backend, a test case per check and per result of a property, and one that says whether the run is complete.
Names are those of what was examined, without versions, so that a server's history outlasts an upgrade.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from xml.etree import ElementTree as ET  # XML is only written here

from ._overview import exit_status, verdict
from ._property_record import PropertyResult
from ._record import Backend, Check, CheckStatus, Discrepancy, Record
from ._words import (
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

MOST_TOLD = 4
"""So many discrepancies of a check are told in its test case; the record has them all."""

_ERRORS: tuple[CheckStatus, ...] = ("crash", "hang", "error")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_LONG, _SHORT = 1000, 200
_UNNAMED = "unnamed"


def junit(record: Record) -> str:
    """Return `record` as JUnit XML.

    A defect and a broken property are failures; a check that crashed, hung or raised, a backend that did not come to
    its end, and a run that is no pass for being incomplete, are errors; what is unsupported is skipped. Weaknesses,
    conventions and what is undecided are in the output of their test case.
    """
    root = ET.Element("testsuites", name="logitproof")
    told = _by_check(record.discrepancies)
    _add_suite(root, record, "logitproof", [_completeness(record)], {})
    for title, backend in _suites(record).items():
        checks = (_of_check(check, told.get(check.id, ())) for check in record.checks if backend_title(check) == title)
        properties = (
            _of_property(result, told.get(result.id, ()))
            for result in record.properties
            if backend_title(result) == title
        )
        own = [] if backend is None else [_of_backend(backend)]
        _add_suite(root, record, title, [*own, *checks, *properties], _facts(backend))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _by_check(discrepancies: Iterable[Discrepancy]) -> dict[str, list[Discrepancy]]:
    found: dict[str, list[Discrepancy]] = {}
    for each in discrepancies:
        found.setdefault(each.check, []).append(each)
    return found


def _suites(record: Record) -> dict[str, Backend | None]:
    titles: dict[str, Backend | None] = {backend_title(backend): backend for backend in record.backends}
    examined: list[Check | PropertyResult] = [*record.checks, *record.properties]
    for owned in examined:
        titles.setdefault(backend_title(owned), None)
    return titles


def _add_suite(root: ET.Element, record: Record, name: str, cases: list[ET.Element], facts: Mapping[str, str]) -> None:
    counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error", "skipped")}
    suite = ET.SubElement(
        root,
        "testsuite",
        name=brief(name, _SHORT) or _UNNAMED,
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
    )
    if started := _TIME.match(record.run.started):
        suite.set("timestamp", started[0])
    properties = ET.SubElement(suite, "properties")
    run = {"profile": record.run.profile, "corpus": f"{record.corpus.version} {record.corpus.hash}"}
    for key, value in {**run, **facts}.items():
        ET.SubElement(properties, "property", name=brief(key, _SHORT) or _UNNAMED, value=brief(value, _SHORT))
    _tell_apart(cases)
    suite.extend(cases)


def _tell_apart(cases: Iterable[ET.Element]) -> None:
    """Number what has one name: servers would take it for one case. Ids do not let that happen, but for odd records."""
    seen: Counter[tuple[str, str]] = Counter()
    for case in cases:
        key = case.get("classname", ""), case.get("name", "")
        seen[key] += 1
        if seen[key] > 1:
            case.set("name", f"{key[1]} ({seen[key]})")


def _facts(backend: Backend | None) -> dict[str, str]:
    if backend is None:
        return {}
    own = {"framework": backend.framework, "version": backend.version, "threads": str(backend.threads)}
    switches = {f"environment {key}": value for key, value in sorted(backend.environment.items())}
    return {**own, **{key: backend.build[key] for key in ("python", "numpy") if key in backend.build}, **switches}


def _completeness(record: Record) -> ET.Element:
    case = _case("logitproof", "the run is complete")
    if exit_status(record) == 3:
        ET.SubElement(case, "error", type="incomplete", message=brief(verdict(record), _LONG))
    return case


def _of_backend(backend: Backend) -> ET.Element:
    case = _case("logitproof", f"{brief(backend.name, _SHORT)} was examined to its end")
    if backend.status != "complete":
        ET.SubElement(case, "error", type=backend.status, message=brief(backend.reason or backend.status, _LONG))
    return case


def _of_check(check: Check, found: Iterable[Discrepancy]) -> ET.Element:
    own = sorted(found, key=lambda each: each.severity != "defect")
    defects = [each for each in own if each.severity == "defect"]
    case = _case(check.function, _check_name(check))
    if check.status in _ERRORS:
        error = ET.SubElement(case, "error", type=check.status, message=brief(check.reason or check.status, _LONG))
        error.text = _text(defects)
    elif check.severities.get("defect"):
        _fail(case, defects, f"{counted(check.severities['defect'], 'result')} with a defect")
    elif check.status == "unsupported":
        ET.SubElement(case, "skipped", type="unsupported", message=brief(check.reason or "", _LONG))
    others = [each for each in own if each.severity != "defect"]
    _output(case, [*_measured(check), *_told(others)])
    return case


def _of_property(result: PropertyResult, found: Iterable[Discrepancy]) -> ET.Element:
    entry_points = ", ".join(dict.fromkeys(result.entry_points.values()))
    names = (result.property, brief(entry_points, _SHORT), result.dtype, result.mode, result.device, result.id)
    case = _case("property", " · ".join(brief(name, _SHORT) for name in names))
    told = [line for each in [*found][:MOST_TOLD] for line in _told([each])]
    if result.status == "broken":
        ET.SubElement(case, "failure", type="identity broken", message=_broken(result)).text = _lines(told)
    elif result.status == "unsupported":
        ET.SubElement(case, "skipped", type="unsupported", message=brief(result.reason or "", _LONG))
    elif result.status != "holds":
        _output(case, [f"{result.status}: {brief(result.reason or result.statement, _LONG)}", *told])
    return case


def _broken(result: PropertyResult) -> str:
    worst = result.worst
    sides = f" {worst.left} {worst.sign} {worst.right} fails: {magnitude(worst.ratio)} of the bound" if worst else ""
    return brief(f"{result.statement}{sides}", _LONG)


def _fail(case: ET.Element, defects: list[Discrepancy], otherwise: str) -> None:
    worst = defects[0] if defects else None
    message = brief(worst.explanation, _LONG) if worst else otherwise
    failure = ET.SubElement(case, "failure", type=brief(worst.kind, _SHORT) if worst else "defect", message=message)
    failure.text = _text(defects) or otherwise


def _case(classname: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=brief(classname, _SHORT) or _UNNAMED, name=name.strip() or _UNNAMED)


def _check_name(check: Check) -> str:
    """What was asked, told without versions; the id tells apart what is the same in words."""
    keywords = parameters_words(check.parameters)
    parts = (check.entry_point, check.quantity, check.dtype, check.mode, check.device, keywords, check.input_class)
    return " · ".join(brief(part, _SHORT) for part in (*parts, check.id) if part)


def _measured(check: Check) -> Iterator[str]:
    """The largest error, also where there is nothing else to tell: a result is never a bare pass."""
    if check.worst_ulps is not None:
        ulps, ratio = magnitude(check.worst_ulps.ulps), magnitude(check.worst_ulps.bound_ratio)
        yield f"largest error: {ulps} ulps, {ratio} times the textbook bound"


def _text(found: list[Discrepancy]) -> str:
    return _lines(_told(found))


def _told(found: Iterable[Discrepancy]) -> Iterator[str]:
    """One discrepancy of each kind: a check keeps two, the worst first."""
    kinds = {(each.severity, each.kind): each for each in reversed(list(found))}
    for each in list(reversed(kinds.values()))[:MOST_TOLD]:
        yield f"{each.severity}, {brief(each.kind, _SHORT)}: {brief(each.explanation, _LONG)}"
        if each.severity == "defect":
            yield from _details(each)
        else:
            yield f"  {counted(each.count, 'result')}; logitproof reproduce {brief(each.id, 64)}"


def _details(found: Discrepancy) -> Iterator[str]:
    facts = {
        "cause": ": ".join(brief(part, _LONG) for part in (found.cause, found.evidence) if part),
        "input": brief(inputs_words(found.inputs), _LONG),
        "in hex": brief(inputs_hex(found.inputs) or "", _LONG),
        "element": str(list(found.index)) if found.index else "",
        "returned": readable(found.observed, found.dtype),
        "exact": brief(found.expected.decimal),
        "error": error_words(found),
        "results": str(found.count),
        "again": f"logitproof reproduce {brief(found.id, 64)}",
    }
    for name, fact in facts.items():
        if fact:
            yield f"  {name:<9}{fact}"


def _output(case: ET.Element, lines: Iterable[str]) -> None:
    if text := _lines(lines):
        ET.SubElement(case, "system-out").text = text


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)
