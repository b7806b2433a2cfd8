"""What must be looked at to compare one check of two runs: which of its batches differ, and which are the same bits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from logitproof.reference import LITERAL
from logitproof.reports import Check, Outputs, RecordError, outputs_file, verified_outputs

from ..corpus.corpus import CORPUS_VERSION, BatchKey
from ..errors import UserError
from ..inputs.batch import Batch
from ..inputs.witness import WITNESS_CLASS
from ..judge.findings import FAILURES
from .batch import BatchPair, Trouble
from .counts import ChangeCounts
from .runs import ComparedRun
from .stored import StoredPart, part_of, same_bits

NO_RESULT = (*FAILURES, "missing gradient")
"""The kinds of discrepancy where there is no result."""


@dataclass
class Underway:
    """A check of two runs while it is compared.

    Attributes:
        old: what the older run has of it.
        new: what the newer one has.
        renamed: the entry point's older name, where that is another one.
        kept: what became of its elements so far.
        by_element: whether they can be compared at all.
        reasons: what is to be said of it.
    """

    old: Check
    new: Check
    renamed: str | None
    kept: ChangeCounts = field(default_factory=ChangeCounts)
    by_element: bool = True
    reasons: list[str] = field(default_factory=list)

    def give_up(self, reason: str) -> None:
        """Compare it by its largest errors alone, and say why."""
        self.by_element, self.kept = False, ChangeCounts()
        if reason not in self.reasons:
            self.reasons.append(reason)


class Preparation:
    """Reads the outputs of two runs, and finds the batches that must be judged."""

    def __init__(self, old: ComparedRun, new: ComparedRun, given: Mapping[str, Batch]) -> None:
        """Take the runs, and the batches at hand that are not of the corpus, by "function/dtype/batch"."""
        self._runs = old, new
        self._given = given
        self._names = frozenset(name.split("/", 2)[-1] for run in self._runs for name in run.record.corpus.given)
        self._starts: dict[tuple[int, Outputs], tuple[int, ...]] = {}

    def pairs(self, number: int, check: Underway) -> list[tuple[BatchKey, Batch | None, BatchPair]]:
        """Return the batches of a check that must be judged, and count the others as the same.

        Raises:
            UserError: outputs are damaged.
        """
        both = check.old, check.new
        fail_alike = _failing(check.old) == _failing(check.new)
        if fail_alike and check.old.outputs is not None and check.old.outputs == check.new.outputs:
            check.kept.add("identical", sum(math.prod(each.shape) for each in check.old.outputs.batches))
            return []
        if missing := self._missing(both):
            check.give_up(missing)
            return []
        parts = [self._parts(run, each) for run, each in zip((0, 1), both, strict=True)]
        pairs: list[tuple[BatchKey, Batch | None, BatchPair]] = []
        for whole in dict.fromkeys([*parts[0], *parts[1], *(name for each in both for name in _failing_batches(each))]):
            before, after = parts[0].get(whole, ()), parts[1].get(whole, ())
            troubles = troubles_of(self._runs[0], check.old, whole), troubles_of(self._runs[1], check.new, whole)
            if self._is_same(before, after) and _failed_calls(troubles[0]) == _failed_calls(troubles[1]):
                check.kept.add("identical", sum(part.size for part in before))
            elif self._were_asked(check, whole, (before, after), troubles):
                pairs.append(self._pair(number, check, whole, (before, after), troubles))
        if pairs and (reason := self._without_inputs(pairs)):
            check.give_up(reason)
            return []
        return pairs

    def _missing(self, checks: Sequence[Check]) -> str:
        """Say which outputs are missing; "" where none are."""
        lacking = [
            word
            for word, run, check in zip(("older", "newer"), self._runs, checks, strict=True)
            if (check.outputs is None and check.elements) or not self._is_there(run, check)
        ]
        return f"the outputs of the {' and the '.join(lacking)} run are missing" if lacking else ""

    @staticmethod
    def _is_there(run: ComparedRun, check: Check) -> bool:
        if check.outputs is None:
            return True
        return run.folder is not None and outputs_file(run.folder, check.outputs).is_file()

    def _parts(self, run: int, check: Check) -> dict[str, tuple[StoredPart, ...]]:
        """Return the stored arrays of a check by the batch that they belong to."""
        folder = self._runs[run].folder
        if check.outputs is None or folder is None:
            return {}
        starts = self._starts_of(run, folder, check.outputs)
        file = outputs_file(folder, check.outputs)
        parts: dict[str, tuple[StoredPart, ...]] = {}
        for stored, start in zip(check.outputs.batches, starts, strict=True):
            part = part_of(stored, file, start)
            parts[part.whole] = (*parts.get(part.whole, ()), part)
        return parts

    def _starts_of(self, run: int, folder: Path, outputs: Outputs) -> tuple[int, ...]:
        """Return where batches begin in a file whose content is what the record says; siblings often share one."""
        if (run, outputs) not in self._starts:
            try:
                _, self._starts[run, outputs] = verified_outputs(folder, outputs)
            except RecordError as error:
                raise UserError(str(error)) from None
        return self._starts[run, outputs]

    def _is_same(self, before: Sequence[StoredPart], after: Sequence[StoredPart]) -> bool:
        """Whether the arrays of a batch are the same bits, part by part."""
        if [(each.cases, each.dtype, each.shape) for each in before] != [
            (each.cases, each.dtype, each.shape) for each in after
        ]:
            return False
        return all(bool(same_bits(old.array(), new.array()).all()) for old, new in zip(before, after, strict=True))

    def _were_asked(
        self,
        check: Underway,
        whole: str,
        parts: tuple[Sequence[StoredPart], Sequence[StoredPart]],
        troubles: tuple[Sequence[Trouble], Sequence[Trouble]],
    ) -> bool:
        """Whether both runs came to a batch: one is incomplete, or was given inputs that the other was not, if not."""
        name = f"{check.new.function}/{check.new.dtype}/{whole}"
        is_given = check.new.input_class == WITNESS_CLASS or any(name in run.record.corpus.given for run in self._runs)
        for run, stored, run_troubles in zip(self._runs, parts, troubles, strict=True):
            if stored or len(run_troubles) > 1:
                continue
            if is_given and name not in run.record.corpus.given:
                _say(check, "some inputs were given to one run only, and are left out")
                return False
            if not run.record.complete and run_troubles[0].kind != "unsupported":
                _say(check, "some inputs are left out, which an incomplete run did not come to")
                return False
        return True

    def _pair(
        self,
        number: int,
        check: Underway,
        whole: str,
        parts: tuple[tuple[StoredPart, ...], tuple[StoredPart, ...]],
        troubles: tuple[tuple[Trouble, ...], tuple[Trouble, ...]],
    ) -> tuple[BatchKey, Batch | None, BatchPair]:
        definitions = check.old.definition or LITERAL, check.new.definition or LITERAL
        key = BatchKey(check.new.function, check.new.dtype, whole)
        given = self._given.get(f"{key.function}/{key.dtype}/{key.name}")
        return key, given, BatchPair(number, check.new.quantity, definitions, parts, troubles)

    def _without_inputs(self, pairs: Iterable[tuple[BatchKey, Batch | None, BatchPair]]) -> str:
        """Say why a batch cannot be built; "" where all can."""
        for key, given, _ in pairs:
            if given is not None:
                continue
            if key.name in self._names:
                kept = "the witness is" if key.name.startswith(f"{WITNESS_CLASS}/") else "the inputs are"
                return f"{kept} not at hand: {key.name}"
            if self._runs[0].record.corpus.version != CORPUS_VERSION:
                return f"the inputs are of another version of the corpus than this release has ({CORPUS_VERSION})"
        return ""


def _say(check: Underway, reason: str) -> None:
    if reason not in check.reasons:
        check.reasons.append(reason)


def _failing_batches(check: Check) -> Iterator[str]:
    for failure in check.failures or ():
        yield from failure.cases


def _failing(check: Check) -> frozenset[tuple[object, ...]]:
    """Return which calls of a check failed, and how; the reasons may be worded otherwise in another version."""
    return frozenset(
        (failure.kind, failure.is_answered, batch, stretches)
        for failure in check.failures or ()
        for batch, stretches in failure.cases.items()
    )


def _failed_calls(troubles: Iterable[Trouble]) -> frozenset[tuple[object, ...]]:
    return frozenset((trouble.kind, trouble.is_answered, trouble.stretches) for trouble in troubles)


def troubles_of(run: ComparedRun, check: Check, whole: str) -> tuple[Trouble, ...]:
    """Return which calls of a batch failed, and in the end what stands for all that nothing was told of."""
    of_batch = tuple(
        Trouble(each.kind, each.reason, each.cases[whole], each.is_answered, each.time_limit)
        for each in check.failures or ()
        if whole in each.cases
    )
    return (*of_batch, _trouble_of_all(run, check))


def _trouble_of_all(run: ComparedRun, check: Check) -> Trouble:
    if check.status == "unsupported":
        return Trouble("unsupported", check.reason or "")
    discrepancies = [each for each in run.of(check) if each.kind in NO_RESULT] if check.failures is None else []
    if discrepancies:
        first = discrepancies[0]
        return Trouble(first.kind, first.observed, time_limit=first.time_limit)  # type: ignore[arg-type]
    if check.failures is None and check.status in ("crash", "hang", "error"):
        return Trouble(check.status, check.reason or "")
    return Trouble("given up", "no result, and the record does not say why")
