"""Further inputs of losses: logits that none of them overflows at, single elements with labels, and options."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from logitproof.reference import FORMATS, Format

from ..checking.choices import Choices
from ..checking.property import Input
from .inputs import CLASSES, Admits, Arrays, Row, elements_of, lies_between, one_of, rows_of, wide
from .label_inputs import PART, are_parts
from .labelled import named
from .lattice import nearest
from .numbers import number
from .order import class_index
from .rows import row, stored
from .shares import log_probabilities
from .unit_numbers import unit_number

ANY, NEAR, TAME = 1.0, 2.0**-2, 2.0**-10
"""How large numbers may be, as a share of the largest: any, or so that differences, or sums of hundreds, have room."""


def near_logits(name: str = "x", *, like: str | None = None, largest: int = CLASSES, share: float = NEAR) -> Input:
    """Rows of finite logits, none of them above a share of the largest number; of the width of others."""
    text = f"finite logits of at most {Fraction(share)} of the largest number"
    return rows_of(name, text, _brought_near(row, share), _is_near(share), like=like, largest=largest)


def near_elements(name: str = "x", *, share: float = NEAR) -> Input:
    """Finite numbers, none of them above a share of the largest number; 0, where max(x, 0) has its corner, often."""

    def element(choices: Choices, fmt: Format) -> float:
        drawn = 0.0 if choices.pick(("any", "any", "any", "zero")) == "zero" else number(choices, fmt)
        return _scaled(drawn, fmt, share)

    text = f"a number of at most {Fraction(share)} of the largest one" if share < 1 else "a finite number"
    return elements_of(name, text, element, _is_near(share))


def near_log_probabilities(name: str = "l", *, share: float = NEAR) -> Input:
    """Rows of finite numbers ≤ 0, none of them below a share of the most negative one."""
    is_near = _is_near(share)
    return rows_of(
        name,
        f"rows of numbers ≤ 0, of at most {Fraction(share)} of the largest number",
        _brought_near(log_probabilities, share),
        lambda array: is_near(array) and lies_between(array, -math.inf, 0),
    )


def _scaled(value: float, fmt: Format, share: float) -> float:
    """Scale down by the share, a power of two, what is beyond it."""
    return share * value if abs(value) > share * fmt.max_finite else value


def _brought_near(row_: Row, share: float) -> Row:
    return lambda choices, fmt, n: [_scaled(value, fmt, share) for value in row_(choices, fmt, n)]


def _is_near(share: float) -> Admits:
    return lambda array: bool((np.abs(wide(array)) <= share * FORMATS[array.dtype.name].max_finite).all())


def finite_class(name: str = "k", of: str = "x") -> Input:
    """One class of every row whose logit is finite."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del dtype, cases
        finite = [np.flatnonzero(np.isfinite(row)) for row in wide(arrays[of])]
        return np.array([classes[class_index(choices, len(classes))] for classes in finite], dtype=np.int64)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        inside = (array >= 0) & (array < arrays[of].shape[-1])
        return bool(inside.all()) and bool(np.isfinite(named(array, wide(arrays[of]))).all())

    return Input(name, "a class of the row whose logit is finite", draw, admits)


def element_labels(name: str = "z", of: str = "x") -> Input:
    """A label from 0 to 1 for every element of an array, both ends among them; 1 − z is exact in every format."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del cases
        shape = arrays[of].shape
        drawn = [choices.pick((0, PART, choices.integer(0, PART))) / PART for _ in range(math.prod(shape))]
        return stored(drawn, FORMATS[dtype]).reshape(shape)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        return array.shape == arrays[of].shape and are_parts(array)

    return Input(name, "a label in [0, 1], a multiple of 1/128", draw, admits)


def complementary_elements(name: str = "p") -> Input:
    """Numbers in (0, 1) whose complements 1 − p the format has too."""

    def element(choices: Choices, fmt: Format) -> float:
        upper = unit_number(choices, fmt)
        # From ½ on the complement is exact (Sterbenz).
        upper = upper if upper >= 0.5 else nearest(1 - upper, fmt)
        upper = upper if upper < 1 else 0.5
        return upper if choices.pick(("upper", "lower")) == "upper" else 1 - upper

    def admits(array: np.ndarray) -> bool:
        numbers = wide(array)
        return bool(((numbers > 0) & (numbers < 1) & (wide(1 - (1 - array)) == numbers)).all())

    return elements_of(name, "a number in (0, 1) with 1 - p in the format", element, admits)


def ignored_class(name: str = "i", of: str = "x") -> Input:
    """The label that does not count, shape (1,): a class, or −100, which names none."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del dtype, cases
        label = class_index(choices, arrays[of].shape[-1])
        return np.array([choices.pick((label, -100))], dtype=np.int64)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        return array.shape == (1,) and -100 <= int(array[0]) < arrays[of].shape[-1]

    return Input(name, "the label that does not count, a class or -100", draw, admits, common=True)


def partly_ignored(name: str = "k", of: str = "x", ignored: str = "i") -> Input:
    """One class of every row, or the label that does not count."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        del dtype
        n, left_out = arrays[of].shape[-1], int(arrays[ignored][0])
        labels = [choices.pick((class_index(choices, n), left_out)) for _ in range(cases)]
        return np.array(labels, dtype=np.int64)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        is_class = (array >= 0) & (array < arrays[of].shape[-1])
        return bool((is_class | (array == arrays[ignored][0])).all())

    return Input(name, f"a class of the row, or {ignored}", draw, admits)


def layer_weights(name: str = "w", classes: str = "y") -> Input:
    """Matrices W for every case, shape (cases, classes, 1 to 4): multiples of ¼ up to ±2, so that Wo is exact."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        shape = (cases, arrays[classes].shape[-1], choices.integer(1, 4))
        quarters = [choices.integer(0, 16) - 8 for _ in range(math.prod(shape))]
        return stored([quarter / 4 for quarter in quarters], FORMATS[dtype]).reshape(shape)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        fits = array.shape[:-1] == arrays[classes].shape and array.shape[-1] <= 4
        return fits and _are_multiples(wide(array), of=0.25, largest=2)

    return Input(name, "weights W of a linear layer, multiples of 1/4 up to 2, of 1 to 4 inputs", draw, admits)


def layer_inputs(name: str = "o", weights: str = "w") -> Input:
    """Inputs of a linear layer for every case: whole numbers up to ±3."""

    def draw(choices: Choices, dtype: str, cases: int, arrays: Arrays) -> np.ndarray:
        shape = (cases, arrays[weights].shape[-1])
        drawn = [float(choices.integer(0, 6) - 3) for _ in range(math.prod(shape))]
        return stored(drawn, FORMATS[dtype]).reshape(shape)

    def admits(array: np.ndarray, arrays: Arrays) -> bool:
        return array.shape[-1] == arrays[weights].shape[-1] and _are_multiples(wide(array), of=1, largest=3)

    return Input(name, "the layer's inputs, whole numbers up to 3", draw, admits)


def _are_multiples(numbers: np.ndarray, *, of: float, largest: float) -> bool:
    return bool(((np.abs(numbers) <= largest) & (np.mod(numbers, of) == 0)).all())


def smoothing(name: str = "e") -> Input:
    """A label smoothing that every format holds."""
    return one_of(name, (0.125, 0.5, 0.25, 0.0078125, 1.0), "the label smoothing")
