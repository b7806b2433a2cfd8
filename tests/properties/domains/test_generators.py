"""The generators of the properties and of the hunt: exact numbers, equal everywhere, of every kind, and shrinkable."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import find, settings
from hypothesis import strategies as st

from logitproof.properties import Seeded, function_inputs
from logitproof.properties.domains import numbers as _numbers
from logitproof.properties.domains import options as _options
from logitproof.properties.domains import order as _order
from logitproof.properties.domains import rows as _rows
from logitproof.properties.domains import shares as _shares
from logitproof.properties.domains import unit_numbers as _unit_numbers
from logitproof.properties.domains.lattice import at, last, nearest, neighbour, ordinal
from logitproof.properties.strategies import Generated, HypothesisChoices
from logitproof.reference import FORMATS, FUNCTIONS

WIDTHS = (1, 2, 3, 5, 10, 16, 17, 33, 200)

ROWS = {
    **{kind.__name__: kind for kind in _rows.KINDS},
    "masked": _rows.masked_row,
    "sparse": _rows.sparse_row,
    "probabilities": _shares.probabilities,
    "log probabilities": _shares.log_probabilities,
    "distribution": lambda choices, fmt, n: _shares.distribution(choices, n),
}
NUMBERS = {
    **{kind.__name__: kind for kind in (*_numbers.KINDS, *_unit_numbers.UNIT_KINDS)},
    "number": _numbers.number,
    "positive": _numbers.positive,
    "small": _numbers.small_number,
    "log probability": _shares.log_probability,
}

each_format = pytest.mark.parametrize("fmt", FORMATS.values(), ids=FORMATS)


def is_exact(value: float, fmt) -> bool:
    return math.isinf(value) or float(np.float64(value).astype(fmt.numpy_dtype)) == value


def drawn_rows(row, choices, fmt, cases, n):
    return np.array([row(choices, fmt, n) for _ in range(cases)])


def random_numbers(fmt, count=300):
    return [at(Seeded("lattice", fmt.name, i).integer(-last(fmt), last(fmt)), fmt) for i in range(count)]


@each_format
def test_the_lattice_is_the_order_of_the_format(fmt):
    ends = [0.0, fmt.quantum, fmt.smallest_normal, 1.0, fmt.max_finite, -fmt.max_finite, -1.0]
    for value in ends + random_numbers(fmt):
        assert is_exact(value, fmt)
        assert at(ordinal(value, fmt), fmt) == value
        if abs(value) < fmt.max_finite:
            above = np.nextafter(np.array(value, fmt.numpy_dtype), np.array(np.inf, fmt.numpy_dtype))
            assert neighbour(value, 1, fmt) == float(above)
            assert neighbour(neighbour(value, 5, fmt), -5, fmt) == value or value > neighbour(fmt.max_finite, -5, fmt)
    assert at(last(fmt), fmt) == at(last(fmt) + 1, fmt) == fmt.max_finite
    assert ordinal(fmt.max_finite, fmt) == last(fmt)


@each_format
def test_rounding_takes_the_nearest_number_and_the_even_one_of_two(fmt):
    assert nearest(math.inf, fmt) == fmt.max_finite
    assert nearest(-1e308, fmt) == -fmt.max_finite or fmt.name == "float64"
    for i, value in enumerate(random_numbers(fmt)):
        if not fmt.smallest_normal < abs(value) < fmt.max_finite / 2 or fmt.precision > 24:
            assert nearest(value, fmt) == value
            continue
        exact = (Fraction(value) * (2**30 - i) + Fraction(neighbour(value, 1, fmt)) * i) / 2**30
        assert nearest(float(exact), fmt) == value
        middle = (Fraction(value) + Fraction(neighbour(value, 1, fmt))) / 2
        assert ordinal(nearest(float(middle), fmt), fmt) % 2 == 0
        assert abs(Fraction(nearest(float(middle), fmt)) - middle) == abs(Fraction(value) - middle)


@each_format
@pytest.mark.parametrize("kind", NUMBERS)
def test_every_number_is_exact_and_finite(fmt, kind):
    for i in range(200):
        value = NUMBERS[kind](Seeded(kind, fmt.name, i), fmt)
        assert math.isfinite(value)
        assert is_exact(value, fmt), value.hex()


@each_format
@pytest.mark.parametrize("kind", ROWS)
def test_every_entry_of_a_row_is_exact(fmt, kind):
    for n in WIDTHS:
        for i in range(20):
            row = ROWS[kind](Seeded(kind, fmt.name, n, i), fmt, n)
            assert len(row) == n
            assert all(is_exact(value, fmt) for value in row)
            assert any(math.isfinite(value) for value in row)
            assert kind in {"masked", "sparse"} or all(math.isfinite(value) for value in row)


@each_format
def test_labels_sum_exactly_to_one_and_every_format_holds_them(fmt):
    for n in (*WIDTHS, 4096):
        for i in range(30):
            row = _shares.distribution(Seeded("labels", n, i), n)
            assert sum(map(Fraction, row)) == 1
            assert min(row) >= 0
            assert all(is_exact(value, fmt) for value in row)


@each_format
def test_probabilities_are_positive_and_sum_to_one_as_far_as_the_format_allows(fmt):
    exact = 0
    for n in (*WIDTHS, 4096):
        for i in range(30):
            row = _shares.probabilities(Seeded("probs", n, i), fmt, n)
            assert min(row) > 0
            assert max(row) <= 1
            total = sum(map(Fraction, row))
            exact += total == 1
            assert abs(total - 1) < n * fmt.smallest_normal * 2
    assert exact > 150


def test_numbers_of_the_unit_interval_reach_both_ends_and_their_neighbours():
    fmt = FORMATS["float32"]
    numbers = {_unit_numbers.unit_number(Seeded("unit", i), fmt) for i in range(3000)}
    assert {0.0, 1.0, 0.5} <= numbers
    assert {1 - 2.0**-24, 0.5 + 2.0**-24} <= numbers
    assert any(0 < value < fmt.smallest_normal for value in numbers)
    assert all(0 <= value <= 1 for value in numbers)


def test_log_probabilities_are_not_positive():
    fmt = FORMATS["float16"]
    rows = [_shares.log_probabilities(Seeded("log", n, i), fmt, n) for n in WIDTHS for i in range(50)]
    assert all(value <= 0 for row in rows for value in row)
    assert any(value == 0 for row in rows for value in row)


def occurring(names, draw):
    """Draw often; return which names were called."""
    picked = set()

    class Watching(Seeded):
        def pick(self, options):
            chosen = super().pick(options)
            picked.add(getattr(chosen, "__name__", chosen))
            return chosen

    for i in range(300):
        draw(Watching("kinds", i))
    return set(names) - picked


@each_format
def test_every_kind_occurs(fmt):
    numbers = [kind.__name__ for kind in _numbers.KINDS]
    assert occurring(numbers, lambda choices: _numbers.number(choices, fmt)) == set()
    units = [kind.__name__ for kind in _unit_numbers.UNIT_KINDS]
    assert occurring(units, lambda choices: _unit_numbers.unit_number(choices, fmt)) == set()
    rows = [kind.__name__ for kind in _rows.KINDS]
    assert occurring(rows, lambda choices: _rows.row(choices, fmt, 4)) == set()


@each_format
def test_interesting_logits_occur(fmt):
    """What the kinds are for, seen in the rows themselves."""
    block = drawn_rows(_rows.row, Seeded("interesting", fmt.name), fmt, 800, 5)
    with np.errstate(over="ignore"):
        gaps = block.max(axis=1, keepdims=True) - block
    saturation = fmt.precision * 0.6931471805599453
    vanishing = (fmt.precision - fmt.emin) * 0.6931471805599453
    assert ((gaps > saturation) & (gaps < vanishing)).any()
    assert (np.abs(block) == fmt.max_finite).any()
    assert ((np.abs(block) > 0) & (np.abs(block) < fmt.smallest_normal)).any()
    assert (block.min(axis=1) == block.max(axis=1)).any()
    # Log-sum-exp next to 0, where x - lse and max + log(sum) cancel.
    crossing = [_rows.crossing(Seeded("crossing", i), fmt, 4) for i in range(20)]
    assert all(abs(math.log(sum(map(math.exp, row)))) < 32 * fmt.unit_roundoff for row in crossing)


def test_masked_rows_keep_a_finite_number_and_sometimes_only_one():
    fmt = FORMATS["float32"]
    finite = np.isfinite(drawn_rows(_rows.masked_row, Seeded("masks"), fmt, 300, 5)).sum(axis=1)
    assert set(finite) == {1, 2, 3, 4, 5}
    sparse = np.isfinite(drawn_rows(_rows.sparse_row, Seeded("sparse"), fmt, 50, 4096)).sum(axis=1)
    assert min(sparse) >= 1
    assert 3 < max(sparse) <= 16


def test_rows_are_stored_in_the_format_as_they_are():
    for fmt in FORMATS.values():
        drawn = drawn_rows(_rows.row, Seeded("stored"), fmt, 20, 3)
        block = _rows.stored(drawn.tolist(), fmt)
        assert block.dtype == fmt.numpy_dtype
        assert np.array_equal(block.astype(np.float64), drawn)


def test_permutations_places_and_classes_are_what_they_say():
    orders = {tuple(_order.permutation(Seeded("order", i), 5)) for i in range(300)}
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)
    assert len(orders) > 50
    for i in range(100):
        positions = _order.positions(Seeded("places", i), 6, 4)
        assert len(set(positions)) == 4
        assert set(positions) <= set(range(6))
    assert {_order.class_index(Seeded("class", i), 4) for i in range(100)} == {0, 1, 2, 3}
    assert sorted(_order.permutation(Seeded("long"), 1000)) == list(range(1000))


def test_widths_are_few_or_next_to_a_power_of_two():
    widths = {_rows.width(Seeded("width", i), 100) for i in range(2000)}
    assert widths >= {*range(1, 11), 15, 16, 17, 31, 32, 33, 63, 64, 65}
    assert max(widths) <= 100
    assert {_rows.width(Seeded("narrow", i), 3) for i in range(50)} == {1, 2, 3}


@each_format
def test_options_are_exact_in_every_format(fmt):
    for i in range(100):
        choices = Seeded("options", i)
        assert is_exact(_options.label_smoothing(choices), fmt)
        weights = _options.weight(choices, fmt, 9)
        positive = _options.positive_weight(choices, fmt, 9)
        cotangent = _options.cotangent(choices, fmt, (2, 3))
        for array in (weights, positive, cotangent):
            eighths = array.astype(np.float64) * 8
            assert np.array_equal(eighths, np.rint(eighths))
            assert np.abs(eighths).max() <= 32
        assert weights.max() > 0
        assert positive.min() > 0
        assert cotangent.shape == (2, 3)
    assert {_options.reduction(Seeded("reduction", i)) for i in range(50)} == {"none", "mean", "sum"}
    assert {_options.ignore_index(Seeded("ignore", i), 4) for i in range(50)} == {None, -100, 0, 3}


@each_format
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_inputs_of_a_function_are_what_it_takes(function, fmt):
    keywords = frozenset(name for each in FUNCTIONS.values() for name in each.options)
    reached = set()
    for i in range(60):
        inputs = function_inputs(Seeded("inputs", function.name, i), function, fmt, keywords)
        first = inputs.arguments[0]
        assert first.shape[-1] <= 4097
        reached |= inputs.parameters.keys()
        for argument, array in zip(function.arguments, inputs.arguments, strict=True):
            assert array.dtype == (fmt.numpy_dtype if argument.is_real else np.int64)
            assert array.shape == (first.shape if argument.is_real else first.shape[:1])
            check_meaning(argument.kind, array.astype(np.float64), first.shape[-1], inputs.parameters)
        for name, value in inputs.parameters.items():
            assert name in function.keywords
            assert isinstance(value, np.ndarray) or name == "axis" or value != function.options[name]
        value_shape = first.shape[:1] if function.result == "row" else first.shape
        assert inputs.cotangent.shape == (() if "reduction" in inputs.parameters else value_shape)
        assert inputs.cotangent.dtype == fmt.numpy_dtype
    assert reached == set(function.keywords)


def check_meaning(kind, numbers, n, parameters):
    match kind:
        case "probs" | "labels":
            assert ((numbers >= 0) & (numbers <= 1)).all()
        case "log_probs" | "log_labels":
            assert (numbers <= 0).all()
        case "index":
            assert (((numbers >= 0) & (numbers < n)) | (numbers == parameters.get("ignore_index"))).all()
        case _:
            assert not np.isnan(numbers).any()
            assert not np.isposinf(numbers).any()


def test_options_are_given_only_where_they_are_taken():
    function, fmt = FUNCTIONS["sparse_softmax_cross_entropy"], FORMATS["float32"]
    taken = frozenset({"weight"})
    keywords = [function_inputs(Seeded("taken", i), function, fmt, taken).parameters.keys() for i in range(60)]
    assert set().union(*keywords) == {"axis", "weight"}


def everything(fmt) -> str:
    """A hash over some of everything."""
    digest = hashlib.sha256()
    for name, make in {**NUMBERS, **ROWS}.items():
        for n in (1, 3, 40):
            choices = Seeded(name, n)
            values = make(choices, fmt, n) if name in ROWS else [make(choices, fmt)]
            digest.update(" ".join(value.hex() for value in values).encode())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize(
    ("dtype", "pinned"),
    [
        ("float16", "a7533c01ff1beaee"),
        ("bfloat16", "50013033104f3fee"),
        ("float32", "105426ae4cb27bd2"),
        ("float64", "203b3927988106df"),
    ],
)
def test_equal_keys_give_equal_bits_on_every_machine(dtype, pinned):
    """If this fails and the generators have been changed on purpose, write the new hashes here."""
    assert everything(FORMATS[dtype]) == pinned


def test_seeded_integers_are_spread_over_their_range_and_belong_to_their_key():
    drawn = [Seeded("spread", i).integer(-2, 4) for i in range(700)]
    assert {drawn.count(k) > 60 for k in range(-2, 5)} == {True}
    assert drawn == [Seeded("spread", str(i)).integer(-2, 4) for i in range(700)]
    assert Seeded("a", "b").integer(0, 2**60) != Seeded("ab").integer(0, 2**60)
    assert Seeded("one").integer(5, 5) == 5


@st.composite
def drawn(draw, make):
    return make(HypothesisChoices(draw))


@pytest.mark.parametrize("strategy", [drawn, Generated], ids=["composite", "bare"])
def test_hypothesis_shrinks_to_the_simplest(strategy):
    def simplest(make, condition):
        quiet = settings(database=None, derandomize=True, max_examples=2000)
        return find(strategy(make), condition, settings=quiet)

    fmt = FORMATS["float32"]
    assert simplest(lambda choices: choices.integer(-3, 9), lambda _: True) == -3
    assert simplest(lambda choices: choices.pick("abc"), lambda _: True) == "a"
    assert simplest(lambda choices: _rows.width(choices, 4096), lambda n: n >= 2) == 2
    assert simplest(lambda choices: _numbers.number(choices, fmt), lambda _: True) == 0
    assert simplest(lambda choices: _numbers.number(choices, fmt), lambda x: x < 0) == -1
    assert simplest(lambda choices: _rows.row(choices, fmt, 3), lambda row: max(row) > 0) == [0, 0, 1]
    assert simplest(lambda choices: _shares.distribution(choices, 3), lambda _: True) == [1, 0, 0]
    assert simplest(lambda choices: _order.permutation(choices, 4), lambda _: True) == [0, 1, 2, 3]
    softmax = FUNCTIONS["softmax"]
    row = simplest(lambda choices: function_inputs(choices, softmax, fmt).arguments[0], lambda x: x.max() > 0)
    assert row.tolist() == [[1]]
    assert simplest(lambda choices: _rows.masked_row(choices, fmt, 2), lambda row: -math.inf in row)[1] == -math.inf
