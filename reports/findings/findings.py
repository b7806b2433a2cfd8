"""Findings: discrepancies with the same cause, told once; a result that is counted belongs to one of them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
import numpy as np

from logitproof.reference import FORMATS

from ..record.array import Array, array_value
from ..record.hexfloat import float_from, measure
from ..record.model import SEVERITIES, Discrepancy, ExaminationResult, Record, Severity
from ..record.setting import Setting
from ..record.words import backend_title
from .conditions import Condition, ExaminedChecks

GateItemKey = tuple[str, str, str, str, str]
"""Backend, version, check, severity and kind: what the record counts results by."""

IDENTITY_BROKEN = "identity broken"
"""The kind of a discrepancy that stands for a broken property."""


@dataclass(frozen=True)
class Finding:
    """The discrepancies of one backend that have one cause; where none is known, one function, quantity and kind.

    Those of one check, severity and kind are counted together, and so they are in one finding: that of the worst of
    them, whatever explains the others.

    Attributes:
        anchor: a name for links, the same in every run that has this finding.
        cause: the mistake that explains the worst of them; None where none is known.
        discrepancies: all of them, those with the smallest inputs first.
        examined: what else was examined.
    """

    anchor: str
    cause: str | None
    discrepancies: tuple[Discrepancy, ...]
    examined: ExaminedChecks = field(repr=False, compare=False)

    @property
    def example(self) -> Discrepancy:
        """The one to show, with the smallest input: of the fewest, then the smallest numbers; then the gravest."""
        return self.discrepancies[0]

    @property
    def worst(self) -> Discrepancy:
        """The one with the largest multiple of the bound."""
        return max(self.discrepancies, key=gravity)

    @property
    def ulps(self) -> float:
        """The largest error in ulps of all its results; of those in the record, where that does not tell."""
        return max(measure(discrepancy.largest_ulps or discrepancy.error_ulps) for discrepancy in self.discrepancies)

    @property
    def explained(self) -> int:
        """How many of its discrepancies its cause explains."""
        return sum(discrepancy.cause == self.cause for discrepancy in self.discrepancies)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """What the calls with it share, and others lack."""
        return self.examined.conditions(self.discrepancies)

    @property
    def severity(self) -> Severity:
        """The severity that all of them have."""
        return self.example.severity

    @property
    def title(self) -> str:
        """The backend with its version, e.g. "torch 2.13.0"."""
        return backend_title(self.example)

    @property
    def results(self) -> int:
        """How many results have it: a check keeps two of each kind, and counts them all."""
        return sum({key_of(discrepancy): discrepancy.count for discrepancy in self.discrepancies}.values())

    @property
    def is_of_property(self) -> bool:
        """Whether it is a property that does not hold; its checks are then those of the property."""
        return self.kinds == (IDENTITY_BROKEN,)

    @property
    def checks(self) -> int:
        """How many checks found it."""
        return len(
            {(discrepancy.backend, discrepancy.version, discrepancy.check) for discrepancy in self.discrepancies}
        )

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions concerned, in order of appearance; so the following."""
        return tuple(dict.fromkeys(discrepancy.function for discrepancy in self.discrepancies))

    @property
    def entry_points(self) -> tuple[str, ...]:
        """The entry points concerned."""
        return tuple(dict.fromkeys(discrepancy.entry_point for discrepancy in self.discrepancies))

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes concerned."""
        return tuple(dict.fromkeys(discrepancy.dtype for discrepancy in self.discrepancies))

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The settings concerned, where its backend was examined in several; else none: there is nothing to tell."""
        settings = dict.fromkeys(discrepancy.setting for discrepancy in self.discrepancies)
        examined = self.examined.settings.get((self.example.backend, self.example.version), ())
        return tuple(settings) if len({*settings, *examined}) > 1 else ()

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities concerned."""
        return tuple(dict.fromkeys(discrepancy.quantity for discrepancy in self.discrepancies))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of failure."""
        return tuple(dict.fromkeys(discrepancy.kind for discrepancy in self.discrepancies))


def findings(record: Record | ExaminationResult) -> tuple[Finding, ...]:
    """Return the discrepancies of a record grouped by cause, the gravest finding first."""
    examined = ExaminedChecks(record.checks, record.properties if isinstance(record, Record) else ())
    items: dict[GateItemKey, list[Discrepancy]] = {}
    for discrepancy in record.discrepancies:
        items.setdefault(key_of(discrepancy), []).append(discrepancy)
    groups: dict[tuple[str, ...], list[Discrepancy]] = {}
    causes: dict[tuple[str, ...], str | None] = {}
    for item_discrepancies in items.values():
        worst = max(item_discrepancies, key=gravity)
        groups.setdefault(_key(worst), []).extend(item_discrepancies)
        causes[_key(worst)] = worst.cause
    grouped = (
        Finding(
            f"finding-{hashlib.sha256(msgspec.json.encode(key)).hexdigest()[:12]}",
            causes[key],
            tuple(sorted(group, key=_size)),
            examined,
        )
        for key, group in groups.items()
    )
    return tuple(sorted(grouped, key=_rank))


def key_of(discrepancy: Discrepancy) -> GateItemKey:
    """Return what a discrepancy is counted with."""
    return discrepancy.backend, discrepancy.version, discrepancy.check, discrepancy.severity, discrepancy.kind


def gravity(discrepancy: Discrepancy) -> tuple[bool, float, float, int]:
    """Return what orders discrepancies of one severity, the gravest last."""
    # An exception is at least noticed; a wrong number is not.
    ratio, ulps = measure(discrepancy.error_bound_ratio), measure(discrepancy.error_ulps)
    return discrepancy.kind != "error", ratio, ulps, discrepancy.count


def _key(discrepancy: Discrepancy) -> tuple[str, ...]:
    """A backend's name without its version: the finding is the same one after an upgrade."""
    if discrepancy.kind == IDENTITY_BROKEN:
        return discrepancy.severity, discrepancy.backend, discrepancy.quantity
    if discrepancy.cause is not None:
        return discrepancy.severity, discrepancy.backend, "cause", discrepancy.cause
    return discrepancy.severity, discrepancy.backend, discrepancy.function, discrepancy.quantity, discrepancy.kind


def _size(discrepancy: Discrepancy) -> tuple[int, float, tuple[float, ...]]:
    """As a run does that keeps the smallest case: by the first argument, the gravest first among equals."""
    first = next(iter(discrepancy.inputs.values()), None)
    count, magnitude = (math.prod(first.shape), _magnitude(first)) if first else (0, 0.0)
    return count, magnitude, tuple(-float(part) for part in gravity(discrepancy))


def _magnitude(array: Array) -> float:
    """The largest finite number; infinity where the record does not have the numbers."""
    try:
        if array.values is not None and array.dtype in FORMATS:  # most are, and that is quickly read
            return max((abs(number) for text in array.values if math.isfinite(number := float_from(text))), default=0.0)
        value = array_value(array)
    except (ValueError, OverflowError):
        value = None
    if value is None:
        return math.inf
    with np.errstate(invalid="ignore"):  # ml_dtypes grumbles about NaN
        numbers = np.abs(value.astype(np.float64))
    return float(numbers.max(initial=0.0, where=np.isfinite(numbers)))


def _rank(finding: Finding) -> tuple[int, bool, tuple[float, ...]]:
    """Defects before weaknesses; a broken property after the defects of the same severity, which explain it."""
    worst_first = tuple(-float(part) for part in gravity(finding.worst))
    return SEVERITIES.index(finding.severity), finding.is_of_property, worst_first
