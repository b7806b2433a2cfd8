"""Every format of every kind of record, byte for byte. To accept a change: pytest --snapshot-update, read the diff."""

from __future__ import annotations

import pytest
from report_samples import cut_short, empty, everything, finished, older, poisoned
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from logitproof.conformance.cli.output import shown_text
from logitproof.reports import (
    encode_record,
    findings,
    github_annotations,
    html_report,
    junit,
    record_view,
    summary,
    upstream_report,
)

SHORT = "|`<script>alert(1)</script>\n::error::x ]]> \x1b[31m\u202e @me #1"
RECORDS = {
    "everything": everything,
    "finished": finished,
    "empty": empty,
    "incomplete": cut_short,
    "hostile": lambda: poisoned(everything(), SHORT),
}
SCRIPT = 'print("```")\n'


def _scripts(record):
    return {each.id: SCRIPT for each in record.discrepancies}


FORMATS = {
    "terminal.txt": lambda record: shown_text(record_view(record)),
    "summary.md": summary,
    "junit.xml": junit,
    "github.txt": github_annotations,
    "record.json": lambda record: encode_record(record).decode(),
    "report.html": lambda record: html_report(record, _scripts(record)),
    "upstream.md": lambda record: "".join(upstream_report(record, finding, SCRIPT) for finding in findings(record)),
}


@pytest.fixture
def kept(snapshot):
    """Compare with the file of a snapshot."""

    def compare(text, ending):
        settings = {"file_extension": ending, "_write_mode": WriteMode.TEXT}
        assert text == snapshot(extension_class=type("Kept", (SingleFileSnapshotExtension,), settings))

    return compare


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("which", RECORDS)
def test_a_record_is_told_as_before(which, name, kept):
    kept(FORMATS[name](RECORDS[which]()), name.rpartition(".")[2])


@pytest.mark.parametrize("name", FORMATS)
def test_a_record_is_told_the_same_again_and_is_not_changed(name):
    record = everything()
    before = encode_record(record)
    assert FORMATS[name](record) == FORMATS[name](record)
    assert encode_record(record) == before


def test_what_is_new_since_an_earlier_run_is_told_as_before(kept):
    record, earlier = finished(), older()
    kept(summary(record, earlier), "md")
    kept(shown_text(record_view(record, earlier)), "txt")
    kept(html_report(record, {}, earlier), "html")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_terminal_is_told_at_every_width(width, kept, monkeypatch):
    monkeypatch.setattr("logitproof.conformance.cli.output.PIPED_WIDTH", width)
    text = shown_text(record_view(everything()))
    assert max(map(len, text.splitlines())) <= width
    kept(text, "txt")
