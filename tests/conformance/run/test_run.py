"""A run as a whole: what becomes of answers, errors and deviations in the record."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import logitproof
from logitproof.conformance.corpus.corpus import keys
from logitproof.conformance.errors import UserError
from logitproof.conformance.judge.judged_output import Exact
from logitproof.conformance.judge.record import enclosing_text
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.conformance.run.session import WINDOW
from logitproof.reference import Status
from logitproof.reports import Check, Record, encode_record, exit_status, float_from, verdict

SOFTPLUS = """
import numpy as np
framework = "numpy"

def softplus(x):
    return np.where(x > 20, x, np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))).astype(x.dtype)
"""
STATED = 'deviations = {"softplus": ("linear-above-20", "https://example.org/softplus")}\n'


def examined(folder: Path, source: str, *, name: str = "kernels", **request: object) -> Record:
    """Run a module as the only backend."""
    module = folder / f"{name}.py"
    module.write_text(source)
    asked = RunRequest(backends=(str(module),), **{"profile": "smoke", "jobs": 1, **request})  # type: ignore[arg-type]
    return run(asked, Silence())


def kinds(record: Record, severity: str) -> set[str]:
    return {finding.kind for finding in record.discrepancies if finding.severity == severity}


@pytest.mark.slow
def test_the_same_inputs_give_the_same_record(tmp_path):
    source = SOFTPLUS + "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n"
    first, second = (
        dataclasses.replace(record, run=dataclasses.replace(record.run, started="", finished="", seconds={}))
        for record in (examined(tmp_path, source), examined(tmp_path, source, jobs=2))
    )
    assert encode_record(first) == encode_record(second)


def test_an_undeclared_shortcut_is_a_defect_and_a_stated_one_a_convention(tmp_path):
    undeclared = examined(tmp_path, SOFTPLUS, dtypes=("float64",))
    stated = examined(tmp_path, SOFTPLUS + STATED, dtypes=("float64",))
    assert "beyond bound" in kinds(undeclared, "defect")
    assert not kinds(stated, "defect")
    assert "deviation: linear-above-20" in kinds(stated, "convention")


def test_a_deviation_does_not_excuse_a_result_that_does_not_follow_it(tmp_path):
    wrong = SOFTPLUS.replace("np.where(x > 20, x,", "np.where(x > 10, x,") + STATED
    assert "beyond bound" in kinds(examined(tmp_path, wrong, dtypes=("float64",)), "defect")


NO_HALVES = SOFTPLUS.replace(
    "    return", '    if x.dtype == np.float16:\n        raise TypeError("no halves")\n    return'
)


def of_half(record: Record) -> list[Check]:
    return [check for check in record.checks if check.dtype == "float16" and check.quantity == "value"]


def test_a_dtype_on_which_everything_raises_is_a_defect(tmp_path):
    record = examined(tmp_path, NO_HALVES)
    assert {(check.status, check.reason) for check in of_half(record)} == {("error", "TypeError: no halves")}
    assert all(check.severities["defect"] for check in of_half(record))
    assert "error" in kinds(record, "defect")
    assert exit_status(record) == 1


def test_a_dtype_that_is_declared_unsupported_is_not_examined(tmp_path):
    record = examined(tmp_path, NO_HALVES + 'unsupported = {"softplus": ["float16"]}\n')
    assert {check.status for check in of_half(record)} == {"unsupported"}
    unexamined = {(each.kind, each.reason) for check in of_half(record) for each in check.unexamined}
    assert unexamined == {("unsupported", "declared unsupported")}
    assert "error" not in kinds(record, "defect")


@pytest.mark.framework("torch")
def test_an_option_or_a_gradient_on_which_everything_raises_is_a_defect(tmp_path):
    source = """
import torch
framework = "torch"

def sparse_softmax_cross_entropy(logits, labels, *, axis, weight=None, label_smoothing=0.0, reduction="none"):
    if weight is not None:
        raise NotImplementedError("no weights")
    return Right.apply(torch.nn.functional.cross_entropy(logits.movedim(axis, 1), labels, reduction=reduction))

class Right(torch.autograd.Function):
    @staticmethod
    def forward(context, value):
        return value * 1

    @staticmethod
    def backward(context, cotangent):
        raise NotImplementedError("no backward")
