"""Older records in the shape of today's: a step for each version of the schema, from its raw JSON to the next one's.

A step only adds what its version did not know. A record that has such a key already is no record of its version. What
was added to a version since it was first written is added where it is missing.

Versions 1 and 2 told in sentences and names what version 3 has as data. Here alone these are read; nothing that this
release writes is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from .hexfloat import hex_of
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
        _add(corpus, "$.corpus", given={})
    if isinstance(run := raw.get("run"), dict):
        _add(run, "$.run", seconds={})
    for path, backend in _parts(raw, "backends"):
        _add(backend, path, signatures={}, options=[])
    for path, check in _parts(raw, "checks"):
        _add(check, path, spread=None, definition=None, failures=None, batches=[], unexamined=None)
        for number, stored in enumerate(_stored(check)):
            _add(stored, f"{path}.outputs.batches[{number}]", whole=None, cases=None)
    for path, result in _parts(raw, "properties"):
        _add(result, path, unexamined=None)
    for path, discrepancy in _parts(raw, "discrepancies"):
        _add(discrepancy, path, evidence=None, answers=[], extent={}, largest_ulps=None, batches={})


def _from_2(raw: Raw) -> None:
    """Version 3 added what the texts of version 2 tell: which call failed, its time limit, how many cases, a link."""
    followed: dict[object, str] = {}
    for path, discrepancy in _parts(raw, "discrepancies"):
        explanation, kind = str(discrepancy.get("explanation")), str(discrepancy.get("kind"))
        links = _LINK.findall(explanation)
        batch = _PROPERTY_BATCH.match(str(discrepancy.get("batch")))
        _add(
            discrepancy,
            path,
            run=_run_told(explanation, str(discrepancy.get("entry_point"))),
            time_limit=time_limit_told(explanation) if kind == "hang" else None,
            cases=int(batch[1]) if batch else 1,
            link=links[0].rstrip(".,;:") if links and discrepancy.get("severity") == "convention" else None,
        )
        if kind.startswith(_DEVIATION):
            followed[discrepancy.get("check")] = kind.removeprefix(_DEVIATION)
    corpus = raw.get("corpus")
    given = corpus.get("given") if isinstance(corpus, dict) else None
    names = {name.split("/", 2)[-1] for name in given} if isinstance(given, dict) else set()
    for path, check in _parts(raw, "checks"):
        if check.get("definition") is None and check.get("id") in followed:
            check["definition"] = followed[check.get("id")]
        for stored in _stored(check):
            if stored.get("whole") is None and (part := _part_told(stored, names)) is not None:
                stored["whole"], stored["cases"] = part
        failures = check.get("failures")
        for number, failure in enumerate(failures if isinstance(failures, list) else ()):
            if isinstance(failure, dict):
                hangs = failure.get("kind") == "hang"
                limit = time_limit_told(str(failure.get("reason"))) if hangs else None
                _add(failure, f"{path}.failures[{number}]", time_limit=limit)
    for path, result in _parts(raw, "properties"):
        _add(result, path, failure=_property_failure_told(result.get("reason"), str(result.get("status"))))


UPGRADES: Mapping[int, Callable[[Raw], None]] = MappingProxyType({1: _from_1, 2: _from_2})
"""By version, the step to the next one."""

_DEVIATION = "deviation: "
_LINK = re.compile(r"https://[^\s()<>\"']+")
_PROPERTY_BATCH = re.compile(r"property/([0-9]{1,6})\Z")
_TIME_LIMIT = re.compile(r"no answer within ([0-9]{1,5}(\.[0-9]{1,5})?) s")
_SOME_CASES = re.compile(
    r"(?P<whole>.+)\[((?P<first>[0-9]{1,9}):(?P<end>[0-9]{1,9})|(?P<each>[0-9]{1,9}(,[0-9]{1,9})*))\]\Z"
)
RUNS_TOLD: Mapping[str, str] = MappingProxyType(
    {"called a second time": "repeat", "while gradients are recorded": "recorded"}
)
"""The calls of a case but for the first, by the words of older records and comparisons."""


def time_limit_told(text: str) -> str | None:
    """Return the seconds that an older text says a call was given, as hex text; None where it does not."""
    match = _TIME_LIMIT.search(text)
    return hex_of(float(match[1])) if match else None


def _run_told(explanation: str, entry_point: str) -> str:
    said = (run for words, run in RUNS_TOLD.items() if f"{entry_point} ({words}) in " in explanation)
    return next(said, "plain")


def _property_failure_told(reason: object, status: str) -> str | None:
    if not isinstance(reason, str) or status not in ("broken", "deviates"):
        return None
    kind = reason.partition(":")[0]
    if kind in ("error", "crash", "hang"):
        return kind
    return "missing gradient" if "gives no" in reason else "shape"


def _part_told(stored: Raw, given: Collection[str]) -> tuple[str, list[list[int]]] | None:
    """Return the batch and its cases that the name of an early stored array tells, if they are as many as its results.

    A batch that was `given`, and is not of the corpus, may only look like a part of another.
    """
    name, shape = stored.get("batch"), stored.get("shape")
    match = _SOME_CASES.match(name) if isinstance(name, str) and name not in given else None
    if match is None:
        return None
    if match["each"] is not None:
        stretches = [[case, case + 1] for case in map(int, match["each"].split(","))]
    else:
        stretches = [[int(match["first"]), int(match["end"])]]
    count = shape[0] if isinstance(shape, list) and shape else 0
    return (match["whole"], stretches) if sum(end - first for first, end in stretches) == count else None


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


def _add(part: Raw, path: str, **added: object) -> None:
    for key, value in added.items():
        if key in part:
            raise ValueError(f"unexpected key {path}.{key}")
        part[key] = value
