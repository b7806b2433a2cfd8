"""Doubts about a candidate: inputs at which it would have failed as well, where nothing failed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb

from logitproof.reference import format_named

from ._cases import case_count, take_cases
from ._cause_case import Case
from ._cause_machine import Machine
from ._cause_mistake import Mistake
from ._elements import case_size, magnitudes
from ._findings import Finding
from ._judge import KIND_OF, SEVERITY_OF, Verdict, judge
from ._sightings import Found
from ._truth import Truth, exact_element, truth

CASES = 24
"""Cases that are tried."""

LONGEST = 512
"""The longest rows that are tried: the truth about longer ones takes too long."""


@dataclass(frozen=True)
class Trial:
    """A candidate's results at other inputs of a finding's batch, judged.

    Attributes:
        contradicts: whether it fails where nothing failed so: it is not the cause.
        passed: at how many of the inputs it does not fail, as the backend did not: what that tells in its favour.
    """

    contradicts: bool
    passed: int


class Trials:
    """Tries candidates at the inputs beside findings; what is true there is computed once for each finding."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Finding, list[int], Truth | None]] = {}

    def of(self, finding: Finding, mistake: Mistake, machine: Machine) -> Trial | None:
        """Judge what a candidate gives in the batch of a finding.

        A check counts what failed in a way, and keeps the failing case of the smallest numbers. So a candidate is wrong
        that fails more often than was counted, or at smaller numbers. None where that cannot be told.
        """
        sighting = finding.sighting
        found = finding.tally.findings.get((sighting.severity, sighting.kind))
        _, chosen, known = self._beside(finding)
        if found is None or known is None:
            return None
        verdicts = _judged(finding, mistake, machine, chosen, known)
        if verdicts is None:
            return None
        fails = np.isin(verdicts, _alike(sighting.kind, sighting.severity))
        at_smaller = fails[np.isin(chosen, _smaller(finding, found))].any(axis=1)
        predicted = int(fails.sum())
        # One more may be the doing of another library's exp; two, or half as many again, are not.
        more = predicted >= max(found.count + 1, 1.5 * found.count)
        wrong = int(at_smaller.sum()) >= min(2, max(1, at_smaller.size)) or more
        return Trial(wrong, int(np.count_nonzero(~fails.any(axis=1))))

    def _beside(self, finding: Finding) -> tuple[Finding, list[int], Truth | None]:
        """Return the cases to try, and the truth about them."""
        if id(finding) not in self._known:
            sighting = finding.sighting
            batch = sighting.batch
            found = finding.tally.findings.get((sighting.severity, sighting.kind))
            if found is None or batch.is_reduced or case_size(batch) > LONGEST:
                self._known[id(finding)] = finding, [], None
            else:
                chosen = sorted({*_some(_smaller(finding, found)), *_some(np.arange(case_count(batch)))})
                known = truth(take_cases(batch, chosen), sighting.quantity, sighting.definition)
                self._known[id(finding)] = finding, chosen, known
        return self._known[id(finding)]


def _smaller(finding: Finding, found: Found) -> np.ndarray:
    """Return the cases known not to have failed so: those of smaller numbers than the smallest that did."""
    sighting = finding.sighting
    if (found.smallest.batch.name, found.smallest.case) != (sighting.batch.name, sighting.case):
        return np.array([], dtype=int)
    sizes = magnitudes(sighting.batch)
    return np.flatnonzero(sizes < sizes[sighting.case])


def _some(cases: np.ndarray) -> list[int]:
    return [int(case) for case in cases[:: max(1, -(-cases.size // CASES))]]


def _alike(kind: str, severity: str) -> list[Verdict]:
    return [code for code in KIND_OF if (KIND_OF[code], SEVERITY_OF[code]) == (kind, severity)]


def _judged(finding: Finding, mistake: Mistake, machine: Machine, chosen: list[int], known: Truth) -> np.ndarray | None:
    """Return the verdicts over what a candidate makes of some cases of a finding's batch."""
    sighting = finding.sighting
    batch = sighting.batch
    alone = take_cases(batch, chosen)
    with np.errstate(all="ignore"):
        made = mistake.result(Case.of(batch, sighting.quantity, chosen), machine)
    if made is None:
        return None

    def ball(place: tuple[int, ...], precision: int) -> arb:
        where = (int(place[0]), int(place[1]))
        return exact_element(alone, sighting.quantity, sighting.definition, where, precision)

    return judge(format_named(batch.dtype), made, known, ball).verdicts
