"""Rounding errors of the functions of probabilities: entropy, KL divergence, and cross-entropies on probabilities.

No published bound covers these; each is derived from the listed algorithm, termwise, absolute for sums. Where a term
can be written in several ways (y log(y/p) or y (log y - log p)), the textbook bound is the largest of them.
"""

from __future__ import annotations

import numpy as np

from .call import Call
from .elementwise import log1m, log1m_by_log1p
from .losses import labels_of, smoothed
from .rounding import ErrorBounded, ErrorModel
from .rows import column

# Logarithms of zero and quotients by zero are decided by the table of limits before any bound is asked for.


def cotangent_of(machine: ErrorModel, call: Call) -> ErrorBounded:
    """The cotangent, with a last axis where the value has one number per row."""
    cotangent = machine.exact(call.cotangent)  # type: ignore[arg-type]
    return column(cotangent) if call.function.result == "row" else cotangent


def where_zero(condition: np.ndarray, computed: ErrorBounded) -> ErrorBounded:
    """Put an exact zero where the condition holds: 0 log 0 = 0."""
    shape = np.broadcast_shapes(computed.value.shape, np.shape(computed.relative), np.shape(computed.absolute))
    parts = (computed.value, computed.relative, computed.absolute)
    return ErrorBounded(*(np.where(condition, 0.0, np.broadcast_to(part, shape)) for part in parts))


def plogp(machine: ErrorModel, call: Call) -> ErrorBounded:
    """-p log p."""
    probs = machine.exact(call.real[0])
    return where_zero(call.real[0] == 0, -machine.multiply(probs, machine.log(probs)))


