"""Causes: a kernel with one mistake of the catalogue is told by it, and by no other; a right one is not accused."""

from __future__ import annotations

import numpy as np
import pytest
from cause_judging import STANDARD, judged, names_in

import logitproof
from logitproof.conformance.causes.algorithms.arithmetic import machines
from logitproof.conformance.causes.algorithms.correct import careful
from logitproof.conformance.causes.assign import causes_of
from logitproof.conformance.causes.mistakes.catalogue import every_mistake


def _mistake(name, function, quantity, part=""):
    return next(
        each
        for each in every_mistake()
        if (each.name, each.function, each.quantity) == (name, function, quantity) and part in each.formula
    )


SHOWN = [
    ("gradient from the rounded lse", "logsumexp", "gradient:logits", "float32"),
    ("exp without the shift by the maximum", "softmax", "value", "float32"),
    ("exp without the shift by the maximum", "logsumexp", "value", "float32"),
    ("1 - p that cancels", "sigmoid", "gradient:x", "float32"),
    ("sum of the labels missing in the gradient", "softmax_cross_entropy", "gradient:logits", "float32"),
    ("the diagonal of the Jacobian alone", "softmax", "gradient:logits", "float32"),
    ("gradient through the sum missing", "log_softmax", "gradient:logits", "float32"),
    ("derivative of the logarithm missing", "entropy", "gradient:probs", "float32"),
    ("labels missing in the gradient", "kl_divergence", "gradient:probs", "float32"),
    ("gradient as if after a softmax", "categorical_cross_entropy", "gradient:probs", "float32"),
    ("gradient as if after a sigmoid", "binary_cross_entropy", "gradient:probs", "float32"),
    ("1e-6 added to a denominator", "binary_cross_entropy", "gradient:probs", "float32"),
    (
        "a product that overflows before its small factor",
        "kl_divergence_terms_from_logs",
        "gradient:log_labels",
        "float32",
    ),
    ("log of a sum near 1", "log_softmax", "value", "float32"),
    ("x - lse", "log_softmax", "value", "float32"),
    ("x - lse", "sparse_softmax_cross_entropy", "value", "float32"),
    ("log of softmax", "log_softmax", "value", "float32"),
    ("log of softmax", "softmax_cross_entropy", "value", "float64"),
    ("probabilities clipped to 1e-7", "softmax_cross_entropy", "value", "float32"),
    ("probabilities clipped to 1e-8", "log_softmax", "value", "float32"),
    ("probabilities clipped to 1e-12", "categorical_cross_entropy", "value", "float32"),
    ("probabilities clipped to 1e-15", "categorical_cross_entropy", "value", "float64"),
    ("probabilities clipped to eps", "binary_cross_entropy", "value", "float32"),
    ("probabilities clipped to 1e-6", "logit", "value", "float32"),
    ("1e-7 added to a probability", "categorical_cross_entropy", "gradient:probs", "float32"),
    ("1e-12 added to a probability", "sigmoid_cross_entropy", "value", "float32"),
    ("shift by the maximum only where it is positive", "logsumexp", "value", "float32"),
    ("the largest term counted twice", "logsumexp", "value", "float32"),
    ("inf - inf in a masked row", "logsumexp", "value", "float32"),
    ("0 times infinity", "softmax_cross_entropy", "value", "float32"),
    ("0 times infinity", "entropy", "value", "float32"),
    ("exp that overflows", "sigmoid", "value", "float32"),
    ("sigmoid by way of tanh", "sigmoid", "value", "float32"),
    ("logits clipped to ±30", "sigmoid", "value", "float32"),
    ("log(1 + e) instead of log1p", "softplus", "value", "float32"),
    ("log of sigmoid", "log_sigmoid", "value", "float32"),
    ("softplus taken as x above 10", "softplus", "value", "float32"),
    ("softplus cut off by a threshold", "softplus", "gradient:x", "float32"),
    ("log(1 - p) instead of log1p", "binary_cross_entropy", "value", "float32"),
    ("probabilities normalised first", "kl_divergence", "value", "float32"),
    ("labels and probabilities exchanged", "kl_divergence", "value", "float32"),
    ("the entropy of the labels missing", "kl_divergence_terms_from_log_probs", "value", "float32"),
    ("labels normalised first", "softmax_cross_entropy", "value", "float32"),
    ("the class before the label", "nll_loss", "value", "float32"),
    ("the class after the label", "sparse_softmax_cross_entropy", "value", "float32"),
    ("wrong sign", "categorical_cross_entropy", "value", "float32"),
    ("cotangent ignored", "logsumexp", "gradient:logits", "float32"),
    ("logarithm to the base 2", "entropy", "value", "float32"),
    ("mean over the classes instead of their sum", "kl_divergence", "value", "float32"),
    ("computed in float32", "log_softmax", "value", "float64"),
    ("computed in float16", "sigmoid", "value", "float32"),
    ("computed in bfloat16", "softmax", "value", "float32"),
    ("inputs rounded to bfloat16", "log_softmax", "value", "float32"),
    ("sum accumulated in float16", "softmax", "value", "float32"),
    ("sum accumulated in bfloat16", "logsumexp", "value", "float32"),
    ("intermediate results rounded to float16", "softmax", "gradient:logits", "float16"),
    ("intermediate results rounded to bfloat16", "softmax", "gradient:logits", "bfloat16"),
    ("subnormal numbers flushed to zero", "sigmoid", "value", "float32"),
]


