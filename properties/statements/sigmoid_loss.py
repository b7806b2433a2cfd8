"""What must hold of sigmoid cross-entropy: one loss for every element."""

from __future__ import annotations

import numpy as np

from ..checking.balls import Balls, exact, log, times
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import like, wide
from ..domains.label_inputs import several_ones
from ..domains.labelled import weighed
from ..domains.loss_inputs import ANY, element_labels, near_elements, near_logits
from .dense_loss import DENSE

stated = Statements()
"""In the order in which they are told."""

SIGMOID = "sigmoid_cross_entropy"

_ELEMENT = (near_elements(share=ANY), element_labels())


def binary_entropy(labels: np.ndarray) -> Balls:
    """Return −z log z − (1 − z) log(1 − z) of labels as they are, 0 at both ends."""
    inside = (labels > 0) & (labels < 1)
    one = np.where(inside, exact(labels), exact(0.5))
    entropy = -one * log(one) - (1 - one) * log(1 - one)
    return np.where(inside, entropy, exact(0.0))


@stated(
    "sigmoid-cross-entropy-forms",
    "The loss of an element is minus log-sigmoid of the logit for the label, and of minus the logit for the rest.",
    r"L(x, z) = -z \log \sigma(x) - (1 - z) \log(1 - \sigma(x)),\quad 1 - \sigma(x) = \sigma(-x)",
    source="S2",
    functions=(SIGMOID, "log_sigmoid"),
    domain=Domain(_ELEMENT),
)
def _terms(f: Functions, x: Array, z: Array) -> Relations:
    labels = exact(z)
    positive, negative = f("log_sigmoid", x), f("log_sigmoid", -x)
    yield equal(f(SIGMOID, x, z), -times(labels, positive) - times(1 - labels, negative))


@stated(
    "sigmoid-cross-entropy-softplus",
    "The loss of an element is x - xz plus softplus of minus the logit.",
    r"L(x, z) = x - x z + \log(1 + e^{-x})",
    source="S2",
    functions=(SIGMOID, "softplus"),
    domain=Domain(_ELEMENT),
)
def _linear_form(f: Functions, x: Array, z: Array) -> Relations:
    labels = exact(z)
    yield equal(f(SIGMOID, x, z), (1 - labels) * exact(x) + f("softplus", -x))


@stated(
    "sigmoid-cross-entropy-gradient",
    "The gradient of the loss by the logit is sigmoid minus the label.",
    r"\frac{\partial L}{\partial x} = \sigma(x) - z",
    source="follows from sigmoid-cross-entropy-forms and sigmoid-derivative",
    functions=(SIGMOID, "sigmoid"),
    domain=Domain((*_ELEMENT, like("v"))),
)
def _gradient(f: Functions, x: Array, z: Array, v: Array) -> Relations:
    pulled = f(SIGMOID, x, z, quantity="gradient:logits", cotangent=v)
    yield equal(pulled, exact(v) * (f("sigmoid", x) - exact(z)))


@stated(
    "sigmoid-cross-entropy-gradient-labels",
    "The gradient of the loss by the label is minus the logit.",
    r"\frac{\partial L}{\partial z} = -x",
    source="follows from sigmoid-cross-entropy-softplus",
    functions=(SIGMOID,),
    domain=Domain((near_elements(), element_labels(), like("v"))),
)
def _by_labels(f: Functions, x: Array, z: Array, v: Array) -> Relations:
    pulled = f(SIGMOID, x, z, quantity="gradient:labels", cotangent=v)
    yield equal(pulled, -exact(v) * exact(x))


@stated(
    "sigmoid-cross-entropy-symmetry",
    "Exchanging the two outcomes changes the sign of the logit and takes the label from 1: the loss is the same, and "
    "its gradient has the other sign.",
    r"L(x, z) = L(-x, 1 - z),\quad \frac{\partial L}{\partial x}(x, z) = -\frac{\partial L}{\partial x}(-x, 1 - z)",
    source="follows from sigmoid-inflection: sigmoid(-x) = 1 - sigmoid(x)",
    functions=(SIGMOID,),
    domain=Domain(_ELEMENT),
)
def _symmetry(f: Functions, x: Array, z: Array) -> Relations:
    yield equal(f(SIGMOID, x, z), f(SIGMOID, -x, 1 - z), "the loss")
    here, there = (f(SIGMOID, *pair, quantity="gradient:logits") for pair in ((x, z), (-x, 1 - z)))
    yield equal(here, -there, "its gradient, with the other sign")


