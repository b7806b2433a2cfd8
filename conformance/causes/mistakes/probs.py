"""Mistakes with probabilities and log-probabilities: clips, additions, cancellation, 0 log 0, the wrong sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..algorithms.losses import dense_loss, ieee_product, index_loss, smoothed
from ..algorithms.normal_form import NormalForm
from ..algorithms.tape import Number
from .kind import KernelPart, MistakeKind
from .logits import EPSILONS, ZERO_TIMES_INFINITY, added_to_probability, clipped_to, epsilon
from .mistake import Mistake, Rule, mistakes_of

Guard = Callable[[Number], Number]
Product = Callable[[Number, Number], Number]

_WITHOUT_LOG1P = MistakeKind("log(1 - p) instead of log1p", None, is_of_rounding=True, is_standard=True)
_QUOTIENTS = MistakeKind("difference of quotients that cancels", None, is_of_rounding=True, is_standard=True)
_LOGARITHMS = MistakeKind("difference of logarithms that cancels", None, is_of_rounding=True, is_standard=True)
_NORMALISED = MistakeKind("probabilities normalised first", KernelPart.FORMULA)


def _clip(text: str, *, upper: bool) -> Guard:
    return lambda p: p.clip(epsilon(text, p), 1 - epsilon(text, p) if upper else 1.0)


def _add(text: str) -> Guard:
    return lambda p: p + epsilon(text, p)


def _normalise(p: Number) -> Number:
    return p / p.sum()


def _guards() -> Iterator[tuple[MistakeKind, str, Guard]]:
    for text in EPSILONS:
        for upper in (True, False):
            yield clipped_to(text), f"p = clip(p, {text}, 1{f' - {text}' * upper})", _clip(text, upper=upper)
        yield added_to_probability(text), f"p + {text}", _add(text)


def _with(guard: Guard, product: Product = Number.times) -> dict[str, Rule]:
    """Every function of probabilities, with all of them guarded."""

    def kl(case: NormalForm, y: Number, p: Number) -> Number:
        del case
        return product(y, guard(y).log() - guard(p).log())

    def entropy(case: NormalForm, p: Number) -> Number:
        del case
        return -product(p, guard(p).log())

    return {
        "categorical_cross_entropy": lambda case, p, y: dense_loss(case, guard(p).log(), y, product),
        "sparse_categorical_cross_entropy": lambda case, p: index_loss(case, guard(p).log(), product),
        "entropy_terms": entropy,
        "entropy": lambda case, p: entropy(case, p).sum(),
        "kl_divergence_terms": kl,
        "kl_divergence": lambda case, y, p: kl(case, y, p).sum(),
    }


def _binary(guard: Guard) -> Rule:
    def rule(case: NormalForm, p: Number, z: Number) -> Number:
        z, guarded = smoothed(case, z, 2), guard(p)
        return -(z.times(guarded.log()) + (1 - z).times((1 - guarded).log()))

    return rule


def _added_binary(text: str) -> Rule:
    def rule(case: NormalForm, p: Number, z: Number) -> Number:
        z, eps = smoothed(case, z, 2), epsilon(text, p)
        return -(z.times((p + eps).log()) + (1 - z).times((1 - p + eps).log()))

    return rule


def _quotient(guard: Guard) -> dict[str, Rule]:
    """The divergence from the logarithm of one quotient."""

    def kl(case: NormalForm, y: Number, p: Number) -> Number:
        del case
        return y.times((guard(y) / guard(p)).log())

    return {"kl_divergence_terms": kl, "kl_divergence": lambda case, y, p: kl(case, y, p).sum()}


def _clipped_logit(text: str) -> Rule:
    def rule(case: NormalForm, p: Number) -> Number:
        del case
        clipped = p.clip(epsilon(text, p), 1 - epsilon(text, p))
        return (clipped / (1 - clipped)).log()

    return rule


def _normalised() -> Iterator[tuple[str, Rule]]:
    yield "categorical_cross_entropy", lambda case, p, y: dense_loss(case, _normalise(p).log(), y, Number.times)
    yield "sparse_categorical_cross_entropy", lambda case, p: index_loss(case, _normalise(p).log(), Number.times)
    yield "entropy", lambda _, p: -_normalise(p).times(_normalise(p).log()).sum()
    yield "kl_divergence", lambda _, y, p: y.times(y.log() - _normalise(p).log()).sum()


def _same(p: Number) -> Number:
    return p


def _of_binary() -> Iterator[Mistake]:
    formula = "z * log(p) + (1 - z) * log(1 - p)"
    for each in mistakes_of(_WITHOUT_LOG1P, formula, "binary_cross_entropy", _binary(_same)):
        if each.quantity == "gradient:probs":
            # No logarithm is left in it.
            yield replace(each, kind=_QUOTIENTS, formula="(1 - z) / (1 - p) - z / p")
        else:
            yield each


def probability_mistakes() -> Iterator[Mistake]:
    """Yield the mistakes of functions of probabilities."""
    for kind, formula, guard in _guards():
        for guarded, unguarded in ((_with(guard), _with(_same)), (_quotient(guard), _quotient(_same))):
            for function, rule in guarded.items():
                yield from mistakes_of(kind, f"{function} with {formula}", function, rule, unguarded[function])
    for text in EPSILONS:
        yield from mistakes_of(
            clipped_to(text),
            f"log(p / (1 - p)) with p = clip(p, {text}, 1 - {text})",
            "logit",
            _clipped_logit(text),
            _clipped_logit("0"),
        )
        yield from mistakes_of(
            clipped_to(text),
            f"binary_cross_entropy with p = clip(p, {text}, 1 - {text})",
            "binary_cross_entropy",
            _binary(_clip(text, upper=True)),
            _binary(_same),
        )
        yield from mistakes_of(
            added_to_probability(text),
            f"log(p + {text}), log(1 - p + {text})",
            "binary_cross_entropy",
            _added_binary(text),
            _added_binary("0"),
        )
    yield from _of_binary()
    yield from mistakes_of(_WITHOUT_LOG1P, "log(p) - log(1 - p)", "logit", lambda _, p: p.log() - (1 - p).log())
    yield from mistakes_of(_WITHOUT_LOG1P, "log(p / (1 - p))", "logit", lambda _, p: (p / (1 - p)).log())
    for function, rule in _with(_same, ieee_product).items():
        yield from mistakes_of(ZERO_TIMES_INFINITY, "a factor 0 times log(0)", function, rule)
    for function, rule in _normalised():
        yield from mistakes_of(_NORMALISED, f"{function} with p = p / sum(p)", function, rule)
    yield from mistakes_of(
        MistakeKind("labels and probabilities exchanged", KernelPart.FORMULA),
        "sum(p * log(p / y))",
        "kl_divergence",
        lambda _, y, p: p.times(p.log() - y.log()).sum(),
    )
    yield from mistakes_of(
        MistakeKind("the entropy of the labels missing", KernelPart.FORMULA),
        "-y * log p",
        "kl_divergence_terms_from_log_probs",
        lambda _, y, q: -(y * q),
    )
    yield from mistakes_of(
        _LOGARITHMS,
        "y * (log(y) - log(p))",
        "kl_divergence_terms",
        lambda _, y, p: y.times(y.log() - p.log()),
    )
    yield from mistakes_of(
        _LOGARITHMS,
        "sum(y * (log(y) - log(p)))",
        "kl_divergence",
        lambda _, y, p: y.times(y.log() - p.log()).sum(),
    )
