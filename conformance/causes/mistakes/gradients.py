"""Mistakes of gradients that are written by hand: a factor forgotten, a difference that cancels, a rounded lse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..algorithms.correct import TEXTBOOK, fused_by_logits, per_unit, targets_of, textbook_by_logits
from ..algorithms.kernels import logsumexp, sigmoid, softmax, times
from ..algorithms.losses import smoothed
from ..algorithms.normal_form import NormalForm
from ..algorithms.tape import Number, where
from .logits import unshifted_softmax
from .mistake import Mistake, Rule, closed, evaluated

_CROSS_ENTROPIES = ("softmax_cross_entropy", "sparse_softmax_cross_entropy")


def _from_lse(x: Number) -> Number:
    """exp(x - lse) from the log-sum-exp as it was returned: PyTorch's logsumexp is differentiated so."""
    return (x - logsumexp(x)).exp()


def _cross_entropy(probabilities: Callable[[Number], Number]) -> Callable[..., Number]:
    def rule(case: NormalForm, v: Number, x: Number, y: Number | None = None) -> Number:
        t = targets_of(case, x, y)
        return (probabilities(x) * t.sum() - t) * per_unit(case, v)

    return rule


def _without_mass(case: NormalForm, v: Number, x: Number, y: Number | None = None) -> Number:
    return where(case.kept, softmax(x) - targets_of(case, x, y), 0.0) * per_unit(case, v)


def _sigmoid_without_weight(case: NormalForm, v: Number, x: Number, z: Number) -> Number:
    return (sigmoid(x) - smoothed(case, z, 2)) * per_unit(case, v)


def _logits() -> Iterator[tuple[str, str, str, str, Callable[..., Number]]]:
    name, by = "gradient from the rounded lse", "gradient:logits"
    yield name, "exp(x - lse)", "logsumexp", by, lambda _, v, x: v * _from_lse(x)
    yield name, "v - exp(x - lse) * sum(v)", "log_softmax", by, lambda _, v, x: v - _from_lse(x) * v.sum()
    yield (
        "exp without the shift by the maximum",
        "exp(x) / sum(exp(x))",
        "logsumexp",
        by,
        lambda _, v, x: v * unshifted_softmax(x),
    )
    for function in _CROSS_ENTROPIES:
        yield "1 - p that cancels", "softmax(x) * sum(y) - y", function, by, textbook_by_logits
        yield "1 - p that cancels", "softmax(x) * sum(y) - y", function, by, fused_by_logits
        yield name, "exp(x - lse) * sum(y) - y", function, by, _cross_entropy(_from_lse)
    yield "sum of the labels missing in the gradient", "softmax(x) - y", _CROSS_ENTROPIES[0], by, _without_mass
    yield (
        "the diagonal of the Jacobian alone",
        "v * p * (1 - p)",
        "softmax",
        by,
        lambda _, v, x: v * softmax(x) * (1 - softmax(x)),
    )
    yield "gradient through the sum missing", "v", "log_softmax", by, lambda _, v, x: v * (x * 0 + 1)


def _elements() -> Iterator[tuple[str, str, str, str, Callable[..., Number]]]:
    yield (
        "1 - p that cancels",
        "p * (1 - p)",
        "sigmoid",
        "gradient:x",
        lambda _, v, x: v * ((1 - sigmoid(x)) * sigmoid(x)),
    )
    yield "1 - p that cancels", "1 - sigmoid(x)", "log_sigmoid", "gradient:x", lambda _, v, x: v * (1 - sigmoid(x))
    yield (
        "1 - p that cancels",
        "sigmoid(x) - z",
        "sigmoid_cross_entropy",
        "gradient:logits",
        _sigmoid_without_weight,
    )


def _probabilities() -> Iterator[tuple[str, str, str, str, Callable[..., Number]]]:
    by = "gradient:probs"
    yield "derivative of the logarithm missing", "-log p", "entropy", by, lambda _, v, p: -(v * p.log())
    yield "derivative of the logarithm missing", "-log p", "entropy_terms", by, lambda _, v, p: -(v * p.log())
    for function in ("kl_divergence", "kl_divergence_terms"):
        yield "labels missing in the gradient", "-1 / p", function, by, lambda _, v, _y, p: -(v / p)
        yield (
            "derivative of the logarithm missing",
            "log y - log p",
            function,
            "gradient:labels",
            lambda _, v, y, p: v * (y.log() - p.log()),
        )
    yield "gradient as if after a softmax", "p - y", "categorical_cross_entropy", by, lambda _, v, p, y: v * (p - y)
    yield "gradient as if after a sigmoid", "p - z", "binary_cross_entropy", by, lambda _, v, p, z: v * (p - z)
    for text in ("1e-6", "1e-7", "1e-8", "1e-12"):
        yield (
            f"{text} added to a denominator",
            f"(p - z) / (p (1 - p) + {text})",
            "binary_cross_entropy",
            by,
            lambda case, v, p, z, text=text: v * (p - smoothed(case, z, 2)) / (p * (1 - p) + float(text)),
        )
    yield (
        "1 / p computed first",
        "-(v / p) * y",
        "categorical_cross_entropy",
        by,
        (lambda case, v, p, y: -(v / p) * smoothed(case, y, y.data.shape[1])),
    )


def _factors_apart(case: NormalForm, k: Number, q: Number) -> Number:
    """exp(k) (k - l) differentiated step by step: a cotangent times k - l before the small factor exp(k)."""
    del case
    return k.exp() * (k - q)


def _steps() -> Iterator[tuple[str, str, str, str, Rule]]:
    yield (
        "a product that overflows before its small factor",
        "(v * (k - l)) * exp(k)",
        "kl_divergence_terms_from_logs",
        "gradient:log_labels",
        _factors_apart,
    )
    yield (
        "1 / p computed first",
        "v / (y / p) / p",
        "kl_divergence",
        "gradient:probs",
        lambda _, y, p: times(y, (y / p).log()).sum(),
    )


def gradient_mistakes() -> Iterator[Mistake]:
    """Yield the mistakes that only gradients have."""
    for name, formula, function, quantity, rule in (*_logits(), *_elements(), *_probabilities()):
        yield Mistake(name, formula, function, quantity, closed(rule))
    for name, formula, function, quantity, value in _steps():
        yield Mistake(name, formula, function, quantity, evaluated(value))
    for function in _CROSS_ENTROPIES:
        formula = "exp(log_softmax(x)) * sum(y) - y"
        yield Mistake("1 - p that cancels", formula, function, "gradient:logits", evaluated(TEXTBOOK[function]))
