"""`pytest --pyargs logitproof.properties`: what framework and kernel developers run in their own projects."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

CORRECT = """
import numpy as np
framework = "numpy"

def sigmoid(x):
    wide = x.astype(np.float64)
    e = np.exp(-np.abs(wide))
    return np.where(wide >= 0, 1 / (1 + e), e / (1 + e)).astype(x.dtype)
"""
# Wrong from 5 to 8 only: a search has to find it, and the simplest such input is 5 or 6.
WRONG = CORRECT.replace("    e =", "    wide = np.where((wide >= 5) & (wide < 8), wide + 0.25, wide)\n    e =")


def _pytest(folder, *arguments, ci=None, plugins=("-p", "no:cacheprovider")):
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}}
    environment |= {} if ci is None else {"CI": ci}
    command = [sys.executable, "-m", "pytest", *plugins, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _properties(folder, *arguments, **settings):
    return _pytest(folder, "--pyargs", "logitproof.properties", *arguments, **settings)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "right.py").write_text(CORRECT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    return tmp_path


def test_there_is_one_test_for_each_property_and_backend(folder):
    outcome = _properties(
        folder, "--logitproof-backend", "right.py", "--logitproof-backend", "wrong.py", "--collect-only", "-q"
    )
    tests = re.findall(r"::test_property\[(.*)\]", outcome.stdout)
    assert "shift-invariance-right" in tests
    assert "shift-invariance-wrong" in tests
    assert len(tests) == len(set(tests))


def test_modules_of_the_same_name_are_told_apart_by_their_paths(folder):
    (folder / "other").mkdir()
    (folder / "other" / "right.py").write_text(CORRECT, encoding="utf-8")
    backends = ("--logitproof-backend", "right.py", "--logitproof-backend", "other/right.py")
    outcome = _properties(folder, *backends, "--collect-only", "-q", "-k", "shift-invariance")
    assert "[shift-invariance-right.py]" in outcome.stdout
    assert "[shift-invariance-other/right.py]" in outcome.stdout


def test_right_functions_pass_and_lacking_ones_are_skipped_with_the_reason(folder):
    outcome = _properties(folder, "--logitproof-backend", "right.py", "-rs", "-k", "two-forms or shift-invariance")
    assert outcome.returncode == 0, outcome.stdout
    assert "right has no entry point for softmax" in outcome.stdout
    assert re.search(r"\d+ passed", outcome.stdout)


def test_a_failure_tells_statement_input_sides_and_bound_and_brings_a_script(folder):
    outcome = _properties(folder, "--logitproof-backend", "wrong.py", "-k", "sigmoid-two-forms", ci="true")
    assert outcome.returncode == 1
    output = outcome.stdout
    assert "sigmoid-two-forms is broken: " in output
    assert re.search(r"\n  x +\[0x1\.[48]000000000000p\+2\] +of shape \(1,\)", output), output
    assert re.search(r"same search +--logitproof-seed \d+ --logitproof-examples 60\n", output)
    for part in ("in LaTeX", "source", "left side", "right side", "difference", "bound", "A script that shows it:"):
        assert part in output
    script = output.split("A script that shows it:\n\n")[1].split("\n=====")[0]
    (folder / "script.py").write_text(script, encoding="utf-8")
    run = [sys.executable, str(folder / "script.py")]
    assert "logitproof" not in re.sub(r'""".*?"""', "", script, flags=re.DOTALL).replace(str(folder), "")
    assert subprocess.run(run, capture_output=True, check=False).returncode == 1
    (folder / "wrong.py").write_text(CORRECT, encoding="utf-8")
    assert subprocess.run(run, capture_output=True, check=False).returncode == 0


def test_the_header_shows_how_to_search_again(folder):
    outcome = _properties(folder, "--logitproof-backend", "right.py", "-k", "two-forms")
    again = r"logitproof: right.py; the same search again: --logitproof-seed \d+ --logitproof-examples 60"
    assert re.search(again, outcome.stdout)


@pytest.mark.slow
def test_the_search_is_the_same_in_ci_and_another_one_elsewhere(folder):
    def seed(**settings):
        outcome = _properties(folder, "--logitproof-backend", "right.py", "-k", "nothing", **settings)
        return re.search(r"--logitproof-seed (\d+)", outcome.stdout)[1]

    assert seed(ci="true") == seed(ci="true") == "0"
    assert seed() != seed()


@pytest.mark.slow
def test_equal_seeds_find_equal_things(folder):
    arguments = ("--logitproof-backend", "wrong.py", "-k", "sigmoid-two", "--logitproof-seed", "7", "-q")
    first, second = (_properties(folder, *arguments).stdout for _ in range(2))
    strip = re.compile(r"in \d+\.\d+s")
    assert strip.sub("", first) == strip.sub("", second)


@pytest.mark.slow
def test_xdist_runs_the_same_tests_with_one_seed(folder):
    outcome = _properties(
        folder, "--logitproof-backend", "wrong.py", "-k", "sigmoid-two or shift", "-n", "2", "-q", ci="true"
    )
    assert "sigmoid-two-forms-wrong" in outcome.stdout
    assert "Different tests were collected" not in outcome.stdout
    assert outcome.returncode == 1


def test_other_projects_hear_nothing_of_it(tmp_path):
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    outcome = _pytest(tmp_path, "-q")
    assert outcome.returncode == 0
    assert "logitproof" not in outcome.stdout + outcome.stderr


def test_other_projects_pay_nothing_for_it(tmp_path):
    source = (
        "import sys\n\ndef test_own():\n"
        "    loaded = {name.split('.')[0] for name in sys.modules}\n"
        "    assert not loaded & {'flint', 'numpy', 'msgspec', 'rich', 'torch'}\n"
    )
    (tmp_path / "test_own.py").write_text(source, encoding="utf-8")
    outcome = _pytest(tmp_path, "-q")
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--logitproof-backend", "torhc"), "did you mean 'torch'?"),
        (("--logitproof-backend", "nowhere.py"), "there is no such file"),
        (("--logitproof-backend", "right.py", "--logitproof-examples", "0"), "must be at least 1"),
    ],
)
def test_a_wrong_option_is_one_clear_line(folder, arguments, line):
    outcome = _properties(folder, *arguments)
    assert outcome.returncode == 4
    assert line in outcome.stderr
    assert "Traceback" not in outcome.stdout + outcome.stderr


def test_a_module_that_does_not_import_fails_its_tests_in_a_line_and_the_others_go_on(folder):
    (folder / "broken.py").write_text("import nowhere\n", encoding="utf-8")
    outcome = _properties(
        folder, "--logitproof-backend", "broken.py", "--logitproof-backend", "right.py", "-k", "sigmoid-two-forms"
    )
    assert outcome.returncode == 1
    assert "1 passed" in outcome.stdout
    assert "1 error" in outcome.stdout
    assert "No module named 'nowhere'" in outcome.stdout
    assert "Traceback" not in outcome.stdout


@pytest.mark.slow
def test_a_stated_deviation_is_an_expected_failure(folder):
    source = """
