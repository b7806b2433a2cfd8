"""The reference's values against mpmath: other algorithms, other library, 320 bits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from exact_calls import enclosed
from reference_inputs import DTYPES, HARD_ELEMENTS, HARD_ROWS, Call, option_sets, random_call, stored

from logitproof.reference import FORMATS, FUNCTIONS, Enclosure, Status

MP = mpmath.mp.clone()
MP.prec = 320
mpf = MP.mpf

# mpmath's own error: a few roundings of 2^-320, magnified by the cancellation that its stable forms leave, which
# comes with the exponent range of float64 at most: 2^-180 relative is far above it and far below any radius.
RELATIVE = mpf(2) ** -180
# Numbers that underflow in every format: the reference need not resolve them. 2^-1074 is the smallest float64.
ABSOLUTE = mpf(2) ** -1200


def lse(x: list[mpf]) -> mpf:
    """Shifted by the maximum, the rest through log1p: unlike the reference's literal sum."""
    top = max(range(len(x)), key=lambda i: x[i])
    rest = MP.fsum(MP.exp(v - x[top]) for i, v in enumerate(x) if i != top)
    return x[top] + MP.log1p(rest)


def log_softmax(x: list[mpf]) -> list[mpf]:
    """The logarithm of the sum that each entry leaves over: no cancellation as p → 1."""
    return [-MP.log1p(MP.fsum(MP.exp(v - x[i]) for j, v in enumerate(x) if j != i)) for i in range(len(x))]


def softplus(x: mpf) -> mpf:
    return (x if x > 0 else mpf(0)) + MP.log1p(MP.exp(-abs(x)))


def xlogy(x: mpf, y: mpf) -> mpf:
    return x * MP.log(y) if x else mpf(0)


def dense_loss(logs: list[mpf], y: list[mpf], options: dict[str, object]) -> mpf:
    smoothing, classes = mpf(float(options.get("label_smoothing", 0.0))), len(y)
    weight = options.get("weight")
    w = [mpf(1)] * classes if weight is None else [mpf(float(v)) for v in weight]
    return -MP.fsum(w[j] * ((1 - smoothing) * y[j] + smoothing / classes) * logs[j] for j in range(classes))


def spread(weight: object, shape: tuple[int, ...]) -> list[mpf]:
    return [mpf(1)] * int(np.prod(shape)) if weight is None else exact(np.broadcast_to(weight, shape).ravel())


def sigmoid_losses(call: Call, options: dict[str, object]) -> list[mpf]:
    smoothing = mpf(float(options.get("label_smoothing", 0.0)))
    logits, labels = (exact(argument.ravel()) for argument in call.arguments)
    weights, pos_weights = (spread(options.get(name), call.arguments[0].shape) for name in ("weight", "pos_weight"))
    losses = []
    for x, y, w, pos in zip(logits, labels, weights, pos_weights, strict=True):
        z = (1 - smoothing) * y + smoothing / 2
        losses.append(w * (pos * z * softplus(-x) + (1 - z) * softplus(x)))
    return losses


def binary_loss(p: mpf, z: mpf, options: dict[str, object]) -> mpf:
    smoothing = mpf(float(options.get("label_smoothing", 0.0)))
    z = (1 - smoothing) * z + smoothing / 2
    return -(xlogy(z, p) + (1 - z) * MP.log1p(-p))


ELEMENTS = {
    "sigmoid": lambda x: 1 / (1 + MP.exp(-x)) if x > 0 else MP.exp(x) / (1 + MP.exp(x)),
    "log_sigmoid": lambda x: -softplus(-x),
    "softplus": softplus,
    "logit": lambda p: 2 * MP.atanh(2 * p - 1) if 0.25 < p < 0.75 else MP.log(p) - MP.log1p(-p),
    "entropy_terms": lambda p: -xlogy(p, p),
    "kl_divergence_terms": lambda y, p: xlogy(y, y) - xlogy(y, p) if y != p else mpf(0),
    "kl_divergence_terms_from_log_probs": lambda y, q: xlogy(y, y) - y * q,
    "kl_divergence_terms_from_logs": lambda k, q: MP.exp(k) * (k - q),
}

ROWS = {
    "softmax": lambda x: [MP.exp(log) for log in log_softmax(x)],
    "log_softmax": log_softmax,
    "logsumexp": lambda x: [lse(x)],
    "entropy": lambda p: [-MP.fsum(xlogy(v, v) for v in p)],
    "kl_divergence": lambda y, p: [MP.fsum(xlogy(a, a) - xlogy(a, b) for a, b in zip(y, p, strict=True))],
    "kl_divergence_from_log_probs": lambda y, q: [MP.fsum(xlogy(a, a) - a * b for a, b in zip(y, q, strict=True))],
}


