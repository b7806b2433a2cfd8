"""The inputs that domains are made of: each says in words what it is, draws itself, and knows what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from logitproof.reference import FORMATS, Format

from ..checking.choices import Choices
from ..checking.property import Input
from .numbers import KINDS as NUMBER_KINDS
from .numbers import number
from .options import cotangent, positive_weight
from .order import class_index, permutation
from .rows import masked_rows, rows, sparse_rows, stored, width
from .shares import distributions, log_probability_rows, probability_rows
from .unit_numbers import unit_number

Arrays = Mapping[str, np.ndarray]

CLASSES = 33
"""Up to so many classes are drawn where width is not the point: past every vector width of up to 16 numbers."""

WIDE = 4097
"""Up to so many classes are drawn where width is the point."""


def wide(array: np.ndarray) -> np.ndarray:
    """Return numbers as float64, which holds every format exactly."""
    with np.errstate(invalid="ignore"):
        return array.astype(np.float64)


def _is_finite(array: np.ndarray, arrays: Arrays) -> bool:
    del arrays
    return bool(np.isfinite(wide(array)).all())


def _is_positive(array: np.ndarray, arrays: Arrays) -> bool:
    return _is_finite(array, arrays) and bool((wide(array) > 0).all())


def _is_masked(array: np.ndarray, arrays: Arrays) -> bool:
    del arrays
    numbers = wide(array)
    return bool((np.isfinite(numbers) | np.isneginf(numbers)).all() and np.isfinite(numbers).any(axis=-1).all())


def logits(name: str = "x", *, least: int = 1, largest: int = CLASSES) -> Input:
    """Rows of finite logits, `least` to `largest` classes."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del arrays
        n = least + width(choices, largest - least + 1) - 1
        return rows(choices, FORMATS[dtype], cases, n)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        return array.shape[-1] >= least and _is_finite(array, arrays)

    return Input(name, f"finite logits, n ≥ {least} classes", draw, admits)


def paired_logits(name: str, of: str = "x") -> Input:
    """Further rows of finite logits, of the shape of others."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        return rows(choices, FORMATS[dtype], cases, arrays[of].shape[-1])

    return Input(name, f"finite logits of the shape of {of}", draw, _is_finite)


def masked_logits(name: str = "x", *, least: int = 1) -> Input:
    """Rows with -inf at some places and at least one finite logit."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del arrays
        return masked_rows(choices, FORMATS[dtype], cases, least + width(choices, CLASSES - least + 1) - 1)

    return Input(name, "logits, some of them -inf, at least one of a row finite", draw, _is_masked)


def sparse_logits(name: str = "x") -> Input:
    """Wide rows of -inf with at most 16 finite logits anywhere."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del arrays
        return sparse_rows(choices, FORMATS[dtype], cases, width(choices, WIDE))

    return Input(name, f"rows of up to {WIDE} classes, -inf but for 1 to 16 finite logits anywhere", draw, _is_masked)


def elements(name: str = "x") -> Input:
    """Finite numbers of any size."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del arrays
        return stored([number(choices, FORMATS[dtype], NUMBER_KINDS) for _ in range(cases)], FORMATS[dtype])

    return Input(name, "a finite number", draw, _is_finite)


def unit_elements(name: str = "p", *, inner: bool = False) -> Input:
    """Numbers from 0 to 1, both ends among them unless `inner`."""

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        del arrays
        numbers = wide(array)
        return bool(((numbers > 0) & (numbers < 1) if inner else (numbers >= 0) & (numbers <= 1)).all())

    def one(choices: Choices, fmt: Format) -> float:
        drawn = unit_number(choices, fmt)
        return 0.5 if inner and drawn in (0.0, 1.0) else drawn

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del arrays
        return stored([one(choices, FORMATS[dtype]) for _ in range(cases)], FORMATS[dtype])

    return Input(name, "a number in (0, 1)" if inner else "a number in [0, 1]", draw, admits)


def _rows_like(of: str | None, arrays: Arrays, choices: Choices, least: int) -> int:
    if of is not None:
        return int(arrays[of].shape[-1])
    return least + width(choices, CLASSES - least + 1) - 1


def probabilities(name: str = "p", *, like: str | None = None, least: int = 1) -> Input:
    """Rows of positive probabilities with the sum one, exactly or as nearly as the format allows."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        return probability_rows(choices, FORMATS[dtype], cases, _rows_like(like, arrays, choices, least))

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        # Positive, and no further from one than one rounding of every entry.
        numbers, u = wide(array), 2.0**-7
        return _is_positive(array, arrays) and bool((np.abs(numbers.sum(axis=-1) - 1) <= u).all())

    return Input(name, "rows of positive probabilities that sum to one, as nearly as the format allows", draw, admits)


def log_probabilities(name: str = "l", *, like: str | None = None, least: int = 1) -> Input:
    """Rows of finite log-probabilities."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        return log_probability_rows(choices, FORMATS[dtype], cases, _rows_like(like, arrays, choices, least))

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        return _is_finite(array, arrays) and bool((wide(array) <= 0).all())

    return Input(name, "rows of finite numbers ≤ 0", draw, admits)


def labels(name: str = "y", *, like: str | None = "x", least: int = 1) -> Input:
    """Rows of labels ≥ 0 that sum exactly to one and are exact in every format."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        return distributions(choices, FORMATS[dtype], cases, _rows_like(like, arrays, choices, least))

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        numbers = wide(array)
        # Multiples of 2^-40 of at most 4096 classes: their float64 sum is exact.
        return _is_finite(array, arrays) and bool((numbers >= 0).all() and (numbers.sum(axis=-1) == 1).all())

    return Input(name, "rows of labels ≥ 0 that sum exactly to one", draw, admits)


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

    return Input(name, text, draw, _is_finite)


def class_weights(name: str = "w", of: str = "x") -> Input:
    """Positive weights of the classes, the same for all rows."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del cases
        return positive_weight(choices, FORMATS[dtype], arrays[of].shape[-1])

    return Input(name, "a positive weight for every class", draw, _is_positive, common=True)


def one_of(name: str, values: tuple[float, ...], text: str) -> Input:
    """One of some values, the same for all cases, of shape (1,)."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del cases, arrays
        return np.array([choices.pick(values)], dtype=FORMATS[dtype].numpy_dtype)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        del arrays
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

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        del arrays
        return bool(np.array_equal(array, array_in(array.dtype.name) if given.dtype.kind == "f" else given))

    return Input(name, text, draw, admits, common, fixed=True)
