"""`logitproof run` with a gate: its status, its pages, and what is refused before anything is examined."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_samples import identified_check
from record_samples import record
from waiver_samples import SIGNATURE, gated, known

from logitproof.conformance.cli.main import main
from logitproof.conformance.corpus.corpus import CORPUS_VERSION
from logitproof.conformance.settings.baseline import baseline_text
from logitproof.reports import encode_record

RUN = ("run", "--backend", "numpy")


def _of_this_corpus(record):
    return replace(record, corpus=replace(record.corpus, version=CORPUS_VERSION))


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Let a run give `known`, in an empty folder; return the requests that were made."""
    requests = []

    def fake(request, _progress, _store):
        requests.append(request)
        return _of_this_corpus(known())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("logitproof.conformance.cli.run.run", fake)
    monkeypatch.setattr("logitproof.conformance.cli.run.check_backend", lambda _name, _usable: None)
    return requests


@pytest.fixture
def waived(run, tmp_path):
    """So, in a folder with the waivers for it; return where they are."""
    assert run == []
    text = baseline_text([each.item for each in gated(known(), ()).gating], replace(SIGNATURE, expires=None))
    (tmp_path / "logitproof.toml").write_text(text)
    return tmp_path / "logitproof.toml"


@pytest.mark.usefixtures("run")
def test_a_run_with_defects_gates():
    assert main(RUN) == 1


def test_a_run_whose_defects_are_waived_passes_and_its_pages_say_so(waived, capsys):
    assert main(RUN) == 0
    assert "; waived: 1 defect (2 results), 1 broken property." in capsys.readouterr().out
    folder = waived.parent / "logitproof-report"
    for name in ("summary.md", "junit.xml", "report.html"):
        assert f"waiver 1 (check {identified_check().id})" in (folder / name).read_text().replace("<wbr>", ""), name
    assert "waiver" not in (folder / "record.json").read_text()


@pytest.mark.usefixtures("waived")
@pytest.mark.parametrize(("words", "status"), [(("--fail-on", "weakness"), 1), (("--strict",), 0), ((), 0)])
def test_options_have_their_say(words, status):
    assert main([*RUN, *words]) == status


def test_stale_waivers_gate_where_the_run_is_strict(waived):
    waived.write_text(waived.read_text().replace(identified_check().id, "0" * 16).replace('"beyond bound"', '"nan"'))
    words = ("--profile", "smoke", "--fail-on", "regression", "--since", _earlier(waived.parent))
    assert main([*RUN, *words]) == 0
    assert main([*RUN, *words, "--strict"]) == 1


def _earlier(folder, earlier=None):
    (folder / "older.json").write_bytes(encode_record(_of_this_corpus(earlier or known())))
    return "older.json"


@pytest.mark.usefixtures("run")
def test_regressions_are_those_since_the_named_run_and_the_pages_compare_with_it(tmp_path):
    clean = replace(record(identified_check(severities={})), run=replace(known().run, started="2025-12-24T00:00:00Z"))
    profile = ("--profile", "smoke", "--fail-on", "regression")
    assert main([*RUN, *profile, "--since", _earlier(tmp_path)]) == 0
    assert main([*RUN, *profile, "--since", _earlier(tmp_path, clean)]) == 1
    assert "Since the run of 2025-12-24T00:00:00Z" in (tmp_path / "logitproof-report" / "summary.md").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--fail-on", "regression"), "--fail-on regression needs the record of an earlier run: --since OLD"),
        (("--fail-on", "regresion"), "unknown --fail-on 'regresion': did you mean 'regression'?"),
        (("--since", "missing.json"), "--since: missing.json: No such file or directory"),
        (("--since", "other.json", "--fail-on", "regression"), "what is graver could not be told"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_examined(run, words, message, tmp_path, capsys):
    other = replace(known(), corpus=replace(known().corpus, profile="nightly"))
    (tmp_path / "other.json").write_bytes(encode_record(other))
    assert main([*RUN, *words]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert run == []
    assert not (tmp_path / "logitproof-report").exists()
