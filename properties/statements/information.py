"""What must hold of information content and entropy."""

from __future__ import annotations

import numpy as np

from ..checking.balls import Balls, exact, exp, log, per_row, times, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import class_labels, class_order, like, one_of, probabilities
from ..domains.label_inputs import parts, shares
from ..domains.labelled import label_sum, named

stated = Statements()
"""In the order in which they are told."""

BITS, NATS, HARTS = 2.0, 0.0, 10.0
"""Bases of logarithms; 0 stands for e, which no format has."""

_UNIT = one_of("b", (NATS, BITS, HARTS), "the base of the logarithm, 0 for e")


def _in_unit(b: Array) -> Balls:
    """Return log b, by which nats are divided."""
    base = float(b[0])
    return log(exact(base)) if base else exact(1.0)


def plogp(shares_: np.ndarray) -> Balls:
    """Return −p log p of the numbers as they are, 0 where p = 0."""
    numbers = exact(shares_)
    return -times(numbers, log(np.where(shares_ > 0, numbers, exact(1.0))))


@stated(
    "information-content",
    "The information content of a class is minus the logarithm of its probability; rarer classes carry more. In nats, "
    "bits and harts.",
    r"h_k = -\log_b p_k,\quad p_i \le p_j \Rightarrow h_i \ge h_j",
    source="S0, S2",
    functions=("sparse_categorical_cross_entropy",),
    domain=Domain((probabilities(), class_labels(of="p"), _UNIT)),
)
def _information_content(f: Functions, p: Array, k: Array, b: Array) -> Relations:
    content, unit = f("sparse_categorical_cross_entropy", p, k), _in_unit(b)
    yield equal(content / unit, -log(exact(named(k, p))) / unit)
    numbers = p.astype(np.float64)
    rarest, likeliest = (
        f("sparse_categorical_cross_entropy", p, pick.astype(np.int64))
        for pick in (numbers.argmin(axis=-1), numbers.argmax(axis=-1))
    )
    yield at_most(content, rarest, "the rarest class carries the most")
    yield at_most(likeliest, content, "the likeliest class carries the least")


@stated(
    "entropy-definition",
    "Entropy is the mean information content, in nats, bits and harts; it lies between 0 and the logarithm of the "
    "number of classes (for numbers with a sum s other than 1: s log(n/s)).",
    r"H(P) = -\sum_i p_i \log_b p_i,\quad 0 \le H(P) \le s \log_b \frac{n}{s},\quad s = \sum_i p_i",
    source="S0, S2; the upper bound for any s is the log sum inequality (Cover and Thomas, theorem 2.7.1)",
    functions=("entropy",),
    domain=Domain((shares(), _UNIT)),
)
def _entropy_definition(f: Functions, p: Array, b: Array) -> Relations:
    unit = _in_unit(b)
    entropy, whole = f("entropy", p) / unit, label_sum(p)
    yield equal(entropy, total(plogp(p)) / unit)
    yield at_most(exact(0.0), entropy, "entropy is not negative")
    # Of n numbers with the sum s, equal ones have the largest entropy: s log(n/s), which is log n where s = 1.
    yield at_most(entropy, whole * log(exact(float(p.shape[-1])) / whole) / unit, "equal shares have the most")


@stated(
    "entropy-terms-definition",
    "Every term of the entropy is minus p times the logarithm of p, 0 where p is 0, and at most 1/e nats.",
    r"-p \log_b p,\quad 0 \log_b 0 = 0,\quad -p \ln p \le e^{-1}",
    source="S0, S2; -p ln p has its maximum at p = 1/e",
    functions=("entropy_terms",),
    domain=Domain((shares(), _UNIT)),
)
def _terms_definition(f: Functions, p: Array, b: Array) -> Relations:
    terms, unit = f("entropy_terms", p), _in_unit(b)
    yield equal(terms / unit, plogp(p) / unit)
    yield at_most(terms, exp(exact(-1.0)), "no term exceeds that of p = 1/e, which is 1/e nats")


@stated(
    "entropy-terms-sum",
    "The terms of the entropy sum to the entropy.",
    r"\sum_i (-p_i \log p_i) = H(P)",
    source="follows from the definition of entropy",
    functions=("entropy", "entropy_terms"),
    domain=Domain((shares(),)),
)
def _terms_sum(f: Functions, p: Array) -> Relations:
    yield equal(total(f("entropy_terms", p)), f("entropy", p))


