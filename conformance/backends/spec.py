"""What `--backend` names: a framework, or a user's module."""

from __future__ import annotations

import difflib
import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from .frameworks import FRAMEWORKS


@dataclass(frozen=True)
class BackendSpec:
    """A backend to start.

    Attributes:
        name: how results call it: the framework's name, a module's dotted name, or a file's name without suffix.
        python: the interpreter that has the framework.
        target: what the worker opens: a framework, the absolute path of a module's file, or a module's dotted name.
    """

    name: str
    python: str
    target: str


def parse_backend(text: str, *, python: str = sys.executable) -> BackendSpec:
    """Return the backend that `text` names: "torch", "path/to/kernels.py", "package.module", "torch@/path/to/python".

    Args:
        text: as the command line takes it.
        python: the interpreter to start the worker with.

    Raises:
        ValueError: there is no such framework, file or module; the message says what would be right.
    """
    name, at, program = text.partition("@")
    if at and program:
        return parse_backend(name, python=_interpreter(text, program))
    if text in FRAMEWORKS:
        return BackendSpec(text, python, text)
    if text.endswith(".py") or os.sep in text:
        path = Path(text)
        if not path.is_file():
            raise ValueError(f"backend {text!r}: there is no such file")
        return BackendSpec(path.stem, python, str(path.resolve()))
    if not _may_be_module(text, python):
        raise ValueError(
            f"unknown backend {text!r}: choose {', '.join(FRAMEWORKS)}, the path of a .py file, or a module's name"
        )
    return BackendSpec(text, python, text)


def check_backend(name: str, usable: Sequence[str]) -> None:
    """Refuse a name that can mean nothing; what only a worker can find out, it reports.

    Raises:
        UserError: the framework is not installed, or there is no such framework, file or module.
    """
    if name in FRAMEWORKS and name not in usable:
        raise UserError(f"backend {name!r} is not installed here: {FRAMEWORKS[name].install}")
    try:
        parse_backend(name)
    except ValueError as error:
        near = [] if "@" in name else difflib.get_close_matches(name, list(FRAMEWORKS), n=1)
        raise UserError(f"unknown backend {name!r}: did you mean {near[0]!r}?" if near else str(error)) from None


def _interpreter(text: str, program: str) -> str:
    """Return the absolute path of an interpreter, links kept: an environment is known by the link's place."""
    path = Path(program).expanduser()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise ValueError(f"backend {text!r}: {program} is not a program that can be started")
    return str(path.absolute())


def _may_be_module(text: str, python: str) -> bool:
    parts = text.split(".")
    if not all(part.isidentifier() for part in parts):
        return False
    if python != sys.executable or Path(parts[0]).is_dir() or Path(f"{parts[0]}.py").is_file():
        return True  # only the other interpreter, or the import itself, can tell
    return importlib.util.find_spec(parts[0]) is not None
