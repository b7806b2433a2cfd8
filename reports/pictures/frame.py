"""A panel of a picture: where its numbers stand on the canvas, its title, its ticks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .axes import Tick
from .canvas import Canvas, Point
from .style import GRID, INK, SMALL, TEXT


@dataclass
class Frame:
    """A panel, by its left upper corner and its size; `low` to `high` lie along it and `floor` to `ceiling` up it."""

    canvas: Canvas
    left: float
    top: float
    width: float
    height: float
    low: float = 0.0
    high: float = 1.0
    floor: float = 0.0
    ceiling: float = 1.0

    def reach(self, low: float, high: float, floor: float, ceiling: float) -> None:
        """Set which numbers lie at its ends."""
        self.low, self.high, self.floor, self.ceiling = low, high, floor, ceiling

    def at(self, x: float, y: float) -> Point:
        """Return where a point stands; what is above or below the panel at its edge."""
        inside = min(max(y, self.floor), self.ceiling)
        return (
            self.left + self.width * (x - self.low) / (self.high - self.low),
            self.top + self.height * (self.ceiling - inside) / (self.ceiling - self.floor),
        )

    def title(self, text: str) -> None:
        """Write a title above the panel."""
        self.canvas.write((self.left, self.top - 8), text, colour=INK, size=TEXT)

    def rule_across(self, ticks: Iterable[Tick], unit: str) -> None:
        """Draw a line across at each tick, its number on the left, the unit above the numbers."""
        ticks = list(ticks)
        ends = [(self.at(self.low, tick.position), self.at(self.high, tick.position)) for tick in ticks]
        self.canvas.lines(ends, GRID, width=0.7)
        for tick, (left, _) in zip(ticks, ends, strict=True):
            self.canvas.write((left[0] - 5, left[1] + 3.5), tick.label, align="end")
        self.canvas.write((self.left - 5, self.top - 8), unit, align="end")

    def rule_along(self, ticks: Iterable[Tick], label: str, *, lines: bool = True) -> None:
        """Write a number below the panel for each tick, with a line up from it, and what they measure below."""
        ticks = list(ticks)
        ends = [(self.at(tick.position, self.floor), self.at(tick.position, self.ceiling)) for tick in ticks]
        if lines:
            self.canvas.lines(ends, GRID, width=0.7)
        for tick, (foot, _) in zip(ticks, ends, strict=True):
            self.canvas.write((foot[0], foot[1] + 13), tick.label, align="middle", size=SMALL if lines else 9)
        if label:
            self.canvas.write((self.left + self.width / 2, self.top + self.height + 29), label, align="middle")
