"""A check while it is being made: what was asked, what was seen, what went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from logitproof.reports import (
    ExaminedBatch,
    OutputFile,
    OutputStore,
    Parameter,
    Setting,
    StoredArray,
    check_id,
    parameter_record,
)

from ..backends.bisection import BatchPart
from ..backends.deaths import GivenUp
from ..backends.omissions import Omission
from ..backends.protocol import EntryPoint, Failure
from ..corpus.source import BatchSource
from ..inputs.batch import Batch
from .judged_output import FindingGroup, JudgedElement, OutputSummary
from .spread import CheckSpread
from .verdicts import Tier


@dataclass(frozen=True)
class CheckIdentity:
    """What makes a check the same check in another run: everything but the backend's version."""

    function: str
    backend: str
    entry_point: str
    setting: Setting
    dtype: str
    quantity: str
    input_class: str
    parameters: tuple[tuple[str, Parameter], ...]

    @property
    def id(self) -> str:
        """The check's id."""
        return check_id(
            function=self.function,
            backend=self.backend,
            entry_point=self.entry_point,
            dtype=self.dtype,
            setting=self.setting,
            quantity=self.quantity,
            parameters=dict(self.parameters),
            input_class=self.input_class,
        )


def identity_of(backend: str, entry_point: str, setting: Setting, batch: Batch, quantity: str) -> CheckIdentity:
    """The check that a quantity of a batch belongs to; arrays among the parameters vary from case to case."""
    parameters = {
        name: "given" if isinstance(value, np.ndarray) else parameter_record(value)
        for name, value in sorted(batch.parameters.items())
    }
    return CheckIdentity(
        function=batch.function,
        backend=backend,
        entry_point=entry_point,
        setting=setting,
        dtype=batch.dtype,
        quantity=quantity,
        input_class=batch.input_class,
        parameters=tuple(parameters.items()),
    )


@dataclass(frozen=True)
class FailedCase:
    """A case without a result: why, and whether it is a valid input; it may stand for several `cases` of a batch."""

    source: BatchSource
    case: int
    failure: Failure
    is_valid: bool
    cases: int = 1


@dataclass(frozen=True)
class FailedCalls:
    """Cases of one batch whose calls failed, as `CallFailure` has it; "not implemented" until all is seen."""

    batch: str
    cases: tuple[int, ...]
    kind: str
    reason: str
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """What a backend returned for a batch.

    Attributes:
        batch: the name of the batch that was evaluated: the whole one, or one of some of its cases.
        array: the output, or where it is stored.
        whole: the name of the whole batch.
        cases: which of its cases were evaluated; None for all of them.
    """

    batch: str
    array: np.ndarray | StoredArray
    whole: str
    cases: tuple[int, ...] | None


@dataclass
class CheckTally:
    """The running counts of one check."""

    identity: CheckIdentity
    entry_point: EntryPoint
    cases: int = 0
    elements: int = 0
    tiers: Counter[Tier] = field(default_factory=Counter)
    worst_ulps: JudgedElement | None = None
    worst_ratio: JudgedElement | None = None
    findings: dict[tuple[str, str], FindingGroup] = field(default_factory=dict)
    spread: CheckSpread = field(default_factory=CheckSpread)
    outputs: list[Returned] = field(default_factory=list)
    file: OutputFile | None = None
    batches: dict[str, ExaminedBatch] = field(default_factory=dict)
    failed: list[FailedCase] = field(default_factory=list)
    failed_calls: list[FailedCalls] = field(default_factory=list)
    unsupported: str | None = None
    omitted: Counter[Omission] = field(default_factory=Counter)
    given_up: GivenUp | None = None
    answered: bool = False

    def keep(self, batch: Batch, part: BatchPart, array: np.ndarray, store: OutputStore | None) -> None:
        """Keep what the backend returned for some cases of a batch: in a file of the store, if there is one.

        Raises:
            FolderError: the file system refused.
        """
        if store is not None:
            self.file = self.file or store.begin()
        cases = None if part.batch.name == batch.name else part.cases
        self.outputs.append(
            Returned(part.batch.name, self.file.append(array) if self.file else array, batch.name, cases)
        )

    def begin(self, batch: Batch) -> None:
        """Note that a batch was put to the backend."""
        self._count(ExaminedBatch(batch.name, batch.arguments[0].shape, batch.layout, 0))

    def _count(self, batch: ExaminedBatch) -> None:
        known = self.batches.get(batch.batch)
        self.batches[batch.batch] = replace(known, results=known.results + batch.results) if known else batch

    def add(self, batch: Batch, summary: OutputSummary) -> None:
        """Add what was seen in one output for a batch that was begun."""
        self.elements += summary.elements
        self._count(replace(self.batches[batch.name], results=summary.elements))
        self.tiers.update(summary.tiers)
        self.worst_ulps = _larger(self.worst_ulps, summary.worst_ulps, "ulps")
        self.worst_ratio = _larger(self.worst_ratio, summary.worst_ratio, "ratio")
        for (severity, kind), group in summary.findings.items():
            self.add_group(severity, kind, group)

    @property
    def not_run(self) -> int:
        """How many cases were not called, since others failed."""
        return sum(len(calls.cases) for calls in self.failed_calls if calls.kind == "given up")

    @property
    def has_outcome(self) -> bool:
        """Whether anything came of the check: a run that is cut short leaves some that nothing came of."""
        came = self.answered or bool(self.failed) or bool(self.findings)
        return came or self.unsupported is not None or self.not_run > 0

    def merge(self, other: CheckTally) -> None:
        """Add another tally of the same check."""
        self.cases += other.cases
        self.elements += other.elements
        self.tiers.update(other.tiers)
        self.worst_ulps = _larger(self.worst_ulps, other.worst_ulps, "ulps")
        self.worst_ratio = _larger(self.worst_ratio, other.worst_ratio, "ratio")
        for (severity, kind), group in other.findings.items():
            self.add_group(severity, kind, group)
        for batch in other.batches.values():
            self._count(batch)
        self.spread.merge(other.spread)
        self.outputs.extend(other.outputs)
        self.failed.extend(other.failed)
        self.failed_calls.extend(other.failed_calls)
        self.unsupported = self.unsupported or other.unsupported
        self.omitted.update(other.omitted)
        self.given_up = self.given_up or other.given_up
        self.answered = self.answered or other.answered

    def fail(self, failed: FailedCase) -> None:
        """Add a case without a result."""
        self.failed.append(failed)

    def omit(self, omission: Omission, cases: int) -> None:
        """Add cases that are left out."""
        self.unsupported = self.unsupported or omission.reason
        if omission.kind is not None:
            self.omitted[omission] += cases

    def note(self, judged: JudgedElement) -> None:
        """Add a finding that no distance tells."""
        self.add_group(judged.severity, judged.kind, FindingGroup.single(judged))

    def add_group(self, severity: str, kind: str, group: FindingGroup) -> None:
        """Add findings of one severity and kind."""
        older = self.findings.get((severity, kind))
        self.findings[severity, kind] = older.merged(group) if older else group

    def recount(self, before: JudgedElement, after: JudgedElement) -> None:
        """Count a finding by what it has become."""
        group = self.findings.pop((before.severity, before.kind))
        if group.count > 1:
            batches = Counter(group.batches) - Counter({before.batch_name: 1})
            self.findings[before.severity, before.kind] = replace(group, count=group.count - 1, batches=batches)
        self.note(after)


def _larger(old: JudgedElement | None, new: JudgedElement | None, measure: str) -> JudgedElement | None:
    if old is None or new is None:
        return old or new
    return new if getattr(new, measure) > getattr(old, measure) else old
