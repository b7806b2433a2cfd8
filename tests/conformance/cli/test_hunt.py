"""`logitproof hunt` as a user meets it: status, what is printed where, real backends, Ctrl-C and a terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import PLANTED

from logitproof.conformance.cli.main import main
from logitproof.conformance.inputs.witness import WITNESSES, witnesses_in

KERNELS = """
import numpy as np
framework = "numpy"

def sigmoid(x):
    right = 1 / (1 + np.exp(-np.abs(x.astype(np.float64))))
    return np.where(x < 0, 1 - right, right).astype(x.dtype)

def softplus(x):
    wide = x.astype(np.float64)
    return (np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))).astype(x.dtype)
"""

DYING = """
import os
import numpy as np
framework = "numpy"

def softplus(x):
    if (np.abs(x) > 100).any():
        os._exit(11)
    wide = x.astype(np.float64)
    return (np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))).astype(x.dtype)
"""


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An empty folder to work in, with kernels of which one is right and one is wrong far to the left."""
    monkeypatch.chdir(tmp_path)
    Path("kernels.py").write_text(KERNELS)
    Path("dying.py").write_text(DYING)
    return tmp_path


def hunt(*options: str) -> int:
    return main(["hunt", "--dtype", "float32", "--seed", "1", *options])


def test_a_hunt_without_failures_ends_with_status_0_and_writes_nothing(workspace, capsys):
    assert hunt("--backend", "kernels.py", "--function", "softplus", "--examples", "40") == 0
    printed = capsys.readouterr()
    assert "40 examples with " in printed.out
    assert "New failures: 0. Known ones that were seen again: 0." in printed.out
    assert "seed 1" in printed.err
    assert "softplus float32: " in printed.err
    assert sorted(path.name for path in workspace.iterdir() if path.name != "__pycache__") == ["dying.py", "kernels.py"]


def test_failures_end_it_with_status_1_and_are_known_the_next_time(workspace, capsys):
    asked = ("--backend", "kernels.py", "--function", "sigmoid", "--examples", "60")
    assert hunt(*asked) == 1
    first = capsys.readouterr()
    (witness,), notes = witnesses_in(workspace / WITNESSES)
    assert (witness.function, witness.kind, notes) == ("sigmoid", "beyond bound", [])
    assert witness.id in first.out
    match = re.search(
        rf"{WITNESSES}/{witness.id}\.json: at worst .* ulps, (\S+) times the textbook bound, at x = ", first.out
    )
    assert match is not None
    assert f"sigmoid float32: {float(match[1]):.3g} times the bound" in first.err
    (number,) = witness.batch().arguments[0].tolist()
    assert number < -17
    assert number == int(number)
    assert hunt(*asked) == 1
    again = capsys.readouterr()
    assert f"known: kernels, sigmoid (sigmoid), eager on cpu, float32, value: beyond bound ({witness.id})" in again.out
    assert "shrinking" not in again.err


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--function", "softmaxx"), "unknown function 'softmaxx': did you mean 'softmax'?"),
        (("--dtype", "float31"), "unknown dtype 'float31'"),
        (("--backend", "nowhere.py"), "no such file"),
        (("--entry-point", "sigmoidd"), "unknown entry point 'sigmoidd': did you mean 'sigmoid'?"),
        (("--minutes", "0"), "--minutes must be more than 0, not 0"),
        (("--minutes", "nan"), "--minutes must be more than 0"),
        (("--minutes", "soon"), "--minutes"),
        (("--examples", "0"), "--examples"),
        (("--seed", "x"), "--seed"),
        (("--profile", "ci"), "unknown option '--profile'"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line_with_status_2(workspace, capsys, options, line):
    backend = () if "--backend" in options else ("--backend", "kernels.py")
    assert hunt(*backend, *options) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert line in printed.err.splitlines()[-1]
    assert not (workspace / ".logitproof").exists()


@pytest.mark.usefixtures("workspace")
def test_witnesses_that_cannot_be_written_are_an_error_of_one_line(capsys):
    Path(".logitproof").write_text("a file where the folder should be")
    assert hunt("--backend", "kernels.py", "--function", "sigmoid", "--examples", "60") == 2
    assert "a witness cannot be written to .logitproof/witnesses: " in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.usefixtures("workspace")
def test_a_backend_that_does_not_start_leaves_the_hunt_incomplete(capsys):
    Path("broken.py").write_text("import os\nos._exit(3)\n")
    asked = ("--backend", "kernels.py", "--backend", "broken.py", "--function", "softplus", "--examples", "20")
    assert hunt(*asked) == 3
    printed = capsys.readouterr()
    assert "20 examples" in printed.out
    assert "broken" in printed.err
    assert hunt("--backend", "broken.py", "--examples", "20") == 3


@pytest.mark.usefixtures("workspace")
def test_a_hunt_without_a_seed_tells_one(capsys):
    assert main(["hunt", "--backend", "kernels.py", "--function", "softplus", "--examples", "5"]) == 0
    printed = capsys.readouterr()
    (line,) = [line for line in printed.err.splitlines() if " seed " in line]
    assert f"seed {line.split()[-1]}." in printed.out


@pytest.mark.slow
def test_a_process_that_dies_is_survived_and_the_input_kept(workspace, capsys):
    assert hunt("--backend", "dying.py", "--backend", "kernels.py", "--function", "softplus", "--examples", "60") == 1
    (witness,), _ = witnesses_in(workspace / WITNESSES)
    assert (witness.backend, witness.kind, witness.observed) == ("dying", "crash", "exit status 11")
    assert [abs(number) for number in witness.batch().arguments[0].tolist()] == [128]
    printed = capsys.readouterr()
    assert "dying, eager on cpu: softplus has crashed or hung 2 times" in printed.err
    assert "kernels" in printed.out


@pytest.mark.framework("torch")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "quantity", "kind", "most"),
    [
        ("softmax", "value", "nan", 1),
        ("log_sigmoid", "value", "beyond bound", 1),
        ("entropy", "value", "nan", 2),
        ("softmax_cross_entropy", "value", "beyond bound", 2),
    ],
)
def test_planted_faults_of_a_torch_module_are_shrunk(workspace, function, quantity, kind, most):
    module = str(PLANTED / "faulty_torch_formulas.py")
    assert hunt("--backend", module, "--function", function, "--examples", "150") == 1
    witnesses = {(each.quantity, each.kind): each for each in witnesses_in(workspace / WITNESSES)[0]}
    numbers = witnesses[quantity, kind].batch().arguments[0].ravel().tolist()
    assert len(numbers) <= most
    assert all(abs(number) <= 256 for number in numbers)


