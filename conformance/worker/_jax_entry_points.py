"""The public entry points of JAX."""

from __future__ import annotations

import jax

from ._entry_points import EntryPoint


def entry_points() -> tuple[EntryPoint, ...]:
    """Every entry point of JAX that is examined."""
    return (
        EntryPoint("jax.nn.sigmoid", "sigmoid", (), jax.nn.sigmoid),
        EntryPoint("jax.nn.log_sigmoid", "log_sigmoid", (), jax.nn.log_sigmoid),
        EntryPoint("jax.nn.softplus", "softplus", (), jax.nn.softplus),
        EntryPoint("jax.nn.softmax", "softmax", ("axis",), jax.nn.softmax),
        EntryPoint("jax.nn.log_softmax", "log_softmax", ("axis",), jax.nn.log_softmax),
        EntryPoint("jax.nn.logsumexp", "logsumexp", ("axis",), jax.nn.logsumexp),
    )
