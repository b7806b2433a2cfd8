"""What an entry of the catalogue is: a function with everything that logitproof knows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Kind = Literal["logits", "probs", "log_probs", "labels", "log_labels", "index"]
Shape = Literal["element", "row", "vector"]

LITERAL = "literal"
"""The name of the definition that mathematics has."""


@dataclass(frozen=True)
class Argument:
    """A positional argument of a function: its name and what its numbers mean.

    `logits` are any reals, `probs` and `labels` lie in [0, 1], `log_probs` and `log_labels` are their logarithms,
    `index` is an int64 class index per row and has no derivative.
    """

    name: str
    kind: Kind

    @property
    def is_real(self) -> bool:
        """Whether derivatives with respect to it exist."""
        return self.kind != "index"


@dataclass(frozen=True)
class Formula:
    """What a quantity is, in LaTeX: the definition, and what the letters in it stand for."""

    definition: str
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quantity:
    """The value of a function, or a gradient, under one definition.

    Attributes:
        rule: evaluates it in ball arithmetic, from the operands of a row or of a run of elements.
        textbook: lists the standard algorithms, over an abstract arithmetic: (call, *numbers) → one result for each.
            The numbers are the real arguments, and before them the cotangent of a gradient.
        formula: what it is, for people; None of a deviating definition.
        attainable: lists the careful algorithms; None where they are the standard ones, in a better arithmetic.
    """

    rule: Callable[[Any], list[Any]]
    textbook: Callable[..., list[Any]]
    formula: Formula | None = None
    attainable: Callable[..., list[Any]] | None = None


@dataclass(frozen=True)
class Function:
    """A mathematical function of the catalogue.

    Attributes:
        name: canonical name.
        arguments: the positional arguments.
        result: the shape of the value: "element" (like the first argument), "vector" (like the first argument, each
            entry depending on its whole row) or "row" (the first argument's shape without `axis`).
        formula: the literal definition as plain text.
        definitions: what each definition makes of each quantity, by their names; the literal one first.
        limits: what the table of limits says of a call.
        options: the keywords besides `axis`, with their defaults.
        shared: what all entries of a row are computed with, "factor" or "summand"; None where there is no such thing.
    """

    name: str
    arguments: tuple[Argument, ...]
    result: Shape
    formula: str
    definitions: Mapping[str, Mapping[str, Quantity]]
    limits: Callable[[Any], Any]
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    shared: Literal["factor", "summand"] | None = None

    @property
    def has_axis(self) -> bool:
        """Whether the signature has `axis`: rows run along it."""
        return self.result != "element"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What the numbers of the arguments mean, in their order."""
        return tuple(argument.kind for argument in self.arguments)

    @property
    def keywords(self) -> tuple[str, ...]:
        """Every keyword of the signature, `axis` first."""
        return (("axis",) if self.has_axis else ()) + tuple(self.options)

    @property
    def quantities(self) -> tuple[str, ...]:
        """What can be judged: the value, and the gradient by each real argument."""
        return ("value", *(f"gradient:{argument.name}" for argument in self.arguments if argument.is_real))

    @property
    def signature(self) -> str:
        """The signature as §8 of the design writes it, e.g. `softmax(logits, *, axis)`."""
        keywords = [*(("axis",) if self.has_axis else ()), *(f"{key}={value!r}" for key, value in self.options.items())]
        star = ["*", *keywords] if keywords else []
        return f"{self.name}({', '.join([argument.name for argument in self.arguments] + star)})"
