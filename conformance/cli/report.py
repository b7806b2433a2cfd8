"""`logitproof report`: tell a record, from a file or standard input, in another format."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import RenderableType

from logitproof.reports import FORMATS, Record, RecordError, ReportFormat, read_record, read_record_stream, summary

from ..errors import UserError
from ..notes import tell
from ..run.request import RunRequest
from ..scripts.of_record import scripts_for
from ..settings.gate import gating_from
from ..settings.settings import read_settings
from .output import print_text, show, text_of, write_whole

JOB_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable that names the file of a GitHub job's summary."""
MOST_SUMMARY = 1 << 20
"""Bytes that GitHub takes of the summary of a job's step; of a larger one it shows nothing."""

STANDARD_INPUT = "-"


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Tell the record that `options` name; the exit status is what it amounts to, by the design's §10."""
    del typed
    settings = read_settings(Path.cwd())
    _require_sense(options, settings)
    since = options.since or settings.get("since")
    record = read_named(options.record)
    earlier = None if since is None else record_from(Path(str(since)), "--since")
    gate = gating_from(options, settings, earlier).of(record)
    deliver(
        FORMATS[options.format],
        lambda: FORMATS[options.format].of_run(record, earlier, gate, lambda: scripts_for(record)),
        lambda size_limit: summary(record, earlier, room=size_limit, gate=gate),
        options.output,
    )
    return gate.status


def deliver(
    form: ReportFormat,
    rendered: Callable[[], str | RenderableType],
    job_summary: Callable[[int], str],
    output: Path | None,
) -> None:
    """Write what a format says into a file, or on standard output as it is read there.

    Args:
        form: the format.
        rendered: gives what it says.
        job_summary: gives the summary of a GitHub job, in so many bytes at most.
        output: the file; None for standard output.

    Raises:
        UserError: a file cannot be written.
    """
    if form.is_for_job:
        tell_github(lambda: text_of(rendered()), job_summary)
    elif output is not None:
        write_text(output, text_of(rendered()))
    elif isinstance(shown := rendered(), str):
        print_text(shown)
    else:
        show(shown)


def _require_sense(options: argparse.Namespace, settings: Mapping[str, object]) -> None:
    """Refuse options that would be ignored.

    Raises:
        UserError: one would be.
    """
    gates = (options.fail_on or settings.get("fail_on")) == "regression"
    if options.since is not None and not FORMATS[options.format].tells_news and not gates:
        telling = ", ".join(name for name, form in FORMATS.items() if form.tells_news)
        raise UserError(f"--since says nothing in --format {options.format}: leave it out, or use {telling}")
    refuse_ignored_output(options)
    if str(options.record) == str(options.since) == STANDARD_INPUT:
        raise UserError("RECORD and --since cannot both be standard input")


def refuse_ignored_output(options: argparse.Namespace) -> None:
    """Refuse `--output` where nothing would be written into it.

    Raises:
        UserError: the format is for a job of GitHub.
    """
    if options.output is not None and FORMATS[options.format].is_for_job:
        raise UserError(
            "--output: annotations are read from standard output, and the summary goes to the job's own file"
        )


def read_named(record: Path | None) -> Record:
    """Return the record that is named on the command line, a file, a folder or "-"; the last run's where none is.

    Raises:
        UserError: it cannot be read.
    """
    path = record or Path(str(read_settings(Path.cwd()).get("output", RunRequest.output)))
    return record_from(path, "RECORD")


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
