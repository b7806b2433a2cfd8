"""From a broken property of a record to the script that shows it."""

from __future__ import annotations

import re

import numpy as np

from logitproof.properties import Given, Property, calls_of, property_named
from logitproof.reports import Backend, Discrepancy, PropertyResult, array_value

from ._property_script import Made, property_script
from ._reproduce import target_of

QUANTITY = "property:"
"""What the quantity of a discrepancy begins with that is a broken property."""


def property_reproduction(found: Discrepancy, result: PropertyResult, backend: Backend) -> str:
    """Return a stand-alone script that shows a broken property.

    Where a property hands the result of one call to another, the script hands over the exact one, rounded: a record
    keeps the inputs of a property, and not what the calls between gave.

    Args:
        found: the discrepancy; records may come from anywhere, so nothing in it is taken for granted.
        result: what became of the property.
        backend: the backend it was found in.

    Raises:
        ValueError: what is recorded does not fit together; the message is one line.
    """
    prop = property_named(found.quantity.removeprefix(QUANTITY))
    given = _given(prop, found)
    if result.entry_points.keys() != set(prop.functions):
        message = f"the entry points of {prop.id} are recorded for other functions"
        raise ValueError(message)
    return property_script(
        prop,
        [Made(call) for call in calls_of(prop, given)],
        entry_points=result.entry_points,
        target=target_of(backend),
        facts=(
            _found_by(found, backend.version),
            found.explanation,
        ),
        failure=result.reason,
        place=found.index,
    )


def _found_by(found: Discrepancy, version: str) -> str:
    """Say where a broken property was found."""
    where = f"{found.backend} {version}, {found.dtype}"
    return f"Found by logitproof in {where}: {found.severity} ({found.kind}), id {found.id}."


def _given(prop: Property, found: Discrepancy) -> Given:
    """Return the inputs with their axis of cases."""
    slots = {slot.name: slot for slot in prop.domain.slots}
    cases = re.fullmatch(r"property/([0-9]{1,6})", found.batch)
    if found.inputs.keys() != slots.keys() or cases is None:
        message = f"the inputs recorded are not those of {prop.id}: {prop.domain.text}"
        raise ValueError(message)
    arrays: dict[str, np.ndarray] = {}
    for name, recorded in found.inputs.items():
        array = array_value(recorded)
        if array is None:
            message = f"the input {name} is not in the record"
            raise ValueError(message)
        arrays[name] = array[None] if cases[1] == "1" and not slots[name].common else array
    given = Given(found.dtype, arrays, frozenset(name for name, slot in slots.items() if slot.common))
    if not prop.domain.admits(given):
        message = f"the inputs recorded are not in the domain of {prop.id}: {prop.domain.text}"
        raise ValueError(message)
    return given
