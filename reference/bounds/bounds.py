"""How accurately each function can be computed: the textbook and the attainable bound, element by element.

*Textbook* (A): what the standard algorithm, competently written, may lose: unit roundoff u of the storage format,
exp and log within 4 ulp, sequential summation, intermediates rounded to storage. *Attainable* (M): what a careful
implementation reaches at no great cost: u_c = min(u, 2^-24), summation factor ⌈log₂ n⌉ + 8, log1p forms.

Each bound is the largest error of the listed algorithms, run over `ErrorBounded` numbers (see `rounding`). The final
rounding to storage is not in it: it depends on the exact result, which the judge has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..call import Call
from ..formats import FORMATS, Format
from .rounding import ErrorBounded, ErrorModel, Listing, blocked, operands, sequential


@dataclass(frozen=True)
class Bounds:
    """Largest absolute errors before the final rounding, float64, of the shape of the result.

    Attributes:
        textbook: of the standard algorithm in the storage format.
        attainable: of a careful implementation.
    """

    textbook: np.ndarray
    attainable: np.ndarray


def error_bounds(call: Call) -> Bounds:
    """Bound the error of every element of a result."""
    textbook, attainable = call.asked.textbook, call.asked.attainable
    return Bounds(
        textbook=_largest(call, textbook, textbook_machine(call.format)),
        attainable=_largest(call, attainable or textbook, attainable_machine(call.format)),
    )


def flushed_bound(call: Call) -> np.ndarray:
    """Return the textbook bound on hardware that flushes results below the smallest normal number to zero.

    It is asked for only where `may_be_flushed`.
    """
    return _largest(call, call.asked.textbook, flushing_machine(call.format))


def may_be_flushed(storage: Format, computed: np.ndarray) -> np.ndarray:
    """Tell which numbers hardware can have computed that flushes what is below the smallest normal number to zero.

    It gives zeros and normal numbers: a subnormal result shows that nothing was flushed. Processors and graphics cards
    have such a mode for float32 and the formats of its range or more; float16 they convert, and never flush.

    Args:
        storage: the format of the results.
        computed: the results, float64.
    """
    zero = computed == 0
    if storage.smallest_normal > FORMATS["float32"].smallest_normal:
        return zero
    return zero | (np.abs(computed) >= storage.smallest_normal)


def textbook_machine(storage: Format) -> ErrorModel:
    """The storage format's own arithmetic, gradual underflow, recursive summation."""
    u = storage.unit_roundoff
    return ErrorModel(u, 8 * u, _half(storage.quantum), 4 * storage.quantum, flushes=False, growth=sequential)


def flushing_machine(storage: Format) -> ErrorModel:
    """The storage format's arithmetic with results below the smallest normal number flushed to zero."""
    u = storage.unit_roundoff
    least = storage.smallest_normal
    return ErrorModel(u, 8 * u, least, least, flushes=True, growth=sequential)


def attainable_machine(storage: Format) -> ErrorModel:
    """At least float32's arithmetic, gradual underflow, summation in blocks."""
    compute = storage if storage.unit_roundoff <= FORMATS["float32"].unit_roundoff else FORMATS["float32"]
    u = compute.unit_roundoff
    return ErrorModel(u, 8 * u, _half(compute.quantum), 4 * compute.quantum, flushes=False, growth=blocked)


def _half(quantum: float) -> float:
    """Half a quantum, as far as float64 has it: half of its own would be zero."""
    return max(quantum / 2, float(np.finfo(np.float64).smallest_subnormal))


def _largest(call: Call, listing: Listing, machine: ErrorModel) -> np.ndarray:
    with np.errstate(all="ignore"):
        forms: list[ErrorBounded] = listing(call, *operands(call, machine))
        shape = np.broadcast_shapes(*(np.shape(part) for form in forms for part in (form.value, form.error)))
        errors = np.stack([np.broadcast_to(form.error, shape) for form in forms])
        # A form that may lose everything here (y/p overflows, say) is no competent choice while another one is at hand.
        sound = np.where(np.isfinite(errors), errors, -1.0).max(axis=0)
        return call.restored(np.where(sound < 0, np.inf, sound))
