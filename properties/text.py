"""A broken property in words: what it states, on which input it fails, by how much."""

from __future__ import annotations

import numpy as np

from .checking.check import Outcome
from .checking.property import Property, PropertyInputs

SHOWN = 64
"""So many numbers of an array are written; the script has them all."""


def broken_text(prop: Property, outcome: Outcome, given: PropertyInputs, entry_points: str) -> str:
    """Return the statement, the input in hex, both sides and the bound, on several lines."""
    lines = [
        f"{prop.id} is broken: {prop.statement}",
        f"  in LaTeX      {prop.latex}",
        f"  source        {prop.source}",
        f"  entry points  {entry_points}",
        f"  dtype         {given.dtype}",
        *(f"  {name:<13} {hex_words(array)}" for name, array in given.arrays.items()),
        *_what_happened(outcome),
        f"  bound from    {prop.bound}",
    ]
    return "\n".join(lines)


def hex_words(array: np.ndarray) -> str:
    """Return an array as hex floats, which lose nothing, and as decimals."""
    flat = array.reshape(-1)
    if array.dtype.kind in "iu":
        return _listed([str(number) for number in flat[:SHOWN].tolist()], flat.size)
    with np.errstate(invalid="ignore"):
        wide = flat[:SHOWN].astype(np.float64).tolist()
    decimals = _listed([f"{number:.9g}" for number in wide], flat.size)
    return f"{_listed([number.hex() for number in wide], flat.size)}  of shape {array.shape}: {decimals}"


def _listed(words: list[str], size: int) -> str:
    more = f", … {size} in all" if size > len(words) else ""
    return f"[{', '.join(words)}{more}]"


def _what_happened(outcome: Outcome) -> list[str]:
    if outcome.failure is not None or outcome.no_numbers:
        return [f"  happened      {outcome.told}"]
    worst = outcome.worst
    assert worst is not None
    return [
        *([f"  part          {worst.what}"] if worst.what else []),
        f"  left side     {worst.left}",
        f"  must be {worst.sign}",
        f"  right side    {worst.right}",
        f"  difference    {worst.difference:.6g}, {worst.ratio:.4g} times what rounding explains",
        f"  bound         {worst.bound:.6g}",
    ]
