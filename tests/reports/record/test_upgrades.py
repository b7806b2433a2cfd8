"""Records of older schemas: they are read, rendered, compared and reproduced like those of this release."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from checkout import EXPECTED
from jsonschema import Draft202012Validator

from logitproof.conformance.compare.compare import compare
from logitproof.conformance.compare.runs import ComparedRun
from logitproof.conformance.scripts.of_change import scripts_for_comparison
from logitproof.conformance.scripts.of_record import scripts_for
from logitproof.reports import (
    FORMATS,
    decode_comparison,
    decode_record,
    encode_comparison,
    encode_record,
    float_from,
    read_comparison,
    read_record,
    record_schema,
)
from logitproof.reports.record.upgrades import upgrade
from logitproof.reports.schemas import comparison_schema

FIXTURES = [EXPECTED / "record-1.json", EXPECTED / "record-2.json"]
OLD_COMPARISON = EXPECTED / "comparison-1.json"


@pytest.fixture(scope="module")
def second():
    """A record that the release wrote which knew no schema but 1 and 2, of kernels that fail in several ways."""
    return read_record(EXPECTED / "record-2.json")


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_an_older_record_fits_its_schema_and_is_written_as_one_of_this_release(file):
    raw = json.loads(file.read_bytes())
    assert list(Draft202012Validator(record_schema(raw["schema"])).iter_errors(raw)) == []
    read = read_record(file)
    text = encode_record(read)
    assert list(Draft202012Validator(record_schema()).iter_errors(json.loads(text))) == []
    assert decode_record(text) == read


def test_which_call_failed_is_known(second):
    runs = {each.run for each in second.discrepancies}
    assert "plain" in runs
    later = [each for each in second.discrepancies if each.is_of_later_call]
    assert {each.run for each in later} <= {"repeat", "recorded"}


def test_the_time_limit_is_known(second):
    hangs = [each for each in second.discrepancies if each.kind == "hang"]
    assert hangs
    assert {float_from(each.time_limit) for each in hangs} == {1.0}
    assert {each.time_limit for each in second.discrepancies if each.kind != "hang"} == {None}
    failures = [failure for check in second.checks for failure in check.failures or () if failure.kind == "hang"]
    assert {float_from(each.time_limit) for each in failures} == {1.0}


def test_what_kept_a_property_from_a_result_is_known(second):
    kinds = {each.failure for each in second.properties if each.status == "broken" and each.reason}
    assert kinds
    assert None not in kinds


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
@pytest.mark.parametrize("name", FORMATS)
def test_an_older_record_is_rendered(file, name):
    assert FORMATS[name].of_run(read_record(file), None, None, dict)


@pytest.mark.parametrize("name", FORMATS)
def test_an_older_comparison_is_rendered(name):
    assert FORMATS[name].of_comparison(read_comparison(OLD_COMPARISON), dict)


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_an_older_record_is_reproduced(file):
    record = read_record(file)
    scripts = scripts_for(record)
    assert scripts
    for script in scripts.values():
        compile(script, "script.py", "exec")
    hangs = [each.id for each in record.discrepancies if each.kind == "hang" and each.id in scripts]
    assert all("within 1 s" in scripts[each] for each in hangs)


def test_an_older_record_is_compared_with_one_of_this_release(second):
    checks = tuple(replace(each, worst_ulps=None, severities={}, outputs=None) for each in second.checks)
    new = replace(second, checks=checks, discrepancies=())
    comparison = compare(ComparedRun(second, None, "older"), ComparedRun(new, None, "newer"), jobs=1)
    assert {change.kind for check in comparison.checks for change in check.changes} >= {"fixed", "nearer"}
    back = compare(ComparedRun(new, None, "older"), ComparedRun(second, None, "newer"), jobs=1)
    assert back.outcome == "regressed"


def test_an_older_comparison_is_read_and_reproduced():
    raw = json.loads(OLD_COMPARISON.read_bytes())
    assert list(Draft202012Validator(comparison_schema(1)).iter_errors(raw)) == []
    comparison = read_comparison(OLD_COMPARISON)
    assert decode_comparison(encode_comparison(comparison)) == comparison
    assert list(Draft202012Validator(comparison_schema()).iter_errors(json.loads(encode_comparison(comparison)))) == []
    (backend,) = comparison.backends
    assert backend.environments[1].threads == raw["backends"][0]["threads"]
    assert backend.environments[1].variables == raw["backends"][0]["variables"]
    assert scripts_for_comparison(comparison)


def test_the_definition_of_a_check_is_known_by_its_conventions():
    raw = {
        "checks": [{"id": "a", "definition": None}, {"id": "b", "definition": None}],
        "discrepancies": [{"check": "a", "kind": "deviation: linear-above-20"}],
    }
    upgrade(raw, 2)
    assert [each["definition"] for each in raw["checks"]] == ["linear-above-20", None]


@pytest.mark.parametrize(
    ("name", "shape", "whole", "cases"),
    [
        ("wide/n=10", (4, 10), "wide/n=10", None),
        ("wide/n=10[0:4]", (4, 10), "wide/n=10", (0, 1, 2, 3)),
        ("wide/n=10[1,4,7]", (3, 10), "wide/n=10", (1, 4, 7)),
        ("wide/n=10[0:4]", (5, 10), "wide/n=10[0:4]", None),
        ("wide/n=10[0:999999999]", (4, 10), "wide/n=10[0:999999999]", None),
        ("user/a[0:4]", (4,), "user/a[0:4]", None),
        ("wide/n=10[]", (0,), "wide/n=10[]", None),
    ],
)
def test_the_cases_of_an_early_array_are_known_by_its_name_and_size(name, shape, whole, cases):
    stored = {"batch": name, "dtype": "float32", "shape": list(shape), "whole": None, "cases": None}
    raw = {
        "corpus": {"given": {"sigmoid/float32/user/a[0:4]": ""}},
        "checks": [{"outputs": {"batches": [stored]}}],
    }
    upgrade(raw, 2)
    known = stored["cases"] and tuple(case for first, end in stored["cases"] for case in range(first, end))
    assert (stored["whole"] or name, known) == (whole, cases)
