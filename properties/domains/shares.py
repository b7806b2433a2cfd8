"""Shares of one: labels and probabilities that sum to one, and log-probabilities."""

from __future__ import annotations

import math

from logitproof.reference import Format

from ..checking.choices import Choices
from .lattice import nearest, neighbour
from .numbers import LN2, STEPS, Maker, halvings, huge, of_a_binade, small_number, subnormal, threshold
from .order import permutation, positions

_UNITS = 128
"""A label is a multiple of 2^−7: eight bits at most, which every format holds."""


def leaf_depths(choices: Choices, n: int) -> list[int]:
    """Return `n` depths with Σ 2^−depth = 1: the leaves of a binary tree; a comb, or filled level by level."""
    if n <= 16 and choices.pick(("even", "comb")) == "comb":
        depths = [min(i + 1, n - 1) for i in range(n)]
    else:
        level = n.bit_length() - 1
        extra = n - 2**level
        depths = [level + 1] * (2 * extra) + [level] * (n - 2 * extra)
    return [depths[i] for i in permutation(choices, n)]


def distribution(choices: Choices, n: int) -> list[float]:
    """Return `n` labels ≥ 0 that sum exactly to one and are exact in every format.

    One-hot, shared by up to 16 classes in multiples of 2^−7, or (at n ≤ 4096) even powers of two.
    """
    match choices.pick(("one-hot", "few", "even")):
        case "one-hot":
            values = [0.0] * n
            values[choices.integer(0, n - 1)] = 1.0
            return values
        case "few":
            return _few(choices, n)
        case _:
            return [math.ldexp(1.0, -depth) for depth in leaf_depths(choices, n)]


def _few(choices: Choices, n: int) -> list[float]:
    """Return labels of up to 16 classes: each takes some of what is left, the last takes the rest."""
    values, left = [0.0] * n, _UNITS
    chosen = positions(choices, n, choices.integer(1, min(n, 16)))
    for position in chosen[:-1]:
        units = choices.integer(0, left)
        values[position] = math.ldexp(units, -7)
        left -= units
    values[chosen[-1]] = math.ldexp(left, -7)
    return values


def probabilities(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return `n` positive numbers of `fmt` that sum to one: exactly, or as nearly as the format allows.

    Even powers of two, powers of two shared unevenly, one class next to 1, or one class next to 1 beside tiny ones
    (subnormal, say): only then is the sum not one exactly.
    """
    if n == 1:
        return [1.0]
    kind = choices.pick(("even", "uneven", "confident", "tiny"))
    if kind == "even":
        return [math.ldexp(1.0, -depth) for depth in leaf_depths(choices, n)]
    leader = choices.integer(0, n - 1)
    others = _others(choices, fmt, n - 1, kind)
    # Exact: float64 holds every sum of the numbers that matter beside 1, and the rest is below half an ulp of it.
    others.insert(leader, nearest(1.0 - math.fsum(others), fmt))
    return others


def _others(choices: Choices, fmt: Format, count: int, kind: str) -> list[float]:
    """Return what the classes beside the leader have, in sum below one."""
    if kind == "tiny":
        tiny = choices.pick((fmt.quantum, fmt.smallest_normal))
        return [neighbour(tiny, choices.integer(0, 3), fmt) if i < 16 else tiny for i in range(count)]
    # The leader is a multiple of 2^−k with k ≤ p; the others are multiples of 2^(−k − depth), which the format has.
    depths = leaf_depths(choices, count)
    k = choices.integer(1, min(fmt.precision, -fmt.quantum_exponent - max(depths)))
    part = 1 if kind == "confident" else choices.integer(1, 2**k - 1)
    return [math.ldexp(part, -k - depth) for depth in depths]


def log_probabilities(choices: Choices, fmt: Format, n: int) -> list[float]:
    """Return `n` finite numbers ≤ 0 of `fmt`.

    Small ones, −k log 2 rounded with Σ 2^−k = 1, or any: next to 0, beyond where exp vanishes, the most negative.
    """
    kind = choices.pick(("small", "normalised", "any"))
    if kind == "normalised":
        step = choices.pick(STEPS)
        return [min(neighbour(nearest(-depth * LN2, fmt), step, fmt), -0.0) for depth in leaf_depths(choices, n)]
    makers: tuple[Maker, ...] = (small_number,)
    if kind == "any":
        makers = (small_number, of_a_binade, halvings, threshold, subnormal, huge)
    few = n if n <= 16 else choices.integer(1, 4)
    turn = [-abs(choices.pick(makers)(choices, fmt)) for _ in range(few)]
    return [turn[i % few] for i in range(n)]


def log_probability(choices: Choices, fmt: Format) -> float:
    """Return a finite number ≤ 0 of `fmt`."""
    return log_probabilities(choices, fmt, 1)[0]
