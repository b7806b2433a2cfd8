"""Inputs that a framework is documented to refuse: a convention where they are refused, and no excuse elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from worker_samples import call_batch, softmax_batch

from logitproof.conformance.backends.bisection import examine_batch
from logitproof.conformance.backends.client import BackendError, Worker, parse_backend
from logitproof.conformance.backends.protocol import EntryPoint, Failure, Refusal
from logitproof.conformance.backends.refusals import refusal_of
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reports import Discrepancy

SINGLE = np.float32
SCORES = np.array([[1, 2, 3], [0, -1, 1], [2, 0, 0], [1, 1, 1]], SINGLE)
PROBS = np.array([[0.5, 0.25, 0.25], [0.125, 0.5, 0.375], [0.25, 0.25, 0.5], [1, 0, 0]], SINGLE)
OUT_OF_RANGE = np.array([0, 7, -2, 1])


def refused(folder: Path, backend: str, function: str, **arrays: np.ndarray) -> list[Discrepancy]:
    """Examine a framework on these inputs beside the corpus, and return what was raised on them."""
    file = folder / "inputs.npz"
    np.savez(file, **arrays)
    asked = RunRequest(
        backends=(backend,), profile="smoke", jobs=1, functions=(function,), dtypes=("float32",), inputs=file
    )
    return [
        discrepancy
        for discrepancy in run(asked, Silence()).discrepancies
        if discrepancy.input_class == "user" and discrepancy.kind in ("refused", "error")
    ]


@pytest.mark.framework("torch")
def test_a_binary_target_beyond_1_is_a_convention_of_pytorch(tmp_path):
    probs, labels = np.full(6, 0.25, SINGLE), np.array([0, 1, 1.5, 0.5, 0.25, 1], SINGLE)
    discrepancies = refused(tmp_path, "torch", "binary_cross_entropy", probs=probs, labels=labels)
    assert {(each.severity, each.kind, each.entry_point) for each in discrepancies} == {
        ("convention", "refused", "torch.nn.functional.binary_cross_entropy")
    }
    assert {each.quantity for each in discrepancies} == {"value", "gradient:probs", "gradient:labels"}
    assert all("torch.nn.BCELoss.html" in each.explanation for each in discrepancies)


@pytest.mark.parametrize(
    ("backend", "function", "arrays", "names"),
    [
        (
            "torch",
            "sparse_softmax_cross_entropy",
            {"logits": SCORES, "labels": OUT_OF_RANGE},
            {"torch.nn.functional.cross_entropy", "torch.nn.CrossEntropyLoss"},
        ),
        ("torch", "nll_loss", {"log_probs": -SCORES, "labels": OUT_OF_RANGE}, {"torch.nn.functional.nll_loss"}),
        (
            "torch",
            "entropy",
            {"probs": PROBS * np.array([[1], [-1], [0], [1]], SINGLE)},
            {"torch.distributions.Categorical(probs=).entropy"},
        ),
        (
            "tensorflow",
            "sparse_softmax_cross_entropy",
            {"logits": SCORES, "labels": OUT_OF_RANGE},
            {"tf.nn.sparse_softmax_cross_entropy_with_logits"},
        ),
        (
            "keras",
            "sparse_categorical_cross_entropy",
            {"probs": PROBS, "labels": OUT_OF_RANGE},
            {
                "keras.losses.SparseCategoricalCrossentropy(from_logits=False)",
                "keras.losses.sparse_categorical_crossentropy(from_logits=False)",
                "keras.ops.sparse_categorical_crossentropy(from_logits=False)",
            },
        ),
    ],
)
@pytest.mark.slow
def test_what_a_framework_documents_to_refuse_is_a_convention(tmp_path, backend, function, arrays, names):
    discrepancies = refused(tmp_path, backend, function, **arrays)
    assert {each.entry_point for each in discrepancies} == names
    assert {(each.severity, each.kind) for each in discrepancies} == {("convention", "refused")}
    assert all("Documented: " in each.explanation and "https://" in each.explanation for each in discrepancies)


RANGE = Refusal("labels", "unit interval", "RuntimeError", "between 0 and 1", "https://x", "between 0 and 1")
FAILURE = Failure("error", "RuntimeError", "all should be between 0 and 1")


def entry(*refusals: Refusal) -> EntryPoint:
    return EntryPoint("f", "binary_cross_entropy", (), (), (), refusals=refusals)


def pair(label: float):
    probs, labels = np.array([0.5]), np.array([label])
    return call_batch("binary_cross_entropy", "float32", {}, shape=(1,), probs=probs, labels=labels)


def test_a_documented_refusal_excuses_its_own_exception_on_its_own_inputs_alone():
    assert refusal_of(entry(RANGE), pair(1.5), 0, FAILURE) == RANGE
    assert refusal_of(entry(RANGE), pair(np.nan), 0, FAILURE) == RANGE
    assert refusal_of(entry(RANGE), pair(1.0), 0, FAILURE) is None
    assert refusal_of(entry(RANGE), pair(1.5), 0, Failure("error", "RuntimeError", "out of memory")) is None
    assert refusal_of(entry(RANGE), pair(1.5), 0, Failure("error", "ValueError", FAILURE.message)) is None
    assert refusal_of(entry(), pair(1.5), 0, FAILURE) is None


@pytest.mark.parametrize(
    ("labels", "options", "is_refused"),
    [
        ([0, 3], {}, False),
        ([0, 4], {}, True),
        ([-1, 0], {}, True),
        ([-1, 0], {"ignore_index": -1}, False),
        ([9, 0], {"ignore_index": -1}, True),
    ],
)
def test_a_class_index_is_within_the_classes_or_ignored(labels, options, is_refused):
    batch = call_batch("nll_loss", "float32", {"reduction": "mean", **options}, shape=(2, 4), labels=np.array(labels))
    stated = Refusal("labels", "class index", "IndexError", "", "https://x", "in range")
    refusal = refusal_of(
        EntryPoint("f", "nll_loss", (), (), (), refusals=(stated,)), batch, 0, Failure("error", "IndexError", "5")
    )
    assert (refusal is not None) is is_refused


@pytest.mark.parametrize(
    ("row", "is_refused"),
    [([0.5, 0], False), ([0, 0], True), ([-0.5, 1], True), ([np.inf, 1], True), ([np.nan, 1], True)],
)
def test_weights_are_finite_and_not_negative_and_have_a_sum(row, is_refused):
    stated = Refusal("logits", "weights", "ValueError", "", "https://x", "weights")
    entry_point = EntryPoint("f", "softmax", (), (), (), refusals=(stated,))
    refusal = refusal_of(entry_point, softmax_batch([row]), 0, Failure("error", "ValueError", "no"))
    assert (refusal is not None) is is_refused


@pytest.mark.framework("torch")
def test_valid_inputs_that_pytorch_refuses_all_the_same_stay_a_defect():
    """A row of float16 probabilities that are normalised, and then fail a test of their sum to 1e-6."""
    with Worker.start(parse_backend("torch")) as worker:
        [point] = worker.hello.entry_points_for("entropy")
        weights = np.random.default_rng(0).random((60, 17)) / 17
        batch = call_batch("entropy", "float16", {}, shape=(60, 17), probs=weights)
        examined = examine_batch(worker, batch, point.name, ["value"])
    assert examined.failures
    for case_failure in examined.failures:
        assert refusal_of(point, batch, case_failure.cases[0], case_failure.failure) is None


@pytest.mark.framework("torch")
def test_a_refusal_of_an_unknown_kind_is_one_clear_line(monkeypatch):
    monkeypatch.setattr("logitproof.conformance.backends.client.ALLOWED", {})
    with pytest.raises(
        BackendError, match=r"torch: .* refuses 'probs' unless it is 'weights', which logitproof does not"
    ):
        Worker.start(parse_backend("torch"))
