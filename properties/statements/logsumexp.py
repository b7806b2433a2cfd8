"""What must hold of log-sum-exp and its gradient."""

from __future__ import annotations

import numpy as np

from ..checking.balls import exact, exp, log, per_row, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, Relations, Statements, at_most, equal
from ..domains.inputs import WIDE, class_labels, class_order, elements, like, logits, paired_logits, sparse_logits, wide
from .row_claims import gradient_masking, largest, permutation, shifted, smallest

stated = Statements()
"""In the order in which they are told."""

_LOGITS, _COTANGENT = logits(), like("v", per_row=True)

_PAIR = Domain((_LOGITS, paired_logits("y")))


@stated(
    "logsumexp-bounds",
    "Log-sum-exp is a smooth maximum: never below the largest logit, and at most log n above it.",
    r"\max x \le \operatorname{lse}(x) \le \max x + \ln n",
    source="follows from the definition",
    functions=("logsumexp",),
    domain=Domain((_LOGITS,)),
)
def _bounds(f: Functions, x: Array) -> Relations:
    lse, maximum = f("logsumexp", x), exact(x.max(axis=-1))
    yield at_most(maximum, lse, "it is at least max x")
    yield at_most(lse, maximum + log(exact(float(x.shape[-1]))), "it is at most log n above max x")


@stated(
    "logsumexp-shift",
    "Adding one number to all logits adds it to log-sum-exp; what the sum x + c is rounded by is accounted for.",
    r"\operatorname{lse}(x + c) = \operatorname{lse}(x) + c",
    source="S1, S3",
    functions=("logsumexp",),
    domain=Domain((_LOGITS, elements("c"))),
)
def _shift(f: Functions, x: Array, c: Array) -> Relations:
    # Between the least and the most of what the sums x + c are rounded by lies what that changes log-sum-exp by.
    moved, rest = shifted(x, c)
    after, before = f("logsumexp", moved), f("logsumexp", x) + exact(c)
    yield at_most(after, before + largest(rest), "it is no more than lse(x) + c")
    yield at_most(before + smallest(rest), after, "it is no less than lse(x) + c")


@stated(
    "logsumexp-monotonicity",
    "Raising logits never lowers log-sum-exp, and raises it by no more than the most that one is raised.",
    r"x \le y \implies 0 \le \operatorname{lse}(y) - \operatorname{lse}(x) \le \max(y - x)",
    source="follows from the definition",
    functions=("logsumexp",),
    domain=_PAIR,
)
def _monotonicity(f: Functions, x: Array, y: Array) -> Relations:
    raised = np.maximum(x, y)
    lse, above = f("logsumexp", x), f("logsumexp", raised)
    yield at_most(lse, above, "raising logits does not lower it")
    yield at_most(above, lse + largest(exact(raised) - exact(x)), "it rises by no more than the logits do")


@stated(
    "logsumexp-convexity",
    "Log-sum-exp is convex: halfway between two rows it is at most the mean of both.",
    r"\operatorname{lse}\bigl(\tfrac{x + y}{2}\bigr) \le "
    r"\tfrac12 \bigl(\operatorname{lse}(x) + \operatorname{lse}(y)\bigr)",
    source="Boyd and Vandenberghe, Convex Optimization (2004), section 3.1.5",
    functions=("logsumexp",),
    domain=_PAIR,
)
def _convexity(f: Functions, x: Array, y: Array) -> Relations:
    middle = (x / 2 + y / 2).astype(x.dtype)
    rest = exact(middle) - (exact(x) + exact(y)) / 2
    mean = (f("logsumexp", x) + f("logsumexp", y)) / 2
    yield at_most(f("logsumexp", middle), mean + largest(rest))


@stated(
    "logsumexp-equal-logits",
    "Log-sum-exp of n equal logits is log n above them.",
    r"\operatorname{lse}([a, \dots, a]) = a + \ln n",
    source="follows from the definition",
    functions=("logsumexp",),
    domain=Domain((logits(largest=WIDE),)),
)
def _equal_logits(f: Functions, x: Array) -> Relations:
    same = np.broadcast_to(x[:, :1], x.shape).copy()
    yield equal(f("logsumexp", same), exact(x[:, 0]) + log(exact(float(x.shape[-1]))))


@stated(
    "logsumexp-repeated-row",
    "Log-sum-exp of a row written twice over is log 2 above that of the row.",
    r"\operatorname{lse}([x, x]) = \operatorname{lse}(x) + \ln 2",
    source="follows from the definition",
    functions=("logsumexp",),
    domain=Domain((_LOGITS,)),
)
def _repeated_row(f: Functions, x: Array) -> Relations:
    twice = np.concatenate([x, x], axis=-1)
    yield equal(f("logsumexp", twice), f("logsumexp", x) + log(exact(2.0)))


