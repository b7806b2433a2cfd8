"""What every property has in common: the reference satisfies it, its domain knows its inputs, and it can be broken."""

from __future__ import annotations

import re
import zlib

import numpy as np
import pytest

from logitproof.properties import PROPERTIES, Failed, Replay, Seeded, Unsupported, asked, check, check_reference
from logitproof.properties.checking.balls import around, exact, times
from logitproof.properties.checking.check import ExactBackend
from logitproof.properties.checking.functions import BackendFunctions
from logitproof.properties.checking.property import Domain, Property, PropertyInputs, at_most, equal
from logitproof.properties.domains.inputs import logits
from logitproof.reference import FORMATS

# Every identity, figure and erratum of the notes that started the project.
CLAIMED = re.findall(
    r"\S+",
    """
sigmoid-is-softmax sigmoid-of-difference sigmoid-two-forms sigmoid-derivative sigmoid-inflection logit-inverts-sigmoid
softmax-distribution independent-sigmoids shift-invariance softmax-ratio exp-versus-linear softmax-jacobian
log-softmax-fused temperature-limits hardmax-gradient information-content entropy-definition kl-nonnegative
cross-entropy-decomposition one-hot-cross-entropy nll-is-mle cross-entropy-gradient weight-gradient dense-equals-sparse
binary-is-two-class sigmoid-cross-entropy-forms softmax-versus-sigmoid-shape from-logits cross-entropy-loss-definition
label-smoothing logits-are-unnormalised-log-probabilities
linear-and-softmax naive-overflow-789 multi-label-row coin indexed-loss one-two-three right-and-wrong two-class-rows
sigmoid-losses three-one-minus-three gradient-row one-to-five thousands math-exp
erratum-logit erratum-softmax-zero erratum-hard-labels erratum-sparse erratum-softmax-labels
""",
)

EVERY = pytest.mark.parametrize("prop", PROPERTIES.values(), ids=PROPERTIES)


def _draws(prop, batches, cases=6):
    for dtype in prop.domain.dtypes or FORMATS:
        for number in range(1 if prop.domain.is_fixed else batches):
            yield prop.domain.draw(Seeded("test", prop.id, dtype, number), dtype, cases)


@pytest.mark.parametrize("name", CLAIMED)
def test_every_claim_of_the_notes_is_a_property(name):
    # A claim may have several: from-logits-sigmoid beside from-logits, say.
    assert any(each == name or each.startswith(f"{name}-") for each in PROPERTIES)


@EVERY
def test_the_reference_satisfies_every_property_in_every_format(prop):
    outcomes = [check_reference(prop, given) for given in _draws(prop, 4)]
    assert [outcome.told for outcome in outcomes if outcome.status == "broken"] == []
    assert sum(outcome.compared for outcome in outcomes) > 0


@EVERY
def test_exact_results_rounded_to_the_format_satisfy_every_property(prop):
    outcomes = [check(prop, ExactBackend(), given) for given in _draws(prop, 3)]
    assert [outcome.told for outcome in outcomes if outcome.status == "broken"] == []
    assert sum(outcome.compared for outcome in outcomes) > 0


@EVERY
def test_every_property_is_told_in_words_and_latex_with_its_source(prop):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", prop.id)
    assert prop.statement.endswith(".")
    assert len(prop.statement) <= 400
    assert prop.latex.count("{") == prop.latex.count("}")
    assert "$" not in prop.latex
    assert prop.source
    assert prop.domain.text
    assert prop.functions


class _Wrong(ExactBackend):
    """Exact results, spoilt."""

    def __init__(self, function, spoil):
        self._function, self._spoil = function, spoil

    def evaluate(self, call):
        output = super().evaluate(call)
        if call.function != self._function:
            return output
        with np.errstate(all="ignore"):
            spoilt = self._spoil(output.astype(np.float64))
            if self._spoil is SPOILT["now and then"]:  # as the bytes of the inputs have it
                spoilt = spoilt if zlib.crc32(b"".join(map(np.ndarray.tobytes, call.arguments))) % 2 else output
            return np.asarray(spoilt).astype(output.dtype).reshape(output.shape)


