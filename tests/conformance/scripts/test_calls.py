"""A script calls an entry point exactly as a worker does: same inputs, same call, same bits out."""

from __future__ import annotations

import pytest
from checkout import PLANTED
from script_calls import SHAPE, call_batches, compare_calls

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.scripts.script import Target

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
