"""Training, step by step: every step of a backend's gradient descent is held against the exact step from its weights.

So nothing accumulates but what the backend itself carries on: a step that rounding does not explain is found where it
happens, however far the path has come from the one without rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb

from logitproof.reference import Format, format_named, working_precision

from ..checking.check import Comparison, Outcome
from ..checking.functions import Failed
from .bound import permitted
from .digits import Examples, batches, digits
from .exact import BITS, ExactStep, exact_step
from .trainer import Stretch, Trainer, TrainingPath, joined

STEPS = 1000
BATCH = 100
RATE = 0.5
CLASSES = 10

_STRETCH = 100
"""So many steps are asked for at once."""


@dataclass(frozen=True)
class Training:
    """What is stated of training, in the words of a property.

    Attributes:
        id: its name, stable from release to release.
        statement: the statement in words.
        latex: the statement in LaTeX, without dollar signs.
        source: where it comes from.
        domain: for which inputs it is stated, in words.
        dtypes: the formats it is stated for.
        bound: why the permitted difference is what it is.
    """

    id: str
    statement: str
    latex: str
    source: str
    domain: str
    dtypes: tuple[str, ...]
    bound: str


TRAINING_STEP = Training(
    id="training-step",
    statement="Softmax regression y = softmax(xW + b), from W = b = 0 by plain gradient descent with step 0.5 on the "
    "mean loss of batches of 100, is the exact one step by step: each of 1,000 steps leads from the weights it starts "
    "with to where the exact step leads, to within rounding.",
    latex=r"W' = W - \tfrac12 \cdot \tfrac{1}{100} x^{\mathsf T} (\operatorname{softmax}(xW + b) - y),"
    r"\quad b' = b - \tfrac12 \cdot \tfrac{1}{100} \textstyle\sum_i (\operatorname{softmax}(x_i W + b) - y_i)",
    source="S3",
    domain="scikit-learn's 1,797 handwritten digits: 64 features that are multiples of 1/16, 10 classes",
    dtypes=("float32", "float64"),
    bound="added up: the error γ₆₅ Σ|x||W| of the logits, whatever the order of the sum, and what softmax makes of it; "
    "the textbook bound of the loss's gradient; γ₁₀₀ Σ|x||p − y|/100 for the sum over the batch; the rounding of the "
    "update",
)
"""The statement that `check_training` checks."""


@dataclass(frozen=True)
class TrainingOutcome(Outcome):
    """What became of training; a case is a step, counted from 0, and a place is (step, feature, class).

    Attributes:
        held: how many steps held before the first that did not.
        loss: the mean loss over all examples with the weights after the last step that held.
        accuracy: the share of the examples whose class they find.
    """

    held: int = 0
    loss: float = float("nan")
    accuracy: float = float("nan")


def check_training(trainer: Trainer, dtype: str, *, steps: int = STEPS) -> TrainingOutcome:
    """Train a backend and check every step of it, up to the first that is broken.

    Args:
        trainer: the backend.
        dtype: the storage format of features and weights.
        steps: how many steps.

    Raises:
        Unsupported: the backend cannot be asked this, or scikit-learn is not installed.
    """
    judge = _Judge(digits(), format_named(dtype))
    schedule = batches(len(judge.examples.labels), BATCH, steps)
    for start in range(0, steps, _STRETCH):
        stretch = judge.stretch(schedule[start : start + _STRETCH])
        try:
            path = trainer.train(stretch)
        except Failed as error:
            return judge.outcome(str(error))
        for batch, weights, bias in zip(stretch.batches, path.weights, path.biases, strict=True):
            judge.take(stretch, batch, joined(weights, bias))
            if judge.broken:
                return judge.outcome()
    return judge.outcome()


def asked_training(trainer: Trainer, dtype: str, *, steps: int = STEPS) -> tuple[TrainingPath, ...]:
    """Train a backend and return what came back, to be judged in another process with `ReplayTrainer`.

    Raises:
        Unsupported: the backend cannot be asked this, or scikit-learn is not installed.
        Failed: it gave no such result.
    """
    judge, paths = _Judge(digits(), format_named(dtype)), list[TrainingPath]()
    schedule = batches(len(judge.examples.labels), BATCH, steps)
    for start in range(0, steps, _STRETCH):
        paths.append(trainer.train(judge.stretch(schedule[start : start + _STRETCH])))
        judge.follow(paths[-1])
    return tuple(paths)


class _Judge:
    """The parameters so far, and what was found of the steps to them."""

    def __init__(self, examples: Examples, storage: Format) -> None:
        self.examples = examples
        self.broken = False
        self._storage = storage
        self._parameters = np.zeros((examples.features.shape[1] + 1, CLASSES), dtype=storage.numpy_dtype)
        self._held = self._compared = 0
        self._worst: Comparison | None = None
        self._failure: str | None = None

    def stretch(self, schedule: np.ndarray) -> Stretch:
        """Return the next steps to be asked for."""
        features = self.examples.features.astype(self._storage.numpy_dtype)
        return Stretch(features, self.examples.labels, schedule, self._parameters[:-1], self._parameters[-1], RATE)

    def follow(self, path: TrainingPath) -> None:
        """Go on from where a path ends, without judging it."""
        self._parameters = joined(path.weights[-1], path.biases[-1])

    def take(self, stretch: Stretch, batch: np.ndarray, after: np.ndarray) -> None:
        """Judge one step by the parameters that it led to, and go on from these."""
        strange = np.argwhere(~np.isfinite(after.astype(np.float64)))
        if len(strange):
            self._failure, self.broken = f"{self._parameter_name(*strange[0])} is not finite", True
            return
        step = stretch.step(batch, self._parameters)
        exact = exact_step(step)
        self._compare(exact, after.astype(np.float64), permitted(self._storage, step, exact))
        if not self.broken:
            self._held += 1
            self._parameters = after

    def _compare(self, exact: ExactStep, after: np.ndarray, bound: np.ndarray) -> None:
        with working_precision(BITS):
            differences = after.astype(object) - exact.parameters
        allowed = bound + np.vectorize(_radius, otypes=[float])(differences)
        apart = np.abs(differences.astype(np.float64))
        decided = np.isfinite(apart + allowed)
        ratios = np.where(decided, apart / allowed, 0.0)
        self._compared += int(np.count_nonzero(decided))
        index = tuple(map(int, np.unravel_index(np.argmax(ratios), ratios.shape)))
        self.broken = bool(ratios[index] > 1)
        if self.broken or self._worst is None or ratios[index] > self._worst.ratio:
            self._worst = Comparison(
                what=self._parameter_name(*index),
                case=self._held,
                index=(self._held, *index),
                left=repr(float(after[index])),
                sign="=",
                right=exact.parameters[index].mid().str(17, radius=False),
                difference=float(differences[index].mid()),
                bound=float(allowed[index]),
                ratio=float(ratios[index]),
            )

    def _parameter_name(self, row: int, column: int) -> str:
        what = "bias" if row == len(self._parameters) - 1 else f"weight of feature {row}"
        return f"step {self._held + 1}: {what} to class {column}"

    def outcome(self, failure: str | None = None) -> TrainingOutcome:
        """Return what was found."""
        failure = failure or self._failure
        loss, accuracy = _learned(self.examples, self._parameters.astype(np.float64))
        return TrainingOutcome(
            status="broken" if self.broken or failure else "holds" if self._compared else "undecided",
            cases=self._held + self.broken,
            compared=self._compared,
            worst=self._worst,
            failure=failure,
            held=self._held,
            loss=loss,
            accuracy=accuracy,
        )


def _radius(ball: arb) -> float:
    return float(ball.rad())


def _learned(examples: Examples, parameters: np.ndarray) -> tuple[float, float]:
    """The mean loss and the accuracy in plain float64: they are told, and nothing is judged by them."""
    logits = examples.features @ parameters[:-1] + parameters[-1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(logits)), examples.labels]
    return float(losses.mean()), float((logits.argmax(axis=1) == examples.labels).mean())
