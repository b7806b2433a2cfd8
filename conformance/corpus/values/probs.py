"""Rows of probabilities and of log-probabilities, by input class, not yet rounded to the format."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from logitproof.reference import Format

from ...inputs.bits import LN2, BitStream, Floats, cycle, spread
from .logits import RowGenerator, mixture
from .masks import masks
from .thresholds import KNOWN_PROBABILITIES, LOG_OF_INTEGERS, vanishing_argument


def _shares(source: BitStream, rows: int, n: int) -> Floats:
    """Return rows of positive numbers that sum to one but for rounding, from even to peaked.

    Integer weights over their exact integer sum: one IEEE division each, and no sum that depends on its order.
    """
    shift = source.named("shift").integers(0, 20, rows, n) * (np.arange(rows) % 2)[:, None]
    weights = 1 + (source.integers(0, 2**24, rows, n) >> shift)
    total = np.add.reduce(weights, axis=1, keepdims=True)
    return weights / total


def ordinary(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Positive probabilities that sum to one but for rounding."""
    return _shares(source, rows, n)


def confident(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """One class has 1 - 2^-k, for every k that the format can tell from 1; the others share 2^-k."""
    rest = np.ldexp(1.0, -spread(range(1, fmt.precision + 2), rows).astype(np.int64))[:, None]
    leader = source.named("leader").integers(0, n, rows)
    leader[0::3], leader[1::3] = 0, n - 1
    return np.where(np.arange(n) == leader[:, None], 1.0 - rest, rest * _shares(source, rows, n))


def near_tie(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Probabilities within a few ulps of 1/n, where differences of logarithms cancel."""
    steps = source.integers(-3, 4, rows, n) * np.ldexp(1.0, source.named("scale").integers(0, 4, rows, 1))
    return np.minimum(1.0, (1.0 + steps * fmt.unit_roundoff) / n)


def subnormal(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Some probabilities at or below the smallest normal number, or where well-known kernels clip."""
    bits = min(fmt.precision - 1, 30)
    tiny = source.named("tiny").integers(1, 2**bits, rows, n) * fmt.quantum
    near_normal = fmt.smallest_normal * (0.5 + source.named("normal").unit(rows, n))
    clipped = np.maximum(cycle(KNOWN_PROBABILITIES, rows)[:, None] * (1.0 + source.unit(rows, n)), fmt.quantum)
    style = (np.arange(rows) % 3)[:, None]
    small = np.where(style == 0, tiny, np.where(style == 1, near_normal, clipped))
    return np.where(np.arange(n) % 2 == (np.arange(rows) % 2)[:, None], small, _shares(source, rows, n))


def masked(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows with zeros beside positive probabilities, down to a single 1."""
    mask = masks(source.named("masks"), rows, n)
    weights = np.where(mask, 0, 1 + source.integers(0, 2**24, rows, n))
    return weights / np.add.reduce(weights, axis=1, keepdims=True)


def limits(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows with NaN, with zeros of both signs, all zero, or one-hot, each beside ordinary rows."""
    values = _shares(source, rows, n)
    last = n - 1
    for i in range(rows):
        match i % 9:
            case 1:
                values[i, 0] = np.nan
            case 2:
                values[i, last] = np.nan
            case 3:
                values[i, 0] = 0.0
            case 4:
                values[i, last] = 0.0
            case 5:
                values[i] = 0.0
            case 6:
                values[i], values[i, 0] = 0.0, 1.0
            case 7:
                values[i, 0] = -0.0
            case _:  # 0 and 8 stay ordinary
                pass
    return values


def constant(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows of one number: 1/n, and others whose sum is not one."""
    values = (1.0 / n, 0.5, 1.0, 0.1, fmt.smallest_normal, 0.75, 1.0 - 2 * fmt.unit_roundoff)
    return cycle(values, rows)[:, None].repeat(n, axis=1)


def unnormalised(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Numbers in [0, 1] whose sum is far from one: much more, or much less."""
    return source.unit(rows, n) * cycle((1, 0.5, 2.0**-6, 2.0**-12), rows)[:, None] + np.ldexp(1.0, -24)


FINITE_PROBS: Mapping[str, RowGenerator] = {
    "ordinary": ordinary,
    "confident": confident,
    "near_tie": near_tie,
    "subnormal": subnormal,
    "constant": constant,
    "unnormalised": unnormalised,
}
"""The generators of positive probabilities, in the order in which mixed batches take them."""


def mixed(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows of every class of positive probabilities in one batch, the first row again at the end."""
    return mixture(FINITE_PROBS, source, rows, n, fmt)


PROBS: Mapping[str, RowGenerator] = {
    **FINITE_PROBS,
    "masked": masked,
    "limits": limits,
    "wide": ordinary,
    "mixed": mixed,
}
"""The generators of rows of probabilities, by input class."""


def log_ordinary(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Negative numbers as log-softmax gives them; they need not be normalised."""
    return -(source.unit(rows, n) + 2.0**-9) * cycle((3, 10, 1, 50), rows)[:, None]


def log_overflow(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Log-probabilities whose exponential vanishes, down to the most negative finite number."""
    values = -source.magnitudes(3, fmt.emax, rows, n)
    near = -vanishing_argument(fmt) * (0.98 + 0.04 * source.unit(rows, n))
    style = (np.arange(rows) % 4)[:, None]
    return np.where(style == 3, -fmt.max_finite, np.where(style == 2, near, values))


def log_confident(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """One class has log(1 - 2^-k) ≈ -2^-k, the others about -k log 2."""
    k = spread(range(1, fmt.precision + 9), rows)[:, None]
    leader = source.named("leader").integers(0, n, rows)
    leader[0::3], leader[1::3] = 0, n - 1
    unit = source.unit(rows, n)
    leading = -np.ldexp(1.0 + unit, -k.astype(np.int64))
    return np.where(np.arange(n) == leader[:, None], leading, -k * LN2 - 3.0 * unit)


def log_near_tie(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Log-probabilities within a few ulps of -log n."""
    log_n = LOG_OF_INTEGERS[min(n, len(LOG_OF_INTEGERS)) - 1] or 2.0**-4
    return -log_n * (1.0 + source.integers(-3, 4, rows, n) * (2.0 * fmt.unit_roundoff))


def log_subnormal(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Log-probabilities next to 0: subnormal numbers among ordinary ones."""
    tiny = source.named("tiny").integers(1, 2 ** min(fmt.precision - 1, 30), rows, n) * -fmt.quantum
    small = np.arange(n) % 2 == (np.arange(rows) % 2)[:, None]
    return np.where(small, tiny, log_ordinary(source, rows, n, fmt))


def log_masked(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Log-probabilities with -inf among them, never in the whole row."""
    mask = masks(source.named("masks"), rows, n)
    return np.where(mask, -np.inf, log_ordinary(source, rows, n, fmt))


def log_limits(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows with NaN, with -inf, all -inf, or with 0 (probability 1), each beside ordinary rows."""
    values = log_ordinary(source, rows, n, fmt)
    last = n - 1
    for i in range(rows):
        match i % 8:
            case 1:
                values[i, 0] = np.nan
            case 2:
                values[i, last] = np.nan
            case 3:
                values[i, 0] = -np.inf
            case 4:
                values[i, last] = -np.inf
            case 5:
                values[i] = -np.inf
            case 6:
                values[i], values[i, 0] = -np.inf, 0.0
            case _:  # 0 and 7 stay ordinary
                pass
    return values


def log_constant(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows of one number: 0 (of both signs), -1, -log n, beyond exp, the most negative finite number."""
    log_n = LOG_OF_INTEGERS[n - 1] if n <= len(LOG_OF_INTEGERS) else 11.0
    return cycle((0.0, -1.0, -log_n, -104.0, -0.0, -fmt.max_finite), rows)[:, None].repeat(n, axis=1)


FINITE_LOG_PROBS: Mapping[str, RowGenerator] = {
    "ordinary": log_ordinary,
    "overflow": log_overflow,
    "confident": log_confident,
    "near_tie": log_near_tie,
    "subnormal": log_subnormal,
    "constant": log_constant,
}
"""The generators of finite log-probabilities, in the order in which mixed batches take them."""


def log_mixed(source: BitStream, rows: int, n: int, fmt: Format) -> Floats:
    """Rows of every finite class of log-probabilities in one batch, the first row again at the end."""
    return mixture(FINITE_LOG_PROBS, source, rows, n, fmt)


LOG_PROBS: Mapping[str, RowGenerator] = {
    **FINITE_LOG_PROBS,
    "masked": log_masked,
    "limits": log_limits,
    "wide": log_ordinary,
    "mixed": log_mixed,
}
"""The generators of rows of log-probabilities, by input class."""
