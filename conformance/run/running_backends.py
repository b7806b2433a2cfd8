"""The backends of a run: their workers, or why there are none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue

from logitproof.reports import Backend, OutputStore, Setting, hex_of

from ..backends.client import BackendError, Limits, Worker, WorkerUnavailable, open_all
from ..backends.deaths import Deaths
from ..backends.protocol import Hello
from ..backends.spec import BackendSpec, parse_backend
from ..errors import UserError
from .option_calls import OptionCalls
from .request import RunRequest
from .units import Unit

Order = tuple[int, int, Unit]
"""The number of a unit of work, which of its tasks is meant, and the unit."""


@dataclass(frozen=True)
class Side:
    """Backends that get a record of their own.

    Attributes:
        title: tells them from the backends of other sides; "" where there are no others.
        specs: the backends.
        store: where the outputs go; None keeps none.
        optional: names of backends that need not be there: one that no side has is left out, without a word.
    """

    title: str
    specs: tuple[BackendSpec, ...]
    store: OutputStore | None = None
    optional: frozenset[str] = frozenset()


@dataclass
class RunningBackend:
    """A backend of the run: its worker, or why there is none.

    `is_wrong` says that the user can mend that: the backend itself is wrong. `deaths` counts in each setting apart.
    """

    side: Side
    spec: BackendSpec
    worker: Worker | None
    hello: Hello | None
    trouble: str | None = None
    is_wrong: bool = False
    orders: SimpleQueue[Order | None] = field(default_factory=SimpleQueue)
    deaths: defaultdict[Setting, Deaths] = field(default_factory=lambda: defaultdict(Deaths))

    @property
    def label(self) -> str:
        """Its name, told from those of other sides."""
        return f"{self.spec.name} ({self.side.title})" if self.side.title else self.spec.name

    @property
    def seconds(self) -> dict[str, str]:
        """How long its framework's own calls of each entry point took, as hex text: in each setting apart."""
        if self.worker is None:
            return {}
        first = self.worker.hello.settings[0]
        return {
            entry_point if setting == first else f"{entry_point}, {setting}": hex_of(each)
            for (entry_point, setting), each in sorted(self.worker.seconds.items())
        }


def specs_of(request: RunRequest) -> tuple[BackendSpec, ...]:
    """Return the backends that a request names.

    Raises:
        UserError: one of them cannot be.
    """
    specs = []
    for text in request.backends:
        try:
            spec = parse_backend(text)
        except ValueError as error:
            raise UserError(str(error)) from None
        specs.append(spec)
    names = [spec.name for spec in specs]
    # Two modules of the same name are told apart by their paths, two interpreters by theirs.
    return tuple(
        BackendSpec(text, spec.python, spec.target) if names.count(spec.name) > 1 else spec
        for text, spec in zip(request.backends, specs, strict=True)
    )


@contextmanager
def running_backends(sides: Sequence[Side], limits: Limits) -> Iterator[list[RunningBackend]]:
    """Start a worker for every backend, all at once, and stop them in the end.

    A backend that is wrong on one side, and starts on another, is trouble of that side: what does not import there may
    be what the sides differ in.

    Args:
        sides: the backends.
        limits: what their workers are given.

    Raises:
        UserError: a backend is wrong wherever it was asked for: its module does not import, say.
    """
    wanted = [(side, Worker(spec, limits)) for side in sides for spec in side.specs]
    troubles = open_all([worker for _, worker in wanted])
    started = [_started(*each, trouble) for each, trouble in zip(wanted, troubles, strict=True)]
    usable = {each.spec.name for each in started if not each.is_wrong}
    running = [each for each in started if each.spec.name in usable]
    try:
        for each in started:
            if each.spec.name not in usable | each.side.optional:
                raise UserError(str(each.trouble))
        yield running
    finally:
        for running_backend in running:
            if running_backend.worker is not None:
                running_backend.worker.stop()


def _started(side: Side, worker: Worker, trouble: BackendError | WorkerUnavailable | None) -> RunningBackend:
    if trouble is None:
        return RunningBackend(side, worker.spec, worker, worker.hello)
    is_wrong = isinstance(trouble, BackendError)
    return RunningBackend(side, worker.spec, None, None, str(trouble), is_wrong=is_wrong)


def backend_record(running_backend: RunningBackend, options: OptionCalls, cut: str | None) -> Backend:
    """Return a backend as the record keeps it.

    Args:
        running_backend: the backend.
        options: what was called of every backend of the run.
        cut: why the run did not come to its end, if it did not.
    """
    hello = running_backend.hello
    if hello is None:
        return Backend(
            name=running_backend.spec.name,
            framework="",
            version="",
            python=running_backend.spec.python,
            target=running_backend.spec.target,
            build={},
            cpu={},
            threads=0,
            environment={},
            dtypes=(),
            entry_points=(),
            status="unavailable",
            reason=running_backend.trouble,
        )
    reason = running_backend.trouble or cut
    return Backend(
        name=running_backend.spec.name,
        framework=hello.framework,
        version=hello.version,
        python=running_backend.spec.python,
        target=running_backend.spec.target,
        build=dict(hello.build),
        cpu={key: str(value) for key, value in hello.cpu.items()},
        threads=hello.threads,
        environment=dict(hello.environment),
        dtypes=hello.dtypes,
        entry_points=tuple(dict.fromkeys(entry.name for entry in hello.entry_points)),
        status="complete" if reason is None else "cut short",
        reason=reason,
        signatures={entry.name: entry.signature for entry in hello.entry_points if entry.signature is not None},
        options=options.of(running_backend.label, hello.entry_points),
    )
