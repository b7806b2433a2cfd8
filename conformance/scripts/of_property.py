"""A script that shows a property broken: the property's calls, each result held against the exact one.

Both sides of a property are enclosed from results that are within their bounds. So where it is broken, one of the
results is not: the script makes the calls and looks for it. Entries that are compared only with each other are so too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from flint import arb

from logitproof.properties import FunctionCall, Property, PropertyInputs, calls_of, property_named
from logitproof.reference import LITERAL, format_named, function_named, spread_bound, working_precision
from logitproof.reports import Backend, Discrepancy, PropertyResult, Setting, array_value

from ..inputs.geometry import element_numbers, result_shape
from ..judge.truth import exact_element, truth
from ..judge.verdicts import SEVERITY_OF, Verdict, judge
from ..property_checks.backend import batch_of
from ..worker.source import indented, literal
from .expected import element_of
from .of_discrepancy import target_of
from .script import Reproduction, ScriptCall, Target, script_for
from .symptoms import Dies, ExpectedElement, Hangs, NoGradient, Off, Raises, Symptom, WrongShape

MOST_ELEMENTS = 64
"""So many elements of a result are looked at where it is not known which one is wrong."""

MEANING = "what the textbook algorithm may lose, the final rounding included"

_DIGITS = 60
"""Decimal digits of exact ratios: beyond float64's by far more than any bound is smaller than an ulp."""


@dataclass(frozen=True)
class RecordedCall:
    """A call of a property, and what it gave where that is known."""

    call: FunctionCall
    output: np.ndarray | None = None


def property_script(
    prop: Property,
    recorded: Sequence[RecordedCall],
    *,
    entry_points: Mapping[str, str],
    target: Target,
    setting: Setting,
    facts: tuple[str, ...],
    failure: str | None = None,
    broken_index: tuple[int, ...] = (),
) -> str:
    """Return a stand-alone script that looks for what breaks a property.

    Args:
        prop: the property.
        recorded: the calls, in order.
        entry_points: the names of the entry points, by function.
        target: what is called.
        setting: the setting that it was found in.
        facts: where and how it was found, a paragraph each.
        failure: what the last call did instead of giving a result: the kind, as `Failed` has it.
        broken_index: where in its sides the property is broken: results of that shape are looked at there first.
    """
    candidates = [_symptom_call(each, entry_points, broken_index) for each in _distinct(recorded)]
    if failure is not None:
        candidates = [_failing_call(recorded[-1].call, failure, entry_points)]
    script_calls = [call for call in candidates if call is not None]
    statement = f"The property {prop.id} is broken: {prop.statement}"
    return script_for(Reproduction(statement, facts, target, setting, tuple(script_calls)))


def _distinct(recorded: Sequence[RecordedCall]) -> list[RecordedCall]:
    """Leave out calls made before; where some results are known to be wrong, the others too."""
    kept: list[RecordedCall] = []
    for each in recorded:
        if not any(_equal(each.call, other.call) for other in kept):
            kept.append(each)
    wrong = [each for each in kept if each.output is not None and _wrong(each)]
    return wrong or kept


def _equal(one: FunctionCall, other: FunctionCall) -> bool:
    same_function = (one.function, one.quantity, one.compared) == (other.function, other.quantity, other.compared)
    arrays = ((*one.arguments, one.cotangent), (*other.arguments, other.cotangent))
    return (
        same_function
        and repr(one.parameters) == repr(other.parameters)
        and len(arrays[0]) == len(arrays[1])
        and all(x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(*arrays, strict=True))
    )


def _symptom_call(
    recorded: RecordedCall, entry_points: Mapping[str, str], broken_index: tuple[int, ...]
) -> ScriptCall | None:
    call = recorded.call
    symptom: Symptom | None = _element_symptom(recorded, broken_index)
    if call.compared == "in a row" and not _wrong(recorded):
        symptom = _row_symptom(call, broken_index) or symptom
    return None if symptom is None else ScriptCall(batch_of(call), entry_points[call.function], call.quantity, symptom)


