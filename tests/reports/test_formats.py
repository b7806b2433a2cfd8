"""The one table of formats: what the command line takes, and what runs and upgrades leave."""

from __future__ import annotations

import re

import pytest
from checkout import ROOT
from comparison_samples import comparison
from record_samples import check, record
from rich.console import Console

from logitproof.conformance.cli.arguments import options_of
from logitproof.conformance.errors import UserError
from logitproof.reports import COMPARISON_PAGES, FORMATS, RUN_PAGES


@pytest.mark.parametrize("words", [("report",), ("compare", "old", "new"), ("upgrade", "old", "new")], ids=str)
def test_the_command_line_takes_the_formats_of_the_table_and_no_others(words, capsys):
    with pytest.raises(UserError) as refused:
        options_of([*words, "--format", "none of them"])
    choices = str(refused.value).partition("choose from ")[2].partition(")")[0]
    assert set(re.findall(r"\w+", choices)) == FORMATS.keys()
    with pytest.raises(SystemExit):
        options_of([*words, "--help"])
    purpose = capsys.readouterr().out.rpartition("--format NAME")[2].partition("\n  --")[0]
    assert FORMATS.keys() <= set(re.findall(r"\w+", purpose))


@pytest.mark.parametrize("words", [("report",), ("compare",)], ids=str)
def test_the_help_says_what_each_format_is_for(words, capsys):
    with pytest.raises(SystemExit):
        options_of([*words, "--help"])
    rows = capsys.readouterr().out.partition("formats:\n")[2].partition("\n\n")[0].splitlines()
    assert [row.split(maxsplit=1) for row in rows] == [[each.name, each.purpose] for each in FORMATS.values()]


def test_the_table_of_the_documentation_says_what_each_format_is_for():
    page = (ROOT / "docs" / "reading-a-comparison.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `(\w+)` \| (.*) \|$", page.partition("| `--format` |")[2].partition("\n\n")[0], re.MULTILINE
    )
    assert rows == [(each.name, each.purpose) for each in FORMATS.values()]


def test_every_format_tells_a_run_and_a_comparison():
    for form in FORMATS.values():
        for shown in (form.of_run(record(check()), None, None, dict), form.of_comparison(comparison(), dict)):
            assert isinstance(shown, str) or Console(record=True, quiet=True).print(shown) is None


def test_a_run_and_an_upgrade_leave_the_pages_that_they_always_left():
    assert list(RUN_PAGES) == ["summary.md", "junit.xml", "report.html"]
    assert sorted(COMPARISON_PAGES) == ["comparison.html", "comparison.json", "comparison.md", "junit.xml"]
