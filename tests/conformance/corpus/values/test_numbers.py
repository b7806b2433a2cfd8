"""The numbers in the corpus: exact in their format, in the domain of their function, labels that sum to one."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import ml_dtypes
import numpy as np
import pytest

from logitproof.conformance.corpus.corpus import build, keys
from logitproof.conformance.corpus.recipes import recipes
from logitproof.conformance.corpus.values.labels import distribution
from logitproof.conformance.inputs.bits import BitStream, rounded, stored, ulp_at
from logitproof.reference import FORMATS, FUNCTIONS, format_named

DENSE = [name for name, function in FUNCTIONS.items() if "labels" in {each.kind for each in function.arguments}]
INDEXED = [name for name, function in FUNCTIONS.items() if "index" in {each.kind for each in function.arguments}]


@cache
def batches(function, dtype="float32", profile="ci"):
    return [build(key) for key in keys(profile, functions=[function], dtypes=[dtype])]


def arguments_by_kind(batch, kind):
    return [
        array.astype(np.float64) if kind != "index" else array
        for argument, array in zip(batch.spec.arguments, batch.arguments, strict=True)
        if argument.kind == kind
    ]


def rows(batch, array):
    """The array with its rows along the last of two dimensions."""
    return np.moveaxis(array, batch.parameters["axis"], -1).reshape(-1, array.shape[batch.parameters["axis"]])


def test_the_bits_are_those_of_splitmix64():
    """The published first outputs for seed 1234567 (https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64)."""
    assert BitStream(1234567).bits(5).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_equal_names_give_equal_bits_whatever_was_drawn_before():
    first = BitStream.of("a").named("b").bits(7)
    BitStream.of("a").named("c").bits(1000)
    assert np.array_equal(first, BitStream.of("a").named("b").bits(7))
    assert not np.array_equal(first, BitStream.of("a").named("c").bits(7))


def test_integers_fill_their_range_evenly():
    counts = np.bincount(BitStream.of("even").integers(-3, 4, 70_000) + 3)
    assert len(counts) == 7
    # Binomial with n = 70000, p = 1/7: six standard deviations are 6·sqrt(n p (1 - p)) < 556.
    assert abs(counts - 10_000).max() < 556


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)
def test_rounding_is_to_nearest_even_at_every_scale(fmt):
    source = BitStream.of("rounding", fmt.name)
    highest = min(fmt.emax, 1000)
    x = source.signs(400) * source.named("sizes").magnitudes(max(fmt.quantum_exponent - 2, -1074), highest, 400)
    for value, got in zip(x.tolist(), rounded(x, fmt).tolist(), strict=True):
        exponent = max(math.frexp(value)[1] - 1, fmt.emin)
        quantum = Fraction(2) ** (exponent - fmt.precision + 1)
        expected = round(Fraction(value) / quantum) * quantum  # Python rounds a Fraction half to even
        limit = Fraction(fmt.max_finite)
        assert Fraction(got) == max(-limit, min(limit, expected))


def test_rounding_to_float16_and_float32_agrees_with_numpy():
    x = BitStream.of("agrees").magnitudes(-30, 15, 5000)
    for name in ("float16", "float32"):
        expected = np.minimum(x.astype(name).astype(np.float64), FORMATS[name].max_finite)
        assert np.array_equal(rounded(x, FORMATS[name]), expected)


def test_rounding_to_bfloat16_rounds_once():
    """Halfway to within 2^-40: by way of float32 it would become a tie, and round down to even."""
    x = np.array([1.0 + 2.0**-8 + 2.0**-40])
    assert rounded(x, FORMATS["bfloat16"])[0] == 1.0 + 2.0**-7
    assert stored(x, FORMATS["bfloat16"]).dtype == ml_dtypes.bfloat16


def test_rounding_keeps_infinities_nan_and_the_sign_of_zero():
    kept = rounded(np.array([np.inf, -np.inf, np.nan, -0.0, 1e300]), FORMATS["float16"])
    assert kept[:2].tolist() == [np.inf, -np.inf]
    assert np.isnan(kept[2])
    assert np.signbit(kept[3])
    assert kept[4] == 65504


def test_the_spacing_doubles_at_powers_of_two_and_stops_at_the_smallest_normal():
    float32 = FORMATS["float32"]
    assert ulp_at(np.array([1.0, 0.999, 2.0, 0.0, 1e-40]), float32).tolist() == [
        2.0**-23,
        2.0**-24,
        2.0**-22,
        2.0**-149,
        2.0**-149,
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_arrays_are_stored_in_their_dtype_and_shaped_as_the_call_needs(function):
    for dtype in FORMATS:
        for batch in batches(function, dtype, "smoke"):
            spec = batch.spec
            shape = batch.arguments[0].shape
            axis = batch.parameters.get("axis", 0)
            without = shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
            for argument, array in zip(spec.arguments, batch.arguments, strict=True):
                assert array.dtype == (np.int64 if argument.kind == "index" else format_named(dtype).numpy_dtype)
                assert array.shape == (without if argument.kind == "index" else shape)
                assert array.flags.c_contiguous
            value = () if batch.is_reduced else without if spec.result == "row" else shape
            assert batch.cotangent.shape == value
            assert batch.cotangent.dtype == format_named(dtype).numpy_dtype


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", FORMATS)
def test_every_number_is_in_the_domain_outside_limits(function, dtype):
    for batch in batches(function, dtype):
        if batch.input_class in ("limits", "exhaustive"):
            continue
        for argument, array in zip(batch.spec.arguments, batch.arguments, strict=True):
            numbers = array.astype(np.float64)
            match argument.kind:
                case "logits":
                    finite_or_mask = np.isfinite(numbers) | (numbers == -np.inf)
                    assert finite_or_mask.all(), batch.name
                case "probs" | "labels":
                    assert ((numbers >= 0) & (numbers <= 1)).all(), batch.name
                case "log_probs" | "log_labels":
                    assert (numbers <= 0).all(), batch.name
                case "index":
                    ignored = batch.parameters.get("ignore_index")
                    classes = batch.arguments[0].shape[batch.parameters["axis"]]
                    assert (((numbers >= 0) & (numbers < classes)) | (numbers == ignored)).all(), batch.name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_masked_classes_have_infinities_and_zero_probabilities(function):
    allowed = ("limits", "exhaustive", "masked", "mixed")
    for batch in batches(function):
        numbers = [*arguments_by_kind(batch, "logits"), *arguments_by_kind(batch, "log_probs")]
        if batch.input_class not in allowed:
            assert all(np.isfinite(array).all() for array in numbers), batch.name
            assert all((array > 0).all() for array in arguments_by_kind(batch, "probs")), batch.name


@pytest.mark.parametrize("function", [name for name in DENSE if FUNCTIONS[name].has_axis])
@pytest.mark.parametrize("dtype", FORMATS)
def test_soft_labels_sum_exactly_to_one_unless_meant_not_to(function, dtype):
    for batch in batches(function, dtype):
        (labels,) = arguments_by_kind(batch, "labels")
        whole = [sum(map(Fraction, row.tolist())) for row in rows(batch, labels) if not np.isnan(row).any()]
        meant = "labels=unnormalised" in batch.name
        assert all(total == 1 for total in whole) != meant, batch.name


@pytest.mark.parametrize("function", DENSE)
def test_labels_and_options_are_the_same_numbers_in_every_format(function):
    """Eight significant bits and at least 2^-24: what both bfloat16 and float16 hold."""
    for batch in batches(function, "float64"):
        real = [*arguments_by_kind(batch, "labels"), np.asarray(batch.cotangent)]
        real += [np.asarray(value) for value in batch.parameters.values() if isinstance(value, np.ndarray)]
        real += [np.array(batch.parameters.get("label_smoothing", 0.0))]
        for array in real:
            kept = array[~np.isnan(array)]
            for name in ("float16", "bfloat16"):
                assert np.array_equal(kept.astype(FORMATS[name].numpy_dtype).astype(np.float64), kept), batch.name


@pytest.mark.parametrize("count", [1, 2, 3, 17, 63, 64, 65, 1000, 65537])
def test_a_distribution_sums_exactly_to_one_without_zeros(count):
    row = distribution(BitStream.of("distribution"), np.arange(count), count)
    assert (row > 0).all()
    assert sum(map(Fraction, row.tolist())) == 1


@pytest.mark.parametrize("function", [name for name in DENSE if FUNCTIONS[name].has_axis])
def test_dense_labels_come_one_hot_soft_with_zeros_and_positive(function):
    reached = {"first": False, "last": False, "soft": False, "soft with zeros": False, "none": False, "many": False}
    for batch in batches(function):
        for row in rows(batch, arguments_by_kind(batch, "labels")[0]):
            positive = np.count_nonzero(row > 0)
            reached["first"] |= len(row) > 1 and positive == 1 and row[0] == 1
            reached["last"] |= len(row) > 1 and positive == 1 and row[-1] == 1
            reached["soft"] |= positive == len(row) > 1
            reached["soft with zeros"] |= 1 < positive < len(row)
            reached["none"] |= positive == 0
            reached["many"] |= bool(len(row) > 4 and (row == 1).all())
    assert all(reached.values()), reached


@pytest.mark.parametrize("function", INDEXED)
@pytest.mark.parametrize("dtype", FORMATS)
def test_index_labels_name_the_first_the_last_and_classes_no_half_precision_float_holds(function, dtype):
    reached = {"first": 0, "last": 0, "inside": 0, "not bfloat16": 0, "not float16": 0, "beyond float16": 0}
    for batch in batches(function, dtype):
        (labels,) = arguments_by_kind(batch, "index")
        classes = batch.arguments[0].shape[batch.parameters["axis"]]
        real = labels[(labels >= 0) & (labels < classes)].ravel()
        with np.errstate(over="ignore"):
            half = real.astype(np.float16).astype(np.float64)
        reached["first"] += np.count_nonzero((real == 0) & (classes > 1))
        reached["last"] += np.count_nonzero(real == classes - 1)
        reached["inside"] += np.count_nonzero((real > 0) & (real < classes - 1))
        reached["not bfloat16"] += np.count_nonzero(real.astype(ml_dtypes.bfloat16).astype(np.float64) != real)
        reached["not float16"] += np.count_nonzero((real > 2048) & np.isfinite(half) & (half != real))
        reached["beyond float16"] += np.count_nonzero((real > 65504) & np.isinf(half))
    assert all(reached.values()), reached


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("function", ["entropy", "categorical_cross_entropy", "binary_cross_entropy"])
def test_probabilities_are_zero_one_subnormal_next_to_one_and_unnormalised(function, dtype):
    fmt = format_named(dtype)
    every = np.concatenate([arguments_by_kind(batch, "probs")[0].ravel() for batch in batches(function, dtype)])
    assert {0.0, 1.0} <= set(every.tolist())
    assert ((every > 0) & (every < fmt.smallest_normal)).any()
    for k in range(1, fmt.precision + 1):
        assert (every == 1.0 - 2.0**-k).any(), k
    if FUNCTIONS[function].has_axis:
        sums = [
            rows(batch, arguments_by_kind(batch, "probs")[0]).sum(axis=1)
            for batch in batches(function, dtype)
            if batch.input_class == "unnormalised"
        ]
        assert np.concatenate(sums).min() < 0.5
        assert np.concatenate(sums).max() > 2


@pytest.mark.parametrize("dtype", FORMATS)
def test_overflow_reaches_the_largest_finite_number_of_both_signs_and_the_edges_of_exp(dtype):
    fmt = format_named(dtype)
    for function in ("sigmoid", "softmax"):
        every = np.concatenate(
            [b.arguments[0].astype(np.float64).ravel() for b in batches(function, dtype) if b.input_class == "overflow"]
        )
        assert every.max() == fmt.max_finite
        assert every.min() == -fmt.max_finite
        with np.errstate(over="ignore", under="ignore"):
            exps = np.exp(every.astype(fmt.numpy_dtype).astype(np.float64))
        assert ((exps > fmt.max_finite) & (every < 1.03 * np.log(fmt.max_finite))).any()
        assert ((exps < fmt.max_finite) & (every > 0.97 * np.log(fmt.max_finite))).any()


@pytest.mark.parametrize("dtype", FORMATS)
def test_confident_rows_have_every_scale_at_which_accuracy_dies(dtype):
    """1 - p of the leading class reaches every power of two down to 4u, below which the test's own sum ends."""
    fmt = format_named(dtype)
    scales = set()
    for batch in batches("softmax", dtype):
        if batch.input_class == "confident":
            logits = rows(batch, batch.arguments[0].astype(np.float64))
            gaps = logits.max(axis=1, keepdims=True) - logits
            others = np.exp(-gaps).sum(axis=1) - 1.0
            scales |= {math.frexp(other)[1] for other in others if other > 0}
    assert set(range(-fmt.precision + 2, 0)) <= scales


