"""Every property, by its id."""

from __future__ import annotations

import difflib
from types import MappingProxyType

from .checking.property import Property
from .statements import (
    binary_cross_entropy,
    cross_entropy,
    dense_loss,
    divergence,
    divergence_relation,
    errata,
    figures,
    from_logits,
    index_loss,
    information,
    log_softmax,
    logsumexp,
    loss_figures,
    loss_gradient,
    loss_options,
    nll,
    reduction,
    sigmoid,
    sigmoid_loss,
    sigmoid_options,
    softmax,
    softmax_gradient,
    softplus,
    temperature,
)

_OF_LOGITS = (sigmoid, softplus, softmax, softmax_gradient, temperature, log_softmax, logsumexp)
_OF_INFORMATION = (information, divergence, divergence_relation, cross_entropy, binary_cross_entropy)
_OF_LOSSES = (
    index_loss,
    dense_loss,
    loss_gradient,
    loss_options,
    sigmoid_loss,
    sigmoid_options,
    nll,
    reduction,
    from_logits,
)
_OF_THE_NOTES = (figures, loss_figures, errata)
_SUBJECTS = (*_OF_LOGITS, *_OF_INFORMATION, *_OF_LOSSES, *_OF_THE_NOTES)

PROPERTIES = MappingProxyType({prop.id: prop for subject in _SUBJECTS for prop in subject.stated.properties})
"""Every property, by its id, in the order in which they are told."""


def property_named(name: str) -> Property:
    """Return the property with an id.

    Raises:
        ValueError: there is none; the message names the nearest one.
    """
    if name in PROPERTIES:
        return PROPERTIES[name]
    near = difflib.get_close_matches(name, PROPERTIES, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "see `logitproof list properties`"
    raise ValueError(f"unknown property {name!r}: {hint}")
