"""JSON Schemas of record and comparison: made from the dataclasses for today's version, files for older ones."""

from __future__ import annotations

import inspect
import json
from importlib.resources import files
from typing import Any

import msgspec

from .comparison.model import COMPARISON_SCHEMA_VERSION, Comparison
from .record.model import SCHEMA_VERSION, Record

Schema = dict[str, Any]


def record_schema(version: int = SCHEMA_VERSION) -> Schema:
    """Return the JSON Schema (draft 2020-12) of a record.

    Args:
        version: of the record's schema; this release's unless said otherwise.

    Raises:
        ValueError: this release knows no such version.
    """
    if version == SCHEMA_VERSION:
        return schema_of(Record, version)
    if not 1 <= version < SCHEMA_VERSION:
        raise ValueError(f"there is no schema {version}: this release knows 1 to {SCHEMA_VERSION}")
    text = files(__package__).joinpath("schemas", schema_name(version)).read_text(encoding="utf-8")
    schema: Schema = json.loads(text)
    return schema


def comparison_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a comparison."""
    return schema_of(Comparison, COMPARISON_SCHEMA_VERSION)


def schema_name(version: int, what: str = "record") -> str:
    """Return the name of the file that has the schema of a version."""
    return f"{what}-{version}.json"


def schema_text(schema: Schema) -> str:
    """Return a schema as its file has it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schema_of(record: type, version: int) -> Schema:
    """Return the JSON Schema of the dataclass of a record, or comparison; reading one asks for no less and no more."""
    generated = msgspec.json.schema(record)
    parts: dict[str, Schema] = generated["$defs"]
    for part in parts.values():
        _tighten(part)
    whole = parts.pop(record.__name__)
    name = record.__name__.lower()
    whole["properties"]["schema"] = {"const": version}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:logitproof:{name}:{version}",
        **whole,
        "title": f"A {name} of logitproof, schema {version}",
        "$defs": dict(sorted(parts.items())),
    }


def _tighten(part: Schema) -> None:
    """Every key is written, those with a default too, and nothing else is."""
    part["description"] = inspect.cleandoc(part["description"])
    part["required"] = list(part["properties"])
    part["additionalProperties"] = False
    for described in part["properties"].values():
        described.pop("default", None)
