"""The changes of a check while they are counted: how many elements of each kind, and the largest change with inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from logitproof.reports import REGRESSIONS, SEVERITY_RANKS, ChangeExample, ChangeKind, Severity, hex_of

from ..inputs.batch import Batch
from ..inputs.geometry import element_index
from ..inputs.hashes import case_hash
from ..judge.findings import confirmed
from ..judge.judged_output import JudgedOutput
from ..judge.record import expected_of, inputs_of, parameters_of
from ..judge.verdicts import KIND_OF, SEVERITY_OF, Verdict
from .kinds import DEFECT, KINDS, Twice, distances_apart, kinds, ranks

MOST_UNCONFIRMED = 20
"""So many elements of a regression may turn out unconfirmed before all that seem alike are withdrawn."""

Position = tuple[int, int]
"""A line and an element of it."""


@dataclass(frozen=True)
class Candidate:
    """An example of a change, and its rank among others of its kind."""

    rank: tuple[float, ...]
    example: ChangeExample


@dataclass
class ChangeCounts:
    """Elements by what became of them, and of each kind the largest change."""

    counts: dict[ChangeKind, int] = field(default_factory=dict)
    largest: dict[ChangeKind, Candidate] = field(default_factory=dict)

    def add(self, kind: ChangeKind, elements: int, candidate: Candidate | None = None) -> None:
        """Add elements that changed in one way, with the largest change among them."""
        if not elements:
            return
        self.counts[kind] = self.counts.get(kind, 0) + elements
        older = self.largest.get(kind)
        if candidate is not None and (older is None or candidate.rank > older.rank):
            self.largest[kind] = candidate

    def merge(self, other: ChangeCounts) -> None:
        """Add what was counted elsewhere."""
        for kind, elements in other.counts.items():
            self.add(kind, elements, other.largest.get(kind))


def compared(twice: Twice) -> ChangeCounts:
    """Say what became of each element that is to be compared."""
    kind_numbers, apart = kinds(twice), distances_apart(twice)
    kept = ChangeCounts()
    for number, kind in enumerate(KINDS):
        mask = kind_numbers == number
        if mask.any():
            doubted = _doubted(twice, mask, apart) if kind in REGRESSIONS else np.zeros_like(mask)
            _keep(kept, twice, kind, mask & ~doubted, apart)
            _keep(kept, twice, "otherwise", doubted, apart)
    return kept


def _keep(kept: ChangeCounts, twice: Twice, kind: ChangeKind, mask: np.ndarray, apart: np.ndarray) -> None:
    if not mask.any():
        return
    position = _largest(twice, gravest(twice.after, mask) if kind == "gone NaN or infinity" else mask, apart)
    example = _example(twice, position, float(apart[position]))
    first = ranks(twice.after)[position] if kind == "gone NaN or infinity" else 0
    if kind == "dtype or shape changed":
        example = of_dtype(example, twice.batch, twice.dtypes)
        first = SEVERITY_RANKS[example.after_severity] - SEVERITY_RANKS[example.before_severity]
    kept.add(kind, int(np.count_nonzero(mask)), Candidate((float(first), *_size(twice, position, apart)), example))


def _doubted(twice: Twice, mask: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return the elements that ball arithmetic does not confirm to be as grave as they seem, before one that it does.

    No false accusations: the example is confirmed, and where none can be, nothing is claimed.
    """
    doubted = np.zeros_like(mask)
    for _ in range(MOST_UNCONFIRMED):
        left = mask & ~doubted
        if not left.any():
            break
        position = _largest(twice, left, apart)
        verdict = Verdict(int(twice.after.judgement.verdicts[position]))
        judged = twice.after.element_at(*position, SEVERITY_OF.get(verdict, ""), KIND_OF.get(verdict, ""))
        if confirmed(judged).severity == judged.severity:
            return doubted
        doubted[position] = True
    return mask.copy()


def gravest(judged: JudgedOutput, mask: np.ndarray) -> np.ndarray:
    """Return the defects among some elements; all of these where there is none."""
    wrong = mask & (ranks(judged) == DEFECT)
    return wrong if wrong.any() else mask


def _largest(twice: Twice, mask: np.ndarray, apart: np.ndarray) -> Position:
    """Return the largest change; among equals the largest error now."""
    among = np.where(mask, apart, -1.0)
    errors = np.where(mask & (among == among.max()), twice.measured[1].judgement.ulps, -1.0)
    line, element = np.unravel_index(int(np.argmax(errors)), mask.shape)
    return int(line), int(element)


def _size(twice: Twice, position: Position, apart: np.ndarray) -> tuple[float, float]:
    return float(apart[position]), float(twice.measured[1].judgement.ulps[position])


def severity_at(judged: JudgedOutput, position: Position) -> Severity | None:
    """Return the severity of one element."""
    return SEVERITY_OF.get(Verdict(int(judged.judgement.verdicts[position])))  # type: ignore[return-value]


def _example(twice: Twice, position: Position, apart: float) -> ChangeExample:
    judged = twice.measured[1].element_at(*position)
    return ChangeExample(
        **origin_of(judged.batch, judged.quantity, judged.case, judged.element),
        before=hex_of(twice.before.output[position]),
        after=hex_of(twice.after.output[position]),
        failure="",
        expected=expected_of(judged),
        before_ulps=hex_of(float(twice.measured[0].judgement.ulps[position])),
        after_ulps=hex_of(float(twice.measured[1].judgement.ulps[position])),
        ulps=hex_of(apart),
        before_severity=severity_at(twice.before, position),
        after_severity=severity_at(twice.after, position),
    )


def origin_of(batch: Batch, quantity: str, case: int, element: int) -> Mapping[str, Any]:
    """Return where an example stands, and its inputs."""
    return {
        "batch": batch.name,
        "case": case_hash(batch, case),
        "index": element_index(batch, quantity, case, element),
        "inputs": inputs_of(batch, quantity, case),
        "parameters": parameters_of(batch),
    }


def of_dtype(example: ChangeExample, batch: Batch, dtypes: tuple[str, str]) -> ChangeExample:
    """Return an example of a change of dtype: it is the dtype that is a defect, or is none."""
    before, after = (None if dtype == batch.dtype else "defect" for dtype in dtypes)
    return replace(example, failure="dtype", before_severity=before, after_severity=after)  # type: ignore[arg-type]
