"""Asking first and checking later: a backend's answers are taken down in one process and judged in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np

from .balls import Balls, exact
from .functions import Backend, FunctionCall, call_of
from .property import Property, PropertyInputs


def asked(prop: Property, backend: Backend, given: PropertyInputs) -> tuple[np.ndarray, ...]:
    """Make the calls of a property and return what came back, in order; nothing is computed from it.

    Raises:
        Unsupported: the backend cannot be asked this.
        Failed: it gave no result.
    """
    notes = _Notes(backend)
    for _ in prop.claim(notes, given):
        pass
    return tuple(notes.outputs)


@dataclass(frozen=True)
class Replay:
    """A backend that answers with what was taken down, in the same order, as often as it is gone through.

    Attributes:
        outputs: what `asked` returned.
        definitions: the definitions that the entry points state to follow, by function and quantity; literal elsewhere.
    """

    outputs: Sequence[np.ndarray]
    definitions: Mapping[tuple[str, str], str]
    _next: cycle[np.ndarray] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_next", cycle(self.outputs))

    def evaluate(self, call: FunctionCall) -> np.ndarray:
        """Return the next answer: a claim makes the same calls each time, whatever comes back."""
        del call
        return next(self._next)

    def definition(self, function: str, quantity: str) -> str:
        """Return the stated definition of a quantity."""
        return self.definitions.get((function, quantity), "literal")


@dataclass(frozen=True)
class _Notes:
    """Functions that only take down the answers: to a claim every number is undecided."""

    backend: Backend
    outputs: list[np.ndarray] = field(default_factory=list)

    def __call__(
        self,
        function: str,
        *arguments: np.ndarray,
        quantity: str = "value",
        cotangent: np.ndarray | None = None,
        **parameters: object,
    ) -> Balls:
        """Ask, and return as many undecided balls."""
        call = call_of(function, arguments, quantity=quantity, cotangent=cotangent, parameters=parameters)
        return exact(np.full(self._ask(call).shape, np.nan))

    def shared(self, function: str, logits: np.ndarray) -> Balls:
        """Ask, and return as many undecided balls."""
        return self(function, logits)

    def stored(self, function: str, *arguments: np.ndarray, **parameters: object) -> np.ndarray:
        """Ask, and return the answer: further calls may depend on it."""
        return self._ask(call_of(function, arguments, quantity="value", cotangent=None, parameters=parameters))

    def _ask(self, call: FunctionCall) -> np.ndarray:
        output = self.backend.evaluate(call)
        self.outputs.append(output)
        return output
