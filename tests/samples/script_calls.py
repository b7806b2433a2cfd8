"""Calls of entry points, made by a worker and by scripts: what both must agree on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from script_runner import run_scripts
from setting_samples import EAGER
from worker_samples import call_batch

from logitproof.conformance.backends.protocol import to_wire
from logitproof.conformance.scripts.script import Reproduction, ScriptCall, script_for
from logitproof.conformance.scripts.symptoms import NoGradient
from logitproof.reference import function_named

DTYPES = ["float16", "bfloat16", "float32", "float64"]
SHAPE = (5, 4)


def _options(keywords):
    """Every keyword that an entry point takes at once, and each reduction."""
    steps = np.arange(1, 5) / 4
    given = {"label_smoothing": 0.125, "weight": steps, "pos_weight": steps * 2, "ignore_index": 1}
    taken = {name: value for name, value in given.items() if name in keywords}
    reductions = ["none", "mean", "sum"] if "reduction" in keywords else ["none"]
    for reduction in reductions:
        yield taken if reduction == "none" else {**taken, "reduction": reduction}


def call_batches(entry):
    """Calls of an entry point: every dtype, every option, other axes, ranks and layouts."""
    for dtype in DTYPES:
        yield call_batch(entry.function, dtype, {}, shape=SHAPE)
    for parameters in _options(entry.keywords):
        batch = call_batch(entry.function, "float32", parameters, shape=SHAPE)
        storage = batch.arguments[0].dtype
        arrays = {name: x.astype(storage) for name, x in batch.parameters.items() if isinstance(x, np.ndarray)}
        yield replace(batch, parameters={**batch.parameters, **arrays})
    for layout in ("transposed", "sliced"):
        yield replace(call_batch(entry.function, "bfloat16", {}, shape=(3, 4)), layout=layout)
    if function_named(entry.function).has_axis:
        for axis in (0, 1, 2, -1):
            yield call_batch(entry.function, "float32", {"axis": axis}, shape=(3, 4, 2))
        yield call_batch(entry.function, "float32", {}, shape=(70,))


def _same(observed, expected):
    bits = to_wire(expected).data
    return observed.dtype == bits.dtype and observed.shape == bits.shape and observed.tobytes() == bits.tobytes()


def compare_calls(worker, target, folder, calls):
    """Have worker and scripts make the calls, each once and some as often as a run does; return how many agreed."""
    script_calls = [
        (entry, batch, quantity, every_run)
        for entry, batch in calls
        for quantity in ("value", *(f"gradient:{name}" for name in entry.differentiable))
        for every_run in ((False, True) if batch.dtype == "float64" else (False,))
    ]
    scripts = [
        script_for(
            Reproduction("", (), target, EAGER, (ScriptCall(batch, entry.name, quantity, NoGradient(), every_run),))
        )
        for entry, batch, quantity, every_run in script_calls
    ]
    compared = 0
    all_ran = run_scripts(scripts, folder, python=worker.spec.python)
    for (entry, batch, quantity, every_run), ran in zip(script_calls, all_ran, strict=True):
        answer = worker.evaluate(batch, entry.name, (quantity,))
        outputs = answer.of(quantity)
        where = f"{entry.function}, {entry.name}, {batch.dtype}, {batch.parameters}, {batch.layout}, {quantity}"
        if answer.failure is not None or not outputs:
            assert answer.failure is None or answer.failure.kind == "unsupported" or ran.status != 0, (where, ran)
            continue
        expected = [output.array for output in outputs][: None if every_run else 1]
        assert ran.status == 0, (where, ran.status)
        assert len(ran.observed) == len(expected), where
        assert all(map(_same, ran.observed, expected)), where
        compared += 1
    return compared
