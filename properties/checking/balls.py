"""Arrays of balls: what both sides of an identity are computed in.

A ball is python-flint's `arb`, midpoint ± radius, and every operation encloses the exact result. Arrays of balls are
NumPy object arrays, so identities read as they do on paper: `p * (delta - q)`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flint import arb

Balls = np.ndarray
"""An array of dtype object that holds balls."""

UNDECIDED = arb("nan")
"""A number of which nothing is known: no comparison with it is decided."""


def exact(numbers: np.ndarray | float) -> Balls:
    """Take floating-point numbers as the exact reals that they are; a NaN or an infinity is undecided.

    Args:
        numbers: of any format, or a float.
    """
    wide = np.asarray(numbers).astype(np.float64)
    return balls_of([arb(x) if np.isfinite(x) else UNDECIDED for x in wide.reshape(-1).tolist()], wide.shape)


def around(numbers: np.ndarray, radii: np.ndarray) -> Balls:
    """Enclose x ± r; where either is not finite the ball is undecided.

    Args:
        numbers: the midpoints, float64.
        radii: the radii, float64, of the same shape.
    """
    pairs = zip(numbers.reshape(-1).tolist(), radii.reshape(-1).tolist(), strict=True)
    balls = [arb(x, r) if np.isfinite(x) and np.isfinite(r) else UNDECIDED for x, r in pairs]
    return balls_of(balls, numbers.shape)


def balls_of(balls: list[arb], shape: tuple[int, ...]) -> Balls:
    """Return balls in order as an array of a shape."""
    array = np.empty(len(balls), dtype=object)
    array[:] = balls
    return array.reshape(shape)


def _elementwise(operation: Callable[[arb], arb]) -> Callable[[Balls], Balls]:
    def apply(balls: Balls) -> Balls:
        flat = np.asarray(balls, dtype=object)
        return balls_of([operation(ball) for ball in flat.reshape(-1).tolist()], flat.shape)

    return apply


exp = _elementwise(arb.exp)
"""exp x, element by element."""

log = _elementwise(arb.log)
"""log x, element by element; undecided where the ball reaches 0 or below."""

magnitude = _elementwise(abs)
"""|x|, element by element."""


def total(balls: Balls) -> Balls:
    """Return Σ over the last axis."""
    return np.asarray(np.sum(balls, axis=-1), dtype=object)


def times(factor: Balls, balls: Balls) -> Balls:
    """Return factor·x with 0·x = 0: a term with an exactly zero factor is not there, whatever x is."""
    factor, balls = np.broadcast_arrays(factor, balls)
    pairs = zip(factor.reshape(-1).tolist(), balls.reshape(-1).tolist(), strict=True)
    return balls_of([arb(0) if a.is_zero() else a * b for a, b in pairs], factor.shape)


def per_row(balls: Balls) -> Balls:
    """Give one number per row a last axis of length one."""
    return np.asarray(balls, dtype=object)[..., None]
