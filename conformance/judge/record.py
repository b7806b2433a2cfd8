"""From what was judged to the record: checks and discrepancies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb

from logitproof.reference import LITERAL, Status, working_precision
from logitproof.reports import (
    TIERS,
    Array,
    CallFailure,
    Check,
    Discrepancy,
    Expected,
    Extreme,
    OtherAnswer,
    OutputFile,
    Outputs,
    Parameter,
    StoredOutput,
    Unexamined,
    array_record,
    discrepancy_id,
    hex_of,
    parameter_record,
)

from ..backends.deaths import FATAL
from ..backends.protocol import Failure
from ..inputs.batch import Batch
from ..inputs.geometry import element_index
from ..inputs.hashes import case_arguments, case_cotangent, case_hash
from .extent import interval
from .findings import Cause, ConfirmedFinding
from .judged_output import Exact, JudgedElement
from .tally import CheckTally, Returned
from .words import explain

DIGITS = 20
"""Significant decimal digits of an exact result in the record, as far as the enclosure vouches for them."""


WORD_OF = {
    Status.CHOICE: "choice",
    Status.UNDECIDED: "undecided",
    Status.NAN: "nan",
    Status.POSITIVE_INFINITY: "inf",
    Status.NEGATIVE_INFINITY: "-inf",
    Status.NOT_FINITE: "not finite",
}
"""What the record tells in place of an exact number."""


def check_record(tally: CheckTally, version: str) -> Check:
    """Return a check as the record keeps it."""
    identity = tally.identity
    status, reason = _status(tally)
    worst_ulps = _extreme(tally.worst_ulps)
    same = _position(tally.worst_ulps) == _position(tally.worst_ratio)
    deviation = tally.entry_point.deviation_of(identity.quantity)
    return Check(
        id=identity.id,
        function=identity.function,
        backend=identity.backend,
        version=version,
        entry_point=identity.entry_point,
        dtype=identity.dtype,
        mode=identity.setting.mode,
        device=identity.setting.device,
        quantity=identity.quantity,
        parameters=dict(identity.parameters),
        input_class=identity.input_class,
        status=status,  # type: ignore[arg-type]
        reason=reason,
        cases=tally.cases,
        elements=tally.elements,
        tiers={TIERS[tier]: count for tier, count in sorted(tally.tiers.items())},
        severities=_severities(tally),  # type: ignore[arg-type]
        worst_ulps=worst_ulps,
        worst_ratio=worst_ulps if same else _extreme(tally.worst_ratio),
        coverage=_coverage(tally),
        outputs=_outputs(tally, tally.file) if tally.file else None,
        spread=tally.spread.record(),
        definition=deviation.definition if deviation else LITERAL,
        failures=() if status == "unsupported" else _call_failures(tally),
        batches=tuple(tally.batches.values()),
        unexamined=_unexamined(tally),
    )


def _outputs(tally: CheckTally, file: OutputFile) -> Outputs:
    """Return what is stored of a check, and which cases of a batch each array is of; it is the last to be done."""
    return Outputs(
        file.finish(),
        tuple(
            StoredOutput(each.batch, each.array.dtype.name, each.array.shape, *_some_cases(each))
            for each in tally.outputs
        ),
    )


def _some_cases(returned: Returned) -> tuple[str, tuple[tuple[int, int], ...]] | tuple[()]:
    """Return which batch some cases are of, and which they are; nothing for a whole batch."""
    return () if returned.cases is None else (returned.whole, _stretches(returned.cases))


def _call_failures(tally: CheckTally) -> tuple[CallFailure, ...]:
    """Return the calls that failed, those that failed alike together."""
    by_failure: dict[tuple[str, str, bool], dict[str, list[int]]] = {}
    for calls in tally.failed_calls:
        alike = by_failure.setdefault((calls.kind, calls.reason, calls.is_answered), {})
        alike.setdefault(calls.batch, []).extend(calls.cases)
    return tuple(
        CallFailure(kind, reason, is_answered, {name: _stretches(cases) for name, cases in batches.items()})  # type: ignore[arg-type]
        for (kind, reason, is_answered), batches in by_failure.items()
    )


def _stretches(numbers: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return numbers as stretches: from the first to before the one after the last."""
    ascending = np.sort(numbers)
    apart = np.flatnonzero(np.diff(ascending) > 1) + 1
    return tuple((int(stretch[0]), int(stretch[-1]) + 1) for stretch in np.split(ascending, apart))


def _severities(tally: CheckTally) -> dict[str, int]:
    counts: dict[str, int] = {}
    for (severity, _), group in tally.findings.items():
        counts[severity] = counts.get(severity, 0) + group.count
    return counts


def _status(tally: CheckTally) -> tuple[str, str | None]:
    deaths, errors = _deaths(tally), _errors(tally)
    if deaths:
        return deaths[0].kind, deaths[0].text
    if tally.given_up is not None:
        return tally.given_up.kind, tally.given_up.reason
    if not tally.answered and ("defect", "error") in tally.findings:
        return "error", errors[0].text
    if tally.answered or errors:
        return "examined", errors[0].text if errors else None
    return ("examined", None) if tally.unsupported is None else ("unsupported", tally.unsupported)


def _deaths(tally: CheckTally) -> list[Failure]:
    return [failed.failure for failed in tally.failed if failed.failure.kind in FATAL]


def _errors(tally: CheckTally) -> list[Failure]:
    """The exceptions, but for those by which a framework says that it has no implementation, where that is believed."""
    believed = {omission.kind for omission in tally.omitted}
    kinds = {"error", "not implemented"} - believed
    return [failed.failure for failed in tally.failed if failed.failure.kind in kinds]


