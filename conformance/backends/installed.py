"""Which frameworks are installed here. None is imported."""

from __future__ import annotations

import importlib.metadata
import importlib.util

from .frameworks import FRAMEWORKS, TABLE, FrameworkRow


def installed() -> tuple[str, ...]:
    """Return the names of the frameworks that can be examined here: with the one that they compute with, if any."""
    there = {row.name for row in TABLE if version_of(row) is not None}
    return tuple(name for name, framework in FRAMEWORKS.items() if {name, framework.tensors} <= there)


def version_of(framework: FrameworkRow) -> str | None:
    """Return the version that is installed in this environment; None where there is none."""
    if importlib.util.find_spec(framework.name) is None:
        return None
    for distribution in framework.distributions:
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "of unknown version"
