"""What Matplotlib draws, written as SVG for a page: its colours and its font, no ids but those of the title, few bytes.

Matplotlib's own writer of SVG measures texts in fonts that the page does not have, and what it writes would have to be
read again to get the page's colours.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Transform
from matplotlib.typing import ColorType
from numpy.typing import ArrayLike, NDArray

INK, MUTED, GRID, BAND = "#0a0001", "#0a0002", "#0a0003", "#0a0004"
SERIES = ("#0a0011", "#0a0012", "#0a0013", "#0a0014", "#0a0015", "#0a0016")
COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    BAND: "var(--band)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, start=1)},
}
"""What each colour of a drawing becomes: the page says what these are, in the light, in the dark and on paper."""

_MOVE, _LINE, _CLOSE = int(Path.MOVETO), int(Path.LINETO), int(Path.CLOSEPOLY)
_COMMANDS = {_MOVE: "M", _LINE: "L", int(Path.CURVE3): "Q", int(Path.CURVE4): "C", _CLOSE: "Z"}
_ANCHORS = {"left": (0.0, ""), "center": (0.5, ";text-anchor:middle"), "right": (1.0, ";text-anchor:end")}
"""Which share of a text is on the left of its anchor."""


class SvgRenderer(RendererBase):
    """Writes a figure of 72 dots per inch; paths that follow one another and look the same become one."""

    def __init__(self, width: float, height: float) -> None:
        """Begin an empty picture of this size in pixels."""
        super().__init__()
        self._width, self._height = width, height
        self._paths: list[tuple[str, list[str]]] = []
        self._texts: list[str] = []

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Return the size in pixels."""
        return self._width, self._height

    def get_text_width_height_descent(
        self,
        s: str,
        prop: FontProperties,
        ismath: bool | str,  # noqa: ARG002, FBT001 - Matplotlib's signature, here and below
    ) -> tuple[float, float, float]:
        """Return about how large a text is: the page's font is not known here."""
        size = prop.get_size_in_points()
        return 0.55 * size * len(s), 0.95 * size, 0.22 * size

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: ColorType | None = None,  # noqa: N803
    ) -> None:
        """Write a path, with coordinates of a tenth of a pixel."""
        style = _style(gc, rgbFace)
        if style and np.size(path.vertices):
            # Matplotlib counts from the bottom.
            points = transform.transform(path.vertices) * (1, -1) + (0, self._height)
            if not self._paths or self._paths[-1][0] != style:
                self._paths.append((style, []))
            self._paths[-1][1].append(_data(points, path.codes))

    def draw_text(  # noqa: PLR0917
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,  # noqa: ARG002
        ismath: bool | str = False,  # noqa: FBT001, FBT002
        mtext: Text | None = None,
    ) -> None:
        """Write a text; it begins, ends or has its middle where Matplotlib was told so, in whatever font."""
        share, anchor = _ANCHORS[mtext.get_horizontalalignment() if mtext else "left"]
        x += share * self.get_text_width_height_descent(s, prop, ismath)[0]
        weight = ";font-weight:600" if prop.get_weight() == "bold" else ""
        style = f"fill:{COLOURS[to_hex(gc.get_rgb())]};font-size:{prop.get_size_in_points():g}px{anchor}{weight}"
        self._texts.append(f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{escape(s)}</text>')

    def svg(self, anchor: str, title: str, description: str) -> str:
        """Return what was drawn, an `<svg>` element with a text alternative.

        Args:
            anchor: what its ids begin with, so that several can stand in one page.
            title: its name, for a screen reader.
            description: what it shows, for a screen reader.
        """
        paths = (f'<path d="{"".join(data)}" style="{style}"/>' for style, data in self._paths)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._width:g} {self._height:g}" width="100%" '
            f'role="img" aria-labelledby="{anchor}-title {anchor}-desc" style="font-family:inherit">'
            f'<title id="{anchor}-title">{escape(title)}</title><desc id="{anchor}-desc">{escape(description)}</desc>'
            f"{''.join(paths)}{''.join(self._texts)}</svg>"
        )


def _style(gc: GraphicsContextBase, face: ColorType | None) -> str:
    """How a path is filled and stroked; nothing where it is neither."""
    properties = []
    width = gc.get_linewidth()
    filled, stroked = face is not None and to_hex(face, keep_alpha=True)[7:] != "00", width > 0
    if stroked:
        properties.append(f"stroke:{COLOURS[to_hex(gc.get_rgb())]};stroke-width:{width:g};stroke-linejoin:round")
        dashes = gc.get_dashes()[1]
        if dashes is not None:
            properties.append(f"stroke-dasharray:{' '.join(f'{each:.3g}' for each in np.asarray(dashes).tolist())}")
    if filled or stroked:
        properties.append(f"fill:{COLOURS[to_hex(face)] if filled and face is not None else 'none'}")
    return ";".join(properties)


def _data(points: NDArray[np.float64], codes: ArrayLike | None) -> str:
    """Path data; what follows a point without a command is a line."""
    written = [f"{x:g} {y:g}" for x, y in (np.round(points, 1) + 0.0).tolist()]
    if codes is None:
        return f"M{' '.join(written)}"
    parts, last = [], 0
    for code, point in zip(np.asarray(codes).tolist(), written, strict=True):
        goes_on = code == last or (last, code) == (_MOVE, _LINE)
        parts.append("Z" if code == _CLOSE else f"{' ' if goes_on else _COMMANDS[code]}{point}")
        last = code
    return "".join(parts)
