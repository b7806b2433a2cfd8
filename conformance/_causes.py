"""Causes: which mistake of the catalogue explains a finding, and what shows it.

Candidates are weighed group by group, a group being what one entry point made of one quantity. A match counts for as
many bits as chance would need to give it; a candidate whose matches are not worth more than what was tried explains
nothing, and then the cause is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import comb, log2

import numpy as np

from ._cause import Cause
from ._cause_catalogue import mistakes
from ._cause_doubt import Trial, Trials
from ._cause_machine import Machine
from ._cause_match import Match, matches
from ._cause_mistake import STANDARD
from ._cause_stack import Observation, Stack, stacks
from ._examine import LITERAL
from ._findings import Finding
from ._judge import KIND_OF, Verdict

ENOUGH = 20.0
"""Bits that the matches of a candidate must be worth, beyond the choice of which findings it matches.

Some 2^9 candidates and arithmetics are tried on a group, and a run has some 2^8 groups: 20 bits leave a chance of 2^-3
that anything in a whole run fits by accident.
"""

ENOUGH_FOR_STANDARD = 8.0
"""The same for the standard algorithms: they are few, and a kernel follows one of them more often than not."""

ENOUGH_OF_PLACES = 4.0
"""Bits that inputs without a failure must be worth where digits tell nothing: log2 of their number, summed up."""

FLUSHED = "subnormal numbers flushed to zero"
"""Told by places alone of zeros only: where the corpus has subnormal numbers, other things go wrong as well."""

ZEROS = (FLUSHED, "exp that overflows", "exp without the shift by the maximum")
"""What zeros alone can be told by: a zero follows from a smaller range and from lost factors all the same."""

FEWEST = 2
"""Different results that a candidate must match: one alone may be a constant that many formulas give."""

SHARE = 0.2
"""Of the results that could tell, in the formats in which it matches any, the part that a candidate must explain."""

_GUARDED = ("probabilities clipped to", "added to a probability")
_UNGUARDED = ("log of softmax", "log of sigmoid")
"""A clip that never acts leaves the logarithm of a rounded probability: the same mistake in other words."""


def causes_of(findings: Sequence[Finding]) -> list[Cause | None]:
    """Return the cause of every finding, None where the catalogue has none for it.

    Args:
        findings: all findings of a run or of one examination: what explains many of them is told from a coincidence.
    """
    return assigned(findings, map(explained, cause_stacks(findings)))


def cause_stacks(findings: Sequence[Finding]) -> list[Stack]:
    """Return the work that finding causes takes, in parts that other processes may do."""
    return stacks(enumerate(findings))


@dataclass(frozen=True)
class Claim:
    """That a candidate explains an observation: its name, its place in the catalogue, the arithmetic, and the worth."""

    name: str
    place: int
    machine: Machine
    bits: float
    evidence: str


@dataclass(frozen=True)
class Explained:
    """One observation with the candidates that explain it.

    Attributes:
        number: the finding's place among the findings.
        group: what was examined: backend, entry point, function and quantity.
        result: what tells results apart: the format and the number; the case where it is no number.
        kind: the format and the severity, within which findings have much the same causes.
        failure: the kind of failure.
        is_literal: whether it was judged by the literal definition: the right algorithms here follow that one.
        bits: how much a match can tell.
        claims: the candidates that match, one for each name.
    """

    number: int
    group: tuple[str, ...]
    result: tuple[object, ...]
    kind: tuple[str, str]
    failure: str
    is_literal: bool
    bits: float
    claims: tuple[Claim, ...]


def explained(stack: Stack) -> list[Explained]:
    """Hold every candidate against the observations of one stack."""
    places = {id(each): place for place, each in enumerate(mistakes(stack.case.function, stack.case.quantity))}
    best: dict[int, dict[str, Match]] = {each.number: {} for each in stack.observations}
    for match in matches(stack):
        own = best[match.observation.number]
        known = own.get(match.mistake.name)
        if known is None or (match.off, -match.bits) < (known.off, -known.bits):
            own[match.mistake.name] = match
    return [
        Explained(
            number=each.number,
            group=each.group,
            result=_result_of(each),
            kind=(each.sighting.batch.dtype, each.sighting.severity),
            failure=each.sighting.kind,
            is_literal=each.sighting.definition == LITERAL,
            bits=each.bits,
            claims=tuple(
                Claim(name, places[id(match.mistake)], match.machine, match.bits, evidence(match))
                for name, match in best[each.number].items()
            ),
        )
        for each in stack.observations
    ]


def _result_of(observation: Observation) -> tuple[object, ...]:
    """The same number at two inputs tells no more than at one: it may be a constant."""
    sighting = observation.sighting
    if np.isfinite(observation.value):
        return sighting.batch.dtype, abs(observation.value)
    return sighting.batch.dtype, sighting.batch.name, sighting.case


def evidence(match: Match) -> str:
    """Say in words what shows a mistake."""
    value, formula = match.observation.value, match.mistake.formula
    if match.mistake.arithmetic is None:
        formula = f"{formula} in {match.told}"
    if not np.isfinite(value):
        word = "NaN" if np.isnan(value) else "+inf" if value > 0 else "-inf"
        return f"{word}, as {formula} gives"
    if match.off == 0:
        return f"bit-identical to {formula}"
    error = match.observation.error
    return f"within {_ulps(match.off)} of {formula}, where the exact result is {_ulps(error)} away"


def _ulps(count: float) -> str:
    shown = max(1, int(np.ceil(count)))
    return "1 ulp" if shown == 1 else f"{shown:,} ulps" if shown < 10**9 else f"{float(shown):.1e} ulps"


def assigned(findings: Sequence[Finding], parts: Iterable[Sequence[Explained]]) -> list[Cause | None]:
    """Decide, group by group, which candidates are established, and give every finding its cause."""
    causes: list[Cause | None] = [None] * len(findings)
    groups: dict[tuple[str, ...], list[Explained]] = {}
    for each in chain.from_iterable(parts):
        groups.setdefault(each.group, []).append(each)
    for group in groups.values():
        trials = Trials()
        remaining = sorted(group, key=lambda each: each.number)
        rejected: set[str] = set()
        while (name := _best(group, remaining, rejected)) is not None:
            matching = _explained_by(name, remaining)
            if _is_doubtful(trials, findings, matching):
                rejected.add(name)
                continue
            _give(causes, matching)
            remaining = [each for each in remaining if causes[each.number] is None]
        # The most frequent failure first: what explains it may leave others as its side effects.
        for alike in sorted(_alike(remaining), key=lambda alike: -_count(findings, alike)):
            unexplained = [each for each in remaining if causes[each.number] is None]
            if not _is_side_effect(findings, alike, unexplained):
                _give(causes, _by_place(trials, findings, alike))
    return causes


def _give(causes: list[Cause | None], matching: Iterable[tuple[Explained, Claim]]) -> None:
    for each, claim in matching:
        causes[each.number] = Cause(claim.name, claim.evidence)


def _alike(remaining: Sequence[Explained]) -> Iterable[list[Explained]]:
    """Yield defects of one format and kind that show one number at most, or such as many formulas give."""
    sorted_by: dict[tuple[str, ...], list[Explained]] = {}
    for each in remaining:
        if (each.kind[1] == "defect" and each.is_literal) or each.failure == KIND_OF[Verdict.FLUSHED]:
            sorted_by.setdefault((each.kind[0], each.failure), []).append(each)
    for alike in sorted_by.values():
        if len({each.result for each in alike if each.bits > 0}) < FEWEST:
            yield alike


def _count(findings: Sequence[Finding], alike: Sequence[Explained]) -> int:
    """How many results failed so, in all checks that found it."""
    checks = {(id(findings[each.number].tally), each.failure): findings[each.number].count for each in alike}
    return sum(checks.values())


def _is_side_effect(findings: Sequence[Finding], alike: Sequence[Explained], unexplained: Sequence[Explained]) -> bool:
    """Whether the same checks have more defects of other kinds that nothing explains: these are but a part of those."""
    checks = {id(findings[each.number].tally) for each in alike}
    others = [
        each
        for each in unexplained
        if each.kind[1] == "defect" and each.failure != alike[0].failure
        if id(findings[each.number].tally) in checks
    ]
    return _count(findings, others) > _count(findings, alike)


def _by_place(trials: Trials, findings: Sequence[Finding], alike: Sequence[Explained]) -> list[tuple[Explained, Claim]]:
    """Return the one candidate that fails at all of these places and nowhere else, if there is one.

    A NaN or a zero has no digits to tell a formula by, and a constant has them but once. Where it occurs does tell: the
    candidate must give the number at every one of the places, and be right at the inputs beside them.
    """
    names = set.intersection(*({claim.name for claim in each.claims} for each in alike))
    if alike[0].failure == KIND_OF[Verdict.FLUSHED]:
        names &= set(ZEROS)
    else:
        names.discard(FLUSHED)
    found = []
    for name in sorted(names):
        matching = [(each, claim) for each in alike for claim in each.claims if claim.name == name]
        told = [trial for each, claim in matching[:DOUBTS] if (trial := _trial(trials, findings, each, claim))]
        worth = sum(log2(1 + trial.passed) for trial in told)
        if told and not any(trial.contradicts for trial in told) and worth >= ENOUGH_OF_PLACES:
            found.append(matching)
    found.sort(key=lambda matching: matching[0][1].place)
    if not found or not all(_same_mistake(found[0][0][1].name, rival[0][1].name) for rival in found[1:]):
        return []
    return found[0]


def _trial(trials: Trials, findings: Sequence[Finding], each: Explained, claim: Claim) -> Trial | None:
    _, _, function, quantity = each.group
    return trials.of(findings[each.number], mistakes(function, quantity)[claim.place], claim.machine)


@dataclass(frozen=True)
class _Score:
    """How much of what remains of a group a candidate explains, and where it stands in the catalogue."""

    name: str
    bits: float
    numbers: frozenset[int]
    place: int


def _best(group: Sequence[Explained], remaining: Sequence[Explained], rejected: set[str]) -> str | None:
    """Return the candidate that explains most of what remains, if chance does not, and no other explains the same."""
    names = sorted({claim.name for each in remaining for claim in each.claims} - rejected)
    scores = [score for name in names if (score := _score(name, group, remaining)) is not None]
    if not scores:
        return None
    best = max(scores, key=lambda score: (score.bits, -score.place))
    rivals = [score for score in scores if score.bits == best.bits and score.numbers == best.numbers]
    if not all(_same_mistake(best.name, rival.name) for rival in rivals if rival is not best):
        # Nothing tells them apart: neither is claimed.
        return _best(group, remaining, rejected | {rival.name for rival in rivals})
    return best.name


def _explained_by(name: str, remaining: Sequence[Explained]) -> list[tuple[Explained, Claim]]:
    """What a candidate explains, in the formats in which some result that can tell is among it, if any can at all."""
    found = [(each, claim) for each in remaining for claim in each.claims if claim.name == name]
    if not any(each.bits > 0 for each in remaining):
        return found
    formats = {each.kind[0] for each, _ in found if each.bits > 0}
    return [(each, claim) for each, claim in found if each.kind[0] in formats]


def _score(name: str, group: Sequence[Explained], remaining: Sequence[Explained]) -> _Score | None:
    """Weigh a candidate; None if what it explains may be chance."""
    found = _explained_by(name, remaining)
    worth: dict[tuple[object, ...], float] = {}
    for each, claim in found:
        worth[each.result] = max(worth.get(each.result, 0.0), claim.bits)
    kinds = {each.kind for each, claim in found if each.bits > 0}
    could_tell = {each.result for each in remaining if each.bits > 0 and each.kind in kinds}
    tells = {each.result for each, claim in found if each.bits > 0}
    if any(each.bits > 0 for each in remaining):
        fewest = min(FEWEST, len({each.result for each in group if each.bits > 0}))
        if len(tells) < fewest or len(tells) < SHARE * len(could_tell):
            return None
        choice = log2(comb(len(could_tell), len(tells)))
    else:
        choice = log2(comb(len({each.result for each in remaining}), len(worth)))
        if len([bits for bits in worth.values() if bits > 0]) < FEWEST:
            return None
    bits = sum(worth.values())
    if bits < (ENOUGH_FOR_STANDARD if name in STANDARD else ENOUGH) + choice:
        return None
    return _Score(name, bits, frozenset(each.number for each, _ in found), min(claim.place for _, claim in found))


def _is_doubtful(trials: Trials, findings: Sequence[Finding], matching: Sequence[tuple[Explained, Claim]]) -> bool:
    """Whether a candidate would have failed where nothing failed, at half or more of the findings that can tell."""
    answers: list[bool] = []
    for each, claim in matching:
        trial = _trial(trials, findings, each, claim)
        if trial is not None:
            answers.append(trial.contradicts)
        if len(answers) == DOUBTS:
            break
    return bool(answers) and 2 * sum(answers) >= len(answers)


DOUBTS = 4
"""Findings of a group that are tried for a contradiction."""


def _same_mistake(name: str, other: str) -> bool:
    """Whether the other is the first with a guard that does not act."""
    return name in _UNGUARDED and any(word in other for word in _GUARDED)
