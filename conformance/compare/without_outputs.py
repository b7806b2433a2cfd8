"""What two records alone tell: checks whose outputs are not there, and findings that no stored output shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from logitproof.reports import (
    SEVERITY_RANKS,
    Change,
    ChangeExample,
    ChangeKind,
    Check,
    Discrepancy,
    Expected,
    Extreme,
    Severity,
    float_from,
    hex_of,
)

from .outputs import NO_RESULT

NOT_KNOWN = "not known"
_NOT_FINITE = ("nan", "infinity")
_BESIDE_NUMBERS = ("input modified", "dtype", "shape")
"""Kinds of discrepancy that no number shows, of calls that gave a result."""


def by_largest_errors(
    checks: tuple[Check, Check], discrepancies: tuple[Sequence[Discrepancy], Sequence[Discrepancy]]
) -> tuple[Change, ...]:
    """Return what became of a check whose elements cannot be compared: one change, which counts for the check.

    Args:
        checks: the check in the older run, and in the newer.
        discrepancies: its discrepancies there.
    """
    return (Change(_kind(checks, discrepancies), 1, _example(checks, discrepancies)),)


def _kind(
    checks: tuple[Check, Check], discrepancies: tuple[Sequence[Discrepancy], Sequence[Discrepancy]]
) -> ChangeKind:
    old, new = checks
    before, after = ({each.kind for each in of_run} for of_run in discrepancies)
    order = _order_of_severities(old, new)
    errors = [_largest(check) for check in checks]
    chosen: list[tuple[bool, ChangeKind]] = [  # the first one that fits holds
        (bool((after - before).intersection(_NOT_FINITE)), "new NaN or infinity"),
        (bool(old.elements and not new.elements) or _fails_newly(old, new, after - before), "new error"),
        (order > 0, "regressed"),
        (bool((before - after).intersection(_NOT_FINITE)), "gone NaN or infinity"),
        (bool(new.elements and not old.elements) or _fails_newly(new, old, before - after), "gone error"),
        (order < 0, "fixed"),
        (errors[1] > errors[0], "farther"),
        (errors[1] < errors[0], "nearer"),
    ]
    return next((kind for fits, kind in chosen if fits), "otherwise")


def _fails_newly(old: Check, new: Check, kinds: set[str]) -> bool:
    """Whether calls fail in the newer run that gave a result in the older; `kinds` are its new kinds of discrepancy."""
    if old.failures is None or new.failures is None:
        return bool(old.elements) and bool(kinds.intersection(NO_RESULT))
    return bool(old.elements) and bool(_failed_cases(new) - _failed_cases(old))


def _failed_cases(check: Check) -> set[tuple[str, int]]:
    return {
        (batch, case)
        for failure in check.failures or ()
        for batch, stretches in failure.cases.items()
        for first, end in stretches
        for case in range(first, end)
    }


def _order_of_severities(old: Check, new: Check) -> int:
    """Return 1 where more results of a check are as grave, -1 where fewer are and none is graver, else 0."""
    differences = []
    for least in (SEVERITY_RANKS["defect"], SEVERITY_RANKS["weakness"]):
        counts = [
            sum(count for severity, count in check.severities.items() if SEVERITY_RANKS[severity] >= least)
            for check in (old, new)
        ]
        differences.append(counts[1] - counts[0])
    return 1 if max(differences) > 0 else -1 if min(differences) < 0 else 0


def _largest(check: Check) -> float:
    return float_from(check.worst_ulps.ulps) if check.worst_ulps is not None else 0.0


def _severity(check: Check) -> Severity | None:
    graded = [severity for severity, count in check.severities.items() if count]
    return max(graded, key=lambda severity: SEVERITY_RANKS[severity], default=None)


def _example(
    checks: tuple[Check, Check], discrepancies: tuple[Sequence[Discrepancy], Sequence[Discrepancy]]
) -> ChangeExample | None:
    """Return the element with the largest error of the run where it is larger; what the other had there is unknown.

    Where nothing was measured, a discrepancy stands for it.
    """
    errors = [_largest(check) for check in checks]
    is_after = errors[1] >= errors[0]
    shown = checks[is_after].worst_ulps
    severities = _severity(checks[0]), _severity(checks[1])
    if shown is None:
        discrepancy = next(iter(discrepancies[1]), None) or next(iter(discrepancies[0]), None)
        if discrepancy is None:
            return None
        return of_discrepancy(discrepancy, severities, is_after=discrepancy in discrepancies[1])
    other = checks[not is_after].worst_ulps
    there = other.observed if other is not None and _is_same_element(shown, other) else NOT_KNOWN
    return ChangeExample(
        batch=shown.batch,
        case=shown.case,
        index=shown.index,
        inputs=shown.inputs,
        parameters=checks[is_after].parameters,
        before=there if is_after else shown.observed,
        after=shown.observed if is_after else there,
        failure="",
        expected=Expected("", "", shown.expected),
        before_ulps=hex_of(errors[0]),
        after_ulps=hex_of(errors[1]),
        ulps=hex_of(abs(errors[1] - errors[0]) if errors[0] != errors[1] else 0.0),
        before_severity=severities[0],
        after_severity=severities[1],
    )


def _is_same_element(one: Extreme, other: Extreme) -> bool:
    return (one.batch, one.case, one.index) == (other.batch, other.case, other.index)


def beside_numbers(
    discrepancies: tuple[Sequence[Discrepancy], Sequence[Discrepancy]], changes: Iterable[Change]
) -> tuple[Change, ...]:
    """Return what became of findings that no stored output shows: an input modified, a second call that differs.

    Where the elements tell of something graver already, nothing is added, and no dtype or shape where they tell of one.

    Args:
        discrepancies: the discrepancies of the check in the older run, and in the newer.
        changes: what the elements tell.
    """
    by_elements = list(changes)
    ignored = ("dtype", "shape") if any(change.kind == "dtype or shape changed" for change in by_elements) else ()
    before, after = ({_name(each): each for each in of_run if _is_beside(each, ignored)} for of_run in discrepancies)
    added: list[Change] = []
    risen = [each for name, each in after.items() if _rank(each) > _rank(before.get(name))]
    if risen and not any(change.is_regression for change in by_elements):
        worst = max(risen, key=_rank)
        added.append(Change("regressed", worst.count, of_discrepancy(worst, (None, worst.severity), is_after=True)))
    fallen = [each for name, each in before.items() if _rank(each) > _rank(after.get(name))]
    improved = {"gone error", "fixed", "gone NaN or infinity", "dtype or shape changed"}
    if fallen and not risen and not any(change.kind in improved for change in by_elements):
        worst = max(fallen, key=_rank)
        added.append(Change("fixed", worst.count, of_discrepancy(worst, (worst.severity, None), is_after=False)))
    return tuple(added)


def _name(discrepancy: Discrepancy) -> tuple[str, str]:
    """Return what makes two findings one: the kind, and which call showed it, if not the first."""
    return discrepancy.kind, discrepancy.run if discrepancy.is_of_later_call else ""


def _is_beside(discrepancy: Discrepancy, ignored: Sequence[str]) -> bool:
    return discrepancy.kind not in ignored and (discrepancy.kind in _BESIDE_NUMBERS or discrepancy.is_of_later_call)


def _rank(discrepancy: Discrepancy | None) -> int:
    return SEVERITY_RANKS[discrepancy.severity] if discrepancy is not None else 0


def of_discrepancy(
    discrepancy: Discrepancy, severities: tuple[Severity | None, Severity | None], *, is_after: bool
) -> ChangeExample:
    """Return a discrepancy of one of the runs as the example of a change."""
    nothing = hex_of(0.0)
    return ChangeExample(
        batch=discrepancy.batch,
        case=discrepancy.case,
        index=discrepancy.index,
        inputs=discrepancy.inputs,
        parameters=discrepancy.parameters,
        before="nothing of the kind" if is_after else discrepancy.observed,
        after=discrepancy.observed if is_after else "nothing of the kind",
        failure=discrepancy.kind if discrepancy.kind in (*NO_RESULT, *_BESIDE_NUMBERS) else "",
        expected=discrepancy.expected,
        before_ulps=nothing if is_after else discrepancy.error_ulps,
        after_ulps=discrepancy.error_ulps if is_after else nothing,
        ulps=discrepancy.error_ulps,
        before_severity=severities[0],
        after_severity=severities[1],
        run=discrepancy.run if discrepancy.is_of_later_call else "plain",
        time_limit=discrepancy.time_limit,
    )
