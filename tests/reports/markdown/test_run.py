"""Renderings: record in, text out, whatever the record holds."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from checkout import EXPECTED
from record_samples import backend, check, discrepancy, record
from report_samples import many
from rich.console import Console

from logitproof.reports import (
    Findings,
    array_record,
    encode_record,
    findings,
    hex_of,
    judgement_view,
    run_view,
    summary,
)
from logitproof.reports.markdown.text import code, escape


def _sample():
    torch = check(severities={"defect": 2, "weakness": 1, "convention": 1, "undecided": 1}, coverage="10 of 10 inputs")
    row = {"logits": array_record(np.array([0, -10], np.float16)), "labels": array_record(np.int64(1))}
    keras = check(
        "keras",
        "3.15.1",
        function="sparse_softmax_cross_entropy",
        entry_point="keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        dtype="float16",
        parameters={"axis": -1, "label_smoothing": hex_of(0.125)},
        severities={"convention": 1},
        tiers={"M": 4, "limit": 6},
    )
    unsupported = check("keras", "3.15.1", status="unsupported", reason="no keyword 'weight'", elements=0)
    return record(
        torch,
        keras,
        unsupported,
        discrepancies=(
            discrepancy(torch, cause="exp underflows"),
            discrepancy(torch, severity="weakness", kind="flushed to zero", index=()),
            discrepancy(torch, severity="undecided", kind="undecided"),
            discrepancy(torch, severity="convention", kind="choice", observed="nan:0x7fc00000", case="choice"),
            discrepancy(keras, severity="convention", kind="stated deviation", inputs=row, observed=hex_of(10.0)),
        ),
    )


def _printed(renderable, width=120):
    text = StringIO()
    Console(file=text, width=width, color_system=None).print(renderable)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _expect(name: str, text: str) -> None:
    """Compare with the file of that name. To accept a change: delete the file, run the test twice, read the diff."""
    file = EXPECTED / name
    if not file.exists():
        file.write_text(text, encoding="utf-8")
        pytest.fail(f"{file} did not exist: it was written, read it")
    assert text == file.read_text(encoding="utf-8")


def test_the_summary_is_the_expected_one():
    _expect("summary.md", summary(_sample()))


def test_the_terminal_shows_the_expected_text():
    _expect("terminal.txt", _printed(run_view(_sample(), Path("logitproof-report"))))


def test_a_judgement_shows_the_expected_text():
    found = check(backend="your results", version="", severities={"weakness": 1}, tiers={"A": 1})
    weakness = discrepancy(found, severity="weakness", kind="beyond the attainable bound")
    _expect("judgement.txt", _printed(judgement_view(Findings((found,), (weakness,)))))


def test_rendering_changes_nothing_and_gives_the_same_text_again():
    sample = _sample()
    before = encode_record(sample)
    assert summary(sample) == summary(sample)
    assert encode_record(sample) == before


def test_the_verdict_is_the_first_line_of_the_summary():
    assert summary(_sample()).splitlines()[0].startswith("# logitproof: FAIL: 2 defects (4 results)")
    cut = record(check(severities={}), complete=False)
    assert summary(cut).splitlines()[0] == "# logitproof: Incomplete: not a pass. So far no discrepancy."


def test_a_backend_that_did_not_start_is_on_both_renderings():
    sample = record(check(severities={}), complete=False)
    dead = backend("tensorflow", "")
    dead = replace(dead, status="unavailable", reason="no module named tensorflow")
    sample = replace(sample, backends=(*sample.backends, dead))
    for text in (summary(sample), _printed(run_view(sample, Path("report")))):
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
    told = summary(many(3000))
    assert len(told.encode()) < 60_000
    left = re.findall(r"^… and ([\d,]+) more findings in record.json\.$", told, re.MULTILINE)
    shown = told.count("\n**torch 2.13.0**: ") + told.count("\n| torch 2.13.0: ")
    assert shown + sum(int(number) for number in left) == len(findings(many(3000)))


@pytest.mark.parametrize("room", [60_000, 30_000, 10_000, 3_000, 1_000, 100, 0])
def test_a_summary_takes_no_more_room_than_it_has(room):
    told = summary(many(1000), room=room)
    assert len(told.encode()) <= room
    assert told.startswith("# logitproof: FAIL") or room <= 100


def test_a_judgement_does_not_offer_what_only_a_record_has():
    found = check(backend="your results", version="")
    printed = _printed(judgement_view(Findings((found,), (discrepancy(found),) * 2)))
    assert "reproduce" not in printed
    assert "record.json" not in printed
