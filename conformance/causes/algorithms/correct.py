"""Right algorithms in a machine's arithmetic: what a candidate mistake is held against.

Most are listings of the reference, which the bounds run as well; what is here alone reads options as `NormalForm` has
them, which a kernel may misread.

`CAREFUL` loses no relative accuracy where a loss or a gradient vanishes; `TEXTBOOK` is the standard algorithm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from logitproof.reference import LITERAL, algorithms, function_named

from ..mistakes.mistake import Rule, Style, closed, evaluated
from .kernels import log_softmax, logsumexp, softmax
from .losses import constant, dense_loss, dense_targets, divisor, index_loss, label_weights, reduced, smoothed
from .normal_form import NormalForm
from .tape import Number, where

_elementwise, _rows, _probs = algorithms.elementwise, algorithms.rows, algorithms.probs


def listed(listing: Callable[..., Sequence[Any]], form: int = 0) -> Rule:
    """Return one of the algorithms that a listing of the reference has."""
    return lambda case, *numbers: listing(case, *numbers)[form]


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
    return weighted(case, z.times(positive) + rest.times(negative))


def _sigmoid_cross_entropy(case: NormalForm, x: Number, z: Number) -> Number:
    return sigmoid_loss(case, (-x).softplus(), x.softplus(), z)


def binary(case: NormalForm, p: Number, z: Number) -> Number:
    """-(z log p + (1 - z) log1p(-p))."""
    z = smoothed(case, z, 2)
    return -(z.times(p.log()) + (1 - z).times((-p).log1p()))


def _kl_terms(case: NormalForm, y: Number, p: Number) -> Number:
    """y log(y/p), by log1p of the difference where they are near."""
    del case
    near = np.abs(y.data.astype(np.float64) - p.data.astype(np.float64)) < 0.5 * p.data.astype(np.float64)
    log = where(near, ((y - p) / p).log1p(), y.log() - p.log())
    return y.times(log)


def _dense(careful: bool) -> Rule:  # noqa: FBT001 - a fact
    return lambda case, x, y: dense_loss(case, log_softmax(x, careful=careful), y, Number.times)


def _index(careful: bool) -> Rule:  # noqa: FBT001 - a fact
    return lambda case, x: index_loss(case, log_softmax(x, careful=careful), Number.times)


_VALUES: dict[str, Rule] = {
    "sigmoid": listed(_elementwise.sigmoid),
    "log_sigmoid": listed(_elementwise.log_sigmoid),
    "softplus": listed(_elementwise.softplus),
    "logit": listed(_elementwise.logit_attainable),
    "softmax": lambda _, x: softmax(x),
    "log_softmax": lambda _, x: log_softmax(x, careful=True),
    "logsumexp": lambda _, x: logsumexp(x, careful=True),
    "softmax_cross_entropy": _dense(careful=True),
    "sparse_softmax_cross_entropy": _index(careful=True),
    "sigmoid_cross_entropy": _sigmoid_cross_entropy,
    "categorical_cross_entropy": lambda case, p, y: dense_loss(case, p.log(), y, Number.times),
    "sparse_categorical_cross_entropy": lambda case, p: index_loss(case, p.log(), Number.times),
    "binary_cross_entropy": binary,
    "nll_loss": lambda case, q: index_loss(case, q, Number.times),
    "entropy_terms": listed(_probs.entropy_terms),
    "kl_divergence_terms": _kl_terms,
    "kl_divergence_terms_from_log_probs": listed(_probs.kl_divergence_terms_from_log_probs),
    "kl_divergence_terms_from_logs": listed(_probs.kl_divergence_terms_from_logs),
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
    row = _rows.exponentials(Number(x.data.astype(x.machine.inner), x.machine))
    rest = row.terms.without_largest(row.shifted)
    is_top = rest.data != row.terms.data
    return row.terms / row.total, where(is_top, rest.sum(), row.total - row.terms) / row.total


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


def _binary_by_probs(case: NormalForm, v: Number, p: Number, z: Number) -> Number:
    return v * (p - smoothed(case, z, 2)) / (p * (1 - p))


_GRADIENTS: dict[tuple[str, str], Style] = {
    ("softmax_cross_entropy", "gradient:logits"): closed(_careful_by_logits),
    ("sparse_softmax_cross_entropy", "gradient:logits"): closed(_careful_by_logits),
    ("sigmoid", "gradient:x"): closed(listed(_elementwise.sigmoid_gradient_attainable)),
    ("logit", "gradient:probs"): closed(listed(_elementwise.logit_gradient)),
    ("binary_cross_entropy", "gradient:probs"): closed(_binary_by_probs),
    ("kl_divergence_terms_from_logs", "gradient:log_labels"): closed(listed(_probs.kl_logs_gradient_log_labels, 2)),
    ("kl_divergence_terms", "gradient:probs"): closed(lambda _, v, y, p: -(v * y / p)),
    ("kl_divergence", "gradient:probs"): closed(lambda _, v, y, p: -(v * y / p)),
    ("kl_divergence_terms", "gradient:labels"): closed(listed(_probs.kl_gradient_labels_attainable, 1)),
    ("kl_divergence", "gradient:labels"): closed(listed(_probs.kl_gradient_labels_attainable, 1)),
}


@cache
def careful(function: str, quantity: str) -> Style:
    """Return the careful algorithm."""
    if function not in _VALUES:
        return _of_entry(function, quantity)[0]
    return _GRADIENTS.get((function, quantity)) or evaluated(_VALUES[function])


def _of_entry(function: str, quantity: str) -> tuple[Style, ...]:
    """Return what the entry of the catalogue lists first, carefully and as textbooks have it."""
    asked = function_named(function).definitions[LITERAL][quantity]
    adapt = evaluated if quantity == "value" else closed
    return tuple(adapt(listed(each)) for each in (asked.attainable, asked.textbook) if each is not None)


_TEXTBOOK: dict[str, Rule] = {
    "log_softmax": lambda _, x: log_softmax(x),
    "logsumexp": lambda _, x: logsumexp(x),
    "softmax_cross_entropy": _dense(careful=False),
    "sparse_softmax_cross_entropy": _index(careful=False),
    "logit": listed(_elementwise.logit),
    "kl_divergence_terms": listed(_probs.kl_divergence_terms),
    "kl_divergence": listed(_probs.kl_divergence),
}

TEXTBOOK: MappingProxyType[str, Rule] = MappingProxyType({**_VALUES, **_TEXTBOOK})
"""The standard algorithm of every function, differentiated step by step for its gradients."""


def steps_softplus(x: Number) -> Number:
    """max(x, 0) + log1p(e^-|x|)."""
    return x.positive() + (-abs(x)).exp().log1p()


def _steps_sigmoid(case: NormalForm, x: Number) -> Number:
    del case
    tail = (-abs(x)).exp()
    return where(x.data < 0, tail / (tail + 1), 1 / (tail + 1))


def _steps_log_softmax(x: Number) -> Number:
    return _rows.log_softmax_by_log(_rows.exponentials(x))


_STEPS: dict[str, Rule] = {
    "softmax": listed(_rows.softmax),
    "log_softmax": listed(_rows.log_softmax),
    "logsumexp": listed(_rows.logsumexp),
    "sigmoid": _steps_sigmoid,
    "softplus": lambda _, x: steps_softplus(x),
    "log_sigmoid": lambda _, x: -steps_softplus(-x),
    "softmax_cross_entropy": lambda case, x, y: dense_loss(case, _steps_log_softmax(x), y, Number.times),
    "sparse_softmax_cross_entropy": lambda case, x: index_loss(case, _steps_log_softmax(x), Number.times),
    "sigmoid_cross_entropy": lambda case, x, z: sigmoid_loss(case, steps_softplus(-x), steps_softplus(x), z),
    "kl_divergence_terms": listed(_probs.kl_divergence_terms, 1),
    "kl_divergence": listed(_probs.kl_divergence, 1),
}
"""The standard algorithms again, each step an operation of its own."""


def _without_mass(case: NormalForm, v: Number, x: Number, y: Number | None = None) -> Number:
    return (softmax(x) - targets_of(case, x, y)) * per_unit(case, v)


@cache
def styles(function: str, quantity: str) -> tuple[Style, ...]:
    """Return the right algorithms that a kernel with one other mistake may follow.

    A function that has none here has those of its entry in the catalogue.
    """
    if function not in _VALUES:
        return _of_entry(function, quantity)
    known = [careful(function, quantity)]
    is_same = TEXTBOOK[function] is _VALUES[function] and (function, quantity) not in _GRADIENTS
    if not is_same and (function, quantity) != ("kl_divergence_terms_from_logs", "gradient:log_labels"):
        known.append(evaluated(TEXTBOOK[function]))
    if function in _STEPS:
        known.append(evaluated(_STEPS[function]))
    if quantity == "gradient:logits" and function.endswith("softmax_cross_entropy"):
        known += [closed(textbook_by_logits), closed(fused_by_logits)]
    return tuple(known)


@cache
def misread_styles(function: str, quantity: str) -> tuple[Style, ...]:
    """Return these, and what frameworks state instead: labels that sum to one, say."""
    if (function, quantity) == ("softmax_cross_entropy", "gradient:logits"):
        return (*styles(function, quantity), closed(_without_mass))
    return styles(function, quantity)
