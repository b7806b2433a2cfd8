"""A signal at any time keeps what is finished and leaves nothing else: no file, no process, no traceback."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from secrets import token_hex

import pytest

from logitproof.reports import read_record

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REPORT = "logitproof-report"
RUN = ("run", "--backend", "kernels.py", "--profile", "smoke", "--function", "softmax", "--jobs", "2")

# Wrong enough that there is something to confirm, to explain and to tell.
KERNEL = """
import time
import numpy as np
framework = "numpy"
def softmax(logits, *, axis):
    {body}
    with np.errstate(all="ignore"):
        terms = np.exp(logits)
        return (terms / terms.sum(axis, keepdims=True)).astype(logits.dtype)
"""


class Started:
    """A command in a process group of its own, all of whose processes can be found by a mark in their environment."""

    def __init__(self, folder, *arguments, program=None, body="time.sleep(0.02)", ignored=(), **streams):
        (folder / "tmp").mkdir(exist_ok=True)
        (folder / "kernels.py").write_text(KERNEL.format(body=body), encoding="utf-8")
        self.folder, self.mark = folder, f"logitproof-test-{token_hex(8)}"

        shell = ("sh", "-c", f"trap '' {' '.join(ignored)}; exec \"$@\"", "sh") if ignored else ()
        self.process = subprocess.Popen(
            [*shell, sys.executable, *(program or ("-m", "logitproof")), *arguments],
            cwd=folder,
            env={**_environment(), "MARK": self.mark, "TMPDIR": str(folder / "tmp")},
            text=True,
            start_new_session=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
        )

    def until_it_listens(self):
        """Wait until the program has set its handlers: before, nothing of ours can hear a signal."""
        caught = 1 << (signal.SIGTERM - 1)
        _until(
            lambda: int(_status(self.process.pid).get("SigCgt", "0"), 16) & caught or self.process.poll() is not None
        )

    def send(self, number):
        """Send a signal as `timeout` does: to the program, and at once to the whole group."""
        for send in (os.kill, os.killpg):
            with contextlib.suppress(ProcessLookupError):
                send(self.process.pid, number)

    def finish(self):
        out, err = self.process.communicate(timeout=120)
        return self.process.returncode, out, err

    def processes(self):
        """The processes of the command that are left."""
        return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if self._is_marked(int(folder.name))]

    def _is_marked(self, pid):
        try:
            return self.mark.encode() in Path(f"/proc/{pid}/environ").read_bytes() and _status(pid)["State"][0] != "Z"
        except (OSError, KeyError):
            return False

    def require_nothing_left(self):
        _until(lambda: not self.processes())
        assert self.processes() == []
        assert list((self.folder / "tmp").iterdir()) == []
        assert list(self.folder.glob("**/.*")) == []


def _environment():
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))}


def _status(pid):
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def _until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("delay", [0.0, 0.8, 2.0, 4.0])
def test_a_signal_to_the_group_keeps_what_is_finished_and_leaves_nothing(tmp_path, number, delay):
    started = Started(tmp_path, *RUN)
    started.until_it_listens()
    time.sleep(delay)
    started.send(number)
    status, _, err = started.finish()
    assert "Traceback" not in err
    started.require_nothing_left()
    if not (tmp_path / REPORT).exists():
        assert (status, err.splitlines()[-1]) == (3, "logitproof: interrupted")
        return
    record = read_record(tmp_path / REPORT)
    assert status == (1 if record.complete else 3), err
    assert any("interrupted" in line for line in err.splitlines()) or record.complete


# A signal to the program itself, at one step of its work.

AT = """
import os, signal, sys
from logitproof.conformance.cli import main as _command_line
from logitproof.conformance.run import run as _run
from logitproof.conformance.cli import run as _run_command
from logitproof.reports import ReportFolder
steps = {"starting": (_run, "check_entry_points"), "confirming": (_run, "settle"), "causes": (_run, "cause_stacks"),
         "rendering": (_run_command, "earlier_run"), "publishing": (ReportFolder, "publish"),
         "telling": (_run_command, "run_view")}
place, name = steps[sys.argv.pop(1)]
original = getattr(place, name)
def interrupted(*arguments, **keywords):
    os.kill(os.getpid(), signal.SIGTERM)
    return original(*arguments, **keywords)
setattr(place, name, interrupted)
_command_line.program()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "expected", "is_complete", "has_causes", "pages"),
    [
        ("starting", 3, False, False, True),
        ("confirming", 3, False, False, True),
        ("causes", 3, False, False, True),
        ("rendering", 1, True, True, False),
        ("publishing", 1, True, True, True),
        ("telling", 3, True, True, True),
    ],
)
def test_a_signal_at_any_step_costs_no_more_than_that_step(tmp_path, *, step, expected, is_complete, has_causes, pages):
    started = Started(tmp_path, step, *RUN, "--dtype", "float32", program=("-c", AT), body="pass")
    status, out, err = started.finish()
    assert status == expected, err
    assert "Traceback" not in err
    started.require_nothing_left()
    record = read_record(tmp_path / REPORT)
    assert record.complete == is_complete
    assert any(each.cause for each in record.discrepancies) == has_causes
    assert (tmp_path / REPORT / "report.html").exists() == pages
    assert bool(out) == (step != "telling")


