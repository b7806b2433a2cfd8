"""Backends that crash or hang again and again: a run ends soon, says what it left out, and still shows the inputs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from logitproof.conformance.backends.deaths import MOST_OF_CLASS, MOST_OF_ENTRY_POINT
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reports import array_value, decode_record, encode_record

STARTED = "started.log"
_PROPERTIES = ("pytest", "-p", "no:cacheprovider", "--pyargs", "logitproof.properties")

ABORTING = """
import os
import numpy as np
framework = "numpy"
open({log!r}, "a").write(".")
def softmax(logits, *, axis):
    if np.isinf(logits).any():
        os.abort()
    terms = np.exp(logits - logits.max(axis, keepdims=True))
    return terms / terms.sum(axis, keepdims=True)
"""

HANGING = """
import time
framework = "numpy"
open({log!r}, "a").write(".")
def sigmoid(x):
    time.sleep(1000)
"""


def _kernel(folder, source):
    path = folder / "kernels.py"
    path.write_text(source.format(log=str(folder / STARTED)), encoding="utf-8")
    return path


def _workers(folder):
    """How many workers imported the module so far."""
    return (folder / STARTED).stat().st_size


def _examined(folder, source, **request):
    asked = {"profile": "smoke", "jobs": 1, **request}
    return run(RunRequest(backends=(str(_kernel(folder, source)),), **asked), Silence())


@pytest.mark.slow
def test_an_entry_point_that_crashes_on_infinities_costs_few_workers_and_shows_a_case_of_each_class(tmp_path):
    record = _examined(tmp_path, ABORTING, profile="ci")
    crashes = [each for each in record.discrepancies if each.kind == "crash"]
    failures = {(each.input_class, each.dtype, each.case) for each in crashes}
    by_class = {name: {each for each in failures if each[0] == name} for name, _, _ in failures}
    assert len(by_class) >= 2
    assert all(1 <= len(each) <= MOST_OF_CLASS for each in by_class.values())
    assert len(failures) <= MOST_OF_ENTRY_POINT
    for each in crashes:
        logits = array_value(each.inputs["logits"])
        assert logits.ndim == 1
        assert np.isinf(logits.astype(np.float64)).any()
    # A first worker, at most four deaths for each case that was found, two for properties, and one that stands by.
    assert _workers(tmp_path) <= 1 + 4 * MOST_OF_ENTRY_POINT + 2 + 1


@pytest.mark.slow
def test_what_is_left_out_after_crashes_stands_in_the_record_and_the_record_repeats_itself(tmp_path):
    first, second = (
        replace(record, run=replace(record.run, started="", finished="", seconds={}))
        for record in (_examined(tmp_path, ABORTING), _examined(tmp_path, ABORTING, jobs=2))
    )
    assert encode_record(first) == encode_record(second)
    assert decode_record(encode_record(first)) == first
    left = {check.id: each for check in first.checks for each in check.unexamined or () if each.kind == "given up"}
    assert all("softmax has crashed or hung" in each.reason for each in left.values())
    statuses = {check.status for check in first.checks if check.id in left}
    assert statuses == {"crash"}
    blameless = left.keys() - {each.check for each in first.discrepancies}
    assert blameless
    assert all(check.reason == "softmax has crashed or hung 6 times" for check in first.checks if check.id in blameless)


@pytest.mark.slow
def test_an_entry_point_that_always_hangs_is_given_up_after_six_inputs(tmp_path):
    record = _examined(tmp_path, HANGING, dtypes=("float32",), timeout=0.5)
    failures = {(each.input_class, each.case) for each in record.discrepancies if each.kind == "hang"}
    assert len(failures) <= MOST_OF_ENTRY_POINT
    assert {check.status for check in record.checks if check.quantity == "value"} == {"hang"}
    assert any("sigmoid has crashed or hung 6 times" in check.reason for check in record.checks)
    assert {each.status for each in record.properties} == {"unsupported"}
    assert _workers(tmp_path) <= 1 + 4 * MOST_OF_ENTRY_POINT + 1


def _command(folder, *words):
    # Where CI is set, pytest says every failure a second time, whole, in its summary.
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER"}}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.slow
def test_a_hunt_leaves_out_what_crashes_and_keeps_the_smallest_input(tmp_path):
    _kernel(tmp_path, ABORTING.replace("np.isinf(logits)", "(np.abs(logits) > 20)"))
    done = _command(tmp_path, "logitproof", "hunt", "--backend", "kernels.py", "--examples", "30", "--seed", "1")
    assert done.returncode == 1
    assert done.stderr.count("it is left out from here on") == 1
    (witness,) = (tmp_path / ".logitproof" / "witnesses").iterdir()
    assert '"crash"' in witness.read_text(encoding="utf-8")
    assert _workers(tmp_path) <= 60


@pytest.mark.slow
def test_the_tests_of_properties_tell_one_input_that_crashes_and_ask_no_more(tmp_path):
    _kernel(tmp_path, ABORTING.replace("np.isinf(logits)", "(logits > 1)"))
    options = ("-rsf", "--logitproof-seed", "0", "-k", "softmax or shift")
    done = _command(tmp_path, *_PROPERTIES, *options, "--logitproof-backend", "kernels.py")
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) <= 2, done.stdout
    assert len(re.findall(r"\n  x +\[[^]]*\] +of shape \(1, \d+\)", done.stdout)) == len(failed), done.stdout
    assert "softmax is not asked any more: softmax has crashed or hung 2 times" in done.stdout
    assert _workers(tmp_path) <= 5
