"""Which check of one run is which of the other, and what became of entry points."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from logitproof.reports import Backend, Check, EntryPointChange, Setting

from .runs import ComparedRun
from .signatures import signature_changes

_Question = tuple[str, str, Setting, str, bytes, str]
_Name = tuple[str, str]
"""A backend, as the newer run calls it, and an entry point."""


@dataclass(frozen=True)
class CheckPair:
    """A check as the two runs have it; None where one of them does not.

    `renamed` is the entry point's older name, where that is another one.
    """

    old: Check | None
    new: Check | None
    renamed: str | None = None


@dataclass(frozen=True)
class Pairing:
    """All checks of two runs, and what became of entry points."""

    checks: tuple[CheckPair, ...]
    entry_points: tuple[EntryPointChange, ...]


def matches(old: ComparedRun, new: ComparedRun, backends: Mapping[str, str]) -> Pairing:
    """Match two runs, of which `backends` says which backend of the older is which of the newer."""
    before = _by_entry_point(old.record.checks, backends)
    after = _by_entry_point(new.record.checks, {})
    changes: list[EntryPointChange] = []
    renamed: dict[_Name, str] = {}
    for name in backends:
        was, now = old.backends[name], new.backends[backends[name]]
        if "unavailable" not in {was.status, now.status}:
            of_backend, names = _changes_of(was, now, before, after)
            changes += of_backend
            renamed |= {(now.name, later): earlier for later, earlier in names.items()}
            if old.record.complete and new.record.complete:
                changes += _functions_gone(now, before, after)
    return Pairing(tuple(_matched(before, after, renamed)), tuple(changes))


def _by_entry_point(checks: Iterable[Check], backends: Mapping[str, str]) -> dict[_Name, dict[_Question, Check]]:
    by_entry_point: dict[_Name, dict[_Question, Check]] = {}
    for check in checks:
        name = backends.get(check.backend, check.backend), check.entry_point
        by_entry_point.setdefault(name, {})[_question(check)] = check
    return by_entry_point


def _question(check: Check) -> _Question:
    parameters = msgspec.json.encode(check.parameters, order="sorted")
    return check.function, check.dtype, check.setting, check.quantity, parameters, check.input_class


def _matched(
    before: Mapping[_Name, Mapping[_Question, Check]],
    after: Mapping[_Name, Mapping[_Question, Check]],
    renamed: Mapping[_Name, str],
) -> Iterable[CheckPair]:
    matched: set[tuple[_Name, _Question]] = set()
    for name, checks in after.items():
        earlier = renamed.get(name)
        older = (name[0], earlier or name[1])
        for question, check in checks.items():
            yield CheckPair(before.get(older, {}).get(question), check, earlier)
            matched.add((older, question))
    for name, checks in before.items():
        for question, check in checks.items():
            if (name, question) not in matched:
                yield CheckPair(check, None)


def _changes_of(
    was: Backend,
    now: Backend,
    before: Mapping[_Name, Mapping[_Question, Check]],
    after: Mapping[_Name, Mapping[_Question, Check]],
) -> tuple[list[EntryPointChange], dict[str, str]]:
    """Return what became of the entry points of a backend, and the older names of those that were renamed."""

    def change(kind: str, entry_point: str, detail: str) -> EntryPointChange:
        return EntryPointChange(kind, now.name, entry_point, detail)  # type: ignore[arg-type]

    gone = [name for name in was.entry_points if name not in now.entry_points]
    new = [name for name in now.entry_points if name not in was.entry_points]
    renamed: dict[str, str] = {}
    for name in gone:
        alike = [each for each in new if each not in renamed and _is_same(before, after, now.name, name, each)]
        if alike:
            renamed[max(alike, key=lambda each: difflib.SequenceMatcher(None, name, each).ratio())] = name
    changes = [
        change("removed", name, _computed("computed", before.get((now.name, name), {})))
        for name in gone
        if name not in renamed.values()
    ]
    changes += [change("renamed", later, f"{earlier} before, and the same bits") for later, earlier in renamed.items()]
    for name in now.entry_points:
        earlier = renamed.get(name, name)
        if earlier in was.signatures and name in now.signatures:
            changes += [
                change(kind, name, detail)
                for kind, detail in signature_changes(was.signatures[earlier], now.signatures[name])
            ]
    changes += [
        change("added", name, _computed("computes", after.get((now.name, name), {})))
        for name in new
        if name not in renamed
    ]
    return changes, renamed


def _computed(verb: str, checks: Mapping[_Question, Check]) -> str:
    functions = list(dict.fromkeys(check.function for check in checks.values()))
    return f"{verb} {', '.join(functions)}" if functions else "not examined"


def _is_same(
    before: Mapping[_Name, Mapping[_Question, Check]],
    after: Mapping[_Name, Mapping[_Question, Check]],
    backend: str,
    earlier: str,
    later: str,
) -> bool:
    """Whether an entry point answers the same questions as another one did, all of them with the same bits."""
    was, now = before.get((backend, earlier), {}), after.get((backend, later), {})
    answered = [check for check in was.values() if check.outputs is not None]
    return (
        bool(answered)
        and was.keys() == now.keys()
        and all(
            check.outputs == now[question].outputs and check.status == now[question].status
            for question, check in was.items()
        )
    )


def _functions_gone(
    now: Backend,
    before: Mapping[_Name, Mapping[_Question, Check]],
    after: Mapping[_Name, Mapping[_Question, Check]],
) -> list[EntryPointChange]:
    """Return the entry points that are still there, and no longer compute a function.

    A run may have been restricted: only where it examined the function otherwise, and the entry point by all that was
    asked of it before, is their absence together a fact about the backend.
    """
    examined = {
        check.function for (backend, _), asked in after.items() if backend == now.name for check in asked.values()
    }
    changes: list[EntryPointChange] = []
    for (backend, name), checks in before.items():
        later = after.get((backend, name), {})
        if backend != now.name or not later:
            continue
        still = {check.function for check in later.values()}
        if any(question not in later for question, check in checks.items() if check.function in still):
            continue
        gone = _names(check.function for check in checks.values() if check.function not in still)
        changes += [
            EntryPointChange("removed", now.name, name, f"no longer computes {function}")
            for function in gone
            if function in examined
        ]
    return changes


def _names(functions: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(functions))
