"""What was not examined: counted in the verdict of every format, and gated on where that is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from page_samples import identified_check, stated
from record_samples import backend, record
from rich.console import Console

from logitproof.conformance.cli.main import main
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run as run_backends
from logitproof.reports import (
    Unexamined,
    encode_record,
    exit_status,
    gate,
    github_annotations,
    html_report,
    junit,
    record_view,
    summary,
    verdict,
)

DECLARED = Unexamined("unsupported", 12, "declared unsupported")
GIVEN_UP = Unexamined("given up", 3, "given up after RuntimeError: boom")
CLAUSE = "1 of 3 checks not examined: softmax in float16 (declared unsupported)"
ENDING = "1 of 3 checks not examined to the end: sigmoid in float32 (given up after RuntimeError: boom)"


def clean(**changes):
    return identified_check(severities={}, unexamined=(), **changes)


def absent(**changes):
    fields = {"status": "unsupported", "elements": 0, "cases": 0, "tiers": {}, "severities": {}, "worst_ulps": None}
    return identified_check(worst_ratio=None, **{**fields, **changes})


def run():
    """A check that is good, one not examined to its end, one not examined at all, and one that is not offered."""
    return record(
        clean(),
        replace(clean(input_class="other"), unexamined=(GIVEN_UP,)),
        absent(function="softmax", dtype="float16", reason="declared unsupported", unexamined=(DECLARED,)),
        absent(function="softmax", input_class="options", reason="does not take weight", unexamined=()),
    )


def held(of, fail_on="unexamined", **options):
    return gate(of, (), fail_on, strict=False, today=date(2026, 1, 1), **options)


def test_the_verdict_counts_what_was_not_examined_and_why():
    assert verdict(run()) == f"PASS: no discrepancy; {ENDING}; {CLAUSE}."


def test_what_is_not_offered_is_nothing_to_be_examined():
    assert verdict(record(clean(), absent(unexamined=()))) == "PASS: no discrepancy."


def test_what_an_older_record_does_not_tell_is_not_counted():
    assert verdict(record(clean(), absent(reason="no keyword"))) == "PASS: no discrepancy."


def test_what_has_several_dtypes_and_reasons_is_grouped_exactly():
    def lacking(function, dtype, reason):
        return absent(function=function, dtype=dtype, unexamined=(Unexamined("no dtype", 1, reason),))

    sentence = verdict(
        record(
            clean(),
            *(lacking(name, "bfloat16", "no bfloat16") for name in ("sigmoid", "softmax", "softplus", "logit")),
            lacking("softmax", "float16", "no halves"),
            lacking("sigmoid", "float16", "no bfloat16"),
        )
    )
    assert sentence == (
        "PASS: no discrepancy; 6 of 7 checks not examined: sigmoid in bfloat16, float16 (no bfloat16); "
        "softmax, softplus, logit in bfloat16 (no bfloat16); softmax in float16 (no halves)."
    )


def test_the_backend_is_named_where_there_are_several():
    two = record(clean(), absent(backend="keras", version="3", unexamined=(DECLARED,)))
    assert "not examined: keras 3: sigmoid in float32 (declared unsupported)" in verdict(two)


def test_a_run_of_properties_alone_counts_those():
    one = replace(stated(status="unsupported"), unexamined=(Unexamined("no dtype", 8, "no bfloat16"),), comparisons=0)
    of = replace(record(), properties=(replace(stated(status="holds"), unexamined=()), one))
    assert "1 of 2 checks not examined: " in verdict(of)


@pytest.mark.parametrize("format_of", ["terminal", "markdown", "html", "junit", "github", "gate"])
def test_every_format_tells_what_was_not_examined(format_of):
    console = Console(width=1000, record=True)
    if format_of == "terminal":
        console.print(record_view(run()))
    rendered = {
        "terminal": console.export_text,
        "markdown": lambda: summary(run()),
        "html": lambda: html_report(run(), {}),
        "junit": lambda: junit(run()),
        "github": lambda: github_annotations(run()),
        "gate": lambda: verdict(run(), held(run())),
    }[format_of]()
    assert CLAUSE in rendered
    assert ENDING in rendered


def test_the_tables_tell_it_too():
    console = Console(width=200, record=True)
    console.print(record_view(run()))
    terminal = console.export_text()
    assert "1 check not examined to the end" in terminal
    assert "1 not examined" in terminal
    assert "1 not offered" in terminal
    page = html_report(run(), {})
    cell = page.split('data-label="not examined">')[1].split("</td>")[0]
    assert cell == "sigmoid in float32 (given up after RuntimeError: boom); softmax in float16 (declared unsupported)"


def test_may_i_rely_on_it_names_what_was_left_out():
    page = html_report(run(), {})
    answer = page.split('class="answer">')[1].split("</p>")[0]
    assert answer.startswith("Yes, in what was examined")
    assert answer.endswith(f"Left out: {ENDING}; {CLAUSE}.")


def test_junit_skips_a_case_that_says_what_was_not_examined():
    text = junit(run())
    assert 'name="everything was examined"' in text
    assert "everything was examined" not in junit(record(clean()))


def test_a_run_can_be_made_to_fail_on_what_was_not_examined():
    assert held(run(), "any").status == 0
    now = held(run())
    assert now.status == 1
    assert {(failing.item.severity, failing.item.kind, failing.item.results) for failing in now.gating} == {
        ("unexamined", "given up", 3),
        ("unexamined", "unsupported", 12),
    }
    assert held(record(clean(), absent(unexamined=()))).status == 0
    assert held(record(identified_check())).status == 1
    console = Console(width=200, record=True)
    console.print(record_view(run(), None, now))
    assert "not examined, torch 2.13.0: torch.sigmoid · float16: unsupported, 1 check" in console.export_text()
    assert "::error title=logitproof%3A gates::" in github_annotations(run(), now)


def test_what_is_not_examined_can_be_waived(tmp_path, monkeypatch, capsys):
    (tmp_path / "record.json").write_bytes(encode_record(run()))
    settings = """
