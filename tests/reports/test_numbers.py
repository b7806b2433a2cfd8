"""Every number that is told of a run agrees with its record.

The numbers are computed here once more, from the record alone and in other words, and read back out of what is printed.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from io import StringIO
from xml.etree import ElementTree as ET

import html5lib
import numpy as np
import pytest
from checkout import PLANTED
from rich.console import Console

from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reports import array_value, float_from, github_annotations, html_report, junit, record_view, summary

FUNCTIONS = ("softmax", "log_softmax", "logsumexp", "softmax_cross_entropy", "sigmoid_cross_entropy")
SEVERITIES = ("defect", "weakness", "convention", "undecided")
PLURALS = {"defect": "defects", "weakness": "weaknesses", "convention": "conventions", "undecided": "undecided"}

pytestmark = [pytest.mark.slow, pytest.mark.framework("torch")]


@pytest.fixture(scope="module")
def examined():
    modules = ("faulty_torch_formulas", "faulty_torch_options")
    backends = (
        *(str(PLANTED / f"{name}.py") for name in modules),
        "torch",
        str(PLANTED / "faulty_numpy_formulas.py"),
    )
    request = RunRequest(backends=backends, profile="smoke", jobs=1, functions=FUNCTIONS, dtypes=("float16", "float32"))
    return run(request, Silence())


def number(text):
    value = float_from(text)
    return math.inf if math.isnan(value) else value


def three_digits(number_text, value):
    """Whether a number that is told with three digits is the value."""
    return float(number_text) == value or math.isclose(float(number_text), value, rel_tol=5e-3)


def bound(number_text, value):
    """Whether a bound that is told with three digits is one, and no larger than it must be."""
    return value <= float(number_text) <= value * 1.01


@dataclass(frozen=True)
class Expected:
    """What must be told of one finding."""

    severity: str
    title: str
    example: str
    results: int
    checks: int
    ulps: float
    ratio: float
    is_of_property: bool


@pytest.fixture(scope="module")
def expected(examined):
    """The findings by the ids of their smallest cases, told apart as the documentation says."""
    cases = defaultdict(list)
    for each in examined.discrepancies:
        cases[each.backend, each.check, each.severity, each.kind].append(each)
    groups = defaultdict(list)
    for kept in cases.values():
        worst = max(kept, key=lambda each: (number(each.error_bound_ratio), number(each.error_ulps)))
        is_of_property = worst.quantity.startswith("property:")
        what = (worst.quantity,) if is_of_property else (worst.function, worst.quantity, worst.kind)
        groups[worst.severity, worst.backend, worst.cause or what].append(kept)
    by_example = {}
    for (severity, _, _), kinds in groups.items():
        all_cases = [each for kept in kinds for each in kept]
        sizes = {each.id: size(each) for each in all_cases}
        smallest = [each for each in all_cases if sizes[each.id] == min(sizes.values())]
        example = max(smallest, key=lambda each: (number(each.error_bound_ratio), number(each.error_ulps)))
        by_example[example.id] = Expected(
            severity=severity,
            title=f"{example.backend} {example.version}",
            example=example.id,
            results=sum(kept[0].count for kept in kinds),
            checks=len({each.check for each in all_cases}),
            ulps=max(number(each.largest_ulps or "inf") for each in all_cases),
            ratio=max(number(each.error_bound_ratio) for each in all_cases),
            is_of_property=example.quantity.startswith("property:"),
        )
    return by_example


def size(discrepancy):
    first = next(iter(discrepancy.inputs.values()))
    numbers = np.abs(array_value(first).astype(np.float64))
    return numbers.size, max((each for each in numbers.ravel() if np.isfinite(each)), default=0.0)


def extent(text, finding):
    """Check what is told of how often a finding was seen, and of its errors."""
    shown = re.search(r"([\d,]+) (?:results? of ([\d,]+) checks?|checks? of the property)", text)
    counts = [int(part.replace(",", "")) for part in shown.groups() if part]
    assert counts == ([finding.checks] if finding.is_of_property else [finding.results, finding.checks])
    errors = re.search(r"at most ([^ ;]+) ulps(?:, at most (\S+) times the textbook bound)?", text)
    if errors is None:
        assert finding.results == 1 or math.isinf(finding.ulps)
    else:
        assert bound(errors[1], finding.ulps)
        assert bound(errors[2], finding.ratio) if errors[2] else finding.ratio == 0


def counted(examined, **of):
    """How many checks of some sort have results of each severity, and how many results."""
    chosen = [each for each in examined.checks if all(getattr(each, name) == value for name, value in of.items())]
    checks = {severity: sum(bool(each.severities.get(severity)) for each in chosen) for severity in SEVERITIES}
    results = {severity: sum(each.severities.get(severity, 0) for each in chosen) for severity in SEVERITIES}
    return chosen, checks, results


@pytest.fixture(scope="module")
def terminal(examined):
    text = StringIO()
    Console(file=text, width=600, color_system=None).print(record_view(examined))
    return text.getvalue()


def test_the_record_has_all_that_makes_numbers_go_wrong(examined, expected):
    assert {each.severity for each in expected.values()} >= {"defect", "weakness", "convention"}
    assert any(each.is_of_property for each in expected.values())
    causes = defaultdict(set)
    for each in examined.discrepancies:
        causes[each.check, each.severity, each.kind].add(each.cause)
    assert any(len(group) > 1 for group in causes.values())
    kinds = defaultdict(set)
    for each in examined.discrepancies:
        kinds[each.backend, each.cause].add(each.kind)
    assert any(len(group) > 1 for (_, cause), group in kinds.items() if cause)


def test_the_verdict_counts_checks_and_results_and_the_findings_add_up_to_it(examined, expected, terminal):
    _, checks, results = counted(examined)
    line = next(line for line in terminal.splitlines() if line.startswith("FAIL: "))
    for severity in SEVERITIES:
        shown = re.search(rf"([\d,]+) (?:{severity}|{PLURALS[severity]}) \(([\d,]+) results?\)", line)
        counts = [int(part.replace(",", "")) for part in shown.groups()] if shown else [0, 0]
        assert counts == [checks[severity], results[severity]]
        of_severity = [each for each in expected.values() if each.severity == severity and not each.is_of_property]
        assert sum(each.results for each in of_severity) == results[severity]
    broken = [each for each in expected.values() if each.severity == "defect" and each.is_of_property]
    assert f", {len(broken)} broken propert" in line


def test_the_terminal_tells_of_each_finding_its_own_numbers(expected, terminal):
    blocks = re.findall(r"extent +(.*?)\n +again +logitproof reproduce (\w+)", terminal)
    assert len(blocks) == 10
    for block, example in blocks:
        extent(block, expected[example])
    defects = [each for each in expected.values() if each.severity == "defect"]
    assert f"grouped by cause: {len(defects)} findings in all" in terminal
    assert f"… and {len(defects) - 10} more findings" in terminal


def test_the_tables_of_the_terminal_add_up_what_the_checks_count(examined, terminal):
    title = function = ""
    lines = 0
    functions = {each.function for each in examined.checks}
    titles = {f"{each.backend} {each.version}": each.backend for each in examined.checks}
    for line in terminal.partition("Tiers, the worst of each line")[0].splitlines():
        if line.strip() in titles:
            title = line.strip()
        elif line.strip() in functions:
            function = line.strip()
        elif (cells := re.match(r"  (float16|float32) .{6}", line)) is not None:
            chosen, _, results = counted(examined, backend=titles[title], function=function, dtype=cells[1])
            for (start, end), severity in zip(((28, 37), (37, 45), (45, 53)), SEVERITIES, strict=False):
                assert int(line[start:end].replace(",", "").strip() or 0) == results[severity]
            errors = [number(each.worst_ulps.ulps) for each in chosen if each.worst_ulps]
            if errors:
                assert three_digits(line[19:28], max(errors))
            lines += 1
    assert lines == len({(each.backend, each.function, each.dtype) for each in examined.checks})
    for title, backend in titles.items():
        chosen, checks, results = counted(examined, backend=backend)
        cells = re.search(rf"^{re.escape(title)} +(\S.*)$", terminal, re.MULTILINE)[1].split("  ")
        shown = [cell.strip() for cell in cells if cell.strip()]
        assert shown[:2] == [f"{len(chosen):,}", f"{sum(each.elements for each in chosen):,}"]
        assert shown[2:] == [f"{checks[s]:,} ({results[s]:,})" if results[s] else "0" for s in SEVERITIES]


def test_the_summary_tells_of_each_finding_its_own_numbers(examined, expected):
    text = summary(examined)
    full = re.findall(r"^- extent: (.*)\n- again: `logitproof reproduce (\w+)`$", text, re.MULTILINE)
    lines = re.findall(r"; `(\w{16})` \| (.*) \| (.*) \|$", text, re.MULTILINE)
    assert full
    assert lines
    for line, example in full:
        extent(line, expected[example])
    for example, errors, line in lines:
        extent(f"{line}; {errors}", expected[example])
    for severity, heading in (("defect", "Defects"), ("weakness", "Weaknesses")):
        of_severity = [each for each in expected.values() if each.severity == severity]
        assert f"## {heading}, the worst first\n\n{len(of_severity)} findings in all" in text
    for title in {each.title for each in expected.values()}:
        of_title = [each for each in expected.values() if each.title == title]
        cells = re.search(rf"^\| {re.escape(title)} \| (.*) \|$", text.replace("\\", ""), re.MULTILINE)[1].split(" | ")
        _, checks, _ = counted(examined, backend=title.split(" ", 1)[0])
        for severity, cell in zip(SEVERITIES, cells, strict=True):
            of_functions = [each for each in of_title if each.severity == severity and not each.is_of_property]
            broken = sum(each.severity == severity for each in of_title) - len(of_functions)
            expected_cell = (
                f"{len(of_functions)} in {checks[severity]} check{'s' if checks[severity] != 1 else ''}"
                if of_functions
                else ""
            )
            assert cell == (
                ", ".join(filter(None, (expected_cell, f"{broken} of properties" if broken else ""))) or "0"
            )


@pytest.fixture(scope="module")
def page(examined):
    return html5lib.parse(html_report(examined, {}), namespaceHTMLElements=False)


def words(element):
    return " ".join("".join(element.itertext()).split())


def having(root, tag, name):
    return [each for each in root.iter(tag) if name in each.get("class", "").split()]


def test_the_page_tells_of_each_finding_its_smallest_input_its_own_numbers_and_tables_that_add_up(expected, page):
    sections = having(page, "article", "finding")
    lines = [each for listed in having(page, "ul", "lines") for each in listed.findall("li")]
    counts = Counter()
    for each in sections:
        example = expected[re.search(r"id (\w{16}),", words(each))[1]]
        assert example.severity in each.get("class")
        counts[example.severity] += 1
        for tables in having(each, "table", "places"):
            caption = words(tables.find("caption"))
            errors = [words(row) for row in each.iter("dd") if "at most" in words(row)]
            extent("; ".join([caption, *errors]), example)
            cells = [int(words(link).replace(",", "")) for link in tables.iter("a")]
            assert sum(cells) == example.results
    for each in lines:
        example = expected[re.search(r"id (\w{16})", words(each))[1]]
        extent(words(each), example)
        counts[example.severity] += 1
    for severity in ("defect", "weakness", "undecided"):
        assert counts[severity] == sum(each.severity == severity for each in expected.values())


def test_the_map_counts_the_checks_with_a_defect_and_shows_the_worst_tier(examined, page):
    order = ("C", "F", "M", "A", "outside")
    letters = {"C": "C", "F": "F", "M": "M", "A": "A", "outside": "X"}
    cells = 0
    for row in (each for each in page.iter("tr") if each.get("data-function")):
        for cell in having(row, "td", "cell"):
            link = cell.find("a")
            if link is None:
                continue
            cells += 1
            backend = cell.get("data-backend").rsplit(" ", 1)[0]
            chosen, checks, _ = counted(
                examined, backend=backend, function=row.get("data-function"), dtype=cell.get("data-dtype")
            )
            defects = having(cell, "span", "defects")
            assert (int(words(defects[0])) if defects else 0) == checks["defect"]
            reached = [tier for tier in order if any(each.tiers.get(tier) for each in chosen)]
            if reached:
                assert words(link.find("b")) == letters[reached[-1]]
            assert f"{len(chosen)} check" in link.get("title")
            if (largest := re.search(r"largest error (\S+) ulps", link.get("title"))) is not None:
                assert three_digits(largest[1], max(number(each.worst_ulps.ulps) for each in chosen if each.worst_ulps))
    assert cells == len({(each.backend, each.function, each.dtype) for each in examined.checks})


def test_the_page_lists_every_question_once_with_the_cases_on_record(examined, page):
    questions = defaultdict(set)
    for each in examined.discrepancies:
        if each.severity == "convention" and not each.quantity.startswith("property:"):
            questions[each.function, each.quantity, each.kind].add((each.dtype, each.case))
    rows = [each for table in having(page, "table", "conventions") for each in table.find("tbody").findall("tr")]
    others = [re.search(r"; ([\d,]+) more cases? on record", words(row)) for row in rows]
    counts = sorted(int(count[1].replace(",", "")) if count else 0 for count in others)
    assert counts == sorted(len(cases) - 1 for cases in questions.values())


def test_the_test_cases_of_junit_tell_the_numbers_of_their_checks(examined):
    root = ET.fromstring(junit(examined))  # noqa: S314 - our own
    groups = defaultdict(list)
    for each in examined.checks:
        groups[
            f"{each.backend} {each.version}", each.entry_point, each.quantity, each.dtype, each.mode, each.device
        ].append(each)
    kept = {each.id: each for each in examined.discrepancies}
    number_of_cases = 0
    for suite in root.iter("testsuite"):
        for case in suite.iter("testcase"):
            checks = groups.get((suite.get("name"), *case.get("name").split(" · ")))
            if checks is None:
                continue
            number_of_cases += 1
            failure = case.find("failure") if case.find("failure") is not None else case.find("error")
            assert (failure is not None) == any(each.severities.get("defect") for each in checks)
            failing, output = (failure.text if failure is not None else ""), case.findtext("system-out", "")
            results = sum(each.elements for each in checks)
            assert re.match(r"([\d,]+) checks? of ([\d,]+) results?", output.replace(",", "")).groups() == (
                str(len(checks)),
                str(results),
            )
            measured = [each for each in checks if each.worst_ulps]
            if measured:
                errors = re.search(r"largest error: (\S+) ulps; largest multiple of the textbook bound: (\S+)", output)
                assert three_digits(errors[1], max(number(each.worst_ulps.ulps) for each in measured))
                assert three_digits(errors[2], max(number(each.worst_ratio.bound_ratio) for each in measured))
            in_full = re.findall(r"extent +([\d,]+) results?\n +again +logitproof reproduce (\w+)", failing)
            in_lines = re.findall(r"also .*: ([\d,]+) results?; logitproof reproduce (\w+)", failing)
            for shown, example in (*in_full, *in_lines):
                assert int(shown.replace(",", "")) == kept[example].count
            for shown, of, example in re.findall(
                r"extent +([\d,]+) results? of ([\d,]+) checks?; logitproof reproduce (\w+)", output
            ):
                one, ids = kept[example], {each.id for each in checks}
                counts = {
                    each.check: each.count
                    for each in kept.values()
                    if each.check in ids and (each.severity, each.kind) == (one.severity, one.kind)
                }
                assert [int(part.replace(",", "")) for part in (shown, of)] == [sum(counts.values()), len(counts)]
            defects = {each.id for each in checks if each.severities.get("defect")}
            assert {each for each in defects if each in failing} == defects
    assert number_of_cases == len(groups)
    suites = [each for each in root.iter("testsuite") if each.get("name") != "logitproof"]
    defects = sum(any(each.severities.get("defect") for each in checks) for checks in groups.values())
    broken = {
        (each.backend, each.version, each.property, each.dtype, each.setting)
        for each in examined.properties
        if each.status == "broken"
    }
    assert sum(int(each.get("failures")) + int(each.get("errors")) for each in suites) == defects + len(broken)


def test_the_annotations_tell_of_each_finding_its_own_numbers(examined, expected):
    shown = re.findall(
        r"%0Aextent: ([^%]*)%0Aagain: logitproof reproduce (\w+)$", github_annotations(examined), re.MULTILINE
    )
    assert shown
    for line, example in shown:
        extent(line, expected[example])
