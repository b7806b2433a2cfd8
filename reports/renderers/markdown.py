"""A document as GitHub-flavoured Markdown. Every section has its share of the bytes; the rest is counted, never cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ..document.model import (
    Block,
    Break,
    Code,
    Document,
    Entries,
    Entry,
    Items,
    Paragraph,
    Part,
    Section,
    Strong,
    Table,
    Title,
    Words,
)
from ..document.text import part_text, parts_of, shortened, text_of
from .markdown_text import at_line_start, code, escape, escape_within, fitting, folded, size_of, table

SIZE_LIMIT = 60_000
"""Bytes of UTF-8 that a page may take, unless less is asked for: GitHub takes 65,536 characters of a comment."""


def markdown(document: Document, size_limit: int = SIZE_LIMIT) -> str:
    """Return a document as Markdown.

    Args:
        document: the document.
        size_limit: bytes of UTF-8 that the text may take; where nothing fits it is empty.
    """
    writer = _Writer(min(size_limit, SIZE_LIMIT), document.elsewhere)
    text = "\n\n".join(filter(None, map(writer.section, document.page()))) + "\n"
    if size_of(text) > size_limit:
        text = "\n\n".join(writer.block(block, size_limit) for block in document.least()) + "\n"
    return text if size_of(text) <= size_limit else ""


def line(words: Words) -> str:
    """Return a line as Markdown that shows it, whatever it holds; what is empty is "", a part that is, is left out."""
    written = ""
    for is_marked, group in groupby(parts_of(words), _is_marked):
        # Parts without marks are escaped as one text: what one begins may be a name together with the next.
        parts = list(group)
        written += "".join(map(_marked, parts)) if is_marked else escape_within(text_of(tuple(parts)))
    return at_line_start(written.strip())


def _is_marked(part: Part) -> bool:
    return isinstance(part, Break | Code) or (isinstance(part, Strong) and part.tone in {"", "bad"})


def _marked(part: Part) -> str:
    if isinstance(part, Break):
        return "<br>"
    text = part_text(part)
    if isinstance(part, Code):
        return code(text) if text else ""
    return f"**{escape(text)}**"


class _Writer:
    """Writes blocks into what bytes they may take."""

    def __init__(self, size: int, elsewhere: Words) -> None:
        self._size, self._elsewhere = size, elsewhere

    def section(self, section: Section) -> str:
        """Return a section with its heading; "" where nothing of it is there, or fits."""
        limited = sum(isinstance(block, Items | Table | Entries) for block in section.blocks)
        limit = int(section.share * self._size) // max(limited, 1)
        body = "\n\n".join(filter(None, (self.block(block, limit) for block in section.blocks)))
        if not body or not section.title:
            return body
        return folded(section.title, body) if section.is_detail else f"## {line(section.title)}\n\n{body}"

    def block(self, block: Block, limit: int) -> str:
        """Return a block; of what has no end the first that fits."""
        match block:
            case Title(words):
                return f"# {line(words)}"
            case Paragraph(words, tone):
                return f"**{line(words)}**" if tone == "bad" else line(words)
            case Items(lines, noun):
                items = [f"- {line(each)}" for each in lines]
                fit = fitting(items, limit, "\n")
                return self._parts("\n".join(fit), self._rest(len(items) - len(fit), noun))
            case Table(columns, rows, noun, title):
                header = [escape(column.name) for column in columns]
                body = [tuple(map(line, row)) for row in rows]
                heading = f"**{escape(shortened(title))}**" if title else ""
                return self._parts(heading, self._table(header, body, limit, noun))
            case Entries():
                return self._entries(block, limit)

    def _entries(self, block: Entries, limit: int) -> str:
        for_full = int(block.full_share * limit)
        full = fitting(map(_entry, block.entries), for_full)
        left = block.entries[len(full) :]
        if not block.columns:
            return self._parts(*full, self._rest(len(left), block.noun))
        body = [tuple(map(line, entry.cells)) for entry in left]
        return self._parts(*full, self._table(block.columns, body, limit - for_full, block.noun))

    def _table(self, header: Sequence[str], body: Sequence[Sequence[str]], limit: int, noun: str) -> str:
        fit = len(fitting((f"| {' | '.join(cells)} |" for cells in body), limit, "\n"))
        return self._parts(table(header, body[:fit]) if fit else "", self._rest(len(body) - fit, noun))

    def _rest(self, left: int, noun: str) -> str:
        elsewhere = f": {line(self._elsewhere)}" if self._elsewhere else ""
        return f"… and {left:,} more{f' {noun}' if noun else ''}{elsewhere}" if left else ""

    @staticmethod
    def _parts(*parts: str) -> str:
        return "\n\n".join(filter(None, parts))


def _entry(entry: Entry) -> str:
    facts = [f"- {fact.name}: {written}" for fact in entry.facts if (written := line(fact.words))]
    text = [f"- {line(entry.text)}"] if entry.text else []
    return f"{line((Strong(entry.name), ': ', entry.sentence))}\n\n" + "\n".join([*text, *facts])
