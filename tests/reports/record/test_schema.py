"""The JSON Schema of the record: shipped, published, and true of the records that are written."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import pytest
from checkout import EXPECTED, ROOT
from jsonschema import Draft202012Validator
from record_samples import check, discrepancy, record

from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reports import SCHEMA_VERSION, encode_record, read_record, record_schema
from logitproof.reports.record.tables import ROWS, USUAL
from logitproof.reports.schemas import schema_name, schema_text

PUBLISHED = ROOT / "docs" / "schemas"
OLD = EXPECTED / "record-1.json"
USUAL_IN = {row.__name__: USUAL[section] for section, row in ROWS.items()}
VERSIONS = range(1, SCHEMA_VERSION + 1)


def errors(raw, version=SCHEMA_VERSION):
    return [error.json_path for error in Draft202012Validator(record_schema(version)).iter_errors(raw)]


def written(sample_record):
    return json.loads(encode_record(sample_record))


@pytest.fixture
def sample():
    one = check()
    return written(record(one, discrepancies=(discrepancy(one),)))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_published_schema_is_the_one_in_the_package(version):
    packaged = files("logitproof.reports").joinpath("schemas", schema_name(version)).read_bytes()
    assert (PUBLISHED / schema_name(version)).read_bytes() == packaged


def test_the_schema_in_the_package_is_what_the_dataclasses_give():
    packaged = files("logitproof.reports").joinpath("schemas", schema_name(SCHEMA_VERSION)).read_text("utf-8")
    assert packaged == schema_text(record_schema()), "regenerate with: python docs/schemas/make.py"


def test_a_schema_that_was_released_does_not_change():
    for name, digest in {
        schema_name(1): "47b56cc31d6483d35a52d80743e1d25ce1d314e67b6192c5a602337906c4b761",
        schema_name(2): "bdf8feba4586b3681edac737f74fc4adc3202bdedbb8e59d6c531bc8403985cc",
        schema_name(1, "comparison"): "2648e74f850e348b8cf2713fec21e1ea5331a65415d65d11194eefbf6e7c858e",
    }.items():
        kept = files("logitproof.reports").joinpath("schemas", name).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == digest


@pytest.mark.parametrize("version", VERSIONS)
def test_every_schema_is_one_of_draft_2020_12_with_a_name_of_its_own(version):
    schema = record_schema(version)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:logitproof:record:{version}"
    assert schema["properties"]["schema"] == {"const": version}
    assert str(version) in schema["title"]


def test_every_object_of_a_schema_lists_its_keys_and_has_no_others():
    whole = record_schema()
    for part in (whole, *whole["$defs"].values()):
        usual = USUAL_IN.get(part["title"], {})
        assert [key for key in part["properties"] if key not in usual] == sorted(
            part["required"], key=list(part["properties"]).index
        )
        assert part["additionalProperties"] is False
        assert part["description"]


def test_a_schema_that_no_release_knows_is_refused():
    for version in (0, SCHEMA_VERSION + 1):
        with pytest.raises(ValueError, match=f"there is no schema {version}: this release knows 1 to"):
            record_schema(version)


def test_a_record_fits_its_own_schema_and_no_other(sample):
    old = json.loads(OLD.read_bytes())
    assert errors(sample) == []
    assert errors(old, 1) == []
    assert errors(written(read_record(OLD))) == []
    assert errors(old) != []
    assert errors(sample, 1) != []


KERNELS = """
import numpy as np
framework = "numpy"

def softmax(logits, *, axis):
    e = np.exp(logits)
    return e / e.sum(axis, keepdims=True)

def sigmoid(x):
    if np.isnan(x).any():
        raise ValueError("not this")
    return 1 / (1 + np.exp(-x))

def sigmoid_vjp(cotangent, x):
    return (cotangent * sigmoid(x) * (1 - sigmoid(x)),)
"""


@pytest.mark.slow
def test_the_record_of_a_run_fits_the_schema(tmp_path):
    for name in ("one", "other"):
        (tmp_path / f"{name}.py").write_text(KERNELS)
    backends = (str(tmp_path / "one.py"), str(tmp_path / "other.py"))
    examined = run(RunRequest(backends=backends, profile="smoke", jobs=1, dtypes=("float16", "float32")), Silence())
    assert {each.severity for each in examined.discrepancies} >= {"defect", "weakness", "convention"}
    assert any(each.answers for each in examined.discrepancies)
    assert any(each.spread and each.spread.curves for each in examined.checks)
    assert errors(written(examined)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.complete", 1),
        ("$.checks[0].cases", -1),
        ("$.checks[0].status", "passed"),
        ("$.checks[0].worst_ulps.ulps", "a lot"),
        ("$.discrepancies[0].severity", "fine"),
        ("$.run.seed", None),
        ("$.checks[0].spread", {"histogram": [1] * 67, "curves": []}),
        ("$.discrepancies[0].answers", [{}]),
    ],
)
def test_the_schema_finds_what_does_not_fit(sample, path, value):
    at = sample
    *way, last = path.removeprefix("$.").replace("[0]", ".0").split(".")
    for key in way:
        at = at[int(key)] if key == "0" else at[key]
    at[last] = value
    paths = errors(sample)
    assert paths
    # Of a choice, the choice as a whole does not fit.
    assert all(where != "$" and (where.startswith(path) or path.startswith(where)) for where in paths)


def test_the_schema_refuses_a_missing_key_and_one_too_many(sample):
    del sample["checks"][0]["tiers"]
    sample["tables"]["arrays"][0]["surplus"] = 1
    assert {"$.checks[0]", "$.tables.arrays[0]"} <= set(errors(sample))
