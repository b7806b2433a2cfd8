"""Floating-point numbers as text that loses nothing: hex for numbers, bits for NaN."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import ml_dtypes
import numpy as np

from logitproof.reference import Format, format_named

_POSITIONAL_DIGITS = 7
"""Whole numbers of up to so many digits are written without an exponent."""

_NAN = re.compile(r"nan:0x([0-9a-f]{1,16})\Z")


def hex_of(value: float | np.generic) -> str:
    """Return `value` as text that `float_from` and `scalar_from` read back exactly.

    Finite numbers and infinities become `float.hex` of the same number in float64, which contains every format,
    without the zeros that end its digits;
    a NaN becomes `nan:0x` and the bits of its own format, because its payload would not survive a conversion.
    """
    number = np.float64(value) if isinstance(value, float) else np.asarray(value)[()]
    as_float = float(number)
    if not math.isnan(as_float):
        return _without_trailing_zeros(as_float.hex())
    width = number.dtype.itemsize
    return f"nan:0x{int(number.view(f'u{width}')):0{2 * width}x}"


def float_from(text: str) -> float:
    """Return the number that `text` (from `hex_of`) stands for; any NaN becomes Python's.

    Raises:
        ValueError: `text` is not such a number.
    """
    if _NAN.match(text):
        return math.nan
    try:
        number = float.fromhex(text)
    except (ValueError, OverflowError):
        raise ValueError(f"not a hexadecimal float: {text[:60]!r}") from None
    if math.isnan(number):
        raise ValueError(f"a NaN is written by its bits, as in nan:0x7fc00000: {text[:60]!r}")
    return number


def scalar_from(text: str, dtype: str) -> np.generic:
    """Return the scalar of format `dtype` that `text` stands for, bit by bit for a NaN.

    Raises:
        ValueError: `text` is not a number of that format.
    """
    numpy_dtype = format_named(dtype).numpy_dtype
    if bits := _NAN.match(text):
        unsigned = np.dtype(f"u{numpy_dtype.itemsize}")
        if int(bits[1], 16) > int(np.iinfo(unsigned).max):
            raise ValueError(f"too many bits for a {dtype}: {text!r}")
        nan: np.generic = np.array([int(bits[1], 16)], unsigned).view(numpy_dtype)[0]
        return nan
    number = float_from(text)
    scalar = _rounded(number, numpy_dtype)
    if float(scalar) != number:
        raise ValueError(f"{text} is not a number of {dtype}")
    return scalar


def shortest_decimal(value: float | np.generic, fmt: Format) -> str:
    """Return the decimal with the fewest digits that rounds to `value` in the format `fmt` (Steele & White, 1990)."""
    as_float = float(value)
    if not math.isfinite(as_float):
        return str(as_float)
    candidates = (f"{as_float:.{digits}g}" for digits in range(1, 18))
    return _short_exponent(next(text for text in candidates if _rounded(float(text), fmt.numpy_dtype) == as_float))


def _without_trailing_zeros(text: str) -> str:
    """Turn `0x1.8000000000000p+1` into `0x1.8p+1`, and `0x1.0000000000000p+0` into `0x1p+0`."""
    mantissa, p, exponent = text.partition("p")
    digits = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{digits}{p}{exponent}"


def _rounded(number: float, dtype: np.dtype[np.generic]) -> np.floating[Any]:
    with np.errstate(over="ignore"):  # a decimal above the largest number becomes infinite, and that is an answer
        scalar: np.floating[Any] = np.array([number]).astype(dtype)[0]
    return scalar


def _short_exponent(text: str) -> str:
    """Turn `1e+01` into `10`, `1e+20` into `1e20`, and `2.5` into itself."""
    mantissa, e, exponent = text.partition("e")
    if e and 0 < int(exponent) < _POSITIONAL_DIGITS:
        return f"{Decimal(text):f}"
    return f"{mantissa}e{int(exponent)}" if e else text


def bit_equal(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two arrays have the same dtype, shape and bits: a NaN equals itself and −0 does not equal +0."""
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
"""The NumPy dtype that stores bfloat16."""


def measure(text: str) -> float:
    """Return an error written as hex text, infinity for one that no number measures."""
    number = float_from(text)
    return math.inf if math.isnan(number) else number
