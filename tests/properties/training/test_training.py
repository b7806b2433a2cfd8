"""Training, step by step: correct descents hold, wrong ones are found at the step where they go wrong."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from worker_samples import SOFTMAX, module

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.backends.protocol import Failure, ProtocolError
from logitproof.conformance.backends.training import Trained, WorkerTrainer, read_trained
from logitproof.properties import (
    TRAINING_STEP,
    Failed,
    ReferenceTrainer,
    Seeded,
    Stretch,
    TrainingPath,
    Unsupported,
    check_training,
)
from logitproof.properties.training.bound import textbook_nearby
from logitproof.properties.training.digits import batches, digits
from logitproof.reference import FUNCTIONS, Call, flushed_bound, format_named

DTYPES = ("float32", "float64")

each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def descend(features, labels, weights, bias, rate):
    """A correct step in NumPy."""
    residual = (softmax(features @ weights + bias) - np.eye(10, dtype=weights.dtype)[labels]) / len(labels)
    return weights - rate * (features.T @ residual), bias - rate * residual.sum(axis=0)


class Descent:
    """A trainer that makes each step with a function of (features, labels, weights, bias, rate)."""

    def __init__(self, step):
        self._step = step

    def train(self, stretch):
        weights, bias, path = stretch.weights, stretch.bias, []
        for batch in stretch.batches:
            weights, bias = self._step(stretch.features[batch], stretch.labels[batch], weights, bias, stretch.rate)
            path.append((weights, bias))
        return TrainingPath(*map(np.stack, zip(*path, strict=True)))


# Data and batches


def test_the_digits_are_exact_in_every_format():
    examples = digits()
    assert examples.features.shape == (1797, 64)
    assert (examples.features * 16 == np.arange(17)[:, None, None]).any(axis=0).all()
    assert set(examples.labels.tolist()) == set(range(10))


def test_batches_are_the_same_everywhere():
    dealt = batches(1797, 100, 1000)
    assert dealt.shape == (1000, 100)
    assert dealt[0, :5].tolist() == [474, 947, 1395, 1143, 1383]
    assert dealt[-1, -5:].tolist() == [317, 1267, 464, 1345, 1153]


def test_no_example_comes_twice_in_a_round():
    dealt = batches(1797, 100, 40)
    for start in (0, 17):
        assert len(set(dealt[start : start + 17].ravel().tolist())) == 1700
    assert dealt[0].tolist() != dealt[17].tolist()


def test_without_scikit_learn_it_says_in_a_line_what_to_install(monkeypatch):
    digits.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(Unsupported, match=r"^[^\n]*pip install 'logitproof\[properties\]'$"):
        check_training(ReferenceTrainer(), "float32", steps=1)
    digits.cache_clear()


# What is right holds


@each_dtype
def test_the_reference_holds(dtype):
    outcome = check_training(ReferenceTrainer(), dtype, steps=30)
    assert (outcome.status, outcome.held, outcome.cases, outcome.compared) == ("holds", 30, 30, 30 * 650)
    # Of a weight that its step hardly moves, the last rounding is all there is to lose: half an ulp of at most one.
    assert 0.2 < outcome.ratio < 1


@pytest.mark.slow
@each_dtype
def test_the_reference_holds_all_the_way(dtype):
    outcome = check_training(ReferenceTrainer(), dtype)
    assert (outcome.status, outcome.held) == ("holds", 1000)
    assert outcome.accuracy > 0.97
    assert outcome.loss < 0.13


@each_dtype
def test_a_correct_descent_in_numpy_holds_and_learns(dtype):
    outcome = check_training(Descent(descend), dtype, steps=120)
    assert (outcome.status, outcome.held) == ("holds", 120)
    assert outcome.accuracy > 0.9


def _one_by_one(features, labels, weights, bias, rate):
    """A correct step whose sums are made term by term, from the last to the first."""
    logits = np.zeros((len(features), 10), weights.dtype)
    for k in reversed(range(64)):
        logits = logits + features[:, k : k + 1] * weights[k]
    logits = logits + bias
    log_probs = logits - logits.max(axis=1, keepdims=True)
    log_probs = log_probs - np.log(np.exp(log_probs).sum(axis=1, keepdims=True))
    of_weights, of_bias = np.zeros_like(weights), np.zeros_like(bias)
    for row in reversed(range(len(features))):
        residual = np.exp(log_probs[row]) * weights.dtype.type(0.01)
        residual[labels[row]] -= weights.dtype.type(0.01)
        of_weights, of_bias = of_weights + features[row][:, None] * residual, of_bias + residual
    return weights - rate * of_weights, bias - rate * of_bias


@each_dtype
def test_another_order_of_the_sums_holds(dtype):
    assert check_training(Descent(_one_by_one), dtype, steps=25).status == "holds"


@pytest.fixture(scope="module", params=["torch", "tensorflow", "keras"])
def worker(request):
    with Worker.start(parse_backend(request.param)) as started:
        yield started


@each_dtype
def test_a_framework_holds(worker, dtype):
    outcome = check_training(WorkerTrainer(worker), dtype, steps=25)
    assert (outcome.status, outcome.held, outcome.failure) == ("holds", 25, None)


@pytest.mark.slow
@each_dtype
def test_a_framework_holds_all_the_way(worker, dtype):
    outcome = check_training(WorkerTrainer(worker), dtype)
    assert (outcome.status, outcome.held, outcome.failure) == ("holds", 1000, None)
    assert outcome.accuracy > 0.97


# What is wrong is found at the first step


def _with_sum(features, labels, weights, bias, rate):
    return descend(features, labels, weights, bias, rate * len(labels))


def _without_rate(features, labels, weights, bias, rate):
    return descend(features, labels, weights, bias, 2 * rate)


def _without_bias(features, labels, weights, bias, rate):
    return descend(features, labels, weights, bias, rate)[0], bias


def _labels_of_the_next_row(features, labels, weights, bias, rate):
    return descend(features, np.roll(labels, -1), weights, bias, rate)


def _in_float16(features, labels, weights, bias, rate):
    half = (each.astype(np.float16) for each in (features, weights, bias))
    features16, weights16, bias16 = half
    moved = descend(features16, labels, weights16, bias16, np.float16(rate))
    return tuple(each.astype(weights.dtype) for each in moved)


def _uphill(features, labels, weights, bias, rate):
    return descend(features, labels, weights, bias, -rate)


def _one_row_forgotten(features, labels, weights, bias, rate):
    return descend(features[:-1], labels[:-1], weights, bias, rate * 99 / 100)


def _other_mean(features, labels, weights, bias, rate):
    return descend(features, labels, weights, bias, rate * len(labels) / (len(labels) - 1))


def _with_decay(features, labels, weights, bias, rate):
    moved, bias = descend(features, labels, weights, bias, rate)
    return moved * weights.dtype.type(1 - 2.0**-10), bias


def _the_correct_class_alone(features, labels, weights, bias, rate):
    hit = np.eye(10, dtype=weights.dtype)[labels]
    residual = (softmax(features @ weights + bias) - 1) * hit / len(labels)
    return weights - rate * (features.T @ residual), bias - rate * residual.sum(axis=0)


def _float32_inside(features, labels, weights, bias, rate):
    narrow = (each.astype(np.float32) for each in (features, weights, bias))
    features32, weights32, bias32 = narrow
    moved = descend(features32, labels, weights32, bias32, np.float32(rate))
    return tuple(each.astype(weights.dtype) for each in moved)


WRONG = (
    _with_sum,
    _without_rate,
    _without_bias,
    _labels_of_the_next_row,
    _in_float16,
    _uphill,
    _one_row_forgotten,
    _other_mean,
    _with_decay,
    _the_correct_class_alone,
)


@each_dtype
@pytest.mark.parametrize("step", WRONG)
def test_a_wrong_step_is_found_at_once(step, dtype):
    outcome = check_training(Descent(step), dtype, steps=3)
    assert (outcome.status, outcome.held, outcome.cases, outcome.case) == ("broken", 0, 1, 0)
    assert outcome.ratio > 2
    assert outcome.worst.what.startswith("step 1: ")


def test_float32_inside_float64_is_found_at_once():
    outcome = check_training(Descent(_float32_inside), "float64", steps=3)
    assert (outcome.status, outcome.held) == ("broken", 0)


@each_dtype
def test_a_bias_that_is_learned_and_not_used_is_found_once_there_is_one(dtype):
    def step(features, labels, weights, bias, rate):
        moved, step_of_bias = descend(features, labels, weights, np.zeros_like(bias), rate)
        return moved, bias + step_of_bias

    outcome = check_training(Descent(step), dtype, steps=3)
    assert (outcome.status, outcome.held, outcome.case) == ("broken", 1, 1)


class _Spoilt:
    """A correct descent that changes one weight after one of the steps."""

    def __init__(self, step, index, value):
        self._index, self._value, self._left = index, value, step

    def train(self, stretch):
        path = ReferenceTrainer().train(stretch)
        if self._left < len(path.weights):
            path.weights[(self._left, *self._index)] = self._value
        self._left -= len(path.weights)
        return path


@pytest.mark.parametrize("step", [0, 17, 103])
def test_one_wrong_weight_is_found_where_it_is(step):
    # The first pixel is white in every digit, so its weights stay exactly zero.
    outcome = check_training(_Spoilt(step, (0, 3), 1e-30), "float32", steps=step + 5)
    assert (outcome.status, outcome.held, outcome.worst.index) == ("broken", step, (step, 0, 3))
    assert outcome.worst.what == f"step {step + 1}: weight of feature 0 to class 3"
    assert (float(outcome.worst.left), float(outcome.worst.right)) == (pytest.approx(1e-30), 0.0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_broken(value):
    outcome = check_training(_Spoilt(2, (5, 7), value), "float64", steps=5)
    assert (outcome.status, outcome.held, outcome.cases) == ("broken", 2, 3)
    assert outcome.failure == "step 3: weight of feature 5 to class 7 is not finite"


# The bound


@each_dtype
def test_the_textbook_bound_nearby_covers_all_logits_that_near(dtype):
    storage, choices = format_named(dtype), Seeded("nearby", dtype)
    for _ in range(200):
        scale = 2.0 ** choices.integer(-6, 5)
        logits = np.array([[scale * choices.integer(-1000, 1000) / 1000 for _ in range(10)] for _ in range(3)])
        off = np.full((3, 1), 2.0 ** -choices.integer(6, 30))
        logits[0, 3] = logits[0].max() - off[0, 0]  # no more than rounding decides which is the largest
        labels = np.array([choices.integer(0, 9) for _ in range(3)])
        moved = logits + off * np.array([[choices.integer(-1, 1) for _ in range(10)] for _ in range(3)])
        options = {"axis": -1, "reduction": "mean"}
        loss = FUNCTIONS["sparse_softmax_cross_entropy"]
        call = Call.of(loss, (moved, labels), options, quantity="gradient:logits", dtype=dtype)
        assert (flushed_bound(call) <= textbook_nearby(storage, labels, logits, off)).all()


# Workers


def _stretch(dtype="float32"):
    features = np.eye(4, 3).astype(dtype)
    weights = np.zeros((3, 10), dtype)
    return Stretch(features, np.array([0, 1, 2, 3]), np.array([[0, 1], [2, 3]]), weights, weights[0], 0.5)


class _Answering:
    def __init__(self, answer):
        self._answer = answer

    def train(self, *_):
        return self._answer


def test_a_users_module_has_no_way_to_be_trained(tmp_path):
    with Worker.start(module(tmp_path, SOFTMAX)) as worker:
        trainer = WorkerTrainer(worker)
        with pytest.raises(Unsupported, match="no way to be trained"):
            trainer.train(_stretch())
        with pytest.raises(Unsupported, match="no way to be trained"):
            check_training(trainer, "float64", steps=1)


@pytest.mark.parametrize("kind", ["error", "crash", "hang"])
def test_a_backend_that_fails_is_broken(kind):
    answer = Trained(failure=Failure(kind, "SIGSEGV", "it is\ngone"))
    outcome = check_training(WorkerTrainer(_Answering(answer)), "float32", steps=1)
    assert (outcome.status, outcome.held, outcome.failure) == ("broken", 0, f"{kind}: SIGSEGV: it is gone")


def test_an_error_while_training_is_told_and_the_worker_goes_on(worker):
    torn = replace(_stretch(), batches=np.array([[0, 99]]))  # there is no example 99
    with pytest.raises(Failed, match="error: IndexError"):
        WorkerTrainer(worker).train(torn)
    assert WorkerTrainer(worker).train(_stretch()).weights.shape == (2, 3, 10)


@pytest.mark.parametrize(
    ("weights", "biases", "reason"),
    [
        (np.zeros((2, 3, 10)), np.zeros((2, 10), np.float32), "weights in float64"),
        (np.zeros((1, 3, 10), np.float32), np.zeros((2, 10), np.float32), r"weights in float32 of shape \(1, 3, 10\)"),
        (np.zeros((2, 3, 10), np.float32), np.zeros((2, 9), np.float32), r"biases in float32 of shape \(2, 9\)"),
    ],
)
def test_weights_of_another_dtype_or_shape_are_refused(weights, biases, reason):
    with pytest.raises(Failed, match=reason):
        WorkerTrainer(_Answering(Trained(TrainingPath(weights, biases)))).train(_stretch())


@pytest.mark.parametrize(
    "header",
    [
        {"message": "outputs"},
        {},
        {"message": "trained", "weights": {"array": 0}},
        {"message": "error", "kind": "error"},
    ],
)
def test_what_is_no_answer_to_train_is_a_protocol_error(header):
    with pytest.raises(ProtocolError):
        read_trained(header, [])


def test_each_step_goes_on_from_the_one_before(worker):
    stretch = _stretch("float64")
    whole = WorkerTrainer(worker).train(stretch)
    first = WorkerTrainer(worker).train(replace(stretch, batches=stretch.batches[:1]))
    second = WorkerTrainer(worker).train(
        replace(stretch, batches=stretch.batches[1:], weights=first.weights[0], bias=first.biases[0])
    )
    np.testing.assert_array_equal(whole.weights, np.concatenate([first.weights, second.weights]))
    np.testing.assert_array_equal(whole.biases, np.concatenate([first.biases, second.biases]))


def test_the_statement_is_told_like_a_property():
    assert TRAINING_STEP.id == "training-step"
    assert TRAINING_STEP.dtypes == DTYPES
