"""The cases of a batch: counted, and taken out."""

from __future__ import annotations

import numpy as np
import pytest
from worker_samples import call_batch, softmax_batch

from logitproof.conformance.inputs.cases import case_count, take_cases
from logitproof.reference import enclose


@pytest.mark.parametrize(
    ("function", "shape", "parameters", "count"),
    [
        ("softmax", (7,), {"axis": 0}, 1),
        ("softmax", (2, 3, 4), {"axis": 1}, 8),
        ("sigmoid", (2, 3, 4), {}, 24),
        ("sparse_softmax_cross_entropy", (2, 3, 4), {"axis": 0}, 12),
        ("softmax_cross_entropy", (5, 4), {"reduction": "mean"}, 1),
    ],
)
def test_a_case_is_a_row_an_element_or_a_reduced_batch(function, shape, parameters, count):
    assert case_count(call_batch(function, "float64", parameters, shape=shape)) == count


QUARTERS = np.array([0.25, 0.5, 0.75, 1.0])
CALLS = [
    ("softmax", (2, 3, 4), {"axis": 0}),
    ("softmax", (2, 3, 4), {"axis": 1}),
    ("logsumexp", (2, 3, 4), {"axis": 1}),
    ("sparse_softmax_cross_entropy", (2, 3, 4), {"axis": 1, "weight": np.array([0.5, 1.0, 2.0])}),
    ("kl_divergence", (2, 3, 4), {"axis": 0}),
    ("sigmoid_cross_entropy", (2, 3, 4), {"pos_weight": QUARTERS, "weight": np.array([[1.0], [2.0], [4.0]])}),
]  # fmt: skip


@pytest.mark.parametrize(("function", "shape", "parameters"), CALLS)
@pytest.mark.parametrize("quantity", ["value", "gradient"])
def test_the_truth_about_taken_cases_is_the_truth_about_those_cases(function, shape, parameters, quantity):
    batch = call_batch(function, "float64", parameters, shape=shape)
    quantity = "value" if quantity == "value" else f"gradient:{batch.spec.arguments[0].name}"
    cases = [5, 0, 3]
    taken = take_cases(batch, cases)
    whole, part = (enclose(item.call(quantity), "float64") for item in (batch, taken))
    by_row = batch.spec.has_axis and whole.shape == batch.arguments[0].shape
    for name in ("hi", "exponent"):
        values = getattr(whole, name)
        lines = np.moveaxis(values, batch.parameters["axis"], -1) if by_row else values
        lines = lines.reshape(-1, lines.shape[-1]) if by_row else lines.reshape(-1)
        np.testing.assert_array_equal(getattr(part, name), lines[cases])


def test_taken_cases_keep_dtype_layout_and_class():
    batch = softmax_batch(np.arange(12).reshape(3, 4), "bfloat16", layout="sliced")
    taken = take_cases(batch, range(1, 3))
    assert (taken.dtype, taken.layout, taken.input_class) == ("bfloat16", "sliced", "ordinary")
    assert taken.arguments[0].dtype == batch.arguments[0].dtype
    assert taken.name == "sample[1:3]"


def test_a_reduced_batch_cannot_be_taken_apart():
    with pytest.raises(ValueError, match="one case"):
        take_cases(call_batch("softmax_cross_entropy", "float32", {"reduction": "mean"}), [0])
