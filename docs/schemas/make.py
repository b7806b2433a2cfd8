"""Write the JSON Schema of the record, as the dataclasses have it, into the package and beside this file.

A version that a release has written never changes again: raise SCHEMA_VERSION in reports/_record.py instead, and add
the step from the older version to reports/_upgrades.py.
"""

from __future__ import annotations

from pathlib import Path

from logitproof.reports import SCHEMA_VERSION, record_schema
from logitproof.reports._schema import schema_name, schema_text

HERE = Path(__file__).parent


def main() -> None:
    """Write both copies."""
    text = schema_text(record_schema())
    for folder in (HERE.parents[1] / "reports" / "schemas", HERE):
        (folder / schema_name(SCHEMA_VERSION)).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
