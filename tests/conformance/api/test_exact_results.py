"""Exact results as floats and decimals, held against mpmath and rationals: every function, at every magnitude.

The values here are written for mpmath in stable forms; a derivative is their difference quotient at 9,600 bits, so that
no formula of the reference's is used a second time.
"""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from exact_calls import FLOATS, QUANTITIES, searched
from hypothesis import example, given
from hypothesis import strategies as st

from logitproof import exact
from logitproof.conformance.api.exact import nearest_float
from logitproof.reference import FORMATS, FUNCTIONS, Status
from logitproof.reports import bit_equal

MP = mpmath.mp.clone()
MP.prec = 9600
mpf = MP.mpf
STEP = mpf(2) ** -3600
WITHIN = mpf(2) ** -400
"""The relative error that is granted to mpmath, far above its own, and far below what a decimal here can show."""
SMALLEST = mpf(2) ** -3500
"""What a difference quotient cannot tell from 0: no derivative at logits of up to 500 is so small and not 0."""


# The functions in mpmath, of one row or one element


def softplus(x):
    return max(x, mpf(0)) + MP.log1p(MP.exp(-abs(x)))


def log_softmax(x):
    return [-MP.log1p(MP.fsum(MP.exp(v - top) for j, v in enumerate(x) if j != i)) for i, top in enumerate(x)]


def logsumexp(x):
    return max(x) - log_softmax(x)[x.index(max(x))]


def xlog(x, y):
    return x * MP.log(y) if x else mpf(0)


VALUES = {
    "sigmoid": lambda x: [MP.exp(-softplus(-x[0]))],
    "log_sigmoid": lambda x: [-softplus(-x[0])],
    "softplus": lambda x: [softplus(x[0])],
    "logit": lambda p: [MP.log(p[0]) - MP.log1p(-p[0])],
    "softmax": lambda x: [MP.exp(log) for log in log_softmax(x)],
    "log_softmax": log_softmax,
    "logsumexp": lambda x: [logsumexp(x)],
    "entropy": lambda p: [-MP.fsum(xlog(v, v) for v in p)],
    "entropy_terms": lambda p: [-xlog(p[0], p[0])],
    "kl_divergence": lambda y, p: [MP.fsum(xlog(a, a / b) for a, b in zip(y, p, strict=True))],
    "kl_divergence_terms": lambda y, p: [xlog(y[0], y[0] / p[0])],
    "kl_divergence_from_log_probs": lambda y, q: [MP.fsum(xlog(a, a) - a * b for a, b in zip(y, q, strict=True))],
    "kl_divergence_terms_from_log_probs": lambda y, q: [xlog(y[0], y[0]) - y[0] * q[0]],
    "kl_divergence_terms_from_logs": lambda k, q: [MP.exp(k[0]) * (k[0] - q[0])],
    "softmax_cross_entropy": lambda x, y: [-MP.fsum(a * b for a, b in zip(y, log_softmax(x), strict=True))],
    "sparse_softmax_cross_entropy": lambda x, label: [-log_softmax(x)[label]],
    "sigmoid_cross_entropy": lambda x, z: [z[0] * softplus(-x[0]) + (1 - z[0]) * softplus(x[0])],
    "categorical_cross_entropy": lambda p, y: [-MP.fsum(xlog(a, b) for a, b in zip(y, p, strict=True))],
    "sparse_categorical_cross_entropy": lambda p, label: [-MP.log(p[label])],
    "binary_cross_entropy": lambda p, z: [-z[0] * MP.log(p[0]) - (1 - z[0]) * MP.log1p(-p[0])],
    "nll_loss": lambda q, label: [-q[label]],
}


def by_mpmath(function, quantity, arguments, cotangent):
    """The results for one row or element, where mpmath can tell them to 2^-400."""
    numbers = [mine if isinstance(mine, int) else [mpf(float(v)) for v in mine] for mine in arguments]
    value = VALUES[function]
    if quantity == "value":
        return value(*numbers)
    real = [argument.name for argument in FUNCTIONS[function].arguments if argument.is_real]
    moved = numbers[real.index(quantity.removeprefix("gradient:"))]
    slopes = []
    for i, number in enumerate(moved):
        ends = []
        for step in (STEP, -STEP):
            moved[i] = number + step
            ends.append(value(*numbers))
        moved[i] = number
        up, down = ends
        slopes.append(MP.fsum(v * (a - b) for v, a, b in zip(cotangent, up, down, strict=True)) / (2 * STEP))
    return slopes


# Rounding, once more


