"""Mistakes with rows of logits: exponentials without a shift, logarithms of rounded sums and probabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..algorithms.kernels import finite_maximum, log_softmax, logsumexp, softmax, times
from ..algorithms.losses import dense_loss, ieee_product, index_loss
from ..algorithms.normal_form import NormalForm
from ..algorithms.tape import Number
from .mistake import Mistake, Rule, mistakes_of

Way = Callable[[Number], Number]
"""From logits to probabilities or to their logarithms."""

EPSILONS = ("1e-6", "1e-7", "1e-8", "1e-10", "1e-12", "1e-15", "1e-16", "eps")
"""What probabilities are clipped to, or what is added to them; "eps" is the dtype's 2^(1-p)."""


def epsilon(text: str, number: Number) -> float:
    """Return one of EPSILONS as a number."""
    return 2.0 ** (1 - number.machine.storage.precision) if text == "eps" else float(text)


def unshifted_softmax(x: Number) -> Number:
    """e^x / Σ e^x."""
    terms = x.exp()
    return terms / terms.sum()


def _unshifted_sum(x: Number) -> Number:
    return x.exp().sum().log()


def _clipped(text: str, *, upper: bool) -> Way:
    def way(x: Number) -> Number:
        eps = epsilon(text, x)
        return softmax(x).clip(eps, 1 - eps if upper else 1.0).log()

    return way


def _renormalised(text: str) -> Way:
    def way(x: Number) -> Number:
        eps = epsilon(text, x)
        probs = softmax(x)
        return (probs / probs.sum()).clip(eps, 1 - eps).log()

    return way


LOG_WAYS: tuple[tuple[str, str, Way], ...] = (
    ("log of a sum near 1", "(x - m) - log(sum(exp(x - m)))", log_softmax),
    ("x - lse", "x - logsumexp(x)", lambda x: x - logsumexp(x)),
    ("log of softmax", "log(softmax(x))", lambda x: softmax(x).log()),
    ("exp without the shift by the maximum", "x - log(sum(exp(x)))", lambda x: x - _unshifted_sum(x)),
    ("exp without the shift by the maximum", "log(exp(x) / sum(exp(x)))", lambda x: unshifted_softmax(x).log()),
    *(
        (
            f"probabilities clipped to {text}",
            f"log(clip(softmax(x), {text}, 1{f' - {text}' * upper}))",
            _clipped(text, upper=upper),
        )
        for text in EPSILONS
        for upper in (True, False)
    ),
    *(
        (
            f"probabilities clipped to {text}",
            f"log(clip(normalised softmax(x), {text}, 1 - {text}))",
            _renormalised(text),
        )
        for text in ("1e-7", "eps")
    ),
    *(
        (
            f"{text} added to a probability",
            f"log(softmax(x) + {text})",
            lambda x, text=text: (softmax(x) + epsilon(text, x)).log(),
        )
        for text in EPSILONS
    ),
)
"""Name, formula and evaluation of ways to compute the logarithms of softmax, the simplest first."""

_SOFTMAX_WAYS: tuple[tuple[str, str, Way], ...] = (
    ("x - lse", "exp(x - logsumexp(x))", lambda x: (x - logsumexp(x)).exp()),
    ("exp without the shift by the maximum", "exp(x) / sum(exp(x))", unshifted_softmax),
)

_LSE_WAYS: tuple[tuple[str, str, Way], ...] = (
    ("log of a sum near 1", "m + log(sum(exp(x - m)))", logsumexp),
    ("exp without the shift by the maximum", "log(sum(exp(x)))", _unshifted_sum),
    (
        "shift by the maximum only where it is positive",
        "max(m, 0) + log(sum(exp(x - max(m, 0))))",
        lambda x: _shifted_sum(x, x.maximum().positive()),
    ),
    (
        "the largest term counted twice",
        "m + log1p(sum(exp(x - m)))",
        lambda x: x.maximum() + (x - finite_maximum(x)).exp().sum().log1p(),
    ),
    (
        "inf - inf in a masked row",
        "m + log(sum(exp(x - m))) with m = -inf",
        lambda x: _shifted_sum(x, x.maximum()),
    ),
)


def _shifted_sum(x: Number, shift: Number) -> Number:
    return shift + (x - shift).exp().sum().log()


def _through(way: Way) -> Rule:
    return lambda _, x: way(x)


def _of_losses(way: Way, product: Callable[[Number, Number], Number]) -> tuple[tuple[str, Rule], ...]:
    return (
        ("softmax_cross_entropy", lambda case, x, y: dense_loss(case, way(x), y, product)),
        ("sparse_softmax_cross_entropy", lambda case, x: index_loss(case, way(x), product)),
    )


def _label_difference(case: NormalForm, x: Number) -> Number:
    return logsumexp(x) - x.pick(case.index)


def logits_mistakes() -> Iterator[Mistake]:
    """Yield the mistakes of functions of rows of logits."""
    for name, formula, way in LOG_WAYS:
        yield from mistakes_of(name, formula, "log_softmax", _through(way))
        for function, rule in _of_losses(way, times):
            yield from mistakes_of(name, f"the loss from {formula}", function, rule)
    for name, formula, way in _SOFTMAX_WAYS:
        yield from mistakes_of(name, formula, "softmax", _through(way))
    for name, formula, way in _LSE_WAYS:
        yield from mistakes_of(name, formula, "logsumexp", _through(way))
    yield from mistakes_of("x - lse", "logsumexp(x) - x_y", "sparse_softmax_cross_entropy", _label_difference)
    for function, rule in _of_losses(log_softmax, ieee_product)[:1]:
        yield from mistakes_of("0 times infinity", "sum of y * log_softmax(x), zero labels included", function, rule)
