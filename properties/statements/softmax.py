"""What must hold of softmax."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, exp, log, per_row, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import WIDE, class_labels, class_order, elements, logits, probabilities, sparse_logits, wide
from .row_claims import masking, only_where, permutation, shifted

stated = Statements()
"""In the order in which they are told."""

_LOGITS = logits()


@stated(
    "softmax-distribution",
    "Every entry of softmax lies in [0, 1], and the entries sum to 1.",
    r"0 \le p_i \le 1,\quad \sum_i p_i = 1,\quad p = \operatorname{softmax}(x)",
    source="S0, S1, S3, S4",
    functions=("softmax",),
    domain=Domain((_LOGITS,)),
)
def _distribution(f: Functions, x: Array) -> Relations:
    probs = f("softmax", x)
    yield at_most(probs, exact(1.0), "an entry is at most 1")
    # No rounding of a quotient of numbers ≥ 0 makes it negative: the stored numbers themselves are compared.
    yield at_most(exact(0.0), exact(f.stored("softmax", x)), "an entry is not negative")
    yield equal(total(probs), exact(1.0), "the entries sum to 1")


@stated(
    "shift-invariance",
    "Adding one number to all logits changes nothing; what the sum x + c is rounded by is accounted for.",
    r"\operatorname{softmax}(x + c) = \operatorname{softmax}(x)",
    source="S1, S3",
    functions=("softmax",),
    domain=Domain((_LOGITS, elements("c"))),
)
def _shift_invariance(f: Functions, x: Array, c: Array) -> Relations:
    # What the sum x + c was rounded by is known exactly: it is a change of the logits that softmax must follow.
    moved, rest = shifted(x, c)
    changed = f("softmax", x) * exp(rest)
    yield equal(f("softmax", moved) * per_row(total(changed)), changed)


@stated(
    "softmax-ratio",
    "Two probabilities have the ratio e^(x_i - x_j): gaps between logits are widened exponentially.",
    r"\frac{p_i}{p_j} = e^{x_i - x_j},\quad p = \operatorname{softmax}(x)",
    source="S0, S3, S4",
    functions=("softmax",),
    domain=Domain((logits(largest=WIDE),)),
)
def _ratio(f: Functions, x: Array) -> Relations:
    exact_x = exact(x)
    probs, first = f.shared("softmax", x), np.argmax(wide(x), axis=-1)[:, None]
    leader = np.take_along_axis(probs, first, axis=-1)
    yield equal(probs, leader * exp(exact_x - np.take_along_axis(exact_x, first, axis=-1)))


@stated(
    "softmax-order",
    "Softmax keeps the order of the logits, and with it the largest one and the k largest; equal logits have equal "
    "probabilities.",
    r"x_i \le x_j \implies p_i \le p_j,\quad x_i = x_j \implies p_i = p_j",
    source="S0, S3, S4",
    functions=("softmax",),
    domain=Domain((_LOGITS,)),
)
def _order(f: Functions, x: Array) -> Relations:
    order = np.argsort(wide(x), axis=-1, kind="stable")
    ranked = np.take_along_axis(wide(x), order, axis=-1)
    probs = np.take_along_axis(f.shared("softmax", x), order, axis=-1)
    yield at_most(probs[:, :-1], probs[:, 1:], "a larger logit has no smaller probability")
    yield at_most(probs, probs[:, -1:], "the largest logit has the largest probability")
    tied = only_where(ranked[:, :-1] == ranked[:, 1:], probs[:, 1:])
    yield equal(probs[:, :-1], tied, "equal logits have equal probabilities")


stated(
    "softmax-permutation",
    "Reordering the classes reorders the probabilities, and does nothing else.",
    r"\operatorname{softmax}(x \circ \pi) = \operatorname{softmax}(x) \circ \pi",
    source="follows from the definition",
    functions=("softmax",),
    domain=Domain((_LOGITS, class_order())),
)(permutation("softmax"))


@stated(
    "logits-are-unnormalised-log-probabilities",
    "Softmax of the logarithms of positive numbers divides these by their sum, so that it gives probabilities back; "
    "what log p is rounded by is accounted for.",
    r"\operatorname{softmax}(\ln p) = \frac{p}{\sum_j p_j}",
    source="S4",
    functions=("softmax",),
    domain=Domain((probabilities(),)),
)
def _of_log_probs(f: Functions, p: Array) -> Relations:
    probs = exact(p)
    logs = log(probs)
    # What log p is rounded by is known exactly: it multiplies the probability.
    stored = logs.astype(np.float64).astype(p.dtype)
    changed = probs * exp(exact(stored) - logs)
    yield equal(f("softmax", stored) * per_row(total(changed)), changed)


@stated(
    "softmax-equal-logits",
    "Among n equal logits every class has the probability 1/n.",
    r"\operatorname{softmax}([a, \dots, a]) = [\tfrac1n, \dots, \tfrac1n]",
    source="follows from the definition",
    functions=("softmax",),
    domain=Domain((_LOGITS,)),
)
def _equal_logits(f: Functions, x: Array) -> Relations:
    same = np.broadcast_to(x[:, :1], x.shape).copy()
    yield equal(f("softmax", same), exact(np.ones(x.shape)) / x.shape[-1])


@stated(
    "softmax-repeated-class",
    "A class that is there once more leaves all others their odds: every probability is divided by 1 + p_k, and both "
    "copies have the same.",
    r"\operatorname{softmax}([x, x_k]) = \frac{[p, p_k]}{1 + p_k},\quad p = \operatorname{softmax}(x)",
    source="follows from the definition",
    functions=("softmax",),
    domain=Domain((_LOGITS, class_labels())),
)
def _repeated_class(f: Functions, x: Array, k: Array) -> Relations:
    classes = k[:, None]
    longer = f("softmax", np.concatenate([x, np.take_along_axis(x, classes, axis=-1)], axis=-1))
    probs = f("softmax", x)
    repeated = np.take_along_axis(probs, classes, axis=-1)
    yield equal(longer * (1 + repeated), np.concatenate([probs, repeated], axis=-1))


@stated(
    "softmax-repeated-row",
    "A row written twice over has half of every probability, twice.",
    r"\operatorname{softmax}([x, x]) = \tfrac12 [p, p],\quad p = \operatorname{softmax}(x)",
    source="follows from the definition",
    functions=("softmax",),
    domain=Domain((_LOGITS,)),
)
def _repeated_row(f: Functions, x: Array) -> Relations:
    probs = f("softmax", x)
    twice = f("softmax", np.concatenate([x, x], axis=-1))
    yield equal(twice, np.concatenate([probs, probs], axis=-1) / 2)


@stated(
    "softmax-of-the-others",
    "Leaving a class out divides the probabilities of the others by their sum: what they have among themselves does "
    "not depend on it.",
    r"\operatorname{softmax}(x_{\ne k})_i = \frac{p_i}{\sum_{j \ne k} p_j},\quad p = \operatorname{softmax}(x)",
    source="Luce, Individual Choice Behavior (1959)",
    functions=("softmax",),
    domain=Domain((logits(least=2), class_labels())),
)
def _others(f: Functions, x: Array, k: Array) -> Relations:
    kept = np.arange(x.shape[-1]) != k[:, None]
    # Only shares of the same sum are compared: neither row's normaliser matters.
    others = f.shared("softmax", x)[kept].reshape(len(x), -1)
    among = f.shared("softmax", x[kept].reshape(len(x), -1))
    yield equal(among * per_row(total(others)), others * per_row(total(among)))


stated(
    "softmax-masking",
    "A class with the logit -inf has the probability 0, and the others have what they would have without it, wherever "
    "in the row they stand.",
    r"x_k = -\infty \implies p_k = 0,\quad p_{\ne k} = \operatorname{softmax}(x_{\ne k})",
    source="follows from the definition",
    functions=("softmax",),
    domain=Domain((sparse_logits(),)),
)(masking("softmax"))
