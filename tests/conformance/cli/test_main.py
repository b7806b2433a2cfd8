"""The command line: one clear line for what is wrong, the exit statuses of the design, quick help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from record_samples import check, discrepancy, record

from logitproof.conformance.cli import run as _run_command
from logitproof.conformance.cli.main import main
from logitproof.conformance.errors import UserError
from logitproof.conformance.inputs.witness import WITNESSES
from logitproof.conformance.run.request import RunRequest
from logitproof.reports import RUN_PAGES, Outputs, StoredOutput, read_outputs, read_record

pytestmark = pytest.mark.framework("torch")

CLEAN = {"severities": {}, "tiers": {"C": 10}}


class FakeRun:
    """Stands where the run stands, and keeps the request it got."""

    def __init__(self, result):
        self.result = result
        self.requests = []

    def __call__(self, request, progress, store):
        self.requests.append(request)
        if isinstance(self.result, BaseException):
            raise self.result
        progress.begin(["torch 2.13.0"], 2)
        progress.advance()
        progress.note("halfway")
        file = store.begin()
        stored = file.append(np.zeros(3))
        outputs = Outputs(file.finish(), (StoredOutput("batch", stored.dtype.name, stored.shape),))
        return record(check(outputs=outputs, **CLEAN)) if self.result is None else self.result


@pytest.fixture
def fake_run(monkeypatch, tmp_path):
    """Put a run in place that gives `result`; the working folder is an empty one."""
    monkeypatch.chdir(tmp_path)

    def put(result=None):
        run = FakeRun(result)
        monkeypatch.setattr("logitproof.conformance.cli.run.run", run)
        return run

    return put


def _fails(capsys, *arguments):
    """Run a command that the user got wrong and return the one line that it says."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("logitproof: ")
    return printed.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["examine"], "invalid choice: 'examine' (choose from"),
        (
            ["run", "--bakend", "torch"],
            "unknown option '--bakend': did you mean '--backend'? (see `logitproof run --help`)",
        ),
        (["hunt", "--profile=ci"], "unknown option '--profile' (see `logitproof hunt --help`)"),
        (["run", "--profile", "smoke", "softmax"], "unexpected argument 'softmax' (see `logitproof run --help`)"),
        (["--profile=smoke", "run"], "unknown option '--profile' (see `logitproof --help`)"),
        (["run", "--backend", "pytorch"], "unknown backend 'pytorch': did you mean 'torch'?"),
        (["run", "--backend", "cobol77"], "unknown backend 'cobol77': choose torch, tensorflow, keras"),
        (["run", "--backend", "kernels.py"], "backend 'kernels.py': there is no such file"),
        (["run", "--backend", "no.such.module"], "unknown backend 'no.such.module'"),
        (["run", "--function", "sofmax"], "unknown function 'sofmax': did you mean 'softmax'?"),
        (["run", "--function", "tan"], "unknown function 'tan': choose from sigmoid, log_sigmoid"),
        (["run", "--dtype", "float8"], "unknown dtype 'float8': did you mean"),
        (["run", "--profile", "weekly"], "unknown profile 'weekly': choose from smoke, ci, nightly"),
        (["run", "--timeout", "soon"], "--timeout: invalid number value: 'soon'"),
        (["run", "--timeout", "-1"], "--timeout must be at least 0.001, not -1"),
        (["run", "--timeout", "nan"], "--timeout must be at least"),
        (["run", "--hello-timeout", "0"], "--hello-timeout must be at least 0.001, not 0"),
        (["run", "--jobs", "0"], "--jobs: invalid positive whole number value: '0'"),
        (["run", "--inputs", "missing.npz"], "--inputs missing.npz: there is no such file"),
        (["run", "--output"], "--output: expected one argument"),
        (["judge", "softmax"], "required: --inputs, --outputs"),
        (["judge", "sofmax", "--inputs", "x.npz", "--outputs", "y.npz"], "did you mean 'softmax'?"),
        (["judge", "softmax", "--inputs", "x.npz", "--outputs", "y.npz"], "x.npz: No such file or directory"),
        (["list", "discrepancies"], "invalid choice: 'discrepancies'"),
        (["run", "--property", "shift"], "unknown property 'shift'"),
        (["run", "--property", "coin", "--check", "0123456789abcdef"], "give one of them"),
        (["list"], "required: what"),
    ],
)
def test_what_is_wrong_is_named_in_one_line_with_status_2(fake_run, capsys, tmp_path, arguments, words):
    run = fake_run()
    assert words in _fails(capsys, *arguments)
    assert run.requests == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_stays_one_line_whatever_was_typed(fake_run, capsys):
    fake_run()
    _fails(capsys, "run", "--function", "soft\nmax\n")


