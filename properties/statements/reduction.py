"""What the reductions of the losses mean: sums, means, what a mean divides by, and rows that do not count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checking.balls import Balls, exact, total
from ..checking.functions import Functions
from ..checking.property import Domain, Input, PropertyInputs, Relation, Statements, equal
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

    def of(self, f: Functions, given: PropertyInputs, **options: Any) -> Balls:  # noqa: ANN401 - as `Functions` takes them
        """Return the loss of some inputs."""
        return f(self.function, given["x"], given["y"], **options)


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
    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        losses = loss.of(f, given)
        yield equal(loss.of(f, given, reduction="sum"), total(losses), "the sum")
        yield equal(loss.of(f, given, reduction="mean") * losses.size, total(losses), "the mean")


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
    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        quantity, count = f"gradient:{loss.argument}", len(given["x"])
        slopes, factor = loss.of(f, given, quantity=quantity), given["v"].reshape(())
        one, other = (
            loss.of(f, given, quantity=quantity, cotangent=factor, reduction=reduction) for reduction in ("sum", "mean")
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
    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        weight = given["w"]
        losses = total(loss.of(f, given, weight=weight))
        yield equal(loss.of(f, given, weight=weight, reduction="sum"), losses, "the sum")
        divisor = total(exact(weight[given["y"]])) if given["y"].ndim == 1 else exact(float(len(given["x"])))
        yield equal(loss.of(f, given, weight=weight, reduction="mean") * divisor, losses, "the mean")


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
    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        label = int(given["i"][0])
        kept = given["y"] != label
        if not kept.any():
            yield equal(loss.of(f, given, reduction="sum", ignore_index=label), exact(0.0), "the sum over nothing")
            return
        counted = PropertyInputs(given.dtype, {"x": given["x"][kept], "y": given["y"][kept]})
        quantity, gradient = f"gradient:{loss.argument}", exact(np.zeros(given["x"].shape))
        for reduction in ("sum", "mean"):
            options: dict[str, Any] = {"reduction": reduction}
            ignoring = {**options, "ignore_index": label}
            yield equal(loss.of(f, given, **ignoring), loss.of(f, counted, **options), f"the {reduction}")
            gradient[kept] = loss.of(f, counted, quantity=quantity, **options)
            pulled = loss.of(f, given, quantity=quantity, **ignoring)
            yield equal(pulled, gradient.copy(), f"the gradient of the {reduction}")


for _loss in (_INDEX, _DENSE, _SIGMOID, _NLL):
    _state_reductions(_loss)
for _loss in (_INDEX, _DENSE, _SIGMOID, _NLL):
    _state_gradient(_loss)
for _loss in (_INDEX, _DENSE, _NLL):
    _state_weighted(_loss)
for _loss in (_INDEX, _NLL):
    _state_dropped(_loss)
