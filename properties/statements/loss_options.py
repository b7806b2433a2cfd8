"""What the options of softmax cross-entropy mean: class weights, label smoothing, and labels that do not count."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checking.balls import Balls, exact, per_row, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, equal
from ..domains.inputs import class_labels, class_weights, labels
from ..domains.label_inputs import any_labels
from ..domains.labelled import named, one_hot, weighed
from ..domains.loss_inputs import TAME, ignored_class, near_logits, partly_ignored, smoothing
from .dense_loss import DENSE
from .index_loss import SPARSE

stated = Statements()
"""In the order in which they are told."""

_SMOOTHED_LATEX = r"L_\varepsilon = (1 - \varepsilon) L + \frac{\varepsilon}{K} \sum_j (-\log p_j)"


def smoothing_of(epsilon: Array) -> float:
    """Return the label smoothing, which all cases share."""
    return float(epsilon[0])


@stated(
    "cross-entropy-weight",
    "The weight of a class multiplies the loss of its rows, and their gradients.",
    r"L_w(x, k) = w_k L(x, k)",
    source="S1",
    functions=(SPARSE,),
    domain=Domain((near_logits(share=TAME), class_labels(), class_weights())),
)
def _weight(f: Functions, x: Array, k: Array, w: Array) -> Relations:
    factor = exact(w[k])
    yield equal(f(SPARSE, x, k, weight=w), factor * f(SPARSE, x, k), "the loss")
    weighted = f(SPARSE, x, k, quantity="gradient:logits", weight=w)
    unweighted = f(SPARSE, x, k, quantity="gradient:logits")
    yield equal(weighted, per_row(factor) * unweighted, "its gradient")


@stated(
    "cross-entropy-dense-weight",
    "With dense labels the weight of a class multiplies its term of the loss.",
    r"L_w(x, y) = -\sum_j w_j y_j \log p_j,\quad p = \operatorname{softmax}(x)",
    source="S1",
    functions=(DENSE, "log_softmax"),
    domain=Domain((near_logits(share=TAME), any_labels(), class_weights())),
)
def _dense_weight(f: Functions, x: Array, y: Array, w: Array) -> Relations:
    losses = -exact(w) * f("log_softmax", x)
    yield equal(f(DENSE, x, y, weight=w), weighed(y, losses), "the loss")
    by_labels = f(DENSE, x, y, quantity="gradient:labels", weight=w)
    yield equal(by_labels, losses, "its gradient by the labels")


@stated(
    "cross-entropy-dense-weight-gradient",
    "With weights the gradient by the logits is softmax times the sum of the weighted labels, minus the weighted "
    "labels.",
    r"\frac{\partial L_w}{\partial x_j} = p_j \sum_i w_i y_i - w_j y_j",
    source="follows from cross-entropy-dense-weight",
    functions=(DENSE, "softmax"),
    domain=Domain((near_logits(share=TAME), any_labels(), class_weights())),
)
def _dense_weight_gradient(f: Functions, x: Array, y: Array, w: Array) -> Relations:
    targets = exact(y) * exact(w)
    pulled = f(DENSE, x, y, quantity="gradient:logits", weight=w)
    yield equal(pulled, f("softmax", x) * per_row(total(targets)) - targets)


@stated(
    "cross-entropy-ignore-index",
    "A row whose label does not count has no loss and no gradient; the other rows are as without it.",
    r"L_i(x, k) = [k \ne i] \, L(x, k)",
    source="S1",
    functions=(SPARSE,),
    domain=Domain((near_logits(), ignored_class(), partly_ignored())),
)
def _ignored(f: Functions, x: Array, i: Array, k: Array) -> Relations:
    label = int(i[0])
    ignored = k == label
    # Where the label does not count, any class may stand instead: the row is left out of the right-hand side.
    counted = np.where(ignored, 0, k)
    losses = np.where(ignored, exact(0.0), f(SPARSE, x, counted))
    yield equal(f(SPARSE, x, k, ignore_index=label), losses, "the loss")
    gradient = f(SPARSE, x, counted, quantity="gradient:logits")
    pulled = f(SPARSE, x, k, quantity="gradient:logits", ignore_index=label)
    yield equal(pulled, np.where(ignored[:, None], exact(0.0), gradient), "its gradient")


@stated(
    "label-smoothing",
    "Smoothing takes the share ε of the labels, and gives every class the same part of it.",
    rf"y' = (1 - \varepsilon) y + \frac{{\varepsilon}}{{K}},\quad {_SMOOTHED_LATEX}",
    source="S4",
    functions=(DENSE, "log_softmax"),
    domain=Domain((near_logits(share=TAME), any_labels(), smoothing())),
)
def _smoothing(f: Functions, x: Array, y: Array, e: Array) -> Relations:
    epsilon = smoothing_of(e)
    smoothed = f(DENSE, x, y, label_smoothing=epsilon)
    share = exact(epsilon) / x.shape[-1]
    uniform = -total(f("log_softmax", x))
    yield equal(smoothed, (1 - exact(epsilon)) * f(DENSE, x, y) + share * uniform)


@stated(
    "label-smoothing-index",
    "Smoothing makes an index a dense label: all classes get the same part of ε, its own the rest too.",
    _SMOOTHED_LATEX,
    source="S4",
    functions=(SPARSE, "log_softmax"),
    domain=Domain((near_logits(share=TAME), class_labels(), smoothing())),
)
def _index_smoothing(f: Functions, x: Array, k: Array, e: Array) -> Relations:
    epsilon = smoothing_of(e)
    smoothed = f(SPARSE, x, k, label_smoothing=epsilon)
    share = exact(epsilon) / x.shape[-1]
    uniform = -total(f("log_softmax", x))
    yield equal(smoothed, (1 - exact(epsilon)) * f(SPARSE, x, k) + share * uniform)


@stated(
    "label-smoothing-gradient",
    "The gradient of the smoothed loss is that of the smoothed labels.",
    r"\frac{\partial L_\varepsilon}{\partial x_j} = p_j - y'_j,\quad y' = (1 - \varepsilon) y + \frac{\varepsilon}{K}",
    source="follows from label-smoothing and cross-entropy-gradient",
    functions=(DENSE, "softmax"),
    domain=Domain((near_logits(share=TAME), labels(), smoothing())),
)
def _smoothing_gradient(f: Functions, x: Array, y: Array, e: Array) -> Relations:
    epsilon = smoothing_of(e)
    targets = (1 - exact(epsilon)) * exact(y) + exact(epsilon) / x.shape[-1]
    pulled = f(DENSE, x, y, quantity="gradient:logits", label_smoothing=epsilon)
    yield equal(pulled, f("softmax", x) - targets)


@stated(
    "label-smoothing-gradient-index",
    "The gradient of the smoothed loss of an index is softmax minus the smoothed label.",
    r"\frac{\partial L_\varepsilon}{\partial x_j} = p_j - y'_j,"
    r"\quad y'_j = (1 - \varepsilon) [j = k] + \frac{\varepsilon}{K}",
    source="follows from label-smoothing-index and cross-entropy-gradient-index",
    functions=(SPARSE, "softmax"),
    domain=Domain((near_logits(share=TAME), class_labels(), smoothing())),
)
def _index_smoothing_gradient(f: Functions, x: Array, k: Array, e: Array) -> Relations:
    epsilon = smoothing_of(e)
    targets = (1 - exact(epsilon)) * exact(one_hot(k, x)) + exact(epsilon) / x.shape[-1]
    pulled = f(SPARSE, x, k, quantity="gradient:logits", label_smoothing=epsilon)
    yield equal(pulled, f("softmax", x) - targets)


@stated(
    "label-smoothing-weight",
    "With smoothing and weights, every class's term of the smoothed label has its own weight.",
    r"L = -\sum_j w_j y'_j \log p_j,\quad y'_j = (1 - \varepsilon) [j = k] + \frac{\varepsilon}{K}",
    source="S1, S4",
    functions=(SPARSE, DENSE, "log_softmax"),
    domain=Domain((near_logits(share=TAME), class_labels(), smoothing(), class_weights())),
)
def _weighted_smoothing(f: Functions, x: Array, k: Array, e: Array, w: Array) -> Relations:
    epsilon = smoothing_of(e)
    losses = -exact(w) * f("log_softmax", x)
    expected = (1 - exact(epsilon)) * named(k, losses) + exact(epsilon) / x.shape[-1] * total(losses)
    options: dict[str, Any] = {"label_smoothing": epsilon, "weight": w}
    yield equal(f(SPARSE, x, k, **options), expected, "an index")
    yield equal(f(DENSE, x, one_hot(k, x), **options), expected, "the same label, dense")


@stated(
    "dense-equals-sparse-options",
    "A one-hot label and its index agree under weights, smoothing and reductions; their means divide by the number of "
    "rows, and by the weights of the classes.",
    r"L(x, e_k; w, \varepsilon) = L(x, k; w, \varepsilon),\quad"
    r" N \operatorname{mean} L(x, e_k) = \sum_i w_{k_i} \cdot \operatorname{mean} L(x, k)",
    source="S2, S1",
    functions=(DENSE, SPARSE),
    domain=Domain((near_logits(share=TAME), class_labels(), smoothing(), class_weights())),
)
def _options_agree(f: Functions, x: Array, k: Array, e: Array, w: Array) -> Relations:
    hot = one_hot(k, x)
    options: dict[str, Any] = {"label_smoothing": smoothing_of(e), "weight": w}

    def both(quantity: str = "value", reduction: str = "none") -> tuple[Balls, Balls]:
        chosen = options if reduction == "none" else {**options, "reduction": reduction}
        dense = f(DENSE, x, hot, quantity=quantity, **chosen)
        return dense, f(SPARSE, x, k, quantity=quantity, **chosen)

    yield equal(*both(), "the losses")
    yield equal(*both(quantity="gradient:logits"), "their gradients")
    yield equal(*both(reduction="sum"), "their sum")
    by_rows, by_weights = both(reduction="mean")
    # The mean of dense labels divides by the number of rows, that of indices by the weights of their classes.
    yield equal(by_rows * len(x), by_weights * total(exact(w[k])), "their mean")
