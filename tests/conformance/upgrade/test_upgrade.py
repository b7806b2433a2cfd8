"""`logitproof upgrade`, from the shell: real environments, real frameworks, and whatever is wrong in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from elsewhere import python_with

from logitproof.conformance.cli.main import main
from logitproof.conformance.errors import UserError
from logitproof.reports import read_record

FEW = ("--profile", "smoke", "--dtype", "float32", "--function", "softmax", "--function", "softplus")
SIDES = ("old", "new")
slow = pytest.mark.slow


def _upgrade(*words, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", "logitproof", "upgrade", *map(str, words)],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def _comparison(folder):
    return json.loads((folder / "logitproof-upgrade" / "comparison.json").read_text(encoding="utf-8"))


def _one_line(done, folder):
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("logitproof: ")
    assert done.stderr.count("\n") == 1
    assert list(folder.iterdir()) == []
    return done.stderr


@pytest.mark.framework
@slow
def test_tensorflow_from_2_15_to_2_18_is_answered_with_both_of_its_kerases(tmp_path):
    done = _upgrade("tensorflow-cpu==2.15.1", "tensorflow-cpu==2.18.1", *FEW, cwd=tmp_path)
    assert done.stdout.splitlines()[0] == "verdict: changed"
    assert done.returncode == 0
    comparison = _comparison(tmp_path)
    versions = {each["name"]: (each["old"], each["new"]) for each in comparison["backends"]}
    assert versions["tensorflow"] == ("2.15.1", "2.18.1")
    assert versions["keras"][0] == "2.15.0"
    assert versions["keras"][1].startswith("3.")
    changes = {(each["kind"], each["entry_point"]) for each in comparison["entry_points"]}
    assert ("added", "keras.ops.softmax") in changes
    assert ("default changed", "keras.losses.BinaryCrossentropy(from_logits=True)") in changes
    kinds = {change["kind"] for check in comparison["checks"] for change in check["changes"]}
    assert kinds <= {"identical", "nearer", "farther", "otherwise"}
    files = {file.name for file in (tmp_path / "logitproof-upgrade").iterdir()}
    assert files == {"old", "new", "comparison.json", "comparison.md", "comparison.html", "junit.xml"}


@pytest.mark.framework
@slow
def test_jax_from_0_4_38_to_0_10_2_is_answered_and_compared_again_from_its_records(tmp_path):
    done = _upgrade("jax==0.4.38", "jax==0.10.2", *FEW, "--store", "history", cwd=tmp_path)
    assert done.returncode in (0, 1)
    first = done.stdout.splitlines()[0]
    assert first in ("verdict: changed", "verdict: safe", "verdict: regressed")
    comparison = _comparison(tmp_path)
    assert sum(check["elements"] for check in comparison["checks"]) > 1000
    assert all(check["by_element"] for check in comparison["checks"] if check["changes"])
    command = [sys.executable, "-m", "logitproof", "compare", "jax==0.4.38", "jax==0.10.2", "--store", "history"]
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == done.returncode
    assert again.stdout.splitlines()[0] == first


@pytest.mark.framework
@slow
def test_a_side_that_cannot_be_built_does_not_sink_the_other(tmp_path):
    done = _upgrade("jax==0.4.38", "jax==0.0.9999", *FEW, cwd=tmp_path)
    assert done.returncode == 3
    assert "cannot install jax==0.0.9999: " in done.stderr
    assert "jax==0.4.38 was examined alone" in done.stderr
    record = json.loads((tmp_path / "logitproof-upgrade" / "old" / "record.json").read_text(encoding="utf-8"))
    assert record["complete"]
    assert not (tmp_path / "logitproof-upgrade" / "new").exists()


@pytest.mark.framework
@slow
def test_an_interpreter_that_exists_is_a_side_and_the_same_twice_is_safe(tmp_path):
    side = f"jax@{python_with('jax==0.4.38')}"
    done = _upgrade(side, side, "--profile", "smoke", "--dtype", "float32", "--function", "sigmoid", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "verdict: safe")


@slow
def test_a_kernel_that_becomes_worse_with_its_framework_is_a_regression(tmp_path):
    (tmp_path / "kernels.py").write_text(
        """
import jax
import jax.numpy as jnp

framework = "jax"


