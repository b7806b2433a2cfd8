"""Wrong kernels that agree with a mistake of the catalogue at some inputs, and not at others: they have no cause."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from cause_judging import STANDARD
from checkout import PLANTED, ROOT
from coincidence_kernels import KERNELS

import logitproof
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run

ASSIGNED = {
    # A row of -inf is shifted by its maximum there, as the cause says.
    "counted twice if first": {"inf - inf in a masked row"},
}
"""What is told, and true, of a kernel besides."""


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_that_is_nearly_a_mistake_is_not_told_to_be_it(name):
    kernel = KERNELS[name]
    with np.errstate(all="ignore"):
        findings = logitproof.examine(
            kernel.value, kernel.function, framework="numpy", vjp=kernel.vjp, dtypes=("float32", "float64")
        )
    defects = [each for each in findings.discrepancies if each.severity == "defect" and each.kind != "missing gradient"]
    assert defects
    assert {each.cause for each in defects} - {None} <= ASSIGNED.get(name, set())
    assert {each.cause for each in findings.discrepancies} - {None} <= ASSIGNED.get(name, set()) | STANDARD


MODULE = """
from coincidence_kernels import KERNELS

framework = "numpy"
softmax_cross_entropy, softmax_cross_entropy_vjp = KERNELS["mass of the rest"].value, KERNELS["mass of the rest"].vjp
softplus, softplus_vjp = KERNELS["zero at NaN"].value, KERNELS["zero at NaN"].vjp
"""


@pytest.mark.slow
def test_a_run_tells_no_cause_by_one_number_of_classes_or_by_nan_inputs_alone(tmp_path):
    (tmp_path / "samples").mkdir()
    shutil.copy(ROOT / "tests" / "samples" / "coincidence_kernels.py", tmp_path / "samples")
    shutil.copytree(PLANTED, tmp_path / "kernels")
    module = tmp_path / "samples" / "coincidences.py"
    module.write_text(MODULE, encoding="utf-8")
    functions = ("softmax_cross_entropy", "softplus")
    record = run(RunRequest((str(module),), functions, dtypes=("float32",), profile="ci"), Silence())
    defects = [each for each in record.discrepancies if each.severity == "defect"]
    assert {(each.function, each.quantity, each.cause) for each in defects} >= {
        ("softmax_cross_entropy", "value", None),
        ("softmax_cross_entropy", "gradient:logits", None),
        ("softplus", "value", None),
        ("softplus", "gradient:x", None),
    }
    assert {each.cause for each in defects} == {None}
