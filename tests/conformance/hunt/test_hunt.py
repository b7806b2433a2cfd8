"""The hunt: planted faults are found, shrunk to few simple numbers, kept, and recognised the next time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from logitproof.conformance.backends.client import WorkerUnavailable
from logitproof.conformance.backends.in_process import InProcess
from logitproof.conformance.backends.protocol import Failure, Reply
from logitproof.conformance.hunt import search as _hunt_search
from logitproof.conformance.hunt.examiner import Examiner
from logitproof.conformance.hunt.hunt import Hunted, HuntRequest, hunt
from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.inputs.witness import Witness, read_witness, witnesses_in
from logitproof.conformance.run.request import RunRequest
from logitproof.reports import Setting, float_from


class Log:
    """Progress that is looked at afterwards."""

    def __init__(self):
        self.lines, self.subjects, self.largest, self.cases = [], [], {}, 0

    def begin(self, subjects, largest):
        self.lines.append(f"{subjects} subjects")
        self.largest = largest

    def visit(self, subject):
        self.subjects.append(subject)

    def advance(self, cases):
        self.cases += cases

    def note(self, line):
        self.lines.append(line)


class Backend:
    """A function of this process; `before` sees every batch, and may answer in its place."""

    def __init__(self, inner: InProcess, before: Callable[[Batch], Reply | None]):
        self.inner, self.before, self.calls = inner, before, 0

    def evaluate(self, batch: Batch, entry_point: str, quantities: Sequence[str], *, setting: Setting) -> Reply:
        self.calls += 1
        return self.before(batch) or self.inner.evaluate(batch, entry_point, quantities, setting=setting)


def hunted(folder, function, call, *, before=lambda _: None, vjp=None, log=None, **asked):
    """Hunt over a NumPy function in float32."""
    inner = InProcess.of(call, function, "numpy", vjp)
    examiner = Examiner({"numpy": Backend(inner, before)}, {"numpy": inner.hello}, (), print)
    wanted = {"seconds": 60.0, "examples": 150, "seed": 1, **asked}
    dtypes = wanted.pop("dtypes", ("float32",))
    request = HuntRequest(RunRequest(("numpy",), functions=(function,), dtypes=dtypes), folder, **wanted)
    with np.errstate(all="ignore"):
        return hunt(request, examiner, log or Log())


def shrunk(result: Hunted) -> dict[tuple[str, str], Witness]:
    """The witnesses, by quantity and kind."""
    return {(each.quantity, each.kind): each for each in map(read_witness, result.files)}


def numbers(witness: Witness) -> list[float]:
    """The first argument."""
    return witness.batch().arguments[0].ravel().tolist()


def textbook_softmax(logits, *, axis):
    terms = np.exp(logits - logits.max(axis, keepdims=True))
    return (terms / terms.sum(axis, keepdims=True)).astype(logits.dtype)


def textbook_sparse(logits, labels, *, axis, label_smoothing=0.0, weight=None, ignore_index=None, reduction="none"):
    """Rows are last here."""
    wide = logits.astype(np.float64)
    shifted = wide - wide.max(axis, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))
    n = logits.shape[-1]
    weights = np.ones(n) if weight is None else weight.astype(np.float64)
    kept = np.ones(labels.shape, bool) if ignore_index is None else labels != ignore_index
    index = np.where(kept, labels, 0)
    smooth = (1 - label_smoothing) * (np.arange(n) == index[:, None]) + label_smoothing / n
    terms = np.where(smooth * weights == 0, 0.0, -smooth * weights * log_probs)
    losses = np.where(kept, terms.sum(-1), 0.0)
    if reduction == "mean":
        return (losses.sum() / (weights[index] * kept).sum()).astype(logits.dtype)
    return (losses.sum() if reduction == "sum" else losses).astype(logits.dtype)


def wrong_where(function, condition):
    """The function, with results a quarter too large where a condition on its arguments holds."""

    def call(*arguments, **keywords):
        result = function(*arguments, **keywords)
        return np.where(condition(*arguments, **keywords), result * 1.25, result).astype(result.dtype)

    return call


def test_a_correct_function_has_no_failures(tmp_path):
    log = Log()
    result = hunted(tmp_path / "none", "softmax", textbook_softmax, log=log, dtypes=("float32", "float64"), examples=40)
    assert (result.files, result.recognised, result.complete, result.has_failures) == ([], {}, True, False)
    assert not (tmp_path / "none").exists()
    assert result.examples == 80
    assert result.cases == log.cases > 240
    assert sorted(log.subjects) == ["softmax float32", "softmax float64"]
    assert {check.dtype for check in result.findings.checks} == {"float32", "float64"}
    assert all(0.01 < judged.ratio <= 1 for judged in log.largest.values())
    assert {identity.dtype for identity in log.largest} == {"float32", "float64"}


def test_a_fault_far_from_the_ordinary_is_found_and_shrunk_to_two_simple_numbers(tmp_path):
    def saturated(logits, **_):
        largest = logits.max(-1, keepdims=True)
        return (largest - np.where(np.isfinite(logits), logits, largest) > 60).any(-1, keepdims=True)

    result = hunted(tmp_path, "softmax", wrong_where(textbook_softmax, saturated))
    witness = shrunk(result)["value", "beyond bound"]
    small, large = sorted(numbers(witness))
    assert 60 < large - small <= 128
    assert small == int(small)
    assert large == int(large)
    assert witness.parameters == {"axis": -1}
    assert result.has_failures


def test_a_fault_of_one_number_is_shrunk_to_that(tmp_path):
    def call(x):
        return np.where(np.abs(x) > 30, np.nan, 1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype)

    witness = shrunk(hunted(tmp_path, "sigmoid", call))["value", "nan"]
    assert numbers(witness) in ([32], [-32], [64], [-64])
    assert float_from(witness.error_ulps) == np.inf
    assert witness.observed.startswith("nan:")


def test_the_error_that_is_told_is_the_largest_of_all_that_failed_alike(tmp_path):
    log = Log()

    def call(x):
        return np.where(x < -20, 0, np.logaddexp(0, x.astype(np.float64))).astype(x.dtype)

    result = hunted(tmp_path, "softplus", call, log=log, examples=60)
    (discrepancy,), (worst,) = result.findings.discrepancies, result.worst
    (check,) = result.findings.checks
    assert discrepancy.check == worst.check == check.id
    assert discrepancy.count == worst.count == check.severities["defect"] > 1
    assert discrepancy.largest_ulps == worst.largest_ulps
    ratio = float_from(check.worst_ratio.bound_ratio)
    assert float_from(worst.error_bound_ratio) == ratio > float_from(discrepancy.error_bound_ratio) > 1
    assert [judged.ratio for judged in log.largest.values()] == [ratio]


def test_a_fault_of_a_row_length_is_shrunk_to_zeros(tmp_path):
    call = wrong_where(textbook_softmax, lambda logits, **_: logits.shape[-1] > 7)
    witness = shrunk(hunted(tmp_path, "softmax", call))["value", "beyond bound"]
    assert numbers(witness) == [0] * 8


@pytest.mark.slow
@pytest.mark.parametrize(
    ("condition", "parameters"),
    [
        (lambda *_, label_smoothing=0.0, **__: label_smoothing > 0.1, {"label_smoothing"}),
        (lambda *_, reduction="none", **__: reduction == "mean", {"reduction"}),
        (lambda *_, weight=None, **__: weight is not None, {"weight"}),
        (
            lambda *_, weight=None, label_smoothing=0.0, **__: weight is not None and label_smoothing > 0,
            {"label_smoothing", "weight"},
        ),
    ],
    ids=["label_smoothing", "reduction", "weight", "two options"],
)
def test_a_fault_of_an_option_keeps_that_option_alone(tmp_path, condition, parameters):
    result = hunted(
        tmp_path,
        "sparse_softmax_cross_entropy",
        wrong_where(textbook_sparse, condition),
        examples=200 * len(parameters),
    )
    witness = shrunk(result)["value", "beyond bound"]
    assert witness.parameters.keys() - {"axis"} == parameters
    assert len(numbers(witness)) <= 2
    assert all(abs(number) <= 128 for number in numbers(witness))


def test_a_wrong_gradient_is_a_failure_of_its_own(tmp_path):
    def sigmoid(x):
        return (1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype)

    def vjp(cotangent, x):
        s = 1 / (1 + np.exp(-x.astype(np.float64)))
        return (cotangent * s * (1 - s) * np.where((x > 1.5) & (x < 4), 1.1, 1)).astype(x.dtype)

    result = hunted(tmp_path, "sigmoid", sigmoid, vjp=vjp, examples=300)
    (witness,) = shrunk(result).values()
    assert (witness.quantity, witness.kind) == ("gradient:x", "beyond bound")
    assert numbers(witness) == [2]
    assert witness.batch().cotangent.tolist() == [1]


def test_several_failures_are_found_one_after_the_other(tmp_path):
    log = Log()

    def call(x):
        correct = 1 / (1 + np.exp(-x.astype(np.float64)))
        bent = np.where(x > 20, np.nan, np.where(x < -20, np.inf, np.where((x > 0.5) & (x < 2), 0.125, correct)))
        return bent.astype(x.dtype)

    result = hunted(tmp_path, "sigmoid", call, log=log, examples=200)
    assert shrunk(result).keys() == {("value", "nan"), ("value", "infinity"), ("value", "beyond bound")}
    assert len({file.name for file in result.files}) == 3
    assert [discrepancy.id for discrepancy in result.findings.discrepancies] == [file.stem for file in result.files]
    assert sum(line.startswith("found: ") for line in log.lines) == 3
    assert sum(line.startswith("kept: ") for line in log.lines) == 3


def nan_beyond_twenty(x):
    return np.where(np.abs(x) > 20, np.nan, 1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype)


def test_a_known_failure_is_recognised_and_not_shrunk_again(tmp_path):
    first = hunted(tmp_path, "sigmoid", nan_beyond_twenty)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    log = Log()
    again = hunted(tmp_path, "sigmoid", nan_beyond_twenty, log=log, seed=2)
    assert again.files == []
    (signature, witness) = next(iter(again.recognised.items()))
    assert witness == first.files[0].stem
    assert signature.kind == "nan"
    assert [line for line in log.lines if line.startswith(("known", "found"))] == [
        f"known: {signature}: see witness {witness}"
    ]
    assert again.has_failures
    assert again.examples == 150
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_another_failure_beside_a_known_one_is_found(tmp_path):
    hunted(tmp_path, "sigmoid", nan_beyond_twenty)

    def worse(x):
        return np.where((x < -0.5) & (x > -2), 0.875, nan_beyond_twenty(x)).astype(x.dtype)

    result = hunted(tmp_path, "sigmoid", worse, examples=300)
    assert shrunk(result).keys() == {("value", "beyond bound")}
    assert {signature.kind for signature in result.recognised} == {"nan"}


def test_a_damaged_witness_costs_a_note(tmp_path):
    (tmp_path / "0123456789abcdef.json").write_text("{")
    log = Log()
    hunted(tmp_path, "sigmoid", nan_beyond_twenty, log=log)
    assert "0123456789abcdef.json: not a witness" in log.lines[0]


def test_equal_requests_search_alike(tmp_path):
    texts = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        result = hunted(folder, "sigmoid", nan_beyond_twenty, seed=7)
        texts.append(({file.name: file.read_bytes() for file in result.files}, result.examples, result.cases))
    assert texts[0] == texts[1]
    other = hunted(tmp_path / "third", "sigmoid", nan_beyond_twenty, seed=8)
    assert other.cases != texts[0][2]


def test_ctrl_c_keeps_what_was_found(tmp_path):
    calls = []

    def before(batch):
        if (np.abs(batch.arguments[0]) > 20).any():
            calls.append(batch)
        if len(calls) == 4:
            raise KeyboardInterrupt

    log = Log()
    result = hunted(tmp_path, "sigmoid", nan_beyond_twenty, before=before, log=log)
    assert not result.complete
    assert len(calls) == 4
    assert shrunk(result).keys() == {("value", "nan")}
    assert "interrupted: keeping what was found" in log.lines
    assert witnesses_in(tmp_path)[1] == []


def test_a_lost_worker_ends_the_hunt_and_keeps_what_was_found(tmp_path):
    calls = []

    def before(batch):
        calls.append(batch)
        if len(calls) == 60:
            message = "numpy: the worker did not start within 60 s"
            raise WorkerUnavailable(message)

    log = Log()
    result = hunted(tmp_path, "sigmoid", nan_beyond_twenty, before=before, log=log)
    assert not result.complete
    assert len(calls) == 60
    assert "numpy: the worker did not start within 60 s" in log.lines
    assert len(result.files) == 1


def test_a_failure_that_takes_two_rows_keeps_both(tmp_path):
    def call(x):
        correct = (1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype)
        if len(x) > 1:
            correct[-1] *= 1.5
        return correct

    witness = shrunk(hunted(tmp_path, "sigmoid", call))["value", "beyond bound"]
    assert numbers(witness) == [0, 0]
    assert witness.batch().cotangent.tolist() == [1, 1]


@pytest.mark.parametrize("kind", ["crash", "hang"])
def test_a_crash_and_a_hang_are_shrunk_to_one_number_and_then_left_out(tmp_path, kind):
    notes = []

    def before(batch):
        return Reply(failure=Failure(kind, "SIGSEGV", "")) if (batch.arguments[0] > 20).any() else None

    inner = InProcess.of(lambda x: (1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype), "sigmoid", "numpy", None)
    examiner = Examiner({"numpy": Backend(inner, before)}, {"numpy": inner.hello}, (), notes.append)
    asked = RunRequest(("numpy",), functions=("sigmoid",), dtypes=("float32",))
    with np.errstate(all="ignore"):
        result = hunt(HuntRequest(asked, tmp_path, 60.0, 100, 3), examiner, Log())
    (witness,) = shrunk(result).values()
    assert witness.kind == kind
    assert numbers(witness) in ([32], [64])
    assert len(notes) == 1
    assert "has crashed or hung 2 times" in notes[0]
    assert "it is left out from here on" in notes[0]


def test_a_failure_that_does_not_happen_again_is_told_and_not_kept(tmp_path):
    calls = []

    def call(x):
        calls.append(x)
        correct = (1 / (1 + np.exp(-x.astype(np.float64)))).astype(x.dtype)
        return correct * np.float32(1.5) if len(calls) == 20 else correct

    log = Log()
    result = hunted(tmp_path, "sigmoid", call, log=log)
    assert result.files == []
    assert not result.has_failures
    assert any(line.startswith("not kept, since it did not happen again: ") for line in log.lines)
    assert result.examples >= 140


def test_an_error_is_a_failure_where_other_inputs_work_and_where_nothing_does(tmp_path):
    def narrow(logits, *, axis):
        if logits.shape[axis] == 1:
            message = "two classes at least"
            raise ValueError(message)
        return textbook_softmax(logits, axis=axis)

    def nothing(logits, *, axis):
        message = "not implemented"
        raise NotImplementedError(message)

    result = hunted(tmp_path / "narrow", "softmax", narrow)
    assert shrunk(result).keys() == {("value", "error")}
    assert numbers(shrunk(result)["value", "error"]) == [0]
    assert ("value", "error") in shrunk(hunted(tmp_path / "nothing", "softmax", nothing))


def test_shrinking_ends_in_time_and_keeps_the_simplest_so_far(tmp_path, monkeypatch):
    monkeypatch.setattr(_hunt_search, "SHRINKING", 0.05)
    result = hunted(tmp_path, "sigmoid", nan_beyond_twenty, examples=100)
    numbers_at_once = numbers(shrunk(result)["value", "nan"])
    assert any(abs(number) > 20 for number in numbers_at_once)
    assert result.complete


def test_a_hunt_ends_when_its_time_is_over(tmp_path):
    result = hunted(tmp_path, "softmax", textbook_softmax, examples=None, seconds=0.3)
    assert result.complete
    assert result.examples > 0


def test_hypothesis_leaves_nothing_in_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hunted(Path("witnesses"), "sigmoid", nan_beyond_twenty, examples=50)
    assert [path.name for path in tmp_path.iterdir()] == ["witnesses"]
