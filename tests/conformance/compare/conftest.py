"""What tests of comparisons share: the folders of two runs."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from compared_kernels import ran
from compared_runs import KERNELS, WORSE


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """The folders of two runs, of which the newer is worse."""
    folder = tmp_path_factory.mktemp("runs")
    np.savez(folder / "mine.npz", x=np.linspace(-3, 3, 50, dtype=np.float32))
    for name, source in (("old", KERNELS), ("new", WORSE)):
        ran(folder / name, source, inputs=folder / "mine.npz")
    return folder


@pytest.fixture
def folder(two_runs, tmp_path, monkeypatch):
    """A copy that may be damaged."""
    for name in ("old", "new"):
        shutil.copytree(two_runs / name / "out", tmp_path / name)
    shutil.copy(two_runs / "mine.npz", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path
