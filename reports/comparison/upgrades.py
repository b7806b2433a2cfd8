"""Older comparisons in the shape of today's; here alone is read what they told in words."""

from __future__ import annotations

import msgspec

from ..record.upgrades import RUNS_TOLD, Raw, time_limit_told
from .model import COMPARISON_SCHEMA_VERSION, ComparisonEnvironment


def upgrade(raw: Raw, version: int) -> None:
    """Change the raw JSON of a comparison of an older `version` to that of this release's.

    Version 2 has the environments of a backend as data, and of an example which call showed it and its time limit.

    Raises:
        ValueError: it has a key that its version does not know, or what it has is of another shape.
    """
    if version == COMPARISON_SCHEMA_VERSION:
        return
    for number, backend in enumerate(_objects(raw.get("backends"))):
        if not {"environments", "threads", "variables"} <= backend.keys():
            raise ValueError(f"a key is missing: $.backends[{number}] has environments, threads and variables")
        _upgrade_backend(backend)
    for number, check in enumerate(_objects(raw.get("checks"))):
        for change in _objects(check.get("changes")):
            example = change.get("largest")
            if isinstance(example, dict):
                if surplus := example.keys() & {"run", "time_limit"}:
                    raise ValueError(f"unexpected key $.checks[{number}].changes.largest.{min(surplus)}")
                _upgrade_example(example)
    raw["schema"] = COMPARISON_SCHEMA_VERSION


def _upgrade_backend(backend: Raw) -> None:
    threads, variables, lines = backend.pop("threads"), backend.pop("variables"), backend["environments"]
    if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
        raise ValueError("the environments of a backend are texts")
    if type(threads) is not int or not isinstance(variables, dict):
        raise ValueError("a backend has a number of threads, and variables by name")
    latest = max((number for number, text in enumerate(lines) if text), default=-1)
    backend["environments"] = [
        _environment(text, threads if number == latest else 0, variables if number == latest else {}) if text else None
        for number, text in enumerate(lines)
    ]


def _environment(text: str, threads: int, variables: Raw) -> Raw:
    """Return what a line says: Python's version and the threads, and what else it tells as it stands there."""
    facts = [fact for fact in text.split(", ") if fact not in {f"{name} {value}" for name, value in variables.items()}]
    python = next((fact for fact in facts if fact.startswith("Python ")), "")
    counted = [fact for fact in facts if fact.endswith((" threads", " thread")) and fact.split(" ")[0].isdecimal()]
    environment = ComparisonEnvironment(
        python=python.removeprefix("Python "),
        threads=int(counted[0].split(" ")[0]) if counted else threads,
        build=dict.fromkeys((fact for fact in facts if fact not in (python, *counted)), ""),
        cpu={},
        variables=variables,
    )
    raw: Raw = msgspec.to_builtins(environment)
    return raw


def _upgrade_example(example: Raw) -> None:
    failure = example.get("failure")
    run = RUNS_TOLD.get(failure) if isinstance(failure, str) else None
    limits = [time_limit_told(str(example.get(key))) for key in ("after", "before")] if failure == "hang" else []
    example["run"] = run or "plain"
    example["time_limit"] = next((limit for limit in limits if limit is not None), None)
    if run is not None:
        example["failure"] = ""


def _objects(parts: object) -> list[Raw]:
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
