"""The words of a picture: its title, how to read it, and what it shows for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ..record.words import brief, quantity_words
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


def dtype_title(dtype: str) -> str:
    """Return a dtype as it is shown."""
    return brief(dtype, 20)


def quantity_title(quantity: str) -> str:
    """Return a quantity as it is shown, e.g. "gradient by logits"."""
    return brief(quantity_words(quantity), 32)


def panel_title(panel: CurvePanel | BarPanel) -> str:
    """Return what a panel is about, e.g. "float32 · gradient by logits"."""
    return f"{dtype_title(panel.dtype)} · {quantity_title(panel.quantity)}"


def alternative(chart: Chart) -> str:
    """Return what a picture shows, in words: the largest error, or the share of correctly rounded results."""
    return " ".join(f"{panel_title(panel)}: {'; '.join(_phrases(panel, chart.series))}." for panel in chart.panels)


def _phrases(panel: CurvePanel | BarPanel, series: tuple[str, ...]) -> Iterator[str]:
    if isinstance(panel, BarPanel):
        for number, (share, *_) in panel.shares:
            # A share that is neither all nor nothing is not told as such, however near it comes.
            near = "less than 0.1%" if 0 < share < 0.001 else "more than 99.9%" if 0.999 < share < 1 else f"{share:.1%}"
            yield f"{series[number]} {near} within ½ ulp"
        return
    for line in panel.lines:
        largest = f"up to {max(ulps for _, ulps in line.points):.3g} ulps" if line.points else "no number"
        beyond = ", beyond the bound in places" if line.beyond or line.unmeasured else ""
        yield f"{series[line.series]} {largest}{beyond}"
