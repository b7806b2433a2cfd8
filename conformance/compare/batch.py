"""One batch of the corpus in two runs: its truth is computed once, for the cases where anything differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from flint import arb

from logitproof.reference import LITERAL, format_named
from logitproof.reports import (
    SEVERITY_RANKS,
    ChangeExample,
    ChangeKind,
    Expected,
    FailureKind,
    Severity,
    hex_of,
)

from ..corpus.corpus import BatchKey, build
from ..corpus.source import BatchSource
from ..inputs.batch import Batch
from ..inputs.cases import case_count, take_cases
from ..judge.judged_output import JudgedOutput
from ..judge.record import expected_of
from ..judge.truth import Truth, exact_element, truth
from ..judge.verdicts import judge
from .counts import Candidate, ChangeCounts, Position, compared, gravest, origin_of, severity_at
from .kinds import Twice, ranks
from .stored import CaseLines, StoredPart, lines_of, same_bits

INF = "inf"


_DIES = ("crash", "hang")
_SEVERITIES: Mapping[FailureKind, Severity] = MappingProxyType(
    {"error": "defect", "crash": "defect", "hang": "defect", "missing gradient": "defect", "refused": "convention"}
)


@dataclass(frozen=True)
class Trouble:
    """Why a run has no result of some cases of a batch.

    Attributes:
        kind: how their calls failed.
        reason: the reason, in words.
        stretches: the cases, as `CallFailure` has them; None where it stands for all that no other one has.
        is_answered: whether there is a result all the same.
    """

    kind: FailureKind
    reason: str
    stretches: tuple[tuple[int, int], ...] | None = None
    is_answered: bool = False

    @property
    def severity(self) -> Severity | None:
        """How grave it is; None where it is none."""
        return _SEVERITIES.get(self.kind)


@dataclass(frozen=True)
class BatchPair:
    """What two runs of one check have of one batch.

    Attributes:
        number: which of the compared checks it is.
        quantity: the quantity.
        definitions: what the results were held against, before and after.
        parts: the stored arrays, before and after.
        troubles: which calls failed, before and after; the last one stands for all that no other one has.
    """

    number: int
    quantity: str
    definitions: tuple[str, str]
    parts: tuple[tuple[StoredPart, ...], tuple[StoredPart, ...]]
    troubles: tuple[tuple[Trouble, ...], tuple[Trouble, ...]]


@dataclass(frozen=True)
class ComparisonJob:
    """A batch, and all that two runs have of it; `given` is the batch where it is not of the corpus."""

    key: BatchKey
    given: Batch | None
    pairs: tuple[BatchPair, ...]


def changes_in(job: ComparisonJob) -> list[tuple[int, ChangeCounts]]:
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
    bench = _CaseJudge(batch, np.flatnonzero(wanted))
    return [(pair.asked.number, pair.changes(bench)) for pair in pairs]


class _CaseJudge:
    """The judge, with the truth about some cases of a batch; equal outputs are judged once."""

    def __init__(self, batch: Batch, cases: np.ndarray) -> None:
        self.batch = batch
        self._cases = cases
        self._all = len(cases) == case_count(batch)
        self._asked = batch if self._all or not len(cases) else take_cases(batch, cases.tolist())
        self._truths: dict[tuple[str, str], Truth] = {}
        self._done: dict[tuple[object, ...], JudgedOutput] = {}

    def judged(self, quantity: str, definition: str, lines: CaseLines, cases: np.ndarray) -> JudgedOutput:
        """Judge the lines of some cases, all of them among those of the bench."""
        output = lines.values[cases]
        key = (quantity, definition, cases.tobytes(), output.dtype.name, output.tobytes())
        if key not in self._done:
            known = self._truth(quantity, definition).of_cases(np.searchsorted(self._cases, cases))

            def ball(position: tuple[int, ...], precision: int) -> arb:
                element = (int(cases[position[0]]), int(position[1]))
                return exact_element(self.batch, quantity, definition, element, precision)

            judgement = judge(format_named(self.batch.dtype), output, known, ball)
            self._done[key] = JudgedOutput(
                BatchSource.of(self.batch), cases, quantity, definition, "plain", output, known.exact, judgement
            )
        return self._done[key]

    def _truth(self, quantity: str, definition: str) -> Truth:
        question = quantity, definition
        if question not in self._truths:
            self._truths[question] = truth(self._asked, *question)
        return self._truths[question]


class _Side:
    """What one run has of each case of a batch: a result, or why there is none."""

    def __init__(self, parts: Sequence[StoredPart], troubles: Sequence[Trouble], batch: Batch, quantity: str) -> None:
        self.lines = lines_of(parts, batch, quantity)
        self._troubles = troubles
        self._numbers = np.full(case_count(batch), len(troubles) - 1)
        self.fails_beside = np.zeros(case_count(batch), dtype=bool)
        for number, trouble in enumerate(troubles):
            for first, end in trouble.stretches or ():
                if trouble.is_answered:
                    self.fails_beside[first:end] = True
                else:
                    self._numbers[first:end] = number

    def trouble(self, case: int) -> Trouble:
        """Return why a case has no result."""
        return self._troubles[int(self._numbers[case])]

    def beside(self, case: int) -> Trouble:
        """Return why a call of a case failed that has a result all the same."""
        return next(
            trouble
            for trouble in self._troubles
            if trouble.is_answered and any(first <= case < end for first, end in trouble.stretches or ())
        )

    @property
    def is_observed(self) -> np.ndarray:
        """Whether the case itself was seen to fail."""
        return np.isin(self._numbers, [number for number, each in enumerate(self._troubles) if _is_observed(each)])

    @property
    def dies(self) -> np.ndarray:
        """Whether a case takes its process with it; one that was given up does what was seen of those beside it."""
        kinds = {each.kind for each in self._troubles if each.stretches is not None and not each.is_answered}
        deadly = {*_DIES, "given up"} if kinds.intersection(_DIES) else set(_DIES)
        is_deadly = np.isin(
            self._numbers, [number for number, each in enumerate(self._troubles) if each.kind in deadly]
        )
        return np.asarray(is_deadly & self.lines.nothing)


def _is_observed(trouble: Trouble) -> bool:
    return trouble.stretches is not None and trouble.kind != "given up"


@dataclass(frozen=True)
class _Loaded:
    """The outputs of a pair as lines, and what there is to be said of each case.

    Attributes:
        asked: the pair.
        batch: the inputs.
        sides: what both runs have.
        changed: which elements of cases that both have are not the same.
    """

    asked: BatchPair
    batch: Batch
    sides: tuple[_Side, _Side]
    changed: np.ndarray

    @classmethod
    def of(cls, pair: BatchPair, batch: Batch) -> _Loaded:
        old, new = (
            _Side(parts, troubles, batch, pair.quantity)
            for parts, troubles in zip(pair.parts, pair.troubles, strict=True)
        )
        before, after = old.lines, new.lines
        both = (before.known & after.known)[:, np.newaxis]
        if before.dtype == after.dtype:
            changed = both & ~same_bits(before.values, after.values)
        else:
            changed = np.broadcast_to(both, after.values.shape)
        return cls(pair, batch, (old, new), changed)

    @property
    def before(self) -> CaseLines:
        """The older lines."""
        return self.sides[0].lines

    @property
    def after(self) -> CaseLines:
        """The newer lines."""
        return self.sides[1].lines

    @property
    def lost(self) -> np.ndarray:
        """The cases that only the older run has."""
        return self.before.known & self.after.nothing

    @property
    def gained(self) -> np.ndarray:
        """The cases that only the newer one has."""
        return self.after.known & self.before.nothing

    @property
    def to_judge(self) -> np.ndarray:
        """The cases whose truth must be known."""
        wanted = np.asarray(self.changed.any(axis=1)) | self.gained
        if self.lost.any():
            wanted[self._lost_case()] = True
        return wanted

    def changes(self, bench: _CaseJudge) -> ChangeCounts:
        """Count what became of the elements."""
        kept = ChangeCounts()
        both = self.before.known & self.after.known
        kept.add("identical", self._elements(both) - int(np.count_nonzero(self.changed)))
        if self.changed.any():
            kept.merge(compared(self._twice(bench)))
        if self.lost.any():
            kept.add("new error", self._elements(self.lost), self._of_lost(bench))
        if self.gained.any():
            kept.add("gone error", self._elements(self.gained), self._of_gained(bench))
        self._add_misfits(kept)
        self._add_failures(kept)
        return kept

    def _elements(self, cases: np.ndarray) -> int:
        return int(np.count_nonzero(cases)) * int(self.after.values.shape[1])

    def _twice(self, bench: _CaseJudge) -> Twice:
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
        """Return the first case that is lost and was seen to fail, or else the first."""
        return _first(self.lost, self.sides[1].is_observed)

    def _of_lost(self, bench: _CaseJudge) -> Candidate:
        case = self._lost_case()
        judged = bench.judged(self.asked.quantity, self.asked.definitions[0], self.before, np.array([case]))
        position = _worst(judged, np.ones(judged.output.shape, dtype=bool))
        trouble = self.sides[1].trouble(case)
        example = ChangeExample(
            **origin_of(self.batch, self.asked.quantity, case, position[1]),
            before=hex_of(judged.output[position]),
            after=trouble.reason,
            failure=trouble.kind,
            expected=expected_of(judged.element_at(*position)),
            before_ulps=hex_of(float(judged.judgement.ulps[position])),
            after_ulps=INF,
            ulps=INF,
            before_severity=severity_at(judged, position),
            after_severity=trouble.severity,
        )
        return Candidate((float(self.sides[1].is_observed[case]),), example)

    def _of_gained(self, bench: _CaseJudge) -> Candidate:
        cases, is_observed = np.flatnonzero(self.gained), self.sides[0].is_observed
        judged = bench.judged(self.asked.quantity, self.asked.definitions[1], self.after, cases)
        wrong = gravest(judged, np.ones(judged.output.shape, dtype=bool))
        observed_wrong = wrong & is_observed[cases][:, np.newaxis]
        position = _worst(judged, observed_wrong if observed_wrong.any() else wrong)
        case = int(cases[position[0]])
        trouble = self.sides[0].trouble(case)
        example = ChangeExample(
            **origin_of(self.batch, self.asked.quantity, case, position[1]),
            before=trouble.reason,
            after=hex_of(judged.output[position]),
            failure=trouble.kind,
            expected=expected_of(judged.element_at(*position)),
            before_ulps=INF,
            after_ulps=hex_of(float(judged.judgement.ulps[position])),
            ulps=INF,
            before_severity=trouble.severity,
            after_severity=severity_at(judged, position),
        )
        return Candidate((float(ranks(judged)[position]), float(is_observed[case])), example)

    def _add_misfits(self, kept: ChangeCounts) -> None:
        """Say what became of results of which some have a shape or a dtype that cannot be judged."""
        before, after = self.before, self.after
        if (same := self._alike()) is not None:
            kept.add("identical", int(np.count_nonzero(same)))
            self._add_in_words(kept, "otherwise", after.odd, elements=same.size - int(np.count_nonzero(same)))
            return
        self._add_in_words(kept, "new error", before.odd & after.nothing)
        self._add_in_words(kept, "gone error", after.odd & before.nothing)
        self._add_in_words(kept, "dtype or shape changed", after.odd & before.known)
        self._add_in_words(kept, "dtype or shape changed", before.odd & ~after.nothing)

    def _alike(self) -> np.ndarray | None:
        """Tell which elements are the same, where both runs' results do not fit in the same way."""
        if len(self.before.misfits) != 1 or len(self.after.misfits) != 1:
            return None
        (was,), (now,) = self.before.misfits, self.after.misfits
        if was.text != now.text or not np.array_equal(was.cases, now.cases) or was.values.dtype != now.values.dtype:
            return None
        return same_bits(was.values, now.values)

    def _add_failures(self, kept: ChangeCounts) -> None:
        """Say what became of cases without a result in both runs, and of calls that failed beside a result."""
        old, new = self.sides
        nothing = self.before.nothing & self.after.nothing
        self._add_in_words(kept, "regressed", nothing & new.dies & ~old.dies)
        self._add_in_words(kept, "otherwise", nothing & old.dies & ~new.dies)
        answered = ~(self.before.nothing | self.after.nothing)
        self._add_in_words(kept, "regressed", answered & new.fails_beside & ~old.fails_beside, beside=True)
        self._add_in_words(kept, "fixed", answered & old.fails_beside & ~new.fails_beside, beside=True)
        self._add_in_words(kept, "otherwise", self.before.nothing & new.fails_beside, beside=True)

    def _add_in_words(
        self,
        kept: ChangeCounts,
        kind: ChangeKind,
        cases: np.ndarray,
        *,
        beside: bool = False,
        elements: int | None = None,
    ) -> None:
        """Add what no number shows; `beside` where it is about calls that failed beside a result."""
        if not cases.any():
            return
        case = _first(cases, self.sides[0].is_observed | self.sides[1].is_observed)
        (before, was, before_severity), (after, now, after_severity) = (
            _described(side, case, self.batch.dtype, beside=beside) for side in self.sides
        )
        example = ChangeExample(
            **origin_of(self.batch, self.asked.quantity, case, 0),
            before=before,
            after=after,
            failure=now or was,
            expected=Expected("", "", ""),
            before_ulps=INF,
            after_ulps=INF,
            ulps=INF,
            before_severity=before_severity,
            after_severity=after_severity,
        )
        rose = SEVERITY_RANKS[after_severity] - SEVERITY_RANKS[before_severity]
        rank = SEVERITY_RANKS[after_severity] if kind == "gone error" else rose
        kept.add(kind, self._elements(cases) if elements is None else elements, Candidate((float(rank),), example))


def _described(side: _Side, case: int, dtype: str, *, beside: bool) -> tuple[str, str, Severity | None]:
    """Return what a run has of a case in words, the kind of failure where it is one, and its severity."""
    lines = side.lines
    if lines.nothing[case] or (beside and side.fails_beside[case]):
        trouble = side.trouble(case) if lines.nothing[case] else side.beside(case)
        return trouble.reason, trouble.kind, trouble.severity
    if beside:
        return "every call gives a result", "", None
    if (misfit := lines.misfit_of(case)) is not None:
        return misfit.text, misfit.failure, "defect"
    if lines.dtype != dtype:
        return f"dtype {lines.dtype}", "dtype", "defect"
    return f"shape and dtype as they must be, {lines.dtype}", "", None


def _first(cases: np.ndarray, preferred: np.ndarray) -> int:
    """Return the first of some cases that is preferred, or else the first."""
    chosen = cases & preferred
    return int(np.argmax(chosen if chosen.any() else cases))


def _worst(judged: JudgedOutput, mask: np.ndarray) -> Position:
    """Return the largest error among some elements."""
    line, element = np.unravel_index(int(np.argmax(np.where(mask, judged.judgement.ulps, -1.0))), mask.shape)
    return int(line), int(element)
