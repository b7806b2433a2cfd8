"""What becomes of a run while something of its own goes wrong: what was judged is kept, and the rest is told."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor

import pytest
from worker_samples import module

from logitproof.conformance.judge.job import Job, Task
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.conformance.run.running_backends import Side, running_backends
from logitproof.conformance.run.session import RunSession

SOFTPLUS = """
import numpy as np
framework = "numpy"
def softplus(x):
    return np.logaddexp(x, 0).astype(x.dtype)
"""
ASKED = RunRequest((), functions=("softplus",), dtypes=("float32",), profile="smoke")
LOST = "a process that computes truth was ended from outside, for lack of memory perhaps"


def _examined(folder, pool):
    """The session of a whole run whose judgements a pool makes, why it was cut, and its one backend."""
    with running_backends((Side("", (module(folder, SOFTPLUS),)),), ASKED.limits) as running:
        session = RunSession(ASKED, Silence(), running, {each.label: each.hello for each in running}, pool)
        return session, session.examine(), running[0]


def _batches(session):
    """The batches with a result."""
    tallies = session.results.tallies.of_checks.values()
    return {batch.batch for tally in tallies for batch in tally.batches.values() if batch.results}


@pytest.mark.parametrize(("owner", "method"), [(Job, "judged"), (Task, "evaluated")])
def test_an_error_of_our_own_in_one_batch_is_told_and_costs_no_other(owner, method, tmp_path, monkeypatch):
    wanted = getattr(owner, method)

    def failing(self, *arguments, **keywords):
        name = self.source.key.name if owner is Job else arguments[0].name
        if name == "mixed/size=17":
            raise ZeroDivisionError("of our own")
        return wanted(self, *arguments, **keywords)

    with ThreadPoolExecutor(1) as pool:
        whole, _, _ = _examined(tmp_path, pool)
        monkeypatch.setattr(owner, method, failing)
        session, cut, backend = _examined(tmp_path, pool)
    assert cut is None
    assert _batches(whole) - _batches(session) == {"mixed/size=17"}
    assert "softplus, float32, batch mixed/size=17: an error of logitproof itself" in backend.trouble
    assert "ZeroDivisionError: of our own" in backend.trouble


class _Lost(ThreadPoolExecutor):
    """A pool that judges three batches, and is lost then with all that was handed to it."""

    def __init__(self):
        super().__init__(1)
        self._left = 3

    def submit(self, call, *arguments):
        self._left -= 1
        if self._left >= 0:
            return super().submit(call, *arguments)
        lost = Future()
        lost.set_exception(BrokenExecutor())
        return lost


def test_what_was_judged_is_kept_when_the_pool_is_lost_with_several_batches(tmp_path):
    with _Lost() as pool:
        session, cut, _ = _examined(tmp_path, pool)
    assert cut == LOST
    assert len(_batches(session)) == 3


class _KilledAfter(Silence):
    """Progress during which somebody kills the processes that compute truth."""

    def __init__(self, batches):
        self._left = batches

    def advance(self, batches=1):
        self._left -= batches
        if self._left == 0:
            for process in multiprocessing.active_children():
                os.kill(process.pid, signal.SIGKILL)


def test_a_run_whose_processes_are_killed_keeps_what_was_judged(tmp_path):
    asked = RunRequest((module(tmp_path, SOFTPLUS).target,), functions=("softplus",), profile="ci", jobs=2)
    record = run(asked, _KilledAfter(3))
    assert not record.complete
    assert [backend.reason for backend in record.backends] == [LOST]
    assert any(check.cases for check in record.checks)
