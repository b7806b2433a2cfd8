"""What became of a property on a backend, as the record keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from .array import Array
from .setting import InSetting

Count = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(max_length=65_536)]
Hex = Annotated[str, Meta(pattern=r"^(-?0x[01](\.[0-9a-f]+)?p[+-][0-9]+|-?inf|nan:0x[0-9a-f]{1,16})$")]
"""A float as `hex_of` writes it."""

PropertyStatus = Literal["holds", "broken", "deviates", "undecided", "unsupported"]
PropertyFailure = Literal["error", "crash", "hang", "missing gradient", "shape"]

UnexaminedKind = Literal["unsupported", "no dtype", "not implemented", "signature", "given up"]


@dataclass(frozen=True)
class Unexamined:
    """Cases of a check, or of a property, that were not examined.

    Attributes:
        kind: "unsupported": the entry point is said not to take the dtype; "no dtype": its framework does not have it;
            "not implemented": its framework raised an exception that says so; "signature": it does not take what every
            call has; "given up": after crashes, hangs or exceptions of other cases.
        cases: how many.
        reason: why, in words.
    """

    kind: UnexaminedKind
    cases: Count
    reason: Text


@dataclass(frozen=True)
class PropertyExtreme:
    """The comparison of a property that came nearest to its bound, or exceeded it most.

    Attributes:
        ratio: the difference of both sides as a multiple of what rounding explains, as hex text; above 1 is broken.
        what: which part of the property it is about; "" where it has one part only.
        left: the left side as a decimal, or what the backend gave instead of a number.
        sign: "=" or "≤".
        right: the right side as a decimal.
        bound: what rounding explains of the difference, as hex text.
        inputs: the inputs of the case, by the names that the property's domain gives them.
    """

    ratio: Hex
    what: Text
    left: Text
    sign: str
    right: Text
    bound: Hex
    inputs: dict[str, Array]


@dataclass(frozen=True)
class PropertyResult(InSetting):
    """What became of a property on some entry points of a backend in one dtype.

    Attributes:
        id: hash of property, backend (not its version), entry points, dtype, mode and device.
        property: the property's own id.
        statement: what it states.
        entry_points: the entry point that computes each of its functions.
        status: "holds"; "broken": by more than rounding explains; "deviates": broken, but within a deviation that the
            backend states; "undecided": no comparison could be made; "unsupported": it cannot be asked.
        reason: why, where it was not compared to the end.
        cases: how many inputs were tried.
        comparisons: how many comparisons of two sides were made.
        worst: the comparison with the largest ratio; None where there was none.
        unexamined: the cases that were not examined, as of a check; None where an older record does not tell.
        failure: what a call did instead of giving a result, of those that broke it; None where none did.
    """

    id: str
    property: str
    statement: Text
    backend: Text
    version: str
    entry_points: dict[str, Text]
    dtype: str
    mode: str
    device: str
    status: PropertyStatus
    reason: Text | None
    cases: Count
    comparisons: Count
    worst: PropertyExtreme | None
    unexamined: tuple[Unexamined, ...] | None = None
    failure: PropertyFailure | None = None
