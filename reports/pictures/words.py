"""The words of a picture: its title, how to read it, and what it shows for those who do not see it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..record.words import brief
from .charts import BarPanel, Chart, CurvePanel, Kind

_TITLES: Mapping[Kind, str] = MappingProxyType(
    {
        "input": "error against {axis}",
        "confidence": "error as confidence grows",
        "classes": "largest error by class count",
        "histogram": "how the errors are spread",
    }
)

_CAPTIONS: Mapping[Kind, str] = MappingProxyType(
    {
        "input": (
            "The largest error at each input, over all entry points. The axis is logarithmic on either side of its "
            "middle, and drawn together where numbers are very large or very small."
        ),
        "confidence": (
            "The largest error as the probability p of the labelled class tends to 1, to the right. What is computed "
            "from a rounded p loses a digit with every decade of 1 − p."
        ),
        "classes": (
            "The largest error of rows of so many numbers, both logarithmic. The bound grows as a sum does that is "
            "added up one number after the other."
        ),
        "histogram": (
            "The share of results with an error of at most ½ ulp (correctly rounded), of more than ½ and at most 1 "
            "ulp, and so on. The scale of the shares is logarithmic: a thousandth of the results can be seen."
        ),
    }
)

_CURVES = (
    " An error below ½ ulp cannot be improved. The shade reaches up to the textbook bound, the largest one among the "
    "results drawn there."
)


def title(chart: Chart) -> str:
    """Return what a picture shows, e.g. "sigmoid: error against x"."""
    axis = chart.axis.label if chart.axis else ""
    return f"{brief(chart.function, 60)}: {_TITLES[chart.kind].format(axis=axis)}"


def caption(chart: Chart) -> str:
    """Return how to read a picture."""
    return _CAPTIONS[chart.kind] + ("" if chart.kind == "histogram" else _CURVES)


def dtype_words(dtype: str) -> str:
    """Return a dtype as it is shown."""
    return brief(dtype, 20)


def quantity_words(quantity: str) -> str:
    """Return a quantity as it is shown, e.g. "gradient by logits"."""
    return brief(quantity.replace("gradient:", "gradient by "), 32)


def panel_title(quantity: str, dtype: str) -> str:
    """Return what a panel is about, e.g. "float32 · gradient by logits"."""
    return f"{dtype_words(dtype)} · {quantity_words(quantity)}"


def alternative(chart: Chart) -> str:
    """Return what a picture shows, in words: the largest error, or the share of correctly rounded results."""
    parts = [
        f"{panel_title(panel.quantity, panel.dtype)}: {'; '.join(_panel_phrases(panel, chart.series))}."
        for panel in chart.panels
    ]
    return " ".join(parts)


def _share(share: float) -> str:
    """A share that is neither all nor nothing is not told as such, however near it comes."""
    if 0 < share < 0.001:
        return "less than 0.1%"
    return "more than 99.9%" if 0.999 < share < 1 else f"{share:.1%}"


def _panel_phrases(panel: CurvePanel | BarPanel, series: tuple[str, ...]) -> list[str]:
    if isinstance(panel, BarPanel):
        return [f"{series[number]} {_share(shares[0])} within ½ ulp" for number, shares in panel.shares]
    phrases = []
    for line in panel.lines:
        largest = max((ulps for _, ulps in line.points), default=None)
        words = "no number" if largest is None else f"up to {largest:.3g} ulps"
        beyond = ", beyond the bound in places" if line.beyond or line.unmeasured else ""
        phrases.append(f"{series[line.series]} {words}{beyond}")
    return phrases