def softmax(logits, *, axis):
    if jax.__version__ == "0.4.38":
        return jax.nn.softmax(logits, axis=axis)
    return jnp.exp(logits) / jnp.exp(logits).sum(axis, keepdims=True)
"""
    )
    few = ("--profile", "smoke", "--dtype", "float32", "--backend", "kernels.py")
    done = _upgrade("jax==0.4.38", "jax==0.10.2", *few, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "verdict: regressed")
    kinds = {change["kind"] for check in _comparison(tmp_path)["checks"] for change in check["changes"]}
    assert {"new NaN or infinity", "regressed"} <= kinds


@pytest.mark.framework("torch")
@slow
def test_after_a_run_was_killed_the_next_one_is_made_and_nothing_of_it_is_left(tmp_path):
    side = f"torch@{sys.executable}"
    words = [side, side, "--profile", "smoke", "--dtype", "float32"]
    command = [sys.executable, "-m", "logitproof", "upgrade", *words]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        assert b"examining" in running.stderr.readline()
        assert list((tmp_path / "logitproof-upgrade").glob("*/.building-*"))
        running.kill()
    assert _upgrade(*words, "--function", "sigmoid", cwd=tmp_path).returncode == 0
    assert _comparison(tmp_path)["outcome"] == "safe"
    assert list(tmp_path.glob("**/.building-*")) == []


@pytest.mark.framework("torch")
@slow
def test_a_side_whose_framework_does_not_import_is_incomplete_and_the_other_is_kept(tmp_path):
    side, without = f"torch@{sys.executable}", f"torch@{python_with('jax==0.4.38')}"
    few = ("--profile", "smoke", "--dtype", "float32", "--function", "sigmoid")
    done = _upgrade(side, without, *few, cwd=tmp_path)
    assert done.returncode == 3
    first, second = done.stdout.splitlines()[:2]
    assert first != "verdict: safe"
    assert second.startswith("Incomplete")
    assert "No module named 'torch'" in " ".join(done.stdout.split())
    records = {each: json.loads((tmp_path / "logitproof-upgrade" / each / "record.json").read_text()) for each in SIDES}
    assert {each: record["complete"] for each, record in records.items()} == {"old": True, "new": False}
    assert (
        "cannot be imported" in _upgrade(without, without, *few, cwd=tmp_path).stderr
    )  # wrong wherever it is asked for


@slow
def test_where_one_side_is_left_no_comparison_of_an_earlier_upgrade_stays_beside_it(tmp_path):
    (tmp_path / "logitproof-upgrade").mkdir()
    stale = tmp_path / "logitproof-upgrade" / "comparison.html"
    stale.write_text("of another day")
    few = ("--profile", "smoke", "--dtype", "float32", "--function", "sigmoid")
    assert _upgrade("torch==0.0.9999", f"torch@{sys.executable}", *few, cwd=tmp_path).returncode == 3
    assert not stale.exists()


KERNELS = """
import numpy as np
framework = "numpy"

def sigmoid(x):
    return 1 / (1 + np.exp(-x))
"""
HERE = f"torch@{sys.executable}"


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """An upgrade of a module of NumPy that takes a few seconds, in this process: its words."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kernels.py").write_text(KERNELS)
    return ["upgrade", HERE, HERE, "--backend", "kernels.py", "--profile", "smoke", "--dtype", "float32", "--jobs", "1"]


WRONG = [
    (AssertionError("an error of our own"), 3, "Traceback"),
    (
        UserError("the runs are on other inputs"),
        2,
        "logitproof: the runs are on other inputs; what was examined is kept",
    ),
    (KeyboardInterrupt(), 3, "logitproof: interrupted"),
]


@slow
@pytest.mark.parametrize("ending", WRONG, ids=["bug", "refusal", "interrupt"])
def test_whatever_goes_wrong_once_both_runs_are_made_the_records_stay_and_are_named(
    quick, tmp_path, monkeypatch, capsys, ending
):
    error, status, line = ending

    def wrong(*_arguments, **_keywords):
        raise error

    stale = tmp_path / "logitproof-upgrade" / "comparison.html"
    stale.parent.mkdir()
    stale.write_text("of another day")
    monkeypatch.setattr("logitproof.conformance.cli.upgrade.compare", wrong)
    assert main([*quick, "--store", "history"]) == status
    printed = capsys.readouterr()
    assert line in printed.err
    assert "what was examined is kept in logitproof-upgrade/old and logitproof-upgrade/new" in printed.err
    assert len(list((tmp_path / "history").glob("*/*/*/record.json"))) == 1  # the same second, or two
    assert not stale.exists()
    assert main(["compare", "logitproof-upgrade/old", "logitproof-upgrade/new"]) == 0


