"""JSON Schemas of record and comparison: made from the dataclasses for today's version, files for older ones."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import msgspec

from .comparison.model import COMPARISON_SCHEMA_VERSION, Comparison
from .record.model import SCHEMA_VERSION, Record
from .record.tables import FOLDED, ROWS, SHARED, TABLES, USUAL

Schema = dict[str, Any]


def record_schema(version: int = SCHEMA_VERSION) -> Schema:
    """Return the JSON Schema (draft 2020-12) of a record.

    Args:
        version: of the record's schema; this release's unless said otherwise.

    Raises:
        ValueError: this release knows no such version.
    """
    if version == SCHEMA_VERSION:
        return _with_tables(schema_of(Record, version))
    return _older(version, SCHEMA_VERSION, "record")


def comparison_schema(version: int = COMPARISON_SCHEMA_VERSION) -> Schema:
    """Return the JSON Schema (draft 2020-12) of a comparison.

    Args:
        version: of the comparison's schema; this release's unless said otherwise.

    Raises:
        ValueError: this release knows no such version.
    """
    if version == COMPARISON_SCHEMA_VERSION:
        return schema_of(Comparison, version)
    return _older(version, COMPARISON_SCHEMA_VERSION, "comparison")


def _older(version: int, newest: int, what: str) -> Schema:
    if not 1 <= version < newest:
        raise ValueError(f"there is no schema {version}: this release knows 1 to {newest}")
    text = files(__package__).joinpath("schemas", schema_name(version, what)).read_text(encoding="utf-8")
    schema: Schema = json.loads(text)
    return schema


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


_REFERENCE = {"type": "integer", "minimum": 0}


def _with_tables(schema: Schema) -> Schema:
    """Return the schema of a record with references in the place of what its tables have."""
    parts = schema["$defs"]
    entries: dict[str, Schema] = {}
    for name, usual in USUAL.items():
        row = parts[ROWS[name].__name__]
        row["required"] = [key for key in row["required"] if key not in usual]
    for name, (key, keys, table) in FOLDED.items():
        row = parts[ROWS[name].__name__]
        folded = {each: row["properties"].pop(each) for each in keys}
        row["properties"] = {key: _REFERENCE, **row["properties"]}
        row["required"] = [key, *(each for each in row["required"] if each not in keys)]
        entries[table] = {"type": "object", "properties": folded, "required": [*keys], "additionalProperties": False}
    for name, paths in SHARED.items():
        for path, table in paths.items():
            row = ROWS[name].__name__ if name in ROWS else name.capitalize()
            if table in TABLES:
                entries[table] = _refer(parts, parts[row], path.split("."))
    tables = {name: {"type": "array", "items": entries[name]} for name in TABLES}
    parts["Tables"] = {
        "title": "Tables",
        "description": "What rows have many times over: they refer to it by its number, counted from 0.",
        "type": "object",
        "properties": tables,
        "required": list(tables),
        "additionalProperties": False,
    }
    schema["properties"]["tables"] = {"$ref": "#/$defs/Tables"}
    schema["required"].append("tables")
    schema["$defs"] = dict(sorted(parts.items()))
    return schema


def _refer(parts: Mapping[str, Schema], part: Schema, path: Sequence[str]) -> Schema:
    """Put a reference at the end of a path into a part of the schema, and return what was there."""
    holder, key = (part, "additionalProperties" if "additionalProperties" in part else "items")
    if path[0] != "*":
        holder, key = part["properties"], path[0]
    described = holder[key]
    choices = [each for each in described.get("anyOf", [described]) if each.get("type") != "null"]
    if len(path) > 1:
        (inner,) = choices
        return _refer(parts, parts[inner["$ref"].rpartition("/")[2]] if "$ref" in inner else inner, path[1:])
    holder[key] = {**_REFERENCE} if "anyOf" not in described else {"anyOf": [_REFERENCE, {"type": "null"}]}
    (whole,) = choices
    return whole
