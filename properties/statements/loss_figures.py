"""Figures of losses and of their gradients that the teaching notes print."""

from __future__ import annotations

import numpy as np
from flint import arb

from ..checking.balls import Balls, exact, log, magnitude, times, total
from ..checking.functions import Functions
from ..checking.property import (
    BY_INCLUSION,
    Array,
    Domain,
    Input,
    Relations,
    Statements,
    at_most,
    equal,
)
from ..domains.inputs import fixed
from .figures import BOTH, IN_FLOAT32, PRINTED
from .printed import decimal, decimals, entries, float32_rounding, moved

stated = Statements()
"""In the order in which they are told."""

Rows = tuple[tuple[str, ...], ...]

OF_DECIMALS = "; by how much log p moves as p is rounded to the format is known exactly, and taken out"
"""What is said of figures whose inputs are decimals."""


def _probabilities(rows: Rows) -> Input:
    text = "; ".join(f"[{', '.join(row)}]" for row in rows)
    return fixed("p", [[float(digits) for digits in row] for row in rows], text)


_INDEXED: Rows = (("0.2", "0.7", "0.1"), ("0.2", "0.7", "0.1"), ("0.4", "0.6", "0"))

_ONE_CORRECT_ONE_WRONG: Rows = (("0.1", "0.15", "0.05", "0.6", "0.1"), ("0.15", "0.2", "0.4", "0.1", "0.15"))

_TWO_CLASSES: Rows = (("0.8", "0.2"), ("0.4", "0.6"))

_LOGITS = [[0.5, 0.7, 0.3], [0.8, 0.2, 0.9]]


def _rounding(stored: np.ndarray, rows: Rows) -> Balls:
    """log(p̂/p): by how much rounding the printed probabilities to the format moves their logarithms."""
    return log(exact(stored)) - log(decimals(rows))


@stated(
    "indexed-loss",
    "Rows [0.2, 0.7, 0.1], [0.2, 0.7, 0.1], [0.4, 0.6, 0] with label 1 each have the losses −log p_y = [0.3567, "
    "0.3567, 0.5108]; a probability of 0 elsewhere in a row does no harm.",
    r"-\log p_y = (0.3567,\ 0.3567,\ 0.5108)",
    source="S1",
    functions=("sparse_categorical_cross_entropy",),
    domain=Domain((_probabilities(_INDEXED), fixed("y", [1, 1, 1], "label 1 each")), BOTH),
    bound=PRINTED + OF_DECIMALS,
)
def _indexed_loss(f: Functions, p: Array, y: Array) -> Relations:
    change = _rounding(p, _INDEXED)[np.arange(len(y)), y]
    losses = f("sparse_categorical_cross_entropy", p, y) + change
    yield from entries(losses, ("0.3567", "0.3567", "0.5108"), "-log p_y")


@stated(
    "right-and-wrong",
    "With class 3 as the label the loss is −log 0.6 where that class has probability 0.6, and −log 0.1 where it has "
    "0.1.",
    r"-\sum_j y_j \log p_j = -\log 0.6 \text{ and } -\log 0.1",
    source="S2",
    functions=("categorical_cross_entropy",),
    domain=Domain(
        (
            _probabilities(_ONE_CORRECT_ONE_WRONG),
            fixed("y", [[0.0, 0.0, 0.0, 1.0, 0.0]] * 2, "one-hot labels of class 3"),
        ),
        BOTH,
    ),
    bound=BY_INCLUSION + OF_DECIMALS,
)
def _correct_and_wrong(f: Functions, p: Array, y: Array) -> Relations:
    change = total(times(exact(y), _rounding(p, _ONE_CORRECT_ONE_WRONG)))
    losses = f("categorical_cross_entropy", p, y) + change
    for row, digits in enumerate(("0.6", "0.1")):
        yield equal(losses[row : row + 1].sum(), _scalar(-decimal(digits).log()), f"row {row}: -log {digits}")


def _two_class_figure() -> Balls:
    return _scalar(-(decimal("0.8").log() + decimal("0.6").log()) / 2)


@stated(
    "two-class-rows",
    "Rows [0.8, 0.2] and [0.4, 0.6] with labels [1, 0] and [0, 1] have the mean loss (−log 0.8 − log 0.6)/2.",
    r"-\tfrac12 \sum_i \sum_j y_{ij} \log p_{ij} = \tfrac12 (-\log 0.8 - \log 0.6)",
    source="S2",
    functions=("categorical_cross_entropy",),
    domain=Domain(
        (_probabilities(_TWO_CLASSES), fixed("y", [[1.0, 0.0], [0.0, 1.0]], "labels [1, 0] and [0, 1]")), BOTH
    ),
    bound=BY_INCLUSION + OF_DECIMALS,
)
def _two_class_rows(f: Functions, p: Array, y: Array) -> Relations:
    change = total(times(exact(y), _rounding(p, _TWO_CLASSES)))
    losses = f("categorical_cross_entropy", p, y) + change
    yield equal(total(losses) / 2, _two_class_figure(), "the mean over both rows")


