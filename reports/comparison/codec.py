"""A comparison as JSON: written so that it can be read back, read so that nothing odd slips in."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import msgspec

from ..record.codec import RecordError, first_difference, limited, no_collection, section
from ..record.words import brief
from .model import COMPARISON_SCHEMA_VERSION, Comparison
from .upgrades import upgrade

_HEAD = 200
"""Bytes at the beginning, in which a comparison names its outcome."""


def encode_comparison(comparison: Comparison) -> bytes:
    """Return `comparison` as JSON, a line per backend, check and change of an entry point, having read it back.

    Raises:
        RecordError: a field does not fit the schema.
    """
    parts = (b'"%s": %s' % (part.name.encode(), section(getattr(comparison, part.name))) for part in fields(Comparison))
    text = b"{\n" + b",\n".join(parts) + b"\n}\n"
    decode_comparison(text)
    return text


def decode_comparison(text: bytes) -> Comparison:
    """Return the comparison that the JSON `text` holds.

    Raises:
        RecordError: it is not JSON, is of a schema that this release does not know, lacks a key of its schema or has
            one too many, or a value does not fit.
    """
    with no_collection():
        try:
            raw = msgspec.json.decode(text)
            version = _version(raw)
            try:
                upgrade(raw, version)
            except ValueError as error:
                raise RecordError(f"not a comparison of schema {version}: {brief(str(error))}") from None
            comparison = msgspec.convert(raw, Comparison, strict=True)
            # msgspec ignores unknown keys of dataclasses.
            if msgspec.json.encode(raw, order="sorted") != msgspec.json.encode(comparison, order="sorted") and (
                difference := first_difference(raw, msgspec.to_builtins(comparison), "$")
            ):
                raise RecordError(f"not a comparison of schema {version}: {brief(difference)}")
        except (msgspec.DecodeError, RecursionError) as error:
            raise RecordError(f"not a comparison: {brief(str(error))}") from None
    return comparison


def read_comparison(file: Path) -> Comparison:
    """Return the comparison in a file.

    Raises:
        RecordError: it cannot be read, is too large, or is no comparison.
    """
    try:
        with file.open("rb") as stream:
            return decode_comparison(limited(stream))
    except OSError as error:
        message = f"{file}: {error.strerror or error}"
    except RecordError as error:
        message = f"{file}: {error}"
    raise RecordError(message)


def is_comparison(file: Path) -> bool:
    """Whether a file begins as a comparison does, and not as a record; one that cannot be read does not."""
    try:
        with file.open("rb") as stream:
            return b'"outcome"' in stream.read(_HEAD)
    except OSError:
        return False


def _version(raw: object) -> int:
    version = raw.get("schema") if isinstance(raw, dict) and "titles" in raw else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise RecordError("not a comparison")
    if version > COMPARISON_SCHEMA_VERSION:
        raise RecordError(
            f"schema {brief(repr(version), 60)} is newer than this release reads ({COMPARISON_SCHEMA_VERSION}): "
            "install a newer logitproof"
        )
    return version
