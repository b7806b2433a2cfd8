"""`logitproof hunt`: search for new worst cases, shrink the failures, keep them as witnesses."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from logitproof.reports import Discrepancy, error_words, findings_view, inputs_words

from ..backends.client import BackendError, Worker, open_all
from ..backends.spec import BackendSpec, parse_backend
from ..errors import UserError
from ..hunt.progress import shown_hunt
from ..inputs.witness import WITNESSES
from ..run.plan import check_entry_points, check_settings
from ..run.request import RunRequest
from ..settings.settings import read_settings
from ..signals import undisturbed
from .output import show
from .run import request_from

if TYPE_CHECKING:
    from ..hunt.hunt import Hunted
    from ..hunt.progress import HuntProgress

MINUTES = 1.0
"""How long a hunt takes, unless it is told otherwise."""

FAILED, INCOMPLETE = 1, 3


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """Make the hunt that `options` and the settings ask for; the exit status is that of the design's §10."""
    examined = request_from(options, read_settings(Path.cwd()), typed)
    seconds = _seconds(options)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    with undisturbed(), shown_hunt(seconds) as progress:
        progress.note(f"seed {seed}")
        hunted = _hunted(examined, seconds, options.examples, seed, progress)
    if hunted is None:
        return INCOMPLETE
    show(_view(hunted, seed))
    if not hunted.complete:
        return INCOMPLETE
    return FAILED if hunted.has_failures else 0


def _seconds(options: argparse.Namespace) -> float:
    """Return when to end: after a minute, or never where a number of examples is asked for instead."""
    if options.minutes is None:
        return 60 * MINUTES if options.examples is None else float("inf")
    if not 0 < options.minutes < float("inf"):
        raise UserError(f"--minutes must be more than 0, not {options.minutes:g}")
    return 60.0 * options.minutes


def _hunted(
    examined: RunRequest, seconds: float, examples: int | None, seed: int, progress: HuntProgress
) -> Hunted | None:
    """Start the workers and hunt; return None where no worker could be started.

    Raises:
        UserError: a backend or an entry point is wrong.
    """
    # Hypothesis takes its time to come: only now that the command line is known to be right.
    from ..hunt.examiner import Examiner
    from ..hunt.hunt import HuntRequest, hunt

    with _workers(examined, progress) as workers:
        if not workers:
            return None
        hellos = {name: worker.hello for name, worker in workers.items()}
        check_entry_points(examined, hellos)
        check_settings(examined, hellos, progress.note)
        progress.note(", ".join(f"{name} {hello.version}".strip() for name, hello in hellos.items()))
        examiner = Examiner(workers, hellos, examined.entry_points, progress.note, examined.settings)
        try:
            hunted = hunt(HuntRequest(examined, WITNESSES, seconds, examples, seed), examiner, progress)
        except OSError as error:
            raise UserError(f"a witness cannot be written to {WITNESSES}: {error.strerror or error}") from None
    if len(workers) < len(examined.backends):
        hunted.complete = False
    return hunted


@contextmanager
def _workers(examined: RunRequest, progress: HuntProgress) -> Iterator[Mapping[str, Worker]]:
    """Start a worker for every backend, all at once, and stop them in the end; one that does not start is noted.

    Raises:
        UserError: a backend is wrong: its module does not import, say.
    """
    specs = [parse_backend(text) for text in examined.backends]
    names = [spec.name for spec in specs]
    # Two modules of the same name are told apart by their paths.
    specs = [
        BackendSpec(text, spec.python, spec.target) if names.count(spec.name) > 1 else spec
        for text, spec in zip(examined.backends, specs, strict=True)
    ]
    workers = [Worker(spec, examined.limits) for spec in specs]
    troubles = open_all(workers)
    try:
        for trouble in troubles:
            if isinstance(trouble, BackendError):
                raise UserError(str(trouble))
            if trouble is not None:
                progress.note(str(trouble))
        yield {each.spec.name: each for each, trouble in zip(workers, troubles, strict=True) if trouble is None}
    finally:
        for worker in workers:
            worker.stop()


def _view(hunted: Hunted, seed: int) -> Group:
    """Return what the command prints: the largest errors, the new failures, their files, and the known ones."""
    lines = [
        f"{hunted.examples} examples with {hunted.cases} cases, seed {seed}.",
        f"New failures: {len(hunted.files)}. Known ones that were seen again: {len(hunted.recognised)}.",
        *(_kept(file, worst) for file, worst in zip(hunted.files, hunted.worst, strict=True)),
        *(f"  known: {signature} ({witness})" for signature, witness in hunted.recognised.items()),
    ]
    return Group(findings_view(hunted.findings), Text(""), *(Text(line, overflow="fold") for line in lines))


def _kept(file: Path, worst: Discrepancy) -> str:
    """Return the line of a witness: shrunk inputs are simple, and others may have failed by far more."""
    error = error_words(worst)
    return f"  {file}" + (f": at worst {error}, at {inputs_words(worst.inputs)}" if error else "")
