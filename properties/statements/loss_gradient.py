"""What must hold of the gradients of softmax cross-entropy."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, per_row, times, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, equal
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
def _residual(f: Functions, x: Array, y: Array, v: Array) -> Relations:
    pulled = f(DENSE, x, y, quantity="gradient:logits", cotangent=v)
    residual = f("softmax", x) * per_row(label_sum(y)) - exact(y)
    yield equal(pulled, per_row(exact(v)) * residual)


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
def _index_residual(f: Functions, x: Array, k: Array, v: Array) -> Relations:
    pulled = f(SPARSE, x, k, quantity="gradient:logits", cotangent=v)
    residual = f("softmax", x) - exact(one_hot(k, x))
    yield equal(pulled, per_row(exact(v)) * residual)


@stated(
    "weight-gradient",
    "For a linear layer z = Wo, the gradient of the loss by the weights is the outer product of softmax minus labels "
    "with the layer's input.",
    r"\frac{\partial L}{\partial W} = (p - y)\, o^{\mathsf T},\quad z = W o,\ p = \operatorname{softmax}(z)",
    source="S3",
    functions=(DENSE, "softmax"),
    domain=Domain((labels(like=None), layer_weights(), layer_inputs())),
)
def _layer(f: Functions, y: Array, w: Array, o: Array) -> Relations:
    # Products and sums of numbers this small are exact in every format: z = Wo is not rounded.
    outputs = np.einsum("cij,cj->ci", w.astype(np.float64), o.astype(np.float64)).astype(w.dtype)
    pulled = f(DENSE, outputs, y, quantity="gradient:logits")
    residual = f("softmax", outputs) - exact(y)
    one, other = (per_row(side) * exact(o)[:, None, :] for side in (pulled, residual))
    yield equal(one, other)


@stated(
    "cross-entropy-gradient-sums-to-zero",
    "The gradient of a row sums to 0, whatever the labels sum to: moving all logits together changes nothing.",
    r"\sum_j \frac{\partial L}{\partial x_j} = 0",
    source="follows from cross-entropy-dense-shift-invariance",
    functions=(DENSE,),
    domain=Domain((near_logits(), any_labels(), _FACTOR)),
)
def _rows_sum_to_zero(f: Functions, x: Array, y: Array, v: Array) -> Relations:
    pulled = f(DENSE, x, y, quantity="gradient:logits", cotangent=v)
    yield equal(total(pulled), exact(0.0))


@stated(
    "cross-entropy-gradient-index-sums-to-zero",
    "With an index as label, the gradient of a row sums to 0.",
    r"\sum_j \frac{\partial L}{\partial x_j} = 0",
    source="follows from cross-entropy-shift-invariance",
    functions=(SPARSE,),
    domain=Domain((logits(), class_labels(), _FACTOR)),
)
def _index_rows_sum_to_zero(f: Functions, x: Array, k: Array, v: Array) -> Relations:
    pulled = f(SPARSE, x, k, quantity="gradient:logits", cotangent=v)
    yield equal(total(pulled), exact(0.0))


@stated(
    "cross-entropy-gradient-linear",
    "What a row's loss is multiplied with afterwards multiplies its gradient, by logits and by labels.",
    r"\nabla (v L) = v \, \nabla L",
    source="follows from the chain rule",
    functions=(DENSE,),
    domain=Domain((near_logits(), labels(), _FACTOR)),
)
def _linear(f: Functions, x: Array, y: Array, v: Array) -> Relations:
    for argument in ("logits", "labels"):
        pulled = f(DENSE, x, y, quantity=f"gradient:{argument}", cotangent=v)
        gradient = f(DENSE, x, y, quantity=f"gradient:{argument}")
        yield equal(pulled, times(per_row(exact(v)), gradient), f"by {argument}")


@stated(
    "cross-entropy-gradient-index-linear",
    "With an index as label too, what a row's loss is multiplied with afterwards multiplies its gradient.",
    r"\nabla (v L) = v \, \nabla L",
    source="follows from the chain rule",
    functions=(SPARSE,),
    domain=Domain((logits(), class_labels(), _FACTOR)),
)
def _index_linear(f: Functions, x: Array, k: Array, v: Array) -> Relations:
    pulled = f(SPARSE, x, k, quantity="gradient:logits", cotangent=v)
    gradient = f(SPARSE, x, k, quantity="gradient:logits")
    yield equal(pulled, times(per_row(exact(v)), gradient))


@stated(
    "cross-entropy-gradient-labels",
    "The gradient of the loss by the labels is minus the log-softmax.",
    r"\frac{\partial L}{\partial y_j} = -\log \operatorname{softmax}(x)_j",
    source="follows from cross-entropy-dense-definition",
    functions=(DENSE, "log_softmax"),
    domain=Domain((near_logits(), any_labels(), _FACTOR)),
)
def _by_labels(f: Functions, x: Array, y: Array, v: Array) -> Relations:
    pulled = f(DENSE, x, y, quantity="gradient:labels", cotangent=v)
    yield equal(pulled, -per_row(exact(v)) * f("log_softmax", x))
