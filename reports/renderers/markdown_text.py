"""Pieces of GitHub-flavoured Markdown that hold any text: what comes from a record builds nothing, links to nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..record.words import clean

_PUNCTUATION = re.compile(r"([\\`*_\[\]|~!]|(?<!&)#)")
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s<>`]*[^\s<>`).,;:'\"]")
_LINE_START = re.compile(r"(\d{1,9})(?=[.)](?:\s|$))|(?=[-+=:])")
"""What would begin a list, underline a heading or, where a CI job prints it, be taken for a command."""
_NAMING = re.compile(r"@(?=\w)|(?<!&)#(?=\d)|\bGH-(?=\d)|\bwww(?=\.)", re.IGNORECASE)

_MEANING = "\\`*_{}[]<>&|~!#@$:^\"'"
"""ASCII punctuation that Markdown, HTML or GitHub gives a meaning in the middle of a line."""

APART = "&#8203;"
"""A zero-width space: GitHub finds mentions, issues and addresses in the text it shows, where no backslash is left."""


def escape(text: str) -> str:
    """Return `text` as Markdown that shows it on one line, whatever it holds; addresses are shown as code."""
    return at_line_start(escape_within(text).strip())


def escape_within(text: str) -> str:
    """Return `text` as Markdown that shows it within a line, with the blanks at its ends; so likewise."""
    shown, parts, at = clean(text), [], 0
    for address in _ADDRESS.finditer(shown):
        parts += [_escaped(shown[at : address.start()]), code(address[0])]
        at = address.end()
    return "".join([*parts, _escaped(shown[at:])])


def at_line_start(line: str) -> str:
    """Return Markdown that is a text wherever it stands as one that a line can begin with."""
    return _LINE_START.sub(r"\g<0>\\", line, count=1) if _LINE_START.match(line) else line


def code(text: str) -> str:
    """Return `text` as code that can stand anywhere on a line, in a table too, whatever it holds."""
    shown = clean(text)
    if "|" in shown or "`" in shown or "##[" in shown or not shown.strip():
        return f"<code>{''.join(map(_as_entity, shown)) or '&nbsp;'}</code>"
    return f"`{shown}`"


def table(header: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table of cells that are Markdown already."""
    lines = (header, ["---"] * len(header), *body)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def fenced(text: str, language: str = "") -> str:
    """Return `text`, lines and all, as a code block that nothing in it can end."""
    lines = "\n".join("\t".join(map(clean, line.split("\t"))) for line in re.split(r"\r\n|\r|\n", text.rstrip("\n")))
    longest = max((len(run) for run in re.findall("`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{lines}\n{fence}"


def folded(heading: str, content: str) -> str:
    """Return Markdown that is folded away below a heading of plain text."""
    # A line of HTML: backslashes would be shown in it.
    return f"<details><summary>{''.join(map(_as_entity, clean(heading)))}</summary>\n\n{content}\n\n</details>"


def _escaped(text: str) -> str:
    entities = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("$", "&#36;")
    return _NAMING.sub(rf"\g<0>{APART}", _PUNCTUATION.sub(r"\\\1", entities))


def _as_entity(char: str) -> str:
    return f"&#{ord(char)};" if char in _MEANING else char


def size_of(text: str) -> int:
    """Return how many bytes of UTF-8 a text takes."""
    return len(text.encode("utf-8", "replace"))


def fitting(items: Iterable[str], size_limit: int, between: str = "\n\n") -> list[str]:
    """Return the first items that together take no more bytes than that."""
    fit: list[str] = []
    size = 0
    for item in items:
        size += size_of(item) + len(between)
        if size > size_limit:
            break
        fit.append(item)
    return fit
