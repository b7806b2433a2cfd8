"""Rounding errors of the element-wise functions of one logit or one probability.

Closed forms in s = sigmoid(x), y = the value, u = unit roundoff, exp and log within 4 ulp (8u):

    sigmoid 1/(1 + e^-x):  e^-x is wrong by 8u and enters the sum with weight 1 - s, then two roundings:
                           s·(8(1 - s) + 3)·u, relative in the left tail, absolute as s nears 1
    softplus max(x, 0) + log1p(e^-|x|) or log1p(e^x):  8u·s from the exponential, 8u·y from log1p, u·y: (8s + 9y)·u
    log-sigmoid:           minus softplus of -x
"""

from __future__ import annotations

import numpy as np

from .call import Call
from .rounding import ErrorBounded, ErrorModel


def sigmoid_of(machine: ErrorModel, x: np.ndarray) -> ErrorBounded:
    """Return sigmoid(x) as computed from an exact x."""
    tail = np.exp(-np.abs(x))
    value = np.where(x >= 0, 1 / (1 + tail), tail / (1 + tail))
    complement = np.where(x >= 0, tail / (1 + tail), 1 / (1 + tail))
    return ErrorBounded(
        value, complement * machine.elementary + 3 * machine.unit, np.asarray(machine.tiny + machine.underflow)
    )


def softplus_of(machine: ErrorModel, x: np.ndarray) -> ErrorBounded:
    """Return log(1 + e^x) as computed from an exact x."""
    value = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    slope = sigmoid_of(machine, x).value
    return ErrorBounded(value, np.asarray(machine.elementary + machine.unit), slope * machine.elementary + machine.tiny)


def sigmoid(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Sigmoid, textbook and attainable alike."""
    return [sigmoid_of(machine, call.real[0])]


def sigmoid_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient: s(1 - s) from the stored s, s²e^-x differentiated step by step, or e/(1 + e)²."""
    cotangent = machine.exact(call.cotangent)  # type: ignore[arg-type]
    value = sigmoid_of(machine, call.real[0])
    complement = machine.subtract(machine.exact(1.0), value)
    stored = machine.multiply(machine.multiply(value, complement), cotangent)
    slope = _slope(call.real[0])
    # s² is wrong by 2·(8(1 - s) + 3)u, e^-x by 8u, and there are three products.
    stepwise = ErrorBounded(
        slope * call.cotangent,
        2 * value.relative + machine.elementary + 3 * machine.unit,
        (machine.tiny + 3 * machine.underflow) * (1 + np.abs(call.cotangent)),  # type: ignore[arg-type]
    )
    return [stored, stepwise]


def sigmoid_gradient_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient: e/(1 + e)² with e = e^-|x|, relative everywhere."""
    tail = machine.exp(machine.exact(-np.abs(call.real[0])))
    one_plus = machine.add_positive(machine.exact(1.0), tail)
    slope = machine.divide(tail, machine.multiply(one_plus, one_plus))
    return [machine.multiply(slope, machine.exact(call.cotangent))]  # type: ignore[arg-type]


def _slope(x: np.ndarray) -> np.ndarray:
    tail = np.exp(-np.abs(x))
    return tail / (1 + tail) ** 2


def softplus(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Softplus, textbook and attainable alike."""
    return [softplus_of(machine, call.real[0])]


def log_sigmoid(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Log-sigmoid, textbook and attainable alike."""
    return [-softplus_of(machine, -call.real[0])]


def _softplus_slope(machine: ErrorModel, x: np.ndarray, cotangent: np.ndarray) -> list[ErrorBounded]:
    """Sigmoid, or exp(x - y) with y = softplus(x): what differentiating log(e^x + e^0) gives."""
    factor = machine.exact(cotangent)
    # For x > 0, y = x + w with w = softplus(-x). Rounding the sum loses at most u·y, and at most w: x is a number too.
    rest = softplus_of(machine, -np.abs(x))
    value = np.maximum(x, 0) + rest.value
    rounding = np.where(x > 0, np.minimum(machine.unit * value, rest.value), 0.0)
    difference = ErrorBounded(-softplus_of(machine, -x).value, np.asarray(machine.unit), rest.error + rounding)
    return [machine.multiply(slope, factor) for slope in (sigmoid_of(machine, x), machine.exp(difference))]


def softplus_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient of softplus."""
    return _softplus_slope(machine, call.real[0], call.cotangent)  # type: ignore[arg-type]


def softplus_gradient_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient of softplus: sigmoid(x)."""
    return softplus_gradient(machine, call)[:1]


def log_sigmoid_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient of log-sigmoid."""
    return _softplus_slope(machine, -call.real[0], call.cotangent)  # type: ignore[arg-type]


def log_sigmoid_gradient_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient of log-sigmoid: sigmoid(-x)."""
    return log_sigmoid_gradient(machine, call)[:1]


def log1m(machine: ErrorModel, probs: ErrorBounded) -> ErrorBounded:
    """log(1 - p), the difference rounded first: absolute accuracy only."""
    return machine.log(machine.subtract(machine.exact(1.0), probs))


def log1m_by_log1p(machine: ErrorModel, probs: ErrorBounded) -> ErrorBounded:
    """log1p(-p): relative accuracy."""
    return machine.log1p(-probs)


def _logit_by_difference(machine: ErrorModel, probs: ErrorBounded) -> ErrorBounded:
    return machine.subtract(machine.log(probs), log1m_by_log1p(machine, probs))


def logit(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook logit: log(p/(1 - p)), or log p - log1p(-p)."""
    probs = machine.exact(call.real[0])
    odds = machine.divide(probs, machine.subtract(machine.exact(1.0), probs))
    return [machine.log(odds), _logit_by_difference(machine, probs)]


def logit_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable logit: 2 atanh(2p - 1) for ¼ ≤ p ≤ ¾, where 2p - 1 is exact or rounded once; else the difference."""
    probs = call.real[0]
    difference = _logit_by_difference(machine, machine.exact(probs))
    value = np.log(probs) - np.log1p(-probs)
    # 2p - 1 is exact (Sterbenz) on [¼, ¾]; atanh as log1p(2d/(1 - d))/2 loses 8u and, |d| ≤ ½ giving a condition of at
    # most 2, twice the two roundings of its argument.
    middle = np.abs(value) * np.expm1(machine.elementary + 5 * machine.unit)
    error = np.where((probs >= 0.25) & (probs <= 0.75), middle, difference.error)
    return [ErrorBounded(value, np.zeros(()), error)]


def logit_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Gradient of logit, textbook and attainable alike: v/(p(1 - p)), or v(1/p + 1/(1 - p))."""
    probs = machine.exact(call.real[0])
    one = machine.exact(1.0)
    complement = machine.subtract(one, probs)
    cotangent = machine.exact(call.cotangent)  # type: ignore[arg-type]
    return [
        machine.divide(cotangent, machine.multiply(probs, complement)),
        machine.multiply(machine.add(machine.divide(one, probs), machine.divide(one, complement)), cotangent),
    ]
