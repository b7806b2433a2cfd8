"""Pieces of JUnit XML, the same for every kind of result."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET  # XML is only written here

from ..record.words import brief

LONG, SHORT = 1000, 200
"""So much of a sentence, and of a name, is told."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_UNNAMED = "unnamed"


def document(root: ET.Element) -> str:
    """Return the text of the suites in `root`, whose counts are added up first."""
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def add_suite(
    root: ET.Element, name: str, cases: Sequence[ET.Element], facts: Mapping[str, str], started: str = ""
) -> None:
    """Add a suite of test cases with what is known of it; a time that is none is left out."""
    counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error", "skipped")}
    suite = ET.SubElement(
        root,
        "testsuite",
        name=brief(name, SHORT) or _UNNAMED,
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
    )
    if time := _TIME.match(started):
        suite.set("timestamp", time[0])
    properties = ET.SubElement(suite, "properties")
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=brief(key, SHORT) or _UNNAMED, value=brief(value, SHORT))
    _tell_apart(cases)
    suite.extend(cases)


def case_of(classname: str, name: str) -> ET.Element:
    """Return a test case."""
    return ET.Element("testcase", classname=brief(classname, SHORT) or _UNNAMED, name=name.strip() or _UNNAMED)


def joined(parts: Iterable[str]) -> str:
    """Return the name that these parts make, empty ones left out."""
    return " · ".join(brief(part, SHORT) for part in parts if part)


def joined_lines(lines: Iterable[str]) -> str:
    """Return lines as the text of an element."""
    return "\n".join(lines)


def result_of(case: ET.Element, kind: str, what: str, message: str, lines: Iterable[str] = ()) -> None:
    """Give a test case its result: a "failure", an "error" or "skipped", of which `what` is the type."""
    result = ET.SubElement(case, kind, type=brief(what, SHORT), message=brief(message, LONG))
    if text := joined_lines(lines):
        result.text = text


def output_of(case: ET.Element, lines: Iterable[str]) -> None:
    """Give a test case its output, unless it is empty."""
    if text := joined_lines(lines):
        ET.SubElement(case, "system-out").text = text


def _tell_apart(cases: Iterable[ET.Element]) -> None:
    """Number what has one name: servers would take it for one case. Ids do not let that happen, but for odd records."""
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases:
        key = case.get("classname", ""), case.get("name", "")
        counts[key] += 1
        if counts[key] > 1:
            case.set("name", f"{key[1]} ({counts[key]})")
