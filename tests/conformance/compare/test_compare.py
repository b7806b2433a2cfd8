"""Two runs held against each other: what became of every result, on real runs of two versions of a module."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from compared_kernels import AFTER, BEFORE, ran

import logitproof
from logitproof.conformance.compare.compare import compare
from logitproof.conformance.compare.kinds import KINDS
from logitproof.conformance.corpus.corpus import BatchKey, build
from logitproof.conformance.scripts.expected import ulp_exponent
from logitproof.reference import format_named
from logitproof.reports import CHANGE_MEANINGS, decode_comparison, encode_comparison, float_from, read_outputs


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The older and the newer run."""
    folder, dtypes = tmp_path_factory.mktemp("runs"), ("float16", "float32")
    old, new = (ran(folder / name, source, dtypes=dtypes) for name, source in (("old", BEFORE), ("new", AFTER)))
    return old, new


@pytest.fixture(scope="module")
def forward(runs):
    """What became of the older one."""
    return compare(*runs, jobs=1)


@pytest.fixture(scope="module")
def backward(runs):
    """The same, the other way round: what was lost is gained."""
    return compare(*reversed(runs), jobs=1)


def changes(comparison, function, quantity="value", dtype="float32"):
    """Return the changes of a function by kind, over all of its checks: how many elements, and the examples."""
    by_kind = {}
    for check in comparison.checks:
        if (check.function, check.quantity, check.dtype) == (function, quantity, dtype):
            for change in check.changes:
                by_kind.setdefault(change.kind, []).append(change)
    return by_kind


def kinds(comparison, function, quantity="value", dtype="float32"):
    return set(changes(comparison, function, quantity, dtype))


def count(comparison, function, kind, **where):
    return sum(change.elements for change in changes(comparison, function, **where).get(kind, ()))


def examples(comparison, function, kind, **where):
    return [change.largest for change in changes(comparison, function, **where)[kind]]


def of_function(comparison, function, dtype="float32", quantity="value"):
    return [
        check
        for check in comparison.checks
        if (check.function, check.dtype, check.quantity) == (function, dtype, quantity)
    ]


# Every class


def test_a_run_against_itself_is_safe_and_every_result_identical(runs):
    comparison = compare(runs[0], runs[0])
    assert comparison.outcome == "safe"
    assert comparison.complete
    assert comparison.entry_points == comparison.properties == comparison.notes == ()
    kinds_of_changes = {change.kind for check in comparison.checks for change in check.changes}
    assert kinds_of_changes == {"identical"}
    stored = sum(
        math.prod(each.shape) for check in runs[0].record.checks if check.outputs for each in check.outputs.batches
    )
    assert sum(check.elements for check in comparison.checks) == stored
    assert {check.spreads for check in comparison.checks} == {(None, None)}


def test_the_same_results_are_identical_though_the_module_is_another(forward):
    assert kinds(forward, "sigmoid") == {"identical"}


def test_a_severity_that_rose_is_a_regression_and_one_that_fell_is_fixed(forward, backward):
    assert kinds(forward, "log_sigmoid") == {"regressed", "identical"}
    assert kinds(backward, "log_sigmoid") == {"fixed", "identical"}
    for example in examples(forward, "log_sigmoid", "regressed"):
        assert example.before_severity is None
        assert example.after_severity == "defect"
        assert float_from(example.before_ulps) < 3
        assert 60 < float_from(example.after_ulps) < 140
    assert count(forward, "log_sigmoid", "regressed") == count(backward, "log_sigmoid", "fixed") > 100


def test_an_infinity_is_new_where_the_exact_result_is_a_number_that_the_dtype_holds(forward, backward):
    assert "new NaN or infinity" in kinds(forward, "softplus")
    assert "gone NaN or infinity" in kinds(backward, "softplus")
    for example in examples(forward, "softplus", "new NaN or infinity"):
        assert example.after == "inf"
        assert math.isfinite(float_from(example.before))
        assert example.after_severity == "defect"
    assert count(forward, "softplus", "new NaN or infinity") == count(backward, "softplus", "gone NaN or infinity")


def test_farther_and_nearer_are_told_with_the_same_severity(forward, backward):
    assert kinds(forward, "softmax") == {"farther", "identical"}
    assert kinds(backward, "softmax") == {"nearer", "identical"}
    for example in examples(forward, "softmax", "farther"):
        assert example.before_severity == example.after_severity is None
        assert float_from(example.before_ulps) < float_from(example.after_ulps)


