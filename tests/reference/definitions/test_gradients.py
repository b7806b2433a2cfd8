"""Every derivative against the definition itself, differentiated by ball-arithmetic power series.

`arb_series` carries f(a + t·d) as a power series in t with ball coefficients: its second coefficient is the exact
directional derivative, and no formula for a derivative is needed. The definitions are written here once more, in their
most literal form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from exact_calls import enclosed
from flint import arb, arb_series, ctx
from reference_inputs import DTYPES, Call, option_sets, random_call, stored

from logitproof.reference import DEFINITIONS, FORMATS, FUNCTIONS, Enclosure, Status

PRECISION = 1400
"""Literal forms cancel, 1 − σ(x) by x·log2(e) bits, or vanish: this resolves float64's smallest number, 2^-1074."""

Series = arb_series
Options = dict[str, object]


@contextmanager
def power_series() -> Iterator[None]:
    before = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = PRECISION, 2
    try:
        yield
    finally:
        ctx.prec, ctx.cap = before


def const(value: object) -> Series:
    return arb_series([arb(value)])


def add(terms: list[Series]) -> Series:
    return sum(terms, const(0))


def head(s: Series) -> arb:
    return s[0]


# Literal definitions: lists of series for the real arguments in, a list of series out


def sigmoid(x: Series) -> Series:
    return 1 / (1 + (-x).exp())


def softmax(x: list[Series]) -> list[Series]:
    terms = [v.exp() for v in x]
    return [term / add(terms) for term in terms]


def smoothed(y: list[Series], options: Options, outcomes: int) -> list[Series]:
    e = arb(float(options.get("label_smoothing", 0.0)))
    return [(1 - e) * v + e / outcomes for v in y]


def weighted(y: list[Series], options: Options) -> list[Series]:
    weight = options.get("weight")
    return y if weight is None else [v * arb(float(w)) for v, w in zip(y, np.ravel(weight), strict=True)]


def one_hot(label: int, classes: int) -> list[Series]:
    return [const(int(j == label)) for j in range(classes)]


def minus_log(targets: list[Series], p: list[Series]) -> list[Series]:
    return [-add([t * v.log() for t, v in zip(targets, p, strict=True)])]


def dense(p: list[Series], y: list[Series], options: Options) -> list[Series]:
    return minus_log(weighted(smoothed(y, options, len(y)), options), p)


def binary(p: list[Series], y: list[Series], options: Options) -> list[Series]:
    z = smoothed(y, options, 2)
    return [-(t * v.log() + (1 - t) * (1 - v).log()) for v, t in zip(p, z, strict=True)]


def sigmoid_loss(x: list[Series], y: list[Series], options: Options) -> list[Series]:
    z = smoothed(y, options, 2)
    pos, w = (np.broadcast_to(np.ravel(options.get(name, 1.0)), len(x)).tolist() for name in ("pos_weight", "weight"))
    return [
        -arb(float(w[i])) * (arb(float(pos[i])) * z[i] * sigmoid(x[i]).log() + (1 - z[i]) * (1 - sigmoid(x[i])).log())
        for i in range(len(x))
    ]


def clip(s: Series, low: float, high: float) -> Series:
    """The derivative of a clip is 1 inside and 0 outside; on the edge only the value is asked for."""
    if head(s) <= low:
        return const(low)
    if head(s) >= high:
        return const(high)
    assert head(s) > low
    assert head(s) < high
    return s


def keras_edges(dtype: str) -> tuple[float, float]:
    low, high = np.array([1e-7, 1 - 1e-7]).astype(FORMATS[dtype].numpy_dtype).astype(float)
    return float(low), float(high)


def shares(p: list[Series]) -> list[Series]:
    return [v / add(p) for v in p]


def clamped_log(s: Series) -> Series:
    return clip(s.log(), -100.0, float("inf"))