@stated(
    "entropy-permutation",
    "The order of the classes does not change the entropy.",
    r"H(p_{\pi(1)}, \dots, p_{\pi(n)}) = H(p_1, \dots, p_n)",
    source="follows from the definition of entropy",
    functions=("entropy",),
    domain=Domain((shares(), class_order(of="p"))),
)
def _permutation(f: Functions, p: Array, order: Array) -> Relations:
    yield equal(f("entropy", p[:, order]), f("entropy", p))


@stated(
    "entropy-concave",
    "The entropy of an even mixture is at least the mean of the entropies, and at most one bit more.",
    r"\tfrac12 H(P) + \tfrac12 H(Q) \le H\left(\tfrac12 P + \tfrac12 Q\right)"
    r" \le \tfrac12 H(P) + \tfrac12 H(Q) + \log 2",
    source="Cover and Thomas, Elements of Information Theory, theorem 2.7.3",
    functions=("entropy",),
    domain=Domain((parts("y", like=None), parts("z", like="y"))),
)
def _mixing(f: Functions, y: Array, z: Array) -> Relations:
    # Half the sum first: the multiples of 1/128 have a mean that every format holds.
    mixed, mean = f("entropy", y / 2 + z / 2), (f("entropy", y) + f("entropy", z)) / 2
    yield at_most(mean, mixed, "mixing loses nothing")
    yield at_most(mixed, mean + log(exact(2.0)), "it adds one bit at most")


@stated(
    "entropy-independence",
    "The entropy of two independent choices is the sum of their entropies; what the products of probabilities are "
    "rounded by is accounted for.",
    r"H(P \otimes Q) = H(P) \sum_j q_j + H(Q) \sum_i p_i",
    source="follows from log(pq) = log p + log q",
    functions=("entropy",),
    domain=Domain((shares("p", largest=8), shares("q", largest=8))),
)
def _independence(f: Functions, p: Array, q: Array) -> Relations:
    joint = (p[:, :, None] * q[:, None, :]).reshape(len(p), -1)
    products = (exact(p)[:, :, None] * exact(q)[:, None, :]).reshape(len(p), -1)
    # What the products are rounded by is known: so is what that does to the entropy.
    logs = log(np.where(products > 0, products, exact(1.0)))
    change = total(plogp(joint) + times(products, logs))
    apart = f("entropy", p) * label_sum(q) + f("entropy", q) * label_sum(p)
    yield equal(f("entropy", joint), apart + change)


@stated(
    "entropy-splitting",
    "Splitting every class into two equal halves adds one bit.",
    r"H\left(\tfrac12 P, \tfrac12 P\right) = H(P) + \log 2",
    source="follows from the grouping property of entropy (Shannon, 1948, section 6)",
    functions=("entropy",),
    domain=Domain((parts("y", like=None),)),
)
def _splitting(f: Functions, y: Array) -> Relations:
    halves = y / 2
    whole = f("entropy", y) + label_sum(y) * log(exact(2.0))
    yield equal(f("entropy", np.concatenate([halves, halves], axis=-1)), whole)


@stated(
    "entropy-gradient",
    "The derivative of entropy by a probability is minus its logarithm minus 1.",
    r"\frac{\partial H}{\partial p_i} = -(\log p_i + 1)",
    source="follows from the definition of entropy",
    functions=("entropy",),
    domain=Domain((probabilities(), like("v", "p", per_row=True))),
)
def _gradient(f: Functions, p: Array, v: Array) -> Relations:
    pulled = f("entropy", p, quantity="gradient:probs", cotangent=v)
    yield equal(pulled, -per_row(exact(v)) * (log(exact(p)) + 1))


@stated(
    "entropy-terms-gradient",
    "The derivative of a term of the entropy is minus the logarithm of the probability minus 1.",
    r"\frac{\mathrm d}{\mathrm d p}(-p \log p) = -(\log p + 1)",
    source="follows from the definition of entropy",
    functions=("entropy_terms",),
    domain=Domain((probabilities(), like("v", "p"))),
)
def _terms_gradient(f: Functions, p: Array, v: Array) -> Relations:
    pulled = f("entropy_terms", p, quantity="gradient:probs", cotangent=v)
    yield equal(pulled, -exact(v) * (log(exact(p)) + 1))


@stated(
    "entropy-tangent",
    "Entropy lies below its tangents: values and gradients belong to one concave function.",
    r"H(q) \le H(p) + \nabla H(p) \cdot (q - p)",
    source="entropy is concave (Cover and Thomas, theorem 2.7.3)",
    functions=("entropy",),
    domain=Domain((probabilities(), probabilities("q", like="p"))),
)
def _tangent(f: Functions, p: Array, q: Array) -> Relations:
    slopes = f("entropy", p, quantity="gradient:probs")
    yield at_most(f("entropy", q), f("entropy", p) + total(slopes * (exact(q) - exact(p))))
