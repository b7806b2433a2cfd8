"""A sheet to draw on, in pixels from its top left corner: what the pictures need of Matplotlib.

Only the object interface is used, and the settings are Matplotlib's own defaults whatever the user's are, so that the
same strokes give the same bytes. There are no `Axes`: three hundred of them would take seconds to set up, and ticks,
scales and grids of these pictures are not Matplotlib's anyway. Nor are the texts: it would measure them in fonts of its
own, which the page does not have, and read a dollar sign as mathematics.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform

from .style import MUTED, SMALL, Dashes, Marker
from .svg import Align, Drawing, Text

Point = tuple[float, float]

_MOVE, _LINE, _CLOSE = int(Path.MOVETO), int(Path.LINETO), int(Path.CLOSEPOLY)
_NO_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}
_INCH = 72


@contextmanager
def default_settings() -> Iterator[None]:
    """Draw with Matplotlib's defaults, and leave the user's settings as they were."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["svg.hashsalt"] = "logitproof"
        mpl.rcParams["path.simplify"] = False
        yield


class Canvas:
    """What is drawn on, and the texts that are on it."""

    def __init__(self, width: float, height: float) -> None:
        """Begin an empty one of this size."""
        self.width, self.height = width, height
        self._texts: list[Text] = []
        self._figure = Figure(figsize=(width / _INCH, height / _INCH), dpi=_INCH)
        self._figure.patch.set_visible(False)
        FigureCanvasSVG(self._figure)

    def write(
        self,
        at: Point,
        text: str,
        *,
        colour: str = MUTED,
        align: Align = "start",
        size: float = SMALL,
        bold: bool = False,
    ) -> None:
        """Write a text that begins, ends or has its middle at a point of its baseline."""
        self._texts.append(Text(*at, text, colour, align, size, bold))

    def line(self, points: Sequence[Point], colour: str, *, width: float, dashes: Dashes = None) -> None:
        """Draw a line through points."""
        artist = Line2D(*self._columns(points), color=colour, linewidth=width)
        if dashes:
            artist.set_linestyle((0.0, dashes))
        self._add(artist)

    def lines(self, pairs: Iterable[tuple[Point, Point]], colour: str, *, width: float) -> None:
        """Draw lines of two points each, as one path."""
        corners = [corner for start, end in pairs for corner in ((_MOVE, start), (_LINE, end))]
        if corners:
            self._add(PathPatch(self._path(corners), facecolor="none", edgecolor=colour, linewidth=width))

    def mark(self, points: Sequence[Point], colour: str, marker: Marker, size: float) -> None:
        """Put a marker at each point."""
        # A cross is nothing but edges.
        edge = 1.5 if marker == "x" else 0.0
        x, y = self._columns(points)
        self._add(Line2D(x, y, color=colour, linestyle="none", marker=marker, markersize=size, markeredgewidth=edge))

    def fill(self, outlines: Iterable[Sequence[Point]], colour: str) -> None:
        """Fill what lies within outlines, as one path."""
        corners = []
        for outline in outlines:
            corners += [(_LINE if number else _MOVE, point) for number, point in enumerate(outline)]
            corners.append((_CLOSE, outline[0]))
        if corners:
            self._add(PathPatch(self._path(corners), facecolor=colour, edgecolor="none", linewidth=0))

    def drawing(self) -> Drawing:
        """Return what was drawn."""
        stream = io.BytesIO()
        self._figure.savefig(stream, format="svg", metadata=_NO_METADATA)
        return Drawing(stream.getvalue(), tuple(self._texts))

    def _path(self, corners: Sequence[tuple[int, Point]]) -> Path:
        return Path([self._up(point) for _, point in corners], [code for code, _ in corners])

    def _columns(self, points: Sequence[Point]) -> tuple[list[float], list[float]]:
        turned = [self._up(point) for point in points]
        return [x for x, _ in turned], [y for _, y in turned]

    def _up(self, point: Point) -> Point:
        """Matplotlib counts from the bottom."""
        return point[0], self.height - point[1]

    def _add(self, artist: Line2D | PathPatch) -> None:
        artist.set_transform(IdentityTransform())
        # One after another, so that what is drawn later lies above.
        artist.set_zorder(len(self._figure.get_children()))
        self._figure.add_artist(artist)
