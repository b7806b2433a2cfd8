"""Whatever a backend does to us is an answer, or one clear line."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from worker_samples import ROWS, SOFTMAX, TORCH, answer_of, call_batch, module, softmax_batch

from logitproof.conformance.backends.client import Limits, Worker, WorkerUnavailable, parse_backend

# What may go wrong in a call


@pytest.mark.parametrize(
    ("body", "kind", "what"),
    [
        ("raise ValueError('bad row')", "error", "ValueError"),
        ("raise SystemExit('leaving')", "error", "SystemExit"),
        ("raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
        ("sys.exit(3)", "error", "SystemExit"),
        ("os._exit(3)", "crash", "exit status 3"),
        ("os.kill(os.getpid(), 9)", "crash", "SIGKILL"),
        ("ctypes.string_at(0)", "crash", "SIGSEGV"),
        ("os.abort()", "crash", "SIGABRT"),
        ("time.sleep(1000)", "hang", "timeout"),
        ("while True: pass", "hang", "timeout"),
    ],
)
def test_whatever_a_call_does_is_an_answer_and_the_worker_goes_on(tmp_path, body, kind, what):
    source = (
        "import ctypes, os, sys, time\n"
        + SOFTMAX.lstrip()
        + (
            f"good = softmax\ndef softmax(logits, *, axis):\n    if (logits == 13).any():\n        {body}\n"
            "    return good(logits, axis=axis)\n"
        )
    )
    with Worker.start(module(tmp_path, source), call_timeout=3) as worker:
        failure = worker.evaluate(softmax_batch([[13.0, 1.0]]), "softmax", ["value"]).failure
        assert (failure.kind, failure.type) == (kind, what)
        assert worker.evaluate(softmax_batch(ROWS), "softmax", ["value"]).failure is None


def test_a_segmentation_fault_tells_where_it_happened(tmp_path):
    source = "import ctypes\nframework = 'numpy'\ndef softmax(logits, *, axis): return ctypes.string_at(0)\n"
    assert "kernels.py" in answer_of(module(tmp_path, source)).failure.message


def test_an_error_message_is_bounded(tmp_path):
    source = "framework = 'numpy'\ndef softmax(logits, *, axis): raise ValueError('z' * 10**7)\n"
    assert len(answer_of(module(tmp_path, source)).failure.message) == 2000


def test_what_a_dying_worker_printed_is_kept_up_to_a_bound(tmp_path):
    flood = "os.write(2, b'first' + b'y' * 10**6 + b'last')"
    source = f"import os\nframework = 'numpy'\ndef softmax(logits, *, axis): {flood}; os._exit(1)\n"
    message = answer_of(module(tmp_path, source)).failure.message
    assert message.endswith("last")
    assert len(message) <= 4000


def test_an_exception_without_a_text_is_still_told(tmp_path):
    source = """
    framework = "numpy"
    class Mute(Exception):
        def __str__(self): raise RuntimeError
    def softmax(logits, *, axis): raise Mute
    """
    failure = answer_of(module(tmp_path, source)).failure
    assert failure.type == "Mute"
    assert "RuntimeError" in failure.message


PRINTING = (
    """
import os, sys
print("at import")
os.write(1, b"from C, at import\\n")
sys.stdout.write("more\\n")
sys.stdout.flush()
"""
    + SOFTMAX
    + """
good = softmax
def softmax(logits, *, axis):
    print("x" * 1000)
    os.write(1, bytes(range(256)) * 4000)
    os.write(2, b"y" * 300000)
    sys.__stdout__.write("unflushed")
    return good(logits, axis=axis)
