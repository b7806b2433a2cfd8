"""The inputs of a script: one case of a record, where the run had it or alone, or the whole batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from logitproof.reference import Function, function_named
from logitproof.reports import Array, Discrepancy, Expected, Parameter, array_value, float_from

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
class RecordedCase:
    """One case as a comparison or a witness tells it; a discrepancy tells the same, and more.

    Attributes:
        function: the function that was asked for.
        dtype: the format.
        quantity: "value" or "gradient:NAME".
        parameters: the keywords of the call.
        batch: the name of the batch.
        case: hash of the case; "" where it is of no corpus.
        index: where the element stands in the output of the batch.
        inputs: the arguments of the case, by name.
        kind: the kind of failure.
        observed: what came out, as hex text.
        expected: the exact result.
        error_bound_ratio: the error as a multiple of the textbook bound, as hex text.
        severity: how grave it is.
        time_limit: of a hang, the seconds that the call was given, as hex text.
    """

    function: str
    dtype: str
    quantity: str
    parameters: Mapping[str, Parameter]
    batch: str
    case: str
    index: tuple[int, ...]
    inputs: Mapping[str, Array]
    kind: str
    observed: str
    expected: Expected
    error_bound_ratio: str = "inf"
    severity: str = "defect"
    time_limit: str | None = None


@dataclass(frozen=True)
class ScriptInputs:
    """Inputs for a call.

    Attributes:
        batch: the inputs.
        index: where the result shows the recorded.
        note: a comment that says what they are.
        also: further places of which the same is to be said.
    """

    batch: Batch
    index: tuple[int, ...]
    note: str
    also: tuple[tuple[int, ...], ...] = ()


def script_inputs(
    recorded: Discrepancy | RecordedCase, *, whole_batch: bool = False, apart: bool = False
) -> ScriptInputs:
    """Return the inputs that show a recorded.

    The case is put where it stood in the batch of the corpus, with copies of itself around it, so that the call has the
    shape, axis and layout that it had in the run. A case that is not of this release's corpus is alone.

    Args:
        recorded: the case; it may come from anywhere.
        whole_batch: give the other cases of the batch as they were too.
        apart: give the case alone, wherever it stood.

    Raises:
        ValueError: what is recorded does not fit together, or is in a corpus that is not this one.
    """
    of_corpus = _in_corpus(recorded)
    if of_corpus is not None:
        batch, case = of_corpus
        if whole_batch or batch.is_reduced:
            return ScriptInputs(batch, recorded.index, WHOLE)
        return _taken_out(batch, case, recorded) if apart else _repeated(batch, case, recorded.index)
    if whole_batch:
        raise ValueError(f"the batch {recorded.batch!r} is not in the corpus of this release: leave --whole-batch out")
    return alone(recorded)


def alone(recorded: Discrepancy | RecordedCase) -> ScriptInputs:
    """Return the case by itself, from what the record has of it.

    Raises:
        ValueError: what is recorded does not fit together, or the arrays are only referred to.
    """
    spec = function_named(recorded.function)
    if surplus := recorded.parameters.keys() - set(spec.keywords):
        raise ValueError(f"{recorded.function} does not take {', '.join(sorted(surplus))}")
    reduced = recorded.parameters.get("reduction", "none") != "none"
    arrays = {name: _array(recorded, name, array) for name, array in recorded.inputs.items()}
    if not reduced:
        arrays = {name: array[np.newaxis] for name, array in arrays.items()}
    for name, value in recorded.parameters.items():
        arrays[name] = _keyword(recorded, name, value, per_element=not spec.has_axis and not reduced)
    if spec.has_axis and not reduced:
        arrays["axis"] = np.asarray(-1)
    batch = batch_from_arrays(recorded.function, arrays, name=recorded.batch)
    if batch.dtype != recorded.dtype:
        raise ValueError(f"the inputs are {batch.dtype}, not {recorded.dtype}")
    index = recorded.index if reduced else _index_alone(recorded, spec)
    _require_element(index, result_shape(batch, recorded.quantity))
    return ScriptInputs(batch, index, ALONE)


def _array(recorded: Discrepancy | RecordedCase, name: str, record: Array) -> np.ndarray:
    array = array_value(record)
    if array is not None:
        return array
    raise ValueError(
        f"the {name} of batch {recorded.batch!r} are in the corpus of the run, which is not the one of this release"
    )


def _keyword(recorded: Discrepancy | RecordedCase, name: str, value: object, *, per_element: bool) -> np.ndarray:
    if isinstance(value, Array):
        array = _array(recorded, name, value)
        return _element(array, recorded.index) if per_element else array
    return np.asarray(float_from(value) if name == "label_smoothing" and isinstance(value, str) else value)


def _element(array: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
    """Pick the element that belongs to an index of the shape that `array` broadcasts to."""
    trailing = index[len(index) - array.ndim :]
    picked = array[tuple(0 if side == 1 else position for position, side in zip(trailing, array.shape, strict=True))]
    return np.asarray(picked).reshape(1)


def _index_alone(recorded: Discrepancy | RecordedCase, spec: Function) -> tuple[int, ...]:
    if not spec.has_axis or (recorded.quantity == "value" and spec.result == "row"):
        return (0,)
    axis = recorded.parameters.get("axis")
    if not isinstance(axis, int) or not -len(recorded.index) <= axis < len(recorded.index):
        raise ValueError(f"axis {axis!r} does not fit the index {recorded.index}")
    return 0, recorded.index[axis]


def _require_element(index: tuple[int, ...], shape: tuple[int, ...]) -> None:
    if len(index) != len(shape) or any(not 0 <= position < side for position, side in zip(index, shape, strict=True)):
        raise ValueError(f"there is no element {index} in a result of shape {shape}")


def _in_corpus(recorded: Discrepancy | RecordedCase) -> tuple[Batch, int] | None:
    """Return the batch of the corpus and the number of the case, if the case is there."""
    try:
        batch = build(BatchKey(recorded.function, recorded.dtype, recorded.batch))
        _require_element(recorded.index, result_shape(batch, recorded.quantity))
    except ValueError:
        return None
    case = int(np.argwhere(element_numbers(batch, recorded.quantity) == _flat(batch, recorded))[0][0])
    return (batch, case) if case_hash(batch, case) == recorded.case else None


def _taken_out(batch: Batch, case: int, recorded: Discrepancy | RecordedCase) -> ScriptInputs:
    one = take_cases(batch, [case])
    element = np.argwhere(element_numbers(batch, recorded.quantity)[case] == _flat(batch, recorded))[0]
    whole_row = len(result_shape(one, recorded.quantity)) > 1
    return ScriptInputs(one, (0, int(element[0])) if whole_row else (0,), ALONE)


def _flat(batch: Batch, recorded: Discrepancy | RecordedCase) -> int:
    """Return the number of the element in the result."""
    shape = result_shape(batch, recorded.quantity)
    return int(np.ravel_multi_index(recorded.index, shape)) if shape else 0


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
