"""Conventions at the limits: what infinities, NaN, zero probabilities and empty sums give, before `arb` sees them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np


class Status(IntEnum):
    """What is known of one element of an exact result."""

    FINITE = 0
    """The exact result is the real number (hi + lo ± radius) · 2^exponent."""
    POSITIVE_INFINITY = 1
    """Required: +inf (a limit of the table says why)."""
    NEGATIVE_INFINITY = 2
    """Required: -inf."""
    NAN = 3
    """Required: NaN."""
    NOT_FINITE = 4
    """Required: NaN or an infinity, no finite number."""
    CHOICE = 5
    """Mathematics leaves a choice: any answer is a convention, none is wrong."""
    UNDECIDED = 6
    """The reference could not decide at its largest precision: never a pass, never an accusation."""


@dataclass(frozen=True)
class Limit:
    """One entry of the table.

    Attributes:
        id: its name.
        applies_to: the inputs and quantities it decides.
        kind: "required" where mathematics leaves one answer, "choice" where it does not.
        expected: the answer: a required status, or CHOICE.
        reason: why.
        answers: between what a choice is, the answers that kernels give; () where one is required.
    """

    id: str
    applies_to: str
    kind: Literal["required", "choice"]
    expected: Status
    reason: str
    answers: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """What it applies to, the reason, and the answers of a choice, in one line without a full stop."""
        text = f"{self.applies_to}: {self.reason}"
        if not self.answers:
            return text
        *others, last = self.answers
        return f"{text}; possible are {', '.join(others)} and {last}"


def _required(name: str, expected: Status, applies_to: str, reason: str) -> Limit:
    return Limit(name, applies_to, "required", expected, reason)


def _choice(name: str, applies_to: str, reason: str, *answers: str) -> Limit:
    return Limit(name, applies_to, "choice", Status.CHOICE, reason, answers)


LIMITS: tuple[Limit, ...] = (
    _required(
        "nan",
        Status.NOT_FINITE,
        "an element, or any element of a row, is NaN, and the result depends on it",
        "no number can be derived from one that is not known: a finite result would hide the fault",
    ),
    _required(
        "logsumexp-all-masked",
        Status.NEGATIVE_INFINITY,
        "logsumexp of a row of -inf",
        "the sum of exponentials is exactly 0, and log 0 = -inf",
    ),
    _required(
        "masked-softmax",
        Status.FINITE,
        "softmax at a -inf logit beside a finite one: 0",
        "exp(-inf) = 0, divided by a positive sum",
    ),
    _required(
        "masked-log-softmax",
        Status.NEGATIVE_INFINITY,
        "log_softmax at a -inf logit beside a finite one",
        "the logarithm of a probability that is exactly 0",
    ),
    _required(
        "masked-gradient",
        Status.FINITE,
        "gradient by a -inf logit beside a finite one, of softmax, logsumexp and cross-entropy without label there: 0",
        "the derivative carries the factor p = 0",
    ),
    _required(
        "sigmoid-at-infinity",
        Status.FINITE,
        "sigmoid(+inf) = 1, sigmoid(-inf) = 0",
        "the limits of 1/(1 + exp(-x)), continuous on the extended line",
    ),
    _required(
        "vanishing-at-infinity",
        Status.FINITE,
        "log_sigmoid(+inf) = 0, softplus(-inf) = 0",
        "the limits of log(1 + exp(-x)), continuous on the extended line",
    ),
    _required(
        "log-sigmoid-at-minus-infinity",
        Status.NEGATIVE_INFINITY,
        "log_sigmoid(-inf)",
        "log 0 = -inf, the limit of log sigmoid(x) = x - log(1 + exp(x))",
    ),
    _required(
        "softplus-at-infinity",
        Status.POSITIVE_INFINITY,
        "softplus(+inf)",
        "the limit of log(1 + exp(x)) = x + log(1 + exp(-x))",
    ),
    _required("logit-of-zero", Status.NEGATIVE_INFINITY, "logit(0)", "log(0/1) = -inf"),
    _required("logit-of-one", Status.POSITIVE_INFINITY, "logit(1)", "log(1/0) = +inf, approached from inside [0, 1]"),
    _required(
        "logit-outside",
        Status.NAN,
        "logit of a number outside [0, 1]",
        "p/(1 - p) is negative there: no real logarithm",
    ),
    _required(
        "zero-log-zero",
        Status.FINITE,
        "p log p at p = 0; y log(y/p) at y = 0 < p: 0",
        "the limit of t log t as t falls to 0: an event that cannot happen carries no information",
    ),
    _required(
        "label-on-zero-probability",
        Status.POSITIVE_INFINITY,
        "a positive label (smoothed and weighted) where the probability is 0 or the logit -inf",
        "-log 0 = +inf with a positive factor: the loss of an event that was declared impossible",
    ),
    _choice(
        "all-masked-row",
        "softmax, log_softmax, cross-entropy and all gradients of a row of -inf",
        "0/0: no distribution is left",
        "NaN",
        "the result of equal logits",
        "that of probabilities which are all 0",
    ),
    _choice("infinite-logit", "a +inf logit in a row", "inf/inf", "NaN", "the result of a hard maximum"),
    _choice(
        "infinite-logit-sigmoid",
        "sigmoid cross-entropy at an infinite logit",
        "its terms are 0·inf or inf - inf, depending on the form",
        "NaN",
        "the limit",
    ),
    _choice(
        "zero-label-on-zero-probability",
        "a zero or negative label or weight where the probability is 0 or the logit -inf",
        "0·log 0 with independent factors",
        "that of a term of 0",
        "NaN as in IEEE arithmetic",
    ),
    _choice(
        "edge-of-domain",
        "a derivative at p = 0, p = 1, y = 0 or an infinite input, where it is infinite or one-sided",
        "the function is not differentiable there",
        "the one-sided or infinite derivative",
        "0",
        "NaN",
    ),
    _choice(
        "infinite-value",
        "a derivative where the value itself is infinite or undefined",
        "no finite difference quotient exists",
        "NaN",
        "an infinity",
        "what the formula of the derivative gives",
    ),
    _choice(
        "masked-log-softmax-gradient",
        "the gradient of log_softmax by a -inf logit, or through one that has a cotangent",
        "the value there is -inf: what flows through it is convention",
        "what the formula of the derivative gives",
        "0",
        "NaN",
    ),
    _choice("mean-over-nothing", "a mean whose divisor is 0 or unknown", "0/0", "NaN", "0"),
    _choice(
        "outside-domain",
        "a negative or infinite probability or label, or an infinite log-probability that is not -inf",
        "the function is not defined there",
        "the result of clipped arguments",
        "what the formula gives",
        "NaN",
        "an error",
    ),
    _choice(
        "label-out-of-range",
        "an index label that names no class",
        "no entry of the row is meant",
        "an error",
        "0 as of an ignored row",
        "NaN",
    ),
    _choice(
        "ignored-row",
        "an ignored row that holds NaN, +inf or nothing but -inf",
        "it is left out, or multiplied by 0",
        "0",
        "NaN",
    ),
    _choice(
        "nan-without-influence",
        "a result that depends on a NaN by a zero cotangent only, or by no factor at all",
        "0·NaN",
        "NaN as in IEEE arithmetic",
        "the result without the term",
    ),
    _choice(
        "edge-of-clip",
        "a derivative where a deviating definition's clip meets its edge, to within rounding of the clipped number",
        "the clip has two one-sided derivatives there",
        "the derivative inside",
        "0 as outside",
    ),
    _choice(
        "nan-at-clip",
        "a gradient by a deviating definition that clips or clamps, at a NaN",
        "comparing NaN with the edges picks a branch: there is no derivative to hold it against",
        "0",
        "NaN",
    ),
    _choice(
        "empty-normaliser",
        "a definition that divides probabilities by their sum, where the sum is 0",
        "0/0: no distribution can be made of it",
        "NaN",
        "the result of probabilities that are all 0",
    ),
    _choice(
        "vanishing-denominator",
        "a definition whose smallest denominator is rounded to 0 by the dtype, where the denominator is 0",
        "x/0: the guard that the definition states does not exist in this dtype",
        "NaN",
        "an infinity",
    ),
)
"""The table of limits. The first entry that applies decides, in the order in which the rules apply them."""

_INDEX = {limit.id: index for index, limit in enumerate(LIMITS)}


@dataclass(frozen=True)
class Decision:
    """What the table says of every element: status, index into LIMITS (-1: nothing) and, where it is known, the number.

    An element with status FINITE whose number is NaN here is left to arithmetic.
    """

    status: np.ndarray
    limit: np.ndarray
    number: np.ndarray

    @staticmethod
    def open(shape: tuple[int, ...]) -> Decision:
        """Return a decision that leaves everything to arithmetic."""
        return Decision(
            np.full(shape, Status.FINITE, dtype=np.int8), np.full(shape, -1, dtype=np.int16), np.full(shape, np.nan)
        )

    def apply(self, where: np.ndarray | np.bool_, limit: str, number: float = float("nan")) -> None:
        """Let an entry of the table decide the elements that no entry has decided yet."""
        free = np.broadcast_to(where, self.limit.shape) & (self.limit < 0)
        index = _INDEX[limit]
        self.status[free] = LIMITS[index].expected
        self.limit[free] = index
        self.number[free] = number

    def is_choice(self) -> np.ndarray:
        """Which elements are left to convention."""
        return self.status == Status.CHOICE


def combined(parts: Decision) -> Decision:
    """Return the decision on sums of the parts along the last axis.

    NaN makes a sum NaN or infinite; next, a choice makes it a choice; next, +inf makes it +inf; what is left is finite
    and left to arithmetic.
    """
    result = Decision.open(parts.status.shape[:-1])
    if parts.status.shape[-1] == 0:
        return result
    for status in (Status.NOT_FINITE, Status.CHOICE, Status.POSITIVE_INFINITY):
        hit = parts.status == status
        rows = hit.any(axis=-1) & (result.limit < 0)
        first = np.take_along_axis(parts.limit, hit.argmax(axis=-1)[..., None], axis=-1)[..., 0]
        result.status[rows] = status
        result.limit[rows] = first[rows]
    return result
