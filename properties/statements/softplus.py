"""What must hold of softplus and log-sigmoid."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from flint import arb

from ..checking.balls import Balls, exact, exp, log
from ..checking.functions import Functions
from ..checking.property import Domain, Property, PropertyInputs, Relation, at_most, equal
from ..domains.inputs import elements, like


def _log1p(balls: Balls) -> Balls:
    return np.asarray(np.frompyfunc(arb.log1p, 1, 1)(balls), dtype=object)


def _with_zero(x: np.ndarray) -> np.ndarray:
    return np.stack([x, np.zeros_like(x)], axis=-1)


def _two_forms(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    softplus, x = f("softplus", given["x"]), exact(given["x"])
    yield equal(softplus, _log1p(exp(x)), "log(1 + e^x)")
    yield equal(softplus, x + _log1p(exp(-x)), "x + log(1 + e^-x)")


def _difference(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    yield equal(f("softplus", given["x"]) - f("softplus", -given["x"]), exact(given["x"]))


def _bounds(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    softplus, hinge = f("softplus", given["x"]), exact(np.maximum(given["x"], np.zeros_like(given["x"])))
    yield at_most(hinge, softplus, "it is at least max(x, 0)")
    yield at_most(softplus, hinge + log(exact(2.0)), "it is at most log 2 above max(x, 0)")
    # No rounding makes log of a number ≥ 1 negative: the stored numbers themselves are compared.
    yield at_most(exact(0.0), exact(f.stored("softplus", given["x"])), "it is not negative")


def _derivative(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    slope = f("softplus", given["x"], quantity="gradient:x", cotangent=given["v"])
    yield equal(slope, exact(given["v"]) * f("sigmoid", given["x"]))


def _is_logsumexp(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    yield equal(f("softplus", given["x"]), f("logsumexp", _with_zero(given["x"])))


def _log_sigmoid_is_softplus(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    yield equal(f("log_sigmoid", given["x"]), -f("softplus", -given["x"]))


def _log_of_sigmoid(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    log_sigmoid, sigmoid = f("log_sigmoid", given["x"]), f("sigmoid", given["x"])
    yield equal(log_sigmoid, log(sigmoid), "the logarithm of sigmoid")
    yield equal(exp(log_sigmoid), sigmoid, "its exponential is sigmoid")


def _log_sigmoid_bounds(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    log_sigmoid, hinge = f("log_sigmoid", given["x"]), exact(np.minimum(given["x"], np.zeros_like(given["x"])))
    yield at_most(log_sigmoid, hinge, "it is at most min(x, 0)")
    yield at_most(hinge - log(exact(2.0)), log_sigmoid, "it is at most log 2 below min(x, 0)")


def _log_sigmoid_difference(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    yield equal(f("log_sigmoid", given["x"]) - f("log_sigmoid", -given["x"]), exact(given["x"]))


def _log_sigmoid_derivative(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    slope = f("log_sigmoid", given["x"], quantity="gradient:x", cotangent=given["v"])
    yield equal(slope, exact(given["v"]) * f("sigmoid", -given["x"]))


def _is_log_softmax(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    log_probs = f("log_softmax", _with_zero(given["x"]))
    yield equal(log_probs[:, 0], f("log_sigmoid", given["x"]), "the first class has log-sigmoid of x")
    yield equal(log_probs[:, 1], f("log_sigmoid", -given["x"]), "the second class has log-sigmoid of -x")


_ELEMENT = elements()

SOFTPLUS_PROPERTIES = (
    Property(
        id="softplus-two-forms",
        statement="Both ways of writing softplus give the same: log(1 + e^x), and x + log(1 + e^-x).",
        latex=r"\operatorname{softplus}(x) = \ln(1 + e^x) = x + \ln(1 + e^{-x})",
        source="S2",
        functions=("softplus",),
        domain=Domain((_ELEMENT,)),
        claim=_two_forms,
    ),
    Property(
        id="softplus-difference",
        statement="Softplus of x and of -x differ by x.",
        latex=r"\operatorname{softplus}(x) - \operatorname{softplus}(-x) = x",
        source="follows from the definition",
        functions=("softplus",),
        domain=Domain((_ELEMENT,)),
        claim=_difference,
    ),
    Property(
        id="softplus-bounds",
        statement="Softplus is a smooth max(x, 0): never below it, and at most log 2 above it.",
        latex=r"\max(x, 0) \le \operatorname{softplus}(x) \le \max(x, 0) + \ln 2",
        source="follows from the definition",
        functions=("softplus",),
        domain=Domain((_ELEMENT,)),
        claim=_bounds,
    ),
    Property(
        id="softplus-derivative",
        statement="The derivative of softplus is sigmoid.",
        latex=r"\operatorname{softplus}'(x) = \sigma(x)",
        source="follows from the definition",
        functions=("softplus", "sigmoid"),
        domain=Domain((_ELEMENT, like("v"))),
        claim=_derivative,
    ),
    Property(
        id="softplus-is-logsumexp",
        statement="Softplus is log-sum-exp of two numbers, one of which is 0.",
        latex=r"\operatorname{softplus}(x) = \operatorname{lse}([x, 0])",
        source="follows from the definitions",
        functions=("softplus", "logsumexp"),
        domain=Domain((_ELEMENT,)),
        claim=_is_logsumexp,
    ),
)
"""Properties of softplus."""

LOG_SIGMOID_PROPERTIES = (
    Property(
        id="log-sigmoid-of-sigmoid",
        statement="Log-sigmoid is the logarithm of sigmoid.",
        latex=r"\operatorname{logsigmoid}(x) = \ln \sigma(x),\quad e^{\operatorname{logsigmoid}(x)} = \sigma(x)",
        source="follows from the definitions",
        functions=("log_sigmoid", "sigmoid"),
        domain=Domain((_ELEMENT,)),
        claim=_log_of_sigmoid,
    ),
    Property(
        id="log-sigmoid-is-softplus",
        statement="Log-sigmoid of x is softplus of -x with the other sign.",
        latex=r"\operatorname{logsigmoid}(x) = -\operatorname{softplus}(-x)",
        source="follows from the definitions",
        functions=("log_sigmoid", "softplus"),
        domain=Domain((_ELEMENT,)),
        claim=_log_sigmoid_is_softplus,
    ),
    Property(
        id="log-sigmoid-difference",
        statement="Log-sigmoid of x and of -x differ by x: the logarithm of the odds.",
        latex=r"\operatorname{logsigmoid}(x) - \operatorname{logsigmoid}(-x) = x",
        source="follows from the definition",
        functions=("log_sigmoid",),
        domain=Domain((_ELEMENT,)),
        claim=_log_sigmoid_difference,
    ),
    Property(
        id="log-sigmoid-bounds",
        statement="Log-sigmoid is a smooth min(x, 0): never above it, and at most log 2 below it.",
        latex=r"\min(x, 0) - \ln 2 \le \operatorname{logsigmoid}(x) \le \min(x, 0)",
        source="follows from the definition",
        functions=("log_sigmoid",),
        domain=Domain((_ELEMENT,)),
        claim=_log_sigmoid_bounds,
    ),
    Property(
        id="log-sigmoid-derivative",
        statement="The derivative of log-sigmoid is sigmoid of -x.",
        latex=r"\operatorname{logsigmoid}'(x) = \sigma(-x)",
        source="follows from the definition",
        functions=("log_sigmoid", "sigmoid"),
        domain=Domain((_ELEMENT, like("v"))),
        claim=_log_sigmoid_derivative,
    ),
    Property(
        id="log-sigmoid-is-log-softmax",
        statement="Log-sigmoid is log-softmax of two classes, one of which has the logit 0.",
        latex=r"\operatorname{logsoftmax}([x, 0]) = [\operatorname{logsigmoid}(x),\; \operatorname{logsigmoid}(-x)]",
        source="follows from sigmoid-is-softmax",
        functions=("log_sigmoid", "log_softmax"),
        domain=Domain((_ELEMENT,)),
        claim=_is_log_softmax,
    ),
)
"""Properties of log-sigmoid."""
