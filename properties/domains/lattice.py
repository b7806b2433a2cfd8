"""The numbers of a format in order: rounding to the nearest one, and stepping from one to the next.

Finite numbers are counted from 0 outwards: ±0 is number 0, the smallest subnormal number 1, and the k-th number is
(k − s·2^(p−1)) · 2^(s + emin − p + 1) with s = max(⌊k / 2^(p−1)⌋, 1) − 1. All arithmetic is that of integers.
"""

from __future__ import annotations

import math

from logitproof.reference import Format


def ordinal(value: float, fmt: Format) -> int:
    """Return the place of a number of `fmt` in its order: negative for a negative one."""
    _, exponent = math.frexp(value)  # |value| = f · 2^exponent with ½ ≤ f < 1
    shift = max(exponent - 1 - fmt.emin, 0) if value else 0
    significand = int(math.ldexp(abs(value), -fmt.quantum_exponent - shift))
    position = significand + (shift << (fmt.precision - 1))
    return -position if value < 0 else position


def at(position: int, fmt: Format) -> float:
    """Return the number of `fmt` at a place of its order; places beyond the largest finite number give that."""
    position = max(-last(fmt), min(position, last(fmt)))
    shift = max(abs(position) >> (fmt.precision - 1), 1) - 1
    magnitude = math.ldexp(abs(position) - (shift << (fmt.precision - 1)), fmt.quantum_exponent + shift)
    return -magnitude if position < 0 else magnitude


def last(fmt: Format) -> int:
    """Return the place of the largest finite number: (emax − emin + 2) · 2^(p−1) − 1."""
    return ((fmt.emax - fmt.emin + 2) << (fmt.precision - 1)) - 1


def neighbour(value: float, steps: int, fmt: Format) -> float:
    """Return the number of `fmt` so many numbers above `value` (below, where negative), itself a number of `fmt`."""
    return at(ordinal(value, fmt) + steps, fmt) if steps else value


def nearest(value: float, fmt: Format) -> float:
    """Return the finite number of `fmt` nearest to `value`, ties to even; the largest where `value` lies beyond."""
    if math.isinf(value):
        return math.copysign(fmt.max_finite, value)
    _, exponent = math.frexp(value)
    spacing = max(exponent - 1, fmt.emin) - fmt.precision + 1
    significand = round(math.ldexp(abs(value), -spacing))  # rounds to even, as IEEE 754 does
    # Compared before it is scaled: 2^1024 is no float.
    beyond = significand.bit_length() + spacing > fmt.emax + 1
    return math.copysign(fmt.max_finite if beyond else math.ldexp(significand, spacing), value)
