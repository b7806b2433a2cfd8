"""In which settings the backends of a record were examined: what is told of one of several says of which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from ..record.model import Check
from ..record.properties import PropertyResult
from ..record.setting import Setting

Place = tuple[str, str]
"""The name and version of a backend."""


def settings_by_backend(
    checks: Iterable[Check], properties: Iterable[PropertyResult] = ()
) -> Mapping[Place, tuple[Setting, ...]]:
    """Return the settings that each backend was examined in, in the order of the record."""
    found: dict[Place, dict[Setting, None]] = {}
    examined: Iterable[Check | PropertyResult] = chain(checks, properties)
    for each in examined:
        found.setdefault((each.backend, each.version), {})[each.setting] = None
    return {place: tuple(settings) for place, settings in found.items()}
