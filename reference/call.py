"""The call that is asked about, in the one form that every question shares: checked, exact, rows last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .formats import Format, format_named, format_of
from .function import LITERAL, Function, Quantity

_REDUCTIONS = ("none", "mean", "sum")


@dataclass(frozen=True)
class Call:
    """One quantity of one function at exact inputs, many rows or elements at once.

    Everything real is float64, which holds every format exactly. `function_named` and `Call.of` make one.

    Attributes:
        function: the catalogue entry.
        quantity: "value" or "gradient:NAME".
        definition: name of the definition that is asked for.
        format: storage format of the arguments.
        arguments: the real arguments, (..., n) with rows along the last axis; of any shape for element-wise functions.
        labels: index labels (...), or None.
        cotangent: of the shape of the value, rows along the last axis; all ones for a value.
        weight: class weights (n,), element weights of the shape of the arguments, or None.
        pos_weight: of the shape of the arguments, or None.
        smoothing: ε of label smoothing.
        ignore_index: the label of rows that do not count, or None.
        reduction: "none", "mean" or "sum".
        shape: the shape of the result.
        axis: where rows run in a result that has all their entries; None where the result has another form.
    """

    function: Function
    quantity: str
    definition: str
    format: Format
    arguments: tuple[np.ndarray, ...]
    labels: np.ndarray | None
    cotangent: np.ndarray
    weight: np.ndarray | None
    pos_weight: np.ndarray | None
    smoothing: float
    ignore_index: int | None
    reduction: str
    shape: tuple[int, ...]
    axis: int | None

    @classmethod
    def of(
        cls,
        function: Function,
        arguments: Sequence[np.ndarray],
        parameters: Mapping[str, object],
        *,
        quantity: str = "value",
        cotangent: np.ndarray | None = None,
        definition: str = LITERAL,
        dtype: str | None = None,
    ) -> Call:
        """Check a call and bring it into this form.

        Args:
            function: the catalogue entry.
            arguments: in signature order; real ones in the storage of a format, index labels as integers.
            parameters: the keywords of the call; what is absent has its default, `axis` is -1.
            quantity: "value", or "gradient:NAME" for the vector-Jacobian product by a real argument.
            cotangent: what the gradient is multiplied with, of the shape of the value; ones if None.
            definition: one of the function's definitions.
            dtype: the storage format where the arrays do not tell it.

        Raises:
            ValueError: anything of the call does not fit; the message says what and what would.
        """
        if quantity not in function.quantities:
            raise ValueError(
                f"{function.name} has no quantity {quantity!r}: choose from {', '.join(function.quantities)}"
            )
        if definition not in function.definitions:
            raise ValueError(
                f"{function.name} has no definition {definition!r}: choose from {', '.join(function.definitions)}"
            )
        arrays = [np.asarray(array) for array in arguments]
        if len(arrays) != len(function.arguments):
            raise ValueError(f"{function.name} takes {len(function.arguments)} arguments, got {len(arrays)}")
        options = _options(function, parameters)
        reduction, ignored = str(options["reduction"]), options["ignore_index"]
        full = arrays[0].shape
        axis = _axis(function, parameters.get("axis", -1), len(full))
        reals = tuple(
            _rows_last(array, axis, full, item.name)
            for array, item in zip(arrays, function.arguments, strict=True)
            if item.is_real
        )
        value_shape = _value_shape(function, full, axis, reduction)
        return cls(
            function=function,
            quantity=quantity,
            definition=definition,
            format=format_of(arrays[0]) if dtype is None else format_named(dtype),
            arguments=reals,
            labels=_labels(function, arrays, full, axis),
            cotangent=_cotangent(cotangent, value_shape, function, axis, reduction),
            weight=_weight(function, options["weight"], full, axis),
            pos_weight=_element_weight(options["pos_weight"], full, "pos_weight"),
            smoothing=_smoothing(options["label_smoothing"]),
            ignore_index=None if ignored is None else int(str(ignored)),
            reduction=reduction,
            shape=value_shape if quantity == "value" else full,
            axis=axis if function.has_axis and (quantity != "value" or function.result == "vector") else None,
        )

    @property
    def asked(self) -> Quantity:
        """How the quantity is defined and computed."""
        return self.function.definitions[self.definition][self.quantity]

    @property
    def argument(self) -> str | None:
        """Name of the argument that a gradient is taken by, None for the value."""
        return None if self.quantity == "value" else self.quantity.removeprefix("gradient:")

    @property
    def is_total(self) -> bool:
        """Whether the result is the one number of a reduced loss."""
        return self.argument is None and self.reduction != "none"

    @property
    def has_rows(self) -> bool:
        """Whether the function works on rows."""
        return self.function.has_axis

    @property
    def classes(self) -> int:
        """The length of a row."""
        return int(self.arguments[0].shape[-1])

    @cached_property
    def in_line(self) -> Call:
        """The same with its rows or elements one after the other: arguments of shape (R, n), or (N,)."""
        units = (-1, self.classes) if self.has_rows else (-1,)

        def elements(array: np.ndarray | None) -> np.ndarray | None:
            return array if array is None or self.has_rows else array.reshape(-1)

        of_entries = self.function.result == "vector" and self.reduction == "none"
        return replace(
            self,
            arguments=tuple(array.reshape(units) for array in self.arguments),
            labels=None if self.labels is None else self.labels.reshape(-1),
            cotangent=self.cotangent
            if self.reduction != "none"
            else self.cotangent.reshape(units if of_entries else (-1,)),
            weight=elements(self.weight),
            pos_weight=None if self.pos_weight is None else self.pos_weight.reshape(-1),
        )

    @property
    def units(self) -> int:
        """How many rows or elements a call in line has."""
        return int(self.arguments[0].shape[0])

    @property
    def width(self) -> int:
        """How many numbers of the result a unit of a call in line has."""
        return self.classes if self.axis is not None else 1

    @property
    def kept(self) -> np.ndarray:
        """Which rows count (...): those that are not ignored."""
        if self.labels is None:
            return np.ones(self.arguments[0].shape[:-1], dtype=bool)
        if self.ignore_index is None:
            return np.ones(self.labels.shape, dtype=bool)
        return self.labels != self.ignore_index

    @property
    def out_of_range(self) -> np.ndarray:
        """Which rows have a label that names no class (...)."""
        if self.labels is None:
            return np.zeros(self.arguments[0].shape[:-1], dtype=bool)
        return ((self.labels < 0) | (self.labels >= self.classes)) & self.kept

    @property
    def unit_cotangent(self) -> np.ndarray:
        """The cotangent of every unit of a call in line, before a mean divides it: (N,), (R,) or (R, n)."""
        return np.broadcast_to(self.cotangent, (self.units,)) if self.reduction != "none" else self.cotangent

    def shaped(self, numbers: np.ndarray) -> np.ndarray:
        """Bring numbers of shape (units, width), or (1, 1) for a total, into the shape of the result."""
        if self.axis is None:
            return numbers.reshape(self.shape)
        moved = [*self.shape[: self.axis], *self.shape[self.axis + 1 :], self.shape[self.axis]]
        return np.ascontiguousarray(np.moveaxis(numbers.reshape(moved), -1, self.axis))

    def restored(self, numbers: np.ndarray) -> np.ndarray:
        """Bring a result, its rows along the last axis and of length 1 where it has none, into the caller's shape."""
        if self.axis is None:
            return numbers.reshape(self.shape)
        return np.moveaxis(numbers, -1, self.axis)

    def position(self, index: int) -> tuple[int, int]:
        """Return (unit, place in the unit) of an element of the result, counted in C order."""
        if self.axis is None:
            return index, 0
        coordinates = [int(i) for i in np.unravel_index(index, self.shape)]
        entry = coordinates.pop(self.axis)
        rest = [*self.shape[: self.axis], *self.shape[self.axis + 1 :]]
        return (int(np.ravel_multi_index(coordinates, rest)) if rest else 0), entry


