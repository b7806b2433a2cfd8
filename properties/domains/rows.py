"""Rows of finite logits, and of logits with masks.

Every builder returns `n` numbers of the format. Rows of up to 16 classes have a choice for every number; longer ones
have a few numbers in turn, so that a search can shrink them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from logitproof.reference import Format

from ..checking.choices import Choices
from .lattice import nearest, neighbour
from .numbers import (
    LN2,
    STEPS,
    halvings,
    huge,
    number,
    of_a_binade,
    signed,
    small_number,
    subnormal,
    threshold,
)
from .shares import leaf_depths

FEW = 16
"""Up to so many classes every number is a choice of its own."""

Row = Callable[[Choices, Format, int], list[float]]


def width(choices: Choices, largest: int) -> int:
    """Return a number of classes up to `largest`: up to ten, or next to a power of two, where vector loops end."""
    if largest <= 10 or choices.pick(("few", "vector")) == "few":
        return choices.integer(1, min(largest, 10))
    power: int = 2 ** choices.integer(3, largest.bit_length() - 1)
    return min(power + choices.pick((0, 1, -1)), largest)


def filled(choices: Choices, n: int, entry: Callable[[], float]) -> list[float]:
    """Return `n` entries: each its own where they are few; else up to four in turn, and up to four of their own."""
    if n <= FEW:
        return [entry() for _ in range(n)]
    turn = [entry() for _ in range(choices.integer(1, 4))]
    values = [turn[i % len(turn)] for i in range(n)]
    for _ in range(choices.integer(0, 4)):
        values[choices.integer(0, n - 1)] = entry()
    return values


def small(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return small whole and dyadic numbers."""
    return filled(choices, n, lambda: small_number(choices, fmt))


def equal(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return one number `n` times: its softmax is 1/n exactly."""
    return [number(choices, fmt)] * n


def near_ties(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return numbers that are equal, or apart by a few numbers of the format."""
    base = number(choices, fmt)
    return filled(choices, n, lambda: neighbour(base, choices.pick(STEPS), fmt))


def dominated(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return one leader, and the others at any distance below it: from p = ½ to where e^−d has long vanished."""
    base, leader = small_number(choices, fmt), choices.integer(0, n - 1)
    gaps = (small_number, halvings, threshold, of_a_binade)
    values = filled(choices, n, lambda: nearest(base - abs(choices.pick(gaps)(choices, fmt)), fmt))
    values[leader] = base
    return values


def offset(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return a large common number plus small ones: x − max is exact for some, inexact for others."""
    size = choices.integer(4, min(fmt.emax - 1, 24))
    fraction = choices.pick((0, 2 ** (fmt.precision - 1) - 1, 2 ** (fmt.precision - 1) // 3))
    base = signed(choices, math.ldexp(2 ** (fmt.precision - 1) + fraction, size - fmt.precision + 1))
    return filled(choices, n, lambda: nearest(base + small_number(choices, fmt), fmt))


def spread(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return numbers of many sizes and both signs, with all their bits: the shift rounds, and exp magnifies it."""
    return filled(choices, n, lambda: number(choices, fmt, (of_a_binade,)))


def crossing(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return numbers whose log-sum-exp is next to 0: −k log 2 with Σ 2^−k = 1, rounded, or moved by a few numbers."""
    depths = leaf_depths(choices, n)
    step = choices.pick(STEPS)
    return [neighbour(nearest(-depth * LN2, fmt), step, fmt) for depth in depths]


def subnormals(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return subnormal numbers of both signs."""
    return filled(choices, n, lambda: number(choices, fmt, (subnormal,)))


def huge_numbers(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return numbers next to the largest finite one, of both signs."""
    return filled(choices, n, lambda: number(choices, fmt, (huge,)))


def any_numbers(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return numbers of every kind beside each other."""
    return filled(choices, n, lambda: number(choices, fmt))


KINDS: tuple[Row, ...] = (
    small,
    dominated,
    offset,
    near_ties,
    spread,
    crossing,
    equal,
    any_numbers,
    subnormals,
    huge_numbers,
)
"""The kinds of rows, the simplest first."""


def row(choices: Choices, fmt: Format, n: int, kinds: Sequence[Row] = KINDS) -> list[float]:
    """Return `n` finite numbers of `fmt`, of one of the kinds."""
    return choices.pick(kinds)(choices, fmt, n)


def mask(choices: Choices, n: int) -> list[bool]:
    """Return which of `n` classes are masked: never all of them, and sometimes all but one."""
    kept = choices.integer(0, n - 1)
    match choices.pick(("none", "start", "end", "some", "all but one")):
        case "none":
            return [False] * n
        case "start":
            return [i < kept for i in range(n)]
        case "end":
            return [i > kept for i in range(n)]
        case "all but one":
            return [i != kept for i in range(n)]
        case _:
            chosen = {choices.integer(0, n - 1) for _ in range(choices.integer(1, min(n, FEW)))}
            return [i in chosen and i != kept for i in range(n)]


def masked_row(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return a row with −inf at some places, and at least one finite number."""
    values = row(choices, fmt, n)
    return [-math.inf if hidden else value for value, hidden in zip(values, mask(choices, n), strict=True)]


def sparse_row(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return −inf everywhere but at 1 to 16 places, the first and the last of them often."""
    few = choices.integer(1, min(n, FEW))
    values = [-math.inf] * n
    # Places may coincide: then fewer are finite, but never none.
    for value in row(choices, fmt, few):
        values[_position(choices, n)] = value
    return values


def _position(choices: Choices, n: int) -> int:
    match choices.pick(("start", "end", "inside")):
        case "start":
            return 0
        case "end":
            return n - 1
        case _:
            return choices.integer(0, n - 1)


def stored(values: Sequence[float] | Sequence[Sequence[float]], fmt: Format) -> np.ndarray:
    """Return numbers of `fmt` in its storage: nothing is rounded."""
    return np.array(values, dtype=np.float64).astype(fmt.numpy_dtype)
