"""Two settings of one backend: a worker whose framework is wrong in one of them, and nothing of the two is merged."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from comparison_samples import compared, comparison
from rich.console import Console
from worker_samples import module, softmax_batch

import logitproof.conformance.worker
from logitproof.conformance.backends import client
from logitproof.conformance.backends.bisection import BatchPart, CaseFailure, ExaminedCalls
from logitproof.conformance.backends.client import BackendSpec, Worker, parse_backend
from logitproof.conformance.backends.protocol import (
    EntryPoint,
    Failure,
    ProtocolError,
    Reply,
    read_hello,
)
from logitproof.conformance.compare.compare import compare
from logitproof.conformance.compare.runs import ComparedRun
from logitproof.conformance.corpus.source import BatchSource
from logitproof.conformance.errors import UserError
from logitproof.conformance.hunt.examiner import Examiner
from logitproof.conformance.inputs.witness import decode_witness, encode_witness, known_signatures, witness_of
from logitproof.conformance.judge.findings import settle
from logitproof.conformance.judge.job import Task
from logitproof.conformance.judge.tally import CheckTally, FailedCase, identity_of
from logitproof.conformance.run.option_calls import OptionCalls
from logitproof.conformance.run.plan import check_settings
from logitproof.conformance.run.progress import Silence
from logitproof.conformance.run.request import RunRequest, SettingChoice
from logitproof.conformance.run.run import run
from logitproof.conformance.scripts.of_discrepancy import reproduction_of
from logitproof.conformance.scripts.script import script_for
from logitproof.conformance.settings.baseline import WaiverAuthor, baseline_text
from logitproof.conformance.settings.settings import settings_in
from logitproof.properties import Stretch
from logitproof.reports import (
    Change,
    Setting,
    backend_title,
    decode_record,
    encode_record,
    findings,
    gate,
    html_report,
    junit,
    record_view,
    summary,
)
from logitproof.reports.comparison.groups import change_groups
from logitproof.reports.comparison.words import change_headline
from logitproof.reports.findings.headline import trigger_words
from logitproof.reports.findings.overview import rows, setting_titles
from logitproof.reports.findings.properties import property_titles
from logitproof.reports.gate.regression import Earlier

EAGER, PLANTED = Setting("eager", "cpu"), Setting("planted", "cpu")

KERNELS = """
import numpy as np

framework = "numpy"


def softmax(logits, *, axis):
    wide = logits.astype(np.float64)
    e = np.exp(wide - wide.max(axis, keepdims=True))
    return (e / e.sum(axis, keepdims=True)).astype(logits.dtype)
"""

DIES = """
    import os
    if "PLANTED" in os.environ:
        os.abort()
