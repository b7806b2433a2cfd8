"""The error bounds of `reference/bounds/`: nothing exceeds them, all are numbers, none is larger than need be."""

from __future__ import annotations

import numpy as np
import pytest
from exact_calls import called
from simulated_machine import NOISES, Simulated

from logitproof.conformance.corpus.corpus import build, keys
from logitproof.conformance.judge.truth import truth
from logitproof.reference import (
    DEFINITIONS,
    FORMATS,
    FUNCTIONS,
    Call,
    Status,
    error_bounds,
    format_named,
    function_named,
)
from logitproof.reference.bounds.bounds import attainable_machine, flushing_machine, textbook_machine
from logitproof.reference.bounds.rounding import ErrorModel, blocked, operands, sequential

SHORT_FORMATS = ("float16", "bfloat16", "float32")
"""Formats that float64 simulates: it has more than twice their digits."""

QUANTITIES = [(name, quantity) for name, function in FUNCTIONS.items() for quantity in function.quantities]
ROWS, CLASSES = 500, (2, 5, 17)
ELEMENTS = 12_000


# Inputs: ordinary ones, and those where accuracy dies.


def _logits(random, shape):
    """Spreads from near-ties to what underflows, offsets, leaders far ahead, equal rows, zeros."""
    spread = 10.0 ** random.uniform(-4, 2, (shape[0], *[1] * (len(shape) - 1)))
    x = random.normal(size=shape) * spread + random.choice(
        (0.0, 0.0, 30.0, -1000.0), (shape[0], *[1] * (len(shape) - 1))
    )
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
    arguments = []
    for argument in function.arguments:
        if argument.kind == "index":
            arguments.append(random.integers(0, shape[-1], shape[:-1]))
            continue
        if argument.kind == "logits":
            values = _logits(random, shape)
        elif argument.kind in ("log_probs", "log_labels"):
            values = -np.abs(_logits(random, shape))
        else:
            values = _probs(random, shape, storage.quantum)
        stored = values.astype(storage.numpy_dtype)
        # Rounding must not reach p = 1: the edges of logit and log(1 - p) are decided by the table of limits.
        if argument.kind == "probs":
            one = np.nextafter(storage.numpy_dtype.type(1), storage.numpy_dtype.type(0))
            stored = np.minimum(stored, one).astype(storage.numpy_dtype)
        arguments.append(stored)
    return arguments


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
    calls = []
    for chosen in OPTIONS:
        for classes in CLASSES:
            parameters = _parameters(random, function, storage, chosen, classes)
            without_options = set(parameters) <= {"axis"}
            if without_options and chosen != "default":
                continue
            reduced = "reduction" in parameters
            rows = 17 if reduced else ROWS
            shape = (rows, classes)
            arguments = _arguments(random, function, storage, shape)
            row_shape = shape if function.result != "row" else shape[:-1]
            cotangent = random.integers(-16, 17, () if reduced else row_shape) / 4
            calls.append((arguments, parameters, np.asarray(cotangent).astype(storage.numpy_dtype)))
    return calls


def _call(function, quantity, arguments, parameters, cotangent):
    if quantity == "value":
        cotangent = None
    return Call.of(function, arguments, parameters, quantity=quantity, cotangent=cotangent)


def _worst_ratio(machine, simulated, call):
    """The largest error of the simulation in multiples of the bound."""
    worst, compared = 0.0, 0
    bounds, runs = (call.asked.textbook(call, *operands(call, each)) for each in (machine, simulated))
    for bound, run in zip(bounds, runs, strict=True):
        exact, error, got = np.broadcast_arrays(bound.value, bound.error, run.value)
        # A number that overflows is no matter of rounding; a bound that is infinite allows everything.
        comparable = np.isfinite(got) & np.isfinite(exact) & np.isfinite(error)
        # Nor is the float64 arithmetic of the bound exact: 2^-40 of what it allows is far above its own errors.
        excess = np.abs(got - exact)[comparable] - 2.0**-40 * np.abs(exact)[comparable]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(excess <= 0, 0.0, excess / error[comparable])
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
            call = _call(function, quantity, arguments, parameters, cotangent)
            with np.errstate(all="ignore"):
                ratio, count = _worst_ratio(machine, simulated, call)
            assert ratio <= 1 + 2.0**-20, (parameters, flushes)
            compared += count
    assert compared > 1000


