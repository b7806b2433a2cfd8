"""What an entry point is documented to refuse: whether an exception is that refusal, and of such an input."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..inputs.batch import Batch
from ..inputs.hashes import case_arguments
from .protocol import EntryPoint, Failure, Refusal


def refusal_of(entry_point: EntryPoint, batch: Batch, case: int, failure: Failure) -> Refusal | None:
    """Return the documented refusal that an exception is; None where it is none.

    Args:
        entry_point: what raised.
        batch: the inputs.
        case: the number of the case in the batch.
        failure: the exception.
    """
    arguments = case_arguments(batch, case)
    for refusal in entry_point.refusals:
        matches = failure.type == refusal.error and refusal.text in failure.message
        if matches and not ALLOWED[refusal.allowed](arguments[refusal.argument], arguments, batch):
            return refusal
    return None


def _in_unit_interval(values: np.ndarray, arguments: Mapping[str, np.ndarray], batch: Batch) -> bool:
    del arguments, batch
    wide = values.astype(np.float64)
    return bool(((wide >= 0) & (wide <= 1)).all())


def _are_class_indices(values: np.ndarray, arguments: Mapping[str, np.ndarray], batch: Batch) -> bool:
    """Whether every label is the index of a class, or the one that is to be ignored."""
    scores = next(iter(arguments.values()))
    classes = scores.shape[_axis(batch) if batch.is_reduced else -1]
    return bool((((values >= 0) & (values < classes)) | (values == batch.parameters.get("ignore_index"))).all())


def _axis(batch: Batch) -> int:
    axis = batch.parameters["axis"]
    assert isinstance(axis, int)
    return axis


def _are_weights(values: np.ndarray, arguments: Mapping[str, np.ndarray], batch: Batch) -> bool:
    """Whether a row can be divided by its sum: its numbers are finite, none is negative, and some are not zero."""
    del arguments, batch
    wide = values.astype(np.float64)
    return bool(np.isfinite(wide).all() and (wide >= 0).all() and wide.any())


ALLOWED: Mapping[str, Callable[[np.ndarray, Mapping[str, np.ndarray], Batch], bool]] = {
    "unit interval": _in_unit_interval,
    "class index": _are_class_indices,
    "weights": _are_weights,
}
"""By what a refusal says that an argument must be, whether that of one case is: argument, all arguments, the batch."""
