"""JAX, an older and a current one, in environments of their own."""

from __future__ import annotations

import json

import pytest
from elsewhere import python_with
from script_calls import call_batches, compare_calls
from worker_samples import call_batch

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.cli.main import main
from logitproof.conformance.scripts.script import Target

VERSIONS = ["0.4.38", "0.10.2"]
FUNCTIONS = {"sigmoid", "log_sigmoid", "softplus", "softmax", "log_softmax", "logsumexp"}
NAIVE = """
import jax.numpy as jnp

framework = "jax"


def softmax(logits, *, axis):
    return jnp.exp(logits) / jnp.exp(logits).sum(axis, keepdims=True)
"""

pytestmark = [pytest.mark.slow, pytest.mark.framework]


@pytest.fixture(scope="module", params=VERSIONS)
def python(request):
    return python_with(f"jax=={request.param}")


@pytest.fixture(scope="module")
def worker(python):
    with Worker.start(parse_backend(f"jax@{python}"), call_timeout=60) as started:
        yield started


def test_it_offers_its_functions_in_every_dtype(worker):
    assert {entry.function for entry in worker.hello.entry_points} == FUNCTIONS
    assert worker.hello.dtypes == ("float16", "bfloat16", "float32", "float64")
    assert worker.hello.version in VERSIONS


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_results_come_in_the_dtype_of_the_inputs(worker, dtype):
    batch = call_batch("softmax", dtype, {}, shape=(3, 4))
    answer = worker.evaluate(batch, "jax.nn.softmax", ("value", "gradient:logits"))
    assert answer.failure is None
    assert {output.dtype for output in answer.outputs} == {dtype}
    assert {(output.quantity, output.run) for output in answer.outputs} == {
        ("value", "plain"),
        ("value", "repeat"),
        ("value", "recorded"),
        ("gradient:logits", "recorded"),
        ("gradient:logits", "repeat"),
    }


def test_scripts_get_the_bits_that_the_worker_gets(worker, tmp_path):
    calls = [(entry, batch) for entry in worker.hello.entry_points for batch in call_batches(entry)]
    assert compare_calls(worker, Target("jax"), tmp_path, calls) >= 2 * len(calls)


def test_a_run_examines_it_through_its_own_interpreter(python, tmp_path):
    asked = ["--profile", "smoke", "--dtype", "float32", "--function", "softmax", "--function", "softplus"]
    status = main(["run", "--backend", f"jax@{python}", *asked, "--output", str(tmp_path / "report")])
    record = json.loads((tmp_path / "report" / "record.json").read_text())
    assert (status, record["complete"]) == (0, True)
    (backend,) = record["backends"]
    assert (backend["name"], backend["python"]) == ("jax", python)
    examined = {check["function"] for check in record["checks"] if check["status"] == "examined"}
    assert examined == {"softmax", "softplus"}
    assert {check["status"] for check in record["checks"]} == {"examined"}


def test_a_module_that_computes_with_it_is_examined_there(python, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kernels.py").write_text(NAIVE)
    assert main(["run", "--backend", f"kernels.py@{python}", "--profile", "smoke", "--dtype", "float32"]) == 1
    record = json.loads((tmp_path / "logitproof-report" / "record.json").read_text())
    defects = {(each["function"], each["kind"]) for each in record["discrepancies"] if each["severity"] == "defect"}
    assert {("softmax", "nan"), ("softmax", "beyond bound")} <= defects
