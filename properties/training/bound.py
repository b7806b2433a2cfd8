"""How far a computed step of gradient descent may be from the exact one: each rounding of it, one after the other.

Textbook arithmetic in the storage format: unit roundoff u, sums in any order, multiplications and additions fused or
not. γₖ = ku/(1 - ku) (Higham, Accuracy and Stability of Numerical Algorithms, §3.1). x, z, p, y and P are exact; a hat
marks what is computed. Numbers below the smallest normal one may be flushed to zero, as an operation reads or gives
them: it may lose λ, twice that number. Factors are at most 1, so no operation magnifies what another one lost.
"""

from __future__ import annotations

import numpy as np

from logitproof.reference import FUNCTIONS, Call, Format, flushed_bound

from .exact import ExactStep, Step

_GUARD = 1 + 2.0**-30
"""Bounds are computed in float64, with a relative error far below 2^-30: they are widened by so much."""


def permitted(storage: Format, step: Step, exact: ExactStep) -> np.ndarray:
    """Bound |P̂ - P| of every parameter after a step, float64, shape (features + 1, classes).

    Args:
        storage: the format of the parameters.
        step: the step.
        exact: what it does without rounding.
    """
    count, u, lost = len(step.inputs), storage.unit_roundoff, 2 * storage.smallest_normal
    error, size = _gradient_by_logits(storage, step, exact)
    # ĝ = xᵀĜ is a sum of n products: each meets at most n roundings, and Ĝ was off by its own error.
    summed = step.inputs.T @ error + gamma(count, u) * (step.inputs.T @ size) + 2 * count * lost
    # rate·ĝ is exact unless it underflows, for the rate is a power of two; and the difference is rounded once.
    moved = step.rate * summed + lost
    return (moved + u * (np.abs(exact.parameters.astype(np.float64)) + moved) + lost) * _GUARD


def _gradient_by_logits(storage: Format, step: Step, exact: ExactStep) -> tuple[np.ndarray, np.ndarray]:
    """Bound |Ĝ - G| and |Ĝ| for the gradient G = (p - y)/n of the mean loss by the logits."""
    (count, terms), u, lost = step.inputs.shape, storage.unit_roundoff, 2 * storage.smallest_normal
    # ẑ = xP is a sum of `terms` products, each of which meets at most so many roundings: |ẑ - z| ≤ r.
    off = gamma(terms, u) * (step.inputs @ np.abs(step.parameters)) + 2 * terms * lost
    most = off.max(axis=1, keepdims=True)
    # p(ẑ)ᵢ/p(z)ᵢ = e^(ẑᵢ - zᵢ) / Σⱼ pⱼ e^(ẑⱼ - zⱼ): its logarithm is at most rᵢ + max r.
    followed = exact.probs * np.expm1(off + most) / count
    rounded = textbook_nearby(storage, step.labels, exact.logits, most) * (1 + 4 * u)
    gradient = exact.probs.copy()
    gradient[np.arange(count), step.labels] -= 1
    size = (np.abs(gradient) / count + followed + rounded) * (1 + u) + lost
    return followed + rounded + u * size + lost, size


def textbook_nearby(storage: Format, labels: np.ndarray, logits: np.ndarray, off: np.ndarray) -> np.ndarray:
    """Bound the rounding errors of the mean loss's gradient by its logits, at any logits ẑ with |ẑ - z| ≤ r.

    The textbook bound B is known at given logits. Where every logit moves by at most ρ, d = z - max z and log Σe^d move
    by at most 2ρ, and p, e^d, Σe^d and |p - y| by a factor of at most e^2ρ. B is a sum of products of constants, of one
    of p, e^d/Σe^d and |p - y|, and of relative errors, which are u times sums of |d|, log Σe^d, |log p|, means of |d|
    with the weights p, and at least 8: so they move by a factor of at most e^5ρ, and B by e^7ρ.
    One term of B goes to the largest logits alone. So every logit that could be the largest of ẑ is first made so,
    which moves it by at most 2r; ẑ is then at most 3r away, and e^24r is enough.

    Args:
        storage: the format.
        labels: the classes, shape (n,).
        logits: z, float64, shape (n, classes).
        off: r, shape (n, 1).
    """
    largest = logits.max(axis=1, keepdims=True)
    tied = np.where(logits >= largest - 2 * off, largest, logits)
    loss = FUNCTIONS["sparse_softmax_cross_entropy"]
    options = {"axis": -1, "reduction": "mean"}
    call = Call.of(loss, (tied, labels), options, quantity="gradient:logits", dtype=storage.name)
    return flushed_bound(call) * np.exp(24 * off)


def gamma(count: int, u: float) -> float:
    """γₖ = ku/(1 - ku): what k roundings, one after the other, make of a number, relative to it."""
    return count * u / (1 - count * u)
