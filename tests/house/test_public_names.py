"""Names that users import stay: what a part handed on once, it hands on for good, whatever it is called inside."""

from __future__ import annotations

from importlib import import_module

import pytest
from checkout import EXPECTED

NAMES = (EXPECTED / "public-names.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_still_there(name):
    part, _, attribute = name.rpartition(".")
    assert hasattr(import_module(part), attribute)
    assert attribute in import_module(part).__all__
