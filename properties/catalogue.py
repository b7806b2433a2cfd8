"""Every property, by its id."""

from __future__ import annotations

import difflib
from types import MappingProxyType

from .checking.property import Property
from .statements.binary_cross_entropy import BINARY_CROSS_ENTROPY_PROPERTIES
from .statements.cross_entropy import CROSS_ENTROPY_PROPERTIES
from .statements.dense_loss import DENSE_LOSS_PROPERTIES
from .statements.divergence import DIVERGENCE_PROPERTIES
from .statements.divergence_relation import DIVERGENCE_RELATION_PROPERTIES
from .statements.errata import ERRATA
from .statements.figures import FIGURES
from .statements.from_logits import FROM_LOGITS_PROPERTIES
from .statements.index_loss import INDEX_LOSS_PROPERTIES
from .statements.information import INFORMATION_PROPERTIES
from .statements.log_softmax import LOG_SOFTMAX_GRADIENT_PROPERTIES, LOG_SOFTMAX_PROPERTIES
from .statements.logsumexp import LOGSUMEXP_GRADIENT_PROPERTIES, LOGSUMEXP_PROPERTIES
from .statements.loss_figures import LOSS_FIGURES
from .statements.loss_gradient import LOSS_GRADIENT_PROPERTIES
from .statements.loss_options import LOSS_OPTIONS_PROPERTIES
from .statements.nll import NLL_PROPERTIES
from .statements.reduction import REDUCTION_PROPERTIES
from .statements.sigmoid import LOGIT_PROPERTIES, SIGMOID_PROPERTIES
from .statements.sigmoid_loss import SIGMOID_LOSS_PROPERTIES
from .statements.sigmoid_options import SIGMOID_OPTIONS_PROPERTIES
from .statements.softmax import SOFTMAX_PROPERTIES
from .statements.softmax_gradient import SOFTMAX_GRADIENT_PROPERTIES
from .statements.softplus import LOG_SIGMOID_PROPERTIES, SOFTPLUS_PROPERTIES
from .statements.temperature import TEMPERATURE_PROPERTIES

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
    raise ValueError(f"unknown property {name!r}: {hint}")
