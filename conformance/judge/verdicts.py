"""The judge: output elements against certified results, as tiers and severities.

Every element gets a tier (correctly rounded, faithful, within the attainable bound, within the textbook bound,
outside) and a verdict. All comparisons are made with arrays; an element whose enclosure or whose arithmetic leaves a
comparison open is decided in ball arithmetic at rising precision. A verdict never rests on an undecided comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial

import numpy as np
from flint import arb

from logitproof.reference import (
    Distance,
    Enclosure,
    Format,
    Status,
    distance,
    in_ulps,
    may_be_flushed,
    overflows,
    working_precision,
)

from .truth import Truth


class Tier(IntEnum):
    """How good an element is, the best first."""

    C = 0
    F = 1
    M = 2
    A = 3
    OUTSIDE = 4
    LIMIT = 5
    """Decided by the table of limits, not by a distance."""


class Verdict(IntEnum):
    """What an element amounts to."""

    GOOD = 0
    INACCURATE = 1
    """weakness: between the attainable and the textbook bound."""
    FLUSHED = 2
    """weakness: an error that flushing numbers below the smallest normal one explains, at the end or on the way."""
    CONVENTION = 3
    """convention: mathematics leaves a choice."""
    UNDECIDED = 4
    """The reference could not decide."""
    BEYOND_BOUND = 5
    """defect: beyond the textbook bound."""
    NAN = 6
    """defect: NaN where the truth is a number."""
    INFINITY = 7
    """defect: infinite where the truth is finite and representable."""
    LIMIT_MISSED = 8
    """defect: a required limit is missed."""


SEVERITY_OF = {
    Verdict.INACCURATE: "weakness",
    Verdict.FLUSHED: "weakness",
    Verdict.CONVENTION: "convention",
    Verdict.UNDECIDED: "undecided",
    Verdict.BEYOND_BOUND: "defect",
    Verdict.NAN: "defect",
    Verdict.INFINITY: "defect",
    Verdict.LIMIT_MISSED: "defect",
}
"""The severity of every verdict but GOOD."""

KIND_OF = {
    Verdict.INACCURATE: "inaccurate",
    Verdict.FLUSHED: "flushed to zero",
    Verdict.CONVENTION: "choice",
    Verdict.UNDECIDED: "undecided",
    Verdict.BEYOND_BOUND: "beyond bound",
    Verdict.NAN: "nan",
    Verdict.INFINITY: "infinity",
    Verdict.LIMIT_MISSED: "limit missed",
}
"""The kind of failure of every verdict but GOOD, as the record names it."""

FIRST_PRECISION = 512
LAST_PRECISION = 16_384
"""Working precisions, in bits, between which an open comparison is decided."""

FAIR_PRECISION = 512
"""Bits after which a comparison that cannot make a defect is given up."""

NARROW = 2.0**-60
"""Radius in ulps below which such a comparison is given up at once."""

BOUND_GUARD = 1 + 2.0**-30
"""Bounds are computed in float64 with a relative error far below 2^-30: they are widened by so much."""


@dataclass(frozen=True)
class Allowed:
    """The largest permitted errors, in ulps, final rounding included: textbook, flushed, attainable."""

    textbook: np.ndarray
    flushed: np.ndarray
    attainable: np.ndarray

    def of(self, index: tuple[int, ...]) -> Allowed:
        """The errors permitted to one element."""
        return Allowed(*(np.asarray(part[index]) for part in (self.textbook, self.flushed, self.attainable)))


@dataclass(frozen=True)
class Judgement:
    """The verdicts over one output; arrays of the output's shape.

    Attributes:
        tiers: values of `Tier`.
        verdicts: values of `Verdict`.
        ulps: error in ulps, infinite where no distance measures it, 0 where the table of limits was met.
        ratio: error as a multiple of what the textbook bound allows, final rounding included.
        allowed: the largest permitted errors.
        exponent: the exponent of the ulp of the exact result.
    """

    tiers: np.ndarray
    verdicts: np.ndarray
    ulps: np.ndarray
    ratio: np.ndarray
    allowed: Allowed
    exponent: np.ndarray


Ball = Callable[[tuple[int, ...], int], arb]
"""(place of the element, working precision in bits) → the exact result as a ball."""


def judge(storage: Format, output: np.ndarray, truth: Truth, ball: Ball) -> Judgement:
    """Judge every element of one output.

    Args:
        storage: the format the result must have.
        output: what the backend returned, any float dtype, of the truth's shape.
        truth: the certified results and the bounds.
        ball: the exact result of one element at any precision, for comparisons that the arrays leave open.
    """
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        exact, computed = truth.exact, output.astype(np.float64)
    measured = distance(storage, computed, exact)
    allowed = _permitted(storage, computed, measured, truth)
    graded = _grade(measured.ulps, measured.below, may_be_flushed(storage, computed), allowed)
    finite = exact.status == Status.FINITE
    for index in zip(*np.nonzero(finite & _open(measured, allowed)), strict=True):
        known = _Element(storage, float(computed[index]), int(measured.exponent[index]), allowed.of(index))
        graded.put(index, _settled(known, exact, index, ball))
    ulps = measured.ulps
    if not np.isfinite(computed).all():
        # Within a bound, rounding may carry a number of the last binade to infinity; nothing excuses it elsewhere.
        near = (measured.exponent > storage.emax - storage.precision) & np.isfinite(allowed.textbook)
        ulps = np.where(_grade_not_finite(storage, computed, exact, near, graded), 0.0, ulps)
    graded.verdicts[np.isnan(allowed.textbook) & finite] = Verdict.UNDECIDED
    if not finite.all():
        ulps = _grade_limits(exact, computed, ulps, graded)
    with np.errstate(all="ignore"):
        ratio = np.where(finite, ulps / allowed.textbook, np.where(np.isinf(ulps), np.inf, 0.0))
    # A NaN within an infinite bound is as far beyond it as any other.
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    return Judgement(graded.tiers, graded.verdicts, ulps, ratio, allowed, measured.exponent)


def _permitted(storage: Format, computed: np.ndarray, measured: Distance, truth: Truth) -> Allowed:
    textbook, attainable = (
        _allowed(storage, in_ulps(bound, measured.exponent), measured.size)
        for bound in (truth.bounds.textbook, truth.bounds.attainable)
    )
    if np.isinf(textbook).any():
        # Where the bound itself leaves float64 because the truth does, the truth rounds to infinity, or next to it.
        beyond = overflows(storage, truth.exact) & np.isinf(textbook)
        textbook, attainable = (np.where(beyond, 0.5, part) for part in (textbook, attainable))
    flushed = textbook
    if (may_be_flushed(storage, computed) & (measured.ulps + measured.slack >= textbook)).any():
        flushed = _allowed(storage, in_ulps(truth.flushed(), measured.exponent), measured.size)
    return Allowed(textbook, flushed, attainable)


@dataclass(frozen=True)
class _Grades:
    """Tiers and verdicts while they are being settled, element by element."""

    tiers: np.ndarray
    verdicts: np.ndarray

    def put(self, index: tuple[int, ...], grade: Grade) -> None:
        """Settle one element."""
        self.tiers[index], self.verdicts[index] = grade


Grade = tuple[Tier, Verdict]


@dataclass(frozen=True)
class _Element:
    """One computed number: its format, the exponent of the ulp of the exact result, and the permitted errors."""

    storage: Format
    computed: float
    exponent: int
    allowed: Allowed


def _grade_not_finite(
    storage: Format, computed: np.ndarray, exact: Enclosure, near: np.ndarray, graded: _Grades
) -> np.ndarray:
    """Grade NaN and infinities where the truth is a number; return where an infinity is that number rounded."""
    finite = exact.status == Status.FINITE
    nan = np.isnan(computed) & finite
    graded.tiers[nan], graded.verdicts[nan] = Tier.OUTSIDE, Verdict.NAN
    met = finite & _is_rounded_to_infinity(storage, exact, computed)
    graded.tiers[met], graded.verdicts[met] = Tier.C, Verdict.GOOD
    within = near & (graded.verdicts != Verdict.BEYOND_BOUND)
    wrong = np.isinf(computed) & finite & ~met & ~within
    graded.tiers[wrong], graded.verdicts[wrong] = Tier.OUTSIDE, Verdict.INFINITY
    return met


def _is_rounded_to_infinity(storage: Format, exact: Enclosure, computed: np.ndarray) -> np.ndarray:
    """Find the truths that round to infinity and are met by it, however far beyond the format's range they lie."""
    return overflows(storage, exact) & np.isinf(computed) & (np.sign(computed) == np.sign(exact.hi))


