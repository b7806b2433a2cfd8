"""`logitproof reproduce`: its scripts show what a run found, on the frameworks themselves, and see when it is gone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from checkout import PLANTED
from record_samples import backend, check, discrepancy, record
from script_runner import run_scripts

from logitproof.conformance.cli.main import main
from logitproof.conformance.corpus.corpus import BatchKey, build
from logitproof.conformance.inputs.hashes import case_arguments, case_hash
from logitproof.conformance.inputs.witness import WITNESSES, witness_of, write_witness
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.conformance.scripts.inputs import alone, script_inputs
from logitproof.conformance.scripts.lookup import Known
from logitproof.conformance.scripts.of_discrepancy import reproduction_of
from logitproof.conformance.scripts.script import script_for
from logitproof.reports import Array, Expected, array_record, encode_record, hex_of

PACKAGES = {"numpy", "torch", "tensorflow", "keras"}


def _run(*backends, folder=None, **asked):
    """Make a run, and leave its record in `folder`."""
    examined = run(RunRequest(backends=backends, **{"profile": "smoke", "jobs": 1, **asked}), Silence())
    if folder is not None:
        (folder / "record.json").write_bytes(encode_record(examined))
    return examined


def _findings(examined):
    return [each for each in examined.discrepancies if not each.quantity.startswith("property:")]


def _script(examined, finding):
    finding, owner = (findings := Known(examined, Path("record.json"), ())).find(finding.id)
    return script_for(reproduction_of(finding, owner, apart=findings.called_apart(finding)))


def _stands_alone(script):
    """Whether a script is Python 3.9 and imports the standard library, NumPy and its framework, and nothing else."""
    nodes = list(ast.walk(ast.parse(script, feature_version=(3, 9))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names} <= PACKAGES | sys.stdlib_module_names


@pytest.fixture(scope="module")
def torch_run(tmp_path_factory):
    """A run of PyTorch on the corpus and on tensors of a user's own; its folder and its record."""
    folder = tmp_path_factory.mktemp("torch")
    file = folder / "own.npz"
    np.savez(file, logits=np.float32([[1000, 994.455, 994.166], [1, 2, 3]]))
    functions = ("logsumexp", "sigmoid_cross_entropy", "kl_divergence_terms_from_logs")
    return folder, _run("torch", folder=folder, functions=functions, inputs=file)


@pytest.mark.framework("torch")
@pytest.mark.slow
def test_every_finding_in_a_framework_is_shown_by_its_script(torch_run, tmp_path):
    _, examined = torch_run
    discrepancies = _findings(examined)
    assert {"beyond bound", "inaccurate", "choice", "nan"} <= {each.kind for each in discrepancies}
    assert {each.batch.partition("/")[0] for each in discrepancies} >= {"user", "mixed", "limits"}
    scripts = [_script(examined, each) for each in discrepancies]
    assert all(map(_stands_alone, scripts))
    endings = [ran.status for ran in run_scripts(scripts, tmp_path)]
    assert [(each.id, status) for each, status in zip(discrepancies, endings, strict=True) if status != 1] == []


@pytest.mark.framework("keras")
@pytest.mark.slow
def test_every_finding_in_keras_is_shown_by_its_script(tmp_path):
    examined = _run("keras", functions=("binary_cross_entropy",), dtypes=("bfloat16",))
    discrepancies = _findings(examined)[::3]
    assert len(discrepancies) > 20
    scripts = [_script(examined, each) for each in discrepancies]
    assert all(map(_stands_alone, scripts))
    endings = [ran.status for ran in run_scripts(scripts, tmp_path)]
    assert [(each.id, status) for each, status in zip(discrepancies, endings, strict=True) if status != 1] == []


MODULES = ("places", "gradients", "options", "formulas")
# What one call remembers for the next is not in the inputs of either: no script can show it.
REMEMBERS = ("faulty_torch_places", "logsumexp")


@pytest.fixture(scope="module")
def faulty_run():
    """A run of faulty modules: its record, without findings that are weaknesses of the formula."""
    modules = [str(PLANTED / f"faulty_torch_{name}.py") for name in MODULES]
    functions = ("sigmoid", "softplus", "logit", "softmax", "logsumexp")
    examined = _run(*modules, functions=functions, dtypes=("float32",))
    kept = [each for each in _findings(examined) if each.severity == "defect"]
    return replace(examined, discrepancies=tuple(each for each in kept if (each.backend, each.function) != REMEMBERS))


