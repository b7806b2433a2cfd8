"""Which entry of the table of limits decides which element of a problem."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np

from ..functions.deviations import LITERAL, keras_interval
from .enclosure import Status
from .limits import Decision, combined
from .problem import Problem
from .terms import term_gradient, term_value


def decide(problem: Problem) -> Decision:
    """Return what the table of limits says of every element, shape (units, width), or (1, 1) for a reduced value."""
    if problem.divides_by_nothing:
        nothing = Decision.open((1, 1) if problem.is_total else (problem.units, problem.width))
        nothing.apply(np.ones(nothing.status.shape, dtype=bool), "mean-over-nothing")
        return nothing
    decision = _FAMILIES.get(problem.function.name, _terms)(problem)
    if decision.status.ndim == 1:
        decision = _columns(decision)
    if not problem.is_total:
        return decision
    return _columns(combined(Decision(decision.status.T, decision.limit.T, decision.number.T)))


def _columns(decision: Decision) -> Decision:
    return Decision(decision.status[:, None], decision.limit[:, None], decision.number[:, None])


_UNARY_LIMITS = {
    "sigmoid": ((inf, "sigmoid-at-infinity", 1.0), (-inf, "sigmoid-at-infinity", 0.0)),
    "log_sigmoid": ((inf, "vanishing-at-infinity", 0.0), (-inf, "log-sigmoid-at-minus-infinity", 0.0)),
    "softplus": ((inf, "softplus-at-infinity", 0.0), (-inf, "vanishing-at-infinity", 0.0)),
}


def _unary(problem: Problem) -> Decision:
    (x,) = problem.arguments
    decision = Decision.open(x.shape)
    if problem.argument is None:
        decision.apply(np.isnan(x), "nan")
        for value, limit, number in _UNARY_LIMITS[problem.function.name]:
            decision.apply(x == value, limit, number)
        return decision
    _nan_gradient(decision, np.isnan(x), problem.unit_cotangent != 0)
    decision.apply(np.isinf(x), "edge-of-domain")
    return decision


def _logit(problem: Problem) -> Decision:
    (p,) = problem.arguments
    decision = Decision.open(p.shape)
    if problem.argument is None:
        decision.apply(np.isnan(p), "nan")
        decision.apply(p == 0, "logit-of-zero")
        decision.apply(p == 1, "logit-of-one")
        decision.apply((p < 0) | (p > 1), "logit-outside")
        return decision
    _nan_gradient(decision, np.isnan(p), problem.unit_cotangent != 0)
    decision.apply((p <= 0) | (p >= 1), "edge-of-domain")
    return decision


def _nan_gradient(decision: Decision, nan: np.ndarray, pulled: np.ndarray) -> None:
    """NaN where a derivative that depends on a NaN is multiplied by a cotangent other than 0."""
    decision.apply(nan & pulled, "nan")
    decision.apply(nan, "nan-without-influence")


def _column(rows: np.ndarray | np.bool_) -> np.ndarray:
    return np.asarray(rows)[:, None]


def _softmax_family(problem: Problem) -> Decision:
    (x,) = problem.arguments
    masked = x == -inf
    if problem.argument is None:
        return _softmax_family_value(problem.function.name, x, masked)
    decision = Decision.open(x.shape)
    cotangent = problem.unit_cotangent.reshape(len(x), -1)
    _nan_gradient(decision, _column(np.isnan(x).any(axis=1)), _column((cotangent != 0).any(axis=1)))
    decision.apply(_column((x == inf).any(axis=1)), "infinite-logit")
    decision.apply(_column(masked.all(axis=1)), "all-masked-row")
    if problem.function.name == "log_softmax":
        through = (masked & (cotangent != 0)).any(axis=1)
        decision.apply(masked | _column(through), "masked-log-softmax-gradient")
    decision.apply(masked, "masked-gradient", 0.0)
    return decision


def _softmax_family_value(name: str, x: np.ndarray, masked: np.ndarray) -> Decision:
    rows = Decision.open(x.shape[:1])
    rows.apply(np.isnan(x).any(axis=1), "nan")
    rows.apply((x == inf).any(axis=1), "infinite-logit")
    if name == "logsumexp":
        rows.apply(masked.all(axis=1), "logsumexp-all-masked")
        return rows
    rows.apply(masked.all(axis=1), "all-masked-row")
    decision = _spread(rows, x.shape[1])
    if name == "softmax":
        decision.apply(masked, "masked-softmax", 0.0)
    else:
        decision.apply(masked, "masked-log-softmax")
    return decision


def _spread(rows: Decision, width: int) -> Decision:
    """Give every entry of a row the decision on the row."""
    return Decision(*(np.repeat(part[:, None], width, axis=1) for part in (rows.status, rows.limit, rows.number)))


# Cross-entropy of logits


def _cross_entropy(problem: Problem) -> Decision:
    x = problem.arguments[0]
    positive, other = _masked_labels(problem)
    rows = Decision.open(x.shape[:1])
    _irregular_labels(problem, rows)
    if problem.argument is None:
        rows.apply(np.isnan(x).any(axis=1), "nan")
        _irregular_logits(rows, x)
        rows.apply(other.any(axis=1), "zero-label-on-zero-probability")
        rows.apply(positive.any(axis=1), "label-on-zero-probability")
        return rows
    _nan_gradient(rows, np.isnan(x).any(axis=1), problem.unit_cotangent != 0)
    _irregular_logits(rows, x)
    rows.apply((positive | _nonzero(problem, other)).any(axis=1), "infinite-value")
    decision = _spread(rows, x.shape[1])
    if problem.argument == "labels":
        decision.apply(x == -inf, "edge-of-domain")
    else:
        decision.apply(x == -inf, "masked-gradient", 0.0)
    return decision


def _irregular_labels(problem: Problem, rows: Decision) -> None:
    """Rows that labels decide: ignored ones, labels out of range, NaN and infinite dense labels."""
    x = problem.arguments[0]
    if problem.labels is not None:
        irregular = np.isnan(x).any(axis=1) | (x == inf).any(axis=1) | (x == -inf).all(axis=1)
        rows.apply(problem.ignored & irregular, "ignored-row")
        rows.apply(problem.out_of_range, "label-out-of-range")
        return
    y = problem.arguments[1]
    limit = "nan" if problem.argument is None else "nan-without-influence"
    rows.apply(np.isnan(y).any(axis=1), limit)
    rows.apply(np.isinf(y).any(axis=1), "outside-domain")


def _irregular_logits(rows: Decision, x: np.ndarray) -> None:
    rows.apply((x == inf).any(axis=1), "infinite-logit")
    rows.apply((x == -inf).all(axis=1), "all-masked-row")


def _masked_labels(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Tell where a -inf logit has a positive smoothed and weighted label, and where it has one of another sign.

    The classes that an unsmoothed index label does not name take no part in the loss and are in neither.
    """
    x = problem.arguments[0]
    if problem.labels is None:
        y = problem.arguments[1]
        takes_part = np.ones(x.shape, dtype=bool)
        label = y > 0 if problem.smoothing == 0 else y >= 0
    else:
        named = problem.labels[:, None] == np.arange(x.shape[1])
        takes_part = (named | (problem.smoothing > 0)) & ~_column(problem.ignored)
        label = np.ones(x.shape, dtype=bool)
    masked = (x == -inf) & takes_part
    positive = masked & label & _raises_loss(problem)
    return positive, masked & ~positive


