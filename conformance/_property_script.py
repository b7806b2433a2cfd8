"""A script that shows a property broken: the property's calls, each result held against the exact one.

Both sides of a property are enclosed from results that are within their bounds. So where it is broken, one of the
results is not: the script makes the calls and looks for it. Entries that are compared only with each other are so too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb

from logitproof.properties import Call, Property
from logitproof.reference import format_named, spread_bound, working_precision

from ._elements import element_numbers, result_shape
from ._examine import LITERAL
from ._judge import SEVERITY_OF, Verdict, judge
from ._property_backend import batch_of
from ._script import Call as ScriptCall
from ._script import Reproduction, Target, script_for
from ._script_row import Apart, Entry
from ._script_symptoms import Dies, Element, Hangs, NoGradient, Off, Raises, Symptom, WrongShape
from ._script_truth import element_of
from ._truth import exact_element, truth

MOST_ELEMENTS = 64
"""So many elements of a result are looked at where it is not known which one is wrong."""

MEANING = "what the textbook algorithm may lose, the final rounding included"

_DIGITS = 60
"""Decimal digits of exact ratios: beyond float64's by far more than any bound is smaller than an ulp."""


@dataclass(frozen=True)
class Made:
    """A call of a property, and what it gave where that is known."""

    call: Call
    output: np.ndarray | None = None


def property_script(
    prop: Property,
    made: Sequence[Made],
    *,
    entry_points: Mapping[str, str],
    target: Target,
    facts: tuple[str, ...],
    failure: str | None = None,
    place: tuple[int, ...] = (),
) -> str:
    """Return a stand-alone script that looks for what breaks a property.

    Args:
        prop: the property.
        made: the calls, in order.
        entry_points: the names of the entry points, by function.
        target: what is called.
        facts: where and how it was found, a paragraph each.
        failure: what the last call did instead of giving a result.
        place: where in its sides the property is broken: results of that shape are looked at there first.
    """
    calls = [_symptom_call(each, entry_points, place) for each in _distinct(made)]
    if failure is not None:
        calls = [_failing_call(made[-1].call, failure, entry_points)]
    told = [call for call in calls if call is not None]
    statement = f"The property {prop.id} is broken: {prop.statement}"
    return script_for(Reproduction(statement, facts, target, tuple(told)))


def _distinct(made: Sequence[Made]) -> list[Made]:
    """Leave out calls made before; where some results are known to be wrong, the others too."""
    kept: list[Made] = []
    for each in made:
        if not any(_equal(each.call, other.call) for other in kept):
            kept.append(each)
    wrong = [each for each in kept if each.output is not None and _wrong(each)]
    return wrong or kept


def _equal(one: Call, other: Call) -> bool:
    plain = (one.function, one.quantity, one.compared) == (other.function, other.quantity, other.compared)
    arrays = ((*one.arguments, one.cotangent), (*other.arguments, other.cotangent))
    return (
        plain
        and repr(one.parameters) == repr(other.parameters)
        and len(arrays[0]) == len(arrays[1])
        and all(x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(*arrays, strict=True))
    )


def _symptom_call(made: Made, entry_points: Mapping[str, str], place: tuple[int, ...]) -> ScriptCall | None:
    call = made.call
    symptom: Symptom | None = _element_symptom(made, place)
    if call.compared == "in a row" and not _wrong(made):
        symptom = _row_symptom(call, place) or symptom
    return None if symptom is None else ScriptCall(batch_of(call), entry_points[call.function], call.quantity, symptom)


def _chosen(shape: tuple[int, ...], place: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The place that is known to be wrong, if the shape has it, and others spread evenly, both ends among them."""
    size = int(np.prod(shape, dtype=np.int64))
    spread = np.unique(np.linspace(0, size - 1, min(size, MOST_ELEMENTS)).round().astype(np.int64)).tolist()
    others = [tuple(map(int, np.unravel_index(flat, shape))) if shape else () for flat in spread]
    fits = len(place) == len(shape) and all(at < length for at, length in zip(place, shape, strict=True))
    return list(dict.fromkeys([place, *others] if fits else others))


def _element_symptom(made: Made, place: tuple[int, ...]) -> Off | None:
    """Look at the wrong elements, or at some of them where nothing is known."""
    batch, quantity = batch_of(made.call), made.call.quantity
    shape = result_shape(batch, quantity)
    indices = _wrong(made)[:4] or _chosen(shape, place)
    elements: list[Element] = [
        element for index in indices if (element := element_of(batch, quantity, index)) is not None
    ]
    return Off(tuple(elements), MEANING) if elements else None


def _wrong(made: Made) -> list[tuple[int, ...]]:
    """The places of the elements that are beyond the textbook bound, the worst first."""
    if made.output is None:
        return []
    batch, quantity = batch_of(made.call), made.call.quantity
    known = truth(batch, quantity, LITERAL)
    numbers = element_numbers(batch, quantity)
    output = made.output.reshape(-1)[numbers]
    judged = judge(
        format_named(batch.dtype),
        output,
        known,
        lambda place, precision: exact_element(batch, quantity, LITERAL, (place[0], place[1]), precision),
    )
    defects = np.isin(judged.verdicts, [verdict for verdict in Verdict if SEVERITY_OF.get(verdict) == "defect"])
    places = sorted(np.argwhere(defects).tolist(), key=lambda place: -judged.ratio[tuple(place)])
    shape = result_shape(batch, quantity)
    return [tuple(map(int, np.unravel_index(int(numbers[tuple(place)]), shape))) if shape else () for place in places]


def _row_symptom(call: Call, place: tuple[int, ...]) -> Apart | None:
    """Hold the entries of every row against its largest one."""
    logits = call.arguments[0]
    with np.errstate(invalid="ignore"):
        wide = logits.astype(np.float64)
    bound = spread_bound(call.function, call.arguments, call.parameters, dtype=call.dtype).textbook
    entries: list[Entry] = []
    for index in _chosen(wide.shape, place):
        first = (index[0], int(np.argmax(wide[index[0]])))
        if index != first and np.isfinite(wide[index]):
            expected = _relative(call.function, float(wide[index]), float(wide[first]))
            entries.append(Entry(index, first, expected, float(bound[index]), float(bound[first])))
    return Apart(tuple(entries), "ratio" if call.function == "softmax" else "difference") if entries else None


def _relative(function: str, logit: float, leading: float) -> str:
    """The exact ratio e^(x - m), or the exact difference x - m, as a decimal; 0 for a ratio below every format."""
    with working_precision(640):
        difference = arb(logit) - arb(leading)
        if function != "softmax":
            return str(difference.str(_DIGITS, radius=False))
        return str(difference.exp().str(_DIGITS, radius=False)) if difference > -2000 else "0"


def _failing_call(call: Call, failure: str, entry_points: Mapping[str, str]) -> ScriptCall:
    batch = batch_of(call)
    symptoms: dict[str, Symptom] = {"error": Raises(), "crash": Dies(), "hang": Hangs()}
    symptom = symptoms.get(failure.partition(":")[0])
    if symptom is None:
        no_gradient = "gives no" in failure
        symptom = NoGradient() if no_gradient else WrongShape(result_shape(batch, call.quantity))
    return ScriptCall(batch, entry_points[call.function], call.quantity, symptom)
