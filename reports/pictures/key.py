"""The key of a picture: a sample of each line, bar and mark, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .canvas import Canvas
from .charts import BarPanel, Chart, CurvePanel
from .style import BAND, BEYOND, INK, MUTED, OFF_SCALE, TEXT, style_of

ROW = 19.0
"""The height of a row of the key."""


@dataclass(frozen=True)
class KeyEntry:
    """A sample, and what it means."""

    sample: Literal["line", "marked line", "bar", "bound", "beyond", "unmeasured"]
    text: str
    series: int = 0

    @property
    def width(self) -> float:
        """About how wide it is: the page's font is not known here."""
        return 42 + 6.0 * len(self.text)


Rows = Sequence[Sequence[tuple[float, KeyEntry]]]


def key_of(chart: Chart, left_edge: float, right_edge: float) -> Rows:
    """Return the entries of a chart's key with their left ends, in as many rows as it takes."""
    rows: list[list[tuple[float, KeyEntry]]] = [[]]
    x = left_edge
    for entry in _entries(chart):
        if rows[-1] and x + entry.width > right_edge:
            rows.append([])
            x = left_edge
        rows[-1].append((x, entry))
        x += entry.width
    return rows


def draw_key(canvas: Canvas, rows: Rows) -> None:
    """Draw a key at the top of a canvas."""
    for number, row in enumerate(rows):
        for x, entry in row:
            y = ROW * number + 10
            _draw_sample(canvas, entry, x, y)
            canvas.write((x + 28, y + 4), entry.text, colour=INK, size=TEXT)


def _entries(chart: Chart) -> list[KeyEntry]:
    lines = [line for panel in chart.panels if isinstance(panel, CurvePanel) for line in panel.lines]
    bars = [bar for panel in chart.panels if isinstance(panel, BarPanel) for bar, _ in panel.shares]
    kind: Literal["line", "marked line"] = "marked line" if chart.kind == "classes" else "line"
    entries = [KeyEntry(kind, chart.series[number], number) for number in sorted({line.series for line in lines})]
    entries += [KeyEntry("bar", chart.series[number], number) for number in sorted(set(bars))]
    if lines:
        entries.append(KeyEntry("bound", "within the textbook bound"))
    if any(line.beyond for line in lines):
        entries.append(KeyEntry("beyond", "beyond it"))
    if any(line.unmeasured for line in lines):
        entries.append(KeyEntry("unmeasured", "no number"))
    return entries


def _draw_sample(canvas: Canvas, entry: KeyEntry, x: float, y: float) -> None:
    style = style_of(entry.series)
    if entry.sample == "bar":
        canvas.fill([_box(x + 10, y, 11)], style.colour)
    elif entry.sample == "bound":
        canvas.fill([_box(x, y, 21)], BAND)
        canvas.line([(x, y - 5.5), (x + 21, y - 5.5)], MUTED, width=0.8)
    elif entry.sample == "beyond":
        canvas.mark([(x + 14, y)], INK, BEYOND, 5)
    elif entry.sample == "unmeasured":
        canvas.mark([(x + 14, y - 3)], INK, OFF_SCALE, 6)
    else:
        canvas.line([(x, y), (x + 21, y)], style.colour, width=1.8, dashes=style.dashes)
        if entry.sample == "marked line":
            canvas.mark([(x + 10.5, y)], style.colour, style.marker, 5)


def _box(left: float, middle: float, width: float) -> list[tuple[float, float]]:
    top, bottom = middle - 5.5, middle + 5.5
    return [(left, bottom), (left, top), (left + width, top), (left + width, bottom)]
