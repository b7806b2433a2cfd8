"""junit.xml: what CI servers read of a record, by their schema and by an independent reader."""

from __future__ import annotations

from dataclasses import replace

import junitparser
import pytest
import xmlschema
from checkout import EXPECTED
from page_samples import identified_check, identified_discrepancy, stated
from record_samples import backend, check, discrepancy, record
from report_samples import HOSTILE, cut_short, empty, everything, finished, many, older, poisoned

from logitproof.reports import PropertyResult, junit

SCHEMA = xmlschema.XMLSchema(EXPECTED / "junit.xsd")
RECORDABLE = [text for text in HOSTILE if "\ud800" not in text]


def _read(whole):
    return junitparser.JUnitXml.fromstring(junit(whole).encode())


def _cases(whole):
    return {case.name: case for suite in _read(whole) for case in suite}


def _case(whole, of):
    """The test case of a check, of a property's result, or the one that has a text in its name."""
    part = of if isinstance(of, str) else _name(of)
    (case,) = (case for name, case in _cases(whole).items() if part in name)
    return case


def _name(of):
    subject = (of.property,) if isinstance(of, PropertyResult) else (of.entry_point, of.quantity)
    return " · ".join((*subject, of.dtype, of.mode, of.device))


def _result(case):
    (result,) = case.result
    return type(result).__name__, result.type, result.message


@pytest.mark.parametrize(
    "whole",
    [everything(), finished(), older(), empty(), cut_short(), *(poisoned(everything(), text) for text in RECORDABLE)],
    ids=["everything", "finished", "older", "empty", "cut short", *(f"hostile {n}" for n in range(len(RECORDABLE)))],
)
def test_every_record_fits_the_schema_of_ci_servers(whole):
    SCHEMA.validate(junit(whole))


def test_there_is_a_case_for_each_entry_point_quantity_and_dtype_and_the_counts_agree():
    whole = finished()
    read = _read(whole)
    cases = [case for suite in read for case in suite]
    checks = {
        (each.backend, each.function, each.entry_point, each.quantity, each.dtype, each.setting)
        for each in whole.checks
    }
    properties = {(each.backend, each.property, each.dtype, each.setting) for each in whole.properties}
    # The run is complete, and not everything was examined.
    assert len(cases) == len(checks) + len(properties) + len(whole.backends) + 2
    assert read.tests == len(cases)
    for kind, count in (("Failure", read.failures), ("Error", read.errors), ("Skipped", read.skipped)):
        assert count == sum(bool(case.result) and _result(case)[0] == kind for case in cases)
    assert [suite.name for suite in read] == ["logitproof", "torch 2.13.0", "keras 3.15.1"]


def test_a_name_tells_what_was_asked_and_no_version():
    one = check(parameters={"axis": -1}, input_class="overflow")
    case = _case(record(one), one)
    assert case.classname == "sigmoid"
    assert case.name == "torch.sigmoid · value · float32 · eager · cpu"
    newer = replace(one, version="2.14.0")
    assert _cases(record(newer)).keys() == _cases(record(one)).keys()


def test_a_defect_is_a_failure_with_everything_to_see_it_again():
    one = identified_check()
    bad = identified_discrepancy(one, cause="log of softmax", evidence="bit-identical to it")
    case = _case(record(one, discrepancies=(bad,)), one)
    assert _result(case) == ("Failure", bad.kind, bad.explanation)
    (failure,) = case.result
    for words in ("log of softmax: bit-identical to it", "x = -88.72284", "-0x1.62e43p+6", f"reproduce {bad.id}"):
        assert words in failure.text


def test_a_defect_that_the_record_does_not_tell_is_a_failure_too():
    assert _result(_case(record(check()), check())) == ("Failure", "defect", "2 results with a defect")


@pytest.mark.parametrize("severity", ["weakness", "convention", "undecided"])
def test_what_does_not_gate_is_told_in_the_output(severity):
    one = identified_check(severities={severity: 2})
    case = _case(record(one, discrepancies=(identified_discrepancy(one, severity=severity, kind="a kind"),)), one)
    assert case.result == []
    why = "" if severity == "convention" else ": The result is zero although the truth is a subnormal number."
    assert f"{severity}, a kind{why}\n  extent   2 results of 1 check; logitproof reproduce" in case.system_out
    assert "largest error: 2.1e6 ulps; largest multiple of the textbook bound: 1.25" in case.system_out


