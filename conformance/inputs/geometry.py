"""How the elements of a result belong to the cases of a batch."""

from __future__ import annotations

import math

import numpy as np

from .batch import Batch


def row_length(batch: Batch) -> int:
    """The number of classes of a row, 1 for an element-wise function."""
    return int(batch.arguments[0].shape[axis_of(batch)]) if batch.spec.has_axis else 1


def case_size(batch: Batch) -> int:
    """The number of elements of a case."""
    return batch.arguments[0].size if batch.is_reduced else row_length(batch)


def axis_of(batch: Batch) -> int:
    """The axis along which rows run."""
    return int(str(batch.parameters["axis"]))


def result_shape(batch: Batch, quantity: str) -> tuple[int, ...]:
    """The shape that the value, or the gradient by an argument, must have."""
    if quantity != "value":
        names = [item.name for item in batch.spec.arguments]
        return batch.arguments[names.index(quantity.removeprefix("gradient:"))].shape
    if batch.is_reduced:
        return ()
    shape = batch.arguments[0].shape
    if batch.spec.result != "row":
        return shape
    axis = axis_of(batch) % len(shape)
    return shape[:axis] + shape[axis + 1 :]


def by_case(array: np.ndarray, batch: Batch) -> np.ndarray:
    """Arrange a result, or an argument, as one line per case: a row, or a single element."""
    if batch.is_reduced:
        return array.reshape(1, -1)
    if batch.spec.has_axis and array.ndim == batch.arguments[0].ndim:
        rows_last = np.moveaxis(array, axis_of(batch), -1)
        return rows_last.reshape(math.prod(rows_last.shape[:-1]), -1)
    return array.reshape(array.size, 1)


def element_numbers(batch: Batch, quantity: str) -> np.ndarray:
    """The flat index in the result of every element, one line per case."""
    shape = result_shape(batch, quantity)
    return by_case(np.arange(math.prod(shape)).reshape(shape), batch)


def element_index(batch: Batch, quantity: str, case: int, element: int) -> tuple[int, ...]:
    """The index in the result of one element of one case."""
    shape = result_shape(batch, quantity)
    if batch.is_reduced or not batch.spec.has_axis or len(shape) < batch.arguments[0].ndim:
        return _unravelled(element if batch.is_reduced else case, shape)
    axis = axis_of(batch) % len(shape)
    row = _unravelled(case, shape[:axis] + shape[axis + 1 :])
    return (*row[:axis], element, *row[axis:])


def _unravelled(number: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(part) for part in np.unravel_index(number, shape)) if shape else ()


def magnitudes(batch: Batch) -> np.ndarray:
    """The largest finite number of the first argument in every case: the smaller, the easier to read."""
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        first = np.abs(batch.arguments[0].astype(np.float64))
    lines = by_case(np.where(np.isfinite(first), first, 0.0), batch)
    return np.asarray(lines.max(axis=1, initial=0.0))
