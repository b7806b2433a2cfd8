"""What the pictures show: the spreads of all checks of a function, laid over one another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from logitproof.reference import FORMATS, FUNCTIONS

from ..comparison.model import ComparedCheck
from ..record.model import Check, CurveMeasure, ErrorSpread, Record
from ..record.setting import Setting
from ..record.words import backend_title, brief
from .axes import Axis, axis_for

Kind = CurveMeasure | Literal["histogram"]
KINDS: tuple[Kind, ...] = ("input", "confidence", "classes", "histogram")
"""The kinds of picture, in the order in which they are shown."""

STRETCHES = (("½", 1), ("1", 2), ("2", 3), ("4", 4), ("16", 6), ("2⁸", 10), ("2¹⁶", 18), ("∞", math.inf))
"""Stretches of ulps: the largest error in each, and up to which entry of a record's histogram it goes."""
NAME_LENGTH = 48
MAX_SERIES = 12
"""So many backends and modes are told apart in one picture."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """The errors of one check, and the name of the series that they are drawn in."""

    name: str
    check: Check | ComparedCheck
    spread: ErrorSpread


@dataclass(frozen=True)
class Line:
    """The largest errors of one backend.

    Attributes:
        series: which of the record's backends, by its number.
        points: where along the axis, and how many ulps.
        beyond: those of the points, or ones near them, whose errors are beyond their bounds.
        unmeasured: where results are that no number measures.
    """

    series: int
    points: tuple[Point, ...]
    beyond: tuple[Point, ...]
    unmeasured: tuple[float, ...]


@dataclass(frozen=True)
class CurvePanel:
    """The errors of one quantity in one dtype along a measure, and the textbook bound there."""

    dtype: str
    quantity: str
    lines: tuple[Line, ...]
    bound: tuple[Point, ...]


@dataclass(frozen=True)
class BarPanel:
    """The share of results in each of the stretches of ulps for each series that has any."""

    dtype: str
    quantity: str
    shares: tuple[tuple[int, tuple[float, ...]], ...]


@dataclass(frozen=True)
class Chart:
    """One picture: panels for quantities and dtypes.

    Attributes:
        kind: what is shown against what.
        function: the function, as the record names it.
        series: the names of all backends of the record, fit to be shown.
        axis: the axis of the curves; None for histograms.
        panels: by dtype, and by quantity; all of curves, or all of bars.
    """

    kind: Kind
    function: str
    series: tuple[str, ...]
    axis: Axis | None
    panels: tuple[CurvePanel, ...] | tuple[BarPanel, ...]

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities shown, in order."""
        return tuple(dict.fromkeys(panel.quantity for panel in self.panels))

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes shown, in order."""
        return tuple(dict.fromkeys(panel.dtype for panel in self.panels))


def charts(record: Record) -> list[Chart]:
    """Return what the pictures of a record show, by function in the catalogue's order, and by kind."""
    spread = [check for check in record.checks if check.spread]
    settings = {check.setting for check in spread}

    def name(check: Check) -> str:
        return brief(f"{backend_title(check)} {distinct_words(check.setting, settings)}", NAME_LENGTH) or "unnamed"

    sources = [Series(name(check), check, check.spread) for check in spread if check.spread]
    return charts_of(sources, list(dict.fromkeys(source.name for source in sources)))


def charts_of(sources: Iterable[Series], series: Sequence[str]) -> list[Chart]:
    """Return what the pictures of these errors show.

    Args:
        sources: the errors.
        series: the names of all series, in the order in which they are drawn; those beyond the twelfth are not.
    """
    drawn = series[:MAX_SERIES]
    groups: dict[tuple[str, Kind], list[Series]] = defaultdict(list)
    for source in sources:
        if source.name in drawn:
            kinds: set[Kind] = {curve.by for curve in source.spread.curves if curve.at}
            if any(source.spread.histogram):
                kinds.add("histogram")
            for kind in kinds:
                groups[source.check.function, kind].append(source)
    all_charts = [_chart(function, kind, tuple(series), group) for (function, kind), group in groups.items()]
    return sorted((chart for chart in all_charts if chart.panels), key=rank)


