"""Sigmoid, log-sigmoid, softplus and logit, of one number each, and their gradients."""

from __future__ import annotations

from ..call import Call
from .number import Number


def sigmoid(_: Call, x: Number) -> list[Number]:
    """Sigmoid, textbook and attainable alike."""
    return [x.sigmoid()]


def sigmoid_gradient(_: Call, v: Number, x: Number) -> list[Number]:
    """Textbook gradient: s(1 - s) from the stored s, s²e^-x differentiated step by step, or e/(1 + e)²."""
    s = x.sigmoid()
    return [s * (1 - s) * v, x.sigmoid_stepwise(v)]


def sigmoid_gradient_attainable(_: Call, v: Number, x: Number) -> list[Number]:
    """Attainable gradient: e/(1 + e)² with e = e^-|x|, relative everywhere."""
    tail = (-abs(x)).exp()
    one_plus = x.constant(1.0).plus_positive(tail)
    return [tail / (one_plus * one_plus) * v]


def softplus(_: Call, x: Number) -> list[Number]:
    """Softplus, textbook and attainable alike."""
    return [x.softplus()]


def softplus_gradient(_: Call, v: Number, x: Number) -> list[Number]:
    """Textbook gradient of softplus: sigmoid(x), or exp(x - softplus(x)), of differentiating log(e^x + e^0)."""
    return [x.sigmoid() * v, x.less_softplus().exp() * v]


def softplus_gradient_attainable(_: Call, v: Number, x: Number) -> list[Number]:
    """Attainable gradient of softplus: sigmoid(x)."""
    return [x.sigmoid() * v]


def log_sigmoid(_: Call, x: Number) -> list[Number]:
    """Log-sigmoid, textbook and attainable alike: minus the softplus of -x."""
    return [-(-x).softplus()]


def log_sigmoid_gradient(call: Call, v: Number, x: Number) -> list[Number]:
    """Textbook gradient of log-sigmoid."""
    return softplus_gradient(call, v, -x)


def log_sigmoid_gradient_attainable(_: Call, v: Number, x: Number) -> list[Number]:
    """Attainable gradient of log-sigmoid: sigmoid(-x)."""
    return [(-x).sigmoid() * v]


def logit(_: Call, p: Number) -> list[Number]:
    """Textbook logit: log(p/(1 - p)), or log p - log1p(-p)."""
    return [(p / (1 - p)).log(), p.log() - (-p).log1p()]


def logit_attainable(_: Call, p: Number) -> list[Number]:
    """Attainable logit."""
    return [p.logit()]


def logit_gradient(_: Call, v: Number, p: Number) -> list[Number]:
    """Gradient of logit, textbook and attainable alike: v/(p(1 - p)), or v(1/p + 1/(1 - p))."""
    rest = 1 - p
    return [v / (p * rest), (1 / p + 1 / rest) * v]
