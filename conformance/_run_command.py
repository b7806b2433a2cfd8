"""`logitproof run`: examine backends, write record.json and the reports, tell the result."""

from __future__ import annotations

import argparse
import difflib
import shlex
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from logitproof.properties import PROPERTIES, TRAINING_STEP
from logitproof.reference import FORMATS, FUNCTIONS
from logitproof.reports import FolderError, Record, exit_status, open_folder, run_view, summary

from ._backend_spec import parse_backend
from ._errors import UserError, unknown
from ._listing import DISTRIBUTIONS, INSTALL, installed
from ._output import show
from ._progress import shown_progress
from ._request import PROFILES, RunRequest
from ._run import run
from ._settings import read_settings
from ._witness import WITNESSES


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Make the run that `options` and the settings ask for; the exit status is that of the design's §10."""
    request = request_from(options, read_settings(Path.cwd()), typed)
    record, folder = examine_into(request)
    show(run_view(record, folder))
    return exit_status(record)


def examine_into(request: RunRequest) -> tuple[Record, Path]:
    """Make the run and publish it in `request.output`; return the record and the folder where it lies.

    Raises:
        UserError: the folder cannot be used, or the run found the request to be wrong; nothing was written.
    """
    try:
        folder = open_folder(request.output)
    except FolderError as error:
        raise UserError(str(error)) from None
    try:
        with shown_progress() as progress, termination_as_interrupt():
            record = run(request, progress, folder.store)
        with _undisturbed():
            return record, folder.publish(record, {"summary.md": summary(record)})
    except FolderError as error:
        raise UserError(str(error)) from None
    finally:
        folder.discard()


def request_from(options: argparse.Namespace, settings: Mapping[str, object], typed: Sequence[str]) -> RunRequest:
    """Return the request that the command line makes, with the settings where it is silent.

    Raises:
        UserError: a name is unknown, a value out of range, a file missing, or no framework is installed.
    """
    given = {**settings, **{key: value for key, value in vars(options).items() if value is not None}}
    keys = ("backend", "function", "entry_point", "dtype", "check", "property")
    lists = {key: tuple(_strings(given.get(key))) for key in keys}
    _only(given, "mode", "eager")
    _only(given, "device", "cpu")
    _known("function", lists["function"], FUNCTIONS)
    _known("dtype", lists["dtype"], FORMATS)
    _known("property", lists["property"], (*PROPERTIES, TRAINING_STEP.id))
    if lists["check"] and lists["property"]:
        message = "--check and --property each leave out what the other asks for: give one of them"
        raise UserError(message)
    profile = str(given.get("profile", RunRequest.profile))
    _known("profile", (profile,), PROFILES)
    return RunRequest(
        backends=_backends(lists["backend"]),
        functions=lists["function"],
        entry_points=lists["entry_point"],
        dtypes=lists["dtype"],
        checks=lists["check"],
        properties=lists["property"],
        inputs=_npz(given.get("inputs")),
        witnesses=WITNESSES,
        profile=profile,
        timeout=_at_least("timeout", given.get("timeout", RunRequest.timeout), 0.001),
        jobs=int(_at_least("jobs", given["jobs"], 1)) if "jobs" in given else None,
        output=Path(str(given.get("output", RunRequest.output))),
        command=shlex.join(["logitproof", *typed]),
    )


def _strings(value: object) -> list[str]:
    return [str(item).strip() for item in value] if isinstance(value, list) else []


def _only(given: Mapping[str, object], key: str, only: str) -> None:
    for value in _strings(given.get(key)):
        if value != only:
            message = f"{key} {value!r} cannot be examined by this release: leave --{key} out, or use --{key} {only}"
            raise UserError(message)


def _known(what: str, names: Sequence[str], known: Sequence[str] | Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise unknown(what, name, known)


def _backends(names: Sequence[str]) -> tuple[str, ...]:
    usable = installed()
    if not names and not usable:
        message = (
            "no framework is installed here: pip install 'logitproof[torch]' or 'logitproof[tensorflow]', "
            "or name your own module with --backend path/to/kernels.py"
        )
        raise UserError(message)
    for name in names:
        check_backend(name, usable)
    return tuple(dict.fromkeys(names)) or usable


def check_backend(name: str, usable: Sequence[str]) -> None:
    """Refuse a name that can mean nothing; what only a worker can find out, it reports.

    Raises:
        UserError: the framework is not installed, or there is no such framework, file or module.
    """
    if name in DISTRIBUTIONS and name not in usable:
        message = f"backend {name!r} is not installed here: {INSTALL[name]}"
        raise UserError(message)
    try:
        parse_backend(name)
    except ValueError as error:
        near = difflib.get_close_matches(name, list(DISTRIBUTIONS), n=1)
        message = f"unknown backend {name!r}: did you mean {near[0]!r}?" if near else str(error)
        raise UserError(message) from None


def _npz(value: object) -> Path | None:
    if value is None:
        return None
    path = Path(str(value))
    if not path.is_file():
        message = f"--inputs {path}: there is no such file"
        raise UserError(message)
    return path


def _at_least(key: str, value: object, least: float) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not least <= number < float("inf"):
        message = f"--{key} must be at least {least:g}, not {value}"
        raise UserError(message)
    return number


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Let a polite end from outside (SIGTERM of a CI job) keep finished work, as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        del number, frame
        raise KeyboardInterrupt

    older = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, older)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Publish without being torn: a second Ctrl-C has to wait."""
    older = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, older)
