"""Inputs of losses and of measures of information: labels of every kind, and probabilities beside them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitproof.reference import FORMATS, Format

from ..checking.choices import Choices
from ..checking.property import Input
from .inputs import CLASSES, Arrays, wide
from .lattice import neighbour
from .numbers import STEPS
from .order import class_index
from .rows import stored, width
from .shares import distribution, probabilities

PART = 128
"""Labels that are mixed with others are multiples of 1/128: their complements and means are exact in every format."""

Row = Callable[[Choices, Format, int], list[float]]


def _rows_input(
    name: str, text: str, row: Row, admits: Callable[[np.ndarray], bool], *, like: str | None, sizes: tuple[int, int]
) -> Input:
    """An input of rows that are drawn one by one, of the width of others or of `sizes` classes."""
    least, largest = sizes

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        n = arrays[like].shape[-1] if like is not None else least + width(choices, largest - least + 1) - 1
        return stored([row(choices, FORMATS[dtype], n) for _ in range(cases)], FORMATS[dtype])

    def belongs(array: np.ndarray, arrays: Arrays) -> bool:
        del arrays
        return admits(wide(array))

    return Input(name, text, draw, belongs)


def shares(name: str = "p", *, like: str | None = None, least: int = 1, largest: int = CLASSES) -> Input:
    """Rows of numbers ≥ 0 that sum to one, zeros among them."""

    def row(choices: Choices, fmt: Format, n: int) -> list[float]:
        if choices.pick(("zeros", "positive")) == "zeros":
            return distribution(choices, n)
        return probabilities(choices, fmt, n)

    def admits(numbers: np.ndarray) -> bool:
        # No sum of numbers that add up to one is further off than one rounding of each to a 16-bit format.
        return bool(((numbers >= 0) & (numbers <= 1)).all() and (np.abs(numbers.sum(axis=-1) - 1) <= 2.0**-7).all())

    text = "rows of numbers ≥ 0 that sum to one, as nearly as the format allows"
    return _rows_input(name, text, row, admits, like=like, sizes=(least, largest))


def parts(name: str = "y", *, like: str | None = "x", least: int = 1) -> Input:
    """Rows of multiples of 1/128 that sum exactly to one: the mean of two of them is exact in every format."""

    def row(choices: Choices, fmt: Format, n: int) -> list[float]:
        del fmt
        drawn = distribution(choices, n)
        if all((PART * label).is_integer() for label in drawn):
            return drawn
        named = class_index(choices, n)
        return [float(index == named) for index in range(n)]

    text = "rows of labels ≥ 0, multiples of 1/128 that sum exactly to one"
    return _rows_input(name, text, row, _are_whole, like=like, sizes=(least, CLASSES))


def positive_parts(name: str = "q", *, like: str | None = "y") -> Input:
    """Rows of positive multiples of 1/128 that sum exactly to one."""

    def row(choices: Choices, fmt: Format, n: int) -> list[float]:
        del fmt
        units, left = [1] * n, PART - n
        for index in range(n - 1):
            more = choices.integer(0, left)
            units[index] += more
            left -= more
        units[-1] += left
        return [unit / PART for unit in units]

    def admits(numbers: np.ndarray) -> bool:
        return _are_whole(numbers) and bool((numbers > 0).all())

    text = "rows of positive multiples of 1/128 that sum exactly to one"
    return _rows_input(name, text, row, admits, like=like, sizes=(1, CLASSES))


def _are_whole(numbers: np.ndarray) -> bool:
    return are_parts(numbers) and bool((numbers.sum(axis=-1) == 1).all())


def any_labels(name: str = "y", *, like: str = "x") -> Input:
    """Rows of labels from 0 to 1 with any sum: several classes at 1, none, or parts of any size."""

    def row(choices: Choices, fmt: Format, n: int) -> list[float]:
        del fmt
        if choices.pick(("ones", "parts")) == "ones":
            return [float(choices.integer(0, 1)) for _ in range(n)]
        return [choices.integer(0, PART) / PART for _ in range(n)]

    text = "labels in [0, 1], multiples of 1/128, with any sum"
    return _rows_input(name, text, row, are_parts, like=like, sizes=(1, CLASSES))


def several_ones(name: str = "y", *, like: str = "x") -> Input:
    """Rows of zeros and ones: any number of ones in a row."""

    def row(choices: Choices, fmt: Format, n: int) -> list[float]:
        del fmt
        return [float(choices.integer(0, 1)) for _ in range(n)]

    def admits(numbers: np.ndarray) -> bool:
        return bool(((numbers == 0) | (numbers == 1)).all())

    return _rows_input(name, "labels 0 or 1, any number of ones in a row", row, admits, like=like, sizes=(1, CLASSES))


def beside(name: str = "q", of: str = "p") -> Input:
    """Rows of positive probabilities of the width of others: of their own, or next to those."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        fmt, others = FORMATS[dtype], wide(arrays[of]).tolist()
        return stored([_beside(choices, fmt, others[case]) for case in range(cases)], fmt)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        del arrays
        return bool(((wide(array) > 0) & (wide(array) <= 1)).all())

    return Input(name, f"rows of numbers in (0, 1] with any sum, some of them next to {of}", draw, admits)


def _beside(choices: Choices, fmt: Format, other: list[float]) -> list[float]:
    if choices.pick(("own", "next")) == "own":
        return probabilities(choices, fmt, len(other))
    return [min(max(neighbour(share, choices.pick(STEPS), fmt), fmt.quantum), 1.0) for share in other]


def are_parts(numbers: np.ndarray) -> bool:
    """Whether all numbers are multiples of 1/128 from 0 to 1."""
    return bool(((numbers >= 0) & (numbers <= 1) & (np.mod(PART * numbers, 1) == 0)).all())
