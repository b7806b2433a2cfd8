"""Pieces of Python source, written as a person would: calls that fit their line, text that stays text."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..inputs.batch import Batch

WIDTH = 100
"""The longest line of a script."""

_LONGEST_TEXT = 1500


@dataclass(frozen=True)
class Snippet:
    """The source of one call.

    Attributes:
        callee: what is called.
        arguments: the arguments, as they are written.
        ahead: statements that come before it.
        behind: what follows the call in its expression.
    """

    callee: str
    arguments: tuple[str, ...]
    ahead: tuple[str, ...] = ()
    behind: str = ""

    def after(self, start: str) -> str:
        """Return the statement that begins with `start` ("value = ", "return ") and ends with the call."""
        return "\n".join([*self.ahead, written(f"{start}{self.callee}", self.arguments, self.behind)])


def written(head: str, arguments: Sequence[str], behind: str = "") -> str:
    """Return `head(arguments)behind` in one line, or an argument to a line where that is too long."""
    line = f"{head}({', '.join(arguments)}){behind}"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    lines = "".join(f"{argument},\n" for argument in arguments)
    return f"{head}(\n{indented(lines)}){behind}"


def indented(text: str) -> str:
    """Return `text` one level deeper."""
    return textwrap.indent(text, "    ")


def literal(value: object) -> str:
    """Return an int, float or str as source; strings are pure ASCII, whatever is in them."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def keywords(batch: Batch, *, without: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the keywords of a call as source; an array is passed by the variable of its name."""
    return tuple(
        f"{name}={name if isinstance(value, np.ndarray) else literal(value)}"
        for name, value in batch.parameters.items()
        if name not in without
    )


def comment(text: str) -> str:
    """Return `text` as the lines of a comment."""
    return "".join(f"# {line}\n" for line in textwrap.wrap(_one_line(text), WIDTH - 2))


def docstring(statement: str, paragraphs: Sequence[str]) -> str:
    """Return a module's docstring of texts from anywhere: nothing in them ends it, or steers a terminal."""
    texts = [_one_line(text) for text in (statement, *paragraphs)]
    wrapped = ["\n".join(textwrap.wrap(text, WIDTH - 3, break_long_words=False)) for text in texts]
    body = "\n\n".join(wrapped).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    # A space keeps a quotation mark at the beginning from joining the three ahead of it.
    space = " " if body.startswith('"') else ""
    return f'"""{space}{body}\n"""\n'


def _one_line(text: str) -> str:
    """Return `text` on one line, bounded, without what is not a visible character."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"


def wrapped_strings(words: Sequence[str], separator: str) -> str:
    """Return the words, joined by a separator, as string literals on as many lines as they take."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(word) + len(separator) <= WIDTH - 16:
            lines[-1] += word + separator
        else:
            lines.append(word + separator)
    lines[-1] = lines[-1].removesuffix(separator) if separator else lines[-1]
    return "\n".join(f'"{line}"' for line in lines)
