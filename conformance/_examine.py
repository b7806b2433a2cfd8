"""From a backend's answers to tallies: every output judged, every failure noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from logitproof.reference import FORMATS, Status, format_named

from ._batch import Batch
from ._bisection import Examined, Part
from ._elements import by_case, result_shape
from ._judge import SEVERITY_OF, Judgement, Verdict, judge
from ._protocol import EntryPoint, Output
from ._sightings import Judged, Sighting
from ._tally import Tally
from ._truth import Question, Truth, exact_element

LITERAL = "literal"
Truths = Mapping[Question, Truth]
TallyOf = Callable[[str], Tally]
"""The tally of a quantity of the batch at hand."""


def questions(entry_point: EntryPoint, quantity: str) -> list[Question]:
    """What must be known to judge a quantity: the literal definition, and the one the entry point states."""
    deviation = entry_point.deviation_of(quantity)
    return [(quantity, LITERAL)] + ([(quantity, deviation.definition)] if deviation else [])


def take_in(batch: Batch, examined: Examined, truths: Truths, tally_of: TallyOf, quantities: list[str]) -> None:
    """Judge everything that a backend made of a batch."""
    for part in examined.parts:
        _take_part(batch, part, truths, tally_of, quantities)
    for failure in examined.failures:
        for quantity in failure.quantities:
            tally = tally_of(quantity)
            for case in failure.cases[:1] if failure.failure.kind == "unsupported" else failure.cases:
                tally.fail(batch, case, failure.failure, is_valid(truths, case))
    for quantity in quantities:
        tally_of(quantity).given_up += len(examined.not_run)


def _take_part(batch: Batch, part: Part, truths: Truths, tally_of: TallyOf, quantities: list[str]) -> None:
    cases = np.asarray(part.cases)
    for quantity in quantities:
        tally = tally_of(quantity)
        outputs = [output for output in part.answer.of(quantity) if output.same_as is None]
        if outputs:
            tally.cases += len(cases)
        for number, output in enumerate(outputs):
            if not _well_formed(batch, part, quantity, output, tally):
                continue
            if number == 0:
                tally.outputs.append((part.batch.name, output.array))
            _judge_output(batch, part, quantity, output, truths, tally)
        for error in part.answer.errors:
            if error.quantity == quantity:
                tally.fail(batch, int(cases[0]), error.failure, is_valid(truths, int(cases[0])))
        if quantity in part.answer.missing:
            _note_missing(batch, quantity, tally, int(cases[0]))
    if part.answer.modified:
        reason = f"the call changed its input {', '.join(part.answer.modified)}"
        tally_of(quantities[0]).note(plain_sighting(batch, quantities[0], int(cases[0]), "input modified", reason))


def _note_missing(batch: Batch, quantity: str, tally: Tally, case: int) -> None:
    """No gradient came: a defect for the first argument, a thing not offered for others."""
    first = next(argument.name for argument in batch.spec.arguments if argument.is_real)
    if quantity != f"gradient:{first}":
        tally.unsupported = tally.unsupported or f"no {quantity.replace(':', ' by ')} is delivered"
        return
    reason = f"no gradient by {first} is delivered: the graph is cut"
    tally.note(plain_sighting(batch, quantity, case, "missing gradient", reason))


def plain_sighting(batch: Batch, quantity: str, case: int, kind: str, reason: str, severity: str = "defect") -> Sighting:
    """A finding that is no matter of distance."""
    return Sighting(
        batch=batch,
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
    )


def _well_formed(batch: Batch, part: Part, quantity: str, output: Output, tally: Tally) -> bool:
    """Check dtype and shape; a wrong dtype is noted and its numbers judged all the same, a wrong shape ends it."""
    case = int(part.cases[0])
    if output.dtype != batch.dtype:
        reason = f"the {quantity.replace(':', ' by ')} of {batch.dtype} inputs has dtype {output.dtype}"
        tally.note(plain_sighting(batch, quantity, case, "dtype", reason))
    expected = result_shape(part.batch, quantity)
    if output.array.shape != expected:
        shape = part.batch.arguments[0].shape
        reason = f"the {quantity.replace(':', ' by ')} of inputs of shape {shape} has shape {output.array.shape}, not {expected}"
        tally.note(plain_sighting(batch, quantity, case, "shape", reason))
        return False
    return output.array.dtype.name in FORMATS


def _judge_output(batch: Batch, part: Part, quantity: str, output: Output, truths: Truths, tally: Tally) -> None:
    definition = _definition(tally.entry_point, quantity)
    judged = judge_by(batch, part, quantity, definition, output, truths[quantity, definition])
    tally.add(judged.seen())
    if definition != LITERAL:
        literal = judge_by(batch, part, quantity, LITERAL, output, truths[quantity, LITERAL])
        _note_deviation(judged.judgement, literal, definition, tally)


def _definition(entry_point: EntryPoint, quantity: str) -> str:
    deviation = entry_point.deviation_of(quantity)
    return deviation.definition if deviation else LITERAL


def judge_by(batch: Batch, part: Part, quantity: str, definition: str, output: Output, truth: Truth) -> Judged:
    """Judge one output by one definition."""
    cases = np.asarray(part.cases)
    known = truth if len(cases) == truth.exact.shape[0] else truth.of_cases(cases)
    lines = by_case(output.array, part.batch)

    def ball(place: tuple[int, ...], precision: int) -> object:
        return exact_element(batch, quantity, definition, (int(cases[place[0]]), int(place[1])), precision)

    judgement = judge(format_named(batch.dtype), lines, known.exact, known.bounds, ball)  # type: ignore[arg-type]
    return Judged(batch, cases, quantity, definition, output.run, lines, known.exact, judgement)


def _note_deviation(stated: Judgement, literal: Judged, definition: str, tally: Tally) -> None:
    """Where an output follows the stated definition and leaves the literal one, list the convention."""
    follows = np.isin(stated.verdicts, [Verdict.GOOD, Verdict.INACCURATE, Verdict.FLUSHED, Verdict.CONVENTION])
    leaves = np.isin(literal.judgement.verdicts, [code for code, name in SEVERITY_OF.items() if name == "defect"])
    apart = follows & leaves
    if apart.any():
        kind = f"deviation: {definition}"
        tally.add_found("convention", kind, literal.found(apart, "convention", kind))


def is_valid(truths: Truths, case: int) -> bool:
    """Whether a case is a valid input: mathematics gives a number or an infinity for every element of its value."""
    status = truths["value", LITERAL].exact.status
    answers = (Status.FINITE, Status.POSITIVE_INFINITY, Status.NEGATIVE_INFINITY)
    return bool(np.isin(status[case], answers).all())
