"""How an entry point is called, stated once: the source of the call, which a worker compiles and a script prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from .source import Snippet, definition, literal

CALL = "call"
"""The name of the function that makes the call; it takes every tensor by name."""


@dataclass(frozen=True)
class Variable:
    """A tensor among the keywords of a call: it is passed by the variable of its name."""

    name: str


@dataclass(frozen=True)
class CallForm:
    """What the source of a call depends on: everything but the numbers in its tensors.

    Attributes:
        function: the catalogue function.
        arguments: the names of the positional arguments, in order.
        parameters: the keywords of the catalogue, each with its value, or with the variable that holds it.
        rank: how many axes the first argument has.
        dtype: of the real tensors.
    """

    function: str
    arguments: tuple[str, ...]
    parameters: Mapping[str, Any]
    rank: int
    dtype: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tensors: of the arguments, then of the keywords."""
        return (*self.arguments, *(name for name, value in self.parameters.items() if isinstance(value, Variable)))

    @property
    def axis(self) -> int:
        """The axis along which rows run, as it was given."""
        return int(self.parameters["axis"])

    @property
    def default_axis(self) -> int:
        """The axis, -1 for the last one.

        Frameworks that have -1 as their default transpose for any other number, even when nothing is to be moved.
        """
        return -1 if self.axis == self.rank - 1 else self.axis

    def keywords(self, *, without: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the keywords as source, in the order in which they are given."""
        return tuple(
            f"{name}={value.name if isinstance(value, Variable) else literal(value)}"
            for name, value in self.parameters.items()
            if name not in without
        )


Write = Callable[[CallForm], Snippet]
"""The source of a call, from what it depends on."""


def same(callee: str) -> Write:
    """Return the source of `callee(arguments)`, without keywords."""
    return lambda form: Snippet(callee, form.arguments)


def along(callee: str, keyword: str = "axis") -> Write:
    """Return the source of `callee(arguments, axis=…)`."""
    return lambda form: Snippet(callee, (*form.arguments, f"{keyword}={form.axis}"))


def call_definitions(call: Snippet, names: Sequence[str]) -> str:
    """Return the source of the function that makes a call of tensors called `names`."""
    return definition(CALL, names, call)


def compiled(source: str, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the function `call` that `source` defines over the names of `namespace`."""
    names = dict(namespace)
    exec(_code(source), names)  # noqa: S102 - written by this package, from names and numbers that are literals
    return names[CALL]


@lru_cache(maxsize=4096)
def _code(source: str) -> CodeType:
    return compile(source, "<call>", "exec")
