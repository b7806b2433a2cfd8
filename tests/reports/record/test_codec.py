"""record.json: what is written can be read, and only what the schema knows."""

from __future__ import annotations

import gc
import hashlib
import io
import json
from dataclasses import replace

import msgspec
import pytest
from checkout import EXPECTED
from record_samples import check, discrepancy, record
from setting_samples import COMPILED, EAGER

from logitproof.reports import (
    SCHEMA_VERSION,
    RecordError,
    check_id,
    decode_record,
    discrepancy_id,
    encode_record,
    parameter_record,
    read_record,
    read_record_stream,
)

OLD = EXPECTED / "record-1.json"
"""A record that a release wrote which knew no schema but 1, of fewer checks."""


@pytest.fixture
def sample():
    one = check(parameters={"axis": -1, "label_smoothing": parameter_record(0.125), "reduction": "mean"})
    return record(one, discrepancies=(discrepancy(one),))


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
        "tables",
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
            return [number for each in value.values() for number in floats(each)]
        if isinstance(value, list):
            return [number for each in value for number in floats(each)]
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
        (("schema",), SCHEMA_VERSION + 1),
        (("schema",), str(SCHEMA_VERSION)),
        (("schema",), 0),
        (("schema",), True),
        (("schema",), 2.0),
        (("complete",), 1),
        (("checks", 0, "cases"), -1),
        (("checks", 0, "status"), "passed"),
        (("checks", 0, "severities"), {"harmless": 1}),
        (("checks", 0, "worst_ulps", "ulps"), "a lot"),
        (("tables", "arrays", 0, "values"), None),
        (("discrepancies", 0, "severity"), "fine"),
        (("run", "seed"), None),
        (("surplus",), 1),
        (("checks", 0, "surplus"), 1),
        (("checks", 0, "spread"), {"histogram": [1], "curves": [], "surplus": 1}),
        (("checks", 0, "spread"), {"histogram": [1] * 67, "curves": []}),
        (
            ("checks", 0, "spread"),
            {"histogram": [], "curves": [{"by": "input", "at": [], "ulps": ["inf"], "bound": []}]},
        ),
        (("discrepancies", 0, "answers"), None),
        (("discrepancies", 0, "answers"), [{}]),
        (("tables", "arrays", 0, "surplus"), 1),
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
    with pytest.raises(RecordError, match=r"record\.json: not a record: its schema is None"):
        read_record(tmp_path)


def test_a_record_too_large_to_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("logitproof.reports.record.codec.MAX_RECORD_BYTES", 10)
    (tmp_path / "record.json").write_text('{"schema": 1}')
    with pytest.raises(RecordError, match="larger than 10 bytes"):
        read_record(tmp_path)


def test_a_record_of_schema_1_is_read_as_one_of_this_release():
    old, read = json.loads(OLD.read_bytes()), read_record(OLD)
    assert read.schema == SCHEMA_VERSION
    assert {check.spread for check in read.checks} == {None}
    assert {(each.cause, each.evidence, each.answers) for each in read.discrepancies} == {(None, None, ())}
    for section, key in (("checks", "worst_ratio"), ("discrepancies", "inputs"), ("properties", "comparisons")):
        kept = [msgspec.json.decode(msgspec.json.encode(getattr(part, key))) for part in getattr(read, section)]
        assert kept == [part[key] for part in old[section]] != []
    assert decode_record(encode_record(read)) == read


@pytest.mark.parametrize(
    ("section", "key"),
    [("checks", "spread"), ("checks", "failures"), ("discrepancies", "answers"), ("discrepancies", "evidence")],
)
def test_a_record_of_schema_1_with_a_key_of_schema_2_is_refused(section, key):
    raw = json.loads(OLD.read_bytes())
    raw[section][1][key] = None
    with pytest.raises(RecordError, match=rf"not a record of schema 1: unexpected key \$\.{section}\[1\]\.{key}"):
        decode_record(json.dumps(raw).encode())


@pytest.mark.parametrize("section", ["checks", "discrepancies", "backends"])
def test_a_record_of_schema_1_is_read_as_strictly_as_a_new_one(section):
    for change in ({"surplus": 1}, {"version": 1}, None):
        raw = json.loads(OLD.read_bytes())
        raw[section][0] = change and raw[section][0] | change
        with pytest.raises(RecordError, match=r"record"):
            decode_record(json.dumps(raw).encode())
    raw[section] = 5
    with pytest.raises(RecordError, match=section):
        decode_record(json.dumps(raw).encode())


