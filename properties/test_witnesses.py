"""Every witness of `.logitproof/witnesses/` against every backend: what was once found wrong must be right now."""

from __future__ import annotations

from typing import Protocol

import pytest


class Witness(Protocol):
    """Inputs on which a backend was found wrong."""

    id: str
    function: str


class Subject(Protocol):
    """A backend under test, as the plugin hands it in."""

    name: str

    def replay(self, witness: Witness) -> list[str]:
        """Examine a witness by every entry point, and return what is wrong, a line each."""


def test_witness(logitproof_witness: Witness, logitproof_backend: Subject) -> None:
    """What a hunt once found wrong is right."""
    if wrong := logitproof_backend.replay(logitproof_witness):
        lines = "\n".join(f"  {line}" for line in wrong)
        pytest.fail(f"witness {logitproof_witness.id} is still there:\n{lines}", pytrace=False)
