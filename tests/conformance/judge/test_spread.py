"""How the errors of a check are spread: the histogram, and the largest errors along what is telling."""

from __future__ import annotations

import math
from itertools import pairwise

import ml_dtypes
import numpy as np
import pytest
from mpmath import mp, mpf

from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.judge.spread import (
    CONFIDENCE,
    GRIDS,
    STRETCHES,
    CheckSpread,
    Point,
    _histogram,
    positions_of,
    stretches_of,
)
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reference import FORMATS
from logitproof.reports import float_from

NUMPY = 'import numpy as np\nframework = "numpy"\n'


def examined(folder, source, **request):
    module = folder / "kernels.py"
    module.write_text(NUMPY + source)
    return run(RunRequest(backends=(str(module),), **{"profile": "smoke", "jobs": 1, **request}), Silence())


def curve_of(check, by):
    curves = [curve for curve in check.spread.curves if curve.by == by] if check.spread else []
    return [tuple(map(float_from, point)) for curve in curves for point in zip(curve.at, curve.ulps, curve.bound)]  # noqa: B905


# The histogram


def test_an_entry_of_the_histogram_ends_at_its_power_of_two():
    ulps = np.array([0.0, 2.0**-60, 0.5, np.nextafter(0.5, 1), 1.0, np.nextafter(1.0, 2), 2.0, 3.0, 4.0, 5.0])
    assert _histogram(ulps) == {0: 3, 1: 2, 2: 2, 3: 2, 4: 1}


def test_the_last_entry_of_the_histogram_is_open():
    ends = np.array([2.0**63, np.nextafter(2.0**63, np.inf), 1e300, np.inf])
    assert _histogram(ends) == {STRETCHES - 2: 1, STRETCHES - 1: 3}


def test_what_was_not_measured_is_not_counted():
    assert _histogram(np.array([[np.nan, 0.25], [np.nan, 1e9]])) == {0: 1, 31: 1}


def test_trailing_zeros_of_the_histogram_are_left_out():
    assert CheckSpread(_histogram(np.array([0.25, 3.0]))).record().histogram == (1, 0, 0, 1)
    assert CheckSpread().record() is None


# Stretches


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_curve_of_all_16_bit_inputs_has_fewer_than_400_points(dtype):
    every = np.arange(65536, dtype=np.uint16).view(FORMATS[dtype].numpy_dtype)
    with np.errstate(invalid="ignore"):
        every = every.astype(np.float64)
    numbers = stretches_of(every[np.isfinite(every)], GRIDS[dtype])
    assert 200 < len(np.unique(numbers)) < 400


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_curve_of_any_longer_inputs_has_fewer_than_400_points(dtype):
    least, most = (-149, 128) if dtype == "float32" else (-1074, 1024)
    magnitudes = np.ldexp(np.linspace(1, 2, 16, endpoint=False), np.arange(least, most)[:, None]).reshape(-1)
    numbers = stretches_of(np.concatenate([-magnitudes, [0.0], magnitudes]), GRIDS[dtype])
    assert 200 < len(np.unique(numbers)) < 400


@pytest.mark.parametrize("grid", [*GRIDS.values(), CONFIDENCE])
def test_the_numbers_of_stretches_ascend_with_the_values(grid):
    magnitudes = np.ldexp(np.linspace(1, 2, 16, endpoint=False), np.arange(-1074, 1024)[:, None]).reshape(-1)
    magnitudes = np.unique(magnitudes)
    values = np.concatenate([-magnitudes[::-1], [-0.0, 0.0], magnitudes])
    numbers = stretches_of(values, grid).astype(int)
    assert (np.diff(numbers) >= 0).all()
    assert (numbers == 0).sum() == 2
    assert (np.sign(numbers) == np.sign(values)).all()


def test_octaves_around_one_are_divided_in_four():
    values = np.array([1.0, 1.24, 1.25, 1.49, 1.5, 1.74, 1.75, 1.99, 2.0])
    numbers = stretches_of(values, GRIDS["float32"])
    assert np.diff(numbers).tolist() == [0, 1, 0, 1, 0, 1, 0, 1]


# Merging


def test_of_two_outputs_a_stretch_keeps_the_larger_error_and_of_equal_ones_the_first():
    one = CheckSpread(_histogram(np.array([1.0])), {"input": {5: Point(1.0, 2.0, 9.0), 6: Point(2.0, 1.0, 9.0)}})
    other = CheckSpread(_histogram(np.array([1.0, 8.0])), {"input": {5: Point(1.5, 2.0, 8.0), 6: Point(3.0, 4.0, 8.0)}})
    one.merge(other)
    assert one.histogram == {1: 2, 4: 1}
    assert one.curves == {"input": {5: Point(1.0, 2.0, 9.0), 6: Point(3.0, 4.0, 8.0)}}