[[waiver]]
backend = "torch"
versions = ""
function = "*"
severity = "unexamined"
kind = "{kind}"
cause = ""
reason = "known"
max-results = 100
"""
    file = tmp_path / "logitproof.toml"
    words = ["report", str(tmp_path / "record.json"), "--fail-on", "unexamined"]
    monkeypatch.chdir(tmp_path)
    file.write_text(settings.format(kind="given up"))
    assert main(words) == 1
    file.write_text(settings.format(kind="given up") + settings.format(kind="unsupported"))
    assert main(words) == 0
    assert "waived: 2 unexamined (15 cases)" in capsys.readouterr().out


# --- a function that raises on every call

RAISING = """
import numpy as np
framework = "numpy"

def softplus(x):
    wide = x.astype(np.float64)
    return (np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))).astype(x.dtype)

def sigmoid(x):
    raise RuntimeError("no kernel here")
"""


def test_a_function_that_always_raises_fails_the_run_and_its_exception_is_told_first_in_every_format(tmp_path):
    module = tmp_path / "kernels.py"
    module.write_text(RAISING)
    asked = RunRequest(backends=(str(module),), profile="smoke", jobs=1, dtypes=("float32",))
    examined = run_backends(asked, Silence())
    expected = "value of sigmoid raises RuntimeError: no kernel here (float32)"
    given_up = "not examined to the end: sigmoid in float32 (given up after RuntimeError)"
    assert exit_status(examined) == 1
    assert verdict(examined).startswith("FAIL: ")
    assert given_up in verdict(examined)
    console = Console(width=500, record=True)
    console.print(record_view(examined))
    assert expected in console.export_text().split("The worst defects")[1].splitlines()[2]
    assert given_up in summary(examined).splitlines()[0]
    assert expected in summary(examined)
    assert "sigmoid: raises RuntimeError: no kernel here</a>" in html_report(examined, {}).split("What gates")[1]
    assert f"::{expected}%0A" in github_annotations(examined).splitlines()[0]
    assert '<error type="error" message="RuntimeError: no kernel here">' in junit(examined)


# --- since an earlier run


def raising():
    """The same check, on which everything raises now."""
    return replace(
        absent(status="error", reason="RuntimeError: boom", severities={"defect": 2}), unexamined=(GIVEN_UP,)
    )


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (raising(), "RuntimeError: boom"),
        (absent(reason="declared unsupported", unexamined=(DECLARED,)), "declared unsupported"),
        (absent(status="hang", reason="timeout", severities={"defect": 1}, unexamined=()), "timeout"),
    ],
)
def test_an_entry_point_that_has_no_results_any_more_is_named(now, reason):
    named = f"torch 2.13.0: torch.sigmoid in float32, 1 check: {reason}"
    newer, older = record(now, clean(input_class="other")), record(clean(), clean(input_class="other"))
    console = Console(width=200, record=True)
    console.print(record_view(newer, older))
    assert f"without results now: {named}" in console.export_text()
    assert f"- **without results now**: {named}" in summary(newer, older).replace("\\", "")
    assert named in html_report(newer, {}, older)
    assert "ithout results now" not in summary(newer, newer)
    assert held(newer, "regression", earlier=older).status == 1


def test_an_entry_point_that_is_gone_is_named():
    gone = replace(record(clean(input_class="other")), backends=(replace(backend(), entry_points=()),))
    named = "**without results now**: torch 2.13.0: torch.sigmoid in float32, 1 check: entry point gone"
    assert named in summary(gone, record(clean())).replace("\\", "")