@pytest.mark.parametrize("status", ["crash", "hang", "error"])
def test_a_check_that_did_not_come_to_its_end_is_an_error(status):
    one = identified_check(status=status, reason="exit status 11", severities={"defect": 1})
    assert _result(_case(record(one), one)) == ("Error", status, "exit status 11")


def test_what_is_unsupported_is_skipped():
    one = identified_check(status="unsupported", reason="no keyword 'weight'", severities={}, elements=0)
    assert _result(_case(record(one), one)) == ("Skipped", "unsupported", "no keyword 'weight'")


@pytest.mark.parametrize(
    ("status", "result"),
    [("broken", "Failure"), ("unsupported", "Skipped"), ("holds", None), ("deviates", None), ("undecided", None)],
)
def test_a_property_is_a_case_of_its_own(status, result):
    one = stated(status=status)
    case = _case(replace(record(check()), properties=(one,)), one)
    assert case.classname == "property"
    assert case.name == "softmax-sums-to-one · float32 · eager · cpu"
    assert [type(each).__name__ for each in case.result] == ([result] if result else [])
    if status == "broken":
        assert "1.25 = 1.00 fails: 3.5 of the bound" in _result(case)[2]


def test_a_backend_that_did_not_start_is_an_error_of_its_own():
    absent = replace(backend("jax", ""), status="unavailable", reason="no module named jax")
    whole = replace(record(check(severities={}), complete=False), backends=(absent,))
    assert _result(_case(whole, "jax was examined")) == ("Error", "unavailable", "no module named jax")
    assert _result(_case(whole, "the run is complete"))[2].startswith("Incomplete: not a pass")


def test_a_run_that_examined_nothing_is_no_pass():
    assert _result(_case(record(), "the run is complete"))[2] == "Nothing was examined: this is not a pass."
    assert _case(record(check()), "the run is complete").result == []


def test_suites_tell_versions_corpus_and_time():
    suite = list(_read(finished()))[1]
    facts = {each.name: each.value for each in suite.properties()}
    assert suite.timestamp == "2026-01-02T03:04:05"
    assert facts["version"] == "2.13.0"
    assert facts["profile"] == "smoke"
    assert facts["corpus"] == f"1 {'0' * 64}"
    assert facts["environment TF_ENABLE_ONEDNN_OPTS"] == "0"


def test_a_time_that_is_none_is_left_out():
    whole = record(check())
    assert "timestamp" not in junit(replace(whole, run=replace(whole.run, started="yesterday")))


def test_checks_of_one_entry_point_quantity_and_dtype_share_a_case_that_says_how_many_they_are():
    checks = [identified_check(input_class=name, severities={}, elements=100) for name in ("wide", "mixed", "limits")]
    case = _case(record(*checks), checks[0])
    assert case.result == []
    assert case.system_out.startswith("3 checks of 300 results\nlargest error: ")


def test_one_check_that_fails_fails_its_case_and_every_such_check_is_named():
    passing, *failing = [
        identified_check(input_class=name, severities={"defect": 2} if name != "wide" else {})
        for name in ("wide", "mixed", "limits")
    ]
    whole = record(passing, *failing, discrepancies=tuple(identified_discrepancy(each) for each in failing))
    case = _case(whole, passing)
    (failure,) = case.result
    assert type(failure).__name__ == "Failure"
    for each in failing:
        assert each.id in failure.text
    for each in whole.discrepancies:
        assert f"logitproof reproduce {each.id}" in failure.text
    assert passing.id not in failure.text
    assert "3 checks of " in case.system_out


def test_what_is_not_offered_to_some_checks_of_a_case_is_told_and_does_not_skip_the_others():
    passing = identified_check(severities={})
    other = identified_check(input_class="options", status="unsupported", reason="no keyword 'weight'", severities={})
    case = _case(record(passing, other), passing)
    assert case.result == []
    assert "not offered: 1 check: no keyword 'weight'" in case.system_out


def test_ten_thousand_checks_are_less_than_a_megabyte():
    assert len(junit(many(10_000)).encode()) < 1_000_000


def test_discrepancies_of_other_checks_stay_with_theirs():
    one, other = identified_check(), identified_check(dtype="float16", severities={})
    whole = record(one, other, discrepancies=(discrepancy(one, check=one.id),))
    assert _case(whole, other).result == []