"""
    record = examined(tmp_path, source, dtypes=("float32",))
    raised = {discrepancy.observed: discrepancy for discrepancy in record.discrepancies if discrepancy.kind == "error"}
    assert {discrepancy.severity for discrepancy in raised.values()} == {"defect"}
    assert set(raised) == {"NotImplementedError: no weights", "NotImplementedError: no backward"}
    lacking = [check for check in record.checks if "ignore_index" in check.parameters]
    assert {(check.status, check.unexamined) for check in lacking} == {("unsupported", ())}


@pytest.mark.framework("torch")
@pytest.mark.parametrize(("dtype", "kind"), [("float16", "not implemented"), ("float32", None)])
def test_a_dtype_that_torch_has_no_kernel_for_is_not_examined_and_no_other_dtype_is_excused(tmp_path, dtype, kind):
    source = """
import torch
framework = "torch"

def sigmoid(x):
    return torch.sigmoid(x) * torch.special.erfcx(torch.zeros_like(x).half())
"""
    record = examined(tmp_path, source, dtypes=(dtype,))
    kinds_of_gaps = {each.kind for check in record.checks for each in check.unexamined}
    assert kinds_of_gaps == ({kind} if kind else {"given up"})
    assert ("error" in kinds(record, "defect")) == (kind is None)
    said = {check.reason for check in record.checks}
    assert said == {"NotImplementedError: \"erfcx_cpu\" not implemented for 'Half'"}


@pytest.mark.framework("torch")
def test_a_missing_kernel_is_no_excuse_where_other_inputs_of_the_dtype_have_results(tmp_path):
    source = """
import torch
framework = "torch"

def sigmoid(x):
    if (x > 4).any():
        torch.special.erfcx(x)
    return torch.sigmoid(x)
"""
    record = examined(tmp_path, source, dtypes=("float16",))
    assert "error" in kinds(record, "defect")
    assert not [each for check in record.checks for each in check.unexamined if each.kind == "not implemented"]


def test_a_function_without_the_axis_that_every_call_has_is_not_examined(tmp_path):
    source = SOFTPLUS + "def softmax(logits):\n    return logits\n"
    record = examined(tmp_path, source, functions=("softmax", "softplus"), dtypes=("float64",))
    unexamined = {each.kind for check in record.checks if check.function == "softmax" for each in check.unexamined}
    assert unexamined == {"signature"}
    assert "not examined: softmax in float64 (softmax does not take axis" in verdict(record)


def test_what_is_given_up_after_errors_is_counted_for_what_raised_alone(tmp_path):
    source = SOFTPLUS + "def softplus_vjp(cotangent, x):\n    raise ValueError('no vjp')\n"
    record = examined(tmp_path, source, dtypes=("float32",))
    given_up = {check.quantity for check in record.checks for each in check.unexamined if each.kind == "given up"}
    assert given_up == {"gradient:x"}


@pytest.mark.parametrize(
    ("condition", "severity", "kind"),
    [("np.isnan(x).any()", "convention", "refused"), ("(x > 80).any()", "defect", "error")],
)
def test_an_error_is_a_defect_on_valid_inputs_and_a_convention_on_others(tmp_path, condition, severity, kind):
    source = SOFTPLUS.replace("    return", f'    if {condition}:\n        raise ValueError("not this")\n    return')
    record = examined(tmp_path, source, dtypes=("float32",))
    assert kind in kinds(record, severity)
    other = {"convention": "defect", "defect": "convention"}[severity]
    assert kind not in kinds(record, other)


def test_a_check_keeps_the_worst_and_the_smallest_case(tmp_path):
    source = """
import numpy as np
framework = "numpy"

def logsumexp(logits, *, axis):
    return np.log(np.exp(logits).sum(axis)).astype(logits.dtype)
