"""The corpus as a whole: which batches there are, that they are the same everywhere, and how they are named."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from setting_samples import EAGER

from logitproof.conformance.backends.protocol import EntryPoint, Hello
from logitproof.conformance.corpus.corpus import (
    CORPUS_VERSION,
    PROFILES,
    BatchKey,
    build,
    combined_hash,
    corpus_hash,
    keys,
)
from logitproof.conformance.corpus.options import alternatives, first_alternatives, option_sets
from logitproof.conformance.corpus.recipe import Recipe
from logitproof.conformance.corpus.recipes import (
    FEWER_LENGTHS,
    FEWER_POWERS,
    LENGTHS,
    WIDE_POWERS,
    WIDEST,
    _element_recipes,
    _row_recipes,
    recipes,
)
from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.inputs.cases import case_count
from logitproof.conformance.inputs.hashes import batch_hash, case_arguments, case_cotangent, case_hash
from logitproof.conformance.run.plan import tasks_of
from logitproof.reference import FORMATS, FUNCTIONS, Function, format_named

ROW_FUNCTIONS = [function for function in FUNCTIONS.values() if function.has_axis]
ELEMENT_FUNCTIONS = [function for function in FUNCTIONS.values() if not function.has_axis]
BESIDE_POWERS = {2**k + step for k in WIDE_POWERS for step in (-1, 0, 1)}


def ci_recipes(function: str, dtype: str) -> list[Recipe]:
    return [recipes(function, dtype)[key.name] for key in keys("ci", functions=[function], dtypes=[dtype])]


def named(function: Function) -> str:
    return function.name


OF_VERSION_2 = list(FUNCTIONS)[:21]
"""The functions that version 2 began with: one that is added stands after them, and changes none of their batches."""


def test_the_version_has_its_hash():
    """Whoever changes a byte of the corpus raises CORPUS_VERSION and pins the new hashes, here and below."""
    assert CORPUS_VERSION == 2
    smoke = corpus_hash("smoke", functions=OF_VERSION_2)
    assert smoke == "7c720c2c47f9245ad21f9741d057f27f06a880e7829f6f10cbb021cc45ad62f8"


@pytest.mark.slow
def test_the_version_has_its_hash_in_the_ci_profile():
    ci = corpus_hash("ci", functions=OF_VERSION_2)
    assert ci == "9bfc4ac2741e18a1fcedb66ce2222ae1c7561fcca684f596e3169e5388c1c4f3"


def test_nightly_batches_build():
    for key in keys("nightly", functions=["softmax_cross_entropy", "nll_loss"], dtypes=["bfloat16"]):
        if recipes(key.function, key.dtype)[key.name].profile == "nightly":
            assert build(key).name == key.name


def test_another_process_builds_the_same_bytes():
    chosen = keys("ci", functions=["kl_divergence", "sparse_softmax_cross_entropy"], dtypes=["float16", "float64"])
    program = (
        "import pickle, sys\n"
        "from logitproof.conformance.corpus.corpus import build\n"
        "from logitproof.conformance.inputs.hashes import batch_hash\n"
        "print('\\n'.join(batch_hash(build(key)) for key in pickle.load(sys.stdin.buffer)))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    answer = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(chosen[::-1]),
        capture_output=True,
        check=True,
        env=environment,
    )
    assert answer.stdout.decode().split() == [batch_hash(build(key)) for key in chosen][::-1]


def test_each_profile_contains_the_one_before():
    smoke, ci, nightly = (keys(profile) for profile in ("smoke", "ci", "nightly"))
    assert set(smoke) < set(ci) < set(nightly)
    assert len(set(nightly)) == len(nightly)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", FORMATS)
def test_every_function_and_format_keeps_to_its_budget(function, dtype):
    """One framework call costs a millisecond or so, one element of certified truth a microsecond."""
    counts = {profile: len(keys(profile, functions=[function], dtypes=[dtype])) for profile in ("smoke", "ci")}
    elements = sum(recipe.rows * recipe.row_length for recipe in ci_recipes(function, dtype))
    options = sum(recipe.profile == "smoke" and bool(recipe.options) for recipe in ci_recipes(function, dtype))
    assert 10 <= counts["smoke"] - options <= 16
    assert options <= 24
    assert (50 if dtype == "float32" else 35) <= counts["ci"] <= 120
    assert elements <= 300_000


def test_keys_can_be_restricted_to_functions_and_dtypes():
    chosen = keys("smoke", functions=["softmax"], dtypes=["float64"])
    assert {(key.function, key.dtype) for key in chosen} == {("softmax", "float64")}
    assert chosen == [key for key in keys("smoke") if (key.function, key.dtype) == ("softmax", "float64")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("weekly",), "unknown profile 'weekly': choose from smoke, ci, nightly"),
        (("ci", ["sofmax"]), "unknown function 'sofmax'"),
        (("ci", ["softmax"], ["float8"]), "unknown dtype 'float8'"),
    ],
)
def test_an_unknown_name_is_refused_in_one_line(arguments, message):
    profile, functions, dtypes = (*arguments, None, None)[:3]
    with pytest.raises(ValueError, match=message):
        keys(profile, functions=functions, dtypes=dtypes)


def test_a_key_without_a_batch_is_refused():
    with pytest.raises(ValueError, match="no batch 'ordinary/n=99' for softmax in float32"):
        build(BatchKey("softmax", "float32", "ordinary/n=99"))


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=named)
def test_no_two_recipes_share_a_name(function):
    """The names are keys of a dictionary: a second recipe of the same name would silently replace the first."""
    every = _row_recipes if function.has_axis else _element_recipes
    counts = Counter(recipe.name for recipe in every(function, format_named("float16")))
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=named)
@pytest.mark.parametrize("dtype", FORMATS)
def test_every_input_class_is_there(function, dtype):
    kinds = {argument.kind for argument in function.arguments}
    expected = {"ordinary", "confident", "near_tie", "subnormal", "limits", "wide", "constant", "mixed"}
    expected |= {"masked"} if function.has_axis else set()
    expected |= {"offset"} if "logits" in kinds and function.has_axis else set()
    expected |= {"overflow"} if kinds & {"logits", "log_probs"} else set()
    expected |= {"unnormalised"} if kinds & {"probs", "labels"} and function.has_axis else set()
    expected |= {"options"} if function.options else set()
    unary = len(function.arguments) == 1 and not function.has_axis
    expected |= {"exhaustive"} if unary and dtype in ("float16", "bfloat16") else set()
    assert {recipe.input_class for recipe in ci_recipes(function.name, dtype)} == expected


@pytest.mark.parametrize("function", ROW_FUNCTIONS, ids=named)
@pytest.mark.parametrize("dtype", FORMATS)
def test_row_lengths_cover_the_tails_of_every_vector_width(function, dtype):
    lengths = {recipe.row_length for recipe in ci_recipes(function.name, dtype)}
    assert set(LENGTHS) == set(range(1, 18))
    if dtype == "float32":
        assert set(LENGTHS) | BESIDE_POWERS <= lengths
    else:
        assert set(FEWER_LENGTHS) | {2**k + step for k in FEWER_POWERS for step in (-1, 0, 1)} <= lengths


@pytest.mark.parametrize("function", ROW_FUNCTIONS, ids=named)
def test_the_widest_rows_have_65537_classes(function):
    sums_exponentials = function.arguments[0].kind == "logits"
    has_index = any(not argument.is_real for argument in function.arguments)
    for dtype in FORMATS if sums_exponentials or has_index else ("float32",):
        assert max(recipe.row_length for recipe in ci_recipes(function.name, dtype)) == WIDEST == 65537


@pytest.mark.parametrize("function", ELEMENT_FUNCTIONS, ids=named)
def test_element_counts_cover_the_tails_of_every_vector_width(function):
    sizes = {recipe.rows for recipe in ci_recipes(function.name, "float32") if len(recipe.shape) == 1}
    assert set(LENGTHS) | BESIDE_POWERS <= sizes


@pytest.mark.parametrize("function", ROW_FUNCTIONS, ids=named)
def test_ranks_1_to_3_are_examined_along_every_axis(function):
    ci = ci_recipes(function.name, "float32")
    positions = {(len(recipe.shape), recipe.position) for recipe in ci}
    assert positions == {(rank, axis) for rank in (1, 2, 3) for axis in range(rank)}
    assert {recipe.axis < 0 for recipe in ci if recipe.position < len(recipe.shape) - 1} == {True, False}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=named)
def test_ranks_2_and_3_come_in_every_layout(function):
    pairs = {(len(recipe.shape), recipe.layout) for recipe in ci_recipes(function.name, "float32")}
    assert set(product((2, 3), ("contiguous", "transposed", "sliced"))) <= pairs
    assert {recipe.layout for recipe in ci_recipes(function.name, "float32")} == {
        recipe.layout
        for recipe in (recipes(key.function, key.dtype)[key.name] for key in keys("smoke", functions=[function.name]))
    }


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=named)
def test_cotangents_are_ones_zeros_and_random(function):
    assert {recipe.cotangent for recipe in ci_recipes(function.name, "float64")} == {"ones", "zeros", "random"}


def called(batch: Batch, keywords: Sequence[str]) -> bool:
    """Whether a run asks an entry point with these keywords for the value and every gradient of a batch."""
    quantities = batch.spec.quantities
    differentiable = tuple(argument.name for argument in batch.spec.arguments if argument.is_real)
    entry_point = EntryPoint("theirs", batch.function, tuple(keywords), differentiable, ())
    hello = Hello(1, "numpy", "1", {}, {}, (EAGER,), (batch.dtype,), 1, {}, (entry_point,))
    return [task.quantities for task in tasks_of(batch, {"theirs": hello})] == [quantities]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("function", [function for function in FUNCTIONS.values() if function.keywords], ids=named)
@pytest.mark.parametrize("dtype", FORMATS)
def test_every_profile_calls_every_option_of_every_set_that_is_accepted_alone_and_with_every_other(
    profile, function, dtype
):
    chosen = [
        recipes(key.function, key.dtype)[key.name] for key in keys(profile, functions=[function.name], dtypes=[dtype])
    ]
    telling = [recipe for recipe in chosen if recipe.options or len(recipe.shape) == 3]
    batches = [(recipe, build(BatchKey(function.name, dtype, recipe.name))) for recipe in telling]
    alone = {option: {(value,) for value in values} for option, values in first_alternatives(function).items()}
    axis = ("axis",) * function.has_axis
    for number in range(len(function.options) + 1):
        for accepted in combinations(function.options, number):
            called_with = [recipe for recipe, batch in batches if called(batch, (*axis, *accepted))]
            tried = {recipe.options for recipe in called_with}
            assert {values for option in accepted for values in alone[option]} <= tried
            pairs = {a + b for one, other in combinations(accepted, 2) for a in alone[one] for b in alone[other]}
            assert pairs <= tried
            if function.has_axis:
                elsewhere = {recipe.options for recipe in called_with if recipe.position < len(recipe.shape) - 1}
                assert {(), *(values for option in accepted for values in alone[option])} <= elsewhere


@pytest.mark.parametrize("function", [function for function in FUNCTIONS.values() if function.options], ids=named)
def test_every_value_of_an_option_is_tried_alone_in_ci(function):
    tried = {recipe.options for recipe in ci_recipes(function.name, "bfloat16")}
    assert {(value,) for values in alternatives(function).values() for value in values} <= tried
    assert set(option_sets(function)) <= tried


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=named)
def test_no_option_is_passed_at_its_default(function):
    for key in keys("ci", functions=[function.name], dtypes=["float32"]):
        parameters = build(key).parameters
        assert ("axis" in parameters) == function.has_axis
        for name, value in parameters.items():
            assert name in function.keywords
            if name != "axis":
                assert isinstance(value, np.ndarray) or value != function.options[name]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nan_never_stands_beside_finite_rows_outside_limits(function):
    """A batch that a framework refuses because of one NaN would hide the others."""
    for key in keys("ci", functions=[function], dtypes=["bfloat16"]):
        batch = build(key)
        if batch.input_class not in ("limits", "exhaustive"):
            assert not any(np.isnan(array.astype(np.float64)).any() for array in batch.arguments), key


def test_reduced_batches_are_small():
    reduced = [build(key) for key in keys("ci", dtypes=["float32"]) if "reduction=" in key.name]
    assert {case_count(batch) for batch in reduced} == {1}
    assert max(batch.arguments[0].size for batch in reduced) <= 17 * 10
    assert {batch.cotangent.shape for batch in reduced} == {()}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("function", ["sigmoid", "log_sigmoid", "softplus", "logit", "entropy_terms"])
def test_unary_functions_see_all_65536_inputs_of_a_16_bit_format(function, dtype):
    names = [key for key in keys("ci", functions=[function], dtypes=[dtype]) if key.name.startswith("exhaustive")]
    (argument,) = build(names[0]).arguments
    assert argument.dtype.name == dtype
    assert len(np.unique(argument.view(np.uint16))) == 65536


def test_the_hash_of_a_corpus_can_be_made_of_the_hashes_of_its_batches():
    chosen = keys("smoke", functions=["softmax"])
    assert combined_hash(batch_hash(build(key)) for key in chosen) == corpus_hash("smoke", functions=["softmax"])


def test_a_batch_hash_sees_every_part():
    batch = build(BatchKey("softmax_cross_entropy", "float32", "options/n=10/ordinary/weight"))
    changed = [
        {"arguments": (batch.arguments[0] + np.float32(1), batch.arguments[1])},
        {"arguments": (batch.arguments[0], batch.arguments[1] * np.float32(0.5))},
        {"cotangent": -batch.cotangent},
        {"layout": "sliced"},
        {"parameters": {**batch.parameters, "weight": batch.parameters["weight"] * np.float32(2)}},
        {"parameters": {**batch.parameters, "label_smoothing": 0.5}},
        {"name": "another"},
    ]
    hashes = [batch_hash(batch), *(batch_hash(replace(batch, **each)) for each in changed)]
    assert len(set(hashes)) == len(hashes)


def test_a_case_is_itself_wherever_it_stands():
    """Mixed batches end with a copy of their first row; its hash differs only because its cotangent does."""
    batch = build(BatchKey("softmax", "float32", "mixed/n=9"))
    alike = replace(batch, cotangent=np.ones_like(batch.cotangent))
    last = case_count(batch) - 1
    assert case_hash(alike, 0) == case_hash(alike, last)
    assert case_hash(batch, 0) != case_hash(batch, last)
    assert case_hash(replace(alike, layout="sliced", name="elsewhere"), 0) == case_hash(alike, 0)
    assert case_hash(alike, 0) != case_hash(alike, 1)


def test_a_case_is_the_same_along_any_axis():
    batch = build(BatchKey("sparse_softmax_cross_entropy", "float32", "ordinary/n=5"))
    logits, labels = batch.arguments
    turned = replace(batch, arguments=(logits.T.copy(), labels), parameters={"axis": 0})
    assert [case_hash(turned, i) for i in range(5)] == [case_hash(batch, i) for i in range(5)]


def test_a_case_has_its_row_its_label_and_its_cotangent():
    batch = build(BatchKey("sparse_softmax_cross_entropy", "float32", "mixed/3x10x17,axis=1"))
    case = 20  # the row behind [1, :, 3]
    arguments = case_arguments(batch, case)
    assert np.array_equal(arguments["logits"], batch.arguments[0][1, :, 3])
    assert arguments["labels"] == batch.arguments[1][1, 3]
    assert case_cotangent(batch, case) == batch.cotangent[1, 3]
    with pytest.raises(IndexError, match="has no case 51"):
        case_arguments(batch, 51)
