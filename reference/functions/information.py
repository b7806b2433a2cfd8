"""The entries of entropy and of the Kullback-Leibler divergence: sums over rows, and their terms."""

from __future__ import annotations

from ..algorithms import deviations as deviating_listings
from ..algorithms import probs as listings
from ..definitions import deviations, gradients, values
from ..function import LITERAL, Argument, Formula, Function, Quantity
from ..limits.decisions import terms
from ..limits.terms import ENTROPY as ENTROPY_TERM
from ..limits.terms import KL, KL_FROM_LOG_PROBS, KL_FROM_LOGS

_PROBS = (Argument("probs", "probs"),)
_PAIR = (Argument("labels", "labels"), *_PROBS)
_LOG_PROBS = Argument("log_probs", "log_probs")
_WHERE_LOG_PROBS = (r"\ell\text{: log_probs}",)
_WHERE_LOG_PROBS_I = (r"\ell_i\text{: log_probs}",)
_WHERE_LOG_LABELS = (r"k\text{: log_labels}",)

ENTROPY = Function(
    "entropy",
    _PROBS,
    "row",
    "-sum_j p_j log p_j",
    limits=terms(ENTROPY_TERM),
    definitions={
        LITERAL: {
            "value": Quantity(
                values.sum_of(values.entropy_terms), listings.entropy, Formula(r"-\sum_j p_j\,\log\,p_j")
            ),
            "gradient:probs": Quantity(
                gradients.entropy,
                listings.entropy_gradient,
                Formula(r"-v\,(\log\,p_i+1)"),
                attainable=listings.entropy_gradient_attainable,
            ),
        },
        "normalise-clamp-eps": {
            "value": Quantity(deviations.normalised_entropy, deviating_listings.entropy_clamped),
            "gradient:probs": Quantity(
                deviations.normalised_entropy_by_probs, deviating_listings.entropy_clamped_gradient
            ),
        },
    },
)

KL_DIVERGENCE = Function(
    "kl_divergence",
    _PAIR,
    "row",
    "sum_j y_j log(y_j / p_j)",
    limits=terms(KL),
    definitions={
        LITERAL: {
            "value": Quantity(
                values.sum_of(values.kl_terms), listings.kl_divergence, Formula(r"\sum_j y_j\,\log\,\frac{y_j}{p_j}")
            ),
            "gradient:labels": Quantity(
                gradients.kl_by_labels,
                listings.kl_gradient_labels,
                Formula(r"v\,\Big(\log\,\frac{y_i}{p_i}+1\Big)"),
                attainable=listings.kl_gradient_labels_attainable,
            ),
            "gradient:probs": Quantity(
                gradients.kl_by_probs, listings.kl_gradient_probs, Formula(r"-v\,\frac{y_i}{p_i}")
            ),
        },
        "clip-1e-7": {
            "value": Quantity(deviations.clipped_kl, deviating_listings.kl_clipped),
            "gradient:labels": Quantity(deviations.clipped_kl_by_labels, deviating_listings.kl_clipped_gradient_labels),
            "gradient:probs": Quantity(deviations.clipped_kl_by_probs, deviating_listings.kl_clipped_gradient_probs),
        },
    },
)

KL_DIVERGENCE_FROM_LOG_PROBS = Function(
    "kl_divergence_from_log_probs",
    (Argument("labels", "labels"), _LOG_PROBS),
    "row",
    "sum_j y_j (log y_j - l_j)",
    limits=terms(KL_FROM_LOG_PROBS),
    definitions={
        LITERAL: {
            "value": Quantity(
                values.sum_of(values.kl_terms_from_log_probs),
                listings.kl_divergence_from_log_probs,
                Formula(r"\sum_j y_j\,(\log\,y_j-\ell_j)", (r"\ell_j\text{: log_probs}",)),
            ),
            "gradient:labels": Quantity(
                gradients.kl_from_log_probs_by_labels,
                listings.kl_log_gradient_labels,
                Formula(r"v\,(\log\,y_i-\ell_i+1)", _WHERE_LOG_PROBS_I),
                attainable=listings.kl_log_gradient_labels_attainable,
            ),
            "gradient:log_probs": Quantity(
                gradients.kl_from_log_probs_by_log_probs, listings.kl_log_gradient_log_probs, Formula(r"-v\,y_i")
            ),
        }
    },
)

