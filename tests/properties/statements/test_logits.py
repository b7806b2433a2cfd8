"""The properties of functions of logits: competent kernels satisfy them, and each breaks on the kernel it is for."""

from __future__ import annotations

import numpy as np
import pytest
from logit_kernels import Kernels, log_sigmoid, log_softmax, logit, logsumexp, sigmoid, softmax, softmax_vjp, softplus

from logitproof.properties import PROPERTIES, PropertyInputs, Seeded, check, check_reference, property_named
from logitproof.properties.catalogue import _OF_LOGITS
from logitproof.properties.checking.balls import exact
from logitproof.properties.checking.functions import Reference
from logitproof.properties.statements.row_claims import largest, shifted, smallest
from logitproof.reference import FORMATS


def numerators(x):
    return np.exp(x - x.max(-1, keepdims=True))


def class_factors(x):
    """A factor for every place that differs from 1."""
    return 1 + np.arange(x.shape[-1]) / 100


def normalised(terms):
    return terms / terms.sum(-1, keepdims=True)


def distinct_only(x):
    """Softmax whose sum counts equal logits once."""
    sums = [np.exp(np.unique(row) - row.max()).sum() for row in x]
    return numerators(x) / np.array(sums)[:, None]


def last_lane_doubled(x):
    """Softmax whose vector loop spoils the last number of long rows."""
    terms = numerators(x)
    terms[:, 40:] *= np.where(np.arange(40, x.shape[-1]) == x.shape[-1] - 1, 2, 1)
    return normalised(terms)


def leader_alone(x, v):
    """The gradient of a hard maximum: what softmax gives the largest logit, and nothing for the others."""
    return np.where(x == x.max(-1, keepdims=True), softmax_vjp(x, v), 0.0)


def at_masked(x, gradient):
    return np.where(np.isneginf(x), 0.001, gradient)


def through_rounded_logsumexp(x, v):
    """exp(x - lse) with the log-sum-exp rounded to float32 first."""
    stored = logsumexp(x).astype(np.float32).astype(np.float64)
    return np.exp(x - stored[..., None]) * v[..., None]


def base_two(x):
    return normalised(np.exp2(x - x.max(-1, keepdims=True)))


def falling(x):
    """Logits that are farther apart the smaller they are."""
    return 8 * x / (1 + x**2)


