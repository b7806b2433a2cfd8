"""Stored outputs as lines of cases: where they lie, whether they fit their batch, and which of two are the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from logitproof.reference import FORMATS, format_named
from logitproof.reports import StoredOutput, stored_dtype

from ..inputs.batch import Batch
from ..inputs.cases import case_count, take_cases
from ..inputs.geometry import by_case, element_numbers, result_shape


@dataclass(frozen=True)
class StoredPart:
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
            raise ValueError(f"{self.file} has become shorter")
        return np.frombuffer(content, dtype).reshape(self.shape)


def part_of(stored: StoredOutput, file: Path, offset: int) -> StoredPart:
    """Return one array of a check's outputs.

    Args:
        stored: what the record has of it.
        file: the file that has it.
        offset: where it begins there, in bytes.
    """
    whole, cases = stored.batch, None
    if stored.whole is not None and stored.cases is not None:
        whole, cases = stored.whole, tuple(case for first, end in stored.cases for case in range(first, end))
    return StoredPart(whole, cases, file, offset, stored.dtype, stored.shape)


@dataclass(frozen=True)
class Misfit:
    """Results of some cases that do not fit the batch.

    Attributes:
        cases: the cases.
        values: the results, as they came.
        failure: what is wrong with them: "shape" or "dtype".
        text: that in words: "shape (3,)".
    """

    cases: np.ndarray
    values: np.ndarray
    failure: str
    text: str


@dataclass(frozen=True)
class CaseLines:
    """What came of a quantity of a batch, one line per case.

    Attributes:
        values: the elements, in the dtype that they came in.
        known: whether a case has a result that fits the batch.
        misfits: the results that do not.
    """

    values: np.ndarray
    known: np.ndarray
    misfits: tuple[Misfit, ...] = ()

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return self.values.dtype.name

    @cached_property
    def odd(self) -> np.ndarray:
        """Whether a case has a result that does not fit."""
        is_odd = np.zeros_like(self.known)
        for misfit in self.misfits:
            is_odd[misfit.cases] = True
        return is_odd

    @property
    def nothing(self) -> np.ndarray:
        """Whether a case has no result at all."""
        return ~(self.known | self.odd)

    def misfit_of(self, case: int) -> Misfit | None:
        """Return what a case has that does not fit."""
        return next((misfit for misfit in self.misfits if case in misfit.cases), None)


def lines_of(parts: Sequence[StoredPart], batch: Batch, quantity: str) -> CaseLines:
    """Arrange stored arrays as lines of cases.

    Raises:
        ValueError: they name cases that the batch does not have.
        OSError: a file is gone.
    """
    numbers = element_numbers(batch, quantity)
    known = np.zeros(case_count(batch), dtype=bool)
    formats = [part.dtype for part in parts if part.dtype in FORMATS]
    dtype = batch.dtype if batch.dtype in formats or not formats else formats[0]
    values = np.zeros(numbers.shape, format_named(dtype).numpy_dtype)
    misfits = []
    for part in parts:
        array, cases = part.array(), _cases_of(part, batch)
        evaluated = batch if part.cases is None else take_cases(batch, cases.tolist())
        if array.shape != result_shape(evaluated, quantity):
            misfits.append(Misfit(cases, array, "shape", f"shape {array.shape}"))
        elif part.dtype != dtype:
            misfits.append(Misfit(cases, array, "dtype", f"dtype {part.dtype}"))
        else:
            values[cases], known[cases] = by_case(array, evaluated), True
    return CaseLines(values, known, tuple(misfits))


def _cases_of(part: StoredPart, batch: Batch) -> np.ndarray:
    if part.cases is None:
        return np.arange(case_count(batch))
    if batch.is_reduced or max(part.cases) >= case_count(batch):
        raise ValueError(f"there are no cases {part.cases[:3]} … in the batch {batch.name!r}")
    return np.asarray(part.cases, dtype=np.intp)


def same_bits(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Tell which elements of two arrays of one dtype and shape are the same: bit by bit, and any NaN equals any NaN."""
    if before.dtype.name not in FORMATS:
        return np.asarray(before == after)
    unsigned = f"u{before.dtype.itemsize}"
    same = np.ascontiguousarray(before).view(unsigned) == np.ascontiguousarray(after).view(unsigned)
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        return np.asarray(same | (np.isnan(before) & np.isnan(after)))
