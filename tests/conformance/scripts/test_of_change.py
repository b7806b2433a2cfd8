"""The scripts of changes: each runs with either version, and says whose result it sees."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace

import pytest
from compared_kernels import AFTER, BEFORE, ran
from comparison_samples import SAMPLES, many, regressed
from report_samples import HOSTILE
from script_runner import run_scripts

from logitproof.conformance.cli.main import main
from logitproof.conformance.compare.compare import compare
from logitproof.conformance.scripts.of_change import scripts_for_comparison
from logitproof.reports import change_key, encode_comparison

FUNCTIONS = (
    "sigmoid", "log_sigmoid", "softplus", "softmax", "logsumexp", "logit", "entropy", "entropy_terms",
    "kl_divergence", "binary_cross_entropy", "categorical_cross_entropy", "nll_loss",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def comparison(folder):
    dtypes = ("float16", "float32")
    old, new = (
        ran(folder / name, source, dtypes=dtypes, functions=FUNCTIONS, title=name)
        for name, source in (("old", BEFORE), ("new", AFTER))
    )
    return compare(old, new, jobs=1)


@pytest.fixture(scope="module")
def scripts(comparison):
    return scripts_for_comparison(comparison, most=10_000)


@pytest.fixture(scope="module")
def reproduced(comparison, scripts, folder):
    """What every script ends with, with the older version and with the newer one."""
    examples = {
        change_key(check, change): (check, change)
        for check in comparison.checks
        for change in check.changes
        if change.largest
    }
    harmless = {key: text for key, text in scripts.items() if examples[key][1].largest.failure != "crash"}
    ended = [run_scripts(harmless.values(), folder, folder / name / "kernels.py") for name in ("old", "new")]
    return {key: (*examples[key], *both) for key, *both in zip(harmless, *ended, strict=True)}


def test_every_change_has_a_script(comparison, scripts):
    wanted = {
        change_key(check, change)
        for check in comparison.checks
        for change in check.changes
        if change.largest and change.largest.failure != "given up"  # what was not called cannot be shown
    }
    assert set(scripts) == wanted
    assert {key.split("-", 1)[1] for key in wanted} >= {
        "new-nan-or-infinity", "new-error", "regressed", "dtype-or-shape-changed", "farther", "otherwise",
    }  # fmt: skip


def test_a_script_shows_the_change_with_the_newer_version_and_not_with_the_older(reproduced):
    assert len(reproduced) > 40
    wrong = {
        key: (old.status, new.status, old.printed, new.printed)
        for key, (_, _, old, new) in reproduced.items()
        if (old.status, new.status) != (0, 1)
    }
    assert wrong == {}


def test_a_script_prints_both_results_and_the_exact_one(reproduced):
    for check, change, old, new in reproduced.values():
        example = change.largest
        if example.failure or example.run != "plain" or example.expected.decimal in {"nan", "choice"}:
            continue
        assert "kernels of the older run" in old.printed
        assert "the change is not there" in old.printed
        assert "the change is there" in new.printed
        assert f"expected  {example.expected.decimal}" in new.printed, check.id


def test_a_script_of_a_crash_ends_its_process_with_the_newer_version_only(comparison, scripts, folder):
    key = next(
        change_key(check, change)
        for check in comparison.checks
        for change in check.changes
        if change.largest and change.largest.failure == "crash"
    )
    (folder / "crash.py").write_text(scripts[key])
    ended = [
        subprocess.run([sys.executable, "crash.py", f"{name}/kernels.py"], cwd=folder, capture_output=True, check=False)
        for name in ("old", "new")
    ]
    assert [each.returncode for each in ended] == [0, 11]


def test_scripts_import_numpy_and_nothing_of_logitproof(scripts):
    for script in scripts.values():
        assert "import logitproof" not in script
        assert "from logitproof" not in script


def test_scripts_of_what_is_gone_say_that_the_older_version_shows_it(folder, comparison):
    del comparison
    from logitproof.conformance.compare.runs import ComparedRun
    from logitproof.reports import read_record

    old, new = (ComparedRun(read_record(folder / name / "out"), folder / name / "out", name) for name in ("new", "old"))
    back = compare(old, new, jobs=1)
    scripts = scripts_for_comparison(back, most=10_000)
    gone = {key: text for key, text in scripts.items() if key.endswith(("gone-error", "fixed"))}
    assert gone
    shows = "it is the older one that shows what it looks for"
    for key, text in gone.items():
        check, change = next(
            (check, change) for check in back.checks for change in check.changes if change_key(check, change) == key
        )
        assert check.by_element
        assert (shows in " ".join(text.split())) == bool(change.largest.failure)


def test_regressions_come_first_and_no_more_than_asked_for():
    assert len(scripts_for_comparison(many(400))) <= 200
    some = scripts_for_comparison(regressed(), most=2)
    assert len(some) <= 2
    for make in SAMPLES.values():
        scripts_for_comparison(make())


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_comparison_holds_stays_text_in_its_scripts(text, capsys):
    sample = regressed()
    hostile = replace(
        sample,
        titles=(text, text),
        backends=tuple(
            replace(
                each,
                old=text,
                new=text,
                environments=tuple(known and replace(known, variables={text: text}) for known in each.environments),
            )
            for each in sample.backends
        ),
        checks=tuple(
            replace(
                check,
                input_class=text,
                entry_point="torch.softmax" if check.function == "softmax" else check.entry_point,
                changes=tuple(
                    replace(each, largest=each.largest and replace(each.largest, before=text, failure=""))
                    for each in check.changes
                ),
            )
            for check in sample.checks
        ),
    )
    scripts = scripts_for_comparison(hostile)
    assert scripts
    for script in scripts.values():
        tree = ast.parse(script)
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert names <= {"math", "os", "sys", "numpy", "torch", "importlib.util", "contextlib"}
        assert len(tree.body) < 40
    assert capsys.readouterr().out == ""


# The command


@pytest.fixture
def written(comparison, tmp_path, monkeypatch):
    (tmp_path / "comparison.json").write_bytes(encode_comparison(comparison))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_script_is_had_by_its_key_or_the_beginning_of_one(written, scripts, capsys):
    key = next(each for each in scripts if each.endswith("-new-nan-or-infinity"))
    assert main(["reproduce", key, "--record", "comparison.json"]) == 0
    assert capsys.readouterr().out == scripts[key]
    assert main(["reproduce", key[:-4], "--record", "comparison.json", "--output", "script.py"]) == 0
    assert (written / "script.py").read_text() == scripts[key]


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["0123456789abcdef-regressed"], "there is no change '0123456789abcdef-regressed'"),
        ([""], "there is no change ''"),
        (["x" * 6, "--whole-batch"], "leave it out"),
    ],
)
def test_what_cannot_be_had_is_one_line(words, message, capsys):
    assert main(["reproduce", *words, "--record", "comparison.json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_a_key_that_several_changes_begin_with_is_refused_with_their_names(comparison, written, capsys):
    check = next(each for each in comparison.checks if sum(change.largest is not None for change in each.changes) > 1)
    assert written.exists()
    assert main(["reproduce", check.id, "--record", "comparison.json"]) == 2
    assert f"could be {check.id}-" in capsys.readouterr().err


def test_a_damaged_comparison_is_one_line(written, capsys):
    whole = (written / "comparison.json").read_bytes()
    (written / "comparison.json").write_bytes(whole[: len(whole) // 2])
    assert main(["reproduce", "0123456789", "--record", "comparison.json"]) == 2
    assert "comparison.json: not a comparison" in capsys.readouterr().err
