"""A waiver: the known results that it names, and how far it goes. What goes further is not waived."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from ..record.hexfloat import float_from
from ..record.model import Check, Interval
from ..record.properties import PropertyResult
from ..record.setting import Setting
from ..record.words import brief
from .items import GateItem, ItemSeverity


@dataclass(frozen=True)
class Region:
    """The numbers from `lower` to `upper`, and NaN where `nan` says so; no number where lower > upper."""

    lower: float
    upper: float
    nan: bool = False

    def contains(self, interval: Interval) -> bool:
        """Whether everything in an interval of a record lies in the region."""
        if interval.nan and not self.nan:
            return False
        if interval.lower is None or interval.upper is None:
            return True
        return self.lower <= float_from(interval.lower) and float_from(interval.upper) <= self.upper


@dataclass(frozen=True)
class Waiver:
    """Known results that shall not gate.

    What is None or empty does not limit it, but for the causes: those that it names are the only ones. Patterns are
    names in which `*` stands for anything.

    Attributes:
        number: its place among the waivers, from 1.
        backend: the backend's name.
        versions: the versions of the backend, as PEP 440 writes a set of them.
        kind: the kind of failure.
        causes: the causes, "" for none that is known.
        reason: why the results are put up with.
        check: the id of a check, or of a property's result.
        discrepancies: the ids of discrepancies: all that the record keeps of a check's kind.
        function: a pattern; so the next five, of which a mode and a device limit a waiver to settings that have them.
        severity: the severity that the results have; "unexamined" for what was not examined.
        region: by argument, where the inputs may lie.
        max_ulps: the largest error in ulps.
        max_bound_ratio: the largest error in multiples of the bound.
        max_results: how many results there may be, of all that it names together.
        link: where more is written.
        owner: who looks after it.
        expires: its last day.
    """

    number: int
    backend: str
    versions: str
    kind: str
    causes: tuple[str, ...]
    reason: str
    check: str | None = None
    discrepancies: tuple[str, ...] = ()
    function: str | None = None
    entry_point: str | None = None
    mode: str | None = None
    device: str | None = None
    dtype: str | None = None
    quantity: str | None = None
    severity: ItemSeverity = "defect"
    region: Mapping[str, Region] = field(default_factory=dict)
    max_ulps: float | None = None
    max_bound_ratio: float | None = None
    max_results: int | None = None
    link: str = ""
    owner: str = ""
    expires: date | None = None

    @property
    def name(self) -> str:
        """What messages call it: "waiver 3 (check 0123456789abcdef)"."""
        if self.check is not None:
            named = f"check {self.check}"
        elif self.discrepancies:
            named = f"discrepancy {self.discrepancies[0]}"
        else:
            parts = (self.function, self.entry_point, self.mode, self.device, self.quantity, self.dtype, self.kind)
            named = " ".join(part for part in parts if part)
        return f"waiver {self.number} ({brief(named, 120)})"

    def names(self, item: GateItem) -> bool:
        """Whether it is about a item, whatever its limits."""
        if self.backend != item.backend or (self.check is not None and self.check != item.check):
            return False
        if self.discrepancies and not set(item.discrepancies) & set(self.discrepancies):
            return False
        return self._fits(item.function, item.entry_point, item.setting, item.dtype, item.quantity)

    def is_about(self, owner: Check | PropertyResult) -> bool:
        """Whether it may name results of a check, or of a property; a discrepancy's id does not tell its check."""
        if self.backend != owner.backend or self.check not in (None, owner.id):
            return False
        if not in_versions(owner.version, self.versions):
            return False
        if isinstance(owner, Check):
            return self._fits(owner.function, owner.entry_point, owner.setting, owner.dtype, owner.quantity)
        rest = (owner.setting, owner.dtype, f"property:{owner.property}")
        return any(self._fits(function, name, *rest) for function, name in owner.entry_points.items())

    def _fits(self, function: str, entry_point: str, setting: Setting, dtype: str, quantity: str) -> bool:
        patterns = (self.function, self.entry_point, self.mode, self.device, self.dtype, self.quantity)
        names = (function, entry_point, setting.mode, setting.device, dtype, quantity)
        return all(pattern is None or fits(pattern, name) for pattern, name in zip(patterns, names, strict=True))

    def refusals(self, item: GateItem) -> Iterator[str]:
        """Give the reasons why a matter that it names is more than it waives, the number of results aside."""
        if not in_versions(item.version, self.versions):
            yield f"version {brief(item.version, 60) or 'unknown'} is not in {brief(self.versions, 80)!r}"
        if item.kind != self.kind:
            yield f"the kind is {brief(item.kind, 80)}, not {brief(self.kind, 80)}"
        if item.severity != self.severity:
            yield f"it is a {item.severity}, not a {self.severity}"
        if self.discrepancies and not set(item.discrepancies) <= set(self.discrepancies):
            other = next(each for each in item.discrepancies if each not in self.discrepancies)
            yield f"discrepancy {brief(other, 64)} is found too"
        for cause in item.causes:
            if cause not in self.causes:
                yield f"the cause is {brief(cause, 80)!r}" if cause else "no cause is known"
        yield from self._larger(item)
        yield from self._outside(item)

    def _larger(self, item: GateItem) -> Iterator[str]:
        limits = ((item.ulps, self.max_ulps, "ulps"), (item.ratio, self.max_bound_ratio, "times the bound"))
        for error, limit, unit in limits:
            if limit is not None and not error <= limit:
                yield f"the error is {_number(error)} {unit}, at most {_number(limit)}"

    def _outside(self, item: GateItem) -> Iterator[str]:
        for argument, region in self.region.items():
            interval = item.extent.get(argument)
            if interval is None:
                yield f"the record does not tell where the inputs {brief(argument, 40)} lie"
            elif not region.contains(interval):
                yield f"inputs {brief(argument, 40)} lie outside the region: {interval_words(interval)}"


def in_versions(version: str, versions: str) -> bool:
    """Whether a version is in a PEP 440 set; one that is no PEP 440 version only by `===`, or in the set of all."""
    specifiers = _specifiers(versions)
    if not list(specifiers):
        return True
    try:
        Version(version)
    except InvalidVersion:
        return any(each.operator == "===" and each.version.lower() == version.lower() for each in specifiers)
    # A nightly build is a version like others: `>=2.14` without it would be a surprise.
    return specifiers.contains(version, prereleases=True)


def fits(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern, in which `*` stands for anything and the rest for itself."""
    return _expression(pattern).fullmatch(name) is not None


def interval_words(interval: Interval) -> str:
    """Return from where to where an interval reaches, e.g. "−4 to 88.5, and NaN"."""
    if interval.lower is None or interval.upper is None:
        return "NaN"
    lower, upper = float_from(interval.lower), float_from(interval.upper)
    reach = _number(lower) if lower == upper else f"{_number(lower)} to {_number(upper)}"
    return f"{reach}, and NaN" if interval.nan else reach


def _number(value: float) -> str:
    """A number to the last digit: what is refused for a hair's breadth must show it."""
    return f"{value:.0f}" if math.isfinite(value) and value == int(value) and abs(value) < 1e15 else repr(value)


@lru_cache(maxsize=1024)
def _specifiers(text: str) -> SpecifierSet:
    return SpecifierSet(text)


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, re.split(r"\*+", pattern))), re.DOTALL)