WRONG = {
    "sigmoid-range": {"sigmoid": lambda x: (1 + 1.01 * np.tanh(x / 2)) / 2},
    "sigmoid-two-forms": {"sigmoid": lambda x: 1 / (1 + np.exp2(-x))},
    "sigmoid-symmetry": {"sigmoid": lambda x: 1 / (1 + np.exp(-x) + 0.001)},
    "sigmoid-monotonicity": {"sigmoid": lambda x: sigmoid(np.abs(x))},
    "sigmoid-is-softmax": {"sigmoid": lambda x: sigmoid(1.702 * x)},
    "sigmoid-of-difference": {"softmax": base_two},
    "sigmoid-derivative": {"sigmoid__gradient": lambda x, v: v * sigmoid(x) ** 2},
    "sigmoid-inflection": {"sigmoid__gradient": lambda x, v: v * sigmoid(x) / 4},
    "logit-two-forms": {"logit": lambda p: -np.log(1 / p - p)},
    "logit-inverts-sigmoid": {"logit": lambda p: logit(p) / np.log(2)},
    "logit-symmetry": {"logit": lambda p: logit(np.maximum(p, 1e-3))},
    "logit-derivative": {"logit__gradient": lambda p, v: v / p},
    "softplus-two-forms": {"softplus": lambda x: np.where(x > 5, x, softplus(x))},
    "softplus-difference": {"softplus": lambda x: np.where(x > 5, x, softplus(x))},
    "softplus-bounds": {"softplus": lambda x: softplus(x) / np.log(2)},
    "softplus-derivative": {"softplus__gradient": lambda x, v: v * (x > 0)},
    "softplus-is-logsumexp": {"logsumexp": lambda x: logsumexp(x - x.max(-1, keepdims=True))},
    "log-sigmoid-of-sigmoid": {"log_sigmoid": lambda x: np.log(sigmoid(x) + 1e-6)},
    "log-sigmoid-is-softplus": {"log_sigmoid": lambda x: -softplus(x)},
    "log-sigmoid-difference": {"log_sigmoid": lambda x: np.maximum(log_sigmoid(x), -10)},
    "log-sigmoid-bounds": {"log_sigmoid": lambda x: np.log(sigmoid(x) + 0.01)},
    "log-sigmoid-derivative": {"log_sigmoid__gradient": lambda x, v: v * sigmoid(x)},
    "log-sigmoid-is-log-softmax": {"log_softmax": lambda x: log_softmax(x) / np.log(2)},
    "softmax-distribution": {"softmax": lambda x: numerators(x) / (numerators(x).sum(-1, keepdims=True) + 0.01)},
    "shift-invariance": {"softmax": lambda x: softmax(np.clip(x, -10, 10))},
    "softmax-ratio": {"softmax": last_lane_doubled},
    "softmax-order": {"softmax": lambda x: softmax(-x)},
    "softmax-permutation": {"softmax": lambda x: normalised(numerators(x) * class_factors(x))},
    "logits-are-unnormalised-log-probabilities": {"softmax": base_two},
    "softmax-equal-logits": {"softmax": lambda x: softmax(x) * 1.01},
    "softmax-repeated-class": {"softmax": distinct_only},
    "softmax-repeated-row": {"softmax": distinct_only},
    "softmax-of-the-others": {"softmax": lambda x: (softmax(x) + 1 / x.shape[-1]) / 2},
    "softmax-masking": {"softmax": lambda x: softmax(np.maximum(x, -60))},
    "softmax-jacobian": {"softmax__gradient": lambda x, v: softmax(x) * (1 - softmax(x)) * v},
    "hardmax-gradient": {"softmax__gradient": leader_alone},
    "softmax-gradient-sum": {"softmax__gradient": lambda x, v: softmax(x) * (1 - softmax(x)) * v},
    "softmax-gradient-linearity": {"softmax__gradient": lambda x, v: np.clip(softmax_vjp(x, v), -0.1, 0.1)},
    "softmax-jacobian-symmetry": {"softmax__gradient": lambda x, v: softmax(x) * (v - v.mean(-1, keepdims=True))},
    "softmax-jacobian-definiteness": {"softmax__gradient": lambda x, v: -softmax_vjp(x, v)},
    "softmax-gradient-permutation": {"softmax__gradient": lambda x, v: softmax_vjp(x, v) * class_factors(x)},
    "softmax-gradient-masking": {"softmax__gradient": lambda x, v: at_masked(x, softmax_vjp(x, v))},
    "temperature-limits": {"softmax": lambda x: softmax(4 * x / np.abs(x).max(-1, keepdims=True))},
    "temperature-hard-maximum": {"softmax": lambda x: softmax(x / 2)},
    "temperature-entropy": {
        "softmax": lambda x: softmax(falling(x)),
        "log_softmax": lambda x: log_softmax(falling(x)),
    },
    "log-softmax-fused": {"log_softmax": lambda x: np.log(softmax(x) + 1e-5)},
    "log-softmax-bounds": {"log_softmax": lambda x: np.log(softmax(x) + 0.01)},
    "log-softmax-distribution": {"log_softmax": lambda x: np.log(softmax(x) + 0.01)},
    "log-softmax-of-softmax": {"log_softmax": lambda x: log_softmax(x) / np.log(2)},
    "log-softmax-is-logit-minus-logsumexp": {"logsumexp": lambda x: logsumexp(x) - np.log(x.shape[-1])},
    "log-softmax-idempotence": {"log_softmax": lambda x: log_softmax(x) / np.log(2)},
    "softmax-of-log-softmax": {"log_softmax": lambda x: log_softmax(x) / np.log(2)},
    "log-softmax-shift-invariance": {"log_softmax": lambda x: log_softmax(np.clip(x, -10, 10))},
    "log-softmax-differences": {"log_softmax": lambda x: np.maximum(log_softmax(x), -10)},
    "log-softmax-permutation": {"log_softmax": lambda x: log_softmax(x) * class_factors(x)},
    "log-softmax-masking": {"log_softmax": lambda x: np.maximum(log_softmax(x), -1e4)},
    "log-softmax-gradient": {"log_softmax__gradient": softmax_vjp},
    "log-softmax-gradient-sum": {"log_softmax__gradient": lambda x, v: v - softmax(x) * v},
    "log-softmax-gradient-linearity": {"log_softmax__gradient": lambda x, v: np.clip(v, -1, 1)},
    "logsumexp-bounds": {"logsumexp": lambda x: logsumexp(x) - np.log(x.shape[-1])},
    "logsumexp-shift": {"logsumexp": lambda x: logsumexp(np.clip(x, -10, 10))},
    "logsumexp-monotonicity": {"logsumexp": lambda x: logsumexp(x - x.max(-1, keepdims=True))},
    "logsumexp-convexity": {"logsumexp": lambda x: -logsumexp(-x)},
    "logsumexp-equal-logits": {"logsumexp": lambda x: x.max(-1)},
    "logsumexp-repeated-row": {"logsumexp": lambda x: logsumexp(x) - np.log(x.shape[-1])},
    "logsumexp-repeated-class": {"logsumexp": lambda x: logsumexp(x) - np.log(x.shape[-1])},
    "logsumexp-in-parts": {"logsumexp": lambda x: logsumexp(x) / np.log(2)},
    "logsumexp-permutation": {"logsumexp": lambda x: logsumexp(x * class_factors(x))},
    "logsumexp-masking": {"logsumexp": lambda x: logsumexp(np.maximum(x, x.max(-1, keepdims=True) - 5))},
    "logsumexp-gradient": {"logsumexp__gradient": through_rounded_logsumexp},
    "logsumexp-gradient-sum": {"logsumexp__gradient": through_rounded_logsumexp},
    "logsumexp-gradient-masking": {"logsumexp__gradient": lambda x, v: at_masked(x, softmax(x) * v[..., None])},
}
"""For each property a kernel as one might write it by mistake, which it is there to find."""

