"""Which batches the corpus has: the recipes of each function and format, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from types import MappingProxyType

from logitproof.reference import Format, Function, format_named, function_named

from .options import first_alternatives, option_sets
from .recipe import Recipe

LENGTHS = tuple(range(1, 18))
"""Row lengths, and sizes of element-wise calls, that are all examined."""

WIDE_POWERS = (5, 6, 7, 8, 9, 10, 12)
"""k of the row lengths 2^k - 1, 2^k and 2^k + 1; smaller ones are among LENGTHS. 2^12 is past float16's integers."""

FEWER_LENGTHS = (1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17)
FEWER_POWERS = (6, 8, 10, 12)
"""What of LENGTHS and WIDE_POWERS ci has in formats other than float32: the ends of vectors of 4, 8 and 16."""

WIDEST = 65537
"""The most classes of a row in the ci profile: class ids above 65,504 do not fit float16."""

_LAYOUTS = ("transposed", "sliced")
_SHAPES: tuple[tuple[int, tuple[int, ...], str], ...] = (
    (0, (10, 131), "contiguous"),
    (0, (7, 7), "contiguous"),
    (1, (7, 7), "contiguous"),
    (0, (8, 3, 5), "contiguous"),
    (1, (3, 10, 17), "contiguous"),
    (2, (4, 5, 7), "contiguous"),
    (-2, (5, 5, 5), "contiguous"),
    (-1, (24, 10), "transposed"),
    (0, (10, 24), "transposed"),
    (1, (3, 10, 8), "transposed"),
    (-1, (24, 10), "sliced"),
    (-2, (10, 24), "sliced"),
    (-1, (4, 6, 10), "sliced"),
)
"""Axis, shape and layout: ranks 2 and 3, every axis, counted from either end. A square shape hides no wrong axis."""

_ELEMENT_SHAPES: tuple[tuple[tuple[int, ...], str], ...] = (
    ((5, 7), "contiguous"),
    ((3, 4, 5), "contiguous"),
    ((24, 10), "transposed"),
    ((3, 4, 5), "transposed"),
    ((24, 10), "sliced"),
    ((3, 4, 5), "sliced"),
)
"""Shape and layout of element-wise calls."""

_MIXED_LENGTHS = frozenset((2, 4, 6, 7, 9, 11, 12, 14, 15, 17))


def _row(input_class: str, rows: int, n: int, **details: object) -> Recipe:
    return replace(Recipe(input_class, (rows, n), -1), **details)  # type: ignore[arg-type]


def _beside(powers: Iterable[int]) -> tuple[int, ...]:
    return tuple(2**k + step for k in powers for step in (-1, 0, 1))


def _row_classes() -> Iterator[Recipe]:
    """Yield each input class at a short row and at ten classes; smoke has the latter."""
    for input_class, short, rows in (
        ("offset", 3, 40),
        ("overflow", 2, 48),
        ("confident", 2, 128),
        ("near_tie", 3, 32),
        ("subnormal", 2, 40),
        ("masked", 4, 40),
        ("limits", 2, 28),
        ("constant", 8, 28),
    ):
        yield _row(input_class, rows, short)
        yield _row(input_class, rows + 1, 10, profile="smoke")
    yield _row("mixed", 300, 3)
    yield _row("masked", 30, 33)
    yield _row("confident", 24, 65)
    yield _row("constant", 1, 4097)
    yield _row("unnormalised", 24, 5)
    yield _row("unnormalised", 24, 10, content="ordinary", labels="unnormalised", profile="smoke")


def _profile_of(fmt: Format, length: int) -> str:
    """Tell the smallest profile that has a length: nightly has all of them in every format."""
    in_ci = fmt.name == "float32" or length in FEWER_LENGTHS or length in _beside(FEWER_POWERS)
    return "ci" if in_ci else "nightly"