def test_without_a_framework_the_command_line_says_what_to_install(fake_run, capsys, monkeypatch):
    fake_run()
    monkeypatch.setattr("logitproof.conformance.cli.run.installed", tuple)
    line = _fails(capsys, "run")
    assert "no framework is installed here: pip install 'logitproof[torch]'" in line
    assert "backend 'torch' is not installed here" in _fails(capsys, "run", "--backend", "torch")


def test_every_option_reaches_the_run(fake_run, tmp_path):
    run = fake_run()
    (tmp_path / "x.npz").write_bytes(b"")
    (tmp_path / "kernels.py").write_text("")
    typed = (
        *("run", "--backend", "torch", "--backend", "kernels.py", "--function", "softmax", "--function", "sigmoid"),
        *("--entry-point", "torch.softmax", "--dtype", "float32", "--mode", "eager", "--device", "cpu"),
        *("--check", "0123456789abcdef", "--inputs", "x.npz", "--profile", "smoke", "--timeout", "2.5"),
        *("--hello-timeout", "120"),
        *("--jobs", "3", "--output", "my report"),
    )
    assert main(typed) == 0
    (request,) = run.requests
    assert request == RunRequest(
        backends=("torch", "kernels.py"),
        functions=("softmax", "sigmoid"),
        entry_points=("torch.softmax",),
        dtypes=("float32",),
        modes=("eager",),
        devices=("cpu",),
        checks=("0123456789abcdef",),
        witnesses=WITNESSES,
        inputs=request.inputs,
        profile="smoke",
        timeout=2.5,
        hello_timeout=120,
        jobs=3,
        output=request.output,
        command=request.command,
    )
    assert (str(request.inputs), str(request.output)) == ("x.npz", "my report")
    assert request.command.startswith("logitproof run --backend torch --backend kernels.py")
    assert request.command.endswith("--output 'my report'")


def test_every_installed_framework_is_examined_when_none_is_named(fake_run, monkeypatch):
    run = fake_run()
    monkeypatch.setattr("logitproof.conformance.cli.run.installed", lambda: ("torch", "keras"))
    assert main(["run"]) == 0
    assert run.requests[0].backends == ("torch", "keras")
    assert run.requests[0] == RunRequest(("torch", "keras"), witnesses=WITNESSES)


def test_a_run_writes_record_summary_and_outputs_and_says_where(fake_run, capsys, tmp_path):
    fake_run()
    assert main(["run", "--backend", "torch"]) == 0
    folder = tmp_path / "logitproof-report"
    written = read_record(folder)
    assert read_outputs(folder, written.checks[0].outputs)["batch"].tolist() == [0, 0, 0]
    assert (folder / "summary.md").read_text().startswith("# logitproof: PASS")
    printed = capsys.readouterr()
    assert "PASS: no discrepancy." in printed.out
    assert "logitproof-report/record.json" in printed.out
    assert "logitproof: halfway\n" in printed.err
    assert "halfway" not in printed.out
    files = ["junit.xml", "outputs", "record.json", "report.html", "summary.md"]
    assert sorted(file.name for file in folder.iterdir()) == files
    assert [name for name in files if f"logitproof-report/{name}" not in printed.out] == []


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (record(check(**CLEAN)), 0),
        (record(check(), discrepancies=(discrepancy(check()),)), 1),
        (record(check(**CLEAN), complete=False), 3),
        (record(check(), complete=False), 3),
    ],
)
def test_the_exit_status_is_that_of_the_record(fake_run, result, status, tmp_path):
    fake_run(result)
    assert main(["run", "--backend", "torch"]) == status
    assert json.loads((tmp_path / "logitproof-report" / "record.json").read_text())["complete"] is result.complete


