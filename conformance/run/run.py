"""A run: workers answer the corpus, other processes compute the truth, and this one judges."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from logitproof.reports import SCHEMA_VERSION, CorpusInfo, OutputStore, Record, RunInfo

from ..causes.assign import assigned, cause_stacks
from ..causes.claims import explained
from ..corpus.corpus import CORPUS_VERSION, combined_hash
from ..judge.findings import Cause, ConfirmedFinding, confirmed, settle, settled
from ..judge.other_answers import OtherOutputs
from ..judge.record import check_record, discrepancy_record
from ..judge.tally import CheckTally
from ..processes import mapped, processes
from ..property_checks.ask import BrokenProperty
from ..property_checks.record import property_discrepancy, property_result
from ..signals import interruptible, undisturbed
from ..worker.facts import cpu_facts, environment_switches
from .plan import check_entry_points, check_settings
from .progress import Progress
from .request import RunRequest
from .running_backends import RunningBackend, Side, backend_record, running_backends, specs_of
from .session import INTERRUPTED, RunSession

_CAUSES_IN_HASTE = 5.0
"""Seconds that causes are looked for after an interruption: whoever sends one soon kills what has not ended."""


def run(request: RunRequest, progress: Progress, store: OutputStore | None = None) -> Record:
    """Examine backends on the corpus and return the record.

    Ctrl-C ends the run early: what is finished is kept, and the record says that it is not complete.

    Args:
        request: what to examine.
        progress: where to tell how far the run is.
        store: where the output arrays go; None keeps none.

    Raises:
        UserError: a backend, an entry point, a check or an input file is wrong; nothing has been examined.
        FolderError: an output cannot be stored.
    """
    return run_sides(request, (Side("", specs_of(request), store),), progress)[0]


def run_sides(request: RunRequest, sides: Sequence[Side], progress: Progress) -> tuple[Record, ...]:
    """Examine several sets of backends on the same inputs, and return a record for each of them.

    The truth is computed once for all of them; the records are those that runs of their own would give.

    Args:
        request: what to examine; its `backends` are not looked at.
        sides: the sets of backends.
        progress: where to tell how far the run is.

    Raises:
        UserError: a backend, an entry point, a check or an input file is wrong; nothing has been examined.
        FolderError: an output cannot be stored.
    """
    started = _now()
    with undisturbed(), running_backends(sides, request.limits) as running, ExitStack() as stack:
        pool = stack.enter_context(processes(request.jobs))
        hellos = {each.label: each.hello for each in running if each.hello is not None}
        check_entry_points(request, hellos)
        check_settings(request, hellos, progress.note)
        session = RunSession(request, progress, running, hellos, pool)
        cut = session.examine()
        if cut is not None:  # what the processes are still at would be waited for
            stack.close()
            pool = stack.enter_context(processes(request.jobs))
        examined = [_examined(session, side, [each for each in running if each.side is side]) for side in sides]
        findings = [_confirm(settle(each.tallies), pool) for each in examined]
        causes, cut = _causes(findings, pool, progress, cut)
        scene = _Scene(request, started, session, cut)
        return tuple(_record(scene, *each) for each in zip(examined, findings, causes, strict=True))


@dataclass(frozen=True)
class _Scene:
    """What the records of a run have in common; `cut` says why it did not come to its end."""

    request: RunRequest
    started: str
    session: RunSession
    cut: str | None


@dataclass(frozen=True)
class _Examined:
    """What was examined on one side, its backends under their own names again."""

    side: Side
    running: Sequence[RunningBackend]
    tallies: list[CheckTally]
    properties: list[BrokenProperty]


def _examined(session: RunSession, side: Side, running: Sequence[RunningBackend]) -> _Examined:
    names = {backend.label: backend.spec.name for backend in running}
    tallies = _renamed([tally for tally in session.results.tallies.of_checks.values() if tally.has_outcome], names)
    properties = [
        replace(result, task=replace(result.task, backend=names[result.task.backend]))
        for _, result in sorted(session.results.properties.items())
        if result.task.backend in names
    ]
    return _Examined(side, running, tallies, properties)


def _record(
    scene: _Scene, examined: _Examined, findings: Sequence[ConfirmedFinding], causes: Sequence[Cause | None]
) -> Record:
    """Return the record of one side."""
    session = scene.session
    hellos = [backend.hello for backend in examined.running if backend.hello is not None]
    versions = {each.spec.name: each.hello.version for each in examined.running if each.hello is not None}
    answers = OtherOutputs(examined.tallies, versions)
    offered = {entry.function for hello in hellos for entry in hello.entry_points}
    # The outputs are read where they lie, until their checks are done.
    discrepancies = (
        *(
            discrepancy_record(finding, versions[finding.tally.identity.backend], answers.to(finding), cause)
            for finding, cause in zip(findings, causes, strict=True)
        ),
        *(
            discrepancy
            for result in examined.properties
            if (discrepancy := property_discrepancy(result, versions[result.task.backend])) is not None
        ),
    )
    return Record(
        schema=SCHEMA_VERSION,
        complete=scene.cut is None and all(backend.trouble is None for backend in examined.running),
        run=_run_info(scene.request, scene.started, examined.running),
        corpus=CorpusInfo(
            CORPUS_VERSION,
            combined_hash(digest for function, digest in session.hashes if function in offered),
            scene.request.profile,
            {name: digest for name, digest in session.given.items() if name.partition("/")[0] in offered},
        ),
        backends=tuple(backend_record(backend, session.results.options, scene.cut) for backend in examined.running),
        checks=tuple(check_record(tally, versions[tally.identity.backend]) for tally in examined.tallies),
        properties=tuple(property_result(result, versions[result.task.backend]) for result in examined.properties),
        discrepancies=discrepancies,
    )


def _renamed(tallies: Sequence[CheckTally], names: Mapping[str, str]) -> list[CheckTally]:
    """Return the tallies of some backends, by their labels, under the names that they have."""
    renamed = [tally for tally in tallies if tally.identity.backend in names]
    for tally in renamed:
        tally.identity = replace(tally.identity, backend=names[tally.identity.backend])
    return renamed


def _confirm(findings: list[ConfirmedFinding], pool: ProcessPoolExecutor) -> list[ConfirmedFinding]:
    return settled(findings, mapped(pool, confirmed, [finding.judged for finding in findings]))


def _causes(
    findings: Sequence[list[ConfirmedFinding]], pool: ProcessPoolExecutor, progress: Progress, cut: str | None
) -> tuple[list[list[Cause | None]], str | None]:
    """Find the mistakes that explain the findings of each side, in the processes of the pool.

    Returns:
        The causes, all of them or none; and why the run did not come to its end, which here too it may be kept from.
    """
    limit = None if cut is None else _CAUSES_IN_HASTE
    try:
        with interruptible():
            return [assigned(each, mapped(pool, explained, cause_stacks(each), limit)) for each in findings], cut
    except KeyboardInterrupt:
        progress.note("interrupted: no causes are told")
        cut = INTERRUPTED
    except TimeoutError:
        progress.note(f"no causes are told: they were not found within {limit:g} s of the interruption")
    except Exception as error:  # noqa: BLE001 - whatever it is, the findings stand without their causes
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        progress.note(f"no causes are told, by an error of logitproof itself, please report it: {reason}")
    return [[None] * len(each) for each in findings], cut


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _run_info(request: RunRequest, started: str, running: Sequence[RunningBackend]) -> RunInfo:
    facts = {key: str(value) for key, value in cpu_facts().items()}
    features = facts.pop("flags", "").split()
    return RunInfo(
        command=request.command,
        profile=request.profile,
        seed=0,
        started=started,
        finished=_now(),
        machine={"system": platform.platform(), "python": platform.python_version(), **facts},
        cpu_features=tuple(features),
        threads=1,
        environment=environment_switches(os.environ),
        seconds={each.spec.name: each.seconds for each in running if each.worker is not None},
    )
