"""The inputs that domains are made of: each says in words what it is, draws itself, and knows what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from logitproof.reference import FORMATS, Format

from ..checking.choices import Choices
from ..checking.property import Input
from .numbers import Maker, number
from .options import cotangent, positive_weight
from .order import class_index, permutation
from .rows import masked_row, row, sparse_row, stored, width
from .shares import distribution
from .shares import log_probabilities as log_probability_row
from .shares import probabilities as probability_row
from .unit_numbers import unit_number

Arrays = Mapping[str, np.ndarray]
Row = Callable[[Choices, Format, int], list[float]]
"""Draws a row: (choices, format, classes) → numbers of the format."""
Admits = Callable[[np.ndarray], bool]
"""Tells whether an array is such as is drawn."""

CLASSES = 33
"""Up to so many classes are drawn where width is not the point: past every vector width of up to 16 numbers."""

WIDE = 4097
"""Up to so many classes are drawn where width is the point."""


def wide(array: np.ndarray) -> np.ndarray:
    """Return numbers as float64, which holds every format exactly."""
    with np.errstate(invalid="ignore"):
        return array.astype(np.float64)


def is_finite(array: np.ndarray) -> bool:
    """Whether no number is NaN or infinite."""
    return bool(np.isfinite(wide(array)).all())


def lies_between(array: np.ndarray, low: float, high: float) -> bool:
    """Whether all numbers are from `low` to `high`, both of them included."""
    return bool(((wide(array) >= low) & (wide(array) <= high)).all())


def sums_to_one(array: np.ndarray) -> bool:
    """Whether rows sum to one but for one rounding of every entry: no rounding is larger than that to 16 bits."""
    return bool((np.abs(wide(array).sum(axis=-1) - 1) <= 2.0**-7).all())


def _is_masked(array: np.ndarray) -> bool:
    numbers = wide(array)
    return bool((np.isfinite(numbers) | np.isneginf(numbers)).all() and np.isfinite(numbers).any(axis=-1).all())


def rows_of(
    name: str,
    text: str,
    row: Row,
    admits: Admits,
    *,
    like: str | None = None,
    least: int = 1,
    largest: int = CLASSES,
) -> Input:
    """Rows that are drawn one by one: of the width of others, or of `least` to `largest` classes."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        n = least + width(choices, largest - least + 1) - 1 if like is None else arrays[like].shape[-1]
        return stored([row(choices, FORMATS[dtype], n) for _ in range(cases)], FORMATS[dtype])

    return Input(name, text, draw, lambda array, _: array.shape[-1] >= least and admits(array))


def elements_of(name: str, text: str, element: Maker, admits: Admits) -> Input:
    """Single numbers, each drawn by itself."""

    def draw(choices: Choices, dtype: str, cases: int, _: Arrays) -> np.ndarray:
        return stored([element(choices, FORMATS[dtype]) for _ in range(cases)], FORMATS[dtype])

    return Input(name, text, draw, lambda array, _: admits(array))


def logits(name: str = "x", *, least: int = 1, largest: int = CLASSES) -> Input:
    """Rows of finite logits, `least` to `largest` classes."""
    return rows_of(name, f"finite logits, n ≥ {least} classes", row, is_finite, least=least, largest=largest)


def paired_logits(name: str, of: str = "x") -> Input:
    """Further rows of finite logits, of the shape of others."""
    return rows_of(name, f"finite logits of the shape of {of}", row, is_finite, like=of)


def masked_logits(name: str = "x") -> Input:
    """Rows with -inf at some places and at least one finite logit."""
    return rows_of(name, "logits, some of them -inf, at least one of a row finite", masked_row, _is_masked)


def sparse_logits(name: str = "x") -> Input:
    """Wide rows of -inf with at most 16 finite logits anywhere."""
    text = f"rows of up to {WIDE} classes, -inf but for 1 to 16 finite logits anywhere"
    return rows_of(name, text, sparse_row, _is_masked, largest=WIDE)


def elements(name: str = "x") -> Input:
    """Finite numbers of any size."""
    return elements_of(name, "a finite number", number, is_finite)