def _raises_loss(problem: Problem) -> np.ndarray:
    """Tell which class weights leave the sign of a loss alone, the divisor of a weighted mean included (n,)."""
    if problem.weight is None:
        return np.ones(problem.arguments[0].shape[1], dtype=bool)
    signs_known = problem.reduction != "mean" or not (problem.weight < 0).any()
    return (problem.weight > 0) & signs_known


def _nonzero(problem: Problem, other: np.ndarray) -> np.ndarray:
    """Of masked entries without positive label, those whose label or weight is not exactly 0: the loss is infinite."""
    weight = np.ones(other.shape[1]) if problem.weight is None else problem.weight
    if problem.labels is not None:
        return other & (weight != 0)
    return other & (weight != 0) & ((problem.arguments[1] != 0) | (problem.smoothing > 0))


def _sigmoid_cross_entropy(problem: Problem) -> Decision:
    x, z = problem.arguments
    decision = Decision.open(x.shape)
    if problem.argument is None:
        decision.apply(np.isnan(x) | np.isnan(z), "nan")
    else:
        known = np.isnan(x) | (np.isnan(z) & (problem.argument == "logits"))
        _nan_gradient(decision, known, problem.unit_cotangent != 0)
        decision.apply(np.isnan(z), "nan-without-influence")
    decision.apply(np.isinf(x), "infinite-logit-sigmoid")
    decision.apply(np.isinf(z), "outside-domain")
    return decision


