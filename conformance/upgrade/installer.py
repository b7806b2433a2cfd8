"""Making a virtual environment and installing into it: with venv and pip, or with uv."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from packaging.utils import canonicalize_name

from ..signals import interruptible, undisturbed

_LONGEST_REASON = 300
"""How many characters of an installer's error are passed on."""

_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|Max retries exceeded"
    r"|Failed to establish a new connection|dns error|client error \(Connect\)|Could not connect"
)
_NO_SPACE = re.compile(r"No space left on device|Errno 28|Disk quota exceeded")

_ADMINISTRATION = ("pip", "setuptools", "wheel")
"""What an environment may have from its making, whether or not anything needs it."""

_LIST = """\
import importlib.metadata, json
print(json.dumps(sorted({(one.metadata["Name"], one.version) for one in importlib.metadata.distributions()})))
"""


class InstallError(Exception):
    """An environment cannot be made: one line that says what failed and why."""


class Installer(Protocol):
    """Makes environments."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    def create(self, folder: Path, python: str) -> None:
        """Make an empty environment in `folder`, of the Python that the program `python` is.

        Raises:
            InstallError: it cannot be made.
        """

    def install(self, folder: Path, arguments: Sequence[str]) -> None:
        """Install requirements and absolute paths into the environment in `folder`.

        Raises:
            InstallError: one of them cannot be found, built or written.
        """


@dataclass(frozen=True)
class Pip:
    """venv and the pip that comes with it; the user's own settings (index, proxy, certificates) hold."""

    name: str = "pip"

    def create(self, folder: Path, python: str) -> None:
        """See `Installer`."""
        _run([python, "-m", "venv", str(folder)], f"a virtual environment of {python}")

    def install(self, folder: Path, arguments: Sequence[str]) -> None:
        """See `Installer`."""
        quiet = ("--no-input", "--disable-pip-version-check", "--progress-bar", "off")
        command = [str(interpreter(folder)), "-m", "pip", "install", *quiet, *arguments]
        _run(command, " ".join(map(_shown, arguments)))


@dataclass(frozen=True)
class Uv:
    """uv, which is faster; its own settings hold."""

    name: str = "uv"

    def create(self, folder: Path, python: str) -> None:
        """See `Installer`."""
        _run(["uv", "venv", "--quiet", "--python", python, str(folder)], f"a virtual environment of {python}")

    def install(self, folder: Path, arguments: Sequence[str]) -> None:
        """See `Installer`."""
        command = ["uv", "pip", "install", "--quiet", "--python", str(interpreter(folder)), *arguments]
        _run(command, " ".join(map(_shown, arguments)))


INSTALLERS: Mapping[str, Installer] = MappingProxyType({"pip": Pip(), "uv": Uv()})


def interpreter(folder: Path) -> Path:
    """Return the interpreter of the environment in `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installed_in(folder: Path) -> tuple[str, ...]:
    """Return what an environment holds, as "name==version", without what only administers it.

    Raises:
        InstallError: its interpreter does not work.
    """
    listing = _run([str(interpreter(folder)), "-I", "-c", _LIST], f"the packages in {folder}")
    packages = ((canonicalize_name(name), version) for name, version in json.loads(listing))
    return tuple(sorted(f"{name}=={version}" for name, version in packages if name not in _ADMINISTRATION))


def _run(command: Sequence[str], what: str) -> str:
    """Run a program and return what it printed; it is ended with this process's own interruption."""
    with undisturbed():
        try:
            process = subprocess.Popen(  # noqa: S603 - the arguments are parsed requirements, paths, and our own
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise InstallError(f"{what}: {command[0]} cannot be started: {error.strerror}") from None
        try:
            with interruptible():
                out, err = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if process.returncode != 0:
        raise InstallError(f"{what}: {_reason(out, err, process.returncode)}")
    return out


def _environment() -> dict[str, str]:
    """The user's environment without what would lead another Python astray."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}


def _reason(out: str, err: str, status: int) -> str:
    """Find the line that says why in what an installer printed."""
    everything = f"{out}\n{err}"
    if _NO_SPACE.search(everything):
        return "no space is left on the device"
    if _UNREACHABLE.search(everything):
        return "the package index cannot be reached"
    lines = [line.strip() for line in everything.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(error|×|╰─▶)\b|ERROR:|error:", line)]
    reason = (errors or lines or [f"exit status {status}"])[-1]
    return re.sub(r"^(ERROR|error):\s*", "", reason)[:_LONGEST_REASON]


def _shown(argument: str) -> str:
    return Path(argument).name if os.sep in argument and "://" not in argument else argument


def this_python() -> str:
    """Return the program to make environments with where none is named: the one that runs this."""
    return sys.executable
