"""Findings: what of the tallies is to be reported, failures included, confirmed in ball arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from flint import arb

from logitproof.reference import Format, Status, format_named, working_precision

from ..backends.omissions import Omission
from ..backends.refusals import refusal_of
from .batch_judge import judged_case
from .extent import Reach
from .judged_output import FindingGroup, JudgedElement
from .tally import CheckTally, FailedCase
from .truth import exact_element
from .verdicts import KIND_OF, SEVERITY_OF, Verdict, decide


@dataclass(frozen=True)
class ConfirmedFinding:
    """A judged to be reported.

    Attributes:
        tally: the check it belongs to.
        judged: the element.
        count: how many elements of the check share its severity and kind.
        ulps: the largest error of those, in ulps.
        extent: from where to where each real argument reaches in their cases.
        batches: how many of them are in which batch.
    """

    tally: CheckTally
    judged: JudgedElement
    count: int
    ulps: float = np.inf
    extent: Mapping[str, Reach] = field(default_factory=dict)
    batches: Mapping[str, int] = field(default_factory=dict)


def settle(tallies: Sequence[CheckTally]) -> list[ConfirmedFinding]:
    """Turn failures into findings, now that all is seen, and list what is to be reported."""
    working = {_implementation_of(tally) for tally in tallies if tally.answered}
    for tally in tallies:
        _settle_failures(tally, is_implemented=_implementation_of(tally) in working)
    return [finding for tally in tallies for finding in _reported(tally)]


def _implementation_of(tally: CheckTally) -> tuple[object, ...]:
    """What a framework implements, or does not: an entry point with some options in a setting and dtype."""
    identity = tally.identity
    options = frozenset(name for name, _ in identity.parameters)
    called = identity.entry_point, identity.function, identity.quantity, options
    return identity.backend, identity.setting, identity.dtype, *called


def _settle_failures(tally: CheckTally, *, is_implemented: bool) -> None:
    """An exception is a defect: unless it is documented for the input, or mathematics has no answer to it either.

    That a framework has no implementation is believed where nothing shows that it has one.
    """
    tally.failed_calls = [
        replace(calls, kind="error" if is_implemented else "unsupported") if calls.kind == "not implemented" else calls
        for calls in tally.failed_calls
    ]
    for failed in tally.failed:
        failure = failed.failure
        if failure.kind == "unsupported":
            tally.omit(Omission(failure.text), failed.cases)
        elif failure.kind == "not implemented" and not is_implemented:
            tally.omit(Omission(failure.text, "not implemented"), failed.cases)
        elif failure.kind in ("crash", "hang"):
            tally.note(_failed_case(tally, failed, failure.kind, "defect"))
        else:
            tally.note(_raised_case(tally, failed))


def _raised_case(tally: CheckTally, failed: FailedCase) -> JudgedElement:
    refusal = refusal_of(tally.entry_point, failed.source.batch(), failed.case, failed.failure)
    if refusal is not None:
        return replace(_failed_case(tally, failed, "refused", "convention"), refusal=refusal)
    if not failed.is_valid:
        return _failed_case(tally, failed, "refused", "convention")
    return _failed_case(tally, failed, "error", "defect")


def _failed_case(tally: CheckTally, failed: FailedCase, kind: str, severity: str) -> JudgedElement:
    reason = failed.failure.text
    return judged_case(failed.source, tally.identity.quantity, failed.case, kind, reason, severity=severity)


def _reported(tally: CheckTally) -> list[ConfirmedFinding]:
    return [
        ConfirmedFinding(tally, judged, group.count, group.ulps, group.extent, group.batches)
        for group in tally.findings.values()
        for judged in _worst_and_smallest(group)
    ]


def _worst_and_smallest(group: FindingGroup) -> list[JudgedElement]:
    worst, smallest = group.worst, group.smallest
    same = worst.batch_name == smallest.batch_name and worst.case == smallest.case
    return [worst] if same else [worst, smallest]


def settled(findings: Sequence[ConfirmedFinding], elements: Iterable[JudgedElement]) -> list[ConfirmedFinding]:
    """Put what became of elements in ball arithmetic in their place; one that is undecided is counted as such.

    Args:
        findings: what was seen.
        elements: the same, confirmed or not, in the same order.
    """
    pairs = list(zip(findings, elements, strict=True))
    for finding, judged in pairs:
        if judged.severity != finding.judged.severity:
            finding.tally.recount(finding.judged, judged)
    counted = []
    for finding, judged in pairs:
        group = finding.tally.findings[judged.severity, judged.kind]
        counted.append(ConfirmedFinding(finding.tally, judged, group.count, group.ulps, group.extent, group.batches))
    return counted


def confirmed(judged: JudgedElement) -> JudgedElement:
    """Judge a finding afresh in ball arithmetic; one that this does not confirm becomes undecided.

    A finding that no distance tells (a limit, a dtype, a crash) is what it is.
    """
    if judged.exact is None or judged.exact.status != Status.FINITE or judged.severity == "convention":
        return judged
    ball = partial(exact_element, judged.batch, judged.quantity, judged.definition, (judged.case, judged.element))
    storage = format_named(judged.source.key.dtype)
    if judged.observed is None or judged.allowed is None or np.isnan(float(judged.observed)):
        return judged if ball(CONFIRMING_PRECISION).is_finite() else replace(judged, severity="undecided")
    if judged.kind == KIND_OF[Verdict.INFINITY]:
        differs = _differs_from_infinity(storage, float(judged.observed), ball(CONFIRMING_PRECISION))
        return judged if differs else replace(judged, severity="undecided")
    _, verdict = decide(storage, float(judged.observed), judged.exponent, judged.allowed, ball)
    if SEVERITY_OF.get(verdict) == judged.severity:
        return judged
    return replace(judged, severity="undecided", kind="undecided", reason=f"not confirmed: {KIND_OF.get(verdict)}")


def _differs_from_infinity(storage: Format, infinity: float, exact: arb) -> bool:
    """Whether a number certainly does not round to this infinity, whatever bound it was judged by."""
    with working_precision(CONFIRMING_PRECISION):
        edge = arb(2) ** (storage.emax + 1) * (1 - arb(2) ** -(storage.precision + 1))
        return bool(exact.is_finite() and (exact if infinity > 0 else -exact) < edge)


CONFIRMING_PRECISION = 512
"""Bits at which a finite truth is confirmed where a backend gave NaN or an infinity."""


@dataclass(frozen=True)
class Cause:
    """Why a result is wrong.

    Attributes:
        name: the name of a mistake in the catalogue, e.g. "log of softmax".
        evidence: what shows it, e.g. "bit-identical to log(softmax(x)) in float32".
    """

    name: str
    evidence: str


FAILURES = ("crash", "hang", "error", "refused")
"""The kinds of failure where there is no result."""
