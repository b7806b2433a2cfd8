"""Simpler inputs: what is left to try once a search has shrunk a case by its own choices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from logitproof.reference import Format, format_named

from ..inputs.batch import Batch
from ..inputs.cases import case_count, take_cases
from ..inputs.geometry import result_shape

Fails = Callable[[Batch], bool]

_SHARES = ("labels", "probs")
"""Kinds of arguments whose rows sum to one."""

_BITS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""To so many significant bits a number is rounded, to see whether it still fails."""


def simplified(batch: Batch, fails: Fails) -> Batch:
    """Return inputs that still fail, with as few rows, classes and options and as simple numbers as single steps reach.

    Args:
        batch: inputs that fail, the cases first and the axis last.
        fails: whether other inputs fail alike.
    """
    before = None
    while batch is not before:
        before = batch
        for simplify in (_fewer_rows, _fewer_classes, _fewer_options, _plainer_labels, _simpler_numbers):
            batch = simplify(batch, fails)
    return batch


def single_case(batch: Batch, case: int) -> Batch:
    """Return one case of a batch as a batch, its axis the last; a reduced batch as it is."""
    if batch.is_reduced or case_count(batch) == 1:
        return batch
    alone = take_cases(batch, [case])
    axis = {"axis": -1} if batch.spec.has_axis else {}
    return replace(alone, name=batch.name, parameters={**alone.parameters, **axis})


def complexity(batch: Batch) -> tuple[int, int, int]:
    """Return how much there is to read: numbers, options, digits; less is simpler."""
    arrays = [*batch.arguments, batch.cotangent, *(v for v in batch.parameters.values() if isinstance(v, np.ndarray))]
    digits = sum(_digits(float(value)) for array in arrays for value in array.ravel())
    return sum(array.size for array in batch.arguments), len(batch.parameters), digits


def _digits(value: float) -> int:
    """Return the significant bits of a number plus the size of its exponent: few for small whole numbers."""
    if not math.isfinite(value) or value == 0:
        return 0
    fraction, exponent = math.frexp(abs(value))
    significand = int(math.ldexp(fraction, 53))
    trailing = (significand & -significand).bit_length() - 1
    return 53 - trailing + abs(exponent - 1) + (value < 0)


def _first(candidates: Iterator[Batch], fails: Fails) -> Batch | None:
    return next((each for each in candidates if fails(each)), None)


def _fewer_rows(batch: Batch, fails: Fails) -> Batch:
    """Leave out cases, where it takes more than one."""
    while (rows := len(batch.arguments[0])) > 1:
        fewer = _first((_without_row(batch, row) for row in range(rows)), fails)
        if fewer is None:
            break
        batch = fewer
    return batch


def _without_row(batch: Batch, row: int) -> Batch:
    parameters = dict(batch.parameters)
    if not batch.spec.has_axis:
        for name, value in batch.parameters.items():
            if isinstance(value, np.ndarray):
                parameters[name] = np.delete(value, row, 0)
    return replace(
        batch,
        arguments=tuple(np.delete(array, row, 0) for array in batch.arguments),
        parameters=parameters,
        cotangent=batch.cotangent if batch.is_reduced else np.delete(batch.cotangent, row, 0),
    )


def _fewer_classes(batch: Batch, fails: Fails) -> Batch:
    """Leave out classes that no index names, half of them at a time, then fewer; their shares go to another class."""
    if not batch.spec.has_axis:
        return batch
    size = batch.arguments[0].shape[-1]
    while size:
        n = batch.arguments[0].shape[-1]
        named = {int(index) for array, kind in _kinds(batch) if kind == "index" for index in array}
        removable = [j for j in range(n) if j not in named]
        groups = (removable[start : start + size] for start in range(0, len(removable), size))
        smaller = (
            candidate for group in groups if len(group) < n if (candidate := _without_classes(batch, group)) is not None
        )
        fewer = _first(smaller, fails)
        if fewer is None:
            size //= 2
        else:
            batch = fewer
    return batch


def _kinds(batch: Batch) -> list[tuple[np.ndarray, str]]:
    return [(array, each.kind) for array, each in zip(batch.arguments, batch.spec.arguments, strict=True)]


def _without_classes(batch: Batch, gone: list[int]) -> Batch | None:
    """Return the batch without some classes; None where the format does not hold the sum of their shares."""
    arguments = tuple(_without(array, kind, gone) for array, kind in _kinds(batch))
    if any(np.isnan(array.astype(np.float64)).any() for array in arguments):
        return None
    weight = batch.parameters.get("weight")
    weights = {"weight": np.delete(weight, gone)} if isinstance(weight, np.ndarray) else {}
    return replace(
        batch,
        arguments=arguments,
        parameters={**batch.parameters, **weights},
        cotangent=np.delete(batch.cotangent, gone, -1) if batch.spec.result == "vector" else batch.cotangent,
    )


