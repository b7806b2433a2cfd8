"""Inputs of any function of the catalogue: arguments that attack it, its options, and a cotangent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from logitproof.reference import Argument, Format, Function

from ..checking.choices import Choices
from .function_cases import NARROW, VECTORS, WIDE, CaseKind, Entries, drawn_case
from .options import cotangent, ignore_index, label_smoothing, positive_weight, reduction, weight
from .rows import stored, width

MOST_CASES = 64
"""Rows of one call, or single elements of an element-wise function."""

MOST_REDUCED = 4
"""The same where they are reduced to one number: what is wrong with one should not vanish among many."""

MOST_NUMBERS = 256
"""In so many numbers, and two rows at least, long rows end a call sooner."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Inputs:
    """What one call of a function is given.

    Attributes:
        arguments: in signature order; real arrays of shape (cases, n) or (cases,) in the format's storage, index
            labels int64 of shape (cases,).
        parameters: the keywords: `axis` where the signature has it, any other only where it is not the default.
        cotangent: what the gradient is multiplied with, of the shape of the value.
    """

    arguments: tuple[np.ndarray, ...]
    parameters: dict[str, object]
    cotangent: np.ndarray


def function_inputs(
    choices: Choices, function: Function, fmt: Format, keywords: frozenset[str] = frozenset()
) -> Inputs:
    """Return inputs of `function` in the format `fmt`: up to 64 cases; the simplest is one case of zeros.

    Args:
        choices: who decides.
        function: what the inputs are for.
        fmt: the storage of the real arguments.
        keywords: the options that may be given beside `axis`; those that the function lacks are left out.
    """
    n = width(choices, choices.pick((NARROW,) * 12 + (VECTORS,) * 3 + (WIDE,))) if function.has_axis else 1
    chosen = [name for name in function.options if name in keywords and choices.pick((False, True, True))]
    options = _options(choices, chosen, function, n)
    most = MOST_REDUCED if "reduction" in options else min(MOST_CASES, max(MOST_NUMBERS // n, 2))
    ignored = options.get("ignore_index")
    kind = CaseKind(function, fmt, n, choices.pick((False, False, True)), ignored if isinstance(ignored, int) else None)
    cases = _several(choices, most, lambda: drawn_case(choices, kind))
    arguments = tuple(
        _array([case[position] for case in cases], argument, kind)
        for position, argument in enumerate(function.arguments)
    )
    shape = arguments[0].shape if function.result != "row" else arguments[0].shape[:1]
    return Inputs(
        arguments=arguments,
        parameters={
            **({"axis": -1} if function.has_axis else {}),
            **options,
            **_weights(choices, chosen, fmt, n if function.has_axis else len(cases)),
        },
        cotangent=cotangent(choices, fmt, () if "reduction" in options else shape),
    )


def _several(choices: Choices, most: int, make: Callable[[], T]) -> list[T]:
    """Return one thing or more; asked for one after the other, so that any of them can be left out alone."""
    drawn = [make()]
    while len(drawn) < most and choices.integer(0, 63):
        drawn.append(make())
    return drawn


def _array(cases: list[Entries], argument: Argument, kind: CaseKind) -> np.ndarray:
    if argument.kind == "index":
        return np.array([case[0] for case in cases], dtype=np.int64)
    return stored(cases if kind.function.has_axis else [case[0] for case in cases], kind.fmt)


def _options(choices: Choices, chosen: list[str], function: Function, n: int) -> dict[str, object]:
    """Return the options that are single values, where they are not the default."""
    makers: dict[str, Callable[[], object]] = {
        "label_smoothing": lambda: label_smoothing(choices),
        "ignore_index": lambda: ignore_index(choices, n),
        "reduction": lambda: reduction(choices),
    }
    values = {name: makers[name]() for name in chosen if name in makers}
    return {name: value for name, value in values.items() if value != function.options[name]}


def _weights(choices: Choices, chosen: list[str], fmt: Format, count: int) -> dict[str, np.ndarray]:
    """Return the options that are arrays: of one weight for each class, or for each single element."""
    makers = {"weight": weight, "pos_weight": positive_weight}
    return {name: makers[name](choices, fmt, count) for name in chosen if name in makers}
