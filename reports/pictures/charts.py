"""What the pictures show: the spreads of all checks of a function, laid over one another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from logitproof.reference import FORMATS, FUNCTIONS

from ..record.model import Check, Curve, CurveMeasure, ErrorSpread, Record
from ..record.setting import Setting
from ..record.words import backend_title, brief
from .axes import Axis, axis_for

Kind = CurveMeasure | Literal["histogram"]
KINDS: tuple[Kind, ...] = ("input", "confidence", "classes", "histogram")
"""The kinds of picture, in the order in which they are shown."""

STRETCHES = (("½", 1), ("1", 2), ("2", 3), ("4", 4), ("16", 6), ("2⁸", 10), ("2¹⁶", 18))
"""Stretches of ulps: the largest error in each, and up to which entry of a record's histogram it goes."""
NAME_LENGTH = 48
MAX_SERIES = 12
"""So many backends and modes are told apart in one picture."""

Point = tuple[float, float]


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

    quantity: str
    dtype: str
    lines: tuple[Line, ...]
    bound: tuple[Point, ...]


@dataclass(frozen=True)
class BarPanel:
    """The share of results in each of the stretches of ulps, and beyond them, for each series that has any."""

    quantity: str
    dtype: str
    shares: tuple[tuple[int, tuple[float, ...]], ...]


Panel = CurvePanel | BarPanel


@dataclass(frozen=True)
class Chart:
    """One picture: panels for quantities and dtypes.

    Attributes:
        kind: what is shown against what.
        function: the function, as the record names it.
        series: the names of all backends of the record, fit to be shown.
        axis: the axis of the curves; None for histograms.
        panels: by dtype, and by quantity.
    """

    kind: Kind
    function: str
    series: tuple[str, ...]
    axis: Axis | None
    panels: tuple[Panel, ...]

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities shown, in order."""
        return tuple(dict.fromkeys(panel.quantity for panel in self.panels))

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes shown, in order."""
        return tuple(dict.fromkeys(panel.dtype for panel in self.panels))


@dataclass(frozen=True)
class Series:
    """The errors of one check, and the name of the series that they are drawn in."""

    series: str
    function: str
    dtype: str
    quantity: str
    spread: ErrorSpread


def charts(record: Record) -> list[Chart]:
    """Return what the pictures of a record show, by function in the catalogue's order, and by kind."""
    names = _names(record.checks)
    sources = [
        Series(names[_key(check)], check.function, check.dtype, check.quantity, check.spread)
        for check in record.checks
        if check.spread
    ]
    return charts_of(sources, list(dict.fromkeys(names.values())))


def charts_of(sources: Iterable[Series], series: Sequence[str]) -> list[Chart]:
    """Return what the pictures of these errors show.

    Args:
        sources: the errors.
        series: the names of all series, in the order in which they are drawn; those beyond the twelfth are not.
    """
    numbers = {name: number for number, name in enumerate(series[:MAX_SERIES])}
    groups: dict[tuple[str, Kind], list[Series]] = defaultdict(list)
    for source in sources:
        if source.series in numbers:
            for kind in _kinds_of(source.spread):
                groups[source.function, kind].append(source)
    all_charts = (_chart(*key, tuple(series), groups[key], numbers) for key in sorted(groups, key=_order))
    return [chart for chart in all_charts if chart.panels]


SeriesKey = tuple[str, str, Setting]


def _key(check: Check) -> SeriesKey:
    return check.backend, check.version, check.setting


def _names(checks: Sequence[Check]) -> dict[SeriesKey, str]:
    """Return what a backend at a version in a setting is called; of that, what there are several of is told."""
    keys = {_key(check): check for check in checks if check.spread}
    settings = {setting for _, _, setting in keys}
    return {
        key: brief(f"{backend_title(check)} {distinct_words(check.setting, settings)}", NAME_LENGTH) or "unnamed"
        for key, check in keys.items()
    }


def distinct_words(setting: Setting, among: Collection[Setting]) -> str:
    """Return what tells a setting from the others among these: its mode, "on" its device, both, or nothing."""
    mode = setting.mode if len({each.mode for each in among}) > 1 else ""
    device = f"on {setting.device}" if len({each.device for each in among}) > 1 else ""
    return f"{mode} {device}".strip()


def _kinds_of(spread: ErrorSpread) -> list[Kind]:
    kinds: list[Kind] = list(dict.fromkeys(curve.by for curve in spread.curves if curve.at))
    if any(spread.histogram):
        kinds.append("histogram")
    return kinds


