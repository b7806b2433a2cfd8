"""Environments for other versions of a framework: built once, kept in the user's cache, found again.

    <cache>/environments/<hash of what is installed>/     a virtual environment
    <cache>/requests/<hash of what was asked for>.json    which of them that was

An environment is built in a folder of its own and moved to its place when it is whole, in one step of the file system.
So two runs may build at once, a build that was killed leaves nothing that looks whole, and what it left is removed by
the next one: its lock has ended with it. (A virtual environment may be moved as long as nobody uses its scripts; only
its interpreter is used here.)
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import platformdirs

from logitproof.reports import open_workshop

from ..signals import interruptible
from .installer import Installer, InstallError, installed_in, interpreter
from .requirement import Wanted

_FACTS = "import platform, sys; print(sys.implementation.cache_tag, platform.python_version(), platform.machine())"


@dataclass(frozen=True)
class Environment:
    """A virtual environment that has what was wanted.

    Attributes:
        python: its interpreter.
        installed: everything in it, as "name==version".
        was_built: whether it had to be built now.
    """

    python: str
    installed: tuple[str, ...]
    was_built: bool


@dataclass(frozen=True)
class _Probe:
    """What a request led to, as the cache keeps it."""

    environment: str
    installed: tuple[str, ...]


def default_cache() -> Path:
    """Return the folder of the user's cache that environments are kept in."""
    return platformdirs.user_cache_path("logitproof")


def environment_with(
    wanted: Sequence[Wanted],
    *,
    python: str,
    installer: Installer,
    cache: Path,
    note: Callable[[str], None],
) -> Environment:
    """Return an environment that has what is wanted, built now or found in the cache.

    What is pinned is found again as it is; a range is resolved anew each time, since it may mean something newer now.

    Args:
        wanted: the framework and its companions.
        python: the program to make the environment with.
        installer: makes it.
        cache: where environments are kept.
        note: is told what takes time.

    Raises:
        InstallError: it cannot be built: one line that says what failed and why.
    """
    request = _hash([_facts(python), installer.name, *sorted(one.identity for one in wanted)])
    try:
        if all(one.is_exact for one in wanted) and (cached := _cached(cache, request)) is not None:
            return cached
        note(f"building an environment with {' '.join(one.argument for one in wanted)}")
        return _built(wanted, python, installer, cache, request)
    except OSError as error:
        raise InstallError(f"the cache {cache} cannot be used: {error.strerror or error}") from None


def _facts(python: str) -> str:
    """Tell the kind of interpreter that a program is; environments of different ones are different."""
    try:
        with interruptible():
            process = subprocess.run(  # noqa: S603 - the interpreter the user named
                [python, "-I", "-c", _FACTS], capture_output=True, text=True, timeout=60, check=True
            )
    except (OSError, subprocess.SubprocessError):
        raise InstallError(f"{python}: not a Python interpreter that can be started") from None
    return process.stdout.strip()


def _cached(cache: Path, request: str) -> Environment | None:
    """Look up what was built before; an entry that is damaged, or whose environment is gone, counts as none."""
    try:
        answer = msgspec.json.decode((cache / "requests" / f"{request}.json").read_bytes(), type=_Probe)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    folder = cache / "environments" / answer.environment
    if Path(answer.environment).name != answer.environment or not interpreter(folder).exists():
        return None
    return Environment(str(interpreter(folder)), answer.installed, was_built=False)


def _built(wanted: Sequence[Wanted], python: str, installer: Installer, cache: Path, request: str) -> Environment:
    environments = cache / "environments"
    environments.mkdir(parents=True, exist_ok=True)
    workshop = open_workshop(environments)
    try:
        folder = workshop.folder / "environment"
        installer.create(folder, python)
        installer.install(folder, [one.argument for one in wanted])
        installed = installed_in(folder)
        contents = sorted(f"{one.name} {one.content}" for one in wanted if one.content)
        name = _hash([_facts(python), *installed, *contents])
        target = environments / name
        if not interpreter(target).exists():
            shutil.rmtree(target, ignore_errors=True)  # somebody has cleaned up half of it
            with suppress(OSError):  # another run was first, with the same: its environment serves
                folder.rename(target)
        if not interpreter(target).exists():
            raise InstallError(f"{target}: the environment could not be put in its place")
    finally:
        workshop.remove()
    _write(cache / "requests" / f"{request}.json", msgspec.json.encode(_Probe(name, installed)))
    return Environment(str(interpreter(target)), installed, was_built=True)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as aside:
        aside.write(content)
    Path(name).replace(file)


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
