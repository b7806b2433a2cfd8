"""What fits a room in bytes: GitHub takes 65,536 characters of a comment. What does not fit is counted, never cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ._markdown import table


def size_of(text: str) -> int:
    """Return how many bytes of UTF-8 a text takes."""
    return len(text.encode("utf-8", "replace"))


def fitting(items: Iterable[str], room: int, between: str = "\n\n") -> list[str]:
    """Return the first items that fit the room together."""
    fit: list[str] = []
    for item in items:
        room -= size_of(item) + len(between)
        if room < 0:
            break
        fit.append(item)
    return fit


def fitted_table(header: Sequence[str], body: Sequence[Sequence[str]], room: int, left: str) -> str:
    """Return a table of the first lines that fit, then the rest counted; "" where there is nothing.

    Args:
        header: the names of the columns.
        body: the lines, of cells that are Markdown already.
        room: bytes that the lines may take.
        left: what is said of the rest, with its number in the place of {}.
    """
    fit = len(fitting((f"| {' | '.join(cells)} |" for cells in body), room, "\n"))
    rest = left.format(len(body) - fit) if len(body) > fit else ""
    return "\n\n".join(filter(None, (table(header, body[:fit]) if fit else "", rest)))
