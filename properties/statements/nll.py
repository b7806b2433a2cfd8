"""What must hold of the negative log-likelihood of log-probabilities: it picks one of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..checking.balls import exact, per_row
from ..checking.functions import Functions
from ..checking.property import Domain, PropertyInputs, Relation, Statements, equal
from ..domains.inputs import class_labels, class_weights, like, log_probabilities
from ..domains.labelled import named, one_hot
from ..domains.loss_inputs import TAME, ignored_class, near_log_probabilities, partly_ignored

stated = Statements()
"""In the order in which they are told."""

NLL = "nll_loss"


@stated(
    "nll-definition",
    "The negative log-likelihood of a row is exactly minus the log-probability of its class.",
    r"\operatorname{nll}(\ell, k) = -\ell_k",
    source="S1",
    functions=(NLL,),
    domain=Domain((log_probabilities(), class_labels(of="l"))),
    bound="none: a number and its negative belong to the same format",
)
def _definition(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    log_probs, classes = given["l"], given["k"]
    # A number and its negative are of one format: nothing is rounded.
    yield equal(exact(f.stored(NLL, log_probs, classes)), -exact(named(classes, log_probs)))


@stated(
    "nll-gradient",
    "The gradient of the negative log-likelihood by the log-probabilities is -1 at the class and 0 elsewhere.",
    r"\frac{\partial}{\partial \ell_j} \operatorname{nll}(\ell, k) = -[j = k]",
    source="follows from nll-definition",
    functions=(NLL,),
    domain=Domain((log_probabilities(), class_labels(of="l"), like("v", "l", per_row=True))),
)
def _gradient(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    log_probs, classes, factor = given["l"], given["k"], given["v"]
    pulled = f(NLL, log_probs, classes, quantity="gradient:log_probs", cotangent=factor)
    yield equal(pulled, -per_row(exact(factor)) * exact(one_hot(classes, log_probs)))


@stated(
    "nll-weight",
    "The weight of a class multiplies the negative log-likelihood of its rows, and their gradients.",
    r"\operatorname{nll}_w(\ell, k) = -w_k \ell_k",
    source="S1",
    functions=(NLL,),
    domain=Domain((near_log_probabilities(share=TAME), class_labels(of="l"), class_weights(of="l"))),
)
def _weight(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    log_probs, classes, weight = given["l"], given["k"], given["w"]
    factor = exact(weight[classes])
    yield equal(f(NLL, log_probs, classes, weight=weight), -factor * exact(named(classes, log_probs)), "the loss")
    pulled = f(NLL, log_probs, classes, quantity="gradient:log_probs", weight=weight)
    yield equal(pulled, -per_row(factor) * exact(one_hot(classes, log_probs)), "its gradient")


@stated(
    "nll-ignore-index",
    "A row whose label does not count has no negative log-likelihood and no gradient.",
    r"\operatorname{nll}_i(\ell, k) = -[k \ne i] \, \ell_k",
    source="S1",
    functions=(NLL,),
    domain=Domain((log_probabilities(), ignored_class(of="l"), partly_ignored(of="l"))),
)
def _ignored(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    log_probs, classes, label = given["l"], given["k"], int(given["i"][0])
    counted = np.where(classes == label, -1, classes)
    hot = exact(one_hot(counted, log_probs))
    losses = -named(np.maximum(counted, 0), exact(log_probs) * hot)
    yield equal(f(NLL, log_probs, classes, ignore_index=label), losses, "the loss")
    pulled = f(NLL, log_probs, classes, quantity="gradient:log_probs", ignore_index=label)
    yield equal(pulled, -hot, "its gradient")
