"""Write the JSON Schemas of record and comparison, as the dataclasses have them, into the package and beside this file.

A version that a release has written never changes again: raise SCHEMA_VERSION in reports/record/model.py instead, and
add the step from the older version to reports/record/upgrades.py.
"""

from __future__ import annotations

from pathlib import Path

from logitproof.reports import SCHEMA_VERSION, record_schema
from logitproof.reports.comparison.model import COMPARISON_SCHEMA_VERSION
from logitproof.reports.schemas import comparison_schema, schema_name, schema_text

HERE = Path(__file__).parent


def main() -> None:
    """Write both copies of both."""
    texts = {
        schema_name(SCHEMA_VERSION): schema_text(record_schema()),
        schema_name(COMPARISON_SCHEMA_VERSION, "comparison"): schema_text(comparison_schema()),
    }
    for folder in (HERE.parents[1] / "reports" / "schemas", HERE):
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
