"""Candidates held against observations: which give the same bits, which come near, and how much that tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from logitproof.reference import FORMATS

from .algorithms.arithmetic import FLOAT32, FloatArithmetic, machines
from .algorithms.correct import styles
from .mistakes.catalogue import mistakes
from .mistakes.mistake import Mistake, Result, Style
from .observations import Observation, Stack

MENDED = 4.0
"""Putting the mistake right must make the error at least so many times smaller, or the mistake is not its cause.

All else in a kernel rounds as well: what is left need not be nothing, but not much of the error. With 1.5 and 2 the
causes of all planted faults are the same, with 8 some results lose theirs.
"""

NEAR = 16.0
"""A candidate that misses the observation must be so many times nearer to it than the exact result is.

At random a result that is E ulps off lies within w ulps of a given one with a chance of about w/E: below 1/16 here.
"""

NEAREST = 2.0
"""Ulps by which another library's exp or log may move any result that a candidate gives.

An exp that is an ulp off, and a rounding after it that goes the other way. With 1 a planted fault of TensorFlow's is
not told, with 4 one result more has a cause.
"""

NEARBY = 8.0
"""In 32 and 64 bits another order of a sum, or another exp, moves a candidate by no more than this part of an error.

An observation is off by what the mistake makes; what arithmetic makes of a mistake is a small part of it, or some ulps.
It spares evaluations: with 1 to 64 the causes of all planted faults are the same.
"""

WIDE = 1 << 14
"""Numbers in a stack beyond which candidates are evaluated in the first arithmetics alone.

All candidates for a gradient take up to 0.3 s of a core in all arithmetics here, and 3 s for the largest stacks.
"""


@dataclass(frozen=True)
class Match:
    """A candidate that explains one observation.

    Attributes:
        mistake: the candidate.
        observation: what it explains.
        machine: the arithmetic that it is evaluated in.
        off: ulps between its result and the observation; 0 for the same bits.
        bits: how much the match tells.
    """

    mistake: Mistake
    observation: Observation
    machine: FloatArithmetic
    off: float
    bits: float

    @property
    def arithmetic(self) -> str:
        """The dtype that the candidate computes in."""
        return _arithmetic_text(self.mistake, self.machine)


def matches(stack: Stack) -> Iterator[Match]:
    """Yield, for every candidate of the stack's function and quantity, the observations that it explains."""
    case = stack.case
    used = machines(case.dtype)
    if case.arguments[0].size > WIDE:
        used = used[:1] if used[0].storage.precision >= FORMATS["float32"].precision else (used[0], used[-1])
    candidates = mistakes(case.function, case.quantity)
    if stack.is_of_rounding:
        candidates = tuple(each for each in candidates if each.kind.is_of_rounding)
    bench = _StackTrials(stack, used)
    for mistake in candidates:
        yield from bench.matches(mistake)


