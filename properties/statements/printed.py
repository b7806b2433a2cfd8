"""Figures as they were printed: a decimal stands for every number that it may have been rounded from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import numpy as np
from flint import arb

from logitproof.reference import error_bounds, format_named

from ..checking.balls import Balls, around, exact, magnitude
from ..checking.functions import Reference, call_of, called
from ..checking.property import Relation, equal

_GUARD = 1 + 2.0**-30
"""Radii are computed in float64, with a relative error far below 2^-30: they are widened by so much."""


def decimal(digits: str) -> arb:
    """Return the number that a decimal is."""
    return arb(digits)


def printed(digits: str) -> arb:
    """Enclose what a decimal may have been rounded from: it ± half a unit of its last digit."""
    return decimal(digits) + arb(0, 1) * arb(10) ** _last_exponent(digits) / 2


def computed(digits: str) -> arb:
    """Enclose what float64 arithmetic printed with all its digits: it ± half an ulp of the result and of the print."""
    storage = format_named("float64")
    return decimal(digits) + arb(0, 1) * (2 * storage.unit_roundoff * abs(decimal(digits)) + storage.quantum)


def _last_exponent(digits: str) -> int:
    exponent = Decimal(digits).as_tuple().exponent
    assert isinstance(exponent, int), f"{digits} has no last digit"
    return exponent


def decimals(rows: Sequence[Sequence[str]]) -> Balls:
    """Return rows of decimals as the numbers that they are."""
    return np.array([[decimal(digits) for digits in row] for row in rows], dtype=object)


def entries(balls: Balls, digits: Sequence[str], what: str, read: Callable[[str], arb] = printed) -> Iterator[Relation]:
    """State of each number that it is what was printed of it.

    Args:
        balls: as many numbers, of any shape.
        digits: what was printed of them, in C order.
        what: what they are.
        read: what a print stands for.
    """
    for number, (ball, text) in enumerate(zip(balls.reshape(-1).tolist(), digits, strict=True)):
        yield equal(np.array(ball, dtype=object), np.array(read(text), dtype=object), f"{what}, entry {number}: {text}")


def float32_rounding(function: str, *arguments: np.ndarray) -> Balls:
    """Enclose what float32 arithmetic adds to the exact result: 0 ± (b + u(|t| + b)), b being the textbook bound.

    Args:
        function: canonical name.
        arguments: what was computed with, float32.
    """
    call = call_of(function, arguments, quantity="value", cotangent=None, parameters={})
    bound = error_bounds(called(call)).textbook
    size = magnitude(Reference()(function, *arguments)).astype(np.float64)
    radius = (bound + format_named("float32").unit_roundoff * (size + bound)) * _GUARD
    return around(np.zeros(radius.shape), radius)


def moved(function: str, given: np.ndarray, published: np.ndarray, *others: np.ndarray) -> Balls:
    """Return f(given) - f(published): by how much the examined format's own rounding of an argument moves a figure.

    Args:
        function: canonical name; the argument is its first.
        given: the argument in the examined format.
        published: the argument as it was computed with.
        others: the other arguments, exact in both formats.
    """
    of_given, of_published = (
        Reference()(function, first, *(other.astype(first.dtype) for other in others)) for first in (given, published)
    )
    return of_given - of_published


def flags(conditions: np.ndarray) -> Balls:
    """Return 1 where a condition holds and 0 elsewhere, to be compared with what is said of it."""
    return exact(np.asarray(conditions, dtype=np.float64))
