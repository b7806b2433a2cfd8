"""The inputs of a script: one case of a record, where the run had it or alone, or the whole batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from logitproof.reference import Function, function_named
from logitproof.reports import Array, Discrepancy, array_value, float_from

from ..corpus.corpus import BatchKey, build
from ..inputs.arrays import batch_from_arrays
from ..inputs.batch import Batch
from ..inputs.cases import take_cases
from ..inputs.geometry import axis_of, element_numbers, result_shape
from ..inputs.hashes import case_hash

ALONE = ""
REPEATED = (
    "The case stands where it stood in the run, among copies of itself: how a kernel computes may depend on shape, "
    "place and layout. Should the other cases matter too, there is logitproof reproduce --whole-batch."
)
WHOLE = "The whole batch of the run."


@dataclass(frozen=True)
class ScriptInputs:
    """Inputs for a call.

    Attributes:
        batch: the inputs.
        index: where the result shows the discrepancy.
        note: a comment that says what they are.
        also: further places of which the same is to be said.
    """

    batch: Batch
    index: tuple[int, ...]
    note: str
    also: tuple[tuple[int, ...], ...] = ()


def script_inputs(discrepancy: Discrepancy, *, whole_batch: bool = False, apart: bool = False) -> ScriptInputs:
    """Return the inputs that show a discrepancy.

    The case is put where it stood in the batch of the corpus, with copies of itself around it, so that the call has the
    shape, axis and layout that it had in the run. A case that is not of this release's corpus is alone.

    Args:
        discrepancy: the discrepancy; it may come from anywhere.
        whole_batch: give the other cases of the batch as they were too.
        apart: give the case alone, wherever it stood.

    Raises:
        ValueError: what is recorded does not fit together, or is in a corpus that is not this one.
    """
    of_corpus = _in_corpus(discrepancy)
    if of_corpus is not None:
        batch, case = of_corpus
        if whole_batch or batch.is_reduced:
            return ScriptInputs(batch, discrepancy.index, WHOLE)
        return _taken_out(batch, case, discrepancy) if apart else _repeated(batch, case, discrepancy.index)
    if whole_batch:
        raise ValueError(
            f"the batch {discrepancy.batch!r} is not in the corpus of this release: leave --whole-batch out"
        )
    return alone(discrepancy)


def alone(discrepancy: Discrepancy) -> ScriptInputs:
    """Return the case by itself, from what the record has of it.

    Raises:
        ValueError: what is recorded does not fit together, or the arrays are only referred to.
    """
    spec = function_named(discrepancy.function)
    if surplus := discrepancy.parameters.keys() - set(spec.keywords):
        raise ValueError(f"{discrepancy.function} does not take {', '.join(sorted(surplus))}")
    reduced = discrepancy.parameters.get("reduction", "none") != "none"
    arrays = {name: _array(discrepancy, name, array) for name, array in discrepancy.inputs.items()}
    if not reduced:
        arrays = {name: array[np.newaxis] for name, array in arrays.items()}
    for name, value in discrepancy.parameters.items():
        arrays[name] = _keyword(discrepancy, name, value, per_element=not spec.has_axis and not reduced)
    if spec.has_axis and not reduced:
        arrays["axis"] = np.asarray(-1)
    batch = batch_from_arrays(discrepancy.function, arrays, name=discrepancy.batch)
    if batch.dtype != discrepancy.dtype:
        raise ValueError(f"the inputs are {batch.dtype}, not {discrepancy.dtype}")
    index = discrepancy.index if reduced else _index_alone(discrepancy, spec)
    _require_element(index, result_shape(batch, discrepancy.quantity))
    return ScriptInputs(batch, index, ALONE)


def _array(discrepancy: Discrepancy, name: str, record: Array) -> np.ndarray:
    array = array_value(record)
    if array is not None:
        return array
    raise ValueError(
        f"the {name} of batch {discrepancy.batch!r} are in the corpus of the run, which is not the one of this release"
    )


def _keyword(discrepancy: Discrepancy, name: str, value: object, *, per_element: bool) -> np.ndarray:
    if isinstance(value, Array):
        array = _array(discrepancy, name, value)
        return _element(array, discrepancy.index) if per_element else array
    return np.asarray(float_from(value) if name == "label_smoothing" and isinstance(value, str) else value)


def _element(array: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
    """Pick the element that belongs to an index of the shape that `array` broadcasts to."""
    trailing = index[len(index) - array.ndim :]
    picked = array[tuple(0 if side == 1 else position for position, side in zip(trailing, array.shape, strict=True))]
    return np.asarray(picked).reshape(1)


def _index_alone(discrepancy: Discrepancy, spec: Function) -> tuple[int, ...]:
    if not spec.has_axis or (discrepancy.quantity == "value" and spec.result == "row"):
        return (0,)
    axis = discrepancy.parameters.get("axis")
    if not isinstance(axis, int) or not -len(discrepancy.index) <= axis < len(discrepancy.index):
        raise ValueError(f"axis {axis!r} does not fit the index {discrepancy.index}")
    return 0, discrepancy.index[axis]


def _require_element(index: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if len(index) != len(shape) or any(not 0 <= position < side for position, side in zip(index, shape, strict=True)):
        raise ValueError(f"there is no element {index} in a result of shape {shape}")


def _in_corpus(discrepancy: Discrepancy) -> tuple[Batch, int] | None:
    """Return the batch of the corpus and the number of the case, if the case is there."""
    try:
        batch = build(BatchKey(discrepancy.function, discrepancy.dtype, discrepancy.batch))
        _require_element(discrepancy.index, result_shape(batch, discrepancy.quantity))
    except ValueError:
        return None
    case = int(np.argwhere(element_numbers(batch, discrepancy.quantity) == _flat(batch, discrepancy))[0][0])
    return (batch, case) if case_hash(batch, case) == discrepancy.case else None


def _taken_out(batch: Batch, case: int, discrepancy: Discrepancy) -> ScriptInputs:
    one = take_cases(batch, [case])
    element = np.argwhere(element_numbers(batch, discrepancy.quantity)[case] == _flat(batch, discrepancy))[0]
    whole_row = len(result_shape(one, discrepancy.quantity)) > 1
    return ScriptInputs(one, (0, int(element[0])) if whole_row else (0,), ALONE)


def _flat(batch: Batch, discrepancy: Discrepancy) -> int:
    """Return the number of the element in the result."""
    shape = result_shape(batch, discrepancy.quantity)
    return int(np.ravel_multi_index(discrepancy.index, shape)) if shape else 0


def _repeated(batch: Batch, case: int, index: tuple[int, ...]) -> ScriptInputs:
    axis = axis_of(batch) if batch.spec.has_axis else None
    rank = batch.arguments[0].ndim
    arguments = tuple(_copies(array, case, axis if array.ndim == rank else None) for array in batch.arguments)
    cotangent = _copies(batch.cotangent, case, axis if batch.cotangent.ndim == rank else None)
    repeated = replace(batch, arguments=arguments, cotangent=cotangent, parameters=_parameters_of_copies(batch, case))
    return ScriptInputs(repeated, index, REPEATED)


def _copies(array: np.ndarray, case: int, axis: int | None) -> np.ndarray:
    """Put one case in the place of all."""
    if axis is None:
        return np.full_like(array, array.reshape(-1)[case])
    rows = np.moveaxis(array, axis, -1)
    row = rows.reshape(-1, rows.shape[-1])[case]
    return np.ascontiguousarray(np.moveaxis(np.broadcast_to(row, rows.shape), -1, axis))


def _parameters_of_copies(batch: Batch, case: int) -> Mapping[str, object]:
    if batch.spec.has_axis:  # class weights are the same for every row
        return batch.parameters
    shape = batch.arguments[0].shape
    return {
        name: np.full(shape, np.broadcast_to(value, shape).reshape(-1)[case], value.dtype)
        if isinstance(value, np.ndarray)
        else value
        for name, value in batch.parameters.items()
    }
