"""`logitproof exact`, and `logitproof.exact`: decimals that are right, floats that are nearest."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import mpmath
import numpy as np
import pytest

from logitproof import exact
from logitproof.conformance.api.exact import nearest_float
from logitproof.conformance.cli.arguments import options_of
from logitproof.conformance.cli.main import main
from logitproof.reference import FORMATS, FUNCTIONS, Status
from logitproof.reports import bit_equal


def _printed(capsys, *arguments):
    assert main(("exact", *arguments)) == 0
    return capsys.readouterr()


def _refused(capsys, *arguments):
    assert main(("exact", *arguments)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def test_softmax_of_one_two_three(capsys):
    out = _printed(capsys, "softmax", "1", "2", "3", "--dtype", "float32").out.splitlines()
    assert out[0].split() == ["element", "exact", "nearest", "float32"]
    assert [line.split()[1:] for line in out[1:]] == [
        ["0.090030573170380457998", "0.09003057", "0x1.70c3e6p-4"],
        ["0.24472847105479765247", "0.24472848", "0x1.f53434p-3"],
        ["0.66524095577482188953", "0.66524094", "0x1.549a76p-1"],
    ]


def test_digits_are_those_of_mpmath(capsys):
    out = _printed(capsys, "sigmoid", "-88.72284", "--dtype", "float32", "--digits", "40").out
    with mpmath.workdps(60):
        truth = 1 / (1 + mpmath.exp(-mpmath.mpf(float(np.float32(-88.72284)))))
        assert mpmath.nstr(truth, 40) in out


def test_digits_that_cancellation_eats_are_computed_again(capsys):
    near = ("0x1.0000000000008p-1", "0x1.ffffffffffff0p-2")
    out = _printed(capsys, "kl_divergence", "0.5", "0.5", "--probs", *near, "--dtype", "float64").out
    with mpmath.workdps(80):
        # ½ log(½ / (½ + d)) + ½ log(½ / (½ - d)) = -½ log(1 - 4d²), d = 2^-50
        assert mpmath.nstr(-mpmath.log1p(-4 * mpmath.mpf(2) ** -100) / 2, 20) in out


def test_what_was_rounded_on_the_way_in_is_said_on_standard_error(capsys):
    printed = _printed(capsys, "sigmoid", "0.1", "0.5", "0x1.8p-3")
    assert printed.err == "0.1 is taken as 0x1.999999999999ap-4, the nearest float64\n"
    assert "taken as" not in printed.out


def test_slashes_separate_rows_and_the_axis_can_be_any(capsys):
    rows = ("1", "2", "/", "3", "4")
    last = _printed(capsys, "logsumexp", *rows, "--dtype", "float64").out
    first = _printed(capsys, "logsumexp", *rows, "--dtype", "float64", "--axis", "0").out
    assert str(math.log(math.exp(1) + math.exp(2)))[:14] in last
    assert str(math.log(math.exp(1) + math.exp(3)))[:14] in first


def test_negative_numbers_infinities_and_hex_are_numbers_not_options(capsys):
    out = _printed(capsys, "sigmoid", "-inf", "-0x1p-1", "-1e-5", "-2", "inf", "--dtype", "float64").out.splitlines()
    assert [line.split()[1][:8] for line in out[1:]] == ["0", "0.377540", "0.499997", "0.119202", "1.000000"]


def test_limits_are_words(capsys):
    assert "choice" in _printed(capsys, "softmax", "inf", "1").out
    assert "-inf" in _printed(capsys, "logsumexp", "-inf", "-inf").out
    assert "not finite" in _printed(capsys, "softmax", "nan", "1").out


def test_huge_exponents_are_no_trouble(capsys):
    out = _printed(capsys, "softmax", "1.7e308", "-1.7e308", "0", "--digits", "5").out
    assert "7.9551e-14766012384710561608829426" in out


def test_gradients_options_and_definitions_are_there(capsys):
    row = ("1", "2", "3")
    dense = _printed(capsys, "softmax_cross_entropy", *row, "--labels", "0", "0", "1", "--gradient", "logits").out
    sparse = _printed(capsys, "sparse_softmax_cross_entropy", *row, "--labels", "2", "--gradient", "logits").out
    assert dense == sparse
    assert "-0.33475904422517811047" in dense
    doubled = _printed(capsys, "logsumexp", *row, "--gradient", "logits", "--cotangent", "2").out
    assert "0.18006114634076091600" in doubled
    smooth = _printed(capsys, "sparse_softmax_cross_entropy", *row, "--labels", "2", "--label-smoothing", "0.125").out
    # -log p_2 + 0.125 (x_2 - mean x) = 0.40760596... + 0.125
    assert "0.53260596444438030448" in smooth
    clamped = ("binary_cross_entropy", "0x1p-200", "--labels", "1", "--definition", "clamp-log-100")
    assert "100.00000000000000000" in _printed(capsys, *clamped).out
    weighted = ("nll_loss", "-1", "-2", "--labels", "0", "--weight", "2", "3")
    assert "2.0000000000000000000" in _printed(capsys, *weighted).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sofmax", "1"), "unknown function 'sofmax': did you mean 'softmax'?"),
        (("softmax", "one"), "not a number: 'one'"),
        (("softmax", "1", "2", "/", "3"), "rows of different lengths: 1 2 / 3"),
        (("softmax", "/"), "rows of different lengths"),
        (("softmax", "1", "--axis", "3"), "axis cannot be 3"),
        (("softmax", "1", "--labels", "2"), "softmax takes its first argument, logits, without an option"),
        (("sigmoid", "1", "--axis", "0"), "sigmoid takes no 'axis'"),
        (("softmax_cross_entropy", "1", "2"), "softmax_cross_entropy needs --labels"),
        (("softmax_cross_entropy", "1", "2", "--labels", "1"), "labels"),
        (("sparse_softmax_cross_entropy", "1", "2", "--labels", "0.5"), "not a class index: '0.5'"),
        (("sparse_softmax_cross_entropy", "1", "2", "--labels", "0", "1"), "one row has one index"),
        (("softmax", "1", "--dtype", "float8"), "unknown dtype 'float8'"),
        (("softmax", "1", "--gradient", "labels"), "unknown quantity 'gradient:labels'"),
        (("softmax", "1", "--definition", "odd"), "unknown definition 'odd'"),
        (("softmax", "1", "--digits", "0"), "--digits: invalid positive whole number value: '0'"),
        (("nll_loss", "-1", "--labels", "0", "--reduction", "max"), "reduction cannot be 'max'"),
        (("kl_divergence_from_log_probs", "1"), "needs --log-probs"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(capsys, arguments, words):
    assert words in _refused(capsys, *arguments)


def test_every_argument_and_keyword_of_the_catalogue_has_an_option():
    options = vars(options_of(["exact", "softmax", "1"])).keys()
    for function in FUNCTIONS.values():
        assert {argument.name for argument in function.arguments[1:]} | set(function.keywords) <= set(options)


@pytest.mark.parametrize("name", FORMATS)
def test_nearest_float_rounds_as_numpy_does(name):
    fmt = FORMATS[name]
    numbers = np.random.Philox(8).random_raw(3000).view(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    # Exponents that the format knows, its subnormals and its overflow among them.
    small = np.ldexp(np.frexp(numbers)[0], fmt.quantum_exponent + np.arange(numbers.size) % (fmt.emax - fmt.emin + 40))
    for number in np.concatenate([numbers, small[np.isfinite(small)]]):
        mantissa, denominator = float(number).as_integer_ratio()
        with np.errstate(over="ignore"):
            expected = np.array([number]).astype(fmt.numpy_dtype)
        nearest = np.array([nearest_float(mantissa, 1 - denominator.bit_length(), fmt)]).astype(fmt.numpy_dtype)
        assert bit_equal(nearest, expected) or number == 0


@pytest.mark.parametrize(
    ("number", "rounded"),
    [
        (Fraction(2049), 2048.0),
        (Fraction(2051), 2052.0),
        (Fraction(65519), 65504.0),
        (Fraction(65520), math.inf),
        (Fraction(-65520), -math.inf),
        (Fraction(1, 2**25), 0.0),
        (Fraction(3, 2**26), 2.0**-24),
        (Fraction(0), 0.0),
    ],
)
def test_ties_go_to_even_and_overflow_begins_half_an_ulp_above_the_largest(number, rounded):
    exponent = 1 - number.denominator.bit_length()
    assert nearest_float(number.numerator, exponent, FORMATS["float16"]) == rounded


def test_numbers_far_outside_every_format_are_zero_or_infinite_with_their_sign():
    assert nearest_float(1, 10**300, FORMATS["float64"]) == math.inf
    assert math.copysign(1, nearest_float(-1, -(10**300), FORMATS["float64"])) == -1


def test_the_python_function_takes_arrays_and_keeps_their_dtype():
    logits = np.array([[1, 2, 3], [0, 0, 0]], ml_dtypes.bfloat16)
    result = exact("softmax", logits)
    assert result.shape == (2, 3)
    assert result.nearest().dtype == ml_dtypes.bfloat16
    assert result.nearest("float64")[1].tolist() == [1 / 3] * 3
    assert result.decimals(5)[0].tolist() == ["0.090031", "0.24473", "0.66524"]


def test_the_python_function_takes_named_arguments_and_keywords():
    inputs = {"logits": [[1.0, 2.0], [3.0, 4.0]], "labels": [0, 1]}
    mean = exact("sparse_softmax_cross_entropy", inputs, reduction="mean", weight=[1.0, 3.0])
    rows = exact("sparse_softmax_cross_entropy", inputs, weight=[1.0, 3.0])
    assert mean.shape == ()
    assert mean.nearest() == pytest.approx(rows.nearest().sum() / 4, rel=2**-50)  # three roundings
    gradient = exact("sparse_softmax_cross_entropy", inputs, quantity="gradient:logits", cotangent=[0.0, 1.0])
    assert gradient.nearest()[0].tolist() == [0, 0]


def test_python_numbers_are_rounded_to_the_dtype_that_is_asked_for():
    assert exact("sigmoid", [0.1], dtype="float16").nearest("float64") != exact("sigmoid", [0.1]).nearest("float64")
    assert exact("softmax", [1, 2, 3]).inputs.dtype == "float64"


def test_a_choice_is_marked_and_not_a_number():
    result = exact("softmax", [math.inf, 0.0])
    assert np.isnan(result.nearest()).all()
    assert (result.enclosure.status == Status.CHOICE).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact("tan", 1.0), "unknown function 'tan'"),
        (lambda: exact("softmax", [1.0], temperature=2), "takes no 'temperature'"),
        (lambda: exact("softmax", {"x": [1.0]}), "takes no 'x'"),
        (lambda: exact("softmax_cross_entropy", [1.0]), "needs labels"),
        (lambda: exact("softmax", ["a"]), "not an array of real numbers"),
        (lambda: exact("softmax", [1 + 1j]), "dtype complex128"),
        (lambda: exact("softmax", []), "hold no case"),
        (lambda: exact("softmax", [1.0], cotangent=[1.0, 2.0]), "cotangent"),
        (lambda: exact("entropy_terms", np.float32([0.5])).nearest("float8"), "unknown dtype 'float8'"),
        (
            lambda: exact("kl_divergence", {"labels": np.float32([1]), "probs": np.float16([1])}),
            "different dtypes",
        ),
    ],
)
def test_a_wrong_call_is_a_value_error_that_says_why(call, words):
    with pytest.raises(ValueError, match=words):
        call()