@pytest.mark.parametrize("dtype", SHORT_FORMATS)
def test_simulated_errors_reach_a_good_part_of_the_textbook_bound(dtype):
    """A bound that nothing comes near would let every fault through."""
    storage, random = format_named(dtype), np.random.default_rng(21)
    machine, simulated = textbook_machine(storage), Simulated(storage, NOISES["above"], random)
    for name, quantity in QUANTITIES:
        function, worst = function_named(name), 0.0
        for arguments, parameters, cotangent in _calls(function, storage, random):
            call = _call(function, quantity, arguments, parameters, cotangent)
            with np.errstate(all="ignore"):
                ratio, _ = _worst_ratio(machine, simulated, call)
            worst = max(worst, ratio)
        # Sigmoid and softplus are bounded by their closed forms: what is built on them does not run through the noise.
        # What nll_loss multiplies has few bits: hardly a rounding is left.
        if name not in ("sigmoid", "log_sigmoid", "softplus", "sigmoid_cross_entropy"):
            assert worst > (0.05 if name == "nll_loss" else 0.4), (name, quantity)


# Sums


def test_summation_factors_are_those_of_their_algorithms():
    assert sequential(np.array([0, 1, 2, 5])).tolist() == [0, 0, 1, 4]
    assert blocked(np.array([0, 1, 2, 5, 9, 1024, 65537])).tolist() == [0, 0, 1, 4, 8, 18, 25]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_bound_on_a_positive_sum_holds_where_n_times_u_is_large(dtype, noise):
    """A recursive sum in a 16-bit format stops growing: what it loses is nearly all, and within the bound."""
    storage, random = format_named(dtype), np.random.default_rng(22)
    machine, simulated = textbook_machine(storage), Simulated(storage, NOISES[noise], random)
    terms = np.concatenate([np.ones((1, 3000)), random.uniform(size=(3, 3000)), 2.0 ** -np.arange(3000.0)[None] / 4])
    terms = terms.astype(storage.numpy_dtype).astype(np.float64)
    bound, run = machine.sum_positive(machine.exact(terms)), simulated.sum_positive(simulated.exact(terms))
    assert (np.abs(run.value - bound.value) <= bound.error).all()
    lost = np.abs(np.log(run.value / bound.value)) / bound.relative
    assert lost[0] > 0.3 if dtype == "bfloat16" else lost[0] > 0.05
    assert np.isfinite(bound.error).all()


# Against the closed formulas, to first order


def _formula_case(dtype="float32", rows=400, n=17, seed=7):
    random, storage = np.random.default_rng(seed), format_named(dtype)
    x = (random.normal(size=(rows, n)) * random.choice((1.0, 4.0), (rows, 1))).astype(storage.numpy_dtype)
    v = (random.integers(-16, 17, (rows, n)) / 4).astype(storage.numpy_dtype)
    return storage.unit_roundoff, x, v


def _ratios(function, quantity, formula, *, arguments=None, parameters=None, cotangent=None, dtype="float32"):
    """The computed textbook bound in multiples of u·formula."""
    u, x, _ = _formula_case(dtype)
    call = called(
        function,
        arguments or [x],
        {"axis": -1} if parameters is None else parameters,
        quantity=quantity,
        cotangent=cotangent,
    )
    bound = error_bounds(call).textbook
    return bound / (u * formula)


def _row_terms(x):
    """d, p, W = Σ p(|d| + 8), h = n - 1 and log Σ e^d of float64 rows."""
    d = x - x.max(axis=-1, keepdims=True)
    e = np.exp(d)
    s = e.sum(axis=-1, keepdims=True)
    p = e / s
    return d, p, (p * (np.abs(d) + 8)).sum(axis=-1, keepdims=True), x.shape[-1] - 1, np.log(s)


def _assert_near(ratios, low, high):
    assert ratios.min() >= low
    assert ratios.max() <= high


def test_softmax_bound_is_the_closed_formula():
    """p_i (|d_i| + E + W + h + 1); exp(log-softmax), the other form, adds |log p_i| + 8|log s|."""
    _, x, _ = _formula_case()
    d, p, w, h, log_s = _row_terms(x.astype(float))
    division = p * (np.abs(d) + 8 + w + h + 1)
    by_exp = p * (np.abs(d) + 8 + w + h + np.abs(np.log(p)) + 8 * np.abs(log_s) + 1)
    _assert_near(_ratios("softmax", "value", division), 0.99, 4)
    _assert_near(_ratios("softmax", "value", np.maximum(division, by_exp)), 0.7, 1.1)


