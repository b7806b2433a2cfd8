"""The truth about a batch: certified results and bounds, computed once and shared by every backend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from flint import arb

from logitproof.reference import Bounds, Enclosure, ball, enclose, error_bounds

from ._batch import Batch
from ._cases import take_cases
from ._elements import by_case


@dataclass(frozen=True)
class Truth:
    """What is true of one quantity of a batch under one definition, one line per case."""

    exact: Enclosure
    bounds: Bounds

    def of_cases(self, cases: np.ndarray) -> Truth:
        """The truth about some of the cases."""
        return Truth(
            Enclosure(*(getattr(self.exact, name)[cases] for name in Enclosure.__dataclass_fields__)),
            Bounds(*(getattr(self.bounds, name)[cases] for name in Bounds.__dataclass_fields__)),
        )


Question = tuple[str, str]
"""A quantity and a definition."""


def truths(batch: Batch, questions: Iterable[Question]) -> dict[Question, Truth]:
    """Answer each question about a batch."""
    return {question: truth(batch, *question) for question in questions}


def truth(batch: Batch, quantity: str, definition: str) -> Truth:
    """Enclose one quantity of a batch and bound its error."""
    cotangent = None if quantity == "value" else batch.cotangent
    exact = enclose(
        batch.function,
        batch.arguments,
        batch.parameters,
        quantity=quantity,
        dtype=batch.dtype,
        cotangent=cotangent,
        definition=definition,
    )
    bounds = error_bounds(
        batch.function,
        batch.arguments,
        batch.parameters,
        quantity=quantity,
        dtype=batch.dtype,
        cotangent=cotangent,
        definition=definition,
    )
    return Truth(
        Enclosure(*(by_case(getattr(exact, name), batch) for name in Enclosure.__dataclass_fields__)),
        Bounds(*(by_case(getattr(bounds, name), batch) for name in Bounds.__dataclass_fields__)),
    )


def exact_element(batch: Batch, quantity: str, definition: str, place: tuple[int, int], precision: int) -> arb:
    """Evaluate one element (case, element of the case) afresh, as a ball, at a working precision in bits."""
    case, element = place
    alone, index = (batch, element) if batch.is_reduced else (take_cases(batch, [case]), element)
    return ball(
        alone.function,
        alone.arguments,
        alone.parameters,
        quantity=quantity,
        cotangent=None if quantity == "value" else alone.cotangent,
        definition=definition,
        index=index,
        precision=precision,
    )
