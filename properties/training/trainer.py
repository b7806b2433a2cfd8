"""Who can be trained: a backend, as `check_training` asks it, and the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from .exact import Step, exact_step


@dataclass(frozen=True, eq=False)
class Stretch:
    """Some steps of softmax regression y = softmax(xW + b) by plain gradient descent on the mean cross-entropy.

    Attributes:
        features: x, in the storage format, shape (examples, features).
        labels: the classes, int64, shape (examples,).
        batches: the examples of each step, int64, shape (steps, n).
        weights: W before the first step, in the storage format, shape (features, classes).
        bias: b before the first step, shape (classes,).
        rate: the step size.
    """

    features: np.ndarray
    labels: np.ndarray
    batches: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    rate: float

    def step(self, batch: np.ndarray, parameters: np.ndarray) -> Step:
        """Return one step, from parameters that it may have come to: the weights with the bias as their last row."""
        features = self.features[batch].astype(np.float64)
        inputs = np.column_stack([features, np.ones(len(batch))])
        return Step(inputs, self.labels[batch], parameters.astype(np.float64), self.rate)


class TrainingPath(NamedTuple):
    """The weights after every step, shape (steps, features, classes), and the biases, shape (steps, classes)."""

    weights: np.ndarray
    biases: np.ndarray


class Trainer(Protocol):
    """A backend that can be trained."""

    def train(self, stretch: Stretch) -> TrainingPath:
        """Return the weights and biases after every step, in the storage format.

        Raises:
            Unsupported: the backend cannot be asked this.
            Failed: it gave no such result.
        """


class ReferenceTrainer:
    """The reference itself: every step is exact, and then rounded to the storage format."""

    def train(self, stretch: Stretch) -> TrainingPath:
        """Return the weights and biases after every step."""
        parameters, path = joined(stretch.weights, stretch.bias), []
        for batch in stretch.batches:
            exact = exact_step(stretch.step(batch, parameters)).parameters
            parameters = exact.astype(np.float64).astype(stretch.weights.dtype)
            path.append(parameters)
        stacked = np.stack(path)
        return TrainingPath(stacked[:, :-1], stacked[:, -1])


@dataclass(frozen=True)
class ReplayTrainer:
    """A backend that answers with what was taken down, in the same order."""

    paths: tuple[TrainingPath, ...]
    _next: Iterator[TrainingPath] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_next", iter(self.paths))

    def train(self, stretch: Stretch) -> TrainingPath:
        """Return the next stretch of the path."""
        del stretch
        return next(self._next)


def joined(weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return the weights with the bias as their last row."""
    return np.concatenate([weights, bias[None]])