@pytest.mark.slow
def test_a_terminal_that_hangs_up_ends_the_run_and_keeps_what_is_finished(tmp_path):
    master, terminal = pty.openpty()
    program = (
        "import fcntl, sys, termios\n"
        "fcntl.ioctl(2, termios.TIOCSCTTY, 0)\n"
        "from logitproof.conformance.cli.main import program\n"
        "program()\n"
    )
    started = Started(tmp_path, *RUN, program=("-c", program), stdout=terminal, stderr=terminal, stdin=terminal)
    os.close(terminal)
    shown = b""
    while b"kernels" not in shown:
        shown += os.read(master, 4096)
    time.sleep(2)
    os.close(master)
    assert started.process.wait(timeout=60) == 3
    started.require_nothing_left()
    assert not read_record(tmp_path / REPORT).complete


@pytest.mark.slow
def test_signals_that_are_ignored_when_a_run_starts_stay_ignored(tmp_path):
    """`nohup`, and the jobs in the background of a shell."""
    started = Started(tmp_path, *RUN, ignored=("INT", "HUP"), body="pass")
    started.until_it_listens()
    for _ in range(2):
        time.sleep(1.5)
        for number in (signal.SIGINT, signal.SIGHUP):
            started.send(number)
    status, _, err = started.finish()
    assert status == 1, err
    assert read_record(tmp_path / REPORT).complete


@pytest.mark.slow
@pytest.mark.parametrize("body", ["time.sleep(1000)", "while True: pass"])
def test_after_a_kill_no_process_goes_on_and_the_next_run_removes_what_is_left(tmp_path, body):
    stuck = f"if (np.abs(logits) > 30).any():\n        open('stuck', 'w').close()\n        {body}"
    started = Started(tmp_path, *RUN, "--timeout", "1000", "--dtype", "float32", body=stuck)
    _until((tmp_path / "stuck").exists, 60)
    _until(lambda: len(started.processes()) >= 4, 60)  # the program, the worker, and what computes truth
    assert len(started.processes()) >= 4
    started.process.kill()
    started.finish()
    _until(lambda: not started.processes())
    assert started.processes() == []
    assert len(list((tmp_path / REPORT).glob(".building-*"))) == 1
    again = Started(tmp_path, *RUN, "--dtype", "float32", body="pass")
    assert again.finish()[0] == 1
    again.require_nothing_left()


def _script(body):
    """Run a program that listens; its standard output."""
    program = (
        "import os, signal, time\n"
        "from logitproof.conformance.signals import interruptible, listen, undisturbed\n"
        "def send():\n    os.kill(os.getpid(), signal.SIGTERM)\n"
        f"listen()\n{body}"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)


def test_a_signal_is_heard_where_it_may_be_and_held_elsewhere():
    done = _script(
        "with undisturbed():\n"
        "    send()\n"
        "    print('held')\n"
        "    try:\n"
        "        with interruptible():\n"
        "            print('never')\n"
        "    except KeyboardInterrupt:\n"
        "        print('heard')\n"
        "print('whole')\n"
    )
    assert (done.stdout.split(), done.returncode) == (["held", "heard", "whole"], 0)


def test_the_same_signal_a_moment_later_says_nothing_new_and_a_late_one_does():
    done = _script(
        "for pause in (0, 0.1, 1.2):\n"
        "    time.sleep(pause)\n"
        "    try:\n"
        "        with interruptible():\n"
        "            send()\n"
        "            print('whole')\n"
        "    except KeyboardInterrupt:\n"
        "        print('heard')\n"
    )
    assert done.stdout.split() == ["heard", "whole", "heard"]


def test_what_was_interrupted_is_put_down_undisturbed():
    done = _script(
        "try:\n"
        "    with interruptible():\n"
        "        try:\n"
        "            send()\n"
        "        finally:\n"
        "            time.sleep(1.2)\n"
        "            send()\n"
        "            print('put down')\n"
        "except KeyboardInterrupt:\n"
        "    print('heard')\n"
    )
    assert done.stdout.split() == ["put", "down", "heard"]


def test_an_interruption_that_is_lost_in_a_destructor_is_raised_again():
    done = _script(
        "class Lost:\n    def __del__(self): send()\n"
        "try:\n"
        "    with interruptible():\n"
        "        Lost()\n"
        "        print('lost')\n"
        "except KeyboardInterrupt:\n"
        "    print('heard')\n"
    )
    assert done.stdout.split() == ["lost", "heard"]


def test_an_interruption_that_is_told_by_another_exception_is_one():
    """As a module in C that is interrupted while it is imported may tell it."""
    done = _script(
        "try:\n"
        "    with interruptible():\n"
        "        try:\n"
        "            send()\n"
        "        except KeyboardInterrupt:\n"
        "            raise ImportError\n"
        "except KeyboardInterrupt:\n"
        "    print('heard')\n"
    )
    assert done.stdout.split() == ["heard"]


def test_an_interruption_inside_exec_ends_with_the_status_of_the_program(tmp_path):
    """Python itself ends a module that is run by SIGINT after a plain KeyboardInterrupt: imports may execute text."""
    (tmp_path / "interrupted.py").write_text(
        "import os, signal, sys\n"
        "from logitproof.conformance.signals import interruptible, listen\n"
        "listen()\n"
        "try:\n"
        "    with interruptible():\n"
        "        exec('os.kill(os.getpid(), signal.SIGTERM)')\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(3)\n"
    )
    command = [sys.executable, "-m", "interrupted"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (3, "")
