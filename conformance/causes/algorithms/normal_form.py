"""The cases of findings in normal form: one line per row or element, classes last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from ...inputs.batch import Batch
from ...inputs.cases import take_cases
from ...inputs.geometry import axis_of


@dataclass(frozen=True)
class NormalForm:
    """Some cases of one function: a row each, a line of length 1 for element-wise functions; all of a reduced batch.

    The last group of attributes is what a mistake in reading the options changes.

    Attributes:
        function: canonical name.
        quantity: "value" or "gradient:NAME".
        dtype: the storage format.
        arguments: the real arguments, (R, n) or (N, 1), in storage.
        labels: class indices (R,), or None.
        cotangent: of the shape of the value: (R, n), (R, 1) or (1, 1).
        weight: class weights (1, n), element weights (N, 1), or None.
        pos_weight: weights of the positive terms (N, 1), or None.
        smoothing: ε of label smoothing.
        ignore_index: the label of rows that do not count, or None.
        reduction: "none", "mean" or "sum".
        last_axis: how long the last axis of the arguments is: not always that of the classes.
        outcomes: the K of label smoothing, None for the number of classes (2 for binary labels).
        divides_by: what a mean divides by: "stated", "rows", "weights", "weights of all rows", "elements" or "nothing".
        swaps_pos_weight: whether `pos_weight` multiplies the negative term.
        counts_ignored: whether ignored rows count, as rows of class 0.
        smooths: "all": ε/K for each class; "others": ε/(K−1) for all but the label's.
        known: what algorithms gave for these cases, which many candidates ask for again.
    """

    function: str
    quantity: str
    dtype: str
    arguments: tuple[np.ndarray, ...]
    labels: np.ndarray | None
    cotangent: np.ndarray
    weight: np.ndarray | None = None
    pos_weight: np.ndarray | None = None
    smoothing: float = 0.0
    ignore_index: int | None = None
    reduction: str = "none"
    last_axis: int = 1
    outcomes: float | None = None
    divides_by: str = "stated"
    swaps_pos_weight: bool = False
    counts_ignored: bool = False
    smooths: str = "all"
    known: dict[object, np.ndarray] = field(default_factory=dict, init=False, compare=False, repr=False)

    @classmethod
    def of(cls, batch: Batch, quantity: str, cases: Sequence[int]) -> Self:
        """Take some cases of a batch; a reduced batch is one case, whatever `cases` says."""
        last_axis = batch.arguments[0].shape[-1]
        taken = batch if batch.is_reduced else take_cases(batch, cases)
        axis = axis_of(taken) if taken.spec.has_axis else None
        full = taken.arguments[0].shape
        numbers = taken.parameters
        ignore = numbers.get("ignore_index")
        real = [argument.is_real for argument in taken.spec.arguments]
        return cls(
            function=batch.function,
            quantity=quantity,
            dtype=batch.dtype,
            arguments=tuple(_lines(a, axis) for a, kept in zip(taken.arguments, real, strict=True) if kept),
            labels=None if all(real) else taken.arguments[real.index(False)].reshape(-1),
            cotangent=_cotangent(taken, axis),
            weight=_weights(numbers.get("weight"), axis, full),
            pos_weight=_weights(numbers.get("pos_weight"), axis, full),
            smoothing=float(str(numbers.get("label_smoothing", 0.0))),
            ignore_index=None if ignore is None else int(str(ignore)),
            reduction=str(numbers.get("reduction", "none")),
            last_axis=last_axis,
        )

    @property
    def argument(self) -> str | None:
        """Name of the argument that a gradient is taken by, None for the value."""
        return None if self.quantity == "value" else self.quantity.removeprefix("gradient:")

    def with_(self, **changes: object) -> NormalForm:
        """Return the case with some attributes changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def kept(self) -> np.ndarray:
        """Which rows count (R, 1)."""
        if self.labels is None or self.ignore_index is None or self.counts_ignored:
            return np.ones((self.arguments[0].shape[0], 1), dtype=bool)
        return (self.labels != self.ignore_index)[:, None]

    @property
    def index(self) -> np.ndarray:
        """The label of every row, 0 where it names no class."""
        assert self.labels is not None
        named = (self.labels >= 0) & (self.labels < self.arguments[0].shape[1]) & (self.labels != self.ignore_index)
        return np.where(named, self.labels, 0)


def lines_of(batch: Batch, array: np.ndarray) -> np.ndarray:
    """Return an array of the shape of a batch's arguments as a case has them: classes last, or a column."""
    return _lines(array, axis_of(batch) if batch.spec.has_axis else None)


def _lines(array: np.ndarray, axis: int | None) -> np.ndarray:
    if axis is None:
        return array.reshape(-1, 1)
    return np.ascontiguousarray(np.moveaxis(array, axis, -1)).reshape(-1, array.shape[axis])


def _cotangent(batch: Batch, axis: int | None) -> np.ndarray:
    has_classes = axis is not None and batch.cotangent.ndim == batch.arguments[0].ndim
    return _lines(batch.cotangent, axis if has_classes else None)


def _weights(weight: object, axis: int | None, shape: tuple[int, ...]) -> np.ndarray | None:
    if weight is None:
        return None
    numbers = np.asarray(weight)
    return numbers.reshape(1, -1) if axis is not None else np.broadcast_to(numbers, shape).reshape(-1, 1)


def position_of(batch: Batch, quantity: str, element: int) -> tuple[int, int]:
    """Return (line, column) of an element of a reduced batch, counted in C order of its result."""
    if quantity == "value":
        return 0, 0
    shape = batch.arguments[0].shape
    if not batch.spec.has_axis:
        return element, 0
    axis = axis_of(batch) % len(shape)
    coordinates = [int(each) for each in np.unravel_index(element, shape)]
    column = coordinates.pop(axis)
    rest = shape[:axis] + shape[axis + 1 :]
    return (int(np.ravel_multi_index(coordinates, rest)) if rest else 0), column
