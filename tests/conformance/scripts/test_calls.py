"""A script calls an entry point exactly as a worker does: same inputs, same call, same bits out."""

from __future__ import annotations

import pytest
from checkout import PLANTED
from script_calls import SHAPE, call_batches, compare_calls
from script_runner import run_scripts
from setting_samples import EAGER
from worker_samples import call_batch

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.scripts.script import Reproduction, ScriptCall, Target, script_for
from logitproof.conformance.scripts.symptoms import Modified

FRAMEWORKS = ["torch", "tensorflow", "keras"]


@pytest.fixture(scope="module", params=FRAMEWORKS)
def worker(request):
    with Worker.start(parse_backend(request.param), call_timeout=60) as started:
        yield started


@pytest.mark.slow
def test_scripts_get_the_bits_that_the_worker_gets(worker, tmp_path):
    calls = [(entry, batch) for entry in worker.hello.entry_points for batch in call_batches(entry)]
    compared = compare_calls(worker, Target(worker.spec.name), tmp_path, calls)
    assert compared > 10 * len(worker.hello.entry_points)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "module"),
    [
        ("torch", "correct_torch_textbook"),
        ("tensorflow", "correct_tensorflow_custom_gradient"),
        ("numpy", "correct_numpy_textbook"),
    ],
)
def test_scripts_of_a_module_get_the_bits_that_its_worker_gets(framework, module, tmp_path):
    spec = parse_backend(str(PLANTED / f"{module}.py"))
    with Worker.start(spec, call_timeout=60) as worker:
        calls = [
            (entry, batch)
            for entry in worker.hello.entry_points
            for batch in call_batches(entry)
            if batch.dtype in worker.hello.dtypes and batch.arguments[0].shape == SHAPE
        ]
        assert compare_calls(worker, Target(framework, spec.target), tmp_path, calls) > 10


MODIFIES = """
import numpy as np

framework = "numpy"


def softmax(logits, *, axis):
    terms = np.exp(logits - logits.max(axis, keepdims=True))
    return terms / terms.sum(axis, keepdims=True)


def softmax_vjp(cotangent, logits, *, axis):
    p = softmax(logits, axis=axis)
    cotangent -= (cotangent * p).sum(axis, keepdims=True)
    return p * cotangent
"""


def test_a_script_sees_that_a_cotangent_is_changed(tmp_path):
    (tmp_path / "kernels.py").write_text(MODIFIES, encoding="utf-8")
    batch = call_batch("softmax", "float64", {}, shape=(2, 3))
    target = Target("numpy", str(tmp_path / "kernels.py"))
    call = ScriptCall(batch, "softmax", "gradient:logits", Modified())
    (ran,) = run_scripts([script_for(Reproduction("", (), target, EAGER, (call,)))], tmp_path)
    assert (ran.status, "changed inputs: cotangent" in ran.printed) == (1, True)
