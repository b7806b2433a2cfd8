"""The listings of the reference on simulated floating-point numbers: no more wrong than their bounds say."""

from __future__ import annotations

import numpy as np
import pytest
from reference_inputs import random_call

from logitproof.conformance.causes.algorithms.arithmetic import machines
from logitproof.conformance.causes.algorithms.correct import styles
from logitproof.conformance.causes.algorithms.tape import Number
from logitproof.reference import FUNCTIONS, Call
from logitproof.reference.bounds.bounds import textbook_machine
from logitproof.reference.bounds.rounding import operands

EVERY = [
    (name, definition, quantity)
    for name, function in FUNCTIONS.items()
    for definition, quantities in function.definitions.items()
    for quantity in quantities
]


@pytest.mark.parametrize(("name", "definition", "quantity"), EVERY)
def test_a_listing_computes_within_the_error_that_it_is_said_to_have(name, definition, quantity):
    given = random_call(name, "float64", (30, 5), seed=7)
    call = Call.of(FUNCTIONS[name], given.arguments, given.parameters, quantity=quantity, definition=definition)
    machine, compared = machines("float64")[0], 0
    with np.errstate(all="ignore"):
        bounded = operands(call, textbook_machine(call.format))
        simulated = [Number(each.value, machine) for each in bounded]
        for listing in (call.asked.textbook, call.asked.attainable or call.asked.textbook):
            for form, result in zip(listing(call, *bounded), listing(call, *simulated), strict=True):
                value, error, computed = np.broadcast_arrays(form.value, form.error, result.data)
                known = np.isfinite(value) & np.isfinite(error) & np.isfinite(computed)
                # The value beside a bound is computed in float64 as well, and may be as wrong.
                assert (np.abs(computed - value) <= 2.5 * error + 1e-13 * np.abs(value))[known].all()
                compared += np.count_nonzero(known)
    assert compared > 20


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_right_algorithm_for_every_quantity(name):
    assert all(styles(name, quantity) for quantity in FUNCTIONS[name].quantities)
