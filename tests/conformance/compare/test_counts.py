"""Single elements before and after: which class each is in, by numbers chosen for the border cases."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from logitproof.conformance.compare import counts as _compare_elements
from logitproof.conformance.compare.batch import BatchPair, ComparisonJob, Trouble, changes_in
from logitproof.conformance.compare.counts import ChangeCounts
from logitproof.conformance.compare.stored import part_of, same_bits
from logitproof.conformance.corpus.corpus import BatchKey
from logitproof.conformance.inputs.arrays import batch_from_arrays
from logitproof.reports import StoredOutput, float_from

NO_TROUBLE = (Trouble("unsupported", "not asked for"),)


def changes_by_kind(
    folder, function, inputs, before, after, *, definitions=("literal", "literal"), troubles=(NO_TROUBLE,) * 2
):
    """Return the changes of one batch: by kind, how many elements and the example."""
    kept = counted(folder, function, inputs, before, after, definitions=definitions, troubles=troubles)
    return {
        kind: (count, kept.largest[kind].example if kind in kept.largest else None)
        for kind, count in kept.counts.items()
    }


def counted(folder, function, inputs, before, after, *, definitions=("literal", "literal"), troubles=(NO_TROUBLE,) * 2):
    """Return the changes of one batch while they are counted."""
    batch = batch_from_arrays(function, inputs, name="batch")
    parts = tuple(tuple(part(folder, name, array) for name, array in arrays) for arrays in (before, after))
    pair = BatchPair(3, "value", definitions, parts, troubles)
    ((number, kept),) = changes_in(ComparisonJob(BatchKey(function, batch.dtype, "batch"), batch, (pair,)))
    assert number == 3
    return kept


def part(folder, name, array):
    content = array.tobytes()
    file = folder / hashlib.sha256(content + name.encode()).hexdigest()
    file.write_bytes(b"xyz" + content)
    stored = StoredOutput(name, array.dtype.name, array.shape)
    if "[" in name:
        whole, _, stretches = name.removesuffix("]").partition("[")
        ends = [tuple(map(int, stretch.split(":"))) for stretch in stretches.split(",")]
        stored = replace(stored, whole=whole, cases=tuple((each[0], each[-1] + (len(each) == 1)) for each in ends))
    return part_of(stored, file, 3)


def one(folder, function, inputs, before, after, *, dtype=np.float32):
    """Return the class of a single element."""
    changes = changes_by_kind(
        folder, function, inputs, *([("batch", np.array([value], dtype))] for value in (before, after))
    )
    ((kind, (count, example)),) = changes.items()
    assert count == 1
    return kind, example


HALF = {"x": np.zeros(1, np.float32)}  # sigmoid is exactly 1/2


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (0.5, 0.5, "identical"),
        (np.nan, -np.nan, "identical"),
        (0.5 - 2**-24, 0.5 + 2**-24, "otherwise"),  # one on each side, equally far
        (0.5 + 2**-24, 0.5, "nearer"),
        (0.5, 0.5 - 2**-25, "farther"),
        (0.5, np.nan, "new NaN or infinity"),
        (0.5, np.inf, "new NaN or infinity"),
        (0.7, -np.inf, "new NaN or infinity"),
        (np.nan, 0.5, "gone NaN or infinity"),
        (-np.inf, 0.7, "gone NaN or infinity"),
        (0.5, 0.7, "regressed"),
        (0.7, 0.5, "fixed"),
        (0.7, 0.8, "farther"),
        (0.8, 0.7, "nearer"),
        (np.inf, np.nan, "farther"),
        (np.nan, np.inf, "nearer"),
        (np.inf, -np.inf, "farther"),  # 2^128 + 1/2 away, before 2^128 - 1/2
    ],
)
def test_a_number_is_in_the_class_that_its_distance_and_severity_say(tmp_path, before, after, kind):
    shown, example = one(tmp_path, "sigmoid", HALF, before, after)
    assert shown == kind
    if example is not None:
        assert np.float32(float_from(example.after)) == np.float32(after) or np.isnan(after)


def test_an_infinity_is_right_where_the_exact_result_is_beyond_the_format(tmp_path):
    beyond = {"logits": np.array([[-65504, 65504]], np.float16), "labels": np.array([0])}  # 131008
    kind, example = one(tmp_path, "sparse_softmax_cross_entropy", beyond, 65504, np.inf, dtype=np.float16)
    assert kind == "fixed"
    assert (example.before_severity, example.after_severity) == ("defect", None)
    kind, _ = one(tmp_path, "sparse_softmax_cross_entropy", beyond, np.inf, 65504, dtype=np.float16)
    assert kind == "regressed"
    kind, _ = one(tmp_path, "sparse_softmax_cross_entropy", beyond, np.inf, np.nan, dtype=np.float16)
    assert kind == "regressed"


def test_an_infinity_that_rounding_explains_is_no_new_infinity(tmp_path):
    last = {"x": np.array([65504], np.float16)}  # softplus is the largest number, and a hair more
    kind, example = one(tmp_path, "softplus", last, 65504, np.inf, dtype=np.float16)
    assert (kind, example.after_severity) == ("regressed", "weakness")
    assert one(tmp_path, "softplus", last, np.inf, 65504, dtype=np.float16)[0] == "fixed"


def test_a_limit_that_is_missed_is_a_regression_and_one_that_is_met_again_fixed(tmp_path):
    nothing = {"x": np.array([-np.inf], np.float32)}
    assert one(tmp_path, "softplus", nothing, 0, 1)[0] == "regressed"
    assert one(tmp_path, "softplus", nothing, 1, 0)[0] == "fixed"
    everything = {"x": np.array([np.inf], np.float32)}
    assert one(tmp_path, "softplus", everything, np.inf, np.nan)[0] == "regressed"
    assert one(tmp_path, "softplus", everything, np.nan, np.inf)[0] == "fixed"
    assert one(tmp_path, "softplus", everything, 3, np.nan)[0] == "otherwise"
    unknown = {"x": np.array([np.nan], np.float32)}
    assert one(tmp_path, "softplus", unknown, np.nan, 3)[0] == "regressed"
    assert one(tmp_path, "softplus", unknown, 3, np.nan)[0] == "fixed"


def test_where_mathematics_leaves_a_choice_nothing_is_nearer(tmp_path):
    masked = {"logits": np.full((1, 2), -np.inf, np.float32)}
    changes = changes_by_kind(
        tmp_path,
        "softmax",
        masked,
        [("batch", np.array([[0, 0]], np.float32))],
        [("batch", np.array([[np.nan, 0.5]], np.float32))],
    )
    ((kind, (count, example)),) = changes.items()
    assert (kind, count) == ("otherwise", 2)
    assert example.expected.decimal == "choice"
    assert example.after_severity == "convention"


def test_a_weakness_is_a_regression_too(tmp_path):
    kind, example = one(tmp_path, "sigmoid", {"x": np.array([-89], np.float32)}, np.exp(-89.0), 0)
    assert (kind, example.after_severity) == ("regressed", "weakness")  # flushed to zero


def test_what_is_not_confirmed_is_not_claimed(tmp_path, monkeypatch):
    monkeypatch.setattr(_compare_elements, "confirmed", lambda judged: replace(judged, severity="undecided"))
    assert one(tmp_path, "sigmoid", HALF, 0.5, 0.7)[0] == "otherwise"
    assert one(tmp_path, "sigmoid", HALF, 0.5, np.nan)[0] == "otherwise"


def test_one_that_is_not_confirmed_leaves_the_others(tmp_path, monkeypatch):
    confirmed = _compare_elements.confirmed

    def doubting(judged):
        return replace(judged, severity="undecided") if judged.case == 1 else confirmed(judged)

    monkeypatch.setattr(_compare_elements, "confirmed", doubting)
    inputs = {"x": np.zeros(3, np.float32)}
    before = [("batch", np.full(3, 0.5, np.float32))]
    changes = changes_by_kind(tmp_path, "sigmoid", inputs, before, [("batch", np.array([0.6, 0.9, 0.7], np.float32))])
    assert {kind: count for kind, (count, _) in changes.items()} == {"regressed": 2, "otherwise": 1}
    assert float_from(changes["regressed"][1].after) == np.float32(0.7)


# Dtypes and shapes


def test_a_dtype_that_is_wrong_hides_no_nan(tmp_path):
    inputs = {"x": np.zeros(3, np.float32)}
    before = [("batch", np.array([0.5, 0.5, 0.5], np.float32))]
    after = [("batch", np.array([0.5, np.nan, 0.7], np.float64))]
    changes = changes_by_kind(tmp_path, "sigmoid", inputs, before, after)
    assert {kind: count for kind, (count, _) in changes.items()} == {
        "dtype or shape changed": 1,
        "new NaN or infinity": 1,
        "regressed": 1,
    }
    back = changes_by_kind(tmp_path, "sigmoid", inputs, after, before)
    assert {kind: count for kind, (count, _) in back.items()} == {"dtype or shape changed": 3}
    assert back["dtype or shape changed"][1].before_severity == "defect"
    assert back["dtype or shape changed"][1].after_severity is None


def test_a_dtype_that_is_right_again_is_no_regression_for_a_weakness(tmp_path):
    inputs = {"x": np.array([-89], np.float32)}
    before, after = ([("batch", np.array([value], dtype))] for value, dtype in ((np.exp(-89.0), float), (0, "f4")))
    assert set(changes_by_kind(tmp_path, "sigmoid", inputs, before, after)) == {"dtype or shape changed"}


def test_results_of_one_wrong_shape_are_compared_by_their_bits(tmp_path):
    inputs = {"x": np.zeros(3, np.float32)}
    before = [("batch", np.array([[0.5], [0.5], [0.5]], np.float32))]
    after = [("batch", np.array([[0.5], [0.5], [0.6]], np.float32))]
    changes = changes_by_kind(tmp_path, "sigmoid", inputs, before, after)
    assert {kind: count for kind, (count, _) in changes.items()} == {"identical": 2, "otherwise": 1}


def test_results_that_are_no_floats_are_told_by_their_dtype(tmp_path):
    inputs = {"x": np.zeros(2, np.float32)}
    before = [("batch", np.array([0.5, 0.5], np.float32))]
    changes = changes_by_kind(tmp_path, "sigmoid", inputs, before, [("batch", np.array([0, 1], np.int64))])
    ((kind, (_, example)),) = changes.items()
    assert kind == "dtype or shape changed"
    assert (example.failure, example.after, example.after_severity) == ("dtype", "dtype int64", "defect")


def test_one_wrong_dtype_that_is_a_defect_now_is_shown_before_one_that_is_right_again(tmp_path):
    inputs = {"x": np.zeros(2, np.float32)}
    halves = np.full(2, 0.5)
    kept = ChangeCounts()
    for was, now in (("f8", "f4"), ("f4", "f8")):
        parts = ([("batch", halves.astype(was))], [("batch", halves.astype(now))])
        kept.merge(counted(tmp_path, "sigmoid", inputs, *parts))
    example = kept.largest["dtype or shape changed"].example
    assert (example.before_severity, example.after_severity) == (None, "defect")


def test_a_part_of_another_shape_leaves_the_other_cases_comparable(tmp_path):
    inputs = {"logits": np.arange(12, dtype=np.float32).reshape(4, 3)}
    whole = np.exp(inputs["logits"]) / np.exp(inputs["logits"]).sum(-1, keepdims=True)
    squeezed = [("batch[0:2]", whole[:2]), ("batch[2:3]", whole[2]), ("batch[3:4]", whole[3:] * np.float32(1.5))]
    changes = changes_by_kind(tmp_path, "softmax", inputs, [("batch", whole)], squeezed)
    counts = {kind: count for kind, (count, _) in changes.items()}
    assert counts == {"identical": 6, "dtype or shape changed": 3, "regressed": 3}
    example = changes["dtype or shape changed"][1]
    assert (example.after, example.before_severity, example.after_severity) == ("shape (3,)", None, "defect")
    assert example.index[0] == 2


def test_of_parts_of_several_dtypes_the_right_one_is_compared(tmp_path):
    inputs = {"logits": np.arange(12, dtype=np.float32).reshape(4, 3)}
    whole = np.exp(inputs["logits"]) / np.exp(inputs["logits"]).sum(-1, keepdims=True)
    mixed = [("batch[0:2]", whole[:2].astype(np.float64)), ("batch[2:4]", whole[2:])]
    changes = changes_by_kind(tmp_path, "softmax", inputs, [("batch", whole)], mixed)
    assert {kind: count for kind, (count, _) in changes.items()} == {"identical": 6, "dtype or shape changed": 6}
    assert changes["dtype or shape changed"][1].after == "dtype float64"


# Cases apart


def test_cases_that_one_run_evaluated_apart_are_compared_where_they_stood(tmp_path):
    inputs = {"logits": np.arange(12, dtype=np.float32).reshape(4, 3)}
    whole = np.exp(inputs["logits"]) / np.exp(inputs["logits"]).sum(-1, keepdims=True)
    after = [("batch[0:2]", whole[:2]), ("batch[3:4]", whole[3:] * np.float32(1.5))]
    trouble = Trouble("crash", "exit status 11")
    changes = changes_by_kind(tmp_path, "softmax", inputs, [("batch", whole)], after, troubles=(NO_TROUBLE, (trouble,)))
    assert {kind: count for kind, (count, _) in changes.items()} == {"identical": 6, "new error": 3, "regressed": 3}
    assert changes["new error"][1].index[0] == 2
    assert (changes["new error"][1].failure, changes["new error"][1].after) == ("crash", "exit status 11")
    assert changes["regressed"][1].index[0] == 3
    back = changes_by_kind(tmp_path, "softmax", inputs, after, [("batch", whole)], troubles=((trouble,), NO_TROUBLE))
    assert {kind: count for kind, (count, _) in back.items()} == {"identical": 6, "gone error": 3, "fixed": 3}


def test_rows_along_another_axis_are_compared_where_they_stood(tmp_path):
    inputs = {"logits": np.arange(12, dtype=np.float32).reshape(3, 4), "axis": np.array(0)}
    whole = np.exp(inputs["logits"]) / np.exp(inputs["logits"]).sum(0, keepdims=True)
    worse = whole.copy()
    worse[2, 1] *= 2
    changes = changes_by_kind(tmp_path, "softmax", inputs, [("batch", whole)], [("batch", worse)])
    assert changes["regressed"][1].index == (2, 1)
    apart = [("batch[0:4]", np.ascontiguousarray(worse.T))]
    changes = changes_by_kind(tmp_path, "softmax", inputs, [("batch", whole)], apart)
    assert changes["regressed"][1].index == (2, 1)
    assert changes["identical"][0] == 11


def test_the_example_of_an_error_that_is_gone_is_one_that_is_wrong_still(tmp_path):
    inputs = {"x": np.zeros(3, np.float32)}
    trouble = (Trouble("error", "no"),)
    after = [("batch", np.array([0.5, 0.7, 0.5], np.float32))]
    changes = changes_by_kind(tmp_path, "sigmoid", inputs, [], after, troubles=(trouble, NO_TROUBLE))
    count, example = changes["gone error"]
    assert count == 3
    assert (example.index, example.after_severity, example.before) == ((1,), "defect", "no")


def test_equal_outputs_of_siblings_are_judged_once(tmp_path, monkeypatch):
    from logitproof.conformance.compare import batch as _compare_batch

    judged = []
    judge = _compare_batch.judge
    monkeypatch.setattr(_compare_batch, "judge", lambda *asked: judged.append(1) or judge(*asked))
    batch = batch_from_arrays("sigmoid", HALF, name="batch")
    parts = tuple((part(tmp_path, "batch", np.array([value], np.float32)),) for value in (0.5, 0.7))
    pairs = tuple(BatchPair(number, "value", ("literal", "literal"), parts, (NO_TROUBLE,) * 2) for number in range(5))
    assert len(changes_in(ComparisonJob(BatchKey("sigmoid", "float32", "batch"), batch, pairs))) == 5
    assert len(judged) == 2


# Bits and names


def test_zeros_of_different_sign_differ_and_nan_of_any_payload_do_not():
    bits = np.array([0x7FC00000, 0xFFC00001, 0x80000000, 0x3F800000], np.uint32).view(np.float32)
    other = np.array([0xFFC00001, 0x7F800001, 0x00000000, 0x3F800000], np.uint32).view(np.float32)
    assert same_bits(bits, other).tolist() == [True, True, False, True]


@pytest.mark.parametrize("cases", ["[7:9]", "[0,9]"])
def test_cases_that_the_batch_does_not_have_are_refused(tmp_path, cases):
    inputs = {"x": np.zeros(3, np.float32)}
    wrong = [(f"batch{cases}", np.array([0.5, 0.5], np.float32))]
    with pytest.raises(ValueError, match="there are no cases"):
        changes_by_kind(tmp_path, "sigmoid", inputs, wrong, [("batch", np.full(3, 0.5, np.float32))])


def test_a_weakness_by_another_definition_than_before_is_no_rise_of_severity(tmp_path):
    inputs = {"probs": np.array([1e-6], np.float16), "labels": np.array([1.0], np.float16)}
    exact = -np.log(inputs["probs"].astype(np.float64))
    before = -np.log(inputs["probs"].astype(np.float64) + np.float16(1e-7)).astype(np.float16)
    severities = set()
    for ulps in range(10):
        after = exact.astype(np.float16)
        after += ulps * np.spacing(after)
        runs = [[("batch", before)], [("batch", after)]]
        changes = changes_by_kind(
            tmp_path, "binary_cross_entropy", inputs, *runs, definitions=("clip-add-1e-7", "clip-1e-7")
        )
        ((kind, (_, example)),) = changes.items()
        severities.add((example.before_severity, example.after_severity, kind))
    assert (None, "weakness", "nearer") in severities
    assert (None, "weakness", "regressed") not in severities
