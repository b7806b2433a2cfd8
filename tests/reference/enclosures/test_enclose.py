"""`enclose` and `ball`: shapes and axes, exact results, Ziv's strategy, what is refused."""

from __future__ import annotations

import itertools

import ml_dtypes
import numpy as np
import pytest
from exact_calls import called, enclosed
from flint import arb, ctx
from reference_inputs import DTYPES, HARD_ELEMENTS, HARD_ROWS, option_sets, random_call, stored

from logitproof.reference import DEFINITIONS, FUNCTIONS, Enclosure, Status, ball
from logitproof.reference.enclosures import enclose as enclose_module


def number(enclosure: Enclosure) -> np.ndarray:
    """The middle of every enclosure, in double precision."""
    return np.ldexp(enclosure.hi + enclosure.lo, enclosure.exponent.astype(np.int32))


def interval(enclosure: Enclosure, index: tuple[int, ...]) -> arb:
    scale = arb(2) ** int(enclosure.exponent[index])
    return (
        arb(float(enclosure.hi[index])) + float(enclosure.lo[index]) + arb(0, float(enclosure.radius[index]))
    ) * scale


# Shapes and axes


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("function", [name for name in FUNCTIONS if FUNCTIONS[name].has_axis])
def test_rows_run_along_the_axis(function, axis):
    call = random_call(function, "float32", (6, 4), seed=31)
    spec = FUNCTIONS[function]
    moved = [
        np.moveaxis(a.reshape(2, 3, 4), -1, axis) if item.is_real else a.reshape(2, 3)
        for a, item in zip(call.arguments, spec.arguments, strict=True)
    ]
    for quantity in spec.quantities:
        rows = enclosed(function, call.arguments, {"axis": -1}, quantity=quantity, dtype="float32")
        enclosure = enclosed(function, moved, {"axis": axis}, quantity=quantity, dtype="float32")
        if quantity == "value" and spec.result == "row":
            np.testing.assert_array_equal(enclosure.hi, rows.hi.reshape(2, 3))
        else:
            assert enclosure.shape == moved[0].shape
            np.testing.assert_array_equal(enclosure.hi, np.moveaxis(rows.hi.reshape(2, 3, 4), -1, axis))


def test_a_single_row_gives_a_scalar():
    assert enclosed("logsumexp", [np.zeros(3)], {"axis": 0}, quantity="value", dtype="float64").shape == ()
    assert enclosed("logsumexp", [np.zeros(3)], {"axis": 0}, quantity="gradient:logits", dtype="float64").shape == (3,)


def test_an_element_wise_function_takes_scalars_and_nothing():
    assert number(enclosed("sigmoid", [np.array(0.0)], {}, quantity="value", dtype="float64")) == 0.5
    assert enclosed("sigmoid", [np.zeros((0, 2))], {}, quantity="value", dtype="float64").shape == (0, 2)
    assert enclosed("softmax", [np.zeros((0, 2))], {"axis": 1}, quantity="value", dtype="float64").shape == (0, 2)


def test_a_reduced_loss_is_a_scalar_with_a_full_gradient():
    call = random_call("softmax_cross_entropy", "float32", (5, 3), seed=32)
    options = {"axis": -1, "reduction": "mean"}
    assert enclosed(call.function, call.arguments, options, quantity="value", dtype="float32").shape == ()
    assert enclosed(call.function, call.arguments, options, quantity="gradient:labels", dtype="float32").shape == (5, 3)


def test_the_sum_over_no_rows_is_exactly_zero():
    enclosure = enclosed(
        "softmax_cross_entropy",
        [np.zeros((0, 3))] * 2,
        {"axis": -1, "reduction": "sum"},
        quantity="value",
        dtype="float64",
    )
    assert (enclosure.status, enclosure.hi, enclosure.radius) == (Status.FINITE, 0, 0)