"""
)


def test_nothing_that_is_printed_breaks_the_protocol(tmp_path):
    with Worker.start(module(tmp_path, PRINTING)) as worker:
        for _ in range(5):
            answer = worker.evaluate(softmax_batch(ROWS), "softmax", ["value"])
            assert answer.failure is None
            assert len(answer.outputs) == 2


def test_a_module_that_reads_standard_input_finds_it_empty(tmp_path):
    source = "import sys\nassert sys.stdin.read() == ''\n" + SOFTMAX
    assert answer_of(module(tmp_path, source)).failure is None


def test_a_worker_that_stops_reading_is_a_hang_even_for_a_message_larger_than_the_pipe(tmp_path):
    source = "import time\n" + SOFTMAX + "def softmax(logits, *, axis): time.sleep(1000)\n"
    logits = np.zeros((600, 1000), np.float64)  # 4.8 MB, several pipes full
    assert (
        answer_of(module(tmp_path, source), softmax_batch(logits, "float64"), call_timeout=1.0).failure.kind == "hang"
    )


def test_arrays_larger_than_the_pipe_come_through(tmp_path):
    logits = np.random.default_rng(0).normal(size=(600, 1000))
    answer = answer_of(module(tmp_path, SOFTMAX), softmax_batch(logits, "float64"))
    np.testing.assert_allclose(answer.outputs[0].array.sum(1), 1, rtol=2.0**-53 * 2000)  # 1000 sums of u each, twice


def test_children_of_a_worker_die_with_it(tmp_path):
    pid_file = tmp_path / "pid"
    source = (
        "import subprocess, time\n"
        + SOFTMAX
        + (
            "def softmax(logits, *, axis):\n"
            "    child = subprocess.Popen(['sleep', '1000'])\n"
            f"    open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
            "    time.sleep(1000)\n"
        )
    )
    answer_of(module(tmp_path, source), call_timeout=1.5)
    child = int(pid_file.read_text())
    deadline = time.monotonic() + 5
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid):
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return stat.rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_numpy_has_no_bfloat16(tmp_path):
    with Worker.start(module(tmp_path, SOFTMAX)) as worker:
        assert "bfloat16" not in worker.hello.dtypes
        failure = worker.evaluate(softmax_batch(ROWS, "bfloat16"), "softmax", ["value"]).failure
    assert failure.kind == "unsupported"


# Workers that do not start


@pytest.mark.parametrize(
    ("source", "limit", "what"),
    [
        ("import os\nos._exit(7)\n", 60, "exit status 7"),
        ("import ctypes\nctypes.string_at(0)\n", 60, "SIGSEGV"),
        ("import time\ntime.sleep(1000)\n", 1.5, "did not start within 1.5 s"),
    ],
)
def test_a_worker_that_does_not_start_is_told_in_one_line(tmp_path, source, limit, what):
    with pytest.raises(WorkerUnavailable) as caught:
        Worker.start(module(tmp_path, source), hello_timeout=limit)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_interpreter_that_is_not_there_is_told(tmp_path):
    with pytest.raises(WorkerUnavailable, match="cannot be started"):
        Worker.start(parse_backend("torch", python=str(tmp_path / "python")))


def test_a_worker_that_cannot_be_restarted_is_told(tmp_path):
    spec = module(tmp_path, "import os\n" + SOFTMAX + "def softmax(logits, *, axis): os._exit(1)\n")
    with Worker.start(spec) as worker:
        Path(spec.target).unlink()
        with pytest.raises(WorkerUnavailable, match="cannot be imported"):
            worker.evaluate(softmax_batch(ROWS), "softmax", ["value"])
        with pytest.raises(WorkerUnavailable, match="not running"):
            worker.evaluate(softmax_batch(ROWS), "softmax", ["value"])


def test_an_entry_point_that_is_not_there_is_refused(tmp_path):
    with Worker.start(module(tmp_path, SOFTMAX)) as worker, pytest.raises(ValueError, match="no entry point 'sigmoid'"):
        worker.evaluate(call_batch("sigmoid", "float32", {}), "sigmoid", ["value"])


def test_a_stopped_worker_has_ended(tmp_path):
    with Worker.start(module(tmp_path, "import os\n" + SOFTMAX)) as worker:
        pid = worker.process_id
        assert _runs(pid)
    assert not _runs(pid)
    with pytest.raises(WorkerUnavailable):
        worker.evaluate(softmax_batch(ROWS), "softmax", ["value"])


def test_a_worker_ends_with_its_parent(tmp_path):
    """A parent that is killed closes the pipe; the worker reads its end."""
    import subprocess

    spec = module(tmp_path, SOFTMAX)
    program = (
        "import os\n"
        "from logitproof.conformance.backends.client import Worker, parse_backend\n"
        f"worker = Worker.start(parse_backend({spec.target!r}))\n"
        "print(worker.process_id, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    pid = int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True).stdout)
    deadline = time.monotonic() + 5
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(pid)


def test_an_interrupted_call_ends_the_worker_so_that_no_answer_is_taken_for_another(tmp_path):
    source = (
        "import os, signal, time\n"
        + SOFTMAX
        + ("def softmax(logits, *, axis):\n    os.kill(os.getppid(), signal.SIGINT)\n    time.sleep(1000)\n")
    )
    with Worker.start(module(tmp_path, source), call_timeout=60) as worker:
        pid = worker.process_id
        with pytest.raises(KeyboardInterrupt):
            worker.evaluate(softmax_batch(ROWS), "softmax", ["value"])
        assert not _runs(pid)
        with pytest.raises(WorkerUnavailable):
            worker.evaluate(softmax_batch(ROWS), "softmax", ["value"])


@pytest.mark.parametrize("garbage", [b"\xff" * 64, b"\x02" + bytes(15) + b"{}", bytes(16)])
def test_a_module_that_writes_into_the_protocol_has_crashed(tmp_path, garbage):
    source = (
        "import os\n"
        + SOFTMAX
        + (
            "good = softmax\n"
            "def softmax(logits, *, axis):\n"
            "    if (logits == 13).any():\n"
            "        for number in range(3, 20):\n"
            "            try:\n"
            f"                os.write(number, {garbage!r})\n"
            "            except OSError:\n"
            "                pass\n"
            "    return good(logits, axis=axis)\n"
        )
    )
    with Worker.start(module(tmp_path, source), call_timeout=60) as worker:
        failure = worker.evaluate(softmax_batch([[13.0, 1.0]]), "softmax", ["value"]).failure
        assert (failure.kind, failure.type) == ("crash", "protocol error")
        assert worker.evaluate(softmax_batch(ROWS), "softmax", ["value"]).failure is None


@pytest.mark.framework("torch")
def test_threads_are_what_was_asked_for(tmp_path):
    source = TORCH + (
        "import os\n"
        "def softmax(logits, *, axis):\n"
        "    assert torch.get_num_threads() == 2 and torch.get_num_interop_threads() == 2\n"
        "    assert os.environ['OMP_NUM_THREADS'] == '2'\n"
        "    return torch.softmax(logits, axis)\n"
    )
    assert answer_of(module(tmp_path, source), threads=2).failure is None


# Stopping from another thread


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.3])
def test_a_worker_stopped_in_mid_call_tells_the_asking_thread_and_leaves_no_process(tmp_path, delay):
    sleeping = SOFTMAX.replace("axis):", "axis):\n    time.sleep(60)")
    worker = Worker.start(module(tmp_path, f"import time\n{sleeping}"))
    process = worker.process_id
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(worker.evaluate, softmax_batch(ROWS), "softmax", ["value"])
        time.sleep(delay)
        worker.stop()
        with pytest.raises(WorkerUnavailable, match="not running"):
            asked.result(timeout=10)
    assert worker.process_id is None
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


# Standing by


def _starts(folder, body):
    """A module whose softmax dies on 13, and which writes down the processes that import it."""
    log = folder / "started"
    source = "import os, time\n" + SOFTMAX + f"open({str(log)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
    source += f"good = softmax\ndef softmax(logits, *, axis):\n    if (logits == 13).any(): {body}\n"
    spec = module(folder, source + "    return good(logits, axis=axis)\n")
    return spec, lambda: [int(line) for line in log.read_text(encoding="utf-8").split()]


def _until(condition):
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_after_a_first_death_a_further_process_stands_by_and_takes_over(tmp_path):
    spec, started = _starts(tmp_path, "os._exit(1)")
    with Worker.start(spec) as worker:
        worker.evaluate(softmax_batch(ROWS), "softmax", ["value"])
        assert len(started()) == 1  # where nothing dies, nothing stands by
        worker.evaluate(softmax_batch([[13.0, 1.0]]), "softmax", ["value"])
        _until(lambda: len(started()) == 3)
        standby = next(pid for pid in started()[1:] if pid != worker.process_id)
        worker.evaluate(softmax_batch([[13.0, 1.0]]), "softmax", ["value"])
        assert worker.process_id == standby
        assert worker.evaluate(softmax_batch(ROWS), "softmax", ["value"]).failure is None
        _until(lambda: len(started()) == 4)
    assert not any(map(_runs, started()))


def test_a_process_that_ended_while_it_stood_by_is_no_crash_of_a_call(tmp_path):
    spec, started = _starts(tmp_path, "os._exit(1)")
    with Worker.start(spec) as worker:
        worker.evaluate(softmax_batch([[13.0, 1.0]]), "softmax", ["value"])
        _until(lambda: len(started()) == 3)
        standby = next(pid for pid in started()[1:] if pid != worker.process_id)
        _until(worker._standby.done)
        os.kill(standby, 9)
        _until(lambda: not _runs(standby))
        worker.evaluate(softmax_batch([[13.0, 1.0]]), "softmax", ["value"])
        assert worker.process_id != standby
        assert worker.evaluate(softmax_batch(ROWS), "softmax", ["value"]).failure is None


def test_what_a_crash_prints_is_the_same_in_every_process(tmp_path):
    spec, _ = _starts(tmp_path, "os.abort()")
    with Worker.start(spec) as worker:
        printed = {
            worker.evaluate(softmax_batch([[13.0, 1.0]]), "softmax", ["value"]).failure.message for _ in range(2)
        }
    (message,) = printed
    assert "kernels.py" in message


def test_a_worker_stops_while_it_starts(tmp_path):
    spec = module(tmp_path, "import time\ntime.sleep(1000)\n" + SOFTMAX)
    worker = Worker(spec, Limits(hello=1000))
    with ThreadPoolExecutor(1) as thread:
        opened = thread.submit(worker.open)
        time.sleep(0.5)
        worker.stop()
        with pytest.raises(WorkerUnavailable, match="not running"):
            opened.result(timeout=10)
