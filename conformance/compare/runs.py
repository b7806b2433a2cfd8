"""The two runs that are compared, and why some cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from logitproof.reports import Backend, Check, Discrepancy, Record

from ..backends.frameworks import FRAMEWORKS
from ..errors import UserError
from ..inputs.arrays import USER_CLASS


@dataclass(frozen=True)
class ComparedRun:
    """One of two runs.

    Attributes:
        record: its record.
        folder: where its `outputs/` lie; None where nobody knows.
        title: what it is, for people.
    """

    record: Record
    folder: Path | None
    title: str

    @cached_property
    def backends(self) -> Mapping[str, Backend]:
        """Its backends, by name."""
        return {backend.name: backend for backend in self.record.backends}

    @cached_property
    def findings(self) -> Mapping[str, tuple[Discrepancy, ...]]:
        """Its discrepancies, by the id of their check."""
        by_check: dict[str, list[Discrepancy]] = {}
        for each in self.record.discrepancies:
            by_check.setdefault(each.check, []).append(each)
        return {check: tuple(group) for check, group in by_check.items()}

    def of(self, check: Check) -> tuple[Discrepancy, ...]:
        """Return the discrepancies of a check."""
        return self.findings.get(check.id, ())


def require_comparable(old: ComparedRun, new: ComparedRun) -> None:
    """Refuse two runs that were not made on the same inputs.

    Raises:
        UserError: they were not; one line says what differs.
    """
    was, now = old.record.corpus, new.record.corpus
    if was.version != now.version:
        raise UserError(
            f"the runs are not on the same inputs: the older one is on version {was.version} of the corpus, the newer "
            f"on version {now.version}; make both with one release of logitproof"
        )
    profiles = old.record.run.profile, new.record.run.profile
    if was.profile != now.profile or profiles[0] != profiles[1]:
        raise UserError(
            f"the runs are not on the same inputs: the older one has the profile {profiles[0]!r}, the newer "
            f"{profiles[1]!r}; make both with one"
        )
    for name in sorted(was.given.keys() & now.given.keys()):
        if was.given[name] != now.given[name]:
            raise UserError(f"the runs are not on the same inputs: {name} is not what it was")
    users = [sorted(_of_user(each.given)) for each in (was, now)]
    if all(users) and users[0] != users[1]:
        raise UserError(
            f"the runs are not on the same inputs: the older one was given {', '.join(users[0][:3])}, the newer "
            f"{', '.join(users[1][:3])}"
        )


def _of_user(given: Mapping[str, str]) -> set[str]:
    """Return the names of the files that a user's own tensors came from."""
    names = (name.split("/", 2)[-1] for name in given)
    return {name for name in names if name.startswith(f"{USER_CLASS}/")}


def backends_paired(old: ComparedRun, new: ComparedRun) -> dict[str, str]:
    """Return which backend of the newer run is which of the older one: by names of the older one.

    Names decide. Where none is in both, two modules are one if there is no other: `kernels_old.py`, `kernels_new.py`.

    Raises:
        UserError: the runs have no backend in common.
    """
    both = {name: name for name in old.backends if name in new.backends}
    if both:
        return both
    if len(old.backends) == len(new.backends) == 1:
        (was,), (now,) = old.backends.values(), new.backends.values()
        modules = was.target not in FRAMEWORKS and now.target not in FRAMEWORKS
        if modules and was.framework == now.framework:
            return {was.name: now.name}
    raise UserError(
        f"the runs have no backend in common: the older one has {_listed(old.backends)}, the newer "
        f"{_listed(new.backends)}"
    )


def _listed(names: Mapping[str, Backend]) -> str:
    return ", ".join(names) or "none"
