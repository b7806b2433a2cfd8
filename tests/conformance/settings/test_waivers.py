"""Waivers as they are written: what each key says, and one clear line, naming the waiver, for whatever is wrong."""

from __future__ import annotations

import math
import re
import tomllib
from datetime import date

import msgspec
import pytest
from checkout import ROOT

from logitproof.conformance.cli.main import main
from logitproof.conformance.errors import UserError
from logitproof.conformance.settings.settings import read_settings, settings_in
from logitproof.conformance.settings.waivers import WaiverTable, waivers_from
from logitproof.reports import FAIL_ON, Region, Waiver

ID, OTHER = "0123456789abcdef", "fedcba9876543210"
KEYS = {field.encode_name for field in msgspec.structs.fields(WaiverTable)}
LEAST = {"check": ID, "backend": "torch", "versions": ">=2.13,<2.14", "kind": "nan", "cause": "", "reason": "known"}


def _one(**changes):
    table = {**LEAST, **{key.replace("_", "-"): value for key, value in changes.items()}}
    (waiver,) = waivers_from([{key: value for key, value in table.items() if value is not None}], "logitproof.toml")
    return waiver


def test_what_a_waiver_must_say_is_enough():
    assert _one() == Waiver(1, "torch", ">=2.13,<2.14", "nan", ("",), "known", check=ID)


def test_every_key_is_read():
    keys = {
        "function": "sigmoid",
        "entry_point": "torch.*",
        "mode": "compiled",
        "device": "cuda*",
        "dtype": "float16",
        "quantity": "gradient:*",
        "severity": "weakness",
        "region": {"x": [-1, 2.5], "logits": {"nan": True}, "probs": {"from": -math.inf, "to": 0, "nan": True}},
        "max_ulps": 3,
        "max_bound_ratio": math.inf,
        "max_results": 12,
        "link": "https://github.com/pytorch/pytorch/issues/1",
        "owner": "a team",
        "expires": date(2027, 1, 31),
    }
    waiver = _one(check=None, discrepancy=[ID, OTHER], cause=["overflow", ""], **keys)
    assert waiver == Waiver(
        1, "torch", ">=2.13,<2.14", "nan", ("overflow", ""), "known", discrepancies=(ID, OTHER), function="sigmoid",
        entry_point="torch.*", mode="compiled", device="cuda*", dtype="float16", quantity="gradient:*",
        severity="weakness", max_ulps=3.0,
        max_bound_ratio=math.inf, max_results=12, link="https://github.com/pytorch/pytorch/issues/1", owner="a team",
        expires=date(2027, 1, 31),
        region={"x": Region(-1.0, 2.5), "logits": Region(math.inf, -math.inf, nan=True),
                "probs": Region(-math.inf, 0.0, nan=True)},
    )  # fmt: skip
    written = {"check", "discrepancy", *LEAST, *(key.replace("_", "-") for key in keys)}
    assert written == KEYS