@pytest.mark.framework("torch")
@pytest.mark.slow
def test_faults_of_every_kind_are_shown_by_their_scripts(faulty_run, tmp_path):
    discrepancies = faulty_run.discrepancies
    kinds = {"beyond bound", "nan", "infinity", "limit missed", "error", "shape", "input modified", "missing gradient"}
    assert {each.kind for each in discrepancies} == kinds
    assert any("while gradients are recorded" in each.explanation for each in discrepancies)
    scripts = [_script(faulty_run, each) for each in discrepancies]
    assert all(map(_stands_alone, scripts))
    endings = [ran.status for ran in run_scripts(scripts, tmp_path)]
    assert [(each, status) for each, status in zip(discrepancies, endings, strict=True) if status != 1] == []


@pytest.mark.framework("torch")
@pytest.mark.slow
def test_scripts_see_when_a_fault_is_repaired(faulty_run, tmp_path):
    discrepancies = faulty_run.discrepancies
    repaired = PLANTED / "correct_torch_textbook.py"
    ran = run_scripts([_script(faulty_run, each) for each in discrepancies], tmp_path, argument=repaired)
    assert [(each, one) for each, one in zip(discrepancies, ran, strict=True) if one.status != 0] == []
    assert Counter(one.printed.splitlines()[-1] for one in ran) == {"the discrepancy is gone": len(discrepancies)}


DEADLY = {
    "crash": ("softmax", "mixed/n=17", "softmax in float32 ended its process: exit status 11"),
    "hang": ("log_softmax", "wide/n=257", "log_softmax in float32 did not return: timeout: no answer within 1 s"),
    "error": ("sigmoid", "mixed/size=7", "sigmoid in float32 raises an error on a valid input: TypeError"),
}


def _deadly(kind):
    """A finding, as a run makes it, in a module whose calls do not come back."""
    function, name, explanation = DEADLY[kind]
    batch = build(BatchKey(function, "float32", name))
    inputs = {name: array_record(array) for name, array in case_arguments(batch, 0).items()}
    return replace(
        discrepancy(check()),
        kind=kind,
        function=function,
        entry_point=function,
        batch=name,
        case=case_hash(batch, 0),
        index=(0,) * batch.arguments[0].ndim,
        inputs=inputs,
        parameters={name: value for name, value in batch.parameters.items() if isinstance(value, int)},
        observed="",
        expected=Expected("", "", ""),
        error_ulps="inf",
        error_bound_ratio="inf",
        explanation=explanation,
        time_limit=hex_of(1.0) if kind == "hang" else None,
    )


def _module(name):
    return replace(backend(), framework="numpy", target=str(PLANTED / f"{name}.py"))


@pytest.mark.parametrize("kind", DEADLY)
def test_a_call_that_does_not_come_back_shows_in_the_status(kind, tmp_path):
    path = tmp_path / "script.py"
    path.write_text(script_for(reproduction_of(_deadly(kind), _module("faulty_numpy_processes"))), encoding="utf-8")
    statuses = [
        subprocess.run([sys.executable, str(path), *arguments], capture_output=True, check=False, timeout=60).returncode
        for arguments in ([], [str(PLANTED / "correct_numpy_textbook.py")])
    ]
    assert statuses == [11 if kind == "crash" else 1, 0]


def test_a_wrong_dtype_is_shown_until_it_is_right(tmp_path):
    given = replace(_deadly("error"), kind="dtype", explanation="the value of float32 inputs has dtype float64")
    script = script_for(reproduction_of(given, _module("faulty_numpy_formulas")))
    (wrong,) = run_scripts([script], tmp_path)
    (correct,) = run_scripts([script], tmp_path, argument=PLANTED / "correct_numpy_textbook.py")
    assert (wrong.status, correct.status) == (1, 0)


# Which inputs a script gets


