"""A witness as a recorded case: which element it was, its file does not say, but its exact result does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitproof.reference import Status
from logitproof.reports import Expected

from ..inputs.batch import Batch
from ..inputs.geometry import element_numbers, result_shape
from ..inputs.witness import Witness
from ..judge.judged_output import Exact
from ..judge.record import WORD_OF, enclosing_text
from ..judge.truth import truth
from .expected import definitions_of
from .inputs import ALONE, RecordedCase, ScriptInputs


def case_of_witness(witness: Witness) -> tuple[RecordedCase, ScriptInputs]:
    """Return the case of a witness, and its inputs.

    Raises:
        ValueError: no element of the result has the exact result that the witness tells.
    """
    batch = witness.batch()
    expected, indices = _expected_and_indices(witness, batch)
    recorded = RecordedCase(
        function=witness.function,
        dtype=witness.dtype,
        quantity=witness.quantity,
        parameters=witness.parameters,
        batch=batch.name,
        case="",
        index=indices[0],
        inputs=witness.arguments,
        kind=witness.kind,
        observed=witness.observed,
        expected=expected,
        error_bound_ratio=witness.error_bound_ratio,
        time_limit=witness.time_limit,
    )
    return recorded, ScriptInputs(batch, indices[0], ALONE, also=tuple(indices[1:]))


def _expected_and_indices(witness: Witness, batch: Batch) -> tuple[Expected, list[tuple[int, ...]]]:
    """Return the exact result, and where in the result it is due: in several places, where they are alike."""
    shape = result_shape(batch, witness.quantity)
    if not witness.expected:  # a crash, say: no element shows it
        return Expected("", "", ""), [(0,) * len(shape)]
    for definition in definitions_of(witness.function):
        matches = [
            (expected, number)
            for expected, number in _expected(batch, witness.quantity, definition)
            if expected.decimal == witness.expected
        ]
        if matches:
            return matches[0][0], [tuple(map(int, np.unravel_index(number, shape))) for _, number in matches]
    raise ValueError(
        f"no element of the result is exactly {witness.expected[:60]!r}: the reference knows better by now"
    )


def _expected(batch: Batch, quantity: str, definition: str) -> Iterator[tuple[Expected, int]]:
    """Yield the exact result of every element as a record writes it, and the element's number in the result."""
    exact = truth(batch, quantity, definition).exact
    numbers = element_numbers(batch, quantity)
    for position in np.ndindex(exact.hi.shape):
        one = Exact.of(exact, position)
        if one.status == Status.FINITE:
            yield Expected(*enclosing_text(one)), int(numbers[position])
        else:
            yield Expected(*[WORD_OF[one.status]] * 3), int(numbers[position])
