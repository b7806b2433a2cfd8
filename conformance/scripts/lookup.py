"""Which discrepancy an id means: one of a record, or a witness."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from logitproof.reports import Backend, Discrepancy, PropertyResult, Record, RecordError, read_record

from ..backends.frameworks import FRAMEWORKS
from ..errors import UserError
from ..inputs.witness import Witness, witnesses_in

SHORTEST_PREFIX = 6
"""So many characters of an id are enough, where they belong to one id only."""


@dataclass(frozen=True)
class Known:
    """The discrepancies that there are: those of a record, and witnesses.

    Attributes:
        record: the record; None where there is none.
        record_file: where it was looked for.
        witnesses: the witnesses that can be read.
    """

    record: Record | None
    record_file: Path
    witnesses: tuple[Witness, ...]

    def find(self, identifier: str) -> tuple[Discrepancy | Witness, Backend]:
        """Return the discrepancy or witness that an id, or the beginning of one, means, and its backend.

        Raises:
            UserError: there is none, there are several, or its backend is not known.
        """
        findings: dict[str, Discrepancy | Witness] = {witness.id: witness for witness in self.witnesses}
        findings |= {each.id: each for each in self.record.discrepancies} if self.record else {}
        meant = [identifier] if identifier in findings else self._beginning_with(identifier, list(findings))
        if not meant:
            raise self._unknown(identifier, list(findings))
        if len(meant) > 1:
            raise UserError(
                f"{identifier!r} could be {', '.join(meant[:4])}{' …' if len(meant) > 4 else ''}: type more of it"
            )
        finding = findings[meant[0]]
        return finding, self.backend_of(finding)

    def backend_of(self, finding: Discrepancy | Witness) -> Backend:
        """Return the backend that a discrepancy or witness was found in.

        Raises:
            UserError: the record does not have it.
        """
        for backend in self.record.backends if self.record else ():
            if backend.name == finding.backend:
                return backend
        if isinstance(finding, Witness) and finding.backend in FRAMEWORKS:
            return _framework(finding.backend, finding.version)
        raise UserError(
            f"where the backend {finding.backend!r} of {finding.id} lies is not in {self.record_file}: examine it with "
            "`logitproof run --backend`, which finds the discrepancy again"
        )

    def called_apart(self, finding: Discrepancy | Witness) -> bool:
        """Whether batches of a discrepancy's check failed as a whole: the run then called with their cases apart."""
        if isinstance(finding, Witness) or self.record is None:
            return False
        return any(check.id == finding.check and check.reason is not None for check in self.record.checks)

    def property_result(self, discrepancy: Discrepancy) -> PropertyResult:
        """Return what became of the property that a discrepancy says is broken.

        Raises:
            ValueError: the record does not have it.
        """
        for result in self.record.properties if self.record else ():
            if result.id == discrepancy.check:
                return result
        raise ValueError(f"{self.record_file} does not have the result {discrepancy.check!r} of the property")

    def _beginning_with(self, identifier: str, ids: Sequence[str]) -> list[str]:
        if len(identifier) < SHORTEST_PREFIX:
            return []
        return [each for each in ids if each.startswith(identifier)]

    def _unknown(self, identifier: str, ids: Sequence[str]) -> UserError:
        checks = [each for each in self.record.discrepancies if each.check == identifier] if self.record else []
        if checks:
            return UserError(
                f"{identifier!r} is a check; its discrepancies are {_listed([each.id for each in checks])}"
            )
        if self.record is None and not ids:
            return UserError(
                f"{self.record_file}: there is no record; `logitproof run` makes one, --record names another"
            )
        typed = max(len(identifier), SHORTEST_PREFIX)
        near = difflib.get_close_matches(identifier, [each[:typed] for each in ids], n=1)
        hint = f"the ids of {self.record_file} are in the summary.md beside it"
        if near:
            hint = f"did you mean {next(each for each in ids if each.startswith(near[0]))!r}?"
        return UserError(f"there is no discrepancy {identifier!r}: {hint}")


def known(record: Path, witnesses: Path, *, must_exist: bool) -> Known:
    """Return what is known from a record and a folder of witnesses.

    Args:
        record: the file, or the folder that has it.
        witnesses: the folder of witnesses.
        must_exist: whether the record was asked for, and its absence is an error.

    Raises:
        UserError: the record cannot be read.
    """
    file = record / "record.json" if record.is_dir() or not record.suffix else record
    loaded = None
    if must_exist or file.exists():
        try:
            loaded = read_record(file)
        except RecordError as error:
            raise UserError(str(error)) from None
    return Known(loaded, file, tuple(witnesses_in(witnesses)[0]))


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:6]) + (" …" if len(ids) > 6 else "")


def _framework(name: str, version: str) -> Backend:
    """Return a framework as a record names it, with what is the same in every run."""
    return Backend(
        name=name,
        framework=FRAMEWORKS[name].tensors,
        version=version,
        python="",
        target=name,
        build={},
        cpu={},
        threads=1,
        environment={},
        dtypes=(),
        entry_points=(),
        status="complete",
        reason=None,
    )
