"""A worker's process and its pipes: one question, one answer, within a time limit."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import IO

from ..worker.wire import PREFIX, Array, Header, WireError, decode, encode

_STDERR_KEPT = 4000
"""How many of the last bytes of standard error are kept: enough for a traceback."""

_CHUNK = 1 << 20
_LARGEST_MESSAGE = 1 << 33
_SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", 1031)
"""Linux's request for a larger pipe; other systems refuse it."""

_GRACE = 2.0
"""Seconds that a process which has closed its pipe, or was told to stop, is given to end by itself."""


class TimeLimitPassedError(Exception):
    """The worker has not answered in time."""


class WorkerEndedError(Exception):
    """The worker has ended, or closed its pipe, instead of answering."""


class Channel:
    """A running worker process, its standard streams and the end of what it printed.

    The pipes are never waited on without a limit: a worker that stops reading, stops writing, or floods its standard
    error cannot block its parent.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the process, in a session of its own so that it can be ended with all its children.

        Raises:
            OSError: the interpreter cannot be started.
        """
        self._process = subprocess.Popen(  # noqa: S603 - the command is the interpreter the user named
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            bufsize=0,
            start_new_session=True,
        )
        self._requests, self._answers, self._errors = (
            _non_blocking(stream) for stream in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._printed = bytearray()
        self._received = bytearray()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._answers, selectors.EVENT_READ)
        self._selector.register(self._errors, selectors.EVENT_READ)

    @property
    def process_id(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def exchange(self, header: Header, arrays: Sequence[Array], timeout: float) -> tuple[Header, list[Array]]:
        """Send a message and return the answer.

        Raises:
            TimeLimitPassedError: there was no whole answer within `timeout` seconds.
            WorkerEndedError: the process ended first.
            WireError: what came is not a message.
        """
        deadline = time.monotonic() + timeout
        pending = memoryview(b"".join(encode(header, arrays)))
        pending = pending[self._write(pending) :]
        if pending:
            self._selector.register(self._requests, selectors.EVENT_WRITE)
        try:
            while True:
                message = self._whole_message()
                if message is not None:
                    return message
                for key, _ in self._selector.select(self._left(deadline)):
                    if key.fd == self._requests:
                        pending = pending[self._write(pending) :]
                        if not pending:
                            self._selector.unregister(self._requests)
                    else:
                        self._read(key.fd)
        finally:
            if self._requests in self._selector.get_map():
                self._selector.unregister(self._requests)

    @staticmethod
    def _left(deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeLimitPassedError
        return left

    def _write(self, pending: memoryview) -> int:
        try:
            return os.write(self._requests, pending)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            raise WorkerEndedError from None

    def _read(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        if descriptor == self._errors:
            self._printed += data
            del self._printed[:-_STDERR_KEPT]
            if not data:
                self._selector.unregister(descriptor)
        elif data:
            self._received += data
        else:
            raise WorkerEndedError

    def _whole_message(self) -> tuple[Header, list[Array]] | None:
        if len(self._received) < PREFIX.size:
            return None
        header_size, body_size = PREFIX.unpack_from(self._received)
        end = PREFIX.size + header_size + body_size
        if end > _LARGEST_MESSAGE:
            raise WireError(f"a message of {end} bytes")
        if len(self._received) < end:
            return None
        middle = PREFIX.size + header_size
        text, body = bytes(self._received[PREFIX.size : middle]), self._received[middle:end]
        del self._received[:end]
        return decode(text, body)

    def ending(self) -> tuple[str, str]:
        """End the process if it still runs; return how it ended, and the last of what it printed."""
        try:
            status = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            return "closed its pipe", self.printed()
        return (f"exit status {status}" if status >= 0 else signal.Signals(-status).name), self.printed()

    def printed(self) -> str:
        """The last lines of what the worker printed to standard error, or C code to standard output."""
        while self._errors in self._selector.get_map():
            before = len(self._printed)
            self._read(self._errors)
            if len(self._printed) in (before, _STDERR_KEPT):
                break
        return self._printed.decode(errors="replace").strip()

    def end_process(self) -> None:
        """End the process and every process it has started; who is exchanging messages with it hears that it ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the process and every process it has started, and close its pipes."""
        self.end_process()
        self._process.wait()
        self._close()

    def tell_to_stop(self) -> None:
        """Tell the worker to end, and give it a while for that."""
        with contextlib.suppress(WorkerEndedError, OSError):
            self._write(memoryview(b"".join(encode({"message": "stop"}, []))))
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)

    def _close(self) -> None:
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _non_blocking(stream: IO[bytes] | None) -> int:
    assert stream is not None
    os.set_blocking(stream.fileno(), False)
    with contextlib.suppress(OSError):  # a system may know no pipe sizes; then big arrays take more round trips
        fcntl.fcntl(stream.fileno(), _SET_PIPE_SIZE, _CHUNK)
    return stream.fileno()
