"""The worker's loop: read a message, do it, answer."""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import sys
from threading import Thread
from typing import Any, BinaryIO

import numpy as np

from .backends import open_backend
from .evaluate import evaluate, failure
from .facts import cpu_facts, environment_switches
from .frameworks.registry import BackendError, OpenBackend
from .train import train
from .wire import PROTOCOL, Array, Header, read_message, write_message


def _claim_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for the protocol alone.

    What a framework prints, from Python or from C, then goes to standard error, and what it reads is empty.
    """
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    return requests, answers


class WorkerSession:
    """The state between messages: the backend that `hello` opened."""

    def __init__(self) -> None:
        self._backend: OpenBackend | None = None
        self._functions: dict[str, Any] = {}
        self._entry_points: dict[tuple[str, str], Any] = {}

    def answer(self, request: Header, arrays: list[Array]) -> tuple[Header, list[Array]]:
        """Return the answer to one message."""
        if request["message"] == "hello":
            return self._hello(request), []
        if self._backend is None:
            raise BackendError(f"{request['message']} came before hello")
        if request["message"] == "train":
            return train(self._backend, request, arrays)
        return self._evaluate(self._backend, request, arrays)

    def _hello(self, request: Header) -> Header:
        if request["protocol"] != PROTOCOL:
            raise BackendError(f"this worker speaks protocol {PROTOCOL}, not {request['protocol']}")
        self._functions, threads = request["functions"], request["threads"]
        of = request["framework"], request["of_modules"]
        self._backend = backend = open_backend(request["target"], threads, self._functions, *of)
        self._entry_points = {(entry.function, entry.name): entry for entry in backend.entry_points}
        return {
            "message": "hello",
            "protocol": PROTOCOL,
            "framework": backend.framework.name,
            "version": backend.version,
            "build": {"python": sys.version.split()[0], "numpy": np.__version__, **backend.build},
            "cpu": cpu_facts(),
            "settings": [{"mode": mode, "device": device} for mode, device in backend.framework.settings],
            "dtypes": list(backend.framework.dtypes),
            "threads": threads,
            "environment": environment_switches(os.environ),
            "entry_points": [
                entry.described(tuple(self._functions[entry.function]["real"])) for entry in backend.entry_points
            ],
        }

    def _evaluate(self, backend: OpenBackend, request: Header, arrays: list[Array]) -> tuple[Header, list[Array]]:
        entry_point = self._entry_points[request["function"], request["entry_point"]]
        function = self._functions[request["function"]]
        return evaluate(backend, entry_point, function, request, arrays)


def _end_with_parent(answers: BinaryIO) -> None:
    """End this process and all that it has started once nobody can read its answers any more, even in mid-call."""
    watched = select.poll()
    watched.register(answers, 0)  # for no event: that the other end is closed is always told
    watched.poll()
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main() -> None:
    """Answer messages until `stop` or the end of standard input; end where the parent does."""
    requests, answers = _claim_standard_streams()
    Thread(target=_end_with_parent, args=(answers,), daemon=True).start()
    # Where a segmentation fault happened ends up in the crash's message; of other threads it would name addresses.
    faulthandler.enable(all_threads=False)
    session = WorkerSession()
    while True:
        message = read_message(requests)
        if message is None or message[0]["message"] == "stop":
            # Frameworks' exit handlers may hang or crash, and nothing is left to be saved.
            os._exit(0)
        try:
            header, arrays = session.answer(*message)
        except BaseException as error:  # whatever a framework raises, SystemExit included, is an answer
            header, arrays = {"message": "error", **failure(error)}, []
        write_message(answers, header, arrays)