@slow
def test_a_summary_that_cannot_be_made_costs_no_record_and_leaves_no_older_one(quick, tmp_path, monkeypatch, capsys):
    older = tmp_path / "logitproof-upgrade" / "old" / "summary.md"
    older.parent.mkdir(parents=True)
    older.write_text("of another day")
    monkeypatch.setattr("logitproof.conformance.cli.upgrade.summary", lambda _: 1 / 0)
    assert main(quick) == 0
    assert "summary.md could not be made (ZeroDivisionError: division by zero)" in capsys.readouterr().err
    for name in SIDES:
        assert read_record(tmp_path / "logitproof-upgrade" / name).complete
        assert not (tmp_path / "logitproof-upgrade" / name / "summary.md").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_an_environment_is_built_is_heard_at_once(tmp_path, number):
    nowhere = {"PIP_INDEX_URL": "https://127.0.0.1:9/simple", "PIP_RETRIES": "50", "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, "-m", "logitproof", "upgrade", "jax==0.4.37", "jax==0.4.36", "--cache", "cache"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, env={**os.environ, **nowhere}) as running:
        assert b"building an environment" in running.stderr.readline()
        time.sleep(5)
        running.send_signal(number)
        _, printed = running.communicate(timeout=10)
    assert running.returncode == 3
    assert printed.decode().splitlines()[-1] == "logitproof: interrupted"
    assert list((tmp_path / "cache" / "environments").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["torch==2.13.0", "numpy==2.0"], "numpy is no framework that is known here"),
        (["torch==2.13.0", "tensorflow-cpu==2.18.1"], "different frameworks"),
        (["torch==2.13.0", "--", "--index-url=https://example.org/"], "is no requirement"),
        (["torch==2.13.0", " -r/etc/passwd"], "is no requirement"),
        (["torch==2.13.0", "torch==2.13.0 --pre"], "is no requirement"),
        (["torch==2.13.0", "torch @ file:///etc"], "only https addresses"),
        (["torch==2.13.0", "./missing.whl"], "missing.whl"),
        (["torch==2.13.0", "torch@/missing/python"], "not a program that can be started"),
        (["torch==2.13.0", f"torch@{sys.executable}", "--with", "numpy"], "leave --with and --python out"),
        (["keras==3.5.0", "keras==3.15.1"], "--with tensorflow-cpu"),
        (["torch==2.13.0", "torch==2.13.0", "--installer", "conda"], "--installer"),
        (["torch==2.13.0", "torch==2.13.0", "--function", "softmx"], "did you mean 'softmax'"),
        (["torch==2.13.0", "torch==2.13.0", "--fail-on", "everything"], "--fail-on"),
        (["torch==2.13.0"], "required: NEW"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(tmp_path, words, reason):
    assert reason in _one_line(_upgrade(*words, cwd=tmp_path), tmp_path)


@pytest.mark.slow
def test_without_a_network_it_is_said_so(tmp_path):
    nowhere = {"PIP_INDEX_URL": "https://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    done = _upgrade("jax==0.4.37", "jax==0.4.36", "--cache", tmp_path / "cache", cwd=tmp_path, **nowhere)
    assert (done.returncode, done.stdout) == (2, "")
    lines = [line for line in done.stderr.splitlines() if "cannot install" in line]
    assert len(lines) == 2
    assert all(line.endswith("the package index cannot be reached") for line in lines)
    assert not (tmp_path / "logitproof-upgrade").exists()


def test_help_has_examples_and_statuses(tmp_path):
    done = _upgrade("--help", cwd=tmp_path)
    assert done.returncode == 0
    for words in ("tensorflow-cpu==2.15.1 tensorflow-cpu==2.18.1", "exit status", "--with-old", "verdict: safe"):
        assert words in done.stdout
