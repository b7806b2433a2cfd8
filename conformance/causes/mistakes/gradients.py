"""Mistakes of gradients that are written by hand: a factor forgotten, a difference that cancels, a rounded lse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..algorithms.correct import TEXTBOOK, fused_by_logits, per_unit, targets_of, textbook_by_logits
from ..algorithms.kernels import logsumexp, softmax
from ..algorithms.losses import smoothed
from ..algorithms.normal_form import NormalForm
from ..algorithms.tape import Number, where
from .kind import KernelPart, MistakeKind
from .logits import NOT_SHIFTED, unshifted_softmax
from .mistake import Mistake, Rule, closed, evaluated

_CROSS_ENTROPIES = ("softmax_cross_entropy", "sparse_softmax_cross_entropy")

_COMPLEMENT = MistakeKind("1 - p that cancels", None, is_of_rounding=True, is_standard=True)
_RECIPROCAL_FIRST = MistakeKind("1 / p computed first", KernelPart.FORMULA)


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
    return (x.sigmoid() - smoothed(case, z, 2)) * per_unit(case, v)


def _logits() -> Iterator[tuple[MistakeKind, str, str, str, Callable[..., Number]]]:
    by = "gradient:logits"
    rounded_lse = MistakeKind("gradient from the rounded lse", KernelPart.FORMULA, is_of_rounding=True)
    yield rounded_lse, "exp(x - lse)", "logsumexp", by, lambda _, v, x: v * _from_lse(x)
    yield rounded_lse, "v - exp(x - lse) * sum(v)", "log_softmax", by, lambda _, v, x: v - _from_lse(x) * v.sum()
    yield (
        NOT_SHIFTED,
        "exp(x) / sum(exp(x))",
        "logsumexp",
        by,
        lambda _, v, x: v * unshifted_softmax(x),
    )
    for function in _CROSS_ENTROPIES:
        yield _COMPLEMENT, "softmax(x) * sum(y) - y", function, by, textbook_by_logits
        yield _COMPLEMENT, "softmax(x) * sum(y) - y", function, by, fused_by_logits
        yield rounded_lse, "exp(x - lse) * sum(y) - y", function, by, _cross_entropy(_from_lse)
    without_mass = MistakeKind("sum of the labels missing in the gradient", KernelPart.FORMULA)
    yield without_mass, "softmax(x) - y", _CROSS_ENTROPIES[0], by, _without_mass
    yield (
        MistakeKind("the diagonal of the Jacobian alone", KernelPart.FORMULA),
        "v * p * (1 - p)",
        "softmax",
        by,
        lambda _, v, x: v * softmax(x) * (1 - softmax(x)),
    )
    without_sum = MistakeKind("gradient through the sum missing", KernelPart.FORMULA)
    yield without_sum, "v", "log_softmax", by, lambda _, v, x: v * (x * 0 + 1)


def _elements() -> Iterator[tuple[MistakeKind, str, str, str, Callable[..., Number]]]:
    yield (
        _COMPLEMENT,
        "p * (1 - p)",
        "sigmoid",
        "gradient:x",
        lambda _, v, x: v * ((1 - x.sigmoid()) * x.sigmoid()),
    )
    yield _COMPLEMENT, "1 - sigmoid(x)", "log_sigmoid", "gradient:x", lambda _, v, x: v * (1 - x.sigmoid())
    yield (
        _COMPLEMENT,
        "sigmoid(x) - z",
        "sigmoid_cross_entropy",
        "gradient:logits",
        _sigmoid_without_weight,
    )


def _probabilities() -> Iterator[tuple[MistakeKind, str, str, str, Callable[..., Number]]]:
    by = "gradient:probs"
    without_log = MistakeKind("derivative of the logarithm missing", KernelPart.FORMULA)
    without_labels = MistakeKind("labels missing in the gradient", KernelPart.FORMULA)
    as_if_softmax = MistakeKind("gradient as if after a softmax", KernelPart.FORMULA)
    as_if_sigmoid = MistakeKind("gradient as if after a sigmoid", KernelPart.FORMULA)
    yield without_log, "-log p", "entropy", by, lambda _, v, p: -(v * p.log())
    yield without_log, "-log p", "entropy_terms", by, lambda _, v, p: -(v * p.log())
    for function in ("kl_divergence", "kl_divergence_terms"):
        yield without_labels, "-1 / p", function, by, lambda _, v, _y, p: -(v / p)
        yield (
            without_log,
            "log y - log p",
            function,
            "gradient:labels",
            lambda _, v, y, p: v * (y.log() - p.log()),
        )
    yield as_if_softmax, "p - y", "categorical_cross_entropy", by, lambda _, v, p, y: v * (p - y)
    yield as_if_sigmoid, "p - z", "binary_cross_entropy", by, lambda _, v, p, z: v * (p - z)
    for text in ("1e-6", "1e-7", "1e-8", "1e-12"):
        yield (
            MistakeKind(f"{text} added to a denominator", KernelPart.FORMULA, parameter=text),
            f"(p - z) / (p (1 - p) + {text})",
            "binary_cross_entropy",
            by,
            lambda case, v, p, z, text=text: v * (p - smoothed(case, z, 2)) / (p * (1 - p) + float(text)),
        )
    yield (
        _RECIPROCAL_FIRST,
        "-(v / p) * y",
        "categorical_cross_entropy",
        by,
        (lambda case, v, p, y: -(v / p) * smoothed(case, y, y.data.shape[1])),
    )


def _factors_apart(case: NormalForm, k: Number, q: Number) -> Number:
    """exp(k) (k - l) differentiated step by step: a cotangent times k - l before the small factor exp(k)."""
    del case
    return k.exp() * (k - q)


def _steps() -> Iterator[tuple[MistakeKind, str, str, str, Rule]]:
    yield (
        MistakeKind("a product that overflows before its small factor", KernelPart.FORMULA),
        "(v * (k - l)) * exp(k)",
        "kl_divergence_terms_from_logs",
        "gradient:log_labels",
        _factors_apart,
    )
    yield (
        _RECIPROCAL_FIRST,
        "v / (y / p) / p",
        "kl_divergence",
        "gradient:probs",
        lambda _, y, p: y.times((y / p).log()).sum(),
    )


def gradient_mistakes() -> Iterator[Mistake]:
    """Yield the mistakes that only gradients have."""
    for kind, formula, function, quantity, rule in (*_logits(), *_elements(), *_probabilities()):
        yield Mistake(kind, formula, function, quantity, closed(rule))
    for kind, formula, function, quantity, value in _steps():
        yield Mistake(kind, formula, function, quantity, evaluated(value))
    for function in _CROSS_ENTROPIES:
        formula = "exp(log_softmax(x)) * sum(y) - y"
        yield Mistake(_COMPLEMENT, formula, function, "gradient:logits", evaluated(TEXTBOOK[function]))