# Exact results: no radius, whatever the precision


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("function", "row", "value"),
    [
        ("softmax", [3.25] * 4, 0.25),
        ("softmax", [-7.0], 1.0),
        ("log_softmax", [5.5], 0.0),
        ("logsumexp", [5.5], 5.5),
        ("logsumexp", [-np.inf, 5.5, -np.inf], 5.5),
        ("entropy", [1.0, 0.0, 0.0], 0.0),
        ("sigmoid", [0.0], 0.5),
        ("logit", [0.5], 0.0),
        ("softplus", [-np.inf], 0.0),
    ],
)
def test_tie_is_exact(function, row, value, dtype):
    keywords = {"axis": -1} if FUNCTIONS[function].has_axis else {}
    enclosure = enclosed(
        function,
        [stored(row, dtype) if np.isfinite(row).all() else np.array(row).astype(stored([0.0], dtype).dtype)],
        keywords,
        quantity="value",
        dtype=dtype,
    )
    np.testing.assert_array_equal(number(enclosure), value)
    assert not enclosure.radius.any()


def test_divergence_of_a_distribution_from_itself_is_exactly_zero():
    probs = np.array([[0.1, 0.2, 0.7], [1e-300, 0.5, 0.5]])
    for function, second in (("kl_divergence", probs), ("kl_divergence_terms", probs)):
        keywords = {"axis": -1} if FUNCTIONS[function].has_axis else {}
        enclosure = enclosed(function, [probs, second], keywords, quantity="value", dtype="float64")
        assert not enclosure.hi.any()
        assert not enclosure.radius.any()


@pytest.mark.parametrize("value", [1.0, -0.75, 0.1])
def test_softmax_sends_no_gradient_for_a_constant_cotangent(value):
    logits = np.array([[-np.inf, 2.0, 1.0, 700.0], [0.0, 1e308, -1e308, 3.0]])
    cotangent = np.full(logits.shape, value)
    cotangent[0, 0] = 5.0  # where there is no probability, a cotangent has no influence
    enclosure = enclosed(
        "softmax", [logits], {"axis": 1}, quantity="gradient:logits", dtype="float64", cotangent=cotangent
    )
    assert not enclosure.hi.any()
    assert not enclosure.radius.any()


def test_log_softmax_passes_a_cotangent_on_unchanged_if_it_sums_to_zero():
    cotangent = np.array([[2.0**60, 2.0**-40, -(2.0**60), -(2.0**-40)]])  # no double holds every partial sum
    enclosure = enclosed(
        "log_softmax", [np.array([[1.0, 5.0, -3.0, 0.1]])], {"axis": 1}, quantity="gradient:logits", dtype="float64",
        cotangent=cotangent,
    )  # fmt: skip
    np.testing.assert_array_equal(number(enclosure), cotangent)
    assert not enclosure.radius.any()


def test_log_softmax_takes_cotangents_whose_sum_overflows():
    cotangent = np.array([[1e308, 1e308]])
    enclosure = enclosed(
        "log_softmax", [np.zeros((1, 2))], {"axis": 1}, quantity="gradient:logits", dtype="float64", cotangent=cotangent
    )
    assert not number(enclosure).any()


def test_cross_entropy_of_one_class_has_no_gradient():
    arguments = [np.array([[3.7]]), np.array([0])]
    for quantity in ("value", "gradient:logits"):
        enclosure = enclosed(
            "sparse_softmax_cross_entropy", arguments, {"axis": -1}, quantity=quantity, dtype="float64"
        )
        assert not enclosure.hi.any()
        assert not enclosure.radius.any()


def test_gradient_of_sigmoid_cross_entropy_by_labels_is_minus_the_logit():
    logits = np.array([0.1, -1e-300, 1.7e308])
    arguments = [logits, np.array([0.5, 0.25, 1.0])]
    enclosure = enclosed("sigmoid_cross_entropy", arguments, {}, quantity="gradient:labels", dtype="float64")
    np.testing.assert_array_equal(number(enclosure), -logits)
    assert not enclosure.radius.any()


def test_an_ignored_row_is_exactly_zero():
    arguments = [np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([0, 1])]
    options = {"axis": -1, "ignore_index": 1}
    for quantity in ("value", "gradient:logits"):
        enclosure = enclosed("sparse_softmax_cross_entropy", arguments, options, quantity=quantity, dtype="float64")
        assert enclosure.hi[0].any()
        assert not enclosure.hi[1].any()
        assert not enclosure.radius[1].any()


# Precision


