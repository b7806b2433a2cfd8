"""Causes: which mistake of the catalogue explains a finding, and what shows it.

Candidates are weighed group by group, a group being what one entry point made of one quantity. A match counts for as
many bits as chance would need to give it; a candidate whose matches are not worth more than what was tried explains
nothing, and then the cause is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import comb, log2

from ..judge.findings import Cause, ConfirmedFinding
from ..judge.verdicts import KIND_OF, Verdict
from .claims import Claim, Explained, explained
from .mistakes.catalogue import mistakes
from .mistakes.kind import MistakeKind
from .observations import Stack, stacks
from .trials import Trial, Trials

ENOUGH = 20.0
"""Bits that the matches of a candidate must be worth, beyond the choice of which findings it matches.

Some 2^9 candidates and arithmetics are tried on a group, and a run has some 2^8 groups: 20 bits leave a chance of 2^-3
that anything in a whole run fits by accident.
"""

ENOUGH_FOR_KNOWN = 8.0
"""The same for what is likely beforehand: the standard algorithms, which are few and which a kernel follows more often
than not, and in a gradient the mistake that the value has.

A quantity has at most 4 mistakes of standard algorithms, tried in 5 arithmetics: 8 bits leave a chance below 2^-3 that
one fits a group by accident, where more often than not one is there. With 4 bits a planted fault gets a wrong cause.
"""

FLUSHED = KIND_OF[Verdict.FLUSHED]

ENOUGH_OF_POSITIONS = 4.0
"""Bits that inputs must be worth where digits tell nothing: log2 of the cases in which a candidate fails or passes.

Fifteen cases. With 5 bits three planted faults that show as NaN are no longer told, with 1 to 4 the causes of all are
the same.
"""

FOLLOWERS = 10
"""Elements, where digits tell nothing, that must follow a candidate for each that it has wrong.

With 2 a planted fault gets a wrong cause, with 4 to 50 the causes of all are the same.
"""

FEWEST = 2
"""Different results that a candidate must match: one alone may be a constant that many formulas give."""

SHARE = 0.2
"""Of the results that could tell, in the formats in which it matches any, the part that a candidate must explain.

