"""Rounding errors of a row's entries up to what they share: one factor for softmax, one summand for log-softmax.

Every entry of a row is divided by the same computed sum ŝ = s·e^±θ, whatever the order it was added up in. So
p̂ᵢ = c·pᵢ(1 + εᵢ) and ŷᵢ = c + yᵢ + εᵢ with one c for the row, and εᵢ knows nothing of the summation factor h(n): where
n·u is no longer small the ratios pᵢ/pⱼ and the differences yᵢ - yⱼ stay sharp.

Listed algorithms: e/ŝ; exp of d - log ŝ; and numerators of a block rescaled to the row's maximum afterwards, as
one-pass softmax has them (Milakov & Gimelshein, arXiv 1805.02867), which costs a second exponential and two roundings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..algorithms.rows import Exponentials, exponentials
from ..call import Call
from .bounds import flushing_machine, textbook_machine
from .rounding import ErrorBounded, ErrorModel


@dataclass(frozen=True)
class Spread:
    """Largest absolute errors up to what a row shares, before the final rounding, float64, of the result's shape.

    Attributes:
        textbook: with gradual underflow.
        flushed: where results below the smallest normal number are flushed to zero.
    """

    textbook: np.ndarray
    flushed: np.ndarray


def spread_bound(call: Call) -> Spread:
    """Bound |p̂ᵢ - c·pᵢ| of softmax, or |ŷᵢ - yᵢ - c| of log-softmax, for the c that suits the row best.

    Raises:
        ValueError: the entries of another function share nothing.
    """
    if call.function.shared is None:
        raise ValueError(f"the entries of {call.function.name} share nothing")
    with np.errstate(all="ignore"):
        return Spread(
            *(
                call.restored(_shared_apart(machine, exponentials(machine.exact(call.arguments[0])), call))
                for machine in (textbook_machine(call.format), flushing_machine(call.format))
            )
        )


def _shared_apart(machine: ErrorModel, row: Exponentials[ErrorBounded], call: Call) -> np.ndarray:
    """Bound the errors of a row's entries but for what they share: the sum, or its logarithm."""
    total = row.total
    shift = total.log().error  # the largest error of log ŝ
    if call.function.shared == "summand":
        distance = np.abs(row.shifted.value)
        entry = np.abs(row.shifted.value - np.log(total.value)) + shift
        # A block's entries are first shifted by its own maximum, and then by what takes that to the row's.
        rounding = 2 * machine.unit * (distance + entry)
        return np.where(np.isinf(distance), 0.0, row.shifted.error + rounding)
    theta = np.log1p(total.error / total.value)  # at least |log(ŝ/s)|
    rescaled = replace(row.terms, relative=row.terms.relative + machine.elementary + machine.unit)
    divided = rescaled / total.value
    rounded = row.shifted - np.log(total.value)
    exponentiated = replace(rounded, absolute=rounded.absolute + machine.unit * shift).exp()
    # c differs from 1 by at most e^θ, and so do the errors that are relative to c·p.
    return np.asarray(np.maximum(divided.error * np.exp(theta), exponentiated.error * np.exp(shift)))
