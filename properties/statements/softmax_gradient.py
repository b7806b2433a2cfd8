"""What must hold of the derivative of softmax, which frameworks give as the product of a matrix with a vector."""

from __future__ import annotations

import numpy as np

from ..checking.balls import Balls, exact, exp, magnitude, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import class_labels, class_order, like, logits, sparse_logits, wide
from ..domains.labelled import one_hot
from .row_claims import TWO_COTANGENTS, gradient_linearity, gradient_masking, gradient_permutation, gradient_sum

stated = Statements()
"""In the order in which they are told."""

_LOGITS, _COTANGENT = logits(), like("v")


def _pulled(f: Functions, logits_: np.ndarray, cotangent: np.ndarray) -> Balls:
    return f("softmax", logits_, quantity="gradient:logits", cotangent=cotangent)


@stated(
    "softmax-jacobian",
    "The derivative of the probability of class k by the logit of class j is p_k(1 - p_k) where they are the same, "
    "and -p_k p_j where they are not.",
    r"\frac{\partial p_k}{\partial x_j} = p_k(\delta_{kj} - p_j),\quad p = \operatorname{softmax}(x)",
    source="S0, S3",
    functions=("softmax",),
    domain=Domain((_LOGITS, class_labels())),
)
def _jacobian(f: Functions, x: Array, k: Array) -> Relations:
    unit = one_hot(k, x)
    probs = f("softmax", x)
    chosen = np.take_along_axis(probs, k[:, None], axis=-1)
    yield equal(_pulled(f, x, unit), chosen * (exact(unit) - probs))


@stated(
    "hardmax-gradient",
    "Softmax sends gradient to every class; only as the largest logit leads by ever more does it vanish, as that of a "
    "hard choice does.",
    r"\Bigl|\frac{\partial p_k}{\partial x_j}\Bigr| \ge \frac{e^{-2(\max x - \min x)}}{n^2},\quad "
    r"\Bigl|\frac{\partial p_k}{\partial x_j}\Bigr| \le (n - 1)\, e^{-(\max x - \text{the next})}",
    source="S0",
    functions=("softmax",),
    domain=Domain((logits(least=2), class_labels())),
)
def _hard_maximum(f: Functions, x: Array, k: Array) -> Relations:
    unit = one_hot(k, x)
    gradient, n = _pulled(f, x, unit), x.shape[-1]
    # p_i ≥ e^-D/n with D = max x - min x, and 1 - p_k is the sum of the n - 1 others.
    least = exp(2 * (exact(x.min(axis=-1, keepdims=True)) - exact(x.max(axis=-1, keepdims=True)))) / n**2
    signs, reached = np.where(unit == 1, 1.0, -1.0), np.where(unit == 1, n - 1.0, 1.0)
    yield at_most(exact(reached) * least, exact(signs) * gradient, "every class is reached")
    # One of p_k and 1 - p_k is at most (n - 1)e^-g, with g the lead of the largest logit over the next.
    ranked = np.sort(wide(x), axis=-1)
    lead = exact(ranked[:, -1:]) - exact(ranked[:, -2:-1])
    yield at_most(magnitude(gradient), (n - 1) * exp(-lead), "as the lead grows nothing is left")


stated(
    "softmax-gradient-sum",
    "The gradient of softmax sums to zero, whatever it is multiplied with: a common shift does nothing.",
    r"\sum_j (J^\top v)_j = 0,\quad J = \frac{\partial \operatorname{softmax}(x)}{\partial x}",
    source="follows from shift-invariance",
    functions=("softmax",),
    domain=Domain((_LOGITS, _COTANGENT)),
)(gradient_sum("softmax"))

stated(
    "softmax-gradient-linearity",
    "The gradient of softmax is linear in what it is multiplied with.",
    r"J^\top(\alpha v + \beta w) = \alpha J^\top v + \beta J^\top w",
    source="follows from the definition of a derivative",
    functions=("softmax",),
    domain=TWO_COTANGENTS,
)(gradient_linearity("softmax"))


@stated(
    "softmax-jacobian-symmetry",
    "The derivative of softmax is a symmetric matrix: that of a gradient, of log-sum-exp.",
    r"v^\top J w = w^\top J v",
    source="follows from softmax-jacobian",
    functions=("softmax",),
    domain=Domain((_LOGITS, _COTANGENT, like("w"))),
)
def _symmetry(f: Functions, x: Array, v: Array, w: Array) -> Relations:
    yield equal(total(exact(v) * _pulled(f, x, w)), total(exact(w) * _pulled(f, x, v)))


@stated(
    "softmax-jacobian-definiteness",
    "The derivative of softmax is positive semidefinite: log-sum-exp is convex.",
    r"v^\top J v = \operatorname{Var}_p(v) \ge 0",
    source="follows from softmax-jacobian",
    functions=("softmax",),
    domain=Domain((_LOGITS, _COTANGENT)),
)
def _definiteness(f: Functions, x: Array, v: Array) -> Relations:
    yield at_most(exact(0.0), total(exact(v) * _pulled(f, x, v)))


stated(
    "softmax-gradient-permutation",
    "Reordering the classes reorders the gradient of softmax, and does nothing else.",
    r"J(x \circ \pi)^\top (v \circ \pi) = (J(x)^\top v) \circ \pi",
    source="follows from softmax-permutation",
    functions=("softmax",),
    domain=Domain((_LOGITS, _COTANGENT, class_order())),
)(gradient_permutation("softmax"))

stated(
    "softmax-gradient-masking",
    "A class with the logit -inf has the gradient 0, and the others have what they would have without it.",
    r"x_k = -\infty \implies (J(x)^\top v)_k = 0,\quad (J(x)^\top v)_{\ne k} = J(x_{\ne k})^\top v_{\ne k}",
    source="follows from softmax-masking",
    functions=("softmax",),
    domain=Domain((sparse_logits(), _COTANGENT)),
)(gradient_masking("softmax"))
