"""Options of the losses: which alternatives the corpus tries, and the values they stand for.

An alternative is written "option=value", or "option" where the value is an array. Every array is dyadic: its numbers
have at most four bits, so that every format holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product
from types import MappingProxyType

import numpy as np

from logitproof.reference import Format, Function

from ..inputs.bits import Floats, stored
from .recipe import Recipe

_COMMON = MappingProxyType(
    {
        "label_smoothing": ("label_smoothing=0.125",),
        "ignore_index": ("ignore_index=-100", "ignore_index=0", "ignore_index=4", "ignore_index=255"),
        "reduction": ("reduction=mean", "reduction=sum"),
    }
)
_PER_CLASS = MappingProxyType({"weight": ("weight", "weight=zero")})
_PER_ELEMENT = MappingProxyType(
    {"weight": ("weight", "weight=full", "weight=scalar"), "pos_weight": ("pos_weight", "pos_weight=full")}
)


def alternatives(function: Function) -> Mapping[str, tuple[str, ...]]:
    """Return the values other than the default that the corpus tries for each option of `function`."""
    known = {**_COMMON, **(_PER_CLASS if function.has_axis else _PER_ELEMENT)}
    return {option: known[option] for option in function.options}


def option_sets(function: Function) -> tuple[tuple[str, ...], ...]:
    """Return each alternative alone, then every pair of options (with both reductions), then all options at once."""
    alone = [(each,) for values in alternatives(function).values() for each in values]
    first = first_alternatives(function)
    pairs = [pair for a, b in combinations(first, 2) for pair in product(first[a], first[b])]
    together = [tuple(values[0] for values in first.values())] if len(first) > 2 else []
    return (*alone, *pairs, *together)


def first_alternatives(function: Function) -> Mapping[str, tuple[str, ...]]:
    """Return of each option what is enough to have called it: the first alternative, but both reductions."""
    table = alternatives(function)
    return {option: values if option == "reduction" else values[:1] for option, values in table.items()}


def _weights(count: int, step: int, start: int) -> Floats:
    """Return 1/4, 1/2, … 2 in an order that no reversal or shift by one repeats."""
    return np.ldexp((np.arange(count) * step + start) % 8 + 1.0, -2)


def _weight_array(option: str, kind: str, recipe: Recipe) -> Floats:
    step, start = (7, 5) if option == "weight" else (5, 2)
    match kind:
        case "scalar":
            return np.array(0.75)
        case "full":
            return _weights(recipe.rows, step, start).reshape(recipe.shape)
        case "zero":
            values = _weights(recipe.row_length, step, start)
            values[0] = 0.0
            return values
        case _:
            return _weights(recipe.shape[-1] if recipe.axis is None else recipe.row_length, step, start)


def _value_of(option: str, value: str, recipe: Recipe, fmt: Format) -> object:
    match option:
        case "weight" | "pos_weight":
            return stored(_weight_array(option, value, recipe), fmt)
        case "label_smoothing":
            return float(value)
        case "ignore_index":
            return int(value)
        case _:
            return value


def parameters_of(recipe: Recipe, fmt: Format) -> Mapping[str, object]:
    """Return the keywords of the call: `axis` where rows exist, and the options of the recipe."""
    axis = {} if recipe.axis is None else {"axis": recipe.axis}
    chosen = [each.partition("=")[::2] for each in recipe.options]
    return MappingProxyType({**axis, **{option: _value_of(option, value, recipe, fmt) for option, value in chosen}})
