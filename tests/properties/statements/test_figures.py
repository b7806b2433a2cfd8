"""Published figures and errata: they hold on the reference and on the frameworks, and would not if they were others."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.property_checks.backend import PropertyBackend, bindings
from logitproof.properties import PROPERTIES, Seeded, check, check_reference
from logitproof.properties.checking.functions import Reference
from logitproof.properties.statements import errata, figures, loss_figures
from logitproof.properties.statements import printed as prints

FIGURES = (*figures.stated.properties, *loss_figures.stated.properties)
ERRATA = errata.stated.properties
PUBLISHED = {
    "linear-and-softmax", "naive-overflow-789", "multi-label-row", "coin", "indexed-loss", "one-two-three",
    "right-and-wrong", "two-class-rows", "sigmoid-losses", "three-one-minus-three", "gradient-row", "one-to-five",
    "thousands", "math-exp",
}  # fmt: skip
WRONG = {
    "erratum-logit", "erratum-softmax-zero", "erratum-hard-labels", "erratum-sparse", "erratum-softmax-labels",
}  # fmt: skip

each_property = pytest.mark.parametrize("prop", [*FIGURES, *ERRATA], ids=lambda prop: prop.id)
each_dtype = pytest.mark.parametrize("dtype", figures.BOTH)


def drawn(prop, dtype):
    return prop.domain.draw(Seeded(), dtype, 1)


class ChangedReference:
    """A backend whose results are the exact ones, changed and rounded."""

    def __init__(self, change):
        self._change = change

    def definition(self, *_):
        return "literal"

    def evaluate(self, call):
        balls = Reference()(
            call.function, *call.arguments, quantity=call.quantity, cotangent=call.cotangent, **call.parameters
        )
        return self._change(balls.astype(np.float64)).astype(call.dtype)


# What there is


def test_every_published_figure_and_every_erratum_is_there():
    assert {prop.id for prop in FIGURES} >= PUBLISHED
    assert {prop.id for prop in ERRATA} == WRONG
    assert PUBLISHED | WRONG | {"independent-sigmoids", "exp-versus-linear"} <= PROPERTIES.keys()


@each_property
def test_there_is_nothing_to_choose(prop):
    assert prop.domain.is_fixed
    assert prop.domain.dtypes == figures.BOTH


# They hold


@each_dtype
@each_property
def test_it_holds_on_the_reference(prop, dtype):
    assert check_reference(prop, drawn(prop, dtype)).status == "holds"


@each_dtype
@each_property
def test_it_holds_for_correctly_rounded_results(prop, dtype):
    assert check(prop, ChangedReference(lambda numbers: numbers), drawn(prop, dtype)).status == "holds"


@pytest.fixture(scope="module", params=["torch", "tensorflow", "keras"])
def worker(request):
    with Worker.start(parse_backend(request.param)) as started:
        yield started


@each_dtype
def test_they_hold_on_a_framework_wherever_it_has_the_functions(worker, dtype):
    outcomes = {
        (prop.id, *(entry.name for entry in entries.values())): check(
            prop, PropertyBackend(worker, entries), drawn(prop, dtype)
        )
        for prop in (*FIGURES, *ERRATA)
        for entries in bindings(prop, worker.hello)
    }
    assert len({key[0] for key in outcomes}) >= 13
    assert {key: str(outcome.worst) for key, outcome in outcomes.items() if outcome.status != "holds"} == {}


# They would not hold if they were others


@each_dtype
@each_property
def test_another_implementation_is_noticed(prop, dtype):
    outcome = check(prop, ChangedReference(lambda numbers: numbers / 2 + 1e-3), drawn(prop, dtype))
    assert outcome.status == "broken"


def _moved(digits, read):
    """The digits with another last one; all digits of a float64 count where they were computed in it."""
    number = Decimal(digits)
    if read is prints.computed:
        return str(number + max(abs(number) * Decimal("1e-15"), Decimal("1e-300")))
    return str(number + Decimal(1).scaleb(number.as_tuple().exponent))


def _broken_with(prop, monkeypatch, number, digits):
    """What becomes of a property when one of its printed figures has other digits; None where there are no more."""
    numbers = iter(range(10**6))
    reached = []

    def entries(balls, texts, what, read=prints.printed, original=prints.entries):
        changed = [
            digits(text, read) if next(numbers) == number and not reached.append(text) else text for text in texts
        ]
        return original(balls, changed, what, read)

    with monkeypatch.context() as patch:
        for module in (figures, loss_figures):
            patch.setattr(module, "entries", entries)
        outcome = check_reference(prop, drawn(prop, "float64"))
    return (reached[0], outcome.status) if reached else None


def _figures_of(prop, monkeypatch, digits):
    number = 0
    while (broken := _broken_with(prop, monkeypatch, number, digits)) is not None:
        yield broken
        number += 1


PRINTED = [
    prop
    for prop in FIGURES
    if prop.id not in {"multi-label-row", "independent-sigmoids", "exp-versus-linear", "coin", "math-exp"}
    and prop.id not in {"right-and-wrong", "two-class-rows", "two-class-rows-binary"}
]


@pytest.mark.parametrize("prop", PRINTED, ids=lambda prop: prop.id)
def test_another_last_digit_is_noticed_in_every_printed_figure(prop, monkeypatch):
    in_float32 = prop.bound.startswith(figures.IN_FLOAT32)

    def digits(text, read):
        # Float32 arithmetic may lose some twenty of its own ulps: the fifth decimal is past them.
        coarse = in_float32 and read is not prints.computed
        return str(Decimal(text) + Decimal("1e-5")) if coarse else _moved(text, read)

    outcomes = list(_figures_of(prop, monkeypatch, digits))
    assert len(outcomes) >= 3
    assert [each for each in outcomes if each[1] != "broken"] == []


@pytest.mark.parametrize("prop", PRINTED, ids=lambda prop: prop.id)
def test_with_the_printed_digits_it_holds(prop, monkeypatch):
    assert {status for _, status in _figures_of(prop, monkeypatch, lambda text, read: text)} == {"holds"}


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("right-and-wrong", {"0.6": "0.61", "0.1": "0.1"}),
        ("right-and-wrong", {"0.6": "0.6", "0.1": "0.11"}),
        ("two-class-rows", {"0.8": "0.81", "0.6": "0.6"}),
        ("two-class-rows-binary", {"0.8": "0.8", "0.6": "0.61"}),
        ("gradient-row", {"0.0903": "0.0900"}),
    ],
)
def test_other_numbers_in_a_formula_are_noticed(name, digits, monkeypatch):
    original = loss_figures.decimal
    monkeypatch.setattr(loss_figures, "decimal", lambda text: original(digits[text]))
    assert check_reference(PROPERTIES[name], drawn(PROPERTIES[name], "float64")).status == "broken"


def test_naive_arithmetic_that_did_not_fail_would_be_noticed(monkeypatch):
    monkeypatch.setattr(figures, "naive_softmax", lambda row: np.full(row.shape, 0.2))
    for name in ("naive-overflow-789", "thousands"):
        assert check_reference(PROPERTIES[name], drawn(PROPERTIES[name], "float64")).status == "broken"


def test_an_exponential_that_did_not_overflow_would_be_noticed(monkeypatch):
    monkeypatch.setattr(figures.math, "exp", lambda power: power)
    assert check_reference(PROPERTIES["math-exp"], drawn(PROPERTIES["math-exp"], "float64")).status == "broken"


def test_the_notes_wrong_logit_would_be_noticed():
    prop = PROPERTIES["erratum-logit"]
    wrong = type(
        "Wrong",
        (ChangedReference,),
        {"evaluate": lambda self, call: -np.log(1 / call.arguments[0] - call.arguments[0])},
    )
    outcome = check(prop, wrong(None), drawn(prop, "float64"))
    assert outcome.status == "broken"


def test_a_gradient_of_the_right_class_alone_would_be_noticed():
    prop = PROPERTIES["erratum-hard-labels"]
    outcome = check(prop, ChangedReference(lambda numbers: np.minimum(numbers, 0)), drawn(prop, "float32"))
    assert outcome.status == "broken"
    assert outcome.worst.what == "every class gets p_j − y_j"


def test_a_broken_figure_says_which_entry_of_it():
    prop = PROPERTIES["gradient-row"]
    outcome = check(prop, ChangedReference(lambda numbers: numbers + 0.01), drawn(prop, "float64"))
    assert outcome.worst.what.startswith(("softmax, entry ", "gradient, entry "))
    assert outcome.case is None
