"""The folder of a run: built aside, shown when it is whole.

    logitproof-report/
        record.json   summary.md
        outputs/<sha256>        the output arrays of one check, raw, one after the other
        incomplete/             a later run that was cut short, where a complete one is already here

A run works in a hidden folder inside, where outputs are written as they come. Publishing moves them, which are named by
their content and so disturb nothing, and then replaces record.json, in one step of the file system: before it the older
run is whole, after it the new one is. Nothing that logitproof did not write is ever removed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from .codec import RecordError, encode_record
from .model import Outputs, Record
from .outputs import OUTPUTS, FolderError, OutputStore, refusal
from .workshop import Workshop, open_workshop

_RECORD = "record.json"
_INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class _OldCheck:
    outputs: Outputs | None = None


@dataclass(frozen=True)
class _OldRecord:
    """As much of an older record, of any schema version, as is needed to replace it."""

    schema: int
    complete: bool
    checks: tuple[_OldCheck, ...] = ()


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

    @property
    def outputs(self) -> OutputStore:
        """Where the outputs go."""
        return OutputStore(self.building / OUTPUTS, self.target)

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
            raise FolderError(refusal(self.target, error)) from error
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
        outputs = self.target / OUTPUTS
        outputs.mkdir(exist_ok=True)
        for file in (self.building / OUTPUTS).glob("*"):
            file.replace(outputs / file.name)
        for name in (_RECORD, *texts):
            (self.building / name).replace(self.target / name)
        for name in _output_names(older) - _output_names(record):
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
        raise FolderError(refusal(target, error)) from error
    return ReportFolder(target, workshop, missing)


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _older_record(folder: Path) -> _OldRecord | None:
    file = folder / _RECORD
    if not file.exists():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=_OldRecord)
    except msgspec.DecodeError:
        raise RecordError(f"its {_RECORD} is not a record of logitproof; choose another folder with --output") from None


def _output_names(record: Record | _OldRecord | None) -> set[str]:
    return {check.outputs.sha256 for check in record.checks if check.outputs} if record else set()
