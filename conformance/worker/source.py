"""Pieces of Python source, written as a person would: what a worker compiles, and what a script prints."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100
"""The longest line of a script."""


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


def definition(name: str, parameters: Sequence[str], body: Snippet) -> str:
    """Return the source of a function that makes a call and returns its result."""
    return f"def {name}({', '.join(parameters)}):\n{indented(body.after('return '))}\n"
