"""Identities that survive a re-run and a new release: hashes of what is examined, not of when or by which version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec
import numpy as np

from .array import Array, array_record
from .hexfloat import hex_of
from .model import Parameter
from .setting import Setting


def check_id(
    *,
    function: str,
    backend: str,
    entry_point: str,
    dtype: str,
    setting: Setting,
    quantity: str,
    parameters: Mapping[str, Parameter],
    input_class: str,
) -> str:
    """Return the id of a check: 16 hex digits of a SHA-256 over its identity; `backend` is a name without version."""
    called = [backend, entry_point, dtype, setting.mode, setting.device]
    return _digest(["check", function, *called, quantity, dict(parameters), input_class])


def property_id(
    *, property_name: str, backend: str, entry_points: Mapping[str, str], dtype: str, setting: Setting
) -> str:
    """Return the id of a property's result: 16 hex digits over what was asked; `backend` is a name without version."""
    return _digest(["property", property_name, backend, dict(entry_points), dtype, setting.mode, setting.device])


def discrepancy_id(check: str, kind: str, case: str) -> str:
    """Return the id of a discrepancy: 16 hex digits over the check's id, the kind of failure and the case."""
    return _digest(["discrepancy", check, kind, case])


def parameter_record(value: object) -> Parameter:
    """Return a keyword's value as the record keeps it: floats as hex text, arrays as `Array`.

    Raises:
        TypeError: `value` is none of the types a keyword of the catalogue can have.
    """
    if isinstance(value, float | np.floating):
        return hex_of(value)
    if isinstance(value, np.ndarray):
        return array_record(value)
    if isinstance(value, np.integer):
        return int(value)
    if value is None or isinstance(value, str | Array) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise TypeError(f"a parameter of type {type(value).__name__} cannot be recorded")


def _digest(identity: list[object]) -> str:
    return hashlib.sha256(msgspec.json.encode(identity, order="sorted")).hexdigest()[:16]
