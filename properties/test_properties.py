"""Every property against every backend that `--logitproof-backend` names."""

from __future__ import annotations

from typing import Protocol

import pytest

from logitproof.properties import Outcome, Plan, Property, PropertyInputs, SearchTarget, broken_text
from logitproof.properties.search.search import search


class Subject(Protocol):
    """A backend under test, as the plugin hands it in."""

    name: str

    def settings(self, prop: Property) -> list[SearchTarget]:
        """Return the entry points and dtypes to try a property on; none where the backend lacks a function of it."""

    def script(self, prop: Property, setting: SearchTarget, given: PropertyInputs, outcome: Outcome) -> str:
        """Return a stand-alone script that shows the property broken."""


def test_property(logitproof_property: Property, logitproof_backend: Subject, logitproof_plan: Plan) -> None:
    """A property holds for every input that Hypothesis thinks of, or the simplest one that breaks it is told."""
    prop, subject = logitproof_property, logitproof_backend
    settings = subject.settings(prop)
    if not settings:
        pytest.skip(f"{subject.name} has no entry point for {' and '.join(prop.functions)}")
    searched = search(prop, settings, logitproof_plan)
    if counterexample := searched.broken:
        text = broken_text(prop, counterexample.outcome, counterexample.given, counterexample.setting.entry_points)
        script = subject.script(prop, counterexample.setting, counterexample.given, counterexample.outcome)
        again = f"--logitproof-seed {logitproof_plan.seed} --logitproof-examples {logitproof_plan.examples}"
        text += f"\n  same search   {again}"
        pytest.fail(f"{text}\n\nA script that shows it:\n\n{script}", pytrace=False)
    if not searched.comparisons:
        pytest.skip("; ".join(searched.unsupported) or "nothing could be compared")
    if searched.deviates:
        entry_points = searched.deviates.setting.entry_points
        pytest.xfail(f"{entry_points} deviates as it states, and otherwise the property holds")
