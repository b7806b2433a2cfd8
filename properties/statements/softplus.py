"""What must hold of softplus and log-sigmoid."""

from __future__ import annotations

import numpy as np
from flint import arb

from ..checking.balls import Balls, exact, exp, log
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import elements, like

stated = Statements()
"""In the order in which they are told."""

_ELEMENT = elements()


def _log1p(balls: Balls) -> Balls:
    return np.asarray(np.frompyfunc(arb.log1p, 1, 1)(balls), dtype=object)


def _with_zero(x: np.ndarray) -> np.ndarray:
    return np.stack([x, np.zeros_like(x)], axis=-1)


@stated(
    "softplus-two-forms",
    "Both ways of writing softplus give the same: log(1 + e^x), and x + log(1 + e^-x).",
    r"\operatorname{softplus}(x) = \ln(1 + e^x) = x + \ln(1 + e^{-x})",
    source="S2",
    functions=("softplus",),
    domain=Domain((_ELEMENT,)),
)
def _two_forms(f: Functions, x: Array) -> Relations:
    softplus, exact_x = f("softplus", x), exact(x)
    yield equal(softplus, _log1p(exp(exact_x)), "log(1 + e^x)")
    yield equal(softplus, exact_x + _log1p(exp(-exact_x)), "x + log(1 + e^-x)")


@stated(
    "softplus-difference",
    "Softplus of x and of -x differ by x.",
    r"\operatorname{softplus}(x) - \operatorname{softplus}(-x) = x",
    source="follows from the definition",
    functions=("softplus",),
    domain=Domain((_ELEMENT,)),
)
def _difference(f: Functions, x: Array) -> Relations:
    yield equal(f("softplus", x) - f("softplus", -x), exact(x))


@stated(
    "softplus-bounds",
    "Softplus is a smooth max(x, 0): never below it, and at most log 2 above it.",
    r"\max(x, 0) \le \operatorname{softplus}(x) \le \max(x, 0) + \ln 2",
    source="follows from the definition",
    functions=("softplus",),
    domain=Domain((_ELEMENT,)),
)
def _bounds(f: Functions, x: Array) -> Relations:
    softplus, hinge = f("softplus", x), exact(np.maximum(x, np.zeros_like(x)))
    yield at_most(hinge, softplus, "it is at least max(x, 0)")
    yield at_most(softplus, hinge + log(exact(2.0)), "it is at most log 2 above max(x, 0)")
    # No rounding makes log of a number ≥ 1 negative: the stored numbers themselves are compared.
    yield at_most(exact(0.0), exact(f.stored("softplus", x)), "it is not negative")


@stated(
    "softplus-derivative",
    "The derivative of softplus is sigmoid.",
    r"\operatorname{softplus}'(x) = \sigma(x)",
    source="follows from the definition",
    functions=("softplus", "sigmoid"),
    domain=Domain((_ELEMENT, like("v"))),
)
def _derivative(f: Functions, x: Array, v: Array) -> Relations:
    slope = f("softplus", x, quantity="gradient:x", cotangent=v)
    yield equal(slope, exact(v) * f("sigmoid", x))


@stated(
    "softplus-is-logsumexp",
    "Softplus is log-sum-exp of two numbers, one of which is 0.",
    r"\operatorname{softplus}(x) = \operatorname{lse}([x, 0])",
    source="follows from the definitions",
    functions=("softplus", "logsumexp"),
    domain=Domain((_ELEMENT,)),
)
def _is_logsumexp(f: Functions, x: Array) -> Relations:
    yield equal(f("softplus", x), f("logsumexp", _with_zero(x)))


@stated(
    "log-sigmoid-of-sigmoid",
    "Log-sigmoid is the logarithm of sigmoid.",
    r"\operatorname{logsigmoid}(x) = \ln \sigma(x),\quad e^{\operatorname{logsigmoid}(x)} = \sigma(x)",
    source="follows from the definitions",
    functions=("log_sigmoid", "sigmoid"),
    domain=Domain((_ELEMENT,)),
)
def _log_of_sigmoid(f: Functions, x: Array) -> Relations:
    log_sigmoid, sigmoid = f("log_sigmoid", x), f("sigmoid", x)
    yield equal(log_sigmoid, log(sigmoid), "the logarithm of sigmoid")
    yield equal(exp(log_sigmoid), sigmoid, "its exponential is sigmoid")


@stated(
    "log-sigmoid-is-softplus",
    "Log-sigmoid of x is softplus of -x with the other sign.",
    r"\operatorname{logsigmoid}(x) = -\operatorname{softplus}(-x)",
    source="follows from the definitions",
    functions=("log_sigmoid", "softplus"),
    domain=Domain((_ELEMENT,)),
)
def _log_sigmoid_is_softplus(f: Functions, x: Array) -> Relations:
    yield equal(f("log_sigmoid", x), -f("softplus", -x))


@stated(
    "log-sigmoid-difference",
    "Log-sigmoid of x and of -x differ by x: the logarithm of the odds.",
    r"\operatorname{logsigmoid}(x) - \operatorname{logsigmoid}(-x) = x",
    source="follows from the definition",
    functions=("log_sigmoid",),
    domain=Domain((_ELEMENT,)),
)
def _log_sigmoid_difference(f: Functions, x: Array) -> Relations:
    yield equal(f("log_sigmoid", x) - f("log_sigmoid", -x), exact(x))


@stated(
    "log-sigmoid-bounds",
    "Log-sigmoid is a smooth min(x, 0): never above it, and at most log 2 below it.",
    r"\min(x, 0) - \ln 2 \le \operatorname{logsigmoid}(x) \le \min(x, 0)",
    source="follows from the definition",
    functions=("log_sigmoid",),
    domain=Domain((_ELEMENT,)),
)
def _log_sigmoid_bounds(f: Functions, x: Array) -> Relations:
    log_sigmoid, hinge = f("log_sigmoid", x), exact(np.minimum(x, np.zeros_like(x)))
    yield at_most(log_sigmoid, hinge, "it is at most min(x, 0)")
    yield at_most(hinge - log(exact(2.0)), log_sigmoid, "it is at most log 2 below min(x, 0)")


@stated(
    "log-sigmoid-derivative",
    "The derivative of log-sigmoid is sigmoid of -x.",
    r"\operatorname{logsigmoid}'(x) = \sigma(-x)",
    source="follows from the definition",
    functions=("log_sigmoid", "sigmoid"),
    domain=Domain((_ELEMENT, like("v"))),
)
def _log_sigmoid_derivative(f: Functions, x: Array, v: Array) -> Relations:
    slope = f("log_sigmoid", x, quantity="gradient:x", cotangent=v)
    yield equal(slope, exact(v) * f("sigmoid", -x))


@stated(
    "log-sigmoid-is-log-softmax",
    "Log-sigmoid is log-softmax of two classes, one of which has the logit 0.",
    r"\operatorname{logsoftmax}([x, 0]) = [\operatorname{logsigmoid}(x),\; \operatorname{logsigmoid}(-x)]",
    source="follows from sigmoid-is-softmax",
    functions=("log_sigmoid", "log_softmax"),
    domain=Domain((_ELEMENT,)),
)
def _is_log_softmax(f: Functions, x: Array) -> Relations:
    log_probs = f("log_softmax", _with_zero(x))
    yield equal(log_probs[:, 0], f("log_sigmoid", x), "the first class has log-sigmoid of x")
    yield equal(log_probs[:, 1], f("log_sigmoid", -x), "the second class has log-sigmoid of -x")
