"""The entries of the functions of a row of logits."""

from __future__ import annotations

from ..algorithms import rows as listings
from ..definitions import gradients, values
from ..function import LITERAL, Argument, Formula, Function, Quantity
from ..limits.decisions import softmax_family

_LOGITS = (Argument("logits", "logits"),)
_SHARES = r"p_i=\frac{e^{x_i}}{\sum_j e^{x_j}}"

SOFTMAX = Function(
    "softmax",
    _LOGITS,
    "vector",
    "exp(x_i) / sum_j exp(x_j)",
    limits=softmax_family,
    shared="factor",
    definitions={
        LITERAL: {
            "value": Quantity(
                values.softmax, listings.softmax, Formula(_SHARES), attainable=listings.softmax_attainable
            ),
            "gradient:logits": Quantity(
                gradients.softmax,
                listings.softmax_gradient,
                Formula(r"p_i\,\Big(v_i-\sum_j p_j\,v_j\Big)", (_SHARES,)),
                attainable=listings.softmax_gradient_attainable,
            ),
        }
    },
)

LOG_SOFTMAX = Function(
    "log_softmax",
    _LOGITS,
    "vector",
    "log(exp(x_i) / sum_j exp(x_j))",
    limits=softmax_family,
    shared="summand",
    definitions={
        LITERAL: {
            "value": Quantity(
                values.log_softmax,
                listings.log_softmax,
                Formula(r"\log\,\frac{e^{x_i}}{\sum_j e^{x_j}}"),
                attainable=listings.log_softmax_attainable,
            ),
            "gradient:logits": Quantity(
                gradients.log_softmax,
                listings.log_softmax_gradient,
                Formula(r"v_i-p_i\,\sum_j v_j", (_SHARES,)),
                attainable=listings.log_softmax_gradient_attainable,
            ),
        }
    },
)

LOGSUMEXP = Function(
    "logsumexp",
    _LOGITS,
    "row",
    "log(sum_j exp(x_j))",
    limits=softmax_family,
    definitions={
        LITERAL: {
            "value": Quantity(
                values.logsumexp,
                listings.logsumexp,
                Formula(r"\log\,\sum_j e^{x_j}"),
                attainable=listings.logsumexp_attainable,
            ),
            "gradient:logits": Quantity(
                gradients.logsumexp,
                listings.logsumexp_gradient,
                Formula(r"v\,\frac{e^{x_i}}{\sum_j e^{x_j}}"),
                attainable=listings.logsumexp_gradient_attainable,
            ),
        }
    },
)
