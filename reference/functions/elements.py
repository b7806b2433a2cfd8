"""The entries of the functions of one logit or one probability."""

from __future__ import annotations

from math import inf

from ..algorithms import deviations as deviating_listings
from ..algorithms import elementwise as listings
from ..definitions import deviations, gradients, values
from ..function import LITERAL, Argument, Formula, Function, Quantity
from ..limits.decisions import logit, unary

_X = (Argument("x", "logits"),)
_WHERE_SIGMOID = (r"\sigma(x)=\frac{1}{1+e^{-x}}",)

SIGMOID = Function(
    "sigmoid",
    _X,
    "element",
    "1 / (1 + exp(-x))",
    limits=unary((inf, "sigmoid-at-infinity", 1.0), (-inf, "sigmoid-at-infinity", 0.0)),
    definitions={
        LITERAL: {
            "value": Quantity(values.sigmoid, listings.sigmoid, Formula(r"\sigma(x)=\frac{1}{1+e^{-x}}")),
            "gradient:x": Quantity(
                gradients.sigmoid,
                listings.sigmoid_gradient,
                Formula(r"v\,\sigma(x)\,(1-\sigma(x))=v\,\frac{e^{-x}}{(1+e^{-x})^{2}}", _WHERE_SIGMOID),
                attainable=listings.sigmoid_gradient_attainable,
            ),
        }
    },
)

LOG_SIGMOID = Function(
    "log_sigmoid",
    _X,
    "element",
    "log(1 / (1 + exp(-x)))",
    limits=unary((inf, "vanishing-at-infinity", 0.0), (-inf, "log-sigmoid-at-minus-infinity", 0.0)),
    definitions={
        LITERAL: {
            "value": Quantity(
                values.log_sigmoid, listings.log_sigmoid, Formula(r"\log\,\sigma(x)=\log\,\frac{1}{1+e^{-x}}")
            ),
            "gradient:x": Quantity(
                gradients.log_sigmoid,
                listings.log_sigmoid_gradient,
                Formula(r"v\,\sigma(-x)", _WHERE_SIGMOID),
                attainable=listings.log_sigmoid_gradient_attainable,
            ),
        }
    },
)

SOFTPLUS = Function(
    "softplus",
    _X,
    "element",
    "log(1 + exp(x))",
    limits=unary((inf, "softplus-at-infinity", 0.0), (-inf, "vanishing-at-infinity", 0.0)),
    definitions={
        LITERAL: {
            "value": Quantity(values.softplus, listings.softplus, Formula(r"\log\,(1+e^{x})")),
            "gradient:x": Quantity(
                gradients.softplus,
                listings.softplus_gradient,
                Formula(r"v\,\sigma(x)", _WHERE_SIGMOID),
                attainable=listings.softplus_gradient_attainable,
            ),
        },
        "linear-above-20": {
            "value": Quantity(deviations.linear_softplus, deviating_listings.softplus_linear),
            "gradient:x": Quantity(deviations.linear_softplus_by_x, deviating_listings.softplus_linear_gradient),
        },
    },
)

LOGIT = Function(
    "logit",
    (Argument("probs", "probs"),),
    "element",
    "log(p / (1 - p))",
    limits=logit,
    definitions={
        LITERAL: {
            "value": Quantity(
                values.logit,
                listings.logit,
                Formula(r"\log\,\frac{p}{1-p}"),
                attainable=listings.logit_attainable,
            ),
            "gradient:probs": Quantity(gradients.logit, listings.logit_gradient, Formula(r"\frac{v}{p\,(1-p)}")),
        }
    },
)
