"""Doubts about a candidate: all that was returned beside a finding must look as if the candidate had made it.

Where a formula errs by itself and not by rounding, every kernel that has it errs alike: there a single number that is
another one refutes the candidate. Rounding errors are as good as random, and only many of them tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log2

import numpy as np

from logitproof.reference import format_named

from ..inputs.batch import Batch
from ..inputs.cases import case_count
from ..inputs.geometry import case_size, element_numbers, result_shape
from ..judge.findings import ConfirmedFinding
from ..judge.tally import CheckTally, Returned
from .algorithms.arithmetic import FloatArithmetic, machines, wide
from .algorithms.correct import careful, styles
from .algorithms.normal_form import NormalForm, lines_of
from .mistakes.catalogue import mistakes
from .mistakes.mistake import Mistake, Result

CASES = 256
"""Cases of a batch that are looked at, spread evenly over it.

A share of a sixth in so many has a standard error of a fortieth. With 32 a kernel that is but nearly a mistake of the
catalogue is told to be it, with 64 to 512 none is.
"""

NUMBERS = 1 << 15
"""Numbers that are looked at: fewer cases of long rows.

Of 257 classes half of those cases. It bounds what a trial costs, which some dozens of evaluations make, with those of
all forms of the mistake and of the right algorithms.
"""

FAR = 16.0
"""Ulps from the right result beyond which a result is wrong by more than arithmetics differ.

Of the results of the careful algorithms over the smoke corpus, in all arithmetics of float32, 1 in 120 is farther off.
With 4 to 1024 the causes of all planted faults are the same, with 1 some results lose theirs.
"""

NEARER = 4.0
"""A result follows the candidate where it is so many times nearer to it than to the right result.

Then it shares the first two bits of the candidate's error. With 2 a kernel that is but nearly a mistake of the
catalogue is told to be it, with 8 the causes of all planted faults are the same.
"""

CERTAIN = 16.0
"""An error is the formula's own where it is so many times larger than what any arithmetic adds to it.

That is found from five arithmetics at most, and others may add more; a sixteenth leaves them four bits. With 2 to 64
the causes of all planted faults are the same, with 1 one is no longer told.
"""

SELDOM = 50
"""An estimate of rounding errors by a few arithmetics is too small more seldom than in one of so many elements.

Where all arithmetics agree, one element in 150 refutes a right cause: a third of what is put up with. With 2 to 100 the
causes of all planted faults are the same, with 500 one is no longer told.
"""


@dataclass(frozen=True)
class Trial:
    """What a candidate predicts for a batch, and what was returned, compared where either is far from right.

    Attributes:
        follows: elements that are as wrong as the candidate has them.
        contradicts: elements that are right where the candidate is wrong.
        differs: elements that are wrong, but not as the candidate has them, though it is wrong there too.
        unexplained: elements that are wrong in the way of the finding where the candidate is right.
        failed: cases in which both are wrong alike.
        passed: cases in which both are right.
        refutes: elements where the candidate certainly gives a wrong number, and another one was returned.
        misses: elements where a number was returned that is certainly wrong, and the candidate gives the right one.
    """

    follows: int = 0
    contradicts: int = 0
    differs: int = 0
    unexplained: int = 0
    failed: int = 0
    passed: int = 0
    refutes: int = 0
    misses: int = 0

    def __add__(self, other: Trial) -> Trial:
        return Trial(
            self.follows + other.follows,
            self.contradicts + other.contradicts,
            self.differs + other.differs,
            self.unexplained + other.unexplained,
            self.failed + other.failed,
            self.passed + other.passed,
            self.refutes + other.refutes,
            self.misses + other.misses,
        )

    @property
    def bits(self) -> float:
        """What it tells of a number without digits that it is where the candidate has it, and only there."""
        return log2(1 + self.failed + self.passed) if self.passed else 0.0

    @property
    def contradicted(self) -> bool:
        """Whether the candidate is wrong where the backend is not.

        Another order of a sum, or another exp, may make it so: where rounding errors are the mistake, they are as good
        as random. Of right causes it was found to be up to an eighth.
        """
        return 6 * self.contradicts > self.follows + self.contradicts

    @property
    def refuted(self) -> bool:
        """Whether it certainly makes other numbers: of right causes, where all arithmetics agree, 1 in 150."""
        return SELDOM * self.refutes > self.follows

    @property
    def is_partial(self) -> bool:
        """Whether something else is certainly wrong as well."""
        return SELDOM * self.misses > self.follows

    @property
    def is_against(self) -> bool:
        """Whether it is, or where both are wrong, mostly in another way: of right causes up to two thirds."""
        return self.contradicted or 4 * self.differs > 3 * (self.follows + self.differs)


@dataclass(frozen=True)
class _Around:
    """Some cases of a batch: what was returned, what is right, and how far apart numbers stand there."""

    case: NormalForm
    returned: np.ndarray
    correct: np.ndarray
    ulps: np.ndarray

    @cached_property
    def noise(self) -> np.ndarray:
        """How far right algorithms are from the right results in competent arithmetics."""
        algorithms = styles(self.case.function, self.case.quantity)
        results = [
            style(self.case, each).astype(np.float64) for style in algorithms for each in machines(self.case.dtype)
        ]
        return np.maximum(_farthest(results, self.correct), self.ulps)


class Trials:
    """Tries candidates on the batches of findings; what was returned and what is right is looked up once for each."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], _Around | None] = {}
        self._tried: dict[tuple[int, str, Mistake, FloatArithmetic, str], Trial | None] = {}

    def of(self, finding: ConfirmedFinding, mistake: Mistake, machine: FloatArithmetic) -> Trial | None:
        """Hold what a candidate makes of the batch of a finding against all that was returned for it.

        None where that is not known.
        """
        batch = (id(finding.tally), finding.judged.batch_name)
        if batch not in self._known:
            self._known[batch] = _around(finding)
        around = self._known[batch]
        key = (*batch, mistake, machine, _symptom(finding))
        if key not in self._tried:
            self._tried[key] = None if around is None else _tried(around, mistake, machine, _symptom(finding))
        return self._tried[key]


