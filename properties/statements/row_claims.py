"""What claims about functions of rows share: they differ in the function's name alone."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from flint import arb

from ..checking.balls import UNDECIDED, Balls, exact, per_row, total
from ..checking.functions import Functions
from ..checking.property import Claim, PropertyInputs, Relation, equal
from ..domains.inputs import wide

_GRADIENT = "gradient:logits"


def shifted(logits: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, Balls]:
    """Return fl(x + c) and what each sum was rounded by, fl(x + c) − (x + c).

    Args:
        logits: x, of shape (cases, n).
        shift: c, of shape (cases,).
    """
    with np.errstate(over="ignore"):
        moved = (logits + shift[:, None]).astype(logits.dtype)
    return moved, exact(moved) - exact(logits) - per_row(exact(shift))


def one_hot(classes: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return rows of the shape and dtype of `like` that are 1 at a class, of shape (cases,), and 0 elsewhere."""
    return (np.arange(like.shape[-1]) == classes[:, None]).astype(like.dtype)


def only_where(condition: np.ndarray, balls: Balls) -> Balls:
    """Return the balls, undecided where the condition is not fulfilled."""
    return np.where(condition, balls, exact(np.nan))


def largest(balls: Balls) -> Balls:
    """Return the maximum over the last axis."""
    return np.asarray(np.frompyfunc(arb.max, 2, 1).reduce(balls, axis=-1), dtype=object)


def smallest(balls: Balls) -> Balls:
    """Return the minimum over the last axis."""
    return np.asarray(np.frompyfunc(arb.min, 2, 1).reduce(balls, axis=-1), dtype=object)


def permutation(function: str) -> Claim:
    """Claim f(x∘π) = f(x)∘π; one number per row stays what it is."""

    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        moved, still = f(function, given["x"][:, given["order"]]), f(function, given["x"])
        yield equal(moved, still if still.ndim == 1 else still[:, given["order"]])

    return claim


def gradient_permutation(function: str) -> Claim:
    """Claim that the gradient of a function with a number for every class moves with the classes."""

    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        logits, cotangent, order = given["x"], given["v"], given["order"]
        moved = f(function, logits[:, order], quantity=_GRADIENT, cotangent=cotangent[:, order])
        yield equal(moved, f(function, logits, quantity=_GRADIENT, cotangent=cotangent)[:, order])

    return claim


def masking(function: str) -> Claim:
    """Claim that a row without its masked classes gives the same, and what stands at them: 0, or −∞."""

    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        padded, masked = f(function, given["x"]), ~np.isfinite(wide(given["x"]))
        yield equal(padded, _without_masked(f, function, given, "value"), "the finite classes among themselves")
        if function == "softmax":
            yield equal(only_where(masked, padded), exact(0.0), "a class at -inf has the probability 0")
        else:
            # What is infinite is no ball: 1 stands for a number that is -inf, and 0 for any other.
            infinite = np.isneginf(wide(f.stored(function, given["x"]))).astype(np.float64)
            yield equal(only_where(masked, exact(infinite)), exact(1.0), "a class at -inf has -inf")

    return claim


def gradient_masking(function: str) -> Claim:
    """Claim that a row without its masked classes has the same gradient, which is 0 at those."""

    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        padded = f(function, given["x"], quantity=_GRADIENT, cotangent=given["v"])
        yield equal(padded, _without_masked(f, function, given, _GRADIENT), "the finite classes among themselves")
        masked = ~np.isfinite(wide(given["x"]))
        yield equal(only_where(masked, padded), exact(0.0), "a class at -inf has no influence")

    return claim


def _without_masked(f: Functions, function: str, given: PropertyInputs, quantity: str) -> Balls:
    """Compute every row without its masked classes; these are undecided."""
    results = np.full(given["x"].shape, UNDECIDED, dtype=object)
    for case, row in enumerate(given["x"]):
        kept, cotangent = np.isfinite(wide(row)), None
        if quantity == _GRADIENT:
            cotangent = given["v"][case : case + 1]
            cotangent = cotangent if cotangent.ndim == 1 else cotangent[:, kept]
        results[case, kept] = f(function, row[None, kept], quantity=quantity, cotangent=cotangent)[0]
    return results


def gradient_sum(function: str) -> Claim:
    """Claim that the gradient of a function that ignores a common shift sums to zero."""

    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        gradient = f(function, given["x"], quantity=_GRADIENT, cotangent=given["v"])
        yield equal(total(gradient), exact(0.0))

    return claim


def gradient_linearity(function: str) -> Claim:
    """Claim J(αv + βw) = αJv + βJw, for combinations that the format holds exactly."""

    def claim(f: Functions, given: PropertyInputs) -> Iterable[Relation]:
        v, w, alpha, beta = (given[name] for name in ("v", "w", "alpha", "beta"))
        combined = (alpha * v + beta * w).astype(v.dtype)
        pulled_v, pulled_w, pulled = (
            f(function, given["x"], quantity=_GRADIENT, cotangent=cotangent) for cotangent in (v, w, combined)
        )
        is_exact = np.equal(exact(combined), exact(alpha) * exact(v) + exact(beta) * exact(w))
        combination = exact(alpha) * pulled_v + exact(beta) * pulled_w
        yield equal(pulled, only_where(is_exact.all(axis=-1, keepdims=True), combination))

    return claim
