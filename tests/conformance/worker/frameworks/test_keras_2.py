"""Keras 2, the `tf.keras` of TensorFlow 2.15 and older: another library under the name of Keras 3."""

from __future__ import annotations

import pytest
from elsewhere import python_with
from script_calls import call_batches, compare_calls

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.conformance.scripts.script import Target
from logitproof.conformance.worker.frameworks.registry import framework_named

pytestmark = [pytest.mark.slow, pytest.mark.framework]


class _Silence:
    def begin(self, backends, total):
        pass

    def advance(self, batches=1):
        pass

    def note(self, line):
        pass


@pytest.fixture(scope="module")
def worker():
    with Worker.start(parse_backend(f"keras@{python_with('tensorflow-cpu==2.15.1')}"), call_timeout=60) as started:
        yield started


def test_it_offers_what_keras_3_has_too_but_for_the_operations(worker):
    offered = {(entry.function, entry.name) for entry in worker.hello.entry_points}
    assert worker.hello.version == "2.15.0"
    assert offered < {(entry.function, entry.name) for entry in framework_named("keras").entry_points(None)}
    assert {name.split(".")[1] for _, name in offered} == {"activations", "losses"}


def test_scripts_get_the_bits_that_the_worker_gets(worker, tmp_path):
    calls = [(entry, batch) for entry in worker.hello.entry_points for batch in call_batches(entry)]
    assert compare_calls(worker, Target("keras"), tmp_path, calls) > 5 * len(worker.hello.entry_points)


def test_its_binary_cross_entropy_of_probabilities_follows_the_definition_with_one_more_constant(worker):
    entry_points = tuple(entry.name for entry in worker.hello.entry_points if entry.function == "binary_cross_entropy")
    request = RunRequest(
        backends=(f"keras@{worker.spec.python}",),
        functions=("binary_cross_entropy",),
        entry_points=entry_points,
        dtypes=("float32", "float64"),
        profile="smoke",
    )
    record = run(request, _Silence())
    checks = [check for check in record.checks if check.status == "examined"]
    assert {check.definition for check in checks} >= {"clip-add-1e-7"}
    assert sum(check.elements for check in checks) > 1000
    assert [check.id for check in checks if check.severities.get("defect")] == []
    kinds = {each.kind for each in record.discrepancies if each.severity == "convention"}
    assert "deviation: clip-add-1e-7" in kinds
