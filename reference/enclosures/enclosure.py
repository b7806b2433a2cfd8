"""Certified results as arrays: what the reference hands to the judge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Enclosure:
    """Exact results, element by element, as certified enclosures.

    Where `status` is FINITE the exact real number t satisfies |t - (hi + lo)·2^exponent| ≤ radius·2^exponent, with
    0.5 ≤ |hi| ≤ 1 (or hi = 0, then lo = 0 as well; exponent = 0 and radius = 0 where t is exactly 0) and
    |lo| ≤ 2^-53. The scale is kept apart because a plain double-double loses its low word below 2^-970. Elsewhere
    hi, lo, exponent and radius are 0.

    `limit` is the index into LIMITS of the table entry that decided the element, or -1 where arithmetic did.
    All arrays have the shape of the result.
    """

    hi: np.ndarray
    lo: np.ndarray
    exponent: np.ndarray
    radius: np.ndarray
    status: np.ndarray
    limit: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return self.hi.shape
