"""A question put to the reference, in normal form: rows along the last axis, elements in one line, floats exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb

from ..formats import Format, format_of
from ..functions.catalogue import Function, function_named
from ..functions.definitions import total
from ..functions.deviations import definition_named
from ..functions.operands import Operands, Rule

_REDUCTIONS = ("none", "mean", "sum")


@dataclass(frozen=True)
class Problem:
    """One quantity of one function at exact inputs.

    Element-wise functions have arguments of shape (N,), row functions of shape (R, n). Everything real is float64,
    which holds every format exactly.

    Attributes:
        function: the catalogue entry.
        definition: name of the definition that is asked for.
        argument: name of the argument that a gradient is taken by, None for the value.
        rule: evaluates the quantity of a row or of a run of elements.
        format: storage format of the arguments.
        arguments: the real arguments.
        labels: index labels (R,), or None.
        cotangent: (N,), (R,), (R, n) or, for a reduced loss, (); all ones for a value.
        weight: class weights (n,) or element weights (N,), or None.
        pos_weight: (N,) or None.
        smoothing: ε of label smoothing.
        ignore_index: the label of rows that do not count, or None.
        reduction: "none", "mean" or "sum".
        shape: the shape of the result.
        axis: where rows run in a result that has all their entries; None where the result has another form.
    """

    function: Function
    definition: str
    argument: str | None
    rule: Rule
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

    @property
    def is_total(self) -> bool:
        """Whether the result is the one number of a reduced loss."""
        return self.argument is None and self.reduction != "none"

    @property
    def has_rows(self) -> bool:
        """Whether the function works on rows."""
        return self.function.has_axis

    @property
    def units(self) -> int:
        """How many rows or elements there are."""
        return int(self.arguments[0].shape[0])

    @property
    def width(self) -> int:
        """How many numbers of the result a unit has."""
        return int(self.arguments[0].shape[1]) if self.axis is not None else 1

    @property
    def ignored(self) -> np.ndarray:
        """Which rows do not count (R,)."""
        if self.labels is None or self.ignore_index is None:
            return np.zeros(self.units, dtype=bool)
        return self.labels == self.ignore_index

    @property
    def out_of_range(self) -> np.ndarray:
        """Which rows have a label that names no class (R,)."""
        if self.labels is None:
            return np.zeros(self.units, dtype=bool)
        return ((self.labels < 0) | (self.labels >= self.arguments[0].shape[1])) & ~self.ignored

    @property
    def unit_cotangent(self) -> np.ndarray:
        """The cotangent of every unit, before a mean divides it: (N,), (R,) or (R, n)."""
        return np.broadcast_to(self.cotangent, (self.units,)) if self.reduction != "none" else self.cotangent

    @property
    def divides_by_nothing(self) -> bool:
        """Whether this is a mean whose divisor is 0 or, for want of a class, unknown."""
        if self.reduction != "mean":
            return False
        if self.labels is None:
            return self.units == 0
        if self.out_of_range.any():
            return True
        return sum(map(Fraction, self._kept_weights())) == 0

    def divisor(self) -> arb:
        """Return what the reduction divides by, at the working precision.

        A mean divides by the sum of the kept rows' weights for index labels, by the number of rows or of elements else.
        """
        if self.reduction != "mean":
            return arb(1)
        if self.labels is None:
            return arb(self.units)
        return total([arb(w) for w in self._kept_weights()])

    def _kept_weights(self) -> list[float]:
        assert self.labels is not None
        kept = self.labels[~self.ignored]
        return [1.0] * len(kept) if self.weight is None else self.weight[kept].tolist()

    def scale(self) -> arb | None:
        """Return the cotangent of every unit of a reduced loss, at the working precision; None for other results."""
        if self.is_total or self.reduction == "none":
            return None
        return arb(float(self.cotangent)) / self.divisor()

    def row(self, index: int, scale: arb | None) -> Operands:
        """Return the operands of one row; `scale` replaces its cotangent."""
        label = None if self.labels is None else int(self.labels[index])
        return Operands(
            arguments=tuple(array[index].tolist() for array in self.arguments),
            format=self.format,
            label=None if label == self.ignore_index else label,
            cotangent=self._row_cotangent(index) if scale is None else [scale],
            weight=None if self.weight is None else self.weight.tolist(),
            smoothing=self.smoothing,
        )

    def _row_cotangent(self, index: int) -> list[float]:
        if self.argument is None:
            return []
        row = self.cotangent[index].tolist()
        return row if isinstance(row, list) else [row]

    def elements(self, indices: np.ndarray, scale: arb | None) -> Operands:
        """Return the operands of some elements; `scale` replaces their cotangents."""
        cotangent: Sequence[arb | float] = []
        if self.argument is not None:
            cotangent = self.cotangent[indices].tolist() if scale is None else [scale] * len(indices)
        return Operands(
            arguments=tuple(array[indices].tolist() for array in self.arguments),
            format=self.format,
            cotangent=cotangent,
            weight=None if self.weight is None else self.weight[indices].tolist(),
            pos_weight=None if self.pos_weight is None else self.pos_weight[indices].tolist(),
            smoothing=self.smoothing,
        )

    def shaped(self, numbers: np.ndarray) -> np.ndarray:
        """Bring numbers of shape (units, width), or (1, 1) for a total, into the shape of the result."""
        if self.axis is None:
            return numbers.reshape(self.shape)
        moved = [*self.shape[: self.axis], *self.shape[self.axis + 1 :], self.shape[self.axis]]
        return np.ascontiguousarray(np.moveaxis(numbers.reshape(moved), -1, self.axis))

    def position(self, index: int) -> tuple[int, int]:
        """Return (unit, place in the unit) of an element of the result, counted in C order."""
        if self.axis is None:
            return index, 0
        coordinates = [int(i) for i in np.unravel_index(index, self.shape)]
        entry = coordinates.pop(self.axis)
        rest = [*self.shape[: self.axis], *self.shape[self.axis + 1 :]]
        return (int(np.ravel_multi_index(coordinates, rest)) if rest else 0), entry


def problem_of(
    function: str,
    arguments: Sequence[np.ndarray],
    parameters: Mapping[str, object],
    *,
    quantity: str,
    cotangent: np.ndarray | None,
    definition: str,
) -> Problem:
    """Check a call and bring it into normal form.

    Args:
        function: canonical name.
        arguments: positional arguments in signature order, real ones in one of the formats, index labels as integers.
        parameters: the keywords of the call; what is absent has its default, `axis` is -1.
        quantity: "value" or "gradient:NAME".
        cotangent: of the shape of the value; ones where it is None.
        definition: one of DEFINITIONS[function].

    Raises:
        ValueError: anything of the call does not fit; the message says what and what would.
    """
    spec = function_named(function)
    if quantity not in spec.quantities:
        raise ValueError(f"{function} has no quantity {quantity!r}: choose from {', '.join(spec.quantities)}")
    argument = None if quantity == "value" else quantity.removeprefix("gradient:")
    known = definition_named(function, definition)
    arrays = [np.asarray(array) for array in arguments]
    if len(arrays) != len(spec.arguments):
        raise ValueError(f"{function} takes {len(spec.arguments)} arguments, got {len(arrays)}")
    options = _options(spec, parameters)
    full = arrays[0].shape
    axis = _axis(spec, parameters.get("axis", -1), len(full))
    reals = tuple(
        _normal(array, axis, full, item.name)
        for array, item in zip(arrays, spec.arguments, strict=True)
        if item.is_real
    )
    labels = _labels(spec, arrays, full, axis)
    value_shape = _value_shape(spec, full, axis, str(options["reduction"]))
    return Problem(
        function=spec,
        definition=definition,
        argument=argument,
        rule=known.value if argument is None else known.gradients[argument],
        format=format_of(arrays[0]),
        arguments=reals,
        labels=labels,
        cotangent=_cotangent(cotangent, value_shape, spec, axis, str(options["reduction"])),
        weight=_weight(spec, options["weight"], full, axis),
        pos_weight=_element_weight(options["pos_weight"], full, "pos_weight"),
        smoothing=_smoothing(options["label_smoothing"]),
        ignore_index=None if options["ignore_index"] is None else int(str(options["ignore_index"])),
        reduction=str(options["reduction"]),
        shape=value_shape if argument is None else full,
        axis=axis if spec.has_axis and (argument is not None or spec.result == "vector") else None,
    )


def _options(spec: Function, parameters: Mapping[str, object]) -> dict[str, object]:
    unknown = [name for name in parameters if name not in spec.keywords and name != "axis"]
    if unknown:
        raise ValueError(
            f"{spec.name} has no keyword {unknown[0]!r}: its keywords are {', '.join(spec.keywords) or 'none'}"
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


def _axis(spec: Function, axis: object, rank: int) -> int | None:
    if not spec.has_axis:
        return None
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ValueError(f"axis {axis!r} does not fit arguments of rank {rank}")
    return axis % rank


def _normal(array: np.ndarray, axis: int | None, full: tuple[int, ...], name: str) -> np.ndarray:
    format_of(array)
    if array.shape != full:
        raise ValueError(f"{name} has shape {array.shape}, the first argument {full}: they must be the same")
    with np.errstate(invalid="ignore"):  # a signalling NaN of a 16-bit format becomes a quiet one
        exact = array.astype(np.float64)
    if axis is None:
        return exact.reshape(-1)
    if full[axis] == 0:
        raise ValueError("rows must not be empty")
    return np.moveaxis(exact, axis, -1).reshape(-1, full[axis])


def _labels(spec: Function, arrays: list[np.ndarray], full: tuple[int, ...], axis: int | None) -> np.ndarray | None:
    index = [array for array, item in zip(arrays, spec.arguments, strict=True) if not item.is_real]
    if not index:
        return None
    assert axis is not None
    expected = full[:axis] + full[axis + 1 :]
    if not np.issubdtype(index[0].dtype, np.integer) or index[0].shape != expected:
        raise ValueError(f"labels must be integers of shape {expected}, got {index[0].dtype} of shape {index[0].shape}")
    return index[0].astype(np.int64).reshape(-1)


def _value_shape(spec: Function, full: tuple[int, ...], axis: int | None, reduction: str) -> tuple[int, ...]:
    if reduction != "none":
        return ()
    if spec.result == "row":
        assert axis is not None
        return full[:axis] + full[axis + 1 :]
    return full


def _cotangent(
    cotangent: np.ndarray | None, shape: tuple[int, ...], spec: Function, axis: int | None, reduction: str
) -> np.ndarray:
    exact = np.ones(shape) if cotangent is None else np.asarray(cotangent).astype(np.float64)
    if exact.shape != shape:
        raise ValueError(f"the cotangent has shape {exact.shape}, the value {shape}: they must be the same")
    if not np.isfinite(exact).all():
        raise ValueError("the cotangent must be finite")
    if reduction != "none":
        return exact
    if spec.result == "vector" and axis is not None:
        return np.moveaxis(exact, axis, -1).reshape(-1, shape[axis])
    return exact.reshape(-1)


def _weight(spec: Function, weight: object, full: tuple[int, ...], axis: int | None) -> np.ndarray | None:
    if weight is None or axis is None:
        return _element_weight(weight, full, "weight")
    exact = np.asarray(weight).astype(np.float64)
    if exact.shape != (full[axis],) or not np.isfinite(exact).all():
        raise ValueError(f"weight of {spec.name} must be {full[axis]} finite numbers, one for each class")
    return exact


def _element_weight(weight: object, full: tuple[int, ...], name: str) -> np.ndarray | None:
    if weight is None:
        return None
    exact = np.asarray(weight).astype(np.float64)
    try:
        spread = np.broadcast_to(exact, full).reshape(-1)
    except ValueError:
        raise ValueError(f"{name} of shape {exact.shape} does not broadcast to the elements, {full}") from None
    if not np.isfinite(spread).all():
        raise ValueError(f"{name} must be finite")
    return spread


def _smoothing(smoothing: object) -> float:
    if not isinstance(smoothing, (int, float, np.floating)) or not 0.0 <= float(smoothing) <= 1.0:
        raise ValueError(f"label_smoothing must be a number between 0 and 1, got {smoothing!r}")
    return float(smoothing)
