"""Which entry of the table of limits decides which element of a call."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import inf

import numpy as np

from ..call import Call
from ..definitions.deviations import keras_interval
from ..function import LITERAL
from .limits import Decision, Status, combined
from .terms import Terms, term_gradient, term_value


def decide(call: Call) -> Decision:
    """Return what the table of limits says of every element of a call in line.

    Its shape is (units, width), or (1, 1) for a reduced value.
    """
    if _divides_by_nothing(call):
        nothing = Decision.open((1, 1) if call.is_total else (call.units, call.width))
        nothing.apply(np.ones(nothing.status.shape, dtype=bool), "mean-over-nothing")
        return nothing
    decision: Decision = call.function.limits(call)
    if decision.status.ndim == 1:
        decision = _columns(decision)
    if not call.is_total:
        return decision
    return _columns(combined(Decision(decision.status.T, decision.limit.T, decision.number.T)))


def _divides_by_nothing(call: Call) -> bool:
    """Whether this is a mean whose divisor is 0 or, for want of a class, unknown."""
    if call.reduction != "mean":
        return False
    if call.labels is None:
        return call.units == 0
    return bool(call.out_of_range.any()) or sum(map(Fraction, label_weights(call))) == 0


def label_weights(call: Call) -> list[float]:
    """Return the weights of the index labels of the rows that count."""
    assert call.labels is not None
    kept = call.labels[call.kept]
    return [1.0] * len(kept) if call.weight is None else call.weight[kept].tolist()


def _columns(decision: Decision) -> Decision:
    return Decision(decision.status[:, None], decision.limit[:, None], decision.number[:, None])


def unary(*limits: tuple[float, str, float]) -> Callable[[Call], Decision]:
    """Return the rule of a function of one logit: its values at infinities, (argument, entry of the table, number)."""

    def rule(call: Call) -> Decision:
        (x,) = call.arguments
        decision = Decision.open(x.shape)
        if call.argument is None:
            decision.apply(np.isnan(x), "nan")
            for value, limit, number in limits:
                decision.apply(x == value, limit, number)
            return decision
        _nan_gradient(decision, np.isnan(x), call.unit_cotangent != 0)
        decision.apply(np.isinf(x), "edge-of-domain")
        return decision

    return rule


def logit(call: Call) -> Decision:
    """The rule of logit."""
    (p,) = call.arguments
    decision = Decision.open(p.shape)
    if call.argument is None:
        decision.apply(np.isnan(p), "nan")
        decision.apply(p == 0, "logit-of-zero")
        decision.apply(p == 1, "logit-of-one")
        decision.apply((p < 0) | (p > 1), "logit-outside")
        return decision
    _nan_gradient(decision, np.isnan(p), call.unit_cotangent != 0)
    decision.apply((p <= 0) | (p >= 1), "edge-of-domain")
    return decision


def _nan_gradient(decision: Decision, nan: np.ndarray, pulled: np.ndarray) -> None:
    """NaN where a derivative that depends on a NaN is multiplied by a cotangent other than 0."""
    decision.apply(nan & pulled, "nan")
    decision.apply(nan, "nan-without-influence")


def _column(rows: np.ndarray | np.bool_) -> np.ndarray:
    return np.asarray(rows)[:, None]


def softmax_family(call: Call) -> Decision:
    """The rule of softmax, log-softmax and log-sum-exp."""
    (x,) = call.arguments
    masked = x == -inf
    is_logarithm = call.function.shared == "summand"
    if call.argument is None:
        rows = Decision.open(x.shape[:1])
        rows.apply(np.isnan(x).any(axis=1), "nan")
        rows.apply((x == inf).any(axis=1), "infinite-logit")
        if call.function.result == "row":
            rows.apply(masked.all(axis=1), "logsumexp-all-masked")
            return rows
        rows.apply(masked.all(axis=1), "all-masked-row")
        decision = _spread(rows, x.shape[1])
        if is_logarithm:
            decision.apply(masked, "masked-log-softmax")
        else:
            decision.apply(masked, "masked-softmax", 0.0)
        return decision
    decision = Decision.open(x.shape)
    cotangent = call.unit_cotangent.reshape(len(x), -1)
    _nan_gradient(decision, _column(np.isnan(x).any(axis=1)), _column((cotangent != 0).any(axis=1)))
    decision.apply(_column((x == inf).any(axis=1)), "infinite-logit")
    decision.apply(_column(masked.all(axis=1)), "all-masked-row")
    if is_logarithm:
        through = (masked & (cotangent != 0)).any(axis=1)
        decision.apply(masked | _column(through), "masked-log-softmax-gradient")
    decision.apply(masked, "masked-gradient", 0.0)
    return decision


def _spread(rows: Decision, width: int) -> Decision:
    """Give every entry of a row the decision on the row."""
    return Decision(*(np.repeat(part[:, None], width, axis=1) for part in (rows.status, rows.limit, rows.number)))


# Cross-entropy of logits


def cross_entropy(call: Call) -> Decision:
    """The rule of the cross-entropies of logits."""
    x = call.arguments[0]
    positive, other = _masked_labels(call)
    rows = Decision.open(x.shape[:1])
    _irregular_labels(call, rows)
    if call.argument is None:
        rows.apply(np.isnan(x).any(axis=1), "nan")
        _irregular_logits(rows, x)
        rows.apply(other.any(axis=1), "zero-label-on-zero-probability")
        rows.apply(positive.any(axis=1), "label-on-zero-probability")
        return rows
    _nan_gradient(rows, np.isnan(x).any(axis=1), call.unit_cotangent != 0)
    _irregular_logits(rows, x)
    rows.apply((positive | _nonzero(call, other)).any(axis=1), "infinite-value")
    decision = _spread(rows, x.shape[1])
    if call.argument == "labels":
        decision.apply(x == -inf, "edge-of-domain")
    else:
        decision.apply(x == -inf, "masked-gradient", 0.0)
    return decision


def _irregular_labels(call: Call, rows: Decision) -> None:
    """Rows that labels decide: ignored ones, labels out of range, NaN and infinite dense labels."""
    x = call.arguments[0]
    if call.labels is not None:
        irregular = np.isnan(x).any(axis=1) | (x == inf).any(axis=1) | (x == -inf).all(axis=1)
        rows.apply(~call.kept & irregular, "ignored-row")
        rows.apply(call.out_of_range, "label-out-of-range")
        return
    y = call.arguments[1]
    limit = "nan" if call.argument is None else "nan-without-influence"
    rows.apply(np.isnan(y).any(axis=1), limit)
    rows.apply(np.isinf(y).any(axis=1), "outside-domain")


def _irregular_logits(rows: Decision, x: np.ndarray) -> None:
    rows.apply((x == inf).any(axis=1), "infinite-logit")
    rows.apply((x == -inf).all(axis=1), "all-masked-row")


def _masked_labels(call: Call) -> tuple[np.ndarray, np.ndarray]:
    """Tell where a -inf logit has a positive smoothed and weighted label, and where it has one of another sign.

    The classes that an unsmoothed index label does not name take no part in the loss and are in neither.
    """
    x = call.arguments[0]
    if call.labels is None:
        y = call.arguments[1]
        takes_part = np.ones(x.shape, dtype=bool)
        label = y > 0 if call.smoothing == 0 else y >= 0
    else:
        named = call.labels[:, None] == np.arange(x.shape[1])
        takes_part = (named | (call.smoothing > 0)) & ~_column(~call.kept)
        label = np.ones(x.shape, dtype=bool)
    masked = (x == -inf) & takes_part
    positive = masked & label & _raises_loss(call)
    return positive, masked & ~positive


def _raises_loss(call: Call) -> np.ndarray:
    """Tell which class weights leave the sign of a loss alone, the divisor of a weighted mean included (n,)."""
    if call.weight is None:
        return np.ones(call.arguments[0].shape[1], dtype=bool)
    signs_known = call.reduction != "mean" or not (call.weight < 0).any()
    return (call.weight > 0) & signs_known


def _nonzero(call: Call, other: np.ndarray) -> np.ndarray:
    """Of masked entries without positive label, those whose label or weight is not exactly 0: the loss is infinite."""
    weight = np.ones(other.shape[1]) if call.weight is None else call.weight
    if call.labels is not None:
        return other & (weight != 0)
    return other & (weight != 0) & ((call.arguments[1] != 0) | (call.smoothing > 0))


def sigmoid_cross_entropy(call: Call) -> Decision:
    """The rule of sigmoid cross-entropy."""
    x, z = call.arguments
    decision = Decision.open(x.shape)
    if call.argument is None:
        decision.apply(np.isnan(x) | np.isnan(z), "nan")
    else:
        known = np.isnan(x) | (np.isnan(z) & (call.argument == "logits"))
        _nan_gradient(decision, known, call.unit_cotangent != 0)
        decision.apply(np.isnan(z), "nan-without-influence")
    decision.apply(np.isinf(x), "infinite-logit-sigmoid")
    decision.apply(np.isinf(z), "outside-domain")
    return decision


# Losses that pick the entry of an index label


def picked(call: Call) -> Decision:
    """The rule of the losses that pick the probability of a label, or its logarithm."""
    x = call.arguments[0]
    assert call.labels is not None
    is_logarithm = call.function.arguments[0].kind == "log_probs"
    ignored, astray = ~call.kept, call.out_of_range
    rows = Decision.open(x.shape[:1])
    irregular = np.isnan(x).any(axis=1) | (x == inf).any(axis=1)
    rows.apply(ignored & irregular, "ignored-row")
    rows.apply(astray, "label-out-of-range")
    labels = np.where(ignored | astray, 0, call.labels)
    chosen = np.take_along_axis(x, _column(labels), axis=1)[:, 0]
    chosen = np.where(ignored, -1.0 if is_logarithm else 1.0, chosen)
    if call.argument is None:
        rows.apply(np.isnan(chosen), "nan")
    elif is_logarithm:
        rows.apply(np.isnan(chosen), "nan-without-influence")
    elif call.definition != LITERAL:
        rows.apply(np.isnan(x).any(axis=1), "nan-at-clip")
    rows.apply(np.isnan(x).any(axis=1) & ~np.isnan(chosen), "nan-without-influence")
    if is_logarithm:
        _picked_log_prob(call, rows, chosen, labels)
    else:
        _picked_prob(call, rows, x, chosen)
    if call.argument is None:
        return rows
    decision = _spread(rows, x.shape[1])
    # A NaN at the label is all that the derivative by the label's entry depends on; the other ones are 0.
    at_label = np.arange(x.shape[1]) == _column(labels)
    _nan_gradient(decision, at_label & _column(np.isnan(chosen)), _column(call.unit_cotangent != 0))
    decision.apply(_column(np.isnan(chosen)), "nan-without-influence")
    if call.definition != LITERAL:
        low, high = keras_interval(call.format)
        decision.apply((x == low) | (x == high), "edge-of-clip")
    return decision


def _picked_log_prob(call: Call, rows: Decision, chosen: np.ndarray, labels: np.ndarray) -> None:
    rows.apply((call.arguments[0] == inf).any(axis=1), "outside-domain")
    if call.argument is not None:
        rows.apply(chosen == -inf, "infinite-value")
    rows.apply((chosen == -inf) & _raises_loss(call)[labels], "label-on-zero-probability")
    rows.apply(chosen == -inf, "zero-label-on-zero-probability")


def _picked_prob(call: Call, rows: Decision, x: np.ndarray, chosen: np.ndarray) -> None:
    rows.apply(((x < 0) | np.isinf(x)).any(axis=1), "outside-domain")
    if call.definition != LITERAL:
        return
    limit = "label-on-zero-probability" if call.argument is None else "infinite-value"
    rows.apply(chosen == 0, limit)


# Sums and elements of terms that each depend on their own entry


def terms(kind: Terms) -> Callable[[Call], Decision]:
    """Return the rule of a function of such terms, or of their sum over a row."""

    def rule(call: Call) -> Decision:
        values, pulled = term_value(call, kind), call.unit_cotangent != 0
        if not call.has_rows:
            return values if call.argument is None else term_gradient(call, kind, values, pulled)
        rows = combined(values)
        if call.argument is None:
            return rows
        decision = term_gradient(call, kind, values, _column(pulled))
        decision.apply(_column(rows.status == Status.NOT_FINITE), "nan-without-influence")
        decision.apply(_column(rows.limit >= 0), "infinite-value")
        return decision

    return rule
