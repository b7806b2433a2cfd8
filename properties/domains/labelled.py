"""What identities say of labels: which class a label names, and what dense labels weigh."""

from __future__ import annotations

import numpy as np

from ..checking.balls import Balls, exact, times, total


def one_hot(classes: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return rows with 1 at a class and 0 elsewhere, of the shape and the format of `like`.

    Args:
        classes: int64, one for each row; one outside the row leaves it zero.
        like: rows of shape (cases, n).
    """
    return (classes[:, None] == np.arange(like.shape[-1])).astype(like.dtype)


def named(classes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return of every row the entry that its class names, shape (cases,)."""
    return np.take_along_axis(rows, classes[:, None], axis=-1)[:, 0]


def weighed(labels: np.ndarray, balls: Balls) -> Balls:
    """Return Σ yⱼ bⱼ for every row; a class with label 0 is not there, whatever its ball is.

    Args:
        labels: floating-point numbers, taken as they are.
        balls: of the same shape.
    """
    return total(times(exact(labels), balls))


def label_sum(labels: np.ndarray) -> Balls:
    """Return Σ yⱼ of every row, exactly, shape (cases,)."""
    return total(exact(labels))
