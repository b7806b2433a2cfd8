"""An upgrade beside the two runs that it replaces: truth is computed once, and the workers overlap."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FEW = ("--profile", "smoke", "--dtype", "float32", "--dtype", "float64")


def _logitproof(*words: object) -> None:
    command = [sys.executable, "-m", "logitproof", *map(str, words)]
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 1), done.stderr


def _two_runs(folder: Path) -> None:
    for side in ("old", "new"):
        _logitproof("run", "--backend", "torch", *FEW, "--output", folder / side)


def _upgrade(folder: Path) -> None:
    side = f"torch@{sys.executable}"
    _logitproof("upgrade", side, side, *FEW, "--output", folder / "upgrade")


@pytest.mark.benchmark(group="an upgrade beside two runs, one after the other (the aim is 1.3 times)")
@pytest.mark.parametrize("made", [_two_runs, _upgrade], ids=["two runs", "an upgrade"])
def test_an_upgrade(benchmark: Any, made: Any, tmp_path: Path) -> None:  # noqa: ANN401 - pytest-benchmark exports no type
    benchmark.pedantic(made, args=(tmp_path,), rounds=2, warmup_rounds=0)
