"""Stand-alone scripts for the changes of a comparison: each runs with either version, and says whose result it sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from logitproof.reference import format_named
from logitproof.reports import (
    CHANGE_MEANINGS,
    SEVERITY_RANKS,
    Change,
    ChangeExample,
    ComparedBackend,
    ComparedCheck,
    Comparison,
    change_key,
    float_from,
)

from ..errors import UserError
from ..inputs.geometry import result_shape
from ..worker.source import literal
from .expected import decimal_of, ulp_exponent
from .inputs import RecordedCase, ScriptInputs, script_inputs
from .lookup import SHORTEST_PREFIX
from .of_discrepancy import hang, switches_of, target_of
from .script import Reproduction, ScriptCall, script_for
from .symptoms import Dies, Modified, NoGradient, Off, Raises, Symptom, WrongDtype, WrongShape

MOST_SCRIPTS = 200
"""So many changes of a comparison come with their script."""

_GRAVEST = tuple(CHANGE_MEANINGS)


def scripts_for_comparison(comparison: Comparison, most: int = MOST_SCRIPTS) -> dict[str, str]:
    """Return the scripts of changes that can have one, by `change_key`: regressions first, then the gravest."""
    scripts: dict[str, str] = {}
    for check, change in _gravest_first(comparison):
        if len(scripts) >= most:
            break
        try:
            scripts[change_key(check, change)] = script_of_change(comparison, check, change)
        except (ArithmeticError, LookupError, TypeError, ValueError):  # whatever a damaged comparison leads to
            continue
    return scripts


def _gravest_first(comparison: Comparison) -> list[tuple[ComparedCheck, Change]]:
    """Return changes with an example: a check of every group first, so that the scripts go round."""
    with_example = [
        (check, change) for check in comparison.checks for change in check.changes if change.largest is not None
    ]
    counts: dict[tuple[object, ...], int] = {}
    ranked = []
    for check, change in with_example:
        group = check.backend, check.setting, check.function, check.entry_point, check.quantity, change.kind
        counts[group] = counts.get(group, 0) + 1
        rank = not change.is_regression, counts[group] > 1, _GRAVEST.index(change.kind)
        ranked.append((rank, check, change))
    return [(check, change) for _, check, change in sorted(ranked, key=lambda each: each[0])]


def script_of_change(comparison: Comparison, check: ComparedCheck, change: Change) -> str:
    """Return the script that shows the largest change of one kind.

    Raises:
        ArithmeticError, LookupError, TypeError, ValueError: there can be none.
    """
    example = change.largest
    if example is None:
        raise ValueError(f"{change_key(check, change)} has no example")
    if example.failure == "given up":
        raise ValueError(f"{change_key(check, change)} cannot be shown: its inputs were not called, since others fail")
    backend = next(each for each in comparison.backends if each.name == check.backend)
    recorded = RecordedCase(
        function=check.function,
        dtype=check.dtype,
        quantity=check.quantity,
        parameters=example.parameters,
        batch=example.batch,
        case=example.case,
        index=example.index,
        inputs=example.inputs,
        kind=example.failure,
        observed=example.after,
        expected=example.expected,
    )
    inputs = script_inputs(recorded)
    target = target_of(backend)
    latest = backend.environments[1] or backend.environments[0]
    assert latest is not None, "a backend that is compared is in one of the runs"
    call = ScriptCall(
        batch=inputs.batch,
        entry_point=check.entry_point,
        quantity=check.quantity,
        symptom=_symptom(check, example, inputs, backend),
        every_run=example.run != "plain" or example.failure == "error",  # it may be a later call that raises
        note=inputs.note,
    )
    return script_for(
        Reproduction(
            statement=_statement(check, change, example, backend),
            facts=(_facts(comparison, check, change),),
            target=target,
            setting=check.setting,
            calls=(call,),
            threads=latest.threads or None,
            environment=switches_of(latest.variables),
            what="change",
        )
    )


def change_meant(comparison: Comparison, identifier: str, name: str) -> tuple[ComparedCheck, Change]:
    """Return the change that a key, or the beginning of one, means.

    Args:
        comparison: the comparison.
        identifier: what was typed.
        name: what messages call the comparison.

    Raises:
        UserError: there is none, or there are several.
    """
    changes = {
        change_key(check, change): (check, change)
        for check in comparison.checks
        for change in check.changes
        if change.largest is not None
    }
    long_enough = len(identifier) >= SHORTEST_PREFIX
    meant = (
        [identifier]
        if identifier in changes
        else [key for key in changes if long_enough and key.startswith(identifier)]
    )
    if not meant:
        raise UserError(
            f"there is no change {identifier[:80]!r} with an example in {name}: logitproof compare shows them"
        )
    if len(meant) > 1:
        raise UserError(
            f"{identifier!r} could be {', '.join(meant[:4])}{' …' if len(meant) > 4 else ''}: type more of it"
        )
    return changes[meant[0]]


_BY_FAILURE: Mapping[str, Symptom] = MappingProxyType(
    {
        "crash": Dies(),
        "error": Raises(),
        "refused": Raises(),
        "unsupported": Raises(),
        "input modified": Modified(),
        "missing gradient": NoGradient(),
        "dtype": WrongDtype(),
    }
)


def _symptom(check: ComparedCheck, example: ChangeExample, inputs: ScriptInputs, backend: ComparedBackend) -> Symptom:
    if example.failure == "hang":
        return hang(example.time_limit)
    if example.failure == "shape":
        return WrongShape(result_shape(inputs.batch, check.quantity))
    if example.failure in _BY_FAILURE:
        return _BY_FAILURE[example.failure]
    expected, exponent = _exact(check, example)
    return ChangedElement(
        index=inputs.index,
        before=_number(example.before),
        after=_number(example.after),
        titles=_titles(backend),
        expected=expected,
        exponent=exponent,
    )


def _exact(check: ComparedCheck, example: ChangeExample) -> tuple[str | None, int]:
    """Return the exact result as a decimal, and the exponent of its ulp; None where it is no number of any format."""
    try:
        expected = decimal_of(example.expected.decimal)
    except ValueError:  # a choice, a limit, or nothing at all
        expected = None
    return expected, ulp_exponent(format_named(check.dtype), Fraction(expected)) if expected is not None else 0


def _number(text: str) -> float | None:
    """Return what a run returned; None where that is not known, or no number."""
    try:
        return float_from(text)
    except ValueError:
        return None


def _titles(backend: ComparedBackend) -> tuple[str, str]:
    """Return what the two versions are called."""
    if backend.old == backend.new:
        return f"{backend.name} of the older run", f"{backend.name} of the newer run"
    return f"{backend.name} {backend.old}", f"{backend.name} {backend.new}"


def _statement(check: ComparedCheck, change: Change, example: ChangeExample, backend: ComparedBackend) -> str:
    quantity = "" if check.quantity == "value" else f", {check.quantity.replace(':', ' by ')},"
    was, now = _titles(backend)
    return (
        f"{check.entry_point}{quantity} in {check.dtype}: {CHANGE_MEANINGS[change.kind]}. "
        f"Before, by {was}: {example.before}. Now, by {now}: {example.after}."
    )


def _facts(comparison: Comparison, check: ComparedCheck, change: Change) -> str:
    alike = f", one of {change.elements} results alike" if change.elements > 1 else ""
    return (
        f"Found by logitproof compare between {' and '.join(comparison.titles)}: {change.kind}{alike}, "
        f"{check.function}, {check.quantity.replace(':', ' by ')}, {check.dtype}, {check.input_class} inputs, "
        f"change {change_key(check, change)}. Run it with either version{_looks_for(change)}."
    )


def _looks_for(change: Change) -> str:
    """Say which of the two versions shows what a script looks for, where it is the older one."""
    example = change.largest
    if example is None or not example.failure:
        return ""
    ranks = [SEVERITY_RANKS[severity] for severity in (example.before_severity, example.after_severity)]
    older = change.kind == "gone error" or (change.kind != "new error" and ranks[0] > ranks[1])
    return ": it is the older one that shows what it looks for" if older else ""


_SAME = '''\
def same(one, other):
    """Return whether two floats are the same: signs of zeros count, those of NaN do not."""
    return one.hex() == other.hex()
'''


@dataclass(frozen=True)
class ChangedElement(Symptom):
    """An element that is what the newer version returned, or is farther from the exact result than the older one's.

    Attributes:
        index: where it stands in the result.
        before: what the older version returned; None where that is not known, or no number.
        after: what the newer version returned; so too.
        titles: the two versions, for people.
        expected: the exact result, as a decimal that `Fraction` reads; None where there is none.
        exponent: the exponent of the ulp of the exact result.
    """

    index: tuple[int, ...]
    before: float | None
    after: float | None
    titles: tuple[str, str]
    expected: str | None
    exponent: int

    def source(self, dtype: str) -> str:
        """Return the statements that compare."""
        element = f"observed[{', '.join(map(str, self.index))}]" if self.index else "observed"
        lines = [
            f"number = float({element})",
            'print(f"observed  {number!r} = {number.hex()}")',
        ]
        known = {"before": self.before, "after": self.after}
        for (name, value), title in zip(known.items(), self.titles, strict=True):
            if value is not None:
                lines.append(f"{name} = {_source(value)}")
                lines.append(f'print(f"{name:<8}  {{{name}!r}} = {{{name}.hex()}}, by", {literal(title)})')
        lines += self._measured(dtype)
        if self.after is not None:
            lines.append("is_there |= same(number, after)")
        elif self.before is not None and self.expected is None:
            lines.append("is_there |= not same(number, before)")
        return "".join(f"{line}\n" for line in lines)

    def _measured(self, dtype: str) -> list[str]:
        """Return the statements that hold the element against the exact result."""
        if self.expected is None:
            return []
        lines = [
            f"expected = {literal(self.expected)}",
            'print(f"expected  {expected}")',
            f"error = ulps_away(number, expected, {self.exponent})",
            'shown = f"{float(error):.4g}" if error < 1e300 else "more than 1e300"',
            f'print(f"error     {{shown}} ulps of {dtype}")',
        ]
        if self.before is not None:
            lines.append(
                f"is_there |= not same(number, before) and error > ulps_away(before, expected, {self.exponent})"
            )
        return lines

    def helper(self, dtype: str) -> str:
        """Return the functions that compare and measure."""
        return _SAME if self.expected is None else f"{_SAME}\n\n{Off((), '').helper(dtype)}"


def _source(value: float) -> str:
    return 'float("nan")' if math.isnan(value) else f'float.fromhex("{value.hex()}")'
