"""What a property evaluates functions by: the reference, or the entry points of a backend.

Either way a function returns balls that contain the exact result, if the implementation is as accurate as the
textbook bound asks. So an identity of exact numbers holds for some choice of numbers in those balls, or it is broken
by more than rounding explains: both sides are computed in ball arithmetic and must overlap. No tolerance is picked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
from flint import arb

from logitproof.reference import (
    LITERAL,
    Call,
    Enclosure,
    Status,
    distance,
    enclose,
    error_bounds,
    flushed_bound,
    format_named,
    function_named,
    in_ulps,
    may_be_flushed,
    overflows,
    spread_bound,
)

from .balls import Balls, around, exact

_GUARD = 1 + 2.0**-30
"""Radii are computed in float64, with a relative error far below 2^-30: they are widened by so much."""


@dataclass(frozen=True, eq=False)
class FunctionCall:
    """One quantity of one function at exact inputs.

    Attributes:
        function: canonical name.
        dtype: the storage format.
        arguments: in signature order; real arrays in the format's storage, index labels int64; cases first, rows last.
        parameters: the keywords; `axis` where the signature has it, others only where they differ from the default.
        quantity: "value" or "gradient:NAME".
        cotangent: what the gradient is multiplied with, in storage, of the shape of the value.
        compared: whether the entries are held against exact ones, or only against each other, up to what a row shares.
    """

    function: str
    dtype: str
    arguments: tuple[np.ndarray, ...]
    parameters: Mapping[str, object]
    quantity: str
    cotangent: np.ndarray
    compared: Literal["alone", "in a row"] = "alone"


class Unsupported(Exception):  # noqa: N818 - a state, told in one line; not a mistake
    """A backend has no way to be asked this. The message says why."""


class Failed(Exception):  # noqa: N818 - as above
    """A backend raised, crashed or hung on valid inputs, or gave something of another shape. The message says what.

    Attributes:
        kind: "error", "crash", "hang", "missing gradient", or "shape" for a result of another dtype or shape.
        is_fatal: whether it crashed or hung: asking again costs a restart.
    """

    def __init__(self, message: str, *, kind: str = "error", is_fatal: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.is_fatal = is_fatal


class Backend(Protocol):
    """One entry point for each function that a property needs."""

    def evaluate(self, call: FunctionCall) -> np.ndarray:
        """Return what the entry point gives, in the call's dtype and the shape that the result must have.

        Raises:
            Unsupported: the entry point cannot be asked this.
            Failed: it gave no such result.
        """

    def definition(self, function: str, quantity: str) -> str:
        """Return the definition that the entry point states to follow: "literal", or a deviating one."""


class Functions(Protocol):
    """The functions of a claim, as it calls them."""

    def __call__(
        self,
        function: str,
        *arguments: np.ndarray,
        quantity: str = "value",
        cotangent: np.ndarray | None = None,
        **parameters: object,
    ) -> Balls:
        """Return balls that contain the exact result; rows run along the last axis."""

    def shared(self, function: str, logits: np.ndarray) -> Balls:
        """Return balls that contain c·pᵢ of softmax, or c + yᵢ of log-softmax, with one c for each row."""

    def stored(self, function: str, *arguments: np.ndarray, **parameters: object) -> np.ndarray:
        """Return the value as numbers of the storage format: to be handed to another function."""


def call_of(
    function: str,
    arguments: tuple[np.ndarray, ...],
    *,
    quantity: str,
    cotangent: np.ndarray | None,
    parameters: Mapping[str, object],
) -> FunctionCall:
    """Complete a call: rows along the last axis, a cotangent of ones, the dtype of the first argument."""
    spec, first = function_named(function), arguments[0]
    named = {"axis": -1, **parameters} if spec.has_axis else dict(parameters)
    if cotangent is None:
        shape = () if named.get("reduction", "none") != "none" else first.shape
        shape = shape[:-1] if shape and spec.result == "row" else shape
        cotangent = np.ones(shape, dtype=first.dtype)
    return FunctionCall(function, first.dtype.name, arguments, named, quantity, cotangent)


class Reference:
    """The functions themselves: certified enclosures, far narrower than any format."""

    def __call__(
        self,
        function: str,
        *arguments: np.ndarray,
        quantity: str = "value",
        cotangent: np.ndarray | None = None,
        **parameters: object,
    ) -> Balls:
        """Return the exact result, enclosed to 2^-30 ulp of float64."""
        call = call_of(function, arguments, quantity=quantity, cotangent=cotangent, parameters=parameters)
        return _balls_of(enclose(called(call), "float64"))

    def shared(self, function: str, logits: np.ndarray) -> Balls:
        """Return the exact result: c is 1, or 0."""
        return self(function, logits)

    def stored(self, function: str, *arguments: np.ndarray, **parameters: object) -> np.ndarray:
        """Return the exact result rounded to the storage format."""
        return rounded_result(call_of(function, arguments, quantity="value", cotangent=None, parameters=parameters))


def rounded_result(call: FunctionCall) -> np.ndarray:
    """Return the exact result of a call, rounded to the storage format; what the table of limits decides is as it says.

    It is rounded to float64 first, so that it may be off by half an ulp and a little.
    """
    enclosure = enclose(called(call))
    with np.errstate(over="ignore", under="ignore"):
        numbers = np.ldexp(enclosure.hi + enclosure.lo, np.clip(enclosure.exponent, -5000, 5000).astype(np.int32))
        for status, number in _LIMITS.items():
            numbers = np.where(enclosure.status == status, number, numbers)
        return numbers.astype(call.arguments[0].dtype)


_LIMITS = {
    Status.POSITIVE_INFINITY: np.inf,
    Status.NEGATIVE_INFINITY: -np.inf,
    Status.NAN: np.nan,
    Status.NOT_FINITE: np.nan,
    Status.CHOICE: np.nan,
    Status.UNDECIDED: np.nan,
}


@dataclass(frozen=True)
class NoNumber:
    """A result that is no number though the exact one is finite and representable."""

    call: FunctionCall
    index: tuple[int, ...]
    observed: float

    def __str__(self) -> str:
        """Tell it in words."""
        position = f" at {list(self.index)}" if self.index else ""
        return f"the {self.call.quantity.replace(':', ' by ')} of {self.call.function}{position} is {self.observed}"


@dataclass
class BackendFunctions:
    """The functions as a backend computes them, each result with the error that the textbook bound permits.

    A result y stands for the ball y ± (b + rounding), with b the textbook bound and half an ulp for the final rounding.
    `admits_deviations` widens the ball by how far a definition that the entry point states is from the literal one.
    What is no number where it should be is collected in `no_numbers`, and every call made in `calls`.
    """

    backend: Backend
    admits_deviations: bool = False
    no_numbers: list[NoNumber] = field(default_factory=list)
    calls: list[FunctionCall] = field(default_factory=list)

    def __call__(
        self,
        function: str,
        *arguments: np.ndarray,
        quantity: str = "value",
        cotangent: np.ndarray | None = None,
        **parameters: object,
    ) -> Balls:
        """Return y ± what the textbook bound and the final rounding permit."""
        call = call_of(function, arguments, quantity=quantity, cotangent=cotangent, parameters=parameters)
        definition = self.backend.definition(function, quantity)
        known = called(call, definition)
        return self._balls(call, definition, error_bounds(known).textbook, lambda: flushed_bound(known))

    def shared(self, function: str, logits: np.ndarray) -> Balls:
        """Return y ± what rounding permits besides the row's normaliser."""
        call = call_of(function, (logits,), quantity="value", cotangent=None, parameters={})
        call = replace(call, compared="in a row")
        bound = spread_bound(called(call))
        return self._balls(call, self.backend.definition(function, "value"), bound.textbook, lambda: bound.flushed)

    def stored(self, function: str, *arguments: np.ndarray, **parameters: object) -> np.ndarray:
        """Return the backend's own result."""
        call = call_of(function, arguments, quantity="value", cotangent=None, parameters=parameters)
        return self._output(call, self.backend.definition(function, "value"))

    def _output(self, call: FunctionCall, definition: str) -> np.ndarray:
        self.calls.append(call)
        output = self.backend.evaluate(call)
        with np.errstate(invalid="ignore"):
            strange = ~np.isfinite(output.astype(np.float64))
        if strange.any():
            # Seldom: whether a number was due is only then worth computing.
            due = enclose(called(call, definition))
            finite = (due.status == Status.FINITE) & ~overflows(format_named(call.dtype), due)
            wrong = strange & finite & ~_overflowing(call, definition, output, due)
            for index in map(tuple, np.argwhere(wrong).tolist()):
                self.no_numbers.append(NoNumber(call, index, float(output[index])))
        return output

    def _balls(
        self, call: FunctionCall, definition: str, bound: np.ndarray, flushed: Callable[[], np.ndarray]
    ) -> Balls:
        storage = format_named(call.dtype)
        with np.errstate(all="ignore"):
            output = self._output(call, definition).astype(np.float64)
            # y lies within b of t before it is rounded: |y - t| ≤ b + max(u|y|, quantum/2), and u·b for a y below t.
            rounding = np.maximum(storage.unit_roundoff * np.abs(output), storage.quantum / 2 or storage.quantum)
            # Beside λ/u² and more, what flushing loses of some numbers below λ is far less than one rounding.
            small = np.abs(output) < storage.smallest_normal / storage.unit_roundoff**2
            if (flushable := small & may_be_flushed(storage, output)).any():
                bound = np.where(flushable, np.maximum(bound, flushed()), bound)
            radius = (bound * (1 + 4 * storage.unit_roundoff) + rounding) * _GUARD
        balls = around(output, np.broadcast_to(radius, output.shape))
        return balls + self._deviation(call, definition) if definition != LITERAL else balls

    def _deviation(self, call: FunctionCall, definition: str) -> Balls | float:
        """The interval [-d, d] with d the distance of the stated definition from the literal one."""
        if not self.admits_deviations:
            return 0
        stated, literal = (_balls_of(enclose(called(call, name), "float64")) for name in (definition, LITERAL))
        return around(np.zeros(stated.shape), np.vectorize(_largest, otypes=[float])(stated - literal))


