"""Every renderer tells any document: it takes nothing but the model."""

from __future__ import annotations

import re
from io import StringIO
from xml.etree import ElementTree as ET

import pytest
from document_samples import document
from rich.console import Console

from logitproof.reports.document.model import Alert, Fact, ServerTest
from logitproof.reports.renderers.github import github
from logitproof.reports.renderers.junit import junit_xml
from logitproof.reports.renderers.markdown import markdown
from logitproof.reports.renderers.terminal import terminal


def _screen(of, width=80):
    text = StringIO()
    Console(file=text, width=width, color_system=None).print(terminal(of))
    return text.getvalue()


def _counted(text, shown, noun):
    left = sum(int(number.replace(",", "")) for number in re.findall(rf"… and ([\d,]+) more {noun}", text))
    return len(re.findall(shown, text, re.MULTILINE)) + left


def test_a_page_has_headings_lists_tables_and_folds_what_is_detail():
    text = markdown(document())
    assert text.startswith("# A title\n\nA **strong** word\n\n## Found\n\n**basket 0**: headline 0\n\n- text 0\n")
    assert "- size: `0` apples" in text
    assert "nothing" not in text
    assert "## Listed\n\n- item 0\n- item 1" in text
    assert "<details><summary>Details</summary>\n\n| name | number |\n| --- | --- |\n| row 0 | 0 |" in text
    assert "Empty" not in text


@pytest.mark.parametrize("size", [60_000, 10_000, 3_000, 500, 20, 0])
@pytest.mark.parametrize("number", [3, 2_000])
def test_a_page_takes_no_more_than_its_size_and_counts_what_is_left_out(size, number):
    text = markdown(document(number, number, number), size)
    assert len(text.encode()) <= size
    assert text.startswith("# A title") or size < 20
    if "Found" in text:
        assert _counted(text, r"^\*\*basket|^\| entry", "entries") == number
        assert _counted(text, "^- item", "items") == number
        assert _counted(text, r"^\| row", "rows") == number


@pytest.mark.parametrize("number", [3, 10, 11, 2_000])
def test_a_screen_shows_the_first_and_counts_the_rest(number):
    text = _screen(document(number, number, 0))
    assert _counted(text, "^basket", "entries: look there") == number
    assert _counted(text, "^  item", "items: look there") == number


@pytest.mark.parametrize("number", [2, 10, 11, 40])
def test_annotations_are_ten_of_a_level_and_errors_come_first(number):
    alerts = [Alert(level, "s", (f"m{each}",)) for level in ("notice", "error") for each in range(number)]
    lines = github(document(alerts=alerts)).splitlines()
    shown = min(number, 10)
    assert [line.split()[0] for line in lines] == ["::error"] * shown + ["::notice"] * shown
    if number > 10:
        assert f"{number - 9} more things of this kind" in lines[9]


def test_a_test_case_has_its_result_what_is_known_of_it_and_its_output():
    cases = [
        ServerTest("g", "passes", output=("fine", Fact("size", 1200))),
        ServerTest("g", "fails", "failure", "kind", ("so much: ", 2.5), ("because", Fact("size", 3))),
        ServerTest("g", "fails", "skipped", "kind", "why"),
    ]
    root = ET.fromstring(junit_xml(document(cases=cases)))  # noqa: S314 - our own
    first, second, third = root.iter("testcase")
    assert first.findtext("system-out") == "fine\n  size     1,200"
    assert (second.find("failure").get("message"), second.findtext("failure")) == (
        "so much: 2.5",
        "because\n  size     3",
    )
    assert third.get("name") == "fails (2)"
    (suite,) = root
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "1"]