@stated(
    "two-class-rows-binary",
    "The same two examples as probabilities [0.2, 0.6] of the second class, with labels 0 and 1, have the same mean "
    "loss (−log 0.8 − log 0.6)/2.",
    r"-\tfrac12 \sum_i \left(y_i \log p_i + (1 - y_i) \log(1 - p_i)\right) = \tfrac12 (-\log 0.8 - \log 0.6)",
    source="S2",
    functions=("binary_cross_entropy",),
    domain=Domain((fixed("p", [0.2, 0.6], "0.2 and 0.6"), fixed("y", [0.0, 1.0], "labels 0 and 1")), BOTH),
    bound=BY_INCLUSION + OF_DECIMALS,
)
def _two_class_rows_binary(f: Functions, p: Array, y: Array) -> Relations:
    kept, published = exact(y), decimals((("0.2", "0.6"),))[0]
    ones, zeros = log(exact(p)) - log(published), log(1 - exact(p)) - log(1 - published)
    losses = f("binary_cross_entropy", p, y) + kept * ones + (1 - kept) * zeros
    yield equal(total(losses) / 2, _two_class_figure(), "the mean over both elements")


def _scalar(ball: arb) -> Balls:
    return np.array(ball, dtype=object)


_ALL_ONE = ("0.47407699", "0.40318602", "0.5543552", "0.37110069", "0.59813887", "0.34115386")

_ALL_ZERO = ("0.97407699", "1.10318601", "0.85435522", "1.17110074", "0.79813886", "1.24115384")


@stated(
    "sigmoid-losses",
    "Logits [[0.5, 0.7, 0.3], [0.8, 0.2, 0.9]] have the sigmoid cross-entropies [[0.47407699, 0.40318602, 0.5543552], "
    "[0.37110069, 0.59813887, 0.34115386]] where all labels are 1, and [[0.97407699, 1.10318601, 0.85435522], "
    "[1.17110074, 0.79813886, 1.24115384]] where all are 0.",
    r"-\log \sigma(0.5) \approx 0.47407699,\quad -\log(1 - \sigma(0.5)) \approx 0.97407699,\ \dots",
    source="S2",
    functions=("sigmoid_cross_entropy",),
    domain=Domain(
        (
            fixed("x", _LOGITS, "[0.5, 0.7, 0.3] and [0.8, 0.2, 0.9]"),
            fixed("ones", np.ones((2, 3)), "labels all 1"),
            fixed("zeros", np.zeros((2, 3)), "labels all 0"),
        ),
        BOTH,
    ),
    bound=f"{IN_FLOAT32}; by how much rounding the logits to the examined format instead of float32 moves the "
    "result is known exactly, and taken out",
)
def _sigmoid_losses(f: Functions, x: Array, ones: Array, zeros: Array) -> Relations:
    published = np.array(_LOGITS, dtype=np.float32)
    for name, labels, digits in (("ones", ones, _ALL_ONE), ("zeros", zeros, _ALL_ZERO)):
        change = moved("sigmoid_cross_entropy", x, published, labels)
        rounding = float32_rounding("sigmoid_cross_entropy", published, labels.astype(np.float32))
        yield from entries(f("sigmoid_cross_entropy", x, labels) - change + rounding, digits, f"labels all {name}")


@stated(
    "gradient-row",
    "softmax of [2, 3, 4] is [0.0900, 0.2447, 0.665], and the gradient of the loss with class 1 as label is [0.0900, "
    "−0.7553, 0.665]; the note's 0.0903 is a misprint.",
    r"p = \operatorname{softmax}(2, 3, 4) \approx (0.0900,\ 0.2447,\ 0.665),"
    r"\quad \partial L / \partial x = (p_0,\ p_1 - 1,\ p_2)",
    source="S3",
    functions=("softmax", "sparse_softmax_cross_entropy"),
    domain=Domain((fixed("x", [[2.0, 3.0, 4.0]], "[2, 3, 4]"), fixed("k", [1], "class 1")), BOTH),
    bound=PRINTED,
)
def _gradient_row(f: Functions, x: Array, k: Array) -> Relations:
    probs = f("softmax", x)
    yield from entries(probs, ("0.0900", "0.2447", "0.665"), "softmax")
    yield at_most(_scalar(arb("0.0002")), magnitude(probs[0, :1] - decimal("0.0903")), "0.0903 is a misprint of 0.0900")
    gradient = f("sparse_softmax_cross_entropy", x, k, quantity="gradient:logits")
    yield from entries(gradient, ("0.0900", "-0.7553", "0.665"), "gradient")
