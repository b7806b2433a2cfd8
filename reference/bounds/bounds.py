"""How accurately each function can be computed: the textbook and the attainable bound, element by element.

*Textbook* (A): what the standard algorithm, competently written, may lose: unit roundoff u of the storage format,
exp and log within 4 ulp, sequential summation, intermediates rounded to storage. *Attainable* (M): what a careful
implementation reaches at no great cost: u_c = min(u, 2^-24), summation factor ⌈log₂ n⌉ + 8, log1p forms.

Each bound is the largest error of the listed algorithms, run over `ErrorBounded` numbers (see `_rounding`). The final
rounding to storage is not in it: it depends on the exact result, which the judge has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..formats import FORMATS, Format, format_named
from ..functions.catalogue import function_named
from . import elementwise, losses, probs, rows
from .call import Call, parse_call
from .deviations import DEVIATING
from .rounding import ErrorBounded, ErrorModel, blocked, sequential

Algorithm = Callable[[ErrorModel, Call], list[ErrorBounded]]


@dataclass(frozen=True)
class Bounds:
    """Largest absolute errors before the final rounding, float64, of the shape of the result.

    Attributes:
        textbook: of the standard algorithm in the storage format.
        attainable: of a careful implementation.
    """

    textbook: np.ndarray
    attainable: np.ndarray


def error_bounds(
    function: str,
    arguments: Sequence[np.ndarray],
    parameters: Mapping[str, object],
    *,
    quantity: str,
    dtype: str,
    cotangent: np.ndarray | None = None,
    definition: str = "literal",
) -> Bounds:
    """Bound the error of every element of a result.

    Args:
        function: canonical name.
        arguments: in signature order; real arrays in the storage format, index labels int64.
        parameters: the keywords of the call, `axis` among them where the signature has it.
        quantity: "value" or "gradient:NAME".
        dtype: name of the storage format.
        cotangent: of the shape of the value, for gradients.
        definition: "literal", or a stated deviation.

    Raises:
        ValueError: unknown function or dtype.
        KeyError: the function has no such quantity.
    """
    storage = format_named(dtype)
    deviating = DEVIATING.get((function, quantity, definition))
    textbook = deviating or TEXTBOOK[function, quantity]
    attainable = deviating or ATTAINABLE.get((function, quantity), textbook)
    with np.errstate(all="ignore"):
        call = parse_call(function_named(function), storage, arguments, parameters, cotangent)
        return Bounds(
            textbook=_largest(textbook, textbook_machine(storage), call, quantity),
            attainable=_largest(attainable, attainable_machine(storage), call, quantity),
        )


def flushed_bound(
    function: str,
    arguments: Sequence[np.ndarray],
    parameters: Mapping[str, object],
    *,
    quantity: str,
    dtype: str,
    cotangent: np.ndarray | None = None,
    definition: str = "literal",
) -> np.ndarray:
    """Return the textbook bound on hardware that flushes results below the smallest normal number to zero.

    It is asked for only where `may_be_flushed`; arguments and errors as in `error_bounds`.
    """
    storage = format_named(dtype)
    textbook = DEVIATING.get((function, quantity, definition)) or TEXTBOOK[function, quantity]
    with np.errstate(all="ignore"):
        call = parse_call(function_named(function), storage, arguments, parameters, cotangent)
        return _largest(textbook, flushing_machine(storage), call, quantity)


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


def _largest(algorithm: Algorithm, machine: ErrorModel, call: Call, quantity: str) -> np.ndarray:
    forms = algorithm(machine, call)
    shape = np.broadcast_shapes(*(np.shape(part) for form in forms for part in (form.value, form.error)))
    errors = np.stack([np.broadcast_to(form.error, shape) for form in forms])
    # A form that may lose everything here (y/p overflows, say) is no competent choice while another one is at hand.
    sound = np.where(np.isfinite(errors), errors, -1.0).max(axis=0)
    return call.restore(np.where(sound < 0, np.inf, sound), quantity)


TEXTBOOK: Mapping[tuple[str, str], Algorithm] = MappingProxyType(
    {
        ("sigmoid", "value"): elementwise.sigmoid,
        ("sigmoid", "gradient:x"): elementwise.sigmoid_gradient,
        ("log_sigmoid", "value"): elementwise.log_sigmoid,
        ("log_sigmoid", "gradient:x"): elementwise.log_sigmoid_gradient,
        ("softplus", "value"): elementwise.softplus,
        ("softplus", "gradient:x"): elementwise.softplus_gradient,
        ("logit", "value"): elementwise.logit,
        ("logit", "gradient:probs"): elementwise.logit_gradient,
        ("softmax", "value"): rows.softmax,
        ("softmax", "gradient:logits"): rows.softmax_gradient,
        ("log_softmax", "value"): rows.log_softmax,
        ("log_softmax", "gradient:logits"): rows.log_softmax_gradient,
        ("logsumexp", "value"): rows.logsumexp,
        ("logsumexp", "gradient:logits"): rows.logsumexp_gradient,
        ("entropy", "value"): probs.entropy,
        ("entropy", "gradient:probs"): probs.entropy_gradient,
        ("kl_divergence", "value"): probs.kl_divergence,
        ("kl_divergence", "gradient:labels"): probs.kl_gradient_labels,
        ("kl_divergence", "gradient:probs"): probs.kl_gradient_probs,
        ("kl_divergence_from_log_probs", "value"): probs.kl_divergence_from_log_probs,
        ("kl_divergence_from_log_probs", "gradient:labels"): probs.kl_log_gradient_labels,
        ("kl_divergence_from_log_probs", "gradient:log_probs"): probs.kl_log_gradient_log_probs,
        ("softmax_cross_entropy", "value"): losses.softmax_cross_entropy,
        ("softmax_cross_entropy", "gradient:logits"): losses.softmax_cross_entropy_gradient_logits,
        ("softmax_cross_entropy", "gradient:labels"): losses.softmax_cross_entropy_gradient_labels,
        ("sparse_softmax_cross_entropy", "value"): losses.softmax_cross_entropy,
        ("sparse_softmax_cross_entropy", "gradient:logits"): losses.softmax_cross_entropy_gradient_logits,
        ("sigmoid_cross_entropy", "value"): losses.sigmoid_cross_entropy,
        ("sigmoid_cross_entropy", "gradient:logits"): losses.sigmoid_cross_entropy_gradient_logits,
        ("sigmoid_cross_entropy", "gradient:labels"): losses.sigmoid_cross_entropy_gradient_labels,
        ("categorical_cross_entropy", "value"): probs.categorical_cross_entropy,
        ("categorical_cross_entropy", "gradient:probs"): probs.categorical_gradient_probs,
        ("categorical_cross_entropy", "gradient:labels"): probs.categorical_gradient_labels,
        ("sparse_categorical_cross_entropy", "value"): probs.categorical_cross_entropy,
        ("sparse_categorical_cross_entropy", "gradient:probs"): probs.categorical_gradient_probs,
        ("binary_cross_entropy", "value"): probs.binary_cross_entropy,
        ("binary_cross_entropy", "gradient:probs"): probs.binary_gradient_probs,
        ("binary_cross_entropy", "gradient:labels"): probs.binary_gradient_labels,
        ("nll_loss", "value"): losses.nll_loss,
        ("nll_loss", "gradient:log_probs"): losses.nll_loss_gradient,
        ("entropy_terms", "value"): probs.entropy_terms,
        ("entropy_terms", "gradient:probs"): probs.entropy_gradient,
        ("kl_divergence_terms", "value"): probs.kl_divergence_terms,
        ("kl_divergence_terms", "gradient:labels"): probs.kl_gradient_labels,
        ("kl_divergence_terms", "gradient:probs"): probs.kl_gradient_probs,
        ("kl_divergence_terms_from_log_probs", "value"): probs.kl_divergence_terms_from_log_probs,
        ("kl_divergence_terms_from_log_probs", "gradient:labels"): probs.kl_log_gradient_labels,
        ("kl_divergence_terms_from_log_probs", "gradient:log_probs"): probs.kl_log_gradient_log_probs,
        ("kl_divergence_terms_from_logs", "value"): probs.kl_divergence_terms_from_logs,
        ("kl_divergence_terms_from_logs", "gradient:log_labels"): probs.kl_logs_gradient_log_labels,
        ("kl_divergence_terms_from_logs", "gradient:log_probs"): probs.kl_logs_gradient_log_probs,
    }
)
"""The standard algorithms, by function and quantity."""

ATTAINABLE: Mapping[tuple[str, str], Algorithm] = MappingProxyType(
    {
        ("sigmoid", "gradient:x"): elementwise.sigmoid_gradient_attainable,
        ("log_sigmoid", "gradient:x"): elementwise.log_sigmoid_gradient_attainable,
        ("softplus", "gradient:x"): elementwise.softplus_gradient_attainable,
        ("logit", "value"): elementwise.logit_attainable,
        ("softmax", "value"): rows.softmax_attainable,
        ("softmax", "gradient:logits"): rows.softmax_gradient_attainable,
        ("log_softmax", "value"): rows.log_softmax_attainable,
        ("log_softmax", "gradient:logits"): rows.log_softmax_gradient_attainable,
        ("logsumexp", "value"): rows.logsumexp_attainable,
        ("logsumexp", "gradient:logits"): rows.logsumexp_gradient_attainable,
        ("softmax_cross_entropy", "value"): losses.softmax_cross_entropy_attainable,
        ("softmax_cross_entropy", "gradient:logits"): losses.softmax_cross_entropy_gradient_logits_attainable,
        ("softmax_cross_entropy", "gradient:labels"): losses.softmax_cross_entropy_gradient_labels_attainable,
        ("sparse_softmax_cross_entropy", "value"): losses.softmax_cross_entropy_attainable,
        ("sparse_softmax_cross_entropy", "gradient:logits"): losses.softmax_cross_entropy_gradient_logits_attainable,
        ("sigmoid_cross_entropy", "value"): losses.sigmoid_cross_entropy_attainable,
        ("sigmoid_cross_entropy", "gradient:logits"): losses.sigmoid_cross_entropy_gradient_logits_attainable,
        ("sigmoid_cross_entropy", "gradient:labels"): losses.sigmoid_cross_entropy_gradient_labels_attainable,
        ("binary_cross_entropy", "value"): probs.binary_cross_entropy_attainable,
        ("entropy", "gradient:probs"): probs.entropy_gradient_attainable,
        ("entropy_terms", "gradient:probs"): probs.entropy_gradient_attainable,
        ("kl_divergence", "gradient:labels"): probs.kl_gradient_labels_attainable,
        ("kl_divergence_terms", "gradient:labels"): probs.kl_gradient_labels_attainable,
        ("kl_divergence_from_log_probs", "gradient:labels"): probs.kl_log_gradient_labels_attainable,
        ("kl_divergence_terms_from_log_probs", "gradient:labels"): probs.kl_log_gradient_labels_attainable,
        ("binary_cross_entropy", "gradient:labels"): probs.binary_gradient_labels_attainable,
    }
)
"""The careful algorithms where they differ from the standard ones; elsewhere the standard one on a better machine."""
