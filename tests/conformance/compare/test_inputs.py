"""What runs are compared by beside the corpus: stated definitions, witnesses, and real frameworks."""

from __future__ import annotations

import numpy as np
import pytest
from compared_kernels import ran

from logitproof.conformance.cli.main import main
from logitproof.conformance.compare.compare import compare
from logitproof.conformance.inputs.arrays import batch_from_arrays
from logitproof.conformance.inputs.hashes import batch_hash
from logitproof.conformance.inputs.witness import WITNESSES, witness_of, write_witness
from logitproof.reports import decode_comparison, float_from

LITERAL = """
import numpy as np
framework = "numpy"

def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
"""
UNSTATED = (
    LITERAL
    + """
literally = softplus

def softplus(x):
    return np.where(x > 20, x, literally(x)).astype(x.dtype)
"""
)
STATED = UNSTATED + 'deviations = {"softplus": ("linear-above-20", "https://example.org/softplus")}\n'
WRONG = LITERAL.replace("return ", "return x.dtype.type(1.01) * (") + ")\n"
WRONG = WRONG.replace("np.abs(x)))\n)", "np.abs(x))))")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def literal(folder):
    return ran(folder / "literal", LITERAL, dtypes=("float64",))


@pytest.fixture(scope="module")
def unstated(folder):
    return ran(folder / "unstated", UNSTATED, dtypes=("float64",))


@pytest.fixture(scope="module")
def stated(folder):
    return ran(folder / "stated", STATED, dtypes=("float64",))


def kinds(comparison):
    return {change.kind for check in comparison.checks for change in check.changes}


# Definitions


def test_a_deviation_that_nobody_states_is_a_regression(literal, unstated):
    comparison = compare(literal, unstated, jobs=1)
    assert kinds(comparison) == {"regressed", "farther", "identical"}  # above 36 it is within the bound
    assert comparison.outcome == "regressed"


def test_a_deviation_that_is_stated_is_farther_from_the_literal_result_and_no_graver(literal, stated):
    comparison = compare(literal, stated, jobs=1)
    assert kinds(comparison) == {"farther", "identical"}
    assert comparison.outcome == "changed"
    for check in comparison.checks:
        if check.changes:
            assert "judged by the definition 'linear-above-20', before by 'literal'" in check.reason
        for change in check.changes:
            if change.largest:
                (x,) = change.largest.inputs["x"].values
                assert float_from(x) > 20
                assert float_from(change.largest.after_ulps) > 1  # by the literal definition
                assert change.largest.after_severity is None  # by the stated one


def test_to_state_a_deviation_changes_no_result(unstated, stated):
    comparison = compare(unstated, stated, jobs=1)
    assert kinds(comparison) == {"identical"}
    assert comparison.outcome == "safe"


def test_a_stated_deviation_is_compared_by_what_it_states(folder, stated):
    worse = STATED.replace("literally(x))", "literally(x) * (1 + 2.0**-45))")
    comparison = compare(stated, ran(folder / "worse", worse, dtypes=("float64",)), jobs=1)
    assert "regressed" in kinds(comparison)
    for check in comparison.checks:
        for change in check.changes:
            if change.largest:
                assert change.largest.expected.decimal not in {"choice", "undecided", ""}


# Witnesses


@pytest.fixture(scope="module")
def witnesses(folder, literal):
    """Three witnesses of the literal module's results, whatever they are."""
    discrepancy = next(each for each in ran(folder / "wrong", WRONG, dtypes=("float64",)).record.discrepancies)
    assert literal.record.complete
    replaced = []
    for number in (0.5, 1.5, 2.5):
        batch = batch_from_arrays("softplus", {"x": np.array([number])}, name="witness/x")
        replaced.append(replace_id(witness_of(batch, discrepancy), f"{int(number * 2):016x}"))
    return replaced


def replace_id(witness, identifier):
    import msgspec

    return msgspec.structs.replace(witness, id=identifier)


@pytest.mark.slow
def test_witnesses_of_both_runs_are_compared_and_others_left_out(folder, witnesses, tmp_path, monkeypatch, capsys):
    old, new = tmp_path / "of-old", tmp_path / WITNESSES
    for each in witnesses[:2]:
        write_witness(old, each)
    for each in witnesses[1:]:
        write_witness(new, each)
    runs = [
        ran(tmp_path / name, source, dtypes=("float64",), witnesses=folder_of_witnesses)
        for name, source, folder_of_witnesses in (("old", LITERAL, old), ("new", WRONG, new))
    ]
    given = {name: digest for run in runs for name, digest in run.record.corpus.given.items()}
    assert len(given) == 3
    monkeypatch.chdir(tmp_path)
    assert main(["compare", "old/out", "new/out", "--format", "json"]) == 1
    comparison = decode_comparison(capsys.readouterr().out.encode())
    (check,) = (each for each in comparison.checks if each.input_class == "witness" and each.quantity == "value")
    assert check.by_element
    assert check.elements == 1
    assert "some inputs were given to one run only, and are left out" in check.reason
    (change,) = check.changes
    assert change.kind == "regressed"
    assert change.largest.inputs["x"].values == ("0x1.8p+0",)
    assert batch_hash(witnesses[1].batch()) == given[f"softplus/float64/{change.largest.batch}"]
    # Without the folder of witnesses nobody knows the inputs.
    monkeypatch.chdir(folder)
    comparison = compare(*runs, jobs=1)
    (check,) = (each for each in comparison.checks if each.input_class == "witness" and each.quantity == "value")
    assert not check.by_element
    assert "the witness is not at hand" in check.reason


# Frameworks


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["torch"])
def test_a_framework_against_itself_is_safe(framework, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asked = ["--profile", "smoke", "--function", "softmax", "--function", "sigmoid", "--jobs", "1"]
    for name in ("old", "new"):
        main(["run", "--backend", framework, *asked, "--output", name])
    capsys.readouterr()
    assert main(["compare", "old", "new"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "verdict: safe"
    assert "bit for bit" in lines[3]