def test_a_run_that_was_cut_short_does_not_replace_a_complete_one(fake_run, capsys, tmp_path):
    fake_run()
    main(["run", "--backend", "torch"])
    capsys.readouterr()
    fake_run(record(check(**CLEAN), complete=False))
    assert main(["run", "--backend", "torch"]) == 3
    assert "logitproof-report/incomplete/record.json" in capsys.readouterr().out
    assert read_record(tmp_path / "logitproof-report").complete
    assert not read_record(tmp_path / "logitproof-report" / "incomplete").complete


def test_a_run_tells_what_is_new_since_the_run_before_it(fake_run, tmp_path):
    fake_run()
    main(["run", "--backend", "torch"])
    summary = tmp_path / "logitproof-report" / "summary.md"
    assert "## Since the run of" not in summary.read_text()
    fake_run(record(check(), discrepancies=(discrepancy(check()),)))
    main(["run", "--backend", "torch"])
    assert "Findings: 1 new, 0 gone, 0 as before" in summary.read_text()


def test_an_older_run_that_cannot_be_read_does_not_cost_the_new_one(fake_run, tmp_path):
    (tmp_path / "logitproof-report").mkdir()
    for older in (b'{"schema": 99, "complete": true, "checks": []}', b'{"schema": 2, "complete": true, "run": "\xff"}'):
        (tmp_path / "logitproof-report" / "record.json").write_bytes(older)
        fake_run()
        assert main(["run", "--backend", "torch"]) == 0
        assert read_record(tmp_path / "logitproof-report").complete


@pytest.mark.parametrize(
    ("trouble", "note", "left"),
    [
        (RuntimeError("a bug\nof ours"), "junit.xml could not be made (RuntimeError: a bug of ours)", ["report.html"]),
        (KeyboardInterrupt(), "interrupted: junit.xml is left out, and the record is kept", []),
    ],
)
def test_a_page_that_cannot_be_made_costs_nothing_else(fake_run, capsys, monkeypatch, tmp_path, *, trouble, note, left):
    fake_run()
    main(["run", "--backend", "torch"])
    capsys.readouterr()
    failing = replace(RUN_PAGES["junit.xml"], of_run=Mock(side_effect=trouble))
    monkeypatch.setattr(_run_command, "RUN_PAGES", {**RUN_PAGES, "junit.xml": failing})
    fake_run(record(check(), discrepancies=(discrepancy(check()),)))
    assert main(["run", "--backend", "torch"]) == 1
    printed = capsys.readouterr()
    assert [line for line in printed.err.splitlines() if note in line and line.startswith("logitproof: ")]
    assert "junit.xml" not in printed.out
    folder = tmp_path / "logitproof-report"
    assert read_record(folder).discrepancies
    assert sorted(file.name for file in folder.iterdir()) == sorted(["outputs", "record.json", "summary.md", *left])


def test_an_error_that_the_run_finds_is_one_line_and_nothing_is_written(fake_run, capsys, tmp_path):
    fake_run(UserError("unknown check '0': see record.json for ids"))
    assert "unknown check '0'" in _fails(capsys, "run", "--backend", "torch")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_before_anything_was_examined_is_status_3_and_nothing_is_written(fake_run, capsys, tmp_path):
    fake_run(KeyboardInterrupt())
    assert main(["run", "--backend", "torch"]) == 3
    assert capsys.readouterr().err == "logitproof: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_cannot_be_written_is_named_before_the_run(fake_run, capsys, tmp_path):
    run = fake_run()
    (tmp_path / "file").write_text("")
    line = _fails(capsys, "run", "--backend", "torch", "--output", "file/report")
    assert "cannot use the output folder file/report: Not a directory" in line
    assert run.requests == []


