"""The floating-point formats that frameworks store logits in."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import ml_dtypes
import numpy as np


@dataclass(frozen=True)
class Format:
    """A binary floating-point format: p bits of precision, exponents emin to emax, gradual underflow.

    A finite number is ±m · 2^(e − p + 1) with an integer m < 2^p and emin ≤ e ≤ emax (Muller, INRIA RR-5504, §2).
    """

    name: str
    precision: int
    emin: int
    emax: int

    @property
    def unit_roundoff(self) -> float:
        """u = 2^−p, the largest relative error of one rounding to nearest."""
        return 2.0**-self.precision

    @property
    def quantum_exponent(self) -> int:
        """emin − p + 1: the exponent of the smallest positive number of the format."""
        return self.emin - self.precision + 1

    @property
    def quantum(self) -> float:
        """2^(emin − p + 1): the smallest positive (subnormal) number, and the spacing of subnormals."""
        return float(np.ldexp(1.0, self.quantum_exponent))

    @property
    def smallest_normal(self) -> float:
        """2^emin."""
        return float(np.ldexp(1.0, self.emin))

    @property
    def max_finite(self) -> float:
        """(2 − 2^(1−p)) · 2^emax, the largest finite number."""
        return float(np.ldexp(2.0 - 2.0 ** (1 - self.precision), self.emax))

    @property
    def numpy_dtype(self) -> np.dtype[np.generic]:
        """The NumPy dtype that stores the format (bfloat16 comes from ml_dtypes)."""
        return np.dtype(ml_dtypes.bfloat16) if self.name == "bfloat16" else np.dtype(self.name)


FORMATS = MappingProxyType(
    {
        fmt.name: fmt
        for fmt in (
            Format("float16", precision=11, emin=-14, emax=15),
            Format("bfloat16", precision=8, emin=-126, emax=127),
            Format("float32", precision=24, emin=-126, emax=127),
            Format("float64", precision=53, emin=-1022, emax=1023),
        )
    }
)
"""The formats that logitproof examines, by name."""


def format_named(name: str) -> Format:
    """Return the format called `name`.

    Raises:
        ValueError: there is no such format; the message lists the ones there are.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise ValueError(f"unknown dtype {name!r}: choose from {', '.join(FORMATS)}") from None


def format_of(array: np.ndarray) -> Format:
    """Return the format that stores the elements of `array`.

    Raises:
        ValueError: the array's dtype is not one of FORMATS.
    """
    return format_named(array.dtype.name)
