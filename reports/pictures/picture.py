"""Pictures of how errors are spread: inline SVG that takes its colours and its font from the page around it.

Matplotlib draws them. It takes most of a second to import, so it is imported when a picture is first asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logitproof.reference import FUNCTIONS

from ..record.model import Record
from .charts import Chart, charts
from .words import alternative, caption, title

if TYPE_CHECKING:
    from .svg import SvgRenderer


@dataclass(frozen=True)
class Picture:
    """A picture of one function's errors.

    Attributes:
        anchor: a name for links, the same in every run that has this picture.
        function: the function it is about, as the record names it.
        title: what it shows, in a few words; plain text.
        caption: how to read it; plain text.
        svg: the picture, an `<svg>` element for a page that defines the colours as CSS variables.
    """

    anchor: str
    function: str
    title: str
    caption: str
    svg: str


def pictures(record: Record) -> tuple[Picture, ...]:
    """Return the pictures of a record, in the catalogue's order of functions; none where no errors were spread out."""
    return pictures_of(charts(record))


def pictures_of(drawn: Sequence[Chart], note: str = "") -> tuple[Picture, ...]:
    """Return the pictures of charts; the note is said below each, after how to read it."""
    if not drawn:
        return ()
    from .draw import draw  # noqa: PLC0415 - it imports matplotlib

    return tuple(_picture(chart, sheet, note) for chart, sheet in zip(drawn, draw(drawn), strict=True))


def _picture(chart: Chart, sheet: SvgRenderer, note: str) -> Picture:
    name = chart.function
    if name not in FUNCTIONS:  # from a record by others: any text
        name = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:12]
    anchor = f"picture-{name.replace('_', '-')}-{chart.kind}"
    svg = sheet.svg(anchor, title(chart), alternative(chart))
    return Picture(anchor, chart.function, title(chart), f"{caption(chart)} {note}".rstrip(), svg)
