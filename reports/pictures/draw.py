"""Draws charts: panels side by side, a key above them. A unit of length is a pixel of a page that is wide enough."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis as MatplotlibAxis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, StepPatch
from matplotlib.ticker import FixedFormatter, FixedLocator

from logitproof.reference import FORMATS

from .axes import Axis, Tick, chosen, power_of_ten
from .charts import STRETCHES, BarPanel, Chart, CurvePanel
from .svg import BAND, GRID, INK, MUTED, SERIES, SvgRenderer
from .words import dtype_title, panel_title, quantity_title

WIDTH = 720.0
LEFT_MARGIN, RIGHT_MARGIN, BETWEEN = 42.0, 10.0, 48.0
"""Margins of the picture, and what is between panels: room for the numbers beside them."""
FOOT, AXIS_LABEL = 18.0, 17.0
CURVES_HEIGHT, BARS_HEIGHT = 128.0, 92.0
KEY_ROW = 18.0
LEAST_ERROR, LEAST_SHARE = 0.25, 1e-6
"""What the scales begin with: smaller errors, and smaller shares, are drawn as these."""

SETTINGS: Mapping[Any, Any] = MappingProxyType(
    {
        "figure.dpi": 72,
        "figure.facecolor": "none",
        "text.parse_math": False,
        "text.color": MUTED,
        "grid.color": GRID,
        "grid.linewidth": 0.7,
        "axes.labelcolor": MUTED,
        "axes.labelsize": 10,
        "axes.titlecolor": INK,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.titley": 1.0,
        "axes.titlepad": 8,
        "legend.fontsize": 11,
        "legend.labelcolor": INK,
        "legend.frameon": False,
        "legend.borderpad": 0,
        "legend.labelspacing": 0.6,
        "legend.borderaxespad": 0,
        "legend.handlelength": 1.9,
        "legend.handletextpad": 0.6,
        "legend.columnspacing": 1.6,
        "xtick.bottom": False,
        "ytick.left": False,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelsize": 10,
        "ytick.labelsize": 10,
        "xtick.major.pad": 4,
        "ytick.major.pad": 5,
    }
)

_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 1.5)), (0, (2, 1.5, 0.7, 1.5, 0.7, 1.5)))
_MARKERS = ("o", "s", "D", "^", "v", "p")
BEYOND: dict[str, Any] = {"linestyle": "none", "marker": "x", "markersize": 5, "markeredgewidth": 1.5}
UNMEASURED: dict[str, Any] = {"linestyle": "none", "marker": 6, "markersize": 6, "markeredgewidth": 0}
"""A result beyond its bound, and one that no number measures: a triangle hung below the top."""
_SHARES = (Tick(1, "100 %"), Tick(1e-2, "1 %"), Tick(1e-4, "10⁻⁴"), Tick(1e-6, "10⁻⁶"))


def style_of(series: int) -> dict[str, Any]:
    """Return how the lines of a series look: no two of the first twelve alike, even without colours."""
    turn, number = divmod(series, len(SERIES))
    shifted = (number + turn) % len(_DASHES)
    return {
        "color": SERIES[number],
        "linestyle": _DASHES[shifted],
        "marker": _MARKERS[shifted],
        "markersize": 5,
        "markeredgewidth": 0,
    }


def draw(charts: Iterable[Chart]) -> list[SvgRenderer]:
    """Draw charts, whatever the user's settings of Matplotlib are.

    Most of Matplotlib's time goes into making axes and ticks: all charts of a kind are drawn with the same ones.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        curves, bars = Figure(), Figure()
        return [
            _draw_bars(bars, chart) if chart.axis is None else _draw_curves(curves, chart, chart.axis)
            for chart in charts
        ]


def _draw_curves(figure: Figure, chart: Chart, axis: Axis) -> SvgRenderer:
    """Quantities side by side, dtypes below one another; two dtypes in a row where there is one quantity."""
    panels = [panel for panel in chart.panels if isinstance(panel, CurvePanel)]
    cells = [(chart.dtypes.index(panel.dtype), chart.quantities.index(panel.quantity)) for panel in panels]
    if len(chart.quantities) == 1:
        cells = [divmod(row, 2) for row, _ in cells]
    renderer = _lay_out(figure, cells, _curves_key(chart, panels), heading=22, panel_height=CURVES_HEIGHT, grid="both")
    for panel, axes, (row, column) in zip(panels, figure.axes, cells, strict=False):
        axes.set_title(panel_title(panel))
        axes.set_xlabel(axis.label if (row + 1, column) not in cells else "")
        ceiling = _ceiling([peer for peer in panels if peer.dtype == panel.dtype])
        _draw_panel(axes, panel, axis, ceiling, marked=chart.kind == "classes")
    figure.draw(renderer)
    return renderer


