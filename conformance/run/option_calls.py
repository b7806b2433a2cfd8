"""Which of the options that entry points accept a run has called: what was not called was not examined."""

from __future__ import annotations

from collections.abc import Sequence

from logitproof.reference import function_named
from logitproof.reports import EntryPointOptions, Setting

from ..backends.bisection import ExaminedCalls
from ..backends.protocol import EntryPoint
from ..inputs.batch import Batch
from ..inputs.geometry import axis_of
from ..judge.job import Task

_Key = tuple[str, str, str]
"""Backend, function and entry point."""


def options_of(entry_point: EntryPoint) -> tuple[str, ...]:
    """Return what an entry point accepts, in the order of the signature: both reductions, and an axis not the last."""
    options: list[str] = []
    for keyword in function_named(entry_point.function).keywords:
        if keyword in entry_point.keywords:
            options += [f"reduction={each}" for each in ("mean", "sum")] if keyword == "reduction" else [keyword]
    return tuple(options)


def options_in(batch: Batch) -> frozenset[str]:
    """Return what a call of a batch makes use of: its keywords, of which none is at its default, and its axis."""
    given = {f"{name}={value}" if name == "reduction" else name for name, value in batch.parameters.items()}
    rank = batch.arguments[0].ndim
    if batch.spec.has_axis and axis_of(batch) % rank == rank - 1:
        given.discard("axis")
    return frozenset(given)


class OptionCalls:
    """The options that were called, as the answers come in: those that were called in every setting that was asked."""

    def __init__(self) -> None:
        """Begin with none."""
        self._called: dict[_Key, dict[Setting, set[str]]] = {}
        self._refused: dict[_Key, dict[Setting, set[str]]] = {}

    def take_in(self, batch: Batch, task: Task, examined: ExaminedCalls) -> None:
        """Note what a task has called; an entry point that has no way to be asked an option does not accept it."""
        key, options = (task.backend, batch.function, task.entry_point.name), options_in(batch)
        kinds = {each.failure.kind for each in examined.failures}
        if examined.parts or kinds - {"unsupported"}:
            self._called.setdefault(key, {}).setdefault(task.setting, set()).update(options)
        elif kinds and len(options) == 1:
            self._refused.setdefault(key, {}).setdefault(task.setting, set()).update(options)

    def of(self, backend: str, entry_points: Sequence[EntryPoint]) -> tuple[EntryPointOptions, ...]:
        """Return what is known of the entry points of a backend that accept any option."""
        return tuple(options for entry in entry_points if (options := self._of(backend, entry)).accepted)

    def _of(self, backend: str, entry: EntryPoint) -> EntryPointOptions:
        key, options = (backend, entry.function, entry.name), options_of(entry)
        by_setting, refused_by_setting = self._called.get(key, {}), self._refused.get(key, {})
        asked = {*by_setting, *refused_by_setting}
        # What one setting has no way to be asked, and another has, is called where it can be.
        refused = {each: refused_by_setting.get(each, set()) - by_setting.get(each, set()) for each in asked}
        accepted = [option for option in options if not asked or any(option not in refused[each] for each in asked)]
        called = [
            option
            for option in accepted
            if asked and all(option in by_setting.get(each, ()) or option in refused[each] for each in asked)
        ]
        return EntryPointOptions(entry.function, entry.name, tuple(accepted), tuple(called))