def _unexamined(tally: CheckTally) -> tuple[Unexamined, ...]:
    omitted = [Unexamined(each.kind, cases, each.reason) for each, cases in tally.omitted.items() if each.kind]
    if tally.not_run:
        errors = _errors(tally)
        after = f" after {errors[0].type}" if errors else ""  # its message stands in the finding
        reason = f"given up: {tally.given_up.reason}" if tally.given_up else f"given up{after}"
        omitted.append(Unexamined("given up", tally.not_run, reason))
    return tuple(omitted)


def _coverage(tally: CheckTally) -> str | None:
    if tally.identity.input_class != "exhaustive":
        return None
    return f"{tally.cases} of 65536 inputs"


def _position(judged: JudgedElement | None) -> tuple[str, int, int, str] | None:
    return None if judged is None else (judged.batch_name, judged.case, judged.element, judged.run)


def _extreme(judged: JudgedElement | None) -> Extreme | None:
    if judged is None:
        return None
    return Extreme(
        ulps=hex_of(judged.ulps),
        bound_ratio=hex_of(judged.ratio),
        case=case_hash(judged.batch, judged.case),
        batch=judged.batch_name,
        index=_index(judged),
        inputs=inputs_of(judged.batch, judged.quantity, judged.case),
        observed=observed_of(judged),
        expected=expected_of(judged).decimal,
    )


def discrepancy_record(
    finding: ConfirmedFinding, version: str, answers: tuple[OtherAnswer, ...] = (), cause: Cause | None = None
) -> Discrepancy:
    """Return a finding as the record keeps it, with what other entry points answered there, and its cause if known."""
    identity, judged = finding.tally.identity, finding.judged
    case = case_hash(judged.batch, judged.case)
    expected = expected_of(judged)
    return Discrepancy(
        id=discrepancy_id(identity.id, judged.kind, case),
        severity=judged.severity,  # type: ignore[arg-type]
        kind=judged.kind,
        cause=None if cause is None else cause.name,
        function=identity.function,
        backend=identity.backend,
        version=version,
        entry_point=identity.entry_point,
        dtype=identity.dtype,
        mode=identity.setting.mode,
        device=identity.setting.device,
        quantity=identity.quantity,
        input_class=identity.input_class,
        parameters=parameters_of(judged.batch),
        check=identity.id,
        batch=judged.batch_name,
        case=case,
        index=_index(judged),
        inputs=inputs_of(judged.batch, judged.quantity, judged.case),
        observed=observed_of(judged),
        expected=expected,
        error_ulps=hex_of(judged.ulps),
        error_bound_ratio=hex_of(judged.ratio),
        explanation=explain(finding.tally, judged, expected),
        count=finding.count,
        answers=answers,
        evidence=None if cause is None else cause.evidence,
        extent={name: interval(reach) for name, reach in finding.extent.items()},
        largest_ulps=hex_of(finding.ulps),
        batches=dict(finding.batches),
    )


def parameters_of(batch: Batch) -> dict[str, Parameter]:
    """Return the keywords of a call as the record keeps them."""
    return {name: parameter_record(value) for name, value in sorted(batch.parameters.items())}


def _index(judged: JudgedElement) -> tuple[int, ...]:
    return element_index(judged.batch, judged.quantity, judged.case, judged.element)


def inputs_of(batch: Batch, quantity: str, case: int) -> dict[str, Array]:
    """Return the arguments of a case as the record keeps them, and what its gradient is multiplied with."""
    arrays = case_arguments(batch, case)
    if quantity != "value":
        arrays["cotangent"] = case_cotangent(batch, case)
    case_name = f"{batch.function}/{batch.dtype}/{batch.name}#{case}"
    return {name: array_record(array, f"{case_name}:{name}") for name, array in arrays.items()}


def observed_of(judged: JudgedElement) -> str:
    """Return what came out, as hex text, or why there is no number."""
    return judged.reason if judged.observed is None else hex_of(judged.observed)


def expected_of(judged: JudgedElement) -> Expected:
    """Return the exact result."""
    if judged.exact is None:
        return Expected("", "", "")
    if judged.exact.status != Status.FINITE:
        word = WORD_OF[judged.exact.status]
        return Expected(word, word, word)
    lower, upper, decimal = enclosing_text(judged.exact)
    return Expected(lower, upper, decimal)


def enclosing_text(exact: Exact) -> tuple[str, str, str]:
    """Return hex text of float64 numbers that enclose an exact result, and its decimal."""
    with working_precision(200):
        middle = (arb(exact.hi) + arb(exact.lo)) * arb(2) ** exact.exponent
        radius = arb(exact.radius) * arb(2) ** exact.exponent
        enclosure = middle + arb(0, 1) * radius
        lower, upper = (middle, middle) if exact.radius == 0 else (enclosure.lower(), enclosure.upper())
        decimal = _decimal(enclosure)
    return _outward(lower, -np.inf), _outward(upper, np.inf), decimal


def _decimal(enclosure: arb) -> str:
    """Write the digits that the enclosure vouches for; a number that may be 0 by its largest magnitude."""
    if enclosure.is_zero():
        return "0"
    if enclosure.contains(0):
        return f"0 ± {enclosure.abs_upper().str(2, radius=False)}"
    return enclosure.str(DIGITS, radius=False)


def _outward(end: arb, direction: float) -> str:
    """Return the float64 next to an end of an enclosure, on the far side of it; an infinity beyond the range."""
    number = float(end)
    with working_precision(2400):
        if np.isinf(number):
            inside = (number > 0) != (direction > 0)
        else:
            inside = arb(number) > end if direction < 0 else arb(number) < end
    with np.errstate(over="ignore"):
        return hex_of(float(np.nextafter(number, direction)) if inside else number)