def rounded(number, fmt):
    """The float nearest to a fraction: Python rounds to float64, the neighbours in the format are compared exactly."""
    edge = Fraction(fmt.max_finite) + Fraction(2) ** (fmt.emax - fmt.precision)
    sign = -1.0 if number < 0 else 1.0
    if abs(number) >= edge:
        return sign * math.inf
    if abs(number) < Fraction(fmt.quantum) / 4:
        return sign * 0.0
    with np.errstate(over="ignore"):
        guess = np.array([float(abs(number))]).astype(fmt.numpy_dtype).view(f"u{fmt.numpy_dtype.itemsize}")
    bits = [int(guess[0]) + step for step in (-1, 0, 1) if guess[0] or step >= 0]
    floats = [float(np.array([b], guess.dtype).view(fmt.numpy_dtype)[0]) for b in bits]
    near = [(abs(Fraction(f) - abs(number)), b % 2, f) for b, f in zip(bits, floats, strict=True) if math.isfinite(f)]
    return sign * min(near)[2]


def fraction_of(number):
    """An mpf as a fraction; what is far outside all formats as something that is outside them too."""
    if number == 0:
        return Fraction(0)
    sign, mantissa, exponent, bits = number._mpf_
    top = exponent + bits
    if abs(top) > 3000:
        return (-1) ** sign * Fraction(2) ** (5000 if top > 0 else -5000)
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def is_rounded(number, truth, fmt):
    """Whether a float is the truth rounded; any zero for an exact one, and either neighbour or NaN at a tie.

    Next to a tie is what a term of 2^-100000 breaks: neither mpmath nor the balls have so many bits here.
    """
    if truth == 0:
        return number == 0
    ends = {rounded(fraction_of(truth * (1 + error)), fmt) for error in (-WITHIN, WITHIN)}
    return (math.isnan(number) and len(ends) > 1) or any(
        number == end and math.copysign(1, number) == math.copysign(1, end) for end in ends
    )


def is_decimal_of(text, truth, digits):
    """Whether a decimal is right to one unit in its last place."""
    if truth == 0:
        return text == "0"
    number = mpf(text)
    return abs(number - truth) <= abs(truth) * mpf(10) ** (1 - digits)


# Inputs


@st.composite
def numbers_of(draw, kind, fmt):
    """A number that a kind of argument may have inside its domain, of any magnitude that mpmath's quotient stands."""
    if kind == "logits":
        magnitude = draw(st.sampled_from([fmt.quantum, fmt.smallest_normal, 2.0**-40, 1.0, 20.0, 100.0, 500.0]))
        number = draw(st.floats(-1, 1)) * magnitude
    elif kind == "log_probs":
        number = -draw(st.floats(0, 1)) * draw(st.sampled_from([2.0**-40, 1.0, 100.0, 500.0]))
    else:
        number = draw(
            st.one_of(
                st.floats(fmt.quantum, 1),
                st.sampled_from([fmt.quantum, fmt.smallest_normal, 0.5, 0.25, 1 - fmt.unit_roundoff]),
                st.floats(0, 1).map(lambda f: 2.0 ** (fmt.quantum_exponent * f)),
            )
        )
    stored = float(np.array([number]).astype(fmt.numpy_dtype)[0])
    if kind in ("probs", "labels") and not 0 < stored < 1:
        return 0.5
    return stored if abs(stored) <= fmt.max_finite else fmt.max_finite


@st.composite
def calls(draw, function, dtype):
    """One row or element: its arguments by name, and a cotangent."""
    spec, fmt = FUNCTIONS[function], FORMATS[dtype]
    width = draw(st.integers(1, 4)) if spec.has_axis else 1
    inputs = {}
    for argument in spec.arguments:
        if argument.is_real:
            row = draw(st.lists(numbers_of(argument.kind, fmt), min_size=width, max_size=width))
            inputs[argument.name] = np.array(row).astype(fmt.numpy_dtype)
        else:
            inputs[argument.name] = draw(st.integers(0, width - 1))
    count = 1 if spec.result == "row" else width
    cotangent = draw(st.lists(st.sampled_from([1.0, -1.0, 0.0, 0.375, 3.0, 2.0**-9]), min_size=count, max_size=count))
    return inputs, cotangent


@pytest.mark.parametrize(("function", "quantity"), QUANTITIES)
def test_floats_and_decimals_are_those_of_mpmath(function, quantity):
    @searched(12)
    @given(st.data(), FLOATS, st.integers(1, 40))
    def holds(data, dtype, digits):
        inputs, cotangent = data.draw(calls(function, dtype))
        given_cotangent = np.array(cotangent).astype(FORMATS[dtype].numpy_dtype)
        if FUNCTIONS[function].result == "row":
            given_cotangent = given_cotangent[0]
        result = exact(function, inputs, dtype=dtype, quantity=quantity, cotangent=given_cotangent)
        truths = [
            t if abs(t) > SMALLEST else mpf(0) for t in by_mpmath(function, quantity, [*inputs.values()], cotangent)
        ]
        decimals = result.decimals(digits).ravel().tolist()
        for fmt in FORMATS.values():
            for number, truth in zip(result.nearest(fmt.name).ravel().tolist(), truths, strict=True):
                assert is_rounded(float(number), truth, fmt)
        for text, truth in zip(decimals, truths, strict=True):
            assert is_decimal_of(text, truth, digits) or (text == "undecided" and truth == 0)

    holds()


