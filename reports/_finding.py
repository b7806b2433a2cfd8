"""Findings: discrepancies with the same cause, told once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from ._hexfloat import float_from
from ._record import SEVERITIES, Discrepancy, Severity
from ._words import backend_title

IDENTITY_BROKEN = "identity broken"
"""The kind of a discrepancy that stands for a broken property."""


@dataclass(frozen=True)
class Finding:
    """The discrepancies of one backend that have one cause; where none is known, one function, quantity and kind.

    Attributes:
        anchor: a name for links, the same in every run that has this finding.
        discrepancies: all of them, those of the simplest inputs first.
    """

    anchor: str
    discrepancies: tuple[Discrepancy, ...]

    @property
    def example(self) -> Discrepancy:
        """The one to show: of the simplest inputs the one with the largest error."""
        return self.discrepancies[0]

    @property
    def worst(self) -> Discrepancy:
        """The one with the largest error."""
        return max(self.discrepancies, key=gravity)

    @property
    def severity(self) -> Severity:
        """The severity that all of them have."""
        return self.example.severity

    @property
    def cause(self) -> str | None:
        """The mistake that explains them; None where none is known."""
        return self.example.cause

    @property
    def title(self) -> str:
        """The backend with its version, e.g. "torch 2.13.0"."""
        return backend_title(self.example)

    @property
    def results(self) -> int:
        """How many results have it: a check keeps two of each kind, and counts them all."""
        return sum({(found.check, found.kind): found.count for found in self.discrepancies}.values())

    @property
    def checks(self) -> int:
        """How many checks found it."""
        return len({found.check for found in self.discrepancies})

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions concerned, in order of appearance; so the following."""
        return tuple(dict.fromkeys(found.function for found in self.discrepancies))

    @property
    def entry_points(self) -> tuple[str, ...]:
        """The entry points concerned."""
        return tuple(dict.fromkeys(found.entry_point for found in self.discrepancies))

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes concerned."""
        return tuple(dict.fromkeys(found.dtype for found in self.discrepancies))

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities concerned."""
        return tuple(dict.fromkeys(found.quantity for found in self.discrepancies))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of failure."""
        return tuple(dict.fromkeys(found.kind for found in self.discrepancies))


def findings(discrepancies: Iterable[Discrepancy]) -> tuple[Finding, ...]:
    """Return discrepancies grouped by cause, the gravest finding first."""
    groups: dict[tuple[str, ...], list[Discrepancy]] = {}
    for found in discrepancies:
        groups.setdefault(_key(found), []).append(found)
    made = [Finding(_anchor(key), tuple(sorted(own, key=_simplicity))) for key, own in groups.items()]
    return tuple(sorted(made, key=_rank))


def gravity(found: Discrepancy) -> tuple[bool, float, float, int]:
    """Return what orders discrepancies of one severity, the gravest last."""
    # An exception is at least noticed; a wrong number is not.
    return found.kind != "error", measure(found.error_bound_ratio), measure(found.error_ulps), found.count


def measure(text: str) -> float:
    """Return an error written as hex text, infinity for one that no number measures."""
    number = float_from(text)
    return math.inf if math.isnan(number) else number


def _key(found: Discrepancy) -> tuple[str, ...]:
    """A backend's name without its version: the finding is the same one after an upgrade."""
    if found.kind == IDENTITY_BROKEN:
        return found.severity, found.backend, found.quantity
    if found.cause is not None:
        return found.severity, found.backend, "cause", found.cause
    return found.severity, found.backend, found.function, found.quantity, found.kind


def _anchor(key: tuple[str, ...]) -> str:
    return f"finding-{hashlib.sha256(msgspec.json.encode(key)).hexdigest()[:12]}"


def _simplicity(found: Discrepancy) -> tuple[int, int, tuple[float, ...]]:
    sizes = [math.prod(array.shape) for array in found.inputs.values()]
    worst_first = tuple(-float(part) for part in gravity(found))
    return max(sizes, default=0), sum(sizes), worst_first


def _rank(finding: Finding) -> tuple[int, bool, tuple[float, ...]]:
    """Defects before weaknesses; a broken property after the defects of the same severity, which explain it."""
    worst_first = tuple(-float(part) for part in gravity(finding.worst))
    return SEVERITIES.index(finding.severity), finding.kinds == (IDENTITY_BROKEN,), worst_first
