"""From balls to double-doubles without losing the truth, and the stop rule."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx

from logitproof.reference import FORMATS
from logitproof.reference.enclosures.balls import (
    GUARD_BITS,
    DoubleDoubles,
    decided,
    double_doubles,
    doubles,
    working_precision,
)


def fraction(number: arb) -> Fraction:
    mantissa, exponent = number.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def ends(words: DoubleDoubles, i: int) -> tuple[Fraction, Fraction]:
    scale = Fraction(2) ** int(words.exponent[i])
    middle = Fraction(float(words.hi[i])) + Fraction(float(words.lo[i]))
    return (middle - Fraction(float(words.radius[i]))) * scale, (middle + Fraction(float(words.radius[i]))) * scale


def contains(words: DoubleDoubles, i: int, ball: arb) -> bool:
    middle, radius = fraction(ball.mid()), fraction(ball.rad())
    low, high = ends(words, i)
    return low <= middle - radius and middle + radius <= high


def random_balls(precision: int, exponents: int) -> list[arb]:
    rng = np.random.default_rng(precision + exponents)
    balls = []
    with working_precision(precision):
        for _ in range(400):
            mantissa = sum(int(v) << (32 * i) for i, v in enumerate(rng.integers(0, 2**32, precision // 32)))
            exponent = int(rng.integers(-exponents, exponents + 1))
            middle = arb((mantissa if rng.random() < 0.5 else -mantissa, exponent))
            radius = arb((int(rng.integers(0, 2**29)), exponent - int(rng.integers(-precision, precision))))
            balls.append(arb(middle, radius if rng.random() < 0.8 else 0))
    return balls


@pytest.mark.parametrize("precision", [64, 128, 512, 2048])
@pytest.mark.parametrize("exponents", [0, 60, 1100, 20_000])
def test_double_double_encloses_the_ball(precision, exponents):
    balls = random_balls(precision, exponents)
    with working_precision(precision):
        words = double_doubles(balls)
        short = doubles(balls)
    for i, ball in enumerate(balls):
        assert contains(words, i, ball)
        assert contains(short, i, ball)
    assert not short.lo.any()
    normal = words.hi != 0
    assert ((np.abs(words.hi[normal]) >= 0.5) & (np.abs(words.hi[normal]) < 1)).all()
    assert (np.abs(words.lo[normal]) <= 2.0**-53).all()
    assert not words.lo[~normal].any()


@pytest.mark.parametrize("tiny", [-1050, -1074, -1075, -1100, -1200, -3000, -20_000])
def test_radius_below_the_range_of_doubles_is_not_lost(tiny):
    ball = arb(1, arb((1, tiny)))
    words = double_doubles([ball])
    assert words.radius[0] > 0
    assert contains(words, 0, ball)


@pytest.mark.parametrize("scale", [-1100, -899, -499, 0, 499, 899, 1100])
@pytest.mark.parametrize("gap", [-60, -160, -500, -550, -1060, -1080, -1200, -5000])
def test_number_of_many_bits_is_enclosed(gap, scale):
    with working_precision(6000):
        for tail in (arb(0), arb((1, gap - 20)), arb((1, gap - 28)), arb((1, gap - 60))):
            ball = (1 + arb((1, gap)) + tail) * arb((1, scale))
            assert contains(double_doubles([ball]), 0, ball)
            assert contains(doubles([ball]), 0, ball)


def test_number_of_two_words_is_exact():
    with working_precision(200):
        assert double_doubles([1 + arb((1, -100))]).radius[0] == 0
        assert doubles([1 + arb((1, -100))]).radius[0] > 0
        assert double_doubles([1 + arb((1, -100)) + arb((1, -170))]).radius[0] > 0


def test_exact_doubles_have_no_radius():
    numbers = [0.0, 1.0, -1.5, 0.1, 5e-324, -1.7976931348623157e308, 2.0**-1022]
    words = double_doubles([arb(x) for x in numbers])
    np.testing.assert_array_equal(words.radius, 0.0)
    for i, number in enumerate(numbers):
        assert ends(words, i) == (Fraction(number), Fraction(number))


def test_exact_zero_is_zero_with_exponent_zero():
    words = double_doubles([arb(0)])
    assert (words.hi[0], words.lo[0], words.exponent[0], words.radius[0]) == (0.0, 0.0, 0, 0.0)


def test_ball_around_zero_has_no_high_word_but_a_radius():
    ball = arb(0, arb((3, -2000)))
    words = double_doubles([ball])
    assert words.hi[0] == 0
    assert contains(words, 0, ball)


@pytest.mark.parametrize("ball", [arb("nan"), arb("inf"), arb("-inf"), arb(0, "inf")])
def test_ball_that_is_not_finite_is_never_decided(ball):
    words = double_doubles([arb(1), ball])
    assert np.isinf(words.radius[1])
    for fmt in FORMATS.values():
        assert decided(words, fmt).tolist() == [True, False]


def test_numbers_beyond_every_exponent_are_enclosed():
    with working_precision(1100):
        tiny = arb(-1.7e308).exp()
        words = double_doubles([tiny])
    assert words.hi[0] == 0
    assert words.exponent[0] == -(2**40)
    assert words.radius[0] >= 1
    assert decided(words, FORMATS["float64"])[0]


def ulp(number: Fraction, name: str) -> Fraction:
    """Harrison's: the distance of the two floats around |number|, exponents unbounded above."""
    fmt = FORMATS[name]
    number = abs(number)
    exponent = fmt.emin
    while Fraction(2) ** (exponent + 1) < number:
        exponent += 1
    return Fraction(2) ** (exponent - fmt.precision + 1)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("number", [Fraction(1), Fraction(3, 2), Fraction(1, 3), Fraction(7, 2**20)])
def test_stop_rule_is_two_to_the_minus_thirty_ulp(name, number):
    middle = arb(number.numerator) / arb(number.denominator) if number.denominator < 2**100 else arb((1, -2000))
    allowed = ulp(number, name) / 2**GUARD_BITS
    verdicts = []
    with working_precision(200):
        middle = (arb(number.numerator) / number.denominator).mid()
        for factor in (Fraction(63, 64), Fraction(65, 64)):
            radius = allowed * factor
            words = double_doubles([arb(middle, (arb(radius.numerator) / radius.denominator).mid())])
            verdicts.append(bool(decided(words, FORMATS[name])[0]))
    assert verdicts == [True, False]


@pytest.mark.parametrize("name", FORMATS)
def test_stop_rule_takes_numbers_below_the_quantum_by_their_size(name):
    quantum = FORMATS[name].quantum_exponent
    balls = [arb(0, arb((1, quantum - GUARD_BITS - 3))), arb(0, arb((1, quantum - GUARD_BITS + 1)))]
    assert decided(double_doubles(balls), FORMATS[name]).tolist() == [True, False]


def test_working_precision_is_put_back_after_an_error():
    before = ctx.prec
    with working_precision(777):
        assert ctx.prec == 777
    with pytest.raises(ZeroDivisionError), working_precision(777):
        _ = 1 / 0
    assert ctx.prec == before