class _StackTrials:
    """One stack with the right results in every arithmetic, against which candidates are held."""

    def __init__(self, stack: Stack, used: tuple[FloatArithmetic, ...]) -> None:
        self._stack, self._machines = stack, used
        self._known: dict[tuple[Result, FloatArithmetic], np.ndarray | None] = {}
        self._left: dict[tuple[Style, FloatArithmetic], np.ndarray] = {}
        self._usual: dict[FloatArithmetic, np.ndarray] = {}
        self._observed = np.array([each.value for each in stack.observations])
        self._errors = np.array([each.error for each in stack.observations])
        self._ulps = np.array([_ulp(each) for each in stack.observations])
        self._may_be_near = np.isfinite(self._errors) & (self._errors >= NEAR)
        self._may_be_near &= np.array([each.bits > 0 for each in stack.observations])
        self._styles = styles(stack.case.function, stack.case.quantity)

    def matches(self, mistake: Mistake) -> Iterator[Match]:
        """Yield the observations that one candidate explains."""
        given = self._given(mistake)
        if not given:
            return
        results = np.array([self._picked(array) for _, array in given])
        same = self._same(results)
        off = self._off(results)
        for number in np.flatnonzero((same | (off <= NEAREST)).any(axis=0)).tolist():
            yield from self._match(mistake, given, number, (same[:, number], off[:, number]))

    def _given(self, mistake: Mistake) -> list[tuple[FloatArithmetic, np.ndarray]]:
        """Return a candidate's results; in one arithmetic alone where that is nowhere near what was observed."""
        first = self._evaluated(mistake.result, self._machines[0])
        if first is None:
            return []
        evaluated = [(self._machines[0], first)]
        if self._machines[0].storage.precision >= FORMATS["float32"].precision:
            results = self._picked(first)
            with np.errstate(all="ignore"):
                reach = np.maximum(self._errors * self._ulps / NEARBY, NEARBY * self._ulps)
                is_near = ~(np.abs(results - self._observed) > reach) | ~np.isfinite(results)
            if not is_near.any():
                return evaluated
        for machine in self._machines[1:]:
            other = self._evaluated(mistake.result, machine)
            assert other is not None  # whether it applies is the case's doing
            evaluated.append((machine, other))
        return evaluated

    def _match(
        self,
        mistake: Mistake,
        given: Sequence[tuple[FloatArithmetic, np.ndarray]],
        number: int,
        held: tuple[np.ndarray, np.ndarray],
    ) -> Iterator[Match]:
        """Yield the match with one observation, the same bits before a near miss."""
        observation, (same, off) = self._stack.observations[number], held
        for choice in np.flatnonzero(same).tolist():
            machine, array = given[choice]
            if self._is_its_doing(mistake, machine)[number]:
                bits = observation.bits + self._patience(mistake, machine, array, observation)
                if bits >= 0:
                    yield Match(mistake, observation, machine, 0.0, bits)
                    return
        choice = int(np.argmin(off))
        width = max(1.0, float(off[choice]))
        if off[choice] > NEAREST or observation.error < NEAR * width:
            return
        machine = given[choice][0]
        if not self._is_its_doing(mistake, machine)[number]:
            return
        bits = min(observation.bits, float(np.log2(observation.error / width)))
        yield Match(mistake, observation, machine, float(off[choice]), bits)

    def _same(self, results: np.ndarray) -> np.ndarray:
        return (results == self._observed) | (np.isnan(results) & np.isnan(self._observed))

    def _off(self, results: np.ndarray) -> np.ndarray:
        """Return ulps between results and observations, infinite where a near miss would tell nothing."""
        with np.errstate(all="ignore"):
            off = np.abs(results - self._observed) / self._ulps
        return np.where(self._may_be_near & ~np.isnan(off), off, np.inf)

    def _correct(self, style: Style, machine: FloatArithmetic) -> np.ndarray:
        numbers = self._evaluated(style, machine)
        assert numbers is not None  # an algorithm always applies
        return numbers

    def _evaluated(self, result: Result, machine: FloatArithmetic) -> np.ndarray | None:
        key = (result, machine)
        if key not in self._known:
            with np.errstate(all="ignore"):
                self._known[key] = result(self._stack.case, machine)
        return self._known[key]

    def _picked(self, array: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return array[self._stack.positions].astype(np.float64)

    def _is_its_doing(self, mistake: Mistake, machine: FloatArithmetic) -> np.ndarray:
        """Where no right algorithm in the same arithmetic gives the same bits, and the mended one is far nearer."""
        left = self._distances(mistake.mended or self._styles[0], machine)
        with np.errstate(invalid="ignore"):
            far = np.where(np.isfinite(self._errors), left * MENDED > self._errors, ~np.isfinite(left))
        if mistake.kind.is_standard:
            return np.logical_not(far)
        usual = self._machines[0] if mistake.arithmetic else machine
        return np.logical_not(far | self._is_usual(usual))

    def _distances(self, style: Style, machine: FloatArithmetic) -> np.ndarray:
        """How far the results of a right algorithm are from the exact ones."""
        key = (style, machine)
        if key not in self._left:
            numbers = self._picked(self._correct(style, machine)).tolist()
            pairs = zip(self._stack.observations, numbers, strict=True)
            self._left[key] = np.array([observation.distance(number) for observation, number in pairs])
        return self._left[key]

    def _is_usual(self, machine: FloatArithmetic) -> np.ndarray:
        """Where a right algorithm gives what was observed."""
        if machine not in self._usual:
            same = np.array([self._same(self._picked(self._correct(style, machine))) for style in self._styles])
            self._usual[machine] = np.asarray(same.any(axis=0))
        return self._usual[machine]

    def _patience(
        self, mistake: Mistake, machine: FloatArithmetic, array: np.ndarray, observation: Observation
    ) -> float:
        """Bits for the elements before the first failing one: -inf if the candidate fails at one of them."""
        if not observation.earlier and observation.column == 0:
            return 0.0
        if not observation.is_first or not np.isnan(observation.value):
            return 0.0
        mended = self._correct(mistake.mended or styles(mistake.function, mistake.quantity)[0], machine)
        with np.errstate(invalid="ignore"):
            fails = np.isnan(array.astype(np.float64)) & np.isfinite(mended.astype(np.float64))
        before = np.concatenate([fails[: observation.line].reshape(-1), fails[observation.line, : observation.column]])
        return -np.inf if before.any() else float(np.log2(1 + before.size))


def _ulp(observation: Observation) -> float:
    """The spacing of the format's numbers at the observation."""
    storage = observation.judged.batch.dtype
    machine = machines(storage)[0]
    exponent = max(np.frexp(observation.value)[1] - 1, machine.storage.emin)
    return float(np.ldexp(1.0, int(exponent) - machine.storage.precision + 1))


def _arithmetic_text(mistake: Mistake, machine: FloatArithmetic) -> str:
    if mistake.arithmetic is not None:
        return mistake.arithmetic
    if machine.working == FLOAT32 and machine.storage.precision < FORMATS["float32"].precision:
        return f"float32, rounded to {machine.storage.name}"
    return str(machine.working.name)
