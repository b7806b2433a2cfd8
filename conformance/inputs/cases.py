"""The cases of a batch, and batches of some of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .batch import Batch


def case_count(batch: Batch) -> int:
    """Return the number of cases: rows, elements for an element-wise function, one where the batch is reduced."""
    if batch.is_reduced:
        return 1
    shape = list(batch.arguments[0].shape)
    if batch.spec.has_axis:
        del shape[_axis(batch)]
    return math.prod(shape)


def take_cases(batch: Batch, cases: Sequence[int]) -> Batch:
    """Return a batch of some cases: one leading dimension of cases, and the axis last.

    Args:
        batch: a batch that is not reduced.
        cases: indices into the cases in C order, as `case_count` counts them.

    Raises:
        ValueError: the batch is reduced, so it is one case.
    """
    if batch.is_reduced:
        raise ValueError("a reduced batch is one case and cannot be taken apart")
    chosen = np.asarray(cases, dtype=np.intp)
    parameters = dict(batch.parameters)
    if batch.spec.has_axis:
        parameters["axis"] = 1
    else:
        shape = batch.arguments[0].shape
        for name, value in batch.parameters.items():
            if isinstance(value, np.ndarray):
                parameters[name] = np.broadcast_to(value, shape).reshape(-1)[chosen]
    return replace(
        batch,
        name=f"{batch.name}[{_span(cases)}]",
        arguments=tuple(_taken(batch, array, chosen) for array in batch.arguments),
        parameters=parameters,
        cotangent=_taken(batch, batch.cotangent, chosen),
    )


def _axis(batch: Batch) -> int:
    axis = batch.parameters["axis"]
    assert isinstance(axis, int)
    return axis


def _taken(batch: Batch, array: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    # An index label or the cotangent of a row function has no axis: one entry per case already.
    if not batch.spec.has_axis or array.ndim < batch.arguments[0].ndim:
        return array.reshape(-1)[chosen]
    rows = np.moveaxis(array, _axis(batch), -1)
    return rows.reshape(-1, rows.shape[-1])[chosen]


def _span(cases: Sequence[int]) -> str:
    first, last = cases[0], cases[-1]
    if list(cases) == list(range(first, last + 1)):
        return f"{first}:{last + 1}"
    return ",".join(map(str, cases))
