"""The entries of the losses: cross-entropies of logits and of probabilities, and the negative log-likelihood."""

from __future__ import annotations

from ..algorithms import deviations as deviating_listings
from ..algorithms import losses as listings
from ..algorithms import probs as listings_of_probs
from ..definitions import deviations, gradients, values
from ..function import LITERAL, Argument, Formula, Function, Quantity
from ..limits.decisions import cross_entropy, picked, sigmoid_cross_entropy, terms
from ..limits.terms import BINARY_CROSS_ENTROPY as BINARY_TERM
from ..limits.terms import CROSS_ENTROPY as CATEGORICAL_TERM

_LOGITS = Argument("logits", "logits")
_PROBS = Argument("probs", "probs")
_LABELS = Argument("labels", "labels")
_INDEX = Argument("labels", "index")

_REDUCTION = {"reduction": "none"}
_SMOOTHED = {"label_smoothing": 0.0}
_INDEXED = {"weight": None, "ignore_index": None, **_REDUCTION}

_SHARES = r"p_i=\frac{e^{x_i}}{\sum_j e^{x_j}}"
_WHERE_SMOOTHED = r"y'_j=(1-\varepsilon)\,y_j+\frac{\varepsilon}{K}"
_WHERE_PAIR = r"z'=(1-\varepsilon)\,z+\frac{\varepsilon}{2}"
_ONE_HOT = r"y_j=1\text{ at the label, else }0"
_SIGMOID = r"\sigma(x)=\frac{1}{1+e^{-x}}"
_WEIGHTED = r"w_j\text{: the weight of class }j"
_POSITIVE = r"c\text{: pos_weight},\ w\text{: weight}"
_TARGETS = r"t_j=w_j\,y'_j"
_EPSILON = r"\varepsilon\text{: label_smoothing}"
_CROSS_ENTROPY = r"-\sum_j w_j\,y'_j\,\log\,\frac{e^{x_j}}{\sum_k e^{x_k}}"
_CROSS_ENTROPY_BY_LOGITS = r"v\,\Big(p_i\,\sum_j t_j-t_i\Big)"

_DENSE = {
    "value": Quantity(
        values.softmax_cross_entropy,
        listings.softmax_cross_entropy,
        Formula(_CROSS_ENTROPY, (_WHERE_SMOOTHED, _WEIGHTED)),
        attainable=listings.softmax_cross_entropy_attainable,
    ),
    "gradient:logits": Quantity(
        gradients.softmax_cross_entropy_by_logits,
        listings.softmax_cross_entropy_gradient_logits,
        Formula(_CROSS_ENTROPY_BY_LOGITS, (_SHARES, _TARGETS, _WHERE_SMOOTHED)),
        attainable=listings.softmax_cross_entropy_gradient_logits_attainable,
    ),
    "gradient:labels": Quantity(
        gradients.softmax_cross_entropy_by_labels,
        listings.softmax_cross_entropy_gradient_labels,
        Formula(r"-v\,(1-\varepsilon)\,w_i\,\log\,p_i", (_SHARES, _EPSILON)),
        attainable=listings.softmax_cross_entropy_gradient_labels_attainable,
    ),
}

SOFTMAX_CROSS_ENTROPY = Function(
    "softmax_cross_entropy",
    (_LOGITS, _LABELS),
    "row",
    "-sum_j w_j y'_j log softmax(x)_j",
    limits=cross_entropy,
    options={**_SMOOTHED, "weight": None, **_REDUCTION},
    definitions={
        LITERAL: _DENSE,
        "labels-sum-to-one": {
            **_DENSE,
            "gradient:logits": Quantity(deviations.unit_labels_by_logits, listings.unit_sum_gradient),
        },
    },
)

