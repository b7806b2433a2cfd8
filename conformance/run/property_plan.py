"""Which properties a run puts to which backend."""

from __future__ import annotations

from collections.abc import Mapping

from logitproof.properties import PROPERTIES, STEPS, TRAINING_STEP
from logitproof.reference import FORMATS

from ..backends.frameworks import FRAMEWORKS
from ..backends.protocol import Hello
from ..property_checks.ask import PropertyTask
from ..property_checks.backend import bindings
from .request import RunRequest

BATCHES = {"smoke": 1, "ci": 2, "nightly": 40}
"""How many sizes of input a property is tried on, by profile; a published figure has one."""


TRAINING_STEPS = {"smoke": 0, "ci": 100, "nightly": STEPS}
"""How many steps of training are made, by profile; all of them where training is asked for by name."""


def property_tasks(request: RunRequest, backends: Mapping[str, Hello]) -> list[PropertyTask]:
    """List what a run asks about properties: those whose functions and entry points the request does not leave out."""
    if request.checks:
        return []
    return _of_functions(request, backends) + _of_training(request, backends)


def _of_functions(request: RunRequest, backends: Mapping[str, Hello]) -> list[PropertyTask]:
    return [
        PropertyTask(name, prop.id, binding, setting, dtype, 1 if prop.domain.is_fixed else BATCHES[request.profile])
        for name, hello in backends.items()
        for setting in request.settings.among(hello.settings)
        for prop in PROPERTIES.values()
        if not request.properties or prop.id in request.properties
        if not request.functions or set(prop.functions) <= set(request.functions)
        for binding in bindings(prop, hello)
        if not request.entry_points or all(entry.name in request.entry_points for entry in binding.values())
        for dtype in prop.domain.dtypes or FORMATS
        if not request.dtypes or dtype in request.dtypes
    ]


def _of_training(request: RunRequest, backends: Mapping[str, Hello]) -> list[PropertyTask]:
    """Train the frameworks, unless functions were chosen; a module of functions only where it is asked for by name."""
    asked_for = TRAINING_STEP.id in request.properties
    steps = STEPS if asked_for else TRAINING_STEPS[request.profile]
    if request.functions or request.entry_points or (request.properties and not asked_for) or not steps:
        return []
    return [
        PropertyTask(name, TRAINING_STEP.id, {}, setting, dtype, steps)
        for name, hello in backends.items()
        if asked_for or name in FRAMEWORKS
        for setting in request.settings.among(hello.settings)
        for dtype in TRAINING_STEP.dtypes
        if not request.dtypes or dtype in request.dtypes
    ]
