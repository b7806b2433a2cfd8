"""What must hold of cross-entropies of probabilities, and what ties them to entropy, divergence and likelihood."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, exp, log, per_row, times, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import class_labels, class_order, labels, like, probabilities
from ..domains.label_inputs import beside, parts, shares
from ..domains.labelled import label_sum, named, one_hot, weighed
from ..domains.loss_inputs import near_logits
from .information import plogp

stated = Statements()
"""In the order in which they are told."""

CATEGORICAL, SPARSE = "categorical_cross_entropy", "sparse_categorical_cross_entropy"


@stated(
    "cross-entropy-decomposition",
    "Cross-entropy is entropy plus divergence: with P fixed, minimising one minimises the other.",
    r"H(P, Q) = H(P) + D(P \,\|\, Q)",
    source="S0, S2",
    functions=(CATEGORICAL, "entropy", "kl_divergence"),
    domain=Domain((shares("y"), beside("q", "y"))),
)
def _decomposition(f: Functions, y: Array, q: Array) -> Relations:
    yield equal(f(CATEGORICAL, q, y), f("entropy", y) + f("kl_divergence", y, q))


@stated(
    "cross-entropy-minus-divergence",
    "Cross-entropy exceeds the divergence by the entropy of the labels, which no prediction changes.",
    r"H(P, Q) - D(P \,\|\, Q) = -\sum_i p_i \log p_i",
    source="S0, S2",
    functions=(CATEGORICAL, "kl_divergence"),
    domain=Domain((shares("y"), beside("q", "y"))),
)
def _minus_divergence(f: Functions, y: Array, q: Array) -> Relations:
    yield equal(f(CATEGORICAL, q, y) - f("kl_divergence", y, q), total(plogp(y)))


@stated(
    "cross-entropy-decomposition-logits",
    "Softmax cross-entropy is the entropy of the labels plus their divergence from the softmax; what the stored "
    "log-probabilities are rounded by is accounted for.",
    r"L(x, y) = H(y) + D(y \,\|\, \operatorname{softmax} x)",
    source="S0, S2",
    functions=("softmax_cross_entropy", "log_softmax", "entropy_terms", "kl_divergence_from_log_probs"),
    domain=Domain((near_logits(), labels())),
)
def _of_logits(f: Functions, x: Array, y: Array) -> Relations:
    log_probs = f.stored("log_softmax", x)
    divergence = f("kl_divergence_from_log_probs", y, log_probs)
    # The divergence is that from the log-probabilities as they are stored: what these were rounded by is in the ball.
    rounding = weighed(y, exact(log_probs) - f("log_softmax", x))
    entropy = total(f("entropy_terms", y))
    yield equal(f("softmax_cross_entropy", x, y), entropy + divergence + rounding)


@stated(
    "cross-entropy-definition",
    "Cross-entropy is the mean of minus the logarithm of the prediction under the labels; a class with label 0 adds "
    "nothing.",
    r"H(P, Q) = -\sum_i p_i \log q_i",
    source="S0, S2",
    functions=(CATEGORICAL,),
    domain=Domain((shares("y"), beside("q", "y"))),
)
def _definition(f: Functions, y: Array, q: Array) -> Relations:
    yield equal(f(CATEGORICAL, q, y), -weighed(y, log(exact(q))))


@stated(
    "cross-entropy-gibbs",
    "No prediction has a smaller cross-entropy than the labels themselves, whose cross-entropy is their entropy "
    "(where the predictions sum to r and the labels to s, the least is s log(s/r) more).",
    r"H(P, Q) \ge H(P) + s \log \frac{s}{r},\quad s = \sum_i p_i,\ r = \sum_i q_i",
    source="S0, S2; Gibbs' inequality, for any sums the log sum inequality (Cover and Thomas, theorem 2.7.1)",
    functions=(CATEGORICAL,),
    domain=Domain((shares("y"), beside("q", "y"))),
)
def _gibbs(f: Functions, y: Array, q: Array) -> Relations:
    whole, other = label_sum(y), label_sum(q)
    least = total(plogp(y)) + whole * log(whole / other)
    yield at_most(least, f(CATEGORICAL, q, y))


@stated(
    "one-hot-cross-entropy",
    "With a one-hot label, cross-entropy is minus the logarithm of the probability of that class, and naming the "
    "class says the same.",
    r"-\sum_j y_j \log p_j = -\log p_k,\quad y_j = [j = k]",
    source="S0, S1, S2, S3",
    functions=(CATEGORICAL, SPARSE),
    domain=Domain((probabilities(), class_labels(of="p"))),
)
def _one_hot(f: Functions, p: Array, k: Array) -> Relations:
    dense = f(CATEGORICAL, p, one_hot(k, p))
    yield equal(dense, -log(exact(named(k, p))), "minus the logarithm of the class's probability")
    yield equal(dense, f(SPARSE, p, k), "the index says the same")


@stated(
    "one-hot-cross-entropy-gradient",
    "With a one-hot label only the probability of that class has a derivative: minus its reciprocal.",
    r"\frac{\partial L}{\partial p_j} = -\frac{[j = k]}{p_j}",
    source="follows from one-hot-cross-entropy",
    functions=(CATEGORICAL, SPARSE),
    domain=Domain((probabilities(), class_labels(of="p"), like("v", "p", per_row=True))),
)
def _one_hot_gradient(f: Functions, p: Array, k: Array, v: Array) -> Relations:
    hot = one_hot(k, p)
    pulled = -times(per_row(exact(v)) * exact(hot), 1 / exact(p))
    dense = f(CATEGORICAL, p, hot, quantity="gradient:probs", cotangent=v)
    sparse = f(SPARSE, p, k, quantity="gradient:probs", cotangent=v)
    yield equal(dense, pulled, "by the probabilities, from a one-hot label")
    yield equal(sparse, pulled, "by the probabilities, from an index")


@stated(
    "categorical-cross-entropy-gradient",
    "The derivatives of cross-entropy by the probabilities, and by the labels.",
    r"\frac{\partial H(P, Q)}{\partial q_i} = -\frac{p_i}{q_i},\quad \frac{\partial H(P, Q)}{\partial p_i} = -\log q_i",
    source="follows from cross-entropy-definition",
    functions=(CATEGORICAL,),
    domain=Domain((shares("y"), probabilities("q", like="y"), like("v", "y", per_row=True))),
)
def _gradients(f: Functions, y: Array, q: Array, v: Array) -> Relations:
    factor = per_row(exact(v))
    by_probs, by_labels = (
        f(CATEGORICAL, q, y, quantity=f"gradient:{name}", cotangent=v) for name in ("probs", "labels")
    )
    yield equal(by_probs, -times(factor * exact(y), 1 / exact(q)), "by the probabilities")
    yield equal(by_labels, -factor * log(exact(q)), "by the labels")


@stated(
    "cross-entropy-linear-in-labels",
    "The cross-entropy of an even mixture of labels is the mean of their cross-entropies.",
    r"H\left(\tfrac12 P + \tfrac12 P', Q\right) = \tfrac12 H(P, Q) + \tfrac12 H(P', Q)",
    source="follows from cross-entropy-definition",
    functions=(CATEGORICAL,),
    domain=Domain((parts("y", like=None), parts("z", like="y"), probabilities("q", like="y"))),
)
def _linear(f: Functions, y: Array, z: Array, q: Array) -> Relations:
    mean = (f(CATEGORICAL, q, y) + f(CATEGORICAL, q, z)) / 2
    yield equal(f(CATEGORICAL, q, y / 2 + z / 2), mean)


@stated(
    "cross-entropy-permutation",
    "Reordering the classes of labels and predictions alike does not change the cross-entropy.",
    r"H(P \circ \pi, Q \circ \pi) = H(P, Q)",
    source="follows from cross-entropy-definition",
    functions=(CATEGORICAL,),
    domain=Domain((shares("y"), probabilities("q", like="y"), class_order(of="y"))),
)
def _permutation(f: Functions, y: Array, q: Array, order: Array) -> Relations:
    yield equal(f(CATEGORICAL, q[:, order], y[:, order]), f(CATEGORICAL, q, y))


@stated(
    "nll-is-mle",
    "The probability of all labels together is the exponential of minus the sum of their losses: the smallest loss is "
    "the greatest likelihood.",
    r"\prod_i P(y_i \mid x_i) = \exp\left(-\sum_i L(x_i, y_i)\right)",
    source="S1",
    functions=("softmax", "sparse_softmax_cross_entropy"),
    domain=Domain((near_logits(), class_labels())),
)
def _likelihood(f: Functions, x: Array, k: Array) -> Relations:
    probs = named(k, f("softmax", x))
    losses = f("sparse_softmax_cross_entropy", x, k)
    yield equal(exp(-losses), probs, "one label")
    yield equal(exp(-total(losses)), np.asarray(np.prod(probs), dtype=object), "all labels together")