EACH = pytest.mark.parametrize("name", WRONG)


def draws(name, dtype, batches, cases=8):
    domain = property_named(name).domain
    return (domain.draw(Seeded("logits", name, dtype, number), dtype, cases) for number in range(batches))


def test_every_property_of_functions_of_logits_has_its_wrong_kernel():
    assert list(WRONG) == [prop.id for subject in _OF_LOGITS for prop in subject.stated.properties]
    assert set(WRONG) <= set(PROPERTIES)


@EACH
@pytest.mark.parametrize("dtype", FORMATS)
def test_competent_kernels_satisfy_every_property(name, dtype):
    outcomes = [check(property_named(name), Kernels(), given) for given in draws(name, dtype, 4)]
    assert [outcome.told for outcome in outcomes if outcome.status == "broken"] == []
    assert any(outcome.compared for outcome in outcomes)


@EACH
def test_a_wrong_kernel_breaks_the_property_that_is_for_it(name):
    wrong = Kernels(**WRONG[name])
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


def test_a_shift_that_rounds_the_logits_is_no_fault_of_softmax():
    given = given_of(x=[[0.25, 0.5, 1.0]], c=[2.0**23])
    moved, rest = shifted(given["x"], given["c"])
    assert [float(part) for part in rest[0]] == [-0.25, -0.5, 0.0]
    # Taken as they are, the two softmaxes differ in their first digit.
    assert np.abs(softmax(moved.astype(float)) - softmax(given["x"].astype(float))).max() > 0.05
    for name in ("shift-invariance", "log-softmax-shift-invariance", "logsumexp-shift"):
        outcome = check(property_named(name), Kernels(), given)
        assert (outcome.status, check_reference(property_named(name), given).status) == ("holds", "holds")
        assert outcome.compared >= 2


def test_a_shift_that_overflows_is_not_compared():
    given = given_of("float16", x=[[1.0, 60000.0]], c=[60000.0])
    assert check(property_named("shift-invariance"), Kernels(), given).status == "undecided"


def test_the_rounding_of_log_p_is_accounted_for():
    given = given_of("bfloat16", p=[[0.75, 0.25, 2.0**-16]])
    name = "logits-are-unnormalised-log-probabilities"
    assert check_reference(property_named(name), given).status == "holds"
    logs = np.log(given["p"].astype(np.float64)).astype(given["p"].dtype)
    off = Reference()("softmax", logs)[0] - exact(given["p"])[0]
    assert max(abs(float(difference)) for difference in off) > 5e-4


def test_logit_gives_back_what_the_stored_sigmoid_determines_and_no_more():
    prop = property_named("logit-inverts-sigmoid")
    # sigmoid(12) is stored with an error that moves its logit by 1e-3: far beyond the rounding of logit itself.
    stored = np.float64(sigmoid(np.float64(12)).astype(np.float32))
    assert abs(logit(stored) - 12) > 1e-4
    given = given_of(x=[12.0], p=[0.5])
    assert check_reference(prop, given).status == check(prop, Kernels(), given).status == "holds"
    assert check(prop, Kernels(logit=lambda p: logit(p) + 0.1), given).status == "broken"
    # sigmoid(20) is stored as 1: of the logit nothing is left to compare.
    both, one = (check(prop, Kernels(), given_of(x=[x], p=[0.5])).compared for x in (12.0, 20.0))
    assert (both, one) == (2, 1)