LITERAL: dict[str, Callable[..., list[Series]]] = {
    "sigmoid": lambda x, o: [sigmoid(v) for v in x],
    "log_sigmoid": lambda x, o: [sigmoid(v).log() for v in x],
    "softplus": lambda x, o: [(1 + v.exp()).log() for v in x],
    "logit": lambda p, o: [(v / (1 - v)).log() for v in p],
    "softmax": lambda x, o: softmax(x),
    "log_softmax": lambda x, o: [v.log() for v in softmax(x)],
    "logsumexp": lambda x, o: [add([v.exp() for v in x]).log()],
    "entropy": lambda p, o: [-add([v * v.log() for v in p])],
    "kl_divergence": lambda y, p, o: [add([a * (a / b).log() for a, b in zip(y, p, strict=True)])],
    "kl_divergence_from_log_probs": lambda y, q, o: [add([a * (a.log() - b) for a, b in zip(y, q, strict=True)])],
    "softmax_cross_entropy": lambda x, y, o: dense(softmax(x), y, o),
    "sparse_softmax_cross_entropy": lambda x, o, *, label: dense(softmax(x), one_hot(label, len(x)), o),
    "sigmoid_cross_entropy": sigmoid_loss,
    "categorical_cross_entropy": dense,
    "sparse_categorical_cross_entropy": lambda p, o, *, label: [-p[label].log()],
    "binary_cross_entropy": binary,
    "nll_loss": lambda q, o, *, label: [-v * w for v, w in [(q[label], weighted([const(1)] * len(q), o)[label])]],
    "entropy_terms": lambda p, o: [-v * v.log() for v in p],
    "kl_divergence_terms": lambda y, p, o: [a * (a / b).log() for a, b in zip(y, p, strict=True)],
    "kl_divergence_terms_from_log_probs": lambda y, q, o: [a * (a.log() - b) for a, b in zip(y, q, strict=True)],
    "kl_divergence_terms_from_logs": lambda k, q, o: [a.exp() * (a - b) for a, b in zip(k, q, strict=True)],
}


def deviating(function: str, name: str, dtype: str) -> Callable[..., list[Series]]:
    low, high = keras_edges(dtype)
    eps = 2.0 ** (1 - FORMATS[dtype].precision)
    return {
        ("softplus", "linear-above-20"): lambda x, o: [v if head(v) > 20 else (1 + v.exp()).log() for v in x],
        ("binary_cross_entropy", "clamp-log-100"): lambda p, y, o: [
            -(z * clamped_log(v) + (1 - z) * clamped_log(1 - v)) for v, z in zip(p, smoothed(y, o, 2), strict=True)
        ],
        ("binary_cross_entropy", "clip-1e-7"): lambda p, y, o: binary([clip(v, low, high) for v in p], y, o),
        ("binary_cross_entropy", "clip-add-1e-7"): lambda p, y, o: [
            -(z * (v + low).log() + (1 - z) * (1 - v + low).log())
            for v, z in zip([clip(v, low, high) for v in p], smoothed(y, o, 2), strict=True)
        ],
        ("kl_divergence", "clip-1e-7"): lambda y, p, o: LITERAL["kl_divergence"](
            [clip(v, low, 1.0) for v in y], [clip(v, low, 1.0) for v in p], o
        ),
        ("categorical_cross_entropy", "normalise-clip-1e-7"): lambda p, y, o: dense(
            [clip(v, low, high) for v in shares(p)], y, o
        ),
        ("sparse_categorical_cross_entropy", "clip-softmax-1e-7"): lambda p, o, *, label: [
            -softmax([clip(v, low, high).log() for v in p])[label].log()
        ],
        ("entropy", "normalise-clamp-eps"): lambda p, o: [-add([v * clip(v, eps, 1 - eps).log() for v in shares(p)])],
    }[function, name]


def derivative(
    definition: Callable[..., list[Series]],
    call: Call,
    row: int,
    *,
    wanted: str,
    options: Options,
    cotangent: list[arb],
) -> list[arb]:
    """The vector-Jacobian product of one row (or run of elements), entry by entry."""
    spec = FUNCTIONS[call.function]
    points = {
        argument.name: [arb(float(v)) for v in np.ravel(values[row])]
        for argument, values in zip(spec.arguments, call.arguments, strict=True)
        if argument.is_real
    }
    index = [int(v[row]) for a, v in zip(spec.arguments, call.arguments, strict=True) if not a.is_real]
    label = {"label": index[0]} if index else {}
    slopes = []
    for position in range(len(points[wanted])):
        lines = [
            [arb_series([v, int(name == wanted and i == position)]) for i, v in enumerate(point)]
            for name, point in points.items()
        ]
        values = definition(*lines, options, **label)
        slopes.append(sum((c * value[1] for c, value in zip(cotangent, values, strict=True)), arb(0)))
    return slopes


