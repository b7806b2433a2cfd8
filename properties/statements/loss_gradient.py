"""What must hold of the gradients of softmax cross-entropy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..checking.balls import exact, per_row, times, total
from ..checking.functions import Functions
from ..checking.property import Domain, PropertyInputs, Relation, Statements, equal
from ..domains.inputs import class_labels, labels, like, logits
from ..domains.label_inputs import any_labels
from ..domains.labelled import label_sum, one_hot
from ..domains.loss_inputs import layer_inputs, layer_weights, near_logits
from .dense_loss import DENSE
from .index_loss import SPARSE

stated = Statements()
"""In the order in which they are told."""

_FACTOR = like("v", per_row=True)


@stated(
    "cross-entropy-gradient",
    "The gradient of the loss by the logits is softmax minus the labels.",
    r"\frac{\partial L}{\partial x_j} = p_j - y_j,\quad p = \operatorname{softmax}(x),\ \sum_j y_j = 1",
    source="S0, S3",
    functions=(DENSE, "softmax"),
    domain=Domain((near_logits(), labels(), _FACTOR)),
)
def _residual(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets, factor = given["x"], given["y"], given["v"]
    pulled = f(DENSE, logits_, targets, quantity="gradient:logits", cotangent=factor)
    residual = f("softmax", logits_) * per_row(label_sum(targets)) - exact(targets)
    yield equal(pulled, per_row(exact(factor)) * residual)


stated(
    "cross-entropy-gradient-any-labels",
    "Whatever the labels sum to, the gradient of the loss by the logits is softmax times their sum, minus the labels.",
    r"\frac{\partial L}{\partial x_j} = p_j \sum_i y_i - y_j,\quad p = \operatorname{softmax}(x)",
    source="S0, S3",
    functions=(DENSE, "softmax"),
    domain=Domain((near_logits(), any_labels(), _FACTOR)),
)(_residual)


@stated(
    "cross-entropy-gradient-index",
    "With an index as label, the gradient of the loss by the logits is softmax, less 1 at the class.",
    r"\frac{\partial L}{\partial x_j} = p_j - [j = k],\quad p = \operatorname{softmax}(x)",
    source="S0, S3",
    functions=(SPARSE, "softmax"),
    domain=Domain((logits(), class_labels(), _FACTOR)),
)
def _index_residual(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes, factor = given["x"], given["k"], given["v"]
    pulled = f(SPARSE, logits_, classes, quantity="gradient:logits", cotangent=factor)
    residual = f("softmax", logits_) - exact(one_hot(classes, logits_))
    yield equal(pulled, per_row(exact(factor)) * residual)


@stated(
    "weight-gradient",
    "For a linear layer z = Wo, the gradient of the loss by the weights is the outer product of softmax minus labels "
    "with the layer's input.",
    r"\frac{\partial L}{\partial W} = (p - y)\, o^{\mathsf T},\quad z = W o,\ p = \operatorname{softmax}(z)",
    source="S3",
    functions=(DENSE, "softmax"),
    domain=Domain((labels(like=None), layer_weights(), layer_inputs())),
)
def _layer(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    weights, inputs, targets = given["w"], given["o"], given["y"]
    # Products and sums of numbers this small are exact in every format: z = Wo is not rounded.
    outputs = np.einsum("cij,cj->ci", weights.astype(np.float64), inputs.astype(np.float64)).astype(weights.dtype)
    pulled = f(DENSE, outputs, targets, quantity="gradient:logits")
    residual = f("softmax", outputs) - exact(targets)
    one, other = (per_row(side) * exact(inputs)[:, None, :] for side in (pulled, residual))
    yield equal(one, other)


@stated(
    "cross-entropy-gradient-sums-to-zero",
    "The gradient of a row sums to 0, whatever the labels sum to: moving all logits together changes nothing.",
    r"\sum_j \frac{\partial L}{\partial x_j} = 0",
    source="follows from cross-entropy-dense-shift-invariance",
    functions=(DENSE,),
    domain=Domain((near_logits(), any_labels(), _FACTOR)),
)
def _rows_sum_to_zero(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    pulled = f(DENSE, given["x"], given["y"], quantity="gradient:logits", cotangent=given["v"])
    yield equal(total(pulled), exact(0.0))


@stated(
    "cross-entropy-gradient-index-sums-to-zero",
    "With an index as label, the gradient of a row sums to 0.",
    r"\sum_j \frac{\partial L}{\partial x_j} = 0",
    source="follows from cross-entropy-shift-invariance",
    functions=(SPARSE,),
    domain=Domain((logits(), class_labels(), _FACTOR)),
)
def _index_rows_sum_to_zero(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    pulled = f(SPARSE, given["x"], given["k"], quantity="gradient:logits", cotangent=given["v"])
    yield equal(total(pulled), exact(0.0))


@stated(
    "cross-entropy-gradient-linear",
    "What a row's loss is multiplied with afterwards multiplies its gradient, by logits and by labels.",
    r"\nabla (v L) = v \, \nabla L",
    source="follows from the chain rule",
    functions=(DENSE,),
    domain=Domain((near_logits(), labels(), _FACTOR)),
)
def _linear(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets, factor = given["x"], given["y"], given["v"]
    for argument in ("logits", "labels"):
        pulled = f(DENSE, logits_, targets, quantity=f"gradient:{argument}", cotangent=factor)
        gradient = f(DENSE, logits_, targets, quantity=f"gradient:{argument}")
        yield equal(pulled, times(per_row(exact(factor)), gradient), f"by {argument}")


@stated(
    "cross-entropy-gradient-index-linear",
    "With an index as label too, what a row's loss is multiplied with afterwards multiplies its gradient.",
    r"\nabla (v L) = v \, \nabla L",
    source="follows from the chain rule",
    functions=(SPARSE,),
    domain=Domain((logits(), class_labels(), _FACTOR)),
)
def _index_linear(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes, factor = given["x"], given["k"], given["v"]
    pulled = f(SPARSE, logits_, classes, quantity="gradient:logits", cotangent=factor)
    gradient = f(SPARSE, logits_, classes, quantity="gradient:logits")
    yield equal(pulled, times(per_row(exact(factor)), gradient))


@stated(
    "cross-entropy-gradient-labels",
    "The gradient of the loss by the labels is minus the log-softmax.",
    r"\frac{\partial L}{\partial y_j} = -\log \operatorname{softmax}(x)_j",
    source="follows from cross-entropy-dense-definition",
    functions=(DENSE, "log_softmax"),
    domain=Domain((near_logits(), any_labels(), _FACTOR)),
)
def _by_labels(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets, factor = given["x"], given["y"], given["v"]
    pulled = f(DENSE, logits_, targets, quantity="gradient:labels", cotangent=factor)
    yield equal(pulled, -per_row(exact(factor)) * f("log_softmax", logits_))
