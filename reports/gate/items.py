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

ItemSeverity = Severity | Literal["unexamined"]
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
    severity: ItemSeverity
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
    for discrepancy in record.discrepancies:
        cases.setdefault(key_of(discrepancy), []).append(discrepancy)
    kinds: dict[tuple[str, ...], list[GateItemKey]] = {}
    for key in cases:
        kinds.setdefault(key[:3], []).append(key)
    checks = (
        item
        for check in record.checks
        for item in _of_check(check, {key: cases[key] for key in kinds.get(_check_key(check), ())})
    )
    properties = (
        _of_property(result, cases.get((*_check_key(result), severity, IDENTITY_BROKEN), ()), severity)
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
        offered = (result.backend, result.version, function, entry_point, result.setting)
        names = (*offered, result.dtype, f"property:{result.property}")
        for kind, cases in _reasons(result).items():
            yield GateItem(result.id, "unexamined", kind, *names, results=cases)


def _reasons(owner: Check | PropertyResult) -> Counter[str]:
    cases = Counter[str]()
    for each in owner.unexamined or ():
        cases[each.kind] += each.cases
    return cases


def _check_key(owner: Check | PropertyResult) -> tuple[str, str, str]:
    return owner.backend, owner.version, owner.id


def _of_check(check: Check, cases: Mapping[GateItemKey, Sequence[Discrepancy]]) -> Iterator[GateItem]:
    """The check's own counts are what holds: what they have beyond its cases is told apart, and never lost."""
    for severity, results in check.severities.items():
        left = results
        for discrepancies in (group for group in cases.values() if group[0].severity == severity and results):
            yield _of_cases(check, discrepancies)
            left -= max(discrepancy.count for discrepancy in discrepancies)
        if left > 0:
            yield GateItem(
                *_identity(check, severity, UNRECORDED), results=left, ulps=_ulps(check), ratio=_ratio(check)
            )


def _identity(
    check: Check, severity: ItemSeverity, kind: str
) -> tuple[str, ItemSeverity, str, str, str, str, str, Setting, str, str]:
    names = (check.backend, check.version, check.function, check.entry_point, check.setting)
    return check.id, severity, kind, *names, check.dtype, check.quantity


def _of_cases(check: Check, discrepancies: Sequence[Discrepancy]) -> GateItem:
    first = discrepancies[0]
    largest = [
        measure(discrepancy.largest_ulps) for discrepancy in discrepancies if discrepancy.largest_ulps is not None
    ]
    errors = [measure(discrepancy.error_ulps) for discrepancy in discrepancies]
    # An older record does not tell the largest error in ulps of these; that of the whole check is no smaller.
    ulps = max(*largest, *errors) if largest else max(*errors, _ulps(check))
    return GateItem(
        *_identity(check, first.severity, first.kind),
        causes=_causes(discrepancies),
        discrepancies=tuple(discrepancy.id for discrepancy in discrepancies),
        results=max(discrepancy.count for discrepancy in discrepancies),
        ulps=ulps,
        ratio=max(measure(discrepancy.error_bound_ratio) for discrepancy in discrepancies),
        extent=_extent(discrepancies),
    )


def _extent(discrepancies: Sequence[Discrepancy]) -> Mapping[str, Interval]:
    """The two cases of a kind tell one extent; should a record tell two, none is believed."""
    first = discrepancies[0].extent
    return first if all(discrepancy.extent == first for discrepancy in discrepancies) else {}


def _causes(discrepancies: Iterable[Discrepancy]) -> tuple[str, ...]:
    return tuple(sorted({discrepancy.cause or "" for discrepancy in discrepancies}))


def _ulps(check: Check) -> float:
    return measure(check.worst_ulps.ulps) if check.worst_ulps else float("inf")


def _ratio(check: Check) -> float:
    return measure(check.worst_ratio.bound_ratio) if check.worst_ratio else float("inf")


def _of_property(result: PropertyResult, discrepancies: Sequence[Discrepancy], severity: Severity) -> GateItem:
    function, entry_point = next(iter(result.entry_points.items()), ("", ""))
    case_ratios = [measure(discrepancy.error_bound_ratio) for discrepancy in discrepancies]
    ratios = [measure(result.worst.ratio)] if result.worst else case_ratios
    return GateItem(
        result.id,
        severity,
        IDENTITY_BROKEN if severity != "undecided" else "undecided",
        result.backend,
        result.version,
        discrepancies[0].function if discrepancies else function,
        discrepancies[0].entry_point if discrepancies else entry_point,
        result.setting,
        result.dtype,
        f"property:{result.property}",
        causes=_causes(discrepancies) or ("",),
        discrepancies=tuple(discrepancy.id for discrepancy in discrepancies),
        ratio=max(ratios, default=float("inf")),
    )
