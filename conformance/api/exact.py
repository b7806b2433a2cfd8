"""Exact results for people: decimals to any length, and the nearest floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import arb

from logitproof.reference import (
    DEFINITIONS,
    FORMATS,
    LIMITS,
    Call,
    Enclosure,
    Format,
    Limit,
    Status,
    ball,
    enclose,
    format_named,
    function_named,
    working_precision,
)

from ..inputs.arrays import batch_from_arrays
from ..inputs.batch import Batch

Dyadic = tuple[int, int]
"""An exact number m·2^e as (m, e)."""

MAX_PRECISION = 1 << 16
"""Bits of working precision at which a decimal or a rounding is given up as undecided."""

WORDS = {
    Status.POSITIVE_INFINITY: "inf",
    Status.NEGATIVE_INFINITY: "-inf",
    Status.NAN: "nan",
    Status.NOT_FINITE: "not finite",
    Status.CHOICE: "choice",
    Status.UNDECIDED: "undecided",
}
"""What stands for the decimal of an element that is no number."""

_NUMBERS = {Status.POSITIVE_INFINITY: math.inf, Status.NEGATIVE_INFINITY: -math.inf}


@dataclass(frozen=True)
class ExactResult:
    """The exact result of a call: certified, element by element.

    Attributes:
        inputs: the function and its exact inputs, rounded to the dtype.
        quantity: "value", or "gradient:" and an argument.
        definition: "literal", or the stated deviation that was evaluated.
        enclosure: intervals that contain the exact reals, with a status for elements that are none.
    """

    inputs: Batch
    quantity: str
    definition: str
    enclosure: Enclosure

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return self.enclosure.shape

    def decimals(self, digits: int = 17) -> np.ndarray:
        """Return the results as decimals of `digits` significant digits, all of them right to one in the last place.

        Elements that are no number are the words "inf", "-inf", "nan", "not finite", "choice" or "undecided".
        """
        return self._each(lambda index: self._decimal(index, digits), object)

    def nearest(self, dtype: str | None = None) -> np.ndarray:
        """Return the correctly rounded results (to nearest, ties to even) in `dtype`, by default that of the inputs.

        Elements that are no number, and what stays undecided, are NaN: `enclosure.status` tells them apart. A zero has
        the sign of the exact result, or is +0 where that is exactly 0 or its sign undecided.

        Raises:
            ValueError: there is no such dtype.
        """
        fmt = format_named(dtype or self.inputs.dtype)
        return self._each(lambda index: self._nearest(index, fmt), fmt.numpy_dtype)

    def limits(self) -> np.ndarray:
        """Return the entry of the table of limits that decided each element, None where arithmetic did.

        It says why: of a choice, what the possible answers are.
        """
        return self._each(self._limit, object)

    def _limit(self, index: int) -> Limit | None:
        entry = int(self.enclosure.limit.flat[index])
        return None if entry < 0 else LIMITS[entry]

    @cached_property
    def _call(self) -> Call:
        return self.inputs.call(self.quantity, self.definition)

    def _ball(self, index: int, precision: int) -> arb:
        return ball(self._call, index, precision)

    def _each(self, evaluate: Callable[[int], object], dtype: object) -> np.ndarray:
        results = np.empty(self.enclosure.status.size, dtype=dtype)  # type: ignore[call-overload]
        for index in range(results.size):
            results[index] = evaluate(index)
        return results.reshape(self.shape)

    def _status(self, index: int) -> Status:
        return Status(int(self.enclosure.status.flat[index]))

    def _decimal(self, index: int, digits: int) -> str:
        if (status := self._status(index)) is not Status.FINITE:
            return WORDS[status]
        # log2(10) < 3.33 bits a digit, and 10 bits so that one unit of the last place is certain.
        needed = int(3.33 * digits) + 10
        precision = max(64, 2 * needed)
        while precision <= MAX_PRECISION:
            ball = self._ball(index, precision)
            if ball.is_finite() and (ball.is_exact() or ball.rel_accuracy_bits() >= needed):
                return ball.str(digits, radius=False)
            precision *= 2
        return WORDS[Status.UNDECIDED]

    def _nearest(self, index: int, fmt: Format) -> float:
        if (status := self._status(index)) is not Status.FINITE:
            return _NUMBERS.get(status, math.nan)
        ends = self._ends(index)
        precision = 64
        while (low := nearest_float(*ends[0], fmt)).hex() != (high := nearest_float(*ends[1], fmt)).hex():
            if precision > MAX_PRECISION:
                return 0.0 if low == high else math.nan
            precision *= 2
            if (ball := self._ball(index, precision)).is_finite():
                with working_precision(2 * precision):  # at which the ends of a ball are rounded outwards
                    ends = (_dyadic(ball.lower()), _dyadic(ball.upper()))
        return low

    def _ends(self, index: int) -> tuple[Dyadic, Dyadic]:
        held = self.enclosure
        middle = Fraction(float(held.hi.flat[index])) + Fraction(float(held.lo.flat[index]))
        radius = Fraction(float(held.radius.flat[index]))
        scale = int(held.exponent.flat[index])
        low, high = (
            (end.numerator, scale - end.denominator.bit_length() + 1) for end in (middle - radius, middle + radius)
        )
        return low, high


def exact(
    function: str,
    inputs: object,
    *,
    dtype: str | None = None,
    quantity: str = "value",
    cotangent: object = None,
    definition: str = "literal",
    **parameters: object,
) -> ExactResult:
    """Return the exact result of a function of the catalogue at exact inputs.

    Args:
        function: canonical name, e.g. "softmax".
        inputs: the argument of a function of one argument (array-like), or a mapping from argument names to
            array-likes, e.g. {"logits": [1, 2, 3], "labels": 2}.
        dtype: the format that the real inputs are rounded to before anything is computed, infinite beyond its largest
            number; by default the one they have, float64 for Python's numbers.
        quantity: "value", or "gradient:" and the name of a real argument: the vector-Jacobian product with `cotangent`.
        cotangent: array-like of the value's shape; ones by default.
        definition: "literal", or a stated deviation that the reference knows.
        parameters: the keywords of the function, e.g. axis=-1 (the default where there is an axis).

    Raises:
        ValueError: a name is unknown, an argument or keyword is missing, surplus or of the wrong shape.
    """
    spec = function_named(function)
    given = dict(inputs) if isinstance(inputs, Mapping) else {spec.arguments[0].name: inputs}
    given |= {name: value for name, value in parameters.items() if value is not None}
    names = [argument.name for argument in spec.arguments]
    if surplus := [name for name in given if name not in (*names, *spec.keywords)]:
        raise ValueError(f"{function} takes no {surplus[0]!r}: its signature is {spec.signature}")
    _check_choice("quantity", quantity, spec.quantities)
    _check_choice("definition", definition, DEFINITIONS[function])
    real = {argument.name for argument in spec.arguments if argument.is_real} | {"weight", "pos_weight"}
    chosen = format_named(dtype) if dtype is not None else _common_format(given, real & set(names))
    arrays = {name: _in_format(value, chosen) if name in real else np.asarray(value) for name, value in given.items()}
    batch = batch_from_arrays(function, arrays)
    weights = np.ones_like(batch.cotangent) if cotangent is None else _in_format(cotangent, chosen)
    batch = batch_from_arrays(function, {**arrays, "cotangent": weights})
    enclosure = enclose(batch.call(quantity, definition))
    return ExactResult(batch, quantity, definition, enclosure)


def nearest_float(factor: int | Fraction, exponent: int, fmt: Format) -> float:
    """Return the float of format `fmt` nearest to factor·2^exponent, ties to even, infinite beyond the largest.

    In rationals: n = RN(x / 2^q) with q = max(⌊log₂|x|⌋, emin) − p + 1, so that n·2^q is the result. What is far
    outside the format never gets so far, because 2^-(10^300) has no room in a computer.
    """
    number = abs(Fraction(factor))
    if number == 0:
        return 0.0
    sign = -1.0 if factor < 0 else 1.0
    top = _magnitude(number) + exponent
    if top < fmt.quantum_exponent - 1:
        return sign * 0.0
    if top > fmt.emax:
        return sign * math.inf
    quantum = max(top, fmt.emin) - fmt.precision + 1
    steps = round(number * Fraction(2) ** (exponent - quantum))
    if steps.bit_length() + quantum - 1 > fmt.emax:
        return sign * math.inf
    return sign * math.ldexp(steps, quantum)


def _magnitude(number: Fraction) -> int:
    """⌊log₂ number⌋."""
    numerator, denominator = number.numerator, number.denominator
    guess = numerator.bit_length() - denominator.bit_length()  # it is this, or one less
    return guess if numerator << max(-guess, 0) >= denominator << max(guess, 0) else guess - 1


def _dyadic(exact_ball: arb) -> Dyadic:
    mantissa, exponent = exact_ball.man_exp()
    return int(mantissa), int(exponent)


def _common_format(given: Mapping[str, object], real: set[str]) -> Format:
    dtypes = {name: np.asarray(given[name]).dtype.name for name in given if name in real}
    formats = {dtype for dtype in dtypes.values() if dtype in FORMATS}
    if len(formats) > 1:
        raise ValueError(
            f"different dtypes ({', '.join(f'{name}: {dtype}' for name, dtype in dtypes.items())}): choose by dtype="
        )
    return format_named(formats.pop() if formats else "float64")


def _in_format(values: object, fmt: Format) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.name not in FORMATS and array.dtype.kind not in "iu":
        raise ValueError(f"not an array of real numbers: dtype {array.dtype}")
    if array.dtype == fmt.numpy_dtype:
        return array
    numbers = array.astype(object).ravel() if array.dtype.kind in "iu" else array.astype(np.float64).ravel()
    # One by one: ml_dtypes converts by way of float32, which rounds twice.
    rounded = np.array([_rounded(number, fmt) for number in numbers.tolist()], np.float64)
    return rounded.reshape(array.shape).astype(fmt.numpy_dtype)


def _rounded(number: float, fmt: Format) -> float:
    if number == 0 or not math.isfinite(number):
        return number
    return nearest_float(Fraction(number), 0, fmt)


def _check_choice(what: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"unknown {what} {value!r}: choose from {', '.join(choices)}")
