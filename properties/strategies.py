"""The same generators, driven by Hypothesis: it searches, and shrinks what it finds. Not imported with the part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Generic, TypeVar

from hypothesis import strategies as st
from hypothesis.internal.conjecture.data import ConjectureData

from .checking.choices import Choices

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[int]], int]


class HypothesisChoices:
    """Choices that Hypothesis makes; it shrinks towards the lowest integers and the first options."""

    def __init__(self, draw: Draw) -> None:
        """Take `draw` from `@st.composite`, or `data.draw` from `st.data()`, which is slower and prints its draws."""
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        """Return an integer with low ≤ k ≤ high."""
        # Counted from `low`: Hypothesis would shrink towards 0.
        return low + self._draw(_up_to(high - low)) if high > low else low

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.integer(0, len(options) - 1)]


@cache
def _up_to(span: int) -> st.SearchStrategy[int]:
    return st.integers(0, span)


class Generated(st.SearchStrategy[T], Generic[T]):
    """What a generator makes of choices, with nothing of Hypothesis around each of them: for long searches.

    Hypothesis notes where every draw of a strategy begins and ends, and then spends five examples of six on copying one
    such stretch over another. Without them it draws afresh, nearly twice as fast; it shrinks by single choices alone.
    """

    def __init__(self, make: Callable[[Choices], T]) -> None:
        """Take the generator."""
        super().__init__()
        self._make = make

    def __repr__(self) -> str:
        """Return what Hypothesis prints."""
        return "Generated(…)"

    def do_draw(self, data: ConjectureData) -> T:
        """Draw one thing: Hypothesis calls this."""
        return self._make(_Bare(data))


class _Bare(HypothesisChoices):
    """Choices straight from the data of an example."""

    def __init__(self, data: ConjectureData) -> None:
        """Take the data of the example."""
        self._data = data

    def integer(self, low: int, high: int) -> int:
        """Return an integer with low ≤ k ≤ high."""
        return low + self._data.draw_integer(0, high - low) if high > low else low
