"""Names by content: of a batch, of one case, of a whole corpus."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np

from .batch import Batch
from .cases import case_count, take_cases


def batch_hash(batch: Batch) -> str:
    """Return the SHA-256 of all that a batch is: names, layout, parameters and the bytes of every array."""
    digest = _digest_of(
        batch, {"class": batch.input_class, "name": batch.name, "layout": batch.layout}, batch.parameters
    )
    for array in (*batch.arguments, batch.cotangent):
        _add_array(digest, array)
    return digest.hexdigest()


def case_hash(batch: Batch, case_index: int) -> str:
    """Return the SHA-256 of one case: function, dtype, options, and its own arguments and cotangent.

    The case's place in the batch, the axis and the layout are not part of it: the same row elsewhere is the same case.

    Raises:
        IndexError: the batch has no such case.
    """
    case = _case(batch, case_index)
    options = {key: value for key, value in case.parameters.items() if key != "axis"}
    digest = _digest_of(case, {}, options)
    for array in (*case.arguments, case.cotangent):
        _add_array(digest, array)
    return digest.hexdigest()


def case_arguments(batch: Batch, case_index: int) -> dict[str, np.ndarray]:
    """Return the arguments of one case, by name: a row and its label, or one element; all of a reduced batch.

    Raises:
        IndexError: the batch has no such case.
    """
    case = _case(batch, case_index)
    arrays = case.arguments if batch.is_reduced else [array[0] for array in case.arguments]
    names = [argument.name for argument in batch.spec.arguments]
    return {name: np.asarray(array) for name, array in zip(names, arrays, strict=True)}


def case_cotangent(batch: Batch, case_index: int) -> np.ndarray:
    """Return the part of the cotangent that belongs to one case; all of it for a reduced batch.

    Raises:
        IndexError: the batch has no such case.
    """
    case = _case(batch, case_index)
    return np.asarray(case.cotangent if batch.is_reduced else case.cotangent[0])


def _case(batch: Batch, case_index: int) -> Batch:
    if not 0 <= case_index < case_count(batch):
        raise IndexError(f"batch {batch.name!r} has no case {case_index}: it has {case_count(batch)}")
    return batch if batch.is_reduced else take_cases(batch, [case_index])


def _digest_of(batch: Batch, names: Mapping[str, str], parameters: Mapping[str, object]) -> hashlib._Hash:
    scalars = {key: value for key, value in parameters.items() if not isinstance(value, np.ndarray)}
    header = {"function": batch.function, "dtype": batch.dtype, **names, "parameters": scalars}
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for key in sorted(parameters.keys() - scalars.keys()):
        digest.update(key.encode())
        _add_array(digest, np.asarray(parameters[key]))
    return digest


def _add_array(digest: hashlib._Hash, array: np.ndarray) -> None:
    """Add dtype, shape and little-endian bytes in C order."""
    digest.update(f"{array.dtype.name}{array.shape}".encode())
    little = array.astype(array.dtype.newbyteorder("<")) if array.dtype.byteorder == ">" else array
    digest.update(little.tobytes())