def one_hot(label: int, classes: int) -> list[mpf]:
    return [mpf(int(j == label)) for j in range(classes)]


def row_loss(call: Call, i: int, options: dict[str, object]) -> mpf:
    """The loss of one row of the functions that have options."""
    first = exact(call.arguments[0][i])
    if call.function in ("softmax_cross_entropy", "categorical_cross_entropy"):
        logs = log_softmax(first) if call.function == "softmax_cross_entropy" else [MP.log(p) for p in first]
        return dense_loss(logs, exact(call.arguments[1][i]), options)
    label = int(call.arguments[1][i])
    if label == options.get("ignore_index"):
        return mpf(0)
    logs = {
        "sparse_softmax_cross_entropy": log_softmax,
        "sparse_categorical_cross_entropy": lambda p: [MP.log(v) for v in p],
        "nll_loss": list,
    }[call.function](first)
    return dense_loss(logs, one_hot(label, len(first)), options)


def divisor(call: Call, options: dict[str, object]) -> mpf:
    if options.get("reduction") != "mean":
        return mpf(1)
    if call.function in ("softmax_cross_entropy", "sigmoid_cross_entropy"):
        return mpf(call.arguments[0].size if call.function.startswith("sigmoid") else len(call.arguments[0]))
    weight = options.get("weight")
    kept = [int(y) for y in call.arguments[1] if y != options.get("ignore_index")]
    return MP.fsum(mpf(1) if weight is None else mpf(float(weight[y])) for y in kept)


def exact(row: np.ndarray) -> list[mpf]:
    return [mpf(v) for v in np.asarray(row, dtype=np.float64).tolist()]


def expected(call: Call, options: dict[str, object]) -> list[mpf]:
    """The value by mpmath, flat."""
    if call.function in ELEMENTS:
        columns = [exact(argument.ravel()) for argument in call.arguments]
        return [ELEMENTS[call.function](*entry) for entry in zip(*columns, strict=True)]
    if call.function in ROWS:
        rows = zip(*call.arguments, strict=True)
        return [number for row in rows for number in ROWS[call.function](*map(exact, row))]
    if call.function == "sigmoid_cross_entropy":
        terms = sigmoid_losses(call, options)
    elif call.function == "binary_cross_entropy":
        entries = zip(*(exact(argument.ravel()) for argument in call.arguments), strict=True)
        terms = [binary_loss(p, z, options) for p, z in entries]
    else:
        terms = [row_loss(call, i, options) for i in range(len(call.arguments[0]))]
    if options.get("reduction", "none") == "none":
        return terms
    return [MP.fsum(terms) / divisor(call, options)]


def disagreements(enclosure: Enclosure, truth: list[mpf], dtype: str) -> list[str]:
    """Say where the truth lies outside its enclosure, or where this is wider than 2^-29 of the ulp of a tiny number."""
    assert (enclosure.status == Status.FINITE).all()
    quantum = mpf(2) ** FORMATS[dtype].quantum_exponent
    lines = []
    words = zip(
        *(getattr(enclosure, name).ravel().tolist() for name in ("hi", "lo", "exponent", "radius")), strict=True
    )
    for i, ((hi, lo, exponent, radius), number) in enumerate(zip(words, truth, strict=True)):
        middle = MP.ldexp(mpf(hi) + mpf(lo), exponent)
        reach = MP.ldexp(mpf(radius), exponent)
        if abs(middle - number) > reach + abs(number) * RELATIVE + ABSOLUTE:
            lines.append(f"{i}: {MP.nstr(middle, 25)} ± {MP.nstr(reach, 5)} leaves out {MP.nstr(number, 25)}")
        ulp = max(abs(number) * mpf(2) ** (1 - FORMATS[dtype].precision), quantum)
        if reach > ulp * mpf(2) ** -29:
            lines.append(f"{i}: radius {MP.nstr(reach / ulp, 5)} ulp")
    return lines


def check(call: Call, options: dict[str, object]) -> int:
    """Compare one call; return how many numbers were compared."""
    enclosure = enclosed(
        call.function, call.arguments, {**call.parameters, **options}, quantity="value", dtype=call.dtype
    )
    truth = expected(call, options)
    assert not disagreements(enclosure, truth, call.dtype)
    return len(truth)


