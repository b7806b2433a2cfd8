"""One step of softmax regression in ball arithmetic: what the weights would be without any rounding.

The bias is the weight of one more feature, which is always 1: so there is one matrix of parameters, the weights with
the bias as the last row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat

from logitproof.reference import working_precision

from ..checking.balls import balls_of

BITS = 128
"""Bits to compute with: twice those of float64, and what is lost nevertheless is in the radii."""


@dataclass(frozen=True, eq=False)
class Step:
    """One step of gradient descent on the mean loss of a batch, all of it exact.

    Attributes:
        inputs: x with a last column of ones, float64, from 0 to 1, shape (n, features + 1).
        labels: the classes, shape (n,).
        parameters: P before the step, float64, shape (features + 1, classes).
        rate: the step size, a power of two.
    """

    inputs: np.ndarray
    labels: np.ndarray
    parameters: np.ndarray
    rate: float


@dataclass(frozen=True, eq=False)
class ExactStep:
    """What a step does without rounding.

    Attributes:
        logits: z = xP, to the precision of float64, shape (n, classes).
        probs: p = softmax(z), likewise.
        parameters: P after the step as balls, shape (features + 1, classes).
    """

    logits: np.ndarray
    probs: np.ndarray
    parameters: np.ndarray


def exact_step(step: Step) -> ExactStep:
    """Return P - rate·∂L/∂P = P - (rate/n)·xᵀ(p - y) with the mean loss L."""
    count, classes = len(step.inputs), step.parameters.shape[1]
    with working_precision(BITS):
        inputs, before = _matrix(step.inputs), _matrix(step.parameters)
        logits = (inputs * before).entries()
        probs = [p for start in range(0, len(logits), classes) for p in _softmax(logits[start : start + classes])]
        residuals = list(probs)
        for row, label in enumerate(step.labels.tolist()):
            residuals[row * classes + label] -= 1
        summed = inputs.transpose() * arb_mat(count, classes, residuals)
        after = (before - summed * (arb(step.rate) / count)).entries()
    shape = (count, classes)
    return ExactStep(
        _floats(logits).reshape(shape), _floats(probs).reshape(shape), balls_of(after, step.parameters.shape)
    )


def _matrix(numbers: np.ndarray) -> arb_mat:
    rows, columns = numbers.shape
    return arb_mat(rows, columns, list(map(arb, numbers.reshape(-1).tolist())))


def _softmax(row: list[arb]) -> list[arb]:
    powers = [entry.exp() for entry in row]
    total = sum(powers, start=arb(0))
    return [power / total for power in powers]


def _floats(balls: list[arb]) -> np.ndarray:
    return np.fromiter(map(float, balls), np.float64, len(balls))