def _without(array: np.ndarray, kind: str, gone: list[int]) -> np.ndarray:
    if kind == "index":
        # A label moves down by the number of classes that have gone before it; one that names no class stays.
        return array - np.searchsorted(gone, array)
    kept = np.delete(array, gone, -1)
    if kind in _SHARES:
        shares = [math.fsum([float(row[0]), *lost]) for row, lost in zip(kept, _floats(array[:, gone]), strict=True)]
        kept[:, 0] = np.minimum(shares, 1.0)
        if kind == "labels":  # their sum must stay one, that of probabilities may be rounded
            kept[_floats(kept)[:, 0] != shares, 0] = np.nan
    return kept


def _floats(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64)


def _fewer_options(batch: Batch, fails: Fails) -> Batch:
    """Leave out keywords, or make their weights ones, and multiply the gradient with ones."""
    for name, value in batch.parameters.items():
        if name != "axis":
            fewer = _first(_without_option(batch, name), fails)
            if fewer is None and isinstance(value, np.ndarray) and (value != 1).any():
                with_ones = replace(batch, parameters={**batch.parameters, name: np.ones_like(value)})
                fewer = with_ones if fails(with_ones) else None
            batch = batch if fewer is None else fewer
    ones = np.ones_like(batch.cotangent)
    if (batch.cotangent != ones).any() and fails(with_ones := replace(batch, cotangent=ones)):
        return with_ones
    return batch


def _without_option(batch: Batch, name: str) -> Iterator[Batch]:
    without = replace(batch, parameters={key: value for key, value in batch.parameters.items() if key != name})
    if name == "reduction":
        yield replace(without, cotangent=np.ones(result_shape(without, "value"), batch.cotangent.dtype))
    elif name == "ignore_index":
        values, labels = batch.arguments
        is_class = (labels >= 0) & (labels < values.shape[-1])
        yield replace(without, arguments=(values, np.where(is_class, labels, 0)))
    else:
        yield without


def _plainer_labels(batch: Batch, fails: Fails) -> Batch:
    """Give one class everything."""
    for position, argument in enumerate(batch.spec.arguments):
        if not batch.spec.has_axis or argument.kind != "labels":
            continue
        for row in range(len(batch.arguments[position])):
            labels = batch.arguments[position]
            hot = (_with_row(batch, position, row, j) for j in range(labels.shape[-1]) if 0 < labels[row, j] < 1)
            one_hot = _first(hot, fails)
            batch = batch if one_hot is None else one_hot
    return batch


def _with_row(batch: Batch, position: int, row: int, hot: int) -> Batch:
    changed = batch.arguments[position].copy()
    changed[row] = 0
    changed[row, hot] = 1
    return replace(batch, arguments=(*batch.arguments[:position], changed, *batch.arguments[position + 1 :]))


def _simpler_numbers(batch: Batch, fails: Fails) -> Batch:
    """Replace numbers by simpler ones; what must sum to one stays as it is."""
    fmt = format_named(batch.dtype)
    for position, argument in enumerate(batch.spec.arguments):
        if argument.kind == "index" or (batch.spec.has_axis and argument.kind in _SHARES):
            continue
        for index in np.ndindex(batch.arguments[position].shape):
            number = float(batch.arguments[position][index])
            tried = (_with_number(batch, position, index, value) for value in _simpler(number, fmt))
            simpler = _first(tried, fails)
            batch = batch if simpler is None else simpler
    return batch


def _with_number(batch: Batch, position: int, index: tuple[int, ...], value: float) -> Batch:
    changed = batch.arguments[position].copy()
    changed[index] = value
    return replace(batch, arguments=(*batch.arguments[:position], changed, *batch.arguments[position + 1 :]))


def _simpler(value: float, fmt: Format) -> Iterator[float]:
    """Give numbers that are simpler than `value`: 0, of a size nearer to 1, whole, or with fewer bits.

    All of that leads from a number of the format to a number of the format, and from [0, 1] to [0, 1].
    """
    if not math.isfinite(value) or value == 0:
        return
    fraction, exponent = math.frexp(value)
    nearer_one = (math.ldexp(fraction, exponent // 2), value / 2, value * 2)
    few_bits = [
        math.ldexp(significand, exponent - bits)
        for bits in _BITS
        if bits < fmt.precision
        if (significand := round(math.ldexp(fraction, bits))).bit_length() + exponent - bits <= fmt.emax + 1
    ]
    for candidate in dict.fromkeys((0.0, *nearer_one, float(round(value)), *few_bits)):
        if _digits(candidate) < _digits(value):
            yield candidate
