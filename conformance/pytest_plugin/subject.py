"""Backends as the tests of `logitproof.properties` see them: workers, their entry points, and scripts to show."""

from __future__ import annotations

from types import TracebackType
from typing import ClassVar, Self

from logitproof.properties import Outcome, Property, PropertyInputs, SearchTarget
from logitproof.reference import FORMATS

from ..backends.client import (
    CALL_TIMEOUT,
    HELLO_TIMEOUT,
    BackendError,
    Limits,
    Worker,
    WorkerUnavailable,
    parse_backend,
)
from ..backends.deaths import Deaths
from ..backends.frameworks import FRAMEWORKS
from ..backends.training import WorkerTrainer
from ..hunt.examiner import Examiner
from ..inputs.witness import Witness
from ..property_checks.backend import PropertyBackend, bindings
from ..scripts.of_property import RecordedCall, property_script
from ..scripts.script import Target


class TestedBackend:
    """A backend under test.

    Attributes:
        name: the backend's name.
        worker: its worker.
        trainer: the same, to be trained.
    """

    def __init__(self, worker: Worker) -> None:
        """Take a running worker."""
        self.name, self.worker, self.trainer = worker.spec.name, worker, WorkerTrainer(worker)
        self._deaths = Deaths()

    def settings(self, prop: Property) -> list[SearchTarget]:
        """Return the entry points and dtypes to try a property on; none where the backend lacks a function of it."""
        return [
            SearchTarget(
                PropertyBackend(self.worker, binding, self._deaths),
                ", ".join(dict.fromkeys(entry.name for entry in binding.values())),
                dtype,
            )
            for binding in bindings(prop, self.worker.hello)
            for dtype in FORMATS
            if dtype in self.worker.hello.dtypes
        ]

    def script(self, prop: Property, setting: SearchTarget, given: PropertyInputs, outcome: Outcome) -> str:
        """Return a stand-alone script that shows the property broken."""
        backend, hello = setting.backend, self.worker.hello
        assert isinstance(backend, PropertyBackend)
        target = self.worker.spec.target
        known = target in FRAMEWORKS
        return property_script(
            prop,
            [RecordedCall(call, None if outcome.failure else backend.evaluate(call)) for call in outcome.calls],
            entry_points={function: entry.name for function, entry in backend.entry_points.items()},
            target=Target(target) if known else Target(hello.framework, target),
            setting=hello.settings[0],
            facts=(f"{self.name} {hello.version}, {setting.entry_points}, {given.dtype}: {outcome.told}.",),
            failure=outcome.failure_kind,
        )

    def replay(self, witness: Witness) -> list[str]:
        """Examine a witness by every entry point, and return what is wrong, a line each."""
        examiner = Examiner({self.name: self.worker}, {self.name: self.worker.hello}, (), lambda _: None)
        examined = examiner.examine(witness.batch(), {})
        return [f"{signature}" for signature in examined.defects]


class TestedBackends:
    """The backends of a test session, each started when it is first needed."""

    UNUSABLE: ClassVar = (BackendError, WorkerUnavailable)

    def __init__(self, hello_timeout: float | None, call_timeout: float | None) -> None:
        """Start nothing yet; take the seconds to start in, and for a call; None where a worker has its own."""
        self._limits = Limits(hello_timeout or HELLO_TIMEOUT, call_timeout or CALL_TIMEOUT)
        self._started: dict[str, TestedBackend | Exception] = {}

    def named(self, name: str) -> TestedBackend:
        """Return a backend by the name that `--logitproof-backend` takes.

        Raises:
            BackendError: it is not installed, or its module is not a backend.
            WorkerUnavailable: its process cannot be started.
        """
        if name not in self._started:
            try:
                worker = Worker(parse_backend(name), self._limits)
                worker.open()
                self._started[name] = TestedBackend(worker)
            except self.UNUSABLE as error:
                self._started[name] = error
        backend = self._started[name]
        if isinstance(backend, Exception):
            raise backend
        return backend

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for subject in self._started.values():
            if isinstance(subject, TestedBackend):
                subject.worker.stop()
