"""Statements of the teaching notes that are wrong: each is shown failing, and the right one holding."""

from __future__ import annotations

import numpy as np
from flint import arb

from logitproof.reference import format_named

from ..checking.balls import exact, log, magnitude, total
from ..checking.functions import Functions, Reference
from ..checking.property import BY_INCLUSION, Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import fixed
from ..domains.labelled import one_hot
from .figures import BOTH

stated = Statements()
"""In the order in which they are told."""

APART = (
    f"{BY_INCLUSION}; that a statement is wrong is shown by a distance between its sides that no rounding can bridge: "
    "the exact sides are further apart than the margin that is asked for"
)
"""Where the bound of an erratum comes from."""

_LOGITS = [[2.0, 3.0, 4.0]]

_SOFT = [[0.5, 0.25, 0.25]]


@stated(
    "erratum-logit",
    "A note has logit(p) = −ln(1/p − p). That is wrong: logit(p) = −ln(1/p − 1).",
    r"\operatorname{logit}(p) = -\ln(1/p - 1) \neq -\ln(1/p - p)",
    source="S4",
    functions=("logit",),
    domain=Domain((fixed("p", [0.25, 0.5, 0.75], "1/4, 1/2 and 3/4"),), BOTH),
    bound=APART,
)
def _logit(f: Functions, p: Array) -> Relations:
    probs = exact(p)
    logit = f("logit", p)
    yield equal(logit, -log(1 / probs - 1), "logit(p) = −ln(1/p − 1)")
    yield at_most(exact(0.125), magnitude(logit + log(1 / probs - probs)), "logit(p) is not −ln(1/p − p)")


@stated(
    "erratum-softmax-zero",
    "A note holds that softmax cannot give 0, and that a stable result of exactly 0 is a blemish. That is wrong: the "
    "real value is positive, but correctly rounded it can be 0, as for [0, −1000].",
    r"0 < \operatorname{softmax}(0, -1000)_1 < \tfrac12 \lambda,"
    r"\quad \operatorname{RN}(\operatorname{softmax}(0, -1000)_1) = 0,\quad \lambda \text{ the smallest number}",
    source="S3",
    functions=("softmax",),
    domain=Domain((fixed("x", [[0.0, -1000.0]], "[0, −1000]"),), BOTH),
)
def _softmax_zero(f: Functions, x: Array) -> Relations:
    storage = format_named(x.dtype.name)
    truth, rounded = Reference()("softmax", x)[:, 1:], Reference().stored("softmax", x)[:, 1:]
    half = arb(2) ** (storage.quantum_exponent - 1)
    yield at_most(arb(2) ** -2000 + exact(np.zeros(truth.shape)), truth, "the exact probability is above 2^-2000")
    yield at_most(truth, half + exact(np.zeros(truth.shape)), "and below half the smallest number of the format")
    yield equal(exact(rounded), exact(0.0), "so correctly rounded it is 0")
    yield equal(f("softmax", x)[:, 1:], truth, "what is computed differs from it by no more than rounding explains")


@stated(
    "erratum-hard-labels",
    "A note holds that a hard label updates only the right class's neuron. That is wrong: every class gets the "
    "gradient p_j − y_j, which is not zero for the others either.",
    r"\partial L / \partial x_j = p_j - y_j \neq 0 \text{ for every } j",
    source="S4",
    functions=("sparse_softmax_cross_entropy",),
    domain=Domain((fixed("x", _LOGITS, "[2, 3, 4]"), fixed("k", [1], "class 1")), BOTH),
    bound=APART,
)
def _hard_labels(f: Functions, x: Array, k: Array) -> Relations:
    gradient = f("sparse_softmax_cross_entropy", x, k, quantity="gradient:logits")
    yield equal(gradient, Reference()("softmax", x) - exact(one_hot(k, x)), "every class gets p_j − y_j")
    yield at_most(exact(0.0625), magnitude(gradient), "and that is not zero for the wrong classes either")


@stated(
    "erratum-sparse",
    "A note takes soft labels for “sparse cross entropy”. That is wrong: sparse means integer class indices, each of "
    "which stands for a one-hot label; no index gives the loss of soft labels.",
    r"\operatorname{sparse}(x, k) = \operatorname{dense}(x, e_k) \neq \operatorname{dense}(x, y)"
    r",\quad y = (\tfrac12, \tfrac14, \tfrac14)",
    source="S4",
    functions=("softmax_cross_entropy", "sparse_softmax_cross_entropy"),
    domain=Domain(
        (fixed("x", _LOGITS, "[2, 3, 4]"), fixed("y", _SOFT, "soft labels [0.5, 0.25, 0.25]")),
        BOTH,
    ),
    bound=APART,
)
def _sparse(f: Functions, x: Array, y: Array) -> Relations:
    soft, truth = f("softmax_cross_entropy", x, y), -Reference()("log_softmax", x)
    for k in range(x.shape[-1]):
        labels = np.array([k])
        indexed = f("sparse_softmax_cross_entropy", x, labels)
        dense = f("softmax_cross_entropy", x, one_hot(labels, x))
        yield equal(indexed, truth[:, k], f"the index {k} gives −log p_{k}")
        yield equal(indexed, dense, f"and so does the one-hot label of class {k}")
        yield at_most(
            exact(0.125), magnitude(indexed - soft), f"the index {k} does not give the loss of the soft labels"
        )


@stated(
    "erratum-softmax-labels",
    "A note holds that labels of softmax cross-entropy may hold a single 1 per row. That is wrong: any distribution "
    "is allowed, and its loss −Σ y_j log p_j is not that of its likeliest class alone.",
    r"L(x, y) = -\sum_j y_j \log p_j,\quad \partial L / \partial x = p - y,\quad y = (\tfrac12, \tfrac14, \tfrac14)",
    source="S2",
    functions=("softmax_cross_entropy",),
    domain=Domain(
        (fixed("x", _LOGITS, "[2, 3, 4]"), fixed("y", _SOFT, "soft labels [0.5, 0.25, 0.25]")),
        BOTH,
    ),
    bound=APART,
)
def _soft_labels(f: Functions, x: Array, y: Array) -> Relations:
    losses = f("softmax_cross_entropy", x, y)
    yield equal(losses, -total(exact(y) * Reference()("log_softmax", x)), "soft labels give −Σ y_j log p_j")
    gradient = f("softmax_cross_entropy", x, y, quantity="gradient:logits")
    yield equal(gradient, Reference()("softmax", x) - exact(y), "and the gradient p − y")
    hard = f("softmax_cross_entropy", x, one_hot(y.argmax(axis=-1), x))
    yield at_most(exact(0.125), magnitude(losses - hard), "which no single 1 at the likeliest class gives")