def _allowed(storage: Format, bound: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the largest |y - t| in ulps of t when a number within `bound` of t is rounded to storage.

    Inside t's binade rounding adds half an ulp. A number pushed over the end of the binade, 2^p ulps, is rounded with
    the next spacing, but never by more than it lies beyond that end, which is itself a number of the format: at most
    min(bound, 1) more. Further up, rounding adds u of the overshoot.
    """
    with np.errstate(all="ignore"):
        crosses = size + bound > 2.0**storage.precision
        rounding = np.where(crosses, np.maximum(0.5, np.minimum(bound, 1.0)), 0.5)
        return (bound * (1 + storage.unit_roundoff) + rounding) * BOUND_GUARD


def _grade(ulps: np.ndarray, below: np.ndarray, flushable: np.ndarray, allowed: Allowed) -> _Grades:
    """Grade elements by their distance alone, each by the best of the conditions it meets."""
    tiers = np.full(np.shape(ulps), Tier.OUTSIDE, dtype=np.int8)
    verdicts = np.full(np.shape(ulps), Verdict.BEYOND_BOUND, dtype=np.int8)
    for condition, tier, verdict in (
        (flushable & (ulps <= allowed.flushed), Tier.A, Verdict.FLUSHED),
        (ulps <= allowed.textbook, Tier.A, Verdict.INACCURATE),
        (ulps <= allowed.attainable, Tier.M, Verdict.GOOD),
        ((ulps < 1) & ~below, Tier.F, Verdict.GOOD),
        (ulps <= 0.5, Tier.C, Verdict.GOOD),
    ):
        tiers[condition] = tier
        verdicts[condition] = verdict
    return _Grades(tiers, verdicts)


def _open(measured: Distance, allowed: Allowed) -> np.ndarray:
    """Find the elements whose distance is too close to a threshold to be compared."""
    is_open = np.zeros(measured.ulps.shape, dtype=bool)
    with np.errstate(all="ignore"):
        for threshold in (0.5, 1.0, allowed.attainable, allowed.textbook, allowed.flushed):
            is_open |= np.abs(measured.ulps - threshold) <= measured.slack
    return is_open


def _settled(element: _Element, exact: Enclosure, index: tuple[int, ...], ball: Ball) -> Grade:
    """Grade an element by the full width of its enclosure, and by `decide` where that is not enough."""
    enclosed = ulps_of(element.storage, element.computed, _enclosed(exact, index), element.exponent, FIRST_PRECISION)
    least, most = _grade_ends(element, *enclosed)
    # An enclosure of 2^-60 ulp that straddles ½ or 1 ulp is a tie for all purposes: exp(-1e36) away, say.
    if least == most or (float(enclosed[0].rad()) <= NARROW and _same_gate(least[1], most[1])):
        return most
    return decide(element.storage, element.computed, element.exponent, element.allowed, partial(ball, index))


def _enclosed(exact: Enclosure, index: tuple[int, ...]) -> arb:
    with working_precision(FIRST_PRECISION):
        words = arb(float(exact.hi[index])) + arb(float(exact.lo[index])) + arb(0, float(exact.radius[index]))
        return words * arb(2) ** int(exact.exponent[index])


def decide(storage: Format, computed: float, exponent: int, allowed: Allowed, ball: Callable[[int], arb]) -> Grade:
    """Decide one number in ball arithmetic, doubling the precision until every comparison is clear.

    Args:
        storage: the format the result must have.
        computed: what the backend returned, not NaN.
        exponent: the exponent of the ulp of the exact result.
        allowed: the permitted errors of the element.
        ball: working precision in bits → the exact result as a ball.
    """
    element = _Element(storage, computed, exponent, allowed)
    precision = FIRST_PRECISION
    while precision <= LAST_PRECISION:
        ulps, below = ulps_of(storage, computed, ball(precision), exponent, precision)
        if ulps.is_finite():
            least, most = _grade_ends(element, ulps, below)
            # No precision tells ½ ulp from ½ + exp(-1e36) ulp. Where neither end is a defect, the worse one is claimed
            # after a fair try.
            if least == most or (precision >= FAIR_PRECISION and _same_gate(least[1], most[1])):
                return most
        precision *= 2
    return Tier.OUTSIDE, Verdict.UNDECIDED


def _same_gate(*verdicts: Verdict) -> bool:
    """Whether both verdicts are a defect, or neither is."""
    return len({SEVERITY_OF.get(verdict) == "defect" for verdict in verdicts}) == 1


def _grade_ends(element: _Element, ulps: arb, below: bool) -> tuple[Grade, Grade]:  # noqa: FBT001 - a fact
    """Grade both ends of a distance that is known as a ball."""
    allowed = element.allowed
    thresholds = (0.5, 1.0, float(allowed.attainable), float(allowed.textbook), float(allowed.flushed))
    ends = np.array(_ends(ulps, thresholds))
    flushable = may_be_flushed(element.storage, np.array([element.computed] * 2))
    graded = _grade(ends, np.array([below] * 2), flushable, allowed)
    least, most = (
        (Tier(int(tier)), Verdict(int(verdict))) for tier, verdict in zip(graded.tiers, graded.verdicts, strict=True)
    )
    return least, most


def _ends(ulps: arb, thresholds: tuple[float, ...]) -> tuple[float, float]:
    """Return two float64 numbers between which, as the thresholds see it, the ball lies."""
    least, most = float(ulps.lower()), float(ulps.upper())
    for threshold in thresholds:
        if not np.isfinite(threshold):
            continue
        above = float(np.nextafter(threshold, np.inf))
        if ulps <= threshold:
            least, most = min(least, threshold), min(most, threshold)
        elif ulps > threshold:
            least, most = max(least, above), max(most, above)
        else:
            least, most = min(least, threshold), max(most, above)
    return least, most


def ulps_of(storage: Format, computed: float, exact: arb, exponent: int, precision: int) -> tuple[arb, bool]:
    """Return |y - t| in ulps of 2^exponent as a ball, and whether y lies in the binade below t's."""
    with working_precision(precision):
        number = arb(2) ** (storage.emax + 1) * (1 if computed > 0 else -1) if np.isinf(computed) else arb(computed)
        ulp = arb(2) ** exponent
        edge = arb(2) ** (storage.precision - 1)
        below = bool(abs(exact) / ulp >= edge) and bool(abs(number) / ulp < edge)
        return abs(number - exact) / ulp, below


def _grade_limits(exact: Enclosure, computed: np.ndarray, ulps: np.ndarray, graded: _Grades) -> np.ndarray:
    """Grade what the table of limits decides; return the errors in ulps."""
    status, tiers, verdicts = exact.status, graded.tiers, graded.verdicts
    required = ~np.isin(status, (Status.FINITE, Status.CHOICE, Status.UNDECIDED))
    met = _meets_limit(status, computed)
    missed = required & ~met
    infinite = (status == Status.POSITIVE_INFINITY) | (status == Status.NEGATIVE_INFINITY)
    tiers[status != Status.FINITE] = Tier.LIMIT
    tiers[missed] = Tier.OUTSIDE
    verdicts[status == Status.CHOICE] = Verdict.CONVENTION
    verdicts[status == Status.UNDECIDED] = Verdict.UNDECIDED
    verdicts[required & met] = Verdict.GOOD
    verdicts[missed] = Verdict.LIMIT_MISSED
    verdicts[missed & infinite & np.isnan(computed)] = Verdict.NAN
    return np.where(status == Status.FINITE, ulps, np.where(missed, np.inf, 0.0))


def _meets_limit(status: np.ndarray, computed: np.ndarray) -> np.ndarray:
    """Find the required limits that are met; what requires none meets none."""
    return (
        ((status == Status.POSITIVE_INFINITY) & (computed == np.inf))
        | ((status == Status.NEGATIVE_INFINITY) & (computed == -np.inf))
        | ((status == Status.NAN) & np.isnan(computed))
        | ((status == Status.NOT_FINITE) & ~np.isfinite(computed))
    )


def errors_in_ulps(storage: Format, computed: np.ndarray, exact: Enclosure) -> np.ndarray:
    """Return errors as `judge` measures them, without judging: infinite where no distance measures them.

    Where a limit is met, or left to choice, the error is 0.

    Args:
        storage: the format the results must have.
        computed: the results, float64.
        exact: the certified results.
    """
    status = exact.status
    ulps = np.where(_is_rounded_to_infinity(storage, exact, computed), 0.0, distance(storage, computed, exact).ulps)
    open_or_met = np.isin(status, (Status.CHOICE, Status.UNDECIDED)) | _meets_limit(status, computed)
    return np.where(status == Status.FINITE, ulps, np.where(open_or_met, 0.0, np.inf))