# Losses that pick the entry of an index label


def _picked(problem: Problem) -> Decision:
    x = problem.arguments[0]
    assert problem.labels is not None
    ignored, astray = problem.ignored, problem.out_of_range
    rows = Decision.open(x.shape[:1])
    irregular = np.isnan(x).any(axis=1) | (x == inf).any(axis=1)
    rows.apply(ignored & irregular, "ignored-row")
    rows.apply(astray, "label-out-of-range")
    labels = np.where(ignored | astray, 0, problem.labels)
    chosen = np.take_along_axis(x, _column(labels), axis=1)[:, 0]
    chosen = np.where(ignored, -1.0 if problem.function.name == "nll_loss" else 1.0, chosen)
    if problem.argument is None:
        rows.apply(np.isnan(chosen), "nan")
    elif problem.function.name == "nll_loss":
        rows.apply(np.isnan(chosen), "nan-without-influence")
    elif problem.definition != LITERAL:
        rows.apply(np.isnan(x).any(axis=1), "nan-at-clip")
    rows.apply(np.isnan(x).any(axis=1) & ~np.isnan(chosen), "nan-without-influence")
    if problem.function.name == "nll_loss":
        _picked_log_prob(problem, rows, chosen, labels)
    else:
        _picked_prob(problem, rows, x, chosen)
    if problem.argument is None:
        return rows
    decision = _spread(rows, x.shape[1])
    # A NaN at the label is all that the derivative by the label's entry depends on; the other ones are 0.
    at_label = np.arange(x.shape[1]) == _column(labels)
    _nan_gradient(decision, at_label & _column(np.isnan(chosen)), _column(problem.unit_cotangent != 0))
    decision.apply(_column(np.isnan(chosen)), "nan-without-influence")
    if problem.definition != LITERAL:
        low, high = keras_interval(problem.format)
        decision.apply((x == low) | (x == high), "edge-of-clip")
    return decision


def _picked_log_prob(problem: Problem, rows: Decision, chosen: np.ndarray, labels: np.ndarray) -> None:
    rows.apply((problem.arguments[0] == inf).any(axis=1), "outside-domain")
    if problem.argument is not None:
        rows.apply(chosen == -inf, "infinite-value")
    rows.apply((chosen == -inf) & _raises_loss(problem)[labels], "label-on-zero-probability")
    rows.apply(chosen == -inf, "zero-label-on-zero-probability")


def _picked_prob(problem: Problem, rows: Decision, x: np.ndarray, chosen: np.ndarray) -> None:
    rows.apply(((x < 0) | np.isinf(x)).any(axis=1), "outside-domain")
    if problem.definition != LITERAL:
        return
    limit = "label-on-zero-probability" if problem.argument is None else "infinite-value"
    rows.apply(chosen == 0, limit)


# Sums and elements of terms that each depend on their own entry


def _terms(problem: Problem) -> Decision:
    values = term_value(problem)
    if not problem.has_rows:
        return values if problem.argument is None else _term_gradients(problem, values)
    rows = combined(values)
    if problem.argument is None:
        return rows
    decision = _term_gradients(problem, values)
    decision.apply(_column(rows.status == Status.NOT_FINITE), "nan-without-influence")
    decision.apply(_column(rows.limit >= 0), "infinite-value")
    return decision


def _term_gradients(problem: Problem, values: Decision) -> Decision:
    pulled = problem.unit_cotangent != 0
    return term_gradient(problem, values, _column(pulled) if problem.has_rows else pulled)


_FAMILIES: dict[str, Callable[[Problem], Decision]] = {
    "sigmoid": _unary,
    "log_sigmoid": _unary,
    "softplus": _unary,
    "logit": _logit,
    "softmax": _softmax_family,
    "log_softmax": _softmax_family,
    "logsumexp": _softmax_family,
    "softmax_cross_entropy": _cross_entropy,
    "sparse_softmax_cross_entropy": _cross_entropy,
    "sigmoid_cross_entropy": _sigmoid_cross_entropy,
    "sparse_categorical_cross_entropy": _picked,
    "nll_loss": _picked,
}