def _first_is_off(output):
    spoilt = output.copy()
    spoilt.reshape(-1)[:1] = spoilt.reshape(-1)[:1] * 1.5 + 0.25
    return spoilt


SPOILT = {
    "not a number": lambda output: np.full_like(output, np.nan),
    "turned round": lambda output: -output - 1,
    "too large": lambda output: output * 1.5 + 0.125,
    "the first one off": _first_is_off,
    "in another order": lambda output: np.flip(output, axis=-1) if output.ndim else output + 1,
    "now and then": lambda output: output * 1.25 + 0.5,
    "all alike": lambda output: np.full_like(output, 0.375),
}


@EVERY
def test_every_property_is_broken_by_a_wrong_function(prop):
    for function in prop.functions:
        broken = [
            name
            for name, spoil in SPOILT.items()
            if any(check(prop, _Wrong(function, spoil), given).status == "broken" for given in _draws(prop, 3))
        ]
        # A number that is none is the easiest catch: something else must be caught too.
        assert len(broken) >= 2, (function, broken)


@EVERY
def test_answers_taken_down_are_judged_as_they_would_have_been_at_once(prop):
    given = next(_draws(prop, 1))
    for backend in (ExactBackend(), _Wrong(prop.functions[0], SPOILT["too large"])):
        at_once = check(prop, backend, given)
        later = check(prop, Replay(asked(prop, backend, given), {}), given)
        assert (later.status, later.compared, later.ratio) == (at_once.status, at_once.compared, at_once.ratio)


@EVERY
def test_inputs_of_another_domain_are_refused(prop):
    with pytest.raises(ValueError, match="not in the domain"):
        check_reference(prop, PropertyInputs("float32", {"nothing": np.zeros(1, np.float32)}))


def _property(claim, functions=("softmax",)):
    return Property("p", "A statement.", "x", "a test", functions, Domain((logits(),)), claim)


def _given(*rows, dtype="float32"):
    return PropertyInputs(dtype, {"x": np.array(rows, dtype=FORMATS[dtype].numpy_dtype)})


class _Fixed(ExactBackend):
    def __init__(self, output, definition="literal"):
        self._output, self._definition = output, definition

    def evaluate(self, call):
        if isinstance(self._output, Exception):
            raise self._output
        return np.asarray(self._output, dtype=call.arguments[0].dtype)

    def definition(self, *_):
        return self._definition


def _sums_to_one(f, given):
    yield equal(f("softmax", given["x"]).sum(axis=-1), exact(1.0), "the sum")


def test_the_radius_is_the_textbook_bound_and_half_an_ulp():
    functions = BackendFunctions(ExactBackend())
    ball = functions("softmax", np.zeros((1, 2), np.float32))[0, 0]
    # Two equal logits: one sum of two ones, one quotient, two exponentials of 4 ulp at most.
    assert 2**-25 < float(ball.rad()) < 2**-19
    assert float(ball.mid()) == 0.5


def test_a_difference_within_the_bound_holds_and_one_beyond_it_is_broken():
    prop, given = _property(_sums_to_one), _given([0, 0])
    assert check(prop, _Fixed([[0.5, 0.5 + 2**-24]]), given).status == "holds"
    outcome = check(prop, _Fixed([[0.5, 0.5 + 2**-16]]), given)
    assert outcome.status == "broken"
    assert outcome.ratio > 1
    assert outcome.told.startswith("the sum: ")


def test_a_worst_comparison_says_whether_it_holds():
    prop, given = _property(_sums_to_one), _given([0, 0])
    for second, word in ((0.5 + 2**-24, "holds"), (0.5 + 2**-16, "fails")):
        assert f" {word}: " in str(check(prop, _Fixed([[0.5, second]]), given).worst)