def test_another_sign_of_zero_is_another_result_and_no_farther(forward):
    assert kinds(forward, "entropy_terms") == {"otherwise", "identical"}
    for example in examples(forward, "entropy_terms", "otherwise"):
        assert {example.before, example.after} <= {"0x0p+0", "-0x0p+0"}
        assert example.before_ulps == example.after_ulps


def test_an_error_on_some_cases_is_new_there_and_the_other_cases_are_compared(forward, backward):
    assert kinds(forward, "logit") == {"new error", "identical"}
    assert kinds(backward, "logit") == {"gone error", "identical"}
    some = next(check for check in of_function(forward, "logit") if {c.kind for c in check.changes} > {"new error"})
    assert "too certain" in some.reason
    for example in examples(forward, "logit", "new error"):
        assert example.failure in {"error", "refused"}
        assert "too certain" in example.after
        assert example.after_ulps == example.ulps == "inf"
        (probability,) = example.inputs["probs"].values
        assert float_from(probability) > 0.99
    for example in examples(backward, "logit", "gone error"):
        assert "too certain" in example.before
    assert count(forward, "logit", "new error") == count(backward, "logit", "gone error")


def test_a_dtype_that_is_refused_altogether_is_a_new_error(forward, backward):
    assert kinds(forward, "binary_cross_entropy") == {"identical"}
    assert kinds(forward, "binary_cross_entropy", dtype="float16") == {"new error"}
    assert kinds(backward, "binary_cross_entropy", dtype="float16") == {"gone error"}
    for check in of_function(forward, "binary_cross_entropy", dtype="float16"):
        if check.changes:
            assert check.statuses == ("examined", "error")
            assert check.changes[0].largest.failure == "error"
            assert "no halves" in check.changes[0].largest.after
            assert check.is_regression


def test_a_gradient_that_is_no_more_offered_is_a_new_error(forward):
    assert kinds(forward, "sigmoid", "gradient:x") == {"new error"}


def test_a_crash_is_a_new_error(forward, backward):
    assert kinds(forward, "nll_loss") == {"new error", "identical"}
    assert any(example.failure == "crash" for example in examples(forward, "nll_loss", "new error"))
    assert kinds(backward, "nll_loss") == {"gone error", "identical"}


def test_a_dtype_that_is_wrong_now_is_a_regression_and_one_that_is_right_again_a_change(forward, backward):
    assert kinds(forward, "logsumexp") == kinds(backward, "logsumexp") == {"dtype or shape changed"}
    for check in of_function(forward, "logsumexp"):
        assert "dtype float64, before float32" in check.reason
        assert check.is_regression
    for check in of_function(backward, "logsumexp"):
        assert not check.is_regression
        assert not check.is_safe
    for example in examples(forward, "logsumexp", "dtype or shape changed"):
        assert (example.failure, example.before_severity, example.after_severity) == ("dtype", None, "defect")


def test_a_shape_that_is_wrong_now_is_a_regression(forward, backward):
    assert kinds(forward, "entropy") == kinds(backward, "entropy") == {"dtype or shape changed"}
    assert all(check.is_regression for check in of_function(forward, "entropy"))
    assert not any(check.is_regression for check in of_function(backward, "entropy"))
    for example in examples(forward, "entropy", "dtype or shape changed"):
        assert example.failure == "shape"
        assert example.after.startswith("shape (")
        assert example.after.endswith("1)")


def test_an_input_that_is_overwritten_is_a_regression_though_every_result_is_the_same(forward, backward):
    assert kinds(forward, "kl_divergence") == {"regressed", "identical"}
    assert kinds(backward, "kl_divergence") == {"fixed", "identical"}
    for example in examples(forward, "kl_divergence", "regressed"):
        assert example.failure == "input modified"
        assert "labels" in example.after


def test_a_second_call_that_differs_is_a_regression_though_every_first_result_is_the_same(forward):
    changed = kinds(forward, "categorical_cross_entropy")
    assert changed == {"regressed", "identical"}
    for example in examples(forward, "categorical_cross_entropy", "regressed"):
        assert (example.failure, example.run) == ("", "repeat")
        assert example.after.startswith("nan:")


def test_entry_points_are_removed_and_added(forward, backward):
    assert [(each.kind, each.entry_point) for each in forward.entry_points] == [
        ("removed", "log_softmax"),
        ("default changed", "sparse_categorical_cross_entropy"),
        ("added", "kl_divergence_terms"),
    ]
    assert forward.entry_points[0].detail == "computed log_softmax"
    assert forward.entry_points[1].detail == "epsilon=1e-07, before epsilon=0.0"
    assert [each.kind for each in backward.entry_points] == ["removed", "default changed", "added"]
    for check in of_function(forward, "log_softmax"):
        assert check.statuses == ("examined", None)
        assert check.reason == "only the older run has it"
        assert check.changes == ()