def _options(function: Function, parameters: Mapping[str, object]) -> dict[str, object]:
    unknown = [name for name in parameters if name not in function.keywords and name != "axis"]
    if unknown:
        raise ValueError(
            f"{function.name} has no keyword {unknown[0]!r}: its keywords are {', '.join(function.keywords) or 'none'}"
        )
    defaults: dict[str, object] = {
        "label_smoothing": 0.0,
        "weight": None,
        "pos_weight": None,
        "ignore_index": None,
        "reduction": "none",
    }
    options = {**defaults, **{name: value for name, value in parameters.items() if name != "axis"}}
    if options["reduction"] not in _REDUCTIONS:
        raise ValueError(f"unknown reduction {options['reduction']!r}: choose from {', '.join(_REDUCTIONS)}")
    return options


def _axis(function: Function, axis: object, rank: int) -> int | None:
    if not function.has_axis:
        return None
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ValueError(f"axis {axis!r} does not fit arguments of rank {rank}")
    return axis % rank


def _rows_last(array: np.ndarray, axis: int | None, full: tuple[int, ...], name: str) -> np.ndarray:
    format_of(array)
    if array.shape != full:
        raise ValueError(f"{name} has shape {array.shape}, the first argument {full}: they must be the same")
    with np.errstate(invalid="ignore"):  # a signalling NaN of a 16-bit format becomes a quiet one
        exact = array.astype(np.float64)
    if axis is None:
        return exact
    if full[axis] == 0:
        raise ValueError("rows must not be empty")
    return np.moveaxis(exact, axis, -1)


