"""From a backend's answers to tallies: every output judged, every failure noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from flint import arb

from logitproof.reference import FORMATS, LITERAL, Status, format_named

from ..backends.bisection import NOT_THERE, BatchPart, ExaminedCalls
from ..backends.protocol import EntryPoint, Failure, Output
from ..backends.refusals import refusal_of
from ..corpus.source import BatchSource
from ..inputs.batch import Batch
from ..inputs.cases import case_count
from ..inputs.geometry import by_case, case_size, magnitudes, result_shape
from .judged_output import JudgedElement, JudgedOutput
from .spread import Positions, positions_of
from .tally import CheckTally, FailedCalls, FailedCase
from .truth import Question, Truth, exact_element
from .verdicts import SEVERITY_OF, Judgement, Verdict, judge

Truths = Mapping[Question, Truth]


_MASSES = ("mixed", "wide")
"""Input classes that try the arithmetic in many shapes: what they show of a deviation, the other ones show too."""


def questions(batch: Batch, entry_point: EntryPoint, quantity: str) -> list[Question]:
    """What must be known to judge a quantity: the definition it follows, and the literal one to tell it from."""
    definition = _definition(entry_point, quantity)
    if definition == LITERAL:
        return [(quantity, LITERAL)]
    stated = [(quantity, definition)]
    return stated if batch.input_class in _MASSES else [*stated, (quantity, LITERAL)]


class BatchJudge:
    """Judges what backends made of one batch; equal outputs, of sibling entry points say, are judged once."""

    def __init__(self, source: BatchSource, truths: Truths, *, spreads: bool = True) -> None:
        """Take the inputs and what is true of them; `spreads` says whether anyone asks how the errors are spread."""
        self._source, self._batch = source, source.batch()
        self._truths = truths
        self._spreads = spreads
        self._positions: dict[tuple[tuple[int, ...], str], tuple[Positions, ...]] = {}
        self._done: dict[tuple[object, ...], JudgedOutput] = {}

    def take_in(self, examined: ExaminedCalls, tallies: Mapping[str, CheckTally]) -> None:
        """Judge everything that one entry point made of the batch; `tallies` are by quantity."""
        for tally in tallies.values():
            tally.begin(self._batch)
        for part in examined.parts:
            self._take_part(part, tallies)
        for failure in examined.failures:
            for quantity in failure.quantities:
                for each in self._failed(failure.cases, failure.failure):
                    tallies[quantity].fail(each)
        for quantity, tally in tallies.items():
            tally.failed_calls.extend(self._failed_calls(examined, quantity, tally.entry_point))
        if examined.not_run is not None and examined.not_run.why is not None:
            for quantity in examined.not_run.quantities:
                tallies[quantity].given_up = tallies[quantity].given_up or examined.not_run.why

    def _failed(self, cases: Sequence[int], failure: Failure) -> Iterator[FailedCase]:
        """Give the cases without a result; where what is asked is not there, one of them stands for all."""
        if failure.kind in NOT_THERE:
            case = next((case for case in cases if self._valid[case]), cases[0])
            yield FailedCase(self._source, case, failure, bool(self._valid[case]), len(cases))
        else:
            for case in cases:
                yield FailedCase(self._source, case, failure, bool(self._valid[case]))

    def _failed_calls(self, examined: ExaminedCalls, quantity: str, entry_point: EntryPoint) -> Iterator[FailedCalls]:
        """Give the cases whose calls failed: each that has no result once, and those that have one all the same."""
        answered = {case for part in examined.parts if part.answer.of(quantity) for case in part.cases}
        left = set(range(case_count(self._batch))) - answered
        failures = [each for each in examined.failures if quantity in each.quantities]
        failed = [(set(each.cases), each.failure) for each in failures]
        for part in examined.parts:
            failed += [(set(part.cases), error.failure) for error in part.answer.errors if error.quantity == quantity]
            if quantity in part.answer.missing:
                failed.append((set(part.cases), _missing(self._batch, quantity)))
        if examined.not_run is not None and quantity in examined.not_run.quantities:
            why = examined.not_run.why.reason if examined.not_run.why else f"others failed: {failures[0].failure.text}"
            failed.append((left & set(examined.not_run.cases), Failure("given up", "not called", why)))
        for cases, failure in failed:
            refused = {
                case for case in cases if failure.kind == "error" and self._is_refused(case, failure, entry_point)
            }
            for kind, of_kind in ((failure.kind, cases - refused), ("refused", refused)):
                for some, is_answered in ((of_kind & left, False), (of_kind & answered, True)):
                    if some:
                        yield FailedCalls(self._batch.name, tuple(sorted(some)), kind, failure.text, is_answered)
            left -= cases

    def _is_refused(self, case: int, failure: Failure, entry_point: EntryPoint) -> bool:
        """Whether an exception is no defect: the input is not valid, or its refusal is documented."""
        return not self._valid[case] or refusal_of(entry_point, self._batch, case, failure) is not None

    @cached_property
    def _valid(self) -> np.ndarray:
        """Which cases are valid inputs: mathematics gives a number or an infinity for every element of their value."""
        answers = (Status.FINITE, Status.POSITIVE_INFINITY, Status.NEGATIVE_INFINITY)
        value = next(truth for (quantity, _), truth in self._truths.items() if quantity == "value")
        return np.asarray(np.isin(value.exact.status, answers).all(axis=1))

    def _take_part(self, part: BatchPart, tallies: Mapping[str, CheckTally]) -> None:
        first = part.cases[0]
        for quantity, tally in tallies.items():
            outputs = [output for output in part.answer.of(quantity) if output.same_as is None]
            if outputs:
                tally.cases += len(part.cases)
                tally.answered = True
            for output in outputs:
                if _well_formed(self._source, part, quantity, output, tally):
                    self._judge_output(part, quantity, output, tally)
            for error in part.answer.errors:
                if error.quantity == quantity:
                    cases = part.cases if error.failure.kind in NOT_THERE else (first,)
                    for each in self._failed(cases, error.failure):
                        tally.fail(each)
            if quantity in part.answer.missing:
                _note_missing(self._source, quantity, tally, first)
        if part.answer.modified and tallies:
            quantity, tally = next(iter(tallies.items()))
            reason = f"the call changed its input {', '.join(part.answer.modified)}"
            tally.note(judged_case(self._source, quantity, first, "input modified", reason))

    def _judge_output(self, part: BatchPart, quantity: str, output: Output, tally: CheckTally) -> None:
        definition = _definition(tally.entry_point, quantity)
        judged = self._judged(part, quantity, definition, output)
        tally.add(self._batch, judged.summary)
        if self._spreads:
            tally.spread.merge(judged.spread)
        if definition != LITERAL and (quantity, LITERAL) in self._truths:
            literal = self._judged(part, quantity, LITERAL, output)
            _note_deviation(judged.judgement, literal, definition, tally)

    def _judged(self, part: BatchPart, quantity: str, definition: str, output: Output) -> JudgedOutput:
        """Judge one output by one definition."""
        key = (part.cases, quantity, definition, output.run, output.dtype, output.array.tobytes())
        if key not in self._done:
            self._done[key] = self._judge_afresh(part, quantity, definition, output)
        return self._done[key]

    def _judge_afresh(self, part: BatchPart, quantity: str, definition: str, output: Output) -> JudgedOutput:
        cases = np.asarray(part.cases)
        truth = self._truths[quantity, definition]
        known = truth if len(cases) == truth.exact.shape[0] else truth.of_cases(cases)
        lines = by_case(output.array, part.batch)
        positions = self._positions_of(part, quantity) if self._spreads else ()

        def ball(position: tuple[int, ...], precision: int) -> arb:
            return exact_element(
                self._batch, quantity, definition, (int(cases[position[0]]), int(position[1])), precision
            )

        judgement = judge(format_named(self._batch.dtype), lines, known, ball)
        return JudgedOutput(
            self._source, cases, quantity, definition, output.run, lines, known.exact, judgement, positions
        )

    def _positions_of(self, part: BatchPart, quantity: str) -> tuple[Positions, ...]:
        key = (part.cases, quantity)
        if key not in self._positions:
            whole = len(part.cases) == case_count(self._batch)
            self._positions[key] = positions_of(self._batch, quantity, None if whole else np.asarray(part.cases))
        return self._positions[key]


def _definition(entry_point: EntryPoint, quantity: str) -> str:
    deviation = entry_point.deviation_of(quantity)
    return deviation.definition if deviation else LITERAL


def _missing(batch: Batch, quantity: str) -> Failure:
    """No gradient came: a defect for the first argument, a thing not offered for others."""
    first = next(argument.name for argument in batch.spec.arguments if argument.is_real)
    if quantity != f"gradient:{first}":
        return Failure("unsupported", f"no {quantity.replace(':', ' by ')} is delivered", "")
    return Failure("missing gradient", f"no gradient by {first} is delivered: the graph is cut", "")


def _note_missing(source: BatchSource, quantity: str, tally: CheckTally, case: int) -> None:
    failure = _missing(source.batch(), quantity)
    if failure.kind == "unsupported":
        tally.unsupported = tally.unsupported or failure.text
    else:
        tally.note(judged_case(source, quantity, case, failure.kind, failure.text))


def judged_case(
    source: BatchSource, quantity: str, case: int, kind: str, reason: str, *, severity: str = "defect"
) -> JudgedElement:
    """A finding that is no matter of distance."""
    return JudgedElement(
        source=source,
        quantity=quantity,
        definition=LITERAL,
        case=case,
        element=0,
        severity=severity,
        kind=kind,
        ulps=np.inf,
        ratio=np.inf,
        observed=None,
        run="plain",
        reason=reason,
        size=(case_size(source.batch()), float(magnitudes(source.batch())[case])),
    )


def _well_formed(source: BatchSource, part: BatchPart, quantity: str, output: Output, tally: CheckTally) -> bool:
    """Check dtype and shape; a wrong dtype is noted and its numbers judged all the same, a wrong shape ends it."""
    case, what = int(part.cases[0]), quantity.replace(":", " by ")
    if output.dtype != part.batch.dtype:
        reason = f"the {what} of {part.batch.dtype} inputs has dtype {output.dtype}"
        tally.note(judged_case(source, quantity, case, "dtype", reason))
    expected = result_shape(part.batch, quantity)
    if output.array.shape != expected:
        shape = part.batch.arguments[0].shape
        reason = f"the {what} of inputs of shape {shape} has shape {output.array.shape}, not {expected}"
        tally.note(judged_case(source, quantity, case, "shape", reason))
        return False
    return output.array.dtype.name in FORMATS


def _note_deviation(stated: Judgement, literal: JudgedOutput, definition: str, tally: CheckTally) -> None:
    """Where an output follows the stated definition and leaves the literal one, list the convention."""
    follows = np.isin(stated.verdicts, [Verdict.GOOD, Verdict.INACCURATE, Verdict.FLUSHED, Verdict.CONVENTION])
    leaves = np.isin(literal.judgement.verdicts, [code for code, name in SEVERITY_OF.items() if name == "defect"])
    apart = follows & leaves
    if apart.any():
        kind = f"deviation: {definition}"
        tally.add_group("convention", kind, literal.group_of(apart, "convention", kind))
