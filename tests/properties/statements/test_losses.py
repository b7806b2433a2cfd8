"""The properties of losses and of information: competent kernels satisfy them, and each breaks on one it is for."""

from __future__ import annotations

import numpy as np
import pytest
from logit_kernels import log_softmax, softmax
from loss_kernels import (
    Losses,
    cross_entropy,
    cross_entropy_by_logits,
    kl_terms,
    times,
)
from wrong_losses import (
    BINARY,
    DENSE,
    INDEX,
    OF_INFORMATION,
    OF_LOSSES,
    SIGMOID,
    WRONG,
    as_class_zero,
    by_rows,
    by_weights,
)

from logitproof.properties import PropertyInputs, Seeded, Unsupported, check, check_reference, property_named
from logitproof.properties.catalogue import _OF_INFORMATION, _OF_LOSSES
from logitproof.reference import FORMATS

EACH = pytest.mark.parametrize("name", WRONG)


def draws(name, dtype, batches, cases=8):
    domain = property_named(name).domain
    return (domain.draw(Seeded("losses", name, dtype, number), dtype, cases) for number in range(batches))


def test_every_property_of_losses_and_information_has_its_wrong_kernel():
    assert list(OF_INFORMATION) == [prop.id for subject in _OF_INFORMATION for prop in subject.stated.properties]
    assert list(OF_LOSSES) == [prop.id for subject in _OF_LOSSES for prop in subject.stated.properties]


@EACH
@pytest.mark.parametrize("dtype", FORMATS)
def test_competent_kernels_satisfy_every_property(name, dtype):
    outcomes = [check(property_named(name), Losses(), given) for given in draws(name, dtype, 3)]
    assert [outcome.told for outcome in outcomes if outcome.status == "broken"] == []
    assert any(outcome.compared for outcome in outcomes)


@EACH
def test_a_wrong_kernel_breaks_the_property_that_is_for_it(name):
    wrong = Losses(**WRONG[name])
    outcomes = (check(property_named(name), wrong, given) for given in draws(name, "float32", 40))
    # By a number that is off: a kernel that gives none would be found by any property.
    assert any(outcome.status == "broken" and not outcome.no_numbers for outcome in outcomes)


def given_of(dtype="float32", common=(), **arrays):
    kept = {name: np.asarray(values) for name, values in arrays.items()}
    stored = {
        name: values if values.dtype == np.int64 else values.astype(FORMATS[dtype].numpy_dtype)
        for name, values in kept.items()
    }
    return PropertyInputs(dtype, stored, frozenset(common))


def status(name, backend, given):
    return check(property_named(name), backend, given).status


def test_a_coin_has_one_bit():
    for base, unit in ((0.0, np.log(2)), (2.0, 1.0), (10.0, np.log10(2))):
        given = given_of(p=[[0.5, 0.5]], b=[base], common=("b",))
        assert status("entropy-definition", Losses(), given) == "holds"
        constant = Losses(entropy=lambda p, unit=unit: np.full(len(p), unit))
        assert status("entropy-definition", constant, given) == ("holds" if base == 0 else "broken")


def test_shares_that_do_not_sum_to_one_have_a_bound_of_their_own():
    # ¾ in all, evenly: the entropy is ¾ log(4/¾) > log 4 · ¾, which the bound for a sum of one would not allow.
    given = given_of("bfloat16", p=[[0.25, 0.25, 0.25, 0.246]], b=[0.0], common=("b",))
    assert check_reference(property_named("entropy-definition"), given).status == "holds"
    whole = float(given["p"].astype(float).sum())
    assert whole * np.log(4 / whole) > whole * np.log(4)


def test_a_divergence_may_be_negative_by_what_cancels_and_no_more():
    near = given_of(y=[[0.5, 0.5]], q=[[0.5 + 2**-24, 0.5]])
    assert status("kl-nonnegative", Losses(kl_divergence=lambda y, q: np.full(len(y), -(2.0**-24))), near) == "holds"
    assert status("kl-nonnegative", Losses(kl_divergence=lambda y, q: np.full(len(y), -(2.0**-18))), near) == "broken"


def test_the_divergence_of_numbers_that_sum_to_less_may_be_negative():
    given = given_of(y=[[0.5, 0.25, 0.25]], q=[[0.75, 0.5, 0.5]])
    with pytest.raises(ValueError, match="not in the domain"):
        status("kl-nonnegative", Losses(), given_of(y=[[0.5, 0.25]], q=[[0.5, 0.5]]))
    assert status("kl-nonnegative", Losses(), given) == "holds"
    assert kl_terms(given["y"].astype(float), given["q"].astype(float)).sum() < -0.5
    assert status("kl-nonnegative", Losses(kl_divergence=lambda y, q: kl_terms(y, q).sum(-1) - 0.1), given) == "broken"


