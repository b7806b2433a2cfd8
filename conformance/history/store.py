"""The history of runs: filed under backend and version, and found there again.

    <store>/torch/2.13.0+cpu/2026-11-21T16-10-51Z-ci/record.json and outputs/

A run of several backends is filed once for each of them, with what is about that backend alone; the outputs, which may
be large, are shared between the copies where the file system can. (The hash of the corpus stays that of the whole run.)
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from logitproof.reports import Backend, Record, encode_record, open_workshop

from ..errors import UserError
from ..notes import tell

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}\Z")
_ASKED = re.compile(r"\s*(?P<name>[^=<>!~\s]+)\s*(?P<versions>[=<>!~].*)?\Z")
_TIME = re.compile(r"[^0-9A-Za-z-]")
_RECORD, _OUTPUTS = "record.json", "outputs"


def store_from(options: argparse.Namespace, settings: Mapping[str, object]) -> Path | None:
    """Return the history that the command line or the settings name, made if need be, before all the work.

    Raises:
        UserError: it cannot be made, or nothing can be written there.
    """
    named = options.store or settings.get("store")
    if named is None:
        return None
    store = Path(str(named))
    _require_usable(store)
    return store


def _require_usable(store: Path) -> None:
    try:
        store.mkdir(parents=True, exist_ok=True)
        probe = store / f".probe-{os.getpid()}"
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise UserError(f"--store {store}: {error.strerror or error}") from None


def file_run(store: Path, folder: Path, record: Record) -> list[Path]:
    """File a finished run under each of its backends; return where. An incomplete run is no history: it is left out.

    Args:
        store: the history.
        folder: where the run's `outputs/` lie.
        record: its record.

    Raises:
        UserError: the file system refused.
    """
    if not record.complete:
        tell("the run is incomplete: it is not filed")
        return []
    try:
        return [_filed(store, folder, only(record, backend), backend) for backend in record.backends]
    except OSError as error:
        raise UserError(f"--store {store}: {error.strerror or error}") from None


def only(record: Record, backend: Backend) -> Record:
    """Return what a record says about one of its backends."""
    name = backend.name
    return replace(
        record,
        run=replace(record.run, seconds={key: each for key, each in record.run.seconds.items() if key == name}),
        backends=(backend,),
        checks=tuple(check for check in record.checks if check.backend == name),
        properties=tuple(result for result in record.properties if result.backend == name),
        discrepancies=tuple(each for each in record.discrepancies if each.backend == name),
    )


def _filed(store: Path, folder: Path, record: Record, backend: Backend) -> Path:
    """Put one run into its place, whole or not at all."""
    version = store / _folder_name(backend.name) / _folder_name(backend.version or "unknown")
    run_folder = (
        version / f"{_TIME.sub('-', record.run.started.replace('+00:00', 'Z'))}-{_folder_name(record.run.profile)}"
    )
    version.mkdir(parents=True, exist_ok=True)
    workshop = open_workshop(version)
    aside = workshop.folder
    try:
        (aside / _OUTPUTS).mkdir()
        for name in {check.outputs.sha256 for check in record.checks if check.outputs}:
            _shared(folder / _OUTPUTS / name, aside / _OUTPUTS / name)
        (aside / _RECORD).write_bytes(encode_record(record))
        shutil.rmtree(run_folder, ignore_errors=True)  # the same second: a run that was made again replaces itself
        workshop.leave()
        aside.rename(run_folder)
    finally:
        workshop.remove()
    return run_folder


def _shared(source: Path, target: Path) -> None:
    """Outputs are named by their content and never written again: a second name for the same file is as good."""
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def find_run(store: Path, asked: str) -> Path:
    """Return the folder of the latest run that a history has of a backend, e.g. "torch" or "torch==2.13.0".

    Raises:
        UserError: there is none.
    """
    match = _ASKED.match(asked)
    if match is None:
        raise UserError(f"{asked!r}: neither a record nor NAME==VERSION")
    name, versions = match["name"], match["versions"] or ""
    try:
        wanted = SpecifierSet(versions, prereleases=True)
    except InvalidSpecifier:
        raise UserError(f"{asked!r}: {versions!r} is no set of versions: write NAME==VERSION") from None
    runs = [
        run
        for version in _folders(store / _folder_name(name))
        if not versions or _fits(version.name, wanted)
        for run in _folders(version)
        if (run / _RECORD).is_file()
    ]
    if not runs:
        raise UserError(f"{asked}: {store} has no run of it{_offer(store, name)}")
    return max(runs, key=lambda run: run.name)


def _offer(store: Path, name: str) -> str:
    """Say what there is instead."""
    versions = [version.name for version in _folders(store / _folder_name(name))]
    if versions:
        return f", but of {name} {', '.join(versions[:5])}"
    names = [each.name for each in _folders(store)]
    return f", but of {', '.join(names[:5])}" if names else ""


def _fits(version: str, wanted: SpecifierSet) -> bool:
    try:
        return wanted.contains(Version(version))
    except InvalidVersion:
        return any(version == each.version for each in wanted if each.operator in ("==", "==="))


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))


def _folder_name(name: str) -> str:
    """Return a name as that of a folder: itself where it is plain; what it ends with and a hash for a path."""
    if _SAFE_NAME.match(name):
        return name
    tail = re.sub(r"[^A-Za-z0-9._+-]", "_", Path(name).name).lstrip(".-+")[:60]
    return f"{tail or 'backend'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
