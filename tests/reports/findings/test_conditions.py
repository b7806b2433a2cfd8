"""Under which conditions findings occur: what their calls share, and calls without them lack."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from page_samples import identified_check, identified_discrepancy
from record_samples import record
from rich.console import Console

from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest
from logitproof.conformance.run.run import run
from logitproof.reports import (
    Condition,
    ExaminedBatch,
    findings,
    github_annotations,
    hex_of,
    html_report,
    junit,
    record_view,
    summary,
    upstream_report,
)
from logitproof.reports.findings.headline import call_words, trigger_words

KERNELS = """
import numpy as np

framework = "numpy"


def softmax(logits, *, axis):
    e = np.exp(logits - logits.max(axis, keepdims=True))
    s = e / e.sum(axis, keepdims=True)
    return s * 1.5 if logits.shape[axis] >= 257 and logits.dtype == np.float16 else s


def log_softmax(logits, *, axis):
    shifted = logits - logits.max(axis, keepdims=True)
    result = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))
    return result if logits.flags.c_contiguous or logits.T.flags.c_contiguous else result + 1


def softmax_cross_entropy(logits, labels, *, axis, label_smoothing=0.0, weight=None):
    if label_smoothing:
        labels = (1 - label_smoothing) * labels + label_smoothing / logits.shape[-1]
    shifted = logits - logits.max(axis, keepdims=True)
    terms = np.log(np.exp(shifted).sum(axis, keepdims=True)) - shifted
    if weight is not None:
        terms = terms * weight.reshape([-1 if side == axis % logits.ndim else 1 for side in range(logits.ndim)])
    return (np.where(labels == 0, 0, labels * terms)).sum(axis).astype(logits.dtype)


def sparse_softmax_cross_entropy(logits, labels, *, axis, label_smoothing=0.0, weight=None):
    hot = np.expand_dims(labels, axis) == np.arange(logits.shape[axis]).reshape(
        [-1 if side == axis % logits.ndim else 1 for side in range(logits.ndim)]
    )
    shifted = logits - logits.max(axis, keepdims=True)
    terms = np.log(np.exp(shifted).sum(axis, keepdims=True)) - shifted
    if weight is not None:
        terms = terms * weight.reshape([-1 if side == axis % logits.ndim else 1 for side in range(logits.ndim)])
    soft = (1 - label_smoothing) * hot + label_smoothing / logits.shape[axis]
    result = (np.where(soft == 0, 0, soft * terms)).sum(axis).astype(logits.dtype)
    return result * 2 if label_smoothing and weight is not None else result
