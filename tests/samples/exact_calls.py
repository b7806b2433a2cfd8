"""What the exact results are tried on: every quantity, every format, searched alike in every run."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from logitproof.reference import FORMATS, FUNCTIONS

QUANTITIES = [(function.name, quantity) for function in FUNCTIONS.values() for quantity in function.quantities]
FLOATS = st.sampled_from(sorted(FORMATS))


def searched(examples):
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None)
