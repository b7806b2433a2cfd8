"""Right algorithms in a machine's arithmetic: what a candidate mistake is held against.

`CAREFUL` loses no relative accuracy where a loss or a gradient vanishes; `TEXTBOOK` is the standard algorithm.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

import numpy as np

from ..mistakes.mistake import Rule, Style, closed, evaluated
from .kernels import finite_maximum, log_softmax, logsumexp, others, sigmoid, softmax, softplus, times
from .losses import constant, dense_loss, dense_targets, divisor, index_loss, label_weights, reduced, smoothed
from .normal_form import NormalForm
from .tape import Number, largest, where

_ROW_SUMS = {
    "entropy": "entropy_terms",
    "kl_divergence": "kl_divergence_terms",
    "kl_divergence_from_log_probs": "kl_divergence_terms_from_log_probs",
}


def weighted(case: NormalForm, losses: Number) -> Number:
    """Element weights, and the reduction."""
    return reduced(case, losses if case.weight is None else losses * constant(case.weight, losses))


def sigmoid_loss(case: NormalForm, positive: Number, negative: Number, labels: Number) -> Number:
    """From -log σ(x) and -log(1 - σ(x)) to the loss."""
    z = smoothed(case, labels, 2)
    rest = 1 - z
    if case.pos_weight is not None:
        weight = constant(case.pos_weight, labels)
        z, rest = (z, weight * rest) if case.swaps_pos_weight else (weight * z, rest)
    return weighted(case, times(z, positive) + times(rest, negative))


def _sigmoid_cross_entropy(case: NormalForm, x: Number, z: Number) -> Number:
    return sigmoid_loss(case, softplus(-x), softplus(x), z)


def logit(case: NormalForm, p: Number) -> Number:
    """log p - log1p(-p); log1p((2p - 1)/(1 - p)) near ½."""
    del case
    middle = np.abs(p.data.astype(np.float64) - 0.5) < 0.25
    inside = where(middle, p, 0.5)
    return where(middle, ((inside * 2 - 1) / (1 - inside)).log1p(), p.log() - (-p).log1p())


def binary(case: NormalForm, p: Number, z: Number) -> Number:
    """-(z log p + (1 - z) log1p(-p))."""
    z = smoothed(case, z, 2)
    return -(times(z, p.log()) + times(1 - z, (-p).log1p()))


def _kl_terms(case: NormalForm, y: Number, p: Number) -> Number:
    """y log(y/p), by log1p of the difference where they are near."""
    del case
    near = np.abs(y.data.astype(np.float64) - p.data.astype(np.float64)) < 0.5 * p.data.astype(np.float64)
    log = where(near, ((y - p) / p).log1p(), y.log() - p.log())
    return times(y, log)


def _dense(careful: bool) -> Rule:  # noqa: FBT001 - a fact
    return lambda case, x, y: dense_loss(case, log_softmax(x, careful=careful), y, times)


def _index(careful: bool) -> Rule:  # noqa: FBT001 - a fact
    return lambda case, x: index_loss(case, log_softmax(x, careful=careful), times)


_VALUES: dict[str, Rule] = {
    "sigmoid": lambda _, x: sigmoid(x),
    "log_sigmoid": lambda _, x: -softplus(-x),
    "softplus": lambda _, x: softplus(x),
    "logit": logit,
    "softmax": lambda _, x: softmax(x),
    "log_softmax": lambda _, x: log_softmax(x, careful=True),
    "logsumexp": lambda _, x: logsumexp(x, careful=True),
    "softmax_cross_entropy": _dense(careful=True),
    "sparse_softmax_cross_entropy": _index(careful=True),
    "sigmoid_cross_entropy": _sigmoid_cross_entropy,
    "categorical_cross_entropy": lambda case, p, y: dense_loss(case, p.log(), y, times),
    "sparse_categorical_cross_entropy": lambda case, p: index_loss(case, p.log(), times),
    "binary_cross_entropy": binary,
    "nll_loss": lambda case, q: index_loss(case, q, times),
    "entropy_terms": lambda _, p: -times(p, p.log()),
    "kl_divergence_terms": _kl_terms,
    "kl_divergence_terms_from_log_probs": lambda _, y, q: times(y, y.log() - q),
    "kl_divergence_terms_from_logs": lambda _, k, q: times(k.exp(), k - q),
}


def _summed(terms: Rule) -> Rule:
    return lambda case, *numbers: terms(case, *numbers).sum()


_VALUES |= {row: _summed(_VALUES[terms]) for row, terms in _ROW_SUMS.items()}


def per_unit(case: NormalForm, cotangent: Number) -> Number:
    """The cotangent of every unit: a mean's is divided."""
    if case.reduction == "mean":
        cotangent = cotangent / divisor(case)
    return where(case.kept, cotangent, 0.0) if case.labels is not None else cotangent


