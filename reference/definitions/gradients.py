"""The exact derivatives, as vector-Jacobian products: Σ_k cotangent_k · ∂value_k/∂argument_i for every i.

Each is derived by hand from the definition in `values.py`; tests compare every one with the definition
differentiated by ball power series, so none is trusted because it stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from math import fsum

from flint import arb

from .operands import Operands
from .values import (
    ZERO,
    dense_targets,
    exponentials,
    index_targets,
    log_of,
    log_of_rest,
    log_softmax_of,
    pos_weights,
    product,
    sigmoid_of,
    softplus_of,
)

# Element-wise


def sigmoid(operands: Operands) -> list[arb]:
    """v σ(x) (1 − σ(x))."""
    # σ(1 − σ) = e / (1 + e)² with e = e^−x: no cancellation as σ nears 1
    terms = [arb(-x).exp() for x in operands.arguments[0]]
    return [e / (1 + e) ** 2 * v for e, v in zip(terms, operands.cotangent, strict=True)]


def log_sigmoid(operands: Operands) -> list[arb]:
    """v σ(−x)."""
    return [sigmoid_of(-x) * v for x, v in zip(operands.arguments[0], operands.cotangent, strict=True)]


def softplus(operands: Operands) -> list[arb]:
    """v σ(x)."""
    return [sigmoid_of(x) * v for x, v in zip(operands.arguments[0], operands.cotangent, strict=True)]


def logit(operands: Operands) -> list[arb]:
    """v / (p (1 − p))."""
    return [v / (p * (1 - arb(p))) for p, v in zip(operands.arguments[0], operands.cotangent, strict=True)]


def binary_cross_entropy_by_probs(operands: Operands) -> list[arb]:
    """v (p − z') / (p (1 − p))."""
    probs, labels = operands.arguments
    positive = operands.smoothed(labels, 2)
    # (1 − z)/(1 − p) − z/p over one denominator: exactly 0 at z = p
    return [v * (p - z) / (p * (1 - arb(p))) for p, z, v in zip(probs, positive, operands.cotangent, strict=True)]


def binary_cross_entropy_by_labels(operands: Operands) -> list[arb]:
    """v (1 − ε) (log(1 − p) − log p)."""
    keep = 1 - arb(operands.smoothing)
    return [
        keep * v * (log_of_rest(p) - log_of(p)) if p != 0.5 else ZERO
        for p, v in zip(operands.arguments[0], operands.cotangent, strict=True)
    ]


def sigmoid_cross_entropy_by_logits(operands: Operands) -> list[arb]:
    """v w ((1 − z') σ(x) − q z' σ(−x))."""
    logits, labels = operands.arguments
    positive = operands.smoothed(labels, 2)
    slopes = [
        product(1 - z, sigmoid_of, x) - pos * product(z, sigmoid_of, -x)
        for x, z, pos in zip(logits, positive, pos_weights(operands), strict=True)
    ]
    return [slope * w * v for slope, w, v in zip(slopes, operands.weights, operands.cotangent, strict=True)]


def sigmoid_cross_entropy_by_labels(operands: Operands) -> list[arb]:
    """v w (1 − ε) (q log(1 + e^−x) − log(1 + e^x))."""
    keep = 1 - arb(operands.smoothing)
    # log(1 + e^−x) − log(1 + e^x) = −x: exact where the positive term has weight 1
    slopes = [
        -arb(x) if pos == 1 else pos * softplus_of(-x) - softplus_of(x)
        for x, pos in zip(operands.arguments[0], pos_weights(operands), strict=True)
    ]
    return [keep * slope * w * v for slope, w, v in zip(slopes, operands.weights, operands.cotangent, strict=True)]


# Rows of logits


def _others(terms: list[arb]) -> list[arb]:
    """Return for every term the sum of all others, without subtracting it from the whole."""
    before = [ZERO, *accumulate(terms[:-1])]
    after = [ZERO, *accumulate(reversed(terms[1:]))]
    return [low + high for low, high in zip(before, reversed(after), strict=True)]


def _less_share(numbers: list[arb], logits: list[float]) -> list[arb]:
    """Return a_i − p_i Σ a_j = (a_i Σ_(j≠i) e_j − e_i Σ_(j≠i) a_j) / Σ e: no loss where one a alone is not 0."""
    terms, norm = exponentials(logits)
    entries = zip(numbers, terms, _others(terms), _others(numbers), strict=True)
    return [(a * rest - e * others) / norm for a, e, rest, others in entries]


def softmax(operands: Operands) -> list[arb]:
    """p_i (v_i − Σ p_j v_j)."""
    # p_i (v_i − Σ p_j v_j) = e_i (v_i Σ_(j≠i) e_j − Σ_(j≠i) e_j v_j) / (Σ e)², with v counted from the first entry that
    # has probability: a constant cotangent gives 0
    terms, norm = exponentials(operands.arguments[0])
    start = next(arb(v) for e, v in zip(terms, operands.cotangent, strict=True) if not e.is_zero())
    moved = [v - start for v in operands.cotangent]
    drawn = _others([e * v for e, v in zip(terms, moved, strict=True)])
    entries = zip(terms, moved, _others(terms), drawn, strict=True)
    return [e * (v * rest - others) / norm**2 for e, v, rest, others in entries]


def log_softmax(operands: Operands) -> list[arb]:
    """v_i − p_i Σ v_j."""
    numbers = [arb(v) for v in operands.cotangent]
    if _cancel([float(v) for v in operands.cotangent]):
        return numbers
    return _less_share(numbers, operands.arguments[0])


def _cancel(values: list[float]) -> bool:
    """Whether the values sum to exactly 0: fsum rounds correctly, so it gives 0 only then."""
    try:
        return fsum(values) == 0
    except OverflowError:
        return False


def logsumexp(operands: Operands) -> list[arb]:
    """v p_i."""
    terms, norm = exponentials(operands.arguments[0])
    return [term * operands.cotangent[0] / norm for term in terms]


def _cross_entropy_by_logits(operands: Operands, targets: list[arb]) -> list[arb]:
    # p_i Σ t_j − t_i with t_j = w_j y'_j
    return [-operands.cotangent[0] * slope for slope in _less_share(targets, operands.arguments[0])]


def softmax_cross_entropy_by_logits(operands: Operands) -> list[arb]:
    """v (p_i Σ t_j − t_i) with t_j = w_j y'_j."""
    return _cross_entropy_by_logits(operands, dense_targets(operands))


def softmax_cross_entropy_by_labels(operands: Operands) -> list[arb]:
    """−v (1 − ε) w_i log p_i."""
    scale = (arb(operands.smoothing) - 1) * operands.cotangent[0]
    logs = log_softmax_of(operands.arguments[0])
    return [scale * w * log for w, log in zip(operands.weights, logs, strict=True)]


def sparse_softmax_cross_entropy_by_logits(operands: Operands) -> list[arb]:
    """The same, y one-hot at the label; 0 for an ignored row."""
    if operands.label is None:
        return [ZERO] * len(operands.arguments[0])
    return _cross_entropy_by_logits(operands, index_targets(operands))


# Rows and elements of probabilities or log-probabilities: a term depends on its own entry alone


def _per_term(operands: Operands) -> list[arb]:
    """Return the cotangent of every term: a row function has one for all its terms."""
    count = len(operands.arguments[0])
    values = [arb(v) for v in operands.cotangent]
    return values if len(values) == count else values * count


def entropy(operands: Operands) -> list[arb]:
    """−v (log p_i + 1)."""
    return [-v * (arb(p).log() + 1) for p, v in zip(operands.arguments[0], _per_term(operands), strict=True)]


def kl_by_labels(operands: Operands) -> list[arb]:
    """v (log(y_i / p_i) + 1)."""
    return [v * ((arb(y) / p).log() + 1) for y, p, v in zip(*operands.arguments, _per_term(operands), strict=True)]


def kl_by_probs(operands: Operands) -> list[arb]:
    """−v y_i / p_i."""
    return [-v * y / p for y, p, v in zip(*operands.arguments, _per_term(operands), strict=True)]


def kl_from_log_probs_by_labels(operands: Operands) -> list[arb]:
    """v (log y_i − l_i + 1)."""
    return [v * (arb(y).log() - q + 1) for y, q, v in zip(*operands.arguments, _per_term(operands), strict=True)]


def kl_from_log_probs_by_log_probs(operands: Operands) -> list[arb]:
    """−v y_i."""
    return [-v * y for y, v in zip(operands.arguments[0], _per_term(operands), strict=True)]


def kl_from_logs_by_log_labels(operands: Operands) -> list[arb]:
    """v e^k (k − l + 1)."""
    return [
        v * arb(k).exp() * (arb(k) - q + 1) for k, q, v in zip(*operands.arguments, _per_term(operands), strict=True)
    ]


def kl_from_logs_by_log_probs(operands: Operands) -> list[arb]:
    """−v e^k."""
    return [-v * arb(k).exp() for k, v in zip(operands.arguments[0], _per_term(operands), strict=True)]


def categorical_cross_entropy_by_probs(operands: Operands) -> list[arb]:
    """−v y'_i / p_i."""
    probs, labels = operands.arguments
    targets = operands.smoothed(labels, len(labels))
    return [-operands.cotangent[0] * t / p for t, p in zip(targets, probs, strict=True)]


def categorical_cross_entropy_by_labels(operands: Operands) -> list[arb]:
    """−v (1 − ε) log p_i."""
    scale = (arb(operands.smoothing) - 1) * operands.cotangent[0]
    return [scale * log_of(p) for p in operands.arguments[0]]


def sparse_categorical_cross_entropy_by_probs(operands: Operands) -> list[arb]:
    """−v / p_y at the label, 0 elsewhere."""
    return _at_label(operands, lambda label: -arb(operands.cotangent[0]) / operands.arguments[0][label])


def nll_loss_by_log_probs(operands: Operands) -> list[arb]:
    """−v w_y at the label, 0 elsewhere."""
    return _at_label(operands, lambda label: -arb(operands.cotangent[0]) * operands.weights[label])


def _at_label(operands: Operands, slope: Callable[[int], arb]) -> list[arb]:
    row = [ZERO] * len(operands.arguments[0])
    if operands.label is not None:
        row[operands.label] = slope(operands.label)
    return row
