"""The catalogue: the mathematical functions logitproof knows, by their canonical names."""

from __future__ import annotations

from types import MappingProxyType

from ..function import Function
from . import elements, information, losses, rows

FUNCTIONS = MappingProxyType(
    {
        function.name: function
        for function in (
            elements.SIGMOID,
            elements.LOG_SIGMOID,
            elements.SOFTPLUS,
            elements.LOGIT,
            rows.SOFTMAX,
            rows.LOG_SOFTMAX,
            rows.LOGSUMEXP,
            information.ENTROPY,
            information.KL_DIVERGENCE,
            information.KL_DIVERGENCE_FROM_LOG_PROBS,
            losses.SOFTMAX_CROSS_ENTROPY,
            losses.SPARSE_SOFTMAX_CROSS_ENTROPY,
            losses.SIGMOID_CROSS_ENTROPY,
            losses.CATEGORICAL_CROSS_ENTROPY,
            losses.SPARSE_CATEGORICAL_CROSS_ENTROPY,
            losses.BINARY_CROSS_ENTROPY,
            losses.NLL_LOSS,
            information.ENTROPY_TERMS,
            information.KL_DIVERGENCE_TERMS,
            information.KL_DIVERGENCE_TERMS_FROM_LOG_PROBS,
            information.KL_DIVERGENCE_TERMS_FROM_LOGS,
        )
    }
)
"""Every function of the catalogue, by name."""

DEFINITIONS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {name: tuple(function.definitions) for name, function in FUNCTIONS.items()}
)
"""The names of the definitions that each function is known under; "literal" is the mathematical one."""


def function_named(name: str) -> Function:
    """Return the function called `name`.

    Raises:
        ValueError: there is no such function; the message lists the ones there are.
    """
    try:
        return FUNCTIONS[name]
    except KeyError:
        raise ValueError(f"unknown function {name!r}: choose from {', '.join(FUNCTIONS)}") from None
