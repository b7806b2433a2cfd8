"""Rounding errors of the row functions: softmax, log-softmax, log-sum-exp, and their gradients.

The textbook algorithms shift by the maximum m, exponentiate d = x - m and sum (Blanchard, Higham & Higham, IMA JNA 41
(2021), algorithms 3.1 and 4.1). Softmax is e/Σe or exp(log-softmax); log-softmax is d - log Σe, not x - lse, whose
error grows with the offset (their §4). Gradients are formed from the softmax, or by differentiating the listing step
by step, through the maximum too. The attainable algorithms take the sum without the largest term and log1p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .call import Call
from .rounding import ErrorBounded, ErrorModel


@dataclass(frozen=True)
class Exponentials:
    """The steps every row function shares: d = x - max x, e = exp d, s = Σe."""

    shifted: ErrorBounded
    terms: ErrorBounded
    total: ErrorBounded

    @property
    def others(self) -> ErrorBounded:
        """The terms without the (first) largest one, which is exp 0."""
        value = self.shifted.value
        largest = np.arange(value.shape[-1]) == np.argmax(value, axis=-1)[..., None]
        parts = (
            np.broadcast_to(part, value.shape) for part in (self.terms.value, self.terms.relative, self.terms.absolute)
        )
        return ErrorBounded(*(np.where(largest, 0.0, part) for part in parts))


def column(computed: ErrorBounded) -> ErrorBounded:
    """Give a number per row a last axis of length one."""
    return ErrorBounded(
        *(
            np.asarray(part)[..., None] if np.ndim(part) else part
            for part in (computed.value, computed.relative, computed.absolute)
        )
    )


def exponentials(machine: ErrorModel, logits: ErrorBounded) -> Exponentials:
    """Shift, exponentiate, sum."""
    maximum = ErrorBounded(np.max(logits.value, axis=-1, keepdims=True), np.zeros(()), np.zeros(()))
    shifted = machine.subtract(logits, maximum)
    terms = machine.exp(shifted)
    return Exponentials(shifted, terms, machine.sum_positive(terms))


def log_softmax_by_log(machine: ErrorModel, row: Exponentials) -> ErrorBounded:
    """d - log Σe: the textbook algorithm."""
    return machine.subtract(row.shifted, column(machine.log(row.total)))


def log_softmax_by_log1p(machine: ErrorModel, row: Exponentials) -> ErrorBounded:
    """d - log1p(Σ of the other terms): keeps relative accuracy as the largest probability tends to 1."""
    return machine.subtract(row.shifted, column(machine.log1p(machine.sum_positive(row.others))))


def softmax_by_division(machine: ErrorModel, row: Exponentials) -> ErrorBounded:
    """e / Σe."""
    return machine.divide(row.terms, column(row.total))


def softmax_by_exp(machine: ErrorModel, row: Exponentials) -> ErrorBounded:
    """exp(log-softmax)."""
    return machine.exp(log_softmax_by_log(machine, row))


def through_maximum(machine: ErrorModel, logits: np.ndarray, gradient: ErrorBounded) -> ErrorBounded:
    """Add what differentiating through the maximum leaves on it: the rounding errors of the gradient's sum.

    In exact arithmetic the path through max x carries the sum of the gradient over the row, which shift invariance
    makes a constant known without error; in floating point the errors of the sum land on the largest entries.
    """
    leak = machine.sum(gradient).error
    at_maximum = logits == np.max(logits, axis=-1, keepdims=True)
    return ErrorBounded(
        gradient.value, gradient.relative, gradient.absolute + np.where(at_maximum, leak[..., None], 0.0)
    )


def softmaxes(machine: ErrorModel, row: Exponentials) -> list[ErrorBounded]:
    """Both textbook forms of softmax."""
    return [softmax_by_division(machine, row), softmax_by_exp(machine, row)]


def _row(machine: ErrorModel, call: Call) -> Exponentials:
    return exponentials(machine, machine.exact(call.real[0]))


def softmax(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook softmax."""
    return softmaxes(machine, _row(machine, call))


