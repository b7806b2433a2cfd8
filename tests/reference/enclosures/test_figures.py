"""The published figures that the project started from (sources: the founding teaching notes), on the reference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exact_calls import enclosed

from logitproof.reference import Status


def value(function: str, *arguments: object, dtype: str = "float64", **options: object) -> np.ndarray:
    """The exact value as doubles; the leading words of the enclosure."""
    arrays = [np.asarray(a) if np.asarray(a).dtype.kind == "i" else np.asarray(a, dtype=dtype) for a in arguments]
    return numbers(enclosed(function, arrays, options, quantity="value", dtype=dtype))


def numbers(enclosure) -> np.ndarray:
    assert (enclosure.status == Status.FINITE).all()
    return np.ldexp(enclosure.hi, enclosure.exponent.astype(np.int32))


def test_linear_and_softmax():
    row = np.array([2.0, 3.0, 5.0])
    np.testing.assert_allclose(row / row.sum(), [0.2, 0.3, 0.5], rtol=1e-15)
    published = [0.04201007, 0.11419519, 0.8437947]
    # printed to 7 digits after float32 arithmetic: an ulp of a number below 1, and half a unit of the last digit
    np.testing.assert_allclose(value("softmax", row, axis=0), published, rtol=0, atol=2.0**-24 + 0.5e-7)


def test_naive_overflow_789():
    shares = value("softmax", [123.0, 456.0, 789.0], axis=0)
    assert shares[0] == pytest.approx(5.75e-290, rel=1e-2)
    assert shares[1] == pytest.approx(2.4e-145, rel=1e-2)
    assert shares[2] == 1.0


def test_multi_label_row():
    sigmoids = value("sigmoid", [0.23472, 11.78, 99.99, 0.0])
    assert abs(sigmoids.sum() - 1) > 2
    assert value("softmax", [0.23472, 11.78, 99.99, 0.0], axis=0).sum() == pytest.approx(1, abs=1e-15)


def test_coin():
    assert value("entropy", [0.5, 0.5], axis=0) / math.log(2) == 1.0


def test_indexed_loss():
    probs = [[0.2, 0.7, 0.1], [0.2, 0.7, 0.1], [0.4, 0.6, 0.0]]
    losses = value("sparse_categorical_cross_entropy", probs, np.array([1, 1, 1]), axis=-1)
    np.testing.assert_array_equal(losses.round(4), [0.3567, 0.3567, 0.5108])


def test_one_two_three():
    np.testing.assert_array_equal(value("softmax", [1.0, 2.0, 3.0], axis=0).round(2), [0.09, 0.24, 0.67])


def test_right_and_wrong():
    probs = [[0.1, 0.15, 0.05, 0.6, 0.1], [0.15, 0.2, 0.4, 0.1, 0.15]]
    losses = value("sparse_categorical_cross_entropy", probs, np.array([3, 3]), axis=-1)
    np.testing.assert_allclose(losses, [-math.log(0.6), -math.log(0.1)], rtol=1e-15)


def test_two_class_rows():
    published = (-math.log(0.8) - math.log(0.6)) / 2
    dense = value("categorical_cross_entropy", [[0.8, 0.2], [0.4, 0.6]], [[1.0, 0.0], [0.0, 1.0]], axis=-1)
    binary = value("binary_cross_entropy", [0.2, 0.6], [0.0, 1.0])
    assert dense.mean() == pytest.approx(published, rel=1e-15)
    assert binary.mean() == pytest.approx(published, rel=1e-15)


def test_sigmoid_losses():
    logits = np.array([[0.5, 0.7, 0.3], [0.8, 0.2, 0.9]], dtype=np.float32)
    ones = value("sigmoid_cross_entropy", logits, np.ones_like(logits), dtype="float32")
    zeros = value("sigmoid_cross_entropy", logits, np.zeros_like(logits), dtype="float32")
    # printed to 8 decimals after float32 arithmetic: two ulps of a number near 1, and half a unit of the last digit
    tolerance = 2 * 2.0**-23 + 0.5e-8
    np.testing.assert_allclose(
        ones, [[0.47407699, 0.40318602, 0.5543552], [0.37110069, 0.59813887, 0.34115386]], rtol=0, atol=tolerance
    )
    np.testing.assert_allclose(
        zeros, [[0.97407699, 1.10318601, 0.85435522], [1.17110074, 0.79813886, 1.24115384]], rtol=0, atol=tolerance
    )


def test_three_one_minus_three():
    np.testing.assert_array_equal(value("softmax", [3.0, 1.0, -3.0], axis=0).round(2), [0.88, 0.12, 0.0])


def test_gradient_row():
    logits = np.array([[2.0, 3.0, 4.0]])
    np.testing.assert_array_equal(value("softmax", logits, axis=-1)[0].round(4), [0.0900, 0.2447, 0.6652])
    enclosure = enclosed(
        "sparse_softmax_cross_entropy",
        [logits, np.array([1])],
        {"axis": -1},
        quantity="gradient:logits",
        dtype="float64",
    )
    np.testing.assert_array_equal(numbers(enclosure)[0].round(4), [0.09, -0.7553, 0.6652])


def test_one_to_five():
    published = [0.01165623, 0.03168492, 0.08612854, 0.23412166, 0.63640865]
    np.testing.assert_array_equal(value("softmax", [1.0, 2.0, 3.0, 4.0, 5.0], axis=0).round(8), published)


def test_thousands():
    shares = value("softmax", [1000.0, 2000.0, 3000.0, 4000.0, 5000.0], axis=0)
    np.testing.assert_array_equal(shares, [0.0, 0.0, 0.0, 0.0, 1.0])


def test_exponential_of_a_thousand_overflows_naive_arithmetic_only():
    with pytest.raises(OverflowError):
        math.exp(1000)
    assert value("logsumexp", [1000.0, 1000.0], axis=0) == pytest.approx(1000 + math.log(2), rel=1e-15)
