"""Right algorithms in simulated arithmetic: they are right, and so have no cause."""

from __future__ import annotations

import pytest
from cause_judging import judged, names_in

from logitproof.conformance.causes.algorithms.arithmetic import machines
from logitproof.conformance.causes.algorithms.correct import careful


@pytest.mark.parametrize("function", ["softmax", "log_softmax", "logsumexp", "sigmoid", "softplus", "entropy"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_careful_algorithm_has_no_cause(function, dtype):
    correct = careful(function, "value")
    pairs = judged(function, "value", lambda case: correct(case, machines(dtype)[0]), dtype)
    assert not [finding for finding, _ in pairs if finding.judged.severity == "defect"]
    assert names_in(pairs) == set()