@pytest.mark.parametrize("dtype", FORMATS)
def test_masks_stand_at_the_start_inside_and_at_the_end_of_rows(dtype):
    masks = [
        np.isinf(rows(batch, batch.arguments[0].astype(np.float64)))
        for batch in batches("softmax", dtype)
        if batch.input_class == "masked"
    ]
    leading = {int(np.argmin(row)) for mask in masks for row in mask}
    assert not any(mask.all(axis=1).any() for mask in masks)
    assert {0, 1, 9, 17} <= leading
    assert any(row[-1] and not row[0] for mask in masks for row in mask)
    assert any(row[1:-1].any() and not row[0] and not row[-1] for mask in masks for row in mask)


@pytest.mark.parametrize("function", ["softmax", "entropy", "nll_loss"])
def test_mixed_batches_end_with_a_copy_of_their_first_row(function):
    key = keys("ci", functions=[function], dtypes=["float32"])
    batch = next(build(each) for each in key if each.name == "mixed/n=12")
    first, last = batch.arguments[0][0], batch.arguments[0][-1]
    assert first.tobytes() == last.tobytes()


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("function", ["kl_divergence", "kl_divergence_from_log_probs", "kl_divergence_terms"])
def test_near_ties_hold_laws_that_agree_and_laws_that_nearly_do(function, dtype):
    batch = next(batch for batch in batches(function, dtype) if batch.input_class == "near_tie")
    labels, other = (array.astype(np.float64) for array in batch.arguments)
    probs = np.exp(other) if "log_probs" in function else other
    error = np.abs(probs / labels - 1.0) / format_named(dtype).unit_roundoff
    assert (error < 16).any()
    assert (error > 64).any()


@pytest.mark.parametrize("threshold", [20.0, 13.942385, 88.72284, 103.97208, 16.635532, 17.328680, 9.0])
def test_known_cutoffs_have_neighbours_on_both_sides(threshold):
    batch = next(batch for batch in batches("softplus") if batch.input_class == "near_tie")
    x = batch.arguments[0].astype(np.float64).ravel()
    near = np.unique(x[np.abs(x - threshold) < 1e-4])
    assert (near <= threshold + 1e-5).sum() >= 1
    assert len(near) >= 9
    assert np.isin(-near, x).all()


def test_random_cotangents_are_moderate_of_both_signs_and_never_zero():
    known = recipes("softmax", "bfloat16")
    random = [batch for batch in batches("softmax", "bfloat16") if known[batch.name].cotangent == "random"]
    every = np.concatenate([batch.cotangent.astype(np.float64).ravel() for batch in random])
    assert np.abs(every).min() == 0.125
    assert np.abs(every).max() == 4
    assert 0.4 < (every > 0).mean() < 0.6
