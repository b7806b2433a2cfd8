"""The gate: what fails a run, what a waiver covers and not a jot more, which waivers are stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from page_samples import identified_check, stated
from record_samples import record
from report_samples import cut_short, empty, finished, many, older
from waiver_samples import TODAY, counted_run, defect, gated, known, waivers_for, wide

from logitproof.conformance.cli.main import main
from logitproof.reports import FAIL_ON, FAIL_ON_MEANINGS, Interval, Region, encode_record, exit_status, hex_of, verdict

CHECK = identified_check()


def _status(record, *waivers, **gate_options):
    return gated(record, waivers, **gate_options).status


def _only(gate_result):
    """Why the one thing that gates is not waived."""
    (failing,) = [failing for failing in gate_result.gating if failing.refusals]
    return " | ".join(why for _, why in failing.refusals)


# --- what gates


@pytest.mark.parametrize("make", [finished, known, cut_short, empty, many])
def test_without_waivers_it_says_what_the_record_says(make):
    run = make()
    now = gated(run, ())
    assert now.status == exit_status(run)
    assert verdict(run, now) == verdict(run)
    assert now.waived == now.stale == ()


def _of(severity, **changes):
    owner = identified_check(severities={severity: 1}, tiers={"C": 9})
    return record(owner, discrepancies=(defect(owner, severity=severity, count=1, **changes),))


@pytest.mark.parametrize(
    ("severity", "statuses"),
    [
        ("defect", {"defect": 1, "weakness": 1, "any": 1}),
        ("weakness", {"defect": 0, "weakness": 1, "any": 1}),
        ("convention", {"defect": 0, "weakness": 0, "any": 1}),
        ("undecided", {"defect": 0, "weakness": 0, "any": 1}),
    ],
)
def test_a_run_fails_on_what_it_is_told_to(severity, statuses):
    assert {fail_on: _status(_of(severity), fail_on=fail_on) for fail_on in statuses} == statuses


@pytest.mark.parametrize(
    ("status", "statuses"),
    [
        ("broken", {"defect": 1, "weakness": 1, "any": 1}),
        ("deviates", {"defect": 0, "weakness": 0, "any": 1}),
        ("undecided", {"defect": 0, "weakness": 0, "any": 1}),
        ("holds", {"defect": 0, "weakness": 0, "any": 0}),
        ("unsupported", {"defect": 0, "weakness": 0, "any": 0}),
    ],
)
def test_properties_gate_likewise(status, statuses):
    run = replace(record(identified_check(severities={})), properties=(stated(status=status),))
    assert {fail_on: _status(run, fail_on=fail_on) for fail_on in statuses} == statuses


def test_every_way_to_fail_is_explained():
    assert set(FAIL_ON_MEANINGS) == set(FAIL_ON)


def test_what_the_record_counts_and_has_no_case_of_gates_and_can_be_waived():
    run = record(identified_check(severities={"defect": 5}), discrepancies=(defect(CHECK, count=3),))
    items = [failing.item for failing in gated(run, ()).gating]
    assert [(item.kind, item.results) for item in items] == [("beyond bound", 3), ("unrecorded", 2)]
    assert _status(run, wide(causes=("",))) == 1
    assert _status(run, wide(causes=("",)), wide(causes=("",), kind="unrecorded")) == 0


# --- what a waiver covers


def test_a_waiver_covers_what_it_names():
    now = gated(known(properties=()), (wide(),))
    assert (now.status, now.gating, now.stale) == (0, (), ())
    (waived,) = now.waived
    assert (waived.item.kind, waived.item.results, waived.waivers) == ("beyond bound", 2, (wide(),))
    assert "waived: 1 defect (2 results)" in verdict(known(properties=()), now)
    assert verdict(known(properties=()), now).startswith("PASS: 1 defect (2 results), 1 weakness (3 results); ")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"versions": ">=2.14"}, "version 2.13.0 is not in '>=2.14'"),
        ({"versions": "==2.12.*"}, "version 2.13.0 is not in '==2.12.*'"),
        ({"kind": "nan"}, "the kind is beyond bound, not nan"),
        ({"severity": "weakness"}, "it is a defect, not a weakness"),
        ({"causes": ("",)}, "the cause is 'log of softmax'"),
        ({"causes": ("overflow",)}, "the cause is 'log of softmax'"),
        ({"max_ulps": 2097151.0}, "the error is 2097151.5 ulps, at most 2097151"),
        ({"max_bound_ratio": 1.0}, "the error is 1.25 times the bound, at most 1"),
        ({"max_results": 1}, "2 results, at most 1"),
        ({"region": {"x": Region(-89.0, 0.0)}}, "inputs x lie outside the region: -90 to -88"),
        ({"region": {"x": Region(-90.0, -88.5)}}, "inputs x lie outside the region"),
        ({"region": {"labels": Region(0.0, 1.0)}}, "the record does not tell where the inputs labels lie"),
        ({"expires": TODAY - timedelta(days=1)}, "its last day was 2026-11-20"),
    ],
)
def test_a_waiver_covers_no_more_than_it_names_and_says_why(changes, why):
    now = gated(known(properties=()), (wide(**changes),))
    assert now.status == 1
    assert now.waived == ()
    assert why in _only(now)
    (stale,) = now.stale
    assert stale.waiver == wide(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"versions": ">=2.13,<2.14"},
        {"causes": ("overflow", "log of softmax")},
        {"max_ulps": 2097151.5, "max_bound_ratio": 1.25, "max_results": 2},
        {"region": {"x": Region(-90.0, -88.0)}},
        {"expires": TODAY},
        {"function": "sigm*", "entry_point": "torch.*", "dtype": "*32", "quantity": "value"},
    ],
)
def test_limits_that_are_just_met_are_met(changes):
    assert _status(known(properties=()), wide(**changes)) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"backend": "keras"},
        {"check": "0" * 16},
        {"function": "softmax"},
        {"entry_point": "torch.sigm"},
        {"entry_point": "torch?sigmoid"},
        {"dtype": "float16"},
        {"quantity": "gradient:*"},
    ],
)
def test_a_waiver_of_something_else_covers_nothing_and_matches_nothing(changes):
    now = gated(known(properties=()), (wide(**changes),))
    assert now.status == 1
    assert [failing.refusals for failing in now.gating] == [()]
    assert [stale.kind for stale in now.stale] == ["matches nothing"]


@pytest.mark.parametrize(
    ("interval", "region", "status"),
    [
        (Interval(None, None, nan=True), Region(0.0, 1.0), 1),
        (Interval(None, None, nan=True), Region(0.0, 1.0, nan=True), 0),
        (Interval(None, None, nan=True), Region(float("inf"), float("-inf"), nan=True), 0),
        (Interval(hex_of(0.0), hex_of(1.0), nan=True), Region(0.0, 1.0), 1),
        (Interval(hex_of(0.0), hex_of(1.0), nan=False), Region(float("inf"), float("-inf"), nan=True), 1),
        (Interval("-inf", hex_of(1.0), nan=False), Region(-1e308, 1.0), 1),
        (Interval("-inf", "inf", nan=False), Region(float("-inf"), float("inf")), 0),
        (Interval(hex_of(-0.0), hex_of(0.0), nan=False), Region(0.0, 0.0), 0),
    ],
)
def test_a_region_holds_nan_apart_and_infinity_too(interval, region, status):
    run = record(identified_check(), discrepancies=(defect(CHECK, extent={"x": interval}),))
    assert _status(run, wide(causes=("",), region={"x": region})) == status


@pytest.mark.parametrize(
    ("version", "versions", "status"),
    [
        ("2.14.0.dev20261120+cpu", ">=2.13", 0),
        ("2.14.0.dev20261120+cpu", "<2.14", 1),
        ("2.13.0+cpu", "==2.13.0", 0),
        ("2.13.0+cpu", "==2.13.0+cu128", 1),
        ("nightly", "===nightly", 0),
        ("nightly", ">=1", 1),
        ("nightly", "", 0),
        ("", "", 0),
        ("", "===", 0),
        ("", ">=0", 1),
    ],
)
def test_versions_are_those_of_pep_440_nightly_builds_and_words_included(version, versions, status):
    owner = identified_check(version=version)
    run = record(owner, discrepancies=(defect(owner, version=version),))
    assert _status(run, wide(versions=versions, causes=("",))) == status


def test_the_largest_error_of_all_counts_and_not_only_that_of_the_worst_case():
    run = record(identified_check(), discrepancies=(defect(CHECK, error_ulps=hex_of(3.0), largest_ulps=hex_of(7.0)),))
    assert _status(run, wide(causes=("",), max_ulps=7.0)) == 0
    assert "the error is 7 ulps" in _only(gated(run, (wide(causes=("",), max_ulps=6.0),)))


def test_an_older_record_is_held_to_the_largest_error_of_the_whole_check():
    run = record(
        identified_check(), discrepancies=(defect(CHECK, error_ulps=hex_of(3.0), largest_ulps=None, extent={}),)
    )
    assert _status(run, wide(causes=("",), max_ulps=2097151.5)) == 0
    assert _status(run, wide(causes=("",), max_ulps=3.0)) == 1
    assert _status(run, wide(causes=("",), region={"x": Region(-1e9, 1e9)})) == 1


def test_a_discrepancy_is_covered_where_it_is_all_that_the_record_keeps_of_its_kind():
    worst, small = defect(CHECK), defect(CHECK, case="small")
    waiver = wide(check=None, discrepancies=(worst.id,), causes=("",), max_results=2)
    assert _status(record(identified_check(), discrepancies=(worst,)), waiver) == 0
    both = record(identified_check(), discrepancies=(worst, small))
    assert f"discrepancy {small.id} is found too" in _only(gated(both, (waiver,)))
    assert _status(both, replace(waiver, discrepancies=(small.id, worst.id))) == 0
    more = record(identified_check(severities={"defect": 3}), discrepancies=(replace(worst, count=3),))
    assert _status(more, waiver) == 1


def _several(*counts):
    owners = [
        identified_check(input_class=str(number), severities={"defect": count}) for number, count in enumerate(counts)
    ]
    return record(*owners, discrepancies=tuple(defect(owner, count=owner.severities["defect"]) for owner in owners))


def test_a_pattern_counts_the_results_of_all_that_it_names():
    pattern = wide(check=None, entry_point="torch.*", causes=("",), max_results=6)
    assert _status(_several(1, 2, 3), pattern) == 0
    now = gated(_several(1, 2, 4), (pattern,))
    assert [failing.item.results for failing in now.gating] == [1, 2, 4]
    assert "7 results, at most 6" in _only(replace(now, gating=now.gating[:1]))


def test_a_pattern_does_not_cover_another_kind_or_severity():
    pattern = wide(check=None, function="*", max_results=100)
    now = gated(known(), (pattern,), "weakness")
    assert {failing.item.kind for failing in now.gating} == {"inaccurate", "identity broken"}
    assert {waived.item.kind for waived in now.waived} == {"beyond bound"}


def test_broken_properties_are_waived_by_the_id_of_their_result():
    result = stated()
    waiver = wide(check=result.id, kind="identity broken", causes=("",), max_bound_ratio=3.5)
    now = gated(known(), (waiver, wide(number=2)))
    assert (now.status, now.stale) == (0, ())
    assert "waived: 1 defect (2 results), 1 broken property" in verdict(known(), now)
    assert _status(known(), replace(waiver, max_bound_ratio=3.4), wide(number=2)) == 1
    alone = known(discrepancies=known().discrepancies[:2])
    assert _status(alone, waiver, wide(number=2)) == 0
    assert _status(known(properties=(replace(result, id="0" * 16),)), waiver, wide(number=2)) == 1


def test_the_version_counts_where_a_record_has_the_same_check_of_two():
    owners = [identified_check(version=version) for version in ("2.13.0", "2.14.0")]
    run = record(*owners, discrepancies=tuple(defect(owner) for owner in owners))
    now = gated(run, (wide(versions="==2.13.0", causes=("",)),))
    assert [failing.item.version for failing in now.gating] == ["2.14.0"]
    assert [waived.item.version for waived in now.waived] == ["2.13.0"]


def test_nothing_makes_an_incomplete_record_pass():
    everything = wide(check=None, function="*", causes=("", "log of softmax"), max_results=10**9)
    for run in (known(complete=False, properties=()), cut_short(), empty()):
        assert _status(run, everything) == 3
    assert verdict(known(complete=False), gated(known(complete=False), (wide(),))).startswith("Incomplete: not a pass.")


# --- stale waivers


@pytest.mark.parametrize(
    ("waiver", "kind", "words"),
    [
        (wide(expires=date(2026, 11, 20)), "expired", "its last day was 2026-11-20"),
        (wide(max_results=1), "exceeded", "2 results, at most 1"),
        (wide(kind="nan"), "gone", "nothing that it names was found"),
        (wide(function="sigmoid", check=None, kind="nan"), "gone", "nothing that it names was found"),
        (wide(check="0" * 16), "matches nothing", "nothing was examined that it names"),
        (wide(backend="keras"), "matches nothing", "keras was not examined"),
        (wide(versions=">=3"), "matches nothing", "torch is 2.13.0, which is not in '>=3'"),
        (
            wide(check=stated().id, kind="identity broken", severity="convention"),
            "exceeded",
            "a defect, not a convention",
        ),
    ],
)
def test_a_waiver_that_waives_nothing_is_told_and_gates_where_the_run_is_strict(waiver, kind, words):
    run, covering = known(), [replace(each, number=each.number + 1) for each in waivers_for(known())]
    (stale,) = gated(run, (waiver, *covering)).stale
    assert (stale.waiver, stale.kind) == (waiver, kind)
    assert words in stale.reason
    assert _status(run, waiver, *covering) == 0
    assert _status(run, waiver, *covering, strict=True) == 1
    assert "; 1 stale waiver." in verdict(run, gated(run, (waiver, *covering)))


def test_a_waiver_whose_discrepancy_is_gone_says_so():
    run = record(identified_check(severities={}, tiers={"C": 10}))
    (stale,) = gated(run, (wide(),)).stale
    assert (stale.kind, stale.reason) == ("gone", "nothing that it names was found")
    assert _status(run, wide()) == 0
    assert _status(run, wide(), strict=True) == 1


def test_a_check_that_was_not_run_does_not_make_its_waiver_gone():
    run = record(
        identified_check(severities={}, tiers={}, elements=0, status="unsupported"),
        identified_check(input_class="other"),
    )
    (stale,) = gated(run, (wide(),)).stale
    assert stale.kind == "matches nothing"


def test_two_waivers_of_one_thing_are_both_in_use():
    now = gated(known(properties=()), (wide(), wide(number=2)))
    assert now.stale == ()
    assert [waiver.number for waiver in now.waived[0].waivers] == [1, 2]


def test_a_waiver_of_what_would_not_gate_is_in_use():
    waiver = wide(severity="weakness", kind="inaccurate", causes=("",))
    now = gated(known(properties=()), (wide(), waiver))
    assert (now.status, now.stale) == (0, ())
    assert {waived.item.severity for waived in now.waived} == {"defect", "weakness"}


def test_the_outcome_depends_on_nothing_but_what_is_given():
    run, waivers = known(), (wide(max_results=1), *waivers_for(known()))
    assert gated(run, waivers) == gated(run, waivers)
    assert encode_record(run) == encode_record(known())
    later = gated(run, waivers, today=date(2027, 7, 1))
    assert (later.status, [stale.kind for stale in later.stale]) == (1, ["exceeded", "expired", "expired"])


# --- regressions


# --- the command line


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a run, an earlier one and settings."""
    monkeypatch.chdir(tmp_path)
    for name, run in (("record.json", known()), ("older.json", known()), ("clean.json", counted_run())):
        (tmp_path / name).write_bytes(encode_record(run))
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((), 1),
        (("--fail-on", "defect"), 1),
        (("--fail-on", "any"), 1),
        (("--fail-on", "regression", "--since", "older.json"), 0),
        (("--fail-on", "regression", "--since", "older.json", "--format", "junit"), 0),
        (("--fail-on", "regression", "--since", "clean.json"), 1),
        (("--fail-on", "regression"), 2),
        (("--fail-on", "regressions"), 2),
        (("--since", "older.json", "--format", "junit"), 2),
    ],
)
def test_the_report_ends_with_what_it_is_told_to_fail_on(words, status):
    assert main(["report", "record.json", *words]) == status


