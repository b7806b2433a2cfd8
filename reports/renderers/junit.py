"""The test cases of a document as the test results that CI servers read: JUnit XML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree as ET  # XML is only written here

from ..document.model import Document, Fact, ServerTest, Suite, Words
from ..document.text import text_of
from ..record.words import brief

NAME_SHOWN = 200
"""So many characters of a name are shown."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_UNNAMED = "unnamed"


def junit_xml(document: Document) -> str:
    """Return the suites of a document as JUnit XML; a time that is none is left out."""
    root = ET.Element("testsuites", name="logitproof")
    for suite in document.suites():
        root.append(_suite(suite))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(suite: Suite) -> ET.Element:
    results = Counter(case.result for case in suite.cases)
    element = ET.Element(
        "testsuite",
        name=brief(suite.name, NAME_SHOWN) or _UNNAMED,
        tests=str(len(suite.cases)),
        failures=str(results["failure"]),
        errors=str(results["error"]),
        skipped=str(results["skipped"]),
    )
    if time := _TIME.match(suite.started):
        element.set("timestamp", time[0])
    properties = ET.SubElement(element, "properties")
    for key, value in suite.facts.items():
        name = brief(key, NAME_SHOWN) or _UNNAMED
        ET.SubElement(properties, "property", name=name, value=brief(value, NAME_SHOWN))
    element.extend(_told_apart(map(_case, suite.cases)))
    return element


def _case(case: ServerTest) -> ET.Element:
    name = text_of(case.name).strip() or _UNNAMED
    element = ET.Element("testcase", classname=brief(case.group, NAME_SHOWN) or _UNNAMED, name=name)
    if case.result != "passed":
        message = text_of(case.message)
        result = ET.SubElement(element, case.result, type=brief(case.kind, NAME_SHOWN), message=message)
        if text := _lines(case.text):
            result.text = text
    if output := _lines(case.output):
        ET.SubElement(element, "system-out").text = output
    return element


def _lines(lines: Iterable[Words | Fact]) -> str:
    """Lines of text, facts indented in columns; without what has no words."""
    pairs = ((f"  {line.name:<9}", line.words) if isinstance(line, Fact) else ("", line) for line in lines)
    return "\n".join(f"{name}{text}" for name, words in pairs if (text := text_of(words)))


def _told_apart(cases: Iterable[ET.Element]) -> list[ET.Element]:
    """Number what has one name: servers would take it for one case. Only an odd record lets that happen."""
    counts: Counter[tuple[str, str]] = Counter()
    numbered = list(cases)
    for case in numbered:
        key = case.get("classname", ""), case.get("name", "")
        counts[key] += 1
        if counts[key] > 1:
            case.set("name", f"{key[1]} ({counts[key]})")
    return numbered
