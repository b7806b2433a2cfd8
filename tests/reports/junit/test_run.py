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

from logitproof.reports import junit

SCHEMA = xmlschema.XMLSchema(EXPECTED / "junit.xsd")
RECORDABLE = [text for text in HOSTILE if "\ud800" not in text]


def _read(whole):
    return junitparser.JUnitXml.fromstring(junit(whole).encode())


def _cases(whole):
    return {case.name: case for suite in _read(whole) for case in suite}


def _case(whole, part):
    (case,) = (case for name, case in _cases(whole).items() if part in name)
    return case


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


def test_there_is_a_case_for_every_check_and_property_and_the_counts_agree():
    whole = finished()
    read = _read(whole)
    cases = list(_cases(whole).values())
    # The run is complete, and not everything was examined.
    assert len(cases) == len(whole.checks) + len(whole.properties) + len(whole.backends) + 2
    assert read.tests == len(cases)
    for kind, count in (("Failure", read.failures), ("Error", read.errors), ("Skipped", read.skipped)):
        assert count == sum(bool(case.result) and _result(case)[0] == kind for case in cases)
    assert [suite.name for suite in read] == ["logitproof", "torch 2.13.0", "keras 3.15.1"]


def test_a_name_tells_what_was_asked_and_no_version():
    one = check(parameters={"axis": -1}, input_class="overflow")
    case = _case(record(one), one.id)
    assert case.classname == "sigmoid"
    assert case.name == f"torch.sigmoid · value · float32 · eager · cpu · axis=-1 · overflow · {one.id}"
    newer = replace(one, version="2.14.0")
    assert _cases(record(newer)).keys() == _cases(record(one)).keys()


def test_a_defect_is_a_failure_with_everything_to_see_it_again():
    one = identified_check()
    bad = identified_discrepancy(one, cause="log of softmax", evidence="bit-identical to it")
    case = _case(record(one, discrepancies=(bad,)), one.id)
    assert _result(case) == ("Failure", bad.kind, bad.explanation)
    (failure,) = case.result
    for words in ("log of softmax: bit-identical to it", "x = -88.72284", "-0x1.62e43p+6", f"reproduce {bad.id}"):
        assert words in failure.text


def test_a_defect_that_the_record_does_not_tell_is_a_failure_too():
    assert _result(_case(record(check()), check().id)) == ("Failure", "defect", "2 results with a defect")


@pytest.mark.parametrize("severity", ["weakness", "convention", "undecided"])
def test_what_does_not_gate_is_told_in_the_output(severity):
    one = identified_check(severities={severity: 2})
    case = _case(record(one, discrepancies=(identified_discrepancy(one, severity=severity, kind="a kind"),)), one.id)
    assert case.result == []
    assert f"{severity}, a kind: The result is zero" in case.system_out
    assert "largest error: 2.1e6 ulps; largest multiple of the textbook bound: 1.25" in case.system_out


@pytest.mark.parametrize("status", ["crash", "hang", "error"])
def test_a_check_that_did_not_come_to_its_end_is_an_error(status):
    one = identified_check(status=status, reason="exit status 11", severities={"defect": 1})
    assert _result(_case(record(one), one.id)) == ("Error", status, "exit status 11")


def test_what_is_unsupported_is_skipped():
    one = identified_check(status="unsupported", reason="no keyword 'weight'", severities={}, elements=0)
    assert _result(_case(record(one), one.id)) == ("Skipped", "unsupported", "no keyword 'weight'")


@pytest.mark.parametrize(
    ("status", "result"),
    [("broken", "Failure"), ("unsupported", "Skipped"), ("holds", None), ("deviates", None), ("undecided", None)],
)
def test_a_property_is_a_case_of_its_own(status, result):
    one = stated(status=status)
    case = _case(replace(record(check()), properties=(one,)), one.id)
    assert case.classname == "property"
    assert case.name.startswith("softmax-sums-to-one · torch.softmax · float32")
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


def test_ten_thousand_checks_are_a_few_megabytes():
    assert len(junit(many(10_000)).encode()) < 8_000_000


def test_discrepancies_of_other_checks_stay_with_theirs():
    one, other = identified_check(), identified_check(dtype="float16", severities={})
    whole = record(one, other, discrepancies=(discrepancy(one, check=one.id),))
    assert _case(whole, other.id).result == []
