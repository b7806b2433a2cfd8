"""What ties the forms of the Kullback-Leibler divergence together, and what leaves it as it is."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, exp, log, times, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import log_probabilities, wide
from ..domains.label_inputs import beside, parts, positive_parts, shares
from ..domains.labelled import weighed

stated = Statements()
"""In the order in which they are told."""


@stated(
    "kl-terms-sum",
    "The terms of the divergence sum to the divergence.",
    r"\sum_i p_i \log \frac{p_i}{q_i} = D(P \,\|\, Q)",
    source="follows from the definition of the divergence",
    functions=("kl_divergence", "kl_divergence_terms"),
    domain=Domain((shares("y"), beside("q", "y"))),
)
def _terms_sum(f: Functions, y: Array, q: Array) -> Relations:
    yield equal(total(f("kl_divergence_terms", y, q)), f("kl_divergence", y, q))


@stated(
    "kl-terms-sum-log-probs",
    "The terms of the divergence from log-probabilities sum to that divergence.",
    r"\sum_i p_i (\log p_i - \ell_i) = D(P \,\|\, e^\ell)",
    source="follows from the definition of the divergence",
    functions=("kl_divergence_from_log_probs", "kl_divergence_terms_from_log_probs"),
    domain=Domain((shares("y"), log_probabilities("l", like="y"))),
)
def _log_terms_sum(f: Functions, y: Array, l: Array) -> Relations:
    terms = f("kl_divergence_terms_from_log_probs", y, l)
    yield equal(total(terms), f("kl_divergence_from_log_probs", y, l))


@stated(
    "kl-through-logarithms",
    "The divergence from probabilities is that from their logarithms; what these are rounded by is accounted for.",
    r"D(P \,\|\, e^\ell) = D(P \,\|\, Q) + \sum_i p_i (\log q_i - \ell_i),\quad \ell = \operatorname{fl}(\log q)",
    source="follows from the definition of the divergence",
    functions=("kl_divergence", "kl_divergence_from_log_probs"),
    domain=Domain((shares("y"), beside("q", "y"))),
)
def _through_logarithms(f: Functions, y: Array, q: Array) -> Relations:
    logs = np.log(wide(q)).astype(q.dtype)
    rounding = weighed(y, log(exact(q)) - exact(logs))
    yield equal(f("kl_divergence_from_log_probs", y, logs), f("kl_divergence", y, q) + rounding)


@stated(
    "kl-terms-through-logarithms",
    "A term of the divergence from probabilities is that from their logarithms; what these are rounded by is "
    "accounted for.",
    r"p (\log p - \ell) = p \log \frac{p}{q} + p (\log q - \ell),\quad \ell = \operatorname{fl}(\log q)",
    source="follows from the definition of the divergence",
    functions=("kl_divergence_terms", "kl_divergence_terms_from_log_probs"),
    domain=Domain((shares("y"), beside("q", "y"))),
)
def _terms_through_logarithms(f: Functions, y: Array, q: Array) -> Relations:
    logs = np.log(wide(q)).astype(q.dtype)
    rounding = times(exact(y), log(exact(q)) - exact(logs))
    terms = f("kl_divergence_terms_from_log_probs", y, logs)
    yield equal(terms, f("kl_divergence_terms", y, q) + rounding)


@stated(
    "kl-terms-both-logarithms",
    "A term of the divergence is the same from a probability and from its logarithm; what the exponential is rounded "
    "by is accounted for.",
    r"e^k (k - \ell) = \hat p (\log \hat p - \ell) + r,\quad \hat p = \operatorname{fl}(e^k),"
    r"\ r = e^k (k - \ell) - \hat p (\log \hat p - \ell)",
    source="follows from the definition of the divergence",
    functions=("kl_divergence_terms_from_log_probs", "kl_divergence_terms_from_logs"),
    domain=Domain((log_probabilities("k"), log_probabilities("l", like="k"))),
)
def _both_logarithms(f: Functions, k: Array, l: Array) -> Relations:
    log_labels, log_probs = exact(k), exact(l)
    with np.errstate(under="ignore"):
        labels = np.exp(wide(k)).astype(k.dtype)
    rounded = times(exact(labels), log(np.where(labels > 0, exact(labels), exact(1.0))) - log_probs)
    rounding = exp(log_labels) * (log_labels - log_probs) - rounded
    terms = f("kl_divergence_terms_from_log_probs", labels, l)
    yield equal(f("kl_divergence_terms_from_logs", k, l), terms + rounding)


@stated(
    "kl-zero-class",
    "A class that the first distribution never takes adds nothing to the divergence.",
    r"D((0, P) \,\|\, (\tfrac12, Q)) = D(P \,\|\, Q)",
    source="follows from 0 log 0 = 0",
    functions=("kl_divergence",),
    domain=Domain((shares("y"), beside("q", "y"))),
)
def _zero_class(f: Functions, y: Array, q: Array) -> Relations:
    none, half = np.zeros_like(y[:, :1]), np.full_like(q[:, :1], 0.5)
    widened = f("kl_divergence", np.concatenate([none, y], -1), np.concatenate([half, q], -1))
    yield equal(widened, f("kl_divergence", y, q))


@stated(
    "kl-split-class",
    "Splitting every class of both distributions into equal halves does not change the divergence.",
    r"D\left((\tfrac12 P, \tfrac12 P) \,\|\, (\tfrac12 Q, \tfrac12 Q)\right) = D(P \,\|\, Q)",
    source="follows from the definition of the divergence",
    functions=("kl_divergence",),
    domain=Domain((parts("y", like=None), positive_parts("q"))),
)
def _split_class(f: Functions, y: Array, q: Array) -> Relations:
    labels, probs = y / 2, q / 2
    split = f("kl_divergence", np.concatenate([labels, labels], -1), np.concatenate([probs, probs], -1))
    yield equal(split, f("kl_divergence", y, q))


@stated(
    "kl-convex",
    "The divergence of two even mixtures is at most the mean of the divergences.",
    r"D\left(\tfrac12 (P + P') \,\|\, \tfrac12 (Q + Q')\right) \le \tfrac12 D(P \,\|\, Q) + \tfrac12 D(P' \,\|\, Q')",
    source="Cover and Thomas, Elements of Information Theory, theorem 2.7.2",
    functions=("kl_divergence",),
    domain=Domain((parts("y", like=None), positive_parts("q"), parts("z", like="y"), positive_parts("r"))),
)
def _convex(f: Functions, y: Array, q: Array, z: Array, r: Array) -> Relations:
    one, other = f("kl_divergence", y, q), f("kl_divergence", z, r)
    mixed = f("kl_divergence", y / 2 + z / 2, q / 2 + r / 2)
    yield at_most(mixed, (one + other) / 2)
