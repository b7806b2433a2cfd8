"""Two runs held against each other and against the truth: what changed, and which of the two is nearer."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing

from logitproof.reference import LITERAL
from logitproof.reports import (
    COMPARISON_SCHEMA_VERSION,
    Change,
    Check,
    ComparedCheck,
    Comparison,
    outcome_of,
)

from ..corpus.corpus import BatchKey
from ..inputs.batch import Batch
from ..processes import processes
from .batch import BatchPair, ComparisonJob, changes_in
from .counts import ChangeCounts
from .facts import compared_backends, notes, property_changes, timings
from .kinds import KINDS
from .outputs import Preparation, Underway
from .pairing import CheckPair, matches
from .runs import ComparedRun, backends_paired, require_comparable
from .without_outputs import beside_numbers, by_largest_errors


def compare(
    old: ComparedRun,
    new: ComparedRun,
    *,
    given: Mapping[str, Batch] | None = None,
    jobs: int | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Compare two runs, check by check and element by element.

    Args:
        old: the older run.
        new: the newer one.
        given: the batches at hand that are not of the corpus, by "function/dtype/batch".
        jobs: processes that compute truth; None means one per core.
        note: told in one line what takes long.

    Raises:
        UserError: the runs were not made on the same inputs, have no backend in common, or their outputs are damaged.
    """
    require_comparable(old, new)
    backends = backends_paired(old, new)
    matched = matches(old, new, backends)
    checks = _compared(matched.checks, Preparation(old, new, given or {}), (old, new), jobs, note)
    properties = property_changes(old, new, backends)
    complete = old.record.complete and new.record.complete
    return Comparison(
        schema=COMPARISON_SCHEMA_VERSION,
        complete=complete,
        outcome=outcome_of(complete=complete, entry_points=matched.entry_points, checks=checks, properties=properties),
        titles=(old.title, new.title),
        profile=new.record.run.profile,
        started=(old.record.run.started, new.record.run.started),
        commands=(old.record.run.command, new.record.run.command),
        backends=tuple(compared_backends(old, new, backends)),
        entry_points=matched.entry_points,
        checks=tuple(checks),
        properties=tuple(properties),
        timings=tuple(timings(old, new, backends)),
        notes=tuple(notes(old, new, checks)),
    )


def _compared(
    matched: Sequence[CheckPair],
    preparation: Preparation,
    runs: tuple[ComparedRun, ComparedRun],
    jobs: int | None,
    note: Callable[[str], None],
) -> list[ComparedCheck]:
    """Compare checks: read both outputs first, then judge what differs, batch by batch."""
    underway = {
        number: Underway(match.old, match.new, match.renamed)
        for number, match in enumerate(matched)
        if match.old is not None and match.new is not None
    }
    grouped: dict[BatchKey, tuple[Batch | None, list[BatchPair]]] = {}
    for number, check in underway.items():
        for key, batch, pair in preparation.pairs(number, check):
            grouped.setdefault(key, (batch, []))[1].append(pair)
    asked = [ComparisonJob(key, batch, tuple(pairs)) for key, (batch, pairs) in grouped.items()]
    if asked:
        differ = "1 batch differs" if len(asked) == 1 else f"{len(asked)} batches differ"
        note(f"{differ}: judging what became of the results")
    with closing(_judged(asked, jobs)) as judged:
        for job, outcome in zip(asked, judged, strict=True):
            if isinstance(outcome, str):
                for pair in job.pairs:
                    underway[pair.number].give_up(f"its elements cannot be judged: {outcome}")
            else:
                for number, kept in outcome:
                    if underway[number].by_element:
                        underway[number].kept.merge(kept)
    return [
        _finished(underway[number], *runs) if number in underway else _of_one_run(match, *runs)
        for number, match in enumerate(matched)
    ]


