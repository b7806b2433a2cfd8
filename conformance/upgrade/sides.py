"""The two sides of an upgrade: what was typed, the environment that has it, and the backends to examine there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..backends.frameworks import FRAMEWORKS
from ..backends.spec import BackendSpec, parse_backend
from ..errors import UserError
from .environment import environment_with
from .installer import Installer, InstallError
from .requirement import Wanted, framework_of, parse_wanted, with_companions


@dataclass(frozen=True)
class RequestedSide:
    """One side of an upgrade, as it was typed.

    Attributes:
        text: what was typed.
        backends: what to examine there, as `--backend` takes it.
        wanted: what to install; empty where an interpreter was named that has everything.
        python: the program to make the environment with, or that interpreter.
    """

    text: str
    backends: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    python: str


@dataclass(frozen=True)
class PreparedSide:
    """Where one side is examined: its interpreter; or why there is none."""

    wish: RequestedSide
    python: str | None
    trouble: str | None = None

    def specs(self) -> tuple[BackendSpec, ...]:
        """Return the backends to examine, none where there is no interpreter.

        Raises:
            UserError: there is no such module.
        """
        if self.python is None:
            return ()
        try:
            return tuple(parse_backend(name, python=self.python) for name in self.wish.backends)
        except ValueError as error:
            raise UserError(str(error)) from None


def wish_of(text: str, companions: Sequence[str], python: str | None, backends: Sequence[str] = ()) -> RequestedSide:
    """Return what `text` asks for.

    Args:
        text: a requirement, a wheel, a source folder, or NAME@INTERPRETER.
        companions: further requirements for the same environment.
        python: the program to make the environment with; by default the one that runs this.
        backends: what to examine there; by default what the framework brings.

    Raises:
        UserError: it is none of these, or no framework.
    """
    if (spec := _interpreter_named(text)) is not None:
        if companions or python is not None:
            raise UserError(f"{text}: an interpreter is taken as it is: leave --with and --python out for it")
        name = text.partition("@")[0]
        return RequestedSide(text, tuple(backends) or _backends_of(name), (), spec.python)
    wanted = parse_wanted(text)
    framework = framework_of(wanted)
    everything = with_companions([wanted, *map(parse_wanted, companions)])
    return RequestedSide(text, tuple(backends) or _backends_of(framework), everything, python or sys.executable)


def _backends_of(name: str) -> tuple[str, ...]:
    """Return the backends that come with what was named: TensorFlow brings a Keras."""
    return (name, *FRAMEWORKS[name].brings) if name in FRAMEWORKS else (name,)


def _interpreter_named(text: str) -> BackendSpec | None:
    """Return the backend of NAME@INTERPRETER; "torch @ https://…" is a requirement."""
    name, at, program = text.partition("@")
    if not at or "://" in program or name.strip() != name:
        return None
    if not program.startswith((os.sep, ".", "~")) and not Path(program).is_file():
        return None
    try:
        return parse_backend(text)
    except ValueError as error:
        raise UserError(str(error)) from None


def prepared_sides(
    wishes: Sequence[RequestedSide], *, installer: Installer, cache: Path, note: Callable[[str], None]
) -> list[PreparedSide]:
    """Find or build the environments of the sides, one after the other; a failure of one does not hinder the other.

    Builds in threads could not be interrupted: the one that hears Ctrl-C waits for the other's installer.

    Args:
        wishes: the sides.
        installer: makes environments.
        cache: where they are kept.
        note: is told what takes time, and what failed.
    """

    def prepared(wish: RequestedSide) -> PreparedSide:
        if not wish.wanted:
            return PreparedSide(wish, wish.python)
        try:
            environment = environment_with(wish.wanted, python=wish.python, installer=installer, cache=cache, note=note)
        except InstallError as error:
            note(f"cannot install {error}")
            return PreparedSide(wish, None, str(error))
        return PreparedSide(wish, environment.python)

    return [prepared(wish) for wish in wishes]


def optional_in(wish: RequestedSide) -> frozenset[str]:
    """Return the backends that an environment need not have: nobody asked for them by name."""
    return frozenset(wish.backends[1:]) if wish.backends[0] in FRAMEWORKS else frozenset()