"""
    record = examined(tmp_path, source, dtypes=("float32",))
    for check in record.checks:
        of_check = [finding for finding in record.discrepancies if finding.check == check.id]
        for severity, kind in {(finding.severity, finding.kind) for finding in of_check}:
            same = [finding for finding in of_check if (finding.severity, finding.kind) == (severity, kind)]
            assert 1 <= len(same) <= 2
            assert len({finding.id for finding in same}) == len(same)
    assert {"nan", "infinity"} & kinds(record, "defect")


def test_every_finding_names_an_enclosure_that_holds_the_truth(tmp_path):
    source = (
        'import numpy as np\nframework = "numpy"\ndef sigmoid(x):\n    return np.float32(0.5) * (1 + np.tanh(x / 2))\n'
    )
    record = examined(tmp_path, source, dtypes=("float32",))
    findings = [finding for finding in record.discrepancies if finding.kind == "beyond bound"]
    assert findings
    for finding in findings:
        (x,) = (float_from(text) for text in finding.inputs["x"].values or ())
        exact = float(logitproof.exact("sigmoid", [x], dtype="float64").nearest("float64")[0])
        assert float_from(finding.expected.lower) <= exact <= float_from(finding.expected.upper)
        assert finding.expected.decimal[:8] in finding.explanation


def test_only_the_checks_asked_for_are_made(tmp_path):
    every = examined(tmp_path, SOFTPLUS, dtypes=("float32",))
    chosen = every.checks[1].id
    record = examined(tmp_path, SOFTPLUS, dtypes=("float32",), checks=(chosen,))
    assert [check.id for check in record.checks] == [chosen]
    assert record.checks[0] == every.checks[1]


@pytest.mark.parametrize("asked", [{"checks": ("0123456789abcdef",)}, {"entry_points": ("softpluss",)}])
def test_a_check_or_entry_point_that_does_not_exist_is_refused(tmp_path, asked):
    with pytest.raises(UserError):
        examined(tmp_path, SOFTPLUS, dtypes=("float32",), **asked)


def test_a_function_of_this_process_is_examined_like_a_module():
    def softmax(logits, *, axis):
        with np.errstate(all="ignore"):
            terms = np.exp(logits)
            return (terms / terms.sum(axis, keepdims=True)).astype(logits.dtype)

    findings = logitproof.examine(softmax, "softmax", framework="numpy", profile="smoke", dtypes=["float32"])
    assert {"nan"} <= {finding.kind for finding in findings.discrepancies if finding.severity == "defect"}
    with pytest.raises(AssertionError, match="softmax"):
        logitproof.assert_ok(findings)


def test_a_wrong_gradient_in_hand_is_a_defect_and_a_right_one_is_not():
    logits = np.array([[2.0, 3.0, 4.0]])
    exact = logitproof.exact("softmax", [[2.0, 3.0, 4.0]]).nearest()
    gradient = exact - np.array([[0.0, 1.0, 0.0]])
    inputs = {"logits": logits, "labels": np.array([1]), "cotangent": np.array([1.0])}
    result = logitproof.judge("sparse_softmax_cross_entropy", inputs, {"gradient:logits": gradient})
    wrong = logitproof.judge("sparse_softmax_cross_entropy", inputs, {"gradient:logits": exact})
    logitproof.assert_ok(result)
    assert [finding.severity for finding in wrong.discrepancies] == ["defect"]


def test_a_gradient_without_its_cotangent_is_not_judged():
    with pytest.raises(ValueError, match="cotangent"):
        logitproof.judge("softmax", np.zeros((1, 2)), {"gradient:logits": np.zeros((1, 2))})


class InterruptedAfter(Silence):
    """Progress during which the user presses Ctrl-C."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def advance(self, batches: int = 1) -> None:
        self.left -= batches
        if self.left == 0:
            raise KeyboardInterrupt


def test_an_interrupted_run_keeps_what_was_examined_and_claims_nothing_else(tmp_path):
    module = tmp_path / "kernels.py"
    module.write_text(SOFTPLUS)
    asked = RunRequest(backends=(str(module),), dtypes=("float32", "float64"), profile="ci", jobs=1)
    record = run(asked, InterruptedAfter(3))
    assert not record.complete
    values = [check for check in record.checks if check.quantity == "value"]
    examined = {(check.dtype, batch.batch) for check in values for batch in check.batches if batch.results}
    assert 3 <= len(examined) <= 3 + WINDOW < len(keys("ci", functions=("softplus",), dtypes=asked.dtypes))
    assert all(check.status == "examined" and check.cases > 0 for check in values)


@pytest.mark.parametrize(
    ("exact", "lower", "upper", "decimal"),
    [
        ((0.75, 0.0, 3, 0.0), 6.0, 6.0, "6.0000000000000000000"),
        ((0.0, 0.0, 0, 0.0), 0.0, 0.0, "0"),
        ((0.5, 0.0, 5000, 1e-20), np.finfo(np.float64).max, np.inf, "7.0623"),
        ((0.5, 0.0, -5000, 1e-20), 0.0, 5e-324, "3.5399"),
        ((0.5, 0.0, -100, 0.6), -1e-30, 1e-30, "0 ± "),
    ],
)
def test_the_text_of_an_exact_result_encloses_it_and_vouches_for_its_digits(exact, lower, upper, decimal):
    low, high, text = enclosing_text(Exact(*exact, Status.FINITE, -1))
    assert lower <= float_from(low) <= float_from(high) <= upper
    assert float_from(low) < np.inf
    assert text.startswith(decimal)