def rows_of(function: str) -> int:
    """How many random rows of ten a function is compared on, for every dtype."""
    if FUNCTIONS[function].result == "element":
        return 250 if function in ELEMENTS else 100
    return 300 if FUNCTIONS[function].result == "vector" else 100


def test_a_hundred_thousand_random_results_are_compared():
    numbers = {name: rows_of(name) * (1 if FUNCTIONS[name].result == "row" else 10) for name in FUNCTIONS}
    assert sum(numbers.values()) * len(DTYPES) >= 100_000


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_value_of_random_inputs_lies_in_its_enclosure(function, dtype):
    rows = rows_of(function)
    compared = check(random_call(function, dtype, (rows, 10), seed=7), {})
    assert compared == rows * (1 if FUNCTIONS[function].result == "row" else 10)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", [name for name in FUNCTIONS if FUNCTIONS[name].options])
def test_value_with_options_lies_in_its_enclosure(function, dtype):
    call = random_call(function, dtype, (9, 4), seed=11)
    options = option_sets(function, dtype, (9, 4), seed=12)
    assert len(options) >= 2
    for chosen in options:
        assert check(call, chosen) in (1, 9, 36)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", ["sigmoid", "log_sigmoid", "softplus"])
def test_value_of_hard_elements_lies_in_its_enclosure(function, dtype):
    near = np.array(HARD_ELEMENTS)[:, None] * (1 + np.arange(-3, 4) * 2.0 ** (1 - FORMATS[dtype].precision))
    check(Call(function, dtype, (stored(near, dtype),), {}), {})


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", ["logit", "entropy_terms"])
def test_value_near_half_zero_and_one_lies_in_its_enclosure(function, dtype):
    steps = 2.0 ** -np.arange(1.0, 140.0)
    probs = stored(np.concatenate([0.5 + steps / 2, 0.5 - steps / 4, 1 - steps, steps, [2.0**-1074]]), dtype)
    probs = probs[(probs > 0) & (probs < 1)]
    check(Call(function, dtype, (probs,), {}), {})


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", ["softmax", "log_softmax", "logsumexp"])
def test_value_of_hard_rows_lies_in_its_enclosure(function, dtype):
    check(Call(function, dtype, (stored(HARD_ROWS, dtype),), {"axis": -1}), {})


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_of_hard_rows_lies_in_its_enclosure(dtype):
    logits = stored(HARD_ROWS, dtype)
    for label in (0, 1):
        labels = np.full(len(logits), label)
        check(Call("sparse_softmax_cross_entropy", dtype, (logits, labels), {"axis": -1}), {})


@pytest.mark.parametrize("function", ["softmax", "log_softmax", "logsumexp"])
def test_value_at_the_largest_float64_lies_in_its_enclosure(function):
    largest = np.finfo(np.float64).max
    rows = np.array([[1.7e308, -1.7e308, 0.0], [largest, np.nextafter(largest, 0), -1.0], [1e100, 1e100, 5e-324]])
    check(Call(function, "float64", (rows,), {"axis": -1}), {})


@pytest.mark.parametrize("gap", [2.0**-10, 2.0**-20, 1e-4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_divergence_of_nearly_equal_distributions_lies_in_its_enclosure(dtype, gap):
    probs = stored([[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]], dtype)
    moved = stored(probs.astype(np.float64) * (1 + gap * np.array([1, -1, 1, -1])), dtype)
    check(Call("kl_divergence", dtype, (probs, moved), {"axis": -1}), {})


def test_entropy_near_certainty_lies_in_its_enclosure():
    gaps = np.array([5.0, 10.0, 20.0, 30.0])
    small = np.exp(-gaps)
    check(Call("entropy", "float64", (np.stack([1 - small, small], axis=1),), {"axis": -1}), {})


def test_softmax_of_262144_classes_is_enclosed():
    logits = np.random.default_rng(3).standard_normal((1, 262_144)).astype(np.float32)
    enclosure = enclosed("softmax", [logits], {"axis": -1}, quantity="value", dtype="float32")
    assert (enclosure.status == Status.FINITE).all()
    sum_of_words = MP.fsum(
        MP.ldexp(mpf(hi) + mpf(lo), k)
        for hi, lo, k in zip(
            enclosure.hi[0].tolist(), enclosure.lo[0].tolist(), enclosure.exponent[0].tolist(), strict=True
        )
    )
    assert abs(sum_of_words - 1) < float(np.ldexp(enclosure.radius, enclosure.exponent).sum())