A safeguard: with 0 to 0.3 the causes of all planted faults are the same, with 0.4 some results lose theirs.
"""


def causes_of(findings: Sequence[ConfirmedFinding]) -> list[Cause | None]:
    """Return the cause of every finding, None where the catalogue has none for it.

    Args:
        findings: all findings of a run or of one examination: what explains many of them is told from a coincidence.
    """
    return assigned(findings, map(explained, cause_stacks(findings)))


def cause_stacks(findings: Sequence[ConfirmedFinding]) -> list[Stack]:
    """Return the work that finding causes takes, in parts that other processes may do."""
    return stacks(enumerate(findings))


def assigned(findings: Sequence[ConfirmedFinding], parts: Iterable[Sequence[Explained]]) -> list[Cause | None]:
    """Decide, group by group, which candidates are established, and give every finding its cause."""
    causes: list[Cause | None] = [None] * len(findings)
    groups: dict[tuple[str, ...], list[Explained]] = {}
    for each in chain.from_iterable(parts):
        groups.setdefault(each.group, []).append(each)
    expected_kinds: dict[tuple[str, ...], set[MistakeKind]] = {}
    # The value before its gradients: what differentiates a kernel differentiates its mistake.
    for group in sorted(groups, key=lambda group: group[-1] != VALUE):
        expected = expected_kinds.setdefault(group[:-1], set())
        claims = _of_group(findings, groups[group], expected)
        for number, claim in claims.items():
            causes[number] = Cause(claim.kind.name, claim.evidence)
        if group[-1] == VALUE:
            expected |= {claim.kind for claim in claims.values() if not claim.kind.is_standard}
    return causes


VALUE = "value"


def _of_group(
    findings: Sequence[ConfirmedFinding], group: Sequence[Explained], expected: set[MistakeKind]
) -> dict[int, Claim]:
    """Return what is established of what one entry point made of one quantity, by the numbers of the findings."""
    trials = Trials()
    established: dict[int, Claim] = {}
    remaining = sorted(group, key=lambda each: each.number)
    rejected: set[MistakeKind] = set()

    def is_doubtful(kind: MistakeKind) -> bool:
        others = [each for each in group if each.number not in established]
        matching = _explained_by(kind, remaining)
        return _is_doubtful(trials, findings, group, matching) or _is_partial(trials, findings, others, matching)

    while kinds := _best(group, remaining, rejected, expected):
        standing = [kind for kind in kinds if not is_doubtful(kind)]
        if not standing or not all(rival.family in standing[0].covers for rival in standing[1:]):
            # All are wrong elsewhere, or nothing tells them apart: none is claimed.
            rejected.update(kinds)
            continue
        kind = standing[0]
        matching = _explained_by(kind, remaining)
        _establish(established, matching)
        remaining = _without_rivals(kind, matching, [each for each in remaining if each.number not in established])
    # The most frequent failure first: what explains it may leave others as its side effects.
    for alike in sorted(_alike(remaining), key=lambda alike: -_count(findings, alike)):
        unexplained = [each for each in remaining if each.number not in established]
        if not _is_side_effect(findings, alike, unexplained):
            _establish(established, _by_positions(trials, findings, alike, expected))
    return established


def _without_rivals(
    kind: MistakeKind, matching: Sequence[tuple[Explained, Claim]], remaining: Sequence[Explained]
) -> list[Explained]:
    """Drop the claims of other mistakes, in these formats, in the part of the kernel that has the established one."""
    formats = {each.dtype for each, _ in matching}
    return [
        replace(each, claims=tuple(claim for claim in each.claims if not _excludes(kind, claim.kind, each)))
        if each.dtype in formats
        else each
        for each in remaining
    ]


def _excludes(established: MistakeKind, kind: MistakeKind, each: Explained) -> bool:
    if kind.part is None or kind == established:
        return False
    # Where a formula is wrong, it may be what makes rounding errors larger as well; it was not tried there.
    return kind.part == established.part or (each.is_of_rounding and not established.is_of_rounding)


def _establish(established: dict[int, Claim], matching: Iterable[tuple[Explained, Claim]]) -> None:
    established.update((each.number, claim) for each, claim in matching)


def _alike(remaining: Sequence[Explained]) -> Iterable[list[Explained]]:
    """Yield defects of one format and kind that show one number at most, or such as many formulas give."""
    sorted_by: dict[tuple[str, ...], list[Explained]] = {}
    for each in remaining:
        if (each.severity == "defect" and each.is_literal) or each.failure == FLUSHED:
            sorted_by.setdefault((each.dtype, each.failure), []).append(each)
    for alike in sorted_by.values():
        if len({each.result for each in alike if each.bits > 0}) < FEWEST:
            yield alike


def _count(findings: Sequence[ConfirmedFinding], alike: Sequence[Explained]) -> int:
    """How many results failed so, in all checks that found it."""
    checks = {(id(findings[each.number].tally), each.failure): findings[each.number].count for each in alike}
    return sum(checks.values())


def _is_side_effect(
    findings: Sequence[ConfirmedFinding], alike: Sequence[Explained], unexplained: Sequence[Explained]
) -> bool:
    """Whether the same checks have more defects of other kinds that nothing explains: these are but a part of those."""
    checks = {id(findings[each.number].tally) for each in alike}
    others = [
        each
        for each in unexplained
        if each.severity == "defect" and each.failure != alike[0].failure
        if id(findings[each.number].tally) in checks
    ]
    return _count(findings, others) > _count(findings, alike)


def _by_positions(
    trials: Trials, findings: Sequence[ConfirmedFinding], alike: Sequence[Explained], expected: set[MistakeKind]
) -> list[tuple[Explained, Claim]]:
    """Return the one candidate that fails at all of these places and nowhere else, if there is one.

    A NaN or a zero has no digits to tell a formula by, and a constant has them but once. Where it occurs does tell: the
    candidate must give the number at every one of the places, and be right at the inputs beside them.
    """
    kinds = set.intersection(*({claim.kind for claim in each.claims} for each in alike))
    scored = []
    for kind in sorted(kinds):
        matching = [(each, claim) for each in alike for claim in each.claims if claim.kind == kind]
        outcomes = _trials(trials, findings, matching)
        total = sum(outcomes, Trial())
        worth = sum(trial.bits for trial in outcomes)
        is_there = FOLLOWERS * (total.contradicts + total.unexplained) <= total.follows and not total.refuted
        if is_there and worth >= ENOUGH_OF_POSITIONS:
            scored.append(((kind in expected, total.follows - total.contradicts), matching))
    best = [matching for score, matching in scored if score == max(score for score, _ in scored)]
    best.sort(key=lambda matching: matching[0][1].rank)
    if not best or not all(rival[0][1].kind.family in best[0][0][1].kind.covers for rival in best[1:]):
        return []
    return best[0]


def _trials(
    trials: Trials, findings: Sequence[ConfirmedFinding], matching: Sequence[tuple[Explained, Claim]]
) -> list[Trial]:
    """Try a candidate on the batches of all these defects; of weaknesses, if they are many, on the most telling."""
    outcomes: dict[tuple[int, str], Trial] = {}
    for each, claim in sorted(matching, key=_telling):
        *_, function, quantity = each.group
        finding = findings[each.number]
        batch = _batch_key(finding)
        if batch not in outcomes and (each.severity == "defect" or len(outcomes) < BATCHES):
            trial = trials.of(finding, mistakes(function, quantity)[claim.rank], claim.machine)
            if trial is not None:
                outcomes[batch] = trial
    return list(outcomes.values())


def _telling(pair: tuple[Explained, Claim]) -> tuple[bool, float, int]:
    each, claim = pair
    return each.severity != "defect", -claim.bits, each.number


def _batch_key(finding: ConfirmedFinding) -> tuple[int, str]:
    return id(finding.tally), finding.judged.batch_name


@dataclass(frozen=True)
class _Score:
    """How much of what remains of a group a candidate explains, and where it stands in the catalogue."""

    kind: MistakeKind
    bits: float
    numbers: frozenset[int]
    rank: int


def _best(
    group: Sequence[Explained],
    remaining: Sequence[Explained],
    rejected: set[MistakeKind],
    expected: set[MistakeKind],
) -> list[MistakeKind]:
    """Return the candidates that explain most of what remains, if chance does not: one, or several the same findings.

    A mistake that the value is known to have goes before all others, and on less evidence.
    """
    kinds = sorted({claim.kind for each in remaining for claim in each.claims} - rejected)
    enough = {kind: ENOUGH_FOR_KNOWN if kind.is_standard or kind in expected else ENOUGH for kind in kinds}
    scores = [score for kind in kinds if (score := _score(kind, group, remaining, enough[kind])) is not None]
    scores.sort(key=lambda score: (score.kind not in expected, -score.bits, score.rank))
    if not scores or scores[0].kind in expected:
        return [score.kind for score in scores[:1]]
    best = scores[0]
    return [score.kind for score in scores if score.bits == best.bits and score.numbers == best.numbers]


def _explained_by(kind: MistakeKind, remaining: Sequence[Explained]) -> list[tuple[Explained, Claim]]:
    """What a candidate explains, in the formats in which some result that can tell is among it, if any can at all."""
    pairs = [(each, claim) for each in remaining for claim in each.claims if claim.kind == kind]
    if not any(each.bits > 0 for each in remaining):
        return pairs
    formats = {each.dtype for each, _ in pairs if each.bits > 0}
    return [(each, claim) for each, claim in pairs if each.dtype in formats]


def _telling_results(some: Iterable[Explained]) -> dict[tuple[str, str], set[tuple[object, ...]]]:
    """Return the different results that can tell, by format and severity."""
    results: dict[tuple[str, str], set[tuple[object, ...]]] = {}
    for each in some:
        if each.bits > 0:
            results.setdefault((each.dtype, each.severity), set()).add(each.result)
    return results


def _score(
    kind: MistakeKind, group: Sequence[Explained], remaining: Sequence[Explained], enough: float
) -> _Score | None:
    """Weigh a candidate; None if what it explains may be chance."""
    pairs = _explained_by(kind, remaining)
    worth: dict[tuple[object, ...], float] = {}
    for each, claim in pairs:
        worth[each.result] = max(worth.get(each.result, 0.0), claim.bits)
    explained_results, could_tell = _telling_results(each for each, _ in pairs), _telling_results(remaining)
    if could_tell:
        # A format and severity of which it explains next to nothing has other causes: it is no evidence either way.
        shared = [key for key, results in explained_results.items() if len(results) >= SHARE * len(could_tell[key])]
        tells = set().union(*(explained_results[key] for key in shared))
        if len(tells) < min(FEWEST, len({each.result for each in group if each.bits > 0})):
            return None
        choice = log2(comb(len(set().union(*(could_tell[key] for key in shared))), len(tells)))
        worth = {result: bits for result, bits in worth.items() if result in tells}
    else:
        choice = log2(comb(len({each.result for each in remaining}), len(worth)))
        if len([bits for bits in worth.values() if bits > 0]) < FEWEST:
            return None
    bits = sum(worth.values())
    if bits < enough + choice:
        return None
    return _Score(kind, bits, frozenset(each.number for each, _ in pairs), min(claim.rank for _, claim in pairs))


def _is_doubtful(
    trials: Trials,
    findings: Sequence[ConfirmedFinding],
    group: Sequence[Explained],
    matching: Sequence[tuple[Explained, Claim]],
) -> bool:
    """Whether a candidate would have failed where nothing failed: beside what it explains, or in other batches."""
    beside = sum(_trials(trials, findings, matching), Trial())
    whole = beside + sum(_elsewhere(trials, findings, group, matching), Trial())
    return beside.is_against or whole.contradicted or whole.refuted


def _is_partial(
    trials: Trials,
    findings: Sequence[ConfirmedFinding],
    group: Sequence[Explained],
    matching: Sequence[tuple[Explained, Claim]],
) -> bool:
    """Whether it leaves unexplained what is wrong in its own batches, or where the same options are given and more."""
    given = {_options(findings[each.number]) for each, _ in matching}

    def concerns(each: Explained) -> bool:
        taken = _options(findings[each.number])
        return taken in given or any(options and options <= taken for options in given)

    beside = sum(_trials(trials, findings, matching), Trial())
    return sum(_elsewhere(trials, findings, [*filter(concerns, group)], matching), beside).is_partial


def _options(finding: ConfirmedFinding) -> frozenset[str]:
    return frozenset(name for name, _ in finding.tally.identity.parameters if name != "axis")


def _elsewhere(
    trials: Trials,
    findings: Sequence[ConfirmedFinding],
    group: Sequence[Explained],
    matching: Sequence[tuple[Explained, Claim]],
) -> list[Trial]:
    """Try a candidate on batches in which it explains nothing."""
    best = {each.dtype: claim for each, claim in sorted(matching, key=lambda pair: pair[1].bits)}
    tried = {_batch_key(findings[each.number]) for each, _ in matching}
    others = [each for each in group if each.dtype in best and _batch_key(findings[each.number]) not in tried]
    return _trials(trials, findings, [(each, best[each.dtype]) for each in others])


BATCHES = 16
"""Batches with weaknesses that a candidate is tried on, the most telling first.

Rounding errors decide by shares, a sixth and three quarters, and 16 batches of 256 cases tell these to a hundredth.
With 4 to 32 the causes of all planted faults are the same, with one alone some are lost.
"""