def distinct_words(setting: Setting, among: Collection[Setting]) -> str:
    """Return what tells a setting from the others among these: its mode, "on" its device, both, or nothing."""
    mode = setting.mode if len({each.mode for each in among}) > 1 else ""
    device = f"on {setting.device}" if len({each.device for each in among}) > 1 else ""
    return f"{mode} {device}".strip()


def rank(chart: Chart) -> tuple[int, str, int]:
    """Return what orders charts: functions as the catalogue has them, and kinds."""
    return _index_in(chart.function, list(FUNCTIONS)), chart.function, KINDS.index(chart.kind)


def _index_in(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)


def _chart(function: str, kind: Kind, series: tuple[str, ...], sources: Iterable[Series]) -> Chart:
    known = FUNCTIONS.get(function)
    quantities, dtypes = list(known.quantities) if known else [], list(FORMATS)
    groups: dict[tuple[str, str], dict[int, list[ErrorSpread]]] = defaultdict(lambda: defaultdict(list))
    for source in sources:
        groups[source.check.dtype, source.check.quantity][series.index(source.name)].append(source.spread)
    order = sorted(groups, key=lambda key: (_index_in(key[0], dtypes), key[0], _index_in(key[1], quantities), key[1]))
    if kind == "histogram":
        return Chart(kind, function, series, None, tuple(_bar_panel(*key, groups[key]) for key in order))
    axis = axis_for(kind, function)
    curves = (_curve_panel(*key, groups[key], kind, axis) for key in order)
    return Chart(kind, function, series, axis, tuple(panel for panel in curves if panel.lines))


def _bar_panel(dtype: str, quantity: str, spreads: dict[int, list[ErrorSpread]]) -> BarPanel:
    shares = []
    for series, of_series in sorted(spreads.items()):
        counts = [0] * len(STRETCHES)
        for spread in of_series:
            for entry, count in enumerate(spread.histogram):
                counts[next(index for index, (_, end) in enumerate(STRETCHES) if entry < end)] += count
        shares.append((series, tuple(count / sum(counts) for count in counts)))
    return BarPanel(dtype, quantity, tuple(shares))


def _curve_panel(
    dtype: str, quantity: str, spreads: dict[int, list[ErrorSpread]], measure: CurveMeasure, axis: Axis
) -> CurvePanel:
    lines = []
    bounds: dict[int, Point] = {}
    for series, of_series in sorted(spreads.items()):
        # Points too close to be told apart, by where they are.
        bins: dict[int, list[tuple[float, float, float]]] = defaultdict(list)
        for curve in (curve for spread in of_series for curve in spread.curves if curve.by == measure):
            for texts in zip(curve.at, curve.ulps, curve.bound, strict=True):
                at, ulps, bound = map(_number, texts)
                position = axis.position(at)
                if math.isnan(position):
                    continue
                index = round(position / axis.width)
                bins[index].append((position, ulps, bound))
                if math.isfinite(bound) and (index not in bounds or bound > bounds[index][1]):
                    bounds[index] = (position, bound)
        if bins:
            lines.append(_line(series, [bins[index] for index in sorted(bins)]))
    return CurvePanel(dtype, quantity, tuple(lines), tuple(sorted(bounds.values())))


def _line(series: int, bins: Sequence[Sequence[tuple[float, float, float]]]) -> Line:
    measured = [[point for point in points if math.isfinite(point[1])] for points in bins]
    beyond = [[(at, ulps) for at, ulps, bound in points if ulps > bound] for points in measured]
    return Line(
        series,
        tuple(max(points, key=lambda point: point[1])[:2] for points in measured if points),
        tuple(max(points, key=lambda point: point[1]) for points in beyond if points),
        tuple(points[-1][0] for points in ([p for p in each if not math.isfinite(p[1])] for each in bins) if points),
    )


def _number(text: str) -> float:
    """Return a number of the record: there are millions, and no NaN among them tells its bits."""
    try:
        return float.fromhex(text)
    except (ValueError, OverflowError):
        return math.nan