def test_the_settings_say_what_to_fail_on_and_the_command_line_wins(folder, capsys):
    settings = folder / "logitproof.toml"
    settings.write_text('fail-on = "regression"\nsince = "older.json"\nstrict = true\n')
    assert main(["report", "record.json"]) == 0
    assert main(["report", "record.json", "--fail-on", "defect"]) == 1
    assert main(["baseline", "record.json", "--output", "logitproof.toml"]) == 0
    assert main(["report", "record.json", "--fail-on", "defect"]) == 0
    (folder / "record.json").write_bytes(encode_record(record(identified_check(severities={}))))
    assert main(["report", "record.json"]) == 1
    assert main(["report", "record.json", "--no-strict"]) == 0
    capsys.readouterr()
    settings.write_text("strict = 1\n")
    assert main(["report", "record.json"]) == 2
    assert "strict must be true or false, not 1" in capsys.readouterr().err


def test_what_is_new_since_another_run_is_not_confused_with_what_gates(folder):
    (folder / "record.json").write_bytes(encode_record(finished()))
    (folder / "older.json").write_bytes(encode_record(older()))
    assert main(["report", "record.json", "--since", "older.json"]) == 1


@pytest.mark.slow
def test_ten_thousand_waivers_are_held_against_ten_thousand_checks_at_once():
    run = many()
    waivers = waivers_for(run, "weakness")
    assert len(waivers) > 3000
    assert gated(run, waivers, "weakness", strict=True).status == 0
