"""The catalogue of candidate mistakes, by function and quantity."""

from __future__ import annotations

from functools import cache
from itertools import chain

from .elements import element_mistakes
from .gradients import gradient_mistakes
from .logits import logits_mistakes
from .mistake import STANDARD, Mistake
from .options import option_mistakes
from .precision import precision_mistakes
from .probs import probability_mistakes


@cache
def every_mistake() -> tuple[Mistake, ...]:
    """Return the whole catalogue, in a fixed order: what says less about a kernel stands first."""
    return tuple(
        chain(
            gradient_mistakes(),
            logits_mistakes(),
            element_mistakes(),
            probability_mistakes(),
            option_mistakes(),
            precision_mistakes(),
        )
    )


@cache
def mistakes(function: str, quantity: str) -> tuple[Mistake, ...]:
    """Return the candidates for one quantity of one function."""
    return tuple(each for each in every_mistake() if (each.function, each.quantity) == (function, quantity))


_APART = (
    *STANDARD,
    "0 times infinity",
    "inf - inf in a masked row",
    "derivative of |x| and max(x, 0) at 0",
    "subnormal numbers flushed to zero",
    "terms summed one after the other",
)
"""Mistakes that may stand beside any other."""

_OPTIONS = ("label smoothing", "mean", "the class", "positive term")


@cache
def part_of(name: str) -> str | None:
    """Return which part of a kernel a mistake is in; in one format a part has one mistake, so two exclude each other.

    None of those that may stand beside any other.
    """
    if name in _APART:
        return None
    for part, groups in (
        ("formula", (gradient_mistakes(), logits_mistakes(), element_mistakes(), probability_mistakes())),
        ("arithmetic", (precision_mistakes(),)),
    ):
        if any(each.name == name for each in chain(*groups)):
            return part
    return next((part for part in _OPTIONS if part in name), None)


_OF_ROUNDING = (
    *STANDARD,
    "gradient from the rounded lse",
    "x - lse",
    "log of softmax",
    "log of sigmoid",
    "log(1 + e) instead of log1p",
    "sigmoid by way of tanh",
)


@cache
def is_of_rounding(name: str) -> bool:
    """Whether a mistake makes rounding errors larger, and gives what is right but for them."""
    return name in _OF_ROUNDING or any(each.name == name for each in precision_mistakes())
