"""Inputs of losses and of measures of information: labels of every kind, and probabilities beside them."""

from __future__ import annotations

import numpy as np

from logitproof.reference import FORMATS, Format

from ..checking.choices import Choices
from ..checking.property import Input
from .inputs import CLASSES, Arrays, lies_between, rows_of, sums_to_one, wide
from .lattice import neighbour
from .numbers import STEPS
from .order import class_index
from .rows import stored
from .shares import distribution, probabilities

PART = 128
"""Labels that are mixed with others are multiples of 1/128: their complements and means are exact in every format."""


def shares(name: str = "p", *, like: str | None = None, largest: int = CLASSES) -> Input:
    """Rows of numbers ≥ 0 that sum to one, zeros among them."""

    def row(choices: Choices, fmt: Format, n: int) -> list[float]:
        if choices.pick(("zeros", "positive")) == "zeros":
            return distribution(choices, n)
        return probabilities(choices, fmt, n)

    text = "rows of numbers ≥ 0 that sum to one, as nearly as the format allows"
    return rows_of(
        name, text, row, lambda array: lies_between(array, 0, 1) and sums_to_one(array), like=like, largest=largest
    )


def parts(name: str = "y", *, like: str | None = "x") -> Input:
    """Rows of multiples of 1/128 that sum exactly to one: the mean of two of them is exact in every format."""

    def row(choices: Choices, _: Format, n: int) -> list[float]:
        drawn = distribution(choices, n)
        if all((PART * label).is_integer() for label in drawn):
            return drawn
        named = class_index(choices, n)
        return [float(index == named) for index in range(n)]

    text = "rows of labels ≥ 0, multiples of 1/128 that sum exactly to one"
    return rows_of(name, text, row, _are_whole, like=like)


def positive_parts(name: str = "q", *, like: str | None = "y") -> Input:
    """Rows of positive multiples of 1/128 that sum exactly to one."""

    def row(choices: Choices, _: Format, n: int) -> list[float]:
        units, left = [1] * n, PART - n
        for index in range(n - 1):
            more = choices.integer(0, left)
            units[index] += more
            left -= more
        units[-1] += left
        return [unit / PART for unit in units]

    text = "rows of positive multiples of 1/128 that sum exactly to one"
    return rows_of(name, text, row, lambda array: _are_whole(array) and bool((wide(array) > 0).all()), like=like)


def _are_whole(array: np.ndarray) -> bool:
    return are_parts(array) and bool((wide(array).sum(axis=-1) == 1).all())


def any_labels(name: str = "y", *, like: str = "x") -> Input:
    """Rows of labels from 0 to 1 with any sum: several classes at 1, none, or parts of any size."""

    def row(choices: Choices, _: Format, n: int) -> list[float]:
        if choices.pick(("ones", "parts")) == "ones":
            return [float(choices.integer(0, 1)) for _ in range(n)]
        return [choices.integer(0, PART) / PART for _ in range(n)]

    text = "labels in [0, 1], multiples of 1/128, with any sum"
    return rows_of(name, text, row, are_parts, like=like)


def several_ones(name: str = "y", *, like: str = "x") -> Input:
    """Rows of zeros and ones: any number of ones in a row."""

    def row(choices: Choices, _: Format, n: int) -> list[float]:
        return [float(choices.integer(0, 1)) for _ in range(n)]

    text = "labels 0 or 1, any number of ones in a row"
    return rows_of(name, text, row, lambda array: bool(np.isin(wide(array), (0, 1)).all()), like=like)


def beside(name: str = "q", of: str = "p") -> Input:
    """Rows of positive probabilities of the width of others: of their own, or next to those."""

    def near(choices: Choices, fmt: Format, other: list[float]) -> list[float]:
        if choices.pick(("own", "next")) == "own":
            return probabilities(choices, fmt, len(other))
        return [min(max(neighbour(share, choices.pick(STEPS), fmt), fmt.quantum), 1.0) for share in other]

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        fmt, others = FORMATS[dtype], wide(arrays[of]).tolist()
        return stored([near(choices, fmt, others[case]) for case in range(cases)], fmt)

    def admits(array: np.ndarray, _: Arrays) -> bool:
        return lies_between(array, 0, 1) and bool((wide(array) > 0).all())

    return Input(name, f"rows of numbers in (0, 1] with any sum, some of them next to {of}", draw, admits)


def are_parts(array: np.ndarray) -> bool:
    """Whether all numbers are multiples of 1/128 from 0 to 1."""
    return lies_between(array, 0, 1) and bool((np.mod(PART * wide(array), 1) == 0).all())
