"""A comparison as JSON: it reads back, it fits its schema, and what does not is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import pytest
from checkout import ROOT
from comparison_samples import SAMPLES, change, compared, comparison, many
from jsonschema import Draft202012Validator
from report_samples import HOSTILE

from logitproof.conformance.cli.output import shown_text
from logitproof.reports import (
    COMPARISON_SCHEMA_VERSION,
    ComparisonEnvironment,
    RecordError,
    comparison_schema,
    comparison_view,
    decode_comparison,
    encode_comparison,
    encode_record,
    is_comparison,
    read_comparison,
)
from logitproof.reports.schemas import schema_name, schema_text

NAME = schema_name(COMPARISON_SCHEMA_VERSION, "comparison")
PUBLISHED = ROOT / "docs" / "schemas" / NAME


def errors(raw):
    return [error.json_path for error in Draft202012Validator(comparison_schema()).iter_errors(raw)]


@pytest.fixture
def raw():
    return json.loads(encode_comparison(SAMPLES["regressed"]()))


@pytest.mark.parametrize("make", [*SAMPLES.values(), many, comparison])
def test_what_is_written_reads_back_and_fits_the_schema(make):
    text = encode_comparison(make())
    assert decode_comparison(text) == make()
    assert encode_comparison(decode_comparison(text)) == text
    assert errors(json.loads(text)) == []


def test_the_published_schema_is_the_one_in_the_package_and_what_the_dataclasses_give():
    packaged = files("logitproof.reports").joinpath("schemas", NAME).read_text("utf-8")
    assert packaged == schema_text(comparison_schema()), "regenerate with: python docs/schemas/make.py"
    assert PUBLISHED.read_text("utf-8") == packaged
    Draft202012Validator.check_schema(comparison_schema())
    assert comparison_schema()["$id"] == f"urn:logitproof:comparison:{COMPARISON_SCHEMA_VERSION}"
    assert comparison_schema()["title"] == f"A comparison of logitproof, schema {COMPARISON_SCHEMA_VERSION}"


@pytest.mark.parametrize("section", ["checks", "backends", "entry_points", "properties", "timings"])
def test_a_key_too_many_or_missing_is_refused(raw, section):
    for change_of in ({"surplus": 1}, None):
        edited = json.loads(json.dumps(raw))
        if change_of is None:
            edited[section][0].pop(next(iter(edited[section][0])))
        else:
            edited[section][0] |= change_of
        assert errors(edited) != []
        with pytest.raises(RecordError, match="not a comparison"):
            decode_comparison(json.dumps(edited).encode())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("outcome", "fine"),
        ("complete", 1),
        ("titles", ["one"]),
        ("checks", {}),
        ("notes", [1]),
        ("started", None),
        ("schema", 0),
        ("schema", True),
        ("schema", "1"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(raw, key, value):
    raw[key] = value
    assert errors(raw) != []
    with pytest.raises(RecordError, match="not a comparison"):
        decode_comparison(json.dumps(raw).encode())


def test_a_newer_one_is_refused_with_what_to_do(raw):
    newer = COMPARISON_SCHEMA_VERSION + 1
    with pytest.raises(RecordError, match=f"schema {newer} is newer than this release reads"):
        decode_comparison(json.dumps({**raw, "schema": newer}).encode())


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff", b'{"schema": 1}', bytes(99)])
def test_what_is_none_is_refused(tmp_path, text):
    (tmp_path / "file").write_bytes(text)
    with pytest.raises(RecordError, match="file: not a comparison"):
        read_comparison(tmp_path / "file")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
def test_a_truncated_one_is_refused(part):
    whole = encode_comparison(SAMPLES["regressed"]())
    with pytest.raises(RecordError, match="not a comparison"):
        decode_comparison(whole[: int(len(whole) * part)])


def test_a_float_never_slips_in():
    wrong = replace(SAMPLES["safe"](), timings=(replace(SAMPLES["regressed"]().timings[0], before=float("nan")),))
    with pytest.raises(RecordError):
        encode_comparison(wrong)


def test_comparisons_are_told_from_records(tmp_path):
    from record_samples import check, record

    (tmp_path / "comparison.json").write_bytes(encode_comparison(SAMPLES["safe"]()))
    (tmp_path / "record.json").write_bytes(encode_record(record(check())))
    assert is_comparison(tmp_path / "comparison.json")
    assert not is_comparison(tmp_path / "record.json")
    assert not is_comparison(tmp_path / "missing")
    assert not is_comparison(tmp_path)


# The terminal


@pytest.mark.parametrize("name", SAMPLES)
def test_the_first_line_is_the_verdict(name):
    sample_comparison = SAMPLES[name]()
    lines = shown_text(comparison_view(sample_comparison)).splitlines()
    assert lines[0] == f"verdict: {sample_comparison.outcome}"
    assert lines[1].startswith("Incomplete") is not sample_comparison.complete


def test_the_terminal_tells_every_kind_that_occurs_and_counts_what_it_leaves_out():
    text = shown_text(comparison_view(SAMPLES["regressed"]()))
    for words in (
        "new NaN or infinity", "new error", "regressed", "dtype or shape changed", "farther", "otherwise",
        "gone NaN or infinity", "gone error", "fixed", "nearer", "identical", "torch.logit is gone", "holds → broken",
        "2 times as long", "largest errors alone", "602c570a320e838f-regressed", "dim=-1, before dim=None",
    ):  # fmt: skip
        assert words in text
    many_groups = comparison(*(compared(change("regressed", 2), function=f"f{n}") for n in range(30)))
    assert "… and 20 more" in shown_text(comparison_view(many_groups))


@pytest.mark.parametrize("text", HOSTILE[:-5])
def test_nothing_from_others_steers_the_terminal(text):
    text = text.encode("utf-8", "replace").decode()[:60_000]
    regressed = SAMPLES["regressed"]()
    strange = ComparisonEnvironment(text, 1, {text: text}, {text: text}, {text: text})
    hostile = replace(
        regressed,
        titles=(text, text),
        profile=text,
        notes=(text,),
        backends=tuple(replace(each, name=text, old=text, environments=(strange, None)) for each in regressed.backends),
        entry_points=tuple(
            replace(each, entry_point=text, detail=text, backend=text) for each in regressed.entry_points
        ),
        properties=tuple(replace(each, statement=text, property=text) for each in regressed.properties),
        timings=tuple(replace(each, entry_point=text) for each in regressed.timings),
        checks=tuple(
            replace(
                check,
                entry_point=text,
                function=text,
                dtype=text,
                backend=text,
                reason=text,
                changes=tuple(
                    replace(
                        each,
                        largest=each.largest
                        and replace(each.largest, before=text, after=text, batch=text, failure=text),
                    )
                    for each in check.changes
                ),
            )
            for check in regressed.checks
        ),
    )
    printed_text = shown_text(comparison_view(decode_comparison(encode_comparison(hostile))))
    assert printed_text.splitlines()[0] == "verdict: regressed"
    assert all(char.isprintable() or char == "\n" for char in printed_text)
    assert sum(line.startswith("verdict:") for line in printed_text.splitlines()) == 1
