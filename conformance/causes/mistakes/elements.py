"""Mistakes with single logits: sigmoid, its logarithm, softplus and the loss from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..algorithms.arithmetic import FloatArithmetic
from ..algorithms.correct import careful, sigmoid_loss, weighted
from ..algorithms.losses import constant, smoothed
from ..algorithms.normal_form import NormalForm
from ..algorithms.tape import Number, where
from .kind import KernelPart, MistakeKind
from .logits import EPSILONS, GUARDS, added_to_probability, clipped_to, epsilon
from .mistake import Mistake, Result, Rule, evaluated, mistakes_of

Way = Callable[[Number], Number]

_OVERFLOWING = MistakeKind("exp that overflows", KernelPart.FORMULA)
_WITHOUT_LOG1P = MistakeKind("log(1 + e) instead of log1p", KernelPart.FORMULA, is_of_rounding=True)
_LOG_OF_SIGMOID = MistakeKind("log of sigmoid", KernelPart.FORMULA, is_of_rounding=True, covers=GUARDS)
_CANCELLING = MistakeKind("x - x z that cancels", None, is_of_rounding=True, is_standard=True)
_CORNER = MistakeKind("derivative of |x| and max(x, 0) at 0", None)


def _naive(x: Number) -> Number:
    return 1 / ((-x).exp() + 1)


def _quotient(x: Number) -> Number:
    grown = x.exp()
    return grown / (grown + 1)


def _by_tanh(x: Number) -> Number:
    return ((x * 0.5).tanh() + 1) * 0.5


def _below_threshold(x: Number) -> Number:
    """TensorFlow's softplus: exp(x) below log(eps) + 2, x above its negative, log1p(exp(x)) between."""
    edge = float(np.log(2.0 ** (1 - x.machine.storage.precision)) + 2)
    numbers = x.data.astype(np.float64)
    inside = where(np.abs(numbers) <= -edge, x, 0.0)
    ends = where(numbers > -edge, x, where(numbers < edge, x, 0.0).exp())
    return where(np.abs(numbers) <= -edge, inside.exp().log1p(), ends)


def _linear_above(threshold: float) -> Way:
    return lambda x: where(x.data.astype(np.float64) > threshold, x, x.softplus())


def _clipped_logit(bound: float, way: Way) -> Way:
    return lambda x: way(x.clip(-bound, bound))


SIGMOID_WAYS: tuple[tuple[MistakeKind, str, Way], ...] = (
    (_OVERFLOWING, "1 / (1 + exp(-x))", _naive),
    (_OVERFLOWING, "exp(x) / (1 + exp(x))", _quotient),
    (
        MistakeKind("sigmoid by way of tanh", KernelPart.FORMULA, is_of_rounding=True),
        "(1 + tanh(x / 2)) / 2",
        _by_tanh,
    ),
    *(
        (
            MistakeKind(f"logits clipped to ±{bound}", KernelPart.FORMULA, parameter=str(bound)),
            f"sigmoid(clip(x, -{bound}, {bound}))",
            _clipped_logit(bound, Number.sigmoid),
        )
        for bound in (20, 30, 50)
    ),
)

SOFTPLUS_WAYS: tuple[tuple[MistakeKind, str, Way], ...] = (
    (_WITHOUT_LOG1P, "max(x, 0) + log(1 + exp(-|x|))", lambda x: x.positive() + _log_of_tail(x)),
    (_WITHOUT_LOG1P, "log(1 + exp(x))", lambda x: (x.exp() + 1).log()),
    (_OVERFLOWING, "log1p(exp(x))", lambda x: x.exp().log1p()),
    (_LOG_OF_SIGMOID, "-log(sigmoid(-x))", lambda x: -((-x).sigmoid().log())),
    (_LOG_OF_SIGMOID, "-log(1 - sigmoid(x))", lambda x: -((1 - x.sigmoid()).log())),
    (
        MistakeKind("softplus cut off by a threshold", KernelPart.FORMULA),
        "exp(x) or x beyond log(eps) + 2",
        _below_threshold,
    ),
    *(
        (
            MistakeKind(f"softplus taken as x above {threshold}", KernelPart.FORMULA, parameter=str(threshold)),
            f"x where x > {threshold}",
            _linear_above(threshold),
        )
        for threshold in (10, 15, 20, 30)
    ),
)


def _log_of_tail(x: Number) -> Number:
    return ((-abs(x)).exp() + 1).log()


def _negated(way: Way) -> Way:
    return lambda x: -way(-x)


def _through(way: Way) -> Rule:
    return lambda _, x: way(x)


def _from_softplus(way: Way) -> Rule:
    return lambda case, x, z: sigmoid_loss(case, way(-x), way(x), z)


def _from_logs(log: Callable[[Number], Number], way: Way = Number.sigmoid) -> Rule:
    """The loss from a sigmoid: -log p and -log(1 - p), however the logarithm is guarded."""

    def rule(case: NormalForm, x: Number, z: Number) -> Number:
        probs = way(x)
        return sigmoid_loss(case, -log(probs), -log(1 - probs), z)

    return rule


def _stable(case: NormalForm, x: Number, z: Number, slope: float) -> Number:
    """max(x, 0) - x z + log1p(e^-|x|), differentiated step by step."""
    return weighted(case, x.positive(slope) - x * smoothed(case, z, 2) + (-abs(x)).exp().log1p())


