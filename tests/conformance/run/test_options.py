"""Options that an entry point accepts: each is called, and the record and its renderings tell which were not."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from record_samples import backend, check, record
from rich.console import Console

from logitproof.conformance.cli.main import main
from logitproof.conformance.corpus.corpus import PROFILES
from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.run.option_calls import options_in
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reports import (
    EntryPointOptions,
    UncalledOptions,
    decode_record,
    encode_record,
    github_annotations,
    html_report,
    junit,
    read_record,
    record_view,
    summary,
    uncalled_options,
)

SMOOTHED_ONLY = """
import numpy as np
framework = "numpy"

def softmax_cross_entropy(logits, labels, *, axis, label_smoothing=0.0):
    m = logits.max(axis, keepdims=True)
    log_probs = logits - m - np.log(np.exp(logits - m).sum(axis, keepdims=True))
    return -(labels * log_probs).sum(axis)  # label_smoothing is forgotten
"""

LAST_AXIS_ONLY = """
import torch
framework = "torch"

def softmax(logits, *, axis):
    return torch.softmax(logits, axis)
"""


@pytest.fixture
def smoothed_only(tmp_path):
    path = tmp_path / "kernels.py"
    path.write_text(SMOOTHED_ONLY)
    return str(path)


@pytest.mark.parametrize("profile", PROFILES[:2])
def test_a_module_that_forgets_its_only_option_fails_in_every_profile(smoothed_only, profile):
    examined = run(RunRequest((smoothed_only,), profile=profile, dtypes=("float32",), jobs=1), Silence())
    assert examined.backends[0].options == (
        EntryPointOptions(
            "softmax_cross_entropy", "softmax_cross_entropy", ("axis", "label_smoothing"), ("axis", "label_smoothing")
        ),
    )
    assert uncalled_options(examined) == ()
    faulty = {tuple(each.parameters) for each in examined.discrepancies if each.severity == "defect"}
    assert ("axis", "label_smoothing") in faulty


def test_a_restricted_run_tells_what_it_did_not_call_in_every_format(smoothed_only, tmp_path, capsys):
    common = ("run", "--backend", smoothed_only, "--profile", "smoke", "--dtype", "float32", "--jobs", "1")
    assert main([*common, "--output", str(tmp_path / "whole")]) == 1
    without_options = next(
        each for each in read_record(tmp_path / "whole").checks if each.input_class == "overflow" and each.elements
    )
    capsys.readouterr()
    assert main([*common, "--output", str(tmp_path / "one"), "--check", without_options.id]) in {0, 1}
    examined = read_record(tmp_path / "one")
    title, name = f"kernels {examined.backends[0].version}", "softmax_cross_entropy"
    assert uncalled_options(examined) == (UncalledOptions(title, name, name, ("axis", "label_smoothing")),)
    words = f"{title}: softmax_cross_entropy: an axis other than the last, label_smoothing"
    assert f"Accepted, and called in no check: not examined\n  {words}\n" in capsys.readouterr().out
    assert words in summary(examined).replace("\\_", "_")
    assert words in html_report(examined, {}).replace("<wbr>", "")
    assert words in github_annotations(examined)
    skipped = [case.find("skipped") for case in ET.fromstring(junit(examined)).iter("testcase")]  # noqa: S314 - our own
    assert [each.get("message").endswith(words) for each in skipped if each is not None] == [True]


def test_a_reduction_is_two_options_and_an_axis_is_one_where_it_is_not_the_last():
    logits = np.zeros((2, 3, 4), np.float32)

    def used(**parameters):
        batch = Batch(
            "softmax_cross_entropy", "float32", "options", "sample", (logits, logits), parameters, np.float32(1)
        )
        return options_in(batch)

    assert used(axis=-1) == used(axis=2) == frozenset()
    assert used(axis=1) == used(axis=-2) == {"axis"}
    assert used(axis=-1, reduction="sum", weight=np.ones(4, np.float32)) == {"reduction=sum", "weight"}


@pytest.mark.framework("torch")
def test_an_axis_that_a_framework_cannot_be_asked_is_not_accepted():
    request = RunRequest(
        ("torch",), functions=("entropy", "softmax_cross_entropy"), profile="smoke", dtypes=("float32",), jobs=1
    )
    examined = run(request, Silence())
    options = {(each.function, each.entry_point): each for each in examined.backends[0].options}
    assert ("entropy", "torch.distributions.Categorical(probs=).entropy") not in options
    functional = options["softmax_cross_entropy", "torch.nn.functional.cross_entropy"]
    assert functional.accepted == ("axis", "label_smoothing", "weight", "reduction=mean", "reduction=sum")
    asked = [each for each in options.values() if each.function in request.functions]
    assert {each.called == each.accepted for each in asked} == {True}
    assert {each.function for each in asked} == {"softmax_cross_entropy"}


def test_an_entry_point_of_which_nothing_was_examined_has_no_uncalled_options():
    options = (
        EntryPointOptions("sigmoid", "torch.sigmoid", ("weight", "axis"), ("axis",)),
        EntryPointOptions("softmax", "torch.softmax", ("axis",), ()),
    )
    examined = replace(record(check()), backends=(replace(backend(), options=options),))
    assert uncalled_options(examined) == (UncalledOptions("torch 2.13.0", "sigmoid", "torch.sigmoid", ("weight",)),)
    unsupported = replace(examined, checks=(replace(check(), status="unsupported"),))
    assert uncalled_options(unsupported) == ()


def test_a_record_of_this_schema_from_before_a_key_was_added_is_read_with_its_default():
    examined = record(check())
    raw = json.loads(encode_record(examined))
    del raw["backends"][0]["options"]
    read = decode_record(json.dumps(raw).encode())
    assert read == examined
    assert encode_record(read) == encode_record(examined)


def test_hostile_names_are_cleaned_in_what_is_not_examined():
    hostile = "\x1b[31m\n" + "x" * 1000
    options = (EntryPointOptions("sigmoid", hostile, (hostile,), ()),)
    examined = replace(record(check(entry_point=hostile)), backends=(replace(backend(), options=options),))
    screen = StringIO()
    Console(width=120, color_system=None, file=screen).print(record_view(examined))
    texts = (screen.getvalue(), summary(examined), github_annotations(examined), html_report(examined, {}))
    for text in (*texts, junit(examined)):
        assert "\x1b" not in text
        assert "not examined" in text
