"""What other entry points answered where one went wrong."""

from __future__ import annotations

import numpy as np
import pytest
from setting_samples import EAGER

from logitproof.conformance.backends.protocol import EntryPoint
from logitproof.conformance.corpus.corpus import build, keys
from logitproof.conformance.corpus.source import BatchSource
from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.inputs.cases import case_count, take_cases
from logitproof.conformance.inputs.geometry import element_index, element_numbers, result_shape
from logitproof.conformance.judge.batch_judge import judged_case
from logitproof.conformance.judge.findings import ConfirmedFinding
from logitproof.conformance.judge.other_answers import MOST_ANSWERS, OtherOutputs
from logitproof.conformance.judge.tally import CheckTally, Returned, identity_of
from logitproof.conformance.judge.truth import exact_element, truth
from logitproof.conformance.judge.verdicts import errors_in_ulps, judge
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reference import Enclosure, Status, format_named
from logitproof.reports import array_value, float_from, hex_of

NUMPY = 'import numpy as np\nframework = "numpy"\n'
NAIVE = """
def softmax(logits, *, axis):
    e = np.exp(logits)
    return e / e.sum(axis, keepdims=True)

def softplus(x):
    if (x > 700).any():
        raise ValueError("too large")
    return np.log(1 + np.exp(x))
"""
SHIFTED = """
def softmax(logits, *, axis):
    e = np.exp(logits - logits.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)

def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
"""
STATED = """
def softmax(logits, *, axis):
    return (np.exp(logits.astype(np.float64) - 1)).astype(logits.dtype)

def softplus(x):
    return np.where(x > 20, x, np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))).astype(x.dtype)

deviations = {"softplus": ("linear-above-20", "https://example.org/softplus")}
"""


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backends")
    for name, source in (("naive", NAIVE), ("shifted", SHIFTED), ("stated", STATED)):
        (folder / f"{name}.py").write_text(NUMPY + source)
    backends = tuple(str(folder / f"{name}.py") for name in ("naive", "shifted", "stated"))
    return run(RunRequest(backends=backends, profile="smoke", jobs=1, dtypes=("float32", "float64")), Silence())


def discrepancies_of(record, function, **wanted):
    discrepancies = [
        each
        for each in record.discrepancies
        if each.function == function and all(getattr(each, name) == value for name, value in wanted.items())
    ]
    assert discrepancies
    return discrepancies


def kernels(source):
    space = {}
    exec(NUMPY + source, space)  # noqa: S102 - written above
    return space


def test_every_other_backend_answers_in_the_order_of_the_run_and_none_answers_itself(record):
    assert {each.backend for each in record.discrepancies} == {"naive", "shifted", "stated"}
    for each in discrepancies_of(record, "softmax", quantity="value"):
        others = [name for name in ("naive", "shifted", "stated") if name != each.backend]
        assert [answer.backend for answer in each.answers] == others
        assert {(answer.entry_point, answer.mode) for answer in each.answers} == {("softmax", "eager")}


def test_an_answer_is_what_the_other_returns_for_the_same_element_of_the_same_row(record):
    shifted = kernels(SHIFTED)["softmax"]
    compared = 0
    for each in discrepancies_of(record, "softmax", quantity="value", backend="naive"):
        row = array_value(each.inputs["logits"])
        if row is None:
            continue
        with np.errstate(all="ignore"):
            whole = shifted(row[None], axis=-1)[0]
        axis = each.parameters["axis"] % len(each.index)
        (answer,) = [given for given in each.answers if given.backend == "shifted"]
        # NumPy adds in another order where the axis or the layout is another.
        expected = float(whole[each.index[axis]])
        assert float_from(answer.observed) == pytest.approx(expected, rel=1e-6, nan_ok=True)
        compared += len(row) > 1
    assert compared > 10


def test_an_answer_says_how_far_it_is_from_what_the_finding_was_held_against(record):
    overflowed = discrepancies_of(record, "softmax", backend="naive", kind="nan", severity="defect")
    errors = {given.backend: float_from(given.error_ulps) for each in overflowed for given in each.answers}
    assert errors["shifted"] < 10
    assert errors["stated"] > 1e5
    for each in discrepancies_of(record, "softmax", backend="shifted"):
        (naive,) = [given for given in each.answers if given.backend == "naive"]
        if naive.observed == each.observed:
            assert naive.error_ulps == each.error_ulps


def test_a_case_that_raised_has_the_answers_of_those_that_answered(record):
    for each in discrepancies_of(record, "softplus", backend="naive", kind="error"):
        x = float(array_value(each.inputs["x"]))
        assert x > 700
        assert [given.backend for given in each.answers] == ["shifted", "stated"]
        assert {given.observed for given in each.answers} == {hex_of(x)}
        assert {float_from(given.error_ulps) < 1 for given in each.answers} == {True}


