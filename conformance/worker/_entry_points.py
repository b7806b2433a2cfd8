"""What a backend offers: entry points, the keywords they take, and the deviations they state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from ._signatures import signature_of


class UnsupportedError(Exception):
    """The entry point has no way to be asked this; nothing is wrong with it."""


@dataclass(frozen=True)
class Deviation:
    """A deviation from the literal definition that the framework states.

    Attributes:
        definition: name of the definition that is followed instead.
        quantities: which quantities follow it, e.g. ("value", "gradient:probs"); empty for every one.
        kind: "documented" where the documentation says so, "deliberate" where the source does.
        link: where it says so.
        reason: what it says, in a sentence.
    """

    definition: str
    quantities: tuple[str, ...]
    kind: str
    link: str
    reason: str


@dataclass(frozen=True)
class EntryPoint:
    """A public function of a framework, callable with the arguments and keywords of the catalogue.

    Attributes:
        name: as a user of the framework writes it.
        function: the catalogue function that it computes.
        keywords: the keywords of the catalogue that it can be given.
        call: takes the catalogue's positional arguments and those keywords, and returns what the framework returns.
        deviations: what the framework states about it.
        differentiable: the arguments it has gradients for; None means every real argument.
    """

    name: str
    function: str
    keywords: tuple[str, ...]
    call: Callable[..., Any]
    deviations: tuple[Deviation, ...] = ()
    differentiable: tuple[str, ...] | None = None

    def described(self, real_arguments: tuple[str, ...]) -> dict[str, Any]:
        """Return the entry point as the `hello` message tells it."""
        return {
            "name": self.name,
            "function": self.function,
            "keywords": list(self.keywords),
            "differentiable": list(real_arguments if self.differentiable is None else self.differentiable),
            "deviations": [asdict(deviation) for deviation in self.deviations],
            "signature": signature_of(self.name, self.call),
        }


def require_last_axis(axis: int, rank: int) -> None:
    """Raise UnsupportedError unless `axis` is the last of `rank` axes."""
    if axis % rank != rank - 1:
        raise UnsupportedError(f"works along the last axis only, not along axis {axis} of {rank}")


def last_axis_as_default(axis: int, rank: int) -> int:
    """Return -1 for the last of `rank` axes, and any other axis as it is.

    Frameworks that have -1 as their default transpose for any other number, even when nothing is to be moved.
    """
    return -1 if axis == rank - 1 else axis
