"""The error bounds of `reference/_bounds*.py`: valid (nothing exceeds them), finite, and not larger than they must be."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_machine import NOISES, Simulated

from logitproof.conformance._corpus import build, keys
from logitproof.conformance._truth import truth
from logitproof.reference import DEFINITIONS, FUNCTIONS, Status, error_bounds, format_named, function_named
from logitproof.reference._bounds import ATTAINABLE, TEXTBOOK, attainable_machine, flushing_machine, textbook_machine
from logitproof.reference._bounds_call import parse_call
from logitproof.reference._rounding import Machine, blocked, sequential

SHORT_FORMATS = ("float16", "bfloat16", "float32")
"""Formats that float64 simulates: it has more than twice their digits."""

QUANTITIES = [(name, quantity) for name, function in FUNCTIONS.items() for quantity in function.quantities]
ROWS, CLASSES = 500, (2, 5, 17)
ELEMENTS = 12_000


# Inputs: ordinary ones, and those where accuracy dies.


def _logits(random, shape):
    """Spreads from near-ties to what underflows, offsets, leaders far ahead, equal rows, zeros."""
    spread = 10.0 ** random.uniform(-4, 2, (shape[0], *[1] * (len(shape) - 1)))
    x = random.normal(size=shape) * spread + random.choice((0.0, 0.0, 30.0, -1000.0), (shape[0], *[1] * (len(shape) - 1)))
    x[::7] = np.round(x[::7])
    x[3::11] = x[3::11, ..., :1]
    x[5::13, ..., 0] += 20
    return x


def _probs(random, shape, smallest):
    """Uniform, near 0 down to the smallest subnormal, near 1 up to 1 - 2^-24."""
    p = random.uniform(size=shape)
    p[1::4] = np.exp(np.log(smallest) * random.uniform(size=p[1::4].shape))
    p[2::4] = 1 - 2.0 ** -random.uniform(1, 24, p[2::4].shape)
    return np.clip(p, smallest, 1)


def _arguments(random, function, storage, shape):
    made = []
    for argument in function.arguments:
        if argument.kind == "index":
            made.append(random.integers(0, shape[-1], shape[:-1]))
            continue
        if argument.kind == "logits":
            values = _logits(random, shape)
        elif argument.kind in ("log_probs", "log_labels"):
            values = -np.abs(_logits(random, shape))
        else:
            values = _probs(random, shape, storage.quantum)
        stored = values.astype(storage.numpy_dtype)
        # Rounding must not leave the domain: logit, 1/(1 - p) and log p have their edges decided by the table of limits.
        if argument.kind == "probs":
            one = np.nextafter(storage.numpy_dtype.type(1), storage.numpy_dtype.type(0))
            stored = np.minimum(stored, one).astype(storage.numpy_dtype)
        made.append(stored)
    return made


OPTIONS = {
    "default": {},
    "smoothed": {"label_smoothing": 0.125},
    "weighted": {"weight": "classes", "pos_weight": "classes"},
    "mean": {"reduction": "mean", "ignore_index": 0},
    "weighted mean": {"reduction": "mean", "weight": "classes", "label_smoothing": 0.125},
    "sum": {"reduction": "sum", "pos_weight": "classes"},
}


def _parameters(random, function, storage, chosen, classes):
    parameters = {"axis": -1} if function.has_axis else {}
    for name, value in OPTIONS[chosen].items():
        if name in function.options:
            weights = random.integers(1, 9, classes) / 4
            parameters[name] = weights.astype(storage.numpy_dtype) if value == "classes" else value
    return parameters


def _calls(function, storage, random):
    """Calls of every row length and option that the function has."""
    seen = []
    for chosen in OPTIONS:
        for classes in CLASSES:
            parameters = _parameters(random, function, storage, chosen, classes)
            plain = set(parameters) <= {"axis"}
            if plain and chosen != "default":
                continue
            reduced = "reduction" in parameters
            rows = 17 if reduced else ROWS
            shape = (rows, classes)
            arguments = _arguments(random, function, storage, shape)
            row_shape = shape if function.result != "row" else shape[:-1]
            cotangent = random.integers(-16, 17, () if reduced else row_shape) / 4
            seen.append((arguments, parameters, np.asarray(cotangent).astype(storage.numpy_dtype)))
    return seen


def _worst_ratio(algorithm, machine, simulated, call):
    """The largest error of the simulation in multiples of the bound."""
    worst, compared = 0.0, 0
    for bound, run in zip(algorithm(machine, call), algorithm(simulated, call), strict=True):
        exact, error, got = np.broadcast_arrays(bound.value, bound.error, run.value)
        # A number that overflows is no matter of rounding; a bound that is infinite allows everything.
        told = np.isfinite(got) & np.isfinite(exact) & np.isfinite(error)
        # Nor is the float64 arithmetic of the bound exact: 2^-40 of what it allows is far above its own errors.
        excess = np.abs(got - exact)[told] - 2.0**-40 * np.abs(exact)[told]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(excess <= 0, 0.0, excess / error[told])
        worst, compared = max(worst, float(ratio.max(initial=0.0))), compared + ratio.size
    return worst, compared


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("dtype", SHORT_FORMATS)
@pytest.mark.parametrize(("name", "quantity"), QUANTITIES)
def test_no_simulated_rounding_error_exceeds_the_textbook_bound(name, quantity, dtype, noise):
    function, storage, random = function_named(name), format_named(dtype), np.random.default_rng(20)
    compared = 0
    for flushes, machine in ((False, textbook_machine(storage)), (True, flushing_machine(storage))):
        simulated = Simulated(storage, NOISES[noise], random, flushes)
        for arguments, parameters, cotangent in _calls(function, storage, random):
            call = parse_call(function, storage, arguments, parameters, None if quantity == "value" else cotangent)
            with np.errstate(all="ignore"):
                ratio, count = _worst_ratio(TEXTBOOK[name, quantity], machine, simulated, call)
            assert ratio <= 1 + 2.0**-20, (parameters, flushes)
            compared += count
    assert compared > 1000
