"""What is said of a comparison: once, and the same in every part of its document."""

from __future__ import annotations

import math

import pytest
from comparison_page_samples import sample
from comparison_samples import change, compared, comparison

from logitproof.reports import hex_of
from logitproof.reports.contents.comparison import comparison_document
from logitproof.reports.document.model import Distance, Entries, Offset
from logitproof.reports.document.text import parts_of, text_of


def _entries(sections):
    blocks = (block for section in sections for block in section.blocks if isinstance(block, Entries))
    return [entry for block in blocks for entry in block.entries]


def test_the_page_the_screen_and_the_alerts_say_the_same_of_a_change():
    document = comparison_document(sample())
    page, shown = _entries(document.page()), _entries(document.screen())
    assert shown
    assert all(entry in page for entry in shown)
    alerts = [[text_of(line) for line in alert.lines] for alert in document.alerts()]
    for entry in page:
        facts = [f"{fact.name}: {text_of(fact.words)}" for fact in entry.facts if text_of(fact.words)]
        assert [entry.headline, *facts] in alerts


def test_errors_are_numbers_in_the_document():
    of = comparison(compared(change("regressed", 2, before_ulps=hex_of(0.5), after_ulps="inf")))
    (entry,) = _entries(comparison_document(of).page())
    facts = {fact.name: parts_of(fact.words) for fact in entry.facts}
    assert Offset(0.5) in facts["before"]
    assert Offset(math.inf) in facts["now"]


@pytest.mark.parametrize(("kind", "result"), [("regressed", "failure"), ("nearer", "passed"), ("identical", "passed")])
def test_checks_of_one_entry_point_quantity_and_dtype_share_a_test_case(kind, result):
    checks = [compared(change(kind, 2), change("identical", 3), input_class=name) for name in ("wide", "mixed")]
    (case,) = comparison_document(comparison(*checks)).suites()[1].cases
    assert case.result == result
    told = [text_of(line) for line in (*case.text, *case.output) if isinstance(line, str)]
    number = 10 if kind == "identical" else 4
    assert f"{kind}: {number} results of 2 checks" in told
    if kind == "regressed":
        also = [line for line in case.text if getattr(line, "name", "") == "also"]
        assert len(also) == 1
        assert checks[1].id in text_of(also[0].words) or checks[0].id in text_of(also[0].words)
        assert any(getattr(line, "name", "") == "apart" and isinstance(line.words, Distance) for line in case.text)
