"""What a record has many times over, written once: tables of arrays, curves and the like, which its rows refer to.

A reference is the number of an entry of a table, counted from 0. Whoever reads a record with `read_record` sees none of
it; other programs follow a reference by `record["tables"]["arrays"][number]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from types import MappingProxyType
from typing import Any

import msgspec

from .array import Array
from .model import Check, Discrepancy, Extreme, OtherAnswer
from .properties import PropertyResult

Raw = dict[str, Any]

ROWS: Mapping[str, type] = MappingProxyType(
    {
        "checks": Check,
        "properties": PropertyResult,
        "discrepancies": Discrepancy,
        "answers": OtherAnswer,
        "arrays": Array,
        "extremes": Extreme,
    }
)
"""What the rows of a section or table are, where a reader knows them as more than what is written."""


def _default(field: Field[Any]) -> object:
    value = field.default if field.default_factory is MISSING else field.default_factory()
    return list(value) if isinstance(value, tuple) else value


USUAL: Mapping[str, Raw] = MappingProxyType(
    {
        section: {
            each.name: _default(each)
            for each in fields(row)
            if (each.default, each.default_factory) != (MISSING, MISSING)
        }
        for section, row in ROWS.items()
    }
)
"""What is left out of a row, since it is as it mostly is: the defaults of the dataclasses."""

SHARED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "checks": {
            "worst_ulps": "extremes",
            "worst_ratio": "extremes",
            "spread": "spreads",
            "batches": "examined",
            "outputs": "outputs",
        },
        "properties": {"worst.inputs.*": "arrays"},
        "discrepancies": {
            "inputs.*": "arrays",
            "answers.*": "answers",
            "extent": "extents",
            "batches": "counts",
        },
        "extremes": {"inputs.*": "arrays"},
        "outputs": {"batches": "stored"},
    }
)
"""By section or table, what its rows have as a reference, and into which table; `*` is every value of a container.

An extreme stands in the row itself, and is written as a row of its own kind.
"""

FOLDED: Mapping[str, tuple[str, tuple[str, ...], str]] = MappingProxyType(
    {
        "answers": ("by", ("backend", "version", "entry_point", "mode", "device"), "callables"),
        "discrepancies": ("origin", ("batch", "case"), "origins"),
        "extremes": ("origin", ("batch", "case"), "origins"),
    }
)
"""By section or table, keys that stand there as one reference: its name, the keys, and the table that has them."""

TABLES = ("arrays", "callables", "answers", "counts", "examined", "extents", "origins", "spreads", "stored", "outputs")
"""The tables, each after those that it refers to."""


class Tables:
    """The tables of a record that is being written."""

    def __init__(self) -> None:
        """Begin with empty ones."""
        self._entries: dict[str, dict[bytes, int]] = {name: {} for name in TABLES}

    def shared(self, section: str, row: Raw) -> Raw:
        """Leave out of a row what is usual, and put references to what it shares with others; `row` is changed."""
        if section in FOLDED:
            key, keys, table = FOLDED[section]
            row[key] = self._reference(table, {each: row.pop(each) for each in keys})
        for key in row.keys() & USUAL.get(section, {}):
            if isinstance(row[key], tuple):
                row[key] = list(row[key])
            if row[key] == USUAL[section][key]:
                del row[key]
        for path, table in SHARED.get(section, {}).items():
            for container, key in _places(row, path.split(".")):
                container[key] = self._reference(table, container[key])
        return row

    def _reference(self, table: str, value: Raw) -> int | Raw:
        if table in ROWS or table in SHARED:
            value = self.shared(table, dict(value))
        if table not in TABLES:
            return value
        entries = self._entries[table]
        return entries.setdefault(msgspec.json.encode(value), len(entries))

    def encoded(self) -> bytes:
        """Return the tables as JSON, an entry to a line."""
        tables = (
            b'"%s": [%s]' % (name.encode(), b",".join(b"\n" + entry for entry in entries))
            for name, entries in self._entries.items()
        )
        return b"{\n" + b",\n".join(tables) + b"\n}"


class Expansion:
    """The tables of a record that is being read."""

    def __init__(self, tables: object, largest: int) -> None:
        """Take the tables as they are decoded.

        Args:
            tables: the tables; they are changed.
            largest: so many bytes may all that rows refer to take as JSON, each time that they do.

        Raises:
            ValueError: they are no such tables, or refer to what is not there.
        """
        if not isinstance(tables, dict) or tables.keys() != set(TABLES):
            raise ValueError(f"$.tables has other keys than {', '.join(TABLES)}")
        self._tables: dict[str, list[Any]] = tables
        self._sizes: dict[str, list[int]] = {}
        self._left = largest
        for name in TABLES:
            if not isinstance(tables[name], list):
                raise ValueError(f"$.tables.{name} is no list")  # noqa: TRY004 - the file is wrong, and no argument
            self._sizes[name] = [len(msgspec.json.encode(entry)) for entry in tables[name]]
            for number, entry in enumerate(tables[name]):
                self._sizes[name][number] += self._put_back(name, entry, f"$.tables.{name}[{number}]")

    def expand(self, section: str, row: object, path: str) -> None:
        """Put what a row refers to in the place of the references; rows that refer to one entry get one object.

        Raises:
            ValueError: a reference leads nowhere, or rows refer to too much in all.
        """
        self._left -= self._put_back(section, row, path)
        if self._left < 0:
            raise ValueError(f"{path}: all that is referred to is too large")

    def _put_back(self, section: str, row: object, path: str) -> int:
        size = 0
        for at, table in SHARED.get(section, {}).items():
            for container, key in _places(row, at.split(".")):
                if table not in TABLES:
                    size += self._put_back(table, container[key], f"{path}.{at}")
                else:
                    container[key], bytes_of_it = self._entry(table, container[key], f"{path}.{at}")
                    size += bytes_of_it
        if section in FOLDED and isinstance(row, dict):
            name, keys, table = FOLDED[section]
            if surplus := row.keys() & set(keys):
                raise ValueError(f"unexpected key {path}.{min(surplus)}")
            entry, bytes_of_it = self._entry(table, row.pop(name, None), f"{path}.{name}")
            row.update(entry if isinstance(entry, dict) else {})
            size += bytes_of_it
        if section in USUAL and isinstance(row, dict):
            for key, usual in USUAL[section].items():
                row.setdefault(key, usual)
        return size

    def _entry(self, table: str, number: object, path: str) -> tuple[object, int]:
        entries = self._tables[table]
        if type(number) is not int or not 0 <= number < len(entries):
            raise ValueError(f"{path} is {number!r}, and the table {table} has {len(entries)} entries")
        return entries[number], self._sizes[table][number]


def _places(row: object, path: list[str]) -> Iterator[tuple[Any, Any]]:
    """Give the containers and keys that a path leads to; none where there is nothing, or nothing of that shape."""
    key, *rest = path
    if key == "*":
        if isinstance(row, dict):
            yield from ((row, each) for each in row)
        elif isinstance(row, list):
            yield from ((row, number) for number in range(len(row)))
    elif isinstance(row, dict) and row.get(key) is not None:
        if rest:
            yield from _places(row[key], rest)
        else:
            yield row, key