WRONG, REFUSED = 16.118091583251953, 103.97206115722656
"""Two inputs of the corpus, in several batches together."""


def test_the_case_of_a_batch_that_was_taken_apart_is_found_in_its_parts(tmp_path):
    wrong = f"def sigmoid(x):\n    return np.where(x == np.float32({WRONG}), 0, 1 / (1 + np.exp(-x))).astype(x.dtype)\n"
    fragile = f"""
def sigmoid(x):
    if (x == np.float32({REFUSED})).any():
        raise ValueError("not this")
    return 1 / (1 + np.exp(-x))
"""
    for name, source in (("wrong", wrong), ("fragile", fragile)):
        (tmp_path / f"{name}.py").write_text(NUMPY + source)
    backends = (str(tmp_path / "wrong.py"), str(tmp_path / "fragile.py"))
    record = run(RunRequest(backends=backends, profile="smoke", jobs=1, dtypes=("float32",)), Silence())
    whole = {batch.name: batch for batch in map(build, keys("smoke", functions=("sigmoid",), dtypes=("float32",)))}
    in_parts = 0
    for each in discrepancies_of(record, "sigmoid", backend="wrong", kind="beyond bound"):
        assert float(array_value(each.inputs["x"])) == WRONG
        (given,) = each.answers
        assert float_from(given.observed) == pytest.approx(1 - 1e-7, rel=1e-6)
        in_parts += bool((whole[each.batch].arguments[0] == np.float32(REFUSED)).any())
    assert in_parts


def test_a_stated_deviation_is_listed_with_its_distance_from_the_literal_result(record):
    for each in discrepancies_of(record, "softplus", backend="naive", severity="defect"):
        if each.kind == "beyond bound":
            assert "stated" in {given.backend for given in each.answers}
    conventions = discrepancies_of(record, "softplus", backend="stated", kind="deviation: linear-above-20")
    for each in conventions:
        (shifted,) = [given for given in each.answers if given.backend == "shifted"]
        assert float_from(shifted.error_ulps) < float_from(each.error_ulps)


# The place of an element


def _batch(function, shape, layout="contiguous", **parameters):
    rows = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 8
    spec = {"softmax": (rows,), "sigmoid": (rows,), "logsumexp": (rows,), "softmax_cross_entropy": (rows, rows / 64)}
    return Batch(function, "float32", "ordinary", "made", spec[function], parameters, rows, layout)


@pytest.mark.parametrize(
    "batch",
    [
        _batch("sigmoid", (2, 3)),
        _batch("sigmoid", ()),
        _batch("softmax", (2, 3, 4), axis=-1),
        _batch("softmax", (2, 3, 4), axis=1),
        _batch("softmax", (5,), axis=0),
        _batch("logsumexp", (2, 3, 4), axis=0),
        _batch("logsumexp", (5,), axis=-1),
        _batch("softmax_cross_entropy", (2, 3), axis=-1, reduction="mean"),
    ],
    ids=lambda batch: f"{batch.function}{batch.arguments[0].shape}{batch.parameters.get('axis', '')}",
)
def test_the_index_of_an_element_is_where_the_cases_were_taken_from(batch):
    for quantity in batch.spec.quantities[:2]:
        shape = result_shape(batch, quantity)
        for (case, element), number in np.ndenumerate(element_numbers(batch, quantity)):
            index = element_index(batch, quantity, case, element)
            assert index == tuple(int(part) for part in np.unravel_index(number, shape)) if shape else index == ()


# Many, odd and missing outputs

ROWS = _batch("softmax", (2, 3), axis=-1)


def _tally(backend, name, *returned):
    entry_point = EntryPoint(name, "softmax", ("axis",), ("logits",), ())
    tally = CheckTally(identity_of(backend, name, EAGER, ROWS, "value"), entry_point)
    tally.outputs.extend(returned)
    return tally


def _whole(array):
    return Returned("made", array, "made", None)


def _answers(*tallies, kind="crash", case=1):
    answers = OtherOutputs(tallies, dict.fromkeys((tally.identity.backend for tally in tallies), "1.0"))
    return answers.to(ConfirmedFinding(tallies[0], judged_case(BatchSource.of(ROWS), "value", case, kind, "died"), 1))