def test_what_a_stored_probability_is_rounded_by_is_accounted_for():
    given = given_of("bfloat16", x=[[0.0, 5.5]], k=[0])
    x, k = given["x"].astype(float), given["k"]
    stored = softmax(x).astype(given["x"].dtype).astype(float)
    # Without the correction the losses differ by more than either is permitted.
    off = abs(-np.log(stored[0, 0]) - cross_entropy(x, k)[0])
    assert off > 2**-10
    assert status("from-logits-index", Losses(), given) == "holds"
    unrounded = Losses(sparse_categorical_cross_entropy=lambda p, y: cross_entropy(x, y) + 0.5)
    assert status("from-logits-index", unrounded, given) == "broken"


def test_a_probability_next_to_one_keeps_its_complement():
    """Sigmoid(15) is stored as 1 - 3.6e-7, and with z = 0 the loss is 15: only from sigmoid(-15) is that seen."""
    given = given_of(x=[15.0], z=[0.0])
    outcome = check(property_named("from-logits-binary"), Losses(), given)
    assert (outcome.status, outcome.compared) == ("holds", 1)
    assert outcome.worst.bound < 1e-4
    assert status("from-logits-binary", Losses(**{SIGMOID: lambda x, z: x - 1e-3}), given) == "broken"


@pytest.mark.parametrize("n", [5, 4097])
def test_masked_rows_are_as_sharp_as_what_is_left_of_them(n):
    row = np.full((1, n), -np.inf)
    row[0, [0, n // 2, n - 1]] = 1.0, 0.0, 0.5
    given = given_of(x=row, k=[n - 1])
    assert status("cross-entropy-masked-classes", Losses(), given) == "holds"
    off = Losses(**{INDEX: lambda x, k: cross_entropy(x, k) + (1e-5 if x.shape[-1] == n else 0)})
    assert status("cross-entropy-masked-classes", off, given) == "broken"
    leaking = Losses(**{f"{INDEX}__logits": lambda x, k, v: cross_entropy_by_logits(x, k, v) + 1e-30 * np.isneginf(x)})
    assert status("cross-entropy-masked-classes", leaking, given) == "broken"


def test_a_shift_that_rounds_the_logits_is_no_fault_of_the_loss():
    given = given_of(x=[[0.25, 0.5, 1.0]], c=[2.0**23], k=[0], y=[[0.5, 0.25, 0.25]])
    moved = (given["x"] + given["c"][:, None]).astype(float)
    assert abs(cross_entropy(moved, given["k"]) - cross_entropy(given["x"].astype(float), given["k"])) > 0.01
    index = PropertyInputs("float32", {name: given[name] for name in ("x", "c", "k")})
    labels = PropertyInputs("float32", {name: given[name] for name in ("x", "c", "y")})
    for name, inputs in (("cross-entropy-shift-invariance", index), ("cross-entropy-dense-shift-invariance", labels)):
        assert status(name, Losses(), inputs) == check_reference(property_named(name), inputs).status == "holds"


def test_a_zero_label_where_log_softmax_overflows_adds_nothing():
    largest = float(np.finfo(np.float32).max)
    given = given_of(x=[[largest, -largest]], k=[0])

    def with_infinite_logarithms(x, y):
        logs = log_softmax(x).astype(np.float32).astype(float)
        return -(y * logs).sum(-1)

    assert status("dense-equals-sparse-any-size", Losses(), given) == "holds"
    outcome = check(property_named("dense-equals-sparse-any-size"), Losses(**{DENSE: with_infinite_logarithms}), given)
    assert (outcome.status, len(outcome.no_numbers)) == ("broken", 1)


def test_means_divide_by_rows_or_by_weights():
    arrays = {"x": [[0.0, 1.0], [2.0, 0.0]], "w": [0.5, 2.0]}
    index = given_of(**arrays, y=[0, 1], common=("w",))
    labels = given_of(**arrays, y=[[1.0, 0.0], [0.0, 1.0]], common=("w",))
    assert status("cross-entropy-weighted-reductions", Losses(), index) == "holds"
    assert status("cross-entropy-dense-weighted-reductions", Losses(), labels) == "holds"
    assert status("cross-entropy-weighted-reductions", Losses(**{INDEX: by_rows(cross_entropy)}), index) == "broken"
    assert status("cross-entropy-dense-weighted-reductions", Losses(**{DENSE: by_weights}), labels) == "broken"


def test_the_sum_over_nothing_is_zero_and_its_mean_is_not_asked_for():
    given = given_of(x=[[0.0, 1.0]], i=[-100], y=[-100], common=("i",))
    outcome = check(property_named("cross-entropy-dropped-rows"), Losses(), given)
    assert (outcome.status, outcome.compared) == ("holds", 1)
    assert (
        status("cross-entropy-dropped-rows", Losses(**{INDEX: as_class_zero(by_rows(cross_entropy))}), given)
        == "broken"
    )
    given = given_of(x=[[0.0, 1.0]], i=[-100], k=[-100], w=[1.0, 1.0], common=("i", "w"))
    assert status("nll-of-log-softmax-options", Losses(), given) == "holds"


class NoWeights(Losses):
    def evaluate(self, call):
        if "weight" in call.parameters:
            message = "it does not take weight"
            raise Unsupported(message)
        return super().evaluate(call)


def test_an_option_that_is_not_taken_hides_no_other():
    without_options = given_of(x=[[0.0, 1.0]], k=[0], v=[1.0])
    assert status("dense-equals-sparse", NoWeights(), without_options) == "holds"
    smoothed = given_of(x=[[0.0, 1.0]], k=[0], e=[0.125], common=("e",))
    assert status("label-smoothing-index", NoWeights(), smoothed) == "holds"
    weighted = given_of(x=[[0.0, 1.0]], k=[0], w=[1.0, 1.0], common=("w",))
    with pytest.raises(Unsupported, match="weight"):
        status("cross-entropy-weight", NoWeights(), weighted)


class Clamped(Losses):
    """Logarithms not below −100, as PyTorch documents its binary cross-entropy."""

    def __init__(self, off=0.0):
        super().__init__(
            binary_cross_entropy=lambda p, z: (
                off - times(z, np.maximum(np.log(p), -100)) - times(1 - z, np.maximum(np.log1p(-p), -100))
            )
        )

    def definition(self, function, quantity):
        return "clamp-log-100" if (function, quantity) == (BINARY, "value") else "literal"


def test_a_stated_deviation_excuses_what_it_explains():
    clamped, inside = given_of("float64", p=[1e-50], z=[1.0]), given_of("float64", p=[0.25], z=[1.0])
    assert status("binary-cross-entropy-definition", Clamped(), clamped) == "deviates"
    assert status("binary-cross-entropy-definition", Clamped(), inside) == "holds"
    assert status("binary-cross-entropy-definition", Clamped(off=0.5), inside) == "broken"
    assert status("binary-cross-entropy-definition", Clamped(off=100.0), clamped) == "broken"


def test_labels_that_do_not_sum_to_one_have_a_property_of_their_own():
    given = given_of(x=[[0.0, 1.0]], y=[[1.0, 1.0]], v=[1.0])
    with pytest.raises(ValueError, match="not in the domain"):
        status("cross-entropy-gradient", Losses(), given)
    assert status("cross-entropy-gradient-any-labels", Losses(), given) == "holds"


NOT_ADMITTED = {
    "cross-entropy-linear-in-labels": {"y": [[0.3, 0.7]], "z": [[0.5, 0.5]], "q": [[0.5, 0.5]]},
    "kl-split-class": {"y": [[0.5, 0.5]], "q": [[1.0, 0.0]]},
    "binary-is-two-class": {"p": [2.0**-40], "z": [0.5]},
    "binary-cross-entropy-symmetry": {"p": [1.0], "z": [0.5]},
    "sigmoid-cross-entropy-symmetry": {"x": [0.0], "z": [0.3]},
    "cross-entropy-masked-classes": {"x": [[0.0, -np.inf]], "k": [1]},
    "cross-entropy-dense-bounds": {"x": [[3e38, 0.0]], "y": [[1.0, 0.0]]},
    "weight-gradient": {"y": [[1.0, 0.0]], "w": [[[0.3], [0.0]]], "o": [[1.0]]},
    "softmax-versus-sigmoid-shape": {"x": [[0.0, 1.0]], "y": [[0.5, 0.5]]},
    "nll-weight": {"l": [[0.5, -1.0]], "k": [0], "w": [1.0, 1.0]},
}


@pytest.mark.parametrize("name", NOT_ADMITTED)
def test_inputs_for_which_a_statement_is_not_made_are_refused(name):
    with pytest.raises(ValueError, match="not in the domain"):
        check_reference(property_named(name), given_of(**NOT_ADMITTED[name], common=("w",)))
