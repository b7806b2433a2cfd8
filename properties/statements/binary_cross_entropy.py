"""What must hold of binary cross-entropy of probabilities: one loss for every element."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, log, times
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import like, probabilities, unit_elements
from ..domains.label_inputs import any_labels
from ..domains.loss_inputs import complementary_elements, element_labels, smoothing
from .cross_entropy import CATEGORICAL
from .loss_options import smoothing_of
from .sigmoid_loss import binary_entropy

stated = Statements()
"""In the order in which they are told."""

BINARY = "binary_cross_entropy"

_ELEMENT = (unit_elements(inner=True), element_labels(of="p"))

_HALVED = (complementary_elements(), element_labels(of="p"))


@stated(
    "binary-cross-entropy-definition",
    "The loss of an element is minus the logarithm of the probability for the label, and of its complement for the "
    "rest; a term with label 0 adds nothing.",
    r"L(p, z) = -z \log p - (1 - z) \log(1 - p)",
    source="S2, S4",
    functions=(BINARY,),
    domain=Domain(_ELEMENT),
)
def _definition(f: Functions, p: Array, z: Array) -> Relations:
    probs, labels = exact(p), exact(z)
    yield equal(f(BINARY, p, z), -times(labels, log(probs)) - times(1 - labels, log(1 - probs)))


@stated(
    "binary-is-two-class",
    "Binary cross-entropy is the cross-entropy of two classes; of probabilities whose complement the format holds.",
    r"L(p, z) = H((z, 1 - z), (p, 1 - p))",
    source="S2, S4",
    functions=(BINARY, CATEGORICAL),
    domain=Domain(_HALVED),
)
def _two_classes(f: Functions, p: Array, z: Array) -> Relations:
    probs, labels = _pairs(p), _pairs(z)
    yield equal(f(BINARY, p, z), f(CATEGORICAL, probs, labels))


def _pairs(numbers: np.ndarray) -> np.ndarray:
    """Return rows [p, 1 − p]; the format has both."""
    return np.stack([numbers, 1 - numbers], axis=-1)


@stated(
    "binary-cross-entropy-symmetry",
    "Exchanging the two outcomes takes probability and label from 1: the loss is the same, and its gradient has the "
    "other sign.",
    r"L(p, z) = L(1 - p, 1 - z),\quad \frac{\partial L}{\partial p}(p, z)"
    r" = -\frac{\partial L}{\partial p}(1 - p, 1 - z)",
    source="follows from binary-cross-entropy-definition",
    functions=(BINARY,),
    domain=Domain(_HALVED),
)
def _symmetry(f: Functions, p: Array, z: Array) -> Relations:
    yield equal(f(BINARY, p, z), f(BINARY, 1 - p, 1 - z), "the loss")
    here, there = (f(BINARY, *pair, quantity="gradient:probs") for pair in ((p, z), (1 - p, 1 - z)))
    yield equal(here, -there, "its gradient, with the other sign")


@stated(
    "binary-cross-entropy-gibbs",
    "No prediction has a smaller loss than the label itself, whose loss is its entropy.",
    r"L(p, z) \ge -z \log z - (1 - z) \log(1 - z)",
    source="S0, S2; Gibbs' inequality",
    functions=(BINARY,),
    domain=Domain(_ELEMENT),
)
def _gibbs(f: Functions, p: Array, z: Array) -> Relations:
    yield at_most(binary_entropy(z), f(BINARY, p, z))


@stated(
    "binary-cross-entropy-gradient",
    "The gradients of the loss by the probability, and by the label: minus the logit.",
    r"\frac{\partial L}{\partial p} = \frac{p - z}{p (1 - p)},\quad"
    r" \frac{\partial L}{\partial z} = -\log \frac{p}{1 - p}",
    source="follows from binary-cross-entropy-definition",
    functions=(BINARY,),
    domain=Domain((*_ELEMENT, like("v", "p"))),
)
def _gradients(f: Functions, p: Array, z: Array, v: Array) -> Relations:
    probs, labels, factor = exact(p), exact(z), exact(v)
    by_probs, by_labels = (f(BINARY, p, z, quantity=f"gradient:{name}", cotangent=v) for name in ("probs", "labels"))
    yield equal(by_probs, factor * (probs - labels) / (probs * (1 - probs)), "by the probability")
    yield equal(by_labels, -factor * log(probs / (1 - probs)), "by the label: minus the logit")


@stated(
    "label-smoothing-binary",
    "Smoothing takes the share ε of an element's label, and gives both outcomes half of it.",
    r"L_\varepsilon(p, z) = L(p, z'),\quad z' = (1 - \varepsilon) z + \tfrac{\varepsilon}{2}",
    source="S4",
    functions=(BINARY,),
    domain=Domain((*_ELEMENT, smoothing())),
)
def _smoothing(f: Functions, p: Array, z: Array, e: Array) -> Relations:
    probs, epsilon = exact(p), exact(smoothing_of(e))
    labels = (1 - epsilon) * exact(z) + epsilon / 2
    smoothed = f(BINARY, p, z, label_smoothing=smoothing_of(e))
    yield equal(smoothed, -labels * log(probs) - (1 - labels) * log(1 - probs))


@stated(
    "label-smoothing-categorical",
    "Smoothing takes the share ε of the labels of a row, and gives every class the same part of it.",
    r"H_\varepsilon(y, p) = H(y', p),\quad y' = (1 - \varepsilon) y + \frac{\varepsilon}{K}",
    source="S4",
    functions=(CATEGORICAL,),
    domain=Domain((probabilities(), any_labels(like="p"), smoothing())),
)
def _categorical_smoothing(f: Functions, p: Array, y: Array, e: Array) -> Relations:
    epsilon = exact(smoothing_of(e))
    labels = (1 - epsilon) * exact(y) + epsilon / p.shape[-1]
    smoothed = f(CATEGORICAL, p, y, label_smoothing=smoothing_of(e))
    yield equal(smoothed, -np.sum(labels * log(exact(p)), axis=-1))