"""

MODE = '''

def planted(call, tensors):
    """Return a value that is one per cent too large."""
    import os

    os.environ["PLANTED"] = "1"
    value = call(**tensors)
    del os.environ["PLANTED"]
    return 1.01 * value


FRAMEWORK.modes["planted"] = Mode(planted, recorded)
'''


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    """A module whose workers offer a second mode, in which every value is one per cent too large."""
    folder = tmp_path_factory.mktemp("settings")
    worker = folder / "worker"
    shutil.copytree(Path(logitproof.conformance.worker.__file__).parent, worker)
    framework = worker / "frameworks" / "numpy.py"
    framework.write_text(framework.read_text(encoding="utf-8") + MODE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_WORKER_FOLDER", worker)
        yield module(folder, KERNELS)


def _run(kernels: BackendSpec, **asked: object):
    wanted = {"functions": ("softmax",), "dtypes": ("float32",), "profile": "smoke", "jobs": 1, **asked}
    return run(RunRequest((kernels.target,), **wanted), Silence())


@pytest.fixture(scope="module")
def record(kernels):
    return _run(kernels, modes=("eager", "planted"))


def _of(parts, setting):
    return [each for each in parts if each.setting == setting]


def test_what_is_wrong_in_one_setting_is_a_defect_of_that_one_alone(record):
    correct, wrong = _of(record.checks, EAGER), _of(record.checks, PLANTED)
    assert len(correct) == len(wrong) == len(record.checks) / 2
    assert not any(check.severities.keys() - {"convention"} for check in correct)
    assert all(check.severities["defect"] for check in wrong if check.elements)
    assert {discrepancy.severity for discrepancy in _of(record.discrepancies, EAGER)} <= {"convention"}
    assert {each.setting for each in record.discrepancies if each.kind == "beyond bound"} == {PLANTED}
    assert {each.setting for each in record.properties if each.status == "broken"} == {PLANTED}
    assert len(_of(record.properties, EAGER)) == len(_of(record.properties, PLANTED)) > 0


def test_the_two_settings_share_no_identity(record):
    for parts in (record.checks, record.properties, record.discrepancies):
        ids = [each.id for each in parts]
        assert len(set(ids)) == len(ids)
    identities = {
        (each.setting, each.function, each.quantity, each.input_class, str(each.parameters)) for each in record.checks
    }
    assert len(identities) == len(record.checks)


def test_the_first_setting_alone_gives_the_same_checks_as_beside_another(kernels, record):
    alone = _run(kernels)
    assert alone.checks == tuple(_of(record.checks, EAGER))
    assert {each.setting for each in alone.properties} == {EAGER}


def test_the_record_is_read_back_with_both(record):
    assert decode_record(encode_record(record)) == record


def test_a_comparison_pairs_each_with_itself(record):
    compared = compare(*[ComparedRun(record, None, "a run")] * 2)
    assert len(compared.checks) == len(record.checks)
    assert {each.id: each.setting for each in compared.checks} == {each.id: each.setting for each in record.checks}
    assert not any(each.is_regression for each in compared.checks)


def test_how_long_calls_took_is_told_apart(record):
    (seconds,) = record.run.seconds.values()
    assert list(seconds) == ["softmax", "softmax, planted on cpu"]


def test_a_finding_says_in_which_setting_it_is(record):
    by_kind = {kind: each for each in findings(record) for kind in each.kinds if not each.is_of_property}
    assert trigger_words(by_kind["beyond bound"]).startswith("only in planted, not in ")
    assert any("in planted on cpu" in trigger_words(each) for each in findings(record) if each.is_of_property)
    assert "only in planted" in summary(record)
    assert junit(record).count("planted") > 1


def test_the_tables_of_a_report_have_each_setting_apart(record):
    titles = [f"{backend_title(record.checks[0])}, {setting}" for setting in (EAGER, PLANTED)]
    console = Console(width=200, file=StringIO())
    console.print(record_view(record))
    for text in (console.file.getvalue(), summary(record)):
        assert all(title in text for title in titles)
    assert setting_titles(record.checks) == property_titles(record.properties) == titles
    correct, wrong = (rows(record.checks, title) for title in titles)
    assert not any(row.severities.get("defect") for row in correct)
    assert all(row.severities.get("defect") for row in wrong)
    assert all(title in html_report(record, {}) for title in titles)


def test_a_script_is_refused_where_it_cannot_spell_the_setting(record):
    (backend,) = record.backends
    discrepancy = next(each for each in record.discrepancies if each.kind == "beyond bound")
    with pytest.raises(ValueError, match="no script for mode 'planted' on device 'cpu': scripts call numpy eager on"):
        script_for(reproduction_of(discrepancy, backend))
    assert "softmax" in script_for(reproduction_of(replace(discrepancy, mode="eager"), backend))


def test_what_was_lost_is_told_of_its_setting(record):
    lost = [replace(check, elements=0, status="crash", reason="it died") for check in _of(record.checks, PLANTED)]
    later = replace(record, checks=(*_of(record.checks, EAGER), *lost))
    (loss,) = Earlier(record).losses(later)
    assert "planted on cpu" in loss.words
    assert Earlier(record).losses(record) == ()


def test_a_group_of_changes_says_in_which_settings_they_are():
    both = [compared(Change("farther", 3, None), mode=each.mode, device=each.device) for each in (EAGER, PLANTED)]
    (group,) = change_groups(comparison(*both))
    assert change_headline(group).endswith("(float32; eager on cpu, planted on cpu)")
    one = [both[1], compared(Change("identical", 3, None))]
    (group,) = change_groups(comparison(*one))
    assert change_headline(group).endswith("(float32; planted on cpu)")
    (alone,) = change_groups(comparison(both[0]))
    assert change_headline(alone).endswith("(float32)")


@pytest.mark.usefixtures("kernels")
def test_what_dies_in_one_setting_is_still_asked_in_the_other(tmp_path):
    source = KERNELS.replace("    wide =", DIES + "    wide =", 1)
    record = _run(module(tmp_path, source), modes=("planted", "eager"), properties=(), inputs=None)
    statuses = {setting: {check.status for check in _of(record.checks, setting)} for setting in (EAGER, PLANTED)}
    assert statuses[EAGER] == {"examined", "unsupported"}
    assert "crash" in statuses[PLANTED]


@pytest.mark.usefixtures("kernels")
def test_a_finding_of_both_settings_says_so(tmp_path):
    source = KERNELS.replace("e.sum(axis, keepdims=True)", "(1.05 * e.sum(axis, keepdims=True))")
    record = _run(module(tmp_path, source), modes=("eager", "planted"))
    for finding in findings(record):
        settings = {discrepancy.setting for discrepancy in finding.discrepancies}
        words = trigger_words(finding)
        assert settings == {EAGER, PLANTED}
        assert ("eager on cpu or planted on cpu" if finding.is_of_property else "in eager or planted") in words


def test_an_option_counts_as_called_where_every_setting_was_called_with_it():
    entry = EntryPoint("softmax", "softmax", ("axis",), ("logits",), ())
    batch = softmax_batch([[0.0, 1.0], [2.0, 3.0]], axis=0)
    answered = ExaminedCalls((BatchPart(batch, (0, 1), Reply()),))
    lacking = ExaminedCalls((), (CaseFailure((0, 1), ("value",), Failure("unsupported", "UnsupportedError", "")),))
    for first, second, called in (
        (answered, answered, ("axis",)),
        (answered, ExaminedCalls(()), ("axis",)),
        (answered, lacking, ("axis",)),
    ):
        options = OptionCalls()
        for setting, examined in ((EAGER, first), (PLANTED, second)):
            options.take_in(batch, Task("kernels", entry, setting, ("value",), {}), examined)
        (options_called,) = options.of("kernels", (entry,))
        assert (options_called.accepted, options_called.called) == (("axis",), called)
    options = OptionCalls()
    options.take_in(batch, Task("kernels", entry, EAGER, ("value",), {}), answered)
    batch = softmax_batch([[0.0, 1.0]])
    options.take_in(
        batch, Task("kernels", entry, PLANTED, ("value",), {}), ExaminedCalls((BatchPart(batch, (0,), Reply()),))
    )
    assert options.of("kernels", (entry,))[0].called == ()


def test_what_one_setting_implements_says_nothing_of_another():
    batch = softmax_batch([[0.0, 1.0]])
    entry = EntryPoint("softmax", "softmax", ("axis",), ("logits",), ())
    failure = Failure("not implemented", "NotImplementedError", "no kernel for float32")
    correct, lacking = (
        CheckTally(identity_of("kernels", "softmax", each, batch, "value"), entry) for each in (EAGER, PLANTED)
    )
    correct.answered = True
    lacking.fail(FailedCase(BatchSource.of(batch), 0, failure, is_valid=True))
    assert settle([correct, lacking]) == []
    assert [each.kind for each in lacking.omitted] == ["not implemented"]


def _gated(record, **changes):
    (waiver,) = settings_in(
        """
        [[waiver]]
        function = "softmax"
        backend = "kernels"
        versions = ""
        kind = "beyond bound"
        cause = ""
        max-results = 1000000
        reason = "planted"
        """,
        "logitproof.toml",
    )["waiver"]
    return gate(record, (replace(waiver, **changes),), "defect", strict=False, today=date(2026, 1, 1))


@pytest.mark.parametrize(("changes", "waived"), [({"mode": "planted"}, True), ({"mode": "eager"}, False), ({}, True)])
def test_a_waiver_names_a_setting_or_all(record, changes, waived):
    causes = tuple({discrepancy.cause or "" for discrepancy in record.discrepancies})
    gate = _gated(record, causes=causes, **changes)
    of_value = {each.item.check for each in gate.waived}
    wrong = {each.check for each in record.discrepancies if each.kind == "beyond bound" and each.severity == "defect"}
    assert of_value == (wrong if waived else set())
    assert {each.item.setting for each in gate.waived} == ({PLANTED} if waived else set())


def test_a_baseline_names_the_settings_where_there_are_several(kernels, record):
    every = gate(record, (), "defect", strict=False, today=date(2026, 1, 1))
    text = baseline_text([each.item for each in every.gating], WaiverAuthor())
    assert text.count('mode = "planted"\ndevice = "cpu"') == text.count('mode = "planted"') > 0
    waivers = settings_in(text, "logitproof.toml")["waiver"]
    assert gate(record, waivers, "defect", strict=True, today=date(2026, 1, 1)).status == 0
    alone = gate(_run(kernels, modes=("planted",)), (), "defect", strict=False, today=date(2026, 1, 1))
    assert alone.gating
    assert "mode = " not in baseline_text([each.item for each in alone.gating], WaiverAuthor())


def test_a_witness_keeps_its_setting_and_an_older_one_stands_for_all(kernels):
    batch = softmax_batch([[0.0, 1.0, 2.0]])
    with Worker.start(kernels) as worker:
        hellos = {"kernels": worker.hello}
        examiner = Examiner({"kernels": worker}, hellos, (), lambda _: None, SettingChoice(modes=("eager", "planted")))
        defects = examiner.examine(batch, {}).defects
    assert {each.setting for each in defects if each.kind == "beyond bound"} == {PLANTED}
    offered = {"kernels": (EAGER, PLANTED)}
    discrepancy = _run(kernels, modes=("planted",)).discrepancies[0]
    witness = witness_of(batch, discrepancy)
    assert decode_witness(encode_witness(witness)) == witness
    assert [each.setting for each in known_signatures([witness], offered)] == [PLANTED]
    older = decode_witness(encode_witness(witness).replace(b',\n"mode": "planted",\n"device": "cpu"', b""))
    assert older.setting is None
    assert [each.setting for each in known_signatures([older], offered)] == [EAGER, PLANTED]
    assert b'"mode"' not in encode_witness(older)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"modes": ("eager", "plnted")}, "unknown mode 'plnted': kernels has eager on cpu, planted on cpu"),
        ({"devices": ("cuda",)}, "unknown device 'cuda': kernels has eager on cpu, planted on cpu"),
    ],
)
def test_a_setting_that_no_backend_has_is_refused_in_one_line(kernels, asked, words):
    with pytest.raises(UserError) as caught:
        _run(kernels, **asked)
    assert str(caught.value) == words


def test_a_backend_without_the_setting_is_named_in_a_line(kernels):
    with Worker.start(kernels) as worker:
        hellos = {"kernels": worker.hello, "others": replace(worker.hello, settings=(EAGER,))}
    notes = []
    check_settings(RunRequest((), modes=("planted",)), hellos, notes.append)
    assert notes == ["others is not examined: it has eager on cpu only"]
    check_settings(RunRequest(()), hellos, pytest.fail)


@pytest.mark.framework("torch")
def test_training_in_one_mode_says_nothing_of_another(tmp_path, monkeypatch):
    worker = tmp_path / "worker"
    shutil.copytree(Path(logitproof.conformance.worker.__file__).parent, worker)
    framework = worker / "frameworks" / "torch.py"
    mode = 'FRAMEWORK.modes["planted"] = Mode(computed, recorded)\n'
    framework.write_text(framework.read_text(encoding="utf-8") + mode, encoding="utf-8")
    monkeypatch.setattr(client, "_WORKER_FOLDER", worker)
    ones = np.ones((4, 3), np.float32)
    stretch = Stretch(
        ones, np.array([0, 1, 2, 2]), np.array([[0, 1], [2, 3]]), np.zeros((3, 3), np.float32), ones[0], 0.5
    )
    with Worker.start(parse_backend("torch")) as started:
        assert started.hello.settings == (EAGER, PLANTED)
        assert started.train(stretch).failure is None
        failure = started.train(stretch, PLANTED).failure
    assert (failure.kind, failure.message) == ("unsupported", "it has no way to be trained")


def test_a_setting_that_is_not_offered_has_no_answer(kernels):
    with Worker.start(kernels) as worker:
        answer = worker.evaluate(softmax_batch([[0.0, 1.0]]), "softmax", ["value"], setting=Setting("planted", "cuda"))
    assert (answer.failure.kind, answer.failure.message) == (
        "unsupported",
        "numpy has no mode 'planted' on device 'cuda'",
    )


OFFERED = (Setting("a", "x"), Setting("b", "x"), Setting("a", "y"), Setting("c", "y"))


@pytest.mark.parametrize(
    ("modes", "devices", "chosen"),
    [
        ((), (), (0,)),
        (("a",), (), (0,)),
        (("b", "a"), (), (0, 1)),
        (("c",), (), (3,)),
        ((), ("y",), (2,)),
        ((), ("x", "y"), (0, 2)),
        (("a", "b"), ("x", "y"), (0, 1, 2)),
        (("b",), ("y",), ()),
        (("d",), (), ()),
    ],
)
def test_what_is_named_is_chosen_and_what_is_not_is_the_first(modes, devices, chosen):
    assert SettingChoice(modes, devices).among(OFFERED) == tuple(OFFERED[index] for index in chosen)


@pytest.fixture(scope="module")
def header(tmp_path_factory):
    """What a worker tells of itself, as it is sent."""
    headers = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_WORKER_FOLDER", Path(logitproof.conformance.worker.__file__).parent)
        patch.setattr(client, "read_hello", lambda header: headers.append(header) or read_hello(header))
        with Worker.start(module(tmp_path_factory.mktemp("hello"), KERNELS)):
            pass
    return headers[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ([], "settings must be a list of one or more"),
        (("eager", "cpu"), "settings must be a list"),
        ([["eager", "cpu"]], "a setting must be a mode and a device"),
        ([{"mode": "eager"}], "a setting must be a mode and a device"),
        ([{"mode": "eager", "device": ""}], "a setting must be a mode and a device"),
        ([{"mode": "eager", "device": 0}], "a setting must be a mode and a device"),
        ([{"mode": "eager", "device": "cpu", "stage": "1"}], "a setting must be a mode and a device"),
        ([{"mode": "eager", "device": "cpu"}] * 2, "a setting is offered twice: eager on cpu, eager on cpu"),
    ],
)
def test_a_hello_is_read_strictly(settings, words, header):
    assert read_hello(header).settings == (EAGER,)
    with pytest.raises(ProtocolError, match=words):
        read_hello({**header, "settings": settings})