def test_log_sum_exp_bound_is_the_closed_formula():
    """W + h + E|log s| + |lse|."""
    _, x, _ = _formula_case()
    _, _, w, h, log_s = _row_terms(x.astype(float))
    value = x.astype(float).max(axis=-1) + log_s[:, 0]
    _assert_near(_ratios("logsumexp", "value", w[:, 0] + h + 8 * np.abs(log_s[:, 0]) + np.abs(value)), 0.9, 1.1)


def test_log_softmax_bound_is_the_closed_formula():
    """|d_i| + W + h + E|log s| + |y_i|."""
    _, x, _ = _formula_case()
    d, p, w, h, log_s = _row_terms(x.astype(float))
    _assert_near(_ratios("log_softmax", "value", np.abs(d) + w + h + 8 * np.abs(log_s) + np.abs(np.log(p))), 0.9, 1.1)


def test_cross_entropy_gradient_bound_is_the_closed_formula():
    """p_i (|d_i| + W + h + 9 + |log p_i| + 8|log s|) + |g_i|, apart from what autodiff leaves on the maximum."""
    _, x, _ = _formula_case()
    d, p, w, h, log_s = _row_terms(x.astype(float))
    labels = np.random.default_rng(8).integers(0, x.shape[-1], len(x))
    g = p - (np.arange(x.shape[-1]) == labels[:, None])
    formula = p * (np.abs(d) + w + h + 9 + np.abs(np.log(p)) + 8 * np.abs(log_s)) + np.abs(g)
    ratios = _ratios(
        "sparse_softmax_cross_entropy",
        "gradient:logits",
        formula,
        arguments=[x, labels],
        cotangent=np.ones(len(x), np.float32),
    )
    _assert_near(ratios[d < 0], 0.7, 2.01)
    _assert_near(ratios[d == 0], 0.7, x.shape[-1])  # the rounding errors of a sum over the row land there


def test_softmax_vjp_bound_is_the_closed_formula():
    """p_i [(h + 2) A + 3|v_i| + 3|p·v| + 2 (h + W + 8 + |d_i|)(|v_i| + A)], A = Σ p|v|."""
    _, x, v = _formula_case()
    d, p, w, h, _ = _row_terms(x.astype(float))
    a = (p * np.abs(v)).sum(axis=-1, keepdims=True)
    dot = np.abs((p * v).sum(axis=-1, keepdims=True))
    size = np.abs(v)
    formula = p * ((h + 2) * a + 3 * size + 3 * dot + 2 * (h + w + 8 + np.abs(d)) * (size + a))
    ratios = _ratios("softmax", "gradient:logits", formula, cotangent=v)
    _assert_near(ratios[d < 0], 0.3, 3)


def test_sigmoid_and_softplus_bounds_are_the_closed_formulas():
    """s (8(1 - s) + 3); its gradient 11 s; 8 s + 9 y."""
    x = np.random.default_rng(9).uniform(-20, 20, 2000).astype(np.float32)
    s = 1 / (1 + np.exp(-x.astype(float)))
    y = np.logaddexp(0, x.astype(float))
    ones = np.ones_like(x)
    call = {"arguments": [x], "parameters": {}}
    _assert_near(_ratios("sigmoid", "value", s * (8 * (1 - s) + 3), **call), 0.99, 1.01)
    _assert_near(_ratios("sigmoid", "gradient:x", 11 * s, cotangent=ones, **call), 0.2, 3.01)
    _assert_near(_ratios("softplus", "value", 8 * s + 9 * y, **call), 0.99, 1.01)


# Over the corpus


def _truths(profile):
    for key in keys(profile):
        batch = build(key)
        for quantity in batch.spec.quantities:
            for definition in DEFINITIONS[batch.function]:
                yield batch, quantity, definition, truth(batch, quantity, definition)


@pytest.mark.slow
def test_every_finite_number_of_the_corpus_has_bounds_in_order():
    """Never NaN, never negative; a careful implementation is not permitted more than a textbook one."""
    for batch, quantity, definition, known in _truths("smoke"):
        finite = known.exact.status == Status.FINITE
        textbook, attainable = known.bounds.textbook[finite], known.bounds.attainable[finite]
        where = batch.function, quantity, definition, batch.dtype, batch.name
        assert not np.isnan(textbook).any(), where
        assert not np.isnan(attainable).any(), where
        assert (attainable >= 0).all(), where
        assert (attainable <= textbook * (1 + 2.0**-40)).all(), where


def test_the_attainable_machine_is_at_least_float32():
    for name in FORMATS:
        machine = attainable_machine(format_named(name))
        assert machine.unit == min(format_named(name).unit_roundoff, 2.0**-24)
        assert isinstance(machine, ErrorModel)