def test_the_case_stands_in_its_place_among_copies_of_itself():
    batch = build(BatchKey("softmax_cross_entropy", "float32", "options/3x7x5,axis=1/ordinary/weight"))
    case = 11
    arguments = {name: array_record(array) for name, array in case_arguments(batch, case).items()}
    given = replace(
        discrepancy(check()),
        function="softmax_cross_entropy",
        batch=batch.name,
        case=case_hash(batch, case),
        index=(2, 1),
        inputs=arguments,
        parameters={"axis": 1, "weight": array_record(batch.parameters["weight"])},
    )
    inputs = script_inputs(given)
    assert inputs.batch.arguments[0].shape == (3, 7, 5)
    assert (inputs.batch.arguments[0] == batch.arguments[0][2:, :, 1:2]).all()
    assert (inputs.batch.cotangent == batch.cotangent[2, 1]).all()
    assert script_inputs(given, whole_batch=True).batch is not inputs.batch
    assert script_inputs(given, whole_batch=True).batch.arguments[0].tobytes() == batch.arguments[0].tobytes()
    for by_itself in (alone(given), script_inputs(given, apart=True)):
        assert by_itself.batch.arguments[0].tobytes() == batch.arguments[0][2, :, 1].tobytes()
        assert (by_itself.batch.arguments[0].shape, by_itself.index) == ((1, 7), (0,))
    gradient = replace(given, quantity="gradient:logits", index=(2, 4, 1))
    assert script_inputs(gradient, apart=True).index == (0, 4)


def test_a_weight_of_every_element_goes_with_its_element():
    batch = build(BatchKey("sigmoid_cross_entropy", "float32", "options/size=7x9/ordinary/pos_weight,weight"))
    case = 4 * 9 + 5
    given = replace(
        discrepancy(check()),
        function="sigmoid_cross_entropy",
        batch="no batch of the corpus",
        case="",
        index=(4, 5),
        inputs={name: array_record(array) for name, array in case_arguments(batch, case).items()},
        parameters={name: array_record(value) for name, value in batch.parameters.items()},
    )
    inputs = script_inputs(given)
    for name, value in batch.parameters.items():
        assert inputs.batch.parameters[name] == np.broadcast_to(value, (7, 9))[4, 5]
    of_corpus = script_inputs(replace(given, batch=batch.name, case=case_hash(batch, case)))
    for name, value in batch.parameters.items():
        assert (of_corpus.batch.parameters[name] == np.broadcast_to(value, (7, 9))[4, 5]).all()


def test_a_long_row_comes_from_the_corpus_or_not_at_all():
    batch = build(BatchKey("logsumexp", "float32", "wide/n=65537"))
    given = replace(
        discrepancy(check()),
        function="logsumexp",
        batch=batch.name,
        case=case_hash(batch, 0),
        index=(0,),
        inputs={"logits": Array("float32", (65537,), corpus="logsumexp/float32/wide/n=65537#0:logits")},
        parameters={"axis": -1},
    )
    assert (script_inputs(given).batch.arguments[0] == batch.arguments[0][0]).all()
    with pytest.raises(ValueError, match="not the one of this release"):
        script_inputs(replace(given, case="another corpus"))


# The command line


@pytest.fixture
def report(tmp_path, monkeypatch):
    """An empty working folder with the record of one run in it."""
    monkeypatch.chdir(tmp_path)
    one = discrepancy(check(), id="aaaaaa1111111111")
    other = discrepancy(check(), id="aaaaaa2222222222", entry_point="torch.sgmoid")
    folder = tmp_path / "logitproof-report"
    folder.mkdir()
    (folder / "record.json").write_bytes(encode_record(record(check(), discrepancies=(one, other))))
    return folder


def _fails(capsys, *arguments):
    assert main(["reproduce", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    return printed.err


def test_a_script_goes_to_standard_output_or_to_a_file(report, capsys):
    assert main(["reproduce", "aaaaaa1111111111"]) == 0
    script = capsys.readouterr().out
    assert "torch.sigmoid(x)" in script
    assert _stands_alone(script)
    assert main(["reproduce", "aaaaaa1", "--record", str(report / "record.json"), "--output", "script.py"]) == 0
    assert Path("script.py").read_text(encoding="utf-8") == script
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["aaaaaa"], "'aaaaaa' could be aaaaaa1111111111, aaaaaa2222222222: type more of it"),
        (["aaaaa"], "there is no discrepancy 'aaaaa': did you mean 'aaaaaa1111111111'?"),
        (["aaaaab1111111111"], "did you mean 'aaaaaa1111111111'?"),
        (["0123456789abcdef"], "the ids of logitproof-report/record.json are in the summary.md beside it"),
        ([check().id], "is a check; its discrepancies are aaaaaa1111111111, aaaaaa2222222222"),
        (["aaaaaa2222222222"], "torch has no entry point 'torch.sgmoid' for sigmoid"),
        (["aaaaaa1111111111", "--whole-batch"], "is not in the corpus of this release: leave --whole-batch out"),
        (["aaaaaa1111111111", "--record", "nowhere"], "nowhere/record.json: No such file or directory"),
        (["aaaaaa1111111111", "--output", "no/such/folder.py"], "--output no/such/folder.py: No such file"),
        ([], "required: ID"),
    ],
)
@pytest.mark.usefixtures("report")
def test_what_is_wrong_is_named_in_one_line(capsys, arguments, words):
    assert words in _fails(capsys, *arguments)


