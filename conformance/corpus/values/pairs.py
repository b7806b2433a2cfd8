"""Pairs of distributions that nearly agree: the divergence is tiny, and its terms cancel."""

from __future__ import annotations

import numpy as np

from logitproof.reference import Format

from ...inputs.bits import LN2, BitStream, Floats, cycle, rounded, ulp_at
from .labels import distribution

_GAPS = (0.0, 1.0, 3.0, 64.0, 1024.0, 0.0, 2.0, 16.0)
"""Distances between the two laws, in ulps; larger ones are there for the formats that have the bits."""


def _moved(source: BitStream, values: Floats, fmt: Format) -> Floats:
    """Return values moved by up to a few ulps of the format, by row; some rows stay as they are."""
    exact = rounded(values, fmt)
    gap = cycle(_GAPS, len(exact))[:, None]
    return exact + source.signs(*exact.shape) * gap * ulp_at(exact, fmt)


def near_distributions(source: BitStream, rows: int, n: int, fmt: Format) -> tuple[Floats, Floats]:
    """Return labels (positive, dyadic, n ≤ 64) and probabilities within some ulps of them; some rows are equal."""
    labels = np.array([distribution(source.named(f"row {i}"), np.arange(n), n) for i in range(rows)])
    return labels, np.clip(_moved(source, labels, fmt), fmt.quantum, 1.0)


def near_log_distributions(source: BitStream, rows: int, n: int, fmt: Format) -> tuple[Floats, Floats]:
    """Return labels that are powers of two, summing to one, and their logarithms -d log 2 to within some ulps."""
    depths = np.minimum(np.arange(1, n + 1), n - 1)  # 1/2, 1/4, …, the last one twice
    orders = [source.named(f"row {i}").permutation(n) for i in range(rows)]
    exponents = np.array([depths[order] for order in orders])
    return np.ldexp(1.0, -exponents), np.minimum(_moved(source, -exponents * LN2, fmt), 0.0)


def near_probabilities(source: BitStream, count: int, fmt: Format) -> tuple[Floats, Floats]:
    """Return single labels k/128, k from 1, and probabilities within some ulps of them."""
    labels = np.ldexp(source.named("labels").integers(1, 129, count).astype(np.float64), -7)
    return labels, np.clip(_moved(source, labels[:, None], fmt)[:, 0], fmt.quantum, 1.0)


def near_log_probabilities(source: BitStream, count: int, fmt: Format) -> tuple[Floats, Floats]:
    """Return single labels 2^-d and their logarithms -d log 2 to within some ulps."""
    depths = source.named("depths").integers(0, 15, count)
    return np.ldexp(1.0, -depths), np.minimum(_moved(source, (-depths * LN2)[:, None], fmt)[:, 0], 0.0)


def near_logs(source: BitStream, count: int, fmt: Format) -> tuple[Floats, Floats]:
    """Return single logarithms and others within some ulps of them."""
    logs = rounded(-source.named("logs").magnitudes(-8, 5, count), fmt)
    return logs, np.minimum(_moved(source, logs[:, None], fmt)[:, 0], 0.0)
