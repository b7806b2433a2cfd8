"""One batch of the corpus in two runs: its truth is computed once, for the cases where anything differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb

from logitproof.reference import format_named
from logitproof.reports import ChangeExample, Expected, Severity, hex_of

from ._batch import Batch
from ._cases import case_count, take_cases
from ._compare_elements import Candidate, Kept, Place, compared, gravest, place_of, severity_at
from ._compare_kinds import Twice, ranks
from ._compare_lines import Lines, Part, lines_of, same_bits
from ._corpus import BatchKey, build
from ._corpus_hash import case_hash
from ._examine import LITERAL
from ._findings import expected_of
from ._judge import judge
from ._sightings import Judged
from ._truth import Truth, exact_element, truth

INF = "inf"


@dataclass(frozen=True)
class Trouble:
    """Why a run has no result.

    Attributes:
        kind: "crash", "hang", "error", "refused", "unsupported", "missing gradient".
        told: the reason, in words.
        severity: how grave it is; None where it is none.
        case: the hash of a case; None for a reason that stands for all.
    """

    kind: str
    told: str
    severity: Severity | None
    case: str | None = None


@dataclass(frozen=True)
class Pair:
    """What two runs of one check have of one batch.

    Attributes:
        number: which of the compared checks it is.
        quantity: the quantity.
        definitions: what the results were held against, before and after.
        parts: the stored arrays, before and after.
        troubles: why there are no others, before and after; the last one stands for all.
    """

    number: int
    quantity: str
    definitions: tuple[str, str]
    parts: tuple[tuple[Part, ...], tuple[Part, ...]]
    troubles: tuple[tuple[Trouble, ...], tuple[Trouble, ...]]


@dataclass(frozen=True)
class Job:
    """A batch, and all that two runs have of it; `given` is the batch where it is not of the corpus."""

    key: BatchKey
    given: Batch | None
    pairs: tuple[Pair, ...]


def changes_in(job: Job) -> list[tuple[int, Kept]]:
    """Compare what two runs have of a batch; runs in a process of the pool.

    Raises:
        ValueError: there is no such batch, or what is stored is not of it.
        OSError: a file is gone.
    """
    batch = job.given if job.given is not None else build(job.key)
    pairs = [_Loaded.of(pair, batch) for pair in job.pairs]
    wanted = np.zeros(case_count(batch), dtype=bool)
    for pair in pairs:
        wanted |= pair.to_judge
    bench = _Bench(batch, np.flatnonzero(wanted))
    return [(pair.asked.number, pair.changes(bench)) for pair in pairs]


class _Bench:
    """The judge, with the truth about some cases of a batch; equal outputs are judged once."""

    def __init__(self, batch: Batch, cases: np.ndarray) -> None:
        self.batch = batch
        self._cases = cases
        self._all = len(cases) == case_count(batch)
        self._asked = batch if self._all or not len(cases) else take_cases(batch, cases.tolist())
        self._truths: dict[tuple[str, str], Truth] = {}
        self._done: dict[tuple[object, ...], Judged] = {}

    def judged(self, quantity: str, definition: str, lines: Lines, cases: np.ndarray) -> Judged:
        """Judge the lines of some cases, all of them among those of the bench."""
        output = lines.values[cases]
        key = (quantity, definition, cases.tobytes(), output.dtype.name, output.tobytes())
        if key not in self._done:
            known = self._truth(quantity, definition).of_cases(np.searchsorted(self._cases, cases))

            def ball(place: tuple[int, ...], precision: int) -> arb:
                element = (int(cases[place[0]]), int(place[1]))
                return exact_element(self.batch, quantity, definition, element, precision)

            judgement = judge(format_named(self.batch.dtype), output, known, ball)
            self._done[key] = Judged(self.batch, cases, quantity, definition, "plain", output, known.exact, judgement)
        return self._done[key]

    def _truth(self, quantity: str, definition: str) -> Truth:
        question = quantity, definition
        if question not in self._truths:
            self._truths[question] = truth(self._asked, *question)
        return self._truths[question]


@dataclass(frozen=True)
class _Loaded:
    """The outputs of a pair as lines, and what there is to be said of each case.

    Attributes:
        asked: the pair.
        batch: the inputs.
        before: the older lines.
        after: the newer lines.
        changed: which elements of cases that both have are not the same.
        lost: the cases that only the older run has.
        gained: the cases that only the newer one has.
    """

    asked: Pair
    batch: Batch
    before: Lines
    after: Lines
    changed: np.ndarray
    lost: np.ndarray
    gained: np.ndarray

    @classmethod
    def of(cls, pair: Pair, batch: Batch) -> _Loaded:
        before, after = (lines_of(parts, batch, pair.quantity) for parts in pair.parts)
        nothing = np.zeros(case_count(batch), dtype=bool)
        if before.misfit or after.misfit:
            return cls(pair, batch, before, after, nothing[:, np.newaxis], nothing, nothing)
        both = (before.known & after.known)[:, np.newaxis]
        if before.dtype == after.dtype:
            changed = both & ~same_bits(before.values, after.values)
        else:
            changed = np.broadcast_to(both, after.values.shape)
        return cls(pair, batch, before, after, changed, before.known & ~after.known, after.known & ~before.known)

    @property
    def to_judge(self) -> np.ndarray:
        """The cases whose truth must be known."""
        wanted = np.asarray(self.changed.any(axis=1)) | self.gained
        if self.lost.any():
            wanted[self._lost_case()] = True
        return wanted

    def changes(self, bench: _Bench) -> Kept:
        """Count what became of the elements."""
        if self.before.misfit or self.after.misfit:
            return self._of_misfits()
        kept = Kept()
        both = self.before.known & self.after.known
        kept.add("identical", int(np.count_nonzero(both)) * self._width - int(np.count_nonzero(self.changed)))
        if self.changed.any():
            kept.merge(compared(self._twice(bench)))
        if self.lost.any():
            kept.add("new error", int(np.count_nonzero(self.lost)) * self._width, self._of_lost(bench))
        if self.gained.any():
            kept.add("gone error", int(np.count_nonzero(self.gained)) * self._width, self._of_gained(bench))
        return kept

    @property
    def _width(self) -> int:
        return int(self.after.values.shape[1])

    def _twice(self, bench: _Bench) -> Twice:
        cases = np.flatnonzero(self.changed.any(axis=1))
        old, new = self.asked.definitions
        before = bench.judged(self.asked.quantity, old, self.before, cases)
        after = bench.judged(self.asked.quantity, new, self.after, cases)
        if old == new:
            measured = before, after
        else:  # what follows two definitions is measured by the literal one
            literal = (bench.judged(self.asked.quantity, LITERAL, lines, cases) for lines in (self.before, self.after))
            measured = next(literal), next(literal)
        return Twice(self.batch, before, after, measured, self.changed[cases])

    def _lost_case(self) -> int:
        """Return the first case that is lost and of which the newer run tells why, or else the first."""
        return _told_case(self.batch, np.flatnonzero(self.lost), self.asked.troubles[1])

    def _of_lost(self, bench: _Bench) -> Candidate:
        case = self._lost_case()
        judged = bench.judged(self.asked.quantity, self.asked.definitions[0], self.before, np.array([case]))
        place = _worst(judged, np.ones(judged.output.shape, dtype=bool))
        told = _trouble_of(self.batch, case, self.asked.troubles[1])
        example = ChangeExample(
            **place_of(self.batch, self.asked.quantity, case, place[1]),
            before=hex_of(judged.output[place]),
            after=told.told,
            failure=told.kind,
            expected=expected_of(judged.sighting(*place)),
            before_ulps=hex_of(float(judged.judgement.ulps[place])),
            after_ulps=INF,
            ulps=INF,
            before_severity=severity_at(judged, place),
            after_severity=told.severity,
        )
        return Candidate((float(told.case is not None),), example)

    def _of_gained(self, bench: _Bench) -> Candidate:
        cases = np.flatnonzero(self.gained)
        judged = bench.judged(self.asked.quantity, self.asked.definitions[1], self.after, cases)
        wrong = gravest(judged, np.ones(judged.output.shape, dtype=bool))
        own = wrong & (cases == _told_case(self.batch, cases, self.asked.troubles[0]))[:, np.newaxis]
        place = _worst(judged, own if own.any() else wrong)
        told = _trouble_of(self.batch, int(cases[place[0]]), self.asked.troubles[0])
        example = ChangeExample(
            **place_of(self.batch, self.asked.quantity, int(cases[place[0]]), place[1]),
            before=told.told,
            after=hex_of(judged.output[place]),
            failure=told.kind,
            expected=expected_of(judged.sighting(*place)),
            before_ulps=INF,
            after_ulps=hex_of(float(judged.judgement.ulps[place])),
            ulps=INF,
            before_severity=told.severity,
            after_severity=severity_at(judged, place),
        )
        return Candidate((float(ranks(judged)[place]), float(told.case is not None)), example)

    def _of_misfits(self) -> Kept:
        """Say what became of results of which some have a shape or a dtype that cannot be judged."""
        before, after = self.before, self.after
        kept = Kept()
        if not after.known.any():
            told = self.asked.troubles[1][-1]
            words = self._in_words(_told(before), told.told, told.kind, ("defect", told.severity))
            kept.add("new error", before.values.size, words)
        elif not before.known.any():
            told = self.asked.troubles[0][-1]
            words = self._in_words(told.told, _told(after), told.kind, (told.severity, "defect"))
            kept.add("gone error", after.values.size, words)
        elif (before.misfit, before.dtype, before.values.shape) == (after.misfit, after.dtype, after.values.shape):
            same = int(np.count_nonzero(same_bits(before.values, after.values)))
            kept.add("identical", same)
            words = self._in_words(_told(before), _told(after), "shape", ("defect", "defect"))
            kept.add("otherwise", before.values.size - same, words)
        else:
            failure = "shape" if "shape" in before.misfit + after.misfit else "dtype"
            words = self._in_words(_told(before), _told(after), failure, (_severity(before), _severity(after)))
            kept.add("dtype or shape changed", max(after.values.size, 1), words)
        return kept

    def _in_words(
        self, before: str, after: str, failure: str, severities: tuple[Severity | None, Severity | None]
    ) -> Candidate:
        """Return an example that no number shows: the first case stands for all."""
        example = ChangeExample(
            **place_of(self.batch, self.asked.quantity, 0, 0),
            before=before,
            after=after,
            failure=failure,
            expected=Expected("", "", ""),
            before_ulps=INF,
            after_ulps=INF,
            ulps=INF,
            before_severity=severities[0],
            after_severity=severities[1],
        )
        return Candidate((0.0,), example)


def _worst(judged: Judged, mask: np.ndarray) -> Place:
    """Return the largest error among some elements."""
    line, element = np.unravel_index(int(np.argmax(np.where(mask, judged.judgement.ulps, -1.0))), mask.shape)
    return int(line), int(element)


def _told_case(batch: Batch, cases: np.ndarray, troubles: Sequence[Trouble]) -> int:
    """Return the first of some cases that a run tells the trouble of, or else the first."""
    told = {trouble.case for trouble in troubles} - {None}
    found = (int(case) for case in cases if told and case_hash(batch, int(case)) in told)
    return next(found, int(cases[0]))


def _trouble_of(batch: Batch, case: int, troubles: Sequence[Trouble]) -> Trouble:
    own = case_hash(batch, case)
    return next((trouble for trouble in troubles if trouble.case == own), troubles[-1])


def _told(lines: Lines) -> str:
    return lines.misfit or f"shape and dtype as they must be, {lines.dtype}"


def _severity(lines: Lines) -> Severity | None:
    return "defect" if lines.misfit else None
