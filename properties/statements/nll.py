"""What must hold of the negative log-likelihood of log-probabilities: it picks one of them."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, per_row
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, equal
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
def _definition(f: Functions, l: Array, k: Array) -> Relations:
    # A number and its negative are of one format: nothing is rounded.
    yield equal(exact(f.stored(NLL, l, k)), -exact(named(k, l)))


@stated(
    "nll-gradient",
    "The gradient of the negative log-likelihood by the log-probabilities is -1 at the class and 0 elsewhere.",
    r"\frac{\partial}{\partial \ell_j} \operatorname{nll}(\ell, k) = -[j = k]",
    source="follows from nll-definition",
    functions=(NLL,),
    domain=Domain((log_probabilities(), class_labels(of="l"), like("v", "l", per_row=True))),
)
def _gradient(f: Functions, l: Array, k: Array, v: Array) -> Relations:
    pulled = f(NLL, l, k, quantity="gradient:log_probs", cotangent=v)
    yield equal(pulled, -per_row(exact(v)) * exact(one_hot(k, l)))


@stated(
    "nll-weight",
    "The weight of a class multiplies the negative log-likelihood of its rows, and their gradients.",
    r"\operatorname{nll}_w(\ell, k) = -w_k \ell_k",
    source="S1",
    functions=(NLL,),
    domain=Domain((near_log_probabilities(share=TAME), class_labels(of="l"), class_weights(of="l"))),
)
def _weight(f: Functions, l: Array, k: Array, w: Array) -> Relations:
    factor = exact(w[k])
    yield equal(f(NLL, l, k, weight=w), -factor * exact(named(k, l)), "the loss")
    pulled = f(NLL, l, k, quantity="gradient:log_probs", weight=w)
    yield equal(pulled, -per_row(factor) * exact(one_hot(k, l)), "its gradient")


@stated(
    "nll-ignore-index",
    "A row whose label does not count has no negative log-likelihood and no gradient.",
    r"\operatorname{nll}_i(\ell, k) = -[k \ne i] \, \ell_k",
    source="S1",
    functions=(NLL,),
    domain=Domain((log_probabilities(), ignored_class(of="l"), partly_ignored(of="l"))),
)
def _ignored(f: Functions, l: Array, i: Array, k: Array) -> Relations:
    label = int(i[0])
    counted = np.where(k == label, -1, k)
    hot = exact(one_hot(counted, l))
    losses = -named(np.maximum(counted, 0), exact(l) * hot)
    yield equal(f(NLL, l, k, ignore_index=label), losses, "the loss")
    pulled = f(NLL, l, k, quantity="gradient:log_probs", ignore_index=label)
    yield equal(pulled, -hot, "its gradient")
