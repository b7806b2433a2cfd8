"""Claims: the candidates that explain each observation of a stack, with the evidence in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitproof.reference import LITERAL

from .algorithms.arithmetic import FloatArithmetic
from .match import Match, matches
from .mistakes.catalogue import mistakes
from .mistakes.kind import MistakeKind
from .observations import Observation, Stack


@dataclass(frozen=True)
class Claim:
    """That a candidate explains an observation: its kind, its place in the catalogue, the arithmetic, and the worth."""

    kind: MistakeKind
    rank: int
    machine: FloatArithmetic
    bits: float
    evidence: str


@dataclass(frozen=True)
class Explained:
    """One observation with the candidates that explain it.

    Attributes:
        number: the finding's place among the findings.
        group: what was examined: backend, entry point, mode, device, function and quantity.
        result: what tells results apart: the format and the number; the case where it is no number.
        dtype: the format.
        severity: "defect" or "weakness".
        failure: the kind of failure.
        is_literal: whether it was judged by the literal definition: the right algorithms here follow that one.
        bits: how much a match can tell.
        is_of_rounding: whether only mistakes of rounding were tried.
        claims: the candidates that match, one for each kind.
    """

    number: int
    group: tuple[str, ...]
    result: tuple[object, ...]
    dtype: str
    severity: str
    failure: str
    is_literal: bool
    bits: float
    is_of_rounding: bool
    claims: tuple[Claim, ...]


def explained(stack: Stack) -> list[Explained]:
    """Hold every candidate against the observations of one stack."""
    ranks = {id(each): rank for rank, each in enumerate(mistakes(stack.case.function, stack.case.quantity))}
    best: dict[int, dict[MistakeKind, Match]] = {each.number: {} for each in stack.observations}
    for match in matches(stack):
        candidates = best[match.observation.number]
        known = candidates.get(match.mistake.kind)
        if known is None or (match.off, -match.bits) < (known.off, -known.bits):
            candidates[match.mistake.kind] = match
    stack.case.known.clear()
    return [
        Explained(
            number=each.number,
            group=each.group,
            result=_result_of(each),
            dtype=each.judged.batch.dtype,
            severity=each.judged.severity,
            failure=each.judged.kind,
            is_literal=each.judged.definition == LITERAL,
            bits=each.bits,
            is_of_rounding=stack.is_of_rounding,
            claims=tuple(
                Claim(kind, ranks[id(match.mistake)], match.machine, match.bits, evidence(match))
                for kind, match in best[each.number].items()
            ),
        )
        for each in stack.observations
    ]


def _result_of(observation: Observation) -> tuple[object, ...]:
    """The same number at two inputs tells no more than at one: it may be a constant."""
    judged = observation.judged
    if np.isfinite(observation.value):
        return judged.batch.dtype, abs(observation.value)
    return judged.batch.dtype, judged.batch_name, judged.case


def evidence(match: Match) -> str:
    """Say in words what shows a mistake."""
    value, formula = match.observation.value, match.mistake.formula
    if match.mistake.arithmetic is None:
        # A formula in words may end with a format of its own: "… with its sum in float16, in float32".
        comma = "," if formula.startswith(("a ", "the ")) else ""
        formula = f"{formula}{comma} in {match.arithmetic}"
    if not np.isfinite(value):
        word = "NaN" if np.isnan(value) else "+inf" if value > 0 else "-inf"
        return f"{word}, as {formula} gives"
    if match.observation.bits == 0:
        return f"{value:g}, as {formula} gives"
    if match.off == 0:
        return f"bit-identical to {formula}"
    error = match.observation.error
    return f"within {_ulps(match.off)} of {formula}, where the exact result is {_ulps(error)} away"


def _ulps(count: float) -> str:
    shown = max(1, int(np.ceil(count)))
    return "1 ulp" if shown == 1 else f"{shown:,} ulps" if shown < 10**9 else f"{float(shown):.1e} ulps"
