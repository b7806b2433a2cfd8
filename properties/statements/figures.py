"""Figures that the teaching notes print, and computations that they show failing."""

from __future__ import annotations

import math

import numpy as np
from flint import arb

from ..checking.balls import Balls, exact, exp, magnitude, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, NamedClaim, Relations, Statements, at_most, equal
from ..domains.inputs import fixed
from .printed import computed, entries, flags, float32_rounding

stated = Statements()
"""In the order in which they are told."""

BOTH = ("float32", "float64")
"""The notes' figures say nothing of formats that hold fewer digits than were printed."""

PRINTED = (
    "a printed decimal stands for all that it may have been rounded from: it ± half a unit of its last digit; a result "
    "of the backend for the interval of its textbook error bound and the final rounding; the two must overlap"
)
"""Where the permitted difference comes from."""

IN_FLOAT32 = (
    f"{PRINTED}; what was printed was itself computed in float32, and has the textbook error bound of that besides"
)
"""The same of figures that are marked (float32)."""


def _row(name: str, *values: float) -> Domain:
    text = f"[{', '.join(f'{value:g}' for value in values)}]"
    return Domain((fixed(name, [[float(value) for value in values]], text),), BOTH)


_NOTES_ROW = (0.23472, 11.78, 99.99, 0.0)


def _softmax_printed(*digits: str) -> NamedClaim:
    def claim(f: Functions, x: Array) -> Relations:
        yield from entries(f("softmax", x), digits, "softmax")

    return claim


def _linear(row: np.ndarray) -> Balls:
    """a/Σa."""
    return exact(row) / total(exact(row))[:, None]


@stated(
    "linear-and-softmax",
    "For a = [2, 3, 5], a/Σa is [0.2, 0.3, 0.5] and softmax is [0.04201007, 0.11419519, 0.8437947].",
    r"\operatorname{softmax}(2, 3, 5) \approx (0.04201007,\ 0.11419519,\ 0.8437947)",
    source="S0",
    functions=("softmax",),
    domain=_row("a", 2, 3, 5),
    bound=IN_FLOAT32,
)
def _linear_and_softmax(f: Functions, a: Array) -> Relations:
    yield from entries(_linear(a), ("0.2", "0.3", "0.5"), "a/Σa", computed)
    rounding = float32_rounding("softmax", a.astype(np.float32))
    yield from entries(f("softmax", a) + rounding, ("0.04201007", "0.11419519", "0.8437947"), "softmax")


@stated(
    "exp-versus-linear",
    "a/Σa and softmax(a) are different normalisations: for [2, 3, 5] they are more than 1/8 apart in every entry, and "
    "softmax gives more to the largest.",
    r"\left|\operatorname{softmax}(a)_i - a_i / \textstyle\sum_j a_j\right| > \tfrac18,\quad a = (2, 3, 5)",
    source="S0",
    functions=("softmax",),
    domain=_row("a", 2, 3, 5),
)
def _exp_versus_linear(f: Functions, a: Array) -> Relations:
    probs, linear = f("softmax", a), _linear(a)
    yield at_most(exact(0.125), magnitude(probs - linear), "softmax and a/Σa are more than 1/8 apart in every entry")
    yield at_most(linear[:, -1:] + 0.125, probs[:, -1:], "softmax gives the largest number more than its linear share")


def naive_softmax(row: np.ndarray) -> np.ndarray:
    """exp x / Σ exp x in float64, as it should not be computed."""
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(row.astype(np.float64))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


@stated(
    "naive-overflow-789",
    "exp/Σexp of [123, 456, 789], computed as written in float64, is [0, 0, nan]; softmax is [5.75e-290, 2.4e-145, 1].",
    r"\operatorname{softmax}(123, 456, 789) \approx (5.75 \cdot 10^{-290},\ 2.4 \cdot 10^{-145},\ 1)",
    source="S0",
    functions=("softmax",),
    domain=_row("x", 123, 456, 789),
    bound=PRINTED,
)
def _naive_overflow(f: Functions, x: Array) -> Relations:
    naive = naive_softmax(x)
    yield equal(flags(np.isnan(naive)), exact(np.array([[0.0, 0.0, 1.0]])), "in exp/Σexp the last entry alone is nan")
    yield equal(exact(naive[:, :2]), exact(0.0), "and the others are 0")
    probs = f("softmax", x)
    yield from entries(probs[:, :2], ("5.75e-290", "2.4e-145"), "softmax")
    yield from entries(probs[:, 2:], ("1",), "softmax of the largest", computed)


@stated(
    "multi-label-row",
    "The sigmoids of [0.23472, 11.78, 99.99, 0] do not sum to 1: their sum is above 3.",
    r"\sum_i \sigma(x_i) > 3,\quad x = (0.23472, 11.78, 99.99, 0)",
    source="S0",
    functions=("sigmoid",),
    domain=_row("x", *_NOTES_ROW),
)
def _multi_label_row(f: Functions, x: Array) -> Relations:
    yield at_most(exact(3.0), total(f("sigmoid", x)), "the sigmoids sum to more than 3, not to 1")