def _lengths(function: Function, fmt: Format) -> Iterator[Recipe]:
    for n in LENGTHS:
        profile = "smoke" if n in (10, 17) else _profile_of(fmt, n)
        yield _row("mixed" if n in _MIXED_LENGTHS else "ordinary", 33, n, profile=profile)
    has_index = function.arguments[-1].kind == "index"
    fewest = 2 if has_index else 1  # the second label is odd and large
    for n in _beside(WIDE_POWERS):
        yield _row("wide", max(fewest, min(16, 1024 // n)), n, profile="smoke" if n == 257 else _profile_of(fmt, n))
    of_logits = function.arguments[0].kind == "logits"
    # Truth and calls of the widest rows are what a run costs most: where neither an exponential is summed nor a class
    # id can be too large for the format, one format is enough.
    of_softmax = of_logits and function.result != "element"
    widest = "ci" if of_softmax or has_index or fmt.name == "float32" else "nightly"
    yield _row("wide", fewest, WIDEST, profile=widest)
    near_widest = "ci" if (function.name, fmt.name) == ("softmax", "float32") else "nightly"
    for n in (WIDEST - 2, WIDEST - 1):
        yield _row("wide", fewest, n, profile=near_widest)
    if of_logits and fmt.precision < 24:  # a float16 sum overflows, a bfloat16 sum stops at 256
        yield _row("constant", 1, WIDEST)


def _shapes() -> Iterator[Recipe]:
    """Yield ranks 1 to 3, every axis and every layout."""
    yield Recipe("ordinary", (13,), 0)
    yield Recipe("ordinary", (9,), -1)
    for axis, shape, layout in _SHAPES:
        smoke = len(shape) == 3 and layout in _LAYOUTS
        yield Recipe("mixed", shape, axis, layout=layout, profile="smoke" if smoke else "ci")


def _cotangents(shape: tuple[int, ...], axis: int | None) -> Iterator[Recipe]:
    yield Recipe("mixed", shape, axis, cotangent="ones")
    yield Recipe("mixed", shape, axis, cotangent="zeros")


def _profile_of_options(function: Function, options: tuple[str, ...]) -> str:
    """Tell the smallest profile of a set of options: smoke calls each option alone, in pairs and with all others.

    A backend may accept any of a function's options without the others, and none of them may go uncalled.
    """
    enough = {each for values in first_alternatives(function).values() for each in values}
    return "smoke" if enough.issuperset(options) else "ci"


def _row_options(function: Function) -> Iterator[Recipe]:
    """Yield every option alone, in pairs and all at once; then beside confident rows and along another axis."""
    base = Recipe("options", (17, 10), -1, content="ordinary")
    sets = option_sets(function)
    for options in sets:
        yield replace(base, options=options, profile=_profile_of_options(function, options))
    for options in sets:
        if len(options) == 1:
            yield replace(base, shape=(12, 5), content="confident", options=options)
    # K is the length of the axis, not of the last one; and rows are counted along all others.
    other_axis = replace(base, shape=(3, 7, 5), axis=1, profile="smoke")
    for values in first_alternatives(function).values():
        yield from (replace(other_axis, options=(value,)) for value in values)
    for option in ("weight", "ignore_index=-100"):
        if option.partition("=")[0] in function.options:
            yield replace(other_axis, options=(option, "reduction=mean"))


def _limit_options(function: Function) -> Iterator[Recipe]:
    """Yield one infinite row in a reduction, NaN in an ignored row, and what is left when every row is ignored."""
    base = Recipe("limits", (6, 5), -1)
    reductions = [each for each in option_sets(function) if each[0].startswith("reduction=")]
    for reduction in reductions:
        yield replace(base, content="masked", labels="special", options=reduction)
    if "ignore_index" in function.options:
        ignore = ("ignore_index=-100",)
        yield replace(base, shape=(28, 5), options=ignore)
        for options in (ignore, *(ignore + each for each in reductions)):
            yield replace(base, content="ordinary", labels="ignored", options=options)


def _row_nightly() -> Iterator[Recipe]:
    """Yield more of every class at more lengths, and rows of up to 262,144 classes."""
    classes = [recipe for recipe in _row_classes() if recipe.profile == "smoke" or recipe.input_class == "unnormalised"]
    for recipe in (*classes, _row("ordinary", 64, 10), _row("mixed", 64, 10)):
        for n, part in product((2, 5, 10, 17, 33), (2, 3, 4)):
            yield replace(recipe, shape=(64, n), part=part, profile="nightly")
    for n in (*_beside((11, 13, 14, 15)), 262144):
        yield _row("wide", 1, n, profile="nightly")


def _row_recipes(function: Function, fmt: Format) -> Iterator[Recipe]:
    yield from _lengths(function, fmt)
    yield from _row_classes()
    yield from _shapes()
    yield from _cotangents((16, 6), -1)
    if function.options:
        yield from _row_options(function)
        yield from _limit_options(function)
    yield from _row_nightly()


def _element_classes() -> Iterator[Recipe]:
    for input_class, class_shape in (
        ("overflow", (32, 24)),
        ("confident", (32, 48)),
        ("near_tie", (32, 64)),
        ("subnormal", (16, 33)),
        ("limits", (12, 10)),
        ("constant", (6, 9)),
        ("mixed", (32, 49)),
    ):
        yield Recipe(input_class, class_shape, None, profile="smoke")
    for shape, layout in _ELEMENT_SHAPES:
        smoke = len(shape) == 3 and layout in _LAYOUTS
        yield Recipe("mixed", shape, None, layout=layout, profile="smoke" if smoke else "ci")


def _element_sizes(fmt: Format) -> Iterator[Recipe]:
    for size in LENGTHS:
        profile = "smoke" if size in (7, 17) else _profile_of(fmt, size)
        yield Recipe("mixed" if size in _MIXED_LENGTHS else "ordinary", (size,), None, profile=profile)
    for size in _beside(WIDE_POWERS):
        yield Recipe("wide", (size,), None, profile="smoke" if size == 1025 else _profile_of(fmt, size))
    yield Recipe("wide", (WIDEST,), None, profile="ci" if fmt.name == "float32" else "nightly")


def _element_options(function: Function) -> Iterator[Recipe]:
    for options in option_sets(function):
        profile = _profile_of_options(function, options)
        yield Recipe("options", (7, 9), None, content="ordinary", options=options, profile=profile)
    for options in (each for each in option_sets(function) if len(each) == 1):
        yield Recipe("options", (6, 11), None, content="confident", options=options)


def _element_recipes(function: Function, fmt: Format) -> Iterator[Recipe]:
    if len(function.arguments) == 1 and fmt.precision < 24:
        yield Recipe("exhaustive", (256, 256), None, cotangent="ones")
    yield from _element_sizes(fmt)
    yield from _element_classes()
    yield from _cotangents((16, 17), None)
    if function.options:
        yield from _element_options(function)
    for recipe in _element_classes():
        if recipe.profile == "smoke" and recipe.layout == "contiguous":
            yield from (replace(recipe, shape=(64, 65), part=part, profile="nightly") for part in (2, 3, 4))


def _applies(recipe: Recipe, function: Function) -> bool:
    """Whether the class says something of the function's arguments: e.g. probabilities have no offset."""
    kinds = {argument.kind for argument in function.arguments}
    logits, logs = "logits" in kinds, "log_probs" in kinds
    if recipe.labels == "unnormalised":
        return "labels" in kinds
    match recipe.input_class:
        case "offset":
            return logits
        case "overflow":
            return logits or logs
        case "unnormalised":
            return "probs" in kinds
        case _:
            return True


@cache
def recipes(function: str, dtype: str) -> Mapping[str, Recipe]:
    """Return the recipes of a function in a format, by name, in the order in which a run takes them.

    Raises:
        ValueError: there is no such function or dtype.
    """
    spec, fmt = function_named(function), format_named(dtype)
    every = _row_recipes(spec, fmt) if spec.has_axis else _element_recipes(spec, fmt)
    return MappingProxyType({recipe.name: recipe for recipe in every if _applies(recipe, spec)})
