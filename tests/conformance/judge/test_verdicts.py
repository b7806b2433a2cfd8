"""Distances in ulps and verdicts, element by element, against arithmetic with fractions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import frexp, inf, nan

import ml_dtypes
import numpy as np
import pytest
from flint import arb, fmpq

from logitproof.conformance.judge.truth import Truth
from logitproof.conformance.judge.verdicts import SEVERITY_OF, Tier, Verdict, decide, judge
from logitproof.reference import (
    FORMATS,
    Bounds,
    Enclosure,
    Status,
    distance,
    format_named,
    overflows,
    working_precision,
)
from logitproof.reference.enclosures.ulps import ulp_exponent

DTYPES = tuple(FORMATS)
HAIR = Fraction(1, 2**20)
"""A small part of an ulp, and more than the guard on the bounds."""


# Exact results


def enclosed(exact: list[Fraction], radius: float = 0.0, status: Status = Status.FINITE) -> Enclosure:
    """Exact results as enclosures, one line of one element each; what two words do not hold is in the radius."""
    rows = [_words(number) for number in exact]
    hi, lo, exponent, rest = (np.array([[row[column]] for row in rows]) for column in range(4))
    return Enclosure(
        hi=hi,
        lo=lo,
        exponent=exponent.astype(np.int64),
        radius=np.maximum(rest, radius),
        status=np.full(hi.shape, status, dtype=np.int8),
        limit=np.full(hi.shape, -1, dtype=np.int16),
    )


def _words(number: Fraction) -> tuple[float, float, int, float]:
    if number == 0:
        return 0.0, 0.0, 0, 0.0
    exponent = _binade(number) + 1
    scaled = number / Fraction(2) ** exponent
    hi = float(scaled)
    lo = float(scaled - Fraction(hi))
    rest = abs(scaled - Fraction(hi) - Fraction(lo))
    return hi, lo, exponent, float(rest) * 2 if rest else 0.0


def _binade(number: Fraction) -> int:
    """The exponent e with 2^e ≤ |number| < 2^(e + 1)."""
    size = abs(number)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    return exponent if Fraction(2) ** exponent <= size else exponent - 1


def ball_of(exact: list[Fraction]):
    """The exact result of one element at any precision, as the judge asks for it."""

    def ball(position, precision):
        with working_precision(precision):
            number = exact[position[0]]
            return arb(fmpq(number.numerator, number.denominator))

    return ball


def judged(dtype, outputs, exact, *, textbook=0.0, attainable=0.0, flushed=0.0, status=Status.FINITE, radius=0.0):
    """Judge outputs, given as float64 numbers, against exact results with these absolute bounds."""
    storage = format_named(dtype)
    shape = (len(outputs), 1)
    known = Truth(
        enclosed(exact, radius, status),
        Bounds(np.broadcast_to(textbook, shape), np.broadcast_to(attainable, shape)),
        lambda: np.broadcast_to(flushed, shape),
    )
    array = np.array(outputs, dtype=np.float64).reshape(shape)
    with np.errstate(all="ignore"):
        return judge(storage, array.astype(storage.numpy_dtype), known, ball_of(exact))


def verdict(*arguments, **keywords) -> tuple[Tier, Verdict]:
    """The grade of a single element."""
    result = judged(*arguments, **keywords)
    return Tier(int(result.tiers[0, 0])), Verdict(int(result.verdicts[0, 0]))


# Formats by brute force


def nearest(storage, number: Fraction) -> Fraction:
    """Round to the format, to nearest, ties to even, exponents not bounded above."""
    quantum = Fraction(2) ** _quantum_exponent(storage, number)
    return round(number / quantum) * quantum


def _quantum_exponent(storage, number: Fraction) -> int:
    """The exponent of the spacing of the floats around |number|, the upper one at a power of two."""
    exponent = max(_binade(number), storage.emin) if number else storage.emin
    return exponent - storage.precision + 1


def harrison(storage, number: Fraction) -> Fraction:
    """The distance of the closest straddling floats a ≤ |t| ≤ b, a ≠ b (Muller, INRIA RR-5504, definition 5)."""
    spacing = Fraction(2) ** _quantum_exponent(storage, number)
    below = abs(number) // spacing * spacing
    if below != abs(number):
        return spacing
    smaller = max(spacing / 2, storage_quantum(storage))
    is_power = (
        below > 0 and below.numerator & (below.numerator - 1) == 0 and below.denominator & (below.denominator - 1) == 0
    )
    return smaller if is_power else spacing


def beside(storage, number: Fraction, step: int) -> Fraction:
    """The next float, away from zero for a step of 1, towards it for -1."""
    spacing = harrison(storage, number) if step < 0 else Fraction(2) ** _quantum_exponent(storage, number)
    return number + (step * spacing if number >= 0 else -step * spacing)


def storage_quantum(storage) -> Fraction:
    return Fraction(2) ** storage.quantum_exponent


def hard_numbers(storage, random, count=400) -> list[Fraction]:
    """Floats, midpoints and powers of two, exactly and a hair beside, in every range of the format."""
    numbers = [Fraction(0)]
    exponents = [storage.emin, storage.emin + 1, -1, 0, 1, storage.emax]
    for exponent in [*exponents, *random.integers(storage.emin, storage.emax, count // 8).tolist()]:
        power = Fraction(2) ** int(exponent)
        spacing = power / 2 ** (storage.precision - 1)
        inside = int(random.integers(0, 2 ** min(storage.precision - 1, 60)))
        float_in_binade = power + inside * spacing
        for base in (power, float_in_binade, float_in_binade + spacing / 2, power - spacing / 4):
            numbers += [base, base + HAIR * spacing, base - HAIR * spacing]
    quantum = storage_quantum(storage)
    numbers += [quantum, quantum / 2, 3 * quantum / 2, quantum * (1 - HAIR), Fraction(2) ** storage.emin - quantum / 2]
    return numbers + [-number for number in numbers]


# Distances


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ulp_is_the_distance_of_the_closest_straddling_floats(dtype):
    storage = format_named(dtype)
    numbers = hard_numbers(storage, np.random.default_rng(1))
    exponents = ulp_exponent(storage, enclosed(numbers))[:, 0]
    assert [Fraction(2) ** int(exponent) for exponent in exponents] == [harrison(storage, number) for number in numbers]


@pytest.mark.parametrize("dtype", DTYPES)
def test_distances_agree_with_fractions_to_within_their_slack(dtype):
    storage, random = format_named(dtype), np.random.default_rng(2)
    numbers = [number for number in hard_numbers(storage, random) if abs(number) < storage.max_finite]
    floats = [nearest(storage, number) for number in numbers]
    moved = [
        float(y) + int(step) * float(harrison(storage, t))
        for y, t, step in zip(floats, numbers, random.integers(-3, 4, len(floats)), strict=True)
    ]
    measured = distance(storage, np.array(moved).reshape(-1, 1), enclosed(numbers))
    for position, (y, t) in enumerate(zip(moved, numbers, strict=True)):
        exact = abs(Fraction(y) - t) / harrison(storage, t)
        assert abs(Fraction(float(measured.ulps[position, 0])) - exact) <= Fraction(float(measured.slack[position, 0]))
        assert float(measured.slack[position, 0]) <= 2.0**-40 * max(1.0, float(exact))


def test_known_distances():
    half = enclosed([Fraction(1, 2)])
    float32 = format_named("float32")
    assert distance(float32, np.array([[np.nextafter(np.float32(0.5), np.float32(1))]], float), half).ulps[0, 0] == 2.0
    assert distance(float32, np.array([[np.nextafter(np.float32(0.5), np.float32(0))]], float), half).ulps[0, 0] == 1.0
    quantum = enclosed([Fraction(1, 2**149)])
    assert distance(float32, np.array([[0.0]]), quantum).ulps[0, 0] == 1.0
    top = enclosed([Fraction(65504)])
    assert distance(format_named("float16"), np.array([[inf]]), top).ulps[0, 0] == 1.0
    assert distance(format_named("float16"), np.array([[nan]]), top).ulps[0, 0] == inf


@pytest.mark.parametrize(
    ("dtype", "edge"), [("float16", 65520), ("float32", 2**128 - 2**103), ("float64", 2**1024 - 2**970)]
)
def test_a_truth_rounds_to_infinity_from_half_an_ulp_beyond_the_largest_float_on(dtype, edge):
    storage, edge = format_named(dtype), Fraction(edge)
    hair = HAIR * harrison(storage, edge)
    exact = enclosed([edge, edge - hair, edge + hair, -edge, edge * 2**50, Fraction(storage.max_finite)])
    assert overflows(storage, exact)[:, 0].tolist() == [True, False, True, True, True, False]


# Tiers without any bound: what rounding alone decides


@pytest.mark.parametrize("dtype", DTYPES)
def test_correct_rounding_is_tier_c_and_any_other_float_is_not(dtype):
    storage, random = format_named(dtype), np.random.default_rng(3)
    numbers = [number for number in hard_numbers(storage, random) if abs(number) < storage.max_finite / 2]
    rounded = [nearest(storage, number) for number in numbers]
    assert (judged(dtype, [float(y) for y in rounded], numbers).tiers == Tier.C).all()
    for step in (-1, 1):
        other = [float(beside(storage, y, step)) for y in rounded]
        tiers = judged(dtype, other, numbers).tiers[:, 0]
        ties = [abs(Fraction(y) - t) == abs(z - t) for y, z, t in zip(other, rounded, numbers, strict=True)]
        assert ((tiers == Tier.C) == np.array(ties)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_tier_f_is_one_of_the_two_floats_that_enclose_the_truth(dtype):
    storage, random = format_named(dtype), np.random.default_rng(4)
    numbers = [number for number in hard_numbers(storage, random) if 0 < number < storage.max_finite / 2]
    for step in (-2, -1, 0, 1, 2):
        outputs, faithful = [], []
        for number in numbers:
            spacing = Fraction(2) ** _quantum_exponent(storage, number)
            lower = number // spacing * spacing
            upper = lower if lower == number else lower + spacing
            output = nearest(storage, lower + step * spacing / 2)
            outputs.append(float(output))
            faithful.append(output in (lower, upper))
        tiers = judged(dtype, outputs, numbers).tiers[:, 0]
        assert (np.isin(tiers, (Tier.C, Tier.F)) == np.array(faithful)).all()


def test_the_float_below_a_power_of_two_is_not_faithful_just_above_it():
    above = [1 + HAIR / 2**23]
    below = float(np.nextafter(np.float32(1), np.float32(0)))
    assert verdict("float32", [below], above) == (Tier.OUTSIDE, Verdict.BEYOND_BOUND)
    assert verdict("float32", [1.0], above) == (Tier.C, Verdict.GOOD)
    assert verdict("float32", [float(np.nextafter(np.float32(1), np.float32(2)))], above) == (Tier.F, Verdict.GOOD)


def test_both_neighbours_of_an_exact_tie_are_correctly_rounded():
    tie = [1 + Fraction(1, 2**24)]
    for output in (1.0, float(np.nextafter(np.float32(1), np.float32(2)))):
        assert verdict("float32", [output], tie) == (Tier.C, Verdict.GOOD)
        assert verdict("float32", [output], tie, radius=2.0**-30) == (Tier.C, Verdict.GOOD)


def test_what_an_enclosure_leaves_open_is_decided_at_higher_precision():
    hair = Fraction(1, 2**76)
    for truth, tier in ((1 + Fraction(1, 2**24) - hair, Tier.C), (1 + Fraction(1, 2**24) + hair, Tier.F)):
        assert verdict("float32", [1.0], [truth], radius=2.0**-30)[0] == tier


def test_what_no_precision_decides_is_undecided_where_a_defect_depends_on_it():
    blurred = lambda precision: arb(1, 2.0**-40)  # noqa: E731 - a ball that never narrows
    allowed = replace(
        judged("float32", [1.0], [Fraction(1)]).allowed.of((0, 0)), textbook=np.array(2.0), attainable=np.array(2.0)
    )
    storage = format_named("float32")
    assert decide(storage, 1 + 3 * 2.0**-24, -24, allowed, blurred)[1] == Verdict.BEYOND_BOUND
    assert decide(storage, 1 + 2 * 2.0**-24, -24, allowed, blurred)[1] == Verdict.UNDECIDED


# The permitted errors


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_rounding_what_is_within_the_bound_is_permitted_and_hardly_more(dtype):
    storage, random = format_named(dtype), np.random.default_rng(5)
    numbers = [number for number in hard_numbers(storage, random, 800) if abs(number) < storage.max_finite / 8]
    for in_ulps in (Fraction(1, 8), Fraction(3, 4), Fraction(5, 2), Fraction(40)):
        bounds = np.array([[float(in_ulps * harrison(storage, number)) * (1 + 2.0**-40)] for number in numbers])
        for sign in (-1, 1):
            ends = [number + sign * in_ulps * harrison(storage, number) for number in numbers]
            outputs = [float(nearest(storage, end)) for end in ends]
            verdicts = judged(dtype, outputs, numbers, textbook=bounds, attainable=bounds).verdicts
            assert (verdicts == Verdict.GOOD).all()
    # One ulp beyond bound and rounding together is one too many, anywhere inside a binade.
    number = 1 + Fraction(1, 4)
    spacing = harrison(storage, number)
    assert (
        verdict(dtype, [float(number + 4 * spacing)], [number], textbook=float(3 * spacing))[1] == Verdict.BEYOND_BOUND
    )
    assert verdict(dtype, [float(number + 3 * spacing)], [number], textbook=float(3 * spacing))[1] == Verdict.INACCURATE


def test_the_best_of_several_grades_is_given():
    number, spacing = Fraction(5, 4), 2.0**-23
    bounds = {"textbook": 8 * spacing, "attainable": 3 * spacing}
    grades = [verdict("float32", [1.25 + steps * spacing], [number], **bounds) for steps in (0, 1, 3, 4, 8, 9)]
    assert grades == [
        (Tier.C, Verdict.GOOD),
        (Tier.M, Verdict.GOOD),
        (Tier.M, Verdict.GOOD),
        (Tier.A, Verdict.INACCURATE),
        (Tier.A, Verdict.INACCURATE),
        (Tier.OUTSIDE, Verdict.BEYOND_BOUND),
    ]


# Zero, infinity, NaN


def test_a_subnormal_result_is_not_taken_for_flushed():
    small = Fraction(1, 2**127)
    smallest = 2.0**-126
    assert verdict("float32", [0.0], [small], flushed=smallest)[1] == Verdict.FLUSHED
    assert verdict("float32", [0.0], [small], flushed=0.0)[1] == Verdict.BEYOND_BOUND
    assert verdict("float32", [2.0**-130], [small], flushed=smallest)[1] == Verdict.BEYOND_BOUND
    assert verdict("float32", [-0.0], [-small], flushed=smallest)[1] == Verdict.FLUSHED
    assert verdict("float32", [0.0], [Fraction(1)], flushed=smallest)[1] == Verdict.BEYOND_BOUND


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
def test_a_normal_result_may_lack_what_was_flushed_on_the_way(dtype):
    smallest = Fraction(format_named(dtype).smallest_normal)
    exact = [8 * smallest]
    for flushed, expected in ((float(2 * smallest), Verdict.FLUSHED), (float(smallest), Verdict.BEYOND_BOUND)):
        assert verdict(dtype, [float(6 * smallest)], exact, flushed=flushed)[1] == expected
    assert verdict(dtype, [0.0], exact, flushed=float(9 * smallest))[1] == Verdict.FLUSHED


def test_no_float16_result_but_zero_is_taken_for_flushed():
    smallest = Fraction(1, 2**14)
    assert verdict("float16", [float(6 * smallest)], [8 * smallest], flushed=1.0)[1] == Verdict.BEYOND_BOUND
    assert verdict("float16", [0.0], [smallest / 2], flushed=1.0)[1] == Verdict.FLUSHED


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_infinity_where_the_truth_is_an_ordinary_number_is_a_defect_whatever_the_bounds(dtype):
    for bound in (0.0, 1.0, format_named(dtype).max_finite, inf):
        for output in (inf, -inf):
            judged_output = verdict(dtype, [output], [Fraction(3)], textbook=bound, attainable=bound, flushed=bound)
            assert judged_output[1] == Verdict.INFINITY, bound


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_where_the_truth_is_a_number_is_a_defect_whatever_the_bounds(dtype):
    for bound in (0.0, inf):
        result = judged(dtype, [nan], [Fraction(3)], textbook=bound, attainable=bound, flushed=bound)
        assert (result.tiers[0, 0], result.verdicts[0, 0]) == (Tier.OUTSIDE, Verdict.NAN)
        assert result.ratio[0, 0] == inf


def test_infinity_is_right_where_the_truth_rounds_to_it_and_only_with_its_sign():
    beyond = [Fraction(65520)]
    assert verdict("float16", [inf], beyond) == (Tier.C, Verdict.GOOD)
    assert SEVERITY_OF[verdict("float16", [-inf], beyond)[1]] == "defect"
    assert verdict("float16", [inf], [Fraction(2) ** 5000]) == (Tier.C, Verdict.GOOD)
    assert SEVERITY_OF[verdict("float16", [65504.0], [Fraction(2) ** 5000])[1]] == "defect"


def test_infinity_is_within_a_bound_that_reaches_beyond_the_largest_float():
    near = [Fraction(65500)]
    assert verdict("float16", [inf], near, textbook=40.0)[1] == Verdict.INACCURATE
    assert verdict("float16", [inf], near, textbook=4.0)[1] == Verdict.INFINITY


# The table of limits


@pytest.mark.parametrize(
    ("status", "output", "expected"),
    [
        (Status.POSITIVE_INFINITY, inf, Verdict.GOOD),
        (Status.POSITIVE_INFINITY, -inf, Verdict.LIMIT_MISSED),
        (Status.POSITIVE_INFINITY, 3.0, Verdict.LIMIT_MISSED),
        (Status.POSITIVE_INFINITY, nan, Verdict.NAN),
        (Status.NEGATIVE_INFINITY, -inf, Verdict.GOOD),
        (Status.NEGATIVE_INFINITY, -3e38, Verdict.LIMIT_MISSED),
        (Status.NAN, nan, Verdict.GOOD),
        (Status.NAN, 0.0, Verdict.LIMIT_MISSED),
        (Status.NAN, inf, Verdict.LIMIT_MISSED),
        (Status.NOT_FINITE, nan, Verdict.GOOD),
        (Status.NOT_FINITE, -inf, Verdict.GOOD),
        (Status.NOT_FINITE, 0.0, Verdict.LIMIT_MISSED),
        (Status.CHOICE, nan, Verdict.CONVENTION),
        (Status.CHOICE, 0.0, Verdict.CONVENTION),
        (Status.UNDECIDED, 0.0, Verdict.UNDECIDED),
        (Status.UNDECIDED, nan, Verdict.UNDECIDED),
    ],
)
def test_limits_are_judged_by_the_table_not_by_distance(status, output, expected):
    assert verdict("float32", [output], [Fraction(0)], status=status)[1] == expected


def test_fractions_and_ml_dtypes_round_alike():
    random = np.random.default_rng(6)
    for dtype, kind in (("float16", np.float16), ("bfloat16", ml_dtypes.bfloat16)):
        storage = format_named(dtype)
        numbers = random.normal(size=300) * 2.0 ** random.integers(-20, 10, 300)
        for number in numbers:
            assert float(nearest(storage, Fraction(number))) == float(np.float64(number).astype(kind))
    assert frexp(2.0**-133)[1] == -132