def test_rounding_in_the_record_keeps_an_error_on_its_side_of_the_bound():
    exact = [1.0, 1.00001, 1.0002, math.pi, 1e5 / 3, 1e300, math.inf]
    points = {number: Point(float(number), ulps, ulps) for number, ulps in enumerate(exact)}
    (curve,) = CheckSpread(_histogram(np.ones(1)), {"input": points}).record().curves
    kept = [float_from(text) for text in curve.ulps]
    assert kept == [float_from(text) for text in curve.bound] == sorted(kept)
    assert all(a == b or abs(a - b) <= b * 2**-13 for a, b in zip(kept, exact, strict=True))
    assert max(map(len, curve.ulps)) <= len("0x1.xxxp+996")


# Where elements stand


def _batch(function, arguments, **parameters):
    first = arguments[0]
    return Batch(function, first.dtype.name, "ordinary", "made", arguments, parameters, np.ones_like(first))


def confidences(batch, cases=None):
    (positions,) = [each for each in positions_of(batch, "gradient:logits", cases) if each.by == "confidence"]
    positions_by_element = np.full(batch.arguments[0].size if cases is None else len(cases) * 3, np.nan)
    positions_by_element[positions.order] = positions.at
    return positions_by_element


LOGITS = np.array([[0.0, 30.0, -2.0], [800.0, 0.0, -5.0], [1.0, 1.0, 1.0]], np.float32)


def exact_confidences(labels):
    with mp.workprec(3000):
        weights = [[mp.exp(mpf(float(x))) for x in row] for row in LOGITS]
        return [float(1 - row[label] / sum(row)) for row, label in zip(weights, labels, strict=True)]


def test_confidence_is_one_minus_p_of_the_labelled_class_without_cancellation():
    batch = _batch("sparse_softmax_cross_entropy", (LOGITS, np.array([1, 0, 2])), axis=-1)
    expected = np.repeat(exact_confidences([1, 0, 2]), 3)
    assert expected[0] < 1e-12
    np.testing.assert_allclose(confidences(batch), expected, rtol=1e-14)


def test_confidence_of_soft_labels_is_that_of_the_largest_whatever_the_axis():
    labels = np.array([[0.25, 0.5, 0.25], [0.75, 0.25, 0], [0.25, 0.25, 0.5]], np.float32)
    batch = _batch("softmax_cross_entropy", (LOGITS.T.copy(), labels.T.copy()), axis=0)
    np.testing.assert_allclose(confidences(batch), np.repeat(exact_confidences([1, 0, 2]), 3), rtol=1e-14)
    np.testing.assert_allclose(
        confidences(batch, np.array([2, 0])), np.repeat(exact_confidences([1, 0, 2]), 3)[[6, 7, 8, 0, 1, 2]]
    )


def test_a_row_that_labels_no_class_has_no_confidence():
    batch = _batch("sparse_softmax_cross_entropy", (LOGITS, np.array([-100, 3, 0])), axis=-1, ignore_index=-100)
    assert np.isnan(confidences(batch)[:6]).all()
    assert np.isfinite(confidences(batch)[6:]).all()


def test_confidence_of_sigmoid_is_that_of_the_side_of_the_label():
    logits = np.array([40.0, 40.0, -40.0, -800.0, 0.0])
    batch = _batch("sigmoid_cross_entropy", (logits, np.array([1.0, 0.0, 0.25, 0.0, 0.5])))
    np.testing.assert_allclose(confidences(batch), [math.exp(-40), 1.0, math.exp(-40), 0.0, 0.5], rtol=1e-14)


def test_the_mean_of_all_elements_stands_at_no_input():
    logits = np.zeros((2, 3), np.float32)
    batch = _batch("sigmoid_cross_entropy", (logits, logits), reduction="mean")
    assert positions_of(batch, "value") == ()
    assert {each.by for each in positions_of(batch, "gradient:logits")} == {"input", "confidence"}


# Runs

SIGMOID = """
def sigmoid(x):
    return (1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype)
"""


def test_the_curve_of_an_exhaustive_check_shows_every_octave_of_the_format(tmp_path):
    record = examined(tmp_path, SIGMOID, profile="ci", dtypes=("float16",), functions=("sigmoid",))
    (check,) = [each for each in record.checks if each.input_class == "exhaustive" and each.quantity == "value"]
    at = [point[0] for point in curve_of(check, "input")]
    assert {math.frexp(abs(position))[1] for position in at if position} == set(range(-23, 17))
    assert 300 < len(at) < 400
    assert sum(check.spread.histogram) == 65536 - 2 * 1023  # all but NaN


WRONG = 16.118091583251953
"""An input of several classes of the corpus, beside some above 100."""


def test_the_curve_shows_the_one_wrong_input_even_in_a_batch_that_was_taken_apart(tmp_path):
    wrong = """
def sigmoid(x):
    if (x > 100).any() and x.size > 1:
        raise ValueError("not this")
    right = 1 / (1 + np.exp(-x.astype(np.float64)))
    return np.where(x == np.float32(WRONG), right * 1.5, right).astype(x.dtype)
""".replace("WRONG", str(WRONG))
    record = examined(tmp_path, wrong, dtypes=("float32",), functions=("sigmoid",))
    far = [(check, point) for check in record.checks for point in curve_of(check, "input") if point[1] > point[2]]
    assert far
    assert {point[0] for _, point in far} == {WRONG}
    assert all(check.severities["defect"] for check, _ in far)


