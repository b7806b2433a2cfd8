"""The training step against every backend: each of 1,000 steps of softmax regression is the exact one."""

from __future__ import annotations

from typing import Protocol

import pytest

from logitproof.properties import TRAINING_STEP, Trainer, Unsupported, check_training


class Subject(Protocol):
    """A backend under test, as the plugin hands it in."""

    name: str
    trainer: Trainer


@pytest.mark.parametrize("dtype", TRAINING_STEP.dtypes)
def test_training_step(logitproof_backend: Subject, dtype: str) -> None:
    """Every step leads from the backend's own weights to where the exact step leads."""
    try:
        outcome = check_training(logitproof_backend.trainer, dtype)
    except Unsupported as error:
        pytest.skip(str(error))
    if outcome.status == "broken":
        text = f"{TRAINING_STEP.statement}\n  not so for {logitproof_backend.name}, {dtype}: {outcome.told}"
        pytest.fail(f"{text}\n  bound from {TRAINING_STEP.bound}", pytrace=False)
