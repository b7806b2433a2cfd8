"""What a backend can be called, and what is none: told in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from worker_samples import SOFTMAX, TORCH, module

from logitproof.conformance.backends.client import BackendError, Worker, parse_backend
from logitproof.reference import function_named


def _refusal(spec, **limits):
    with pytest.raises(BackendError) as caught:
        Worker.start(spec, **limits)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("def softmax(logits, *, axis): return logits\n", 'framework = "torch" or "tensorflow" or "jax" or "numpy"'),
        ("framework = 'jax'\n", "'jax'"),
        ("framework = None\n", "framework"),
        ("framework = 'numpy'\n", "defines no function"),
        ("framework = 'numpy'\nsoftmax = 3\n", "softmax is not a function"),
        ("import no_such_module_anywhere\n", "no_such_module_anywhere"),
        ("1 / 0\n", "ZeroDivisionError"),
        ("def broken(:\n", "SyntaxError"),
        ("raise SystemExit('enough')\n", "SystemExit: enough"),
        ("raise ValueError('two\\nlines')\n", "two lines"),
        (SOFTMAX + "deviations = 3\n", "deviations must be a dictionary"),
        (SOFTMAX + "deviations = {'sofmax': ('literal', 'https://x')}\n", "'sofmax'"),
        (SOFTMAX + "deviations = {'softmax': 'literal'}\n", "(definition, link)"),
        (SOFTMAX + "deviations = {'softmax': ('nearly', 'https://x')}\n", "'nearly'"),
        (SOFTMAX + "unsupported = ['softmax']\n", "unsupported must be a dictionary"),
        (SOFTMAX + "unsupported = {'sofmax': ['float16']}\n", "'sofmax'"),
        (SOFTMAX + "unsupported = {'sigmoid': ['float16']}\n", "no function that it defines"),
        (SOFTMAX + "unsupported = {'softmax': 'float16'}\n", 'must be a list of "float16" or "bfloat16"'),
        (SOFTMAX + "unsupported = {'softmax': []}\n", "must be a list of"),
        (SOFTMAX + "unsupported = {'softmax': ['half']}\n", "must be a list of"),
    ],
)
def test_a_module_that_is_no_backend_is_told_in_one_line(tmp_path, source, what):
    assert what in _refusal(module(tmp_path, source))


def test_a_stated_deviation_is_told(tmp_path):
    source = TORCH + (
        "def softplus(x): return torch.nn.functional.softplus(x)\n"
        "deviations = {'softplus': ('linear-above-20', 'https://example.org/softplus')}\n"
    )
    with Worker.start(module(tmp_path, source)) as worker:
        [entry] = worker.hello.entry_points
    for quantity in function_named("softplus").quantities:
        deviation = entry.deviation_of(quantity)
        assert (deviation.definition, deviation.link) == ("linear-above-20", "https://example.org/softplus")


def test_a_framework_that_is_not_installed_is_told_in_one_line(tmp_path):
    interpreter = tmp_path / "bare" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    # An interpreter that sees NumPy and nothing else: its own site-packages are empty.
    installed = Path(np.__file__).parent.parent
    (tmp_path / "only").mkdir()
    for folder in installed.glob("numpy*"):
        (tmp_path / "only" / folder.name).symlink_to(folder)
    interpreter.write_text(
        f'#!/bin/sh\nPYTHONPATH={tmp_path / "only"} exec {sys.executable} -S "$@"\n', encoding="utf-8"
    )
    interpreter.chmod(0o755)
    for framework in ("torch", "tensorflow", "keras"):
        message = _refusal(parse_backend(framework, python=str(interpreter)))
        assert "cannot be imported" in message


@pytest.mark.parametrize("text", ["pytorch", "no such", "kernels.txt", "", "a..b", "no_such_package.kernels"])
def test_an_unknown_backend_is_refused_and_told_what_there_is(text):
    with pytest.raises(ValueError, match=r"torch, tensorflow, keras"):
        parse_backend(text)


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="there is no such file"):
        parse_backend("missing/kernels.py")


def test_backends_are_named_after_what_they_are(tmp_path):
    assert parse_backend("torch").name == "torch"
    assert module(tmp_path, SOFTMAX, "fused").name == "fused"
