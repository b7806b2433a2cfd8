"""Older records in the shape of today's: a step for each version of the schema, from its raw JSON to the next one's.

A step only adds what its version did not know. A record that has such a key already is no record of its version. What
was added to this release's version since it was first written is added where it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from .model import SCHEMA_VERSION

Raw = dict[str, Any]
"""A record, or a part of one, as its JSON is decoded: of any shape, until the last step has been checked."""


def upgrade(raw: Raw, version: int) -> Raw:
    """Return the raw JSON of a record of an older `version` as that of this release's; `raw` itself is changed.

    Raises:
        ValueError: it has a key that its version does not know.
    """
    for older in range(version, SCHEMA_VERSION):
        UPGRADES[older](raw)
        raw["schema"] = older + 1
    return raw


def _from_1(raw: Raw) -> None:
    """Version 2 added how errors are spread, by which definition, what was not examined; of a discrepancy its evidence.

    Of the inputs, it added the hashes of those that are not of the corpus; of the run, the seconds that entry points
    took; of the backends, their signatures and which options were called.
    """
    if isinstance(corpus := raw.get("corpus"), dict):
        _add(corpus, "$.corpus", "given", {})
    if isinstance(run := raw.get("run"), dict):
        _add(run, "$.run", "seconds", {})
    for path, backend in _parts(raw, "backends"):
        _add(backend, path, "signatures", {})
        _add(backend, path, "options", [])
    for path, check in _parts(raw, "checks"):
        _add(check, path, "spread", None)
        _add(check, path, "definition", None)
        _add(check, path, "failures", None)
        for number, stored in enumerate(_stored(check)):
            for key in ("whole", "cases"):
                _add(stored, f"{path}.outputs.batches[{number}]", key, None)
        _add(check, path, "batches", [])
        _add(check, path, "unexamined", None)
    for path, result in _parts(raw, "properties"):
        _add(result, path, "unexamined", None)
    for path, discrepancy in _parts(raw, "discrepancies"):
        _add(discrepancy, path, "evidence", None)
        _add(discrepancy, path, "answers", [])
        _add(discrepancy, path, "extent", {})
        _add(discrepancy, path, "largest_ulps", None)
        _add(discrepancy, path, "batches", {})


UPGRADES: Mapping[int, Callable[[Raw], None]] = MappingProxyType({1: _from_1})
"""By version, the step to the next one."""


def _parts(raw: Raw, section: str) -> Iterator[tuple[str, Raw]]:
    """Give the objects in a list of the record; what is none will be refused when all is checked."""
    parts = raw.get(section)
    if isinstance(parts, list):
        for number, part in enumerate(parts):
            if isinstance(part, dict):
                yield f"$.{section}[{number}]", part


def _stored(check: Raw) -> list[Raw]:
    outputs = check.get("outputs")
    batches = outputs.get("batches") if isinstance(outputs, dict) else None
    return [stored for stored in batches if isinstance(stored, dict)] if isinstance(batches, list) else []


def _add(part: Raw, path: str, key: str, value: object) -> None:
    if key in part:
        raise ValueError(f"unexpected key {path}.{key}")
    part[key] = value