def test_an_entry_point_with_another_name_and_the_same_bits_is_renamed(runs):
    old, _ = runs
    new = _renamed(old, "softmax", "softmax_of_axis")
    comparison = compare(old, new)
    assert [(each.kind, each.entry_point, each.detail) for each in comparison.entry_points] == [
        ("renamed", "softmax_of_axis", "softmax before, and the same bits")
    ]
    assert comparison.outcome == "changed"
    renamed = [check for check in comparison.checks if check.entry_point == "softmax_of_axis"]
    assert {check.old_entry_point for check in renamed} == {"softmax"}
    assert all(check.is_safe for check in renamed)
    # One result that is another is another entry point.
    changed = replace(
        new,
        record=replace(
            new.record,
            checks=tuple(
                replace(check, outputs=replace(check.outputs, sha256="0" * 64))
                if check.entry_point == "softmax_of_axis" and check.outputs and check.dtype == "float16"
                else check
                for check in new.record.checks
            ),
        ),
    )
    comparison = compare(old, changed)
    assert {each.kind for each in comparison.entry_points} == {"removed", "added"}
    assert comparison.outcome == "regressed"


def _renamed(run, name, later):
    record = run.record
    checks = tuple(
        replace(check, entry_point=later, id=f"{number:016x}") if check.entry_point == name else check
        for number, check in enumerate(record.checks)
    )
    (backend,) = record.backends
    points = tuple(later if each == name else each for each in backend.entry_points)
    signatures = {later if key == name else key: value for key, value in backend.signatures.items()}
    return replace(
        run,
        record=replace(record, checks=checks, backends=(replace(backend, entry_points=points, signatures=signatures),)),
    )


def test_an_entry_point_that_no_longer_computes_a_function_is_told_where_the_run_shows_it(runs):
    old, _ = runs

    def both(run, *, without=(), alone=""):
        """Call two functions by one entry point, and one of them by another too."""
        checks = []
        for number, check in enumerate(run.record.checks):
            if check.function not in {"sigmoid", "softplus"}:
                continue
            if check.function not in without:
                checks.append(replace(check, entry_point="both", id=f"{number:016x}"))
            if check.function == alone:
                checks.append(replace(check, entry_point="other", id=f"{number + 10_000:016x}"))
        (backend,) = run.record.backends
        backends = (replace(backend, entry_points=("both", "other"), signatures={}),)
        return replace(run, record=replace(run.record, checks=tuple(checks), backends=backends))

    was = both(old, alone="softplus")
    comparison = compare(was, both(old, without=("softplus",), alone="softplus"))
    assert [(each.kind, each.entry_point, each.detail) for each in comparison.entry_points] == [
        ("removed", "both", "no longer computes softplus")
    ]
    assert comparison.outcome == "regressed"
    # A run that was restricted shows nothing of the kind.
    assert compare(was, both(old, without=("softplus",))).entry_points == ()
    some = both(old, without=("softplus",), alone="softplus")
    checks = [check for check in some.record.checks if check.entry_point != "both" or check.input_class == "mixed"]
    some = replace(some, record=replace(some.record, checks=tuple(checks)))
    assert compare(was, some).entry_points == ()


# Properties, timings, the whole


def test_properties_that_broke_are_told_and_those_that_hold_again(forward, backward):
    broke = {each.property for each in forward.properties if each.after == "broken"}
    assert broke
    assert {each.property for each in backward.properties if each.before == "broken"} == broke
    assert "holds" in {each.after for each in backward.properties}
    assert all(each.before != each.after for each in (*forward.properties, *backward.properties))


def test_the_outcome_is_regressed_by_any_of_it_and_the_record_of_it_reads_back(forward, backward):
    assert forward.outcome == backward.outcome == "regressed"  # log_softmax is gone, or kl_divergence_terms
    assert decode_comparison(encode_comparison(forward)) == forward
    assert forward.complete
    assert {timing.entry_point for timing in forward.timings} >= {"sigmoid", "softmax"}


def test_every_check_of_either_run_is_there_once(runs, forward):
    ids = [check.id for check in forward.checks]
    assert len(set(ids)) == len(ids)
    assert set(ids) == {check.id for run in runs for check in run.record.checks}


