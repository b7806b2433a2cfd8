"""A loss of logits is the loss of probabilities, of their own softmax or sigmoid; or of their own log-softmax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..checking.balls import exact, log, times, total
from ..checking.functions import Functions
from ..checking.property import Domain, PropertyInputs, Relation, Statements, equal
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
def _dense(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets = given["x"], given["y"]
    probs = f.stored("softmax", logits_)
    # The probabilities are handed on as they are stored: log(p/p̂) is what they were rounded by.
    rounding = weighed(targets, log(f("softmax", logits_)) - log(exact(probs)))
    yield equal(f(DENSE, logits_, targets), f(CATEGORICAL, probs, targets) - rounding)


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
def _index(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes = given["x"], given["k"]
    probs = f.stored("softmax", logits_)
    rounding = log(named(classes, f("softmax", logits_))) - log(exact(named(classes, probs)))
    yield equal(f(SPARSE, logits_, classes), f(INDEXED, probs, classes) - rounding)


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
def _binary(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets = given["x"], exact(given["z"])
    probs = f.stored("sigmoid", logits_)
    # 1 − σ(x) = σ(−x), which keeps its digits where σ(x) comes near 1.
    positive = times(targets, log(f("sigmoid", logits_)) - log(exact(probs)))
    negative = times(1 - targets, log(f("sigmoid", -logits_)) - log(1 - exact(probs)))
    yield equal(f(SIGMOID, logits_, given["z"]), f(BINARY, probs, given["z"]) - positive - negative)


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
def _likelihood(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes = given["x"], given["k"]
    log_probs = f.stored("log_softmax", logits_)
    rounding = named(classes, exact(log_probs) - f("log_softmax", logits_))
    yield equal(f(SPARSE, logits_, classes), f("nll_loss", log_probs, classes) + rounding)


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
def _likelihood_options(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes, label = given["x"], given["k"], int(given["i"][0])
    counted = np.where(classes == label, 0, classes)
    # A row that does not count weighs nothing.
    weight = np.where(classes == label, 0, wide(given["w"])[counted])
    log_probs = f.stored("log_softmax", logits_)
    rounding = times(exact(weight), named(counted, exact(log_probs) - f("log_softmax", logits_)))
    options: dict[str, Any] = {"weight": given["w"], "ignore_index": label}
    losses = f("nll_loss", log_probs, classes, **options) + rounding
    yield equal(f(SPARSE, logits_, classes, **options), losses, "every loss")
    whole = f("nll_loss", log_probs, classes, reduction="sum", **options) + total(rounding)
    yield equal(f(SPARSE, logits_, classes, reduction="sum", **options), whole, "their sum")
    if weight.any():
        mean = f("nll_loss", log_probs, classes, reduction="mean", **options) + total(rounding) / total(exact(weight))
        yield equal(f(SPARSE, logits_, classes, reduction="mean", **options), mean, "their mean")
