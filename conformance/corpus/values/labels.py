"""Labels: class indices, and dyadic distributions that every format holds exactly.

A dense label is a multiple of 2^-7, at most 1, or (in rows of more than 64 classes) a power of two down to 2^-24: eight
bits at most, so bfloat16 holds it, and never below float16's smallest number. Their sum is exactly one.
"""

from __future__ import annotations

import numpy as np

from ...inputs.bits import BitStream, Floats, Integers
from .masks import Mask

_UNITS = 128
_FEW = 16


def index_labels(source: BitStream, values: Floats, allowed: Mask) -> Integers:
    """Return a class for each row: the first, the last, the largest, a random one, and again; only allowed classes.

    In rows of more than 256 classes every second label is the largest odd class below the last one: float16 and
    bfloat16 cannot hold it, so that an index that passes through them names a neighbour.

    Args:
        source: where random classes come from.
        values: shape (rows, n); the real argument, for the largest entry.
        allowed: shape (rows, n); at least one in every row.
    """
    rows, n = values.shape
    random = source.integers(0, n, rows)
    odd = max(n - 2 - (n - 1) % 2, 0)

    def wanted(i: int) -> int:
        if n > 256:
            return (n - 1, odd, 0, int(random[i]))[i % 4]
        largest = int(np.argmax(np.where(allowed[i], values[i], -np.inf)))
        return (0, n - 1, largest, int(random[i]))[i % 4]

    return np.array([_nearest_allowed(wanted(i), allowed[i]) for i in range(rows)], dtype=np.int64)


def _nearest_allowed(label: int, allowed: Mask) -> int:
    """Return `label`, or the next allowed class after it, counting round."""
    return int((label + np.argmax(np.roll(allowed, -label))) % len(allowed))


def special_labels(values: Floats, special: Mask) -> Integers:
    """Return for each row the first special entry (a mask, a zero, NaN); the last class where there is none."""
    labels = np.where(special.any(axis=1), np.argmax(special, axis=1), values.shape[1] - 1)
    return labels.astype(np.int64)


def one_hot(labels: Integers, n: int) -> Floats:
    """Return rows with a single 1 at the label."""
    return (np.arange(n) == labels[:, None]).astype(np.float64)


def _composition(source: BitStream, count: int) -> Floats:
    """Return `count` ≤ 64 positive multiples of 2^-7 that sum to one."""
    weights = source.integers(1, 2**16, count)
    units = 1 + (_UNITS - count) * weights // int(np.add.reduce(weights))
    units[int(source.named("rest").integers(0, count, 1)[0])] += _UNITS - int(np.add.reduce(units))
    return np.ldexp(units.astype(np.float64), -7)


def _even_leaves(source: BitStream, count: int) -> Floats:
    """Return `count` powers of two that sum to one: the leaves of a binary tree filled level by level, shuffled."""
    depth = count.bit_length() - 1
    extra = count - 2**depth
    leaves = np.full(count, np.ldexp(1.0, -depth))
    leaves[: 2 * extra] = np.ldexp(1.0, -depth - 1)
    shuffled: Floats = leaves[source.permutation(count)]
    return shuffled


def distribution(source: BitStream, positions: Integers, n: int) -> Floats:
    """Return a row of n with positive dyadic labels at `positions`, zero elsewhere, summing exactly to one."""
    row = np.zeros(n)
    fill = _composition if len(positions) <= _UNITS // 2 else _even_leaves
    row[positions] = fill(source, len(positions))
    return row


def dense_labels(source: BitStream, hot: Integers, allowed: Mask) -> Floats:
    """Return a distribution for each row, in turn: one-hot, soft everywhere, soft at a few, one-hot, soft everywhere.

    Long rows, of which a batch has few, begin with the soft ones.

    Args:
        source: where the labels come from.
        hot: shape (rows,); the class of each row's label where it is one-hot.
        allowed: shape (rows, n); labels elsewhere are zero.
    """
    rows, n = allowed.shape
    hot_rows = one_hot(hot, n)

    def row(i: int) -> Floats:
        inner = source.named(f"row {i}")
        positions = np.flatnonzero(allowed[i])
        match (i + (n > 256)) % 5:
            case 0 | 3:
                return hot_rows[i]
            case 2:  # a few classes, zero elsewhere
                few = positions[inner.permutation(len(positions))[: max(1, min(_FEW, len(positions) // 2))]]
                return distribution(inner.named("few"), few, n)
            case _:
                return distribution(inner.named("all"), positions, n)

    return np.array([row(i) for i in range(rows)])


def unnormalised_labels(source: BitStream, rows: int, n: int) -> Floats:
    """Return labels in [0, 1], multiples of 1/8, whose rows sum to 0, to less or to much more than one."""
    labels = np.ldexp(source.integers(0, 9, rows, n).astype(np.float64), -3)
    for i in range(rows):
        match i % 6:
            case 1:
                labels[i] = 0.0
            case 2:
                labels[i] = 1.0
            case 3:  # less than one in all
                labels[i, 1:] = 0.0
                labels[i, 0] = 0.25
            case _:
                pass
    return labels


def element_labels(source: BitStream, count: int) -> Floats:
    """Return labels of single elements: 0, 1 and multiples of 2^-7 between, in random order."""
    soft = np.ldexp(source.integers(1, _UNITS, count).astype(np.float64), -7)
    kind = source.named("kind").integers(0, 4, count)
    return np.where(kind == 0, 0.0, np.where(kind == 1, 1.0, soft))
