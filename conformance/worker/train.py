"""Softmax regression by plain gradient descent: the steps of a `train` message."""

from __future__ import annotations

import numpy as np

from .evaluate import UnsupportedError, mode_of
from .frameworks.registry import OpenBackend
from .wire import Array, Header


def train(backend: OpenBackend, request: Header, arrays: list[Array]) -> tuple[Header, list[Array]]:
    """Make the steps that a `train` message asks for, and return the weights and biases after each of them.

    Args:
        backend: the framework, open.
        request: the header of the message.
        arrays: the arrays of the message.
    """
    framework, adapter = backend.framework, backend.adapter
    # A step of the framework itself says nothing of a module, nor of another mode.
    step = None if backend.is_module else mode_of(backend, request["setting"]).step
    if step is None:
        raise UnsupportedError("it has no way to be trained")
    named = {name: arrays[request[name]["array"]] for name in ("features", "labels", "batches", "weights", "bias")}
    dtype = named["weights"].dtype
    if dtype not in framework.dtypes:
        raise UnsupportedError(f"{framework.name} has no {dtype}")
    weights, bias = (adapter.tensor(named[name], "contiguous") for name in ("weights", "bias"))
    path: list[tuple[Array, Array]] = []
    for batch in named["batches"].data:
        features, labels = (
            adapter.tensor(Array(named[name].dtype, named[name].data[batch]), "contiguous")
            for name in ("features", "labels")
        )
        weights, bias = step(features, labels, weights, bias, request["rate"])
        path.append((adapter.array(weights), adapter.array(bias)))
    indices = {"weights": {"array": 0}, "biases": {"array": 1}}
    return {"message": "trained", **indices}, [
        Array(parts[0].dtype, np.stack([part.data for part in parts])) for parts in zip(*path)
    ]
