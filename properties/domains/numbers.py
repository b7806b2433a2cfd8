"""Numbers of a format, made of integers alone: equal choices give equal bits everywhere.

Each maker returns a magnitude, except where it says otherwise: the sign is a choice of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from logitproof.reference import FORMATS, Format

from ..checking.choices import Choices
from .lattice import at, last, nearest, neighbour

LN2 = 0.6931471805599453
"""log 2: e^(−k · LN2) ≈ 2^−k."""

STEPS = (0, 1, -1, 2, -2, 3, -3)
"""How many numbers of the format away from an interesting place."""

Maker = Callable[[Choices, Format], float]


_SMALL = (
    0.0,
    *(sign * k for k in range(1, 17) for sign in (1.0, -1.0)),
    *(sign * k / d for d in (2, 4, 8, 16) for k in range(1, 8 * d, 2) for sign in (1.0, -1.0)),
    -0.0,
)


def small_number(choices: Choices, fmt: Format) -> float:
    """Return a whole number up to ±16, or a multiple of 1/16 between ±8: seven bits, exact in every format.

    It takes a single choice, and has a sign already.
    """
    del fmt
    return choices.pick(_SMALL)


def of_a_binade(choices: Choices, fmt: Format) -> float:
    """Return any number between 2^−10 and 2^8, each binade as likely as any other."""
    exponent = _near_zero(choices, 7, 10)
    fraction = choices.integer(0, 2 ** (fmt.precision - 1) - 1)
    return math.ldexp(2 ** (fmt.precision - 1) + fraction, exponent - fmt.precision + 1)


def end_of_a_binade(choices: Choices, fmt: Format) -> float:
    """Return a power of two of any size, or a number next to it."""
    return neighbour(math.ldexp(1.0, _near_zero(choices, fmt.emax, -fmt.emin)), choices.pick(STEPS), fmt)


def of_any_size(choices: Choices, fmt: Format) -> float:
    """Return any finite number, each as likely as any other: exponents are spread evenly."""
    return at(choices.integer(0, last(fmt)), fmt)


def threshold(choices: Choices, fmt: Format) -> float:
    """Return a number within a few of an argument at which exp, sigmoid or softplus saturates or overflows."""
    return neighbour(nearest(choices.pick(thresholds(fmt)), fmt), choices.pick(STEPS), fmt)


def halvings(choices: Choices, fmt: Format) -> float:
    """Return k log 2 rounded, or a number next to it, for a k up to where e^−x vanishes: e^−x ≈ 2^−k."""
    k = choices.integer(1, fmt.precision - fmt.emin + 1)
    return neighbour(nearest(k * LN2, fmt), choices.pick(STEPS), fmt)


def subnormal(choices: Choices, fmt: Format) -> float:
    """Return a positive number below the smallest normal one, or that."""
    return at(choices.integer(1, 2 ** (fmt.precision - 1)), fmt)


def huge(choices: Choices, fmt: Format) -> float:
    """Return the largest finite number, one next to it, or any of the last four binades."""
    if choices.pick((True, False)):
        return at(last(fmt) - choices.integer(0, 3), fmt)
    return at(last(fmt) - choices.integer(0, 2 ** (fmt.precision + 1) - 1), fmt)


KINDS: tuple[Maker, ...] = (
    small_number,
    of_a_binade,
    end_of_a_binade,
    threshold,
    halvings,
    subnormal,
    huge,
    of_any_size,
)
"""The kinds of numbers, the simplest first."""


def thresholds(fmt: Format) -> tuple[float, ...]:
    """Return the positive arguments at which functions of e^x change their nature in `fmt`, not rounded.

    There 1 + e^−x rounds to 1 or (twice as early) its square does, e^x overflows, e^−x is subnormal or vanishes; the
    same in float32, in which 16-bit formats are often computed; and where well-known kernels switch formula.
    """
    formats = (fmt,) if fmt.precision >= 24 else (fmt, FORMATS["float32"])
    of_format = [
        k * LN2
        for each in formats
        for k in (
            each.precision,
            each.precision + 1,
            each.emax + 1,
            -each.emin,
            each.precision - each.emin,
            each.precision / 2,
        )
    ]
    cutoffs = [(each.precision - 1) * LN2 - 2 for each in formats]  # softplus of TensorFlow
    return (*of_format, *cutoffs, 20.0, 9.0, 18.0, 100.0)


def _near_zero(choices: Choices, highest: int, lowest: int) -> int:
    """Return an exponent between −lowest and highest; the simplest is 0."""
    negative = choices.pick((False, True))
    size = choices.integer(0, lowest if negative else highest)
    return -size if negative else size


def signed(choices: Choices, magnitude: float) -> float:
    """Return the magnitude with a sign; that of zero has one too."""
    return -magnitude if choices.pick((False, True)) else magnitude


def number(choices: Choices, fmt: Format, kinds: Sequence[Maker] = KINDS) -> float:
    """Return a finite number of `fmt` with a sign, of one of the kinds; −0 is among them."""
    kind = choices.pick(kinds)
    value = kind(choices, fmt)
    return value if kind is small_number else signed(choices, value)


def positive(choices: Choices, fmt: Format) -> float:
    """Return a positive finite number of `fmt` of any kind; the simplest is 1."""
    return abs(choices.pick(KINDS)(choices, fmt)) or 1.0