def test_piped_output_has_no_colour_and_no_progress_bar(fake_run, capsys):
    fake_run()
    main(["run", "--backend", "torch"])
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err


def test_list_functions_shows_signature_formula_and_quantities(capsys):
    assert main(["list", "functions"]) == 0
    out = capsys.readouterr().out
    assert "softmax_cross_entropy(logits, labels, *, axis, label_smoothing=0.0" in out
    assert "exp(x_i) / sum_j exp(x_j)" in out
    assert "quantities: value, gradient:logits, gradient:labels" in out
    assert "clamp-log-100" in out


def test_list_backends_names_what_is_installed_without_importing_it():
    program = (
        "import sys; from logitproof.conformance.cli.main import main; main(['list', 'backends']);"
        "print({'torch', 'tensorflow', 'keras'} & set(sys.modules))"
    )
    printed = _python(program)
    assert "logitproof run --backend torch" in printed
    assert printed.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--{}"],
        ["run", "{}"],
        ["{}"],
        ["--{}", "run"],
        ["run", "--timeout", "{}"],
        ["run", "--function", "{}"],
        ["run", "--backend", "{}.py"],
        ["run", "--backend", "{}"],
        ["run", "--inputs", "{}"],
        ["report", "{}"],
        ["reproduce", "{}"],
        ["judge", "softmax", "--inputs", "{}", "--outputs", "y.npz"],
        ["exact", "softmax", "1", "--labels", "{}"],
        ["compare", "{}", "{}"],
    ],
)
def test_nothing_that_is_typed_steers_the_terminal(capsys, monkeypatch, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    message = _fails(capsys, *(each.format("\x1b[31m\x07\x9b\u202e\r") for each in arguments))
    assert message.removesuffix("\n").isprintable()


def test_version_and_help_end_well(capsys):
    for option in ("--version", "--help"):
        with pytest.raises(SystemExit) as end:
            main([option])
        assert end.value.code == 0
    assert "logitproof 0." in capsys.readouterr().out


def test_help_offers_what_there_is_and_nothing_else(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "{" not in out
    assert not [word for word in ("sweep",) if f"\n    {word}" in out]
    for command in ("run", "judge", "exact", "hunt", "report", "baseline", "reproduce", "list"):
        with pytest.raises(SystemExit):
            main([command, "--help"])


def test_help_imports_nothing_heavy():
    program = (
        "import sys, contextlib; from logitproof.conformance.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "print({'numpy', 'flint', 'rich', 'msgspec', 'ml_dtypes', 'hypothesis', 'matplotlib'} & set(sys.modules))"
    )
    assert _python(program).splitlines()[-1] == "set()"


def test_importing_logitproof_is_cheap_and_offers_the_public_names():
    program = (
        "import sys, logitproof; print({'numpy', 'flint', 'rich', 'msgspec'} & set(sys.modules), "
        "sorted(set(logitproof.__all__) - set(dir(logitproof))), logitproof.__version__)"
    )
    assert _python(program).startswith("set() [] 0.")


def test_every_public_name_can_be_used():
    import logitproof

    assert all(callable(getattr(logitproof, name)) for name in logitproof.__all__)
    with pytest.raises(AttributeError, match="no attribute 'judgement'"):
        logitproof.judgement  # noqa: B018 - asking for it is the test


def test_a_reader_that_leaves_early_causes_no_complaint():
    command = f"{sys.executable} -m logitproof list functions | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],  # noqa: S607 - whichever bash there is
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def _python(program: str) -> str:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""
    return done.stdout.strip()
