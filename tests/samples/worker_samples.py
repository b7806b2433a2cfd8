"""Batches and backends that several tests of the workers share."""

from __future__ import annotations

import textwrap

import numpy as np

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.inputs.batch import Batch
from logitproof.reference import format_named, function_named

ROWS = [[0.0, 1.0, 2.0], [3.0, 4.0, -5.0]]

SOFTMAX = """
import numpy as np
framework = "numpy"
def softmax(logits, *, axis):
    e = np.exp(logits - logits.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)
"""

TORCH = """
import torch
framework = "torch"
"""


def module(folder, source, name="kernels"):
    """A backend whose module has this source."""
    path = folder / f"{name}.py"
    path.write_text(textwrap.dedent(source), encoding="utf-8")
    return parse_backend(str(path))


def softmax_batch(logits, dtype="float32", layout="contiguous", axis=None):
    """A softmax batch of these logits, with ones as its cotangent."""
    array = np.asarray(logits, np.float64).astype(format_named(dtype).numpy_dtype)
    axis = array.ndim - 1 if axis is None else axis
    return Batch("softmax", dtype, "ordinary", "sample", (array,), {"axis": axis}, np.ones_like(array), layout)


def call_batch(function, dtype, parameters, *, shape=(5, 4), seed=0, **arguments):
    """A batch of any function: plausible random arguments, save those that are given."""
    spec, storage = function_named(function), format_named(dtype).numpy_dtype
    random = np.random.default_rng(seed)
    parameters = {"axis": len(shape) - 1, **parameters} if spec.has_axis else parameters
    axis = parameters.get("axis", 0)
    row_shape = tuple(side for index, side in enumerate(shape) if index != axis) if spec.has_axis else shape
    logits = random.normal(size=shape)
    probs = np.exp(logits) / np.exp(logits).sum(axis=axis, keepdims=True)
    by_kind = {
        "logits": lambda: random.normal(size=shape) * 3,
        "probs": lambda: probs,
        "log_probs": lambda: np.log(probs),
        "labels": lambda: random.dirichlet(np.ones(shape[axis]), row_shape) if spec.has_axis else random.random(shape),
        "log_labels": lambda: np.log(random.random(shape)),
        "index": lambda: random.integers(0, shape[axis], row_shape),
    }
    values = []
    for argument in spec.arguments:
        value = np.asarray(arguments.get(argument.name, by_kind[argument.kind]()))
        if argument.kind == "labels" and spec.has_axis and argument.name not in arguments:
            value = np.moveaxis(value, -1, axis)
        values.append(value.astype(storage) if argument.is_real else value.astype(np.int64))
    value_shape = row_shape if spec.result == "row" else shape
    if parameters.get("reduction", "none") != "none":
        value_shape = ()
    cotangent = random.integers(1, 9, value_shape) / 4
    return Batch(
        function, dtype, "ordinary", "sample", tuple(values), parameters, np.asarray(cotangent).astype(storage)
    )


def answer_of(spec, batch=None, quantities=("value",), **limits):
    """What a fresh worker for this backend answers to a batch: that of ROWS unless given."""
    batch = softmax_batch(ROWS) if batch is None else batch
    with Worker.start(spec, **limits) as worker:
        return worker.evaluate(batch, batch.function, quantities)