LOSS = """
def softmax(logits, *, axis):
    e = np.exp(logits - logits.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)

def softmax_cross_entropy(logits, labels, *, axis):
    return -(labels * np.log(softmax(logits, axis=axis))).sum(axis)

def softmax_cross_entropy_vjp(cotangent, logits, labels, *, axis):
    return np.expand_dims(cotangent, axis) * (softmax(logits, axis=axis) - labels), None
"""


@pytest.fixture(scope="module")
def losses(tmp_path_factory):
    return examined(tmp_path_factory.mktemp("losses"), LOSS + SIGMOID, dtypes=("float32", "float64"))


def test_the_largest_point_of_a_curve_is_the_largest_error_of_the_check(losses):
    compared = 0
    for check in losses.checks:
        worst = float_from(check.worst_ulps.ulps) if check.worst_ulps else math.inf
        for curve in check.spread.curves if check.spread and math.isfinite(worst) else ():
            largest = max(float_from(text) for text in curve.ulps)
            if curve.by != "confidence":  # which not every row has
                assert largest == pytest.approx(worst, rel=2**-12), (check.id, curve.by)
                compared += 1
    assert compared > 20


def test_a_point_has_the_bound_of_its_own_element(losses):
    compared = 0
    for check in losses.checks:
        if check.function != "sigmoid" or check.quantity != "value" or not check.spread:
            continue
        worst = check.worst_ratio
        permitted = float_from(worst.ulps) / float_from(worst.bound_ratio)
        (x,) = (float_from(text) for text in worst.inputs["x"].values)
        for at, _, bound in curve_of(check, "input"):
            if at == x:
                assert bound == pytest.approx(permitted, rel=2**-12)
                compared += 1
    assert compared > 5


def test_every_curve_ascends_and_its_points_are_numbers(losses):
    for check in losses.checks:
        for by in ("input", "confidence", "classes"):
            points = curve_of(check, by)
            assert all(first[0] <= second[0] for first, second in pairwise(points))
            assert all(math.isfinite(at) and 0 <= ulps < math.inf and bound > 0 for at, ulps, bound in points)


def test_functions_have_the_curves_that_are_telling_for_them(losses):
    curves = {
        (check.function, check.quantity, curve.by)
        for check in losses.checks
        if check.spread
        for curve in check.spread.curves
    }
    loss = "softmax_cross_entropy"
    assert curves == {
        ("sigmoid", "value", "input"),
        ("softmax", "value", "classes"),
        (loss, "value", "classes"),
        (loss, "gradient:logits", "classes"),
        (loss, "gradient:logits", "confidence"),
    }


def test_infinite_errors_are_counted_and_stand_in_no_curve(losses):
    (check,) = [
        each
        for each in losses.checks
        if (each.function, each.quantity, each.input_class) == ("softmax_cross_entropy", "value", "overflow")
        if each.dtype == "float32"
    ]
    assert check.severities["defect"]
    assert math.isinf(float_from(check.worst_ulps.ulps))
    assert len(check.spread.histogram) == STRETCHES
    assert check.spread.histogram[-1]


def test_the_histogram_counts_every_element_that_was_measured(losses):
    for check in losses.checks:
        if check.spread:
            limits = check.tiers.get("limit", 0)
            assert sum(check.spread.histogram) <= check.elements - limits
            if not check.severities.keys() & {"undecided", "defect"}:
                assert sum(check.spread.histogram) == check.elements - limits
        # At most half an ulp is what correctly rounded means; float64 does not tell a little more from it.
        if check.spread and not check.tiers.get("limit"):
            exactly = check.tiers.get("C", 0)
            assert exactly <= check.spread.histogram[0] <= exactly + check.tiers.get("F", 0)


def test_a_run_that_differs_from_the_others_counts_like_an_output_of_its_own(tmp_path):
    drifting = """
calls = [0]

def softplus(x):
    calls[0] += 1
    right = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x.astype(np.float64))))
    return (right * (1 + calls[0] % 2 * 2.0**-20)).astype(x.dtype)
"""
    record = examined(tmp_path, drifting, dtypes=("float32",))
    (check,) = [each for each in record.checks if each.input_class == "mixed" and each.quantity == "value"]
    assert check.elements > check.cases
    assert sum(check.spread.histogram) == check.elements - check.tiers.get("limit", 0)


def test_bfloat16_inputs_are_placed_where_they_are():
    x = np.array([1.5, -3.0], ml_dtypes.bfloat16)
    (positions,) = positions_of(_batch("sigmoid", (x,)), "value")
    assert positions.at.tolist() == [-3.0, 1.5]