def test_a_backend_that_fails_when_it_is_asked_again_stays_broken():
    class Wavering(_Fixed):
        def evaluate(self, call):
            outputs, self._output = self._output, Failed("crash: it died")
            return _Fixed(outputs).evaluate(call)

    backend = Wavering([[0.5, 0.6]], definition="literal")
    backend.definition = lambda function, quantity: "clamped" if quantity != "value" else "literal"
    outcome = check(_property(_sums_to_one), backend, _given([0, 0]))
    assert (outcome.status, outcome.failure) == ("broken", None)


def test_the_case_with_the_largest_ratio_is_told():
    computed = _Fixed([[0.5, 0.5], [0.5, 0.6], [0.5, 0.5]])
    outcome = check(_property(_sums_to_one), computed, _given([0, 0], [0, 0], [0, 0]))
    assert outcome.case == 1


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_result_that_is_no_number_breaks_a_property(wrong):
    outcome = check(_property(_sums_to_one), _Fixed([[0.5, 0.5], [wrong, 0.5]]), _given([0, 0], [0, 0]))
    assert outcome.status == "broken"
    assert outcome.case == 1
    assert str(wrong) in outcome.told


def test_an_infinity_next_to_the_largest_number_is_permitted():
    def claim(f, given):
        yield equal(f("log_softmax", given["x"]), f("log_softmax", given["x"]))

    largest = FORMATS["float16"].max_finite
    given = _given([largest, 0], dtype="float16")
    prop = _property(claim, ("log_softmax",))
    assert check(prop, _Fixed([[0, -np.inf]]), given).status == "holds"
    assert check(prop, _Fixed([[0, np.inf]]), given).status == "broken"


def test_a_zero_where_small_results_are_flushed_is_permitted():
    def claim(f, given):
        yield equal(f("softmax", given["x"])[:, 1], exact(2.0**-127))

    given = _given([127 * np.log(2), 0])
    assert check(_property(claim), _Fixed([[1, 0]]), given).status == "holds"
    assert check(_property(claim), _Fixed([[1, 2.0**-120]]), given).status == "broken"


def test_a_failure_breaks_a_property_and_something_unsupported_does_not():
    prop, given = _property(_sums_to_one), _given([0, 0])
    outcome = check(prop, _Fixed(Failed("error: it raised")), given)
    assert (outcome.status, outcome.told, outcome.ratio) == ("broken", "error: it raised", np.inf)
    with pytest.raises(Unsupported):
        check(prop, _Fixed(Unsupported("it has no float32")), given)


def test_nothing_compared_is_undecided_and_no_pass():
    def claim(f, given):
        yield equal(f("softmax", given["x"]) * exact(np.nan), exact(0.0))

    assert check(_property(claim), ExactBackend(), _given([0, 0])).status == "undecided"


def test_an_inequality_is_broken_only_from_one_side():
    def claim(f, given):
        yield at_most(f("softmax", given["x"]), exact(0.5))

    assert check(_property(claim), _Fixed([[0.1, 0.1]]), _given([0, 0])).status == "holds"
    assert check(_property(claim), _Fixed([[0.6, 0.1]]), _given([0, 0])).status == "broken"


def _softplus_is_literal(f, given):
    # log(1 + e^x) = x + log(1 + e^-x): the right side in balls, at 20 < x.
    x = exact(given["x"])
    yield equal(f("softplus", given["x"]), x + exact(2.0611536e-9))


def test_what_only_a_stated_deviation_explains_deviates():
    prop = Property("p", "A statement.", "x", "a test", ("softplus",), Domain((logits("x"),)), _softplus_is_literal)
    given = _given([20.000001], dtype="float64")
    near = float(np.float64(20.000001))
    assert check(prop, _Fixed([[near]], "linear-above-20"), given).status == "deviates"
    assert check(prop, _Fixed([[near]]), given).status == "broken"
    assert check(prop, _Fixed([[near + 1]], "linear-above-20"), given).status == "broken"


def test_balls_of_what_is_not_finite_are_undecided():
    balls = around(np.array([1.0, np.inf, 1.0]), np.array([0.5, 0.5, np.inf]))
    assert [bool(ball.is_finite()) for ball in balls] == [True, False, False]
    assert times(exact(0.0), exact(np.nan)).item() == 0
