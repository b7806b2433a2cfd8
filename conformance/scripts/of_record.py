"""The stand-alone scripts of a record's findings, for the reports that show them."""

from __future__ import annotations

from pathlib import Path

from logitproof.reports import IDENTITY_BROKEN, Discrepancy, Record, findings

from .lookup import Known
from .of_discrepancy import reproduction_of
from .of_property import property_reproduction
from .script import script_for

MOST_SCRIPTS = 200
"""So many findings of a report come with their script; for the others there is `logitproof reproduce`."""


def scripts_for(record: Record, most: int = MOST_SCRIPTS) -> dict[str, str]:
    """Return the script of every finding's example that can have one, by the id of the discrepancy.

    The gravest findings come first, as a report tells them. A finding that no script can show has none: what is
    recorded may not fit together, or be of a corpus that this release does not have.
    """
    scripts: dict[str, str] = {}
    known = Known(record, Path("record.json"), ())
    for example in (finding.example for finding in findings(record)):
        if len(scripts) >= most:
            break
        try:
            scripts[example.id] = script_of(example, known)
        except (ArithmeticError, LookupError, TypeError, ValueError):  # whatever a damaged finding leads to
            continue
    return scripts


def script_of(discrepancy: Discrepancy, known: Known, *, whole_batch: bool = False) -> str:
    """Return the stand-alone script for a discrepancy or a broken property of a record.

    Raises:
        ArithmeticError, LookupError, TypeError, ValueError: there can be none.
    """
    backend = known.backend_of(discrepancy)
    if discrepancy.kind == IDENTITY_BROKEN:
        return property_reproduction(discrepancy, known.property_result(discrepancy), backend)
    apart = known.called_apart(discrepancy)
    return script_for(reproduction_of(discrepancy, backend, whole_batch=whole_batch, apart=apart))
