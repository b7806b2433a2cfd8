"""The call whose rounding errors are to be bounded: its arguments in float64, rows along the last axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..formats import Format
from ..functions.catalogue import Function


@dataclass(frozen=True)
class Call:
    """One call, normalised for the algorithms of the bounds.

    Attributes:
        function: the catalogue entry.
        format: the format that stores the arguments.
        real: the real arguments as float64, rows along the last axis.
        index: the index labels, one per row, or None.
        cotangent: float64, rows along the last axis where the value has them, or None for the value.
        axis: the axis of the rows in the caller's arrays.
        smoothing: label smoothing ε.
        weight: per class, or per element for sigmoid cross-entropy; None means 1.
        pos_weight: per element, None means 1.
        ignore_index: the label of rows that do not count.
        reduction: "none", "mean" or "sum".
    """

    function: Function
    format: Format
    real: tuple[np.ndarray, ...]
    index: np.ndarray | None
    cotangent: np.ndarray | None
    axis: int
    smoothing: float
    weight: np.ndarray | None
    pos_weight: np.ndarray | None
    ignore_index: int | None
    reduction: str

    @property
    def classes(self) -> int:
        """The length of a row."""
        return int(self.real[0].shape[-1])

    def restore(self, array: np.ndarray, quantity: str) -> np.ndarray:
        """Bring a result back to the caller's order of axes."""
        has_rows = self.function.result == "vector" if quantity == "value" else self.function.has_axis
        return np.moveaxis(array, -1, self.axis) if has_rows else array


def parse_call(
    function: Function,
    storage: Format,
    arguments: Sequence[np.ndarray],
    parameters: Mapping[str, object],
    cotangent: np.ndarray | None,
) -> Call:
    """Normalise a call."""
    axis = int(parameters.get("axis", -1))  # type: ignore[call-overload]
    rows_last = [
        np.moveaxis(array.astype(np.float64), axis, -1) if function.has_axis else array.astype(np.float64)
        for argument, array in zip(function.arguments, arguments, strict=True)
        if argument.is_real
    ]
    index = next(
        (array for argument, array in zip(function.arguments, arguments, strict=True) if not argument.is_real), None
    )
    if cotangent is not None:
        cotangent = cotangent.astype(np.float64)
        if function.result == "vector":
            cotangent = np.moveaxis(cotangent, axis, -1)
    return Call(
        function=function,
        format=storage,
        real=tuple(rows_last),
        index=index,
        cotangent=cotangent,
        axis=axis,
        smoothing=float(parameters.get("label_smoothing", 0.0)),  # type: ignore[arg-type]
        weight=_optional(parameters.get("weight")),
        pos_weight=_optional(parameters.get("pos_weight")),
        ignore_index=parameters.get("ignore_index"),  # type: ignore[arg-type]
        reduction=str(parameters.get("reduction", "none")),
    )


def _optional(value: object) -> np.ndarray | None:
    return None if value is None else np.asarray(value).astype(np.float64)
