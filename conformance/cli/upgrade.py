"""`logitproof upgrade`: build two environments, examine both on the same inputs, and say what changed."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from logitproof.reports import (
    COMPARISON_PAGES,
    Comparison,
    FolderError,
    Record,
    ReportFolder,
    open_folder,
    summary,
)

from ..compare.compare import compare
from ..compare.gate import INCOMPLETE, held
from ..compare.runs import ComparedRun
from ..errors import UserError, unknown
from ..history.store import file_run, store_from
from ..inputs.batch import Batch
from ..notes import tell
from ..run.progress import Progress, shown_progress
from ..run.request import RunRequest
from ..run.run import run_sides
from ..run.running_backends import Side
from ..scripts.of_change import scripts_for_comparison
from ..settings.gate import GateOptions, gating_of_comparison
from ..settings.settings import read_settings
from ..signals import interruptible, undisturbed
from ..upgrade.environment import default_cache
from ..upgrade.installer import INSTALLERS
from ..upgrade.sides import PreparedSide, RequestedSide, optional_in, prepared_sides, wish_of
from .compare import given_batches, tell_comparison
from .output import page_or_word, write_whole
from .run import request_of_sides

OUTPUT = Path("logitproof-upgrade")
SIDES = ("old", "new")


@dataclass(frozen=True)
class _ExaminedSide:
    """One side that was examined."""

    prepared: PreparedSide
    record: Record
    folder: Path


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Make the upgrade that `options` ask for; the exit status is what the comparison amounts to, 3 if it cannot be."""
    settings = read_settings(Path.cwd())
    wishes = _wishes(options)
    request = request_of_sides(options, settings, typed, OUTPUT)
    store = store_from(options, settings)
    gating = gating_of_comparison(options, settings)
    _check_installer(options.installer)
    kept: list[Path] = []
    with _kept_whatever_comes(kept):
        with undisturbed(), shown_progress() as progress:
            examined = _examined(options, wishes, request, progress, kept)
            for name in COMPARISON_PAGES:  # beside new records they would tell of other ones
                (request.output / name).unlink(missing_ok=True)
            if store is not None:
                for each in examined:
                    file_run(store, each.folder, each.record)
            if len(examined) < len(SIDES):
                return _one_side(examined, request.output)
            with interruptible():
                comparison = _compared(examined, request, progress)
        gating = replace(gating, earlier=examined[0].record)
        return _deliver(comparison, examined[1].record, gating, request.output, options.format)


@contextmanager
def _kept_whatever_comes(records: Sequence[Path]) -> Iterator[None]:
    """Say where the records are if anything goes wrong once they are made: hours may be in them.

    Raises:
        UserError: what was raised, with these words.
    """
    try:
        yield
    except BaseException as error:
        if not records:
            raise
        folders = " and ".join(map(str, records))
        hint = f"what was examined is kept in {folders}: logitproof compare holds two records against each other"
        if isinstance(error, UserError):
            raise UserError(f"{error}; {hint}") from None
        tell(hint)
        raise


def _wishes(options: argparse.Namespace) -> tuple[RequestedSide, RequestedSide]:
    """Return what both sides ask for.

    Raises:
        UserError: one of them cannot be.
    """
    both, backends = list(options.companions or ()), list(options.backend or ())
    old = wish_of(options.old, [*both, *(options.companions_old or ())], options.python_old or options.python, backends)
    new = wish_of(options.new, [*both, *(options.companions_new or ())], options.python_new or options.python, backends)
    if not set(old.backends) & set(new.backends):
        raise UserError(f"{old.text} and {new.text} are different frameworks: there is nothing to compare")
    return old, new


def _check_installer(name: str) -> None:
    if name not in INSTALLERS:
        raise unknown("--installer", name, list(INSTALLERS))
    if name == "uv" and shutil.which("uv") is None:
        raise UserError("--installer uv: uv is not installed here: pip install uv")


def _examined(
    options: argparse.Namespace,
    wishes: Sequence[RequestedSide],
    request: RunRequest,
    progress: Progress,
    kept: list[Path],
) -> list[_ExaminedSide]:
    """Examine both sides, or the one that could be built, and keep the records; their folders are added to `kept`.

    Raises:
        UserError: neither could be built, or a folder cannot be used.
    """
    cache = options.cache or default_cache()
    prepared = prepared_sides(wishes, installer=INSTALLERS[options.installer], cache=cache, note=progress.note)
    usable = [(name, side) for name, side in zip(SIDES, prepared, strict=True) if side.python is not None]
    if not usable:
        raise UserError("neither side could be installed: nothing was examined")
    with ExitStack() as stack:
        folders = [_opened(request.output / name, stack) for name, _ in usable]
        titles = _titles([side.wish.text for _, side in usable])
        sides = [
            Side(title, side.specs(), folder.outputs, optional_in(side.wish))
            for title, (_, side), folder in zip(titles, usable, folders, strict=True)
        ]
        records = run_sides(request, sides, progress)
        with undisturbed():
            for record, folder in zip(records, folders, strict=True):
                kept.append(_published(folder, record))
        return [
            _ExaminedSide(side, record, folder) for (_, side), record, folder in zip(usable, records, kept, strict=True)
        ]


def _titles(texts: Sequence[str]) -> list[str]:
    """Return what tells the sides apart."""
    if len(set(texts)) == len(texts):
        return list(texts)
    return [f"{name}: {text}" for name, text in zip(SIDES, texts, strict=True)]


def _opened(target: Path, stack: ExitStack) -> ReportFolder:
    try:
        folder = open_folder(target)
    except FolderError as error:
        raise UserError(str(error)) from None
    stack.callback(folder.discard)
    return folder


def _published(folder: ReportFolder, record: Record) -> Path:
    text = page_or_word("summary.md", partial(summary, record))
    try:
        path = folder.publish(record, {} if text is None else {"summary.md": text})
        if text is None:  # an older one would tell of another run
            (path / "summary.md").unlink(missing_ok=True)
    except FolderError as error:
        raise UserError(str(error)) from None
    return path


def _one_side(examined: Sequence[_ExaminedSide], output: Path) -> int:
    (only,) = examined
    path = output / only.folder.name
    tell(f"{only.prepared.wish.text} was examined alone, and nothing was compared: its record is in {path}")
    return INCOMPLETE


def _compared(examined: Sequence[_ExaminedSide], request: RunRequest, progress: Progress) -> Comparison:
    old, new = (
        ComparedRun(each.record, each.folder, title)
        for each, title in zip(examined, _titles([each.prepared.wish.text for each in examined]), strict=True)
    )
    given: dict[str, Batch] = given_batches((old.record, new.record), request.inputs)
    return compare(old, new, given=given, jobs=request.jobs, note=progress.note)


def _deliver(comparison: Comparison, new: Record, gating: GateOptions, output: Path, form: str) -> int:
    comparison, status = held(comparison, new, gating)
    for name, form_of_page in COMPARISON_PAGES.items():
        page = partial(form_of_page.of_comparison, comparison, lambda: scripts_for_comparison(comparison))
        text = page_or_word(name, page)
        if text is None:
            continue
        try:
            write_whole(output / name, text.encode())
        except OSError as error:
            raise UserError(f"{output / name}: {error.strerror or error}") from None
    tell_comparison(comparison, form, None)
    return status
