"""The command `exact`: what it prints for anything that is typed."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys

import mpmath
import numpy as np
import pytest
from exact_calls import FLOATS, QUANTITIES, searched
from hypothesis import given
from hypothesis import strategies as st

from logitproof.conformance.cli.main import main
from logitproof.reference import FORMATS, FUNCTIONS


def printed(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(("exact", *arguments))
    return status, out.getvalue(), err.getvalue()


TYPED = st.one_of(
    st.floats(-1100, 1100).map(repr),
    st.floats().map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(float.hex),
    st.sampled_from(
        ["0.1", "1e400", "-1e400", "1e-400", "inf", "-inf", "nan", "70000", "1e38", "-0.0", "1e99999999999"]
    ),
)


@pytest.mark.parametrize(("function", "quantity"), QUANTITIES)
def test_the_command_prints_a_line_an_element_for_anything_that_is_typed(function, quantity):
    spec = FUNCTIONS[function]

    @searched(12)
    @given(st.data(), FLOATS, st.integers(1, 3))
    def holds(data, dtype, width):
        rows = [
            data.draw(st.lists(TYPED, min_size=width, max_size=width)) if each.is_real else ["0"]
            for each in spec.arguments
        ]
        options = [
            text
            for each, row in zip(spec.arguments[1:], rows[1:], strict=True)
            for text in (f"--{each.name.replace('_', '-')}", *row)
        ]
        gradient = () if quantity == "value" else ("--gradient", quantity.removeprefix("gradient:"))
        status, out, err = printed(function, *rows[0], *options, *gradient, "--dtype", dtype, "--digits", "5")
        assert status == 0
        is_one = spec.result == "row" and quantity == "value"
        starts = [line for line in out.splitlines()[1:] if line.startswith("[") or is_one]
        assert len(starts) >= (1 if is_one else width)
        assert ("choice" in out) == ("possible are" in err)
        assert all(f"{text} is taken as" in err for row in rows for text in row if text in ("1e400", "1e99999999999"))

    holds()


@pytest.mark.parametrize("function", ["log_softmax", "softmax_cross_entropy", "sparse_softmax_cross_entropy"])
@pytest.mark.parametrize("gap", ["709", "710", "745", "800", "30000"])
@pytest.mark.parametrize("dtype", FORMATS)
def test_a_row_with_a_wide_gap_has_an_exact_result(function, gap, dtype):
    labels = {"log_softmax": (), "softmax_cross_entropy": ("--labels", "1", "0")}
    status, out, err = printed(
        function, "0", f"-{gap}", *labels.get(function, ("--labels", "0")), "--dtype", dtype, "--digits", "6"
    )
    with mpmath.workprec(400):
        used = float(np.array([float(gap)]).astype(FORMATS[dtype].numpy_dtype)[0])
        digits = mpmath.nstr(mpmath.exp(-mpmath.mpf(used)), 12)[:6]
    assert status == 0
    assert digits in out
    assert ("taken as" in err) == (used != float(gap))


def test_the_command_itself_ends_without_a_traceback():
    run = subprocess.run(
        [sys.executable, "-m", "logitproof", "exact", "log_softmax", "0", "-800", "--dtype", "float32"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "-3.6678745841776872135e-348  -0  -0x0p+0" in run.stdout


def test_a_number_beyond_the_format_is_said_to_have_become_infinite():
    assert printed("softmax", "1e400", "1")[2].splitlines() == [
        "1e400 is taken as inf, beyond the largest float64, 1.79769e+308",
        "[0] [1] choice: a +inf logit in a row: inf/inf; possible are NaN and the result of a hard maximum",
    ]
    assert printed("sigmoid", "-70000", "0.5", "--dtype", "float16")[2] == (
        "-70000 is taken as -inf, beyond the largest float16, 65504\n"
    )
    assert printed("sigmoid", "inf", "-inf", "0x1p3", "1e3")[2] == ""


def test_a_decimal_is_rounded_to_the_dtype_once_not_by_way_of_float64():
    halfway = "1.00390625"  # between 1 and 1 + 2^-7 in bfloat16; with a digit far behind, above
    assert printed("softplus", halfway, "--dtype", "bfloat16")[2].startswith(f"{halfway} is taken as 0x1p+0,")
    above = halfway + "0" * 30 + "1"
    assert printed("softplus", above, "--dtype", "bfloat16")[2].startswith(f"{above} is taken as 0x1.02p+0,")


def test_rounded_options_are_told_too_each_number_once_and_no_more_than_a_few():
    labels = ("--labels", "0.1", "0.9")
    err = printed("softmax_cross_entropy", "0.1", "0", *labels, "--weight", "0.3", "1", "--label-smoothing", "0.2")[2]
    assert [line.split()[0] for line in err.splitlines()] == ["0.1", "0.9", "0.3", "0.2"]
    many = printed("softmax", *(f"0.{k}1" for k in range(1, 30)))[2].splitlines()
    assert many[-1] == "21 more numbers are rounded to float64"
    assert len(many) == 9
