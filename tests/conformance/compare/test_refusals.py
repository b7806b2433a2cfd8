"""Runs that cannot be compared, or not by element: one clear line each, and what is told instead."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from compared_kernels import killed
from compared_runs import compared, edited, refused, run_of

from logitproof.conformance.cli.main import main
from logitproof.conformance.compare import compare as _compare
from logitproof.conformance.compare.compare import compare
from logitproof.conformance.corpus.corpus import CORPUS_VERSION
from logitproof.reports import read_record


@pytest.mark.usefixtures("folder")
def test_the_runs_as_they_are_can_be_compared(capsys):
    status, comparison = compared(capsys, "old", "new", "--inputs", "mine.npz")
    assert (status, comparison.outcome) == (1, "regressed")
    assert all(check.by_element for check in comparison.checks)
    assert comparison.notes == ()


# What is no record


@pytest.mark.parametrize("which", ["old", "new"])
@pytest.mark.parametrize("content", [b"", b"{", b"no record", b"\xff\xfe", b'{"schema": 2}', bytes(1000)])
def test_what_is_no_record_is_refused(folder, capsys, which, content):
    (folder / which / "record.json").write_bytes(content)
    assert f"{which}/record.json: not a record" in refused(capsys, "old", "new")


@pytest.mark.parametrize("part", [0.2, 0.9, 0.9999])
def test_a_truncated_record_is_refused(folder, capsys, part):
    whole = (folder / "new" / "record.json").read_bytes()
    (folder / "new" / "record.json").write_bytes(whole[: int(len(whole) * part)])
    assert "new/record.json: not a record" in refused(capsys, "old", "new")


def test_a_newer_record_is_refused_with_what_to_do(folder, capsys):
    raw = json.loads((folder / "new" / "record.json").read_bytes())
    (folder / "new" / "record.json").write_text(json.dumps({**raw, "schema": 99}))
    assert "install a newer logitproof" in refused(capsys, "old", "new")


def test_an_older_record_is_compared(folder, capsys):
    raw = msgspec.json.decode(msgspec.json.encode(read_record(folder / "old")))
    raw["schema"] = 1
    drop(raw, ("corpus", "given"), ("run", "seconds"))
    for section, names in {
        "backends": ("signatures", "options"),
        "checks": ("spread", "definition", "failures", "batches", "unexamined"),
        "properties": ("unexamined", "failure"),
        "discrepancies": (
            *("evidence", "answers", "extent", "largest_ulps", "batches", "run", "time_limit", "cases", "link"),
        ),
    }.items():
        for each in raw[section]:
            for name in names:
                each.pop(name, None)
    for check in raw["checks"]:
        for stored in check["outputs"]["batches"] if check["outputs"] else ():
            del stored["whole"], stored["cases"]
    (folder / "old" / "record.json").write_text(json.dumps(raw))
    status, comparison = compared(capsys, "old", "new")
    assert (status, comparison.outcome) == (1, "regressed")
    assert any(check.by_element and check.is_regression for check in comparison.checks)


def drop(raw, *paths):
    for section, name in paths:
        raw[section].pop(name, None)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["old", "missing"], "missing: No such file or directory"),
        (["mine.npz", "new"], "mine.npz: not a record"),
        (["old"], "the following arguments are required: NEW"),
        (["-", "-"], "OLD and NEW cannot both be standard input"),
        (["old", "new", "--format", "pdf"], "invalid choice: 'pdf'"),
        (["old", "new", "--format", "github", "--output", "x"], "annotations are read from standard output"),
        (["old", "new", "--fail-on", "worse"], "unknown --fail-on 'worse'"),
        (["old", "new", "--jobs", "0"], "invalid positive whole number"),
        (["old", "new", "--inputs", "none.npz"], "none.npz: No such file or directory"),
    ],
)
def test_what_is_wrong_with_the_command_line_is_one_line(folder, capsys, words, reason):
    assert reason in refused(capsys, *words)
    assert sorted(each.name for each in folder.iterdir()) == ["mine.npz", "new", "old"]


# Other inputs


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"run": lambda run: replace(run, profile="ci")}, "the older one has the profile 'smoke', the newer 'ci'"),
        ({"corpus": lambda corpus: replace(corpus, profile="ci")}, "the newer 'smoke'; make both with one"),
        (
            {"corpus": lambda corpus: replace(corpus, version=9)},
            f"the older one is on version {CORPUS_VERSION} of the corpus, the newer on version 9",
        ),
        (
            {"corpus": lambda corpus: replace(corpus, given=dict.fromkeys(corpus.given, "0" * 64))},
            "sigmoid/float32/user/mine.npz is not what it was",
        ),
        (
            {"corpus": lambda corpus: replace(corpus, given={"sigmoid/float32/user/yours.npz": "0" * 64})},
            "the older one was given user/mine.npz, the newer user/yours.npz",
        ),
        (
            {"backends": lambda backends: tuple(replace(each, name="other", target="torch") for each in backends)},
            "the runs have no backend in common: the older one has kernels, the newer other",
        ),
    ],
)
def test_runs_on_other_inputs_are_refused(folder, capsys, change, reason):
    edited(folder / "new", **change)
    assert reason in refused(capsys, "old", "new")


def test_what_a_record_has_no_result_of_and_says_nothing_about_is_told_as_that(folder, capsys):
    edited(folder / "new", checks=lambda checks: tuple(map(_without_results, checks)))
    status, comparison = compared(capsys, "old", "new")
    assert (status, comparison.outcome) == (1, "regressed")
    (check,) = (
        each
        for each in comparison.checks
        if each.function == "sigmoid" and each.input_class == "mixed" and each.changes
    )
    (change,) = check.changes
    assert (change.kind, change.largest.failure) == ("new error", "given up")
    assert change.largest.after == "no result, and the record does not say why"


def _without_results(check):
    """A check that has no results, and does not say why."""
    if check.outputs is None or check.function != "sigmoid" or check.input_class != "mixed":
        return check
    return replace(check, outputs=None, elements=0)


@pytest.mark.usefixtures("folder")
def test_a_users_own_inputs_are_needed_to_judge_what_changed_on_them(capsys):
    status, comparison = compared(capsys, "old", "new")
    assert status == 1
    (users_check,) = (
        check
        for check in comparison.checks
        if check.input_class == "user" and check.elements + len(check.changes) and check.function == "sigmoid"
    )
    assert not users_check.by_element
    assert "the inputs are not at hand" in users_check.reason
    assert [change.kind for change in users_check.changes] == ["regressed"]
    _, comparison = compared(capsys, "old", "new", "--inputs", "mine.npz")
    (users_check,) = (
        check
        for check in comparison.checks
        if check.input_class == "user" and check.elements + len(check.changes) and check.function == "sigmoid"
    )
    assert users_check.by_element
    assert users_check.elements == 50
    np.savez("mine.npz", x=np.linspace(-3, 4, 50, dtype=np.float32))
    assert "this is not what the runs were given" in refused(capsys, "old", "new", "--inputs", "mine.npz")


# Outputs


@pytest.mark.parametrize(("missing", "word"), [("old", "older"), ("new", "newer")])
def test_without_outputs_a_comparison_is_per_check_and_says_so(folder, capsys, missing, word):
    shutil.rmtree(folder / missing / "outputs")
    status, comparison = compared(capsys, "old", "new")
    assert (status, comparison.outcome) == (1, "regressed")
    changed = [check for check in comparison.checks if check.function == "sigmoid" and check.statuses[0] == "examined"]
    assert changed
    for check in changed:
        assert not check.by_element
        assert check.elements == 0
        assert f"the outputs of the {word} run are missing" in check.reason
        (change,) = check.changes
        assert change.elements == 1
    assert any("compared by the largest errors alone" in note for note in comparison.notes)
    # The records tell by their hashes that the other outputs are the same.
    same = [check for check in comparison.checks if check.function == "softplus" and check.elements]
    assert same
    assert {change.kind for check in same for change in check.changes} == {"identical"}
    assert all(check.by_element for check in same)


def test_without_outputs_largest_errors_that_fell_are_told_and_are_not_safe(folder, capsys):
    shutil.rmtree(folder / "old" / "outputs")
    status, comparison = compared(capsys, "new", "old")
    assert status == 0
    assert comparison.outcome == "changed"
    kinds = {change.kind for check in comparison.checks if not check.by_element for change in check.changes}
    assert kinds <= {"fixed", "nearer", "gone NaN or infinity"}
    assert "fixed" in kinds


def test_records_alone_from_standard_input_are_compared(folder):
    command = [sys.executable, "-m", "logitproof", "compare", "-", "new"]
    with (folder / "old" / "record.json").open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines()[0] == "verdict: regressed"
    assert b"the outputs of the older run are missing" in done.stdout


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_damaged_outputs_are_refused(folder, capsys, damage):
    outputs = next(
        check.outputs for check in read_record(folder / "new").checks if check.outputs and check.function == "sigmoid"
    )
    file = folder / "new" / "outputs" / outputs.sha256
    content = bytearray(file.read_bytes())
    content[7] ^= 1
    file.write_bytes(bytes(content) if damage is None else damage)
    assert "the content is not what the record says" in refused(capsys, "old", "new")


def test_batches_that_this_release_does_not_have_cost_their_checks_only(folder, capsys):
    def other(check):
        if check.outputs is None or check.function != "sigmoid" or check.input_class != "mixed":
            return check
        batches = tuple(replace(each, batch=f"other/{each.batch}") for each in check.outputs.batches)
        return replace(check, outputs=replace(check.outputs, batches=batches))

    for name in ("old", "new"):
        edited(folder / name, checks=lambda checks: tuple(map(other, checks)))
    _, comparison = compared(capsys, "old", "new")
    (check,) = (
        each
        for each in comparison.checks
        if each.function == "sigmoid" and each.input_class == "mixed" and each.changes
    )
    assert not check.by_element
    assert "no batch 'other/" in check.reason
    assert sum(each.by_element for each in comparison.checks) > 5


def test_an_error_of_logitproof_in_one_batch_costs_its_checks_only(folder, monkeypatch):
    changes_in = _compare.changes_in

    def wrong(job):
        if job.key.function == "sigmoid" and job.key.name.startswith("mixed/"):
            raise AssertionError("an error of our own")
        return changes_in(job)

    monkeypatch.setattr(_compare, "changes_in", wrong)
    comparison = compare(run_of(folder / "old"), run_of(folder / "new"), jobs=1)
    lost = [each for each in comparison.checks if "an error of our own" in (each.reason or "")]
    assert {(each.function, each.input_class, each.by_element) for each in lost} == {("sigmoid", "mixed", False)}
    assert comparison.outcome == "regressed"
    assert any(each.by_element and each.is_regression for each in comparison.checks)
    assert any("an error of our own" in note for note in comparison.notes)


def test_a_process_that_is_killed_while_it_judges_costs_what_it_had_only(folder, monkeypatch):
    monkeypatch.setattr(_compare, "_attempt", killed)
    comparison = compare(run_of(folder / "old"), run_of(folder / "new"), jobs=2)
    lost = [each for each in comparison.checks if "BrokenProcessPool" in (each.reason or "")]
    assert {each.function for each in lost} == {"sigmoid"}
    assert comparison.outcome == "regressed"
    assert any(each.by_element for each in comparison.checks)


def test_a_shape_that_the_batch_does_not_have_is_told_and_breaks_nothing(folder, capsys):
    def flat(check):
        if check.outputs is None or check.function != "sigmoid":
            return check
        batches = tuple(replace(each, shape=(int(np.prod(each.shape)),)) for each in check.outputs.batches)
        return replace(check, outputs=replace(check.outputs, batches=batches))

    edited(folder / "new", checks=lambda checks: tuple(map(flat, checks)))
    status, comparison = compared(capsys, "old", "new", "--inputs", "mine.npz")
    assert status == 1
    kinds = {c.kind for check in comparison.checks if check.function == "sigmoid" for c in check.changes}
    assert "dtype or shape changed" in kinds


@pytest.mark.parametrize("number", range(6))
def test_a_damaged_record_is_compared_or_refused_and_breaks_nothing(folder, capsys, number):
    """One byte in some thousand is another one."""
    whole = bytearray((folder / "new" / "record.json").read_bytes())
    for position in range(number * 7 + 3, len(whole), 3001 + number):
        whole[position] = (whole[position] * 31 + number) % 256
    (folder / "new" / "record.json").write_bytes(bytes(whole))
    status = main(["compare", "old", "new"])
    printed = capsys.readouterr().err
    assert status in {0, 1, 2, 3}
    assert "Traceback" not in printed


# Incomplete


def test_an_incomplete_run_is_never_safe_and_ends_with_3(folder, capsys):
    edited(folder / "old", complete=lambda _: False)
    status, comparison = compared(capsys, "old", "old")
    assert (status, comparison.outcome, comparison.complete) == (3, "changed", False)
    assert any("the older run is incomplete" in note for note in comparison.notes)
    assert main(["compare", "old", "old"]) == 3
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first == "verdict: changed"
    assert second.startswith("Incomplete")


def test_what_an_incomplete_run_did_not_come_to_is_no_regression(folder):
    old, new = run_of(folder / "old"), run_of(folder / "old")
    fewer = tuple(check for check in new.record.checks if check.function != "softplus")
    comparison = compare(old, replace(new, record=replace(new.record, checks=fewer, complete=False)))
    assert comparison.outcome == "changed"
    lost = [check for check in comparison.checks if check.statuses[1] is None]
    assert lost
    assert all("the other is incomplete" in check.reason for check in lost)


def test_nothing_compared_is_not_a_pass(folder):
    old = run_of(folder / "old")
    none = replace(old, record=replace(old.record, checks=()))
    assert compare(none, none).outcome == "changed"
    edited(folder / "old", checks=lambda _: (), discrepancies=lambda _: ())
    assert main(["compare", str(folder / "old"), str(folder / "old")]) == 3
