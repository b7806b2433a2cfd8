"""What a cause is: a mistake of the catalogue, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """Why a result is wrong.

    Attributes:
        name: the name of a mistake in the catalogue, e.g. "log of softmax".
        evidence: what shows it, e.g. "bit-identical to log(softmax(x)) in float32".
    """

    name: str
    evidence: str
