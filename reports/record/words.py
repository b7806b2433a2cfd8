"""Pieces of the record in words and short numbers, shared by every rendering."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Context, Decimal

import numpy as np

from logitproof.reference import FORMATS

from .array import Array, array_value
from .hexfloat import float_from, hex_of, scalar_from, shortest_decimal
from .model import Backend, Check, Discrepancy, Parameter
from .properties import PropertyResult

SHOWN_ELEMENTS = 6
"""So many elements of an array are shown; the record has them all."""
SHOWN_CHARACTERS = 240
"""So much of a sentence by others, an exception's message say, is shown; the record has it all."""


def clean(text: str) -> str:
    """Return `text` on one line without characters that steer a terminal or turn the reading direction."""
    if text.isprintable():  # nearly all of it is, and that is quickly seen
        return text
    return "".join(" " if char in "\n\r\t" else char if _is_harmless(char) else "\ufffd" for char in text)


def brief(text: str, characters: int = SHOWN_CHARACTERS) -> str:
    """Return `text` cleaned, its white space single, cut at `characters`."""
    words = " ".join(clean(text).split())
    return words if len(words) <= characters else f"{words[: characters - 1]}…"


def _is_harmless(char: str) -> bool:
    """Whether a character is neither a control nor half a pair nor, by Unicode's word for it, none at all."""
    is_none = ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF
    return not is_none and unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def backend_title(backend: Backend | Check | Discrepancy | PropertyResult) -> str:
    """Return a backend's name and version, e.g. "torch 2.13.0"."""
    name = backend.name if isinstance(backend, Backend) else backend.backend
    return clean(f"{name} {backend.version}".strip())


def magnitude(text: str) -> str:
    """Return an error that the record keeps as hex text with three digits: "0.5", "5170", "2.1e6", "inf"."""
    number = float_from(text)
    if not math.isfinite(number):
        return str(number)
    mantissa, e, exponent = f"{number:.3g}".partition("e")
    if e and 0 < int(exponent) < 6:
        return f"{number:.0f}"
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def at_most(number: float) -> str:
    """Return a finite error as a bound of three digits: no smaller than it, e.g. "7.43" for 7.4201."""
    above = Decimal(number).normalize(Context(prec=3, rounding=ROUND_CEILING))
    return magnitude(hex_of(float(above)))


def error_words(finding: Discrepancy) -> str:
    """Return how far a result is off, e.g. "22 ulps, 1.5 times the textbook bound"; "" where no number measures it.

    An error where the bound itself is infinite is no multiple of it.
    """
    if not math.isfinite(ulps := float_from(finding.error_ulps)):
        return ""
    is_multiple = ulps == 0 or float_from(finding.error_bound_ratio) != 0
    ratio = f", {magnitude(finding.error_bound_ratio)} times the textbook bound" if is_multiple else ""
    return f"{magnitude(finding.error_ulps)} ulps{ratio}"


def counted(count: int, name: str) -> str:
    """Return a count of findings or checks: "1 defect", "2 weaknesses", "3 undecided"."""
    plural = {
        "defect": "defects",
        "weakness": "weaknesses",
        "convention": "conventions",
        "result": "results",
        "case": "cases",
        "broken property": "broken properties",
        "check": "checks",
        "finding": "findings",
        "more case": "more cases",
        "check of the property": "checks of the property",
    }
    return f"{count:,} {name if count == 1 else plural.get(name, name)}"


