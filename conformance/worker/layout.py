"""The same numbers in different places: how an argument lies in memory."""

from __future__ import annotations

import numpy as np

LAYOUTS = ("contiguous", "transposed", "sliced")
"""The layouts a call may ask for."""


def laid_out(data: np.ndarray, layout: str) -> np.ndarray:
    """Return a copy of `data` with the same elements, lying in memory as `layout` says.

    "transposed" has its axes in the reverse order in memory; "sliced" is every other element of a wider array.

    Raises:
        ValueError: there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"unknown layout {layout!r}: choose from {', '.join(LAYOUTS)}")
    if layout == "transposed":
        return data.copy(order="F")
    if layout == "contiguous" or data.ndim == 0:
        return data.copy(order="C")
    wide = np.empty((*data.shape[:-1], 2 * data.shape[-1] + 1), dtype=data.dtype)
    # All bits set is a NaN in every floating-point format: whoever reads a neighbour by mistake shows it.
    wide.view(np.uint8).fill(0xFF)
    view = wide[..., 1::2]
    view[...] = data
    return view
