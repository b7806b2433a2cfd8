"""Draw the picture of the house, house.svg, from the lines that docs/house.md states (`make picture`).

The page is the one place where the lines are stated: `tests/house/test_architecture.py` holds the code to them, and
the picture to what is drawn here. Only strings are put together, no font is measured: the same page, the same bytes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

PAGE = Path(__file__).parents[1] / "house.md"
PICTURE = Path(__file__).with_name("house.svg")

FILLS = {"conformance": "#1f4e8c", "reports": "#6a3d8f", "properties": "#1d6b52", "reference": "#8a4b16"}
"""Of every part: dark enough for white text, and seen on a white page as on a black one."""
CHIP, CHIP_TEXT, ARROW = "#eef2f7", "#1b2430", "#57606a"

# In a phone's 360 pixels of width 571 units leave 63 %: a folder's name has 11 pixels there.
WIDTH, RAIL, GAP, PADDING = 571, 40, 14, 14
TITLE, TEXT, NAME = 24, 16, 17
ADVANCE = 0.61 * NAME
"""Of one character, in whatever monospaced font there is."""
CHIP_HEIGHT, CHIP_PADDING, CHIP_GAP, LINE_GAP = 30, 9, 8, 15
TEXT_WIDTH = 8.2
"""Of one character of a sentence, about: where sentences are broken."""

STYLE = f"""
text {{ font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #fff }}
.title {{ font-size: {TITLE}px; font-weight: 700 }}
.sentence, .rule {{ font-size: {TEXT}px }}
.rule {{ text-anchor: middle; font-weight: 600 }}
.name {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }}
.name {{ font-size: {NAME}px; fill: {CHIP_TEXT}; text-anchor: middle }}
"""


@dataclass(frozen=True)
class Part:
    """One of the four parts, as the page states it.

    Attributes:
        depth: how far down it is: a part imports only deeper ones.
        sentence: what is in it.
        lines: its folders and files, from the top line to the bottom one.
    """

    name: str
    depth: int
    sentence: str
    lines: tuple[tuple[str, ...], ...]


def parts(page: str) -> dict[str, Part]:
    """Return the parts that the page states, by name, from the top to the bottom."""
    stated = re.findall(r"^( *)([a-z]+)  +(\S.*)$", _block(page, ""), flags=re.MULTILINE)
    return {
        name: Part(name, len(indent), sentence, tuple(tuple(line.split()) for line in _block(page, name).splitlines()))
        for indent, name, sentence in stated
    }


def _block(page: str, heading: str) -> str:
    """The first block of text below a heading, or below the page's title."""
    below = page.partition(f"\n## {heading}\n")[2] if heading else page
    return below.partition("```text\n")[2].partition("```")[0]


def drawing(page: str) -> str:
    """Return the picture of what the page states."""
    stated = parts(page)
    storeys = [
        [part for part in stated.values() if part.depth == depth]
        for depth in sorted({part.depth for part in stated.values()})
    ]
    shapes, top = [], 1
    for storey in storeys:
        width = (WIDTH - 1 - RAIL - GAP - GAP * (len(storey) - 1)) // len(storey)
        height = max(_height(part, width) for part in storey)
        for number, part in enumerate(storey):
            shapes += _panel(part, RAIL + GAP + number * (width + GAP), top, width, height)
        top += height + GAP
    height = top - GAP + 1
    body = "\n".join([*_arrow(height), *shapes])
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">
<title>The four parts of logitproof and their folders, each line of which imports only what is below it</title>
<style>{STYLE}</style>
{body}
</svg>
"""


def _arrow(height: int) -> list[str]:
    """The one arrow, along everything, with the one rule in it."""
    shaft, head = 30, 30
    left, middle = (RAIL - shaft) // 2, RAIL // 2
    outline = f"M{left} 1 H{left + shaft} V{height - head} H{RAIL} L{middle} {height - 1} L0 {height - head} H{left} Z"
    rule = [
        f'<text class="rule" transform="translate({middle - 6} {y}) rotate(90)">imports only what is below</text>'
        for y in (height // 4, 3 * height // 4)
    ]
    return [f'<path d="{outline}" fill="{ARROW}"/>', *rule]


def _panel(part: Part, left: int, top: int, width: int, height: int) -> list[str]:
    """A part: its name, what is in it, and its lines."""
    shapes = [
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="10" fill="{FILLS[part.name]}"/>',
        f'<text class="title" x="{left + PADDING}" y="{top + 33}">{part.name}</text>',
    ]
    y = top + 33
    for row in _sentence(part, width):
        y += 22
        shapes.append(f'<text class="sentence" x="{left + PADDING}" y="{y}">{escape(row)}</text>')
    y += 16
    # The lower one of two neighbours is stretched, so that both end on the ground.
    line_gap = LINE_GAP + (height - _height(part, width)) // (len(part.lines) - 1)
    for number, line in enumerate(part.lines):
        if number:
            middle = y - line_gap / 2
            shapes.append(
                f'<path d="M{left + PADDING} {middle:g} H{left + width - PADDING}" stroke="#fff" stroke-opacity=".35"/>'
            )
        for row in _rows(line, width):
            x = left + PADDING
            for name in row:
                chip = _chip_width(name)
                shapes += [
                    f'<rect x="{x}" y="{y}" width="{chip}" height="{CHIP_HEIGHT}" rx="6" fill="{CHIP}"/>',
                    f'<text class="name" x="{x + chip / 2:g}" y="{y + 21}">{name}</text>',
                ]
                x += chip + CHIP_GAP
            y += CHIP_HEIGHT + CHIP_GAP
        y += line_gap - CHIP_GAP
    return shapes


def _height(part: Part, width: int) -> int:
    """How high the panel of a part is."""
    rows = [len(_rows(line, width)) for line in part.lines]
    of_lines = sum(count * (CHIP_HEIGHT + CHIP_GAP) - CHIP_GAP for count in rows) + (len(rows) - 1) * LINE_GAP
    return 33 + 22 * len(_sentence(part, width)) + 16 + of_lines + PADDING


def _chip_width(name: str) -> int:
    return round(len(name) * ADVANCE) + 2 * CHIP_PADDING


def _sentence(part: Part, width: int) -> list[str]:
    """What is in a part, in rows that fit."""
    return textwrap.wrap(part.sentence, int((width - 2 * PADDING) / TEXT_WIDTH))


def _rows(line: Sequence[str], width: int) -> list[Sequence[str]]:
    """The names of a line, in as few rows as fit into a panel, of about as many names each."""
    for count in range(1, len(line) + 1):
        per_row = -(-len(line) // count)
        rows = [line[start : start + per_row] for start in range(0, len(line), per_row)]
        if all(sum(map(_chip_width, row)) + CHIP_GAP * (len(row) - 1) <= width - 2 * PADDING for row in rows):
            return rows
    raise ValueError(f"a name is too long for its panel: {line}")


def main() -> None:
    """Write house.svg beside this file."""
    PICTURE.write_text(drawing(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
