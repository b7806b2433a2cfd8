"""Conditions: what the calls that have a finding share, and like calls that do not have it lack."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..record.model import Check, Discrepancy, ExaminedBatch
from ..record.properties import PropertyResult
from ..record.setting import Setting
from ..record.words import parameter_words
from .settings import BackendKey, settings_by_backend

Owner = tuple[str, str, str]
"""Backend, version and id of a check."""
Bound = Literal["at least", "at most"]
_BOUNDS: tuple[Bound, Bound] = ("at least", "at most")
Value = str | None
"""What a fact of a call is, as a call would be written; None for a keyword that is not there."""

CLASSES, INPUTS, LAYOUT = "classes", "inputs", "layout"
"""Facts of a call beside its keywords, dtype, mode and device."""
CHANCE = 1e-6
"""So rarely would results like those with a finding all be without it by chance, where that is to tell something."""
MOST_VALUES = 4
"""What is shared by more values than these is no condition: the example of a finding tells one of them."""

_USUAL: Mapping[str, Value] = {"axis": "-1", LAYOUT: "contiguous"}
"""What most calls have; of any other keyword it is to be absent."""
_OF_SETTING = ("mode", "device")
"""Facts that are told wherever they differ: what two settings give is never told as if it were of one."""
_OF_KINDS = ("dtype", *_OF_SETTING)
"""Facts of which no value is plainer than another."""


@dataclass(frozen=True)
class Condition:
    """A fact that all calls with a finding share, and that calls without it, of the same functions, do not all have.

    Calls are alike that ask the same quantity of the same entry point of a function.

    Attributes:
        name: a keyword, "dtype", "mode", "device", "layout", "inputs" (the input class) or "classes" (numbers a row).
        values: the values that the calls with the finding have.
        others: those of calls that were examined and do not have it; none where no call was that lacks the fact.
        results: how many results of such calls were judged.
        bound: which bound on the number `values` is; None where it is none.
        is_apart: whether these calls differ in nothing else that could be the reason.
    """

    name: str
    values: tuple[Value, ...]
    others: tuple[Value, ...]
    results: int
    bound: Bound | None = None
    is_apart: bool = True


class ExaminedChecks:
    """The checks of a record by what was asked of whom, each with its batches."""

    def __init__(self, checks: Sequence[Check], properties: Sequence[PropertyResult] = ()) -> None:
        """Take the checks and properties; nothing is computed before it is asked for."""
        self._checks, self._properties = checks, properties

    @cached_property
    def _by_owner(self) -> Mapping[Owner, Check]:
        return {_owner(check): check for check in self._checks}

    @cached_property
    def _alike(self) -> Mapping[tuple[str, ...], Sequence[Check]]:
        groups: dict[tuple[str, ...], list[Check]] = defaultdict(list)
        for check in self._checks:
            groups[_question(check)].append(check)
        return groups

    @cached_property
    def settings(self) -> Mapping[BackendKey, tuple[Setting, ...]]:
        """The settings that each backend was examined in."""
        return settings_by_backend(self._checks, self._properties)

    def batch_of(self, discrepancy: Discrepancy) -> ExaminedBatch | None:
        """Return the batch that a discrepancy is in; None where the record does not tell."""
        check = self._by_owner.get((discrepancy.backend, discrepancy.version, discrepancy.check))
        batches = check.batches if check else ()
        return next((batch for batch in batches if batch.batch == discrepancy.batch), None)

    def conditions(self, discrepancies: Iterable[Discrepancy]) -> tuple[Condition, ...]:
        """Return what the calls with these discrepancies share and others lack, keywords first.

        Args:
            discrepancies: all of one finding.
        """
        having: dict[Owner, dict[str, Mapping[str, int]]] = defaultdict(dict)
        for discrepancy in discrepancies:
            having[discrepancy.backend, discrepancy.version, discrepancy.check][discrepancy.kind] = discrepancy.batches
        counts = {owner: sum(map(Counter, kinds.values()), Counter()) for owner, kinds in having.items()}
        owners = [self._by_owner[owner] for owner in having if owner in self._by_owner]
        affected: list[_CallFacts] = []
        clean: list[_CallFacts] = []
        for question in dict.fromkeys(map(_question, owners)):
            for check in self._alike[question]:
                batch_counts = counts.get(_owner(check))
                if batch_counts is None:
                    clean += _calls(check)
                elif batch_counts:
                    affected += (call for call in _calls(check) if call.batch in batch_counts)
                    clean += (call for call in _calls(check) if call.batch not in batch_counts)
                else:  # which of its batches have it, nobody kept
                    affected.append(_whole(check))
        counted = sum(batch_counts.total() for batch_counts in counts.values())
        return tuple(_conditions(affected, [call for call in clean if call.results], counted)) if affected else ()


@dataclass(frozen=True)
class _CallFacts:
    """A batch of a check, or a check as a whole where the record does not tell its batches."""

    facts: Mapping[str, str]
    batch: str | None
    classes: int | None
    results: int


def _owner(check: Check) -> Owner:
    return check.backend, check.version, check.id


def _question(check: Check) -> tuple[str, ...]:
    return check.backend, check.version, check.function, check.entry_point, check.quantity


def _calls(check: Check) -> list[_CallFacts]:
    facts = _facts(check)
    calls = [
        _CallFacts({**facts, LAYOUT: batch.layout}, batch.batch, _classes(check, batch), batch.results)
        for batch in check.batches
    ]
    return calls or [_whole(check)]


def _whole(check: Check) -> _CallFacts:
    return _CallFacts(_facts(check), None, None, check.elements)


def _facts(check: Check) -> dict[str, str]:
    keywords = {name: parameter_words(value) for name, value in check.parameters.items()}
    return {**keywords, "dtype": check.dtype, "mode": check.mode, "device": check.device, INPUTS: check.input_class}


def _classes(check: Check, batch: ExaminedBatch) -> int | None:
    axis = check.parameters.get("axis")
    return batch.shape[axis] if isinstance(axis, int) and -len(batch.shape) <= axis < len(batch.shape) else None


def _conditions(affected: Sequence[_CallFacts], clean: Sequence[_CallFacts], counted: int) -> Iterator[Condition]:
    """The conditions, where so many results have the finding."""
    shared = {name: dict.fromkeys(call.facts.get(name) for call in affected) for name in _names(affected, clean)}
    classes = [call.classes for call in affected if call.classes is not None]
    ends = (min(classes), max(classes)) if len(classes) == len(affected) else None
    lacks = [(call, _lacking(call, shared, ends)) for call in clean]
    judged = _results(affected) + _results(call for call, lacking in lacks if not lacking)
    rate = min(counted / judged, 1.0) if counted and judged else 1.0
    for name, values in shared.items():
        if name in _OF_SETTING:
            if len({call.facts[name] for call in (*affected, *clean)}) > 1:
                yield _requested_condition(name, tuple(values), lacks)
        elif len(values) <= MOST_VALUES:
            yield from _condition(name, tuple(values), lacks, rate)
    for bound, end in zip(_BOUNDS, ends or (), strict=False):
        apart = [call for call, lacking in lacks if lacking == {bound}]
        if _is_telling(apart, rate):
            others = tuple(str(number) for number in sorted({call.classes for call in apart if call.classes}))
            yield Condition(CLASSES, (str(end),), others, _results(apart), bound)


def _names(affected: Sequence[_CallFacts], clean: Sequence[_CallFacts]) -> list[str]:
    """The facts that calls may share: keywords, the layout where it is known, what else there is."""
    names = dict.fromkeys(name for call in (*affected, *clean) for name in call.facts)
    last = (LAYOUT, *_OF_KINDS, INPUTS)
    known = [name for name in last if all(name in call.facts for call in affected)]
    return [*(name for name in names if name not in last), *known]


def _lacking(call: _CallFacts, shared: Mapping[str, Container[Value]], ends: tuple[int, int] | None) -> set[str]:
    """What of all that the calls with a finding share this one lacks."""
    lacking = {name for name, values in shared.items() if call.facts.get(name) not in values}
    if ends is not None and call.classes is not None:
        at_least, at_most = _BOUNDS
        lacking |= {at_least} if call.classes < ends[0] else {at_most} if call.classes > ends[1] else set()
    return lacking


def _condition(
    name: str, values: tuple[Value, ...], lacks: Sequence[tuple[_CallFacts, set[str]]], rate: float
) -> Iterator[Condition]:
    """The condition that a fact is, if it is one."""
    without = [(call, lacking) for call, lacking in lacks if name in lacking]
    if name in _OF_KINDS or name == INPUTS or _USUAL.get(name) in values:
        # Most calls are plain in most of their facts: it takes one that differs in nothing else.
        beside = {name, *_BOUNDS} if name == INPUTS else {name}
        apart = [call for call, lacking in without if lacking <= beside]
        if _is_telling(apart, rate):
            yield Condition(name, values, _values(name, apart), _results(apart))
        return
    yield _requested_condition(name, values, lacks)


def _requested_condition(
    name: str, values: tuple[Value, ...], lacks: Sequence[tuple[_CallFacts, set[str]]]
) -> Condition:
    """What is asked for expressly is told in any case, and the numbers put in matter less than how they are put in."""
    without = [(call, lacking) for call, lacking in lacks if name in lacking]
    apart = [call for call, lacking in without if lacking <= {name, INPUTS, *_BOUNDS}]
    others = apart or [call for call, _ in without]
    return Condition(name, values, _values(name, others), _results(others), is_apart=bool(apart))


def _is_telling(without: Sequence[_CallFacts], rate: float) -> bool:
    """Whether results would hardly all be without a finding by chance."""
    return (1 - rate) ** _results(without) < CHANCE


def _values(name: str, calls: Iterable[_CallFacts]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(call.facts.get(name) for call in calls))


def _results(calls: Iterable[_CallFacts]) -> int:
    return sum(call.results for call in calls)
