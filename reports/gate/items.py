"""What may gate: the results of a check that have one severity and kind, or a property that does not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ..findings.findings import IDENTITY_BROKEN, GateItemKey, key_of
from ..findings.settings import settings_by_backend
from ..record.hexfloat import measure
from ..record.model import Check, Discrepancy, Interval, Record, Severity
from ..record.properties import PropertyResult, PropertyStatus
from ..record.setting import Setting

UNRECORDED = "unrecorded"
"""The kind of results that a check counts, and of which the record keeps no case."""

_PROPERTY_SEVERITIES: Mapping[PropertyStatus, Severity] = {
    "broken": "defect",
    "deviates": "convention",
    "undecided": "undecided",
}

MatterSeverity = Severity | Literal["unexamined"]
"""A severity; or that cases were not examined."""


@dataclass(frozen=True)
class GateItem:
    """Results of one check, or property, that share severity and kind; or its cases that were not examined.

    Attributes:
        check: the id of the check, or of the property's result.
        severity: their severity.
        kind: the kind of failure; of what was not examined the reason, by name.
        backend: the backend's name.
        version: its version.
        function: the function.
        entry_point: the entry point; of a property the first one.
        setting: the setting.
        dtype: the dtype.
        quantity: the quantity; "property:" and its id for a property.
        causes: the causes of the cases that the record keeps, "" for none that is known.
        discrepancies: the ids of those cases.
        results: how many results they are, or cases.
        ulps: the largest error in ulps, or more where the record does not tell that.
        ratio: the largest error in multiples of the bound; so likewise.
        extent: from where to where each real argument reaches; empty where the record does not tell.
        is_of_several: whether its backend was examined in several settings.
    """

    check: str
    severity: MatterSeverity
    kind: str
    backend: str
    version: str
    function: str
    entry_point: str
    setting: Setting
    dtype: str
    quantity: str
    causes: tuple[str, ...] = ("",)
    discrepancies: tuple[str, ...] = ()
    results: int = 1
    ulps: float = float("inf")
    ratio: float = float("inf")
    extent: Mapping[str, Interval] = field(default_factory=dict)
    is_of_several: bool = False

    @property
    def key(self) -> GateItemKey:
        """What tells it from the others of a record."""
        return self.backend, self.version, self.check or self.entry_point, self.severity, self.kind


def gate_items(record: Record) -> tuple[GateItem, ...]:
    """Return all that may gate, checks first, each in the order of the record."""
    cases: dict[GateItemKey, list[Discrepancy]] = {}
    for found in record.discrepancies:
        cases.setdefault(key_of(found), []).append(found)
    kinds: dict[tuple[str, ...], list[GateItemKey]] = {}
    for key in cases:
        kinds.setdefault(key[:3], []).append(key)
    checks = (
        item
        for check in record.checks
        for item in _of_check(check, {key: cases[key] for key in kinds.get(_place(check), ())})
    )
    properties = (
        _of_property(result, cases.get((*_place(result), severity, IDENTITY_BROKEN), ()), severity)
        for result in record.properties
        if (severity := _PROPERTY_SEVERITIES.get(result.status))
    )
    examined = settings_by_backend(record.checks, record.properties)
    return tuple(
        replace(item, is_of_several=len(examined.get((item.backend, item.version), ())) > 1)
        for item in (*checks, *properties, *_unexamined(record))
    )


def _unexamined(record: Record) -> Iterator[GateItem]:
    """The cases that were not examined, check by check and reason by reason."""
    for check in record.checks:
        for kind, cases in _reasons(check).items():
            yield GateItem(*_identity(check, "unexamined", kind), results=cases)
    for result in record.properties:
        function, entry_point = next(iter(result.entry_points.items()), ("", ""))
        place = (result.backend, result.version, function, entry_point, result.setting)
        names = (*place, result.dtype, f"property:{result.property}")
        for kind, cases in _reasons(result).items():
            yield GateItem(result.id, "unexamined", kind, *names, results=cases)


def _reasons(owner: Check | PropertyResult) -> Counter[str]:
    cases = Counter[str]()
    for each in owner.unexamined or ():
        cases[each.kind] += each.cases
    return cases


def _place(owner: Check | PropertyResult) -> tuple[str, str, str]:
    return owner.backend, owner.version, owner.id


def _of_check(check: Check, cases: Mapping[GateItemKey, Sequence[Discrepancy]]) -> Iterator[GateItem]:
    """The check's own counts are what holds: what they have beyond its cases is told apart, and never lost."""
    for severity, results in check.severities.items():
        left = results
        for own in (found for found in cases.values() if found[0].severity == severity and results):
            yield _of_cases(check, own)
            left -= max(found.count for found in own)
        if left > 0:
            yield GateItem(
                *_identity(check, severity, UNRECORDED), results=left, ulps=_ulps(check), ratio=_ratio(check)
            )


def _identity(
    check: Check, severity: MatterSeverity, kind: str
) -> tuple[str, MatterSeverity, str, str, str, str, str, Setting, str, str]:
    place = (check.backend, check.version, check.function, check.entry_point, check.setting)
    return check.id, severity, kind, *place, check.dtype, check.quantity


def _of_cases(check: Check, own: Sequence[Discrepancy]) -> GateItem:
    first = own[0]
    largest = [measure(found.largest_ulps) for found in own if found.largest_ulps is not None]
    errors = [measure(found.error_ulps) for found in own]
    # An older record does not tell the largest error in ulps of these; that of the whole check is no smaller.
    ulps = max(*largest, *errors) if largest else max(*errors, _ulps(check))
    return GateItem(
        *_identity(check, first.severity, first.kind),
        causes=_causes(own),
        discrepancies=tuple(found.id for found in own),
        results=max(found.count for found in own),
        ulps=ulps,
        ratio=max(measure(found.error_bound_ratio) for found in own),
        extent=_extent(own),
    )


def _extent(own: Sequence[Discrepancy]) -> Mapping[str, Interval]:
    """The two cases of a kind tell one extent; should a record tell two, none is believed."""
    first = own[0].extent
    return first if all(found.extent == first for found in own) else {}


def _causes(own: Iterable[Discrepancy]) -> tuple[str, ...]:
    return tuple(sorted({found.cause or "" for found in own}))


def _ulps(check: Check) -> float:
    return measure(check.worst_ulps.ulps) if check.worst_ulps else float("inf")


def _ratio(check: Check) -> float:
    return measure(check.worst_ratio.bound_ratio) if check.worst_ratio else float("inf")


def _of_property(result: PropertyResult, own: Sequence[Discrepancy], severity: Severity) -> GateItem:
    function, entry_point = next(iter(result.entry_points.items()), ("", ""))
    ratios = [measure(result.worst.ratio)] if result.worst else [measure(found.error_bound_ratio) for found in own]
    return GateItem(
        result.id,
        severity,
        IDENTITY_BROKEN if severity != "undecided" else "undecided",
        result.backend,
        result.version,
        own[0].function if own else function,
        own[0].entry_point if own else entry_point,
        result.setting,
        result.dtype,
        f"property:{result.property}",
        causes=_causes(own) or ("",),
        discrepancies=tuple(found.id for found in own),
        ratio=max(ratios, default=float("inf")),
    )
