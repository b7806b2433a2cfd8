"""NumPy kernels of the functions of logits: competent ones, and a backend that some of them are exchanged in.

Kernels compute in float64, rows along the last axis; the backend rounds what they return to the storage format.
"""

from __future__ import annotations

import numpy as np


def softmax(x):
    terms = np.exp(x - x.max(-1, keepdims=True))
    return terms / terms.sum(-1, keepdims=True)


def log_softmax(x):
    below = x - x.max(-1, keepdims=True)
    return below - np.log(np.exp(below).sum(-1, keepdims=True))


def logsumexp(x):
    top = x.max(-1)
    return top + np.log(np.exp(x - top[..., None]).sum(-1))


def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def log_sigmoid(x):
    return -softplus(-x)


def logit(p):
    return np.log(p) - np.log1p(-p)


def softmax_vjp(x, v):
    p = softmax(x)
    return p * (v - (p * v).sum(-1, keepdims=True))


def log_softmax_vjp(x, v):
    return v - softmax(x) * v.sum(-1, keepdims=True)


COMPETENT = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "logsumexp": logsumexp,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "log_sigmoid": log_sigmoid,
    "logit": logit,
    "softmax gradient": softmax_vjp,
    "log_softmax gradient": log_softmax_vjp,
    "logsumexp gradient": lambda x, v: softmax(x) * v[..., None],
    "sigmoid gradient": lambda x, v: v * sigmoid(x) * sigmoid(-x),
    "softplus gradient": lambda x, v: v * sigmoid(x),
    "log_sigmoid gradient": lambda x, v: v * sigmoid(-x),
    "logit gradient": lambda p, v: v / (p * (1 - p)),
}
"""By the function's name; a gradient takes the cotangent too."""


class Kernels:
    """A backend of NumPy kernels, some of them exchanged for others."""

    def __init__(self, **exchanged):
        self._kernels = COMPETENT | {name.replace("__", " "): kernel for name, kernel in exchanged.items()}

    def evaluate(self, call):
        inputs = [array.astype(np.float64) for array in call.arguments]
        name = call.function
        if call.quantity != "value":
            name, inputs = f"{name} gradient", [*inputs, call.cotangent.astype(np.float64)]
        with np.errstate(all="ignore"):
            return np.asarray(self._kernels[name](*inputs)).astype(call.arguments[0].dtype)

    def definition(self, function, quantity):
        del function, quantity
        return "literal"
