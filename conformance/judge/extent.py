"""From where to where the inputs of findings reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from logitproof.reports import Interval, hex_of

from ..inputs.batch import Batch
from ..inputs.geometry import by_case


@dataclass(frozen=True)
class Reach:
    """From where to where numbers reach: from infinity to minus infinity where all are NaN, which `nan` tells apart."""

    lower: float
    upper: float
    nan: bool

    def joined(self, other: Reach) -> Reach:
        """Both together."""
        return Reach(min(self.lower, other.lower), max(self.upper, other.upper), self.nan or other.nan)


def reaches(batch: Batch, cases: np.ndarray) -> dict[str, Reach]:
    """Return from where to where every real argument reaches in some cases of a batch."""
    real = [
        (argument.name, array)
        for argument, array in zip(batch.spec.arguments, batch.arguments, strict=True)
        if argument.is_real
    ]
    return {name: _reach(by_case(array, batch)[cases]) for name, array in real}


def joined(one: Mapping[str, Reach], other: Mapping[str, Reach]) -> dict[str, Reach]:
    """Return from where to where two extents of one function reach together."""
    return {name: reach.joined(other[name]) for name, reach in one.items()}


def interval(reach: Reach) -> Interval:
    """Return a reach as the record keeps it."""
    if reach.lower > reach.upper:
        return Interval(None, None, nan=reach.nan)
    return Interval(hex_of(reach.lower), hex_of(reach.upper), nan=reach.nan)


def _reach(numbers: np.ndarray) -> Reach:
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        wide = numbers.astype(np.float64).reshape(-1)
    is_nan = np.isnan(wide)
    known = wide[~is_nan] if is_nan.any() else wide
    # −0 and +0 are one place; which of the two a minimum gives depends on the processor.
    lower, upper = float(known.min(initial=np.inf)) + 0.0, float(known.max(initial=-np.inf)) + 0.0
    return Reach(lower, upper, nan=bool(is_nan.any()))
