"""Making inputs simpler by single steps: what is left still fails, is exact, and cannot lose anything more."""

from __future__ import annotations

import numpy as np
import pytest

from logitproof.conformance.hunt.shrink import complexity, simplified, single_case
from logitproof.conformance.inputs.arrays import batch_from_arrays
from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.inputs.geometry import result_shape
from logitproof.properties import Seeded, function_inputs
from logitproof.reference import FORMATS, FUNCTIONS

EVERYTHING = frozenset(keyword for function in FUNCTIONS.values() for keyword in function.options)


def batch_of(function: str, dtype: str = "float32", seed: object = 0) -> Batch:
    inputs = function_inputs(Seeded("simplify", function, seed), FUNCTIONS[function], FORMATS[dtype], EVERYTHING)
    return Batch(function, dtype, "witness", "hunt", inputs.arguments, inputs.parameters, inputs.cotangent)


def given(function: str, dtype: str = "float32", **arrays: object) -> Batch:
    """A batch of these arguments and keywords; real ones in the dtype."""
    numbers = {name: np.asarray(value) for name, value in arrays.items()}
    stored = {name: v.astype(FORMATS[dtype].numpy_dtype) if v.dtype.kind == "f" else v for name, v in numbers.items()}
    return batch_from_arrays(function, stored)


def check_whole(batch: Batch) -> None:
    """Everything in the batch fits together and is what its function takes."""
    arrays = {each.name: array for each, array in zip(batch.spec.arguments, batch.arguments, strict=True)}
    keywords = {name: np.asarray(value) for name, value in batch.parameters.items()}
    again = batch_from_arrays(batch.function, {**arrays, **keywords, "cotangent": batch.cotangent})
    assert again.dtype == batch.dtype
    assert batch.cotangent.shape == result_shape(batch, "value")
    for argument, array in zip(batch.spec.arguments, batch.arguments, strict=True):
        wide = array.astype(np.float64)
        assert not np.isnan(wide).any()
        if argument.kind == "labels" and batch.spec.has_axis:
            assert (wide.sum(axis=-1) == 1).all()
        if argument.kind in {"labels", "probs"}:
            assert ((wide >= 0) & (wide <= 1)).all()
        if argument.kind in {"log_probs", "log_labels"}:
            assert (wide <= 0).all()


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_step_is_a_whole_call_and_the_last_one_the_simplest(function, dtype):
    for seed in range(3):
        batch = single_case(batch_of(function, dtype, seed), 0)

        def fails(simpler: Batch) -> bool:
            check_whole(simpler)
            return True

        end = simplified(batch, fails)
        assert complexity(end) <= complexity(batch)
        assert sum(array.size for array in end.arguments) == len(end.arguments)
        assert end.parameters.keys() <= {"axis"}
        assert (end.cotangent == 1).all()
        for argument, array in zip(end.spec.arguments, end.arguments, strict=True):
            if argument.kind in {"logits", "log_probs", "log_labels"}:
                assert ((array == 0) | np.isinf(array.astype(np.float64))).all()


def test_what_fails_nowhere_else_stays_as_it_is():
    batch = batch_of("sparse_softmax_cross_entropy", seed=5)
    assert simplified(batch, lambda _: False) is batch


def test_only_what_matters_is_left():
    batch = given("softmax", logits=[[0.1, 3.7, -1.2, 100.3, 7.7]], cotangent=[[1.5, 2.0, 1.0, 1.0, 3.0]])

    def fails(simpler: Batch) -> bool:
        row = simpler.arguments[0][0]
        return bool(row.max() - row.min() > 60)

    end = simplified(batch, fails)
    assert end.arguments[0].shape == (1, 2)
    assert sorted(end.arguments[0][0].tolist()) in ([0, 64], [0, 96], [0, 100])
    assert end.cotangent.tolist() == [[1, 1]]


def test_labels_follow_the_classes_that_are_left():
    batch = given("nll_loss", log_probs=[[-1.0, -2.0, -3.0, -4.5, -5.0]], labels=[3])

    def fails(simpler: Batch) -> bool:
        return bool(simpler.arguments[0][0, simpler.arguments[1][0]] == -4.5)

    end = simplified(batch, fails)
    assert end.arguments[0].tolist() == [[-4.5]]
    assert end.arguments[1].tolist() == [0]


def test_shares_move_to_another_class():
    batch = given("softmax_cross_entropy", logits=[[1.0, 2.0, 3.0, 4.0]], labels=[[0.125, 0.125, 0.5, 0.25]])
    end = simplified(batch, lambda simpler: simpler.arguments[0].shape[-1] >= 2)
    assert end.arguments[0].tolist() == [[0, 0]]
    assert end.arguments[1].tolist() in ([[1, 0]], [[0, 1]])


def test_a_share_that_the_format_cannot_hold_keeps_its_class():
    # 1 - 2^-8 and 2^-9 have no sum in bfloat16.
    row = [1 - 2.0**-8, 2.0**-9, 2.0**-9]
    batch = given("softmax_cross_entropy", "bfloat16", logits=[[0.0, 0.0, 0.0]], labels=[row])
    tried = []
    simplified(batch, lambda simpler: tried.append(simpler.arguments[1].astype(np.float64).tolist()) or False)
    assert len(tried) > 3
    assert {len(labels) for (labels,) in tried} == {3}
    assert all(sum(labels) == 1 for (labels,) in tried)


def test_rows_of_a_reduced_batch_are_left_out_with_their_weights():
    batch = given(
        "sigmoid_cross_entropy",
        logits=[1.0, 50.0, -3.0],
        labels=[0.0, 1.0, 0.5],
        weight=[1.0, 2.0, 3.0],
        reduction="sum",
        cotangent=1.0,
    )

    def fails(simpler: Batch) -> bool:
        weight = simpler.parameters.get("weight")
        return isinstance(weight, np.ndarray) and 2 in weight and simpler.parameters.get("reduction") == "sum"

    end = simplified(batch, fails)
    assert end.arguments[0].tolist() == [0]
    assert np.asarray(end.parameters["weight"]).tolist() == [2]
    assert end.cotangent.shape == ()


def test_a_single_case_is_a_row_of_its_own_with_the_axis_last():
    batch = given("logsumexp", logits=[[1.0, 2.0], [3.0, 4.0]], cotangent=[1.0, 2.0])
    alone = single_case(batch, 1)
    assert alone.arguments[0].tolist() == [[3, 4]]
    assert alone.cotangent.tolist() == [2]
    assert alone.parameters == {"axis": -1}
    assert single_case(alone, 0) is alone
    reduced = given("nll_loss", log_probs=[[-1.0], [-2.0]], labels=[0, 0], reduction="mean", cotangent=1.0)
    assert single_case(reduced, 0) is reduced


def test_fewer_and_rounder_numbers_are_simpler():
    zero, one, minus, power, tenth, two = (
        given("softmax", logits=[row]) for row in ([0.0], [1.0], [-1.0], [2.0**100], [0.1], [0.0, 0.0])
    )
    assert complexity(zero) < complexity(one) < complexity(minus) < complexity(tenth) < complexity(power)
    assert complexity(power) < complexity(two)
