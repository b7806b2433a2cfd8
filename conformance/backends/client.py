"""Workers as the parent sees them: start one, ask it, restart it when it dies."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, TypeVar

from logitproof.properties import Stretch
from logitproof.reference import DEFINITIONS, FUNCTIONS
from logitproof.reports import Setting

from ..inputs.batch import Batch
from ..signals import interruptible
from ..worker.wire import Array, Header, WireError
from .channel import Channel, TimeLimitPassedError, WorkerEndedError
from .frameworks import TABLE
from .protocol import (
    Deviation,
    EntryPoint,
    Failure,
    Hello,
    Output,
    ProtocolError,
    Reply,
    RunError,
    evaluate_request,
    hello_request,
    read_answer,
    read_hello,
)
from .refusals import ALLOWED
from .spec import BackendSpec, parse_backend
from .training import Trained, read_trained, train_request

__all__ = [
    "BackendError",
    "BackendSpec",
    "Deviation",
    "EntryPoint",
    "Failure",
    "Hello",
    "Limits",
    "Output",
    "Reply",
    "RunError",
    "Worker",
    "WorkerUnavailable",
    "open_all",
    "parse_backend",
]

T = TypeVar("T")

HELLO_TIMEOUT = 60.0
"""Seconds a worker may take to start and import its framework."""

CALL_TIMEOUT = 10.0
"""Seconds one `evaluate` may take."""

_WORKER_FOLDER = Path(__file__).parents[1] / "worker"

# The worker's interpreter may not have logitproof: its code is loaded from the folder, under a name of its own.
_BOOTSTRAP = """
import importlib.util, sys
folder = sys.argv[1]
place = importlib.util.spec_from_file_location(
    "logitproof_worker", folder + "/__init__.py", submodule_search_locations=[folder])