def test_a_temperature_that_rounds_the_logits_is_not_compared():
    prop, exact_ones = property_named("temperature-entropy"), [1.0, 2.0]
    given = given_of(x=[[2.0**-149, 1.0], exact_ones], tau=[1024.0], common=("tau",))
    assert check(prop, Kernels(), given).compared == 1
    given = given_of("float16", x=[[60000.0, 1.0], exact_ones], tau=[0.5], common=("tau",))
    assert check(prop, Kernels(), given).compared == 1


def test_ties_share_the_hard_maximum():
    given = given_of(x=[[3.0, 3.0, 1.0], [2.0, 2.0, 2.0]], tau=[0.0009765625], common=("tau",))
    prop = property_named("temperature-hard-maximum")
    assert check(prop, Kernels(), given).status == "holds"
    first_takes_all = Kernels(softmax=lambda x: np.eye(x.shape[-1])[x.argmax(-1)])
    assert check(prop, first_takes_all, given).status == "broken"


def test_equal_logits_must_not_be_told_apart():
    uneven = Kernels(softmax=lambda x: normalised(softmax(x) * class_factors(x)))
    given = given_of(x=[[2.0, 2.0, 1.0]])
    outcome = check(property_named("softmax-order"), uneven, given)
    assert outcome.status == "broken"
    assert check(property_named("softmax-order"), Kernels(), given).status == "holds"


def test_ratios_are_sharp_where_the_sum_is_not():
    """The sum of a wide row of float16 may stagnate: every entry is then off alike, and no ratio is."""
    given = given_of("float16", x=np.where(np.arange(2048) % 2, 0.0, 1.0)[None])
    half = Kernels(softmax=lambda x: softmax(x) * 2)
    assert check(property_named("softmax-ratio"), half, given).status == "holds"
    last = Kernels(softmax=lambda x: softmax(x) * np.where(np.arange(x.shape[-1]) == x.shape[-1] - 1, 2, 1))
    assert check(property_named("softmax-ratio"), last, given).status == "broken"


def test_the_masked_class_that_is_wrong_is_told():
    given = given_of(x=[[0.0, 1.0, -np.inf], [0.0, -np.inf, 1.0]])
    leaking = Kernels(softmax=lambda x: np.where(np.isneginf(x) & (x[:, -1:] == 1), 0.125, softmax(x)))
    outcome = check(property_named("softmax-masking"), leaking, given)
    assert (outcome.status, outcome.case, outcome.worst.index) == ("broken", 1, (1, 1))


@pytest.mark.parametrize("instead", [-1e4, np.nan, np.inf])
def test_nothing_but_minus_infinity_stands_at_a_masked_class_of_log_softmax(instead):
    given = given_of(x=[[0.0, 1.0, -np.inf]])
    prop = property_named("log-softmax-masking")
    assert check(prop, Kernels(), given).status == check_reference(prop, given).status == "holds"
    wrong = Kernels(log_softmax=lambda x: np.where(np.isneginf(x), instead, log_softmax(x)))
    assert check(prop, wrong, given).status == "broken"


def test_a_combination_of_cotangents_that_rounds_is_not_compared():
    given = given_of(
        x=[[0.0, 1.0]], v=[[1.0, 0.0]], w=[[2.0**-30, 0.0]], alpha=[1.0], beta=[1.0], common=("alpha", "beta")
    )
    assert check(property_named("softmax-gradient-linearity"), Kernels(), given).status == "undecided"


def test_the_gradient_of_torch_logsumexp_is_what_it_is_called():
    """At three equal logits of -262144 each has a third; exp(x - lse) with lse rounded gives each the whole."""
    given = given_of("bfloat16", x=[[-262144.0] * 3], v=[1.0])
    rounded = Kernels(logsumexp__gradient=lambda x, v: np.exp(x - x.max(-1, keepdims=True)) * v[..., None])
    for name in ("logsumexp-gradient", "logsumexp-gradient-sum"):
        assert check(property_named(name), rounded, given).status == "broken"
        assert check(property_named(name), Kernels(), given).status == "holds"


@pytest.mark.parametrize("name", ["softmax-of-the-others", "hardmax-gradient"])
def test_what_is_said_of_several_classes_is_not_asked_of_one(name):
    with pytest.raises(ValueError, match="not in the domain"):
        check_reference(property_named(name), given_of(x=[[1.0]], k=[0]))


def test_the_largest_of_balls_is_undecided_with_one_of_them():
    assert (float(largest(exact([[1.0, 3.0, 2.0]])).item()), float(smallest(exact([[1.0, 3.0]])).item())) == (3, 1)
    assert not largest(exact([[1.0, np.nan]])).item().is_finite()
