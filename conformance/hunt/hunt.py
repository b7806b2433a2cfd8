"""The hunt: visits one function and dtype after the other, round after round, and keeps what is found as witnesses."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from logitproof.reference import FORMATS, FUNCTIONS
from logitproof.reports import Discrepancy, ExaminationResult

from ..backends.client import WorkerUnavailable
from ..inputs.batch import Batch
from ..inputs.cases import case_count
from ..inputs.witness import FailureIdentity, known_signatures, witness_of, witnesses_in, write_witness
from ..judge.record import check_record, discrepancy_record
from ..judge.tally import CheckIdentity
from ..run.request import RunRequest
from ..signals import interruptible, undisturbed
from .examiner import Examination, Examiner
from .progress import HuntProgress
from .search import HuntTarget, Search, TimeIsUp, no_litter

_RATE = 50.0
"""Examples a second that a hunt can count on: it tells from the time there is how long one search may be."""

_SHORTEST, _LONGEST = 25, 400
"""Examples of one search; Hypothesis aims at larger errors in its second half."""


@dataclass(frozen=True)
class HuntRequest:
    """What is hunted, and for how long.

    Attributes:
        examined: backends, functions, entry points and dtypes, as a run has them.
        folder: where the witnesses are.
        seconds: when to end.
        examples: after how many examples of each function and dtype to end; None means when the time is over.
        seed: where the choices begin: equal requests search alike, as far as they come.
    """

    examined: RunRequest
    folder: Path
    seconds: float
    examples: int | None
    seed: int


@dataclass
class Hunted:
    """What a hunt has found.

    Attributes:
        findings: the checks that were made, and the new discrepancies.
        files: the witnesses of those, in the same order.
        worst: the worst result that failed like each of them, in the same order.
        recognised: failures that had a witness before, with its id.
        examples: how many examples were judged.
        cases: how many rows or elements were in them.
        complete: whether it came to its end, and was not interrupted.
    """

    findings: ExaminationResult = field(default_factory=lambda: ExaminationResult((), ()))
    files: list[Path] = field(default_factory=list)
    worst: list[Discrepancy] = field(default_factory=list)
    recognised: dict[FailureIdentity, str] = field(default_factory=dict)
    examples: int = 0
    cases: int = 0
    complete: bool = True

    @property
    def has_failures(self) -> bool:
        """Whether anything was wrong, new or not."""
        return bool(self.files or self.recognised)


def hunt(request: HuntRequest, examiner: Examiner, progress: HuntProgress) -> Hunted:
    """Search until the time is over; Ctrl-C, or a worker that is lost, ends it early and keeps what was found.

    Raises:
        OSError: a witness cannot be written.
    """
    witnesses, notes = witnesses_in(request.folder)
    for line in notes:
        progress.note(line)
    offered = {name: hello.settings for name, hello in examiner.hellos.items()}
    session = _Hunt(request, examiner, progress, known_signatures(witnesses, offered))
    with no_litter():
        session.run()
    return session.result()


class _Hunt:
    """The search as a whole."""

    def __init__(
        self, request: HuntRequest, examiner: Examiner, progress: HuntProgress, known: Mapping[FailureIdentity, str]
    ) -> None:
        self._request, self._examiner, self._progress = request, examiner, progress
        self._old, self._known = known, dict(known)
        self._deadline = time.monotonic() + request.seconds
        self._new: list[tuple[FailureIdentity, Discrepancy]] = []
        self._hunted = Hunted()

    def run(self) -> None:
        subjects = list(_subjects(self._request, self._examiner))
        self._progress.begin(len({str(subject) for subject in subjects}), self._examiner.largest)
        try:
            with interruptible():
                self._visit_all(subjects)
        except TimeIsUp:
            return
        except KeyboardInterrupt:
            self._progress.note("interrupted: keeping what was found")
            self._hunted.complete = False
        except WorkerUnavailable as error:
            self._progress.note(str(error))
            self._hunted.complete = False

    def _visit_all(self, subjects: list[HuntTarget]) -> None:
        for number in count():
            # Shuffled, so that a hunt that ends early has not left out the same ones every time.
            for subject in sorted(subjects, key=lambda each: self._digest(number, each)):
                self._visit(subject, number, self._length(subject, subjects))
            if self._request.examples is not None or not subjects:
                return

    def result(self) -> Hunted:
        versions = {name: hello.version for name, hello in self._examiner.hellos.items()}
        tallies = sorted(self._examiner.tallies.values(), key=lambda each: _order(each.identity))
        checks = tuple(check_record(each, versions[each.identity.backend]) for each in tallies)
        self._hunted.findings = ExaminationResult(checks, tuple(self._of_all(*each) for each in self._new))
        return self._hunted

    def _of_all(self, signature: FailureIdentity, shrunk: Discrepancy) -> Discrepancy:
        """Return a shrunk failure with what is known of all that failed like it; keep the worst of them."""
        finding = self._examiner.worst(signature)
        worst = shrunk if finding is None else discrepancy_record(finding, shrunk.version)
        self._hunted.worst.append(worst)
        return replace(
            shrunk, check=worst.check, count=worst.count, extent=worst.extent, largest_ulps=worst.largest_ulps
        )

    def _digest(self, number: int, subject: HuntTarget) -> str:
        key = f"{self._request.seed}/{number}/{subject}/{sorted(subject.keywords)}"
        return hashlib.sha256(key.encode()).hexdigest()

    def _length(self, subject: HuntTarget, subjects: list[HuntTarget]) -> int:
        """Return the examples of one search: from the request alone, so that equal requests search alike."""
        if self._request.examples is not None:
            alike = sum(str(each) == str(subject) for each in subjects)
            return max(self._request.examples // alike, 1)
        return int(min(max(_RATE * self._request.seconds / len(subjects), _SHORTEST), _LONGEST))

    def _visit(self, subject: HuntTarget, number: int, length: int) -> None:
        """Search one subject until nothing new is found there."""
        self._progress.visit(str(subject))
        for attempt in count():
            search = Search(self._examiner, self._known, self._deadline, self._take_in, self._progress.note)
            try:
                search.run(subject, length, f"{self._digest(number, subject)}/{attempt}")
            finally:
                # Also where the time is over or the user interrupts: what was found is kept as it is.
                with undisturbed():
                    self._keep(search)
            length -= search.examples
            if length <= 0 or not (search.failures or search.vanished):
                return

    def _take_in(self, batch: Batch, outcome: Examination) -> list[FailureIdentity]:
        """Count an example; return its failures that are new."""
        cases = case_count(batch)
        self._hunted.examples += 1
        self._hunted.cases += cases
        self._progress.advance(cases)
        for signature in outcome.defects:
            if signature in self._old and signature not in self._hunted.recognised:
                self._hunted.recognised[signature] = self._old[signature]
                self._progress.note(f"known: {signature}: see witness {self._old[signature]}")
        new = [signature for signature in outcome.defects if signature not in self._known]
        return sorted(new, key=lambda signature: batch.spec.quantities.index(signature.quantity))

    def _keep(self, search: Search) -> None:
        if search.vanished is not None:
            self._known[search.vanished] = ""
            self._progress.note(f"not kept, since it did not happen again: {search.vanished}")
        for signature, (batch, finding) in search.failures.items():
            version = self._examiner.hellos[signature.backend].version
            discrepancy = discrepancy_record(finding, version)
            file = write_witness(self._request.folder, witness_of(batch, discrepancy))
            self._known[signature] = discrepancy.id
            self._new.append((signature, discrepancy))
            self._hunted.files.append(file)
            self._progress.note(f"kept: {file}: {signature}")


def _subjects(request: HuntRequest, examiner: Examiner) -> Iterator[HuntTarget]:
    """Give what there is to look at: functions and formats that a backend has, with no option, with each, with all."""
    examined = request.examined
    for function in (FUNCTIONS[name] for name in examined.functions or FUNCTIONS):
        for fmt in (FORMATS[name] for name in examined.dtypes or FORMATS):
            entries = [
                entry
                for hello in examiner.hellos.values()
                if fmt.name in hello.dtypes
                for entry in hello.entry_points_for(function.name)
                if not examined.entry_points or entry.name in examined.entry_points
            ]
            options = [name for name in function.options if any(name in entry.keywords for entry in entries)]
            themes = dict.fromkeys([(), *((name,) for name in options), tuple(options)])
            yield from (HuntTarget(function, fmt, frozenset(theme)) for theme in themes if entries)


def _order(identity: CheckIdentity) -> tuple[str, int, int]:
    functions, formats = list(FUNCTIONS), list(FORMATS)
    return identity.backend, functions.index(identity.function), formats.index(identity.dtype)
