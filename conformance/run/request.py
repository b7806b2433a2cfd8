"""What a run is asked to examine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..backends.client import CALL_TIMEOUT, HELLO_TIMEOUT, Limits


@dataclass(frozen=True)
class RunRequest:
    """What `logitproof run` examines, and how.

    Empty tuples mean "everything there is".

    Attributes:
        backends: as the command line takes them: a framework, a path to a module, a module's name.
        functions: canonical function names to restrict the run to.
        entry_points: entry-point names to restrict the run to.
        dtypes: formats to restrict the run to.
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
    def limits(self) -> Limits:
        """What a worker is given."""
        return Limits(self.hello_timeout, self.timeout)
