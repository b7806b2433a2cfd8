"""A folder to build in, hidden beside what it takes the place of: locked while its builder lives, then swept."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

_BUILDING = ".building-"
_LOCK = "lock"


@dataclass(frozen=True)
class Workshop:
    """A folder that nobody else builds in."""

    folder: Path
    lock: TextIOWrapper

    def leave(self) -> None:
        """Take the lock out of the folder, which is about to be moved to its place."""
        (self.folder / _LOCK).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder and what is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()


def open_workshop(parent: Path) -> Workshop:
    """Make a folder to build in, in `parent`; remove what builders that were killed have left there.

    Raises:
        OSError: the file system refused.
    """
    for older in parent.glob(f"{_BUILDING}*"):
        if _is_abandoned(older):
            shutil.rmtree(older, ignore_errors=True)
    folder = parent / f"{_BUILDING}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    aside = folder / f"{_LOCK}-{os.getpid()}"  # it gets the name that is looked for once it is locked
    lock = aside.open("w", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX)
    aside.rename(folder / _LOCK)
    return Workshop(folder, lock)


def _is_abandoned(folder: Path) -> bool:
    """Whether nobody holds the lock any more, or the process that was to lock it is gone."""
    try:
        with (folder / _LOCK).open("r+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return not _runs(folder.name.removeprefix(_BUILDING).partition("-")[0])
    except OSError:
        return False
    return True


def _runs(process: str) -> bool:
    """Whether a process of that number runs; one that nothing is known of may run."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except (PermissionError, ValueError):
        pass
    return True
