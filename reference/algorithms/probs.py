"""The functions of probabilities: entropy, KL divergence, and cross-entropies on probabilities.

No published bound covers these; each is derived from the listed algorithm, termwise, absolute for sums. Where a term
can be written in several ways (y log(y/p) or y (log y - log p)), the textbook bound is the largest of them.
"""

from __future__ import annotations

from ..call import Call
from .losses import labels_of, smoothed
from .number import Number

# Logarithms of zero and quotients by zero are decided by the table of limits before any bound is asked for.


def entropy_terms(_: Call, p: Number) -> list[Number]:
    """-p log p: one logarithm, one product."""
    return [-p.times(p.log())]


def entropy(call: Call, p: Number) -> list[Number]:
    """The sum of the terms."""
    return [form.sum() for form in entropy_terms(call, p)]


def entropy_gradient_attainable(_: Call, v: Number, p: Number) -> list[Number]:
    """-v (log p + 1)."""
    return [-(v * (p.log() + 1))]


def entropy_gradient(call: Call, v: Number, p: Number) -> list[Number]:
    """-v (log p + 1), or p log p differentiated step by step: -(v log p + (v p)/p)."""
    return [*entropy_gradient_attainable(call, v, p), -(v * p.log() + _there_and_back(v, p))]


def _there_and_back(v: Number, number: Number) -> Number:
    """(v p)/p: what differentiating the logarithm in p log p leaves; v p may underflow."""
    return v * number / number


def kl_divergence_terms(_: Call, y: Number, p: Number) -> list[Number]:
    """y (log y - log p), y log(y/p), and y log y - y log p; 0 where y = 0."""
    apart = y * y.log() - y * p.log()
    return [y.times(y.log() - p.log()), y.times((y / p).log()), apart.zero_at(y)]


def kl_divergence(call: Call, y: Number, p: Number) -> list[Number]:
    """The sum of the terms; or Σ y log y - Σ y log p, each summed apart."""
    return [form.sum() for form in kl_divergence_terms(call, y, p)]


def kl_gradient_labels_attainable(_: Call, v: Number, y: Number, p: Number) -> list[Number]:
    """v (log y - log p + 1), v (log(y/p) + 1)."""
    return [v * (ratio + 1) for ratio in (y.log() - p.log(), (y / p).log())]


def kl_gradient_labels(call: Call, v: Number, y: Number, p: Number) -> list[Number]:
    """v (log y - log p + 1), or step by step: (v log y + (v y)/y) - v log p."""
    stepwise = (v * y.log() + _there_and_back(v, y)) - v * p.log()
    return [*kl_gradient_labels_attainable(call, v, y, p), stepwise]


def kl_gradient_probs(_: Call, v: Number, y: Number, p: Number) -> list[Number]:
    """-v y / p, in either order; or through the quotient y/p: -v y · (1/(y/p)) · y/p²."""
    direct = v * y / p
    # Differentiating y log(y/p): the logarithm's 1/(y/p), the quotient's -y/p², and the factor y: six roundings.
    forms = (direct, direct.with_roundings(4, underflows=2))
    return [-form.zero_at(y) for form in forms]


def kl_divergence_terms_from_log_probs(_: Call, y: Number, logs: Number) -> list[Number]:
    """y (log y - l), and y log y - y l."""
    return [y.times(y.log() - logs), (y * y.log() - y * logs).zero_at(y)]


def kl_divergence_from_log_probs(call: Call, y: Number, logs: Number) -> list[Number]:
    """The sum of the terms."""
    return [form.sum() for form in kl_divergence_terms_from_log_probs(call, y, logs)]


def kl_log_gradient_labels(call: Call, v: Number, y: Number, logs: Number) -> list[Number]:
    """v (log y + 1 - l), or step by step: (v log y + (v y)/y) - v l."""
    stepwise = (v * y.log() + _there_and_back(v, y)) - v * logs
    return [*kl_log_gradient_labels_attainable(call, v, y, logs), stepwise]


