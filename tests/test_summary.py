"""Renderings: record in, text out, whatever the record holds."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from record_samples import backend, check, discrepancy, record
from rich.console import Console

from logitproof.reports import Findings, array_record, encode_record, hex_of, judgement_view, run_view, summary
from logitproof.reports._summary import code, escape

EXPECTED = Path(__file__).parent / "expected"


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
    dead = type(dead)(**{**vars(dead), "status": "unavailable", "reason": "no module named tensorflow"})
    sample = type(sample)(**{**vars(sample), "backends": (*sample.backends, dead)})
    for text in (summary(sample), _printed(run_view(sample, Path("report")))):
        assert "unavailable: no module named tensorflow" in text
        assert "not a pass" in text


HOSTILE = (
    "|`<script>alert(1)</script>`|\n# [click](https://evil) ![x](y) ~~a~~ **b** \x1b[31m \u202e &amp; [bold]x[/bold]"
)


def test_hostile_text_is_shown_as_it_is_and_builds_nothing():
    found = check(HOSTILE, HOSTILE, entry_point=HOSTILE, reason=HOSTILE, input_class=HOSTILE, status="error")
    everything = {"kind": HOSTILE, "cause": HOSTILE, "explanation": HOSTILE, "observed": HOSTILE, "case": HOSTILE}
    sample = record(
        found,
        discrepancies=(
            discrepancy(found, inputs={HOSTILE: array_record(np.zeros(2))}, **everything),
            discrepancy(found, severity="convention", **everything),
        ),
    )
    text = summary(sample)
    outside = _without_code_spans(text)
    assert "<script" not in outside
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.startswith("# [")]
    assert "](" not in outside.replace("\\]", "")
    assert [line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("| ---")]
    for header, *rows in _tables(text):
        assert {_columns(row) for row in rows} <= {_columns(header)}
    assert "\x1b" not in _printed(run_view(sample, Path("report")))
    assert "[bold]x[/bold]" in _printed(run_view(sample, Path("report")), width=400)


def _without_code_spans(text: str) -> str:
    kept, rest = [], text
    while "`" in rest:
        before, _, after = rest.partition("`")
        if before.endswith("\\"):
            kept.append(before + "`")
            rest = after
            continue
        fence = "`" * (len(after) - len(after.lstrip("`")) + 1)
        body = after.lstrip("`")
        end = _end_of_span(body, fence)
        kept.append(before)
        rest = body[end + len(fence) :]
    return "".join([*kept, rest])


def _end_of_span(body: str, fence: str) -> int:
    at = body.index(fence)
    while body[at : at + len(fence) + 1].count("`") > len(fence) or (at and body[at - 1] == "`"):
        at = body.index(fence, at + 1)
    return at


def _tables(text: str):
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            lines.append(line)
        elif lines:
            yield lines
            lines = []


def _columns(row: str) -> int:
    return row.replace("\\|", "").count("|")


@pytest.mark.parametrize("text", ["", "`", "a`b", "``", "`a``b`", "a|b", " x "])
def test_code_spans_hold_any_text(text):
    span = code(text)
    assert _without_code_spans(f"<{span}>") == "<>"


def test_markdown_punctuation_is_escaped():
    assert escape("a*b_c`d|e[f](g)<h>&#!~\n") == "a\\*b\\_c\\`d\\|e\\[f\\](g)&lt;h&gt;&amp;\\#\\!\\~ "
