"""Correct implementations on other algorithms than the frameworks', none accused of a defect.

The modules `tests/kernels/correct_*.py` are examined as any user's backend is, in every format. Weaknesses and
conventions are theirs to have: some sum from left to right in float16.
"""

from __future__ import annotations

import pytest
from checkout import PLANTED

from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reference import FUNCTIONS

pytestmark = pytest.mark.framework("torch", "tensorflow")

BACKENDS = sorted(PLANTED.glob("correct_*.py"))

PROFILE = "ci"
"""The profile by which users are judged, though it takes minutes: a false accusation would cost them more."""


@pytest.fixture(scope="module")
def record():
    return run(RunRequest(backends=tuple(map(str, BACKENDS)), profile=PROFILE, timeout=60.0), Silence())


def _description(discrepancy):
    return (
        f"{discrepancy.function} {discrepancy.quantity} {discrepancy.dtype} {discrepancy.batch} {discrepancy.index}: "
        f"{discrepancy.kind}, got {discrepancy.observed}, exact {discrepancy.expected.decimal}"
    )


@pytest.mark.slow
@pytest.mark.parametrize("module", [path.stem for path in BACKENDS])
def test_a_correct_implementation_is_not_accused(record, module):
    accused = [
        _description(each) for each in record.discrepancies if each.backend == module and each.severity == "defect"
    ]
    assert accused == []


@pytest.mark.slow
@pytest.mark.parametrize("module", [path.stem for path in BACKENDS])
def test_every_function_of_a_correct_module_is_examined(record, module):
    (backend,) = (each for each in record.backends if each.name == module)
    examined = {
        (each.function, each.dtype) for each in record.checks if each.backend == module and each.status == "examined"
    }
    formats = 3 if backend.framework == "numpy" else 4
    assert backend.status == "complete"
    assert len(examined) == formats * len(backend.entry_points)


@pytest.mark.slow
def test_every_function_of_the_catalogue_has_a_correct_implementation_in_each_format(record):
    examined = {(each.function, each.dtype) for each in record.checks if each.status == "examined"}
    assert {function for function, _ in examined} == set(FUNCTIONS)
    assert len(examined) == 4 * len(FUNCTIONS)


@pytest.mark.slow
def test_nothing_about_a_correct_implementation_stays_undecided(record):
    assert [_description(each) for each in record.discrepancies if each.severity == "undecided"] == []
