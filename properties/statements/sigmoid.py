"""What must hold of sigmoid, its derivative and its inverse."""

from __future__ import annotations

import numpy as np

from ..checking.balls import Balls, exact, exp, log, per_row
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import elements, like, unit_elements, wide

stated = Statements()
"""In the order in which they are told."""

_ELEMENT, _INNER = elements(), unit_elements(inner=True)


@stated(
    "sigmoid-range",
    "The sigmoid of a number lies in [0, 1].",
    r"0 \le \sigma(x) \le 1",
    source="follows from the definition",
    functions=("sigmoid",),
    domain=Domain((_ELEMENT,)),
)
def _range(f: Functions, x: Array) -> Relations:
    yield at_most(f("sigmoid", x), exact(1.0), "sigmoid is at most 1")
    # No rounding of a quotient of positive numbers makes it negative: the stored numbers themselves are compared.
    yield at_most(exact(0.0), exact(f.stored("sigmoid", x)), "sigmoid is not negative")


@stated(
    "sigmoid-two-forms",
    "Both ways of writing sigmoid give the same: e^x/(e^x + 1), and 1/(1 + e^-x).",
    r"\sigma(x) = \frac{e^x}{e^x + 1} = \frac{1}{1 + e^{-x}}",
    source="S0, S4",
    functions=("sigmoid",),
    domain=Domain((_ELEMENT,)),
)
def _two_forms(f: Functions, x: Array) -> Relations:
    sigmoid, exact_x = f("sigmoid", x), exact(x)
    yield equal(sigmoid, exp(exact_x) / (exp(exact_x) + 1), "e^x/(e^x + 1)")
    yield equal(sigmoid, 1 / (1 + exp(-exact_x)), "1/(1 + e^-x)")


@stated(
    "sigmoid-symmetry",
    "The sigmoid of -x is what the sigmoid of x lacks to 1.",
    r"\sigma(-x) = 1 - \sigma(x)",
    source="S0",
    functions=("sigmoid",),
    domain=Domain((_ELEMENT,)),
)
def _symmetry(f: Functions, x: Array) -> Relations:
    yield equal(f("sigmoid", -x), 1 - f("sigmoid", x))


@stated(
    "sigmoid-monotonicity",
    "Sigmoid is increasing.",
    r"x \le y \implies \sigma(x) \le \sigma(y)",
    source="S0",
    functions=("sigmoid",),
    domain=Domain((_ELEMENT, elements("y"))),
)
def _monotonicity(f: Functions, x: Array, y: Array) -> Relations:
    lower, upper = np.minimum(x, y), np.maximum(x, y)
    yield at_most(f("sigmoid", lower), f("sigmoid", upper))


@stated(
    "sigmoid-is-softmax",
    "Sigmoid is softmax of two classes, one of which has the logit 0.",
    r"\operatorname{softmax}([x, 0]) = [\sigma(x),\; 1 - \sigma(x)]",
    source="S0",
    functions=("sigmoid", "softmax"),
    domain=Domain((_ELEMENT,)),
)
def _is_softmax(f: Functions, x: Array) -> Relations:
    probs, sigmoid = f("softmax", np.stack([x, np.zeros_like(x)], axis=-1)), f("sigmoid", x)
    yield equal(probs[:, 0], sigmoid, "the first class has sigmoid(x)")
    yield equal(probs[:, 1], 1 - sigmoid, "the second class has 1 - sigmoid(x)")
    yield equal(probs[:, 1], f("sigmoid", -x), "the second class has sigmoid(-x)")


@stated(
    "sigmoid-of-difference",
    "Softmax of two classes is sigmoid of the difference of their logits; its rounding is accounted for.",
    r"\operatorname{softmax}([a, b]) = [\sigma(a - b),\; \sigma(b - a)]",
    source="S4",
    functions=("sigmoid", "softmax"),
    domain=Domain((elements("a"), elements("b"))),
)
def _of_difference(f: Functions, a: Array, b: Array) -> Relations:
    with np.errstate(over="ignore"):
        difference = (a - b).astype(a.dtype)
    # What a - b was rounded by is known exactly: it multiplies the odds, σ(d + r) = σ(d)e^r / (σ(d)e^r + σ(-d)).
    rest = exact(a) - exact(b) - exact(difference)
    probs = f("softmax", np.stack([a, b], axis=-1))
    first = f("sigmoid", difference) * exp(rest)
    second = f("sigmoid", -difference)
    yield equal(probs * per_row(first + second), np.stack([first, second], axis=-1))