def _overflowing(call: FunctionCall, definition: str, output: np.ndarray, due: Enclosure) -> np.ndarray:
    """Tell where a permitted error carries the exact result beyond the largest finite number: then it is infinite."""
    bound = error_bounds(called(call, definition)).textbook
    measured = distance(format_named(call.dtype), output.astype(np.float64), due)
    with np.errstate(all="ignore"):
        return np.asarray(measured.ulps <= in_ulps(bound, measured.exponent) + 1)


def _largest(ball: arb) -> float:
    return float(abs(ball).upper()) * _GUARD


def called(call: FunctionCall, definition: str = LITERAL) -> Call:
    """What the reference is asked."""
    cotangent = None if call.quantity == "value" else call.cotangent
    return Call.of(
        function_named(call.function),
        call.arguments,
        call.parameters,
        quantity=call.quantity,
        cotangent=cotangent,
        definition=definition,
    )


def _balls_of(enclosure: Enclosure) -> Balls:
    """Turn enclosures into balls; what the table of limits decides, or nothing could, is undecided."""
    scale = np.frompyfunc(lambda exponent: _TWO ** int(exponent), 1, 1)(enclosure.exponent)
    balls = (exact(enclosure.hi) + exact(enclosure.lo) + around(np.zeros(enclosure.shape), enclosure.radius)) * scale
    return np.where(enclosure.status == Status.FINITE, balls, exact(np.nan))


_TWO = exact(2.0).item()