def _draw_panel(axes: Axes, panel: CurvePanel, axis: Axis, ceiling: float, *, marked: bool) -> None:
    """Draw the curves of a panel before the textbook bound; what is above or below the panel at its edge."""
    positions = [x for line in panel.lines for x in (*(x for x, _ in line.points), *line.unmeasured)]
    margin = max(0.02 * (max(positions) - min(positions)), 0.25)
    low, high = min(positions) - margin, max(positions) + margin
    axes.set_xlim(low, high)
    axes.set_ylim(LEAST_ERROR, ceiling)
    pixel = (high - low) / (axes.get_position().width * WIDTH)
    # Not over the edge of the picture.
    fitting = [tick for tick in axis.ticks if tick.position + 3 * len(tick.label) * pixel < high + 8 * pixel]
    _write(axes.xaxis, chosen(fitting, low, high, 30 * pixel, letter=6.5 * pixel))
    _write(axes.yaxis, _ulp_ticks(ceiling))
    axes.yaxis.set_label_text("ulps")
    if panel.bound:
        x = [low, *(x for x, _ in panel.bound), high]
        bound = [ulps for _, ulps in panel.bound]
        edge = np.clip([bound[0], *bound, bound[-1]], LEAST_ERROR, ceiling)
        corners = [(low, LEAST_ERROR), *zip(x, edge, strict=True), (high, LEAST_ERROR)]
        axes.add_artist(Polygon(corners, color=BAND, linewidth=0))
        axes.add_artist(Line2D(x, edge, color=MUTED, linewidth=0.8))
    whole = _whole(panel.dtype)
    if panel.dtype in FORMATS and whole < ceiling / 2**0.5:
        axes.axhline(whole, color=MUTED, linewidth=0.8, linestyle=(0, (1, 3)))
        # Above the line, unless the panel's title is there.
        below = CURVES_HEIGHT * math.log(ceiling / whole, ceiling / LEAST_ERROR) < 11
        axes.annotate(
            "as large as the result",
            (low, whole),
            (3, -3 if below else 3),
            textcoords="offset points",
            va="top" if below else "baseline",
            size=9,
        )
    for line in panel.lines:
        style = style_of(line.series)
        if not marked and len(line.points) > 1:
            style["marker"] = ""
        for points, look in (
            (line.points, style),
            (line.beyond, BEYOND | {"color": style["color"]}),
            ([(x, ceiling) for x in line.unmeasured], UNMEASURED | {"color": style["color"]}),
        ):
            if points:
                at, ulps = zip(*points, strict=True)
                axes.add_artist(Line2D(at, np.clip(ulps, LEAST_ERROR, ceiling), **look))


def _ceiling(panels: Sequence[CurvePanel]) -> float:
    """Return the error that the scale ends with: one far beyond the result itself is cut."""
    largest = max((ulps for panel in panels for line in panel.lines for _, ulps in line.points), default=1.0)
    bound = max((bound for panel in panels for _, bound in panel.bound), default=1.0)
    # A bound far above all errors needs not be seen in full.
    return min(max(2 * largest, min(1.5 * bound, 512 * largest), 6), 8 * _whole(panels[0].dtype))


def _whole(dtype: str) -> float:
    """Return an error, in ulps, as large as the result: p bits are all there are."""
    return 2.0 ** (FORMATS[dtype].precision if dtype in FORMATS else 53)


def _ulp_ticks(ceiling: float) -> list[Tick]:
    """Return ½ and powers of ten in even steps, as many as there is room for."""
    apart = 20 * math.log10(ceiling / LEAST_ERROR) / CURVES_HEIGHT
    powers = [Tick(float(decade), power_of_ten(decade)) for decade in range(0, 20, max(1, math.ceil(apart)))]
    placed = chosen([Tick(math.log10(0.5), "½"), *powers], math.log10(LEAST_ERROR), math.log10(ceiling), 0.7 * apart)
    return [Tick(10.0**position, label) for position, label in placed]


