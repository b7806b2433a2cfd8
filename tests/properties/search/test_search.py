"""The search for a broken property: it finds, shrinks, repeats itself, and tells what it could not ask."""

from __future__ import annotations

import numpy as np
import pytest

from logitproof.properties import PROPERTIES, Failed, Plan, PropertyInputs, SearchTarget, Seeded, Unsupported
from logitproof.properties.checking.balls import exact
from logitproof.properties.checking.check import ExactBackend
from logitproof.properties.checking.property import Domain, Property, equal
from logitproof.properties.domains.inputs import class_labels, class_order, labels, logits
from logitproof.properties.search.search import search
from logitproof.properties.search.simpler import simpler

PLAN = Plan(examples=40, seed=0)


class _Backend(ExactBackend):
    """Exact results, changed by a function of the call and its output."""

    def __init__(self, change, definition="literal"):
        self._change, self._definition = change, definition

    def evaluate(self, call):
        output = super().evaluate(call)
        return np.asarray(self._change(call, output)).astype(output.dtype)

    def definition(self, *_):
        return self._definition


def _searched(name, change, *, dtypes=("float32",), definition="literal", plan=PLAN):
    backend = _Backend(change, definition)
    return search(PROPERTIES[name], [SearchTarget(backend, "the entry point", dtype) for dtype in dtypes], plan)


def _doubled_in_wide_rows(call, output):
    return output * 2 if call.arguments[0].shape[-1] >= 5 else output


def test_nothing_is_found_where_nothing_is_wrong():
    searched = _searched("softmax-distribution", lambda _, output: output)
    assert searched.broken is None
    assert searched.comparisons > 100
    assert searched.unsupported == ()


def test_what_is_found_is_shrunk_to_one_case_few_classes_and_short_numbers():
    counterexample = _searched("softmax-distribution", _doubled_in_wide_rows).broken
    x = counterexample.given["x"].astype(np.float64)
    assert x.shape == (1, 5)
    assert set(x.reshape(-1).tolist()) <= {0.0, 1.0}
    assert counterexample.outcome.status == "broken"


def test_equal_plans_find_equal_inputs():
    first, second = (_searched("softmax-distribution", _doubled_in_wide_rows).broken.given["x"] for _ in range(2))
    assert np.array_equal(first, second)


def test_every_dtype_has_its_turn():
    def wrong_in_halves(call, output):
        return output * 2 if call.dtype == "float16" else output

    searched = _searched("softmax-distribution", wrong_in_halves, dtypes=("float64", "float32", "bfloat16", "float16"))
    assert searched.broken.setting.dtype == "float16"


def test_what_cannot_be_asked_is_told_and_the_rest_is_searched():
    def no_halves(call, output):
        if call.dtype == "float16":
            raise Unsupported("no halves here")
        return output * 2

    searched = _searched("softmax-distribution", no_halves, dtypes=("float16", "float32"))
    assert searched.unsupported == ("no halves here",)
    assert searched.broken.setting.dtype == "float32"
    alone = _searched("softmax-distribution", no_halves, dtypes=("float16",))
    assert (alone.broken, alone.comparisons, alone.unsupported) == (None, 0, ("no halves here",))


def test_a_stated_deviation_is_no_find_however_large_it_is():
    def infinite_ratio(call, output):
        x = call.arguments[0].astype(np.float64)
        return np.where(x > 20, x, output.astype(np.float64))

    searched = _searched(
        "softplus-two-forms", infinite_ratio, dtypes=("float64",), definition="linear-above-20", plan=Plan(200, 0)
    )
    assert searched.broken is None
    assert searched.deviates is not None


def test_a_published_figure_is_tried_once_in_each_of_its_formats():
    calls = []

    def counted(call, output):
        calls.append(call.dtype)
        return output

    _searched("one-to-five", counted, dtypes=("float16", "float32", "float64"))
    assert set(calls) == {"float32", "float64"}


SUM = Property(
    "p",
    "A statement.",
    "x",
    "a test",
    ("softmax",),
    Domain((logits(), labels("y"), class_labels("k"), class_order())),
    lambda f, given: [equal(f("softmax", given["x"]), exact(0.0))],
)


def test_classes_are_left_out_of_every_input_alike():
    given = SUM.domain.draw(Seeded("simpler", 3), "float32", 4)
    width = given["x"].shape[-1]
    assert width > 2
    candidates = []

    def breaks(candidate):
        candidates.append(candidate)
        return SUM.domain.admits(candidate)

    small = simpler(given, breaks)
    assert SUM.domain.admits(small)
    assert small.cases == 1
    assert small["x"].shape[-1] < width
    assert all(each["x"].shape == each["y"].shape for each in candidates)
    assert all(sorted(each["order"].tolist()) == list(range(each["x"].shape[-1])) for each in candidates)


def test_what_stops_breaking_is_not_taken():
    given = PropertyInputs("float32", {"x": np.array([[3.0, 7.0, 1.5]], np.float32)})
    small = simpler(given, lambda candidate: 7.0 in candidate["x"])
    assert small["x"].tolist() == [[7.0]]


@pytest.mark.parametrize("value", [1e-45, -3.4028235e38, 0.1])
def test_shorter_numbers_are_numbers_of_the_format(value):
    given = PropertyInputs("float32", {"x": np.array([[value]], np.float32)})
    tried = []
    simpler(given, lambda candidate: tried.append(candidate["x"].item()) or False)
    assert tried
    assert all(np.isfinite(number) for number in tried if abs(number) < 3e38)


def test_an_input_on_which_a_backend_crashes_is_told_alone_and_no_more_is_tried():
    calls, deaths = [], []

    def dies_above_fifty(call, output):
        calls.append(call)
        if len(calls) > 10 and (call.arguments[0] > 50).any():
            deaths.append(call)
            raise Failed("crash: the entry point: SIGSEGV", is_fatal=True)
        return output

    counterexample = _searched("softmax-distribution", dies_above_fifty, dtypes=("float16",)).broken
    assert counterexample.outcome.is_fatal
    assert counterexample.given.cases == 1
    assert len(deaths) <= 2  # of many inputs, and of the one of them
