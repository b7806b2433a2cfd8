"""What a record amounts to: verdict, exit status, rows, the worst first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from record_samples import check, discrepancy, record

from logitproof.reports import Array, ExaminationResult, array_record, exit_status, findings, headline, hex_of, verdict
from logitproof.reports.document.text import text_of
from logitproof.reports.findings.headline import cause_words, largest_error
from logitproof.reports.findings.overview import conventions, rows
from logitproof.reports.record.words import (
    array_words,
    clean,
    error_words,
    inputs_hex,
    inputs_words,
    magnitude,
    parameters_words,
    readable,
)

CLEAN = {"severities": {}, "tiers": {"C": 10}}


def findings_of(*discrepancies):
    """The findings that these discrepancies are, without the checks they belong to."""
    return findings(ExaminationResult((), discrepancies))


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
    assert exit_status(ExaminationResult((check(),), ())) == 1
    assert exit_status(ExaminationResult((check(**CLEAN),), ())) == 0
    assert exit_status(ExaminationResult((), ())) == 3


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


def test_findings_are_one_for_each_kind_the_largest_error_first_and_defects_before_weaknesses():
    discrepancies = [
        discrepancy(check(), error_bound_ratio=hex_of(ratio), kind=kind, severity=severity)
        for ratio, kind, severity in [
            (2.0, "a", "defect"),
            (9.0, "a", "defect"),
            (3.0, "b", "defect"),
            (float("inf"), "c", "defect"),
            (99.0, "a", "weakness"),
        ]
    ]
    ranked = findings_of(*discrepancies)
    assert [finding.worst for finding in ranked] == [
        discrepancies[3],
        discrepancies[1],
        discrepancies[2],
        discrepancies[4],
    ]
    assert ranked[1].discrepancies == (discrepancies[1], discrepancies[0])


def test_discrepancies_with_one_cause_are_one_finding_whatever_they_look_like():
    discrepancies = [
        discrepancy(check(), cause="log of softmax", kind="nan", check="a", count=3),
        discrepancy(check(function="softmax"), cause="log of softmax", kind="beyond bound", check="b", count=4),
        discrepancy(check(version="2.14.0"), cause="clipped probabilities", check="c"),
    ]
    grouped = findings_of(*discrepancies)
    assert {finding.cause: len(finding.discrepancies) for finding in grouped} == {
        "log of softmax": 2,
        "clipped probabilities": 1,
    }
    (one,) = (finding for finding in grouped if finding.cause == "log of softmax")
    assert (one.results, one.checks, one.functions) == (7, 2, ("softmax", "sigmoid"))


def test_a_finding_keeps_its_anchor_in_another_run_and_version():
    (one,), (other,) = (
        findings_of(discrepancy(check(version=version), count=count))
        for version, count in [("2.13.0", 2), ("2.14.0", 9)]
    )
    assert one.anchor == other.anchor
    assert one.anchor != findings_of(discrepancy(check("keras")))[0].anchor


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "nan"}, "value of torch.sigmoid is NaN where the exact result is not (float32)"),
        ({"kind": "something new"}, "value of torch.sigmoid something new (float32)"),
        ({"quantity": "gradient:x", "kind": "missing gradient"}, "gradient by x of torch.sigmoid is missing (float32)"),
        (
            {"quantity": "property:shift", "kind": "identity broken"},
            "torch.sigmoid breaks the property shift (float32)",
        ),
        (
            {"kind": "deviation: clip-1e-7"},
            "value of torch.sigmoid follows a stated definition, clip-1e-7, and not the literal one (float32)",
        ),
    ],
)
def test_a_headline_says_what_a_finding_is(changes, words):
    assert headline(*findings_of(discrepancy(check(), **changes))) == words


def test_a_headline_names_a_few_places_and_counts_the_rest():
    discrepancies = [discrepancy(check(entry_point=f"torch.sigmoid{i}"), kind="beyond bound") for i in range(5)]
    assert headline(*findings_of(*discrepancies)).startswith("value of torch.sigmoid0, torch.sigmoid1 and 3 more loses")


def test_a_headline_tells_all_kinds_of_failure_that_a_finding_has():
    discrepancies = [discrepancy(check(), kind=kind, cause="an overflow") for kind in ("nan", "infinity")]
    words = headline(*findings_of(*discrepancies))
    assert "is NaN where the exact result is not, or is infinite where the exact result is a number" in words


def test_results_of_one_check_and_kind_are_counted_in_one_finding_whatever_explains_them():
    worst = discrepancy(check(), error_bound_ratio=hex_of(9.0), cause="log of softmax", evidence="bit by bit", count=7)
    smallest = discrepancy(check(), error_bound_ratio=hex_of(2.0), case="other", count=7)
    (one,) = findings_of(worst, smallest)
    assert (one.cause, one.results, one.checks) == ("log of softmax", 7, 1)
    assert cause_words(one) == "log of softmax: bit by bit (1 of the 2 cases on record)"
    (other,) = findings_of(replace(worst, error_bound_ratio=hex_of(1.5)), smallest)
    assert (other.cause, other.results) == (None, 7)
    assert cause_words(other) == "log of softmax: bit by bit (1 of the 2 cases on record)"


def errors_words(finding):
    return text_of(largest_error(finding) or "")


def test_the_errors_of_a_finding_are_bounds_of_all_its_results():
    discrepancies = [
        discrepancy(check(), error_bound_ratio=hex_of(ratio), error_ulps=hex_of(ulps), largest_ulps=hex_of(largest))
        for ratio, ulps, largest in [(1.8501, 3.0, 7.4201), (1.2, 5.0, 6.0)]
    ]
    assert errors_words(*findings_of(*discrepancies)) == "at most 7.43 ulps, at most 1.86 times the textbook bound"
    older = [replace(each, largest_ulps=None) for each in discrepancies]
    assert errors_words(*findings_of(*older)).endswith(
        "at most 1.86 times the textbook bound, as far as the record tells"
    )
    beyond = [
        discrepancies[0],
        replace(discrepancies[1], kind="nan", error_ulps="inf", error_bound_ratio="inf", largest_ulps="inf"),
    ]
    assert [errors_words(each) for each in findings_of(*beyond)] == ["", errors_words(findings_of(discrepancies[0])[0])]
    assert errors_words(*findings_of(*(replace(each, cause="one") for each in beyond))) == (
        "some of them more than 1e308 ulps, or no number"
    )


def test_an_error_is_no_multiple_of_a_bound_that_is_infinite():
    unbounded = discrepancy(check(), error_ulps=hex_of(8.0), largest_ulps=hex_of(8.0), error_bound_ratio=hex_of(0.0))
    assert error_words(unbounded) == "8 ulps"
    assert errors_words(*findings_of(unbounded)) == "at most 8 ulps"


def test_of_two_inputs_of_one_length_the_one_of_smaller_numbers_is_the_smallest():
    near = discrepancy(check(), inputs={"x": array_record(np.float32(-2.0))}, error_bound_ratio=hex_of(2.0))
    far = discrepancy(check(), inputs={"x": array_record(np.float32(80.0))}, error_bound_ratio=hex_of(9.0))
    assert findings_of(far, near)[0].example == near


def test_conventions_put_the_answers_to_one_question_side_by_side():
    torch, tensorflow = (check(name) for name in ("torch", "tensorflow"))
    discrepancies = [
        discrepancy(torch, severity="convention", case="they agree"),
        discrepancy(tensorflow, severity="convention", case="they agree"),
        discrepancy(torch, severity="convention", case="they differ", observed="inf"),
        discrepancy(tensorflow, severity="convention", case="they differ", observed="-inf"),
        discrepancy(torch, severity="convention", kind="another question"),
        discrepancy(tensorflow),
    ]
    first, second = conventions(discrepancies)
    assert (first.answers, first.others) == ((discrepancies[2], discrepancies[3]), 1)
    assert (second.answers, second.others) == ((discrepancies[4],), 0)


def test_the_example_of_a_finding_is_the_smallest_input_and_the_largest_error_among_those():
    pair = {"x": array_record(np.zeros(2, np.float32))}
    discrepancies = [
        discrepancy(check(), error_bound_ratio=hex_of(9.0), inputs=pair),
        discrepancy(check(), error_bound_ratio=hex_of(2.0)),
        discrepancy(check(entry_point="torch.special.expit"), error_bound_ratio=hex_of(3.0)),
        discrepancy(check(dtype="float16"), error_bound_ratio=hex_of(1.0)),
    ]
    (one,) = findings_of(*discrepancies)
    assert (one.example, one.worst) == (discrepancies[2], discrepancies[0])
    assert one.entry_points == ("torch.special.expit", "torch.sigmoid")
    assert one.dtypes == ("float32", "float16")


def test_wrong_numbers_come_before_exceptions():
    loud = discrepancy(check(), kind="error", error_bound_ratio="inf", error_ulps="inf")
    quiet = discrepancy(check(), kind="beyond bound", error_bound_ratio=hex_of(1.5))
    assert [finding.example for finding in findings_of(loud, quiet)] == [quiet, loud]


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


def test_arrays_that_do_not_fit_together_are_told_and_do_no_harm():
    for damaged in (
        Array("float32", (2,), values=("0x1p+0",)),
        Array("float32", (1,), values=("one",)),
        Array("float23", (1,), values=("0x1p+0",)),
        Array("int64", (1,), values=("9" * 30,)),
        Array("float32", (1,), data="zz"),
        Array("float32", (10**9, 10**9), data="00"),
    ):
        assert array_words(damaged).endswith("numbers that cannot be read")
        assert inputs_words({"x": damaged}).startswith("x = ")
    assert inputs_hex({"x": Array("float32", (2,), values=("0x1p+0",))}) is None


def test_text_cannot_steer_a_terminal():
    hostile = "a\x1b[31mb\nc\u202ed\x00e\u2028f"
    assert clean(hostile) == "a\ufffd[31mb c\ufffdd\ufffde\ufffdf"
    assert clean("\ufffe\ud800\U0001ffff\ufdd0") == "\ufffd" * 4
    assert clean("größer → 1 × 2 ± \u00a0") == "größer → 1 × 2 ± \u00a0"