def softmax_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable softmax."""
    return [softmax_by_division(machine, _row(machine, call))]


def log_softmax(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook log-softmax."""
    return [log_softmax_by_log(machine, _row(machine, call))]


def log_softmax_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable log-softmax."""
    return [log_softmax_by_log1p(machine, _row(machine, call))]


def _maximum(machine: ErrorModel, call: Call) -> ErrorBounded:
    return machine.exact(np.max(call.real[0], axis=-1))


def logsumexp(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook log-sum-exp: m + log Σe."""
    return [machine.add(_maximum(machine, call), machine.log(_row(machine, call).total))]


def logsumexp_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable log-sum-exp: m + log1p(Σ of the other terms)."""
    others = machine.sum_positive(_row(machine, call).others)
    return [machine.add(_maximum(machine, call), machine.log1p(others))]


def softmax_pullbacks(machine: ErrorModel, probs: ErrorBounded, cotangent: ErrorBounded) -> list[ErrorBounded]:
    """p(v - p·v), in the two orders in which it is written."""
    weighted = machine.multiply(probs, cotangent)
    dot = column(machine.sum(weighted))
    return [
        machine.multiply(probs, machine.subtract(cotangent, dot)),
        machine.subtract(weighted, machine.multiply(probs, dot)),
    ]


def softmax_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient of softmax: from the softmax, or e(v/s - (Σ v e)/s²) differentiated step by step."""
    row = _row(machine, call)
    cotangent = machine.exact(call.cotangent)  # type: ignore[arg-type]
    total = column(row.total)
    mean = machine.divide(column(machine.sum(machine.multiply(row.terms, cotangent))), machine.multiply(total, total))
    stepwise = machine.multiply(row.terms, machine.subtract(machine.divide(cotangent, total), mean))
    forms = [form for probs in softmaxes(machine, row) for form in softmax_pullbacks(machine, probs, cotangent)]
    return [*forms, through_maximum(machine, call.real[0], stepwise)]


def softmax_gradient_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient of softmax: from e/Σe."""
    probs = softmax_by_division(machine, _row(machine, call))
    return softmax_pullbacks(machine, probs, machine.exact(call.cotangent))  # type: ignore[arg-type]


def _log_softmax_pullback(machine: ErrorModel, probs: ErrorBounded, cotangent: ErrorBounded) -> ErrorBounded:
    return machine.subtract(cotangent, machine.multiply(probs, column(machine.sum(cotangent))))


def log_softmax_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient of log-softmax: v - p Σv."""
    row = _row(machine, call)
    cotangent = machine.exact(call.cotangent)  # type: ignore[arg-type]
    forms = [_log_softmax_pullback(machine, probs, cotangent) for probs in softmaxes(machine, row)]
    return [*forms, *(through_maximum(machine, call.real[0], form) for form in forms)]


def log_softmax_gradient_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient of log-softmax: v - p Σv with p = e/Σe."""
    probs = softmax_by_division(machine, _row(machine, call))
    return [_log_softmax_pullback(machine, probs, machine.exact(call.cotangent))]  # type: ignore[arg-type]


def logsumexp_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook gradient of log-sum-exp: v p."""
    row = _row(machine, call)
    cotangent = column(machine.exact(call.cotangent))  # type: ignore[arg-type]
    forms = [machine.multiply(cotangent, probs) for probs in softmaxes(machine, row)]
    return [*forms, *(through_maximum(machine, call.real[0], form) for form in forms)]


def logsumexp_gradient_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable gradient of log-sum-exp: v p with p = e/Σe."""
    probs = softmax_by_division(machine, _row(machine, call))
    return [machine.multiply(column(machine.exact(call.cotangent)), probs)]  # type: ignore[arg-type]