def _draw_bars(figure: Figure, chart: Chart) -> SvgRenderer:
    """Dtypes side by side, quantities below one another: the share of results in each stretch of ulps."""
    panels = [panel for panel in chart.panels if isinstance(panel, BarPanel)]
    numbers = sorted({number for panel in panels for number, _ in panel.shares})
    look = {"linestyle": "none", "marker": "s", "markersize": 11}
    key = [Line2D([], [], label=chart.series[each], **style_of(each) | look) for each in numbers]
    cells = [(row, 0) for row in range(len(chart.quantities))]
    renderer = _lay_out(figure, cells, key, heading=36, panel_height=BARS_HEIGHT, grid="y")
    step = len(STRETCHES) + 1.5
    lefts = {dtype: number * step for number, dtype in enumerate(chart.dtypes)}
    ticks = [Tick(left + at, words) for left in lefts.values() for at, (words, _) in enumerate(STRETCHES)]
    for quantity, axes in zip(chart.quantities, figure.axes, strict=False):
        axes.set_title(quantity_title(quantity), weight="bold", y=1 + 16 / BARS_HEIGHT)
        is_last = quantity == chart.quantities[-1]
        axes.set_xlabel("errors up to … ulps" if is_last else "")
        _write(axes.xaxis, ticks if is_last else [])
        axes.set_xlim(-0.5, step * len(chart.dtypes) - 2)
        axes.set_ylim(LEAST_SHARE, 1)
        _write(axes.yaxis, _SHARES)
        axes.yaxis.set_label_text("share")
        for panel in (panel for panel in panels if panel.quantity == quantity):
            left = lefts[panel.dtype]
            name = dtype_title(panel.dtype)
            axes.annotate(name, (left - 0.5, 1), (0, 8), textcoords="offset points", color=INK, size=11)
            width = 0.8 / len(panel.shares)
            for order, (series, shares) in enumerate(panel.shares):
                starts = [left + number - 0.4 + order * width for number in range(len(STRETCHES))]
                edges = [edge for start in starts for edge in (start, start + 0.88 * width)]
                # However few there are, they are seen.
                tops = [max(share, 1.26 * LEAST_SHARE) if share else math.nan for share in shares]
                values = [value for top in tops for value in (top, math.nan)][:-1]
                colour = style_of(series)["color"]
                axes.add_artist(StepPatch(values, edges, baseline=LEAST_SHARE, color=colour, linewidth=0, zorder=2))
    figure.draw(renderer)
    return renderer


def _lay_out(
    figure: Figure,
    cells: Sequence[tuple[int, int]],
    key: Sequence[Artist],
    *,
    heading: float,
    panel_height: float,
    grid: Literal["both", "y"],
) -> SvgRenderer:
    """Clear a figure, put axes where panels are to be, by row and column, and a key above them; return its sheet."""
    rows, columns = (max(numbers) + 1 for numbers in zip(*cells, strict=True))
    names = [str(entry.get_label()) for entry in key]
    key_columns = max(1, int((WIDTH - LEFT_MARGIN) // (42 + 6.05 * max(map(len, names)))))
    top = math.ceil(len(key) / key_columns) * KEY_ROW + 6
    width = (WIDTH - LEFT_MARGIN - RIGHT_MARGIN - (columns - 1) * BETWEEN) / columns
    row_height = heading + panel_height + FOOT
    height = top + rows * row_height + AXIS_LABEL
    figure.set_size_inches(WIDTH / 72, height / 72)
    for legend in list(figure.legends):
        legend.remove()
    corner = (LEFT_MARGIN / WIDTH, 1 - 4 / height)
    legend = figure.legend(key, map(str, range(len(key))), loc="upper left", bbox_to_anchor=corner, ncols=key_columns)
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)  # only now: Matplotlib would leave out one that begins with a low line
    legend.set_zorder(-1)  # drawn first, so that its words come first
    while len(figure.axes) < len(cells):
        axes = figure.add_axes((0, 0, 1, 1), label=f"{len(figure.axes)}", frameon=False, yscale="log")
        axes.minorticks_off()
        axes.grid(visible=True, axis=grid)
        axes.yaxis.label.set(rotation=0, ha="right", va="baseline")
    for number, axes in enumerate(figure.axes):
        axes.set_visible(number < len(cells))
        for artist in (*axes.lines, *axes.patches, *axes.texts):
            artist.remove()
    for axes, (row, column) in zip(figure.axes, cells, strict=False):
        left, bottom = LEFT_MARGIN + column * (width + BETWEEN), AXIS_LABEL + FOOT + (rows - 1 - row) * row_height
        axes.set_position((left / WIDTH, bottom / height, width / WIDTH, panel_height / height))
        # Where Matplotlib need not look for room.
        axes.xaxis.set_label_coords(0.5, -21 / panel_height)
        axes.yaxis.set_label_coords(-5 / width, 1 + 8 / panel_height)
    return SvgRenderer(WIDTH, height)


def _curves_key(chart: Chart, panels: Sequence[CurvePanel]) -> list[Artist]:
    lines = [line for panel in panels for line in panel.lines]
    key: list[Artist] = []
    for number in sorted({line.series for line in lines}):
        style = style_of(number) if chart.kind == "classes" else style_of(number) | {"marker": ""}
        key.append(Line2D([], [], label=chart.series[number], linewidth=1.8, **style))
    key.append(Patch(facecolor=BAND, edgecolor=MUTED, linewidth=0.8, label="within the textbook bound"))
    if any(line.beyond for line in lines):
        key.append(Line2D([], [], color=INK, label="beyond it", **BEYOND))
    if any(line.unmeasured for line in lines):
        key.append(Line2D([], [], color=INK, label="no number", **UNMEASURED))
    return key


def _write(axis: MatplotlibAxis, ticks: Sequence[Tick]) -> None:
    axis.set_major_locator(FixedLocator([tick.position for tick in ticks]))
    axis.set_major_formatter(FixedFormatter([tick.label for tick in ticks]))