def _judged(asked: Sequence[ComparisonJob], jobs: int | None) -> Generator[list[tuple[int, ChangeCounts]] | str]:
    """Judge batches in processes of their own, as a run does; a single one needs none."""
    workers = min(jobs or os.cpu_count() or 1, len(asked))
    if workers <= 1:
        yield from map(_attempt, asked)
        return
    with processes(workers) as pool:
        for judged in [pool.submit(_attempt, job) for job in asked]:
            try:
                yield judged.result()
            except BrokenExecutor as error:  # a process was killed, for its memory say
                yield _error_text(error)


def _attempt(job: ComparisonJob) -> list[tuple[int, ChangeCounts]] | str:
    """Judge a batch; what a damaged record or an error of our own leads to is told, and costs no other batch."""
    try:
        return changes_in(job)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks are compared
        return _error_text(error)


def _error_text(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _finished(check: Underway, old: ComparedRun, new: ComparedRun) -> ComparedCheck:
    discrepancies = old.of(check.old), new.of(check.new)
    if check.by_element:
        changes = _changes(check.kept)
        changes = _gravest_first((*changes, *beside_numbers(discrepancies, changes)))
    else:
        changes = by_largest_errors((check.old, check.new), discrepancies)
    return _record(
        (check.old, check.new),
        renamed=check.renamed,
        reason="; ".join([*check.reasons, *_reasons(check)]) or None,
        by_element=check.by_element,
        elements=sum(check.kept.counts.values()),
        changes=changes,
    )


def _changes(kept: ChangeCounts) -> tuple[Change, ...]:
    return tuple(
        Change(kind, count, kept.largest[kind].example if kind in kept.largest else None)
        for kind, count in kept.counts.items()
    )


def _gravest_first(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: KINDS.index(change.kind)))


def _reasons(check: Underway) -> Iterator[str]:
    """Say what differs beside numbers."""
    was, now = check.old, check.new
    if now.reason is not None:
        yield now.reason
    if was.reason is not None and was.reason != now.reason:
        yield f"before: {was.reason}"
    dtypes = [sorted({stored.dtype for stored in each.outputs.batches}) if each.outputs else [] for each in (was, now)]
    if all(dtypes) and dtypes[0] != dtypes[1]:
        yield f"dtype {', '.join(dtypes[1])}, before {', '.join(dtypes[0])}"
    definitions = was.definition or LITERAL, now.definition or LITERAL
    if definitions[0] != definitions[1]:
        yield f"judged by the definition {definitions[1]!r}, before by {definitions[0]!r}; compared by the literal one"


def _of_one_run(match: CheckPair, old: ComparedRun, new: ComparedRun) -> ComparedCheck:
    words, other = ("newer", old) if match.old is None else ("older", new)
    cut = "" if other.record.complete else ", and the other is incomplete"
    return _record(
        (match.old, match.new),
        renamed=None,
        reason=f"only the {words} run has it{cut}",
        by_element=True,
        elements=0,
        changes=(),
    )


def _record(
    checks: tuple[Check | None, Check | None],
    *,
    renamed: str | None,
    reason: str | None,
    by_element: bool,
    elements: int,
    changes: tuple[Change, ...],
) -> ComparedCheck:
    old, new = checks
    check = new or old
    assert check is not None
    differ = any(change.kind != "identical" for change in changes)
    return ComparedCheck(
        id=check.id,
        function=check.function,
        backend=check.backend,
        entry_point=check.entry_point,
        old_entry_point=renamed,
        dtype=check.dtype,
        mode=check.mode,
        device=check.device,
        quantity=check.quantity,
        parameters=check.parameters,
        input_class=check.input_class,
        statuses=(old.status if old else None, new.status if new else None),
        reason=reason,
        by_element=by_element,
        elements=elements,
        changes=changes,
        worst=(_worst(old), _worst(new)),
        spreads=(old.spread if old and differ else None, new.spread if new and differ else None),
    )


def _worst(check: Check | None) -> str | None:
    return check.worst_ulps.ulps if check is not None and check.worst_ulps is not None else None
