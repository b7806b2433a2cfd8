"""Curves: the largest errors in ulps along a measure of the inputs, the textbook bound behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from logitproof.reference import FORMATS

from .axes import Axis, Tick, chosen, power_of_ten
from .charts import Chart, CurvePanel, Line, Point
from .frame import Frame
from .style import BAND, BEYOND, MUTED, OFF_SCALE, style_of

FLOOR = -2.0
"""The binary logarithm of the error that the scale begins with; a smaller one is drawn as a quarter of an ulp."""


def draw_curves(frame: Frame, chart: Chart, panel: CurvePanel, label: str) -> None:
    """Draw the curves of a panel; those of one dtype have one scale of errors."""
    peers = [other for other in chart.panels if isinstance(other, CurvePanel) and other.dtype == panel.dtype]
    frame.reach(*_reach(panel), FLOOR, _ceiling(peers))
    _draw_bound(frame, panel.bound)
    frame.rule_across(_ulp_ticks(frame), "ulps")
    if chart.axis is not None:
        frame.rule_along(_numbers_along(frame, chart.axis), label)
    _draw_whole(frame, panel.dtype)
    for line in panel.lines:
        _draw_line(frame, line, marked=chart.kind == "classes")


def _numbers_along(frame: Frame, axis: Axis) -> list[Tick]:
    """Return the numbers to write along the panel: apart from one another, and not over the edge of the picture."""
    pixel = (frame.high - frame.low) / frame.width
    fitting = [tick for tick in axis.ticks if tick.position + 3 * len(tick.label) * pixel < frame.high + 8 * pixel]
    return chosen(fitting, frame.low, frame.high, 30 * pixel, letter=6.5 * pixel)


def _reach(panel: CurvePanel) -> tuple[float, float]:
    """Return from where to where the points reach, with a margin."""
    positions = [x for line in panel.lines for x in (*(x for x, _ in line.points), *line.unmeasured)]
    low, high = min(positions), max(positions)
    margin = max(0.02 * (high - low), 0.25)
    return low - margin, high + margin


def _ceiling(panels: Sequence[CurvePanel]) -> float:
    """Return the binary logarithm of the error that the scale ends with: one far beyond the result itself is cut."""
    largest = max((ulps for panel in panels for line in panel.lines for _, ulps in line.points), default=1.0)
    bound = max((bound for panel in panels for _, bound in panel.bound), default=1.0)
    errors = height_of(largest) + 1
    # A bound far above all errors needs not be seen in full.
    return min(max(errors, min(height_of(bound) + 0.6, errors + 8), 2.5), _whole(panels[0].dtype) + 3)


def height_of(ulps: float) -> float:
    """Return the binary logarithm of an error."""
    return math.log2(ulps) if ulps > 0 else FLOOR


def _whole(dtype: str) -> int:
    """Return the binary logarithm of an error as large as the result: p bits are all there are."""
    known = FORMATS.get(dtype)
    return known.precision if known else 53


def _ulp_ticks(frame: Frame) -> list[Tick]:
    """Return ½ and powers of ten in even steps, as many as there is room for."""
    min_gap = 20 * (frame.ceiling - frame.floor) / frame.height
    step = max(1, math.ceil(min_gap / math.log2(10)))
    decades = [Tick(decade * math.log2(10), power_of_ten(decade)) for decade in range(0, 20, step)]
    return chosen([Tick(-1.0, "½"), *decades], frame.floor, frame.ceiling, 0.7 * min_gap)


def _draw_bound(frame: Frame, bound: Sequence[Point]) -> None:
    """Shade what the textbook algorithm may lose."""
    if not bound:
        return
    heights = [(x, height_of(ulps)) for x, ulps in bound]
    edge = [frame.at(x, y) for x, y in [(frame.low, heights[0][1]), *heights, (frame.high, heights[-1][1])]]
    frame.canvas.fill([[frame.at(frame.low, frame.floor), *edge, frame.at(frame.high, frame.floor)]], BAND)
    frame.canvas.line(edge, MUTED, width=0.8)


def _draw_whole(frame: Frame, dtype: str) -> None:
    """Tell where an error is as large as the result, so that no digit is right."""
    whole = _whole(dtype)
    if dtype in FORMATS and whole < frame.ceiling - 0.5:
        start, end = frame.at(frame.low, whole), frame.at(frame.high, whole)
        frame.canvas.line([start, end], MUTED, width=0.8, dashes=(1, 3))
        # Above the line, unless the panel's title is there.
        above = start[1] - frame.top > 11
        frame.canvas.write((start[0] + 3, start[1] + (-3 if above else 10)), "as large as the result", size=9)


def _draw_line(frame: Frame, line: Line, *, marked: bool) -> None:
    style = style_of(line.series)
    points = [frame.at(x, height_of(ulps)) for x, ulps in line.points]
    if len(points) > 1:
        frame.canvas.line(points, style.colour, width=1.5, dashes=style.dashes)
    if points and (marked or len(points) == 1):
        frame.canvas.mark(points, style.colour, style.marker, 5)
    if line.beyond:
        frame.canvas.mark([frame.at(x, height_of(ulps)) for x, ulps in line.beyond], style.colour, BEYOND, 5)
    if line.unmeasured:
        frame.canvas.mark([frame.at(x, frame.ceiling) for x in line.unmeasured], style.colour, OFF_SCALE, 6)
