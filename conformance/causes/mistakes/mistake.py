"""What a candidate mistake is, and how one is made from a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from logitproof.reference import format_named, function_named

from ..algorithms.arithmetic import FloatArithmetic
from ..algorithms.normal_form import NormalForm
from ..algorithms.tape import Number, gradient
from .kind import MistakeKind

Style = Callable[[NormalForm, FloatArithmetic], np.ndarray]
"""An algorithm: from cases and an arithmetic to the whole result, in the storage dtype, classes last."""

Result = Callable[[NormalForm, FloatArithmetic], np.ndarray | None]
"""The same of a candidate; None where it does not apply: an option is not given, a format is not lower."""

Rule = Callable[..., Number]
"""(case, *real arguments) → the value."""


@dataclass(frozen=True)
class Mistake:
    """One way to compute one quantity of one function wrongly.

    Attributes:
        kind: what is wrong; the same for every function that has it.
        formula: what is evaluated, e.g. "log(softmax(x))".
        function: canonical name of the function.
        quantity: "value" or "gradient:NAME".
        result: evaluates it.
        arithmetic: the dtype that it computes in, where that is the mistake; else the arithmetic's own is told.
        mended: the same algorithm with the mistake put right; None for the careful one of `algorithms.correct`.
    """

    kind: MistakeKind
    formula: str
    function: str
    quantity: str
    result: Result
    arithmetic: str | None = None
    mended: Style | None = None

    @property
    def name(self) -> str:
        """What is wrong, in a few words, e.g. "log of softmax"."""
        return self.kind.name


def quantities(function: str) -> tuple[str, ...]:
    """The quantities of a function."""
    return function_named(function).quantities


def operands(case: NormalForm, machine: FloatArithmetic) -> tuple[Number, ...]:
    """Return the real arguments in the machine's working dtype."""
    return tuple(Number(array.astype(machine.working), machine) for array in case.arguments)


def evaluated(rule: Rule) -> Style:
    """Return what a rule gives: the value, or its gradient step by step."""

    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray:
        numbers = operands(case, machine)
        value = rule(case, *numbers)
        if case.quantity == "value":
            return value.data.astype(machine.storage.numpy_dtype)
        slopes = gradient(value, case.cotangent, numbers[argument_of(case.function, case.quantity)])
        return slopes.astype(machine.storage.numpy_dtype)

    return _remembered(result)


def closed(rule: Callable[..., Number]) -> Style:
    """Return what a rule for the gradient itself gives: (case, cotangent, *real arguments) → the gradient."""

    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray:
        cotangent = Number(case.cotangent.astype(machine.working), machine)
        slopes = rule(case, cotangent, *operands(case, machine)).data
        return np.broadcast_to(slopes, case.arguments[0].shape).astype(machine.storage.numpy_dtype)

    return _remembered(result)


def _remembered(style: Style) -> Style:
    """Evaluate an algorithm once for a case and an arithmetic: many candidates are variations of few algorithms."""

    def result(case: NormalForm, machine: FloatArithmetic) -> np.ndarray:
        key = (style, machine)
        if key not in case.known:
            case.known[key] = style(case, machine)
        return case.known[key]

    return result


def argument_of(function: str, quantity: str) -> int:
    """The place, among the real arguments, of the one that a gradient is taken by."""
    real = [argument.name for argument in function_named(function).arguments if argument.is_real]
    return real.index(quantity.removeprefix("gradient:"))


def mistakes_of(
    kind: MistakeKind, formula: str, function: str, rule: Rule, mended: Rule | None = None
) -> Iterable[Mistake]:
    """Yield a wrong formula as a mistake of the value and of every gradient."""
    for quantity in quantities(function):
        text = formula if quantity == "value" else f"the gradient of {formula}"
        mended_style = None if mended is None else evaluated(mended)
        yield Mistake(kind, text, function, quantity, evaluated(rule), mended=mended_style)


def storage_of(case: NormalForm) -> np.dtype[np.generic]:
    """The dtype of the case's numbers."""
    return format_named(case.dtype).numpy_dtype
