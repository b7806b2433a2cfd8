"""What is graver in a run than in an earlier one of the same inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from ._finding import IDENTITY_BROKEN
from ._matter import Matter, matters
from ._overview import was_examined
from ._record import Record

GONE = "entry point gone"
"""The kind of an entry point that an earlier run had."""
NOT_RUN = "no longer supported"
"""The kind of a check that an earlier run could make."""


class Earlier:
    """An earlier run, as a later one is held against it."""

    def __init__(self, record: Record) -> None:
        """Take the earlier run."""
        self._record = record

    @cached_property
    def _known(self) -> dict[tuple[str, str, str, str], Matter]:
        return {(own.backend, own.check, own.severity, own.kind): own for own in matters(self._record)}

    @cached_property
    def _defects(self) -> Counter[tuple[str, str]]:
        counts: Counter[tuple[str, str]] = Counter()
        for own in self._known.values():
            if own.severity == "defect":
                counts[own.backend, own.check] += own.results
        return counts

    def is_comparable(self, record: Record) -> bool:
        """Whether another run tried the same inputs, but for what a user adds."""
        then, now = self._record.corpus, record.corpus
        return (then.version, then.profile) == (now.version, now.profile)

    def graver(self, found: Sequence[Matter]) -> frozenset[tuple[str, ...]]:
        """Return the keys of what is graver now: new, of more results, or a defect of larger error.

        What was not examined then is new: nobody knows that it is old.
        """
        defects = Counter[tuple[str, str]]()
        for own in found:
            if own.severity == "defect":
                defects[own.backend, own.check] += own.results
        return frozenset(own.key for own in found if self._is_graver(own, defects))

    def _is_graver(self, now: Matter, defects: Counter[tuple[str, str]]) -> bool:
        if now.severity not in ("defect", "weakness"):
            return False
        then = self._known.get((now.backend, now.check, now.severity, now.kind))
        known = then.results if then else 0
        if now.severity == "weakness":
            # A defect that became a weakness is no regression.
            place = (now.backend, now.check)
            return now.results > known + max(0, self._defects[place] - defects[place])
        if then is None or now.results > known or now.ratio > then.ratio:
            return True
        return now.kind != IDENTITY_BROKEN and now.ulps > then.ulps

    def lost(self, record: Record) -> Iterator[Matter]:
        """Give what could be examined then, and cannot be now."""
        versions = {backend.name: backend for backend in record.backends if backend.status == "complete"}
        for backend in self._record.backends:
            now = versions.get(backend.name)
            for name in backend.entry_points if now else ():
                if now and name not in now.entry_points:
                    yield Matter("", "defect", GONE, now.name, now.version, "", name, "", "")
        made = {check.id for check in self._record.checks if was_examined([check])}
        for check in record.checks:
            if check.status == "unsupported" and check.id in made:
                names = (check.backend, check.version, check.function, check.entry_point, check.dtype, check.quantity)
                yield Matter(check.id, "defect", NOT_RUN, *names, results=check.cases or 1)
