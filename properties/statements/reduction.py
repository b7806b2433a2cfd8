"""What the reductions of the losses mean: sums, means, what a mean divides by, and rows that do not count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checking.balls import exact, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Input, Relations, Statements, equal
from ..domains.inputs import class_labels, class_weights, one_of
from ..domains.label_inputs import any_labels
from ..domains.loss_inputs import (
    TAME,
    element_labels,
    ignored_class,
    near_elements,
    near_log_probabilities,
    near_logits,
    partly_ignored,
)
from .dense_loss import DENSE
from .index_loss import SPARSE
from .sigmoid_loss import SIGMOID

stated = Statements()
"""In the order in which they are told."""


@dataclass(frozen=True)
class _Loss:
    """One loss that can be reduced: its function, its inputs, and how it is told.

    Attributes:
        function: canonical name.
        argument: the argument that gradients are taken by.
        prefix: what the ids of its properties begin with.
        words: what several of it are called.
        slots: its two arguments, x and y.
    """

    function: str
    argument: str
    prefix: str
    words: str
    inputs: tuple[Input, Input]


_INDEX = _Loss(
    SPARSE,
    "logits",
    "cross-entropy",
    "softmax cross-entropies of indices",
    (near_logits(share=TAME), class_labels("y")),
)
_DENSE = _Loss(
    DENSE,
    "logits",
    "cross-entropy-dense",
    "softmax cross-entropies of dense labels",
    (near_logits(share=TAME), any_labels()),
)
_SIGMOID = _Loss(
    SIGMOID,
    "logits",
    "sigmoid-cross-entropy",
    "sigmoid cross-entropies",
    (near_elements(share=TAME), element_labels("y")),
)
_NLL = _Loss(
    "nll_loss",
    "log_probs",
    "nll",
    "negative log-likelihoods",
    (near_log_probabilities("x", share=TAME), class_labels("y")),
)

_COTANGENT = one_of("v", (1.0, -0.5, 3.0), "what the reduced loss is multiplied with")


def _state_reductions(loss: _Loss) -> None:
    @stated(
        f"{loss.prefix}-reductions",
        f"The sum of {loss.words} is that of the single ones, and their mean is the sum divided by the number of "
        f"{'elements' if loss.function == SIGMOID else 'rows'}.",
        r"\operatorname{sum} L = \sum_{i=1}^N L_i,\quad N \operatorname{mean} L = \sum_{i=1}^N L_i",
        source="S1",
        functions=(loss.function,),
        domain=Domain(loss.inputs),
    )
    def claim(f: Functions, x: Array, y: Array) -> Relations:
        losses = f(loss.function, x, y)
        yield equal(f(loss.function, x, y, reduction="sum"), total(losses), "the sum")
        yield equal(f(loss.function, x, y, reduction="mean") * losses.size, total(losses), "the mean")


def _state_gradient(loss: _Loss) -> None:
    @stated(
        f"{loss.prefix}-reductions-gradient",
        f"The gradient of the sum of {loss.words} is made of their gradients; that of the mean is made of them divided "
        "by their number.",
        r"\frac{\partial \operatorname{sum} L}{\partial x_i} = \frac{\partial L_i}{\partial x_i},\quad"
        r" N \frac{\partial \operatorname{mean} L}{\partial x_i} = \frac{\partial L_i}{\partial x_i}",
        source=f"follows from {loss.prefix}-reductions",
        functions=(loss.function,),
        domain=Domain((*loss.inputs, _COTANGENT)),
    )
    def claim(f: Functions, x: Array, y: Array, v: Array) -> Relations:
        quantity, count = f"gradient:{loss.argument}", len(x)
        slopes, factor = f(loss.function, x, y, quantity=quantity), v.reshape(())
        one, other = (
            f(loss.function, x, y, quantity=quantity, cotangent=factor, reduction=reduction)
            for reduction in ("sum", "mean")
        )
        yield equal(one, exact(factor) * slopes, "of the sum")
        yield equal(other * count, exact(factor) * slopes, "of the mean")


def _state_weighted(loss: _Loss) -> None:
    by_rows = loss.function == DENSE

    @stated(
        f"{loss.prefix}-weighted-reductions",
        f"The mean of weighted {loss.words} is divided by "
        + ("the number of rows." if by_rows else "the sum of the weights of the rows' classes."),
        r"N \operatorname{mean} L_w = \sum_{i=1}^N L_{w,i}"
        if by_rows
        else r"\sum_{i=1}^N w_{k_i} \cdot \operatorname{mean} L_w = \sum_{i=1}^N w_{k_i} L_i",
        source="S1",
        functions=(loss.function,),
        domain=Domain((*loss.inputs, class_weights())),
    )
    def claim(f: Functions, x: Array, y: Array, w: Array) -> Relations:
        losses = total(f(loss.function, x, y, weight=w))
        yield equal(f(loss.function, x, y, weight=w, reduction="sum"), losses, "the sum")
        divisor = total(exact(w[y])) if y.ndim == 1 else exact(float(len(x)))
        yield equal(f(loss.function, x, y, weight=w, reduction="mean") * divisor, losses, "the mean")


def _state_dropped(loss: _Loss) -> None:
    @stated(
        f"{loss.prefix}-dropped-rows",
        f"Sum and mean of {loss.words}, and their gradients, are as if the rows whose label does not count were not "
        "there.",
        r"\operatorname{sum} L = \sum_{r : k_r \ne i} L(x_r, k_r),\quad"
        r" \operatorname{mean} L = \frac{\operatorname{sum} L}{\sum_{r : k_r \ne i} 1}",
        source="S1",
        functions=(loss.function,),
        domain=Domain((loss.inputs[0], ignored_class(), partly_ignored("y"))),
    )
    def claim(f: Functions, x: Array, i: Array, y: Array) -> Relations:
        label = int(i[0])
        kept = y != label
        if not kept.any():
            yield equal(f(loss.function, x, y, reduction="sum", ignore_index=label), exact(0.0), "the sum over nothing")
            return
        counted = (x[kept], y[kept])
        quantity, gradient = f"gradient:{loss.argument}", exact(np.zeros(x.shape))
        for reduction in ("sum", "mean"):
            options: dict[str, Any] = {"reduction": reduction}
            ignoring = {**options, "ignore_index": label}
            yield equal(f(loss.function, x, y, **ignoring), f(loss.function, *counted, **options), f"the {reduction}")
            gradient[kept] = f(loss.function, *counted, quantity=quantity, **options)
            pulled = f(loss.function, x, y, quantity=quantity, **ignoring)
            yield equal(pulled, gradient.copy(), f"the gradient of the {reduction}")


for _loss in (_INDEX, _DENSE, _SIGMOID, _NLL):
    _state_reductions(_loss)
for _loss in (_INDEX, _DENSE, _SIGMOID, _NLL):
    _state_gradient(_loss)
for _loss in (_INDEX, _DENSE, _NLL):
    _state_weighted(_loss)
for _loss in (_INDEX, _NLL):
    _state_dropped(_loss)
