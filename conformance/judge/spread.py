"""How the errors of a check are spread: a histogram, and the largest errors along what is telling for the function."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np

from logitproof.reference import Status
from logitproof.reports import Curve, ErrorSpread, hex_of

from ..inputs.batch import Batch
from ..inputs.geometry import axis_of, by_case, result_shape, row_length
from .verdicts import Judgement, Verdict

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
class CheckSpread:
    """The spread of some errors; of a check, once all of its outputs are merged.

    Attributes:
        histogram: how many errors, by the number of the histogram's entry.
        curves: the points of every curve, by the number of the stretch.
    """

    histogram: Counter[int] = field(default_factory=Counter)
    curves: dict[Measure, dict[int, Point]] = field(default_factory=dict)

    def merge(self, other: CheckSpread) -> None:
        """Add the errors of another output; of equally large ones in a stretch the first stays."""
        self.histogram.update(other.histogram)
        for by, points in other.curves.items():
            curve = self.curves.setdefault(by, {})
            for stretch, point in points.items():
                older = curve.get(stretch)
                if older is None or point.ulps > older.ulps:
                    curve[stretch] = point

    def record(self) -> ErrorSpread | None:
        """Return the spread as the record keeps it; None where nothing was measured."""
        if not self.histogram:
            return None
        entries = range(max(self.histogram) + 1)
        return ErrorSpread(
            histogram=tuple(self.histogram[entry] for entry in entries),
            curves=tuple(_curve(by, points) for by, points in sorted(self.curves.items()) if points),
        )


def spread_of(judgement: Judgement, status: np.ndarray, positions: Sequence[Positions]) -> CheckSpread:
    """Return how the errors of one output are spread.

    Left out is what no distance was asked of, because the table of limits decided it, and what is undecided. An
    infinite error, NaN where a number is due, is in the last entry of the histogram and in no curve.

    Args:
        judgement: the verdicts over the output.
        status: the status of every exact result.
        positions: where its elements stand, a curve each.
    """
    measured = (status == Status.FINITE) & (judgement.verdicts != Verdict.UNDECIDED)
    ulps = judgement.ulps if measured.all() else np.where(measured, judgement.ulps, np.nan)
    in_curve = np.where(np.isfinite(ulps), ulps, -1.0).reshape(-1)
    bound = judgement.allowed.textbook.reshape(-1)
    return CheckSpread(_histogram(ulps), {each.by: _largest(each, in_curve, bound) for each in positions})


def _histogram(ulps: np.ndarray) -> Counter[int]:
    """Count errors by powers of two; NaN stands for what was not measured."""
    bits = np.ascontiguousarray(ulps).view(np.int64).reshape(-1)
    # The exponent of the number just below steps right after a power of two, which itself belongs to the lower side.
    entry = np.clip(((bits - 1) >> 52) - 1021, 0, STRETCHES - 1)
    left_out = np.isnan(ulps).reshape(-1)
    counts = np.bincount(entry[~left_out] if left_out.any() else entry, minlength=STRETCHES)
    return Counter({int(number): int(counts[number]) for number in np.flatnonzero(counts)})


def _largest(positions: Positions, ulps: np.ndarray, bound: np.ndarray) -> dict[int, Point]:
    """Return the largest error of every stretch, the first among equals; negative ones stand for none."""
    if not positions.numbers.size:
        return {}
    sorted_ulps = ulps[positions.order]
    top = np.maximum.reduceat(sorted_ulps, positions.starts)
    hits = np.flatnonzero(sorted_ulps == np.repeat(top, positions.sizes))
    first = hits[np.searchsorted(hits, positions.starts)]
    elements = positions.order[first]
    largest = zip(positions.numbers, positions.at[first], top, bound[elements], strict=True)
    return {
        int(number): Point(float(at), float(most), float(most_allowed))
        for number, at, most, most_allowed in largest
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


Measure = Literal["input", "confidence", "classes"]
"""What a place is measured by, as the record names it."""

_ZERO = 4096
"""More than there are stretches on either side of 0: the number of a stretch, plus this, is positive."""


@dataclass(frozen=True)
class Grid:
    """How numbers fall into stretches: octaves, divided in the middle of the range and put together outside.

    Attributes:
        low: the exponent where the middle begins.
        high: the exponent where it ends.
        parts: stretches of an octave in the middle.
        width: octaves of a stretch elsewhere.
    """

    low: int
    high: int
    parts: int
    width: int


GRIDS = {
    "float16": Grid(-24, 16, 4, 1),
    "bfloat16": Grid(-16, 12, 4, 4),
    "float32": Grid(-16, 12, 4, 4),
    "float64": Grid(-16, 12, 4, 32),
}
"""By format: all of float16 finely, of the others what lies around 1; so a curve of any inputs has under 400 points."""

CONFIDENCE = Grid(-64, 1, 1, 16)
"""Octaves of 1 - p down to where no format tells p from 1, then coarser."""


@dataclass(frozen=True)
class Positions:
    """Where elements stand along one measure; those of one stretch lie together.

    Attributes:
        by: the measure.
        order: the flat numbers of the elements, those of a stretch one after another.
        at: where each stands, in that order.
        numbers: the numbers of the stretches, ascending as the places are.
        starts: where in the order each stretch begins.
        sizes: how many elements each has.
    """

    by: Measure
    order: np.ndarray
    at: np.ndarray
    numbers: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, by: Measure, at: np.ndarray, stretches: np.ndarray) -> Self:
        """Sort elements into their stretches; what has no finite place is left out."""
        known = np.flatnonzero(np.isfinite(at))
        order = known[np.argsort(stretches[known], kind="stable")]
        numbers, starts, sizes = np.unique(stretches[order], return_index=True, return_counts=True)
        return cls(by, order, at[order], numbers, starts, sizes)


def positions_of(batch: Batch, quantity: str, cases: np.ndarray | None = None) -> tuple[Positions, ...]:
    """Return where the elements of a quantity stand, a measure each.

    Args:
        batch: the inputs.
        quantity: "value" or "gradient:NAME".
        cases: the cases that the result has, in order; None for all of them.
    """
    return tuple(
        Positions.of(by, *(part.reshape(-1) for part in (at, _stretches(at, batch, by))))
        for by, lines in _measures(batch, quantity)
        for at in [lines if cases is None else lines[cases]]
    )


def _measures(batch: Batch, quantity: str) -> list[tuple[Measure, np.ndarray]]:
    """Return what is telling for a quantity: for every element its place, one line per case."""
    shape = result_shape(batch, quantity)
    measures: list[tuple[Measure, np.ndarray]] = []
    if batch.spec.has_axis:
        lines = by_case(np.broadcast_to(np.float64(row_length(batch)), shape), batch)
        measures.append(("classes", lines))
    elif shape == batch.arguments[0].shape:  # not the mean of all elements
        measures.append(("input", by_case(_numbers(batch.arguments[0]), batch)))
    # The gradient of a loss by its logits tends to 0 as the labelled class grows certain.
    if quantity == "gradient:logits" and {"labels", "index"} & set(batch.spec.kinds):
        measures.append(("confidence", by_case(np.broadcast_to(_uncertainty(batch), shape), batch)))
    return measures


def _stretches(at: np.ndarray, batch: Batch, by: Measure) -> np.ndarray:
    if by == "classes":
        return at
    return stretches_of(at, CONFIDENCE if by == "confidence" else GRIDS[batch.dtype])


def stretches_of(values: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the number of the stretch of every value: ascending as the values are, 0 for 0."""
    with np.errstate(invalid="ignore"):
        mantissa, exponent = np.frexp(np.abs(values))
        octave = exponent - 1
        inside = (octave - grid.low) * grid.parts + np.floor((2 * mantissa - 1) * grid.parts)
        below = -1 - (grid.low - 1 - octave) // grid.width
        above = (grid.high - grid.low) * grid.parts + (octave - grid.high) // grid.width
        number = np.where(octave < grid.low, below, np.where(octave >= grid.high, above, inside)) + _ZERO
        return np.nan_to_num(np.sign(values) * number).astype(np.int16)


def _uncertainty(batch: Batch) -> np.ndarray:
    """Return 1 - p of the labelled class, in the shape of the logits or spread along their axis.

    In float64 and without cancellation; it only places a point in a picture, so no enclosure is needed. NaN where no
    class is labelled.
    """
    logits, labels = _numbers(batch.arguments[0]), batch.arguments[1]
    with np.errstate(all="ignore"):
        if not batch.spec.has_axis:
            towards = np.where(_numbers(labels) >= 0.5, logits, -logits)
            small = np.exp(-np.abs(towards))
            return np.where(towards >= 0, small, 1.0) / (1.0 + small)
        axis = axis_of(batch)
        labelled = np.argmax(_numbers(labels), axis) if labels.ndim == logits.ndim else labels
        wanted = np.expand_dims(np.clip(labelled, 0, logits.shape[axis] - 1), axis)
        weights = np.exp(logits - logits.max(axis, keepdims=True))
        labelled_weight = np.take_along_axis(weights, wanted, axis)
        np.put_along_axis(weights, wanted, 0.0, axis)
        others = weights.sum(axis, keepdims=True)
        return np.where(wanted == np.expand_dims(labelled, axis), others / (others + labelled_weight), np.nan)


def _numbers(array: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        return array.astype(np.float64)