SPARSE_SOFTMAX_CROSS_ENTROPY = Function(
    "sparse_softmax_cross_entropy",
    (_LOGITS, _INDEX),
    "row",
    "-sum_j w_j y'_j log softmax(x)_j, y one-hot at the label",
    limits=cross_entropy,
    options={**_SMOOTHED, **_INDEXED},
    definitions={
        LITERAL: {
            "value": Quantity(
                values.sparse_softmax_cross_entropy,
                listings.softmax_cross_entropy,
                Formula(_CROSS_ENTROPY, (_WHERE_SMOOTHED, _ONE_HOT, _WEIGHTED)),
                attainable=listings.softmax_cross_entropy_attainable,
            ),
            "gradient:logits": Quantity(
                gradients.sparse_softmax_cross_entropy_by_logits,
                listings.softmax_cross_entropy_gradient_logits,
                Formula(_CROSS_ENTROPY_BY_LOGITS, (_SHARES, _TARGETS, _WHERE_SMOOTHED, _ONE_HOT)),
                attainable=listings.softmax_cross_entropy_gradient_logits_attainable,
            ),
        }
    },
)

SIGMOID_CROSS_ENTROPY = Function(
    "sigmoid_cross_entropy",
    (_LOGITS, _LABELS),
    "element",
    "-w (pos_weight z' log sigmoid(x) + (1 - z') log(1 - sigmoid(x)))",
    limits=sigmoid_cross_entropy,
    options={"pos_weight": None, "weight": None, **_SMOOTHED, **_REDUCTION},
    definitions={
        LITERAL: {
            "value": Quantity(
                values.sigmoid_cross_entropy,
                listings.sigmoid_cross_entropy,
                Formula(
                    r"-w\,\big(c\,z'\,\log\,\sigma(x)+(1-z')\,\log\,(1-\sigma(x))\big)",
                    (_SIGMOID, _WHERE_PAIR, _POSITIVE),
                ),
                attainable=listings.sigmoid_cross_entropy_attainable,
            ),
            "gradient:logits": Quantity(
                gradients.sigmoid_cross_entropy_by_logits,
                listings.sigmoid_cross_entropy_gradient_logits,
                Formula(r"v\,w\,\big((1-z')\,\sigma(x)-c\,z'\,\sigma(-x)\big)", (_SIGMOID, _WHERE_PAIR, _POSITIVE)),
                attainable=listings.sigmoid_cross_entropy_gradient_logits_attainable,
            ),
            "gradient:labels": Quantity(
                gradients.sigmoid_cross_entropy_by_labels,
                listings.sigmoid_cross_entropy_gradient_labels,
                Formula(r"v\,w\,(1-\varepsilon)\,\big(c\,\log\,(1+e^{-x})-\log\,(1+e^{x})\big)", (_POSITIVE, _EPSILON)),
                attainable=listings.sigmoid_cross_entropy_gradient_labels_attainable,
            ),
        }
    },
)

CATEGORICAL_CROSS_ENTROPY = Function(
    "categorical_cross_entropy",
    (_PROBS, _LABELS),
    "row",
    "-sum_j y'_j log p_j",
    limits=terms(CATEGORICAL_TERM),
    options=_SMOOTHED,
    definitions={
        LITERAL: {
            "value": Quantity(
                values.categorical_cross_entropy,
                listings_of_probs.categorical_cross_entropy,
                Formula(r"-\sum_j y'_j\,\log\,p_j", (_WHERE_SMOOTHED,)),
            ),
            "gradient:probs": Quantity(
                gradients.categorical_cross_entropy_by_probs,
                listings_of_probs.categorical_gradient_probs,
                Formula(r"-v\,\frac{y'_i}{p_i}", (_WHERE_SMOOTHED,)),
            ),
            "gradient:labels": Quantity(
                gradients.categorical_cross_entropy_by_labels,
                listings_of_probs.categorical_gradient_labels,
                Formula(r"-v\,(1-\varepsilon)\,\log\,p_i", (_EPSILON,)),
            ),
        },
        "normalise-clip-1e-7": {
            "value": Quantity(deviations.normalised_ce, deviating_listings.categorical_normalised),
            "gradient:probs": Quantity(
                deviations.normalised_ce_by_probs, deviating_listings.categorical_normalised_gradient_probs
            ),
            "gradient:labels": Quantity(
                deviations.normalised_ce_by_labels, deviating_listings.categorical_normalised_gradient_labels
            ),
        },
    },
)

