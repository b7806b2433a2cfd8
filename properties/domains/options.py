"""Options of the losses, and what gradients are multiplied with: dyadic, so that every format holds them."""

from __future__ import annotations

import math

import numpy as np

from logitproof.reference import Format

from ..checking.choices import Choices


def label_smoothing(choices: Choices) -> float:
    """Return a label smoothing between 0 and 1."""
    return choices.pick((0.0, 0.125, 0.5, 0.25, 0.0078125, 1.0))


def weight(choices: Choices, fmt: Format, n: int) -> np.ndarray:
    """Return class weights of shape (n,): multiples of 1/8 up to 4, some of them 0, and at least one positive."""
    # Long rows have a few weights in turn, of no power of two in number: no vector loop has them in step.
    turn = [choices.integer(0, 32) for _ in range(min(n, 7))]
    eighths = [turn[i % len(turn)] for i in range(n)]
    if not any(eighths):
        eighths = [8] * n
    return _eighths(eighths, fmt)


def positive_weight(choices: Choices, fmt: Format, n: int) -> np.ndarray:
    """Return weights of shape (n,) like those of `weight`, all of them positive: 1/8 to 4."""
    turn = [8 if choices.pick(("one", "any")) == "one" else choices.integer(1, 32) for _ in range(min(n, 7))]
    return _eighths([turn[i % len(turn)] for i in range(n)], fmt)


pos_weight = positive_weight
"""The weights of the positive terms: like any others."""


def ignore_index(choices: Choices, n: int) -> int | None:
    """Return which label does not count: none, one outside the classes, or one of the `n` classes."""
    return choices.pick((None, -100, 0, n - 1))


def reduction(choices: Choices) -> str:
    """Return "none", "mean" or "sum"."""
    return choices.pick(("none", "mean", "sum"))


def cotangent(choices: Choices, fmt: Format, shape: tuple[int, ...]) -> np.ndarray:
    """Return what a gradient is multiplied with: ones, or multiples of 1/8 between −4 and 4."""
    size = math.prod(shape)
    if choices.pick(("ones", "any")) == "ones":
        return np.ones(shape, fmt.numpy_dtype)
    turn = [choices.integer(1, 32) * choices.pick((1, -1)) for _ in range(min(size, 7))]
    return _eighths([turn[i % len(turn)] for i in range(size)], fmt).reshape(shape)


def _eighths(values: list[int], fmt: Format) -> np.ndarray:
    return np.ldexp(np.array(values, dtype=np.float64), -3).astype(fmt.numpy_dtype)
