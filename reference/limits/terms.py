"""The limits of functions made of terms that each depend on one entry: entropy, KL and losses on probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from ..call import Call
from ..definitions.deviations import bce_floor, keras_interval, torch_interval
from ..function import LITERAL
from .limits import Decision


@dataclass(frozen=True)
class Terms:
    """What the table of limits says of terms of one kind.

    Attributes:
        rule: decides values inside the domain.
        outside: tells where an argument lies outside the domain on which all conventions agree.
        depends_on: the places of the arguments that each derivative is a function of: NaN in another one does not make
            it NaN.
        edges: the arguments by which the derivative is infinite where the first argument is 0.
    """

    rule: Callable[[Call, Decision], None]
    outside: Callable[..., np.ndarray]
    depends_on: Mapping[str, tuple[int, ...]]
    edges: tuple[str, ...] = ()


def term_value(call: Call, kind: Terms) -> Decision:
    """Return the decision on every term, of the shape of the arguments."""
    decision = Decision.open(call.arguments[0].shape)
    decision.apply(np.any([np.isnan(array) for array in call.arguments], axis=0), "nan")
    decision.apply(kind.outside(*call.arguments), "outside-domain")
    if call.definition == LITERAL or (call.definition == "clip-1e-7" and kind is BINARY_CROSS_ENTROPY):
        kind.rule(call, decision)
    elif call.definition.startswith("normalise"):
        empty = call.arguments[0].sum(axis=1) == 0  # a sum of non-negative floats is 0 exactly when all of them are
        decision.apply(empty[:, None], "empty-normaliser")
    return decision


def term_gradient(call: Call, kind: Terms, values: Decision, pulled: np.ndarray) -> Decision:
    """Return the decision on every term's derivative.

    Args:
        call: asks for a gradient, in line.
        kind: the kind of the terms.
        values: the decision on the terms themselves.
        pulled: where the cotangent is not 0.
    """
    assert call.argument is not None
    decision = Decision.open(values.status.shape)
    nan = [np.isnan(array) for array in call.arguments]
    known = np.any([nan[position] for position in kind.depends_on[call.argument]], axis=0)
    decision.apply(known & pulled, "nan" if call.definition == LITERAL else "nan-at-clip")
    decision.apply(np.any(nan, axis=0), "nan-without-influence")
    if call.definition == LITERAL:
        edge = (call.arguments[0] == 0) & (call.argument in kind.edges)
    else:
        edge = _clip_edge(call, kind)
    decision.apply(edge, "edge-of-domain" if call.definition == LITERAL else "edge-of-clip")
    infinite = (values.limit >= 0) & np.isnan(values.number)
    decision.apply(infinite, "infinite-value")
    if call.definition == "clamp-log-100":
        _clamped_edges(call, decision)
    return decision


def _entropy(call: Call, decision: Decision) -> None:
    decision.apply(call.arguments[0] == 0, "zero-log-zero", 0.0)


def _kl(call: Call, decision: Decision) -> None:
    y, p = call.arguments
    decision.apply((p == 0) & (y > 0), "label-on-zero-probability")
    decision.apply(p == 0, "zero-label-on-zero-probability")
    decision.apply(y == 0, "zero-log-zero", 0.0)


def _kl_from_log_probs(call: Call, decision: Decision) -> None:
    y, log_p = call.arguments
    decision.apply((log_p == -inf) & (y > 0), "label-on-zero-probability")
    decision.apply(log_p == -inf, "zero-label-on-zero-probability")
    decision.apply(y == 0, "zero-log-zero", 0.0)


def _kl_from_logs(call: Call, decision: Decision) -> None:
    decision.apply(call.arguments[1] == -inf, "label-on-zero-probability")


def _cross_entropy(call: Call, decision: Decision) -> None:
    p, y = call.arguments
    positive = y > 0 if call.smoothing == 0 else y >= 0
    decision.apply((p == 0) & positive, "label-on-zero-probability")
    decision.apply(p == 0, "zero-label-on-zero-probability")


def _binary_cross_entropy(call: Call, decision: Decision) -> None:
    p, z = call.arguments
    if call.definition == "clip-1e-7":
        p = np.clip(p, *keras_interval(call.format))
    positive = z > 0 if call.smoothing == 0 else z >= 0
    negative = z < 1 if call.smoothing == 0 else z <= 1
    decision.apply(((p == 0) & positive) | ((p == 1) & negative), "label-on-zero-probability")
    decision.apply((p == 0) | (p == 1), "zero-label-on-zero-probability")


ENTROPY = Terms(_entropy, lambda p: (p < 0) | np.isinf(p), {"probs": (0,)}, edges=("probs",))
KL = Terms(
    _kl,
    lambda y, p: (y < 0) | (p < 0) | np.isinf(y) | np.isinf(p),
    {"labels": (0, 1), "probs": (0, 1)},
    edges=("labels",),
)
KL_FROM_LOG_PROBS = Terms(
    _kl_from_log_probs,
    lambda y, log_p: (y < 0) | np.isinf(y) | (log_p == inf),
    {"labels": (0, 1), "log_probs": (0,)},
    edges=("labels",),
)
KL_FROM_LOGS = Terms(
    _kl_from_logs,
    lambda log_y, log_p: np.isinf(log_y) | (log_p == inf),
    {"log_labels": (0, 1), "log_probs": (0,)},
)
CROSS_ENTROPY = Terms(
    _cross_entropy,
    lambda p, y: (p < 0) | np.isinf(p) | np.isinf(y),
    {"probs": (0, 1), "labels": (0,)},
)
BINARY_CROSS_ENTROPY = Terms(
    _binary_cross_entropy,
    lambda p, z: (p < 0) | (p > 1) | np.isinf(z),
    {"probs": (0, 1), "labels": (0,)},
)


def _clip_edge(call: Call, kind: Terms) -> np.ndarray:
    """Tell where a derivative depends on which side of a clip's edge an argument lies, and it lies on the edge."""
    low, high = keras_interval(call.format)
    if call.definition in ("clip-1e-7", "clip-add-1e-7"):
        if kind is KL:
            clipped, high = call.arguments[0 if call.argument == "labels" else 1], 1.0
        elif call.argument == "labels":
            return np.zeros(call.arguments[0].shape, dtype=bool)
        else:
            clipped = call.arguments[0]
        return (clipped == low) | (clipped == high)
    if call.definition == "normalise-clip-1e-7" and call.argument == "probs":
        has_influence = (call.arguments[1] != 0) | (call.smoothing > 0)
        return np.any(_near_edge(call, low, high) & has_influence, axis=1, keepdims=True)
    if call.definition == "normalise-clamp-eps":
        return np.any(_near_edge(call, *torch_interval(call.format)), axis=1, keepdims=True)
    return np.zeros(call.arguments[0].shape, dtype=bool)


def _near_edge(call: Call, low: float, high: float) -> np.ndarray:
    """Tell which entries, divided by their sum, come nearer to an edge than rounding can tell.

    A sum of n non-negative numbers and a division in the dtype have relative error at most n·u to first order, and so
    has the share: 2n·u leaves room for higher orders and for the double precision of this very comparison.
    """
    probs = call.arguments[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = probs / probs.sum(axis=1, keepdims=True)
    margin = 2 * probs.shape[1] * call.format.unit_roundoff
    return (np.abs(share - low) <= margin * low) | (np.abs(share - high) <= margin * high)


def _clamped_edges(call: Call, decision: Decision) -> None:
    p = call.arguments[0]
    at_edge = (p == 0) | (p == 1)
    if call.argument == "labels":
        decision.apply(at_edge, "edge-of-domain")
    elif bce_floor(call.format) == 0.0:
        decision.apply(at_edge, "vanishing-denominator")
