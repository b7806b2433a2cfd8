"""`logitproof exact`: one exact result, as decimals and nearest floats."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np
from rich.table import Table

from logitproof.reference import FORMATS, FUNCTIONS, Format, Function, Status, format_named, function_named
from logitproof.reports import hex_of, shortest_decimal

from ..api.exact import WORDS, ExactResult, exact, nearest_float
from ..errors import UserError, unknown
from .output import show

_KEYWORDS = ("axis", "ignore_index", "reduction")
_ARRAY_KEYWORDS = ("weight", "pos_weight")

_SHOWN = 8
"""Numbers or elements that notes name before they count the others."""

_HEX = re.compile(r"[+-]?0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?[0-9]+))?", re.IGNORECASE)

_OUTSIDE = 5000
"""2^5000 stands for all numbers beyond float64, 2^-5000 for those that it rounds to 0: 10^(10^9) has no room."""


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Print the exact result that `options` ask for; the exit status is 0."""
    del typed
    if options.function not in FUNCTIONS:
        raise unknown("function", options.function, FUNCTIONS)
    spec = function_named(options.function)
    try:
        fmt = format_named(options.dtype or "float64")
        result = _evaluate(spec, options, fmt)
    except ValueError as error:
        raise UserError(str(error)) from None
    dtypes = (options.dtype,) if options.dtype else tuple(FORMATS)
    for line in (*_rounded_numbers(spec, options, fmt), *_no_numbers(result)):
        sys.stderr.write(f"{line}\n")
    show(_table(result, dtypes, options.digits))
    return 0


def _evaluate(spec: Function, options: argparse.Namespace, fmt: Format) -> ExactResult:
    first, *others = (argument.name for argument in spec.arguments)
    texts = {first: options.numbers, **{name: getattr(options, name, None) for name in others}}
    surplus = [name for name in ("labels", "probs", "log_probs") if getattr(options, name) and name not in others]
    if surplus:
        message = f"{spec.name} takes its first argument, {first}, without an option, and no --{surplus[0]}"
        raise ValueError(message.replace("log_probs", "log-probs"))
    if missing := [name for name, text in texts.items() if not text]:
        raise ValueError(f"{spec.name} needs --{missing[0].replace('_', '-')}: its signature is {spec.signature}")
    real = {argument.name: argument.is_real for argument in spec.arguments}
    inputs = {name: _reals(text, fmt) if real[name] else _indices(text) for name, text in texts.items()}
    parameters = {name: getattr(options, name) for name in _KEYWORDS}
    parameters |= {name: _reals(text, fmt) for name in _ARRAY_KEYWORDS if (text := getattr(options, name))}
    if options.label_smoothing is not None:
        parameters["label_smoothing"] = _Typed.of(options.label_smoothing).nearest(FORMATS["float64"])
    rows_labelled = spec.result == "row" and inputs[first].ndim == 1
    if rows_labelled and not spec.arguments[-1].is_real:
        inputs[spec.arguments[-1].name] = _single(spec.arguments[-1].name, inputs[spec.arguments[-1].name])
    return exact(
        spec.name,
        inputs,
        dtype=fmt.name,
        quantity=f"gradient:{options.gradient}" if options.gradient else "value",
        cotangent=_cotangent(options.cotangent, fmt, scalar=rows_labelled or options.reduction in ("mean", "sum")),
        definition=options.definition or "literal",
        **{name: value for name, value in parameters.items() if value is not None},
    )


def _cotangent(texts: Sequence[str] | None, fmt: Format, *, scalar: bool) -> np.ndarray | None:
    if texts is None:
        return None
    array = _reals(texts, fmt)
    return array[0] if scalar and array.shape == (1,) else array


def _single(name: str, array: np.ndarray) -> np.ndarray:
    if array.shape != (1,):
        raise ValueError(f"one row has one index in --{name}, not {array.size}")
    return array.reshape(())


def _reals(texts: Sequence[str], fmt: Format) -> np.ndarray:
    """Return the numbers of one row, or of several rows between slashes, rounded to the format."""
    rows = [[_Typed.of(text).nearest(fmt) for text in row] for row in _rows(texts)]
    return np.array(rows[0] if len(rows) == 1 else rows, np.float64).astype(fmt.numpy_dtype)


def _indices(texts: Sequence[str]) -> np.ndarray:
    """Return class indices: one number a row, whichever way the slashes are set."""
    rows = [[_index(text) for text in row] for row in _rows(texts)]
    array = np.array(rows, np.int64)
    return array[0] if len(rows) == 1 else array.reshape(-1) if array.shape[1] == 1 else array


def _rows(texts: Sequence[str]) -> list[list[str]]:
    rows: list[list[str]] = [[]]
    for text in texts:
        if text.strip() == "/":
            rows.append([])
        else:
            rows[-1].append(text.strip())
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        raise ValueError(f"rows of different lengths: {' '.join(texts)}")
    return rows