@pytest.mark.parametrize("function", ["sigmoid", "log_sigmoid", "softplus"])
def test_every_float16_input_is_decided(function):
    inputs = np.arange(2**16, dtype=np.uint16).view(np.float16)
    for quantity in FUNCTIONS[function].quantities:
        enclosure = enclosed(function, [inputs], {}, quantity=quantity, dtype="float16")
        assert not (enclosure.status == Status.UNDECIDED).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_subnormal_and_extreme_inputs_are_decided(dtype):
    fmt_inputs = np.array([*HARD_ELEMENTS, 1e300, -1e300, 1.7e308, -1.7e308, 2.0**-133, -(2.0**-1074)])
    for function in ("sigmoid", "log_sigmoid", "softplus", "sigmoid_cross_entropy"):
        arguments = [stored(fmt_inputs, dtype)] * (2 if function == "sigmoid_cross_entropy" else 1)
        for quantity in FUNCTIONS[function].quantities:
            enclosure = enclosed(function, arguments, {}, quantity=quantity, dtype=dtype)
            assert (enclosure.status == Status.FINITE).all()


def test_undecided_is_said_where_the_precision_does_not_suffice(monkeypatch):
    monkeypatch.setattr(enclose_module, "MAX_PRECISION", 128)
    rows = np.array([[-0.6931471805599453, -0.6931471805599453], [0.0, -1.0]])
    enclosure = enclosed("logsumexp", [rows], {"axis": -1}, quantity="value", dtype="float64")
    assert enclosure.status.tolist() == [Status.UNDECIDED, Status.FINITE]
    assert enclosure.hi[0] == 0


def test_log_softmax_that_needs_a_thousand_bits_is_decided():
    enclosure = enclosed("log_softmax", [np.array([[0.0, -700.0]])], {"axis": -1}, quantity="value", dtype="float64")
    assert enclosure.status[0, 0] == Status.FINITE
    assert number(enclosure)[0, 0] == pytest.approx(-9.859676543759771e-305, rel=1e-15)


def test_the_largest_floats_do_not_overflow_the_reference():
    enclosure = enclosed(
        "softmax", [np.array([1.7e308, -1.7e308, 0.0])], {"axis": 0}, quantity="value", dtype="float64"
    )
    assert (enclosure.status == Status.FINITE).all()
    assert number(enclosure).tolist() == [1.0, 0.0, 0.0]


def test_the_working_precision_of_the_process_is_left_alone():
    before = ctx.prec
    enclosed("softmax", [np.array([1.0, 2.0])], {"axis": 0}, quantity="value", dtype="float64")
    ball(called("softmax", [np.array([1.0, 2.0])], {"axis": 0}), 0, 999)
    assert ctx.prec == before


# ball


@pytest.mark.parametrize("function", FUNCTIONS)
def test_ball_lies_where_the_enclosure_does(function):
    call = random_call(function, "float64", (3, 4), seed=33)
    for quantity, definition in itertools.product(FUNCTIONS[function].quantities, DEFINITIONS[function]):
        asked = {"quantity": quantity, "definition": definition}
        enclosure = enclosed(function, call.arguments, call.parameters, dtype="float64", **asked)
        for index in range(enclosure.hi.size):
            narrow = ball(called(function, call.arguments, call.parameters, **asked), index, 2000)
            assert interval(enclosure, np.unravel_index(index, enclosure.shape)).overlaps(narrow)


def test_ball_counts_elements_of_a_moved_axis_in_c_order():
    logits = np.random.default_rng(1).standard_normal((2, 3, 4))
    cotangent = np.random.default_rng(2).standard_normal((2, 3, 4))
    for axis, quantity in itertools.product(range(3), ("value", "gradient:logits")):
        asked = {"quantity": quantity, "cotangent": cotangent}
        enclosure = enclosed("softmax", [logits], {"axis": axis}, dtype="float64", **asked)
        for index in range(24):
            one = ball(called("softmax", [logits], {"axis": axis}, **asked), index, 300)
            assert interval(enclosure, np.unravel_index(index, enclosure.shape)).overlaps(one)


def test_ball_of_a_reduced_loss_is_the_whole_loss():
    call = random_call("sparse_softmax_cross_entropy", "float32", (7, 5), seed=34)
    options = {"axis": -1, "reduction": "mean", "weight": np.arange(1, 6).astype(np.float32)}
    enclosure = enclosed(call.function, call.arguments, options, quantity="value", dtype="float32")
    one = ball(called(call.function, call.arguments, options), 0, 200)
    assert interval(enclosure, ()).overlaps(one)