ROWS_OF_LOGITS = ("softmax", "log_softmax", "logsumexp", "softmax_cross_entropy", "sparse_softmax_cross_entropy")


@pytest.mark.parametrize("function", ["sigmoid", "log_sigmoid", "softplus", *ROWS_OF_LOGITS])
def test_values_at_logits_of_any_size_are_those_of_mpmath(function):
    @searched(25)
    @given(FLOATS, st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=3))
    @example("float32", [0.0, -800.0])
    @example("float64", [1.7976931348623157e308, -1.7976931348623157e308])
    def holds(dtype, numbers):
        fmt = FORMATS[dtype]
        logits = np.clip(numbers, -fmt.max_finite, fmt.max_finite).astype(fmt.numpy_dtype)
        inputs = {FUNCTIONS[function].arguments[0].name: logits}
        if function == "softmax_cross_entropy":
            inputs["labels"] = np.array([1] + [0] * (len(numbers) - 1)).astype(fmt.numpy_dtype)
        if function == "sparse_softmax_cross_entropy":
            inputs["labels"] = 1
        result = exact(function, inputs)
        if FUNCTIONS[function].has_axis:
            truths = by_mpmath(function, "value", list(inputs.values()), None)
        else:
            truths = [by_mpmath(function, "value", [[x]], None)[0] for x in logits.tolist()]
        for text, number, truth in zip(
            result.decimals(5).ravel(), result.nearest().ravel().tolist(), truths, strict=True
        ):
            assert is_decimal_of(text, truth, 5)
            assert is_rounded(float(number), truth, fmt)

    holds()


@pytest.mark.parametrize("gap", [10.0, 710.0, 1e5, 1e30, 1e300])
def test_a_gradient_that_nearly_vanishes_has_digits_where_one_class_has_all_the_probability(gap):
    logits = [0.0, -gap]
    with mpmath.workprec(200):
        tail = mpmath.nstr(mpmath.exp(-mpmath.mpf(gap)) / (1 + mpmath.exp(-mpmath.mpf(gap))), 10)
    for function, inputs, cotangent in (
        ("softmax_cross_entropy", {"logits": logits, "labels": [1.0, 0.0]}, None),
        ("sparse_softmax_cross_entropy", {"logits": logits, "labels": 0}, None),
        ("log_softmax", logits, [-1.0, 0.0]),
    ):
        result = exact(function, inputs, quantity="gradient:logits", cotangent=cotangent)
        decimals = result.decimals(10).tolist()
        assert [mpf(text) for text in decimals] == [-mpf(decimals[1]), pytest.approx(mpf(tail), rel=1e-9)]
        assert np.signbit(result.nearest("float16")).tolist() == [True, False]


def test_a_gradient_is_exactly_zero_where_equal_logits_make_it_so():
    rows = {"logits": [5.0, 5.0, 5.0], "labels": [1.0, 1.0, 1.0]}
    assert exact("softmax_cross_entropy", rows, quantity="gradient:logits").decimals().tolist() == ["0"] * 3
    mixed = exact("softmax", [5.0, 5.0, 5.0], quantity="gradient:logits", cotangent=[0.0, -1.0, 1.0])
    assert mixed.decimals(3).tolist() == ["0", "-0.333", "0.333"]


def test_a_zero_that_no_precision_proves_is_undecided_as_a_decimal_and_zero_as_a_float():
    # The second and third share sum to nothing, but only as balls: each is e^2, irrational.
    cancelling = {"cotangent": [1.0, 0.0, 2.0, 2.0, 0.0], "quantity": "gradient:logits"}
    result = exact("softmax", [1.0, 2.0, 2.0, 3.0, 3.0], **cancelling)
    assert np.isfinite(result.nearest()).all()


# Rounding


@st.composite
def near_floats(draw, fmt):
    """A rational at, between or beside two neighbouring floats of a format, or beyond its range."""
    mantissa = draw(st.integers(0, 2**fmt.precision))
    quantum = draw(
        st.one_of(
            st.just(fmt.quantum_exponent),
            st.just(fmt.emax - fmt.precision + 1),
            st.integers(fmt.quantum_exponent - 3, fmt.emax - fmt.precision + 3),
        )
    )
    part = draw(st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1, 4), Fraction(1, 3), Fraction(3, 4)]))
    nudge = draw(st.sampled_from([0, 1, -1])) * Fraction(1, 2**60)
    sign = draw(st.sampled_from([1, -1]))
    return sign * (mantissa + part + nudge) * Fraction(2) ** quantum


