"""The corpus: deterministic, versioned batches of exact inputs, the same in every run and on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from logitproof.reference import FORMATS, FUNCTIONS, Function, format_named, function_named

from ..inputs.batch import Batch
from ..inputs.bits import BitStream
from ..inputs.hashes import batch_hash
from .build import arguments_of, cotangent_of
from .options import parameters_of
from .recipe import Recipe
from .recipes import recipes

PROFILES = ("smoke", "ci", "nightly")
"""The sizes of a run; each contains the one before."""

CORPUS_VERSION = 2
"""Raised whenever any batch changes; tests pin the hash that belongs to it."""


@dataclass(frozen=True)
class BatchKey:
    """The name of one batch of the corpus: enough for any process to build it."""

    function: str
    dtype: str
    name: str


def keys(
    profile: str, *, functions: Sequence[str] | None = None, dtypes: Sequence[str] | None = None
) -> list[BatchKey]:
    """Return the keys of the batches of a profile, function by function and format by format.

    Args:
        profile: "smoke", "ci" or "nightly"; each contains the one before.
        functions: canonical names to restrict the corpus to; all of them by default.
        dtypes: formats to restrict it to; all four by default.

    Raises:
        ValueError: unknown profile, function or dtype.
    """
    if profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}: choose from {', '.join(PROFILES)}")
    included = PROFILES[: PROFILES.index(profile) + 1]
    return [
        BatchKey(function, dtype, name)
        for function in (functions or FUNCTIONS)
        for dtype in (dtypes or FORMATS)
        for name, recipe in recipes(function, dtype).items()
        if recipe.profile in included
    ]


def build(key: BatchKey) -> Batch:
    """Return the batch called `key`: the same bytes in every process and on every machine.

    Raises:
        ValueError: there is no such batch.
    """
    recipe = recipes(key.function, key.dtype).get(key.name)
    if recipe is None:
        raise ValueError(f"no batch {key.name!r} for {key.function} in {key.dtype} in corpus version {CORPUS_VERSION}")
    function, fmt = function_named(key.function), format_named(key.dtype)
    source = BitStream.of(key.function, key.dtype, key.name)
    parameters = parameters_of(recipe, fmt)
    shape = _value_shape(recipe, function)
    return Batch(
        function=key.function,
        dtype=key.dtype,
        input_class=recipe.input_class,
        name=key.name,
        arguments=arguments_of(recipe, function, fmt, source),
        parameters=dict(parameters),
        cotangent=cotangent_of(recipe, shape, fmt, source.named("cotangent")),
        layout=recipe.layout,
    )


def _value_shape(recipe: Recipe, function: Function) -> tuple[int, ...]:
    if any(option.startswith("reduction=") for option in recipe.options):
        return ()
    return recipe.outer_shape if function.result == "row" else recipe.shape


def corpus_hash(profile: str, *, functions: Sequence[str] | None = None, dtypes: Sequence[str] | None = None) -> str:
    """Return the SHA-256 of every batch of the profile, in order.

    Raises:
        ValueError: unknown profile, function or dtype.
    """
    return combined_hash(batch_hash(build(key)) for key in keys(profile, functions=functions, dtypes=dtypes))


def combined_hash(batch_hashes: Iterable[str]) -> str:
    """Return the SHA-256 of a corpus whose batches have these hashes: what `corpus_hash` gives for all of a profile."""
    digest = hashlib.sha256(f"corpus {CORPUS_VERSION}\n".encode())
    for each in batch_hashes:
        digest.update(f"{each}\n".encode())
    return digest.hexdigest()
