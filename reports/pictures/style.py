"""How the pictures look: the colours they are drawn with, which stand for those of the page, lines and markers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

INK = "#0a0001"
MUTED = "#0a0002"
GRID = "#0a0003"
BAND = "#0a0004"
_SERIES = ("#0a0011", "#0a0012", "#0a0013", "#0a0014", "#0a0015", "#0a0016")

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        INK: "var(--ink)",
        MUTED: "var(--muted)",
        GRID: "var(--grid)",
        BAND: "var(--band)",
        **{colour: f"var(--series-{number})" for number, colour in enumerate(_SERIES, start=1)},
    }
)
"""What each colour of a drawing becomes: the page says what these are, in the light, in the dark and on paper."""

TEXT = 11.0
SMALL = 10.0
"""Sizes of letters, in pixels of a picture at its full width."""

Dashes = tuple[float, ...] | None
Marker = Literal["o", "s", "D", "^", "v", "p", "x", 6]
BEYOND: Marker = "x"
OFF_SCALE: Marker = 6
"""Matplotlib's markers for a result beyond its bound, and for one that no number measures: a triangle hung below."""


@dataclass(frozen=True)
class Style:
    """How one backend is drawn; no two of the first twelve alike, even without colours."""

    colour: str
    dashes: Dashes
    marker: Marker


_DASHES: tuple[Dashes, ...] = (None, (4, 1.5), (1, 1.2), (5, 1.5, 1, 1.5), (8, 1.5), (2, 1.5, 0.7, 1.5, 0.7, 1.5))
_MARKERS: tuple[Marker, ...] = ("o", "s", "D", "^", "v", "p")


def style_of(series: int) -> Style:
    """Return the style of the record's backend of this number."""
    turn, number = divmod(series, len(_SERIES))
    shifted = (number + turn) % len(_DASHES)
    return Style(_SERIES[number], _DASHES[shifted], _MARKERS[shifted])