def divisor(call: Call, options: Options) -> arb:
    if options.get("reduction") != "mean":
        return arb(1)
    if not any(not a.is_real for a in FUNCTIONS[call.function].arguments):
        return arb(call.arguments[0].size if call.function.startswith("sigmoid") else len(call.arguments[0]))
    weight = options.get("weight")
    kept = [int(y) for y in call.arguments[1] if y != options.get("ignore_index")]
    return sum((arb(1) if weight is None else arb(float(weight[y])) for y in kept), arb(0))


def agree(enclosure: Enclosure, truth: list[arb], dtype: str) -> None:
    """Every enclosure overlaps the series' ball, which is far narrower than it has any use for."""
    assert (enclosure.status == Status.FINITE).all()
    quantum = arb(2) ** FORMATS[dtype].quantum_exponent
    words = zip(
        *(getattr(enclosure, name).ravel().tolist() for name in ("hi", "lo", "exponent", "radius")), strict=True
    )
    for (hi, lo, exponent, radius), slope in zip(words, truth, strict=True):
        scale = arb(2) ** exponent
        assert ((arb(hi) + lo) * scale + arb(0, arb(radius)) * scale).overlaps(slope), (hi, lo, exponent, slope)
        ulp = max(arb.abs_lower(slope) * arb(2) ** (1 - FORMATS[dtype].precision), quantum)
        assert arb.rad(slope) <= ulp * arb(2) ** -40
        assert arb(radius) * scale <= ulp * arb(2) ** -29


def check(call: Call, options: Options, definition: str, rule: Callable[..., list[Series]], quantity: str) -> None:
    """Compare one gradient with the series, row by row, with a random cotangent."""
    spec = FUNCTIONS[call.function]
    rng = np.random.default_rng(5)
    full = call.arguments[0].shape
    reduced = options.get("reduction", "none") != "none"
    shape = () if reduced else full[:1] if spec.result == "row" else full
    cotangent = stored(rng.integers(-8, 9, shape) / 4 + 0.125, call.dtype)
    enclosure = enclosed(
        call.function,
        call.arguments,
        {**call.parameters, **options},
        quantity=quantity,
        dtype=call.dtype,
        cotangent=cotangent,
        definition=definition,
    )
    assert enclosure.shape == full
    with power_series():
        truth = []
        for row in range(full[0]):
            pulled = np.ravel(cotangent if reduced else cotangent[row]).astype(float).tolist()
            values = full[1] if spec.result != "row" and reduced else len(pulled)
            vector = [arb(v) / divisor(call, options) for v in (pulled * values if reduced else pulled)]
            if not spec.arguments[-1].is_real and call.arguments[1][row] == options.get("ignore_index"):
                truth += [arb(0)] * full[1]
                continue
            name = quantity.removeprefix("gradient:")
            truth += derivative(rule, call, row, wanted=name, options=options, cotangent=vector)
        agree(enclosure, truth, call.dtype)


GRADIENTS = [(name, quantity) for name in FUNCTIONS for quantity in FUNCTIONS[name].quantities if quantity != "value"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "quantity"), GRADIENTS)
def test_gradient_is_the_derivative_of_the_literal_definition(function, quantity, dtype):
    check(random_call(function, dtype, (12, 5), seed=21), {}, "literal", LITERAL[function], quantity)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize(("function", "quantity"), [g for g in GRADIENTS if FUNCTIONS[g[0]].options])
def test_gradient_with_options_is_the_derivative_of_the_literal_definition(function, quantity, dtype):
    call = random_call(function, dtype, (5, 3), seed=22)
    for options in option_sets(function, dtype, (5, 3), seed=23):
        check(call, options, "literal", LITERAL[function], quantity)


DEVIATING = [
    (function, name, quantity)
    for function, names in DEFINITIONS.items()
    for name in names[1:]
    for quantity in FUNCTIONS[function].quantities[1:]
    if (function, name)
    not in (("softmax_cross_entropy", "labels-sum-to-one"), ("binary_cross_entropy", "clamp-log-100"))
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "name", "quantity"), DEVIATING)
def test_gradient_of_a_deviating_definition_is_its_derivative(function, name, quantity, dtype):
    call = random_call(function, dtype, (12, 5), seed=24)
    smoothing = "label_smoothing" in FUNCTIONS[function].options
    for options in ({}, {"label_smoothing": 0.125}) if smoothing else ({},):
        check(call, options, name, deviating(function, name, dtype), quantity)


