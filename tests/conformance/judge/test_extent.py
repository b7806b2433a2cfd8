"""How far findings extend: from where to where the inputs of all of them reach, and their largest error."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import logitproof
from logitproof.conformance.api import examine as _api
from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.judge.extent import Reach, interval, joined, reaches
from logitproof.conformance.judge.judged_output import FindingGroup
from logitproof.reports import Interval, float_from, hex_of


def _softmax(rows):
    """An honest softmax but for rows that hold a number of at least 90: there it overflows, as the naive one does."""
    logits = np.asarray(rows, np.float64)
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    correct = shifted / shifted.sum(axis=-1, keepdims=True)
    return np.where(logits.max(axis=-1, keepdims=True) >= 90, np.nan, correct).astype(np.float32)


def _judged(rows, outputs=None):
    logits = np.asarray(rows, np.float32)
    return logitproof.judge("softmax", {"logits": logits}, _softmax(rows) if outputs is None else outputs)


def test_it_is_the_hull_of_all_the_cases_that_fail_and_of_no_others():
    rows = [[-500.0, 1.0, 2.0], [90.0, -7.0, 0.0], [120.0, 95.0, -3.0], [91.0, 1.0, 1.0], [0.0, 80.0, 900.0 - 820.0]]
    record = _judged(rows)
    nans = [each for each in record.discrepancies if each.kind == "nan"]
    assert {each.count for each in nans} == {9}
    assert [each.extent for each in nans] == [{"logits": Interval(hex_of(-7.0), hex_of(120.0), nan=False)}] * len(nans)
    assert {each.largest_ulps for each in nans} == {"inf"}


def test_the_largest_error_may_be_in_another_case_than_the_largest_multiple_of_the_bound():
    rows = np.array([[0.0, 0.0], [-60.0, 0.0]], np.float32)
    correct = _softmax(rows)
    off = (correct * np.float32(1.001)).astype(np.float32)
    record = _judged(rows, off)
    beyond_bound = [each for each in record.discrepancies if each.kind == "beyond bound"]
    assert beyond_bound
    largest = max(float_from(each.error_ulps) for each in beyond_bound)
    assert {float_from(each.largest_ulps) for each in beyond_bound} == {
        max(largest, float_from(beyond_bound[0].largest_ulps))
    }
    assert float_from(beyond_bound[0].largest_ulps) >= largest


def test_findings_that_are_put_together_keep_the_largest_error_of_both():
    worst, other = SimpleNamespace(ratio=3.0, ulps=1.0, size=0), SimpleNamespace(ratio=2.0, ulps=9.0, size=1)
    group = FindingGroup(1, worst, worst, 1.0, {"x": Reach(0.0, 1.0, nan=False)}, {"own": 1})
    both = group.merged(FindingGroup(2, other, other, 9.0, {"x": Reach(-5.0, 0.0, nan=True)}, {"own": 1, "other": 1}))
    assert (both.count, both.worst, both.smallest, both.ulps) == (3, worst, worst, 9.0)
    assert both.extent == {"x": Reach(-5.0, 1.0, nan=True)}
    assert both.batches == {"own": 2, "other": 1}


def test_every_discrepancy_of_a_function_lies_in_its_own_extent():
    generator = np.random.Generator(np.random.PCG64(3))
    rows = generator.integers(-200, 200, (40, 5)).astype(np.float32)
    record = _judged(rows)
    assert record.discrepancies
    for each in record.discrepancies:
        reach = each.extent["logits"]
        numbers = [float_from(text) for text in each.inputs["logits"].values]
        assert float_from(reach.lower) <= min(numbers)
        assert max(numbers) <= float_from(reach.upper)
        assert float_from(each.error_ulps) <= float_from(each.largest_ulps)


def _batch(function, arguments, dtype="float32", **parameters):
    arrays = tuple(np.asarray(each) for each in arguments)
    return Batch(function, dtype, "own", "own", arrays, parameters, np.ones(()))


def test_nan_and_infinity_are_told_apart_from_the_ends():
    batch = _batch("sigmoid", [np.array([math.nan, -math.inf, 3.0, -1.0], np.float32)])
    assert reaches(batch, np.array([0])) == {"x": Reach(math.inf, -math.inf, nan=True)}
    assert reaches(batch, np.array([2, 3])) == {"x": Reach(-1.0, 3.0, nan=False)}
    assert reaches(batch, np.arange(4)) == {"x": Reach(-math.inf, 3.0, nan=True)}


def test_labels_that_are_classes_have_none_and_labels_that_are_numbers_have():
    logits = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    sparse = _batch("sparse_softmax_cross_entropy", [logits, np.array([0, 1])], axis=-1)
    assert reaches(sparse, np.array([1])) == {"logits": Reach(3.0, 4.0, nan=False)}
    dense = _batch("softmax_cross_entropy", [logits, np.array([[0.5, 0.5], [0.25, 0.75]], np.float32)], axis=-1)
    assert reaches(dense, np.array([1])) == {
        "logits": Reach(3.0, 4.0, nan=False),
        "labels": Reach(0.25, 0.75, nan=False),
    }


def test_rows_run_along_their_axis_and_a_reduced_batch_is_one_case():
    logits = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert reaches(_batch("softmax", [logits], axis=0), np.array([1])) == {"logits": Reach(1.0, 5.0, nan=False)}
    reduced = _batch("sparse_softmax_cross_entropy", [logits, np.array([0, 1, 0])], axis=-1, reduction="mean")
    assert reaches(reduced, np.array([0])) == {"logits": Reach(0.0, 5.0, nan=False)}


def test_zero_has_one_sign_wherever_it_comes_from():
    for zeros in ([-0.0, 0.0], [0.0, -0.0], [-0.0]):
        reach = reaches(_batch("sigmoid", [np.array(zeros, np.float32)]), np.arange(len(zeros)))["x"]
        assert [math.copysign(1.0, end) for end in (reach.lower, reach.upper)] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (Reach(-1.0, 1.0, nan=False), Reach(0.0, 2.0, nan=True), Interval(hex_of(-1.0), hex_of(2.0), nan=True)),
        (
            Reach(math.inf, -math.inf, nan=True),
            Reach(3.0, 3.0, nan=False),
            Interval(hex_of(3.0), hex_of(3.0), nan=True),
        ),
        (Reach(math.inf, -math.inf, nan=True), Reach(math.inf, -math.inf, nan=True), Interval(None, None, nan=True)),
        (Reach(-math.inf, 0.0, nan=False), Reach(0.0, math.inf, nan=False), Interval("-inf", "inf", nan=False)),
    ],
)
def test_two_extents_together_reach_as_far_as_both(one, other, both):
    assert interval(joined({"x": one}, {"x": other})["x"]) == both
    assert interval(joined({"x": other}, {"x": one})["x"]) == both


def test_a_defect_that_is_not_confirmed_is_counted_as_undecided_and_no_longer_as_a_defect(monkeypatch):
    confirmed = _api.confirmed

    def doubting(judged):
        """The worst of the two that a check keeps is not confirmed."""
        return confirmed(judged) if judged.case else replace(confirmed(judged), severity="undecided")

    rows = [[95.0, 0.0], [90.0, -7.0], [91.0, 1.0]]
    before = _judged(rows)
    monkeypatch.setattr(_api, "confirmed", doubting)
    after = _judged(rows)
    kept = {(each.severity, each.case): each.count for each in after.discrepancies}
    counted = {severity: count for (severity, _), count in kept.items()}
    assert before.checks[0].severities == {"defect": 6}
    assert after.checks[0].severities == counted == {"defect": 5, "undecided": 1}
    assert {sum(each.batches.values()) for each in after.discrepancies} == {5, 1}
