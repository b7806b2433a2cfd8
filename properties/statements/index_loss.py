"""What must hold of softmax cross-entropy with the index of a class as label."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..checking.balls import Balls, exact, exp, log, per_row, total
from ..checking.functions import Functions
from ..checking.property import Domain, PropertyInputs, Relation, Statements, at_most, equal
from ..domains.inputs import class_labels, class_order, elements, logits, sparse_logits, wide
from ..domains.labelled import named
from ..domains.loss_inputs import finite_class, near_logits

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
def _definition(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes = given["x"], given["k"]
    yield equal(f(SPARSE, logits_, classes), -named(classes, f("log_softmax", logits_)))


@stated(
    "cross-entropy-log-sum-exp",
    "The loss of a row is its log-sum-exp minus the logit of its class.",
    r"L(x, k) = \log \sum_j e^{x_j} - x_k",
    source="S1; follows from log-softmax-fused",
    functions=(SPARSE, "logsumexp"),
    domain=Domain((near_logits(), class_labels())),
)
def _log_sum_exp(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes = given["x"], given["k"]
    yield equal(f(SPARSE, logits_, classes), f("logsumexp", logits_) - exact(named(classes, logits_)))


def shifted_logits(f: Functions, given: PropertyInputs) -> tuple[np.ndarray, Balls, Balls]:
    """Return fl(x + c), by how much that differs from x + c, and what it adds to the log-sum-exp besides c."""
    logits_, shift = given["x"], given["c"]
    with np.errstate(over="ignore"):
        shifted = (logits_ + shift[:, None]).astype(logits_.dtype)
    change = exact(shifted) - exact(logits_) - per_row(exact(shift))
    # Σ p = 1: where nothing is rounded, log Σ p e^0 is 0 without an error of the sum.
    return shifted, change, log(total(f("softmax", logits_) * (exp(change) - 1)) + 1)


@stated(
    "cross-entropy-shift-invariance",
    "Adding one number to all logits does not change the loss; what the sums x + c are rounded by is accounted for.",
    r"L(x + c, k) = L(x, k)",
    source="S1, S3",
    functions=(SPARSE, "softmax"),
    domain=Domain((logits(), elements("c"), class_labels())),
)
def _shift_invariance(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    classes = given["k"]
    shifted, change, grown = shifted_logits(f, given)
    yield equal(f(SPARSE, shifted, classes), f(SPARSE, given["x"], classes) + grown - named(classes, change))


@stated(
    "cross-entropy-index-permutation",
    "Reordering the classes, the label with them, does not change the loss.",
    r"L(x \circ \pi, \pi^{-1}(k)) = L(x, k)",
    source="follows from cross-entropy-loss-definition",
    functions=(SPARSE,),
    domain=Domain((logits(), class_labels(), class_order())),
)
def _permutation(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes, order = given["x"], given["k"], given["order"]
    # Class k stands where the order names it.
    moved = np.argsort(order)[classes]
    yield equal(f(SPARSE, logits_[:, order], moved), f(SPARSE, logits_, classes))


@stated(
    "cross-entropy-bounds",
    "The loss is not less than what its class is behind the largest logit, and exceeds that by no more than the "
    "logarithm of the number of classes.",
    r"\max_j x_j - x_k \le L(x, k) \le \max_j x_j - x_k + \log n",
    source="follows from max x ≤ log-sum-exp(x) ≤ max x + log n",
    functions=(SPARSE,),
    domain=Domain((logits(), class_labels())),
)
def _bounds(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes = given["x"], given["k"]
    numbers, loss = exact(logits_), f(SPARSE, logits_, classes)
    behind = exact(wide(logits_).max(axis=-1)) - named(classes, numbers)
    yield at_most(behind, loss, "at least what the class is behind the largest logit")
    yield at_most(loss, behind + log(exact(float(logits_.shape[-1]))), "and at most log n more")


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
def _padding(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    padded, classes = given["x"], given["k"]
    losses, gradients = np.empty(len(padded), dtype=object), exact(np.zeros(padded.shape))
    for case, row in enumerate(padded):
        kept = np.isfinite(wide(row))
        alone, label = row[None, kept], np.count_nonzero(kept[: classes[case]], keepdims=True)
        losses[case] = f(SPARSE, alone, label)[0]
        gradients[case, kept] = f(SPARSE, alone, label, quantity="gradient:logits")[0]
    yield equal(f(SPARSE, padded, classes), losses, "the loss is that of the finite classes alone")
    pulled = f(SPARSE, padded, classes, quantity="gradient:logits")
    yield equal(pulled, gradients, "so is the gradient, and 0 at minus infinity")


@stated(
    "cross-entropy-tangent",
    "The loss lies above its tangents: values and gradients belong to one convex function.",
    r"L(x', k) \ge L(x, k) + \nabla L(x, k) \cdot (x' - x)",
    source="log-sum-exp is convex (Boyd and Vandenberghe, Convex Optimization, section 3.1.5)",
    functions=(SPARSE,),
    domain=Domain((near_logits(), near_logits("t", like="x"), class_labels())),
)
def _tangent(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    here, there, classes = given["x"], given["t"], given["k"]
    slopes = f(SPARSE, here, classes, quantity="gradient:logits")
    rise = total(slopes * (exact(there) - exact(here)))
    yield at_most(f(SPARSE, here, classes) + rise, f(SPARSE, there, classes))
