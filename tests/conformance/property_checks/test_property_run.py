"""Properties in a run: reported beside the checks, gating when broken, and never a pass when nothing was compared."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.property_plan import BATCHES
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.properties import PROPERTIES
from logitproof.reports import (
    array_value,
    decode_record,
    encode_record,
    exit_status,
    float_from,
    run_view,
    summary,
    verdict,
)
from logitproof.reports.record.words import readable

CORRECT = """
import numpy as np
framework = "numpy"

def sigmoid(x):
    wide = x.astype(np.float64)
    e = np.exp(-np.abs(wide))
    return np.where(wide >= 0, 1 / (1 + e), e / (1 + e)).astype(x.dtype)

def sigmoid_vjp(cotangent, x):
    e = np.exp(-np.abs(x.astype(np.float64)))
    return ((cotangent * e / (1 + e) ** 2).astype(x.dtype),)
"""
# Small results cut off, as a table of limited range has them.
WRONG = CORRECT.replace("wide = x.astype(np.float64)\n    e", "wide = np.maximum(x.astype(np.float64), -8)\n    e")


def examined(folder, source, **request):
    module = folder / "kernels.py"
    module.write_text(source, encoding="utf-8")
    asked = {"profile": "smoke", "jobs": 1, "properties": tuple(PROPERTIES), **request}
    return run(RunRequest(backends=(str(module),), **asked), Silence())


ONE = {"properties": ("sigmoid-two-forms",)}


def by_property(record):
    statuses = {}
    for result in record.properties:
        statuses.setdefault(result.property, set()).add(result.status)
    return statuses


def test_a_right_module_satisfies_the_properties_of_its_functions(tmp_path):
    record = examined(tmp_path, CORRECT)
    assert by_property(record)["sigmoid-two-forms"] == {"holds", "unsupported"}  # numpy has no bfloat16
    assert by_property(record)["sigmoid-derivative"] == {"holds", "unsupported"}
    assert record.discrepancies == ()
    assert exit_status(record) == 0
    assert verdict(record).startswith("PASS: no discrepancy; 6 of 26 checks not examined: ")
    assert verdict(record).endswith(" in bfloat16 (numpy has no bfloat16).")


def test_properties_of_functions_that_a_backend_lacks_are_left_out(tmp_path):
    assert "shift-invariance" not in by_property(examined(tmp_path, CORRECT))


def test_a_broken_property_gates_and_is_told_with_its_smallest_input(tmp_path):
    record = examined(tmp_path, WRONG)
    assert by_property(record)["sigmoid-two-forms"] == {"broken", "unsupported"}
    assert exit_status(record) == 1
    assert "broken propert" in verdict(record)
    result = next(each for each in record.properties if each.property == "sigmoid-two-forms")
    assert float_from(result.worst.ratio) > 1
    (x,) = (array_value(array) for array in result.worst.inputs.values())
    assert x.shape == ()
    finding = next(each for each in record.discrepancies if each.check == result.id)
    assert (finding.severity, finding.kind) == ("defect", "identity broken")
    assert readable(finding.observed, finding.dtype).startswith("the left side ")
    assert finding.explanation.startswith(PROPERTIES[result.property].statement)


def test_a_broken_property_is_named_on_the_terminal_and_in_the_summary(tmp_path):
    record = examined(tmp_path, WRONG)
    from rich.console import Console

    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - nobody reads it
    console.print(run_view(record, tmp_path))
    assert "broken: sigmoid-two-forms" in console.export_text()
    assert "sigmoid-two-forms" in summary(record)
    assert "## Properties" in summary(record)


def test_the_same_inputs_give_the_same_results(tmp_path):
    first, second = (
        replace(record, run=replace(record.run, started="", finished="", seconds={}))
        for record in (examined(tmp_path, WRONG), examined(tmp_path, WRONG, jobs=2))
    )
    assert encode_record(first) == encode_record(second)
    assert decode_record(encode_record(first)).properties == first.properties


def test_larger_profiles_try_more_inputs(tmp_path):
    cases = {
        profile: sum(each.cases for each in examined(tmp_path, CORRECT, profile=profile, **ONE).properties)
        for profile in ("smoke", "ci")
    }
    assert cases["ci"] == cases["smoke"] * BATCHES["ci"] / BATCHES["smoke"]


def test_properties_are_examined_beside_checks(tmp_path):
    record = examined(tmp_path, CORRECT, properties=(), dtypes=("float32",))
    assert record.checks
    assert {result.dtype for result in record.properties} == {"float32"}


def test_a_check_alone_is_examined_without_properties(tmp_path):
    every = examined(tmp_path, CORRECT, properties=(), dtypes=("float32",))
    record = examined(tmp_path, CORRECT, properties=(), checks=(every.checks[0].id,))
    assert record.properties == ()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ('raise TypeError("never")', {"broken"}, "never"),
        ('if x.max() > 0.5:\n        raise TypeError("too large")\n    return x * 0 + 0.5', {"broken"}, "too large"),
        ("return x.astype(np.float64).sum()", {"broken"}, "of shape ()"),
        ("return x * np.nan", {"broken"}, "nan"),
    ],
)
def test_what_a_backend_does_instead_of_an_answer_is_told(tmp_path, body, status, reason):
    source = f'import numpy as np\nframework = "numpy"\n\ndef sigmoid(x):\n    {body}\n'
    record = examined(tmp_path, source, dtypes=("float32",), profile="nightly", **ONE)
    assert by_property(record) == {"sigmoid-two-forms": status}
    (result,) = record.properties
    assert reason in (result.reason or result.worst.left)


@pytest.mark.slow
def test_an_entry_point_that_hangs_is_not_asked_forever(tmp_path):
    source = 'import time\nframework = "numpy"\n\ndef sigmoid(x):\n    time.sleep(60)\n'
    record = examined(tmp_path, source, timeout=0.5)
    assert {"broken", "unsupported"} <= set().union(*by_property(record).values())
    reasons = [each.reason or "" for each in record.properties]
    assert sum("hang: " in reason for reason in reasons) == 1
    others = ("not asked any more", "no bfloat16", "no gradient by x")
    assert sum(any(other in reason for other in others) for reason in reasons) == len(reasons) - 1


def test_an_input_on_which_a_property_crashes_is_told_alone(tmp_path):
    source = CORRECT.replace("    wide =", "    if x.max() > 0.5:\n        __import__('os')._exit(1)\n    wide =")
    record = examined(tmp_path, source, dtypes=("float32",), profile="nightly", **ONE)
    (finding,) = record.discrepancies
    assert "exit status 1" in finding.explanation
    assert array_value(finding.inputs["x"]).shape == ()
    assert array_value(finding.inputs["x"]) > 0.5


def test_a_stated_deviation_is_a_convention(tmp_path):
    source = """
