"""How the errors of a check are spread: a histogram, and the largest errors along what is telling for the function."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from logitproof.reference import Status
from logitproof.reports import Curve, ErrorSpread, hex_of

from ._judge import Judgement, Verdict
from ._spread_places import Measure, Places

STRETCHES = 66
"""Entries of a histogram: at most 1/2 ulp, at most 1, 2, 4 … 2^63 ulps, and all beyond."""

_KEPT_BITS = 13
"""Bits of an error that the record keeps, three hexadecimal digits after the point: a picture shows fewer."""


@dataclass(frozen=True)
class Point:
    """The largest error in a stretch: where it was, how large, and the largest permitted one there, both in ulps."""

    at: float
    ulps: float
    bound: float


@dataclass
class Spread:
    """The spread of some errors; of a check, once all of its outputs are merged.

    Attributes:
        histogram: how many errors, by the number of the histogram's entry.
        curves: the points of every curve, by the number of the stretch.
    """

    histogram: Counter[int] = field(default_factory=Counter)
    curves: dict[Measure, dict[int, Point]] = field(default_factory=dict)

    def merge(self, other: Spread) -> None:
        """Add the errors of another output; of equally large ones in a stretch the first stays."""
        self.histogram.update(other.histogram)
        for by, points in other.curves.items():
            own = self.curves.setdefault(by, {})
            for stretch, point in points.items():
                older = own.get(stretch)
                if older is None or point.ulps > older.ulps:
                    own[stretch] = point

    def record(self) -> ErrorSpread | None:
        """Return the spread as the record keeps it; None where nothing was measured."""
        if not self.histogram:
            return None
        entries = range(max(self.histogram) + 1)
        return ErrorSpread(
            histogram=tuple(self.histogram[entry] for entry in entries),
            curves=tuple(_curve(by, points) for by, points in sorted(self.curves.items()) if points),
        )


def spread_of(judgement: Judgement, status: np.ndarray, places: Sequence[Places]) -> Spread:
    """Return how the errors of one output are spread.

    Left out is what no distance was asked of, because the table of limits decided it, and what is undecided. An
    infinite error, NaN where a number is due, is in the last entry of the histogram and in no curve.

    Args:
        judgement: the verdicts over the output.
        status: the status of every exact result.
        places: where its elements stand, a curve each.
    """
    measured = (status == Status.FINITE) & (judgement.verdicts != Verdict.UNDECIDED)
    ulps = judgement.ulps if measured.all() else np.where(measured, judgement.ulps, np.nan)
    in_curve = np.where(np.isfinite(ulps), ulps, -1.0).reshape(-1)
    bound = judgement.allowed.textbook.reshape(-1)
    return Spread(_histogram(ulps), {each.by: _largest(each, in_curve, bound) for each in places})


def _histogram(ulps: np.ndarray) -> Counter[int]:
    """Count errors by powers of two; NaN stands for what was not measured."""
    bits = np.ascontiguousarray(ulps).view(np.int64).reshape(-1)
    # The exponent of the number just below steps right after a power of two, which itself belongs to the lower side.
    entry = np.clip(((bits - 1) >> 52) - 1021, 0, STRETCHES - 1)
    left_out = np.isnan(ulps).reshape(-1)
    counts = np.bincount(entry[~left_out] if left_out.any() else entry, minlength=STRETCHES)
    return Counter({int(number): int(counts[number]) for number in np.flatnonzero(counts)})


def _largest(places: Places, ulps: np.ndarray, bound: np.ndarray) -> dict[int, Point]:
    """Return the largest error of every stretch, the first among equals; negative ones stand for none."""
    if not places.numbers.size:
        return {}
    sorted_ulps = ulps[places.order]
    top = np.maximum.reduceat(sorted_ulps, places.starts)
    hits = np.flatnonzero(sorted_ulps == np.repeat(top, places.sizes))
    first = hits[np.searchsorted(hits, places.starts)]
    elements = places.order[first]
    found = zip(places.numbers, places.at[first], top, bound[elements], strict=True)
    return {
        int(number): Point(float(at), float(most), float(most_allowed))
        for number, at, most, most_allowed in found
        if most >= 0
    }


def _curve(by: Measure, points: Mapping[int, Point]) -> Curve:
    ordered = [points[stretch] for stretch in sorted(points)]
    return Curve(
        by=by,
        # An input is told exactly: whoever wants to see the error calls the function there.
        at=tuple(hex_of(point.at if by != "confidence" else _shortened(point.at)) for point in ordered),
        ulps=tuple(hex_of(_shortened(point.ulps)) for point in ordered),
        bound=tuple(hex_of(_shortened(point.bound)) for point in ordered),
    )


def _shortened(number: float) -> float:
    """Round to the bits that the record keeps; the order of two numbers stays."""
    if not math.isfinite(number):
        return number
    mantissa, exponent = math.frexp(number)
    return math.ldexp(round(math.ldexp(mantissa, _KEPT_BITS)), exponent - _KEPT_BITS)