def entropy_terms(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-p log p: one logarithm, one product."""
    return [plogp(machine, call)]


def entropy(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The sum of the terms."""
    return [machine.sum(plogp(machine, call))]


def entropy_gradient_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-v (log p + 1)."""
    slope = machine.add(machine.log(machine.exact(call.real[0])), machine.exact(1.0))
    return [-machine.multiply(cotangent_of(machine, call), slope)]


def entropy_gradient(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-v (log p + 1), or p log p differentiated step by step: -(v log p + (v p)/p)."""
    probs, factor = machine.exact(call.real[0]), cotangent_of(machine, call)
    of_logarithm = machine.multiply(factor, machine.log(probs))
    stepwise = machine.add(of_logarithm, _there_and_back(machine, factor, probs))
    return [*entropy_gradient_attainable(machine, call), -stepwise]


def _there_and_back(machine: ErrorModel, factor: ErrorBounded, number: ErrorBounded) -> ErrorBounded:
    """(v p)/p: what differentiating the logarithm in p log p leaves; v p may underflow."""
    return machine.divide(machine.multiply(factor, number), number)


def _log_ratios(machine: ErrorModel, labels: ErrorBounded, probs: ErrorBounded) -> list[ErrorBounded]:
    """log y - log p, and log(y / p)."""
    return [
        machine.subtract(machine.log(labels), machine.log(probs)),
        machine.log(machine.divide(labels, probs)),
    ]


def kl_terms_of(machine: ErrorModel, labels: ErrorBounded, probs: ErrorBounded) -> list[ErrorBounded]:
    """y (log y - log p), y log(y/p), and y log y - y log p; 0 where y = 0."""
    ratios = [machine.multiply(labels, ratio) for ratio in _log_ratios(machine, labels, probs)]
    apart = machine.subtract(
        machine.multiply(labels, machine.log(labels)), machine.multiply(labels, machine.log(probs))
    )
    return [where_zero((labels.value == 0) & (labels.absolute == 0), form) for form in (*ratios, apart)]


def kl_divergence_terms(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The terms of the divergence between probabilities."""
    return kl_terms_of(machine, machine.exact(call.real[0]), machine.exact(call.real[1]))


def kl_divergence(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The sum of the terms; or Σ y log y - Σ y log p, each summed apart."""
    return [machine.sum(form) for form in kl_divergence_terms(machine, call)]


def kl_gradient_labels_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v (log y - log p + 1)."""
    ratios = _log_ratios(machine, machine.exact(call.real[0]), machine.exact(call.real[1]))
    one = machine.exact(1.0)
    return [machine.multiply(cotangent_of(machine, call), machine.add(ratio, one)) for ratio in ratios]


def kl_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v (log y - log p + 1), or step by step: (v log y + (v y)/y) - v log p."""
    labels, probs, factor = machine.exact(call.real[0]), machine.exact(call.real[1]), cotangent_of(machine, call)
    label_terms = machine.add(machine.multiply(factor, machine.log(labels)), _there_and_back(machine, factor, labels))
    stepwise = machine.subtract(label_terms, machine.multiply(factor, machine.log(probs)))
    return [*kl_gradient_labels_attainable(machine, call), stepwise]


def kl_gradient_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-v y / p, in either order; or through the quotient y/p: -v y · (1/(y/p)) · y/p²."""
    labels, probs, factor = machine.exact(call.real[0]), machine.exact(call.real[1]), cotangent_of(machine, call)
    direct = machine.divide(machine.multiply(factor, labels), probs)
    # Differentiating y log(y/p): the logarithm's 1/(y/p), the quotient's -y/p², and the factor y: six roundings.
    through = ErrorBounded(direct.value, direct.relative + 4 * machine.unit, direct.absolute * 2)
    return [-where_zero(call.real[0] == 0, form) for form in (direct, through)]


def _kl_log_terms(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    labels, log_probs = machine.exact(call.real[0]), machine.exact(call.real[1])
    log_labels = machine.log(labels)
    together = machine.multiply(labels, machine.subtract(log_labels, log_probs))
    apart = machine.subtract(machine.multiply(labels, log_labels), machine.multiply(labels, log_probs))
    return [where_zero(call.real[0] == 0, form) for form in (together, apart)]


def kl_divergence_terms_from_log_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """y (log y - l), and y log y - y l."""
    return _kl_log_terms(machine, call)


def kl_divergence_from_log_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """The sum of the terms."""
    return [machine.sum(form) for form in _kl_log_terms(machine, call)]


def kl_log_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v (log y + 1 - l), or step by step: (v log y + (v y)/y) - v l."""
    labels, factor = machine.exact(call.real[0]), cotangent_of(machine, call)
    label_terms = machine.add(machine.multiply(factor, machine.log(labels)), _there_and_back(machine, factor, labels))
    stepwise = machine.subtract(label_terms, machine.multiply(factor, machine.exact(call.real[1])))
    return [*kl_log_gradient_labels_attainable(machine, call), stepwise]


def kl_log_gradient_labels_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v (log y + 1 - l), the two sums in either order."""
    log_labels, log_probs = machine.log(machine.exact(call.real[0])), machine.exact(call.real[1])
    one, factor = machine.exact(1.0), cotangent_of(machine, call)
    forms = [
        machine.subtract(machine.add(log_labels, one), log_probs),
        machine.add(machine.subtract(log_labels, log_probs), one),
    ]
    return [machine.multiply(factor, form) for form in forms]


def kl_log_gradient_log_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-v y."""
    return [-machine.multiply(cotangent_of(machine, call), machine.exact(call.real[0]))]


def kl_divergence_terms_from_logs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """exp(k)(k - l), and exp(k) k - exp(k) l."""
    log_labels, log_probs = machine.exact(call.real[0]), machine.exact(call.real[1])
    labels = machine.exp(log_labels)
    together = machine.multiply(labels, machine.subtract(log_labels, log_probs))
    apart = machine.subtract(machine.multiply(labels, log_labels), machine.multiply(labels, log_probs))
    return [together, apart]


def kl_logs_gradient_log_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v exp(k)(k - l + 1), v (exp(k)(k - l) + exp(k)), and (v exp(k))(k - l) + v exp(k)."""
    log_labels, log_probs = machine.exact(call.real[0]), machine.exact(call.real[1])
    labels, factor = machine.exp(log_labels), cotangent_of(machine, call)
    difference = machine.subtract(log_labels, log_probs)
    together = machine.multiply(labels, machine.add(difference, machine.exact(1.0)))
    apart = machine.add(machine.multiply(labels, difference), labels)
    pulled = machine.multiply(factor, labels)
    first = machine.add(machine.multiply(pulled, difference), pulled)
    return [*(machine.multiply(factor, form) for form in (together, apart)), first]


def kl_logs_gradient_log_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-v exp(k)."""
    return [-machine.multiply(cotangent_of(machine, call), machine.exp(machine.exact(call.real[0])))]


def categorical_cross_entropy(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-Σ y' log p, dense or index labels."""
    target = smoothed(machine, labels_of(call), call.smoothing, call.classes)
    zero = (target.value == 0) & (target.absolute == 0)
    terms = where_zero(zero, machine.multiply(target, machine.log(machine.exact(call.real[0]))))
    return [-machine.sum(terms)]


def categorical_gradient_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-v y' / p."""
    target = smoothed(machine, labels_of(call), call.smoothing, call.classes)
    upstream = machine.multiply(cotangent_of(machine, call), target)
    zero = (target.value == 0) & (target.absolute == 0)
    return [-where_zero(zero, machine.divide(upstream, machine.exact(call.real[0])))]


def categorical_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """-v (1 - ε) log p."""
    factor = machine.multiply(cotangent_of(machine, call), machine.exact(1 - call.smoothing))
    return [-machine.multiply(factor, machine.log(machine.exact(call.real[0])))]


def binary_terms(
    machine: ErrorModel, labels: ErrorBounded, log_prob: ErrorBounded, log_complement: ErrorBounded
) -> ErrorBounded:
    """-(z log p + (1 - z) log(1 - p)), a term with a zero factor exactly zero."""
    complement = machine.subtract(machine.exact(1.0), labels)
    positive = where_zero((labels.value == 0) & (labels.absolute == 0), machine.multiply(labels, log_prob))
    negative = where_zero((complement.value == 0) & (labels.error == 0), machine.multiply(complement, log_complement))
    return -machine.add(positive, negative)


def _binary_labels(machine: ErrorModel, call: Call) -> ErrorBounded:
    return smoothed(machine, call.real[1], call.smoothing, 2)


def binary_cross_entropy(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook binary cross-entropy, 1 - p rounded before the logarithm."""
    probs = machine.exact(call.real[0])
    labels = _binary_labels(machine, call)
    return [
        binary_terms(machine, labels, machine.log(probs), complement(machine, probs))
        for complement in (log1m, log1m_by_log1p)
    ]


def binary_cross_entropy_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable binary cross-entropy, log1p(-p)."""
    return binary_cross_entropy(machine, call)[1:]


def binary_gradient_probs(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """v ((1 - z)/(1 - p) - z/p), and v (p - z)/(p (1 - p)), the cotangent last or first: either may leave the range."""
    probs, labels, factor = machine.exact(call.real[0]), _binary_labels(machine, call), cotangent_of(machine, call)
    one = machine.exact(1.0)
    complement = machine.subtract(one, probs)
    positive = machine.divide(labels, probs)
    negative = machine.divide(machine.subtract(one, labels), complement)
    apart = machine.subtract(negative, positive)
    residual, product = machine.subtract(probs, labels), machine.multiply(complement, probs)
    together = machine.divide(residual, product)
    pulled_apart = machine.subtract(
        machine.divide(machine.multiply(factor, machine.subtract(one, labels)), complement),
        machine.divide(machine.multiply(factor, labels), probs),
    )
    pulled_together = machine.divide(machine.multiply(factor, residual), product)
    return [*(machine.multiply(factor, form) for form in (apart, together)), pulled_apart, pulled_together]


def _binary_gradient_labels(machine: ErrorModel, call: Call, log_complements: list[ErrorBounded]) -> list[ErrorBounded]:
    factor = machine.multiply(cotangent_of(machine, call), machine.exact(1 - call.smoothing))
    log_prob = machine.log(machine.exact(call.real[0]))
    return [machine.multiply(factor, machine.subtract(complement, log_prob)) for complement in log_complements]


def binary_gradient_labels(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Textbook: v (1 - ε)(log(1 - p) - log p), or minus the logit, log(p/(1 - p))."""
    probs = machine.exact(call.real[0])
    odds = machine.divide(probs, machine.subtract(machine.exact(1.0), probs))
    factor = machine.multiply(cotangent_of(machine, call), machine.exact(1 - call.smoothing))
    forms = _binary_gradient_labels(machine, call, [log1m(machine, probs), log1m_by_log1p(machine, probs)])
    return [*forms, -machine.multiply(factor, machine.log(odds))]


def binary_gradient_labels_attainable(machine: ErrorModel, call: Call) -> list[ErrorBounded]:
    """Attainable: log1p(-p)."""
    return _binary_gradient_labels(machine, call, [log1m_by_log1p(machine, machine.exact(call.real[0]))])
