"""What a run examines: which batches, by which entry points, for which quantities."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from logitproof.reference import FUNCTIONS

from ..backends.omissions import omission_of
from ..backends.protocol import Hello
from ..corpus.corpus import keys
from ..corpus.source import BatchSource
from ..errors import UserError
from ..inputs.arrays import input_batches
from ..inputs.batch import Batch
from ..inputs.hashes import batch_hash
from ..inputs.witness import witnesses_in
from ..judge.job import Task
from .request import RunRequest, SettingChoice


def sources(
    request: RunRequest, backends: Mapping[str, Hello], note: Callable[[str], None] = lambda _: None
) -> list[BatchSource]:
    """List the batches of a request for the functions that the backends have: witnesses first, then the user's own.

    Args:
        request: what a run examines.
        backends: what there is to examine.
        note: told in one line of every file in the folder of witnesses that is none.

    Raises:
        UserError: the user's tensors cannot be read.
    """
    offered = [
        name for name in request.functions or FUNCTIONS if any(h.entry_points_for(name) for h in backends.values())
    ]
    given = _witnesses(request, offered, note)
    if request.inputs is not None:
        try:
            batches = input_batches(request.inputs, functions=request.functions, dtypes=request.dtypes)
        except (ValueError, OSError) as error:
            raise UserError(str(error)) from None
        given.extend(batches)
    corpus = keys(request.profile, functions=offered, dtypes=request.dtypes or None) if offered else []
    return [
        *map(BatchSource.of, given),
        *(BatchSource(key) for key in corpus),
    ]


def _witnesses(request: RunRequest, functions: Sequence[str], note: Callable[[str], None]) -> list[Batch]:
    """Return the batches of the witnesses that a request asks for; the same inputs once, whatever they witness."""
    if request.witnesses is None:
        return []
    witnesses, notes = witnesses_in(request.witnesses)
    for line in notes:
        note(line)
    batches = [
        witness.batch()
        for witness in witnesses
        if witness.function in functions and (not request.dtypes or witness.dtype in request.dtypes)
    ]
    return list({batch_hash(replace(batch, name="")): batch for batch in reversed(batches)}.values())[::-1]


def tasks_of(
    batch: Batch,
    backends: Mapping[str, Hello],
    entry_points: Sequence[str] = (),
    checks: Sequence[str] = (),
    choice: SettingChoice | None = None,
) -> list[Task]:
    """List what the backends are asked about a batch; empty restrictions restrict nothing.

    Each backend is asked in the settings that are chosen: its first one unless said otherwise.
    """
    choice, asked = choice or SettingChoice(), frozenset(checks)
    return [
        task
        for name, hello in backends.items()
        for setting in choice.among(hello.settings)
        for entry_point in hello.entry_points_for(batch.function)
        if not entry_points or entry_point.name in entry_points
        if (task := _restricted(Task(name, entry_point, setting, batch.spec.quantities, {}), batch, hello, asked))
    ]


def _restricted(task: Task, batch: Batch, hello: Hello, checks: frozenset[str]) -> Task | None:
    """Return a task without what is not asked; None where nothing of it is left."""
    wanted = [quantity for quantity in task.quantities if not checks or task.check(batch, quantity).id in checks]
    if not wanted:
        return None
    omitted = {
        quantity: omission
        for quantity in wanted
        if (omission := omission_of(hello, task.entry_point, batch.dtype, batch.parameters, quantity)) is not None
    }
    return replace(task, quantities=tuple(name for name in wanted if name not in omitted), omitted=omitted)


def check_entry_points(request: RunRequest, backends: Mapping[str, Hello]) -> None:
    """Refuse entry points that no backend has.

    Raises:
        UserError: an entry point is unknown.
    """
    known = sorted({entry.name for hello in backends.values() for entry in hello.entry_points})
    for name in request.entry_points:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "see `logitproof list backends`"
            raise UserError(f"unknown entry point {name!r}: {hint}")


def check_settings(request: RunRequest, backends: Mapping[str, Hello], note: Callable[[str], None]) -> None:
    """Refuse modes and devices that no backend has, and such as no backend has together.

    Args:
        request: what is to be examined.
        backends: what there is to examine.
        note: told in one line of every backend that is not examined, because it has none of the settings.

    Raises:
        UserError: a mode or a device is unknown, or nothing would be examined.
    """
    offered = {name: hello.settings for name, hello in backends.items()}
    words = "; ".join(f"{name} has {', '.join(map(str, settings))}" for name, settings in offered.items())
    every = [setting for settings in offered.values() for setting in settings]
    for what, names, known in (
        ("mode", request.settings.modes, {setting.mode for setting in every}),
        ("device", request.settings.devices, {setting.device for setting in every}),
    ):
        for name in names:
            if every and name not in known:
                raise UserError(f"unknown {what} {name!r}: {words}")
    lacking = [name for name, settings in offered.items() if not request.settings.among(settings)]
    if every and len(lacking) == len(offered):
        raise UserError(f"no backend has such a mode on such a device: {words}")
    for name in lacking:
        note(f"{name} is not examined: it has {', '.join(map(str, offered[name]))} only")
