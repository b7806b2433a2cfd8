"""Runs that cannot be compared, or not by element: one clear line each, and what is told instead."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from compared_kernels import killed, ran

from logitproof.conformance.cli.main import main
from logitproof.conformance.compare import compare as _compare
from logitproof.conformance.compare.compare import compare
from logitproof.conformance.corpus.corpus import CORPUS_VERSION
from logitproof.reports import decode_comparison, encode_record, read_record

KERNELS = """
import numpy as np
framework = "numpy"
np.seterr(all="ignore")

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
"""
WORSE = KERNELS.replace("1 / (1 + np.exp(-x))", "1 / (1 + np.exp(-x)) * x.dtype.type(1.001)")


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """The folders of two runs, of which the newer is worse."""
    folder = tmp_path_factory.mktemp("runs")
    np.savez(folder / "mine.npz", x=np.linspace(-3, 3, 50, dtype=np.float32))
    for name, source in (("old", KERNELS), ("new", WORSE)):
        ran(folder / name, source, inputs=folder / "mine.npz")
    return folder


@pytest.fixture
def folder(two_runs, tmp_path, monkeypatch):
    """A copy that may be damaged."""
    for name in ("old", "new"):
        shutil.copytree(two_runs / name / "out", tmp_path / name)
    shutil.copy(two_runs / "mine.npz", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edited(folder, **changes):
    """Change a record."""
    record = read_record(folder)
    for name, change in changes.items():
        record = replace(record, **{name: change(getattr(record, name))})
    (folder / "record.json").write_bytes(encode_record(record))


def refused(capsys, *words):
    """Return the line of a comparison that is refused, with status 2 and nothing printed."""
    assert main(["compare", *map(str, words)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def compared(capsys, *words):
    """Return status and comparison."""
    status = main(["compare", *map(str, words), "--format", "json"])
    return status, decode_comparison(capsys.readouterr().out.encode())


def run_of(folder):
    from logitproof.conformance.compare.runs import ComparedRun

    return ComparedRun(read_record(folder), folder, folder.name)


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
    raw = json.loads((folder / "old" / "record.json").read_bytes())
    raw["schema"] = 1
    drop(raw, ("corpus", "given"), ("run", "seconds"))
    for section, names in {
        "backends": ("signatures", "options"),
        "checks": ("spread", "definition", "failures", "batches", "unexamined"),
        "properties": ("unexamined",),
        "discrepancies": ("evidence", "answers", "extent", "largest_ulps", "batches"),
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


# The gate


@pytest.mark.usefixtures("folder")
def test_the_status_is_that_of_the_outcome_unless_fail_on_says_otherwise(capsys):
    for words, status in (
        (["old", "new"], 1),
        (["new", "old"], 0),
        (["old", "old"], 0),
        (["new", "new"], 0),
        (["new", "new", "--fail-on", "defect"], 1),
        (["new", "old", "--fail-on", "regression"], 0),
    ):
        assert main(["compare", *words]) == status, words
        assert capsys.readouterr().out.startswith("verdict: ")


def test_settings_say_what_a_comparison_fails_on(folder, capsys):
    (folder / "logitproof.toml").write_text('fail-on = "defect"\n')
    assert main(["compare", "new", "new"]) == 1
    assert main(["compare", "new", "new", "--fail-on", "regression"]) == 0
    capsys.readouterr()


def test_a_regression_does_not_gate_where_all_that_is_wrong_now_is_waived(folder, capsys):
    assert main(["baseline", "new", "--fail-on", "weakness", "--output", "logitproof.toml"]) == 0
    assert main(["compare", "old", "new"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == "verdict: regressed"
    assert re.search(r"([0-9]+) of \1 checks and properties that became worse are waived", printed)
    # Without one of the waivers it gates.
    *some, _ = (folder / "logitproof.toml").read_text().split("[[waiver]]")
    (folder / "logitproof.toml").write_text("[[waiver]]".join(some))
    assert main(["compare", "old", "new"]) == 1
    assert not re.search(r"([0-9]+) of \1 checks", capsys.readouterr().out)


@pytest.mark.usefixtures("folder")
def test_stale_waivers_are_named_and_gate_where_strict(capsys):
    assert main(["baseline", "new", "--fail-on", "weakness", "--output", "logitproof.toml"]) == 0
    for words, status in (([], 0), (["--strict"], 1)):
        assert main(["compare", "old", "old", *words]) == status
        printed = capsys.readouterr().out
        assert "stale: " in printed
        assert "more of these" in printed


def test_no_waiver_covers_what_is_not_offered_any_more(folder, capsys):
    def unsupported(check):
        if check.function != "softplus" or check.outputs is None:
            return check
        gone = {"outputs": None, "elements": 0, "cases": 0, "tiers": {}, "severities": {}, "worst_ulps": None}
        return replace(check, **gone, worst_ratio=None, status="unsupported", reason="gone")

    edited(folder / "new", checks=lambda checks: tuple(map(unsupported, checks)))
    assert main(["baseline", "new", "--fail-on", "weakness", "--output", "logitproof.toml"]) == 0
    assert main(["compare", "old", "new"]) == 1
    capsys.readouterr()


@pytest.mark.slow
def test_a_file_gets_what_standard_output_would(folder, capsys):
    for form in ("terminal", "html", "markdown", "junit", "json"):
        assert main(["compare", "old", "new", "--format", form]) == 1
        printed = capsys.readouterr().out
        assert main(["compare", "old", "new", "--format", form, "--output", "told"]) == 1
        assert capsys.readouterr().out == ""
        assert (folder / "told").read_text(encoding="utf-8") == printed


def test_the_summary_of_a_job_begins_with_the_verdict(folder, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary"))
    assert main(["compare", "old", "new", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error ")
    assert (folder / "summary").read_text().splitlines()[0] == "verdict: regressed"


def test_two_modules_of_different_names_are_paired_where_there_are_no_others(folder, capsys):
    record = read_record(folder / "new")
    checks = tuple(replace(check, backend="kernels_new", id=f"{n:016x}") for n, check in enumerate(record.checks))
    backends = tuple(replace(each, name="kernels_new") for each in record.backends)
    edited(folder / "new", checks=lambda _: checks, backends=lambda _: backends, discrepancies=lambda _: ())
    status, comparison = compared(capsys, "old", "new")
    assert (status, comparison.outcome) == (1, "regressed")
    assert [each.name for each in comparison.backends] == ["kernels_new"]
    assert {check.statuses for check in comparison.checks} <= {("examined", "examined"), ("unsupported", "unsupported")}
