"""What a run is asked to examine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from logitproof.reports import Setting

from ..backends.client import CALL_TIMEOUT, HELLO_TIMEOUT, Limits


@dataclass(frozen=True)
class SettingChoice:
    """Which settings of each backend are examined: the first one that it offers, where none is named.

    Attributes:
        modes: the modes; where no device is named, each on the first device that a backend offers it on.
        devices: the devices; where no mode is named, each in the first mode that a backend offers on it.
    """

    modes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()

    def among(self, offered: Sequence[Setting]) -> tuple[Setting, ...]:
        """Return those among the settings that a backend offers, in its order; none where it lacks what is named."""
        if self.modes and self.devices:
            return tuple(each for each in offered if each.mode in self.modes and each.device in self.devices)
        if self.modes:
            first = {each.mode: each for each in reversed(offered)}
            return tuple(each for each in offered if each.mode in self.modes and first[each.mode] == each)
        if self.devices:
            first = {each.device: each for each in reversed(offered)}
            return tuple(each for each in offered if each.device in self.devices and first[each.device] == each)
        return tuple(offered[:1])


@dataclass(frozen=True)
class RunRequest:
    """What `logitproof run` examines, and how.

    Empty tuples mean "everything there is", but for modes and devices.

    Attributes:
        backends: as the command line takes them: a framework, a path to a module, a module's name.
        functions: canonical function names to restrict the run to.
        entry_points: entry-point names to restrict the run to.
        dtypes: formats to restrict the run to.
        modes: modes to examine the backends in; without any, the one that each of them has first.
        devices: devices to examine them on; so likewise.
        checks: check ids to restrict the run to; properties are then left out.
        properties: ids of properties to restrict the run to; checks are then left out.
        inputs: a user's own tensors (.npz), examined beside the corpus.
        witnesses: a folder of witnesses, examined before everything else; one that is not there is an empty one.
        profile: "smoke", "ci" or "nightly".
        timeout: seconds one call of a worker may take.
        hello_timeout: seconds a worker may take to start and import its framework.
        jobs: processes that compute truth; None means one per core.
        output: the folder for record.json, summary.md and outputs/.
        command: the command line as typed, for the record.
    """

    backends: tuple[str, ...]
    functions: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    inputs: Path | None = None
    witnesses: Path | None = None
    profile: str = "ci"
    timeout: float = CALL_TIMEOUT
    hello_timeout: float = HELLO_TIMEOUT
    jobs: int | None = None
    output: Path = Path("logitproof-report")
    command: str = "logitproof run"

    @property
    def settings(self) -> SettingChoice:
        """Which settings of each backend are examined."""
        return SettingChoice(self.modes, self.devices)

    @property
    def limits(self) -> Limits:
        """What a worker is given."""
        return Limits(self.hello_timeout, self.timeout)
