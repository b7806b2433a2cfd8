"""The catalogue: one entry a function, with all that is known of it."""

from __future__ import annotations

import pytest

from logitproof.reference import DEFINITIONS, FUNCTIONS, LITERAL, function_named

EACH = pytest.mark.parametrize("name", FUNCTIONS)


@EACH
def test_an_entry_is_found_by_its_name(name):
    assert function_named(name).name == name


@EACH
def test_every_definition_says_of_every_quantity_what_it_is_and_how_it_is_computed(name):
    function = FUNCTIONS[name]
    for quantities in function.definitions.values():
        assert set(quantities) == set(function.quantities)


@EACH
def test_the_literal_definition_comes_first_and_has_a_formula_of_every_quantity(name):
    function = FUNCTIONS[name]
    assert DEFINITIONS[name] == tuple(function.definitions)
    assert DEFINITIONS[name][0] == LITERAL
    assert all(quantity.formula for quantity in function.definitions[LITERAL].values())


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="choose from sigmoid, log_sigmoid"):
        function_named("sofmax")
