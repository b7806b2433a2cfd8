"""Inputs for the tests of the reference: random ones and the hard cases of the literature, in any dtype."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitproof.reference import FORMATS, FUNCTIONS

DTYPES = tuple(FORMATS)
HARD_ROWS = (
    # cross-entropy and log-softmax as p → 1, lse near its zero, logarithms of underflowing probabilities
    (0.0, -10.0), (0.0, -15.0), (0.0, -20.0), (1000.0, 980.0), (1000.0, 990.0), (0.0, -104.0), (0.0, -100.0),
    (-0.6931471805599453, -0.6931471805599453), (-0.69314718, -0.69314720), (50.1, -30.7), (88.3, 0.3), (0.0, -700.0),
    (700.3, 0.7), (710.0, -745.0), (89.0, -104.0), (-745.2, -745.2), (2.0**-1074, 0.0), (-(2.0**-1022), 2.0**-1022),
)  # fmt: skip
HARD_ELEMENTS = (
    0.0, -0.0, 10.0, 16.5, 17.4, -88.72284, 88.72284, -87.336, -103.97, -104.0, -9.70, -17.33, 20.0, 20.000001,
    -13.942386, 13.942386, -(2.0**-24), 1.5 * 2.0**-22, 36.7, 709.8, -709.8, -745.13, 745.13, -708.4, 1e-30, -1e-300,
    2.0**-1074, 1e4, -1e4,
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """The arguments of one call of a function."""

    function: str
    dtype: str
    arguments: tuple[np.ndarray, ...]
    parameters: dict[str, object]


def stored(values: object, dtype: str) -> np.ndarray:
    """Return the values rounded to the dtype; what overflows becomes the largest finite number."""
    limit = FORMATS[dtype].max_finite
    return np.clip(np.asarray(values, dtype=np.float64), -limit, limit).astype(FORMATS[dtype].numpy_dtype)


def numbers(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return random numbers of a kind of argument, of very different magnitudes."""
    scale = 2.0 ** rng.integers(-40, 9, shape)
    if kind == "logits":
        return np.where(rng.random(shape) < 0.5, rng.standard_normal(shape) * scale, rng.standard_normal(shape) * 5)
    if kind in ("probs", "labels"):
        near = np.where(rng.random(shape) < 0.5, scale / 512, 1 - scale / 512)
        return np.where(rng.random(shape) < 0.6, rng.random(shape), near)
    return -np.abs(rng.standard_normal(shape)) * scale


def random_call(function: str, dtype: str, shape: tuple[int, int], seed: int) -> Call:
    """Return a call with its rows along the last axis, without infinities and zero probabilities."""
    rng = np.random.default_rng(seed)
    spec = FUNCTIONS[function]
    arguments = []
    for argument in spec.arguments:
        if argument.kind == "index":
            arguments.append(rng.integers(0, shape[1], shape[0]))
            continue
        values = stored(numbers(rng, argument.kind, shape), dtype)
        if argument.kind in ("probs", "labels"):
            smallest = 2.0 ** FORMATS[dtype].quantum_exponent
            below_one = 1 - FORMATS[dtype].unit_roundoff
            values = stored(np.clip(values.astype(np.float64), smallest, below_one), dtype)
        arguments.append(values)
    return Call(function, dtype, tuple(arguments), {"axis": -1} if spec.has_axis else {})


def option_sets(function: str, dtype: str, shape: tuple[int, int], seed: int) -> list[dict[str, object]]:
    """Return every option of a function alone and all of them together, with values that round nothing off."""
    rng = np.random.default_rng(seed)
    classes = shape[1]
    elementwise = not FUNCTIONS[function].has_axis
    values: dict[str, object] = {
        "label_smoothing": 0.125,
        "weight": stored(rng.integers(1, 9, (classes,)) / 4, dtype),
        "pos_weight": stored(rng.integers(1, 9, (1, classes) if elementwise else (classes,)) / 2, dtype),
        "ignore_index": 1,
    }
    names = [name for name in FUNCTIONS[function].options if name != "reduction"]
    sets: list[dict[str, object]] = [{}, *({name: values[name]} for name in names)]
    if len(names) > 1:
        sets.append({name: values[name] for name in names})
    if "reduction" in FUNCTIONS[function].options:
        sets += [{**options, "reduction": reduction} for options in list(sets) for reduction in ("mean", "sum")]
    return sets
