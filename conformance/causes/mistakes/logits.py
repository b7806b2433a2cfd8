"""Mistakes with rows of logits: exponentials without a shift, logarithms of rounded sums and probabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..algorithms.kernels import log_softmax, logsumexp, softmax
from ..algorithms.losses import dense_loss, ieee_product, index_loss
from ..algorithms.normal_form import NormalForm
from ..algorithms.tape import Number
from .kind import KernelPart, MistakeKind
from .mistake import Mistake, Rule, mistakes_of

Way = Callable[[Number], Number]
"""From logits to probabilities or to their logarithms."""

EPSILONS = ("1e-6", "1e-7", "1e-8", "1e-10", "1e-12", "1e-15", "1e-16", "eps")
"""What probabilities are clipped to, or what is added to them; "eps" is the dtype's 2^(1-p)."""

NOT_SHIFTED = MistakeKind("exp without the shift by the maximum", KernelPart.FORMULA)
ZERO_TIMES_INFINITY = MistakeKind("0 times infinity", None)
_SUM_NEAR_1 = MistakeKind("log of a sum near 1", None, is_of_rounding=True, is_standard=True)
_FROM_LSE = MistakeKind("x - lse", KernelPart.FORMULA, is_of_rounding=True)
GUARDS = ("probabilities clipped to …", "… added to a probability")
"""The families of what keeps a logarithm from 0."""


def clipped_to(text: str) -> MistakeKind:
    """Return the kind of a clip at one of EPSILONS."""
    return MistakeKind(f"probabilities clipped to {text}", KernelPart.FORMULA, parameter=text)


def added_to_probability(text: str) -> MistakeKind:
    """Return the kind of an addition of one of EPSILONS."""
    return MistakeKind(f"{text} added to a probability", KernelPart.FORMULA, parameter=text)


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


LOG_WAYS: tuple[tuple[MistakeKind, str, Way], ...] = (
    (_SUM_NEAR_1, "(x - m) - log(sum(exp(x - m)))", log_softmax),
    (_FROM_LSE, "x - logsumexp(x)", lambda x: x - logsumexp(x)),
    (
        MistakeKind("log of softmax", KernelPart.FORMULA, is_of_rounding=True, covers=GUARDS),
        "log(softmax(x))",
        lambda x: softmax(x).log(),
    ),
    (NOT_SHIFTED, "x - log(sum(exp(x)))", lambda x: x - _unshifted_sum(x)),
    (NOT_SHIFTED, "log(exp(x) / sum(exp(x)))", lambda x: unshifted_softmax(x).log()),
    *(
        (
            clipped_to(text),
            f"log(clip(softmax(x), {text}, 1{f' - {text}' * upper}))",
            _clipped(text, upper=upper),
        )
        for text in EPSILONS
        for upper in (True, False)
    ),
    *(
        (
            clipped_to(text),
            f"log(clip(normalised softmax(x), {text}, 1 - {text}))",
            _renormalised(text),
        )
        for text in ("1e-7", "eps")
    ),
    *(
        (
            added_to_probability(text),
            f"log(softmax(x) + {text})",
            lambda x, text=text: (softmax(x) + epsilon(text, x)).log(),
        )
        for text in EPSILONS
    ),
)
"""Kind, formula and evaluation of ways to compute the logarithms of softmax, the simplest first."""

_SOFTMAX_WAYS: tuple[tuple[MistakeKind, str, Way], ...] = (
    (_FROM_LSE, "exp(x - logsumexp(x))", lambda x: (x - logsumexp(x)).exp()),
    (NOT_SHIFTED, "exp(x) / sum(exp(x))", unshifted_softmax),
)

_LSE_WAYS: tuple[tuple[MistakeKind, str, Way], ...] = (
    (_SUM_NEAR_1, "m + log(sum(exp(x - m)))", logsumexp),
    (NOT_SHIFTED, "log(sum(exp(x)))", _unshifted_sum),
    (
        MistakeKind("shift by the maximum only where it is positive", KernelPart.FORMULA),
        "max(m, 0) + log(sum(exp(x - max(m, 0))))",
        lambda x: _shifted_sum(x, x.maximum().positive()),
    ),
    (
        MistakeKind("the largest term counted twice", KernelPart.FORMULA),
        "m + log1p(sum(exp(x - m)))",
        lambda x: x.maximum() + (x - x.shift()).exp().sum().log1p(),
    ),
    (
        MistakeKind("inf - inf in a masked row", None),
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
    for kind, formula, way in LOG_WAYS:
        yield from mistakes_of(kind, formula, "log_softmax", _through(way))
        for function, rule in _of_losses(way, Number.times):
            yield from mistakes_of(kind, f"the loss from {formula}", function, rule)
    for kind, formula, way in _SOFTMAX_WAYS:
        yield from mistakes_of(kind, formula, "softmax", _through(way))
    for kind, formula, way in _LSE_WAYS:
        yield from mistakes_of(kind, formula, "logsumexp", _through(way))
    yield from mistakes_of(_FROM_LSE, "logsumexp(x) - x_y", "sparse_softmax_cross_entropy", _label_difference)
    for function, rule in _of_losses(log_softmax, ieee_product)[:1]:
        yield from mistakes_of(ZERO_TIMES_INFINITY, "sum of y * log_softmax(x), zero labels included", function, rule)
