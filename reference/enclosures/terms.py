"""The limits of functions made of terms that each depend on one entry: entropy, KL and losses on probabilities."""

from __future__ import annotations

from math import inf

import numpy as np

from ..functions.deviations import LITERAL, bce_floor, keras_interval, torch_interval
from .limits import Decision
from .problem import Problem

_KINDS = {
    "entropy": "entropy",
    "entropy_terms": "entropy",
    "kl_divergence": "kl",
    "kl_divergence_terms": "kl",
    "kl_divergence_from_log_probs": "kl_from_log_probs",
    "kl_divergence_terms_from_log_probs": "kl_from_log_probs",
    "kl_divergence_terms_from_logs": "kl_from_logs",
    "categorical_cross_entropy": "cross_entropy",
    "binary_cross_entropy": "binary_cross_entropy",
}

_DEPENDS_ON = {
    ("entropy", "probs"): (0,),
    ("kl", "labels"): (0, 1),
    ("kl", "probs"): (0, 1),
    ("kl_from_log_probs", "labels"): (0, 1),
    ("kl_from_log_probs", "log_probs"): (0,),
    ("kl_from_logs", "log_labels"): (0, 1),
    ("kl_from_logs", "log_probs"): (0,),
    ("cross_entropy", "probs"): (0, 1),
    ("cross_entropy", "labels"): (0,),
    ("binary_cross_entropy", "probs"): (0, 1),
    ("binary_cross_entropy", "labels"): (0,),
}
"""Which arguments a term's derivative is a function of: NaN in another one does not make it NaN."""


def term_value(problem: Problem) -> Decision:
    """Return the decision on every term, of the shape of the arguments."""
    decision = Decision.open(problem.arguments[0].shape)
    decision.apply(np.any([np.isnan(array) for array in problem.arguments], axis=0), "nan")
    decision.apply(_outside(problem), "outside-domain")
    kind = _KINDS[problem.function.name]
    if problem.definition == LITERAL or (problem.definition, kind) == ("clip-1e-7", "binary_cross_entropy"):
        _RULES[kind](problem, decision)
    elif problem.definition.startswith("normalise"):
        empty = problem.arguments[0].sum(axis=1) == 0  # a sum of non-negative floats is 0 exactly when all of them are
        decision.apply(empty[:, None], "empty-normaliser")
    return decision


def term_gradient(problem: Problem, values: Decision, pulled: np.ndarray) -> Decision:
    """Return the decision on every term's derivative.

    Args:
        problem: asks for a gradient.
        values: the decision on the terms themselves.
        pulled: where the cotangent is not 0.
    """
    kind = _KINDS[problem.function.name]
    assert problem.argument is not None
    decision = Decision.open(values.status.shape)
    nan = [np.isnan(array) for array in problem.arguments]
    known = np.any([nan[position] for position in _DEPENDS_ON[kind, problem.argument]], axis=0)
    decision.apply(known & pulled, "nan" if problem.definition == LITERAL else "nan-at-clip")
    decision.apply(np.any(nan, axis=0), "nan-without-influence")
    edge = _clip_edge(problem) if problem.definition != LITERAL else _domain_edge(kind, problem)
    decision.apply(edge, "edge-of-domain" if problem.definition == LITERAL else "edge-of-clip")
    infinite = (values.limit >= 0) & np.isnan(values.number)
    decision.apply(infinite, "infinite-value")
    if problem.definition == "clamp-log-100":
        _clamped_edges(problem, decision)
    return decision


def _outside(problem: Problem) -> np.ndarray:
    """Tell where an argument lies outside the domain on which all conventions agree."""
    first = problem.arguments[0]
    kind = _KINDS[problem.function.name]
    if kind == "entropy":
        return (first < 0) | np.isinf(first)
    second = problem.arguments[1]
    if kind == "kl":
        return (first < 0) | (second < 0) | np.isinf(first) | np.isinf(second)
    if kind == "kl_from_log_probs":
        return (first < 0) | np.isinf(first) | (second == inf)
    if kind == "kl_from_logs":
        return np.isinf(first) | (second == inf)
    if kind == "cross_entropy":
        return (first < 0) | np.isinf(first) | np.isinf(second)
    return (first < 0) | (first > 1) | np.isinf(second)


