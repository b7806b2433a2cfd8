"""Numbers of a format between 0 and 1: probabilities and labels of single elements."""

from __future__ import annotations

import math

from logitproof.reference import Format

from ..checking.choices import Choices
from .lattice import at, neighbour, ordinal
from .numbers import STEPS, Maker, subnormal


def unit_number(choices: Choices, fmt: Format) -> float:
    """Return a number of `fmt` in [0, 1], both ends among them; zero has no sign."""
    return choices.pick(UNIT_KINDS)(choices, fmt)


def _end(choices: Choices, fmt: Format) -> float:
    """Return ½, 1 or 0."""
    del fmt
    return choices.pick((0.5, 1.0, 0.0))


def _part(choices: Choices, fmt: Format) -> float:
    """Return a multiple of 2^−7."""
    del fmt
    return math.ldexp(choices.integer(0, 128), -7)


def _next_to(choices: Choices, fmt: Format) -> float:
    """Return a number next to ½, below 1 or above 0."""
    base = choices.pick((0.5, 1.0, 0.0))
    steps = choices.integer(1, choices.pick((1, 4, 64)))
    up = base == 0 or (base == 0.5 and choices.pick((False, True)))
    return neighbour(base, steps if up else -steps, fmt)


def _almost_one(choices: Choices, fmt: Format) -> float:
    """Return 1 − 2^−k for any k that the format can tell from 1."""
    return 1.0 - math.ldexp(1.0, -choices.integer(1, fmt.precision))


def _power(choices: Choices, fmt: Format) -> float:
    """Return 2^−k down to the smallest number, or a number next to it."""
    steps = choices.pick(STEPS)
    return min(abs(neighbour(math.ldexp(1.0, -choices.integer(1, -fmt.quantum_exponent)), steps, fmt)), 1.0)


def _any_part(choices: Choices, fmt: Format) -> float:
    """Return any number between ½ and 1, or below ½, halving by halving."""
    k = choices.integer(1, 10)
    fraction = choices.integer(0, 2 ** (fmt.precision - 1) - 1)
    return math.ldexp(2 ** (fmt.precision - 1) + fraction, -k - fmt.precision + 1)


def _any_below_one(choices: Choices, fmt: Format) -> float:
    """Return any number in [0, 1], each as likely as any other: exponents are spread evenly."""
    return at(choices.integer(0, ordinal(1.0, fmt)), fmt)


UNIT_KINDS: tuple[Maker, ...] = (_end, _part, _any_part, _almost_one, _next_to, _power, subnormal, _any_below_one)
"""The kinds of numbers in [0, 1], the simplest first."""
