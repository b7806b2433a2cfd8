"""The row functions: softmax, log-softmax, log-sum-exp, and their gradients.

The textbook algorithms shift by the maximum m, exponentiate d = x - m and sum (Blanchard, Higham & Higham, IMA JNA 41
(2021), algorithms 3.1 and 4.1). Softmax is e/Σe or exp(log-softmax); log-softmax is d - log Σe, not x - lse, whose
error grows with the offset (their §4). Gradients are formed from the softmax, or by differentiating the listing step
by step, through the maximum too. The attainable algorithms take the sum without the largest term and log1p.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from ..call import Call
from .number import Number

N = TypeVar("N", bound=Number)


@dataclass(frozen=True)
class Exponentials(Generic[N]):
    """The steps every row function shares: d = x - max x, e = exp d, s = Σe."""

    shifted: N
    terms: N
    total: N


def exponentials(x: N) -> Exponentials[N]:
    """Shift, exponentiate, sum."""
    shifted = x - x.shift()
    terms = shifted.exp()
    return Exponentials(shifted, terms, terms.sum_positive())


def log_of_others(row: Exponentials[N]) -> N:
    """log1p(Σ of the terms but the largest one): log Σe, with relative accuracy as the largest share tends to 1."""
    return row.terms.without_largest(row.shifted).sum_positive().log1p()


def log_softmax_by_log(row: Exponentials[N]) -> N:
    """d - log Σe: the textbook algorithm."""
    return row.shifted - row.total.log()


def log_softmax_by_log1p(row: Exponentials[N]) -> N:
    """d - log1p(Σ of the other terms)."""
    return row.shifted - log_of_others(row)


def softmax_by_division(row: Exponentials[N]) -> N:
    """e / Σe."""
    return row.terms / row.total


def softmaxes(row: Exponentials[N]) -> list[N]:
    """Both textbook forms of softmax: e / Σe and exp(log-softmax)."""
    return [softmax_by_division(row), log_softmax_by_log(row).exp()]


def softmax(_: Call, x: Number) -> list[Number]:
    """Textbook softmax."""
    return softmaxes(exponentials(x))


def softmax_attainable(_: Call, x: Number) -> list[Number]:
    """Attainable softmax."""
    return [softmax_by_division(exponentials(x))]


def log_softmax(_: Call, x: Number) -> list[Number]:
    """Textbook log-softmax."""
    return [log_softmax_by_log(exponentials(x))]


def log_softmax_attainable(_: Call, x: Number) -> list[Number]:
    """Attainable log-softmax."""
    return [log_softmax_by_log1p(exponentials(x))]


def logsumexp(_: Call, x: Number) -> list[Number]:
    """Textbook log-sum-exp: m + log Σe."""
    return [x.maximum() + exponentials(x).total.log()]


def logsumexp_attainable(_: Call, x: Number) -> list[Number]:
    """Attainable log-sum-exp: m + log1p(Σ of the other terms)."""
    return [x.maximum() + log_of_others(exponentials(x))]


def softmax_pullbacks(p: N, v: N) -> list[N]:
    """p(v - p·v), in the two orders in which it is written."""
    weighted = p * v
    dot = weighted.sum()
    return [p * (v - dot), weighted - p * dot]


def softmax_gradient(_: Call, v: Number, x: Number) -> list[Number]:
    """Textbook gradient of softmax: from the softmax, or e(v/s - (Σ v e)/s²) differentiated step by step."""
    row = exponentials(x)
    mean = (row.terms * v).sum() / (row.total * row.total)
    stepwise = row.terms * (v / row.total - mean)
    return [*(form for p in softmaxes(row) for form in softmax_pullbacks(p, v)), stepwise.through_maximum(x)]


def softmax_gradient_attainable(_: Call, v: Number, x: Number) -> list[Number]:
    """Attainable gradient of softmax: from e/Σe."""
    return softmax_pullbacks(softmax_by_division(exponentials(x)), v)


def log_softmax_pullback(p: N, v: N) -> N:
    """v - p Σv."""
    return v - p * v.sum()


def log_softmax_gradient(_: Call, v: Number, x: Number) -> list[Number]:
    """Textbook gradient of log-softmax: v - p Σv."""
    forms = [log_softmax_pullback(p, v) for p in softmaxes(exponentials(x))]
    return [*forms, *(form.through_maximum(x) for form in forms)]


def log_softmax_gradient_attainable(_: Call, v: Number, x: Number) -> list[Number]:
    """Attainable gradient of log-softmax: v - p Σv with p = e/Σe."""
    return [log_softmax_pullback(softmax_by_division(exponentials(x)), v)]


def logsumexp_gradient(_: Call, v: Number, x: Number) -> list[Number]:
    """Textbook gradient of log-sum-exp: v p."""
    forms = [v * p for p in softmaxes(exponentials(x))]
    return [*forms, *(form.through_maximum(x) for form in forms)]


def logsumexp_gradient_attainable(_: Call, v: Number, x: Number) -> list[Number]:
    """Attainable gradient of log-sum-exp: v p with p = e/Σe."""
    return [v * softmax_by_division(exponentials(x))]
