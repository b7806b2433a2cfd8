"""The functions of the catalogue as mathematics defines them, element by element or row by row.

Literal: no shift by the maximum, no case distinction but the ones that make a result exact (a term with factor 0,
equal logits) or give it digits at any gap (the largest logit, whose share is nearly 1). `log(1 + y)` is written
`log1p`, which `arb` encloses for every y. Operands are finite apart from −inf
logits, whose exponential is 0; what is undefined there is decided by the table of limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf

from flint import arb

from .operands import Operands, Real, Rule

ZERO = arb(0)
ONE = arb(1)
_MINUS_INFINITY = arb(-inf)


def total(terms: Iterable[arb]) -> arb:
    """Return Σ terms, 0 for none."""
    return sum(terms, ZERO)


def sigmoid_of(x: float) -> arb:
    """Return σ(x) = 1 / (1 + e^−x); 1 − σ(x) is σ(−x)."""
    return 1 / (1 + arb(-x).exp())


def softplus_of(x: float) -> arb:
    """Return log(1 + e^x)."""
    return arb(x).exp().log1p()


# Element-wise


def sigmoid(operands: Operands) -> list[arb]:
    """1 / (1 + e^−x)."""
    return [1 / (1 + arb(-x).exp()) for x in operands.arguments[0]]


def log_sigmoid(operands: Operands) -> list[arb]:
    """−log(1 + e^−x)."""
    return [-arb(-x).exp().log1p() for x in operands.arguments[0]]


def softplus(operands: Operands) -> list[arb]:
    """log(1 + e^x)."""
    return [arb(x).exp().log1p() for x in operands.arguments[0]]


def logit(operands: Operands) -> list[arb]:
    """log(p / (1 − p))."""
    return [(arb(p) / (1 - arb(p))).log() for p in operands.arguments[0]]


def entropy_terms(operands: Operands) -> list[arb]:
    """−p log p."""
    return [-p * arb(p).log() if p else ZERO for p in operands.arguments[0]]


def kl_terms(operands: Operands) -> list[arb]:
    """y log(y / p)."""
    return [(arb(y) / p).log() * y if y else ZERO for y, p in zip(*operands.arguments, strict=True)]


def kl_terms_from_log_probs(operands: Operands) -> list[arb]:
    """y (log y − l)."""
    return [(arb(y).log() - q) * y if y else ZERO for y, q in zip(*operands.arguments, strict=True)]


def kl_terms_from_logs(operands: Operands) -> list[arb]:
    """e^k (k − l)."""
    return [arb(k).exp() * (arb(k) - q) for k, q in zip(*operands.arguments, strict=True)]


def binary_cross_entropy(operands: Operands) -> list[arb]:
    """−(z' log p + (1 − z') log(1 − p))."""
    probs, labels = operands.arguments
    positive = operands.smoothed(labels, 2)
    return [-(product(z, log_of, p) + product(1 - z, log_of_rest, p)) for z, p in zip(positive, probs, strict=True)]


def sigmoid_cross_entropy(operands: Operands) -> list[arb]:
    """w (q z' log(1 + e^−x) + (1 − z') log(1 + e^x)), with q the weight of the positive term."""
    logits, labels = operands.arguments
    positive = operands.smoothed(labels, 2)
    # −log σ(x) = log(1 + e^−x) and −log(1 − σ(x)) = log(1 + e^x)
    terms = [
        (pos * product(z, softplus_of, -x) + product(1 - z, softplus_of, x))
        for x, z, pos in zip(logits, positive, pos_weights(operands), strict=True)
    ]
    return [term * w for term, w in zip(terms, operands.weights, strict=True)]


def product(factor: arb, function: Callable[[float], arb], x: float) -> arb:
    """Return factor · function(x), which is exactly 0 where the factor is."""
    return ZERO if factor.is_zero() else factor * function(x)


def log_of(p: float) -> arb:
    """Return log p."""
    return arb(p).log()


def log_of_rest(p: float) -> arb:
    """Return log(1 − p)."""
    return arb(-p).log1p()


def pos_weights(operands: Operands) -> Sequence[Real]:
    """Return the weights of the positive terms, 1 where there are none."""
    return operands.pos_weight if operands.pos_weight is not None else [1.0] * len(operands.arguments[0])


# Rows of logits


def equal_classes(logits: list[float]) -> int:
    """Return how many entries are finite if those are all equal, else 0: softmax is then 1/k, exactly."""
    largest = max(logits)
    equal = logits.count(largest)
    return equal if equal + logits.count(-inf) == len(logits) else 0


def exponentials(logits: list[float]) -> tuple[list[arb], arb]:
    """Return terms proportional to e^x_j, and their sum: e^x_j itself, or 1 where all finite logits are equal."""
    equal = equal_classes(logits)
    if equal:
        return [ZERO if x == -inf else ONE for x in logits], arb(equal)
    terms = list(map(arb.exp, map(arb, logits)))
    return terms, total(terms)


def largest_and_rest(logits: list[float]) -> tuple[int, arb]:
    """Return the place m of the largest logit, and log(Σ e^x_j) - x_m = log(1 + Σ_(j≠m) e^x_j / e^x_m)."""
    index = logits.index(max(logits))
    terms = list(map(arb.exp, map(arb, logits)))
    top = terms.pop(index)
    return index, (total(terms) / top).log1p()


def logsumexp_of(logits: list[float]) -> arb:
    """Return log Σ e^x_j; x + log k where the k finite logits are all x."""
    equal = equal_classes(logits)
    if equal:
        return arb(max(logits)) + arb(equal).log()
    index, rest = largest_and_rest(logits)
    return logits[index] + rest


def softmax_of(logits: list[float]) -> list[arb]:
    """Return e^x_i / Σ e^x_j."""
    terms, norm = exponentials(logits)
    share = 1 / norm
    return [term * share for term in terms]


def log_softmax_of(logits: list[float]) -> list[arb]:
    """Return log(e^x_i / Σ e^x_j) = x_i − log Σ e^x_j."""
    equal = equal_classes(logits)
    if equal:
        log = -arb(equal).log()
        return [_MINUS_INFINITY if x == -inf else log for x in logits]
    index, rest = largest_and_rest(logits)
    norm = logits[index] + rest
    logs = [x - norm for x in logits]
    logs[index] = -rest
    return logs


def softmax(operands: Operands) -> list[arb]:
    """e^x_i / Σ e^x_j."""
    return softmax_of(operands.arguments[0])


def log_softmax(operands: Operands) -> list[arb]:
    """x_i − log Σ e^x_j."""
    return log_softmax_of(operands.arguments[0])


def logsumexp(operands: Operands) -> list[arb]:
    """log Σ e^x_j."""
    return [logsumexp_of(operands.arguments[0])]


def dense_targets(operands: Operands) -> list[arb]:
    """Return w_j y'_j."""
    labels = operands.arguments[1]
    smoothed = operands.smoothed(labels, len(labels))
    return smoothed if operands.weight is None else [y * w for y, w in zip(smoothed, operands.weight, strict=True)]


