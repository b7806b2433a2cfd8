"""What tests need is marked, and where one cannot run it says what it would take."""

from __future__ import annotations

import ast

import pytest
import requirements_of_tests
from checkout import ROOT
from requirements_of_tests import frameworks_of_parameters, reasons_against

REMEDIES = ("pip install ", "run it ", "use ")
"""How the second half of a reason begins: "there is no /dev/full: run it on Linux"."""


def _reasons(source):
    """The reason of every skip that a test file has; None for one without, or with one that is not written out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "pytest.skip",
            "pytest.importorskip",
            "pytest.mark.skip",
            "pytest.mark.skipif",
        }:
            texts = [each.value for each in node.keywords if each.arg == "reason"]
            texts += node.args if ast.unparse(node.func) == "pytest.skip" else []
            yield texts[0].value if texts and isinstance(texts[0], ast.Constant) else None


def _says_what_it_takes(reason):
    return reason is not None and reason.partition(": ")[2].startswith(REMEDIES)


def test_every_test_that_is_skipped_says_what_it_takes_to_run_it():
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if file.name != "test_markers.py"]
    reasons = {(file.name, reason) for file in files for reason in _reasons(file.read_text(encoding="utf-8"))}
    assert {each for each in reasons if not _says_what_it_takes(each[1])} == set()
    assert reasons


@pytest.mark.parametrize(
    "source",
    [
        "pytest.skip('the same as a smaller one')",
        "pytest.importorskip('torch')",
        "@pytest.mark.skip\n@pytest.mark.skip()\ndef test(): pass",
        "@pytest.mark.skipif(os.geteuid() == 0, reason='root may read everything: so it is')\ndef test(): pass",
    ],
)
def test_a_skip_that_does_not_is_noticed(source):
    assert not all(map(_says_what_it_takes, _reasons(source)))


def test_of_a_framework_that_is_not_installed_the_reason_is_how_to_install_it(monkeypatch):
    monkeypatch.setattr(requirements_of_tests, "installed", lambda: ("torch",))
    assert reasons_against(["torch"]) == []
    assert reasons_against(["keras", "torch"]) == ["keras is not installed: pip install -e '.[tensorflow]'"]
    assert all(map(_says_what_it_takes, reasons_against(["keras", "jax"])))


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"framework": "torch", "dtype": "float16"}, {"torch"}),
        ({"worker": "keras"}, {"keras"}),
        ({"module": "faulty_tensorflow"}, {"tensorflow"}),
        ({"module": "correct_torch_online"}, {"torch"}),
        ({"module": "faulty_numpy_formulas"}, set()),
        ({"text": "torch", "backend": 3}, set()),
    ],
)
def test_a_parameter_tells_the_framework_that_a_test_needs(parameters, names):
    assert frameworks_of_parameters(parameters) == names


@pytest.mark.parametrize("framework", ["torch"])
def test_a_test_with_a_parameter_of_a_framework_is_marked(request, framework):
    assert request.node.get_closest_marker("framework").args == (framework,)
