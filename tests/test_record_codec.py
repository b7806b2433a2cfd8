"""record.json: what is written can be read, and only what the schema knows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from record_samples import check, discrepancy, record

from logitproof.reports import (
    RecordError,
    check_id,
    decode_record,
    discrepancy_id,
    encode_record,
    parameter_record,
    read_record,
    record_schema,
)


@pytest.fixture
def sample():
    found = check(parameters={"axis": -1, "label_smoothing": parameter_record(0.125), "reduction": "mean"})
    return record(found, discrepancies=(discrepancy(found),))


def test_a_record_is_read_back_as_it_was_written(sample):
    assert decode_record(encode_record(sample)) == sample


def test_the_top_level_keys_are_those_of_the_design(sample):
    written = json.loads(encode_record(sample))
    assert set(written) == {
        "schema",
        "complete",
        "run",
        "corpus",
        "backends",
        "checks",
        "properties",
        "discrepancies",
    }


def test_a_discrepancy_has_every_key_that_the_design_promises(sample):
    promised = {
        *("id", "severity", "cause", "function", "backend", "version", "entry_point", "dtype", "mode", "device"),
        *("quantity", "input_class", "parameters", "inputs", "observed", "expected", "error_ulps"),
        *("error_bound_ratio", "explanation"),
    }
    assert promised <= set(json.loads(encode_record(sample))["discrepancies"][0])


def test_no_number_in_a_record_is_a_json_float(sample):
    def floats(value):
        if isinstance(value, dict):
            return [found for each in value.values() for found in floats(each)]
        if isinstance(value, list):
            return [found for each in value for found in floats(each)]
        return [value] if isinstance(value, float) else []

    assert floats(json.loads(encode_record(sample))) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.5, None])
def test_a_float_where_text_belongs_cannot_be_written(sample, value):
    wrong = replace(sample, discrepancies=(replace(sample.discrepancies[0], error_ulps=value),))
    with pytest.raises(RecordError, match="error_ulps"):
        encode_record(wrong)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("schema",), "1"),
        (("complete",), 1),
        (("checks", 0, "cases"), -1),
        (("checks", 0, "status"), "passed"),
        (("checks", 0, "severities"), {"harmless": 1}),
        (("checks", 0, "worst_ulps", "ulps"), "a lot"),
        (("discrepancies", 0, "inputs", "x", "values"), None),
        (("discrepancies", 0, "severity"), "fine"),
        (("run", "seed"), None),
        (("surplus",), 1),
        (("checks", 0, "surplus"), 1),
        (("discrepancies", 0, "inputs", "x", "surplus"), 1),
    ],
)
def test_a_record_that_does_not_fit_the_schema_is_refused(sample, path, value):
    raw = json.loads(encode_record(sample))
    at = raw
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    with pytest.raises(RecordError, match=r"record|schema"):
        decode_record(json.dumps(raw).encode())


@pytest.mark.parametrize("key", ["schema", "run", "checks", "properties"])
def test_a_record_that_lacks_a_key_is_refused(sample, key):
    raw = json.loads(encode_record(sample))
    del raw[key]
    with pytest.raises(RecordError, match=key):
        decode_record(json.dumps(raw).encode())


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"schema": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_text_that_is_no_record_is_refused(text):
    with pytest.raises(RecordError, match=r"record|schema"):
        decode_record(text)


def test_a_truncated_record_is_refused(sample):
    text = encode_record(sample)
    for length in range(0, len(text) - 2, 97):
        with pytest.raises(RecordError):
            decode_record(text[:length])


def test_reading_names_the_file_that_is_wrong(tmp_path):
    with pytest.raises(RecordError, match=r"missing\.json: No such file"):
        read_record(tmp_path / "missing.json")
    (tmp_path / "record.json").write_text("{}")
    with pytest.raises(RecordError, match=r"record\.json: schema None"):
        read_record(tmp_path)


def test_a_record_too_large_to_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("logitproof.reports._codec.MAX_RECORD_BYTES", 10)
    (tmp_path / "record.json").write_text('{"schema": 1}')
    with pytest.raises(RecordError, match="larger than 10 bytes"):
        read_record(tmp_path)


def test_the_json_schema_describes_every_part_of_a_record():
    names = set(record_schema()["$defs"])
    assert {"Record", "Backend", "Check", "Discrepancy", "Extreme", "Array", "Expected", "RunInfo"} <= names


IDENTITY = {
    "function": "softmax",
    "backend": "torch",
    "entry_point": "torch.softmax",
    "dtype": "float32",
    "mode": "eager",
    "device": "cpu",
    "quantity": "value",
    "parameters": {"axis": -1},
    "input_class": "ordinary",
}


def test_a_check_id_never_changes_from_release_to_release():
    # Waivers in users' repositories name these ids.
    identity = '["check","softmax","torch","torch.softmax","float32","eager","cpu","value",{"axis":-1},"ordinary"]'
    assert check_id(**IDENTITY) == hashlib.sha256(identity.encode()).hexdigest()[:16] == "348f83272b5987b2"


@pytest.mark.parametrize("key", IDENTITY)
def test_every_part_of_an_identity_changes_the_id(key):
    other = {"axis": 0} if key == "parameters" else "other"
    assert check_id(**IDENTITY) != check_id(**{**IDENTITY, key: other})


def test_the_order_of_parameters_does_not_change_the_id():
    one = check_id(**{**IDENTITY, "parameters": {"axis": -1, "reduction": "mean"}})
    two = check_id(**{**IDENTITY, "parameters": {"reduction": "mean", "axis": -1}})
    assert one == two


def test_a_discrepancy_id_depends_on_check_kind_and_case():
    ids = {discrepancy_id(*parts) for parts in [("a", "b", "c"), ("a", "b", "d"), ("a", "e", "c"), ("f", "b", "c")]}
    assert len(ids) == 4


def test_a_parameter_of_an_unknown_type_is_refused():
    for value in (True, 1j, {"a": 1}, [0.5]):
        with pytest.raises(TypeError, match="cannot be recorded"):
            parameter_record(value)
