"""One search of the hunt: Hypothesis aims at larger errors of one function and dtype, and shrinks the first failure."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import NoReturn

from hypothesis import HealthCheck, Phase, Verbosity, errors, given, seed, settings, target
from hypothesis.configuration import set_hypothesis_home_dir

from logitproof.properties import Choices, function_inputs, strategies
from logitproof.reference import Format, Function

from ..backends.client import WorkerUnavailable
from ..inputs.batch import Batch
from ..inputs.cases import case_count
from ..inputs.witness import WITNESS_CLASS, FailureIdentity
from ..judge.findings import ConfirmedFinding
from .examiner import Examination, Examiner, within_bound
from .shrink import complexity, simplified, single_case

SHRINKING = 20.0
"""Seconds that a failure may be shrunk for, also beyond the end of the hunt; Hypothesis has the first half of them."""

_FATAL = ("crash", "hang")


@dataclass(frozen=True)
class HuntTarget:
    """What one search looks at: a function, a format, and the keywords that it may give beside `axis`."""

    function: Function
    fmt: Format
    keywords: frozenset[str]

    def __str__(self) -> str:
        """Return it for people, without the keywords."""
        return f"{self.function.name} {self.fmt.name}"


class TimeIsUp(BaseException):
    """Ends a search from inside."""


class _Enough(BaseException):
    """Ends what Hypothesis has to do with a failure."""


class _WorkerLost(BaseException):
    """Carries a WorkerUnavailable past Hypothesis."""


class _FailureError(Exception):
    """The example fails as the one that is being shrunk."""


TakeIn = Callable[[Batch, Examination], list[FailureIdentity]]
"""Counts an example, and returns its failures that are new."""


class Search:
    """A search until a first new failure is found and shrunk, or the examples are used up.

    Attributes:
        failures: the new failures, each with the inputs and what was found there; the one that was shrunk comes first.
        examples: how many examples were judged, those of shrinking left out.
        vanished: a failure that did not happen again.
    """

    def __init__(
        self,
        examiner: Examiner,
        known: Mapping[FailureIdentity, str],
        deadline: float,
        take_in: TakeIn,
        note: Callable[[str], None],
    ) -> None:
        """Take what one search shares with the others; `deadline` is of time.monotonic()."""
        self._examiner, self._known, self._take_in, self._note = examiner, known, take_in, note
        self._deadline = self._half_time = deadline
        self._pursued: FailureIdentity | None = None
        self.failures: dict[FailureIdentity, tuple[Batch, ConfirmedFinding]] = {}
        self.examples = 0
        self.vanished: FailureIdentity | None = None

    def run(self, subject: HuntTarget, examples: int, key: str) -> None:
        """Search among at most so many examples; `key` decides which.

        Raises:
            TimeIsUp: the hunt is over, and no failure is being shrunk.
            WorkerUnavailable: a worker has died and cannot be restarted.
        """

        @seed(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little"))
        @settings(
            max_examples=examples,
            phases=(Phase.generate, Phase.target, Phase.shrink),
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            print_blob=False,
        )
        @given(strategies.Generated(lambda choices: _batch(choices, subject)))
        def attempt(batch: Batch) -> None:
            self._try(batch)

        try:
            # A failure that does not happen again may end in Flaky, or in nothing at all.
            with suppress(_FailureError, _Enough, errors.Flaky):
                attempt()
            if self._pursued is not None:
                self._finish(self._pursued)
        except TimeIsUp:
            if self._pursued is None:
                raise
        except _WorkerLost as lost:
            raise WorkerUnavailable(str(lost)) from None

    def _try(self, batch: Batch) -> None:
        if self._pursued is not None:
            if time.monotonic() > self._half_time:
                raise _Enough
            if self._fails(batch):
                raise _FailureError
            return
        self._check_time()
        self.examples += 1
        with _raised_past_hypothesis():
            outcome = self._examiner.examine(batch, self._known)
        if new := self._take_in(batch, outcome):
            self._pursue(new[0], batch, outcome)
        _aim(outcome)

    def _pursue(self, new: FailureIdentity, batch: Batch, outcome: Examination) -> NoReturn:
        """Begin to shrink a failure: from here on only inputs that fail alike are looked for."""
        self._pursued = new
        self._half_time = time.monotonic() + SHRINKING / 2
        self._deadline = time.monotonic() + SHRINKING
        self._note(f"found: {new}; shrinking it")
        self._keep(batch, outcome)
        if new.kind in _FATAL:  # Hypothesis would pay for every attempt with a worker
            raise _Enough
        # One case is kept at once, should there be no time for more. It may take several, though.
        self._fails(single_case(batch, outcome.defects[new].judged.case))
        raise _FailureError

    def _fails(self, batch: Batch) -> bool:
        """Whether a batch fails as the pursued one does; the simplest that does is kept."""
        self._check_time()
        assert self._pursued is not None
        with _raised_past_hypothesis():
            outcome = self._examiner.repeat(batch, self._pursued)
        return self._keep(batch, outcome)

    def _keep(self, batch: Batch, outcome: Examination) -> bool:
        assert self._pursued is not None
        finding = outcome.defects.get(self._pursued)
        if finding is None:
            return False
        older = self.failures.get(self._pursued)
        if older is None or _size(batch) < _size(older[0]):
            self.failures[self._pursued] = batch, finding
        return True

    def _finish(self, pursued: FailureIdentity) -> None:
        """Make what Hypothesis has shrunk still simpler, and see which other failures the same inputs show."""
        batch, finding = self.failures[pursued]
        if pursued.kind not in _FATAL and not self._fails(batch):
            del self.failures[pursued]
            self.vanished = pursued
            return
        # A failure may take more than one case: its place among the others, say.
        alone = single_case(batch, finding.judged.case)
        simplified(alone if self._fails(alone) else batch, self._fails)
        if pursued.kind not in _FATAL:
            batch, _ = self.failures[pursued]
            outcome = self._examiner.examine(batch, self._known)
            for signature in self._take_in(batch, outcome):
                self.failures.setdefault(signature, (batch, outcome.defects[signature]))

    def _check_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise TimeIsUp


def _size(batch: Batch) -> tuple[int, int, int, int]:
    return case_count(batch), *complexity(batch)


def _batch(choices: Choices, subject: HuntTarget) -> Batch:
    inputs = function_inputs(choices, subject.function, subject.fmt, subject.keywords)
    return Batch(
        function=subject.function.name,
        dtype=subject.fmt.name,
        input_class=WITNESS_CLASS,
        name="hunt",
        arguments=inputs.arguments,
        parameters=inputs.parameters,
        cotangent=inputs.cotangent,
    )


def _aim(outcome: Examination) -> None:
    """Tell Hypothesis the largest error of every quantity within the bound: it looks for larger ones."""
    largest: dict[str, float] = {}
    for tally in outcome.tallies:
        if (worst := within_bound(tally)) is not None:
            largest[worst.quantity] = max(largest.get(worst.quantity, 0.0), worst.ratio)
    for quantity, ratio in largest.items():
        target(ratio, label=quantity)


@contextmanager
def _raised_past_hypothesis() -> Iterator[None]:
    try:
        yield
    except WorkerUnavailable as error:
        raise _WorkerLost(str(error)) from None


@contextmanager
def no_litter() -> Iterator[None]:
    """Keep Hypothesis's own files out of the user's folder."""
    with TemporaryDirectory(prefix="logitproof-hunt-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
