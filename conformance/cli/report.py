"""`logitproof report`: tell a record, from a file or standard input, in another format."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from logitproof.reports import (
    Gate,
    Record,
    RecordError,
    encode_record,
    github_annotations,
    html_report,
    junit,
    read_record,
    read_record_stream,
    record_view,
    summary,
)

from ..errors import UserError
from ..notes import tell
from ..run.request import RunRequest
from ..scripts.of_record import scripts_for
from ..settings.gate import gating_from
from ..settings.settings import read_settings
from .output import print_text, show, shown_text, write_whole

JOB_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable that names the file of a GitHub job's summary."""
MOST_SUMMARY = 1 << 20
"""Bytes that GitHub takes of the summary of a job's step; of a larger one it shows nothing."""

STANDARD_INPUT = "-"

_FORMATS: Mapping[str, Callable[[Record, Record | None, Gate], str]] = {
    "terminal": lambda record, earlier, gate: shown_text(record_view(record, earlier, gate)),
    "html": lambda record, earlier, gate: html_report(record, scripts_for(record), earlier, gate),
    "markdown": lambda record, earlier, gate: summary(record, earlier, gate=gate),
    "junit": lambda record, _, gate: junit(record, gate),
    "json": lambda record, _, __: encode_record(record).decode(),
}
_COMPARING = ("terminal", "html", "markdown", "github")
"""The formats that can tell what is new since an earlier run."""


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Tell the record that `options` name; the exit status is what it amounts to, by the design's §10."""
    del typed
    settings = read_settings(Path.cwd())
    _require_sense(options, settings)
    since = options.since or settings.get("since")
    record = read_named(options.record)
    earlier = None if since is None else record_from(Path(str(since)), "--since")
    gate = gating_from(options, settings, earlier).of(record)
    if options.format == "github":
        tell_github(
            lambda: github_annotations(record, gate),
            lambda size_limit: summary(record, earlier, room=size_limit, gate=gate),
        )
    elif options.output is not None:
        write_text(options.output, _FORMATS[options.format](record, earlier, gate))
    elif options.format == "terminal":
        show(record_view(record, earlier, gate))
    else:
        print_text(_FORMATS[options.format](record, earlier, gate))
    return gate.status


def _require_sense(options: argparse.Namespace, settings: Mapping[str, object]) -> None:
    """Refuse options that would be ignored.

    Raises:
        UserError: one would be.
    """
    gates = (options.fail_on or settings.get("fail_on")) == "regression"
    if options.since is not None and options.format not in _COMPARING and not gates:
        raise UserError(
            f"--since says nothing in --format {options.format}: leave it out, or use {', '.join(_COMPARING)}"
        )
    if options.output is not None and options.format == "github":
        raise UserError(
            "--output: annotations are read from standard output, and the summary goes to the job's own file"
        )
    if str(options.record) == str(options.since) == STANDARD_INPUT:
        raise UserError("RECORD and --since cannot both be standard input")


def _named(record: Path | None) -> Path:
    """Return the record asked for; where none is, the one of the last run."""
    return record or Path(str(read_settings(Path.cwd()).get("output", RunRequest.output)))


def read_named(record: Path | None) -> Record:
    """Return the record that is named on the command line, a file, a folder or "-"; the last run's where none is.

    Raises:
        UserError: it cannot be read.
    """
    return record_from(_named(record), "RECORD")


def record_from(path: Path, option: str) -> Record:
    """Return the record in a file or folder, or on standard input where `path` is "-".

    Args:
        path: as the command line takes it.
        option: what messages call it.

    Raises:
        UserError: it cannot be read.
    """
    if str(path) == STANDARD_INPUT:
        return _from_standard_input(option)
    return _read(lambda: read_record(path), str(path))


def _from_standard_input(option: str) -> Record:
    if sys.stdin is None or sys.stdin.isatty():
        raise UserError(f"{option} is -, and nothing is piped into standard input: name a file, or pipe a record in")
    return _read(lambda: read_record_stream(sys.stdin.buffer), "standard input")


def _read(reading: Callable[[], Record], name: str) -> Record:
    try:
        return reading()
    except RecordError as error:
        raise UserError(str(error)) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: not a record: {error}") from None


def write_text(file: Path, text: str) -> None:
    """Write what `--output` asks for.

    Raises:
        UserError: the file system refused.
    """
    try:
        write_whole(file, text.encode())
    except OSError as error:
        raise UserError(f"--output {file}: {error.strerror or error}") from None


def tell_github(annotations: Callable[[], str], summary_in: Callable[[int], str]) -> None:
    """Add to the job's summary first: should its file be wrong, nothing is said that is not so.

    Args:
        annotations: gives what goes to standard output.
        summary_in: gives the summary, in so many bytes at most.

    Raises:
        UserError: the summary's file cannot be written.
    """
    named = os.environ.get(JOB_SUMMARY)
    if named:
        _add_to_summary(Path(named), summary_in)
    else:
        tell(f"${JOB_SUMMARY} is not set: annotations only, no summary of the job")
    print_text(annotations())


def _add_to_summary(file: Path, summary_in: Callable[[int], str]) -> None:
    """Append what fits to the summary: earlier commands of the step may have written there."""
    try:
        used = file.stat().st_size if file.exists() else 0
        text = summary_in(max(0, MOST_SUMMARY - used - 1))
        if not text:
            tell(f"{file} is full: no room for a summary")
            return
        _append(file, (f"\n{text}" if used else text).encode(), used)
    except OSError as error:
        raise UserError(f"${JOB_SUMMARY}: {file}: {error.strerror or error}") from None


def _append(file: Path, content: bytes, used: int) -> None:
    """Append all of it, or nothing."""
    with file.open("ab", buffering=0) as stream:
        try:
            while content:
                content = content[stream.write(content) :]
        except OSError:
            if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                stream.truncate(used)
            raise
