"""A user's own tensors: which functions they go to, and what is said when they cannot be used."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from logitproof.conformance.errors import UserError
from logitproof.conformance.inputs.arrays import batch_from_arrays, input_batches
from logitproof.conformance.inputs.cases import case_count
from logitproof.conformance.inputs.hashes import batch_hash

LOGITS = np.array([[0.0, 1.0, 2.0], [3.0, -1.0, 0.5]], dtype=np.float32)
OF_LOGITS = {"softmax", "log_softmax", "logsumexp"}


def saved(folder, **arrays):
    path = folder / "mine.npz"
    np.savez(path, **arrays)
    return path


def functions(batches):
    return {batch.function for batch in batches}


def test_logits_alone_go_to_the_functions_of_logits(tmp_path):
    batches = input_batches(saved(tmp_path, logits=LOGITS))
    assert functions(batches) == OF_LOGITS
    for batch in batches:
        assert batch.input_class == "user"
        assert batch.name == "user/mine.npz"
        assert batch.dtype == "float32"
        assert batch.parameters == {"axis": -1}
        assert np.array_equal(batch.arguments[0], LOGITS)
        assert batch.cotangent.shape == ((2,) if batch.function == "logsumexp" else (2, 3))


def test_integer_labels_are_class_indices(tmp_path):
    batches = input_batches(saved(tmp_path, logits=LOGITS, labels=np.array([2, 0], dtype=np.int32)))
    assert functions(batches) == {*OF_LOGITS, "sparse_softmax_cross_entropy"}
    assert batches[-1].arguments[1].dtype == np.int64


def test_floating_point_labels_are_distributions(tmp_path):
    batches = input_batches(saved(tmp_path, logits=LOGITS, labels=np.full((2, 3), 0.25, dtype=np.float32)))
    assert functions(batches) == {*OF_LOGITS, "softmax_cross_entropy", "sigmoid_cross_entropy"}


def test_options_go_to_the_call_unless_they_are_the_default(tmp_path):
    path = saved(
        tmp_path,
        logits=LOGITS.T.copy(),
        labels=np.array([2, -100]),
        axis=0,
        weight=np.array([1, 2, 4], dtype=np.float32),
        ignore_index=-100,
        label_smoothing=0.0,
        reduction="mean",
    )
    *others, batch = input_batches(path)
    assert [other.parameters for other in others] == [{"axis": 0}] * 3
    assert set(batch.parameters) == {"axis", "weight", "ignore_index", "reduction"}
    assert batch.parameters["axis"] == 0
    assert batch.parameters["reduction"] == "mean"
    assert batch.cotangent.shape == ()
    assert case_count(batch) == 1


def test_bfloat16_survives_an_npz_file(tmp_path):
    x = np.array([1.5, -2.0], dtype=ml_dtypes.bfloat16)
    batches = input_batches(saved(tmp_path, x=x))
    assert {batch.dtype for batch in batches} == {"bfloat16"}
    assert batches[0].arguments[0].tobytes() == x.tobytes()


def test_functions_and_dtypes_restrict_the_batches(tmp_path):
    path = saved(tmp_path, logits=LOGITS)
    assert functions(input_batches(path, functions=["softmax"], dtypes=["float32"])) == {"softmax"}
    with pytest.raises(UserError, match="the arrays are float32, and only float64 was asked for"):
        input_batches(path, dtypes=["float64"])
    with pytest.raises(UserError, match="no function finds its arguments here"):
        input_batches(path, functions=["sigmoid"])


def test_a_given_cotangent_is_used_and_a_missing_one_is_the_same_each_time(tmp_path):
    v = np.array([0.5, 2.0], dtype=np.float32)
    (given,) = input_batches(saved(tmp_path, logits=LOGITS, cotangent=v), functions=["logsumexp"])
    assert np.array_equal(given.cotangent, v)
    path = saved(tmp_path, logits=LOGITS)
    first, again = (input_batches(path)[0] for _ in range(2))
    assert batch_hash(first) == batch_hash(again)
    assert (first.cotangent != 0).all()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"logit": LOGITS}, "no function finds its arguments here: logit .float32."),
        ({"logits": LOGITS, "wieght": LOGITS}, "nothing takes wieght: arrays may be called axis, cotangent, logits"),
        ({"logits": LOGITS.astype(np.int32)}, "no function finds its arguments here: logits .int32."),
        ({"logits": LOGITS, "labels": np.array([1, 2, 0])}, r"labels have shape \(3,\), and must have \(2,\)"),
        ({"logits": LOGITS, "labels": np.ones((2, 3))}, "logits are float32 and labels are float64; give them in one"),
        ({"logits": LOGITS, "axis": 2}, r"axis cannot be 2 for arguments of shape \(2, 3\)"),
        ({"logits": LOGITS, "axis": np.array([0, 1])}, "axis must be a single value"),
        ({"logits": np.zeros((0, 3))}, r"arguments of shape \(0, 3\) hold no case"),
        ({"logits": np.float32(1.0)}, "hold no case|axis cannot be"),
        ({"logits": LOGITS, "cotangent": LOGITS}, r"must be float32 of shape \(2,\)"),
        ({"logits": np.zeros(3, dtype=np.complex64)}, "logits are complex64, and must be one of float16"),
    ],
    ids=range(11),
)
def test_what_does_not_fit_is_said_in_one_line(tmp_path, arrays, message):
    path = saved(tmp_path, **arrays)
    with pytest.raises(UserError, match=message) as caught:
        input_batches(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("weight", np.ones(3)),
        ("weight", np.ones(4, dtype=np.float32)),
        ("reduction", np.array("average")),
        ("label_smoothing", np.array(1.5)),
        ("ignore_index", np.array(0.5)),
    ],
)
def test_an_option_that_does_not_fit_is_refused(keyword, value):
    arrays = {"logits": LOGITS, "labels": np.array([0, 1]), keyword: value}
    with pytest.raises(ValueError, match=f"sparse_softmax_cross_entropy: {keyword}"):
        batch_from_arrays("sparse_softmax_cross_entropy", arrays)


def test_element_weights_may_have_any_shape_that_broadcasts_to_the_elements():
    arrays = {"logits": LOGITS, "labels": np.zeros_like(LOGITS)}
    for shape in ((), (3,), (2, 1), (2, 3)):
        weight = np.ones(shape, dtype=np.float32)
        batch = batch_from_arrays("sigmoid_cross_entropy", {**arrays, "pos_weight": weight})
        assert batch.parameters["pos_weight"].shape == shape
    with pytest.raises(ValueError, match=r"pos_weight of shape \(1, 2, 3\) does not fit"):
        batch_from_arrays("sigmoid_cross_entropy", {**arrays, "pos_weight": np.ones((1, 2, 3), dtype=np.float32)})


def test_a_missing_argument_is_named():
    with pytest.raises(ValueError, match="softmax_cross_entropy needs labels; there are logits"):
        batch_from_arrays("softmax_cross_entropy", {"logits": LOGITS})
