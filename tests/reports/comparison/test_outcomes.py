"""What changes amount to: the verdict, and what makes a change a regression or an improvement."""

from __future__ import annotations

from dataclasses import replace

import pytest
from comparison_samples import EXAMPLES, SAMPLES, change, compared, comparison, example

from logitproof.reports import (
    CHANGE_MEANINGS,
    IMPROVEMENTS,
    OUTCOME_MEANINGS,
    REGRESSIONS,
    SEVERITIES,
    SEVERITY_RANKS,
    Change,
    EntryPointChange,
    PropertyChange,
    change_key,
)


def outcome(*changes, **fields):
    return comparison(compared(change("identical", 9), *changes), **fields).outcome


@pytest.mark.parametrize("kind", sorted(REGRESSIONS))
def test_one_regression_among_thousands_makes_the_whole_regressed(kind):
    whole = comparison(
        *(compared(change("identical", 9)) for _ in range(50)), compared(change("identical", 9999), change(kind, 1))
    )
    assert whole.outcome == "regressed"


@pytest.mark.parametrize("kind", sorted(IMPROVEMENTS))
def test_improvements_are_safe(kind):
    assert outcome(change(kind)) == "safe"


@pytest.mark.parametrize("kind", sorted(set(CHANGE_MEANINGS) - REGRESSIONS - IMPROVEMENTS - {"dtype or shape changed"}))
def test_what_is_neither_is_changed(kind):
    assert outcome(change(kind)) == "changed"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, "defect", "regressed"),
        ("defect", None, "changed"),
        ("defect", "defect", "changed"),
        (None, None, "changed"),
    ],
)
def test_another_dtype_is_a_regression_where_it_became_a_defect_and_never_safe(before, after, expected):
    assert outcome(change("dtype or shape changed", before_severity=before, after_severity=after)) == expected


@pytest.mark.parametrize("kind", ["gone error", "gone NaN or infinity"])
def test_an_error_or_nan_that_gave_way_to_a_wrong_number_is_not_safe(kind):
    assert outcome(change(kind, after_severity=None)) == "safe"
    assert outcome(change(kind, after_severity="weakness")) == "safe"
    assert outcome(change(kind, after_severity="defect")) == "changed"
    assert outcome(change(kind, after_severity="undecided")) == "changed"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("removed", "regressed"),
        ("renamed", "changed"),
        ("signature changed", "changed"),
        ("default changed", "changed"),
        ("added", "safe"),
    ],
)
def test_entry_points_count(kind, expected):
    assert outcome(entry_points=(EntryPointChange(kind, "torch", "torch.sigmoid", ""),)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("holds", "broken", "regressed"),
        ("deviates", "broken", "regressed"),
        ("undecided", "broken", "regressed"),
        ("unsupported", "broken", "changed"),
        (None, "broken", "changed"),
        ("broken", "holds", "safe"),
        ("holds", "undecided", "changed"),
        ("holds", "unsupported", "changed"),
        ("broken", None, "changed"),
    ],
)
def test_properties_count(before, after, expected):
    property_change = PropertyChange("id", "name", "torch", "float32", before, after, "statement", (None, None))
    assert outcome(properties=(property_change,)) == expected


def test_a_comparison_of_incomplete_runs_is_never_safe_and_may_be_regressed():
    assert outcome(complete=False) == "changed"
    assert outcome(change("regressed"), complete=False) == "regressed"


def test_largest_errors_alone_are_never_safe():
    assert comparison(compared(change("nearer", 1), by_element=False, elements=0)).outcome == "changed"
    assert comparison(compared(change("regressed", 1), by_element=False, elements=0)).outcome == "regressed"


def test_nothing_is_no_pass():
    assert comparison().outcome == "changed"
    assert comparison(compared(statuses=("examined", None))).outcome == "changed"
    assert comparison(compared(statuses=("unsupported", "unsupported"))).outcome == "changed"


def test_checks_of_one_run_cost_nothing_beside_others():
    assert comparison(compared(change("identical", 9)), compared(statuses=(None, "examined"))).outcome == "safe"


def test_the_samples_amount_to_what_they_are_called():
    assert {name: make().outcome for name, make in SAMPLES.items()} == {
        "safe": "safe",
        "changed": "changed",
        "regressed": "regressed",
        "incomplete": "changed",
    }


def test_every_kind_severity_and_outcome_has_its_words():
    assert set(SEVERITY_RANKS) == {*SEVERITIES, None}
    assert set(CHANGE_MEANINGS) > REGRESSIONS | IMPROVEMENTS
    assert not REGRESSIONS & IMPROVEMENTS
    assert set(EXAMPLES) == set(CHANGE_MEANINGS) - {"identical"}
    assert list(OUTCOME_MEANINGS) == ["safe", "changed", "regressed"]


def test_a_key_names_check_and_kind_and_nothing_that_a_link_cannot_have():
    check = compared(change("new NaN or infinity"))
    assert change_key(check, check.changes[0]) == f"{check.id}-new-nan-or-infinity"
    assert replace(check.changes[0], largest=example()) == Change("new NaN or infinity", 7, example())
