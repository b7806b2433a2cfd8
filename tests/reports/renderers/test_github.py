"""Annotations: which there are, how many, and in what order."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from record_samples import check, discrepancy, record
from report_samples import cut_short, empty, everything

from logitproof.reports import github_annotations, hex_of

SEVERITIES = {"defect": "error", "weakness": "warning", "undecided": "warning", "convention": "notice"}


def _many(number, severity="defect"):
    one = check()
    discrepancies = (
        discrepancy(one, severity=severity, kind=f"k{i}", error_bound_ratio=hex_of(float(i))) for i in range(number)
    )
    return record(one, discrepancies=tuple(discrepancies))


@pytest.mark.parametrize(("severity", "level"), SEVERITIES.items())
def test_a_finding_is_one_annotation_of_its_severity(severity, level):
    (line,) = github_annotations(_many(1, severity)).splitlines()
    assert line.startswith(f"::{level} title=logitproof%3A torch 2.13.0%3A {severity}::value of torch.sigmoid k0")


@pytest.mark.parametrize(("number", "left"), [(9, 0), (10, 0), (11, 2), (40, 31)])
def test_there_are_at_most_ten_of_a_kind_and_the_last_counts_the_rest(number, left):
    lines = github_annotations(_many(number)).splitlines()
    assert len(lines) == min(number, 10)
    kinds = [re.search(r"torch.sigmoid k(\d+)", line) for line in lines[: 9 if left else None]]
    assert [int(kind[1]) for kind in kinds] == list(range(number - 1, number - 1 - len(kinds), -1))
    if left:
        assert lines[-1] == f"::error title=logitproof::{left} more findings of this kind: the job's summary tells more"


def test_levels_have_ten_each():
    whole = record(
        check(), discrepancies=tuple(each for severity in SEVERITIES for each in _many(30, severity).discrepancies)
    )
    lines = github_annotations(whole).splitlines()
    levels = [line.split()[0] for line in lines]
    assert [levels.count(level) for level in ("::error", "::warning", "::notice")] == [10, 10, 10]


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (cut_short(), "Incomplete: not a pass. So far no discrepancy.%0Atensorflow cut short: interrupted"),
        (empty(), "Nothing was examined: this is not a pass."),
    ],
)
def test_a_record_that_is_no_pass_is_an_error(failed, words):
    assert github_annotations(failed).splitlines()[0] == f"::error title=logitproof::{words}"


def test_an_incomplete_record_counts_among_the_ten():
    whole = _many(10)
    cut = replace(whole, complete=False)
    lines = github_annotations(cut).splitlines()
    assert len(lines) == 10
    assert "Incomplete" in lines[0]
    assert "2 more findings" in lines[-1]


def test_a_record_without_findings_has_no_annotation():
    assert github_annotations(record(check(severities={}, tiers={"C": 1}))) == ""


def test_a_message_has_cause_input_and_how_to_see_it_again():
    line = next(line for line in github_annotations(everything()).splitlines() if "log of softmax" in line)
    for words in ("%0Acause: log of softmax: bit-identical", "%0Ainput: logits = [0, 1", "logitproof reproduce "):
        assert words in line


def test_signs_are_written_as_github_writes_them():
    one = discrepancy(check("50% a,b: c"), kind="100%\r\nsure")
    (line,) = github_annotations(record(check(), discrepancies=(one,))).splitlines()
    assert line.startswith(
        "::error title=logitproof%3A 50%25 a%2Cb%3A c 2.13.0%3A defect::value of 50%25 a,b: c.sigmoid"
    )
    assert "100%25 sure" in line