def _chosen(shape: tuple[int, ...], broken_index: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The place that is known to be wrong, if the shape has it, and others spread evenly, both ends among them."""
    size = int(np.prod(shape, dtype=np.int64))
    spread = np.unique(np.linspace(0, size - 1, min(size, MOST_ELEMENTS)).round().astype(np.int64)).tolist()
    others = [tuple(map(int, np.unravel_index(flat, shape))) if shape else () for flat in spread]
    fits = len(broken_index) == len(shape) and all(at < length for at, length in zip(broken_index, shape, strict=True))
    return list(dict.fromkeys([broken_index, *others] if fits else others))


def _element_symptom(recorded: RecordedCall, broken_index: tuple[int, ...]) -> Off | None:
    """Look at the wrong elements, or at some of them where nothing is known."""
    batch, quantity = batch_of(recorded.call), recorded.call.quantity
    shape = result_shape(batch, quantity)
    indices = _wrong(recorded)[:4] or _chosen(shape, broken_index)
    elements: list[ExpectedElement] = [
        element for index in indices if (element := element_of(batch, quantity, index)) is not None
    ]
    return Off(tuple(elements), MEANING) if elements else None


def _wrong(recorded: RecordedCall) -> list[tuple[int, ...]]:
    """The places of the elements that are beyond the textbook bound, the worst first."""
    if recorded.output is None:
        return []
    batch, quantity = batch_of(recorded.call), recorded.call.quantity
    known = truth(batch, quantity, LITERAL)
    numbers = element_numbers(batch, quantity)
    output = recorded.output.reshape(-1)[numbers]
    judged = judge(
        format_named(batch.dtype),
        output,
        known,
        lambda position, precision: exact_element(batch, quantity, LITERAL, (position[0], position[1]), precision),
    )
    defects = np.isin(judged.verdicts, [verdict for verdict in Verdict if SEVERITY_OF.get(verdict) == "defect"])
    positions = sorted(np.argwhere(defects).tolist(), key=lambda position: -judged.ratio[tuple(position)])
    shape = result_shape(batch, quantity)
    return [
        tuple(map(int, np.unravel_index(int(numbers[tuple(position)]), shape))) if shape else ()
        for position in positions
    ]


def _row_symptom(call: FunctionCall, broken_index: tuple[int, ...]) -> Apart | None:
    """Hold the entries of every row against its largest one."""
    logits = call.arguments[0]
    with np.errstate(invalid="ignore"):
        wide = logits.astype(np.float64)
    bound = spread_bound(batch_of(call).call("value")).textbook
    shared = function_named(call.function).shared
    entries: list[RowEntry] = []
    for index in _chosen(wide.shape, broken_index):
        first = (index[0], int(np.argmax(wide[index[0]])))
        if index != first and np.isfinite(wide[index]):
            expected = _relative(shared, float(wide[index]), float(wide[first]))
            entries.append(RowEntry(index, first, expected, float(bound[index]), float(bound[first])))
    return Apart(tuple(entries), "difference" if shared == "summand" else "ratio") if entries else None


def _relative(shared: str | None, logit: float, leading: float) -> str:
    """The exact ratio e^(x - m), or the exact difference x - m, as a decimal; 0 for a ratio below every format."""
    with working_precision(640):
        difference = arb(logit) - arb(leading)
        if shared == "summand":
            return str(difference.str(_DIGITS, radius=False))
        return str(difference.exp().str(_DIGITS, radius=False)) if difference > -2000 else "0"


def _failing_call(call: FunctionCall, failure: str, entry_points: Mapping[str, str]) -> ScriptCall:
    batch = batch_of(call)
    symptoms: dict[str, Symptom] = {"error": Raises(), "crash": Dies(), "hang": Hangs()}
    symptoms |= {"missing gradient": NoGradient(), "shape": WrongShape(result_shape(batch, call.quantity))}
    symptom = symptoms[failure]
    return ScriptCall(batch, entry_points[call.function], call.quantity, symptom)


@dataclass(frozen=True)
class RowEntry:
    """An entry of a row and what it must be relative to the row's leading one.

    Attributes:
        index: where it stands.
        leader: where the leading entry stands.
        expected: the exact ratio to the leading entry, or the exact difference from it, as a decimal.
        permitted: what rounding may take from this entry before it is stored, as a hex float.
        of_leader: the same of the leading entry.
    """

    index: tuple[int, ...]
    leader: tuple[int, ...]
    expected: str
    permitted: float
    of_leader: float


@dataclass(frozen=True)
class Apart(Symptom):
    """Entries that are wrong against each other, whatever the row was normalised by."""

    entries: tuple[RowEntry, ...]
    relation: Literal["ratio", "difference"]

    def source(self, dtype: str) -> str:
        """Return the statements that compare every entry with the leading one."""
        del dtype
        table = "".join(
            f"({each.index}, {each.leader}, {literal(each.expected)},"
            f' "{each.permitted.hex()}", "{each.of_leader.hex()}"),\n'
            for each in self.entries
        )
        if self.relation == "ratio":
            difference, bound = "y - leading * expected", "rounding + rounding_of_leader * expected"
        else:
            difference, bound = "y - leading - expected", "rounding + rounding_of_leader"
        body = (
            "y, leading = Fraction(float(observed[index])), Fraction(float(observed[leader]))\n"
            "expected = Fraction(expected)\n"
            "rounding, rounding_of_leader = with_rounding(permitted, y), with_rounding(of_leader, leading)\n"
            f"difference, bound = abs({difference}), {bound}\n"
            'print(f"observed  {float(observed[index])!r} and {float(observed[leader])!r}")\n'
            f'print(f"expected  the {self.relation} {{float(expected)!r}}")\n'
            'print(f"error     {float(difference):.4g}, permitted {float(bound):.4g}")\n'
            "is_there |= difference > bound\n"
        )
        return (
            f"# The entries of a row share their normaliser: it takes no part in their {self.relation}s.\n"
            f"for index, leader, expected, permitted, of_leader in [\n{indented(table)}]:\n{indented(body)}"
        )

    def helper(self, dtype: str) -> str:
        """Return the function that adds the final rounding."""
        fmt = format_named(dtype)
        return f'''\
def with_rounding(error, number):
    """Return the error with that of rounding the number to {dtype}: at most 2^-{fmt.precision} of it."""
    rounding = max(abs(number) / 2**{fmt.precision}, Fraction(2) ** {fmt.quantum_exponent - 1})
    return Fraction(float.fromhex(error)) + rounding
'''


def property_reproduction(discrepancy: Discrepancy, result: PropertyResult, backend: Backend) -> str:
    """Return a stand-alone script that shows a broken property.

    Where a property hands the result of one call to another, the script hands over the exact one, rounded: a record
    keeps the inputs of a property, and not what the calls between gave.

    Args:
        discrepancy: the discrepancy; records may come from anywhere, so nothing in it is taken for granted.
        result: what became of the property.
        backend: the backend it was found in.

    Raises:
        ValueError: what is recorded does not fit together; the message is one line.
    """
    prop = property_named(result.property)
    inputs = _recorded_inputs(prop, discrepancy)
    if result.entry_points.keys() != set(prop.functions):
        raise ValueError(f"the entry points of {prop.id} are recorded for other functions")
    return property_script(
        prop,
        [RecordedCall(call) for call in calls_of(prop, inputs)],
        entry_points=result.entry_points,
        target=target_of(backend),
        setting=result.setting,
        facts=(
            (
                f"Found by logitproof in {discrepancy.backend} {backend.version}, {discrepancy.dtype}: "
                f"{discrepancy.severity} ({discrepancy.kind}), id {discrepancy.id}."
            ),
            discrepancy.explanation,
        ),
        failure=result.failure,
        broken_index=discrepancy.index,
    )


def _recorded_inputs(prop: Property, discrepancy: Discrepancy) -> PropertyInputs:
    """Return the inputs with their axis of cases."""
    specs = {spec.name: spec for spec in prop.domain.slots}
    if discrepancy.inputs.keys() != specs.keys():
        raise ValueError(f"the inputs recorded are not those of {prop.id}: {prop.domain.text}")
    arrays: dict[str, np.ndarray] = {}
    for name, recorded in discrepancy.inputs.items():
        array = array_value(recorded)
        if array is None:
            raise ValueError(f"the input {name} is not in the record")
        arrays[name] = array[None] if discrepancy.cases == 1 and not specs[name].common else array
    inputs = PropertyInputs(discrepancy.dtype, arrays, frozenset(name for name, spec in specs.items() if spec.common))
    if not prop.domain.admits(inputs):
        raise ValueError(f"the inputs recorded are not in the domain of {prop.id}: {prop.domain.text}")
    return inputs
