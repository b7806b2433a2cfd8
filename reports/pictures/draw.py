"""Draws charts: panels side by side, a key above them. A unit of length is a pixel of a page that is wide enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .canvas import Canvas, default_settings
from .charts import BarPanel, Chart
from .curves import draw_curves
from .frame import Frame
from .histogram import draw_bars
from .key import ROW, draw_key, key_of
from .style import INK, TEXT
from .svg import Drawing
from .words import dtype_words, panel_title, quantity_words

WIDTH = 720.0
LEFT_MARGIN, RIGHT_MARGIN, BETWEEN = 42.0, 10.0, 48.0
FOOT = 18.0
AXIS_LABEL = 17.0


@dataclass(frozen=True)
class _Grid:
    """How the panels are laid out."""

    columns: int
    rows: int
    panel_height: float
    heading: float
    top: float

    @property
    def row_height(self) -> float:
        """What a row takes: its heading, its panels, the numbers below them."""
        return self.heading + self.panel_height + FOOT

    @property
    def bottom(self) -> float:
        """Where the last row ends."""
        return self.top + self.rows * self.row_height

    def frame(self, canvas: Canvas, column: int, row: int) -> Frame:
        """Return where a panel stands."""
        width = (WIDTH - LEFT_MARGIN - RIGHT_MARGIN - (self.columns - 1) * BETWEEN) / self.columns
        left = LEFT_MARGIN + column * (width + BETWEEN)
        return Frame(canvas, left, self.top + row * self.row_height + self.heading, width, self.panel_height)


def draw(chart: Chart) -> Drawing:
    """Draw a chart."""
    with default_settings():
        key = key_of(chart, LEFT_MARGIN, WIDTH - RIGHT_MARGIN)
        top = len(key) * ROW + 4
        grid, cells = _histogram_layout(chart, top) if chart.axis is None else _curve_layout(chart, top)
        canvas = Canvas(WIDTH, grid.bottom + AXIS_LABEL)
        draw_key(canvas, key)
        for panel, (column, row) in zip(chart.panels, cells, strict=True):
            frame = grid.frame(canvas, column, row)
            is_last = (column, row + 1) not in cells
            if isinstance(panel, BarPanel):
                frame.title(dtype_words(panel.dtype))
                draw_bars(frame, panel, label="errors up to … ulps" if is_last else "")
            else:
                frame.title(panel_title(panel.quantity, panel.dtype))
                draw_curves(frame, chart, panel, label=chart.axis.label if is_last and chart.axis else "")
        if chart.axis is None:
            _name_rows(canvas, grid, chart.quantities)
        return canvas.drawing()


def _curve_layout(chart: Chart, top: float) -> tuple[_Grid, list[tuple[int, int]]]:
    """Quantities side by side, dtypes below one another; two dtypes in a row where there is one quantity."""
    dtypes, quantities = chart.dtypes, chart.quantities
    if len(quantities) == 1:
        numbers = [dtypes.index(panel.dtype) for panel in chart.panels]
        columns = min(2, len(dtypes))
        cells = [(number % 2, number // 2) for number in numbers]
        return _Grid(columns, math.ceil(len(dtypes) / 2), 128, 22, top), cells
    cells = [(quantities.index(panel.quantity), dtypes.index(panel.dtype)) for panel in chart.panels]
    return _Grid(len(quantities), len(dtypes), 128, 22, top), cells


def _histogram_layout(chart: Chart, top: float) -> tuple[_Grid, list[tuple[int, int]]]:
    """Dtypes side by side, quantities below one another, each with its name above its row."""
    dtypes, quantities = chart.dtypes, chart.quantities
    cells = [(dtypes.index(panel.dtype), quantities.index(panel.quantity)) for panel in chart.panels]
    return _Grid(len(dtypes), len(quantities), 92, 40, top), cells


def _name_rows(canvas: Canvas, grid: _Grid, quantities: tuple[str, ...]) -> None:
    for row, quantity in enumerate(quantities):
        y = grid.top + row * grid.row_height + 14
        canvas.write((LEFT_MARGIN, y), quantity_words(quantity), colour=INK, size=TEXT, bold=True)