def targets_of(case: NormalForm, like: Number, labels: Number | None) -> Number:
    """w y' (R, n), of dense or index labels; 0 in rows that do not count."""
    if labels is not None:
        return dense_targets(case, labels)
    hot = (case.index[:, None] == np.arange(like.data.shape[1])).astype(np.float64)
    if not case.smoothing:
        return constant(np.where(case.kept, hot * label_weights(case), 0.0), like)
    return where(case.kept, dense_targets(case, constant(hot, like)), 0.0)


def probabilities(x: Number) -> tuple[Number, Number]:
    """Return p and 1 - p, the latter from the sum of the other terms."""
    numbers = x.data.astype(x.machine.inner)
    top = largest(numbers)
    shifted = numbers - np.where(np.isneginf(top), np.zeros_like(top), top)
    terms = x.machine.function("exp", shifted)
    norm = x.machine.sum(terms)
    rest = others(shifted, terms)
    is_top = rest != terms
    complement = np.where(is_top, x.machine.sum(rest), norm - terms) / norm
    return Number(terms / norm, x.machine), Number(complement, x.machine)


def _careful_by_logits(case: NormalForm, v: Number, x: Number, y: Number | None = None) -> Number:
    """p_i Σ_(j≠i) t_j - t_i (1 - p_i): nothing cancels where t_i alone is not 0."""
    probs, rest = probabilities(x)
    t = targets_of(case, x, y)
    wide = t.to(x.machine.inner)
    total = wide.sum()
    # Σ_(j≠i) t_j is exactly 0 where t_i is the only one.
    alone = np.count_nonzero(t.data, axis=1, keepdims=True) - (t.data != 0) == 0
    slope = probs * where(alone, wide * 0, total - wide) - wide * rest
    return slope.to(x.data.dtype) * per_unit(case, v)


def textbook_by_logits(case: NormalForm, v: Number, x: Number, y: Number | None = None) -> Number:
    """p Σt - t."""
    t = targets_of(case, x, y)
    return (softmax(x) * t.sum() - t) * per_unit(case, v)


def fused_by_logits(case: NormalForm, v: Number, x: Number, y: Number | None = None) -> Number:
    """p Σt - t inside one kernel, rounded once."""
    t = targets_of(case, x, y).to(x.machine.inner)
    return ((softmax(x.to(x.machine.inner)) * t.sum() - t) * per_unit(case, v).to(x.machine.inner)).to(x.data.dtype)


def _sigmoid_slope(case: NormalForm, v: Number, x: Number) -> Number:
    """e / (1 + e)² with e = e^-|x|."""
    del case
    tail = (-abs(x)).exp()
    one = tail + 1
    return tail / (one * one) * v


def _binary_by_probs(case: NormalForm, v: Number, p: Number, z: Number) -> Number:
    return v * (p - smoothed(case, z, 2)) / (p * (1 - p))


def _logs_by_log_labels(_: NormalForm, v: Number, k: Number, q: Number) -> Number:
    """The label first: a cotangent times a difference of logarithms may overflow."""
    factor = v * k.exp()
    return factor * (k - q) + factor


_GRADIENTS: dict[tuple[str, str], Style] = {
    ("softmax_cross_entropy", "gradient:logits"): closed(_careful_by_logits),
    ("sparse_softmax_cross_entropy", "gradient:logits"): closed(_careful_by_logits),
    ("sigmoid", "gradient:x"): closed(_sigmoid_slope),
    ("logit", "gradient:probs"): closed(lambda _, v, p: v / (p * (1 - p))),
    ("binary_cross_entropy", "gradient:probs"): closed(_binary_by_probs),
    ("kl_divergence_terms_from_logs", "gradient:log_labels"): closed(_logs_by_log_labels),
    ("kl_divergence_terms", "gradient:probs"): closed(lambda _, v, y, p: -(v * y / p)),
    ("kl_divergence", "gradient:probs"): closed(lambda _, v, y, p: -(v * y / p)),
    ("kl_divergence_terms", "gradient:labels"): closed(lambda _, v, y, p: v * ((y / p).log() + 1)),
    ("kl_divergence", "gradient:labels"): closed(lambda _, v, y, p: v * ((y / p).log() + 1)),
}