@stated(
    "independent-sigmoids",
    "Sigmoids answer the multi-label question: each depends on its own logit alone, and they need not sum to 1 as "
    "softmax does.",
    r"\sum_i \sigma(x_i) > 3,\quad \sum_i \operatorname{softmax}(x)_i = 1,"
    r"\quad \sigma(x_i) = \sigma(z_i) \text{ where } x_i = z_i",
    source="S0, S2",
    functions=("sigmoid", "softmax"),
    domain=Domain(
        (
            *_row("x", *_NOTES_ROW).slots,
            fixed("z", [[0.23472, 11.78, -99.99, 0.0]], "the same with -99.99 as the third logit"),
        ),
        BOTH,
    ),
)
def _independent_sigmoids(f: Functions, x: Array, z: Array) -> Relations:
    sigmoids, shares = f("sigmoid", x), f("softmax", x)
    yield at_most(exact(3.0), total(sigmoids), "the sigmoids sum to more than 3")
    yield equal(total(shares), exact(1.0), "the entries of softmax sum to 1")
    others = np.flatnonzero((x == z).all(axis=0))
    yield equal(sigmoids[:, others], f("sigmoid", z)[:, others], "a sigmoid depends on its own logit alone")
    gained = f("softmax", z)[:, 1:2] - shares[:, 1:2]
    yield at_most(exact(0.5), gained, "an entry of softmax gains more than 1/2 as another logit falls")


@stated(
    "coin",
    "A fair coin has an entropy of 1 bit.",
    r"H(\tfrac12, \tfrac12) = 1 \text{ bit} = \log 2 \text{ nats}",
    source="S0",
    functions=("entropy",),
    domain=_row("p", 0.5, 0.5),
)
def _coin(f: Functions, p: Array) -> Relations:
    yield equal(f("entropy", p) / arb(2).log(), exact(1.0), "entropy in bits")


stated(
    "one-two-three",
    "softmax of [1, 2, 3] is [0.09, 0.24, 0.67].",
    r"\operatorname{softmax}(1, 2, 3) \approx (0.09,\ 0.24,\ 0.67)",
    source="S2",
    functions=("softmax",),
    domain=_row("x", 1, 2, 3),
    bound=PRINTED,
)(_softmax_printed("0.09", "0.24", "0.67"))

stated(
    "three-one-minus-three",
    "softmax of [3, 1, −3] is [0.88, 0.12, 0.00].",
    r"\operatorname{softmax}(3, 1, -3) \approx (0.88,\ 0.12,\ 0.00)",
    source="S3",
    functions=("softmax",),
    domain=_row("x", 3, 1, -3),
    bound=PRINTED,
)(_softmax_printed("0.88", "0.12", "0.00"))

stated(
    "one-to-five",
    "softmax of [1, 2, 3, 4, 5] is [0.01165623, 0.03168492, 0.08612854, 0.23412166, 0.63640865].",
    r"\operatorname{softmax}(1, \dots, 5) \approx (0.01165623,\ 0.03168492,\ 0.08612854,\ 0.23412166,\ 0.63640865)",
    source="S3",
    functions=("softmax",),
    domain=_row("x", 1, 2, 3, 4, 5),
    bound=PRINTED,
)(_softmax_printed("0.01165623", "0.03168492", "0.08612854", "0.23412166", "0.63640865"))


@stated(
    "thousands",
    "exp/Σexp of [1000, 2000, 3000, 4000, 5000], computed as written in float64, is nan everywhere; after the shift "
    "by the maximum it is [0, 0, 0, 0, 1], and so is softmax.",
    r"\operatorname{softmax}(1000, 2000, \dots, 5000) \approx (0, 0, 0, 0, 1)",
    source="S3",
    functions=("softmax",),
    domain=_row("x", 1000, 2000, 3000, 4000, 5000),
    bound=f"{PRINTED}; 0 and 1 are all the digits of a float64: they stand for it ± an ulp",
)
def _thousands(f: Functions, x: Array) -> Relations:
    digits = ("0", "0", "0", "0", "1")
    yield equal(flags(np.isnan(naive_softmax(x))), exact(1.0), "in exp/Σexp every entry is nan")
    shifted = naive_softmax(x - x.max(axis=-1, keepdims=True))
    yield equal(flags(np.isnan(shifted)), exact(0.0), "after the shift by the maximum no entry is nan")
    yield from entries(exact(shifted), digits, "exp/Σexp after the shift by the maximum", computed)
    yield from entries(f("softmax", x), digits, "softmax", computed)


def _overflows(power: float) -> bool:
    try:
        math.exp(power)
    except OverflowError:
        return True
    return False


@stated(
    "math-exp",
    "exp(1000) overflows float64, and raises an error in Python's math module; the log-sum-exp of [1000, 1000] is "
    "1000 + log 2 all the same.",
    r"e^{1000} > \max \mathrm{float64},\quad \log(e^{1000} + e^{1000}) = 1000 + \log 2",
    source="S3",
    functions=("logsumexp",),
    domain=_row("x", 1000, 1000),
)
def _math_exp(f: Functions, x: Array) -> Relations:
    overflows = [_overflows(float(power)) for power in x[0]]
    yield equal(flags(np.array([overflows])), exact(1.0), "math.exp raises OverflowError")
    yield at_most(exact(np.finfo(np.float64).max), exp(exact(x)), "exp x is above every float64")
    yield equal(f("logsumexp", x), exact(x[:, 0]) + arb(2).log(), "log(exp x + exp x) = x + log 2 all the same")
