"""Exact results, asked for in one line, and what they are tried on: every quantity, every format, searched alike."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from logitproof.reference import FORMATS, FUNCTIONS, Call, Enclosure, enclose, function_named

QUANTITIES = [(function.name, quantity) for function in FUNCTIONS.values() for quantity in function.quantities]
FLOATS = st.sampled_from(sorted(FORMATS))


def searched(examples):
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None)


def called(function, arguments, parameters, **details) -> Call:
    return Call.of(function_named(function), arguments, parameters, **details)


def enclosed(function, arguments, parameters, *, dtype, **details) -> Enclosure:
    return enclose(called(function, arguments, parameters, **details), dtype)
