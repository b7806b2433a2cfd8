"""What a comparison ends with: its status, what is waived, and where it is told."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from compared_runs import compared, edited

from logitproof.conformance.cli.main import main
from logitproof.reports import read_record


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