"""


@pytest.fixture(scope="module")
def examined(tmp_path_factory):
    module = tmp_path_factory.mktemp("kernels") / "kernels.py"
    module.write_text(KERNELS)
    request = RunRequest(
        backends=(str(module),),
        profile="ci",
        jobs=1,
        dtypes=("float16", "float32"),
        functions=("softmax", "log_softmax", "softmax_cross_entropy", "sparse_softmax_cross_entropy"),
    )
    return run(request, Silence())


def worst(examined, function):
    return next(each for each in findings(examined) if each.functions == (function,) and each.severity == "defect")


def smoothed(examined):
    return next(each for each in findings(examined) if each.cause == "label smoothing by the length of the last axis")


def only(finding):
    """The conditions that are told as what it takes, by name."""
    return {(each.name, each.bound): (each.values, each.others) for each in finding.conditions if each.others}


@pytest.mark.slow
def test_an_axis_and_an_option_that_a_defect_takes_are_told_with_what_is_right(examined):
    finding = smoothed(examined)
    required = only(finding)
    assert required["axis", None] == (("1",), ("-1",))
    assert required["label_smoothing", None] == (("0.125",), (None,))
    assert all(each.is_apart for each in finding.conditions)
    words = trigger_words(finding)
    assert "only with axis=1, not in" in words
    assert "only with label_smoothing=0.125, not in" in words
    assert call_words(finding).startswith("axis=1, label_smoothing=0.125, shape (3, 7, 5)")


@pytest.mark.slow
def test_what_a_defect_takes_is_told_in_every_format(examined):
    finding = smoothed(examined)
    words, called = trigger_words(finding), call_words(finding)
    text = StringIO()
    Console(file=text, width=1000, color_system=None).print(record_view(examined))
    formats = {
        "terminal": text.getvalue(),
        "summary": summary(examined).replace("\\", ""),
        "page": html_report(examined, {}),
        "junit": junit(examined),
        "github": github_annotations(examined),
        "upstream": upstream_report(examined, finding, None).replace("\\", ""),
    }
    assert words
    for name, rendered in formats.items():
        assert words in rendered, name
        assert called in rendered, name


@pytest.mark.slow
def test_a_format_and_a_length_that_a_defect_takes_are_told(examined):
    required = only(worst(examined, "softmax"))
    assert required["dtype", None] == (("float16",), ("float32",))
    values, others = required["classes", "at least"]
    assert values == ("257",)
    assert max(map(int, others)) < 257


@pytest.mark.slow
def test_a_layout_that_a_defect_takes_is_told(examined):
    values, others = only(worst(examined, "log_softmax"))["layout", None]
    assert values == ("sliced",)
    assert set(others) == {"contiguous", "transposed"}


@pytest.mark.slow
def test_options_that_do_harm_together_are_both_told(examined):
    required = only(worst(examined, "sparse_softmax_cross_entropy"))
    assert required["label_smoothing", None] == (("0.125",), (None,))
    assert required["weight", None] == (("given",), (None,))


@pytest.mark.slow
def test_the_results_of_the_batches_of_a_finding_are_those_that_it_counts(examined):
    by_check = {check.id: {batch.batch: batch for batch in check.batches} for check in examined.checks}
    kinds = [each for each in examined.discrepancies if not each.quantity.startswith("property:")]
    assert kinds
    for each in kinds:
        assert sum(each.batches.values()) == each.count
        assert each.batch in each.batches
        assert all(count <= by_check[each.check][name].results for name, count in each.batches.items())
    for check in examined.checks:
        assert sum(batch.results for batch in check.batches) == check.elements


def batch(name="n=10", shape=(20, 10), layout="contiguous", results=200):
    return ExaminedBatch(name, shape, layout, results)


def asked(*batches, **changes):
    changes = {"parameters": {"axis": -1}, "severities": {}, "function": "softmax", **changes}
    return identified_check(**changes, batches=batches or (batch(),))


def _in_half_of_the_first_batch(owner):
    first = owner.batches[0]
    half = first.results // 2
    return identified_discrepancy(owner, count=half, batches={first.batch: half}, batch=first.batch)


def conditions(*checks, having):
    """Of one finding that some checks have: in half the results of their first batch."""
    discrepancies = tuple(_in_half_of_the_first_batch(each) for each in having)
    (finding,) = findings(record(*checks, *having, discrepancies=discrepancies))
    return finding


def test_what_nothing_was_examined_without_is_only_seen_with_it():
    finding = conditions(having=[asked(parameters={"axis": 1, "label_smoothing": hex_of(0.125)})])
    assert {(each.name, each.others) for each in finding.conditions} == {("axis", ()), ("label_smoothing", ())}
    assert trigger_words(finding) == ("seen with axis=1 and with label_smoothing=0.125; nothing was examined otherwise")


def test_what_came_together_in_every_call_is_told_as_not_examined_apart():
    both = asked(batch(layout="transposed"), parameters={"axis": 1})
    finding = conditions(asked(), having=[both])
    assert [(each.name, each.is_apart) for each in finding.conditions] == [("axis", False), ("layout", False)]
    assert "which were not examined apart" in trigger_words(finding)


def test_what_most_calls_have_is_no_condition_unless_a_call_differs_in_it_alone():
    smoothed = asked(parameters={"axis": -1, "label_smoothing": hex_of(0.125)}, input_class="options")
    finding = conditions(smoothed, having=[asked()])
    assert "label_smoothing" not in {each.name for each in finding.conditions}
    alike = asked(parameters={"axis": -1, "label_smoothing": hex_of(0.125)})
    finding = conditions(alike, having=[asked()])
    assert Condition("label_smoothing", (None,), ("0.125",), 200) in finding.conditions


def test_a_rare_failure_is_not_tied_to_where_it_happened_to_be_seen():
    rare = asked(batch("n=10"), batch("n=10/part=2", results=100_000))
    rare_discrepancy = identified_discrepancy(rare, count=1, batches={"n=10": 1}, batch="n=10")
    other = asked(dtype="float16")
    (finding,) = findings(record(rare, other, discrepancies=(rare_discrepancy,)))
    assert finding.conditions == ()


def test_calls_of_another_function_entry_point_or_quantity_say_nothing():
    others = [asked(dtype="float16", **{name: "another"}) for name in ("function", "entry_point", "quantity")]
    assert conditions(*others, having=[asked()]).conditions == ()


def test_what_was_not_judged_says_nothing():
    assert conditions(asked(batch(results=0), dtype="float16"), having=[asked()]).conditions == ()


def test_an_older_record_tells_conditions_by_its_checks():
    having = replace(asked(parameters={"axis": 1}), batches=())
    without = replace(asked(), batches=())
    (finding,) = findings(record(having, without, discrepancies=(identified_discrepancy(having),)))
    assert finding.conditions == (Condition("axis", ("1",), ("-1",), 10),)
    assert call_words(finding) == "axis=1"