def _difference(case: NormalForm, x: Number, z: Number, slope: float) -> Number:
    """(1 - z) x - log σ(x), and the same with a weight of the positive term."""
    z = smoothed(case, z, 2)
    loss = (-abs(x)).exp().log1p() + (-x).positive(slope)
    if case.pos_weight is not None:
        loss = ((constant(case.pos_weight, z) - 1) * z + 1) * loss
    return weighted(case, (1 - z) * x + loss)


def _for(rule: Rule, *, pos_weight: bool) -> Result:
    """A formula that only is what the call asks for with a weight of the positive term, or without."""
    style = evaluated(rule)
    return lambda case, machine: style(case, machine) if (case.pos_weight is not None) == pos_weight else None


_STABLE = "max(x, 0) - x z + log1p(exp(-|x|))"
_DIFFERENCE = "(1 - z) x + log1p(exp(-|x|)) + max(-x, 0)"
_WEIGHTED = "(1 - z) x + (1 + (w - 1) z) (log1p(exp(-|x|)) + max(-x, 0))"


def _cancelling_losses() -> Iterator[tuple[str, Result]]:
    yield _STABLE, _for(lambda case, x, z: _stable(case, x, z, 0.0), pos_weight=False)
    yield _DIFFERENCE, _for(lambda case, x, z: _difference(case, x, z, 0.0), pos_weight=False)
    yield _WEIGHTED, _for(lambda case, x, z: _difference(case, x, z, 0.0), pos_weight=True)


def _clipped_sigmoid(text: str) -> Way:
    return lambda x: x.sigmoid().clip(epsilon(text, x), 1 - epsilon(text, x))


def _log_of_more(text: str) -> Way:
    return lambda p: (p + epsilon(text, p)).log()


def _guarded_losses() -> Iterator[tuple[MistakeKind, str, Rule]]:
    yield _LOG_OF_SIGMOID, "z * log(sigmoid(x)) + (1 - z) * log(1 - sigmoid(x))", _from_logs(Number.log)
    for text in EPSILONS:
        yield (
            clipped_to(text),
            f"the loss from clip(sigmoid(x), {text}, 1 - {text})",
            _from_logs(Number.log, _clipped_sigmoid(text)),
        )
        yield (
            added_to_probability(text),
            f"the loss from log(sigmoid(x) + {text})",
            _from_logs(_log_of_more(text)),
        )


def element_mistakes() -> Iterator[Mistake]:
    """Yield the mistakes of sigmoid, log_sigmoid, softplus and sigmoid_cross_entropy."""
    for kind, formula, way in SIGMOID_WAYS:
        yield from mistakes_of(kind, formula, "sigmoid", _through(way))
    for kind, formula, way in SOFTPLUS_WAYS:
        yield from mistakes_of(kind, formula, "softplus", _through(way))
        yield from mistakes_of(
            kind, f"-softplus(-x) with softplus(x) = {formula}", "log_sigmoid", _through(_negated(way))
        )
        derivation = f"the loss from softplus(x) = {formula}"
        yield from mistakes_of(kind, derivation, "sigmoid_cross_entropy", _from_softplus(way))
    for kind, formula, rule in _guarded_losses():
        yield from mistakes_of(kind, formula, "sigmoid_cross_entropy", rule)
    for formula, result in _cancelling_losses():
        for quantity in ("value", "gradient:labels"):
            yield Mistake(_CANCELLING, formula, "sigmoid_cross_entropy", quantity, result)
    for slope in (0.0, 0.5, 1.0):
        for function, formula, cornered in _at_zero(slope):
            quantity = "gradient:logits" if function == "sigmoid_cross_entropy" else "gradient:x"
            derivation = f"{formula}, differentiated with max'(0) = {slope:g}"
            yield Mistake(
                _CORNER,
                derivation,
                function,
                quantity,
                _only_at_zero(cornered, function),
            )


def _at_zero(slope: float) -> Iterator[tuple[str, str, Result]]:
    """Yield formulas with corners at 0 that are differentiated there, with max'(0) as `slope` has it."""
    softplus_formula = "max(x, 0) + log1p(exp(-|x|))"
    yield "softplus", softplus_formula, evaluated(lambda _, x: _cornered(x, slope))
    yield "log_sigmoid", softplus_formula, evaluated(lambda _, x: -_cornered(-x, slope))
    stable, difference = (lambda case, x, z, of=of: of(case, x, z, slope) for of in (_stable, _difference))
    yield "sigmoid_cross_entropy", _STABLE, _for(stable, pos_weight=False)
    yield "sigmoid_cross_entropy", _WEIGHTED, _for(difference, pos_weight=True)


def _cornered(x: Number, slope: float) -> Number:
    return x.positive(slope) + (-abs(x)).exp().log1p()


def _only_at_zero(cornered: Result, function: str) -> Result:
    """At 0 the formula differentiated; elsewhere, where it has no corner, the right gradient."""

    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray | None:
        differentiated = cornered(case, machine)
        if differentiated is None:
            return None
        return np.where(case.arguments[0] == 0, differentiated, careful(function, case.quantity)(case, machine))

    return result
