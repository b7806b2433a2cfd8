"""What a run holds in memory: nothing of what was returned."""

from __future__ import annotations

import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from worker_samples import module

from logitproof.conformance.corpus import source
from logitproof.conformance.corpus.corpus import build, keys
from logitproof.conformance.run import plan
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.running_backends import Side, running_backends
from logitproof.conformance.run.session import RunSession
from logitproof.reports import open_folder

KERNEL = """
import numpy as np
framework = "numpy"
def softmax(logits, *, axis):
    e = np.exp(logits - logits.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)
"""


def _held(folder, copies, monkeypatch):
    """What is held, and what was returned, in bytes, once a corpus is examined that has every batch so many times."""

    def copied(*asked, **restrictions):
        return [
            replace(key, name=f"{key.name}~{copy}") for copy in range(copies) for key in keys(*asked, **restrictions)
        ]

    def built(key):
        return replace(build(replace(key, name=key.name.partition("~")[0])), name=key.name)

    monkeypatch.setattr(plan, "keys", copied)
    monkeypatch.setattr(source, "_built", built)
    folder.mkdir()
    request = RunRequest((), functions=("softmax",), dtypes=("float32",), profile="ci")
    outputs = open_folder(folder / "report").outputs
    side = Side("", (module(folder, KERNEL),), outputs)
    with running_backends((side,), request.limits) as running, ThreadPoolExecutor(1) as pool:
        hellos = {each.label: each.hello for each in running}
        session = RunSession(request, Silence(), running, hellos, pool)
        tracemalloc.start()
        try:
            assert session.examine() is None
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    return held, sum(file.stat().st_size for file in outputs.folder.iterdir())


@pytest.mark.slow
def test_what_is_held_does_not_grow_with_what_is_returned(tmp_path, monkeypatch):
    # The first time fills caches, which stay.
    _, (once, returned), (twice, returned_twice) = (
        _held(tmp_path / f"{number}", copies, monkeypatch) for number, copies in enumerate((1, 1, 2))
    )
    assert returned_twice == 2 * returned > 500_000
    # A batch leaves its name and shape with every check, some hundreds of bytes; its arrays are kilobytes.
    assert twice - once < returned / 4
