"""A run on a terminal: the expected text, and no line wider than the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from expected_texts import expect, expected_sample, printed
from record_samples import check, discrepancy
from report_samples import everything

from logitproof.conformance.cli.output import shown_text
from logitproof.reports import ExaminationResult, judgement_view, record_view, run_view


def test_the_terminal_shows_the_expected_text():
    expect("terminal.txt", printed(run_view(expected_sample(), Path("logitproof-report"))))


def test_a_judgement_shows_the_expected_text():
    judged = check(backend="your results", version="", severities={"weakness": 1}, tiers={"A": 1})
    weakness = discrepancy(judged, severity="weakness", kind="beyond the attainable bound")
    expect("judgement.txt", printed(judgement_view(ExaminationResult((judged,), (weakness,)))))


@pytest.mark.parametrize("width", [40, 60, 100, 300])
def test_no_line_is_wider_than_the_window(width, monkeypatch):
    monkeypatch.setattr("logitproof.conformance.cli.output.PIPED_WIDTH", width)
    assert max(map(len, shown_text(record_view(everything())).splitlines())) <= width
