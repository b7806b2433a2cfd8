"""The kinds of mistakes: each name is stated once, and the fields of those that belong together agree."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest

from logitproof.conformance.causes.algorithms import correct
from logitproof.conformance.causes.algorithms.arithmetic import machines, wide
from logitproof.conformance.causes.algorithms.normal_form import NormalForm
from logitproof.conformance.causes.mistakes.catalogue import every_mistake, mistakes
from logitproof.conformance.causes.mistakes.kind import KernelPart, MistakeKind
from logitproof.conformance.causes.mistakes.mistake import quantities
from logitproof.conformance.corpus.corpus import BatchKey, build, keys
from logitproof.conformance.inputs.cases import case_count
from logitproof.reference import FORMATS, FUNCTIONS

ALL = every_mistake()
KINDS = [each.kind for each in ALL]


def _with_two_kinds(kinds):
    stated = {}
    for kind in kinds:
        stated.setdefault(kind.name, set()).add(astuple(kind))
    return sorted(name for name, different in stated.items() if len(different) > 1)


def test_no_name_has_two_kinds():
    assert _with_two_kinds(KINDS) == []


@pytest.mark.parametrize(
    "change",
    [
        {"part": None},
        {"is_of_rounding": True},
        {"is_standard": True},
        {"parameter": "lse"},
        {"covers": ("x - lse",)},
    ],
)
def test_a_name_with_two_kinds_is_noticed(change):
    kind = MistakeKind("x - lse", KernelPart.FORMULA)
    assert _with_two_kinds([kind, kind, replace(kind, **change)]) == ["x - lse"]


def test_a_parameter_stands_once_in_the_name():
    assert [kind.name for kind in KINDS if kind.parameter and kind.name.count(kind.parameter) != 1] == []


def test_the_kinds_of_a_family_differ_in_their_parameters_alone():
    families = {}
    for kind in KINDS:
        families.setdefault(kind.family, set()).add(astuple(replace(kind, name="", parameter=kind.parameter and "…")))
    assert {family for family, different in families.items() if len(different) > 1} == set()


def test_what_is_covered_is_in_the_catalogue():
    assert {family for kind in KINDS for family in kind.covers} - {kind.family for kind in KINDS} == set()


@pytest.mark.parametrize(
    ("name", "other", "covers"),
    [
        ("log of softmax", "probabilities clipped to 1e-7", True),
        ("log of sigmoid", "eps added to a probability", True),
        ("class ids rounded to float16", "class ids rounded to the dtype of the loss", True),
        ("probabilities clipped to 1e-7", "log of softmax", False),
        ("probabilities clipped to 1e-7", "probabilities clipped to 1e-8", False),
        ("computed in float16", "computed in bfloat16", False),
    ],
)
def test_what_says_the_same_in_fewer_words_covers_the_other(name, other, covers):
    by_name = {kind.name: kind for kind in KINDS}
    assert (by_name[other].family in by_name[name].covers) == covers


def test_what_a_standard_algorithm_has_is_of_rounding_and_stands_beside_any_other():
    standard = {kind for kind in KINDS if kind.is_standard}
    assert standard
    assert {kind.name for kind in standard if not kind.is_of_rounding or kind.part is not None} == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_right_algorithms(function):
    assert [quantity for quantity in quantities(function) if not correct.styles(function, quantity)] == []


def _batches(function, dtype):
    """The first batch of a function and those of its options; then one with more class ids than 16 bits can tell."""
    first, *others = keys("ci", functions=(function,), dtypes=(dtype,))
    options = [key for key in others if key.name.startswith("options")]
    return map(build, [first, *options, *(key for key in others if key.name == "wide/n=4097")])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_mistake_is_evaluated_in_some_call(function):
    never = {id(each): each for each in ALL if each.function == function}
    for dtype in FORMATS:
        used = [machine for machine in (machines(dtype)[0], wide(dtype)) if machine is not None]
        for batch in _batches(function, dtype):
            for quantity in quantities(function):
                case = NormalForm.of(batch, quantity, list(range(min(4, case_count(batch)))))
                for each in [each for each in never.values() if each.quantity == quantity]:
                    # What is of rounding is never evaluated without it.
                    tried = used[:1] if each.kind.is_of_rounding else used
                    with np.errstate(all="ignore"):
                        if all(each.result(case, machine) is not None for machine in tried):
                            del never[id(each)]
    assert [(each.name, each.quantity) for each in never.values()] == []


@pytest.fixture
def _without_algorithm(monkeypatch):
    """A catalogue as it would be for a function that has no right algorithm yet."""
    cached = (correct.careful, correct.styles, correct.misread_styles, every_mistake, mistakes)
    monkeypatch.delitem(correct._VALUES, "log_softmax")
    for each in cached:
        each.cache_clear()
    yield
    monkeypatch.undo()
    for each in cached:
        each.cache_clear()


@pytest.mark.usefixtures("_without_algorithm")
def test_a_function_without_an_algorithm_of_its_own_is_simulated_by_its_entry():
    batch = build(BatchKey("log_softmax", "float32", "ordinary/n=10"))
    machine = machines("float32")[0]
    for quantity in batch.spec.quantities:
        case = NormalForm.of(batch, quantity, [0, 1, 2])
        known = correct.careful("log_softmax", quantity)(case, machine)
        assert len(correct.styles("log_softmax", quantity)) == 2
        for style in correct.styles("log_softmax", quantity):
            np.testing.assert_allclose(style(case, machine), known, rtol=1e-5, atol=1e-6)
        assert "terms summed one after the other" in {each.name for each in mistakes("log_softmax", quantity)}


@pytest.mark.usefixtures("_without_algorithm")
def test_it_takes_no_candidates_from_others():
    assert len(mistakes("softmax", "value")) == sum(
        (each.function, each.quantity) == ("softmax", "value") for each in ALL
    )