def _index(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"not a class index: {text!r}") from None


@dataclass(frozen=True)
class _Typed:
    """A number as it was typed: factor·2^exponent, exactly.

    `special` is the same as a float64 where that says it all: an infinity, NaN, or a zero with its sign; else None.
    """

    factor: Fraction = Fraction(0)
    exponent: int = 0
    special: float | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a decimal, a hex float, inf or nan.

        Raises:
            ValueError: the text is none of these.
        """
        if match := _HEX.fullmatch(text):
            digits, fraction, power = match.groups()
            if digits or fraction:
                factor = int(f"-{digits}{fraction}" if text.startswith("-") else f"{digits}{fraction}", 16)
                zero = math.copysign(0.0, -1.0 if text.startswith("-") else 1.0)
                return cls(Fraction(factor), int(power or 0) - 4 * len(fraction), None if factor else zero)
        try:
            near = float(text)
        except ValueError:
            raise ValueError(f"not a number: {text!r}") from None
        if math.isnan(near) or "inf" in text.lower():
            return cls(special=near)
        mantissa = Fraction(text.lower().partition("e")[0])
        if not mantissa:
            return cls(special=near)
        if near == 0 or math.isinf(near):
            return cls(mantissa / abs(mantissa), _OUTSIDE if near else -_OUTSIDE)
        return cls(Fraction(text))

    def nearest(self, fmt: Format) -> float:
        """Return the nearest number of the format."""
        return nearest_float(self.factor, self.exponent, fmt) if self.special is None else self.special

    def is_in(self, fmt: Format) -> bool:
        """Whether it is a number of the format: then nothing is rounded."""
        if self.special is not None:
            return True
        near = self.nearest(fmt)
        return near != 0 and math.isfinite(near) and Fraction(near) == self.factor * Fraction(2) ** self.exponent


def _rounded_numbers(spec: Function, options: argparse.Namespace, fmt: Format) -> Iterator[str]:
    """Say what was taken for numbers that the format does not have: the result is exact for those."""
    named = {argument.name: getattr(options, argument.name, None) for argument in spec.arguments if argument.is_real}
    named[spec.arguments[0].name] = options.numbers
    named |= {name: getattr(options, name) for name in (*_ARRAY_KEYWORDS, "cotangent")}
    typed = {(text, fmt.name): fmt for texts in named.values() for row in _rows(texts or ["0"]) for text in row}
    if options.label_smoothing is not None:
        typed[options.label_smoothing, "float64"] = FORMATS["float64"]
    rounded = [(text, target) for (text, _), target in typed.items() if not _Typed.of(text).is_in(target)]
    for text, target in rounded[:_SHOWN]:
        near = _Typed.of(text).nearest(target)
        beyond = f"beyond the largest {target.name}, {target.max_finite:g}"
        yield f"{text} is taken as {hex_of(near)}, {beyond if math.isinf(near) else f'the nearest {target.name}'}"
    if len(rounded) > _SHOWN:
        yield f"{len(rounded) - _SHOWN:,} more numbers are rounded to {fmt.name}"


def _no_numbers(result: ExactResult) -> Iterator[str]:
    """Say of the elements that are no number why: between what a choice is, what requires a NaN."""
    elements: dict[str, list[str]] = {}
    for index, limit in np.ndenumerate(result.limits()):
        if limit is not None and limit.expected in (Status.CHOICE, Status.NOT_FINITE, Status.NAN):
            elements.setdefault(f"{WORDS[limit.expected]}: {limit.why}", []).append(str(list(index)))
    for why, indices in elements.items():
        shown = " ".join(indices[:_SHOWN]) + (f" and {len(indices) - _SHOWN:,} more" if len(indices) > _SHOWN else "")
        yield f"{shown} {why}" if result.shape else why


def _table(result: ExactResult, dtypes: Sequence[str], digits: int) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("element")
    table.add_column("exact", overflow="fold")
    nearest = {dtype: result.nearest(dtype) for dtype in dtypes}
    for dtype in dtypes:
        table.add_column(f"nearest {dtype}", overflow="fold")
    decimals = result.decimals(digits).ravel().tolist()
    for position, index in enumerate(np.ndindex(result.shape)):
        status = Status(int(result.enclosure.status[index]))
        cells = (_nearest(status, float(nearest[dtype].flat[position]), FORMATS[dtype]) for dtype in dtypes)
        table.add_row(str(list(index)) if index else "", decimals[position], *cells)
    return table


def _nearest(status: Status, value: float, fmt: Format) -> str:
    if status in (Status.CHOICE, Status.UNDECIDED, Status.NOT_FINITE):
        return ""
    if status is Status.FINITE and math.isnan(value):
        return "undecided"
    return f"{shortest_decimal(value, fmt)}  {hex_of(value)}" if math.isfinite(value) else str(value)
