"""Which entries of a row are masked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...inputs.bits import BitStream

Mask = NDArray[np.bool_]


def masks(source: BitStream, rows: int, n: int) -> Mask:
    """Return masks that leave at least one entry of every row: at the start, at the end, inside, all but one."""
    position = np.arange(n)
    random = source.integers(0, 2, rows, n) == 1
    kept = source.named("kept").integers(0, n, rows)

    def pattern(i: int) -> Mask:
        match i % 10:
            case 0:
                return position == 0
            case 1:
                return position < n // 2
            case 2:
                return position < n - 1
            case 3:
                return position == n - 1
            case 4:
                return position > 0
            case 5:
                return position % 2 == 0
            case 6:  # more than the first vector of an online softmax
                return position < min(17, n - 1)
            case 7:
                return position == n // 2
            case 8:
                return position != kept[i]
            case _:
                return random[i]

    result = np.array([pattern(i) for i in range(rows)])
    everything = result.all(axis=1)
    result[everything, kept[everything]] = False
    return result
