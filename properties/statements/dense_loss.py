"""What must hold of softmax cross-entropy with dense labels."""

from __future__ import annotations

from collections.abc import Iterable

from ..checking.balls import exact, log, per_row, total
from ..checking.functions import Functions
from ..checking.property import Domain, PropertyInputs, Relation, Statements, at_most, equal
from ..domains.inputs import class_labels, class_order, labels, like, logits, wide
from ..domains.label_inputs import any_labels, parts
from ..domains.labelled import label_sum, one_hot, weighed
from ..domains.loss_inputs import near_elements, near_logits
from .index_loss import SPARSE, shifted_logits
from .information import plogp

stated = Statements()
"""In the order in which they are told."""

DENSE = "softmax_cross_entropy"


@stated(
    "cross-entropy-dense-definition",
    "The loss of a row is minus its log-softmax, weighed by the labels, whatever they sum to.",
    r"L(x, y) = -\sum_j y_j \log \operatorname{softmax}(x)_j",
    source="S0, S2",
    functions=(DENSE, "log_softmax"),
    domain=Domain((near_logits(), any_labels())),
)
def _dense_definition(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets = given["x"], given["y"]
    yield equal(f(DENSE, logits_, targets), -weighed(targets, f("log_softmax", logits_)))


@stated(
    "cross-entropy-dense-log-sum-exp",
    "The loss of a row is its log-sum-exp for every label, minus the logits weighed by the labels.",
    r"L(x, y) = \sum_j y_j \cdot \log \sum_j e^{x_j} - \sum_j y_j x_j",
    source="follows from log-softmax-fused",
    functions=(DENSE, "logsumexp"),
    domain=Domain((near_logits(), any_labels())),
)
def _dense_log_sum_exp(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets = given["x"], given["y"]
    whole = f("logsumexp", logits_) * label_sum(targets)
    yield equal(f(DENSE, logits_, targets), whole - weighed(targets, exact(logits_)))


@stated(
    "dense-equals-sparse",
    "A one-hot label and the index of its class have the same loss and the same gradient.",
    r"L(x, e_k) = L(x, k),\quad \nabla L(x, e_k) = \nabla L(x, k)",
    source="S2",
    functions=(DENSE, SPARSE),
    domain=Domain((near_logits(), class_labels(), like("v", per_row=True))),
)
def _dense_equals_sparse(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes, factor = given["x"], given["k"], given["v"]
    hot = one_hot(classes, logits_)
    yield equal(f(DENSE, logits_, hot), f(SPARSE, logits_, classes), "the loss")
    dense = f(DENSE, logits_, hot, quantity="gradient:logits", cotangent=factor)
    sparse = f(SPARSE, logits_, classes, quantity="gradient:logits", cotangent=factor)
    yield equal(dense, sparse, "its gradient by the logits")


@stated(
    "dense-equals-sparse-any-size",
    "A one-hot label and the index of its class have the same loss even where the difference of two logits overflows: "
    "the label of those classes is 0.",
    r"L(x, e_k) = L(x, k),\quad x_i - x_j \text{ of any size}",
    source="S2",
    functions=(DENSE, SPARSE),
    domain=Domain((logits(), class_labels())),
)
def _equal_losses(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, classes = given["x"], given["k"]
    yield equal(f(DENSE, logits_, one_hot(classes, logits_)), f(SPARSE, logits_, classes))


@stated(
    "cross-entropy-dense-shift-invariance",
    "Adding one number to all logits does not change the loss of dense labels; what the sums x + c are rounded by is "
    "accounted for.",
    r"L(x + c, y) = L(x, y)",
    source="S1, S3",
    functions=(DENSE, "softmax"),
    domain=Domain((near_logits(), near_elements("c"), labels())),
)
def _dense_shift_invariance(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    targets = given["y"]
    shifted, change, grown = shifted_logits(f, given)
    moved = grown * label_sum(targets) - weighed(targets, change)
    yield equal(f(DENSE, shifted, targets), f(DENSE, given["x"], targets) + moved)


@stated(
    "cross-entropy-dense-permutation",
    "Reordering the classes of logits and labels alike does not change the loss.",
    r"L(x \circ \pi, y \circ \pi) = L(x, y)",
    source="follows from cross-entropy-dense-definition",
    functions=(DENSE,),
    domain=Domain((near_logits(), any_labels(), class_order())),
)
def _dense_permutation(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets, order = given["x"], given["y"], given["order"]
    yield equal(f(DENSE, logits_[:, order], targets[:, order]), f(DENSE, logits_, targets))


@stated(
    "cross-entropy-dense-bounds",
    "The loss is not less than what the labels are behind the largest logit, exceeds that by no more than the "
    "logarithm of the number of classes, and is not less than the entropy of the labels.",
    r"d \le L(x, y) \le d + \log n,\quad d = \sum_j y_j (\max_i x_i - x_j),\quad L(x, y) \ge H(y)",
    source="S0, S2; follows from max x ≤ log-sum-exp(x) ≤ max x + log n, and from Gibbs' inequality",
    functions=(DENSE,),
    domain=Domain((near_logits(), labels())),
)
def _dense_bounds(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, targets = given["x"], given["y"]
    loss = f(DENSE, logits_, targets)
    behind = weighed(targets, per_row(exact(wide(logits_).max(axis=-1))) - exact(logits_))
    yield at_most(behind, loss, "at least what the labels are behind the largest logit")
    yield at_most(loss, behind + log(exact(float(logits_.shape[-1]))), "and at most log n more")
    yield at_most(total(plogp(targets)), loss, "at least the entropy of the labels")


@stated(
    "cross-entropy-dense-linear-in-labels",
    "The loss of an even mixture of labels is the mean of their losses.",
    r"L\left(x, \tfrac12 y + \tfrac12 y'\right) = \tfrac12 L(x, y) + \tfrac12 L(x, y')",
    source="follows from cross-entropy-dense-definition",
    functions=(DENSE,),
    domain=Domain((near_logits(), parts(), parts("z"))),
)
def _linear(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    logits_, one, other = given["x"], given["y"], given["z"]
    mean = (f(DENSE, logits_, one) + f(DENSE, logits_, other)) / 2
    yield equal(f(DENSE, logits_, one / 2 + other / 2), mean)


@stated(
    "cross-entropy-dense-tangent",
    "The loss of dense labels lies above its tangents: values and gradients belong to one convex function.",
    r"L(x', y) \ge L(x, y) + \nabla L(x, y) \cdot (x' - x)",
    source="log-sum-exp is convex (Boyd and Vandenberghe, Convex Optimization, section 3.1.5)",
    functions=(DENSE,),
    domain=Domain((near_logits(), near_logits("t", like="x"), labels())),
)
def _dense_tangent(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
    here, there, targets = given["x"], given["t"], given["y"]
    slopes = f(DENSE, here, targets, quantity="gradient:logits")
    rise = total(slopes * (exact(there) - exact(here)))
    yield at_most(f(DENSE, here, targets) + rise, f(DENSE, there, targets))
