"""A document on a terminal. Document in, rich renderables out; whoever prints them sees to colour and width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from ..document.model import (
    Block,
    Document,
    Entries,
    Entry,
    Items,
    Paragraph,
    Section,
    Strong,
    Table,
    Title,
    Tone,
    Words,
)
from ..document.text import part_text, parts_of, text_of
from ..record.words import clean

ENTRIES_SHOWN = 10
"""So many entries are shown in full."""
LINES_SHOWN = 20
"""So many lines of a list are shown."""

_COLOURS: dict[Tone, str] = {
    "": "bold",
    "heading": "bold",
    "faint": "dim",
    "bad": "bold red",
    "warning": "yellow",
    "good": "green",
    "open": "cyan",
    "undecided": "magenta",
}


def terminal(document: Document) -> RenderableType:
    """Return a document for a terminal: its sections one below the other, each with the first of what is in it."""
    return shown(document.screen(), document.elsewhere)


def shown(sections: Iterable[Section], elsewhere: Words = "") -> RenderableType:
    """Return sections for a terminal; `elsewhere` is where what is left out can be read."""
    parts: list[RenderableType] = []
    for section in sections:
        lines = list(_section(section, elsewhere))
        parts += [Text(""), *lines] if parts and lines else lines
    return Group(*parts)


def with_files(report: RenderableType, files: Iterable[str]) -> RenderableType:
    """Return a report, and below it the files that were written."""
    names = Text("\n".join(map(clean, files)), overflow="fold")
    return Group(report, Text("Files:"), Padding(names, (0, 0, 0, 2), expand=False))


def _section(section: Section, elsewhere: Words) -> Iterator[RenderableType]:
    if section.title:
        yield _line(section.title, _of_line(section.tone))
    for block in section.blocks:
        yield from _block(block, elsewhere)


def _of_line(tone: Tone) -> str:
    """The style of a whole line: what is coloured is bold."""
    colour = _COLOURS[tone] if tone else ""
    return f"bold {colour}" if tone in {"warning", "good"} else colour


def _line(words: Words, style: str = "", indent: str = "") -> Text:
    parts = [(part_text(part), _COLOURS[part.tone] if isinstance(part, Strong) else "") for part in parts_of(words)]
    return Text.assemble(indent, *parts, style=style, overflow="fold")


def _block(block: Block, elsewhere: Words) -> Iterator[RenderableType]:
    match block:
        case Title(words):
            yield _line(words, "bold")
        case Paragraph(words, tone):
            yield _line(words, _of_line(tone))
        case Items(lines, noun):
            yield from (_line(line, indent="  ") for line in lines[:LINES_SHOWN])
            yield from _rest(len(lines) - LINES_SHOWN, noun, elsewhere, "  ")
        case Entries(entries, noun=noun):
            for entry in entries[:ENTRIES_SHOWN]:
                yield Text("")
                yield _entry(entry)
            if rest := list(_rest(len(entries) - ENTRIES_SHOWN, noun, elsewhere)):
                yield Text("")
                yield from rest
        case Table(rows=rows) if any(len(row) == 1 for row in rows):
            yield from _fixed(block)
        case Table():
            yield _table(block)


def _rest(left: int, noun: str, elsewhere: Words, indent: str = "") -> Iterator[RenderableType]:
    if left > 0:
        what = f" {noun}" if noun else ""
        yield Text(f"{indent}… and {left:,} more{what}{f': {text_of(elsewhere)}' if elsewhere else ''}", style="dim")


def _entry(entry: Entry) -> RenderableType:
    """What it is, then its facts."""
    title = Text.assemble(_line(Strong(entry.name, entry.tone)), "  ", _line(entry.sentence), overflow="fold")
    grid = RichTable.grid(padding=(0, 1))
    grid.add_column(width=9, no_wrap=True)
    grid.add_column(overflow="fold")
    for fact in entry.facts:
        if text_of(fact.words):
            grid.add_row(Text(fact.name), _line(fact.words))
    body = Group(*([_line(entry.text)] if entry.text else []), grid)
    return Group(title, Padding(body, (0, 0, 0, 2), expand=False))


def _table(table: Table) -> RenderableType:
    shown = RichTable(pad_edge=False, show_edge=False, box=box.SIMPLE_HEAD)
    for column in table.columns:
        shown.add_column(Text(column.name), justify="right" if column.is_number else "left")
    for row in table.rows:
        shown.add_row(*map(_line, row))
    return shown


def _fixed(table: Table) -> Iterator[RenderableType]:
    """Columns of fixed width, so that the last one has what is left of a line, and is cut where that ends."""
    head = _cells(table, [column.name for column in table.columns])
    head.stylize("dim")
    yield head
    for row in table.rows:
        yield _line(row[0], "bold") if len(row) == 1 else _cells(table, row)


def _cells(table: Table, cells: Sequence[Words]) -> Text:
    line = Text("  ", no_wrap=True, overflow="ellipsis")
    for column, words in zip(table.columns, cells, strict=True):
        cell = _line(words)
        if column is table.columns[-1]:
            line.append("  ")
        spaces = " " * max(0, column.width - len(cell))
        line.append_text(Text.assemble(spaces, cell) if column.is_number else Text.assemble(cell, spaces))
    return line
