"""`logitproof reproduce`: a stand-alone script for one discrepancy, or for one change of a comparison."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from logitproof.reports import Discrepancy, RecordError, change_key, is_comparison, read_comparison

from ..errors import UserError
from ..inputs.witness import WITNESSES
from ..run.request import RunRequest
from ..scripts.lookup import known
from ..scripts.of_change import change_meant, script_of_change
from ..scripts.of_discrepancy import reproduction_of
from ..scripts.of_record import script_of
from ..scripts.script import script_for
from ..settings.settings import read_settings
from .output import print_text, write_whole


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Write the script for the discrepancy or change that `options.id` means; the exit status is 0."""
    del typed
    if options.record is not None and is_comparison(options.record):
        _write(_of_change(options), options.output)
        return 0
    record = options.record or Path(str(read_settings(Path.cwd()).get("output", RunRequest.output)))
    findings = known(record, WITNESSES, must_exist=options.record is not None)
    finding, backend = findings.find(options.id)
    try:
        if isinstance(finding, Discrepancy):
            script = script_of(finding, findings, whole_batch=options.whole_batch)
        else:
            script = script_for(reproduction_of(finding, backend, whole_batch=options.whole_batch))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # whatever a damaged finding leads to
        raise UserError(f"there can be no script for {finding.id}: {error}") from None
    _write(script, options.output)
    return 0


def _of_change(options: argparse.Namespace) -> str:
    """Return the script for a change of a comparison.

    Raises:
        UserError: the comparison cannot be read, there is no such change, or no script for it.
    """
    if options.whole_batch:
        raise UserError("--whole-batch: the script of a change calls with its one case; leave it out")
    try:
        comparison = read_comparison(options.record)
    except (RecordError, UnicodeDecodeError) as error:
        raise UserError(str(error)) from None
    check, change = change_meant(comparison, options.id, str(options.record))
    try:
        return script_of_change(comparison, check, change)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # whatever a damaged comparison leads to
        raise UserError(f"there can be no script for {change_key(check, change)}: {error}") from None


def _write(script: str, output: Path | None) -> None:
    """Write UTF-8, as Python reads a script."""
    if output is None:
        print_text(script)
        return
    try:
        write_whole(output, script.encode())
    except OSError as error:
        raise UserError(f"--output {output}: {error.strerror or error}") from None
