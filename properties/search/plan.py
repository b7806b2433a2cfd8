"""What a search for a broken property is told: where to look, how long, and from where."""

from __future__ import annotations

from dataclasses import dataclass

from ..checking.functions import Backend


@dataclass(frozen=True)
class Plan:
    """How long to search, and from where.

    Attributes:
        examples: how many batches of inputs are tried, half of them at random and half by Hypothesis.
        seed: where it begins; equal seeds make equal searches.
    """

    examples: int
    seed: int


@dataclass(frozen=True, eq=False)
class SearchTarget:
    """What a property is tried on: entry points, told in words, and a dtype."""

    backend: Backend
    entry_points: str
    dtype: str