@stated(
    "sigmoid-derivative",
    "The derivative of sigmoid is sigmoid times what it lacks to 1.",
    r"\sigma'(x) = \sigma(x)\,(1 - \sigma(x)) = \sigma(x)\,\sigma(-x)",
    source="S0",
    functions=("sigmoid",),
    domain=Domain((_ELEMENT, like("v"))),
)
def _derivative(f: Functions, x: Array, v: Array) -> Relations:
    slope, sigmoid = f("sigmoid", x, quantity="gradient:x", cotangent=v), f("sigmoid", x)
    yield equal(slope, exact(v) * sigmoid * (1 - sigmoid), "sigmoid(x)(1 - sigmoid(x))")
    yield equal(slope, exact(v) * sigmoid * f("sigmoid", -x), "sigmoid(x) sigmoid(-x)")


@stated(
    "sigmoid-inflection",
    "Sigmoid rises everywhere, most steeply at 0, and less the further x is from 0 on either side: its curvature "
    "changes sign once, at 0.",
    r"\sigma'(-x) = \sigma'(x),\quad |x| \le |y| \implies 0 \le \sigma'(y) \le \sigma'(x) \le \sigma'(0) = \tfrac14",
    source="S0",
    functions=("sigmoid",),
    domain=Domain((_ELEMENT, elements("y"))),
)
def _inflection(f: Functions, x: Array, y: Array) -> Relations:
    at_x, mirrored, at_y = (f("sigmoid", point, quantity="gradient:x") for point in (x, -x, y))
    yield equal(mirrored, at_x, "the slope at -x is that at x")
    yield at_most(exact(0.0), at_x, "the slope is not negative")
    yield at_most(at_x, exact(0.25), "the slope is at most 1/4, which it is at 0")
    is_nearer = np.abs(wide(x)) <= np.abs(wide(y))
    yield at_most(np.where(is_nearer, at_y, at_x), np.where(is_nearer, at_x, at_y), "the slope falls away from 0")


@stated(
    "logit-two-forms",
    "The logit of a probability is the logarithm of its odds: log p - log(1 - p).",
    r"\operatorname{logit}(p) = \ln p - \ln(1 - p) = \ln\frac{p}{1 - p}",
    source="S4",
    functions=("logit",),
    domain=Domain((_INNER,)),
)
def _logit(f: Functions, p: Array) -> Relations:
    logit, exact_p = f("logit", p), exact(p)
    yield equal(logit, log(exact_p) - log(1 - exact_p), "log p - log(1 - p)")
    yield equal(logit, log(exact_p / (1 - exact_p)), "log(p/(1 - p))")


@stated(
    "logit-inverts-sigmoid",
    "Logit and sigmoid undo each other, as far as the stored result of the one determines the other's.",
    r"\operatorname{logit}(\sigma(x)) = x,\quad \sigma(\operatorname{logit}(p)) = p",
    source="S4",
    functions=("sigmoid", "logit"),
    domain=Domain((_ELEMENT, _INNER)),
)
def _inverse(f: Functions, x: Array, p: Array) -> Relations:
    # The exact sigmoid lies in a ball about the stored one: by so much has the argument of logit been moved.
    sigmoid, stored = f("sigmoid", x), f.stored("sigmoid", x)
    moved = _odds(sigmoid) / _odds(exact(stored))
    yield equal(f("logit", stored) + log(moved), exact(x), "logit(sigmoid(x)) = x")
    # So it is with the argument of sigmoid, and odds that are multiplied: σ(l) = p / (p + (1 - p)e^r), r = logit p - l.
    exact_p = exact(p)
    logit, argument = f("logit", p), f.stored("logit", p)
    rest = exp(logit - exact(argument))
    yield equal(f("sigmoid", argument), exact_p / (exact_p + (1 - exact_p) * rest), "sigmoid(logit(p)) = p")


def _odds(p: Balls) -> Balls:
    return p / (1 - p)


@stated(
    "logit-symmetry",
    "The logit of 1 - p is that of p with the other sign, wherever 1 - p is a number of the format.",
    r"\operatorname{logit}(1 - p) = -\operatorname{logit}(p)",
    source="follows from the definition",
    functions=("logit",),
    domain=Domain((_INNER,)),
)
def _logit_symmetry(f: Functions, p: Array) -> Relations:
    # 1 - p is exact for p ≥ ½ (Sterbenz), and ½ ≤ fl(1 - p) for p < ½.
    upper = np.where(wide(p) < 0.5, 1 - p, p).astype(p.dtype)
    lower = (1 - upper).astype(p.dtype)
    yield equal(f("logit", lower), -f("logit", upper))


@stated(
    "logit-derivative",
    "The derivative of logit is 1/(p(1 - p)).",
    r"\operatorname{logit}'(p)\; p\,(1 - p) = 1",
    source="follows from the definition",
    functions=("logit",),
    domain=Domain((_INNER, like("v", "p"))),
)
def _logit_derivative(f: Functions, p: Array, v: Array) -> Relations:
    exact_p = exact(p)
    slope = f("logit", p, quantity="gradient:probs", cotangent=v)
    yield equal(slope * exact_p * (1 - exact_p), exact(v))
