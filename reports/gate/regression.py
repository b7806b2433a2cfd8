"""What is graver in a run than in an earlier one of the same inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..findings.findings import IDENTITY_BROKEN
from ..findings.settings import settings_by_backend
from ..record.model import Check, Record
from ..record.setting import Setting
from ..record.words import backend_title, brief, counted
from .items import GateItem, gate_items

GONE = "entry point gone"
"""The kind of an entry point that an earlier run had."""
NOT_RUN = "no longer supported"
"""The kind of a check that an earlier run could make."""


@dataclass(frozen=True)
class Loss:
    """Checks of an entry point that had results in an earlier run, and have none.

    Attributes:
        backend: the title of the backend.
        entry_point: the entry point.
        setting: their setting; None where their backend had no other in the earlier run.
        dtypes: the dtypes of those checks.
        reason: why, in words: what it raises, say.
        checks: how many they are.
    """

    backend: str
    entry_point: str
    setting: Setting | None
    dtypes: tuple[str, ...]
    reason: str
    checks: int

    @property
    def words(self) -> str:
        """What is lost, e.g. "torch 2.13: torch.sigmoid in float16, 8 checks: RuntimeError: no kernel"."""
        names = self.dtypes if self.setting is None else (str(self.setting), *self.dtypes)
        dtypes = ", ".join(brief(name, 40) for name in names)
        checks = counted(self.checks, "check")
        return f"{self.backend}: {brief(self.entry_point, 120)} in {dtypes}, {checks}: {brief(self.reason)}"


class Earlier:
    """An earlier run, as a later one is held against it."""

    def __init__(self, record: Record) -> None:
        """Take the earlier run."""
        self._record = record

    @cached_property
    def _known(self) -> dict[tuple[str, str, str, str], GateItem]:
        return {(item.backend, item.check, item.severity, item.kind): item for item in gate_items(self._record)}

    @cached_property
    def _defects(self) -> Counter[tuple[str, str]]:
        counts: Counter[tuple[str, str]] = Counter()
        for item in self._known.values():
            if item.severity == "defect":
                counts[item.backend, item.check] += item.results
        return counts

    def is_comparable(self, record: Record) -> bool:
        """Whether another run tried the same inputs, but for what a user adds."""
        then, now = self._record.corpus, record.corpus
        return (then.version, then.profile) == (now.version, now.profile)

    def graver(self, items: Sequence[GateItem]) -> frozenset[tuple[str, ...]]:
        """Return the keys of what is graver now: new, of more results, or a defect of larger error.

        What was not examined then is new: nobody knows that it is old.
        """
        defects = Counter[tuple[str, str]]()
        for item in items:
            if item.severity == "defect":
                defects[item.backend, item.check] += item.results
        return frozenset(item.key for item in items if self._is_graver(item, defects))

    def _is_graver(self, now: GateItem, defects: Counter[tuple[str, str]]) -> bool:
        if now.severity not in ("defect", "weakness"):
            return False
        then = self._known.get((now.backend, now.check, now.severity, now.kind))
        known = then.results if then else 0
        if now.severity == "weakness":
            # A defect that became a weakness is no regression.
            key = (now.backend, now.check)
            return now.results > known + max(0, self._defects[key] - defects[key])
        if then is None or now.results > known or now.ratio > then.ratio:
            return True
        return now.kind != IDENTITY_BROKEN and now.ulps > then.ulps

    def lost(self, record: Record) -> Iterator[GateItem]:
        """Give what could be examined then, and cannot be now."""
        versions = {backend.name: backend for backend in record.backends if backend.status == "complete"}
        for backend in self._record.backends:
            now = versions.get(backend.name)
            for name in backend.entry_points if now else ():
                if now and name not in now.entry_points:
                    yield GateItem("", "defect", GONE, now.name, now.version, "", name, Setting("", ""), "", "")
        for check in self._without_results(record):
            if check.status == "unsupported":
                offered = (check.backend, check.version, check.function, check.entry_point, check.setting)
                names = (*offered, check.dtype, check.quantity)
                yield GateItem(check.id, "defect", NOT_RUN, *names, results=check.cases or 1)

    def losses(self, record: Record) -> tuple[Loss, ...]:
        """Return the checks that had results then, and have none now, whatever keeps them from it: by the reason."""
        examined = settings_by_backend(self._record.checks)
        several = {name for (name, _), settings in examined.items() if len(settings) > 1}
        groups: dict[tuple[str, str, Setting | None, str], list[Check]] = {}
        without = self._without_results(record)
        reasons = ((check, backend_title(check), brief(check.reason or check.status)) for check in without)
        gone = ((check, title, GONE) for check, title in self._gone(record))
        for check, title, reason in (*reasons, *gone):
            setting = check.setting if check.backend in several else None
            groups.setdefault((title, check.entry_point, setting, reason), []).append(check)
        return tuple(
            Loss(
                title, entry_point, setting, tuple(dict.fromkeys(check.dtype for check in checks)), reason, len(checks)
            )
            for (title, entry_point, setting, reason), checks in groups.items()
        )

    def _without_results(self, record: Record) -> Iterator[Check]:
        had_results = {check.id for check in self._record.checks if check.elements}
        return (check for check in record.checks if check.id in had_results and not check.elements)

    def _gone(self, record: Record) -> Iterator[tuple[Check, str]]:
        """Give the checks of entry points that are gone, with the title of their backend now."""
        for item in self.lost(record):
            if item.kind == GONE:
                for check in self._record.checks:
                    if check.elements and (check.backend, check.entry_point) == (item.backend, item.entry_point):
                        yield check, f"{item.backend} {item.version}".strip()