def _symptom(finding: ConfirmedFinding) -> str:
    """A word for what a number without digits is; "number" for the others."""
    assert finding.judged.observed is not None
    with np.errstate(invalid="ignore"):
        value = float(finding.judged.observed)
    return "nan" if np.isnan(value) else "infinite" if np.isinf(value) else "zero" if value == 0 else "number"


def _shows(symptom: str, numbers: np.ndarray) -> np.ndarray:
    if symptom == "nan":
        return np.isnan(numbers)
    if symptom == "infinite":
        return np.isinf(numbers)
    return numbers == 0 if symptom == "zero" else np.ones(numbers.shape, dtype=bool)


def _around(finding: ConfirmedFinding) -> _Around | None:
    judged = finding.judged
    batch, quantity = judged.batch, judged.quantity
    lines = _returned(finding.tally, batch, quantity)
    if lines is None or (batch.is_reduced and batch.arguments[0].size > NUMBERS):
        return None
    answered, returned = lines
    count = min(CASES, max(1, NUMBERS // case_size(batch)))
    chosen = sorted({*answered[:: -(-len(answered) // count)], judged.case} & set(answered))
    if not batch.is_reduced:
        line = {each: number for number, each in enumerate(answered)}
        returned = returned[[line[each] for each in chosen]]
    case = NormalForm.of(batch, quantity, chosen)
    with np.errstate(all="ignore"):
        machine = wide(batch.dtype) or machines(batch.dtype)[0]
        correct = careful(case.function, quantity)(case, machine).astype(np.float64)
        returned = returned.astype(np.float64)
    return _Around(case, returned, correct, _spacing(batch.dtype, correct))


def _returned(tally: CheckTally, batch: Batch, quantity: str) -> tuple[list[int], np.ndarray] | None:
    """Return which cases of a batch were answered, and a line for each; of a reduced batch a line for each row."""
    for part in tally.outputs:
        if part.whole == batch.name and part.array.dtype.name == batch.dtype:
            return _lines(part, batch, quantity)
    return None


def _lines(part: Returned, batch: Batch, quantity: str) -> tuple[list[int], np.ndarray] | None:
    array = np.asarray(part.array)
    if part.cases is not None:
        # Cases that were evaluated apart: a line each.
        fits = part.array.shape[:1] == (len(part.cases),)
        return (list(part.cases), array.reshape(len(part.cases), -1)) if fits else None
    if part.array.shape != result_shape(batch, quantity):
        return None
    if batch.is_reduced:
        return [0], array.reshape(1, 1) if quantity == "value" else lines_of(batch, array)
    return list(range(case_count(batch))), array.reshape(-1)[element_numbers(batch, quantity)]


def _spacing(dtype: str, numbers: np.ndarray) -> np.ndarray:
    """The distance of neighbouring numbers of the format."""
    storage = format_named(dtype)
    _, exponents = np.frexp(np.where(np.isfinite(numbers), numbers, 0.0))
    return np.ldexp(1.0, np.maximum(exponents - 1, storage.emin) - storage.precision + 1)


def _tried(around: _Around, mistake: Mistake, machine: FloatArithmetic, symptom: str) -> Trial | None:
    with np.errstate(all="ignore"):
        evaluated = _evaluated(mistake.result, around.case, machine)
        predicted = around.correct if evaluated is None else evaluated
        decided = ~np.isnan(around.correct)
        wrong = (_distance(predicted, around) > FAR) & decided
        off = (_distance(around.returned, around) > FAR) & decided
        error = _difference(around.returned, around.correct)
        follows = wrong & off & (_difference(predicted, around.returned) * NEARER <= error)
        refutes, misses = _against(around, mistake, wrong & ~follows, off & ~wrong)
    shown = off & _shows(symptom, around.returned)
    return Trial(
        follows=int(np.count_nonzero(follows)),
        contradicts=int(np.count_nonzero(wrong & ~off & decided)),
        differs=int(np.count_nonzero(wrong & off & ~follows)),
        unexplained=int(np.count_nonzero(shown & ~wrong)),
        failed=int(np.count_nonzero(follows.any(axis=1))),
        passed=int(np.count_nonzero(~(wrong | off).any(axis=1))),
        refutes=int(np.count_nonzero(refutes)),
        misses=int(np.count_nonzero(misses)),
    )


def _evaluated(result: Result, case: NormalForm, machine: FloatArithmetic) -> np.ndarray | None:
    numbers = result(case, machine)
    return None if numbers is None else numbers.astype(np.float64)


def _against(
    around: _Around, mistake: Mistake, otherwise: np.ndarray, besides: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tell which elements that are wrong otherwise than the candidate, and which besides it, are so with certainty.

    That is where no form of the mistake makes them, in whatever arithmetic: its own error is far larger than what
    rounding adds to it. What is no number tells nothing here: it may have become one elsewhere.
    """
    exactly = wide(around.case.dtype)
    otherwise, besides = otherwise & np.isfinite(around.returned), besides & np.isfinite(around.returned)
    if exactly is None or mistake.kind.is_of_rounding or not (otherwise | besides).any():
        return np.zeros_like(otherwise), np.zeros_like(besides)
    used = machines(around.case.dtype)
    off = _difference(around.returned, around.correct)
    besides = besides & np.isfinite(around.correct) & (off >= CERTAIN * around.noise)
    for form in mistakes(around.case.function, around.case.quantity):
        exact = _evaluated(form.result, around.case, exactly) if form.kind == mistake.kind else None
        if exact is None:
            continue
        results = [numbers for each in used if (numbers := _evaluated(form.result, around.case, each)) is not None]
        error, apart = _difference(exact, around.correct), _difference(exact, around.returned)
        certain = np.isfinite(exact) & (error >= CERTAIN * np.maximum(around.noise, _farthest(results, exact)))
        otherwise = otherwise & certain & (apart * NEARER > error)
        besides = besides & (apart * NEARER > off)
    return otherwise, besides


def _farthest(results: list[np.ndarray], number: np.ndarray) -> np.ndarray:
    return np.asarray(np.max([_difference(each, number) for each in results], axis=0))


def _distance(numbers: np.ndarray, around: _Around) -> np.ndarray:
    """Ulps from the right results."""
    return np.asarray(_difference(numbers, around.correct) / around.ulps)


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """|a - b|; 0 for the same infinity and for two NaN, infinite where one of the two is none."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    difference = np.where(same, 0.0, np.abs(a - b))
    return np.where(np.isnan(difference), np.inf, difference)
