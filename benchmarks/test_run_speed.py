"""A whole run beside the frameworks' own part of it: the aim is a ratio of two at most, and 60 s on two cores."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.backends.installed import installed
from logitproof.conformance.corpus.corpus import build, keys
from logitproof.conformance.inputs.batch import Batch


def _logitproof_run(frameworks: Sequence[str], profile: str, folder: Path) -> None:
    command = [sys.executable, "-m", "logitproof", "run", "--profile", profile]
    command += [word for name in frameworks for word in ("--backend", name)]
    outcome = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert outcome.returncode in {0, 1}, outcome.stderr.decode()


def _framework_alone(name: str, batches: Sequence[Batch]) -> None:
    """Start a framework and make every call that a run makes of it; look at no answer."""
    with Worker.start(parse_backend(name)) as worker:
        for batch in batches:
            for entry_point in worker.hello.entry_points_for(batch.function):
                worker.evaluate(batch, entry_point.name, batch.spec.quantities)


def _frameworks_alone(frameworks: Sequence[str], batches: Sequence[Batch]) -> None:
    with ThreadPoolExecutor(len(frameworks)) as threads:
        list(threads.map(lambda name: _framework_alone(name, batches), frameworks))


@pytest.mark.benchmark(group="profile ci, all installed frameworks: the whole run beside their start-up and calls")
@pytest.mark.parametrize("what", ["frameworks alone", "logitproof run"])
def test_run(benchmark: Any, what: str, tmp_path: Path) -> None:  # noqa: ANN401 - pytest-benchmark exports no type
    frameworks = installed()
    profile = "smoke" if benchmark.disabled else "ci"  # where nothing is measured, that it works is all there is to see
    if what == "logitproof run":
        benchmark.pedantic(_logitproof_run, args=(frameworks, profile, tmp_path), rounds=1)
    else:
        batches = [build(key) for key in keys(profile)]
        benchmark.pedantic(_frameworks_alone, args=(frameworks, batches), rounds=1)