SPARSE_CATEGORICAL_CROSS_ENTROPY = Function(
    "sparse_categorical_cross_entropy",
    (_PROBS, _INDEX),
    "row",
    "-log p_y",
    limits=picked,
    definitions={
        LITERAL: {
            "value": Quantity(
                values.sparse_categorical_cross_entropy,
                listings_of_probs.categorical_cross_entropy,
                Formula(r"-\log\,p_y", (r"y\text{: the label}",)),
            ),
            "gradient:probs": Quantity(
                gradients.sparse_categorical_cross_entropy_by_probs,
                listings_of_probs.categorical_gradient_probs,
                Formula(r"-\frac{v}{p_y}\text{ at the label, else }0"),
            ),
        },
        "clip-softmax-1e-7": {
            "value": Quantity(deviations.clip_softmax, deviating_listings.sparse_clipped),
            "gradient:probs": Quantity(deviations.clip_softmax_by_probs, deviating_listings.sparse_clipped_gradient),
        },
    },
)

_BINARY = {
    "value": Quantity(
        values.binary_cross_entropy,
        listings_of_probs.binary_cross_entropy,
        Formula(r"-\big(z'\,\log\,p+(1-z')\,\log\,(1-p)\big)", (_WHERE_PAIR,)),
        attainable=listings_of_probs.binary_cross_entropy_attainable,
    ),
    "gradient:probs": Quantity(
        gradients.binary_cross_entropy_by_probs,
        listings_of_probs.binary_gradient_probs,
        Formula(r"v\,\frac{p-z'}{p\,(1-p)}", (_WHERE_PAIR,)),
    ),
    "gradient:labels": Quantity(
        gradients.binary_cross_entropy_by_labels,
        listings_of_probs.binary_gradient_labels,
        Formula(r"v\,(1-\varepsilon)\,\big(\log\,(1-p)-\log\,p\big)", (_EPSILON,)),
        attainable=listings_of_probs.binary_gradient_labels_attainable,
    ),
}

BINARY_CROSS_ENTROPY = Function(
    "binary_cross_entropy",
    (_PROBS, _LABELS),
    "element",
    "-(z' log p + (1 - z') log(1 - p))",
    limits=terms(BINARY_TERM),
    options=_SMOOTHED,
    definitions={
        LITERAL: _BINARY,
        "clamp-log-100": {
            **_BINARY,
            "value": Quantity(deviations.clamped_bce, deviating_listings.binary_clamped),
            "gradient:probs": Quantity(deviations.clamped_bce_by_probs, deviating_listings.binary_clamped_gradient),
        },
        "clip-1e-7": {
            "value": Quantity(deviations.clipped_bce, deviating_listings.binary_clipped),
            "gradient:probs": Quantity(
                deviations.clipped_bce_by_probs, deviating_listings.binary_clipped_gradient_probs
            ),
            "gradient:labels": Quantity(
                deviations.clipped_bce_by_labels, deviating_listings.binary_clipped_gradient_labels
            ),
        },
        "clip-add-1e-7": {
            "value": Quantity(deviations.guarded_bce, deviating_listings.binary_guarded),
            "gradient:probs": Quantity(
                deviations.guarded_bce_by_probs, deviating_listings.binary_guarded_gradient_probs
            ),
            "gradient:labels": Quantity(
                deviations.guarded_bce_by_labels, deviating_listings.binary_guarded_gradient_labels
            ),
        },
    },
)

NLL_LOSS = Function(
    "nll_loss",
    (Argument("log_probs", "log_probs"), _INDEX),
    "row",
    "-w_y l_y",
    limits=picked,
    options=_INDEXED,
    definitions={
        LITERAL: {
            "value": Quantity(
                values.nll_loss,
                listings.nll_loss,
                Formula(r"-w_y\,\ell_y", (r"\ell\text{: log_probs}", r"y\text{: the label}")),
            ),
            "gradient:log_probs": Quantity(
                gradients.nll_loss_by_log_probs,
                listings.nll_loss_gradient,
                Formula(r"-v\,w_y\text{ at the label, else }0"),
            ),
        }
    },
)