def test_without_a_record_the_command_line_says_how_to_make_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert "there is no record; `logitproof run` makes one" in _fails(capsys, "aaaaaa1111111111")


def test_a_case_is_called_alone_where_the_run_called_cases_apart():
    batch = build(BatchKey("sigmoid", "float32", "mixed/size=7"))
    given = discrepancy(
        check(),
        batch=batch.name,
        case=case_hash(batch, 3),
        inputs={name: array_record(array) for name, array in case_arguments(batch, 3).items()},
    )
    for reason, text in ((None, "np.full((7,), "), ("ValueError: not this", "numbers(")):
        examined = record(check(reason=reason), discrepancies=(replace(given, check=check().id),))
        findings = Known(examined, Path("record.json"), ())
        script = script_for(reproduction_of(given, examined.backends[0], apart=findings.called_apart(given)))
        assert f"x = torch.from_numpy({text}" in script


def test_a_damaged_record_is_refused(report, capsys):
    (report / "record.json").write_text('{"schema": 1}')
    assert "not a record" in _fails(capsys, "aaaaaa1111111111")


@pytest.mark.parametrize(
    "damage",
    [
        {"function": "tan"},
        {"dtype": "float8"},
        {"quantity": "gradient:y"},
        {"quantity": "hessian:x"},
        {"mode": "xla"},
        {"observed": "much"},
        {"expected": Expected("0x1p+0", "0x1p+0", "one")},
        {"expected": Expected("low", "high", "1")},
        {"inputs": {}},
        {"inputs": {"x": Array("int64", (), values=("99999999999999999999999999",))}},
        {"inputs": {"x": Array("float32", (), values=("0x1.8p+400",))}},
        {"inputs": {"x": Array("float32", (70,), data="00")}},
        {"inputs": {"y": array_record(np.float32(1))}},
        {"inputs": {"x": array_record(np.float64(1))}},
        {"parameters": {"axis": "first"}},
        {"function": "softmax", "parameters": {"axis": 5}},
    ],
)
def test_a_finding_that_does_not_fit_together_is_refused(report, capsys, damage):
    one = discrepancy(check(), id="aaaaaa1111111111", **damage)
    (report / "record.json").write_bytes(encode_record(record(check(), discrepancies=(one,))))
    assert "there can be no script for aaaaaa1111111111: " in _fails(capsys, "aaaaaa1111111111")


@pytest.mark.framework("torch")
@pytest.mark.slow
def test_a_script_on_its_own_ends_as_the_discrepancy_does(torch_run, tmp_path):
    folder, examined = torch_run
    worst = next(each for each in examined.discrepancies if each.kind == "beyond bound")
    path = tmp_path / "finding.py"
    assert main(["reproduce", worst.id, "--record", str(folder), "--output", str(path)]) == 0
    ended = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout.startswith("torch ")
    assert ended.stdout.endswith("the discrepancy is there\n")


@pytest.mark.framework("torch")
@pytest.mark.slow
def test_a_witness_is_reproduced_without_a_record(torch_run, tmp_path, monkeypatch):
    _, examined = torch_run
    monkeypatch.chdir(tmp_path)
    discrepancies = [each for each in _findings(examined) if each.severity == "defect" and each.dtype == "float32"]
    witnesses = [witness_of(alone(each).batch, each) for each in discrepancies]
    scripts = []
    for witness in witnesses:
        write_witness(WITNESSES, witness)
        assert main(["reproduce", witness.id, "--output", "script.py"]) == 0
        scripts.append(Path("script.py").read_text(encoding="utf-8"))
    assert scripts
    assert {ran.status for ran in run_scripts(scripts, tmp_path)} == {1}


@pytest.mark.usefixtures("report")
def test_a_witness_in_a_module_needs_the_record_that_says_where_the_module_is(capsys):
    given = replace(discrepancy(check()), backend="kernels", id="bbbbbb1111111111", batch="", case="")
    write_witness(WITNESSES, witness_of(alone(replace(given, index=(0,))).batch, given))
    assert "where the backend 'kernels' of bbbbbb1111111111 lies is not in" in _fails(capsys, "bbbbbb1111111111")
