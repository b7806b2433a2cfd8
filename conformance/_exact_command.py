"""`logitproof exact`: one exact result, as decimals and nearest floats."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from rich.table import Table

from logitproof.reference import FORMATS, FUNCTIONS, Function, function_named
from logitproof.reports import hex_of, shortest_decimal

from ._errors import UserError, unknown
from ._exact import ExactResult, exact
from ._output import show

_KEYWORDS = ("axis", "label_smoothing", "ignore_index", "reduction")
_ARRAY_KEYWORDS = ("weight", "pos_weight")


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Print the exact result that `options` ask for; the exit status is 0."""
    del typed
    if options.function not in FUNCTIONS:
        raise unknown("function", options.function, FUNCTIONS)
    spec = function_named(options.function)
    try:
        result = _evaluate(spec, options)
    except ValueError as error:
        raise UserError(str(error)) from None
    dtypes = (options.dtype,) if options.dtype else tuple(FORMATS)
    for line in _rounded_inputs(spec, options, result):
        sys.stderr.write(f"{line}\n")
    show(_table(result, dtypes, options.digits))
    return 0


def _evaluate(spec: Function, options: argparse.Namespace) -> ExactResult:
    first, *others = (argument.name for argument in spec.arguments)
    texts = {first: options.numbers, **{name: getattr(options, name, None) for name in others}}
    surplus = [name for name in ("labels", "probs", "log_probs") if getattr(options, name) and name not in others]
    if surplus:
        message = f"{spec.name} takes its first argument, {first}, without an option, and no --{surplus[0]}"
        raise ValueError(message.replace("log_probs", "log-probs"))
    if missing := [name for name, text in texts.items() if not text]:
        message = f"{spec.name} needs --{missing[0].replace('_', '-')}: its signature is {spec.signature}"
        raise ValueError(message)
    real = {argument.name: argument.is_real for argument in spec.arguments}
    inputs = {name: _array(text, real=real[name]) for name, text in texts.items()}
    parameters = {name: getattr(options, name) for name in _KEYWORDS}
    arrays = {name: _array(text, real=True) for name in _ARRAY_KEYWORDS if (text := getattr(options, name))}
    rows_labelled = spec.result == "row" and inputs[first].ndim == 1
    if rows_labelled and not spec.arguments[-1].is_real:
        inputs[spec.arguments[-1].name] = _single(spec.arguments[-1].name, inputs[spec.arguments[-1].name])
    return exact(
        spec.name,
        inputs,
        dtype=options.dtype or "float64",
        quantity=f"gradient:{options.gradient}" if options.gradient else "value",
        cotangent=_cotangent(options.cotangent, scalar=rows_labelled or options.reduction in ("mean", "sum")),
        definition=options.definition or "literal",
        **{name: value for name, value in (parameters | arrays).items() if value is not None},
    )


def _cotangent(texts: Sequence[str] | None, *, scalar: bool) -> np.ndarray | None:
    if texts is None:
        return None
    array = _array(texts, real=True)
    return array[0] if scalar and array.shape == (1,) else array


def _single(name: str, array: np.ndarray) -> np.ndarray:
    if array.shape != (1,):
        message = f"one row has one index in --{name}, not {array.size}"
        raise ValueError(message)
    return array.reshape(())


def _array(texts: Sequence[str], *, real: bool) -> np.ndarray:
    """Return the numbers of one row, or of several rows between slashes."""
    rows = list(_rows(texts))
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        message = f"rows of different lengths: {' '.join(texts)}"
        raise ValueError(message)
    parse = _real if real else _integer
    array = np.array([[parse(text) for text in row] for row in rows], np.float64 if real else np.int64)
    if len(rows) == 1:
        return array[0]
    # Index labels are one number a row whichever way the slashes are set.
    return array if real else array.reshape(-1) if array.shape[1] == 1 else array


def _rows(texts: Sequence[str]) -> Iterator[list[str]]:
    row: list[str] = []
    for text in texts:
        if text.strip() == "/":
            yield row
            row = []
        else:
            row.append(text.strip())
    yield row


def _real(text: str) -> float:
    try:
        return float.fromhex(text) if "0x" in text.lower() else float(text)
    except (ValueError, OverflowError):
        message = f"not a number: {text!r}"
        raise ValueError(message) from None


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        message = f"not a class index: {text!r}"
        raise ValueError(message) from None


def _rounded_inputs(spec: Function, options: argparse.Namespace, result: ExactResult) -> list[str]:
    """Say which inputs were used where a decimal is no number of the format: the result is exact for those."""
    name = result.inputs.dtype
    return [
        f"{text.strip()} is taken as {hex_of(value)}, the nearest {name}"
        for argument, array in zip(spec.arguments, result.inputs.arguments, strict=True)
        if argument.is_real
        for text, value in zip(_words(argument.name, spec, options), array.ravel(), strict=True)
        if not _is_exactly(text, value)
    ]


def _words(argument: str, spec: Function, options: argparse.Namespace) -> list[str]:
    texts = options.numbers if argument == spec.arguments[0].name else getattr(options, argument)
    return [text for row in _rows(texts) for text in row]


def _is_exactly(text: str, value: np.generic) -> bool:
    number = float(value)
    if not math.isfinite(number) or not math.isfinite(_real(text)):
        return not math.isfinite(_real(text))
    return (Fraction(_real(text)) if "0x" in text.lower() else Fraction(text)) == Fraction(number)


def _table(result: ExactResult, dtypes: Sequence[str], digits: int) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("element")
    table.add_column("exact", overflow="fold")
    nearest = {dtype: result.nearest(dtype) for dtype in dtypes}
    for dtype in dtypes:
        table.add_column(f"nearest {dtype}", overflow="fold")
    decimals = result.decimals(digits).ravel().tolist()
    for position, index in enumerate(np.ndindex(result.shape)):
        cells = (_nearest(decimals[position], float(nearest[dtype].flat[position]), dtype) for dtype in dtypes)
        table.add_row(str(list(index)) if index else "", decimals[position], *cells)
    return table


def _nearest(decimal: str, value: float, dtype: str) -> str:
    if not math.isfinite(value):
        return "" if decimal in ("choice", "undecided", "not finite") else str(value)
    return f"{shortest_decimal(value, FORMATS[dtype])}  {hex_of(value)}"
