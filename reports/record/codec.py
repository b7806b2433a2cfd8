"""The record as JSON: written so that it can be read back, read so that nothing odd slips in."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from .model import SCHEMA_VERSION, Record
from .tables import SHARED, Expansion, Tables
from .upgrades import UPGRADES, Raw, upgrade
from .words import brief

MAX_RECORD_BYTES = 1 << 30
"""The largest record.json that is read."""

FIRST_WITH_TABLES = 3
"""The version of the schema that brought tables."""

_PIECE = 1 << 22
"""Bytes read at a time: a reader asked for the limit at once would set that much memory aside."""


class RecordError(ValueError):
    """A record cannot be read: the message says, on one line, which file and what is wrong with it."""


def encode_record(record: Record) -> bytes:
    """Return `record` as JSON, a line per backend, check, discrepancy and entry of a table, having read it back.

    Reading back makes sure that no field has a type the schema does not know, a float among them: msgspec would write
    its NaN as null without a word.

    Raises:
        RecordError: a field of `record` does not fit the schema.
    """
    if record.schema != SCHEMA_VERSION:
        raise RecordError(f"schema {record.schema}, and this release writes schema {SCHEMA_VERSION}")
    tables = Tables()
    try:
        with no_collection():
            sections = [
                b'"%s": %s' % (part.name.encode(), _section(part.name, getattr(record, part.name), tables))
                for part in fields(Record)
            ]
            msgspec.convert(msgspec.to_builtins(replace(record, checks=(), properties=(), discrepancies=())), Record)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise _no_record(error) from None
    return b"{\n" + b",\n".join([*sections, b'"tables": ' + tables.encoded()]) + b"\n}\n"


def _section(name: str, value: object, tables: Tables) -> bytes:
    """Return one key's value as JSON; rows are written with references, having been read back."""
    if name not in SHARED or not isinstance(value, tuple):
        return section(value)

    def line(row: object) -> bytes:
        raw = msgspec.to_builtins(row)
        msgspec.convert(raw, type(row))
        return b"\n" + msgspec.json.encode(tables.shared(name, raw))

    return b"[" + b",".join(map(line, value)) + b"]"


def decode_record(text: bytes) -> Record:
    """Return the record that the JSON `text` holds; one of an older schema comes in the shape of this release's.

    Raises:
        RecordError: it is not JSON, is of a schema that this release does not know, lacks a key of its schema or has
            one too many, or a value does not fit.
    """
    with no_collection():
        return _decoded(text)


def _decoded(text: bytes) -> Record:
    try:
        version = _version(text)
        raw = msgspec.json.decode(text)
        try:
            if version >= FIRST_WITH_TABLES:
                _expand(raw)
            upgrade(raw, version)
        except ValueError as error:
            raise _does_not_fit(version, error) from None
        record = msgspec.convert(raw, Record, strict=True)
        # msgspec ignores unknown keys of dataclasses: what they held is missing when the record is written again.
        if msgspec.json.encode(raw, order="sorted") != msgspec.json.encode(record, order="sorted") and (
            difference := first_difference(raw, msgspec.to_builtins(record), "$")
        ):
            raise _does_not_fit(version, difference)
    except (msgspec.DecodeError, RecursionError) as error:  # a ValidationError is a DecodeError
        raise _no_record(error) from None
    return record


def read_record(path: Path) -> Record:
    """Return the record in the file `path`, or in `record.json` of the folder `path`.

    Raises:
        RecordError: it cannot be read, is too large, or is no record.
    """
    file = path / "record.json" if path.is_dir() else path
    try:
        with file.open("rb") as stream:
            return read_record_stream(stream, str(file))
    except OSError as error:
        raise RecordError(f"{file}: {error.strerror or error}") from None


def read_record_stream(stream: BinaryIO, name: str = "standard input") -> Record:
    """Return the record that `stream` gives up to its end.

    Args:
        stream: gives bytes, as `sys.stdin.buffer` does.
        name: what messages call it.

    Raises:
        RecordError: it cannot be read, is too large, or is no record.
    """
    try:
        return decode_record(limited(stream))
    except OSError as error:
        message = f"{name}: {error.strerror or error}"
    except RecordError as error:
        message = f"{name}: {error}"
    raise RecordError(message)


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the collector of cycles off while many objects are made that have none: it would take most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _expand(raw: Raw) -> None:
    """Put what the tables have in the place of references to it, and take the tables away."""
    if "tables" not in raw:
        raise ValueError("the key $.tables is missing")
    tables = Expansion(raw.pop("tables"), MAX_RECORD_BYTES)
    for name in ("checks", "properties", "discrepancies"):
        rows = raw.get(name)
        for number, row in enumerate(rows if isinstance(rows, list) else ()):
            tables.expand(name, row, f"$.{name}[{number}]")


def _does_not_fit(version: int, difference: object) -> RecordError:
    return RecordError(f"not a record of schema {version}: {brief(str(difference))}")


def _no_record(error: Exception) -> RecordError:
    return RecordError(f"not a record: {brief(str(error))}")


def section(value: object) -> bytes:
    """Return one key's value as JSON, an item of a list to a line."""
    if not isinstance(value, list | tuple):
        return msgspec.json.encode(value)
    return b"[" + b",".join(b"\n" + msgspec.json.encode(item) for item in value) + b"]"


def limited(stream: BinaryIO) -> bytes:
    """Return all that a stream gives.

    Raises:
        RecordError: it is more than is read.
    """
    pieces: list[bytes] = []
    length = 0
    while piece := stream.read(_PIECE):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_RECORD_BYTES:
            raise RecordError(f"larger than {MAX_RECORD_BYTES} bytes")
    return b"".join(pieces)


@dataclass(frozen=True)
class _Head:
    """What every version of the schema has."""

    schema: object = None


def _version(text: bytes) -> int:
    """Return the version of the schema, one that this release reads.

    Raises:
        RecordError: there is none, or a newer one.
        msgspec.DecodeError: the text is not JSON.
        RecursionError: it is nested too deeply.
    """
    version = msgspec.json.decode(text, type=_Head).schema
    if not isinstance(version, int) or isinstance(version, bool) or version < min(UPGRADES):
        raise RecordError(f"not a record: its schema is {brief(repr(version), 60)}, which is no version of it")
    if version > SCHEMA_VERSION:
        raise RecordError(
            f"schema {brief(repr(version), 60)} is newer than this release reads ({SCHEMA_VERSION}): "
            "install a newer logitproof"
        )
    return version


def first_difference(raw: object, built: object, path: str) -> str | None:
    """Return the path of a key of `raw` that `built` lacks; one that `raw` lacks has its default, and is newer."""
    if isinstance(raw, dict) and isinstance(built, dict):
        if surplus := raw.keys() - built.keys():
            return f"unexpected key {path}.{min(surplus)}"
        pairs = ((raw[key], built[key], f"{path}.{key}") for key in raw)
    elif isinstance(raw, list) and isinstance(built, list | tuple):
        pairs = (
            (raw_item, built_item, f"{path}[{i}]")
            for i, (raw_item, built_item) in enumerate(zip(raw, built, strict=True))
        )
    else:
        return None if raw == built else f"{path} is {raw!r}"
    return next((difference for pair in pairs if (difference := first_difference(*pair))), None)
