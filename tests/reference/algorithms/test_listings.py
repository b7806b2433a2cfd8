"""The listings of `reference/algorithms/`: without rounding, every form of a quantity is the exact result."""

from __future__ import annotations

import numpy as np
import pytest
from reference_inputs import option_sets, random_call

from logitproof.reference import FORMATS, FUNCTIONS, LITERAL, Call, Status, enclose
from logitproof.reference.bounds.bounds import textbook_machine
from logitproof.reference.bounds.rounding import operands

EVERY = [
    (name, definition, quantity)
    for name, function in FUNCTIONS.items()
    for definition, quantities in function.definitions.items()
    for quantity in quantities
]


@pytest.mark.parametrize(("name", "definition", "quantity"), EVERY)
def test_every_listed_form_is_the_definition(name, definition, quantity):
    """In float64, at numbers of float32: 2^-20 is far above what float64 loses, and far below a wrong formula."""
    function, compared = FUNCTIONS[name], 0
    # What deviates is not said of weights.
    for options in option_sets(name, "float32", (40, 5), seed=5) if definition == LITERAL else [{}]:
        given = random_call(name, "float32", (40, 5), seed=6)
        call = Call.of(
            function, given.arguments, {**given.parameters, **options}, quantity=quantity, definition=definition
        )
        exact = enclose(call, "float64")
        truth = np.ldexp(exact.hi, np.clip(exact.exponent, -2000, 2000).astype(np.int32))
        for listing in (call.asked.textbook, call.asked.attainable or call.asked.textbook):
            with np.errstate(all="ignore"):
                forms = listing(call, *operands(call, textbook_machine(FORMATS["float64"])))
            for form in forms:
                shape = np.broadcast_shapes(form.value.shape, form.error.shape)
                value, error = (call.restored(np.broadcast_to(part, shape)) for part in (form.value, form.error))
                known = (exact.status == Status.FINITE) & np.isfinite(error) & np.isfinite(value)
                near = np.abs(value - truth) <= 2.0**-20 * np.abs(truth) + 4 * error
                assert near[known].all()
                compared += np.count_nonzero(known)
    assert compared > 40