package = importlib.util.module_from_spec(place)
sys.modules["logitproof_worker"] = package
place.loader.exec_module(package)
from logitproof_worker.main import main
main()
"""


class BackendError(Exception):
    """The backend itself is wrong: its module does not import, say. The message is one clear line."""


class WorkerUnavailable(Exception):  # noqa: N818 - a state, told in one line; not a mistake of the caller
    """The worker cannot be started, or not any more. The message is one clear line."""


@dataclass(frozen=True)
class Limits:
    """What a worker is given.

    Attributes:
        hello: seconds it may take to start and import its framework.
        call: seconds one `evaluate` may take.
        threads: how many threads the framework may use.
    """

    hello: float = HELLO_TIMEOUT
    call: float = CALL_TIMEOUT
    threads: int = 1


class Worker:
    """One process that runs one backend; restarted whenever it crashes or hangs.

    Use it as a context manager, or call `stop` in the end. One thread at a time asks it; any thread may stop it.
    `hello` is what it told of itself, `seconds` how long its framework's calls of each entry point took so far, in each
    setting.

    A worker that has died once may die again: from then on a further process stands by, already started.
    """

    hello: Hello

    def __init__(self, spec: BackendSpec, limits: Limits) -> None:
        """Take a backend and what it is given; the process is started by `open`."""
        self._spec = spec
        self._limits = limits
        self._channel: Channel | None = None
        self._running: list[Channel] = []
        self._starter: ThreadPoolExecutor | None = None
        self._standby: Future[tuple[Channel, Hello]] | None = None
        self._asking, self._launching = Lock(), Lock()
        self._stopped = False
        self.seconds: dict[tuple[str, Setting], float] = {}

    @classmethod
    def start(
        cls,
        spec: BackendSpec,
        *,
        hello_timeout: float = HELLO_TIMEOUT,
        call_timeout: float = CALL_TIMEOUT,
        threads: int = 1,
    ) -> Self:
        """Start a worker and hear what it offers.

        Args:
            spec: the backend.
            hello_timeout: seconds it may take to start and import its framework.
            call_timeout: seconds one `evaluate` may take.
            threads: how many threads the framework may use.

        Raises:
            BackendError: the backend is not installed, or its module is not a backend.
            WorkerUnavailable: the process cannot be started, or dies or hangs while it starts.
        """
        worker = cls(spec, Limits(hello_timeout, call_timeout, threads))
        worker.open()
        return worker

    def open(self) -> None:
        """Start the process and hear what it offers; another thread may `stop` it meanwhile.

        Raises:
            BackendError: the backend is not installed, or its module is not a backend.
            WorkerUnavailable: the process cannot be started, dies or hangs while it starts, or was stopped.
        """
        self._channel, self.hello = self._launched()

    @property
    def spec(self) -> BackendSpec:
        """The backend."""
        return self._spec

    @property
    def process_id(self) -> int | None:
        """The operating system's number of the process; None where it does not run."""
        return None if self._channel is None else self._channel.process_id

    def evaluate(
        self,
        batch: Batch,
        entry_point: str,
        quantities: Sequence[str],
        *,
        setting: Setting | None = None,
        once: bool = False,
    ) -> Reply:
        """Have the worker compute quantities of a batch; whatever the framework does, there is an answer.

        A crash or a hang is an answer with that failure; the worker has then been restarted.

        Args:
            batch: the inputs.
            entry_point: the name of an entry point for the batch's function.
            quantities: "value", "gradient:<argument>" …
            setting: the setting to compute in; the worker's first one unless said otherwise.
            once: compute everything one time only, without the runs that must agree with it.

        Raises:
            ValueError: the worker has no such entry point for the batch's function.
            WorkerUnavailable: the worker has died and cannot be restarted, or was stopped.
        """
        if all(entry.name != entry_point for entry in self.hello.entry_points_for(batch.function)):
            raise ValueError(f"{self._spec.name} has no entry point {entry_point!r} for {batch.function}")
        setting = setting or self.hello.settings[0]
        answer = self._asked(evaluate_request(batch, entry_point, quantities, setting=setting, once=once), read_answer)
        if isinstance(answer, Failure):
            return Reply(failure=answer)
        self.seconds[entry_point, setting] = self.seconds.get((entry_point, setting), 0.0) + answer.seconds
        return answer

    def train(self, stretch: Stretch, setting: Setting | None = None) -> Trained:
        """Have the worker make steps of gradient descent; whatever the framework does, there is an answer.

        Args:
            stretch: the steps.
            setting: the setting to train in; the worker's first one unless said otherwise.

        Raises:
            WorkerUnavailable: the worker has died and cannot be restarted, or was stopped.
        """
        answer = self._asked(train_request(stretch, setting or self.hello.settings[0]), read_trained)
        return Trained(failure=answer) if isinstance(answer, Failure) else answer

    def _asked(self, request: tuple[Header, list[Array]], read: Callable[[Header, Sequence[Array]], T]) -> T | Failure:
        """Ask one question, and return what is read of the answer; the worker is restarted where there is none."""
        with self._asking:
            if self._channel is None:
                raise self._not_running()
            header, arrays = request
            try:
                return read(*self._channel.exchange(header, arrays, self._limits.call))
            except TimeLimitPassedError:
                limit, printed = self._limits.call, self._channel.printed()
                said = f"no answer within {limit:g} s" + (f"; it printed: {printed}" if printed else "")
                return self._restarted(Failure("hang", "timeout", said, limit))
            except WorkerEndedError:
                how, printed = self._channel.ending()
                return self._restarted(Failure("crash", how, printed))
            except (WireError, ProtocolError) as error:
                return self._restarted(Failure("crash", "protocol error", str(error)))
            except BaseException:
                # Ctrl-C in mid-call: the answer may still come, and would be taken for that to the next question.
                self._end()
                raise

    def _restarted(self, failure: Failure) -> Failure:
        self._end()
        try:
            self._channel, self.hello = self._next()
        except BackendError as error:  # it started before, so what is wrong now is the place, not the backend
            raise WorkerUnavailable(str(error)) from None
        with self._launching:
            if not self._stopped:
                self._starter = self._starter or ThreadPoolExecutor(1)
                self._standby = self._starter.submit(self._launched)
                return failure
        self._end()
        raise self._not_running()

    def _next(self) -> tuple[Channel, Hello]:
        """Return the process that stands by, once it is ready; a new one where there is none that runs."""
        standby, self._standby = self._standby, None
        if standby is not None and standby.exception() is None:
            channel, hello = standby.result()
            if channel.is_running:
                return channel, hello
            self._discard(channel)
        return self._launched()

    def _launched(self) -> tuple[Channel, Hello]:
        """Start a process and hear what it offers."""
        with self._launching:  # what is not stopped here is seen by `stop`
            if self._stopped:
                raise self._not_running()
            channel = _started(self._spec, self._limits)
            self._running.append(channel)
        try:
            return channel, _heard(channel, self._spec, self._limits)
        except BaseException as error:
            self._discard(channel)
            if self._stopped and isinstance(error, WorkerUnavailable):
                raise self._not_running() from None
            raise

    def _not_running(self) -> WorkerUnavailable:
        return WorkerUnavailable(f"{self._spec.name}: the worker is not running")

    def _end(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            self._discard(channel)

    def _discard(self, channel: Channel) -> None:
        self._running.remove(channel)
        channel.kill()

    def stop(self) -> None:
        """End the worker; it cannot be asked any more.

        A question that another thread has asked it is not waited for: that thread gets `WorkerUnavailable`.
        """
        with self._launching:
            self._stopped = True
        for starting in list(self._running):
            if starting is not self._channel:  # whoever waits for it hears that it has ended, and closes its pipes
                starting.end_process()
        if self._starter is not None:
            self._starter.shutdown()
        if self._asking.acquire(blocking=False):
            try:
                self._stop_running()
            finally:
                self._asking.release()
        elif (channel := self._channel) is not None:
            # The pipes are the asking thread's: it sees that they have ended, and closes them.
            channel.end_process()

    def _stop_running(self) -> None:
        standby, self._standby = self._standby, None
        if standby is not None and standby.exception() is None:
            self._discard(standby.result()[0])
        if self._channel is not None:
            self._channel.tell_to_stop()
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def open_all(workers: Sequence[Worker]) -> list[BackendError | WorkerUnavailable | None]:
    """Start workers, all at once; return for each of them what went wrong, if anything.

    Raises:
        KeyboardInterrupt: a signal came meanwhile; the workers are stopped.
    """
    with ThreadPoolExecutor(max(1, len(workers))) as threads:
        try:
            with interruptible():
                return list(threads.map(_opened, workers))
        except BaseException:
            for worker in workers:
                worker.stop()
            raise


def _opened(worker: Worker) -> BackendError | WorkerUnavailable | None:
    try:
        worker.open()
    except (BackendError, WorkerUnavailable) as error:
        return error
    return None


def _started(spec: BackendSpec, limits: Limits) -> Channel:
    command = [spec.python, "-c", _BOOTSTRAP, str(_WORKER_FOLDER)]
    try:
        return Channel(command, _environment(os.environ, limits.threads))
    except OSError as error:
        raise WorkerUnavailable(f"{spec.name}: the interpreter {spec.python} cannot be started: {error}") from None


def _heard(channel: Channel, spec: BackendSpec, limits: Limits) -> Hello:
    try:
        header, _ = channel.exchange(hello_request(spec.target, limits.threads), [], limits.hello)
        if header.get("message") == "error":
            raise BackendError(f"{spec.name}: {header['text']}")
        hello = read_hello(header)
    except TimeLimitPassedError:
        raise WorkerUnavailable(f"{spec.name}: the worker did not start within {limits.hello:g} s") from None
    except WorkerEndedError:
        how, printed = channel.ending()
        last = printed.splitlines()[-1] if printed else "it printed nothing"
        raise WorkerUnavailable(f"{spec.name}: the worker ended while it started ({how}): {last}") from None
    except (WireError, ProtocolError) as error:
        raise WorkerUnavailable(f"{spec.name}: {error}") from None
    _require_known_names(hello, spec)
    return hello


def _require_known_names(hello: Hello, spec: BackendSpec) -> None:
    for entry in hello.entry_points:
        arguments = [argument.name for argument in FUNCTIONS[entry.function].arguments]
        for refusal in entry.refusals:
            if refusal.allowed not in ALLOWED or refusal.argument not in arguments:
                raise BackendError(
                    f"{spec.name}: {entry.function} states that it refuses {refusal.argument!r} unless it is "
                    f"{refusal.allowed!r}, which logitproof does not know: choose from {', '.join(ALLOWED)}"
                )
        known = DEFINITIONS[entry.function]
        for deviation in entry.deviations:
            if deviation.definition not in known:
                raise BackendError(
                    f"{spec.name}: {entry.function} states the deviation {deviation.definition!r}, "
                    f"which logitproof does not know: choose from {', '.join(known)}"
                )


def _environment(inherited: Mapping[str, str], threads: int) -> dict[str, str]:
    """Return a worker's environment: threads fixed, graphics processors hidden, and what each framework must have.

    It is the same for all workers: what a user's module computes with, it may import beside what it names.
    """
    libraries = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    counts = (*libraries, *(name for framework in TABLE for name in framework.thread_counts))
    variables = {name: value for framework in TABLE for name, value in framework.defaults.items()}
    variables |= {**inherited, **dict.fromkeys(counts, str(threads)), "CUDA_VISIBLE_DEVICES": "-1"}
    return variables | {name: value for framework in TABLE for name, value in framework.environment.items()}
