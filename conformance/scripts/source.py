"""Pieces of a script that are no calls: functions of this package, comments, and text that stays text."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence

from ..worker.source import WIDTH

_LONGEST_TEXT = 1500


def source_of(function: Callable[..., object], name: str) -> str:
    """Return the source of a function of this package as a script has it: its own lines, `name`, no annotations."""
    source = inspect.getsource(function)
    (stated,) = ast.parse(source).body
    assert isinstance(stated, ast.FunctionDef)
    body = "\n".join(source.splitlines()[stated.body[0].lineno - 1 :])
    return f"def {name}({', '.join(each.arg for each in stated.args.args)}):\n{body}\n"


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
