"""The words of a document as text without marks, the same in every format."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..record.hexfloat import hex_of
from ..record.words import at_most, clean, counted, magnitude
from .model import Break, Code, Count, Distance, ErrorSize, LargestError, Offset, Part, Strong, Words

TEXT_SHOWN = 1000
"""So many characters of a text are shown at most, whatever the format."""


def parts_of(words: Words) -> tuple[Part, ...]:
    """Return the parts of a line."""
    return words if isinstance(words, tuple) else (words,)


def joined(lines: Iterable[Words], between: Part = ", ") -> tuple[Part, ...]:
    """Return several lines as one."""
    return tuple(part for line in lines for part in (between, *parts_of(line)))[1:]


def text_of(words: Words) -> str:
    """Return a line as text; each text in it is cleaned, and cut where it is very long."""
    return "".join(map(part_text, parts_of(words)))


def part_text(part: Part) -> str:
    """Return a part of a line as text; so likewise."""
    match part:
        case str(text) | Code(text) | Strong(text):
            return shortened(text)
        case Break():
            return "; "
        case int():
            return f"{part:,}"
        case float():
            return number_text(part)
        case Count(number, noun):
            return counted(number, noun)
        case _:
            return _error_text(part)


def _error_text(part: ErrorSize | LargestError | Distance | Offset) -> str:
    match part:
        case ErrorSize(ulps, ratio):
            multiple = "" if ratio is None else f", {number_text(ratio)} times the textbook bound"
            return f"{number_text(ulps)} ulps{multiple}"
        case LargestError():
            return _largest(part)
        case Distance(ulps):
            return f"{number_text(ulps)} ulps" if math.isfinite(ulps) else "no number"
        case Offset(ulps):
            return f"{number_text(ulps)} ulps off" if math.isfinite(ulps) else "no number measures it"


def number_text(number: float) -> str:
    """Return an error with three digits: "0.5", "5170", "2.1e6", "inf"."""
    return magnitude(hex_of(number))


def shortened(text: str) -> str:
    """Return `text` cleaned, its white space single, cut where it is very long; blanks at its ends are kept."""
    words = " ".join(clean(text).split())
    if not words:
        return " " if text else ""
    words = words if len(words) <= TEXT_SHOWN else f"{words[: TEXT_SHOWN - 1]}…"
    return f"{' ' * text[:1].isspace()}{words}{' ' * text[-1:].isspace()}"


def _largest(error: LargestError) -> str:
    """Of errors that differ the largest: a bound, no smaller than it."""
    if not math.isfinite(error.ulps):
        return "some of them more than 1e308 ulps, or no number"
    ratio = f", at most {at_most(error.bound_ratio)} times the textbook bound" if error.bound_ratio else ""
    caveat = "" if error.is_known else ", as far as the record tells"
    return f"at most {at_most(error.ulps)} ulps{ratio}{caveat}"
