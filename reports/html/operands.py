"""The arguments of a case and its exact result, as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..record.array import Array
from ..record.model import Expected
from ..record.words import array_words, brief, clean, is_number
from .text import decimal

INLINE_ELEMENTS = 8
"""Inputs of up to so many numbers stand in the table; longer ones are folded below it."""


@dataclass(frozen=True)
class Operand:
    """An argument of the case shown: in decimal, in hex, and all of it where the table has not room for it."""

    name: str
    form: str
    decimal: str
    hexadecimal: str
    full: str


def operands_of(inputs: Mapping[str, Array]) -> tuple[Operand, ...]:
    """Return the arguments of a case for the page."""
    return tuple(_operand(name, array) for name, array in inputs.items())


def _operand(name: str, array: Array) -> Operand:
    shape = "×".join(map(str, array.shape))
    form = f"{array.dtype}, {shape}" if shape else array.dtype
    if array.values is None:
        return Operand(brief(name), brief(form), array_words(array), "", "")
    values = list(array.values)
    hexadecimal = "" if array.dtype == "int64" else ", ".join(values[:INLINE_ELEMENTS])
    more = f", … {len(values)} in all" if len(values) > INLINE_ELEMENTS and hexadecimal else ""
    full = ""
    if more:
        full = "\n".join(f"{decimal(value, array.dtype)}  {value}" for value in values)
    return Operand(brief(name), brief(form), array_words(array, INLINE_ELEMENTS), clean(hexadecimal + more), full)


def enclosure_words(expected: Expected) -> str:
    """Return the exact result between two float64 numbers in hex; "" where it is a word, or none."""
    if not is_number(expected.lower) or not is_number(expected.upper):
        return ""
    if expected.lower == expected.upper:
        return clean(expected.lower)
    return clean(f"{expected.lower} to {expected.upper}")
