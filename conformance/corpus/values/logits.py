"""Rows of logits, by input class: each function gives `rows` rows of `n` numbers, not yet rounded to the format."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from logitproof.reference import FORMATS, Format

from ...inputs.bits import LN2, BitStream, Floats, cycle, rounded, spread, ulp_at
from .masks import masks
from .thresholds import (
    LOG_OF_INTEGERS,
    exponential_edges,
    overflow_argument,
    subnormal_argument,
    vanishing_argument,
)

RowGenerator = Callable[[BitStream, int, int, Format], Floats]

_OFFSETS = (1000, -1000, 100, -100, 50.1, -30.7, 710, -746, 89, -104, 12, -18, 4096, -4096, 29491, -29491, 1e6, -1e6)
_HUGE_OFFSETS = (1e9, -1e9, 1e30, -1e30, 1e300, -1e300)


def ordinary(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Logits as networks give them: even over [-s, s], s from 1/4 to 16."""
    return source.symmetric(rows, n) * cycle((1, 4, 0.25, 16, 8), rows)[:, None]


def offset(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Ordinary rows moved far away: nothing changes but what exp without a shift, or a shift by 0, can take."""
    offsets = [c for c in (*_OFFSETS, *_HUGE_OFFSETS) if abs(c) <= fmt.max_finite / 2]
    base = cycle(offsets, rows)[:, None]
    # Every fifth row is so wide that the shift itself rounds: x - m is inexact, and exp magnifies it.
    width = cycle((4, 4, 4, 4, subnormal_argument(fmt) / 2), rows)[:, None]
    return base + source.symmetric(rows, n) * np.maximum(width, 8.0 * ulp_at(base, fmt))


def overflow(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Logits beyond what exp takes in the format, both signs, up to the largest finite number."""
    unit, signs = source.unit(rows, n), source.named("signs").signs(rows, n)
    sizes = source.named("sizes").magnitudes(3, fmt.emax, rows, n)
    edges = exponential_edges(fmt)
    top = fmt.max_finite
    position = np.arange(n)

    def row(i: int) -> Floats:
        near = edges[(i // 12) % len(edges)]
        match i % 12:
            case 0:  # every exp at the edge of the format, the largest just beyond it
                return near * (0.98 + 0.04 * unit[i])
            case 1:  # the same below: without a shift every exp vanishes
                return -near * (0.98 + 0.04 * unit[i])
            case 2:  # every scale there is, both signs
                return signs[i] * sizes[i]
            case 3:  # the ends of the format in one row
                return np.where(position == 0, top, np.where(position == n - 1, -top, unit[i]))
            case 4:
                return np.full(n, top)
            case 5:
                return np.full(n, -top)
            case 6:  # only one entry is beyond
                return np.where(position == n - 1, top, 4.0 * unit[i])
            case 7:  # additive masks: the most negative finite number, at the row's start
                return np.where(position < (n + 1) // 2, -top, 4.0 * unit[i])
            case 8:  # each exp is finite, their sum is not
                return overflow_argument(fmt) - 2.0**-4 * (1 + unit[i])
            case 9:  # steps as wide as exp's whole range
                return (position - n // 2) * (overflow_argument(fmt) * 1.01)
            case 10:  # 1000, 2000, …
                return 1000.0 * (1 + position)
            case _:  # one negative and one positive scale
                return np.where(position % 2 == 0, near, -near) * (1.0 + 0.01 * unit[i])

    return np.array([row(i) for i in range(rows)])


def confident(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """One class leads: 1 - p = 2^-k for every k at which accuracy dies, to where the others vanish."""
    gaps = [*range(1, fmt.precision + 4), -fmt.emin - 2, -fmt.emin, fmt.precision - fmt.emin - 1]
    gap = spread(gaps, rows)[:, None] * LN2
    leader = source.named("leader").integers(0, n, rows)
    leader[0::3], leader[1::3] = 0, n - 1
    second = np.arange(n) == ((leader + 1) % n)[:, None]
    others = -gap - np.where(second, 0.0, 2.0 * source.unit(rows, n))
    base = cycle((0, 5, -3, 0, 50, 1000, 0), rows)[:, None]
    return np.where(np.arange(n) == leader[:, None], 0.0, others) + base


def near_tie(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Entries equal to within a few ulps, or two that share the lead, or zeros of both signs."""
    base = cycle((1, -1, 0.1, 100.3, -1000.7, 2.0**-10, 0, 30.5), rows)[:, None]
    steps = source.integers(-3, 4, rows, n)
    tied = base + steps * ulp_at(base, fmt)
    tied = np.where((base == 0) & (steps == 0), np.copysign(0.0, source.named("zeros").signs(rows, n)), tied)
    behind = source.named("behind").unit(rows, n) * 8.0 + 1.0
    led_by_two = np.where((np.arange(n) == 0) | (np.arange(n) == n - 1), tied, base - behind)
    return np.where((np.arange(rows) % 3 == 2)[:, None], led_by_two, tied)


def subnormal(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Probabilities below the smallest normal number, and logits that are subnormal themselves."""
    low, high = subnormal_argument(fmt) - 1.0, vanishing_argument(fmt) + 1.0
    gaps = low + (high - low) * source.unit(rows, n)
    leader = (np.arange(rows) * 7 % n)[:, None] == np.arange(n)
    base = cycle((0, 0.3, -2.5), rows)[:, None]
    results = base - np.where(leader, 0.0, gaps)
    float32 = FORMATS["float32"]
    span = vanishing_argument(float32) - subnormal_argument(float32)
    single = np.where(leader, 0.0, -(subnormal_argument(float32) + span * source.unit(rows, n)))
    bits = min(fmt.precision - 1, 30)
    inputs = source.named("inputs").integers(-(2**bits), 2**bits, rows, n)
    style = (np.arange(rows) % 4)[:, None]
    return np.where(style == 3, inputs * fmt.quantum, np.where(style == 2, single, results))


def masked(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows with -inf beside finite logits, at the start (where an online softmax fails), inside and at the end."""
    scale = cycle((4, 1, 16), rows)[:, None]
    base = source.symmetric(rows, n) * scale + cycle((0, 0, 100, -100), rows)[:, None]
    return np.where(masks(source.named("masks"), rows, n), -np.inf, base)


def limits(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows of -inf, with +inf, with NaN or with a mask, each beside ordinary rows that they must not disturb."""
    values = ordinary(source, rows, n, fmt)
    last, middle = n - 1, n // 2
    for i in range(rows):
        match i % 14:
            case 1:
                values[i] = -np.inf
            case 2:
                values[i, 0] = np.inf
            case 3:
                values[i, last] = np.inf
            case 4:
                values[i, 0] = np.nan
            case 6:
                values[i, last] = np.nan
            case 7:
                values[i, middle] = np.nan
            case 8:
                values[i], values[i, middle] = -np.inf, np.nan
            case 9:
                values[i, 0], values[i, last] = np.inf, -np.inf
            case 10:
                values[i] = np.inf
            case 11:
                values[i, 0], values[i, last] = np.inf, np.nan
            case 12:
                values[i, last] = -np.inf
            case 13:
                values[i, 0] = -np.inf
            case _:  # 0 and 5 stay ordinary
                pass
    return values


def wide(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Long rows whose largest entry stands at the very end or start, where a vector loop has its tail."""
    scale = cycle((1, 8, 0.125, 16), rows)[:, None]
    values = source.symmetric(rows, n) * scale + cycle((0, 0, 100, -40), rows)[:, None]
    crowned = np.where(np.arange(rows) % 2 == 0, n - 1, 0)
    values[np.arange(rows), crowned] += 3.0
    return values


def constant(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows of one number: the softmax is 1/n exactly, and any error is the summation's or the shift's."""
    log_n = LOG_OF_INTEGERS[n - 1] if n <= len(LOG_OF_INTEGERS) else math.frexp(n)[1] * LN2
    top = fmt.max_finite
    values = (0, 0.1, -log_n, 1, 88.5, -104, 1000, -1000, top, -top, fmt.quantum, -0.0, 11, 710)
    return cycle(values, rows)[:, None].repeat(n, axis=1)


def mixed_magnitudes(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows whose entries differ in size by many powers of two, both signs."""
    return source.named("signs").signs(rows, n) * source.magnitudes(max(fmt.emin, -20), 6, rows, n)


FINITE_ROWS: Mapping[str, RowGenerator] = {
    "ordinary": ordinary,
    "offset": offset,
    "overflow": overflow,
    "confident": confident,
    "near_tie": near_tie,
    "subnormal": subnormal,
    "constant": constant,
    "magnitudes": mixed_magnitudes,
}
"""The generators whose rows have only finite entries."""


def mixed(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows of every class but limits in one batch, the first again at the end: no result may depend on its place."""
    return mixture({**FINITE_ROWS, "masked": masked}, source, rows, n, fmt)


def mixture(generators: Mapping[str, RowGenerator], source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Return rows taken in turn from blocks of each generator, in random order, the last a copy of the first."""
    styles = 24
    blocks = [generate(source.named(name), styles, n, fmt) for name, generate in generators.items()]
    kinds = np.arange(rows) % len(blocks)
    picks = source.named("picks").integers(0, styles, rows)
    order = source.named("order").permutation(rows)
    values = np.array([blocks[kinds[i]][picks[i]] for i in order])
    if rows > 2:
        values[-1] = values[0]
    return rounded(values, fmt)


ROWS: Mapping[str, RowGenerator] = {
    **FINITE_ROWS,
    "masked": masked,
    "limits": limits,
    "wide": wide,
    "mixed": mixed,
}
"""The generators of rows of logits, by input class."""