def _labels(function: Function, arrays: list[np.ndarray], full: tuple[int, ...], axis: int | None) -> np.ndarray | None:
    index = [array for array, item in zip(arrays, function.arguments, strict=True) if not item.is_real]
    if not index:
        return None
    assert axis is not None
    expected = full[:axis] + full[axis + 1 :]
    if not np.issubdtype(index[0].dtype, np.integer) or index[0].shape != expected:
        raise ValueError(f"labels must be integers of shape {expected}, got {index[0].dtype} of shape {index[0].shape}")
    return index[0].astype(np.int64)


def _value_shape(function: Function, full: tuple[int, ...], axis: int | None, reduction: str) -> tuple[int, ...]:
    if reduction != "none":
        return ()
    if function.result == "row":
        assert axis is not None
        return full[:axis] + full[axis + 1 :]
    return full


def _cotangent(
    cotangent: np.ndarray | None, shape: tuple[int, ...], function: Function, axis: int | None, reduction: str
) -> np.ndarray:
    exact = np.ones(shape) if cotangent is None else np.asarray(cotangent).astype(np.float64)
    if exact.shape != shape:
        raise ValueError(f"the cotangent has shape {exact.shape}, the value {shape}: they must be the same")
    if not np.isfinite(exact).all():
        raise ValueError("the cotangent must be finite")
    if function.result == "vector" and axis is not None and reduction == "none":
        return np.moveaxis(exact, axis, -1)
    return exact


def _weight(function: Function, weight: object, full: tuple[int, ...], axis: int | None) -> np.ndarray | None:
    if weight is None or axis is None:
        return _element_weight(weight, full, "weight")
    exact = np.asarray(weight).astype(np.float64)
    if exact.shape != (full[axis],) or not np.isfinite(exact).all():
        raise ValueError(f"weight of {function.name} must be {full[axis]} finite numbers, one for each class")
    return exact


def _element_weight(weight: object, full: tuple[int, ...], name: str) -> np.ndarray | None:
    if weight is None:
        return None
    exact = np.asarray(weight).astype(np.float64)
    try:
        spread = np.broadcast_to(exact, full)
    except ValueError:
        raise ValueError(f"{name} of shape {exact.shape} does not broadcast to the elements, {full}") from None
    if not np.isfinite(spread).all():
        raise ValueError(f"{name} must be finite")
    return spread


def _smoothing(smoothing: object) -> float:
    if not isinstance(smoothing, (int, float, np.floating)) or not 0.0 <= float(smoothing) <= 1.0:
        raise ValueError(f"label_smoothing must be a number between 0 and 1, got {smoothing!r}")
    return float(smoothing)
