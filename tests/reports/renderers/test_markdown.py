"""Renderings: record in, text out, whatever the record holds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from expected_texts import expect, expected_sample, printed
from record_samples import backend, check, discrepancy, record
from report_samples import many

from logitproof.reports import (
    ExaminationResult,
    encode_record,
    findings,
    judgement_view,
    run_view,
    summary,
)
from logitproof.reports.renderers.markdown_text import code, escape


def test_the_summary_is_the_expected_one():
    expect("summary.md", summary(expected_sample()))


def test_rendering_changes_nothing_and_gives_the_same_text_again():
    sample = expected_sample()
    before = encode_record(sample)
    assert summary(sample) == summary(sample)
    assert encode_record(sample) == before


def test_the_verdict_is_the_first_line_of_the_summary():
    assert summary(expected_sample()).splitlines()[0].startswith("# logitproof: FAIL: 2 defects (4 results)")
    cut = record(check(severities={}), complete=False)
    assert summary(cut).splitlines()[0] == "# logitproof: Incomplete: not a pass. So far no discrepancy."


def test_a_backend_that_did_not_start_is_on_both_renderings():
    sample = record(check(severities={}), complete=False)
    dead = backend("tensorflow", "")
    dead = replace(dead, status="unavailable", reason="no module named tensorflow")
    sample = replace(sample, backends=(*sample.backends, dead))
    for text in (summary(sample), printed(run_view(sample, Path("report")))):
        assert "unavailable: no module named tensorflow" in text.replace("*", "")
        assert "not a pass" in text


def test_markdown_punctuation_is_escaped():
    assert escape("a*b_c`d|e[f](g)<h>&#!~\n") == "a\\*b\\_c\\`d\\|e\\[f\\](g)&lt;h&gt;&amp;\\#\\!\\~"
    assert escape("@me #1 GH-2 www.x") == "@&#8203;me \\#&#8203;1 GH-&#8203;2 www&#8203;.x"
    assert [escape(text) for text in ("- a", "1. a", "::a", "= a")] == ["\\- a", "1\\. a", "\\::a", "\\= a"]


@pytest.mark.parametrize(("text", "span"), [("a*b", "`a*b`"), ("a|b`", "<code>a&#124;b&#96;</code>")])
def test_code_is_a_span_where_that_can_hold_it(text, span):
    assert code(text) == span


def test_an_address_is_shown_and_is_no_link():
    assert escape("see https://a.b/c_d.") == "see `https://a.b/c_d`."


def test_a_summary_of_very_much_tells_the_worst_and_counts_the_rest():
    text = summary(many(3000))
    assert len(text.encode()) < 60_000
    left = re.findall(r"^… and ([\d,]+) more findings: `logitproof report ", text, re.MULTILINE)
    shown = text.count("\n**torch 2.13.0**: ") + text.count("\n| torch 2.13.0: ")
    assert shown + sum(int(number) for number in left) == len(findings(many(3000)))


@pytest.mark.parametrize("size_limit", [60_000, 30_000, 10_000, 3_000, 1_000, 100, 0])
def test_a_summary_takes_no_more_room_than_it_has(size_limit):
    text = summary(many(1000), room=size_limit)
    assert len(text.encode()) <= size_limit
    assert text.startswith("# logitproof: FAIL") or size_limit <= 100


def test_a_judgement_does_not_offer_what_only_a_record_has():
    judged = check(backend="your results", version="")
    text = printed(judgement_view(ExaminationResult((judged,), (discrepancy(judged),) * 2)))
    assert "reproduce" not in text
    assert "record.json" not in text
