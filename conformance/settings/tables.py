"""Tables of TOML, read into structs: what does not fit is told by its key, and with what would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar, get_args

import msgspec

from ..errors import UserError, unknown

S = TypeVar("S", bound=msgspec.Struct)


def struct_from(table: Mapping[str, object], into: type[S], title: str) -> S:
    """Return a table of TOML as a struct.

    Args:
        table: the table.
        into: the struct; each of its types has a `Meta` whose description says what is right.
        title: the file, and which of its tables, for messages.

    Raises:
        UserError: a key is unknown or missing, or a value is not what it must be.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(into)}
    for key in table:
        if key not in fields:
            raise UserError(f"{title}: {unknown('key', key, fields)}")
    for key, field in fields.items():
        if field.required and key not in table:
            raise UserError(f"{title}: {key} is missing: {_description(field.type)}")
    values: dict[str, Any] = {}
    for key, value in table.items():
        try:
            # TOML has dates: a string is none.
            values[fields[key].name] = msgspec.convert(value, fields[key].type, builtin_types=(date, datetime))
        except msgspec.ValidationError:
            raise UserError(f"{title}: {key} must be {_description(fields[key].type)}, not {shown(value)}") from None
    return into(**values)


def _description(kind: object) -> str:
    """What a type is described by: the first of its constraints that says so, within `… | None` too."""
    first, *rest = get_args(kind)
    descriptions = (meta.description for meta in rest if isinstance(meta, msgspec.Meta) and meta.description)
    return next(descriptions, None) or _description(first)


def shown(value: object) -> str:
    """Return a value as a message has it: not all of a long one."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