import numpy as np
framework = "numpy"
deviations = {"softplus": ("linear-above-20", "https://example.org/softplus")}

def softplus(x):
    wide = x.astype(np.float64)
    right = np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))
    return np.where(wide > 20, wide, right).astype(x.dtype)
"""
    record = examined(tmp_path, source, dtypes=("float64",), profile="nightly")
    statuses = set().union(*by_property(record).values())
    assert "deviates" in statuses
    assert "broken" not in statuses
    assert exit_status(record) == 0
    assert {finding.severity for finding in record.discrepancies} == {"convention"}


def _command(folder, *arguments):
    command = [sys.executable, "-m", "logitproof", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_command_line_examines_one_property(tmp_path):
    (tmp_path / "kernels.py").write_text(WRONG, encoding="utf-8")
    outcome = _command(tmp_path, "run", "--backend", "kernels.py", "--property", "sigmoid-two-forms")
    assert outcome.returncode == 1
    assert "1 broken: sigmoid-two-forms" in outcome.stdout
    record = json.loads((tmp_path / "logitproof-report" / "record.json").read_text(encoding="utf-8"))
    assert record["checks"] == []
    assert {each["property"] for each in record["properties"]} == {"sigmoid-two-forms"}


def test_an_unknown_property_is_one_clear_line(tmp_path):
    (tmp_path / "kernels.py").write_text(CORRECT, encoding="utf-8")
    outcome = _command(tmp_path, "run", "--backend", "kernels.py", "--property", "sigmoid-to-forms")
    assert outcome.returncode == 2
    assert outcome.stderr == "logitproof: unknown property 'sigmoid-to-forms': did you mean 'sigmoid-two-forms'?\n"
    assert not (tmp_path / "logitproof-report").exists()


def test_properties_are_listed_with_statement_domain_and_source(tmp_path):
    outcome = _command(tmp_path, "list", "properties")
    assert outcome.returncode == 0
    for prop in PROPERTIES.values():
        assert prop.id in outcome.stdout
    assert "shift-invariance" in outcome.stdout


def test_nothing_compared_is_no_pass(tmp_path):
    record = examined(tmp_path, 'framework = "numpy"\n\ndef sigmoid(x):\n    raise TypeError\n')
    assert exit_status(record) == 3
    assert "not a pass" in verdict(record)


@pytest.mark.parametrize("step", ["asked", "check"])
def test_an_error_of_our_own_costs_one_property_and_is_told(tmp_path, monkeypatch, step):
    def broken(*_):
        message = "no such thing"
        raise ValueError(message)

    monkeypatch.setattr(f"logitproof.conformance.property_checks.ask.{step}", broken)
    monkeypatch.setattr("logitproof.conformance.run.run.processes", ThreadPoolExecutor)
    record = examined(tmp_path, CORRECT, dtypes=("float32",), **ONE)
    assert not record.complete
    assert exit_status(record) == 3
    assert "please report it: ValueError: no such thing" in record.backends[0].reason


def test_a_failure_of_a_published_figure_is_told_with_all_of_it(tmp_path):
    source = (
        'import numpy as np\nframework = "numpy"\n\ndef softmax(logits, *, axis):\n    return logits.max(axis=axis)\n'
    )
    record = examined(tmp_path, source, properties=("one-to-five",), dtypes=("float32",))
    assert record.complete
    assert by_property(record) == {"one-to-five": {"broken"}}


def test_inputs_in_the_record_are_exact(tmp_path):
    record = examined(tmp_path, CORRECT)
    for result in record.properties:
        for array in result.worst.inputs.values() if result.worst else ():
            assert np.isfinite(array_value(array).astype(np.float64)).all()