def test_ball_has_the_precision_it_is_asked_for():
    call = called("softmax", [np.array([1.0, 2.0])], {"axis": 0})
    widths = [float(ball(call, 1, bits).rad()) for bits in (30, 60, 120)]
    assert widths[0] > 1e-12 > widths[1] > 1e-21 > widths[2] > 0


def test_ball_of_a_known_limit_is_that_number():
    assert ball(called("sigmoid", [np.array([np.inf])], {}), 0, 64) == 1


def test_ball_refuses_what_the_table_of_limits_decides():
    call = called("softmax", [np.array([np.nan, 1.0])], {"axis": 0})
    with pytest.raises(ValueError, match="table of limits"):
        ball(call, 1, 64)


# Numbers out of every format, and what is refused


def test_bfloat16_arguments_are_taken_as_the_numbers_they_are():
    inputs = np.array([1.0, -2.5, 3.140625], dtype=ml_dtypes.bfloat16)
    narrow = enclosed("softplus", [inputs], {}, quantity="value", dtype="bfloat16")
    wide = enclosed("softplus", [inputs.astype(np.float64)], {}, quantity="value", dtype="bfloat16")
    np.testing.assert_array_equal(narrow.hi, wide.hi)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"function": "softmaxx"}, "unknown function"),
        ({"quantity": "hessian:logits"}, "no quantity"),
        ({"quantity": "gradient:probs"}, "no quantity"),
        ({"dtype": "float80"}, "unknown dtype"),
        ({"definition": "clip-1e-7"}, "no definition"),
        ({"arguments": [np.zeros((2, 3))] * 2}, "takes 1 arguments"),
        ({"arguments": [np.zeros((2, 3), dtype=np.int64)]}, "unknown dtype"),
        ({"arguments": [np.zeros((2, 0))]}, "empty"),
        ({"parameters": {"axis": 2}}, "axis"),
        ({"parameters": {"axis": 1, "weight": np.ones(3)}}, "no keyword"),
        ({"cotangent": np.zeros(3)}, "cotangent"),
        ({"cotangent": np.full((2, 3), np.nan)}, "finite"),
        ({"function": "kl_divergence", "arguments": [np.ones((2, 3)), np.ones((2, 2))]}, "same"),
        ({"function": "nll_loss", "arguments": [np.ones((2, 3)), np.ones((2, 3))]}, "integers of shape"),
        ({"function": "nll_loss", "arguments": [np.ones((2, 3)), np.zeros(3, int)]}, "integers of shape"),
    ],
)
def test_call_that_does_not_fit_is_refused(changes, message):
    call = {
        "function": "softmax",
        "arguments": [np.zeros((2, 3))],
        "parameters": {"axis": 1},
        "quantity": "value",
        "dtype": "float64",
        **changes,
    }
    with pytest.raises(ValueError, match=message):
        enclosed(call.pop("function"), call.pop("arguments"), call.pop("parameters"), **call)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reduction": "average"}, "reduction"),
        ({"weight": np.ones(2)}, "3 finite numbers"),
        ({"weight": np.array([1.0, np.inf, 1.0])}, "3 finite numbers"),
        ({"label_smoothing": 1.5}, "label_smoothing"),
        ({"label_smoothing": "much"}, "label_smoothing"),
    ],
)
def test_option_that_does_not_fit_is_refused(options, message):
    arguments = [np.zeros((2, 3)), np.zeros(2, dtype=np.int64)]
    with pytest.raises(ValueError, match=message):
        enclosed("sparse_softmax_cross_entropy", arguments, {"axis": 1, **options}, quantity="value", dtype="float64")


def test_every_option_set_of_the_catalogue_is_accepted():
    for function in FUNCTIONS:
        call = random_call(function, "float32", (3, 4), seed=35)
        for options in option_sets(function, "float32", (3, 4), seed=36):
            enclosure = enclosed(
                function, call.arguments, {**call.parameters, **options}, quantity="value", dtype="float32"
            )
            assert (enclosure.status == Status.FINITE).all()


def test_hard_rows_are_decided_in_every_quantity():
    rows = np.array(HARD_ROWS)
    for function in ("softmax", "log_softmax", "logsumexp"):
        for quantity in FUNCTIONS[function].quantities:
            enclosure = enclosed(function, [rows], {"axis": -1}, quantity=quantity, dtype="float64")
            assert (enclosure.status == Status.FINITE).all()
