"""One case of any function of the catalogue: a row for every argument and its label, or single numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from logitproof.reference import Argument, Format, Function

from ..checking.choices import Choices
from .lattice import neighbour
from .numbers import STEPS, number
from .order import class_index
from .rows import mask, masked_row, row, sparse_row
from .shares import distribution, log_probabilities, log_probability, probabilities
from .unit_numbers import unit_number

NARROW, VECTORS, WIDE = 10, 65, 4096
"""The most classes of most rows, of those where vector loops end, and of the long ones, which are few."""

Entries = list[float]


@dataclass(frozen=True)
class CaseKind:
    """What the cases of one call have in common.

    Attributes:
        function: what they are for.
        fmt: the storage of the real arguments.
        n: entries of a row, 1 for an element-wise function.
        has_masks: whether some logits may be -inf, or some probabilities 0. Seldom: an infinite loss hides the others
            that it is summed with.
        ignored: the label that does not count; None where all do.
    """

    function: Function
    fmt: Format
    n: int
    has_masks: bool
    ignored: int | None


def drawn_case(choices: Choices, kind: CaseKind) -> list[Entries]:
    """Return the arguments of one case: a row of n entries each, a single number, or a class."""
    arguments: list[Entries] = []
    for argument in kind.function.arguments:
        if arguments and _is_like_first(kind.function, argument) and choices.pick(("apart", "near")) == "near":
            arguments.append(_near(choices, kind.fmt, arguments[0], argument))
        else:
            arguments.append((_ROWS if kind.function.has_axis else _ELEMENTS)[argument.kind](choices, kind))
    return arguments


def _is_like_first(function: Function, argument: Argument) -> bool:
    return (function.arguments[0].kind, argument.kind) in {("labels", "probs"), ("log_labels", "log_probs")}


def _near(choices: Choices, fmt: Format, labels: Entries, argument: Argument) -> Entries:
    """Return probabilities next to the labels, where the logarithm of their quotient cancels; zero becomes positive."""
    step = choices.pick(STEPS)
    moved = [neighbour(value, step, fmt) for value in labels]
    if argument.kind == "log_probs":
        return [min(value, -0.0) for value in moved]
    return [max(min(value, 1.0), fmt.quantum) for value in moved]


def _logits(choices: Choices, kind: CaseKind) -> Entries:
    masked = sparse_row if kind.n > NARROW else masked_row
    make = choices.pick((row, masked)) if kind.has_masks else row
    return make(choices, kind.fmt, kind.n)


def _probabilities(choices: Choices, kind: CaseKind) -> Entries:
    if kind.has_masks and choices.pick((False, True)):
        return distribution(choices, kind.n)
    return probabilities(choices, kind.fmt, kind.n)


def _log_probabilities(choices: Choices, kind: CaseKind) -> Entries:
    values = log_probabilities(choices, kind.fmt, kind.n)
    if kind.has_masks and choices.pick((False, True)):
        return [-math.inf if hidden else value for value, hidden in zip(values, mask(choices, kind.n), strict=True)]
    return values


def _index(choices: Choices, kind: CaseKind) -> Entries:
    """Return a class; in every third row or so the one that does not count, where there is one."""
    label = class_index(choices, kind.n)
    return [label if kind.ignored is None or choices.pick((True, True, False)) else kind.ignored]


_ROWS: dict[str, Callable[[Choices, CaseKind], Entries]] = {
    "logits": _logits,
    "probs": _probabilities,
    "log_probs": _log_probabilities,
    "labels": lambda choices, kind: distribution(choices, kind.n),
    "index": _index,
}

_ELEMENTS: dict[str, Callable[[Choices, CaseKind], Entries]] = {
    "logits": lambda choices, kind: [number(choices, kind.fmt)],
    "probs": lambda choices, kind: [unit_number(choices, kind.fmt)],
    "log_probs": lambda choices, kind: [log_probability(choices, kind.fmt)],
    "labels": lambda choices, kind: [unit_number(choices, kind.fmt)],
    "log_labels": lambda choices, kind: [log_probability(choices, kind.fmt)],
}