WITH_OPTIONS = [
    ("weights forgotten", "softmax_cross_entropy", "value"),
    ("weights forgotten", "nll_loss", "gradient:log_probs"),
    ("weight of the positive term on the negative one", "sigmoid_cross_entropy", "value"),
    ("weight of the positive term forgotten", "sigmoid_cross_entropy", "gradient:logits"),
    ("label smoothing shared among the other classes", "softmax_cross_entropy", "value"),
    ("label smoothing not divided by the number of classes", "categorical_cross_entropy", "value"),
    ("label smoothing towards 0", "categorical_cross_entropy", "value"),
    ("label smoothing forgotten", "sigmoid_cross_entropy", "value"),
    ("label smoothing by the length of the last axis", "softmax_cross_entropy", "value"),
    ("mean not divided", "sparse_softmax_cross_entropy", "value"),
    ("mean over all classes of all rows", "sparse_softmax_cross_entropy", "value"),
    ("mean divided by the weights", "softmax_cross_entropy", "value"),
    ("weighted mean divided by the number of rows", "nll_loss", "value"),
    ("ignored rows count in the mean", "sparse_softmax_cross_entropy", "value"),
    ("ignored rows counted", "sparse_softmax_cross_entropy", "gradient:logits"),
]


@pytest.mark.parametrize(("name", "function", "quantity", "dtype"), SHOWN)
def test_a_kernel_with_one_mistake_is_told_by_it_and_by_no_other(name, function, quantity, dtype):
    mistake = _mistake(name, function, quantity)
    machine = machines(dtype)[-1]
    names = names_in(judged(function, quantity, lambda case: mistake.result(case, machine), dtype))
    assert name in names
    assert names <= {name, *STANDARD}


@pytest.mark.parametrize(("name", "function", "quantity"), WITH_OPTIONS)
def test_a_kernel_that_misreads_an_option_is_told_so(name, function, quantity):
    mistake = _mistake(name, function, quantity)
    correct = careful(function, quantity)
    machine = machines("float32")[-1]

    def misread(case):
        misreading = mistake.result(case, machine)
        return correct(case, machine) if misreading is None else misreading

    names = names_in(judged(function, quantity, misread, options=True))
    assert name in names
    assert names <= {name, *STANDARD}


def _noisy(case):
    """Right to a thousandth: no mistake of the catalogue."""
    exact = careful(case.function, case.quantity)(case, machines("float32")[0]).astype(np.float64)
    return (exact * (1 + 2.0**-10 * np.cos(np.arange(exact.size)).reshape(exact.shape))).astype(np.float32)


@pytest.mark.parametrize("function", ["softmax", "log_softmax", "sigmoid", "softplus", "sparse_softmax_cross_entropy"])
def test_a_mistake_that_is_not_in_the_catalogue_has_no_cause(function):
    pairs = judged(function, "value", _noisy)
    assert [finding for finding, _ in pairs if finding.judged.severity == "defect"]
    assert names_in(pairs) == set()


@pytest.mark.parametrize("number", [np.nan, 0.0, 1.0, np.inf, -1.0])
@pytest.mark.parametrize("function", ["softmax", "log_softmax", "sigmoid", "logsumexp"])
def test_a_number_that_many_formulas_give_tells_nothing(function, number):
    def constant(case):
        return np.full_like(careful(function, "value")(case, machines("float32")[0]), number)

    assert names_in(judged(function, "value", constant)) == set()