@pytest.mark.framework("torch")
@pytest.mark.slow
def test_torch_itself_is_searched_and_its_failure_shrunk(workspace, capsys):
    """The gradient of torch.logsumexp is exp(x - lse): wrong far from 0 (Blanchard, Higham and Higham, 2021)."""
    assert hunt("--backend", "torch", "--function", "logsumexp", "--examples", "300") == 1
    witnesses = [each for each in witnesses_in(workspace / WITNESSES)[0] if each.quantity == "gradient:logits"]
    assert [each.kind for each in witnesses] == ["beyond bound"]
    assert witnesses[0].batch().arguments[0].size <= 2
    assert "torch.logsumexp" in capsys.readouterr().out


def _program(*options: str) -> list[str]:
    return [sys.executable, "-m", "logitproof", "hunt", "--backend", "kernels.py", "--dtype", "float32", *options]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_status_3_and_keeps_what_was_found(workspace, number):
    running = subprocess.Popen(
        _program("--function", "sigmoid", "--function", "softplus", "--minutes", "5"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in running.stderr:
            if "kept: " in line:
                break
        running.send_signal(number)
        shown, notes = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 3
    assert "interrupted: keeping what was found" in notes
    assert "New failures: 1." in shown
    assert len(witnesses_in(workspace / WITNESSES)[0]) == 1


@pytest.mark.usefixtures("workspace")
def test_a_terminal_shows_the_largest_errors_while_it_hunts():
    master, terminal = pty.openpty()
    done = subprocess.run(
        _program("--function", "softplus", "--minutes", "0.03", "--seed", "1"),
        stdout=subprocess.PIPE,
        stderr=terminal,
        check=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(terminal)
    shown = b""
    try:
        while part := os.read(master, 65536):
            shown += part
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(master)
    text = shown.decode()
    assert "hunting softplus float32" in text
    assert "error/bound" in text
    assert "0:01" in text
    assert "seed 1" in text
    assert b"hunting" not in done.stdout
    assert b"softplus" in done.stdout


def test_the_help_names_its_options(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["hunt", "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    for option in ("--backend", "--function", "--entry-point", "--dtype", "--minutes", "--examples", "--seed"):
        assert option in shown
    assert ".logitproof/witnesses/" in shown