def test_the_version_range_may_be_all_of_them():
    assert _one(versions="").versions == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"backend": None}, "backend is missing: a string"),
        ({"versions": None}, 'versions is missing: a set of versions such as ">=2.13,<2.14", or "" for all of them'),
        ({"kind": None}, "kind is missing"),
        (
            {"cause": None},
            'cause is missing: the cause that is told with the finding, "" where none is known, or a list of causes',
        ),
        ({"reason": None}, "reason is missing"),
        ({"reason": " "}, "reason must be a string that is not empty, not ' '"),
        ({"reason": 3}, "reason must be a string that is not empty, not 3"),
        ({"check": "sigmoid"}, "check must be an id of 16 hex digits, as record.json has it, not 'sigmoid'"),
        ({"check": ID.upper()}, "check must be an id of 16 hex digits"),
        ({"versions": "2.13"}, "versions must be a set of versions such as"),
        ({"versions": ">2.x"}, "not '>2.x'"),
        (
            {"cause": []},
            'told with the finding, "" where none is known, or a list of causes, not []',
        ),
        ({"cause": [1]}, "or a list of causes, not [1]"),
        ({"function": "sofmax"}, "function is an unknown name 'sofmax': did you mean 'softmax'?"),
        ({"dtype": "double"}, "dtype is an unknown name 'double'"),
        ({"entry_point": ""}, "entry-point must be a string that is not empty, not ''"),
        (
            {"severity": "fatal"},
            "severity must be one of defect, weakness, convention, undecided, unexamined, not 'fatal'",
        ),
        ({"region": [1, 2]}, "region must be a table of arguments, { x = [-1.0, 1.0] } or { x = {"),
        ({"region": {}}, "region must be a table of arguments, { x = [-1.0, 1.0] } or { x = {"),
        ({"region": {"logit": [1, 2]}}, "region has an unknown argument 'logit': did you mean 'logits'?"),
        ({"region": {"x": 3}}, "region must be a table of arguments, {"),
        ({"region": {"x": [1]}}, "region must be a table of arguments, {"),
        ({"region": {"x": [1, 2, 3]}}, "region must be a table of arguments, {"),
        ({"region": {"x": {}}}, "region of x must begin at a number"),
        (
            {"region": {"x": {"from": 1}}},
            "region of x must begin at a number and end at one no smaller, not [1.0, None]",
        ),
        ({"region": {"x": {"from": 1, "to": 2, "an": 3}}}, "region must be a table of arguments, {"),
        ({"region": {"x": {"nan": 1}}}, "region must be a table of arguments, {"),
        ({"region": {"x": [2, 1]}}, "region of x must begin at a number and end at one no smaller"),
        ({"region": {"x": [math.nan, 1]}}, "region of x must begin at a number"),
        ({"region": {"x": ["0", 1]}}, "not {'x': ['0', 1]}"),
        ({"max_ulps": -1}, "max-ulps must be a number that is not negative, not -1"),
        ({"max_ulps": math.nan}, "max-ulps must be a number that is not negative, not nan"),
        ({"max_ulps": "3"}, "max-ulps must be a number that is not negative, not '3'"),
        ({"max_bound_ratio": True}, "max-bound-ratio must be a number that is not negative, not True"),
        ({"max_results": 0}, "max-results must be a whole number, 1 or more, not 0"),
        ({"max_results": 1.5}, "max-results must be a whole number"),
        ({"link": "javascript:alert(1)"}, "link must be an address that begins with https:// or http://"),
        ({"link": "https://a b"}, "link must be an address"),
        ({"owner": ""}, "owner must be a string that is not empty"),
        ({"expires": "2027-01-31"}, "expires must be a date without quotes, such as 2027-01-31, not '2027-01-31'"),
        ({"discrepancy": ID}, "check and discrepancy both"),
        ({"chek": ID}, "unknown key 'chek': did you mean 'check'?"),
        ({"stage": "eager"}, "unknown key 'stage': choose from check, discrepancy, backend"),
        ({"mode": ""}, "mode must be a string that is not empty"),
        ({"device": 0}, "device must be a string that is not empty, not 0"),
    ],
)
def test_what_is_wrong_is_told_and_the_waiver_named(changes, words):
    with pytest.raises(UserError) as caught:
        _one(**changes)
    line = str(caught.value)
    assert line.startswith(f"logitproof.toml: waiver 1 (check {changes.get('check', ID)}): ")
    assert words in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "waiver 1: names nothing: give check, discrepancy, function or entry-point"),
        ({"dtype": "float16", "max-results": 3}, "waiver 1: names nothing"),
        ({"function": "sigmoid"}, "waiver 1 (function sigmoid): max-results is missing"),
        ({"discrepancy": ID}, f"waiver 1 (discrepancy {ID}): max-results is missing"),
    ],
)
def test_a_waiver_of_anything_whatever_is_refused(changes, words):
    rest = {key: value for key, value in LEAST.items() if key != "check"}
    with pytest.raises(UserError, match=words.replace("(", r"\(").replace(")", r"\)")):
        waivers_from([{**rest, **changes}], "logitproof.toml")


def test_the_one_of_many_that_is_wrong_is_named():
    with pytest.raises(UserError, match=r"logitproof\.toml: waiver 2 \(check fedcba9876543210\): kind is missing"):
        waivers_from(
            [LEAST, {key: value for key, value in LEAST.items() if key != "kind"} | {"check": OTHER}], "logitproof.toml"
        )


@pytest.mark.parametrize("tables", ["3", "{}", "[3]", "'x'"])
def test_what_is_no_array_of_tables_is_refused(tables):
    with pytest.raises(UserError, match=r"logitproof\.toml: waiver must be an array of tables: \[\[waiver\]\], not"):
        settings_in(f"waiver = {tables}", "logitproof.toml")


TEXT = f"""check = "{ID}"
backend = "torch"
versions = ">=2.13"
kind = "nan"
cause = ""
reason = "known"
region = {{ x = [-inf, -88.5] }}
expires = 2027-01-31
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("logitproof.toml", f"jobs = 2\n[[waiver]]\n{TEXT}"),
        ("pyproject.toml", f"[tool.logitproof]\njobs = 2\n[[tool.logitproof.waiver]]\n{TEXT}"),
    ],
)
def test_they_stand_in_the_settings(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    settings = read_settings(tmp_path)
    assert settings["jobs"] == 2
    (waiver,) = settings["waiver"]
    assert (waiver.check, waiver.region) == (ID, {"x": Region(-math.inf, -88.5)})
    assert waiver.expires == date(2027, 1, 31)


def test_a_wrong_one_ends_the_command_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logitproof.toml").write_text(f"[[waiver]]\n{TEXT.replace('2027-01-31', '2027')}")
    for command in (["report"], ["run", "--backend", "torch"], ["baseline"]):
        assert main(command) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err == (
            f"logitproof: logitproof.toml: waiver 1 (check {ID}): "
            "expires must be a date without quotes, such as 2027-01-31, not 2027\n"
        )
    assert {path.name for path in tmp_path.iterdir()} == {"logitproof.toml"}


PAGE = (ROOT / "docs" / "waivers.md").read_text(encoding="utf-8")


def test_the_waivers_of_the_documentation_are_waivers():
    blocks = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    waivers = [each for block in blocks for each in waivers_from(tomllib.loads(block)["waiver"], "waivers.md")]
    assert len(waivers) == 2


def test_the_documentation_tells_every_key_and_every_way_to_fail():
    rows = re.findall(r"^\| (`[^|]*) \|", PAGE, flags=re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert documented - {"--fail-on"} == KEYS | {*FAIL_ON}
