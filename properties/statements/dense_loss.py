"""What must hold of softmax cross-entropy with dense labels."""

from __future__ import annotations

from ..checking.balls import exact, log, per_row, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
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
def _dense_definition(f: Functions, x: Array, y: Array) -> Relations:
    yield equal(f(DENSE, x, y), -weighed(y, f("log_softmax", x)))


@stated(
    "cross-entropy-dense-log-sum-exp",
    "The loss of a row is its log-sum-exp for every label, minus the logits weighed by the labels.",
    r"L(x, y) = \sum_j y_j \cdot \log \sum_j e^{x_j} - \sum_j y_j x_j",
    source="follows from log-softmax-fused",
    functions=(DENSE, "logsumexp"),
    domain=Domain((near_logits(), any_labels())),
)
def _dense_log_sum_exp(f: Functions, x: Array, y: Array) -> Relations:
    whole = f("logsumexp", x) * label_sum(y)
    yield equal(f(DENSE, x, y), whole - weighed(y, exact(x)))


@stated(
    "dense-equals-sparse",
    "A one-hot label and the index of its class have the same loss and the same gradient.",
    r"L(x, e_k) = L(x, k),\quad \nabla L(x, e_k) = \nabla L(x, k)",
    source="S2",
    functions=(DENSE, SPARSE),
    domain=Domain((near_logits(), class_labels(), like("v", per_row=True))),
)
def _dense_equals_sparse(f: Functions, x: Array, k: Array, v: Array) -> Relations:
    hot = one_hot(k, x)
    yield equal(f(DENSE, x, hot), f(SPARSE, x, k), "the loss")
    dense = f(DENSE, x, hot, quantity="gradient:logits", cotangent=v)
    sparse = f(SPARSE, x, k, quantity="gradient:logits", cotangent=v)
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
def _equal_losses(f: Functions, x: Array, k: Array) -> Relations:
    yield equal(f(DENSE, x, one_hot(k, x)), f(SPARSE, x, k))


@stated(
    "cross-entropy-dense-shift-invariance",
    "Adding one number to all logits does not change the loss of dense labels; what the sums x + c are rounded by is "
    "accounted for.",
    r"L(x + c, y) = L(x, y)",
    source="S1, S3",
    functions=(DENSE, "softmax"),
    domain=Domain((near_logits(), near_elements("c"), labels())),
)
def _dense_shift_invariance(f: Functions, x: Array, c: Array, y: Array) -> Relations:
    shifted, change, grown = shifted_logits(f, x, c)
    moved = grown * label_sum(y) - weighed(y, change)
    yield equal(f(DENSE, shifted, y), f(DENSE, x, y) + moved)


@stated(
    "cross-entropy-dense-permutation",
    "Reordering the classes of logits and labels alike does not change the loss.",
    r"L(x \circ \pi, y \circ \pi) = L(x, y)",
    source="follows from cross-entropy-dense-definition",
    functions=(DENSE,),
    domain=Domain((near_logits(), any_labels(), class_order())),
)
def _dense_permutation(f: Functions, x: Array, y: Array, order: Array) -> Relations:
    yield equal(f(DENSE, x[:, order], y[:, order]), f(DENSE, x, y))


@stated(
    "cross-entropy-dense-bounds",
    "The loss is not less than what the labels are behind the largest logit, exceeds that by no more than the "
    "logarithm of the number of classes, and is not less than the entropy of the labels.",
    r"d \le L(x, y) \le d + \log n,\quad d = \sum_j y_j (\max_i x_i - x_j),\quad L(x, y) \ge H(y)",
    source="S0, S2; follows from max x ≤ log-sum-exp(x) ≤ max x + log n, and from Gibbs' inequality",
    functions=(DENSE,),
    domain=Domain((near_logits(), labels())),
)
def _dense_bounds(f: Functions, x: Array, y: Array) -> Relations:
    loss = f(DENSE, x, y)
    behind = weighed(y, per_row(exact(wide(x).max(axis=-1))) - exact(x))
    yield at_most(behind, loss, "at least what the labels are behind the largest logit")
    yield at_most(loss, behind + log(exact(float(x.shape[-1]))), "and at most log n more")
    yield at_most(total(plogp(y)), loss, "at least the entropy of the labels")


@stated(
    "cross-entropy-dense-linear-in-labels",
    "The loss of an even mixture of labels is the mean of their losses.",
    r"L\left(x, \tfrac12 y + \tfrac12 y'\right) = \tfrac12 L(x, y) + \tfrac12 L(x, y')",
    source="follows from cross-entropy-dense-definition",
    functions=(DENSE,),
    domain=Domain((near_logits(), parts(), parts("z"))),
)
def _linear(f: Functions, x: Array, y: Array, z: Array) -> Relations:
    mean = (f(DENSE, x, y) + f(DENSE, x, z)) / 2
    yield equal(f(DENSE, x, y / 2 + z / 2), mean)


@stated(
    "cross-entropy-dense-tangent",
    "The loss of dense labels lies above its tangents: values and gradients belong to one convex function.",
    r"L(x', y) \ge L(x, y) + \nabla L(x, y) \cdot (x' - x)",
    source="log-sum-exp is convex (Boyd and Vandenberghe, Convex Optimization, section 3.1.5)",
    functions=(DENSE,),
    domain=Domain((near_logits(), near_logits("t", like="x"), labels())),
)
def _dense_tangent(f: Functions, x: Array, t: Array, y: Array) -> Relations:
    slopes = f(DENSE, x, y, quantity="gradient:logits")
    rise = total(slopes * (exact(t) - exact(x)))
    yield at_most(f(DENSE, x, y) + rise, f(DENSE, t, y))