def test_an_early_record_of_schema_2_is_read_and_tells_nothing_of_what_it_did_not_keep():
    raw = json.loads((EXPECTED / "record-2.json").read_bytes())
    for raw_check in raw["checks"]:
        del raw_check["failures"]
        for stored in raw_check["outputs"]["batches"] if raw_check["outputs"] else ():
            del stored["whole"], stored["cases"]
    read = decode_record(json.dumps(raw).encode())
    assert {each.failures for each in read.checks} == {None}
    written = json.loads(encode_record(read))
    assert {each.get("failures") for each in written["checks"]} == {None}
    assert decode_record(encode_record(read)) == read
    raw["checks"][0].pop("tiers")  # what it always had it must have
    with pytest.raises(RecordError, match="tiers"):
        decode_record(json.dumps(raw).encode())


def test_a_newer_record_is_refused_in_one_line_that_says_what_to_do():
    newer = f'{{"schema": {SCHEMA_VERSION + 1}, "complete": "perhaps", "surplus": []}}'
    with pytest.raises(RecordError) as refused:
        decode_record(newer.encode())
    line = (
        f"schema {SCHEMA_VERSION + 1} is newer than this release reads ({SCHEMA_VERSION}): install a newer logitproof"
    )
    assert str(refused.value) == line


def test_no_older_schema_can_be_written(sample):
    with pytest.raises(RecordError, match=f"schema 1, and this release writes schema {SCHEMA_VERSION}"):
        encode_record(replace(sample, schema=1))


def test_a_truth_value_is_no_version():
    raw = json.loads(OLD.read_bytes()) | {"schema": True}
    with pytest.raises(RecordError, match="its schema is True, which is no version"):
        decode_record(json.dumps(raw).encode())


HOSTILE = "\x1b[31m\n\u202e" + "x" * 100_000


def _with_hostile_status(raw):
    raw["checks"][0]["status"] = HOSTILE


def _with_hostile_key(raw):
    raw["checks"][0][HOSTILE] = 1


def _with_hostile_schema(raw):
    raw["schema"] = HOSTILE


def _with_hostile_number(raw):
    raw["schema"] = int("9" * 4000)


@pytest.mark.parametrize("spoil", [_with_hostile_status, _with_hostile_key, _with_hostile_schema, _with_hostile_number])
def test_what_is_wrong_with_a_record_is_one_harmless_line(sample, spoil):
    raw = json.loads(encode_record(sample))
    spoil(raw)
    with pytest.raises(RecordError) as refused:
        decode_record(json.dumps(raw).encode())
    assert len(str(refused.value)) < 400
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("enabled", [True, False])
def test_reading_leaves_the_collector_of_cycles_as_it_was(sample, enabled):
    text = encode_record(sample)
    (gc.enable if enabled else gc.disable)()
    try:
        decode_record(text)
        with pytest.raises(RecordError):
            decode_record(text[:-9])
        assert gc.isenabled() == enabled
    finally:
        gc.enable()


def test_a_stream_is_read_like_a_file(sample):
    assert read_record_stream(io.BytesIO(encode_record(sample))) == sample


@pytest.mark.parametrize("length", [0, 1, 500])
def test_a_stream_that_breaks_off_is_named(sample, length):
    with pytest.raises(RecordError, match=r"\Astandard input: not a record: .+\Z"):
        read_record_stream(io.BytesIO(encode_record(sample)[:length]))


def test_a_stream_too_long_to_read_is_refused_before_its_end(monkeypatch):
    monkeypatch.setattr("logitproof.reports.record.codec.MAX_RECORD_BYTES", 10)
    endless = io.BufferedReader(_Endless())
    with pytest.raises(RecordError, match="standard input: larger than 10 bytes"):
        read_record_stream(endless)


class _Endless(io.RawIOBase):
    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:] = b" " * len(buffer)
        return len(buffer)


def test_a_stream_that_cannot_be_read_is_named():
    class Broken(io.BytesIO):
        def read(self, _size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(RecordError, match="here: Input/output error"):
        read_record_stream(Broken(), "here")


IDENTITY = {
    "function": "softmax",
    "backend": "torch",
    "entry_point": "torch.softmax",
    "dtype": "float32",
    "setting": EAGER,
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
    others = {"parameters": {"axis": 0}, "setting": COMPILED}
    assert check_id(**IDENTITY) != check_id(**{**IDENTITY, key: others.get(key, "other")})


def test_a_device_of_its_own_has_an_id_of_its_own():
    assert check_id(**IDENTITY) != check_id(**{**IDENTITY, "setting": replace(EAGER, device="cuda")})


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
