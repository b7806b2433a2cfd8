"""Rounding errors of a row's entries up to what they share: one factor for softmax, one summand for log-softmax.

Every entry of a row is divided by the same computed sum ŝ = s·e^±θ, whatever the order it was added up in. So
p̂ᵢ = c·pᵢ(1 + εᵢ) and ŷᵢ = c + yᵢ + εᵢ with one c for the row, and εᵢ knows nothing of the summation factor h(n): where
n·u is no longer small the ratios pᵢ/pⱼ and the differences yᵢ - yⱼ stay sharp.

Listed algorithms: e/ŝ; exp of d - log ŝ; and numerators of a block rescaled to the row's maximum afterwards, as
one-pass softmax has them (Milakov & Gimelshein, arXiv 1805.02867), which costs a second exponential and two roundings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..formats import format_named
from ..functions.catalogue import function_named
from .bounds import flushing_machine, textbook_machine
from .call import Call, parse_call
from .rounding import ErrorBounded, ErrorModel
from .rows import Exponentials, column, exponentials


@dataclass(frozen=True)
class Spread:
    """Largest absolute errors up to what a row shares, before the final rounding, float64, of the result's shape.

    Attributes:
        textbook: with gradual underflow.
        flushed: where results below the smallest normal number are flushed to zero.
    """

    textbook: np.ndarray
    flushed: np.ndarray


def spread_bound(
    function: str, arguments: Sequence[np.ndarray], parameters: Mapping[str, object], *, dtype: str
) -> Spread:
    """Bound |p̂ᵢ - c·pᵢ| of softmax, or |ŷᵢ - yᵢ - c| of log-softmax, for the c that suits the row best.

    Args:
        function: "softmax" or "log_softmax".
        arguments: the logits, in the storage format.
        parameters: the keywords of the call.
        dtype: name of the storage format.

    Raises:
        KeyError: the entries of another function share nothing.
    """
    storage, algorithm = format_named(dtype), _SPREADS[function]
    with np.errstate(all="ignore"):
        call = parse_call(function_named(function), storage, arguments, parameters, None)
        textbook, flushed = (
            call.restore(algorithm(machine, _row(machine, call)), "value")
            for machine in (textbook_machine(storage), flushing_machine(storage))
        )
    return Spread(textbook, flushed)


def _row(machine: ErrorModel, call: Call) -> Exponentials:
    return exponentials(machine, machine.exact(call.real[0]))


def _normaliser(machine: ErrorModel, row: Exponentials) -> tuple[ErrorBounded, np.ndarray, np.ndarray]:
    """The sum and its logarithm, free of error, with θ ≥ |log(ŝ/s)| and the largest error of log ŝ."""
    total = column(row.total)
    theta = np.log1p(total.error / total.value)
    return machine.exact(total.value), theta, column(machine.log(row.total)).error


def _softmax(machine: ErrorModel, row: Exponentials) -> np.ndarray:
    total, theta, shift = _normaliser(machine, row)
    rescaled = ErrorBounded(row.terms.value, row.terms.relative + machine.elementary + machine.unit, row.terms.absolute)
    divided = machine.divide(rescaled, total)
    rounded = machine.subtract(row.shifted, machine.exact(np.log(total.value)))
    exponentiated = machine.exp(ErrorBounded(rounded.value, rounded.relative, rounded.absolute + machine.unit * shift))
    # c differs from 1 by at most e^θ, and so do the errors that are relative to c·p.
    return np.maximum(divided.error * np.exp(theta), exponentiated.error * np.exp(shift))


def _log_softmax(machine: ErrorModel, row: Exponentials) -> np.ndarray:
    total, _, shift = _normaliser(machine, row)
    distance = np.abs(row.shifted.value)
    entry = np.abs(row.shifted.value - np.log(total.value)) + shift
    # A block's entries are first shifted by its own maximum, and then by what takes that to the row's.
    rounding = 2 * machine.unit * (distance + entry)
    return np.where(np.isinf(distance), 0.0, row.shifted.error + rounding)


_SPREADS: Mapping[str, Callable[[ErrorModel, Exponentials], np.ndarray]] = MappingProxyType(
    {"softmax": _softmax, "log_softmax": _log_softmax}
)