def test_a_cause_that_also_fails_where_nothing_failed_is_not_told():
    # Row 256 of the last class reads its neighbour: as "the class before the label" would, which fails everywhere.
    mistake = _mistake("the class before the label", "sparse_categorical_cross_entropy", "value")
    machine = machines("float32")[-1]

    def clamped(case):
        correct = careful(case.function, case.quantity)(case, machine)
        return np.where((case.labels == 256)[:, None], mistake.result(case, machine), correct)

    pairs = judged("sparse_categorical_cross_entropy", "value", clamped)
    assert any(finding.judged.severity == "defect" for finding, _ in pairs)
    assert names_in(pairs) == set()


def test_a_mistake_of_half_the_cases_alone_is_not_the_mistake_of_all():
    correct = careful("logit", "gradient:probs")
    machine = machines("float32")[-1]

    def without_sign(case):
        # v is taken for |v|: where it is negative, the result has the wrong sign.
        return correct(case.with_(cotangent=np.abs(case.cotangent)), machine)

    pairs = judged("logit", "gradient:probs", without_sign)
    assert any(finding.judged.severity == "defect" for finding, _ in pairs)
    assert names_in(pairs) == set()


def test_without_what_was_returned_beside_it_no_place_tells_of_a_number_without_digits():
    mistake = _mistake("0 times infinity", "entropy", "value")
    pairs = judged("entropy", "value", lambda case: mistake.result(case, machines("float32")[-1]))
    findings = [finding for finding, _ in pairs]
    assert names_in(pairs) == {"0 times infinity"}
    for finding in findings:
        finding.tally.outputs.clear()
    assert set(causes_of(findings)) == {None}


def test_other_libraries_functions_leave_a_candidate_near_and_the_evidence_says_how_near():
    mistake = _mistake("x - lse", "log_softmax", "value")

    def drifted(case):
        evaluated = mistake.result(case, machines("float32")[-1])
        return np.nextafter(evaluated, np.float32(-np.inf))

    pairs = judged("log_softmax", "value", drifted)
    evidence = {cause.evidence for _, cause in pairs if cause is not None and cause.name == "x - lse"}
    assert any(
        text.startswith("within 1 ulp of x - logsumexp(x) in float32, where the exact result is ") for text in evidence
    )


def test_a_zero_is_not_called_bit_identical():
    mistake = _mistake("probabilities clipped to 1e-7", "binary_cross_entropy", "gradient:probs")
    pairs = judged("binary_cross_entropy", "gradient:probs", lambda case: mistake.result(case, machines("float32")[-1]))
    evidence = {cause.evidence for finding, cause in pairs if cause is not None and finding.judged.observed == 0}
    assert evidence
    assert all(text.startswith(("0, as ", "-0, as ")) for text in evidence)


def test_a_result_at_a_nan_input_has_no_cause_of_its_own():
    mistake = _mistake("softplus cut off by a threshold", "softplus", "value")
    pairs = judged("softplus", "value", lambda case: mistake.result(case, machines("float32")[-1]))
    assert [finding.judged.kind for finding, _ in pairs if finding.judged.severity == "defect"] == ["limit missed"]
    assert names_in(pairs) == set()


@pytest.mark.framework("torch")
def test_the_bits_of_another_framework_are_reproduced_and_the_evidence_says_so():
    import torch

    findings = logitproof.examine(
        lambda logits, *, axis: torch.softmax(logits, axis).log(),
        "log_softmax",
        framework="torch",
        profile="smoke",
        dtypes=("float32",),
    )
    causes = {each.cause for each in findings.discrepancies if each.quantity == "value" and each.severity == "defect"}
    assert causes == {"log of softmax"}
    assert "bit-identical to log(softmax(x)) in float32" in {each.evidence for each in findings.discrepancies}


@pytest.mark.framework("torch")
def test_the_gradient_of_torch_logsumexp_comes_from_the_rounded_result():
    import torch

    findings = logitproof.examine(
        lambda logits, *, axis: torch.logsumexp(logits, axis),
        "logsumexp",
        framework="torch",
        profile="smoke",
        dtypes=("float32",),
    )
    defects = [each for each in findings.discrepancies if each.severity == "defect"]
    assert {each.cause for each in defects} == {"gradient from the rounded lse"}


def test_causes_are_the_same_each_time():
    mistake = _mistake("x - lse", "log_softmax", "value")
    pairs = judged("log_softmax", "value", lambda case: mistake.result(case, machines("float32")[-1]))
    findings = [finding for finding, _ in pairs]
    assert causes_of(findings) == [cause for _, cause in pairs]
    assert causes_of(findings[::-1])[::-1] == [cause for _, cause in pairs]


def test_without_findings_there_are_no_causes():
    assert causes_of([]) == []