def duration_words(seconds: float) -> str:
    """Return a time for people, in whole seconds, from an hour on in minutes: "40 s", "2 min 10 s", "1 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def readable(text: str, dtype: str) -> str:
    """Return the shortest decimal of a number of `dtype` written by `hex_of`, or `text` where it is no such number."""
    try:
        return shortest_decimal(scalar_from(text, dtype), FORMATS[dtype])
    except (KeyError, ValueError):
        return brief(text, 80)


def array_words(array: Array, shown: int = SHOWN_ELEMENTS) -> str:
    """Return an array for people: numbers as decimals that are exact in their dtype, long ones cut."""
    size = math.prod(array.shape)
    try:
        value = array_value(array)
    except (ValueError, OverflowError):  # the schema cannot tell whether text, dtype and shape fit together
        return f"{brief(str(size), 12)} numbers that cannot be read"
    if value is None:
        return f"{size} numbers: {clean(array.corpus or '')}"
    numbers = [_number_words(element, array.dtype) for element in value.ravel()[:shown]]
    if not array.shape:
        return numbers[0]
    if size > shown and _is_constant(value):
        return f"[{size} times {numbers[0]}]"
    if size > shown:
        return f"[{', '.join(numbers)}, … {size} in all]"
    return _nested(numbers, array.shape) if size else "[]"


def inputs_words(inputs: Mapping[str, Array], shown: int = SHOWN_ELEMENTS) -> str:
    """Return the arguments of a case, e.g. "logits = [0, -10], labels = 1"."""
    return ", ".join(f"{clean(name)} = {array_words(array, shown)}" for name, array in inputs.items())


def inputs_hex(inputs: Mapping[str, Array], shown: int = SHOWN_ELEMENTS) -> str | None:
    """Return short arguments as hex floats, exact in any language; None where one is longer, or cannot be read."""
    if any(array.values is None or len(array.values) > shown for array in inputs.values()):
        return None
    if any(len(array.values or ()) != math.prod(array.shape) for array in inputs.values()):
        return None
    return ", ".join(f"{clean(name)} = {_hex_words(array)}" for name, array in inputs.items())


def _hex_words(array: Array) -> str:
    return _nested([clean(text) for text in array.values or ()], array.shape) if array.values else "[]"


def parameters_words(parameters: Mapping[str, Parameter]) -> str:
    """Return keywords as they are called, e.g. "axis=-1, label_smoothing=0.125"; "" where there are none."""
    return ", ".join(f"{clean(key)}={parameter_words(value)}" for key, value in parameters.items())


def question(finding: Check | Discrepancy) -> str:
    """Return what was asked: entry point, quantity, dtype and keywords."""
    keywords = parameters_words(finding.parameters)
    parts = (finding.entry_point, finding.quantity, finding.dtype, keywords)
    return " · ".join(clean(part) for part in parts if part)


def parameter_words(value: Parameter) -> str:
    """Return the value of a keyword, e.g. "0.125", or "[0.5, 1, 2]"."""
    if isinstance(value, Array):
        return array_words(value)
    if isinstance(value, str):
        return readable(value, "float64")
    return str(value)


def _is_constant(array: np.ndarray) -> bool:
    bits = array.ravel().view(f"u{array.itemsize}")
    return bool((bits == bits[0]).all())


def _number_words(element: np.generic, dtype: str) -> str:
    return shortest_decimal(element, FORMATS[dtype]) if dtype in FORMATS else str(element)


def _nested(numbers: list[str], shape: tuple[int, ...]) -> str:
    if len(shape) == 0:
        return numbers[0]
    if len(shape) == 1:
        return f"[{', '.join(numbers)}]"
    step = math.prod(shape[1:])
    return f"[{', '.join(_nested(numbers[i : i + step], shape[1:]) for i in range(0, len(numbers), step))}]"


_NAMED = 2
"""So many entry points, functions or dtypes are named in a line; the rest are counted."""


def named(names: Sequence[str], most: int = _NAMED) -> str:
    """Return the first names of a list, the others counted."""
    shown = [brief(name, 120) for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more


def quantity_words(quantity: str) -> str:
    """Return a quantity as it is spoken: "gradient:logits" as "gradient by logits"."""
    return brief(quantity, 80).replace(":", " by ", 1)


def is_number(text: str) -> bool:
    """Whether `text` is a number as the record writes it."""
    try:
        float_from(text)
    except ValueError:
        return False
    return True
