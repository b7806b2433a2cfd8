"""Where numbers stand in a picture: logarithmic axes, magnified where the functions are interesting.

A float64 input has 600 decades on either side of zero, and all that happens to a sigmoid happens in six of them. Within
a window around 1 an axis gives each octave the same width; outside the width shrinks as 1/|exponent|.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from logitproof.reference import FUNCTIONS

from ..record.model import CurveMeasure

LOWEST = -1080.0
"""The exponent that stands for zero: below those of all formats."""
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_DECADES = (0, 3, -3, 30, -30, 300, -300, 1, -1, 2, -2, 6, -6, 10, -10, 100, -100, 4, -4)
"""Exponents of ten that may be written at an axis, the most welcome first."""


@dataclass(frozen=True)
class Tick:
    """A number written at an axis."""

    position: float
    label: str


@dataclass(frozen=True)
class Axis:
    """How a measure of the inputs lies along a picture.

    Attributes:
        label: what it measures.
        position: where a number stands; None for one that has no place.
        ticks: what may be written at it, the most welcome first.
        width: points closer than this are drawn as one, the one with the largest error.
    """

    label: str
    position: Callable[[float], float | None]
    ticks: tuple[Tick, ...]
    width: float


@dataclass(frozen=True)
class Window:
    """The binary exponents, -`below` to `above`, that an axis draws in full."""

    below: float
    above: float

    def squeezed(self, exponent: float) -> float:
        """Return where a number with this exponent stands: as it is, or drawn nearer outside the window."""
        edge = self.above if exponent > 0 else self.below
        if abs(exponent) <= edge:
            return exponent
        return math.copysign(edge + 5 * math.log(abs(exponent) / edge), exponent)


INPUTS = Window(below=4, above=11)
PROBABILITIES = Window(below=12, above=1)
COMPLEMENTS = Window(below=24, above=1)


def axis_for(measure: CurveMeasure, function: str) -> Axis:
    """Return the axis of a measure; that of inputs depends on what the function's first argument is."""
    if measure == "classes":
        return _classes_axis()
    if measure == "confidence":
        return _confidence_axis()
    known = FUNCTIONS.get(function)
    first = known.arguments[0] if known else None
    if first and first.kind in {"probs", "labels"}:
        return _probability_axis(first.name)
    return _signed_axis(first.name if first else "input")


def chosen(ticks: Sequence[Tick], low: float, high: float, apart: float, *, letter: float = 0.0) -> list[Tick]:
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
    return sorted(placed, key=lambda tick: tick.position)


def power_of_ten(exponent: int) -> str:
    """Return a power of ten as it is written: "1", "10", "10⁻³"."""
    return {0: "1", 1: "10", 2: "100"}.get(exponent) or f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def _octave(number: float) -> float:
    return math.log2(number) if number > 0 else LOWEST


def _signed_axis(name: str) -> Axis:
    """Negative numbers on the left, positive ones on the right, either by their logarithm, zero in the middle."""
    # Most inputs are not smaller than this in magnitude, and a function does nothing new below.
    origin = INPUTS.squeezed(-24.0)

    def position_of(number: float) -> float | None:
        if not math.isfinite(number):
            return None
        return math.copysign(max(INPUTS.squeezed(_octave(abs(number))) - origin, 0.0), number)

    def ticks() -> Iterable[Tick]:
        yield Tick(0.0, "0")
        for decade in _DECADES:
            position = INPUTS.squeezed(decade * math.log2(10)) - origin
            if position > 2:
                yield Tick(position, power_of_ten(decade))
                yield Tick(-position, f"−{power_of_ten(decade)}")

    return Axis(name, position_of, tuple(ticks()), 0.5)


def _probability_axis(name: str) -> Axis:
    """By log p up to one half, and from there by log(1 - p): either end of (0, 1) is where the digits are lost."""
    middle = PROBABILITIES.squeezed(-1.0)

    def position_of(number: float) -> float | None:
        if not 0 < number < 1:  # at the ends there is no logarithm, and most functions have a limit
            return None
        if number <= 0.5:
            return PROBABILITIES.squeezed(_octave(number)) - middle
        return middle - PROBABILITIES.squeezed(_octave(1 - number))

    def ticks() -> Iterable[Tick]:
        yield Tick(0.0, "½")
        for decade in _DECADES:
            if decade < 0:
                position = PROBABILITIES.squeezed(decade * math.log2(10)) - middle
                yield Tick(position, power_of_ten(decade))
                if decade > -16:  # no format has a number nearer to 1
                    yield Tick(-position, f"1 − {power_of_ten(decade)}")

    return Axis(name, position_of, tuple(ticks()), 0.5)


def _confidence_axis() -> Axis:
    def position_of(number: float) -> float | None:
        return -COMPLEMENTS.squeezed(_octave(number)) if 0 < number <= 1 else None

    ticks = tuple(
        Tick(-COMPLEMENTS.squeezed(decade * math.log2(10)), power_of_ten(decade))
        for decade in (*_DECADES, -8)
        if decade <= 0
    )
    return Axis("1 − p", position_of, ticks, 0.5)


def _classes_axis() -> Axis:
    def position_of(number: float) -> float | None:
        return math.log2(number) if 1 <= number < math.inf else None

    ticks = tuple(Tick(decade * math.log2(10), power_of_ten(decade)) for decade in range(8))
    return Axis("numbers in a row", position_of, ticks, 0.25)
