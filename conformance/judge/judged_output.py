"""What was seen in one output: elements that are not good, the extremes, and the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from logitproof.reference import Enclosure, Status

from ..backends.protocol import Refusal
from ..corpus.source import BatchSource
from ..inputs.batch import Batch
from ..inputs.geometry import case_size, magnitudes
from .extent import Reach, joined, reaches
from .spread import CheckSpread, Positions, spread_of
from .verdicts import KIND_OF, SEVERITY_OF, Allowed, Judgement, Tier, Verdict


@dataclass(frozen=True)
class Exact:
    """One element of an enclosure: (hi + lo ± radius)·2^exponent, or what its status says instead.

    `limit` is the index into LIMITS, -1 where no limit decided.
    """

    hi: float
    lo: float
    exponent: int
    radius: float
    status: Status
    limit: int

    @classmethod
    def of(cls, enclosure: Enclosure, position: tuple[int, ...]) -> Self:
        """Pick one element of an enclosure."""
        return cls(
            hi=float(enclosure.hi[position]),
            lo=float(enclosure.lo[position]),
            exponent=int(enclosure.exponent[position]),
            radius=float(enclosure.radius[position]),
            status=Status(int(enclosure.status[position])),
            limit=int(enclosure.limit[position]),
        )


@dataclass(frozen=True)
class JudgedElement:
    """One element of one output, with what is needed to report it.

    Attributes:
        source: where the batch comes from that the output belongs to.
        quantity: the quantity judged.
        definition: the definition it was judged by.
        case: number of the case in the batch.
        element: number of the element in the case.
        severity: "defect", "weakness", "convention", "undecided", or "" for a good element.
        kind: the kind of failure, "" for a good element.
        ulps: error in ulps.
        ratio: error in multiples of the textbook bound.
        observed: the element, as the backend gave it; None where there is none.
        run: which of the worker's runs gave it.
        exact: the certified result; None where there is none to compare with.
        allowed: the permitted errors, where a distance was judged.
        exponent: exponent of the ulp of the exact result.
        reason: why, in words, where no number tells it.
        size: how simple the case is: fewer elements first, then smaller numbers.
        refusal: the documented refusal that it is, if it is one.
    """

    source: BatchSource
    quantity: str
    definition: str
    case: int
    element: int
    severity: str
    kind: str
    ulps: float
    ratio: float
    observed: np.generic | None
    run: str
    exact: Exact | None = None
    allowed: Allowed | None = None
    exponent: int = 0
    reason: str = ""
    size: tuple[int, float] = (0, 0.0)
    refusal: Refusal | None = None

    @property
    def batch(self) -> Batch:
        """The batch."""
        return self.source.batch()

    @property
    def batch_name(self) -> str:
        """Its name."""
        return self.source.key.name


@dataclass(frozen=True)
class FindingGroup:
    """Findings of one severity and kind.

    Attributes:
        count: how many elements they are.
        worst: the one with the largest multiple of the bound.
        smallest: the one in the smallest case.
        ulps: the largest error in ulps.
        extent: from where to where each real argument reaches in their cases.
        batches: how many of them are in which batch, by its name.
    """

    count: int
    worst: JudgedElement
    smallest: JudgedElement
    ulps: float
    extent: Mapping[str, Reach]
    batches: Mapping[str, int]

    @classmethod
    def single(cls, judged: JudgedElement) -> Self:
        """One finding."""
        extent = reaches(judged.batch, np.asarray([judged.case]))
        return cls(1, judged, judged, judged.ulps, extent, {judged.batch_name: 1})

    def merged(self, other: FindingGroup) -> FindingGroup:
        """Both together."""
        return FindingGroup(
            count=self.count + other.count,
            worst=max(self.worst, other.worst, key=lambda judged: (judged.ratio, judged.ulps)),
            smallest=min(self.smallest, other.smallest, key=lambda judged: judged.size),
            ulps=max(self.ulps, other.ulps),
            extent=joined(self.extent, other.extent),
            batches=Counter(self.batches) + Counter(other.batches),
        )


@dataclass(frozen=True)
class OutputSummary:
    """The outcome of judging one output.

    Attributes:
        elements: how many elements were judged.
        tiers: how many of each tier.
        worst_ulps: the element with the largest error in ulps; None where nothing was measured.
        worst_ratio: the one with the largest multiple of the bound.
        findings: by severity and kind.
    """

    elements: int
    tiers: dict[Tier, int]
    worst_ulps: JudgedElement | None
    worst_ratio: JudgedElement | None
    findings: dict[tuple[str, str], FindingGroup]


@dataclass(frozen=True)
class JudgedOutput:
    """One output with its judgement; arrays have one line per case.

    Attributes:
        source: where the inputs come from.
        cases: the numbers of the cases in the batch, one for every line.
        quantity: the quantity.
        definition: the definition it was judged by.
        run: which run gave it.
        output: the elements.
        exact: the certified results.
        judgement: the verdicts.
        positions: where the elements stand along what is telling for the function.
    """

    source: BatchSource
    cases: np.ndarray
    quantity: str
    definition: str
    run: str
    output: np.ndarray
    exact: Enclosure
    judgement: Judgement
    positions: tuple[Positions, ...] = ()

    @cached_property
    def batch(self) -> Batch:
        """The inputs."""
        return self.source.batch()

    def element_at(self, line: int, element: int, severity: str = "", kind: str = "") -> JudgedElement:
        """Pick one element."""
        position = (line, element)
        return JudgedElement(
            source=self.source,
            quantity=self.quantity,
            definition=self.definition,
            case=int(self.cases[line]),
            element=element,
            severity=severity,
            kind=kind,
            ulps=float(self.judgement.ulps[position]),
            ratio=float(self.judgement.ratio[position]),
            observed=self.output[position],
            run=self.run,
            exact=Exact.of(self.exact, position),
            allowed=self.judgement.allowed.of(position),
            exponent=int(self.judgement.exponent[position]),
            size=(case_size(self.batch), float(self._magnitudes[self.cases[line]])),
        )

    @cached_property
    def _magnitudes(self) -> np.ndarray:
        return magnitudes(self.batch)

    @cached_property
    def summary(self) -> OutputSummary:
        """The counts, and the extremes."""
        judgement = self.judgement
        counts = np.bincount(judgement.tiers.reshape(-1), minlength=len(Tier))
        measured = (judgement.tiers != Tier.LIMIT) & (judgement.verdicts != Verdict.UNDECIDED)
        return OutputSummary(
            elements=judgement.tiers.size,
            tiers={tier: int(counts[tier]) for tier in Tier if counts[tier]},
            worst_ulps=self._largest(judgement.ulps, measured),
            worst_ratio=self._largest(judgement.ratio, measured),
            findings=self._findings(),
        )

    @cached_property
    def spread(self) -> CheckSpread:
        """How the errors are spread."""
        return spread_of(self.judgement, self.exact.status, self.positions)

    def _largest(self, measure: np.ndarray, among: np.ndarray) -> JudgedElement | None:
        if not among.any():
            return None
        of_those = measure if among.all() else np.where(among, measure, -1.0)
        line, element = np.unravel_index(np.argmax(of_those), measure.shape)
        return self.element_at(int(line), int(element))

    def _findings(self) -> dict[tuple[str, str], FindingGroup]:
        verdicts = self.judgement.verdicts
        counts = np.bincount(verdicts.reshape(-1), minlength=len(Verdict))
        return {
            (SEVERITY_OF[code], KIND_OF[code]): self.group_of(verdicts == code, SEVERITY_OF[code], KIND_OF[code])
            for code in Verdict
            if code != Verdict.GOOD and counts[code]
        }

    def group_of(self, mask: np.ndarray, severity: str, kind: str) -> FindingGroup:
        """Count some of the elements, and pick the worst and the smallest."""
        worst = self.element_at(*self._worst(mask), severity, kind)
        smallest = self.element_at(*self._smallest(mask), severity, kind)
        ulps = float(self.judgement.ulps.max(initial=0.0, where=mask))
        count = int(np.count_nonzero(mask))
        return FindingGroup(count, worst, smallest, ulps, self._extent(mask), {self.batch.name: count})

    def _extent(self, mask: np.ndarray) -> Mapping[str, Reach]:
        return reaches(self.batch, self.cases[mask.any(axis=1)])

    def _worst(self, mask: np.ndarray) -> tuple[int, int]:
        """The largest multiple of the bound, the largest error in ulps among equals."""
        ratio = np.where(mask, self.judgement.ratio, -1.0)
        ties = mask & (ratio == ratio.max())
        line, element = np.unravel_index(np.argmax(np.where(ties, self.judgement.ulps, -1.0)), mask.shape)
        return int(line), int(element)

    def _smallest(self, mask: np.ndarray) -> tuple[int, int]:
        """The case with the smallest numbers: all cases of a batch have equally many."""
        size = np.where(mask.any(axis=1), self._magnitudes[self.cases], np.inf)
        line = int(np.argmin(size)) if np.isfinite(size).any() else int(np.argmax(mask.any(axis=1)))
        return line, int(np.argmax(mask[line]))
