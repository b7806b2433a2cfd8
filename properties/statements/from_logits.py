"""A loss of logits is the loss of probabilities, of their own softmax or sigmoid; or of their own log-softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checking.balls import exact, log, times, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, equal
from ..domains.inputs import class_labels, class_weights, labels, logits, wide
from ..domains.labelled import named, weighed
from ..domains.loss_inputs import ANY, TAME, element_labels, ignored_class, near_elements, near_logits, partly_ignored
from .binary_cross_entropy import BINARY
from .cross_entropy import CATEGORICAL
from .dense_loss import DENSE
from .index_loss import SPARSE
from .sigmoid_loss import SIGMOID

stated = Statements()
"""In the order in which they are told."""

INDEXED = "sparse_categorical_cross_entropy"


@stated(
    "from-logits",
    "Softmax cross-entropy is the cross-entropy of the softmax; what the stored probabilities are rounded by is "
    "accounted for.",
    r"L(x, y) = H(y, \hat p) - \sum_j y_j \log \frac{p_j}{\hat p_j},"
    r"\quad p = \operatorname{softmax}(x),\ \hat p = \operatorname{fl}(p)",
    source="S0, S4",
    functions=(DENSE, "softmax", CATEGORICAL),
    domain=Domain((near_logits(), labels())),
)
def _dense(f: Functions, x: Array, y: Array) -> Relations:
    probs = f.stored("softmax", x)
    # The probabilities are handed on as they are stored: log(p/p̂) is what they were rounded by.
    rounding = weighed(y, log(f("softmax", x)) - log(exact(probs)))
    yield equal(f(DENSE, x, y), f(CATEGORICAL, probs, y) - rounding)


@stated(
    "from-logits-index",
    "With an index as label too, softmax cross-entropy is the cross-entropy of the softmax; what the stored "
    "probability is rounded by is accounted for.",
    r"L(x, k) = -\log \hat p_k - \log \frac{p_k}{\hat p_k},"
    r"\quad p = \operatorname{softmax}(x),\ \hat p = \operatorname{fl}(p)",
    source="S0, S4",
    functions=(SPARSE, "softmax", INDEXED),
    domain=Domain((logits(), class_labels())),
)
def _index(f: Functions, x: Array, k: Array) -> Relations:
    probs = f.stored("softmax", x)
    rounding = log(named(k, f("softmax", x))) - log(exact(named(k, probs)))
    yield equal(f(SPARSE, x, k), f(INDEXED, probs, k) - rounding)


@stated(
    "from-logits-binary",
    "Sigmoid cross-entropy is the binary cross-entropy of the sigmoid; what the stored probability is rounded by is "
    "accounted for.",
    r"L(x, z) = L(\hat p, z) - z \log \frac{p}{\hat p} - (1 - z) \log \frac{1 - p}{1 - \hat p},"
    r"\quad p = \sigma(x),\ \hat p = \operatorname{fl}(p)",
    source="S0, S4",
    functions=(SIGMOID, "sigmoid", BINARY),
    domain=Domain((near_elements(share=ANY), element_labels())),
)
def _binary(f: Functions, x: Array, z: Array) -> Relations:
    targets = exact(z)
    probs = f.stored("sigmoid", x)
    # 1 − σ(x) = σ(−x), which keeps its digits where σ(x) comes near 1.
    positive = times(targets, log(f("sigmoid", x)) - log(exact(probs)))
    negative = times(1 - targets, log(f("sigmoid", -x)) - log(1 - exact(probs)))
    yield equal(f(SIGMOID, x, z), f(BINARY, probs, z) - positive - negative)


@stated(
    "nll-of-log-softmax",
    "Softmax cross-entropy is the negative log-likelihood of the log-softmax; what the stored log-probability is "
    "rounded by is accounted for.",
    r"L(x, k) = -\hat\ell_k + (\hat\ell_k - \ell_k),"
    r"\quad \ell = \log \operatorname{softmax}(x),\ \hat\ell = \operatorname{fl}(\ell)",
    source="S1",
    functions=(SPARSE, "log_softmax", "nll_loss"),
    domain=Domain((logits(), class_labels())),
)
def _likelihood(f: Functions, x: Array, k: Array) -> Relations:
    log_probs = f.stored("log_softmax", x)
    rounding = named(k, exact(log_probs) - f("log_softmax", x))
    yield equal(f(SPARSE, x, k), f("nll_loss", log_probs, k) + rounding)


@stated(
    "nll-of-log-softmax-options",
    "Softmax cross-entropy and the negative log-likelihood of the log-softmax agree under class weights, labels that "
    "do not count, and reductions.",
    r"L(x, k; w, i) = -w_k [k \ne i] \, \ell_k,\quad"
    r" \operatorname{mean} L = \frac{\sum L}{\sum w_k [k \ne i]},\quad \ell = \log \operatorname{softmax}(x)",
    source="S1",
    functions=(SPARSE, "log_softmax", "nll_loss"),
    domain=Domain((near_logits(share=TAME), ignored_class(), partly_ignored(), class_weights())),
)
def _likelihood_options(f: Functions, x: Array, i: Array, k: Array, w: Array) -> Relations:
    label = int(i[0])
    counted = np.where(k == label, 0, k)
    # A row that does not count weighs nothing.
    weight = np.where(k == label, 0, wide(w)[counted])
    log_probs = f.stored("log_softmax", x)
    rounding = times(exact(weight), named(counted, exact(log_probs) - f("log_softmax", x)))
    options: dict[str, Any] = {"weight": w, "ignore_index": label}
    losses = f("nll_loss", log_probs, k, **options) + rounding
    yield equal(f(SPARSE, x, k, **options), losses, "every loss")
    whole = f("nll_loss", log_probs, k, reduction="sum", **options) + total(rounding)
    yield equal(f(SPARSE, x, k, reduction="sum", **options), whole, "their sum")
    if weight.any():
        mean = f("nll_loss", log_probs, k, reduction="mean", **options) + total(rounding) / total(exact(weight))
        yield equal(f(SPARSE, x, k, reduction="mean", **options), mean, "their mean")