ENTROPY_TERMS = Function(
    "entropy_terms",
    _PROBS,
    "element",
    "-p log p",
    limits=terms(ENTROPY_TERM),
    definitions={
        LITERAL: {
            "value": Quantity(values.entropy_terms, listings.entropy_terms, Formula(r"-p\,\log\,p")),
            "gradient:probs": Quantity(
                gradients.entropy,
                listings.entropy_gradient,
                Formula(r"-v\,(\log\,p+1)"),
                attainable=listings.entropy_gradient_attainable,
            ),
        }
    },
)

KL_DIVERGENCE_TERMS = Function(
    "kl_divergence_terms",
    _PAIR,
    "element",
    "y log(y / p)",
    limits=terms(KL),
    definitions={
        LITERAL: {
            "value": Quantity(values.kl_terms, listings.kl_divergence_terms, Formula(r"y\,\log\,\frac{y}{p}")),
            "gradient:labels": Quantity(
                gradients.kl_by_labels,
                listings.kl_gradient_labels,
                Formula(r"v\,\Big(\log\,\frac{y}{p}+1\Big)"),
                attainable=listings.kl_gradient_labels_attainable,
            ),
            "gradient:probs": Quantity(gradients.kl_by_probs, listings.kl_gradient_probs, Formula(r"-v\,\frac{y}{p}")),
        }
    },
)

KL_DIVERGENCE_TERMS_FROM_LOG_PROBS = Function(
    "kl_divergence_terms_from_log_probs",
    (Argument("labels", "labels"), _LOG_PROBS),
    "element",
    "y (log y - l)",
    limits=terms(KL_FROM_LOG_PROBS),
    definitions={
        LITERAL: {
            "value": Quantity(
                values.kl_terms_from_log_probs,
                listings.kl_divergence_terms_from_log_probs,
                Formula(r"y\,(\log\,y-\ell)", _WHERE_LOG_PROBS),
            ),
            "gradient:labels": Quantity(
                gradients.kl_from_log_probs_by_labels,
                listings.kl_log_gradient_labels,
                Formula(r"v\,(\log\,y-\ell+1)", _WHERE_LOG_PROBS),
                attainable=listings.kl_log_gradient_labels_attainable,
            ),
            "gradient:log_probs": Quantity(
                gradients.kl_from_log_probs_by_log_probs, listings.kl_log_gradient_log_probs, Formula(r"-v\,y")
            ),
        }
    },
)

KL_DIVERGENCE_TERMS_FROM_LOGS = Function(
    "kl_divergence_terms_from_logs",
    (Argument("log_labels", "log_labels"), _LOG_PROBS),
    "element",
    "exp(k) (k - l)",
    limits=terms(KL_FROM_LOGS),
    definitions={
        LITERAL: {
            "value": Quantity(
                values.kl_terms_from_logs,
                listings.kl_divergence_terms_from_logs,
                Formula(r"e^{k}\,(k-\ell)", (*_WHERE_LOG_LABELS, *_WHERE_LOG_PROBS)),
            ),
            "gradient:log_labels": Quantity(
                gradients.kl_from_logs_by_log_labels,
                listings.kl_logs_gradient_log_labels,
                Formula(r"v\,e^{k}\,(k-\ell+1)", (*_WHERE_LOG_LABELS, *_WHERE_LOG_PROBS)),
            ),
            "gradient:log_probs": Quantity(
                gradients.kl_from_logs_by_log_probs,
                listings.kl_logs_gradient_log_probs,
                Formula(r"-v\,e^{k}", _WHERE_LOG_LABELS),
            ),
        }
    },
)
