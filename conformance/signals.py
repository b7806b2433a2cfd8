"""SIGINT, SIGTERM and SIGHUP: heard alike, where a command can be ended, and held where it must not be torn.

A program that listens raises `Interruption` inside `interruptible` and nowhere else; what comes at another time is
raised at the next such place. What a signal has interrupted is put down undisturbed: nothing more is raised until an
`interruptible` is entered anew. Without a listener, in another program than ours, nothing is changed.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a program to end."""

_ECHO = 1.0
"""Seconds after a signal in which a further one says the same: `timeout` signals its child, then the whole group."""


class Interruption(KeyboardInterrupt):
    """A signal was heard.

    It is no plain KeyboardInterrupt: Python itself ends, by SIGINT, a program in which one came out of an `exec`.
    """


class _Listener:
    """The handler of the signals."""

    def __init__(self) -> None:
        self._is_open = False
        self._has_come = False
        self._last = -math.inf

    def __call__(self, number: int, frame: object) -> None:
        del frame
        if number == signal.SIGHUP:
            _leave_lost_terminal()
        now = time.monotonic()
        is_echo, self._last = now - self._last < _ECHO, now
        if not is_echo:
            self._has_come = True
            if self._is_open:
                self._raise()

    def forget(self) -> None:
        self._has_come = False

    def _raise(self) -> NoReturn:
        self._is_open = False
        raise Interruption

    @contextmanager
    def turned(self, *, is_open: bool) -> Iterator[None]:
        before, self._is_open = self._is_open, is_open
        try:
            if is_open and self._has_come:
                self._raise()
            yield
        except KeyboardInterrupt:
            self._has_come = self._is_open = False
            raise
        except Exception as error:
            self._is_open = before
            if is_open and self._has_come:  # an import in C may tell it by an exception of its own
                self.forget()
                self._is_open = False
                raise Interruption from error
            raise
        except BaseException:
            self._is_open = before
            raise
        self._is_open = before
        # It came while nothing heard it, or was raised where Python has to pass over it: in a destructor, say.
        if self._has_come and (is_open or before):
            self.forget()
            self._raise()


def listen() -> None:
    """Hear the signals from here to the end of the process; one that is ignored (by `nohup`, say) stays so."""
    listener = _Listener()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, listener)


def stop_listening() -> None:
    """Ignore the signals from here on: the work is done, and the process ends with the status that it has."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def forget() -> None:
    """Forget a signal that was held: it came too late to cut anything short."""
    if (listener := _listener()) is not None:
        listener.forget()


@contextmanager
def interruptible() -> Iterator[None]:
    """Be interrupted by a signal in here, or by one that was held before.

    Raises:
        Interruption: one came.
    """
    listener = _listener()
    if listener is None:
        yield
        return
    with listener.turned(is_open=True):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Be interrupted by no signal in here, save in a `interruptible` of its own."""
    listener = _listener()
    if listener is None:
        yield
        return
    with listener.turned(is_open=False):
        yield


def _listener() -> _Listener | None:
    """Return this program's listener; signals are a matter of the main thread alone."""
    if current_thread() is not main_thread():
        return None
    return next((each for each in map(signal.getsignal, SIGNALS) if isinstance(each, _Listener)), None)


def _leave_lost_terminal() -> None:
    """Write to nowhere from here on, where standard output or error is a terminal that has hung up."""
    for descriptor in (1, 2):
        try:
            os.write(descriptor, b"")
        except OSError:
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
