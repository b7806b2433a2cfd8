"""Arguments of element-wise functions, by input class: each function gives `count` numbers, not yet rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from logitproof.reference import Format

from ...inputs.bits import LN2, BitStream, Floats, cycle, rounded, ulp_at
from .thresholds import (
    KNOWN_PROBABILITIES,
    argument_thresholds,
    exponential_edges,
    overflow_argument,
    subnormal_argument,
    vanishing_argument,
)

ElementGenerator = Callable[[BitStream, int, Format], Floats]

_NEIGHBOURS = np.arange(-4, 5)


def _drawn(source: BitStream, count: int, *pools: ArrayLike) -> Floats:
    """Return `count` numbers of the pools together, in random order; all of them where there is room."""
    pool = np.concatenate([np.ravel(np.asarray(each, dtype=np.float64)) for each in pools])
    rounds = -(-count // len(pool))
    order = [source.named(f"round {i}").permutation(len(pool)) for i in range(rounds)]
    return pool[np.concatenate(order)[:count]]


def _around(centres: ArrayLike, fmt: Format) -> Floats:
    """Return each centre with its four neighbours below and above in the format."""
    centre = rounded(np.asarray(centres, dtype=np.float64), fmt)[:, None]
    with np.errstate(over="ignore"):  # above the largest float64; the caller clips
        return centre + _NEIGHBOURS * ulp_at(centre, fmt)


def _powers(lowest: int, highest: int) -> Floats:
    return np.ldexp(1.0, np.arange(lowest, highest + 1))


def _mixture(generators: Sequence[ElementGenerator], source: BitStream, count: int, fmt: Format) -> Floats:
    pools = np.array([generate(source.named(generate.__name__), count, fmt) for generate in generators])
    values: Floats = pools[source.named("picks").integers(0, len(pools), count), np.arange(count)]
    return values


def ordinary(source: BitStream, count: int, fmt: Format) -> Floats:
    """Logits as networks give them: even over [-s, s], s from 1/4 to 16."""
    return source.symmetric(count) * cycle((1, 4, 0.25, 16, 8), count)


def overflow(source: BitStream, count: int, fmt: Format) -> Floats:
    """Beyond what exp takes, both signs, up to the largest finite number; and the edges themselves."""
    edges = _around(exponential_edges(fmt), fmt)
    sizes = source.magnitudes(3, fmt.emax, count)
    top = _around([fmt.max_finite, fmt.max_finite / 2], fmt)
    pool = np.concatenate([np.ravel(edges), sizes, np.ravel(top)])
    return np.clip(_drawn(source, count, pool, -pool), -fmt.max_finite, fmt.max_finite)


def confident(source: BitStream, count: int, fmt: Format) -> Floats:
    """1 - p = 2^-k for every k at which accuracy dies, both signs, to where the tail vanishes."""
    gaps = np.arange(1, fmt.precision + 9) * LN2
    far = subnormal_argument(fmt) + (vanishing_argument(fmt) - subnormal_argument(fmt)) * source.named("far").unit(16)
    shaken = gaps[:, None] * (1.0 + 0.125 * source.symmetric(len(gaps), 4))
    tail = source.named("tail").unit(64) * overflow_argument(fmt)
    pool = np.concatenate([gaps, far, np.ravel(shaken), tail])
    return _drawn(source, count, pool, -pool)


def near_tie(source: BitStream, count: int, fmt: Format) -> Floats:
    """Neighbours of the arguments at which well-known kernels switch formula, and of 0, where sigmoid is near 1/2."""
    thresholds = [x for x in argument_thresholds(fmt) if x < fmt.max_finite]
    small = _around(_powers(-fmt.precision - 6, 0), fmt)
    pool = np.concatenate([np.ravel(_around(thresholds, fmt)), np.ravel(small)])
    return _drawn(source, count, pool, -pool)


def subnormal(source: BitStream, count: int, fmt: Format) -> Floats:
    """Where the result is subnormal or vanishes, and arguments that are subnormal themselves."""
    low, high = subnormal_argument(fmt) - 1.0, vanishing_argument(fmt) + 1.0
    results = -(low + (high - low) * source.unit(count))
    bits = min(fmt.precision - 1, 30)
    inputs = source.named("inputs").integers(-(2**bits), 2**bits, count) * fmt.quantum
    return np.where(np.arange(count) % 2 == 0, results, inputs)


def limits(source: BitStream, count: int, fmt: Format) -> Floats:
    """Both infinities, NaN and both zeros among ordinary numbers."""
    special = cycle((np.inf, -np.inf, np.nan, 0.0, -0.0), count)
    return np.where(np.arange(count) % 3 == 1, special[np.arange(count) // 3], ordinary(source, count, fmt))


def _constant_of(values: Sequence[float], source: BitStream, count: int) -> Floats:
    return np.full(count, values[int(source.integers(0, len(values), 1)[0])])


def constant(source: BitStream, count: int, fmt: Format) -> Floats:
    """One number throughout."""
    return _constant_of((1.0, -5.5, 0.1), source, count)


def mixed(source: BitStream, count: int, fmt: Format) -> Floats:
    """Every finite class side by side, so that the vectors of a kernel hold numbers of all branches at once."""
    return _mixture((ordinary, overflow, confident, near_tie, subnormal), source, count, fmt)


LOGITS: Mapping[str, ElementGenerator] = {
    "ordinary": ordinary,
    "overflow": overflow,
    "confident": confident,
    "near_tie": near_tie,
    "subnormal": subnormal,
    "limits": limits,
    "wide": mixed,
    "constant": constant,
    "mixed": mixed,
}
"""The generators of element-wise logits, by input class."""


def probs_ordinary(source: BitStream, count: int, fmt: Format) -> Floats:
    """Probabilities even over (0, 1)."""
    return (source.unit(count) + 2.0**-53) * (1.0 - fmt.unit_roundoff)


def probs_confident(source: BitStream, count: int, fmt: Format) -> Floats:
    """1 - 2^-k and 2^-k for every k that the format tells from 1 or 0, and neighbours."""
    high = 1.0 - np.ldexp(np.arange(1, 17), -fmt.precision)
    return _drawn(source, count, 1.0 - _powers(-fmt.precision, -1), high, _powers(fmt.emin, -1))


def probs_near_tie(source: BitStream, count: int, fmt: Format) -> Floats:
    """Around 1/2, where logit is near 0, and where well-known kernels clip."""
    few = np.arange(17) * (fmt.unit_roundoff / 2)
    steps = np.concatenate([few, source.named("steps").magnitudes(-fmt.precision, -3, 8 * fmt.precision)])
    half = 0.5 + np.concatenate([steps, -steps])
    clips = [p for p in KNOWN_PROBABILITIES if p >= 8 * fmt.quantum]
    edges = np.clip(np.concatenate([np.ravel(_around(clips, fmt)), 1.0 - np.array(clips)]), 0, 1 - fmt.unit_roundoff)
    return _drawn(source, count, half, edges)


def probs_subnormal(source: BitStream, count: int, fmt: Format) -> Floats:
    """Subnormal probabilities and the smallest normal ones."""
    bits = min(fmt.precision - 1, 30)
    tiny = source.integers(1, 2**bits, count) * fmt.quantum
    normal = fmt.smallest_normal * (0.5 + source.named("normal").unit(count))
    return np.where(np.arange(count) % 2 == 0, tiny, normal)


def probs_limits(source: BitStream, count: int, fmt: Format) -> Floats:
    """0 of both signs, 1, NaN and numbers outside [0, 1] among ordinary ones."""
    special = cycle((0.0, 1.0, np.nan, -0.0, -0.5, 1.5, np.inf), count)
    return np.where(np.arange(count) % 3 == 1, special[np.arange(count) // 3], probs_ordinary(source, count, fmt))


def probs_constant(source: BitStream, count: int, fmt: Format) -> Floats:
    """One probability throughout."""
    return _constant_of((0.5, 0.1, 0.875), source, count)


def probs_mixed(source: BitStream, count: int, fmt: Format) -> Floats:
    """Every class of positive probabilities side by side."""
    return _mixture((probs_ordinary, probs_confident, probs_near_tie, probs_subnormal), source, count, fmt)


PROBS: Mapping[str, ElementGenerator] = {
    "ordinary": probs_ordinary,
    "confident": probs_confident,
    "near_tie": probs_near_tie,
    "subnormal": probs_subnormal,
    "limits": probs_limits,
    "wide": probs_mixed,
    "constant": probs_constant,
    "mixed": probs_mixed,
}
"""The generators of element-wise probabilities, by input class."""


def log_ordinary(source: BitStream, count: int, fmt: Format) -> Floats:
    """Negative numbers as log-softmax gives them."""
    return -(source.unit(count) + 2.0**-9) * cycle((3, 10, 1, 50), count)


def log_overflow(source: BitStream, count: int, fmt: Format) -> Floats:
    """Logarithms whose exponential is subnormal or vanishes, down to the most negative finite number."""
    edges = -_around(exponential_edges(fmt), fmt)
    top = np.clip(-_around([fmt.max_finite], fmt), -fmt.max_finite, 0)
    return _drawn(source, count, edges, -source.magnitudes(3, fmt.emax, count), top)


def log_confident(source: BitStream, count: int, fmt: Format) -> Floats:
    """log(1 - 2^-k) ≈ -2^-k, and -k log 2."""
    k = np.arange(1, fmt.precision + 9)
    return _drawn(source, count, -np.ldexp(1.0 + source.unit(len(k)), -k), -k * LN2)


def log_near_tie(source: BitStream, count: int, fmt: Format) -> Floats:
    """Neighbours of -log 2, of -1, and of the clips of well-known kernels."""
    return _drawn(source, count, -_around([LN2, 1.0, 100.0, 16.11809565095832], fmt))


def log_subnormal(source: BitStream, count: int, fmt: Format) -> Floats:
    """Subnormal logarithms, next to 0."""
    return -source.integers(1, 2 ** min(fmt.precision - 1, 30), count) * fmt.quantum


def log_limits(source: BitStream, count: int, fmt: Format) -> Floats:
    """-inf, NaN and both zeros among ordinary logarithms."""
    special = cycle((-np.inf, np.nan, 0.0, -0.0), count)
    return np.where(np.arange(count) % 3 == 1, special[np.arange(count) // 3], log_ordinary(source, count, fmt))


def log_constant(source: BitStream, count: int, fmt: Format) -> Floats:
    """One logarithm throughout."""
    return _constant_of((-1.0, -0.1, -11.5), source, count)


def log_mixed(source: BitStream, count: int, fmt: Format) -> Floats:
    """Every class of finite logarithms side by side."""
    return _mixture((log_ordinary, log_overflow, log_confident, log_near_tie, log_subnormal), source, count, fmt)


LOG_PROBS: Mapping[str, ElementGenerator] = {
    "ordinary": log_ordinary,
    "overflow": log_overflow,
    "confident": log_confident,
    "near_tie": log_near_tie,
    "subnormal": log_subnormal,
    "limits": log_limits,
    "wide": log_mixed,
    "constant": log_constant,
    "mixed": log_mixed,
}
"""The generators of element-wise log-probabilities, by input class."""