def rank(chart: Chart) -> tuple[int, str, int]:
    """Return what orders charts: functions as the catalogue has them, and kinds."""
    return _order((chart.function, chart.kind))


def _order(key: tuple[str, Kind]) -> tuple[int, str, int]:
    function, kind = key
    return _index_in(function, list(FUNCTIONS)), function, KINDS.index(kind)


def _index_in(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)


def _chart(
    function: str, kind: Kind, series: tuple[str, ...], sources: Iterable[Series], numbers: dict[str, int]
) -> Chart:
    known = FUNCTIONS.get(function)
    quantities, dtypes = list(known.quantities) if known else [], list(FORMATS)
    groups: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for source in sources:
        groups[source.dtype, source.quantity].append(source)
    order = sorted(groups, key=lambda key: (_index_in(key[0], dtypes), key[0], _index_in(key[1], quantities), key[1]))
    if kind == "histogram":
        bars = (_bar_panel(key, groups[key], numbers) for key in order)
        return Chart(kind, function, series, None, tuple(bars))
    axis = axis_for(kind, function)
    curves = (_curve_panel(key, groups[key], numbers, kind, axis) for key in order)
    return Chart(kind, function, series, axis, tuple(panel for panel in curves if panel.lines))


def _bar_panel(key: tuple[str, str], sources: Iterable[Series], numbers: dict[str, int]) -> BarPanel:
    counts: dict[int, list[int]] = defaultdict(lambda: [0] * (len(STRETCHES) + 1))
    for source in sources:
        for entry, count in enumerate(source.spread.histogram):
            counts[numbers[source.series]][_stretch(entry)] += count
    shares = (
        (number, tuple(count / sum(histogram) for count in histogram))
        for number, histogram in sorted(counts.items())
        if any(histogram)
    )
    return BarPanel(key[1], key[0], tuple(shares))


def _stretch(entry: int) -> int:
    return next((index for index, (_, end) in enumerate(STRETCHES) if entry < end), len(STRETCHES))


@dataclass
class _Bin:
    """The points of a line that stand too close to be told apart."""

    largest: Point | None = None
    beyond: Point | None = None
    unmeasured: float | None = None

    def add(self, position: float, ulps: float, bound: float) -> None:
        if not math.isfinite(ulps):
            self.unmeasured = position
            return
        if self.largest is None or ulps > self.largest[1]:
            self.largest = (position, ulps)
        if ulps > bound and (self.beyond is None or ulps > self.beyond[1]):
            self.beyond = (position, ulps)


def _curve_panel(
    key: tuple[str, str], sources: Iterable[Series], numbers: dict[str, int], measure: CurveMeasure, axis: Axis
) -> CurvePanel:
    bins: dict[int, dict[int, _Bin]] = defaultdict(lambda: defaultdict(_Bin))
    bounds: dict[int, Point] = {}
    for source in sources:
        for curve in source.spread.curves:
            if curve.by == measure:
                _add(curve, axis, bins[numbers[source.series]], bounds)
    lines = tuple(_line(number, series_bins) for number, series_bins in sorted(bins.items()) if series_bins)
    return CurvePanel(key[1], key[0], lines, tuple(sorted(bounds.values())))


def _add(curve: Curve, axis: Axis, bins: dict[int, _Bin], bounds: dict[int, Point]) -> None:
    for at, error, largest in zip(curve.at, curve.ulps, curve.bound, strict=False):
        position, ulps, bound = axis.position(_number(at)), _number(error), _number(largest)
        if position is None:
            continue
        index = round(position / axis.width)
        bins[index].add(position, ulps, bound)
        if math.isfinite(bound) and bound > bounds.get(index, (0.0, -1.0))[1]:
            bounds[index] = (position, bound)


def _line(series: int, bins: dict[int, _Bin]) -> Line:
    ordered = [bins[index] for index in sorted(bins)]
    return Line(
        series,
        tuple(each.largest for each in ordered if each.largest),
        tuple(each.beyond for each in ordered if each.beyond),
        tuple(each.unmeasured for each in ordered if each.unmeasured is not None),
    )


def _number(text: str) -> float:
    """Return a number of the record: there are millions, and no NaN among them tells its bits."""
    try:
        return float.fromhex(text)
    except (ValueError, OverflowError):
        return math.nan