def cross_entropy_with_unit_labels(x: list[Series], y: list[Series], options: Options) -> list[Series]:
    """The loss whose gradient by the logits is p − y whatever the labels sum to: lse(x) − Σ y'x."""
    return [
        add([v.exp() for v in x]).log() - add([a * b for a, b in zip(smoothed(y, options, len(y)), x, strict=True)])
    ]


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient_by_logits_takes_labels_to_sum_to_one_under_that_definition(dtype):
    call = random_call("softmax_cross_entropy", dtype, (12, 5), seed=25)
    for options in ({}, {"label_smoothing": 0.125}):
        check(call, options, "labels-sum-to-one", cross_entropy_with_unit_labels, "gradient:logits")
        check(call, options, "labels-sum-to-one", LITERAL["softmax_cross_entropy"], "gradient:labels")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clamped_binary_cross_entropy_has_the_literal_gradient_away_from_the_edges(dtype):
    call = random_call("binary_cross_entropy", dtype, (12, 5), seed=26)
    probs = stored(np.clip(call.arguments[0].astype(float), 1e-6, 1 - 1e-6), dtype)
    for quantity in ("gradient:probs", "gradient:labels"):
        check(Call(call.function, dtype, (probs, call.arguments[1]), {}), {}, "clamp-log-100", binary, quantity)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("prob", "label", "slope"), [(0.0, 1.0, -1.0), (0.0, 0.0, 0.0), (1.0, 0.0, 1.0)])
def test_clamped_binary_cross_entropy_divides_by_its_smallest_denominator_at_the_edges(prob, label, slope, dtype):
    enclosure = enclosed(
        "binary_cross_entropy",
        [stored([prob], dtype), stored([label], dtype)],
        {},
        quantity="gradient:probs",
        dtype=dtype,
        definition="clamp-log-100",
    )
    smallest = float(np.float32(1e-12))  # a float32 constant in the source, whatever the dtype
    assert float(np.ldexp(enclosure.hi, enclosure.exponent)[0]) == slope / smallest


VALUES = [(function, name) for function, names in DEFINITIONS.items() for name in names[1:]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("function", "name"), VALUES)
def test_value_of_a_deviating_definition_is_what_it_states(function, name, dtype):
    call = random_call(function, dtype, (30, 5), seed=27)
    if function == "softplus":
        call = Call(function, dtype, (stored(np.linspace(10.0, 40.0, 150).reshape(30, 5), dtype),), {})
    rule = LITERAL[function] if name == "labels-sum-to-one" else deviating(function, name, dtype)
    enclosure = enclosed(function, call.arguments, call.parameters, quantity="value", dtype=dtype, definition=name)
    with power_series():
        truth = []
        for row in range(30):
            spec = FUNCTIONS[function].arguments
            lines = [
                [const(float(v)) for v in values[row]]
                for item, values in zip(spec, call.arguments, strict=True)
                if item.is_real
            ]
            label = {} if spec[-1].is_real else {"label": int(call.arguments[-1][row])}
            truth += [head(number) for number in rule(*lines, {}, **label)]
        agree(enclosure, truth, dtype)


def test_clamped_logarithms_stop_at_minus_one_hundred():
    probs = np.array([0.0, 1e-44, 1e-43, 1.0])
    enclosure = enclosed(
        "binary_cross_entropy",
        [probs, np.array([1.0, 1.0, 1.0, 0.0])],
        {},
        quantity="value",
        dtype="float64",
        definition="clamp-log-100",
    )
    np.testing.assert_allclose(np.ldexp(enclosure.hi, enclosure.exponent), [100, 100, -np.log(1e-43), 100], rtol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
def test_gradient_with_zero_cotangent_is_exactly_zero(function, dtype):
    logits = stored([[1.0, -3.0, 0.5], [100.0, 0.0, -100.0]], dtype)
    enclosure = enclosed(
        function, [logits], {"axis": 1}, quantity="gradient:logits", dtype=dtype, cotangent=np.zeros(logits.shape)
    )
    assert not enclosure.hi.any()
    assert not enclosure.radius.any()
