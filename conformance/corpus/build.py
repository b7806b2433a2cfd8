"""From a recipe to the arrays of a batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from logitproof.reference import Argument, Format, Function

from ..inputs.bits import BitStream, Floats, Integers, rounded, stored
from .recipe import Recipe
from .values import elements, labels, logits, pairs, probs
from .values.masks import Mask

Array = NDArray[np.generic]

_ROWS = {"logits": logits.ROWS, "probs": probs.PROBS, "log_probs": probs.LOG_PROBS}
_ELEMENTS = {
    "logits": elements.LOGITS,
    "probs": elements.PROBS,
    "log_probs": elements.LOG_PROBS,
    "log_labels": elements.LOG_PROBS,
}
_NEAR_ROWS: dict[tuple[str, ...], Callable[[BitStream, int, int, Format], tuple[Floats, Floats]]] = {
    ("labels", "probs"): pairs.near_distributions,
    ("labels", "log_probs"): pairs.near_log_distributions,
}
_NEAR_ELEMENTS: dict[tuple[str, ...], Callable[[BitStream, int, Format], tuple[Floats, Floats]]] = {
    ("labels", "probs"): pairs.near_probabilities,
    ("labels", "log_probs"): pairs.near_log_probabilities,
    ("log_labels", "log_probs"): pairs.near_logs,
}


def arguments_of(recipe: Recipe, function: Function, fmt: Format, source: BitStream) -> tuple[Array, ...]:
    """Return the positional arguments, real ones in `fmt`'s storage, index labels int64."""
    if recipe.input_class == "exhaustive":
        return (every_number(fmt),)
    if function.has_axis:
        rows = _row_arguments(recipe, function, fmt, source)
        return tuple(_along_axis(each, recipe, fmt) for each in rows)
    return tuple(stored(each.reshape(recipe.shape), fmt) for each in _element_arguments(recipe, function, fmt, source))


def cotangent_of(recipe: Recipe, shape: tuple[int, ...], fmt: Format, source: BitStream) -> Array:
    """Return what gradients are multiplied with: ones, zeros, or multiples of 1/8 between -4 and 4 without 0."""
    match recipe.cotangent:
        case "ones":
            return stored(np.ones(shape), fmt)
        case "zeros":
            return stored(np.zeros(shape), fmt)
        case _:
            sizes = source.integers(1, 33, *shape).astype(np.float64)
            return stored(np.ldexp(sizes * source.named("signs").signs(*shape), -3), fmt)


def every_number(fmt: Format) -> Array:
    """Return all 65,536 bit patterns of a 16-bit format, 256 by 256."""
    return np.arange(65536, dtype=np.uint16).reshape(256, 256).view(fmt.numpy_dtype)


def _positive_kept(values: Floats, fmt: Format) -> Floats:
    """Return probabilities with the positive ones raised to the smallest of the format: none vanishes in rounding."""
    return np.where(values > 0, np.maximum(values, fmt.quantum), values)


def _values(argument: Argument, raw: Floats, fmt: Format) -> Floats:
    return rounded(_positive_kept(raw, fmt) if argument.kind == "probs" else raw, fmt)


def _element_arguments(recipe: Recipe, function: Function, fmt: Format, source: BitStream) -> tuple[Floats, ...]:
    if recipe.input_class == "near_tie" and function.kinds in _NEAR_ELEMENTS:
        return _NEAR_ELEMENTS[function.kinds](source, recipe.rows, fmt)

    def values(argument: Argument) -> Floats:
        inner = source.named(argument.name)
        if argument.kind == "labels":
            return labels.element_labels(inner, recipe.rows)
        return _values(argument, _ELEMENTS[argument.kind][recipe.generator](inner, recipe.rows, fmt), fmt)

    return tuple(values(argument) for argument in function.arguments)


def _row_arguments(recipe: Recipe, function: Function, fmt: Format, source: BitStream) -> tuple[Floats | Integers, ...]:
    """Return the arguments as (rows, n), index labels as (rows,)."""
    rows, n = recipe.rows, recipe.row_length
    if recipe.input_class == "near_tie" and function.kinds in _NEAR_ROWS:
        return _NEAR_ROWS[function.kinds](source, rows, n, fmt)
    main = next(each for each in function.arguments if each.kind in _ROWS)
    values = _values(main, _ROWS[main.kind][recipe.generator](source.named(main.name), rows, n, fmt), fmt)
    by_kind: dict[str, Callable[[Recipe, Function, Floats, BitStream], Floats | Integers]]
    by_kind = {"labels": _dense_labels, "index": _index_labels}

    def argument_rows(argument: Argument) -> Floats | Integers:
        if argument is main:
            return values
        return by_kind[argument.kind](recipe, function, values, source.named(argument.name))

    return tuple(argument_rows(argument) for argument in function.arguments)


def _special(function: Function, values: Floats) -> Mask:
    """Return where a value is infinite, NaN or, as a probability, zero."""
    is_probs = any(argument.kind == "probs" for argument in function.arguments)
    special: Mask = (values == 0) | np.isnan(values) if is_probs else ~np.isfinite(values)
    return special


def _dense_labels(recipe: Recipe, function: Function, values: Floats, source: BitStream) -> Floats:
    special = _special(function, values)
    match recipe.labels:
        case "unnormalised":
            return labels.unnormalised_labels(source, *values.shape)
        case "special":
            return labels.one_hot(labels.special_labels(values, special), values.shape[1])
        case _ if recipe.generator == "limits":
            hot = labels.special_labels(values, special)
            dense = labels.dense_labels(source, hot, np.ones_like(special))
            dense[-1, 0] = np.nan
            return dense
        case _:
            hot = _allowed_index(recipe, values, ~special, source.named("hot"))
            return labels.dense_labels(source, hot, ~special)


def _allowed_index(recipe: Recipe, values: Floats, allowed: Mask, source: BitStream) -> Integers:
    """Return one allowed class for each row; every second confident row names the class that leads."""
    index = labels.index_labels(source, values, allowed)
    if recipe.generator == "confident":
        index[::2] = np.argmax(values[::2], axis=1)
    return index


def _index_labels(recipe: Recipe, function: Function, values: Floats, source: BitStream) -> Integers:
    special = _special(function, values)
    if recipe.labels == "special" or recipe.generator == "limits":
        index = labels.special_labels(values, special)
    else:
        index = _allowed_index(recipe, values, ~special, source)
    ignored = [each for each in recipe.options if each.startswith("ignore_index=")]
    if ignored:
        index[slice(None) if recipe.labels == "ignored" else slice(1, None, 3)] = int(ignored[0].partition("=")[2])
    return index


def _along_axis(rows: Floats | Integers, recipe: Recipe, fmt: Format) -> Array:
    """Return (rows, n) with the rows along the recipe's axis; index labels (rows,) in the shape without it."""
    if rows.ndim == 1:
        return np.array(rows.reshape(recipe.outer_shape), dtype=np.int64, order="C")
    last = rows.reshape(*recipe.outer_shape, recipe.row_length).astype(np.float64)
    return stored(np.moveaxis(last, -1, recipe.position), fmt)