def test_of_many_answers_those_that_repeat_bits_of_their_backend_are_left_out_first():
    same = [_tally("a", f"same{n}", _whole(np.zeros((2, 3), np.float32))) for n in range(MOST_ANSWERS)]
    other = [_tally("b", f"other{n}", _whole(np.full((2, 3), n, np.float32))) for n in range(5)]
    given = _answers(_tally("a", "dead"), *same, *other)
    assert len(given) == MOST_ANSWERS
    assert [each.entry_point for each in given if each.backend == "b"] == [f"other{n}" for n in range(5)]
    assert [each.entry_point for each in given[:-5]] == [f"same{n}" for n in range(MOST_ANSWERS - 5)]


def test_an_output_that_is_no_array_of_floats_of_the_right_shape_is_no_answer():
    odd = [
        _whole(np.zeros((3, 2), np.float32)),
        _whole(np.zeros((2, 3), np.complex64)),
        _whole(np.zeros((2, 3), np.int64)),
        Returned("made[1:2]", np.zeros((2, 3), np.float32), "made", (1,)),
        Returned("made[1:2]", np.zeros((1, 0), np.float32), "made", (1,)),
        Returned("made[1:2]", np.zeros((), np.float32), "made", (1,)),
        Returned("made[0:1]", np.zeros((1, 3), np.float32), "made", (0,)),
        Returned("other", np.zeros((2, 3), np.float32), "other", None),
    ]
    assert _answers(_tally("a", "dead"), *(_tally("b", f"odd{n}", each) for n, each in enumerate(odd))) == ()


def test_an_answer_of_another_dtype_is_told_as_it_is():
    (given,) = _answers(_tally("a", "dead"), _tally("b", "wide", _whole(np.full((2, 3), 1 / 3))))
    assert given.observed == hex_of(1 / 3)


@pytest.mark.parametrize("kind", ["dtype", "shape", "input modified"])
def test_nothing_is_set_beside_what_is_no_matter_of_numbers(kind):
    correct = _tally("b", "right", _whole(np.zeros((2, 3), np.float32)))
    assert _answers(_tally("a", "odd"), correct, kind=kind) == ()
    assert len(_answers(_tally("a", "odd"), correct)) == 1


def test_parts_of_a_batch_give_the_line_of_the_case():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    alone = _tally("b", "parts", Returned("made[1,0]", array, "made", (1, 0)))
    assert case_count(take_cases(ROWS, [1, 0])) == 2
    assert [_answers(_tally("a", "dead"), alone, case=case)[0].observed for case in (1, 0)] == ["0x0p+0", "0x1.8p+1"]


# Errors


@pytest.mark.parametrize("function", ["softplus", "log_sigmoid", "sigmoid"])
def test_an_answers_error_is_the_one_that_the_judge_measures(function):
    x = np.array([-np.inf, -1e4, -88.5, -1.25, 0.0, 3.0, 89.0, 3e38, np.inf, np.nan], np.float32)
    batch = Batch(function, "float32", "ordinary", "made", (x,), {}, np.ones_like(x))
    known, storage = truth(batch, "value", "literal"), format_named("float32")

    def ball(position, precision):
        return exact_element(batch, "value", "literal", position, precision)

    for output in (x, np.zeros_like(x), np.full_like(x, np.nan), np.full_like(x, np.inf), -x):
        judged = judge(storage, output[:, None], known, ball)
        measured = errors_in_ulps(storage, output[:, None].astype(np.float64), known.exact)
        np.testing.assert_array_equal(measured, judged.ulps)


def test_infinity_is_no_error_where_the_exact_result_rounds_to_it():
    ones, zeros = np.full(3, 0.5), np.zeros(3)
    huge = Enclosure(ones, zeros, np.full(3, 201), zeros, np.full(3, int(Status.FINITE)), np.full(3, -1))
    errors = errors_in_ulps(format_named("float32"), np.array([np.inf, -np.inf, 3e38]), huge)
    assert errors[0] == 0
    assert (errors[1:] > 1e6).all()


def test_a_limit_is_met_or_missed_by_infinitely_many_ulps_and_a_choice_is_neither():
    statuses = [Status.CHOICE, Status.UNDECIDED, Status.NAN, Status.POSITIVE_INFINITY, Status.NEGATIVE_INFINITY]
    zeros = np.zeros(len(statuses))
    exact = Enclosure(zeros, zeros, zeros.astype(int), zeros, np.array(statuses), zeros.astype(int))
    for value, expected in (
        (np.nan, [0, 0, 0, np.inf, np.inf]),
        (np.inf, [0, 0, np.inf, 0, np.inf]),
        (1.0, [0, 0, np.inf, np.inf, np.inf]),
    ):
        assert errors_in_ulps(format_named("float32"), np.full(5, value), exact).tolist() == expected
