"""What is said of a run: once, and the same in every part of its document."""

from __future__ import annotations

import pytest
from record_samples import check, record
from report_samples import everything, finished
from waiver_samples import gated, known, waivers_for

from logitproof.reports import findings
from logitproof.reports.contents.entries import finding_entry
from logitproof.reports.contents.run import run_document
from logitproof.reports.document.model import Entries, ErrorSize, LargestError, ServerTest
from logitproof.reports.document.text import parts_of, text_of


def _entries(sections):
    blocks = (block for section in sections for block in section.blocks if isinstance(block, Entries))
    return [entry for block in blocks for entry in block.entries]


@pytest.mark.parametrize("make", [everything, finished, known])
def test_the_page_the_screen_and_the_alerts_say_the_same_of_a_finding(make):
    document = run_document(make())
    page = _entries(document.page())
    shown = _entries(document.screen())
    assert shown
    assert all(entry in page for entry in shown)
    alerts = [[text_of(line) for line in alert.lines] for alert in document.alerts()]
    for entry in page:
        facts = [f"{fact.name}: {text_of(fact.words)}" for fact in entry.facts if text_of(fact.words)]
        assert [entry.headline, *facts] in alerts


def test_errors_are_numbers_in_the_document():
    entry = finding_entry(findings(known())[0], None)
    facts = {fact.name: fact.words for fact in entry.facts}
    assert isinstance(facts["error"], ErrorSize)
    (largest,) = (part for part in parts_of(facts["extent"]) if isinstance(part, LargestError))
    assert largest.bound_ratio == facts["error"].bound_ratio


def test_what_gates_is_an_error_and_what_is_waived_a_notice():
    run = known()
    levels = {entry.label: entry.level for entry in _entries(run_document(run).page())}
    assert levels["defect"] == "error"
    assert levels["weakness"] == "warning"
    waived = run_document(run, None, gated(run, waivers_for(run)))
    assert {entry.level for entry in _entries(waived.page()) if entry.label == "defect"} == {"notice"}


def test_a_run_that_is_all_right_has_nothing_but_test_cases_that_passed():
    document = run_document(record(check(severities={}, tiers={"C": 1})))
    assert document.alerts() == ()
    assert _entries(document.page()) == []
    cases = [case for suite in document.suites() for case in suite.cases]
    assert cases
    assert all(isinstance(case, ServerTest) and case.result == "passed" for case in cases)
