"""What must hold of log-softmax and its gradient."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, exp, log, per_row, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import WIDE, class_order, elements, like, logits, masked_logits, wide
from .row_claims import (
    TWO_COTANGENTS,
    gradient_linearity,
    gradient_sum,
    largest,
    masking,
    permutation,
    shifted,
    smallest,
)

stated = Statements()
"""In the order in which they are told."""

_LOGITS, _COTANGENT = logits(), like("v")


@stated(
    "log-softmax-fused",
    "Log-softmax is the logit, less the largest one, less the logarithm of the sum of the exponentials of such "
    "differences.",
    r"\ln \operatorname{softmax}(x)_j = x_j - m - \ln \sum_k e^{x_k - m},\quad m = \max x",
    source="S0, S1",
    functions=("log_softmax",),
    domain=Domain((_LOGITS,)),
)
def _fused(f: Functions, x: Array) -> Relations:
    exact_x = exact(x)
    below = exact_x - exact(x.max(axis=-1, keepdims=True))
    yield equal(f("log_softmax", x), below - per_row(log(total(exp(below)))))


@stated(
    "log-softmax-bounds",
    "A log-probability is at most what its logit lies below the largest one, so it is never positive, and at most log "
    "n less than that.",
    r"x_i - \max x - \ln n \le \operatorname{logsoftmax}(x)_i \le x_i - \max x \le 0",
    source="follows from log-softmax-fused",
    functions=("log_softmax",),
    domain=Domain((_LOGITS,)),
)
def _bounds(f: Functions, x: Array) -> Relations:
    logs = f("log_softmax", x)
    below = exact(x) - exact(x.max(axis=-1, keepdims=True))
    yield at_most(logs, below, "it is at most x - max x, which is at most 0")
    yield at_most(below - log(exact(float(logs.shape[-1]))), logs, "it is at most log n below x - max x")


@stated(
    "log-softmax-distribution",
    "The exponentials of log-softmax sum to 1.",
    r"\sum_i e^{\operatorname{logsoftmax}(x)_i} = 1",
    source="follows from softmax-distribution",
    functions=("log_softmax",),
    domain=Domain((_LOGITS,)),
)
def _normalised(f: Functions, x: Array) -> Relations:
    yield equal(total(exp(f("log_softmax", x))), exact(1.0))


@stated(
    "log-softmax-of-softmax",
    "Log-softmax is the logarithm of softmax.",
    r"\operatorname{logsoftmax}(x) = \ln \operatorname{softmax}(x)",
    source="S0, S1",
    functions=("log_softmax", "softmax"),
    domain=Domain((_LOGITS,)),
)
def _of_softmax(f: Functions, x: Array) -> Relations:
    logs, probs = f("log_softmax", x), f("softmax", x)
    yield equal(logs, log(probs), "the logarithm of softmax")
    yield equal(exp(logs), probs, "its exponential is softmax")


@stated(
    "log-softmax-is-logit-minus-logsumexp",
    "A log-probability and the log-sum-exp of its row add up to its logit.",
    r"\operatorname{logsoftmax}(x)_i + \operatorname{lse}(x) = x_i",
    source="follows from the definitions",
    functions=("log_softmax", "logsumexp"),
    domain=Domain((_LOGITS,)),
)
def _minus_logsumexp(f: Functions, x: Array) -> Relations:
    yield equal(f("log_softmax", x) + per_row(f("logsumexp", x)), exact(x))


@stated(
    "log-softmax-idempotence",
    "Log-softmax of log-softmax is log-softmax; what the first result is rounded by is accounted for.",
    r"\operatorname{logsoftmax}(\operatorname{logsoftmax}(x)) = \operatorname{logsoftmax}(x)",
    source="follows from log-softmax-distribution",
    functions=("log_softmax",),
    domain=Domain((_LOGITS,)),
)
def _again(f: Functions, x: Array) -> Relations:
    logs, stored = f("log_softmax", x), f.stored("log_softmax", x)
    # The exact results sum to 1: by no more than they are rounded by can the sum of the stored ones be off.
    rest, again = exact(stored) - logs, f("log_softmax", stored)
    yield at_most(again, exact(stored) - per_row(smallest(rest)), "it does not rise")
    yield at_most(exact(stored) - per_row(largest(rest)), again, "it does not fall")


@stated(
    "softmax-of-log-softmax",
    "Softmax of log-softmax is softmax: log-probabilities are logits too; what they are rounded by is accounted for.",
    r"\operatorname{softmax}(\operatorname{logsoftmax}(x)) = \operatorname{softmax}(x)",
    source="S4",
    functions=("log_softmax", "softmax"),
    domain=Domain((_LOGITS,)),
)
def _softmax_of_it(f: Functions, x: Array) -> Relations:
    logs, stored = f("log_softmax", x), f.stored("log_softmax", x)
    changed = f("softmax", x) * exp(exact(stored) - logs)
    yield equal(f("softmax", stored) * per_row(total(changed)), changed)


@stated(
    "log-softmax-shift-invariance",
    "Adding one number to all logits changes no log-probability; the rounding of x + c is accounted for.",
    r"\operatorname{logsoftmax}(x + c) = \operatorname{logsoftmax}(x)",
    source="follows from shift-invariance",
    functions=("log_softmax",),
    domain=Domain((_LOGITS, elements("c"))),
)
def _shift_invariance(f: Functions, x: Array, c: Array) -> Relations:
    moved, rest = shifted(x, c)
    changed = f("log_softmax", x) + rest
    yield equal(f("log_softmax", moved), changed - per_row(log(total(exp(changed)))))


@stated(
    "log-softmax-differences",
    "Two log-probabilities differ by as much as their logits do.",
    r"\operatorname{logsoftmax}(x)_i - \operatorname{logsoftmax}(x)_j = x_i - x_j",
    source="follows from softmax-ratio",
    functions=("log_softmax",),
    domain=Domain((logits(largest=WIDE),)),
)
def _differences(f: Functions, x: Array) -> Relations:
    exact_x = exact(x)
    logs, first = f.shared("log_softmax", x), np.argmax(wide(x), axis=-1)[:, None]
    yield equal(logs - np.take_along_axis(logs, first, axis=-1), exact_x - np.take_along_axis(exact_x, first, axis=-1))


stated(
    "log-softmax-permutation",
    "Reordering the classes reorders the log-probabilities, and does nothing else.",
    r"\operatorname{logsoftmax}(x \circ \pi) = \operatorname{logsoftmax}(x) \circ \pi",
    source="follows from softmax-permutation",
    functions=("log_softmax",),
    domain=Domain((_LOGITS, class_order())),
)(permutation("log_softmax"))

stated(
    "log-softmax-masking",
    "A class with the logit -inf has the log-probability -inf, and the others have what they would have without it.",
    r"x_k = -\infty \implies y_k = -\infty,\quad y_{\ne k} = \operatorname{logsoftmax}(x_{\ne k})",
    source="follows from softmax-masking",
    functions=("log_softmax",),
    domain=Domain((masked_logits(),)),
)(masking("log_softmax"))


@stated(
    "log-softmax-gradient",
    "The gradient of log-softmax is what it is multiplied with, less its sum shared out by softmax.",
    r"J^\top v = v - \operatorname{softmax}(x) \sum_j v_j,\quad "
    r"J = \frac{\partial \operatorname{logsoftmax}(x)}{\partial x}",
    source="follows from softmax-jacobian",
    functions=("log_softmax", "softmax"),
    domain=Domain((_LOGITS, _COTANGENT)),
)
def _gradient(f: Functions, x: Array, v: Array) -> Relations:
    gradient = f("log_softmax", x, quantity="gradient:logits", cotangent=v)
    yield equal(gradient, exact(v) - f("softmax", x) * per_row(total(exact(v))))


stated(
    "log-softmax-gradient-sum",
    "The gradient of log-softmax sums to zero, whatever it is multiplied with.",
    r"\sum_j (J^\top v)_j = 0",
    source="follows from log-softmax-shift-invariance",
    functions=("log_softmax",),
    domain=Domain((_LOGITS, _COTANGENT)),
)(gradient_sum("log_softmax"))

stated(
    "log-softmax-gradient-linearity",
    "The gradient of log-softmax is linear in what it is multiplied with.",
    r"J^\top(\alpha v + \beta w) = \alpha J^\top v + \beta J^\top w",
    source="follows from the definition of a derivative",
    functions=("log_softmax",),
    domain=TWO_COTANGENTS,
)(gradient_linearity("log_softmax"))
