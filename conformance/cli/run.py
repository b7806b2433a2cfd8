"""`logitproof run`: examine backends, write record.json and the reports, tell the result."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from logitproof.properties import PROPERTIES, TRAINING_STEP
from logitproof.reference import FORMATS, FUNCTIONS
from logitproof.reports import (
    RUN_PAGES,
    FolderError,
    Record,
    open_folder,
    read_record,
    run_view,
)

from ..backends.frameworks import FRAMEWORKS
from ..backends.installed import installed
from ..backends.spec import check_backend
from ..corpus.corpus import PROFILES
from ..errors import UserError, unknown
from ..history.store import file_run, store_from
from ..inputs.witness import WITNESSES
from ..notes import tell
from ..run.progress import shown_progress
from ..run.request import RunRequest
from ..run.run import run
from ..scripts.of_record import scripts_for
from ..settings.gate import GateOptions, gating_from, since_from
from ..settings.settings import read_settings
from ..signals import forget, interruptible, undisturbed
from .output import page_or_word, show


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Make the run that `options` and the settings ask for; the exit status is that of the design's §10."""
    settings = read_settings(Path.cwd())
    request = request_from(options, settings, typed)
    gating = gating_from(options, settings, since_from(options, settings))
    gating.require_profile(request.profile)
    store = store_from(options, settings)
    with undisturbed():
        record, folder, pages = examine_into(request, gating)
        if store is not None:
            file_run(store, folder, record)
        forget()  # the run is whole, and so is its report
    gate = gating.of(record)
    show(run_view(record, folder, pages, gate))
    return gate.status


def examine_into(request: RunRequest, gating: GateOptions | None = None) -> tuple[Record, Path, tuple[str, ...]]:
    """Make the run and publish it in `request.output`; return the record, its folder and the names of its pages.

    Args:
        request: what to examine.
        gating: what it fails on; defects unless said otherwise.

    Raises:
        UserError: the folder cannot be used, or the run found the request to be wrong; nothing was written.
    """
    try:
        folder = open_folder(request.output)
    except FolderError as error:
        raise UserError(str(error)) from None
    try:
        with shown_progress() as progress:
            record = run(request, progress, folder.outputs)
        pages = rendered(record, request.output, gating)
        path = folder.publish(record, pages)
        for name in RUN_PAGES.keys() - pages.keys():  # an older one would tell of another run
            (path / name).unlink(missing_ok=True)
        return record, path, tuple(pages)
    except FolderError as error:
        raise UserError(str(error)) from None
    finally:
        folder.discard()


def rendered(record: Record, folder: Path, gating: GateOptions | None = None) -> dict[str, str]:
    """Return the pages of a record, without those that cannot be rendered: the record itself is worth more than they.

    Args:
        record: the run that ended.
        folder: where an earlier run may lie, to tell what is new since.
        gating: what the run fails on, and the earlier run that was named.
    """
    pages: dict[str, str] = {}
    name = "the rest"
    try:
        with interruptible():
            earlier = gating.earlier if gating and gating.earlier else earlier_run(folder)
            gate = gating.of(record) if gating else None
            for name, form in RUN_PAGES.items():
                text = page_or_word(name, partial(form.of_run, record, earlier, gate, lambda: scripts_for(record)))
                if text is not None:
                    pages[name] = text
    except KeyboardInterrupt:
        tell(f"interrupted: {name} is left out, and the record is kept: logitproof report tells it")
    return pages


def earlier_run(folder: Path) -> Record | None:
    """Return the complete run in a folder, if there is one that this release can read."""
    if not (folder / "record.json").is_file():
        return None
    try:
        record = read_record(folder)
    except Exception:  # noqa: BLE001 - whatever is wrong with an older run, the new one is worth more
        return None
    return record if record.complete else None


def request_from(options: argparse.Namespace, settings: Mapping[str, object], typed: Sequence[str]) -> RunRequest:
    """Return the request that the command line makes, with the settings where it is silent.

    Raises:
        UserError: a name is unknown, a value out of range, a file missing, or no framework is installed.
    """
    given = _given(options, settings)
    return _request(given, _backends(_strings(given.get("backend"))), typed)


def request_of_sides(
    options: argparse.Namespace, settings: Mapping[str, object], typed: Sequence[str], output: Path
) -> RunRequest:
    """Return the request for backends that are elsewhere, named by the sides of an upgrade.

    Args:
        options: the command line.
        settings: the settings, of which those that name a backend, a folder or an earlier run say nothing here.
        typed: the command line as typed.
        output: where the files go unless the command line says otherwise.

    Raises:
        UserError: a name is unknown, a value out of range, or a file missing.
    """
    shared = {key: value for key, value in settings.items() if key not in ("backend", "output", "since")}
    return _request({"output": output, **_given(options, shared)}, (), typed)


def _given(options: argparse.Namespace, settings: Mapping[str, object]) -> dict[str, object]:
    return {**settings, **{key: value for key, value in vars(options).items() if value is not None}}


def _request(given: Mapping[str, object], backends: tuple[str, ...], typed: Sequence[str]) -> RunRequest:
    keys = ("function", "entry_point", "dtype", "mode", "device", "check", "property")
    lists = {key: tuple(_strings(given.get(key))) for key in keys}
    _known("function", lists["function"], FUNCTIONS)
    _known("dtype", lists["dtype"], FORMATS)
    _known("property", lists["property"], (*PROPERTIES, TRAINING_STEP.id))
    if lists["check"] and lists["property"]:
        raise UserError("--check and --property each leave out what the other asks for: give one of them")
    profile = str(given.get("profile", RunRequest.profile))
    _known("profile", (profile,), PROFILES)
    return RunRequest(
        backends=backends,
        functions=lists["function"],
        entry_points=lists["entry_point"],
        dtypes=lists["dtype"],
        modes=lists["mode"],
        devices=lists["device"],
        checks=lists["check"],
        properties=lists["property"],
        inputs=_npz(given.get("inputs")),
        witnesses=WITNESSES,
        profile=profile,
        timeout=_seconds("timeout", given, RunRequest.timeout),
        hello_timeout=_seconds("hello-timeout", given, RunRequest.hello_timeout),
        jobs=int(_at_least("jobs", given["jobs"], 1)) if "jobs" in given else None,
        output=Path(str(given.get("output", RunRequest.output))),
        command=shlex.join(["logitproof", *typed]),
    )


def _strings(value: object) -> list[str]:
    return [str(item).strip() for item in value] if isinstance(value, list) else []


def _known(what: str, names: Sequence[str], known: Sequence[str] | Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise unknown(what, name, known)


def _backends(names: Sequence[str]) -> tuple[str, ...]:
    usable = installed()
    if not names and not usable:
        extras = " or ".join(dict.fromkeys(f"'{framework.requirement}'" for framework in FRAMEWORKS.values()))
        raise UserError(
            f"no framework is installed here: pip install {extras}, "
            "or name your own module with --backend path/to/kernels.py"
        )
    for name in names:
        check_backend(name, usable)
    return tuple(dict.fromkeys(names)) or usable


def _npz(value: object) -> Path | None:
    if value is None:
        return None
    path = Path(str(value))
    if not path.is_file():
        raise UserError(f"--inputs {path}: there is no such file")
    return path


def _seconds(key: str, given: Mapping[str, object], default: float) -> float:
    return _at_least(key, given.get(key.replace("-", "_"), default), 0.001)


def _at_least(key: str, value: object, least: float) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not least <= number < float("inf"):
        raise UserError(f"--{key} must be at least {least:g}, not {value}")
    return number