def kl_log_gradient_labels_attainable(_: Call, v: Number, y: Number, logs: Number) -> list[Number]:
    """v (log y + 1 - l), the two sums in either order."""
    return [v * form for form in ((y.log() + 1) - logs, (y.log() - logs) + 1)]


def kl_log_gradient_log_probs(_: Call, v: Number, y: Number, __: Number) -> list[Number]:
    """-v y."""
    return [-(v * y)]


def kl_divergence_terms_from_logs(_: Call, log_y: Number, log_p: Number) -> list[Number]:
    """exp(k)(k - l), and exp(k) k - exp(k) l."""
    y = log_y.exp()
    return [y.times(log_y - log_p), y * log_y - y * log_p]


def kl_logs_gradient_log_labels(_: Call, v: Number, log_y: Number, log_p: Number) -> list[Number]:
    """v exp(k)(k - l + 1), v (exp(k)(k - l) + exp(k)), and (v exp(k))(k - l) + v exp(k)."""
    y, difference = log_y.exp(), log_y - log_p
    first = v * y
    return [v * (y * (difference + 1)), v * (y * difference + y), first * difference + first]


def kl_logs_gradient_log_probs(_: Call, v: Number, log_y: Number, __: Number) -> list[Number]:
    """-v exp(k)."""
    return [-(v * log_y.exp())]


def categorical_cross_entropy(call: Call, p: Number, *dense: Number) -> list[Number]:
    """-Σ y' log p, dense or index labels."""
    return [-smoothed(call, labels_of(call, p, *dense), call.classes).times(p.log()).sum()]


def categorical_gradient_probs(call: Call, v: Number, p: Number, *dense: Number) -> list[Number]:
    """-v y' / p."""
    target = smoothed(call, labels_of(call, p, *dense), call.classes)
    return [-(v * target / p).zero_at(target)]


def categorical_gradient_labels(call: Call, v: Number, p: Number, _: Number) -> list[Number]:
    """-v (1 - ε) log p."""
    return [-(v * (1 - call.smoothing) * p.log())]


def binary_terms(z: Number, log_prob: Number, log_complement: Number) -> Number:
    """-(z log p + (1 - z) log(1 - p)), a term with a zero factor exactly zero."""
    return -(z.times(log_prob) + ((1 - z) * log_complement).zero_at(z, 1.0))


def log_complements(p: Number) -> list[Number]:
    """log(1 - p), the difference rounded first: absolute accuracy only; and log1p(-p): relative accuracy."""
    return [(1 - p).log(), (-p).log1p()]


def binary_cross_entropy(call: Call, p: Number, z: Number) -> list[Number]:
    """Textbook binary cross-entropy, 1 - p rounded before the logarithm."""
    return [binary_terms(smoothed(call, z, 2), p.log(), rest) for rest in log_complements(p)]


def binary_cross_entropy_attainable(call: Call, p: Number, z: Number) -> list[Number]:
    """Attainable binary cross-entropy, log1p(-p)."""
    return binary_cross_entropy(call, p, z)[1:]


def binary_gradient_probs(call: Call, v: Number, p: Number, z: Number) -> list[Number]:
    """v ((1 - z)/(1 - p) - z/p), and v (p - z)/(p (1 - p)), the cotangent last or first: either may leave the range."""
    z = smoothed(call, z, 2)
    rest = 1 - p
    residual, product = p - z, rest * p
    pulled_apart = v * (1 - z) / rest - v * z / p
    return [v * ((1 - z) / rest - z / p), v * (residual / product), pulled_apart, v * residual / product]


def binary_gradient_labels(call: Call, v: Number, p: Number, _: Number) -> list[Number]:
    """Textbook: v (1 - ε)(log(1 - p) - log p), or minus the logit, log(p/(1 - p))."""
    factor = v * (1 - call.smoothing)
    forms = [factor * (rest - p.log()) for rest in log_complements(p)]
    return [*forms, -(factor * (p / (1 - p)).log())]


def binary_gradient_labels_attainable(call: Call, v: Number, p: Number, z: Number) -> list[Number]:
    """Attainable: log1p(-p)."""
    return binary_gradient_labels(call, v, p, z)[1:2]
