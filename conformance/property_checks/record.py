"""From what became of properties to the record: a result each, and a discrepancy where one is broken."""

from __future__ import annotations

import hashlib

import numpy as np

from logitproof.properties import Comparison, Outcome, PropertyInputs
from logitproof.reports import (
    IDENTITY_BROKEN,
    Array,
    Discrepancy,
    Expected,
    PropertyExtreme,
    PropertyResult,
    Unexamined,
    array_record,
    discrepancy_id,
    hex_of,
    property_id,
)

from .ask import CASES, BrokenProperty

_SEVERITY = {"broken": "defect", "deviates": "convention"}

TRAINED = "sparse_softmax_cross_entropy"
"""The function whose gradient training descends."""


def property_result(finding: BrokenProperty, version: str) -> PropertyResult:
    """Return what became of a property as the record keeps it."""
    task = finding.task
    return PropertyResult(
        id=_id(finding),
        property=task.id,
        statement=task.statement,
        backend=task.backend,
        version=version,
        entry_points=task.names,
        dtype=task.dtype,
        mode=task.setting.mode,
        device=task.setting.device,
        status=finding.status,  # type: ignore[arg-type]
        reason=finding.reason,
        cases=finding.cases,
        comparisons=finding.comparisons,
        worst=_extreme(finding),
        unexamined=_unexamined(finding),
        failure=finding.failure,  # type: ignore[arg-type]
    )


def _unexamined(finding: BrokenProperty) -> tuple[Unexamined, ...]:
    omission, task = finding.omission, finding.task
    if omission is None or omission.kind is None:
        return ()
    return (Unexamined(omission.kind, task.batches * CASES, omission.reason),)


def property_discrepancy(finding: BrokenProperty, version: str) -> Discrepancy | None:
    """Return a broken property as a discrepancy; None where it is not broken."""
    if finding.status not in _SEVERITY or finding.worst is None:
        return None
    task, worst, given = finding.task, finding.worst, finding.given
    comparison, case = sides(worst), "" if given is None else given_hash(given)
    function = TRAINED if task.is_training else task.stated.functions[0]
    return Discrepancy(
        id=discrepancy_id(_id(finding), IDENTITY_BROKEN, case),
        severity=_SEVERITY[finding.status],  # type: ignore[arg-type]
        kind=IDENTITY_BROKEN,
        cause=None,
        function=function,
        backend=task.backend,
        version=version,
        entry_point=task.names.get(function, "training"),
        dtype=task.dtype,
        mode=task.setting.mode,
        device=task.setting.device,
        quantity=f"property:{task.id}",
        input_class="property",
        parameters={},
        check=_id(finding),
        batch=f"property/{given.cases}" if given is not None else "property",
        case=case,
        index=_index(worst, given),
        inputs=inputs_of(given) if given is not None else {},
        # In words: these are no results, and a decimal would be read as a hex float.
        observed=f"the left side {comparison.left}",
        expected=Expected(
            comparison.right,
            comparison.right,
            f"{comparison.sign} the right side {comparison.right} ± {comparison.bound:.3g}",
        ),
        error_ulps=hex_of(np.inf),
        error_bound_ratio=hex_of(worst.ratio),
        explanation=explained(task.statement, worst, task.names),
        count=1,
        cases=given.cases if given is not None else 1,
    )


def _index(worst: Outcome, given: PropertyInputs | None) -> tuple[int, ...]:
    """Where in the sides the relation is broken: in those of the one case that is recorded."""
    index = worst.worst.index if worst.worst is not None else ()
    return (0, *index[1:]) if index and given is not None and given.cases == 1 else index


def sides(outcome: Outcome) -> Comparison:
    """Return the comparison that tells an outcome; one made of words where the backend gave no number."""
    if outcome.failure is not None:
        return _in_words(outcome.failure, "a result")
    if outcome.no_numbers:
        return _in_words(str(outcome.no_numbers[0]), "a finite number")
    assert outcome.worst is not None
    return outcome.worst


def explained(statement: str, outcome: Outcome, entry_points: dict[str, str]) -> str:
    """Return in words what is broken, where, and by how much."""
    where = ", ".join(dict.fromkeys(entry_points.values())) or "training"
    deviates = " A deviation that the entry point states explains it." if outcome.status == "deviates" else ""
    return f"{statement} Not so for {where}: {outcome.told}.{deviates}"


def inputs_of(given: PropertyInputs) -> dict[str, Array]:
    """Return the inputs as the record keeps them: a single case without its axis of cases."""
    single = given.cases == 1
    arrays = {name: x[0] if single and name not in given.common else x for name, x in given.arrays.items()}
    return {name: array_record(array) for name, array in arrays.items()}


def given_hash(given: PropertyInputs) -> str:
    """Return the SHA-256 of inputs: format, names, shapes and bytes."""
    digest = hashlib.sha256(given.dtype.encode())
    for name, array in sorted(given.arrays.items()):
        little = array.astype(array.dtype.newbyteorder("<")) if array.dtype.byteorder == ">" else array
        digest.update(f"{name}{array.dtype.name}{array.shape}".encode())
        digest.update(np.ascontiguousarray(little).tobytes())
    return digest.hexdigest()


def _id(finding: BrokenProperty) -> str:
    task = finding.task
    return property_id(
        property_name=task.id,
        backend=task.backend,
        entry_points=task.names,
        dtype=task.dtype,
        setting=task.setting,
    )


def _extreme(finding: BrokenProperty) -> PropertyExtreme | None:
    if finding.worst is None or finding.status == "undecided":
        return None
    comparison = sides(finding.worst)
    return PropertyExtreme(
        ratio=hex_of(finding.worst.ratio),
        what=comparison.what,
        left=comparison.left,
        sign=comparison.sign,
        right=comparison.right,
        bound=hex_of(comparison.bound),
        inputs=inputs_of(finding.given) if finding.given is not None else {},
    )


def _in_words(left_side: str, right_side: str) -> Comparison:
    return Comparison("", None, (), left_side, "=", right_side, np.inf, 0.0, np.inf)
