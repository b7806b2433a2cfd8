"""`logitproof compare`: hold two runs against each other and against the truth."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from logitproof.reports import FORMATS, Comparison, Record, comparison_markdown

from ..compare.compare import compare
from ..compare.gate import held
from ..compare.runs import ComparedRun
from ..errors import UserError
from ..history.store import find_run
from ..inputs.arrays import input_batches
from ..inputs.batch import Batch
from ..inputs.hashes import batch_hash
from ..inputs.witness import WITNESSES, witnesses_in
from ..notes import tell
from ..scripts.of_change import scripts_for_comparison
from ..settings.gate import gating_of_comparison
from ..settings.settings import read_settings
from .report import STANDARD_INPUT, deliver, record_from, refuse_ignored_output


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Compare the two runs that `options` name; the exit status is what the comparison amounts to."""
    del typed
    refuse_ignored_output(options)
    if str(options.old) == str(options.new) == STANDARD_INPUT:
        raise UserError("OLD and NEW cannot both be standard input")
    settings = read_settings(Path.cwd())
    paths = _paths((options.old, options.new), options.store or settings.get("store"))
    old, new = record_from(paths[0], "OLD"), record_from(paths[1], "NEW")
    gating = replace(gating_of_comparison(options, settings), earlier=old)
    titles = _titles((old, new), paths)
    comparison = compare(
        ComparedRun(old, _folder(paths[0]), titles[0]),
        ComparedRun(new, _folder(paths[1]), titles[1]),
        given=given_batches((old, new), options.inputs),
        jobs=options.jobs,
        note=tell,
    )
    comparison, status = held(comparison, new, gating)
    tell_comparison(comparison, options.format, options.output)
    return status


def tell_comparison(comparison: Comparison, form: str, output: Path | None) -> None:
    """Tell a comparison in one of the formats, on standard output or in a file.

    Raises:
        UserError: the file cannot be written.
    """
    deliver(
        FORMATS[form],
        lambda: FORMATS[form].of_comparison(comparison, lambda: scripts_for_comparison(comparison)),
        lambda size_limit: comparison_markdown(comparison, size_limit),
        output,
    )


def _paths(named: tuple[Path, Path], store: object) -> tuple[Path, Path]:
    """Return where two records are: as they were named, or where the history has them.

    Raises:
        UserError: the history does not have one of them.
    """
    if store is None:
        return named
    known = [each if _is_there(each) else find_run(Path(str(store)), str(each)) for each in named]
    return known[0], known[1]


def _is_there(named: Path) -> bool:
    return str(named) == STANDARD_INPUT or named.exists()


def _folder(named: Path) -> Path | None:
    """Return where the outputs of a record lie."""
    if str(named) == STANDARD_INPUT:
        return None
    return named if named.is_dir() else named.parent


def _titles(records: tuple[Record, Record], named: tuple[Path, Path]) -> tuple[str, str]:
    """Return what the runs are called: by their backends, and where these are the same by their place too."""
    old, new = (
        ", ".join(f"{each.name} {each.version}".strip() for each in record.backends) or "nothing" for record in records
    )
    return (old, new) if old != new else (f"{old} ({named[0]})", f"{new} ({named[1]})")


def given_batches(records: tuple[Record, Record], inputs: Path | None) -> dict[str, Batch]:
    """Return the batches at hand that are those of the runs, and not of the corpus: by their content, not by name.

    Raises:
        UserError: the file of inputs cannot be read, or is not the one that the runs were given.
    """
    wanted = {name: digest for record in records for name, digest in record.corpus.given.items()}
    if not wanted:
        if inputs is not None:
            raise UserError(f"--inputs {inputs}: neither run was given any")
        return {}
    batches = [witness.batch() for witness in witnesses_in(WITNESSES)[0]]
    from_file = input_batches(inputs) if inputs is not None else []
    matching = {
        _name(batch): batch for batch in (*batches, *from_file) if wanted.get(_name(batch)) == batch_hash(batch)
    }
    if from_file and not any(_name(batch) in matching for batch in from_file):
        raise UserError(f"--inputs {inputs}: this is not what the runs were given")
    return matching


def _name(batch: Batch) -> str:
    return f"{batch.function}/{batch.dtype}/{batch.name}"