@cache
def careful(function: str, quantity: str) -> Style:
    """Return the careful algorithm."""
    return _GRADIENTS.get((function, quantity)) or evaluated(_VALUES[function])


_TEXTBOOK: dict[str, Rule] = {
    "log_softmax": lambda _, x: log_softmax(x),
    "logsumexp": lambda _, x: logsumexp(x),
    "softmax_cross_entropy": _dense(careful=False),
    "sparse_softmax_cross_entropy": _index(careful=False),
    "logit": lambda _, p: (p / (1 - p)).log(),
    "kl_divergence_terms": lambda _, y, p: times(y, y.log() - p.log()),
    "kl_divergence": lambda _, y, p: times(y, y.log() - p.log()).sum(),
}

TEXTBOOK: MappingProxyType[str, Rule] = MappingProxyType({**_VALUES, **_TEXTBOOK})
"""The standard algorithm of every function, differentiated step by step for its gradients."""


def _shifted_terms(x: Number) -> tuple[Number, Number]:
    shifted = x - finite_maximum(x)
    return shifted, shifted.exp()


def _steps_softmax(case: NormalForm, x: Number) -> Number:
    del case
    _, terms = _shifted_terms(x)
    return terms / terms.sum()


def _steps_log_softmax(x: Number) -> Number:
    shifted, terms = _shifted_terms(x)
    return shifted - terms.sum().log()


def _steps_logsumexp(case: NormalForm, x: Number) -> Number:
    del case
    _, terms = _shifted_terms(x)
    return x.maximum() + terms.sum().log()


def steps_softplus(x: Number) -> Number:
    """max(x, 0) + log1p(e^-|x|)."""
    return x.positive() + (-abs(x)).exp().log1p()


def _steps_sigmoid(case: NormalForm, x: Number) -> Number:
    del case
    tail = (-abs(x)).exp()
    return where(x.data < 0, tail / (tail + 1), 1 / (tail + 1))


def _steps_kl(case: NormalForm, y: Number, p: Number) -> Number:
    del case
    return times(y, (y / p).log())


_STEPS: dict[str, Rule] = {
    "softmax": _steps_softmax,
    "log_softmax": lambda _, x: _steps_log_softmax(x),
    "logsumexp": _steps_logsumexp,
    "sigmoid": _steps_sigmoid,
    "softplus": lambda _, x: steps_softplus(x),
    "log_sigmoid": lambda _, x: -steps_softplus(-x),
    "softmax_cross_entropy": lambda case, x, y: dense_loss(case, _steps_log_softmax(x), y, times),
    "sparse_softmax_cross_entropy": lambda case, x: index_loss(case, _steps_log_softmax(x), times),
    "sigmoid_cross_entropy": lambda case, x, z: sigmoid_loss(case, steps_softplus(-x), steps_softplus(x), z),
    "kl_divergence_terms": _steps_kl,
    "kl_divergence": lambda case, y, p: _steps_kl(case, y, p).sum(),
}
"""The standard algorithms again, each step an operation of its own."""


def _without_mass(case: NormalForm, v: Number, x: Number, y: Number | None = None) -> Number:
    return (softmax(x) - targets_of(case, x, y)) * per_unit(case, v)


@cache
def styles(function: str, quantity: str) -> tuple[Style, ...]:
    """Return the right algorithms that a kernel with one other mistake may follow; none of a function without any."""
    if function not in _VALUES:
        return ()
    algorithms = [careful(function, quantity)]
    is_same = TEXTBOOK[function] is _VALUES[function] and (function, quantity) not in _GRADIENTS
    if not is_same and (function, quantity) != ("kl_divergence_terms_from_logs", "gradient:log_labels"):
        algorithms.append(evaluated(TEXTBOOK[function]))
    if function in _STEPS:
        algorithms.append(evaluated(_STEPS[function]))
    if quantity == "gradient:logits" and function.endswith("softmax_cross_entropy"):
        algorithms += [closed(textbook_by_logits), closed(fused_by_logits)]
    return tuple(algorithms)


@cache
def misread_styles(function: str, quantity: str) -> tuple[Style, ...]:
    """Return these, and what frameworks state instead: labels that sum to one, say."""
    if (function, quantity) == ("softmax_cross_entropy", "gradient:logits"):
        return (*styles(function, quantity), closed(_without_mass))
    return styles(function, quantity)