def unit_elements(name: str = "p", *, inner: bool = False) -> Input:
    """Numbers from 0 to 1, both ends among them unless `inner`."""

    def element(choices: Choices, fmt: Format) -> float:
        drawn = unit_number(choices, fmt)
        return 0.5 if inner and drawn in (0.0, 1.0) else drawn

    def admits(array: np.ndarray) -> bool:
        return lies_between(array, 0, 1) and not (inner and np.isin(wide(array), (0, 1)).any())

    return elements_of(name, "a number in (0, 1)" if inner else "a number in [0, 1]", element, admits)


def probabilities(name: str = "p", *, like: str | None = None) -> Input:
    """Rows of positive probabilities with the sum one, exactly or as nearly as the format allows."""
    text = "rows of positive probabilities that sum to one, as nearly as the format allows"
    return rows_of(
        name,
        text,
        probability_row,
        lambda array: is_finite(array) and bool((wide(array) > 0).all()) and sums_to_one(array),
        like=like,
    )


def log_probabilities(name: str = "l", *, like: str | None = None) -> Input:
    """Rows of finite log-probabilities."""
    return rows_of(
        name,
        "rows of finite numbers ≤ 0",
        log_probability_row,
        lambda array: is_finite(array) and lies_between(array, -np.inf, 0),
        like=like,
    )


def labels(name: str = "y", *, like: str | None = "x") -> Input:
    """Rows of labels ≥ 0 that sum exactly to one and are exact in every format."""

    def admits(array: np.ndarray) -> bool:
        # Multiples of 2^-40 of at most 4096 classes: their float64 sum is exact.
        return lies_between(array, 0, 1) and bool((wide(array).sum(axis=-1) == 1).all())

    return rows_of(
        name,
        "rows of labels ≥ 0 that sum exactly to one",
        lambda choices, _, n: distribution(choices, n),
        admits,
        like=like,
    )


def class_labels(name: str = "k", of: str = "x") -> Input:
    """One class of every row."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del dtype
        return np.array([class_index(choices, arrays[of].shape[-1]) for _ in range(cases)], dtype=np.int64)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        return bool(((array >= 0) & (array < arrays[of].shape[-1])).all())

    return Input(name, "a class of the row", draw, admits)


def class_order(name: str = "order", of: str = "x") -> Input:
    """An order of the classes, the same for all rows."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del dtype, cases
        return np.array(permutation(choices, arrays[of].shape[-1]), dtype=np.int64)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        return sorted(array.tolist()) == list(range(arrays[of].shape[-1]))

    return Input(name, "a permutation of the classes", draw, admits, common=True)


def like(
    name: str, of: str = "x", *, per_row: bool = False, text: str = "what the gradient is multiplied with"
) -> Input:
    """Small dyadic numbers: cotangents of the shape of an array, or one for every row."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        shape = (cases,) if per_row else arrays[of].shape
        return cotangent(choices, FORMATS[dtype], shape)

    return Input(name, text, draw, lambda array, _: is_finite(array))


def class_weights(name: str = "w", of: str = "x") -> Input:
    """Positive weights of the classes, the same for all rows."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del cases
        return positive_weight(choices, FORMATS[dtype], arrays[of].shape[-1])

    def admits(array: np.ndarray, _: Arrays) -> bool:
        return is_finite(array) and bool((wide(array) > 0).all())

    return Input(name, "a positive weight for every class", draw, admits, common=True)


def one_of(name: str, values: tuple[float, ...], text: str) -> Input:
    """One of some values, the same for all cases, of shape (1,)."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del cases, arrays
        return np.array([choices.pick(values)], dtype=FORMATS[dtype].numpy_dtype)

    def admits(array: np.ndarray, _: Arrays) -> bool:
        return array.shape == (1,) and float(array[0]) in values

    return Input(name, f"{text}: one of {', '.join(f'{value:g}' for value in values)}", draw, admits, common=True)


def fixed(name: str, values: object, text: str, *, common: bool = False) -> Input:
    """Published numbers, rounded to the format; whole numbers stay what they are."""
    given = np.asarray(values)

    def array_in(dtype: str) -> np.ndarray:
        return given.astype(FORMATS[dtype].numpy_dtype) if given.dtype.kind == "f" else given.astype(np.int64)

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del choices, cases, arrays
        return array_in(dtype)

    def admits(array: np.ndarray, _: Arrays) -> bool:
        return bool(np.array_equal(array, array_in(array.dtype.name) if given.dtype.kind == "f" else given))

    return Input(name, text, draw, admits, common, fixed=True)
