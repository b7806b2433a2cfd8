"""The folder of a run: built aside, shown when it is whole.

    logitproof-report/
        record.json   summary.md
        outputs/<sha256>        the output arrays of one check, raw
        incomplete/             a later run that was cut short, where a complete one is already here

A run works in a hidden folder inside. Publishing moves the outputs, which are named by their content and so disturb
nothing, and then replaces record.json, in one step of the file system: before it the older run is whole, after it
the new one is. Nothing that logitproof did not write is ever removed.
"""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import msgspec
import numpy as np

from logitproof.reference import format_named

from .array import little_endian_bytes
from .codec import RecordError, encode_record
from .model import Outputs, Record, StoredOutput
from .workshop import Workshop, open_workshop

_RECORD = "record.json"
_OUTPUTS = "outputs"
_INCOMPLETE = "incomplete"


class FolderError(Exception):
    """The output folder cannot be used: one line that says which and why."""


@dataclass(frozen=True)
class _OldOutputs:
    sha256: str


@dataclass(frozen=True)
class _OldCheck:
    outputs: _OldOutputs | int | None = None


@dataclass(frozen=True)
class _OldTables:
    outputs: tuple[_OldOutputs, ...] = ()


@dataclass(frozen=True)
class _OldRecord:
    """As much of an older record, of any schema version, as is needed to replace it: of schema 3 on it has tables."""

    schema: int
    complete: bool
    checks: tuple[_OldCheck, ...] = ()
    tables: _OldTables = _OldTables()


@dataclass(frozen=True)
class ReportFolder:
    """The folder `target` of a run that is under way; its files lie in the workshop until `publish`."""

    target: Path
    workshop: Workshop
    created: tuple[Path, ...]

    @property
    def building(self) -> Path:
        """Where the files lie until then."""
        return self.workshop.folder

    def store(self, batches: Iterable[tuple[str, np.ndarray]]) -> Outputs:
        """Store the output arrays of one check, a (batch name, array) pair each, and return their place.

        Raises:
            FolderError: the file system refused: no space is left, say.
        """
        arrays = list(batches)
        content = b"".join(little_endian_bytes(array) for _, array in arrays)
        name = hashlib.sha256(content).hexdigest()
        try:
            outputs = self.building / _OUTPUTS
            outputs.mkdir(exist_ok=True)
            (outputs / name).write_bytes(content)
        except OSError as error:
            raise FolderError(_refusal(self.target, error)) from error
        return Outputs(name, tuple(StoredOutput(batch, array.dtype.name, array.shape) for batch, array in arrays))

    def publish(self, record: Record, texts: Mapping[str, str]) -> Path:
        """Put `record` and the rendered `texts` (file name to content) in place and return the folder they are in.

        An incomplete record leaves an older complete one alone and goes to `incomplete/`.

        Raises:
            RecordError: the record does not fit its schema; the older run is untouched.
            FolderError: the file system refused.
        """
        encoded = encode_record(record)
        try:
            (self.building / _RECORD).write_bytes(encoded)
            for name, text in texts.items():
                (self.building / name).write_text(text, encoding="utf-8")
            older = _older_record(self.target)
            if not record.complete and older is not None and older.complete:
                return self._keep_aside()
            self._replace(record, older, texts)
        except OSError as error:
            raise FolderError(_refusal(self.target, error)) from error
        return self.target

    def discard(self) -> None:
        """Remove what this run wrote, and the folders it made."""
        self.workshop.remove()
        _remove_empty(self.created)

    def _keep_aside(self) -> Path:
        self.workshop.leave()
        aside = self.target / _INCOMPLETE
        if _older_record(aside) is not None:
            shutil.rmtree(aside)
        self.building.rename(aside)
        return aside

    def _replace(self, record: Record, older: _OldRecord | None, texts: Mapping[str, str]) -> None:
        outputs = self.target / _OUTPUTS
        outputs.mkdir(exist_ok=True)
        for file in (self.building / _OUTPUTS).glob("*"):
            file.replace(outputs / file.name)
        for name in (_RECORD, *texts):
            (self.building / name).replace(self.target / name)
        kept = {check.outputs.sha256 for check in record.checks if check.outputs}
        for name in _output_names(older) - kept:
            (outputs / name).unlink(missing_ok=True)
        shutil.rmtree(self.building)
        if record.complete and _older_record(self.target / _INCOMPLETE) is not None:
            shutil.rmtree(self.target / _INCOMPLETE)


def open_folder(target: Path) -> ReportFolder:
    """Make the folder of a run, or take the one of an older run.

    Raises:
        FolderError: it cannot be made or written, or holds a record.json that is not logitproof's.
    """
    missing = tuple(folder for folder in (target, *target.parents) if not folder.exists())
    try:
        target.mkdir(parents=True, exist_ok=True)
        _older_record(target)
        workshop = open_workshop(target)
    except (OSError, RecordError) as error:
        _remove_empty(missing)
        raise FolderError(_refusal(target, error)) from error
    return ReportFolder(target, workshop, missing)


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


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
    return folder / _OUTPUTS / outputs.sha256


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


def _older_record(folder: Path) -> _OldRecord | None:
    file = folder / _RECORD
    if not file.exists():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=_OldRecord)
    except msgspec.DecodeError:
        raise RecordError(f"its {_RECORD} is not a record of logitproof; choose another folder with --output") from None


def _output_names(older: _OldRecord | None) -> set[str]:
    if older is None:
        return set()
    outputs = (*older.tables.outputs, *(check.outputs for check in older.checks))
    return {each.sha256 for each in outputs if isinstance(each, _OldOutputs)}


def _refusal(target: Path, error: OSError | RecordError) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot use the output folder {target}: {reason}"
