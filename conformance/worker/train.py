"""Softmax regression by plain gradient descent, as each framework's own users write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .evaluate import UnsupportedError, enter
from .wire import Array, Header

Step = Callable[[Any, Any, Any, Any, float], "tuple[Any, Any]"]
"""(features, labels, weights, bias, rate) → the weights and the bias after one step; all but the rate are tensors."""


def step_of(target: str) -> Step | None:
    """Return how the backend called `target` makes a step; None for a user's module, which has no way to."""
    return {"torch": _torch_step, "tensorflow": _tensorflow_step, "keras": _keras_step}.get(target)


def train(framework: Any, step: Step | None, request: Header, arrays: list[Array]) -> tuple[Header, list[Array]]:
    """Make the steps that a `train` message asks for, and return the weights and biases after each of them.

    Args:
        framework: the framework's tensors.
        step: how it makes a step.
        request: the header of the message.
        arrays: the arrays of the message.
    """
    if step is None:
        raise UnsupportedError("a module defines functions; it has no way to be trained")
    named = {name: arrays[request[name]["array"]] for name in ("features", "labels", "batches", "weights", "bias")}
    dtype = named["weights"].dtype
    if dtype not in framework.dtypes:
        raise UnsupportedError(f"{framework.name} has no {dtype}")
    enter(framework, request["setting"])
    weights, bias = (framework.tensor(named[name], "contiguous") for name in ("weights", "bias"))
    path: list[tuple[Array, Array]] = []
    for batch in named["batches"].data:
        features, labels = (
            framework.tensor(Array(named[name].dtype, named[name].data[batch]), "contiguous")
            for name in ("features", "labels")
        )
        weights, bias = step(features, labels, weights, bias, request["rate"])
        path.append((framework.array(weights), framework.array(bias)))
    places = {"weights": {"array": 0}, "biases": {"array": 1}}
    return {"message": "trained", **places}, [_stacked(parts) for parts in zip(*path)]


def _stacked(parts: tuple[Array, ...]) -> Array:
    return Array(parts[0].dtype, np.stack([part.data for part in parts]))


def _torch_step(features: Any, labels: Any, weights: Any, bias: Any, rate: float) -> tuple[Any, Any]:
    import torch
    from torch.nn import functional

    weights, bias = weights.detach().requires_grad_(), bias.detach().requires_grad_()
    loss = functional.cross_entropy(features @ weights + bias, labels)
    loss.backward()
    with torch.no_grad():
        return weights - rate * weights.grad, bias - rate * bias.grad


def _tensorflow_step(features: Any, labels: Any, weights: Any, bias: Any, rate: float) -> tuple[Any, Any]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch([weights, bias])
        logits = features @ weights + bias
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    of_weights, of_bias = tape.gradient(loss, [weights, bias])
    return weights - rate * of_weights, bias - rate * of_bias


def _keras_step(features: Any, labels: Any, weights: Any, bias: Any, rate: float) -> tuple[Any, Any]:
    import keras
    import tensorflow as tf

    # Without its own dtype a loss of Keras 3 computes in float32 whatever it is given; Keras 2 knows no such argument.
    dtype = {} if keras.__version__.startswith("2.") else {"dtype": weights.dtype.name}
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True, **dtype)
    with tf.GradientTape() as tape:
        tape.watch([weights, bias])
        loss = loss_of(labels, tf.matmul(features, weights) + bias)
    of_weights, of_bias = tape.gradient(loss, [weights, bias])
    return weights - rate * of_weights, bias - rate * of_bias
