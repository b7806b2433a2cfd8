"""The tables of record.json: what rows share is written once, and nothing is read that they do not have."""

from __future__ import annotations

import json

import pytest
from page_samples import sample

from logitproof.reports import RecordError, decode_record, encode_record
from logitproof.reports.record.tables import TABLES, Expansion


@pytest.fixture
def raw():
    return json.loads(encode_record(sample()))


def test_what_several_rows_have_is_written_once(raw):
    for name, entries in raw["tables"].items():
        texts = [json.dumps(entry) for entry in entries]
        assert len(set(texts)) == len(texts), name
    references = [number for each in raw["discrepancies"] for number in each["inputs"].values()]
    assert len(references) > len(set(references))


def test_every_entry_of_a_table_is_referred_to(raw):
    used = {number for each in raw["checks"] if (number := each.get("spread")) is not None}
    assert used == set(range(len(raw["tables"]["spreads"])))


@pytest.mark.parametrize("number", [-1, 10_000, "0", True, None, 0.0, {}])
def test_a_reference_that_leads_nowhere_is_refused(raw, number):
    raw["discrepancies"][0]["inputs"] = {"x": number}
    with pytest.raises(RecordError, match=r"not a record of schema 3: \$\.discrepancies\[0\]\.inputs"):
        decode_record(json.dumps(raw).encode())


@pytest.mark.parametrize("tables", [None, [], {}, {"arrays": []}, dict.fromkeys(TABLES, 0)])
def test_a_record_without_its_tables_is_refused(raw, tables):
    raw["tables"] = tables
    with pytest.raises(RecordError, match=r"not a record of schema 3: \$\.tables"):
        decode_record(json.dumps(raw).encode())
    del raw["tables"]
    with pytest.raises(RecordError, match=r"the key \$\.tables is missing"):
        decode_record(json.dumps(raw).encode())


def test_a_row_that_has_both_a_reference_and_what_it_stands_for_is_refused(raw):
    raw["discrepancies"][0]["batch"] = "mine"
    with pytest.raises(RecordError, match=r"unexpected key \$\.discrepancies\[0\]\.batch"):
        decode_record(json.dumps(raw).encode())


def test_rows_that_refer_to_too_much_in_all_are_refused():
    tables = Expansion({**{name: [] for name in TABLES}, "arrays": ["x" * 100]}, 250)
    for _ in range(2):
        tables.expand("properties", {"worst": {"inputs": {"x": 0}}}, "$")
    with pytest.raises(ValueError, match="too large"):
        tables.expand("properties", {"worst": {"inputs": {"x": 0}}}, "$")
