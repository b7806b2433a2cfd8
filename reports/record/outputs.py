"""The outputs of a run: the arrays that entry points returned, in files that are named by their content."""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from tempfile import mkstemp

import numpy as np
from numpy.typing import DTypeLike

from logitproof.reference import format_named

from .array import little_endian_bytes
from .codec import RecordError
from .model import Outputs

OUTPUTS = "outputs"
"""The folder of the files, in that of the record."""


class FolderError(Exception):
    """The output folder cannot be used: one line that says which and why."""


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array in a file; `numpy.asarray` reads it.

    Attributes:
        file: the file that has it.
        offset: where it begins there, in bytes.
        dtype: its dtype, little-endian.
        shape: its shape.
    """

    file: Path
    offset: int
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:  # noqa: FBT001
        """Read it.

        Raises:
            OSError: the file is gone.
            ValueError: it is shorter than it was.
        """
        length = math.prod(self.shape) * self.dtype.itemsize
        with self.file.open("rb") as stream:
            stream.seek(self.offset)
            content = stream.read(length)
        if len(content) != length:
            raise ValueError(f"{self.file} has become shorter")
        return np.frombuffer(content, self.dtype).reshape(self.shape).astype(dtype or self.dtype, copy=False)


class OutputFile:
    """The output arrays of one check, written one after the other as they come; their bytes name it in the end."""

    def __init__(self, file: Path, target: Path) -> None:
        """Begin a file; `target` is the folder that its user knows."""
        self._file, self._target = file, target
        self._digest, self._end = hashlib.sha256(), 0

    def append(self, array: np.ndarray) -> StoredArray:
        """Write an array, and return its place.

        Raises:
            FolderError: the file system refused: no space is left, say.
        """
        content = little_endian_bytes(array)
        try:
            with self._file.open("ab") as stream:
                stream.write(content)
        except OSError as error:
            raise FolderError(refusal(self._target, error)) from error
        stored = StoredArray(self._file, self._end, stored_dtype(array.dtype.name), array.shape)
        self._digest.update(content)
        self._end += len(content)
        return stored

    def finish(self) -> str:
        """Give the file the name of its content, and return that; arrays are not read from its old place any more.

        Raises:
            FolderError: the file system refused.
        """
        name = self._digest.hexdigest()
        try:
            self._file.replace(self._file.with_name(name))
        except OSError as error:
            raise FolderError(refusal(self._target, error)) from error
        return name


@dataclass(frozen=True)
class OutputStore:
    """Where the outputs of a run go: into a file for each check.

    Attributes:
        folder: the folder of the files, made when the first of them begins.
        target: the folder that its user knows.
    """

    folder: Path
    target: Path

    def begin(self) -> OutputFile:
        """Begin the file of a check.

        Raises:
            FolderError: the file system refused.
        """
        try:
            self.folder.mkdir(exist_ok=True)
            descriptor, name = mkstemp(".incomplete", dir=self.folder)
            os.close(descriptor)
        except OSError as error:
            raise FolderError(refusal(self.target, error)) from error
        return OutputFile(Path(name), self.target)


def read_outputs(folder: Path, outputs: Outputs) -> dict[str, np.ndarray]:
    """Return the stored output arrays of a check, by batch name, from the `folder` of its record.

    Raises:
        RecordError: the file is missing, or its content is not what its name and the record promise.
    """
    content, starts = verified_outputs(folder, outputs)
    return {
        stored.batch: np.frombuffer(
            content, stored_dtype(stored.dtype), count=math.prod(stored.shape), offset=start
        ).reshape(stored.shape)
        for stored, start in zip(outputs.batches, starts, strict=True)
    }


def outputs_file(folder: Path, outputs: Outputs) -> Path:
    """Return where the outputs of a check lie, if they are there, in the `folder` of its record."""
    return folder / OUTPUTS / outputs.sha256


def verified_outputs(folder: Path, outputs: Outputs) -> tuple[bytes, tuple[int, ...]]:
    """Return the stored bytes of a check's outputs, and where in them each batch begins.

    Raises:
        RecordError: the file is missing, or its content is not what its name and the record promise.
    """
    file = outputs_file(folder, outputs)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RecordError(f"{file}: {error.strerror or error}") from None
    sizes = [math.prod(stored.shape) * stored_dtype(stored.dtype).itemsize for stored in outputs.batches]
    if hashlib.sha256(content).hexdigest() != outputs.sha256 or sum(sizes) != len(content):
        raise RecordError(f"{file}: the content is not what the record says")
    return content, tuple(accumulate(sizes, initial=0))[:-1]


def stored_dtype(name: str) -> np.dtype[np.generic]:
    """Return the dtype of stored bytes, little-endian.

    Raises:
        RecordError: there is none of that name that could have been stored.
    """
    try:
        return format_named(name).numpy_dtype
    except ValueError:
        pass
    try:  # a backend may have answered in any dtype: what it gave is what was stored
        dtype = np.dtype(name)
    except TypeError:
        dtype = np.dtype(object)
    if dtype.hasobject:
        raise RecordError(f"outputs of dtype {name!r} cannot be read")
    return dtype.newbyteorder("<")


def refusal(target: Path, error: OSError | RecordError) -> str:
    """Say in a line that the file system refused."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot use the output folder {target}: {reason}"
