"""Where numbers stand in a picture: logarithmic axes, magnified where the functions are interesting.

A float64 input has 600 decades on either side of zero, and all that happens to a sigmoid happens in six of them. Within
a window around 1 an axis gives each octave the same width; outside the width shrinks as 1/|exponent|.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from logitproof.reference import FUNCTIONS

from ..record.model import CurveMeasure

LOWEST = -1080.0
"""The exponent that stands for zero: below those of all formats."""
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_DECADES = (0, 3, -3, 30, -30, 300, -300, 1, -1, 2, -2, 6, -6, 10, -10, 100, -100, 4, -4)
"""Exponents of ten that may be written at an axis, the most welcome first."""


class Tick(NamedTuple):
    """A number written at an axis."""

    position: float
    label: str


@dataclass(frozen=True)
class Axis:
    """How a measure of the inputs lies along a picture.

    Attributes:
        label: what it measures.
        position: where a number stands; NaN for one that has no place.
        ticks: what may be written at it, the most welcome first.
        width: points closer than this are drawn as one, the one with the largest error.
    """

    label: str
    position: Callable[[float], float]
    ticks: tuple[Tick, ...]
    width: float


def axis_for(measure: CurveMeasure, function: str) -> Axis:
    """Return the axis of a measure; that of inputs depends on what the function's first argument is."""
    if measure == "classes":
        return Axis("numbers in a row", _along_rows, tuple(_powers(_along_rows, range(8))), 0.25)
    if measure == "confidence":
        decades = [decade for decade in (*_DECADES, -8) if decade <= 0]
        return Axis("1 − p", _along_complements, tuple(_powers(_along_complements, decades)), 0.5)
    known = FUNCTIONS.get(function)
    first = known.arguments[0] if known else None
    name = first.name if first else "input"
    if first and first.kind in {"probs", "labels"}:
        ends = list(_powers(_along_probabilities, [decade for decade in _DECADES if decade < 0]))
        # No format has a number nearer to 1 than 10⁻¹⁶.
        others = [Tick(-at, f"1 − {label}") for at, label in ends if at > _along_probabilities(1e-16)]
        return Axis(name, _along_probabilities, (Tick(0.0, "½"), *ends, *others), 0.5)
    positive = [tick for tick in _powers(_along_numbers, _DECADES) if tick.position > 2]
    both = [each for at, label in positive for each in (Tick(at, label), Tick(-at, f"−{label}"))]
    return Axis(name, _along_numbers, (Tick(0.0, "0"), *both), 0.5)


def chosen(ticks: Iterable[Tick], low: float, high: float, apart: float, *, letter: float = 0.0) -> list[Tick]:
    """Return the ticks from `low` to `high` that stand far enough apart, the most welcome ones first served.

    Args:
        ticks: what may be written.
        low: where the axis begins.
        high: where it ends.
        apart: the least distance of two ticks.
        letter: the width of a letter, where labels stand side by side.
    """
    placed: list[Tick] = []
    for tick in ticks:
        free = all(
            abs(tick.position - other.position) >= max(apart, letter * (len(tick.label) + len(other.label) + 2) / 2)
            for other in placed
        )
        if low <= tick.position <= high and free:
            placed.append(tick)
    return sorted(placed)


def power_of_ten(exponent: int) -> str:
    """Return a power of ten as it is written: "1", "10", "10⁻³"."""
    return {0: "1", 1: "10", 2: "100"}.get(exponent) or f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def _powers(position: Callable[[float], float], decades: Iterable[int]) -> Iterable[Tick]:
    return (Tick(position(10.0**decade), power_of_ten(decade)) for decade in decades)


def _squeezed(number: float, below: float, above: float) -> float:
    """The binary logarithm of a number from 0: as it is from -`below` to `above`, drawn nearer outside."""
    exponent = math.log2(number) if number > 0 else LOWEST
    edge = above if exponent > 0 else below
    if abs(exponent) <= edge:
        return exponent
    return math.copysign(edge + 5 * math.log(abs(exponent) / edge), exponent)


_NEAR_ZERO = _squeezed(2.0**-24, 4, 11)
"""Most inputs are not smaller in magnitude, and a function does nothing new below."""


def _along_numbers(number: float) -> float:
    """Negative numbers on the left, positive ones on the right, either by their logarithm, zero in the middle."""
    if not math.isfinite(number):
        return math.nan
    return math.copysign(max(_squeezed(abs(number), 4, 11) - _NEAR_ZERO, 0.0), number)


def _along_probabilities(number: float) -> float:
    """By log p up to one half, and from there by log(1 - p): either end of (0, 1) is where the digits are lost."""
    if not 0 < number < 1:  # at the ends there is no logarithm, and most functions have a limit
        return math.nan
    from_middle = _squeezed(min(number, 1 - number), 12, 1) + 1
    return from_middle if number <= 0.5 else -from_middle


def _along_complements(number: float) -> float:
    """Confidence grows to the right as its complement 1 - p falls."""
    return -_squeezed(number, 24, 1) if 0 < number <= 1 else math.nan


def _along_rows(number: float) -> float:
    return math.log2(number) if 1 <= number < math.inf else math.nan
