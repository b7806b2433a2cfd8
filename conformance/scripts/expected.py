"""What a script holds an element against: the exact result as a decimal, its ulp, and the permitted error in ulps."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import partial

import numpy as np

from logitproof.reference import DEFINITIONS, LITERAL, Format, Status, format_named

from ..inputs.batch import Batch
from ..inputs.cases import take_cases
from ..inputs.geometry import element_numbers, result_shape
from ..judge.judged_output import Exact
from ..judge.record import enclosing_text
from ..judge.truth import exact_element, truth
from ..judge.verdicts import judge
from .symptoms import ExpectedElement

_DECIMAL = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?(e[+-]?[0-9]{1,40})?\Z")
_LARGEST_EXPONENT = 400
"""Decimal exponents beyond any format's."""


def decimal_of(text: str) -> str | None:
    """Return a decimal that `Fraction` reads at once for a result as the record writes it.

    Results too small for any format, and those that may be 0, become 0; None stands for one too large for any format.

    Raises:
        ValueError: it is no decimal.
    """
    if text.startswith("0 ± "):
        return "0"
    if not _DECIMAL.match(text):
        raise ValueError(f"not a decimal: {text[:60]!r}")
    mantissa, _, exponent = text.partition("e")
    digits = mantissa.lstrip("-").partition(".")[0].lstrip("0")
    magnitude = int(exponent or 0) + len(digits)
    if magnitude > _LARGEST_EXPONENT:
        return None
    return "0" if magnitude < -_LARGEST_EXPONENT else text


def ulp_exponent(fmt: Format, exact: Fraction) -> int:
    """Return e with ulp = 2^e for an exact result: the smaller spacing at a power of two, the quantum at 0."""
    if exact == 0:
        return fmt.quantum_exponent
    magnitude = abs(exact)
    binade = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if magnitude < Fraction(2) ** binade:
        binade -= 1
    if magnitude == Fraction(2) ** binade:
        binade -= 1
    return max(binade, fmt.emin) - fmt.precision + 1


def ulps_away(fmt: Format, number: float, expected: str) -> Fraction | None:
    """Return |number - expected| in ulps of what is expected, as a script measures it; None for NaN."""
    if math.isnan(number):
        return None
    exact = Fraction(expected)
    measured: float | Fraction = number
    if math.isinf(number):
        sign = 1 if number > 0 else -1
        if sign * exact >= Fraction(2) ** (fmt.emax + 1) - Fraction(2) ** (fmt.emax - fmt.precision):
            return Fraction(0)
        measured = sign * Fraction(2) ** (fmt.emax + 1)
    return abs(Fraction(measured) - exact) / Fraction(2) ** ulp_exponent(fmt, exact)


def element_of(
    batch: Batch,
    quantity: str,
    index: tuple[int, ...],
    *,
    definition: str = LITERAL,
    attainable: bool = False,
    decimal: str | None = None,
) -> ExpectedElement | None:
    """Return one element of a result with what the reference says of it.

    Args:
        batch: the inputs.
        quantity: "value" or "gradient:NAME".
        index: where the element stands in the result.
        definition: what the result is judged by.
        attainable: permit what a careful implementation may lose, not what the textbook algorithm may.
        decimal: the exact result; where it is not this, there is nothing to return.

    Returns:
        None where no finite number is the exact result.
    """
    case, element = _case_and_element(batch, quantity, index)
    alone = batch if batch.is_reduced else take_cases(batch, [case])
    position = (0, element)
    known = truth(alone, quantity, definition)
    exact = Exact.of(known.exact, position)
    if exact.status != Status.FINITE:
        return None
    lower, upper, written = enclosing_text(exact)
    expected = decimal_of(written)
    if expected is None or decimal not in (None, written):
        return None
    fmt = format_named(batch.dtype)
    nothing = np.full(known.exact.hi.shape, np.nan, fmt.numpy_dtype)  # the bounds do not depend on what came out
    judged = judge(fmt, nothing, known, partial(exact_element, alone, quantity, definition))
    allowed = judged.allowed.of(position)
    exponent = ulp_exponent(fmt, Fraction(expected))
    scale = math.ldexp(1.0, int(judged.exponent[position]) - exponent)
    permitted = float(allowed.attainable if attainable else allowed.textbook) * scale
    # A faithful result is good, whatever the bound.
    return ExpectedElement(index, expected, (lower, upper), exponent, max(permitted, 1.0))


def _case_and_element(batch: Batch, quantity: str, index: tuple[int, ...]) -> tuple[int, int]:
    """Return the case, and the element of the case, that an index of the result means."""
    shape = result_shape(batch, quantity)
    flat = int(np.ravel_multi_index(index, shape)) if shape else 0
    ((case, element),) = np.argwhere(element_numbers(batch, quantity) == flat).tolist()
    return case, element


def definitions_of(function: str) -> list[str]:
    """Return the names of the definitions of a function, the literal one first."""
    return sorted(DEFINITIONS[function], key=lambda name: name != LITERAL)