def test_changes_come_gravest_first_and_each_kind_once(forward, backward):
    for comparison in (forward, backward):
        for check in comparison.checks:
            order = [KINDS.index(change.kind) for change in check.changes]
            assert order == sorted(set(order))
            assert check.elements >= sum(c.elements for c in check.changes if not (c.largest and _is_beside(c.largest)))
    assert tuple(CHANGE_MEANINGS) == KINDS


def _is_beside(example):
    return example.failure == "input modified" or example.run == "repeat"


def test_the_same_comparison_comes_from_one_process_and_from_two(runs, forward):
    assert encode_comparison(compare(*runs, jobs=2)) == encode_comparison(forward)


# Against a judge of its own


def _bits(run, check):
    same_check = next(each for each in run.record.checks if each.id == check.id)
    return read_outputs(run.folder, same_check.outputs)


@pytest.mark.parametrize("function", ["softmax", "softplus"])
def test_each_element_is_where_exact_arithmetic_puts_it(runs, forward, function):
    """Counted once more, from the stored bits and 40 digits, with none of the judge's code."""
    check = next(
        each for each in of_function(forward, function) if each.input_class == "ordinary" or function == "softplus"
    )
    before, after = (_bits(run, check) for run in runs)
    elements = {change.kind: change.elements for change in check.changes}
    tally = {"identical": 0, "farther": 0, "nearer": 0, "equal": 0, "infinite": 0}
    for name in before:
        batch = build(BatchKey(function, "float32", name))
        axis = {"axis": int(batch.parameters["axis"])} if "axis" in batch.parameters else {}
        exact = logitproof.exact(function, batch.arguments[0], **axis)
        decimals = exact.decimals(40).reshape(-1)
        for old, new, text in zip(before[name].reshape(-1), after[name].reshape(-1), decimals, strict=True):
            if old.tobytes() == new.tobytes():
                tally["identical"] += 1
            elif not math.isfinite(new):
                tally["infinite"] += 1
            else:
                order = abs(Fraction(float(new)) - Fraction(text)) - abs(Fraction(float(old)) - Fraction(text))
                tally["farther" if order > 0 else "nearer" if order < 0 else "equal"] += 1
    assert tally["identical"] == elements["identical"]
    assert tally["infinite"] == elements.get("new NaN or infinity", 0)
    worse = sum(elements.get(kind, 0) for kind in ("farther", "regressed"))
    better = sum(elements.get(kind, 0) for kind in ("nearer", "fixed"))
    assert (tally["farther"], tally["nearer"], tally["equal"]) == (worse, better, elements.get("otherwise", 0))
    assert sum(tally.values()) == check.elements
    assert worse + better > 10


def test_the_largest_change_is_the_largest(runs, forward):
    check = next(each for each in of_function(forward, "softmax") if each.input_class == "ordinary")
    (farther,) = (change for change in check.changes if change.kind == "farther")
    before, after = (_bits(run, check) for run in runs)
    apart = []
    for name in before:
        batch = build(BatchKey("softmax", "float32", name))
        exact = logitproof.exact("softmax", batch.arguments[0], axis=int(batch.parameters["axis"])).decimals(40)
        for old, new, text in zip(before[name].reshape(-1), after[name].reshape(-1), exact.reshape(-1), strict=True):
            ulp = Fraction(2) ** ulp_exponent(format_named("float32"), Fraction(text))
            apart.append(abs(Fraction(float(new)) - Fraction(float(old))) / ulp)
    example = farther.largest
    assert float_from(example.ulps) == float(max(apart)) > 0
    assert before[example.batch][example.index] == np.float32(float_from(example.before))
    assert after[example.batch][example.index] == np.float32(float_from(example.after))


def test_examples_are_of_the_corpus_and_carry_their_inputs(forward):
    from logitproof.conformance.inputs.geometry import element_numbers
    from logitproof.conformance.inputs.hashes import case_hash

    for check in forward.checks:
        for change in check.changes:
            example = change.largest
            if example is None:
                assert change.kind == "identical"
                continue
            batch = build(BatchKey(check.function, check.dtype, example.batch))
            flat = int(np.ravel_multi_index(example.index, _shape(batch, check))) if example.index else 0
            case = int(np.argwhere(element_numbers(batch, check.quantity) == flat)[0][0])
            assert case_hash(batch, case) == example.case
            assert set(example.inputs) >= {argument.name for argument in batch.spec.arguments}


def _shape(batch, check):
    from logitproof.conformance.inputs.geometry import result_shape

    return result_shape(batch, check.quantity)