@stated(
    "logsumexp-repeated-class",
    "A class that is there once more adds its exponential to the sum once more.",
    r"e^{\operatorname{lse}([x, x_k])} = e^{\operatorname{lse}(x)} + e^{x_k}",
    source="follows from the definition",
    functions=("logsumexp",),
    domain=Domain((_LOGITS, class_labels())),
)
def _repeated_class(f: Functions, x: Array, k: Array) -> Relations:
    repeated = np.take_along_axis(x, k[:, None], axis=-1)
    logit = exact(repeated[:, 0])
    longer = f("logsumexp", np.concatenate([x, repeated], axis=-1))
    yield equal(longer - logit, log(1 + exp(f("logsumexp", x) - logit)))


@stated(
    "logsumexp-in-parts",
    "Log-sum-exp of a row is that of the log-sum-exps of its parts; their rounding is accounted for.",
    r"\operatorname{lse}([x, y]) = \operatorname{lse}([\operatorname{lse}(x), \operatorname{lse}(y)])",
    source="follows from the definition; Milakov and Gimelshein, arXiv 1805.02867",
    functions=("logsumexp",),
    domain=_PAIR,
)
def _in_parts(f: Functions, x: Array, y: Array) -> Relations:
    parts = np.stack([f.stored("logsumexp", part) for part in (x, y)], axis=-1)
    # The exact sums lie in balls about the stored ones: by no more than these are moved is the sum of both moved.
    rest = np.stack([f("logsumexp", part) for part in (x, y)], axis=-1) - exact(parts)
    whole = f("logsumexp", np.concatenate([x, y], axis=-1))
    of_parts = f("logsumexp", parts)
    yield at_most(whole, of_parts + largest(rest), "the whole row has no more than its parts")
    yield at_most(of_parts + smallest(rest), whole, "the whole row has no less than its parts")


stated(
    "logsumexp-permutation",
    "The order of the classes does not matter to log-sum-exp.",
    r"\operatorname{lse}(x \circ \pi) = \operatorname{lse}(x)",
    source="follows from the definition",
    functions=("logsumexp",),
    domain=Domain((_LOGITS, class_order())),
)(permutation("logsumexp"))


@stated(
    "logsumexp-masking",
    "A class with the logit -inf adds nothing to log-sum-exp, wherever in the row it stands.",
    r"x_k = -\infty \implies \operatorname{lse}(x) = \operatorname{lse}(x_{\ne k})",
    source="follows from the definition",
    functions=("logsumexp",),
    domain=Domain((sparse_logits(),)),
)
def _masking(f: Functions, x: Array) -> Relations:
    kept = np.isfinite(wide(x))
    compact = [f("logsumexp", row[None, finite]) for row, finite in zip(x, kept, strict=True)]
    yield equal(f("logsumexp", x), np.concatenate(compact))


@stated(
    "logsumexp-gradient",
    "The gradient of log-sum-exp is softmax.",
    r"\nabla \operatorname{lse}(x) = \operatorname{softmax}(x)",
    source="follows from the definitions",
    functions=("logsumexp", "softmax"),
    domain=Domain((_LOGITS, _COTANGENT)),
)
def _gradient(f: Functions, x: Array, v: Array) -> Relations:
    gradient = f("logsumexp", x, quantity="gradient:logits", cotangent=v)
    yield equal(gradient, per_row(exact(v)) * f("softmax", x))


@stated(
    "logsumexp-gradient-sum",
    "The gradient of log-sum-exp sums to 1: it rises as a common shift does.",
    r"\sum_j \frac{\partial \operatorname{lse}(x)}{\partial x_j} = 1",
    source="follows from logsumexp-shift",
    functions=("logsumexp",),
    domain=Domain((_LOGITS, _COTANGENT)),
)
def _gradient_sum(f: Functions, x: Array, v: Array) -> Relations:
    gradient = f("logsumexp", x, quantity="gradient:logits", cotangent=v)
    yield equal(total(gradient), exact(v))


stated(
    "logsumexp-gradient-masking",
    "A class with the logit -inf has no influence on log-sum-exp, and the others have what they would have without it.",
    r"x_k = -\infty \implies g(x)_k = 0,\quad g(x)_{\ne k} = g(x_{\ne k}),\quad g = \nabla \operatorname{lse}",
    source="follows from logsumexp-masking",
    functions=("logsumexp",),
    domain=Domain((sparse_logits(), _COTANGENT)),
)(gradient_masking("logsumexp"))
