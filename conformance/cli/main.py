"""The program: one clear line for what is wrong, an exit status, and a command that is imported when it is called."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from ..errors import UserError
from ..signals import interruptible, listen, stop_listening, undisturbed
from ..system import refusal
from .arguments import options_of, shielded

WRONG, INCOMPLETE = 2, 3


def program() -> NoReturn:
    """Be the program: `main` for the whole of this process, which a signal interrupts alike at any time."""
    listen()
    try:
        sys.exit(main())
    finally:
        stop_listening()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    if reason := refusal():
        sys.stderr.write(f"logitproof: {reason}\n")
        return WRONG
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with interruptible():
            options = options_of([shielded(argument) for argument in typed])
            with undisturbed():  # what is half imported cannot be relied on
                run = _command(options.command)
            return run(options, typed)
    except UserError as error:
        _complain(str(error))
        return WRONG
    except KeyboardInterrupt:
        _complain("interrupted")
        return INCOMPLETE
    except Exception:  # noqa: BLE001 - see below; nothing is hidden
        # Python would end with status 1, which here means that a backend has defects.
        sys.stderr.writelines(f"{_clean(line)}\n" for line in traceback.format_exc().splitlines())
        _complain("this is an error of logitproof itself, please report it")
        return INCOMPLETE


def _complain(line: str) -> None:
    sys.stderr.write(f"logitproof: {_clean(' '.join(line.split()))}\n")


def _clean(line: str) -> str:
    """Return a line, parts of which somebody typed, without what would steer the terminal."""
    cleaned: str = import_module("logitproof.reports").clean(line)  # --help needs nothing of it
    return cleaned


def _command(name: str) -> Callable[[argparse.Namespace, Sequence[str]], int]:
    run: Callable[[argparse.Namespace, Sequence[str]], int] = import_module(f".{name}", __package__).main
    return run
