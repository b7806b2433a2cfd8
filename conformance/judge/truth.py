"""The truth about a batch: certified results and bounds, computed once and shared by every backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from flint import arb

from logitproof.reference import Bounds, Enclosure, ball, enclose, error_bounds, flushed_bound

from ..inputs.batch import Batch
from ..inputs.cases import take_cases
from ..inputs.geometry import by_case


@dataclass(frozen=True)
class Truth:
    """What is true of one quantity of a batch under one definition, one line per case.

    Attributes:
        exact: the certified results.
        bounds: the error bounds.
        flushed: gives the textbook bound where small results are flushed to zero; it is seldom asked for.
    """

    exact: Enclosure
    bounds: Bounds
    flushed: Callable[[], np.ndarray]

    def of_cases(self, cases: np.ndarray) -> Truth:
        """The truth about some of the cases."""
        return Truth(
            Enclosure(*(getattr(self.exact, name)[cases] for name in Enclosure.__dataclass_fields__)),
            Bounds(*(getattr(self.bounds, name)[cases] for name in Bounds.__dataclass_fields__)),
            lambda: self.flushed()[cases],
        )


Question = tuple[str, str]
"""A quantity and a definition."""


def truths(batch: Batch, questions: Iterable[Question]) -> dict[Question, Truth]:
    """Answer each question about a batch."""
    return {question: truth(batch, *question) for question in questions}


def truth(batch: Batch, quantity: str, definition: str) -> Truth:
    """Enclose one quantity of a batch and bound its error."""
    call = batch.call(quantity, definition)
    exact, bounds = enclose(call), error_bounds(call)
    return Truth(
        Enclosure(*(by_case(getattr(exact, name), batch) for name in Enclosure.__dataclass_fields__)),
        Bounds(*(by_case(getattr(bounds, name), batch) for name in Bounds.__dataclass_fields__)),
        cache(lambda: by_case(flushed_bound(call), batch)),
    )


def exact_element(batch: Batch, quantity: str, definition: str, position: tuple[int, int], precision: int) -> arb:
    """Evaluate one element (case, element of the case) afresh, as a ball, at a working precision in bits."""
    case, element = position
    alone, index = (batch, element) if batch.is_reduced else (take_cases(batch, [case]), element)
    return ball(alone.call(quantity, definition), index, precision)
