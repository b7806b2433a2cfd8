"""Every property, by its id."""

from __future__ import annotations

import difflib
from types import MappingProxyType

from ._binary_cross_entropy_properties import BINARY_CROSS_ENTROPY_PROPERTIES
from ._cross_entropy_properties import CROSS_ENTROPY_PROPERTIES
from ._dense_loss_properties import DENSE_LOSS_PROPERTIES
from ._divergence_properties import DIVERGENCE_PROPERTIES
from ._divergence_relation_properties import DIVERGENCE_RELATION_PROPERTIES
from ._errata import ERRATA
from ._figures import FIGURES
from ._from_logits_properties import FROM_LOGITS_PROPERTIES
from ._index_loss_properties import INDEX_LOSS_PROPERTIES
from ._information_properties import INFORMATION_PROPERTIES
from ._log_softmax_properties import LOG_SOFTMAX_GRADIENT_PROPERTIES, LOG_SOFTMAX_PROPERTIES
from ._logsumexp_properties import LOGSUMEXP_GRADIENT_PROPERTIES, LOGSUMEXP_PROPERTIES
from ._loss_figures import LOSS_FIGURES
from ._loss_gradient_properties import LOSS_GRADIENT_PROPERTIES
from ._loss_options_properties import LOSS_OPTIONS_PROPERTIES
from ._nll_properties import NLL_PROPERTIES
from ._property import Property
from ._reduction_properties import REDUCTION_PROPERTIES
from ._sigmoid_loss_properties import SIGMOID_LOSS_PROPERTIES
from ._sigmoid_options_properties import SIGMOID_OPTIONS_PROPERTIES
from ._sigmoid_properties import LOGIT_PROPERTIES, SIGMOID_PROPERTIES
from ._softmax_gradient_properties import SOFTMAX_GRADIENT_PROPERTIES
from ._softmax_properties import SOFTMAX_PROPERTIES
from ._softplus_properties import LOG_SIGMOID_PROPERTIES, SOFTPLUS_PROPERTIES
from ._temperature_properties import TEMPERATURE_PROPERTIES

_OF_LOGITS = (
    *SIGMOID_PROPERTIES,
    *LOGIT_PROPERTIES,
    *SOFTPLUS_PROPERTIES,
    *LOG_SIGMOID_PROPERTIES,
    *SOFTMAX_PROPERTIES,
    *SOFTMAX_GRADIENT_PROPERTIES,
    *TEMPERATURE_PROPERTIES,
    *LOG_SOFTMAX_PROPERTIES,
    *LOG_SOFTMAX_GRADIENT_PROPERTIES,
    *LOGSUMEXP_PROPERTIES,
    *LOGSUMEXP_GRADIENT_PROPERTIES,
)

_OF_INFORMATION = (
    *INFORMATION_PROPERTIES,
    *DIVERGENCE_PROPERTIES,
    *DIVERGENCE_RELATION_PROPERTIES,
    *CROSS_ENTROPY_PROPERTIES,
    *BINARY_CROSS_ENTROPY_PROPERTIES,
)

_OF_LOSSES = (
    *INDEX_LOSS_PROPERTIES,
    *DENSE_LOSS_PROPERTIES,
    *LOSS_GRADIENT_PROPERTIES,
    *LOSS_OPTIONS_PROPERTIES,
    *SIGMOID_LOSS_PROPERTIES,
    *SIGMOID_OPTIONS_PROPERTIES,
    *NLL_PROPERTIES,
    *REDUCTION_PROPERTIES,
    *FROM_LOGITS_PROPERTIES,
)

_OF_THE_NOTES = (*FIGURES, *LOSS_FIGURES, *ERRATA)

PROPERTIES = MappingProxyType({prop.id: prop for prop in (*_OF_LOGITS, *_OF_INFORMATION, *_OF_LOSSES, *_OF_THE_NOTES)})
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
    message = f"unknown property {name!r}: {hint}"
    raise ValueError(message)
