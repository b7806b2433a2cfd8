"""Settings that records of the tests have, and the ids of what is in one."""

from __future__ import annotations

from typing import Any

from logitproof.reports import Setting, check_id

EAGER = Setting("eager", "cpu")
COMPILED = Setting("compiled", "cpu")

_NAMED = ("function", "backend", "entry_point", "dtype", "setting", "quantity", "parameters", "input_class")


def id_of(record: Any) -> str:
    """Return the id of a check whose parts these are."""
    return check_id(**{name: getattr(record, name) for name in _NAMED})
