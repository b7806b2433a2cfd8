"""The mathematics of the catalogue as MathML, which browsers draw without help, without network and without fonts.

The formulas are the literal definitions of `reference/` and their exact derivatives, written for people; what is
computed and judged is `reference/`, not this page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from markupsafe import Markup

from logitproof.reference import FUNCTIONS


@dataclass(frozen=True)
class Formula:
    """What a quantity is, in LaTeX: the definition, and what the letters in it stand for."""

    definition: str
    where: tuple[str, ...] = ()


_SHARES = r"p_i=\frac{e^{x_i}}{\sum_j e^{x_j}}"
_SMOOTHED = r"y'_j=(1-\varepsilon)\,y_j+\frac{\varepsilon}{K}"
_ONE_HOT = r"y_j=1\text{ at the label, else }0"
_SMOOTHED_PAIR = r"z'=(1-\varepsilon)\,z+\frac{\varepsilon}{2}"
_SIGMOID = r"\sigma(x)=\frac{1}{1+e^{-x}}"
_WEIGHTED = r"w_j\text{: the weight of class }j"
_CROSS_ENTROPY = r"-\sum_j w_j\,y'_j\,\log\,\frac{e^{x_j}}{\sum_k e^{x_k}}"
_DIVERGENCE = r"y_j\,\log\,\frac{y_j}{p_j}"
_POSITIVE = r"c\text{: pos_weight},\ w\text{: weight}"

_VALUES: Mapping[str, Formula] = {
    "sigmoid": Formula(r"\sigma(x)=\frac{1}{1+e^{-x}}"),
    "log_sigmoid": Formula(r"\log\,\sigma(x)=\log\,\frac{1}{1+e^{-x}}"),
    "softplus": Formula(r"\log\,(1+e^{x})"),
    "logit": Formula(r"\log\,\frac{p}{1-p}"),
    "softmax": Formula(_SHARES),
    "log_softmax": Formula(r"\log\,\frac{e^{x_i}}{\sum_j e^{x_j}}"),
    "logsumexp": Formula(r"\log\,\sum_j e^{x_j}"),
    "entropy": Formula(r"-\sum_j p_j\,\log\,p_j"),
    "kl_divergence": Formula(rf"\sum_j {_DIVERGENCE}"),
    "kl_divergence_from_log_probs": Formula(r"\sum_j y_j\,(\log\,y_j-\ell_j)", (r"\ell_j\text{: log_probs}",)),
    "softmax_cross_entropy": Formula(_CROSS_ENTROPY, (_SMOOTHED, _WEIGHTED)),
    "sparse_softmax_cross_entropy": Formula(_CROSS_ENTROPY, (_SMOOTHED, _ONE_HOT, _WEIGHTED)),
    "sigmoid_cross_entropy": Formula(
        r"-w\,\big(c\,z'\,\log\,\sigma(x)+(1-z')\,\log\,(1-\sigma(x))\big)", (_SIGMOID, _SMOOTHED_PAIR, _POSITIVE)
    ),
    "categorical_cross_entropy": Formula(r"-\sum_j y'_j\,\log\,p_j", (_SMOOTHED,)),
    "sparse_categorical_cross_entropy": Formula(r"-\log\,p_y", (r"y\text{: the label}",)),
    "binary_cross_entropy": Formula(r"-\big(z'\,\log\,p+(1-z')\,\log\,(1-p)\big)", (_SMOOTHED_PAIR,)),
    "nll_loss": Formula(r"-w_y\,\ell_y", (r"\ell\text{: log_probs}", r"y\text{: the label}")),
    "entropy_terms": Formula(r"-p\,\log\,p"),
    "kl_divergence_terms": Formula(r"y\,\log\,\frac{y}{p}"),
    "kl_divergence_terms_from_log_probs": Formula(r"y\,(\log\,y-\ell)", (r"\ell\text{: log_probs}",)),
    "kl_divergence_terms_from_logs": Formula(r"e^{k}\,(k-\ell)", (r"k\text{: log_labels}", r"\ell\text{: log_probs}")),
}

_PULLED = r"v\text{: the cotangent}"
"""A gradient is a vector-Jacobian product: v is what is multiplied to the derivative of the result."""
_CROSS_ENTROPY_BY_LOGITS = r"v\,\Big(p_i\,\sum_j t_j-t_i\Big)"
_TARGETS = r"t_j=w_j\,y'_j"

_GRADIENTS: Mapping[tuple[str, str], Formula] = {
    ("sigmoid", "x"): Formula(r"v\,\sigma(x)\,(1-\sigma(x))=v\,\frac{e^{-x}}{(1+e^{-x})^{2}}", (_SIGMOID,)),
    ("log_sigmoid", "x"): Formula(r"v\,\sigma(-x)", (_SIGMOID,)),
    ("softplus", "x"): Formula(r"v\,\sigma(x)", (_SIGMOID,)),
    ("logit", "probs"): Formula(r"\frac{v}{p\,(1-p)}"),
    ("softmax", "logits"): Formula(r"p_i\,\Big(v_i-\sum_j p_j\,v_j\Big)", (_SHARES,)),
    ("log_softmax", "logits"): Formula(r"v_i-p_i\,\sum_j v_j", (_SHARES,)),
    ("logsumexp", "logits"): Formula(r"v\,\frac{e^{x_i}}{\sum_j e^{x_j}}"),
    ("entropy", "probs"): Formula(r"-v\,(\log\,p_i+1)"),
    ("kl_divergence", "labels"): Formula(r"v\,\Big(\log\,\frac{y_i}{p_i}+1\Big)"),
    ("kl_divergence", "probs"): Formula(r"-v\,\frac{y_i}{p_i}"),
    ("kl_divergence_from_log_probs", "labels"): Formula(r"v\,(\log\,y_i-\ell_i+1)", (r"\ell_i\text{: log_probs}",)),
    ("kl_divergence_from_log_probs", "log_probs"): Formula(r"-v\,y_i"),
    ("softmax_cross_entropy", "logits"): Formula(_CROSS_ENTROPY_BY_LOGITS, (_SHARES, _TARGETS, _SMOOTHED)),
    ("softmax_cross_entropy", "labels"): Formula(
        r"-v\,(1-\varepsilon)\,w_i\,\log\,p_i", (_SHARES, r"\varepsilon\text{: label_smoothing}")
    ),
    ("sparse_softmax_cross_entropy", "logits"): Formula(
        _CROSS_ENTROPY_BY_LOGITS, (_SHARES, _TARGETS, _SMOOTHED, _ONE_HOT)
    ),
    ("sigmoid_cross_entropy", "logits"): Formula(
        r"v\,w\,\big((1-z')\,\sigma(x)-c\,z'\,\sigma(-x)\big)", (_SIGMOID, _SMOOTHED_PAIR, _POSITIVE)
    ),
    ("sigmoid_cross_entropy", "labels"): Formula(
        r"v\,w\,(1-\varepsilon)\,\big(c\,\log\,(1+e^{-x})-\log\,(1+e^{x})\big)",
        (_POSITIVE, r"\varepsilon\text{: label_smoothing}"),
    ),
    ("categorical_cross_entropy", "probs"): Formula(r"-v\,\frac{y'_i}{p_i}", (_SMOOTHED,)),
    ("categorical_cross_entropy", "labels"): Formula(
        r"-v\,(1-\varepsilon)\,\log\,p_i", (r"\varepsilon\text{: label_smoothing}",)
    ),
    ("sparse_categorical_cross_entropy", "probs"): Formula(r"-\frac{v}{p_y}\text{ at the label, else }0"),
    ("binary_cross_entropy", "probs"): Formula(r"v\,\frac{p-z'}{p\,(1-p)}", (_SMOOTHED_PAIR,)),
    ("binary_cross_entropy", "labels"): Formula(
        r"v\,(1-\varepsilon)\,\big(\log\,(1-p)-\log\,p\big)", (r"\varepsilon\text{: label_smoothing}",)
    ),
    ("nll_loss", "log_probs"): Formula(r"-v\,w_y\text{ at the label, else }0"),
    ("entropy_terms", "probs"): Formula(r"-v\,(\log\,p+1)"),
    ("kl_divergence_terms", "labels"): Formula(r"v\,\Big(\log\,\frac{y}{p}+1\Big)"),
    ("kl_divergence_terms", "probs"): Formula(r"-v\,\frac{y}{p}"),
    ("kl_divergence_terms_from_log_probs", "labels"): Formula(r"v\,(\log\,y-\ell+1)", (r"\ell\text{: log_probs}",)),
    ("kl_divergence_terms_from_log_probs", "log_probs"): Formula(r"-v\,y"),
    ("kl_divergence_terms_from_logs", "log_labels"): Formula(
        r"v\,e^{k}\,(k-\ell+1)", (r"k\text{: log_labels}", r"\ell\text{: log_probs}")
    ),
    ("kl_divergence_terms_from_logs", "log_probs"): Formula(r"-v\,e^{k}", (r"k\text{: log_labels}",)),
}


def _formulas() -> dict[tuple[str, str], Formula]:
    values = {(name, "value"): formula for name, formula in _VALUES.items()}
    gradients = {
        (name, f"gradient:{argument}"): Formula(formula.definition, (*formula.where, _PULLED))
        for (name, argument), formula in _GRADIENTS.items()
    }
    return values | gradients


FORMULAS: Mapping[tuple[str, str], Formula] = MappingProxyType(_formulas())
"""The formula of every function and quantity of the catalogue."""


@dataclass(frozen=True)
class Mathematics:
    """A formula as MathML elements, ready to stand in a page."""

    definition: Markup
    where: tuple[Markup, ...]


@cache
def mathematics(function: str, quantity: str) -> Mathematics | None:
    """Return the formula of a function's quantity as MathML; None where the catalogue has no such quantity."""
    if function not in FUNCTIONS or (function, quantity) not in FORMULAS:
        return None
    formula = FORMULAS[function, quantity]
    return Mathematics(_mathml(formula.definition, "block"), tuple(_mathml(part, "inline") for part in formula.where))


def _mathml(latex: str, display: str) -> Markup:
    from latex2mathml.converter import convert  # noqa: PLC0415 - a quarter of a second that only the page needs

    # In HTML the element needs no namespace, and a page without addresses is easily seen to load nothing.
    return Markup(convert(latex, display=display).replace(' xmlns="http://www.w3.org/1998/Math/MathML"', ""))  # noqa: S704 - our own formulas
