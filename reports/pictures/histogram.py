"""Bars: the share of results in each stretch of ulps, the backends side by side."""

from __future__ import annotations

import math

from .axes import Tick
from .charts import STRETCHES, BarPanel
from .frame import Frame
from .style import style_of

LEAST = -6.0
"""The decimal logarithm of the share that the scale begins with."""
_SHARES = (Tick(0.0, "100 %"), Tick(-2.0, "1 %"), Tick(-4.0, "10⁻⁴"), Tick(-6.0, "10⁻⁶"))
_GROUP = 0.8
"""How much of the width of a stretch its bars take."""


def draw_bars(frame: Frame, panel: BarPanel, label: str) -> None:
    """Draw the bars of a panel."""
    frame.reach(-0.5, len(STRETCHES) + 0.5, LEAST, 0.0)
    frame.rule_across(_SHARES, "share")
    edges = [*(edge for edge, _ in STRETCHES), "∞"]
    frame.rule_along([Tick(float(number), edge) for number, edge in enumerate(edges)], label, lines=False)
    width = _GROUP / len(panel.shares)
    for order, (series, shares) in enumerate(panel.shares):
        lefts = [number - _GROUP / 2 + order * width for number in range(len(shares))]
        bars = [
            [
                frame.at(left, LEAST),
                frame.at(left, top),
                frame.at(left + 0.88 * width, top),
                frame.at(left + 0.88 * width, LEAST),
            ]
            for left, share in zip(lefts, shares, strict=True)
            if share > 0
            # However few there are, they are seen.
            for top in [max(math.log10(share), LEAST + 0.1)]
        ]
        frame.canvas.fill(bars, style_of(series).colour)
