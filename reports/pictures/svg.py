"""Matplotlib's SVG, made fit to stand in a page: colours and fonts of the page, ids of its own, few bytes.

The drawing has a stand-in for the colour of each role. Texts are added here: none of a record comes near Matplotlib.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal
from xml.etree import ElementTree as ET

from .style import COLOURS

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_GEOMETRY = frozenset({"d", "x", "y", "width", "height"})
_DROPPED = frozenset({"metadata", "style"})
_NEEDLESS: Mapping[str, str] = MappingProxyType(
    {
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "stroke-dashoffset": "0",
        "stroke-opacity": "1",
        "text-anchor": "start",
    }
)
"""Properties that the root has, or that say nothing."""


Align = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Text:
    """A text on a picture: where its baseline begins, ends or has its middle, in pixels from the top left corner."""

    x: float
    y: float
    text: str
    colour: str
    align: Align
    size: float
    bold: bool


@dataclass(frozen=True)
class Drawing:
    """What Matplotlib drew, and the texts that belong on it."""

    svg: bytes
    texts: tuple[Text, ...]


def themed(drawing: Drawing, anchor: str, title: str, description: str) -> str:
    """Return a drawing as an `<svg>` element with `var(--…)` for colours, the page's font and a text alternative.

    Args:
        drawing: what was drawn.
        anchor: what its ids begin with, so that several can stand in one page.
        title: its name, for a screen reader.
        description: what it shows, for a screen reader.
    """
    drawn = ET.fromstring(drawing.svg)  # noqa: S314 - Matplotlib wrote it, and no text of a record is in it
    root = ET.Element("svg")
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": drawn.attrib["viewBox"],
        "width": "100%",
        "role": "img",
        "aria-labelledby": f"{anchor}-title {anchor}-desc",
        "style": "font-family:inherit;stroke-linejoin:round;stroke-linecap:butt",
    }
    for name, text in (("title", title), ("desc", description)):
        ET.SubElement(root, name, id=f"{anchor}-{name}").text = text
    wanted = _referenced(drawn)
    root.extend(_themed_elements(drawn, anchor, wanted))
    root.extend(_written(text) for text in drawing.texts)
    return ET.tostring(root, encoding="unicode")


def _written(text: Text) -> ET.Element:
    style = f"fill:{COLOURS[text.colour]};font-size:{text.size:g}px"
    if text.align != "start":
        style += f";text-anchor:{text.align}"
    if text.bold:
        style += ";font-weight:600"
    element = ET.Element("text", x=_rounded(f"{text.x:.1f}"), y=_rounded(f"{text.y:.1f}"), style=style)
    element.text = text.text
    return element


def _referenced(drawn: ET.Element) -> frozenset[str]:
    references: set[str] = set()
    for element in drawn.iter():
        references.update(name for value in element.attrib.values() for name in _REFERENCE.findall(value))
        if _HREF in element.attrib:
            references.add(element.attrib[_HREF].removeprefix("#"))
    return frozenset(references)


def _themed_elements(parent: ET.Element, anchor: str, wanted: frozenset[str]) -> Iterator[ET.Element]:
    for child in parent:
        if (themed_child := _themed_element(child, anchor, wanted)) is not None:
            yield themed_child


def _themed_element(element: ET.Element, anchor: str, wanted: frozenset[str]) -> ET.Element | None:
    """Return an element as the page gets it; None for one that it need not have."""
    name = element.tag.removeprefix(_SVG)
    if name in _DROPPED:
        return None
    children = list(_themed_elements(element, anchor, wanted))
    copy = ET.Element(name, _attributes(element, anchor, wanted))
    if name in {"g", "defs"} and not children:
        return None
    if name == "g" and not copy.attrib and len(children) == 1:
        return children[0]
    copy.extend(children)
    return copy


def _attributes(element: ET.Element, anchor: str, wanted: frozenset[str]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name == "id":
            if value in wanted:
                attributes["id"] = f"{anchor}-{value}"
        elif name == _HREF:
            attributes["href"] = f"#{anchor}-{value.removeprefix('#')}"
        elif name == "style":
            attributes["style"] = _style(value)
        else:
            attributes[name] = _geometry(value) if name in _GEOMETRY else _REFERENCE.sub(rf"url(#{anchor}-\1)", value)
    return {name: value for name, value in attributes.items() if value}


def _style(style: str) -> str:
    properties = dict(part.strip().split(": ", 1) for part in style.split(";") if ": " in part)
    themed_properties = {
        name: COLOURS.get(value, _rounded(value)) for name, value in properties.items() if _NEEDLESS.get(name) != value
    }
    return ";".join(f"{name}:{value}" for name, value in themed_properties.items())


def _geometry(text: str) -> str:
    """Return path data and coordinates with one decimal: a tenth of a pixel."""
    return re.sub(r"\s*([MLHVCQZz])\s*", r"\1", _rounded(" ".join(text.split())))


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda number: f"{round(float(number[0]), 1) + 0.0:g}", text)
