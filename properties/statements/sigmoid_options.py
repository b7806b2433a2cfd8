"""What the options of sigmoid cross-entropy mean: weights of elements and of positive terms, and label smoothing."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, times
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, equal
from ..domains.inputs import class_weights
from ..domains.loss_inputs import TAME, element_labels, near_elements, near_logits, smoothing
from .loss_options import smoothing_of
from .sigmoid_loss import SIGMOID

stated = Statements()
"""In the order in which they are told."""

_WEIGHTED = (near_logits(share=TAME), element_labels(), class_weights())


@stated(
    "sigmoid-cross-entropy-weight",
    "A weight multiplies the loss of its elements, and their gradients.",
    r"L_w(x, z) = w L(x, z)",
    source="follows from the definition of the weighted loss",
    functions=(SIGMOID,),
    domain=Domain(_WEIGHTED),
)
def _weight(f: Functions, x: Array, z: Array, w: Array) -> Relations:
    yield equal(f(SIGMOID, x, z, weight=w), exact(w) * f(SIGMOID, x, z), "the loss")
    weighted = f(SIGMOID, x, z, quantity="gradient:logits", weight=w)
    unweighted = f(SIGMOID, x, z, quantity="gradient:logits")
    yield equal(weighted, exact(w) * unweighted, "its gradient")


@stated(
    "sigmoid-cross-entropy-pos-weight",
    "The weight of the positive outcome multiplies its term alone.",
    r"L_q(x, z) = q z L(x, 1) + (1 - z) L(x, 0)",
    source="follows from the definition of the weighted loss",
    functions=(SIGMOID,),
    domain=Domain(_WEIGHTED),
)
def _pos_weight(f: Functions, x: Array, z: Array, w: Array) -> Relations:
    labels = exact(z)
    ones, zeros = (f(SIGMOID, x, end) for end in (np.ones_like(x), np.zeros_like(x)))
    weighted = f(SIGMOID, x, z, pos_weight=w)
    yield equal(weighted, times(exact(w) * labels, ones) + times(1 - labels, zeros))


@stated(
    "sigmoid-cross-entropy-pos-weight-gradient",
    "With a weight of the positive outcome, its pull on the logit is multiplied by it.",
    r"\frac{\partial L_q}{\partial x} = (1 - z) \sigma(x) - q z \sigma(-x)",
    source="follows from sigmoid-cross-entropy-pos-weight",
    functions=(SIGMOID, "sigmoid"),
    domain=Domain(_WEIGHTED),
)
def _pos_weight_gradient(f: Functions, x: Array, z: Array, w: Array) -> Relations:
    labels, weight = exact(z), exact(w)
    pulled = f(SIGMOID, x, z, quantity="gradient:logits", pos_weight=w)
    yield equal(pulled, (1 - labels) * f("sigmoid", x) - weight * labels * f("sigmoid", -x))


@stated(
    "label-smoothing-sigmoid",
    "Smoothing takes the share ε of an element's label, and gives both outcomes half of it.",
    r"L_\varepsilon(x, z) = (1 - \varepsilon) L(x, z) + \tfrac{\varepsilon}{2} (L(x, 1) + L(x, 0))",
    source="S4",
    functions=(SIGMOID,),
    domain=Domain((near_elements(share=TAME), element_labels(), smoothing())),
)
def _smoothing(f: Functions, x: Array, z: Array, e: Array) -> Relations:
    epsilon = smoothing_of(e)
    ones, zeros = (f(SIGMOID, x, end) for end in (np.ones_like(x), np.zeros_like(x)))
    smoothed = f(SIGMOID, x, z, label_smoothing=epsilon)
    share = exact(epsilon) / 2
    yield equal(smoothed, (1 - exact(epsilon)) * f(SIGMOID, x, z) + share * (ones + zeros))
