"""What must hold of softmax cross-entropy with the index of a class as label."""

from __future__ import annotations

import numpy as np

from ..checking.balls import Balls, exact, exp, log, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import class_labels, class_order, elements, logits, sparse_logits, wide
from ..domains.labelled import named
from ..domains.loss_inputs import finite_class, near_logits
from .row_claims import shifted

stated = Statements()
"""In the order in which they are told."""

SPARSE = "sparse_softmax_cross_entropy"


@stated(
    "cross-entropy-loss-definition",
    "The loss of a row is minus the log-softmax of its class.",
    r"L(x, k) = -\log \operatorname{softmax}(x)_k",
    source="S1",
    functions=(SPARSE, "log_softmax"),
    domain=Domain((logits(), class_labels())),
)
def _definition(f: Functions, x: Array, k: Array) -> Relations:
    yield equal(f(SPARSE, x, k), -named(k, f("log_softmax", x)))


@stated(
    "cross-entropy-log-sum-exp",
    "The loss of a row is its log-sum-exp minus the logit of its class.",
    r"L(x, k) = \log \sum_j e^{x_j} - x_k",
    source="S1; follows from log-softmax-fused",
    functions=(SPARSE, "logsumexp"),
    domain=Domain((near_logits(), class_labels())),
)
def _log_sum_exp(f: Functions, x: Array, k: Array) -> Relations:
    yield equal(f(SPARSE, x, k), f("logsumexp", x) - exact(named(k, x)))


def shifted_logits(f: Functions, x: Array, c: Array) -> tuple[np.ndarray, Balls, Balls]:
    """Return fl(x + c), by how much that differs from x + c, and what it adds to the log-sum-exp besides c."""
    moved, change = shifted(x, c)
    # Σ p = 1: where nothing is rounded, log Σ p e^0 is 0 without an error of the sum.
    return moved, change, log(total(f("softmax", x) * (exp(change) - 1)) + 1)


@stated(
    "cross-entropy-shift-invariance",
    "Adding one number to all logits does not change the loss; what the sums x + c are rounded by is accounted for.",
    r"L(x + c, k) = L(x, k)",
    source="S1, S3",
    functions=(SPARSE, "softmax"),
    domain=Domain((logits(), elements("c"), class_labels())),
)
def _shift_invariance(f: Functions, x: Array, c: Array, k: Array) -> Relations:
    moved, change, grown = shifted_logits(f, x, c)
    yield equal(f(SPARSE, moved, k), f(SPARSE, x, k) + grown - named(k, change))


@stated(
    "cross-entropy-index-permutation",
    "Reordering the classes, the label with them, does not change the loss.",
    r"L(x \circ \pi, \pi^{-1}(k)) = L(x, k)",
    source="follows from cross-entropy-loss-definition",
    functions=(SPARSE,),
    domain=Domain((logits(), class_labels(), class_order())),
)
def _permutation(f: Functions, x: Array, k: Array, order: Array) -> Relations:
    # Class k stands where the order names it.
    moved = np.argsort(order)[k]
    yield equal(f(SPARSE, x[:, order], moved), f(SPARSE, x, k))


@stated(
    "cross-entropy-bounds",
    "The loss is not less than what its class is behind the largest logit, and exceeds that by no more than the "
    "logarithm of the number of classes.",
    r"\max_j x_j - x_k \le L(x, k) \le \max_j x_j - x_k + \log n",
    source="follows from max x ≤ log-sum-exp(x) ≤ max x + log n",
    functions=(SPARSE,),
    domain=Domain((logits(), class_labels())),
)
def _bounds(f: Functions, x: Array, k: Array) -> Relations:
    numbers, loss = exact(x), f(SPARSE, x, k)
    behind = exact(wide(x).max(axis=-1)) - named(k, numbers)
    yield at_most(behind, loss, "at least what the class is behind the largest logit")
    yield at_most(loss, behind + log(exact(float(x.shape[-1]))), "and at most log n more")


@stated(
    "cross-entropy-masked-classes",
    "Classes whose logit is minus infinity change neither the loss nor the gradient of the others, however many there "
    "are, and get no gradient.",
    r"L((x, -\infty, \dots, -\infty), k) = L(x, k),\quad"
    r" \nabla L((x, -\infty, \dots, -\infty), k) = (\nabla L(x, k), 0, \dots, 0)",
    source="follows from exp(-inf) = 0",
    functions=(SPARSE,),
    domain=Domain((sparse_logits(), finite_class())),
)
def _padding(f: Functions, x: Array, k: Array) -> Relations:
    losses, gradients = np.empty(len(x), dtype=object), exact(np.zeros(x.shape))
    for case, row in enumerate(x):
        kept = np.isfinite(wide(row))
        alone, label = row[None, kept], np.count_nonzero(kept[: k[case]], keepdims=True)
        losses[case] = f(SPARSE, alone, label)[0]
        gradients[case, kept] = f(SPARSE, alone, label, quantity="gradient:logits")[0]
    yield equal(f(SPARSE, x, k), losses, "the loss is that of the finite classes alone")
    pulled = f(SPARSE, x, k, quantity="gradient:logits")
    yield equal(pulled, gradients, "so is the gradient, and 0 at minus infinity")


@stated(
    "cross-entropy-tangent",
    "The loss lies above its tangents: values and gradients belong to one convex function.",
    r"L(x', k) \ge L(x, k) + \nabla L(x, k) \cdot (x' - x)",
    source="log-sum-exp is convex (Boyd and Vandenberghe, Convex Optimization, section 3.1.5)",
    functions=(SPARSE,),
    domain=Domain((near_logits(), near_logits("t", like="x"), class_labels())),
)
def _tangent(f: Functions, x: Array, t: Array, k: Array) -> Relations:
    slopes = f(SPARSE, x, k, quantity="gradient:logits")
    rise = total(slopes * (exact(t) - exact(x)))
    yield at_most(f(SPARSE, x, k) + rise, f(SPARSE, t, k))
