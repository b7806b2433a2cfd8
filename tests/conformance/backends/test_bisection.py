"""A batch that kills, outlasts or upsets the worker is taken apart to the cases that do it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worker_samples import call_batch, module, softmax_batch

from logitproof.conformance.backends.bisection import examine_batch
from logitproof.conformance.backends.client import Worker
from logitproof.conformance.backends.deaths import MOST_OF_CLASS, MOST_OF_ENTRY_POINT, Deaths

SOURCE = """
import os, time
import numpy as np
framework = "numpy"
calls = 0
def softmax(logits, *, axis):
    {before}
    p = np.exp(logits - logits.max(axis, keepdims=True))
    return p / p.sum(axis, keepdims=True)
def softmax_vjp(cotangent, logits, *, axis):
    {vjp}
    p = softmax(logits, axis=axis)
    return p * (cotangent - (p * cotangent).sum(axis, keepdims=True))
"""
BAD = 64.0
BOTH = ("value", "gradient:logits")


def _examined(folder, bad_cases, *, before="pass", vjp="pass", rows=32, quantities=BOTH, call_timeout=60):
    logits = np.random.default_rng(0).normal(size=(rows, 5))
    logits[list(bad_cases), 2] = BAD
    spec = module(folder, SOURCE.format(before=before, vjp=vjp))
    with Worker.start(spec, call_timeout=call_timeout) as worker:
        return logits, examine_batch(worker, softmax_batch(logits, "float64"), "softmax", quantities)


def _answered(examined, quantity="value"):
    return sorted(case for part in examined.parts if part.answer.of(quantity) for case in part.cases)


CRASH = f"if (logits == {BAD}).any(): os._exit(1)"
HANG = f"if (logits == {BAD}).any(): time.sleep(1000)"
RAISE = f"if (logits == {BAD}).any(): raise ValueError('no')"


def test_a_batch_that_works_is_one_part(tmp_path):
    _, examined = _examined(tmp_path, [])
    [part] = examined.parts
    assert part.cases == tuple(range(32))
    assert part.batch.name == "sample"
    assert not examined.failures
    assert examined.not_run is None


@pytest.mark.parametrize(("before", "kind"), [(CRASH, "crash"), (HANG, "hang"), (RAISE, "error")])
@pytest.mark.parametrize("bad", [0, 13, 31])
def test_the_one_bad_case_is_found_and_the_others_keep_their_results(tmp_path, before, kind, bad):
    rows = 32 if kind != "hang" else 4
    bad = min(bad, rows - 1)
    logits, examined = _examined(tmp_path, [bad], before=before, rows=rows, call_timeout=1.5 if kind == "hang" else 10)
    [case_failure] = examined.failures
    assert case_failure.cases == (bad,)
    assert case_failure.quantities == BOTH
    assert case_failure.failure.kind == kind
    assert _answered(examined) == [case for case in range(rows) if case != bad]
    assert examined.not_run is None
    for part in examined.parts:
        expected = np.exp(logits[list(part.cases)])
        expected /= expected.sum(1, keepdims=True)
        # Softmax of moderate logits in float64: some ten roundings of 2^-53, far below the difference between rows.
        np.testing.assert_allclose(part.answer.of("value")[0].array, expected, rtol=2.0**-45)


def test_two_crashes_end_the_search_and_the_rest_is_said_not_to_be_run(tmp_path):
    _, examined = _examined(tmp_path, [3, 17, 28], before=CRASH)
    assert [case_failure.cases for case_failure in examined.failures] == [(3,), (17,)]
    assert len(examined.failures) == MOST_OF_CLASS
    assert (examined.not_run.cases, examined.not_run.quantities) == (tuple(range(18, 32)), BOTH)
    assert examined.not_run.why.kind == "crash"
    assert "2 times on inputs of the class 'ordinary'" in examined.not_run.why.reason
    assert sorted([*_answered(examined), 3, 17, *examined.not_run.cases]) == list(range(32))


@pytest.mark.parametrize(("rows", "deaths"), [(1, 1), (64, 2), (1000, 3)])
def test_the_search_for_a_case_that_crashes_costs_few_workers(tmp_path, rows, deaths):
    log = tmp_path / "started"
    source = SOURCE.format(before=CRASH, vjp="pass") + f"open({str(log)!r}, 'a').write('.')\n"
    logits = np.zeros((rows, 3))
    logits[-1, 2] = BAD
    with Worker.start(module(tmp_path, source)) as worker:
        examined = examine_batch(worker, softmax_batch(logits, "float64"), "softmax", ["value"])
    assert [case_failure.cases for case_failure in examined.failures] == [(rows - 1,)]
    assert log.stat().st_size <= 1 + deaths + 1  # the first, those in place of the dead, and one that stands by


def _batch(rows, dtype="float64", input_class="ordinary"):
    return replace(softmax_batch(rows, dtype), input_class=input_class)


def test_deaths_are_counted_over_batches_and_dtypes_by_input_class(tmp_path):
    deaths, spec = Deaths(), module(tmp_path, SOURCE.format(before=CRASH, vjp="pass"))
    good, bad = [1.0, 2.0], [BAD, 0.0]

    def examined(*rows, **kind):
        return examine_batch(worker, _batch(rows, **kind), "softmax", ["value"], deaths)

    with Worker.start(spec) as worker:
        assert examined(bad, good).not_run is None
        assert examined(good, bad, good, dtype="float32").not_run.cases == (2,)
        left_out = examined(good)
        assert (left_out.parts, left_out.failures, left_out.not_run.cases) == ((), (), (0,))
        for number in range(2):
            assert examined(bad, bad, input_class=f"other {number}").not_run is None
        assert len([calls for calls in [examined(good, input_class="third")] if calls.parts]) == 0
        assert "6 times" in examined(good, input_class="third").not_run.why.reason
    assert MOST_OF_ENTRY_POINT == 6


def test_a_crash_among_errors_is_found_too(tmp_path):
    both = f"{CRASH}\n    {RAISE.replace(str(BAD), '32.0')}"
    spec = module(tmp_path, SOURCE.format(before=both, vjp="pass"))
    logits = np.zeros((70, 3))
    logits[20, 0], logits[50, 0], logits[69, 0] = 32, 32, BAD
    with Worker.start(spec) as worker:
        examined = examine_batch(worker, softmax_batch(logits, "float64"), "softmax", ["value"])
    kinds = {case_failure.cases: case_failure.failure.kind for case_failure in examined.failures}
    assert kinds == {(20,): "error", (50,): "error", (69,): "crash"}
    assert _answered(examined) == [case for case in range(70) if case not in (20, 50, 69)]


def test_several_errors_are_all_found_within_the_budget(tmp_path):
    _, examined = _examined(tmp_path, [5, 6], before=RAISE)
    assert sorted(case_failure.cases for case_failure in examined.failures) == [(5,), (6,)]
    assert _answered(examined) == [case for case in range(32) if case not in (5, 6)]


def test_too_many_errors_are_given_up_and_nothing_is_claimed_about_the_rest(tmp_path):
    bad = range(1, 32, 3)
    _, examined = _examined(tmp_path, bad, before=RAISE)
    failed_cases = [case for failure in examined.failures for case in failure.cases]
    assert set(failed_cases) <= set(bad)
    assert examined.not_run.why is None
    assert sorted([*_answered(examined), *failed_cases, *examined.not_run.cases]) == list(range(32))


def test_the_search_for_errors_keeps_to_its_budget(tmp_path):
    log = tmp_path / "calls"
    count = f"open({str(log)!r}, 'a').write('.')"
    _examined(tmp_path, range(1, 32, 3), before=f"{count}; " + RAISE.replace("if ", "\n    if "), quantities=["value"])
    # Each call that works is made twice, each that raises once; the whole batch is one call beyond the budget.
    assert log.stat().st_size <= 2 * (2 * 5 + 8 + 1) + 2


def test_what_fails_everywhere_is_not_searched(tmp_path):
    log = tmp_path / "calls"
    _, examined = _examined(
        tmp_path, [], before=f"open({str(log)!r}, 'a').write('.'); raise TypeError('never')", quantities=["value"]
    )
    assert log.stat().st_size == 4
    assert [case_failure.cases for case_failure in examined.failures] == [(0,), (16,), (31,)]
    assert len(examined.not_run.cases) == 29
    assert not examined.parts


def test_a_gradient_that_fails_on_one_case_costs_nothing_else(tmp_path):
    _, examined = _examined(tmp_path, [9], vjp=RAISE)
    assert _answered(examined, "value") == list(range(32))
    assert _answered(examined, "gradient:logits") == [case for case in range(32) if case != 9]
    [case_failure] = examined.failures
    assert (case_failure.cases, case_failure.quantities) == ((9,), ("gradient:logits",))


def test_cases_that_fail_only_together_are_told_together(tmp_path):
    _, examined = _examined(tmp_path, [], before="if len(logits) > 20: raise MemoryError('too many')")
    [case_failure] = examined.failures
    assert case_failure.cases == tuple(range(32))
    assert case_failure.failure.type == "MemoryError"
    assert _answered(examined) == list(range(32))


def test_a_reduced_batch_is_one_case(tmp_path):
    source = """
    framework = "numpy"
    def nll_loss(log_probs, labels, *, axis, reduction): raise ValueError("no")
    """
    batch = call_batch("nll_loss", "float64", {"reduction": "mean"})
    with Worker.start(module(tmp_path, source)) as worker:
        examined = examine_batch(worker, batch, "nll_loss", ["value"])
    [case_failure] = examined.failures
    assert case_failure.cases == (0,)


def test_what_is_unsupported_is_not_searched(tmp_path):
    source = "framework = 'numpy'\ndef softmax(logits): return logits\n"
    with Worker.start(module(tmp_path, source)) as worker:
        examined = examine_batch(worker, softmax_batch(np.zeros((4, 3))), "softmax", ["value"])
    [case_failure] = examined.failures
    assert (case_failure.failure.kind, case_failure.cases) == ("unsupported", (0, 1, 2, 3))


def test_elements_are_the_cases_of_an_element_wise_function(tmp_path):
    source = """
    import numpy as np
    framework = "numpy"
    def sigmoid(x):
        if (x == 64).any(): raise ValueError("no")
        return 1 / (1 + np.exp(-x))
    """
    x = np.arange(12.0).reshape(3, 4)
    x[1, 2] = 64
    batch = call_batch("sigmoid", "float64", {}, shape=(3, 4), x=x)
    with Worker.start(module(tmp_path, source)) as worker:
        examined = examine_batch(worker, batch, "sigmoid", ["value"])
    [case_failure] = examined.failures
    assert case_failure.cases == (6,)
