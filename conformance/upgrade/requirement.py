"""What `upgrade` is asked to install: a requirement, a wheel or a source folder, told from options and tricks.

Nothing of what a user typed reaches pip as it was: a requirement is parsed (PEP 508) and written anew, a path is made
absolute. So no string can be taken for an option of pip, nor lead it to another file than the one that was named.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from ..backends.frameworks import FRAMEWORKS, PROVIDED
from ..errors import UserError

_SCHEMES = ("https", "git+https")
_PINNED = ("==", "===")


@dataclass(frozen=True)
class Wanted:
    """Something to install.

    Attributes:
        name: the distribution's normalised name.
        argument: what pip is given: a requirement written anew, or an absolute path.
        content: SHA-256 of a wheel's bytes; "" where there is none to take.
        is_implied: whether nobody asked for it: it is there for others, and any version that fits will do.
    """

    name: str
    argument: str
    content: str = ""
    is_implied: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether it can only ever mean one thing: a pinned version, or a wheel with these bytes."""
        if self.content or self.is_implied:
            return True
        if os.sep in self.argument:
            return False
        specifiers = list(Requirement(self.argument).specifier)
        return any(one.operator in _PINNED and not one.version.endswith("*") for one in specifiers)

    @property
    def identity(self) -> str:
        """What tells it from everything else: a wheel by its bytes, wherever it lies."""
        return f"{self.name} sha256:{self.content}" if self.content else self.argument


def parse_wanted(text: str) -> Wanted:
    """Return what `text` asks for: "tensorflow-cpu==2.18.1", "./dist/torch-2.14-….whl" or the folder of a source tree.

    Raises:
        UserError: it is neither, or tries to be something else: an option of pip, a file by URL.
    """
    stripped = text.strip()
    if not stripped or not stripped.isprintable() or stripped.startswith("-"):
        raise UserError(f"{text!r} is no requirement: write NAME==VERSION, or the path of a wheel")
    is_path = stripped.startswith((".", "~", os.sep)) or (stripped.endswith(".whl") and "://" not in stripped)
    if is_path:
        return _local(stripped)
    try:
        requirement = Requirement(stripped)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{text!r} is no requirement ({reason}): write NAME==VERSION, or the path of a wheel") from None
    if requirement.url is not None and urlsplit(requirement.url).scheme not in _SCHEMES:
        raise UserError(f"{text!r}: only https addresses are installed from; give a file by its path alone")
    return Wanted(canonicalize_name(requirement.name), str(requirement))


def with_companions(wanted: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Return what is wanted with what a worker needs beside it: PyTorch brings no NumPy, and old ones need an old one.

    Raises:
        UserError: one is wanted without the framework that it computes with here, as Keras does with TensorFlow.
    """
    names = {one.name for one in wanted}
    frameworks = {PROVIDED[name].name: PROVIDED[name] for name in names & PROVIDED.keys()}
    for name, framework in frameworks.items():
        # NumPy comes with whatever computes with it.
        if framework.tensors in FRAMEWORKS and framework.tensors not in frameworks:
            example = FRAMEWORKS[framework.tensors].distributions[0]
            raise UserError(
                f"{name} computes with {framework.tensors} here: name one beside it, e.g. --with {example}==VERSION"
            )
    torch = next((one for one in wanted if one.name == "torch"), None)
    if torch is None or "numpy" in names:
        return tuple(wanted)
    return (*wanted, Wanted("numpy", "numpy<2" if _is_older(torch, _NUMPY_2) else "numpy", is_implied=True))


_NUMPY_2 = Version("2.3")
"""The first PyTorch that was built for NumPy 2."""


def _is_older(wanted: Wanted, than: Version) -> bool:
    """Whether every version that can be meant is older: only a pinned one, or a wheel, can be told."""
    if wanted.content:
        return parse_wheel_filename(Path(wanted.argument).name)[1] < than
    if os.sep in wanted.argument:
        return False
    pins = [one for one in Requirement(wanted.argument).specifier if one.operator in _PINNED]
    return any(Version(one.version.removesuffix(".*")) < than for one in pins)


def framework_of(wanted: Wanted) -> str:
    """Return the framework that a distribution brings.

    Raises:
        UserError: there is no adapter for it.
    """
    try:
        return PROVIDED[wanted.name].name
    except KeyError:
        known = ", ".join(PROVIDED)
        raise UserError(f"{wanted.name} is no framework that is known here: name one of {known}") from None


def _local(text: str) -> Wanted:
    path = Path(text).expanduser()
    if path.suffix == ".whl":
        return _wheel(path)
    return Wanted(_project_name(path), str(path.resolve()))


def _wheel(path: Path) -> Wanted:
    try:
        name, *_ = parse_wheel_filename(path.name)
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    except InvalidWheelFilename:
        raise UserError(f"{path}: not the name of a wheel") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    return Wanted(name, str(path.resolve()), content)


def _project_name(folder: Path) -> str:
    """Return the name in a source folder's pyproject.toml; of an older one its folder's name is taken."""
    try:
        table = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        if (folder / "setup.py").is_file():
            return canonicalize_name(folder.resolve().name)
        raise UserError(f"{folder}: neither a wheel nor a folder with a pyproject.toml or setup.py") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{folder / 'pyproject.toml'} cannot be read: {error}") from None
    name = table.get("project", {}).get("name") if isinstance(table.get("project", {}), dict) else None
    return canonicalize_name(name if isinstance(name, str) else folder.resolve().name)