@stated(
    "sigmoid-cross-entropy-linear-in-labels",
    "The loss of a label between 0 and 1 is the mean of the losses of 1 and 0, weighed by it.",
    r"L(x, z) = z L(x, 1) + (1 - z) L(x, 0)",
    source="follows from sigmoid-cross-entropy-forms",
    functions=(SIGMOID,),
    domain=Domain(_ELEMENT),
)
def _linear(f: Functions, x: Array, z: Array) -> Relations:
    labels = exact(z)
    ones, zeros = (f(SIGMOID, x, end) for end in (np.ones_like(x), np.zeros_like(x)))
    yield equal(f(SIGMOID, x, z), times(labels, ones) + times(1 - labels, zeros))


@stated(
    "sigmoid-cross-entropy-bounds",
    "The loss lies between max(x, 0) - xz and log 2 more, and is not less than the entropy of the label.",
    r"\max(x, 0) - x z \le L(x, z) \le \max(x, 0) - x z + \log 2,\quad L(x, z) \ge -z \log z - (1 - z) \log(1 - z)",
    source="follows from sigmoid-cross-entropy-softplus, and from Gibbs' inequality",
    functions=(SIGMOID,),
    domain=Domain(_ELEMENT),
)
def _bounds(f: Functions, x: Array, z: Array) -> Relations:
    loss = f(SIGMOID, x, z)
    behind = exact(np.maximum(wide(x), 0)) - exact(x) * exact(z)
    yield at_most(behind, loss, "at least max(x, 0) - xz")
    yield at_most(loss, behind + log(exact(2.0)), "and at most log 2 more")
    yield at_most(binary_entropy(z), loss, "at least the entropy of the label")


@stated(
    "sigmoid-cross-entropy-tangent",
    "The loss lies above its tangents: values and gradients belong to one convex function.",
    r"L(x', z) \ge L(x, z) + \frac{\partial L}{\partial x}(x, z) \cdot (x' - x)",
    source="softplus is convex",
    functions=(SIGMOID,),
    domain=Domain((near_elements(), near_elements("t"), element_labels())),
)
def _tangent(f: Functions, x: Array, t: Array, z: Array) -> Relations:
    rise = f(SIGMOID, x, z, quantity="gradient:logits") * (exact(t) - exact(x))
    yield at_most(f(SIGMOID, x, z) + rise, f(SIGMOID, t, z))


@stated(
    "sigmoid-cross-entropy-two-classes",
    "Sigmoid cross-entropy is softmax cross-entropy of the classes x and 0, in value and gradient.",
    r"L_\sigma(x, z) = L((x, 0), (z, 1 - z))",
    source="S2, S4; follows from sigmoid-is-softmax",
    functions=(SIGMOID, DENSE),
    domain=Domain(_ELEMENT),
)
def _two_classes(f: Functions, x: Array, z: Array) -> Relations:
    pairs = np.stack([x, np.zeros_like(x)], axis=-1), np.stack([z, 1 - z], axis=-1)
    yield equal(f(SIGMOID, x, z), f(DENSE, *pairs), "the loss")
    one = f(SIGMOID, x, z, quantity="gradient:logits")
    yield equal(one, f(DENSE, *pairs, quantity="gradient:logits")[:, 0], "its gradient by the logit")


@stated(
    "softmax-versus-sigmoid-shape",
    "Sigmoid cross-entropy has a loss for every element, as if it were alone; softmax cross-entropy has one for the "
    "row. Several labels of a row may be 1: softmax then adds up the losses of those classes.",
    r"L_\sigma(x, y)_{ij} = L_\sigma(x_{ij}, y_{ij}),\quad L(x, y)_i = \sum_{j : y_{ij} = 1} L(x_i, e_j)",
    source="S2",
    functions=(SIGMOID, DENSE),
    domain=Domain((near_logits(largest=8), several_ones())),
)
def _shape(f: Functions, x: Array, y: Array) -> Relations:
    cases, n = x.shape
    alone = f(SIGMOID, x.reshape(-1), y.reshape(-1)).reshape(cases, n)
    yield equal(f(SIGMOID, x, y), alone, "sigmoid: every element as if it were alone")
    each = f(DENSE, np.repeat(x, n, axis=0), np.tile(np.eye(n, dtype=y.dtype), (cases, 1)))
    yield equal(f(DENSE, x, y), weighed(y, each.reshape(cases, n)), "softmax: one loss for the row")
