"""A property: a statement that must hold for every input of its domain, with all that belongs to it in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from .balls import Balls
from .choices import Choices
from .functions import Functions

Array = np.ndarray
"""An input: floating-point numbers of one format, or class indices, int64."""


@dataclass(frozen=True, eq=False)
class PropertyInputs:
    """Exact inputs of a property: several cases, all of one size.

    Attributes:
        dtype: the storage format of the real arrays.
        arrays: by name; cases run along the first axis, classes along the last.
        common: the names of the arrays that all cases share: class weights, a permutation, an option.
    """

    dtype: str
    arrays: Mapping[str, np.ndarray]
    common: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> np.ndarray:
        """Return an array by name."""
        return self.arrays[name]

    @property
    def cases(self) -> int:
        """How many cases there are."""
        return next((len(array) for name, array in self.arrays.items() if name not in self.common), 1)

    def case(self, index: int) -> PropertyInputs:
        """Return one case alone."""
        arrays = {name: x if name in self.common else x[index : index + 1] for name, x in self.arrays.items()}
        return PropertyInputs(self.dtype, arrays, self.common)


@dataclass(frozen=True)
class Input:
    """One input of a domain: its name, what it may be, how to draw it, and how to tell whether an array is it.

    Attributes:
        name: the name that the claim calls it by.
        text: what it may be, in words.
        draw: (choices, dtype, cases, what was drawn before) → the array.
        admits: (the array, all arrays) → whether it belongs to the domain.
        common: whether all cases share it.
        fixed: whether there is nothing to choose: published numbers.
    """

    name: str
    text: str
    draw: Callable[[Choices, str, int, Mapping[str, np.ndarray]], np.ndarray]
    admits: Callable[[np.ndarray, Mapping[str, np.ndarray]], bool]
    common: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class Domain:
    """The inputs for which a property is stated: one source for its words, its generator and its test of membership.

    Attributes:
        slots: the inputs, each drawn with those before it known.
        dtypes: the formats it is stated for; all where empty.
    """

    slots: tuple[Input, ...]
    dtypes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The domain in words."""
        return "; ".join(f"{input_.name}: {input_.text}" for input_ in self.slots)

    @property
    def is_fixed(self) -> bool:
        """Whether there is only one input for each format."""
        return all(input_.fixed for input_ in self.slots)

    def draw(self, choices: Choices, dtype: str, cases: int) -> PropertyInputs:
        """Draw inputs: `cases` cases of one size, in one format."""
        arrays: dict[str, np.ndarray] = {}
        for input_ in self.slots:
            arrays[input_.name] = input_.draw(choices, dtype, cases, arrays)
        return PropertyInputs(dtype, arrays, frozenset(input_.name for input_ in self.slots if input_.common))

    def admits(self, given: PropertyInputs) -> bool:
        """Whether inputs belong to the domain."""
        return given.arrays.keys() == {input_.name for input_ in self.slots} and all(
            input_.admits(given[input_.name], given.arrays) for input_ in self.slots
        )


@dataclass(frozen=True, eq=False)
class Relation:
    """Two sides that must be equal, or of which the left one must not exceed the right one.

    Arrays of balls that broadcast together; cases run along the first axis, or there is one number for all of them.
    """

    left: Balls
    sign: Literal["=", "≤"]
    right: Balls
    what: str


def equal(left: Balls, right: Balls, what: str = "") -> Relation:
    """State left = right; `what` says which part of the property this is."""
    return Relation(left, "=", right, what)


def at_most(left: Balls, right: Balls, what: str = "") -> Relation:
    """State left ≤ right; `what` says which part of the property this is."""
    return Relation(left, "≤", right, what)


Relations = Iterable[Relation]
Claim = Callable[[Functions, PropertyInputs], Relations]
NamedClaim = Callable[..., Relations]
"""A claim as it is written: of functions, and of the inputs by their names."""

BY_INCLUSION = (
    "every result stands for the interval of its textbook error bound and the final rounding; both sides are computed "
    "from these intervals in ball arithmetic, and what separates them is held against the radius of their difference"
)
"""Where the bound of a property comes from, unless the property says more."""


@dataclass(frozen=True)
class Property:
    """A statement about functions of the catalogue that must hold.

    Attributes:
        id: its name, stable from release to release.
        statement: the statement in words.
        latex: the statement in LaTeX, without dollar signs.
        source: where it comes from: a teaching note ("S0"), a paper, or what it follows from.
        functions: canonical names of the functions that it is about.
        domain: for which inputs it is stated.
        claim: evaluates both sides: the one source of the check on the reference and on every backend.
        bound: why the permitted difference is what it is.
    """

    id: str
    statement: str
    latex: str
    source: str
    functions: tuple[str, ...]
    domain: Domain
    claim: Claim
    bound: str = BY_INCLUSION


@dataclass(frozen=True)
class Statements:
    """The properties of a subject, in the order in which they are told: each is stated above its claim.

    Attributes:
        properties: those that are stated so far.
    """

    properties: list[Property] = field(default_factory=list)

    def __call__(
        self,
        id: str,  # noqa: A002 - what it is called everywhere
        statement: str,
        latex: str,
        *,
        source: str,
        functions: tuple[str, ...],
        domain: Domain,
        bound: str = BY_INCLUSION,
    ) -> Callable[[NamedClaim], NamedClaim]:
        """Return a decorator of a claim, which states a property with it.

        The arguments are those of `Property`; but the claim takes every input of the domain by its name.
        """

        def state(claim: NamedClaim) -> NamedClaim:
            def of_inputs(f: Functions, given: PropertyInputs) -> Relations:
                return claim(f, **given.arrays)

            self.properties.append(Property(id, statement, latex, source, functions, domain, of_inputs, bound))
            return claim

        return state
