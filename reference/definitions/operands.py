"""The exact numbers that a definition or a derivative is evaluated at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from flint import arb

from ..formats import Format

Real = arb | float
"""A ball, or a float taken as the exact real number it is."""


class Operands(NamedTuple):
    """One row of a row function, or any run of elements of an element-wise one.

    Attributes:
        arguments: the real arguments in signature order, as the floats they are.
        format: the storage format of the arguments: the constants of some deviating definitions are rounded to it.
        label: class index of a row with an index label; None where there is none or the row is ignored.
        cotangent: what the derivative is multiplied with: one number per element of the value (one for a row loss).
        weight: class weights of a row, or weights of the elements.
        pos_weight: weights of the positive terms of the elements.
        smoothing: the ε of label smoothing.
    """

    arguments: tuple[list[float], ...]
    format: Format
    label: int | None = None
    cotangent: Sequence[Real] = ()
    weight: list[float] | None = None
    pos_weight: list[float] | None = None
    smoothing: float = 0.0

    @property
    def weights(self) -> Sequence[Real]:
        """The weights, 1 where there are none."""
        return self.weight if self.weight is not None else [1.0] * len(self.arguments[0])

    def smoothed(self, labels: Sequence[float], outcomes: int) -> list[arb]:
        """Return (1 − ε)·y + ε/K for K equally likely outcomes."""
        if not self.smoothing:
            return [arb(y) for y in labels]
        keep, share = 1 - arb(self.smoothing), arb(self.smoothing) / outcomes
        return [keep * y + share for y in labels]


Rule = Callable[[Operands], list[arb]]
"""From exact operands to balls: one per element of the value, or of the argument that a gradient is taken by."""