@pytest.mark.parametrize("name", FORMATS)
def test_a_rational_is_rounded_to_the_nearest_float_and_a_tie_to_the_even_one(name):
    @searched(400)
    @given(near_floats(FORMATS[name]), st.integers(-50, 50))
    def holds(number, shift):
        expected = rounded(number, FORMATS[name]) if number else 0.0
        nearest = nearest_float(number * Fraction(2) ** -shift, shift, FORMATS[name])
        assert nearest == expected
        assert math.copysign(1, nearest) == math.copysign(1, expected)

    holds()


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sign_is_that_of_an_integer_of_any_length(sign):
    assert nearest_float(sign * 2**4000, -9000, FORMATS["float64"]).hex() == (sign * 0.0).hex()
    assert nearest_float(sign * 2**4000, 0, FORMATS["float64"]) == sign * math.inf


@pytest.mark.parametrize("name", FORMATS)
def test_a_result_halfway_between_two_floats_goes_to_the_even_one(name):
    fmt = FORMATS[name]

    @searched(60)
    @given(st.integers(2 ** (fmt.precision - 1), 2**fmt.precision - 1), st.sampled_from([0, fmt.emin, -3, 3]))
    def holds(mantissa, exponent):
        # -l·w with w = 3/2: halfway wherever 3 m has one bit more than the format.
        log_prob = -math.ldexp(mantissa, exponent - fmt.precision + 1)
        inputs = {"log_probs": np.array([log_prob]).astype(fmt.numpy_dtype), "labels": 0}
        result = exact("nll_loss", inputs, weight=np.array([1.5]).astype(fmt.numpy_dtype))
        for other in FORMATS.values():
            assert float(result.nearest(other.name)) == rounded(-Fraction(log_prob) * 3 / 2, other)

    holds()


@pytest.mark.parametrize("name", FORMATS)
def test_inputs_are_rounded_to_the_dtype_once(name):
    fmt = FORMATS[name]

    @searched(200)
    @given(near_floats(fmt).filter(lambda number: abs(number) < Fraction(2) ** 1023))
    @example(1 + Fraction(1, 256) + Fraction(1, 2**40))
    def holds(number):
        given_number = float(number)
        used = exact("softplus", [given_number], dtype=name).inputs.arguments[0]
        expected = rounded(Fraction(given_number), fmt) if given_number else given_number
        assert bit_equal(used, np.array([expected]).astype(fmt.numpy_dtype))

    holds()


# What is no number


SPECIAL = {
    "logits": (math.inf, -math.inf, math.nan, 1.0, -2.0, 0.0),
    "log_probs": (math.inf, -math.inf, math.nan, -1.0, 0.0),
    "log_labels": (math.inf, -math.inf, math.nan, -1.0, 0.0),
    "probs": (0.0, 1.0, 0.5, -0.5, 2.0, math.inf, math.nan),
    "labels": (0.0, 1.0, 0.5, -0.5, 2.0, math.inf, math.nan),
}
WORDS = {
    Status.POSITIVE_INFINITY: "inf",
    Status.NEGATIVE_INFINITY: "-inf",
    Status.NAN: "nan",
    Status.NOT_FINITE: "not finite",
    Status.CHOICE: "choice",
}


@pytest.mark.parametrize(("function", "quantity"), QUANTITIES)
def test_what_the_table_of_limits_decides_is_a_word_and_no_finite_float(function, quantity):
    spec = FUNCTIONS[function]

    @searched(25)
    @given(st.data(), FLOATS, st.integers(1, 3))
    def holds(data, dtype, width):
        inputs = {
            each.name: data.draw(st.lists(st.sampled_from(SPECIAL[each.kind]), min_size=width, max_size=width))
            if each.is_real
            else data.draw(st.integers(-1, width))
            for each in spec.arguments
        }
        result = exact(function, inputs, dtype=dtype, quantity=quantity)
        entries = zip(
            result.enclosure.status.ravel().tolist(),
            result.decimals(4).ravel(),
            result.nearest().ravel().astype(np.float64).tolist(),
            result.limits().ravel(),
            strict=True,
        )
        for status, decimal, nearest, limit in entries:
            if status in (Status.FINITE, Status.UNDECIDED):
                assert nearest == 0 if decimal == "undecided" else math.isfinite(float(decimal))
                assert math.isfinite(nearest)
                continue
            assert decimal == WORDS[status]
            assert str(nearest) == (decimal if "inf" in decimal else "nan")
            assert limit.expected == status
            assert (len(limit.answers) > 1) == (status == Status.CHOICE)

    holds()
