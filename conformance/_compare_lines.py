"""Stored outputs as lines of cases: where they lie, whether they fit their batch, and which of two are the same."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from logitproof.reference import FORMATS
from logitproof.reports import StoredOutput, stored_dtype

from ._batch import Batch
from ._cases import case_count, take_cases
from ._elements import by_case, element_numbers, result_shape

_SOME_CASES = re.compile(
    r"(?P<whole>.+)\[((?P<first>[0-9]{1,9}):(?P<end>[0-9]{1,9})|(?P<each>[0-9]{1,9}(,[0-9]{1,9})*))\]\Z"
)


@dataclass(frozen=True)
class Part:
    """One stored output array.

    Attributes:
        whole: the name of the batch that it belongs to.
        cases: which of its cases were evaluated; None for all of them.
        file: the file that has it.
        offset: where it begins there, in bytes.
        dtype: its dtype.
        shape: its shape.
    """

    whole: str
    cases: tuple[int, ...] | None
    file: Path
    offset: int
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of its elements."""
        return math.prod(self.shape)

    def array(self) -> np.ndarray:
        """Read it.

        Raises:
            OSError: the file is gone.
            ValueError: it is shorter than it was.
        """
        dtype = stored_dtype(self.dtype)
        length = self.size * dtype.itemsize
        with self.file.open("rb") as stream:
            stream.seek(self.offset)
            content = stream.read(length)
        if len(content) != length:
            message = f"{self.file} has become shorter"
            raise ValueError(message)
        return np.frombuffer(content, dtype).reshape(self.shape)


def part_of(stored: StoredOutput, file: Path, offset: int, given: Collection[str] = ()) -> Part:
    """Return one array of a check's outputs.

    Args:
        stored: what the record has of it.
        file: the file that has it.
        offset: where it begins there, in bytes.
        given: names of batches that are not of the corpus: they may look like a part of another.
    """
    whole, cases = stored.batch, None
    found = _SOME_CASES.match(stored.batch)
    if found is not None and stored.batch not in given:
        count = stored.shape[0] if stored.shape else 0
        named = _cases(found, count)
        if named is not None:
            whole, cases = found["whole"], named
    return Part(whole, cases, file, offset, stored.dtype, stored.shape)


def _cases(found: re.Match[str], count: int) -> tuple[int, ...] | None:
    """Return the cases that a name tells, if they are as many as there are results."""
    if found["each"] is not None:
        named = tuple(int(text) for text in found["each"].split(","))
        return named if len(named) == count else None
    first, end = int(found["first"]), int(found["end"])
    return tuple(range(first, end)) if end - first == count else None


@dataclass(frozen=True)
class Lines:
    """What came of a quantity of a batch, one line per case.

    Attributes:
        values: the elements, in the dtype that they came in.
        known: whether a case has a result.
        misfit: why they do not fit the batch, in words: "shape (3,)"; then `values` are as they came and `known` is
            whether there are any; "" where they fit.
    """

    values: np.ndarray
    known: np.ndarray
    misfit: str = ""

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return self.values.dtype.name


def lines_of(parts: Sequence[Part], batch: Batch, quantity: str) -> Lines:
    """Arrange stored arrays as lines of cases.

    Raises:
        ValueError: they name cases that the batch does not have.
        OSError: a file is gone.
    """
    numbers = element_numbers(batch, quantity)
    arrays = [part.array() for part in parts]
    dtypes = {array.dtype for array in arrays}
    known = np.zeros(case_count(batch), dtype=bool)
    if not arrays:
        return Lines(np.zeros(numbers.shape, np.float64), known)
    for part, array in zip(parts, arrays, strict=True):
        if misfit := _misfit(part, array, batch, quantity, dtypes):
            return Lines(array, np.ones(1, dtype=bool), misfit)
    values = np.zeros(numbers.shape, dtypes.pop())
    for part, array in zip(parts, arrays, strict=True):
        if part.cases is None:
            values, known[:] = by_case(array, batch), True
        else:
            cases = list(part.cases)
            values[cases] = by_case(array, take_cases(batch, cases))
            known[cases] = True
    return Lines(values, known)


def _misfit(part: Part, array: np.ndarray, batch: Batch, quantity: str, dtypes: set[np.dtype[np.generic]]) -> str:
    if part.cases is not None and (batch.is_reduced or max(part.cases) >= case_count(batch)):
        message = f"there are no cases {part.cases[:3]} … in the batch {batch.name!r}"
        raise ValueError(message)
    expected = result_shape(batch if part.cases is None else take_cases(batch, list(part.cases)), quantity)
    if array.shape != expected:
        return f"shape {array.shape}"
    if array.dtype.name not in FORMATS or len(dtypes) > 1:
        return f"dtype {array.dtype.name}"
    return ""


def same_bits(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Tell which elements of two arrays of one dtype and shape are the same: bit by bit, and any NaN equals any NaN."""
    if before.dtype.name not in FORMATS:
        return np.asarray(before == after)
    unsigned = f"u{before.dtype.itemsize}"
    same = np.ascontiguousarray(before).view(unsigned) == np.ascontiguousarray(after).view(unsigned)
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        return np.asarray(same | (np.isnan(before) & np.isnan(after)))