def _entropy(problem: Problem, decision: Decision) -> None:
    decision.apply(problem.arguments[0] == 0, "zero-log-zero", 0.0)


def _kl(problem: Problem, decision: Decision) -> None:
    y, p = problem.arguments
    decision.apply((p == 0) & (y > 0), "label-on-zero-probability")
    decision.apply(p == 0, "zero-label-on-zero-probability")
    decision.apply(y == 0, "zero-log-zero", 0.0)


def _kl_from_log_probs(problem: Problem, decision: Decision) -> None:
    y, log_p = problem.arguments
    decision.apply((log_p == -inf) & (y > 0), "label-on-zero-probability")
    decision.apply(log_p == -inf, "zero-label-on-zero-probability")
    decision.apply(y == 0, "zero-log-zero", 0.0)


def _kl_from_logs(problem: Problem, decision: Decision) -> None:
    decision.apply(problem.arguments[1] == -inf, "label-on-zero-probability")


def _cross_entropy(problem: Problem, decision: Decision) -> None:
    p, y = problem.arguments
    positive = y > 0 if problem.smoothing == 0 else y >= 0
    decision.apply((p == 0) & positive, "label-on-zero-probability")
    decision.apply(p == 0, "zero-label-on-zero-probability")


def _binary_cross_entropy(problem: Problem, decision: Decision) -> None:
    p, z = problem.arguments
    if problem.definition == "clip-1e-7":
        p = np.clip(p, *keras_interval(problem.format))
    positive = z > 0 if problem.smoothing == 0 else z >= 0
    negative = z < 1 if problem.smoothing == 0 else z <= 1
    decision.apply(((p == 0) & positive) | ((p == 1) & negative), "label-on-zero-probability")
    decision.apply((p == 0) | (p == 1), "zero-label-on-zero-probability")


_RULES = {
    "entropy": _entropy,
    "kl": _kl,
    "kl_from_log_probs": _kl_from_log_probs,
    "kl_from_logs": _kl_from_logs,
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy": _binary_cross_entropy,
}


def _domain_edge(kind: str, problem: Problem) -> np.ndarray:
    first = problem.arguments[0]
    at_zero = kind == "entropy" or (kind in ("kl", "kl_from_log_probs") and problem.argument == "labels")
    return (first == 0) & at_zero


def _clip_edge(problem: Problem) -> np.ndarray:
    """Tell where a derivative depends on which side of a clip's edge an argument lies, and it lies on the edge."""
    low, high = keras_interval(problem.format)
    if problem.definition in ("clip-1e-7", "clip-add-1e-7"):
        if problem.function.name == "kl_divergence":
            clipped, high = problem.arguments[0 if problem.argument == "labels" else 1], 1.0
        elif problem.argument == "labels":
            return np.zeros(problem.arguments[0].shape, dtype=bool)
        else:
            clipped = problem.arguments[0]
        return (clipped == low) | (clipped == high)
    if problem.definition == "normalise-clip-1e-7" and problem.argument == "probs":
        has_influence = (problem.arguments[1] != 0) | (problem.smoothing > 0)
        return np.any(_near_edge(problem, low, high) & has_influence, axis=1, keepdims=True)
    if problem.definition == "normalise-clamp-eps":
        return np.any(_near_edge(problem, *torch_interval(problem.format)), axis=1, keepdims=True)
    return np.zeros(problem.arguments[0].shape, dtype=bool)


def _near_edge(problem: Problem, low: float, high: float) -> np.ndarray:
    """Tell which entries, divided by their sum, come nearer to an edge than rounding can tell.

    A sum of n non-negative numbers and a division in the dtype have relative error at most n·u to first order, and so
    has the share: 2n·u leaves room for higher orders and for the double precision of this very comparison.
    """
    probs = problem.arguments[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = probs / probs.sum(axis=1, keepdims=True)
    margin = 2 * probs.shape[1] * problem.format.unit_roundoff
    return (np.abs(share - low) <= margin * low) | (np.abs(share - high) <= margin * high)


def _clamped_edges(problem: Problem, decision: Decision) -> None:
    p = problem.arguments[0]
    at_edge = (p == 0) | (p == 1)
    if problem.argument == "labels":
        decision.apply(at_edge, "edge-of-domain")
    elif bce_floor(problem.format) == 0.0:
        decision.apply(at_edge, "vanishing-denominator")