import numpy as np
framework = "numpy"
deviations = {"softplus": ("linear-above-20", "https://example.org/softplus")}

def softplus(x):
    wide = x.astype(np.float64)
    right = np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))
    return np.where(wide > 20, wide, right).astype(x.dtype)
"""
    (folder / "stated.py").write_text(source, encoding="utf-8")
    (folder / "silent.py").write_text(source.replace("deviations =", "nothing ="), encoding="utf-8")
    options = ("-k", "softplus", "--logitproof-examples", "400", "--logitproof-seed", "1", "-rx")
    stated = _properties(folder, "--logitproof-backend", "stated.py", *options)
    assert stated.returncode == 0, stated.stdout
    assert "deviates as it states" in stated.stdout
    assert _properties(folder, "--logitproof-backend", "silent.py", *options).returncode == 1


@pytest.mark.slow
def test_what_raises_in_every_dtype_fails_and_is_skipped_with_the_reason_where_it_is_declared(folder):
    source = 'framework = "numpy"\n\ndef sigmoid(x):\n    raise TypeError("not on this machine")\n'
    (folder / "raising.py").write_text(source, encoding="utf-8")
    outcome = _properties(folder, "--logitproof-backend", "raising.py", "-k", "sigmoid-two-forms")
    assert "not on this machine" in outcome.stdout
    assert "1 failed" in outcome.stdout
    declared = source + 'unsupported = {"sigmoid": ["float16", "float32", "float64"]}\n'
    (folder / "raising.py").write_text(declared, encoding="utf-8")
    outcome = _properties(folder, "--logitproof-backend", "raising.py", "-k", "sigmoid-two-forms", "-rs")
    assert "declared unsupported" in outcome.stdout
    assert "1 skipped" in outcome.stdout


def test_a_backend_that_is_not_repeatable_is_told_and_not_pytest_s_own_failure(folder):
    source = CORRECT + "\ncalls = [0]\nright = sigmoid\n\ndef sigmoid(x):\n    calls[0] += 1\n"
    source += "    return right(x) if calls[0] % 7 else right(x) + np.asarray(0.25, x.dtype)\n"
    (folder / "moody.py").write_text(source, encoding="utf-8")
    outcome = _properties(folder, "--logitproof-backend", "moody.py", "-k", "sigmoid-two-forms")
    assert outcome.returncode == 1
    assert "sigmoid-two-forms is broken" in outcome.stdout
    assert "Flaky" not in outcome.stdout
