"""What claims about functions of rows share: they differ in the function's name alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb

from ..checking.balls import UNDECIDED, Balls, exact, per_row, total
from ..checking.functions import Functions
from ..checking.property import Array, Domain, NamedClaim, Relations, equal
from ..domains.inputs import like, logits, one_of, wide

_GRADIENT = "gradient:logits"
_FACTORS = (1.0, -1.0, 2.0, -0.5)
TWO_COTANGENTS = Domain(
    (logits(), like("v"), like("w"), one_of("alpha", _FACTORS, "a factor"), one_of("beta", _FACTORS, "another"))
)
"""What `gradient_linearity` is stated for."""


def shifted(logits: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, Balls]:
    """Return fl(x + c) and what each sum was rounded by, fl(x + c) − (x + c).

    Args:
        logits: x, of shape (cases, n).
        shift: c, of shape (cases,).
    """
    with np.errstate(over="ignore"):
        moved = (logits + shift[:, None]).astype(logits.dtype)
    return moved, exact(moved) - exact(logits) - per_row(exact(shift))


def only_where(condition: np.ndarray, balls: Balls) -> Balls:
    """Return the balls, undecided where the condition is not fulfilled."""
    return np.where(condition, balls, exact(np.nan))


def largest(balls: Balls) -> Balls:
    """Return the maximum over the last axis."""
    return np.asarray(np.frompyfunc(arb.max, 2, 1).reduce(balls, axis=-1), dtype=object)


def smallest(balls: Balls) -> Balls:
    """Return the minimum over the last axis."""
    return np.asarray(np.frompyfunc(arb.min, 2, 1).reduce(balls, axis=-1), dtype=object)


def permutation(function: str) -> NamedClaim:
    """NamedClaim f(x∘π) = f(x)∘π; one number per row stays what it is."""

    def claim(f: Functions, x: Array, order: Array) -> Relations:
        moved, still = f(function, x[:, order]), f(function, x)
        yield equal(moved, still if still.ndim == 1 else still[:, order])

    return claim


def gradient_permutation(function: str) -> NamedClaim:
    """NamedClaim that the gradient of a function with a number for every class moves with the classes."""

    def claim(f: Functions, x: Array, v: Array, order: Array) -> Relations:
        moved = f(function, x[:, order], quantity=_GRADIENT, cotangent=v[:, order])
        yield equal(moved, f(function, x, quantity=_GRADIENT, cotangent=v)[:, order])

    return claim


def masking(function: str) -> NamedClaim:
    """NamedClaim that a row without its masked classes gives the same, and what stands at them: 0, or −∞."""

    def claim(f: Functions, x: Array) -> Relations:
        padded, masked = f(function, x), ~np.isfinite(wide(x))
        yield equal(padded, _without_masked(f, function, x, None), "the finite classes among themselves")
        if function == "softmax":
            yield equal(only_where(masked, padded), exact(0.0), "a class at -inf has the probability 0")
        else:
            # What is infinite is no ball: 1 stands for a number that is -inf, and 0 for any other.
            infinite = np.isneginf(wide(f.stored(function, x))).astype(np.float64)
            yield equal(only_where(masked, exact(infinite)), exact(1.0), "a class at -inf has -inf")

    return claim


def gradient_masking(function: str) -> NamedClaim:
    """NamedClaim that a row without its masked classes has the same gradient, which is 0 at those."""

    def claim(f: Functions, x: Array, v: Array) -> Relations:
        padded = f(function, x, quantity=_GRADIENT, cotangent=v)
        yield equal(padded, _without_masked(f, function, x, v), "the finite classes among themselves")
        masked = ~np.isfinite(wide(x))
        yield equal(only_where(masked, padded), exact(0.0), "a class at -inf has no influence")

    return claim


def _without_masked(f: Functions, function: str, x: Array, v: Array | None) -> Balls:
    """Compute every row, or its gradient, without its masked classes; these are undecided."""
    results = np.full(x.shape, UNDECIDED, dtype=object)
    for case, row in enumerate(x):
        kept, options = np.isfinite(wide(row)), dict[str, Any]()
        if v is not None:
            cotangent = v[case : case + 1]
            options = {"quantity": _GRADIENT, "cotangent": cotangent if cotangent.ndim == 1 else cotangent[:, kept]}
        results[case, kept] = f(function, row[None, kept], **options)[0]
    return results


def gradient_sum(function: str) -> NamedClaim:
    """NamedClaim that the gradient of a function that ignores a common shift sums to zero."""

    def claim(f: Functions, x: Array, v: Array) -> Relations:
        gradient = f(function, x, quantity=_GRADIENT, cotangent=v)
        yield equal(total(gradient), exact(0.0))

    return claim


def gradient_linearity(function: str) -> NamedClaim:
    """NamedClaim J(αv + βw) = αJv + βJw, for combinations that the format holds exactly."""

    def claim(f: Functions, x: Array, v: Array, w: Array, alpha: Array, beta: Array) -> Relations:
        combined = (alpha * v + beta * w).astype(v.dtype)
        pulled_v, pulled_w, pulled = (
            f(function, x, quantity=_GRADIENT, cotangent=cotangent) for cotangent in (v, w, combined)
        )
        is_exact = np.equal(exact(combined), exact(alpha) * exact(v) + exact(beta) * exact(w))
        combination = exact(alpha) * pulled_v + exact(beta) * pulled_w
        yield equal(pulled, only_where(is_exact.all(axis=-1, keepdims=True), combination))

    return claim
