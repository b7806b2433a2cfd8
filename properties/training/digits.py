"""The handwritten digits that training is checked on, and the batches that they come in."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from ..checking.choices import Seeded
from ..checking.functions import Unsupported

MISSING = "the handwritten digits come with scikit-learn, which is not installed: pip install 'logitproof[properties]'"


@dataclass(frozen=True, eq=False)
class Examples:
    """What is learned.

    Attributes:
        features: shape (examples, features), multiples of 1/16 from 0 to 1 as float64: exact in every format.
        labels: shape (examples,), the classes 0 to 9 as int64.
    """

    features: np.ndarray
    labels: np.ndarray


@cache
def digits() -> Examples:
    """Return scikit-learn's 1,797 digits: 64 pixels each, whose 17 shades 0 … 16 become k/16.

    Raises:
        Unsupported: scikit-learn is not installed.
    """
    try:
        data = importlib.import_module("sklearn.datasets").load_digits()
    except ImportError:
        raise Unsupported(MISSING) from None
    return Examples(data.data.astype(np.float64) / 16, data.target.astype(np.int64))


def batches(examples: int, size: int, count: int) -> np.ndarray:
    """Return which examples each step takes: the examples are shuffled, dealt out, and shuffled again.

    Args:
        examples: how many there are.
        size: how many a batch has; what is left over at the end of a round is not dealt.
        count: how many batches.

    Returns:
        An int64 array of shape (count, size): equal everywhere, made of integers alone.
    """
    in_a_round = examples // size
    rounds = [_dealt(examples, in_a_round * size, number) for number in range(-(-count // in_a_round))]
    return np.array(rounds, dtype=np.int64).reshape(-1, size)[:count]


def _dealt(examples: int, needed: int, number: int) -> list[int]:
    """Return the first examples of a shuffled order (Fisher and Yates)."""
    choices, order = Seeded("training-step", "batches", number), list(range(examples))
    for position in range(needed):
        other = choices.integer(position, examples - 1)
        order[position], order[other] = order[other], order[position]
    return order[:needed]
