"""The catalogue of candidate mistakes, by function and quantity."""

from __future__ import annotations

from functools import cache
from itertools import chain

from .elements import element_mistakes
from .gradients import gradient_mistakes
from .logits import logits_mistakes
from .mistake import Mistake
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
