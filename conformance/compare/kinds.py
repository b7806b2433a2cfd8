"""What became of elements: two outputs of one batch, both judged, as the number of a kind for every element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from flint import arb

from logitproof.reference import Format, Status, distance, format_named, in_ulps, working_precision
from logitproof.reports import SEVERITY_RANKS, ChangeKind

from ..inputs.batch import Batch
from ..judge.judged_output import JudgedOutput
from ..judge.truth import exact_element
from ..judge.verdicts import SEVERITY_OF, Verdict

KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
"""The kinds of change, the gravest first."""

PRECISION = 512
"""Bits at which two distances are compared that the arrays do not tell apart; what these do not tell apart is equal."""

DEFECT = SEVERITY_RANKS["defect"]

_NOT_COMPARED = -1
_RANKS = np.array([SEVERITY_RANKS[SEVERITY_OF.get(verdict)] for verdict in Verdict])  # type: ignore[index]


@dataclass(frozen=True)
class Twice:
    """The same elements before and after, one line per case.

    Attributes:
        batch: the inputs.
        before: the older ones, judged by the definition that they follow.
        after: so the newer ones.
        measured: both once more, by one definition, and so by one exact result.
        changed: which of the elements are to be compared.
    """

    batch: Batch
    before: JudgedOutput
    after: JudgedOutput
    measured: tuple[JudgedOutput, JudgedOutput]
    changed: np.ndarray

    @property
    def storage(self) -> Format:
        """The format that results must have."""
        return format_named(self.batch.dtype)

    @property
    def dtypes(self) -> tuple[str, str]:
        """The dtypes that they have."""
        return self.before.output.dtype.name, self.after.output.dtype.name

    @property
    def finite(self) -> np.ndarray:
        """Where the exact result is a number."""
        return np.asarray(self.measured[1].exact.status == Status.FINITE)


def ranks(judged: JudgedOutput) -> np.ndarray:
    """Return how grave each element is, as `SEVERITY_RANKS` has it."""
    return np.asarray(_RANKS[judged.judgement.verdicts])


def kinds(twice: Twice) -> np.ndarray:
    """Return for each element the place of its kind among `KINDS`, -1 for one that is not to be compared."""
    before, after = numbers(twice.before), numbers(twice.after)
    rank, now = _comparable_ranks(twice)
    decided = _decided(twice.before) & _decided(twice.after)
    alike = twice.finite & decided & (rank == now)
    order = _order(twice, alike & twice.changed)
    kind_numbers = np.full(twice.changed.shape, KINDS.index("otherwise"), dtype=np.int8)
    chosen: list[tuple[np.ndarray, ChangeKind]] = [  # the last one that fits holds
        (alike & (order < 0), "nearer"),
        (alike & (order > 0), "farther"),
        (decided & (now < rank), "fixed"),
        (twice.finite & ~np.isfinite(before) & (rank == DEFECT) & np.isfinite(after), "gone NaN or infinity"),
        (_of_other_dtype(twice), "dtype or shape changed"),
        (decided & (now > np.maximum(rank, _least(twice))), "regressed"),
        (twice.finite & np.isfinite(before) & ~np.isfinite(after) & (now == DEFECT), "new NaN or infinity"),
    ]
    for condition, kind in chosen:
        kind_numbers[condition] = KINDS.index(kind)
    kind_numbers[~twice.changed] = _NOT_COMPARED
    return kind_numbers


def _comparable_ranks(twice: Twice) -> tuple[np.ndarray, np.ndarray]:
    """Return how grave each element is, before and after.

    Where the backend states another definition than before, the bounds are those of two definitions: a weakness by one
    of them is no graver than none by the other. A defect is one by whichever.
    """
    before, after = ranks(twice.before), ranks(twice.after)
    if twice.before.definition == twice.after.definition:
        return before, after
    return np.where(before == DEFECT, before, 0), np.where(after == DEFECT, after, 0)


def numbers(judged: JudgedOutput) -> np.ndarray:
    """Return elements as float64, which has them all."""
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        return np.asarray(judged.output.astype(np.float64))


def distances_apart(twice: Twice) -> np.ndarray:
    """Return how far the two are apart, in ulps of the exact result; where there is none, of the larger of the two.

    It is infinite where one of them is no finite number.
    """
    storage, before, after = twice.storage, numbers(twice.before), numbers(twice.after)
    both = np.isfinite(before) & np.isfinite(after)
    with np.errstate(all="ignore"):
        larger = np.where(both, np.maximum(np.abs(before), np.abs(after)), 1.0)
        binade = np.frexp(larger)[1].astype(np.int64) - 1
        exponent_of_larger = np.maximum(binade, storage.emin) - storage.precision + 1
        exponent = np.where(twice.finite, twice.measured[1].judgement.exponent, exponent_of_larger)
        return np.where(both, in_ulps(np.abs(after - before), exponent), np.inf)


def _decided(judged: JudgedOutput) -> np.ndarray:
    return np.asarray(judged.judgement.verdicts != Verdict.UNDECIDED)


def _least(twice: Twice) -> int:
    """Return how grave a result was at least: one of the wrong dtype that is right now is no worse for a weakness."""
    dtype = twice.batch.dtype
    return SEVERITY_RANKS["weakness"] if twice.dtypes[0] != dtype == twice.dtypes[1] else 0


def _of_other_dtype(twice: Twice) -> np.ndarray:
    return np.full(twice.changed.shape, twice.dtypes[0] != twice.dtypes[1])


def _order(twice: Twice, asked: np.ndarray) -> np.ndarray:
    """Say whether the newer is nearer the exact result, -1, or farther, 1, or neither, 0; only where asked."""
    exact = twice.measured[1].exact
    with np.errstate(invalid="ignore"):
        difference = twice.measured[1].judgement.ulps - twice.measured[0].judgement.ulps
        slack = sum(distance(twice.storage, numbers(each), exact).slack for each in (twice.before, twice.after))
        order = np.where(np.isnan(difference), 0, np.sign(difference)).astype(np.int8)
        unclear = asked & (np.abs(difference) <= slack)
    for line, element in np.argwhere(unclear):
        order[line, element] = _order_in_balls(twice, (int(line), int(element)))
    return order


def _order_in_balls(twice: Twice, position: tuple[int, int]) -> int:
    judged = twice.measured[1]
    before, after = (_number(twice.storage, float(numbers(each)[position])) for each in (twice.before, twice.after))
    order = _compared(before, after, _enclosed(judged, position))
    if order is None and float(judged.exact.radius[position]) != 0:
        element = (int(judged.cases[position[0]]), position[1])
        truth = exact_element(twice.batch, judged.quantity, judged.definition, element, PRECISION)
        order = _compared(before, after, truth) if truth.is_finite() else None
    return order or 0


def _number(storage: Format, value: float) -> arb:
    """Return a number; an infinity as the next one after the format's last."""
    return arb(2) ** (storage.emax + 1) * (1 if value > 0 else -1) if np.isinf(value) else arb(value)


def _enclosed(judged: JudgedOutput, position: tuple[int, int]) -> arb:
    exact = judged.exact
    with working_precision(PRECISION):
        words = arb(float(exact.hi[position])) + arb(float(exact.lo[position])) + arb(0, float(exact.radius[position]))
        return words * arb(2) ** int(exact.exponent[position])


def _compared(before: arb, after: arb, truth: arb) -> int | None:
    """Compare the distances of two numbers from a third; None where its enclosure does not tell."""
    with working_precision(PRECISION):
        difference = abs(after - truth) - abs(before - truth)
        return 1 if difference > 0 else -1 if difference < 0 else None
