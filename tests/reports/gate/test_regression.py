"""Regressions: what was there before is none, what is new, more or larger is one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_samples import identified_check, stated
from record_samples import backend, record
from waiver_samples import counted_run, gated, known, wide

from logitproof.reports import hex_of, verdict


def _since(now, then, *waivers):
    return gated(now, waivers, "regression", earlier=then)


def test_what_was_there_before_is_no_regression():
    now = _since(counted_run(), counted_run())
    assert (now.status, now.gating) == (0, ())
    assert "graver than in the run of 2026-01-02T03:04:05Z: nothing" in verdict(counted_run(), now)
    newer = counted_run(check={"version": "2.14.0"}, bad={"version": "2.14.0"})
    assert _since(newer, counted_run()).status == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"check": {"severities": {"defect": 3, "weakness": 3}}},
        {"check": {"severities": {"defect": 2, "weakness": 4}}},
        {"bad": {"kind": "nan"}},
        {"bad": {"largest_ulps": hex_of(1e9)}},
        {"bad": {"error_bound_ratio": hex_of(1.5)}},
    ],
)
def test_what_is_new_more_or_larger_is_a_regression(changes):
    now = _since(counted_run(**changes), counted_run())
    assert now.status == 1
    assert "graver than in the run of 2026-01-02T03:04:05Z: " in verdict(counted_run(), now)


@pytest.mark.parametrize(
    "changes",
    [
        {"check": {"severities": {"defect": 1, "weakness": 3}}},
        {"check": {"severities": {"defect": 2, "weakness": 1}}},
        {"check": {"severities": {"defect": 0, "weakness": 5}}},
        {"bad": {"error_bound_ratio": hex_of(1.125), "largest_ulps": hex_of(2097151.0), "error_ulps": hex_of(2.0)}},
        {"bad": {"cause": "overflow"}},
    ],
)
def test_what_is_less_is_none(changes):
    assert _since(counted_run(**changes), counted_run()).status == 0


def test_defects_where_nothing_was_examined_before_are_new():
    assert _since(counted_run(), record(identified_check(input_class="other", severities={}))).status == 1


def test_a_property_that_broke_is_a_regression_and_one_that_was_broken_none():
    holds = known(properties=(stated(status="holds"),))
    assert _since(known(), holds).status == 1
    assert _since(known(), known()).status == 0


def test_what_can_no_longer_be_examined_is_a_regression():
    clean = record(identified_check(severities={}))
    gone = replace(clean, backends=(replace(backend(), entry_points=("torch.softmax",)),))
    now = _since(gone, clean)
    assert [(failing.item.kind, failing.item.entry_point) for failing in now.gating] == [
        ("entry point gone", "torch.sigmoid")
    ]
    refused = record(
        identified_check(severities={}, tiers={}, elements=0, status="unsupported"),
        identified_check(input_class="other"),
    )
    now = _since(refused, replace(clean, checks=(*clean.checks, identified_check(input_class="other"))))
    assert "no longer supported" in {failing.item.kind for failing in now.gating}
    waiver = wide(check=None, entry_point="torch.sigmoid", kind="entry point gone", causes=("",), max_results=1)
    assert _since(gone, clean, waiver).status == 0


def test_regressions_are_waived_like_everything_else():
    worse = counted_run(check={"severities": {"defect": 3, "weakness": 3}})
    assert _since(worse, counted_run(), wide(causes=("",))).status == 0
    assert _since(worse, counted_run(), wide(causes=("",), max_results=2)).status == 1


def test_a_regression_needs_an_earlier_run_of_the_same_inputs():
    with pytest.raises(ValueError, match="--fail-on regression needs the record of an earlier run"):
        gated(known(), (), "regression")
    other = replace(known(), corpus=replace(known().corpus, profile="ci"))
    with pytest.raises(ValueError, match="another corpus or profile"):
        _since(known(), other)