def index_targets(operands: Operands) -> list[arb]:
    """Return w_j y'_j, y one-hot at the label; all 0 for an ignored row."""
    classes = len(operands.arguments[0])
    if operands.label is None:
        return [ZERO] * classes
    if not operands.smoothing:
        targets = [ZERO] * classes
        targets[operands.label] = arb(operands.weights[operands.label])
        return targets
    keep, share = 1 - arb(operands.smoothing), arb(operands.smoothing) / classes
    targets = [share] * classes
    targets[operands.label] = keep + share
    return [y * w for y, w in zip(targets, operands.weights, strict=True)]


def softmax_cross_entropy(operands: Operands) -> list[arb]:
    """−Σ w_j y'_j log softmax(x)_j."""
    logs = log_softmax_of(operands.arguments[0])
    return [-total([t * log for t, log in zip(dense_targets(operands), logs, strict=True) if not t.is_zero()])]


def sparse_softmax_cross_entropy(operands: Operands) -> list[arb]:
    """The same, y one-hot at the label; 0 for an ignored row."""
    if operands.label is None:
        return [ZERO]
    logits = operands.arguments[0]
    if operands.smoothing:
        logs = log_softmax_of(logits)
        return [-total([t * log for t, log in zip(index_targets(operands), logs, strict=True) if not t.is_zero()])]
    loss = -log_softmax_of(logits)[operands.label]
    return [loss if operands.weight is None else loss * operands.weight[operands.label]]


# Rows of probabilities or log-probabilities


def sum_of(terms: Rule) -> Rule:
    """Return the rule of the sum of such terms over a row."""

    def rule(operands: Operands) -> list[arb]:
        return [total(terms(operands))]

    return rule


def categorical_cross_entropy(operands: Operands) -> list[arb]:
    """−Σ y'_j log p_j."""
    probs, labels = operands.arguments
    targets = operands.smoothed(labels, len(labels))
    return [-total([product(t, log_of, p) for t, p in zip(targets, probs, strict=True)])]


def sparse_categorical_cross_entropy(operands: Operands) -> list[arb]:
    """−log p_y; 0 for an ignored row."""
    return [ZERO if operands.label is None else -arb(operands.arguments[0][operands.label]).log()]


def nll_loss(operands: Operands) -> list[arb]:
    """−w_y l_y; 0 for an ignored row."""
    if operands.label is None:
        return [ZERO]
    return [-arb(operands.arguments[0][operands.label]) * operands.weights[operands.label]]
