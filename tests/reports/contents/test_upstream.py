"""The text for a framework's issue tracker."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from record_samples import backend, check, discrepancy, record
from report_samples import finished

from logitproof.reports import OtherAnswer, findings, hex_of, upstream_report


def _report(script="print(1)\n", worker=None, **changes):
    one = check()
    whole = record(one, discrepancies=(discrepancy(one, **changes),))
    whole = replace(whole, backends=(worker or whole.backends[0],))
    return upstream_report(whole, findings(whole)[0], script)


def test_it_tells_what_where_and_how_far_off():
    report = _report(kind="beyond bound", parameters={"axis": -1})
    assert report.splitlines()[0] == (
        "# Value of torch.sigmoid loses more than the textbook algorithm may lose (float32)"
    )
    for words in (
        "torch 2.13.0",
        "`x = -88.72284`",
        "`x = -0x1.62e43p+6`",
        "| observed | `0`, `0x0p+0` |",
        "| exact | `2.9387e-39`, certainly in `0x",
        "2.1e6 ulps, 1.25 times the textbook bound",
        "`axis=-1`",
    ):
        assert words in report


def test_it_tells_of_the_machine_what_computes_and_nothing_else():
    worker = replace(
        backend(),
        python="/home/someone/venv/bin/python",
        target="/home/someone/kernels.py",
        build={"numpy": "2.4.6", "torch": "2.13.0", "configuration": "built in /home/someone"},
        cpu={"model": "a processor", "system": "Linux 6", "flags": "fpu avx2 hypervisor fma"},
        environment={"MKL_CBWR": "AVX2", "HOME": "/home/someone", "API_TOKEN": "secret", "OMP_NUM_THREADS": "1"},
    )
    report = _report(worker=worker)
    assert "- CPU: a processor, x86, with avx2, fma" in report.replace("x86\\_64", "x86") or "with avx2, fma" in report
    assert "`MKL_CBWR=AVX2`" in report
    assert "numpy 2.4.6" in report
    assert [words for words in ("someone", "secret", "TOKEN", "hypervisor", "OMP_") if words in report] == []


@pytest.mark.parametrize(
    ("computes", "target", "build", "told"),
    [
        ("torch", "torch", {"torch": "2.13.0", "git_version": "0a1b", "configuration": "long"},
         "torch 2.13.0, git_version 0a1b"),
        ("tensorflow", "keras", {"tensorflow": "2.21.0", "compiler": "Clang 18", "cpu_compiler": "/usr/bin/clang",
                                 "keras": "3.15.1"},
         "tensorflow 2.21.0, compiler Clang 18, keras 3.15.1"),
        ("jax", "jax", {"jax": "0.10.2", "jaxlib": "0.10.1"}, "jax 0.10.2, jaxlib 0.10.1"),
        ("jax", "/home/someone/kernels.py", {"jax": "0.10.2", "module": "/home/someone/kernels.py"}, "jax 0.10.2"),
    ],
)  # fmt: skip
def test_it_tells_the_versions_of_whatever_computes_in_the_order_of_the_record(computes, target, build, told):
    worker = replace(backend(), framework=computes, target=target, build={"python": "3.11.7", **build})
    assert f" (python 3.11.7, {told})\n" in _report(worker=worker).replace("\\", "")


def test_it_tells_the_cause_and_the_answers_of_others():
    answers = (OtherAnswer("keras", "3.15.1", "keras.ops.sigmoid", "eager", hex_of(0.5), hex_of(0.25)),)
    report = _report(cause="log of softmax", evidence="bit-identical to it in float32", answers=answers)
    assert "## Cause\n\nlog of softmax: bit-identical to it in float32." in report
    assert "| keras 3.15.1, `keras.ops.sigmoid` | `0.5` | 0.25 |" in report


@pytest.mark.parametrize("script", ["```\n# x\n```", "~~~~\n", "`````python\n", "plain"])
def test_no_script_ends_its_fence(script):
    (fence,) = (token for token in MarkdownIt().parse(_report(script)) if token.type == "fence")
    assert fence.content.rstrip("\n") == script.rstrip("\n")


def test_without_a_script_or_with_one_too_long_the_report_still_fits_a_tracker():
    assert "```" not in _report(None)
    report = _report("x = 1\n" * 20_000)
    assert "`logitproof reproduce " in report
    assert len(report) < 65_536


def test_a_finding_of_a_backend_that_the_record_does_not_have_is_told():
    whole = replace(finished(), backends=())
    assert all(upstream_report(whole, finding, None).startswith("# ") for finding in findings(whole))
