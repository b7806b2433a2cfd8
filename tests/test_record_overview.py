"""What a record amounts to: verdict, exit status, rows, the worst first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from record_samples import check, discrepancy, record

from logitproof.reports import Findings, array_record, exit_status, hex_of, verdict
from logitproof.reports._overview import conventions, entry_point_rows, rows, worst_first
from logitproof.reports._words import array_words, clean, inputs_words, magnitude, parameters_words, readable

CLEAN = {"severities": {}, "tiers": {"C": 10}}


@pytest.mark.parametrize(
    ("sample", "status", "words"),
    [
        (record(check(**CLEAN)), 0, "PASS: no discrepancy."),
        (record(check(severities={"weakness": 3})), 0, "PASS: 1 weakness (3 results)."),
        (record(check(severities={"convention": 1})), 0, "PASS: 1 convention (1 result)."),
        (record(check(severities={"defect": 1, "weakness": 2})), 1, "FAIL: 1 defect (1 result), 1 weakness"),
        (record(check(**CLEAN), complete=False), 3, "Incomplete: not a pass."),
        (record(check(), complete=False), 3, "Incomplete: not a pass. So far 1 defect (2 results)."),
        (record(), 3, "Nothing was examined"),
        (record(check(status="unsupported", elements=0, severities={})), 3, "Nothing was examined"),
        (record(check(status="error", elements=0, severities={"defect": 1})), 1, "FAIL: 1 defect (1 result)."),
    ],
)
def test_verdict_and_exit_status_say_the_same(sample, status, words):
    assert exit_status(sample) == status
    assert verdict(sample).startswith(words)


def test_findings_without_a_run_have_the_same_verdict():
    assert exit_status(Findings((check(),), ())) == 1
    assert exit_status(Findings((check(**CLEAN),), ())) == 0
    assert exit_status(Findings((), ())) == 3


def test_a_row_shows_the_worst_tier_and_the_largest_error_of_its_checks():
    small = replace(check().worst_ulps, ulps=hex_of(0.5))
    checks = [
        check(quantity="value", tiers={"C": 9}, worst_ulps=small, severities={}),
        check(quantity="gradient:x", tiers={"C": 1, "A": 1, "limit": 4}, severities={"weakness": 1}),
        check(status="unsupported", worst_ulps=None, tiers={}, severities={}),
        check(dtype="float16", worst_ulps=None, tiers={"limit": 2}, severities={}),
    ]
    half, single = rows(checks, "torch 2.13.0")
    assert (half.dtype, half.tier, half.worst) == ("float16", "limit", None)
    assert (single.dtype, single.tier, single.worst_check) == ("float32", "A", checks[1])
    assert single.severities == {"weakness": 1}
    assert single.not_run == {"unsupported": 1}


def test_an_infinite_error_is_larger_than_any_finite_one():
    infinite = replace(check().worst_ulps, ulps="inf")
    (row,) = rows([check(), check(worst_ulps=infinite), check()], "torch 2.13.0")
    assert row.worst.ulps == "inf"


def test_rows_follow_the_catalogue_and_keep_versions_apart():
    checks = [check(function="softmax"), check(function="sigmoid"), check(version="2.14.0")]
    assert [row.function for row in rows(checks, "torch 2.13.0")] == ["sigmoid", "softmax"]
    assert [row.function for row in rows(checks, "torch 2.14.0")] == ["sigmoid"]


def test_every_entry_point_has_rows_of_its_own():
    checks = [check(), check(entry_point="torch.special.expit"), check(entry_point="torch.special.expit")]
    assert list(entry_point_rows(checks, "torch 2.13.0")) == ["torch.sigmoid", "torch.special.expit"]


def test_the_worst_findings_are_one_for_each_kind_the_largest_error_first():
    found = [
        discrepancy(check(), error_bound_ratio=hex_of(ratio), kind=kind, severity=severity)
        for ratio, kind, severity in [
            (2.0, "a", "defect"),
            (9.0, "a", "defect"),
            (3.0, "b", "defect"),
            (float("inf"), "c", "defect"),
            (99.0, "a", "weakness"),
        ]
    ]
    assert [worst.finding for worst in worst_first(found, "defect")] == [found[3], found[1], found[2]]


def test_conventions_put_the_answers_to_one_question_side_by_side():
    torch, tensorflow = (check(name) for name in ("torch", "tensorflow"))
    found = [
        discrepancy(torch, severity="convention", case="they agree"),
        discrepancy(tensorflow, severity="convention", case="they agree"),
        discrepancy(torch, severity="convention", case="they differ", observed="inf"),
        discrepancy(tensorflow, severity="convention", case="they differ", observed="-inf"),
        discrepancy(torch, severity="convention", kind="another question"),
        discrepancy(tensorflow),
    ]
    first, second = conventions(found)
    assert (first.answers, first.others) == ((found[2], found[3]), 1)
    assert (second.answers, second.others) == ((found[4],), 0)


def test_the_worst_finding_names_the_other_places_of_its_kind():
    found = [
        discrepancy(check(), error_bound_ratio=hex_of(2.0)),
        discrepancy(check(entry_point="torch.special.expit"), error_bound_ratio=hex_of(3.0)),
        discrepancy(check(dtype="float16"), error_bound_ratio=hex_of(1.0)),
    ]
    (worst,) = worst_first(found, "defect")
    assert worst.finding == found[1]
    assert worst.also == ("torch.sigmoid", "float16")


def test_wrong_numbers_come_before_exceptions():
    loud = discrepancy(check(), kind="error", error_bound_ratio="inf", error_ulps="inf")
    quiet = discrepancy(check(), kind="beyond bound", error_bound_ratio=hex_of(1.5))
    assert [worst.finding for worst in worst_first([loud, quiet], "defect")] == [quiet, loud]


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.0, "0"), (0.49999, "0.5"), (5171.3, "5171"), (2097151.5, "2.1e6"), (1e-9, "1e-9"), (float("inf"), "inf")],
)
def test_magnitudes_are_short(number, words):
    assert magnitude(hex_of(number)) == words


def test_arrays_are_shown_with_decimals_that_are_exact_in_their_dtype():
    assert array_words(array_record(np.float32(0.1))) == "0.1"
    assert array_words(array_record(np.array([[1, 2], [3, 4]]))) == "[[1, 2], [3, 4]]"
    assert array_words(array_record(np.array([0.1, -np.inf], np.float16))) == "[0.1, -inf]"
    assert array_words(array_record(np.zeros(0))) == "[]"
    assert array_words(array_record(np.arange(70.0))) == "[0, 1, 2, 3, 4, 5, … 70 in all]"
    assert array_words(array_record(np.full((2, 5), -0.0))) == "[10 times -0]"
    assert array_words(array_record(np.array([0.0, -0.0] * 4))) == "[0, -0, 0, -0, 0, -0, … 8 in all]"
    assert array_words(array_record(np.zeros(5000), "softmax/wide")) == "5000 numbers: softmax/wide"


def test_inputs_and_parameters_read_like_a_call():
    inputs = {"logits": array_record(np.array([0.0, -10.0])), "labels": array_record(np.int64(1))}
    assert inputs_words(inputs) == "logits = [0, -10], labels = 1"
    parameters = {"axis": -1, "label_smoothing": hex_of(0.125), "reduction": "mean", "weight": inputs["logits"]}
    assert parameters_words(parameters) == "axis=-1, label_smoothing=0.125, reduction=mean, weight=[0, -10]"


def test_numbers_are_readable_and_other_words_stay():
    assert readable(hex_of(np.float32(0.1)), "float32") == "0.1"
    assert readable("nan:0x7fc00000", "float32") == "nan"
    assert readable("float64 instead of float32", "float32") == "float64 instead of float32"
    assert readable("inf", "object") == "inf"


def test_text_cannot_steer_a_terminal():
    hostile = "a\x1b[31mb\nc\u202ed\x00e\u2028f"
    assert clean(hostile) == "a\ufffd[31mb c\ufffdd\ufffde\ufffdf"
