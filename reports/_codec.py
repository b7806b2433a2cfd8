"""The record as JSON: written so that it can be read back, read so that nothing odd slips in."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import msgspec

from ._record import SCHEMA_VERSION, Record

MAX_RECORD_BYTES = 1 << 30
"""The largest record.json that is read."""


class RecordError(ValueError):
    """A record cannot be read: the message says which file and what is wrong with it."""


def encode_record(record: Record) -> bytes:
    """Return `record` as JSON, a line per backend, check and discrepancy, having read it back.

    Reading back makes sure that no field has a type the schema does not know, a float among them: msgspec would write
    its NaN as null without a word.

    Raises:
        RecordError: a field of `record` does not fit the schema.
    """
    sections = (b'"%s": %s' % (part.name.encode(), _section(getattr(record, part.name))) for part in fields(Record))
    text = b"{\n" + b",\n".join(sections) + b"\n}\n"
    _decoded(text)
    return text


def decode_record(text: bytes) -> Record:
    """Return the record that the JSON `text` holds.

    Raises:
        RecordError: it is not JSON, is of another schema version, lacks a key or has one too many, or a value does
            not fit.
    """
    record = _decoded(text)
    # msgspec ignores unknown keys of dataclasses: what they held is missing when the record is written again.
    raw = msgspec.json.decode(text)
    if msgspec.json.encode(raw, order="sorted") != msgspec.json.encode(record, order="sorted"):
        message = f"not a record of schema {SCHEMA_VERSION}: {_first_difference(raw, msgspec.to_builtins(record), '$')}"
        raise RecordError(message)
    return record


def read_record(path: Path) -> Record:
    """Return the record in the file `path`, or in `record.json` of the folder `path`.

    Raises:
        RecordError: it cannot be read, is too large, or is no record.
    """
    file = path / "record.json" if path.is_dir() else path
    try:
        return decode_record(_limited(file))
    except OSError as error:
        message = f"{file}: {error.strerror or error}"
        raise RecordError(message) from None
    except RecordError as error:
        message = f"{file}: {error}"
        raise RecordError(message) from None


def record_schema() -> dict[str, Any]:
    """Return the JSON schema of a record, made from the dataclasses themselves."""
    return msgspec.json.schema(Record)


def _section(value: object) -> bytes:
    if not isinstance(value, list | tuple):
        return msgspec.json.encode(value)
    return b"[" + b",".join(b"\n" + msgspec.json.encode(item) for item in value) + b"]"


def _limited(file: Path) -> bytes:
    if file.stat().st_size > MAX_RECORD_BYTES:
        message = f"larger than {MAX_RECORD_BYTES} bytes"
        raise RecordError(message)
    return file.read_bytes()


def _decoded(text: bytes) -> Record:
    try:
        _check_version(msgspec.json.decode(text, type=_Head).schema)
        return msgspec.json.decode(text, type=Record, strict=True)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"not a record: {error}"
        raise RecordError(message) from None


@dataclass(frozen=True)
class _Head:
    """What every version of the schema has."""

    schema: object = None


def _check_version(version: object) -> None:
    if version != SCHEMA_VERSION:
        message = f"schema {version!r}, and this release reads schema {SCHEMA_VERSION}"
        raise RecordError(message)


def _first_difference(raw: object, built: object, path: str) -> str | None:
    """Return the path of a key that only one of the two has."""
    if isinstance(raw, dict) and isinstance(built, dict):
        if surplus := raw.keys() ^ built.keys():
            return f"unexpected or missing key {path}.{min(surplus)}"
        pairs = ((raw[key], built[key], f"{path}.{key}") for key in raw)
    elif isinstance(raw, list) and isinstance(built, list | tuple):
        pairs = ((left, right, f"{path}[{i}]") for i, (left, right) in enumerate(zip(raw, built, strict=True)))
    else:
        return None if raw == built else f"{path} is {raw!r}"
    return next((found for pair in pairs if (found := _first_difference(*pair))), None)
