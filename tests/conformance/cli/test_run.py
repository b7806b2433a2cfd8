"""`logitproof run` with a user's module, from the shell to the files: finished, wrong, interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from logitproof.reports import read_outputs, read_record

SOFTMAX = """
framework = "numpy"
import numpy as np, time
def softmax(logits, *, axis):
    time.sleep({seconds})
    shifted = logits - np.max(logits, axis=axis, keepdims=True)
    exps = np.exp(shifted)
    return (exps / np.sum(exps, axis=axis, keepdims=True)).astype(logits.dtype)
"""


def _start(folder, *arguments):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}
    return subprocess.Popen(
        [sys.executable, "-m", "logitproof", "run", "--profile", "smoke", "--jobs", "1", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _finish(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def _module(folder, text, name="kernels.py"):
    (folder / name).write_text(text)
    return "--backend", name


def test_a_module_is_examined_and_its_outputs_are_kept(tmp_path):
    backend = _module(tmp_path, SOFTMAX.format(seconds=0))
    status, out, err = _finish(_start(tmp_path, *backend, "--function", "softmax", "--dtype", "float32"))
    record = read_record(tmp_path / "logitproof-report")
    assert status in (0, 1), err
    assert record.complete
    examined = [check for check in record.checks if check.status == "examined"]
    assert examined
    for check in examined:
        arrays = read_outputs(tmp_path / "logitproof-report", check.outputs)
        assert sum(array.size for array in arrays.values()) == check.elements
    assert "logitproof-report/record.json" in out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_thing\nframework = 'numpy'\n", "no_such_thing"),
        ("framework = 'numpy'\ndef softmax(:\n", "syntax"),
        ("def softmax(logits, *, axis): return logits\n", "framework"),
        ("framework = 'mxnet'\n", "mxnet"),
        ("raise SystemExit(0)\n", "SystemExit"),
    ],
)
def test_a_module_that_cannot_be_a_backend_is_one_line_with_status_2(tmp_path, text, words):
    status, out, err = _finish(_start(tmp_path, *_module(tmp_path, text)))
    assert (status, out) == (2, ""), err
    assert err.count("\n") == 1
    assert words.lower() in err.lower()
    assert not (tmp_path / "logitproof-report").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_is_finished_and_says_so(tmp_path, number):
    backend = _module(tmp_path, SOFTMAX.format(seconds=0.5))
    process = _start(tmp_path, *backend, "--function", "softmax", "--dtype", "float32")
    assert "examining" in process.stderr.readline()
    time.sleep(6)
    # A terminal sends Ctrl-C to the whole group; a CI job ends the process it has started.
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    status, out, err = _finish(process)
    assert status == 3, err
    assert "Traceback" not in err
    record = read_record(tmp_path / "logitproof-report")
    assert not record.complete
    assert (record.backends[0].status, record.backends[0].reason) == ("cut short", "the run was interrupted")
    assert "not a pass" in out
    assert (tmp_path / "logitproof-report" / "summary.md").read_text().startswith("# logitproof: Incomplete")


_PROPERTIES = ("-p", "no:cacheprovider", "--pyargs", "logitproof.properties")
SLOW_START = 'import time\ntime.sleep(1000)\nframework = "numpy"\ndef sigmoid(x): return x\n'


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("logitproof", "run", "--hello-timeout", "1", "--backend"), 3),
        (("logitproof", "hunt", "--hello-timeout", "1", "--backend"), 3),
        (("pytest", "-x", *_PROPERTIES, "--logitproof-hello-timeout", "1", "--logitproof-backend"), 1),
    ],
)
def test_how_long_a_backend_may_take_to_start_can_be_said(tmp_path, words, status):
    (tmp_path / "kernels.py").write_text(SLOW_START, encoding="utf-8")
    command = [sys.executable, "-m", *words, "kernels.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == status
    assert "the worker did not start within 1 s" in done.stdout + done.stderr
