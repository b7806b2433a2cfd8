"""Every format tells what is waived and by which waiver, what is not and why, and which waivers are stale."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import html5lib
import pytest
import xmlschema
from checkout import EXPECTED
from page_samples import identified_check, identified_discrepancy, stated
from record_samples import record
from report_samples import HOSTILE, everything, finished, many, poisoned
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from text_structure import STEERING
from waiver_samples import TODAY, gated, known, waivers_for, wide

from logitproof.conformance.cli.output import shown_text
from logitproof.reports import gate_notes, github_annotations, html_report, junit, record_view, summary, verdict

SCHEMA = xmlschema.XMLSchema(EXPECTED / "junit.xsd")
FORMATS = {
    "terminal.txt": lambda run, gate: shown_text(record_view(run, None, gate)),
    "summary.md": lambda run, gate: summary(run, gate=gate),
    "junit.xml": junit,
    "github.txt": github_annotations,
    "report.html": lambda run, gate: html_report(run, {}, None, gate),
}
PAGES = [name for name in FORMATS if name != "report.html"]


def _all_waived():
    link = "https://github.com/pytorch/pytorch/issues/1"
    return known(), gated(known(), [replace(each, link=link) for each in waivers_for(known())])


def _partly():
    """One waived, one that goes further than its waiver, one stale and one expired waiver."""
    waivers = (
        wide(max_results=1, reason="one result is known"),
        replace(waivers_for(known())[1], number=2),
        wide(number=3, check="0" * 16, owner="a team"),
        wide(number=4, expires=TODAY - timedelta(days=1)),
    )
    return known(), gated(known(), waivers)


def _strict():
    run, stale = known(), wide(number=9, check="0" * 16, reason="nobody knows")
    return run, gated(run, (*waivers_for(run), stale), strict=True)


def _weak():
    return known(), gated(known(), waivers_for(known()), "weakness")


def _worse():
    owner = identified_check(severities={"defect": 2})
    bad = identified_discrepancy(owner, kind="nan")
    gone = record(identified_check(severities={}))
    gone = replace(gone, backends=tuple(replace(each, entry_points=("torch.gone",)) for each in gone.backends))
    now = record(owner, discrepancies=(bad,))
    return now, gated(now, (), "regression", earlier=gone)


SAMPLES = {"waived": _all_waived, "partly": _partly, "strict": _strict, "weakness": _weak, "regression": _worse}


def _words_of(name, text):
    """What a reader sees, without the marks of the format."""
    if name == "report.html":
        page = html5lib.parse(text.replace("<wbr>", ""), treebuilder="etree", namespaceHTMLElements=False)
        text = " ".join("".join(each.itertext()) for each in page.iter("body"))
    if name == "junit.xml":
        text = " ".join(
            part
            for each in ET.fromstring(text).iter()  # noqa: S314 - our own
            for part in (each.text or "", each.get("message", ""), each.get("type", ""))
        )
    return " ".join(text.replace("\\", "").replace("&#8203;", "").replace("%3A", ":").replace("%0A", " ").split())


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("which", SAMPLES)
def test_a_gate_is_told_as_before(which, name, snapshot):
    run, gate = SAMPLES[which]()
    settings = {"file_extension": name.rpartition(".")[2], "_write_mode": WriteMode.TEXT}
    kept = snapshot(extension_class=type("Kept", (SingleFileSnapshotExtension,), settings))
    assert FORMATS[name](run, gate) == kept


@pytest.mark.parametrize(
    ("make", "name"),
    [
        pytest.param(make, name, marks=[pytest.mark.slow] if make is many else [])
        for make in (finished, everything, known, many)
        for name in FORMATS
        if make is not many or name not in {"report.html", "junit.xml"}  # the same as a smaller one, and very slow
    ],
)
def test_without_waivers_every_format_is_what_it_was(make, name):
    run = make()
    assert FORMATS[name](run, gated(run, ())) == FORMATS[name](run, None)


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_waived_is_there_all_the_same_with_its_waiver(name):
    run, gate = _all_waived()
    text = _words_of(name, FORMATS[name](run, gate))
    for each in run.discrepancies:
        if each.severity == "defect" and each.cause:
            assert (each.id in text) or name == "junit.xml"
    for entry in gate.waived:
        for waiver in entry.waivers:
            assert waiver.name in text
    for words in ("waived", "known", "kernels@example.org", "2027-06-30"):
        assert words in text, words


@pytest.mark.parametrize("name", FORMATS)
def test_why_a_waiver_does_not_cover_and_which_are_stale_is_told(name):
    run, gate = _partly()
    text = _words_of(name, FORMATS[name](run, gate))
    for words in ("2 results, at most 1", "nothing was examined that it names", "its last day was 2026-11-20"):
        assert words in text, words
    assert f"waiver 1 (check {identified_check().id})" in text
    assert "waiver 3 (check 0000000000000000)" in text
    assert "a team" in text


def test_the_first_line_says_how_much_is_waived_and_stale():
    assert verdict(*_all_waived()) == (
        "PASS: 1 defect (2 results), 1 weakness (3 results), 1 broken property; "
        "waived: 1 defect (2 results), 1 broken property."
    )
    assert verdict(*_partly()).startswith("FAIL: 1 defect (2 results), ")
    assert verdict(*_partly()).endswith("; waived: 1 broken property; 3 stale waivers.")
    assert verdict(*_strict()).startswith("FAIL: ")
    assert verdict(*_strict()).endswith("; 1 stale waiver.")


def _counts(text):
    root = ET.fromstring(text)  # noqa: S314 - our own
    return {kind: int(root.get(kind)) for kind in ("failures", "errors")}, [
        each.get("type") for each in root.iter("skipped")
    ]


def test_junit_skips_what_is_waived_and_fails_on_the_rest():
    assert _counts(junit(*_all_waived())) == ({"failures": 0, "errors": 0}, ["waived", "waived"])
    assert _counts(junit(*_partly())) == ({"failures": 1, "errors": 0}, ["waived"])
    assert _counts(junit(*_strict())) == ({"failures": 1, "errors": 0}, ["waived", "waived"])
    failing, skipped = _counts(junit(*_weak()))
    assert (failing, skipped) == ({"failures": 1, "errors": 0}, ["waived"])
    assert _counts(junit(*_worse()))[0] == {"failures": 2, "errors": 0}


@pytest.mark.parametrize("which", SAMPLES)
def test_junit_fits_the_schema_of_ci_servers(which):
    SCHEMA.validate(junit(*SAMPLES[which]()))


def test_a_crash_that_is_waived_is_no_error_of_the_test_run():
    owner = identified_check(status="crash", reason="exit status 11", severities={"defect": 1}, elements=0, tiers={})
    run = record(owner, discrepancies=(identified_discrepancy(owner, kind="crash", count=1),))
    assert _counts(junit(run))[0] == {"failures": 0, "errors": 1}
    gate = gated(run, (wide(kind="crash", causes=("",)),))
    assert _counts(junit(run, gate)) == ({"failures": 0, "errors": 0}, ["waived"])


def _levels(text):
    return [line.split(" ")[0].strip(":") for line in text.splitlines()]


def test_annotations_are_errors_for_what_gates_and_notices_for_what_is_waived():
    assert _levels(github_annotations(*_all_waived())) == ["warning", "notice", "notice"]
    assert sorted(_levels(github_annotations(*_partly()))) == ["error", "notice", "warning", "warning"]
    assert "error" in _levels(github_annotations(*_strict()))
    assert _levels(github_annotations(*_weak())) == ["error", "notice", "notice"]


def test_what_gates_comes_before_what_is_waived_where_room_is_scarce():
    run = many(3000)
    waivers = waivers_for(run)[:-1]
    gate = gated(run, waivers)
    (left,) = gate.gating
    for name in ("terminal.txt", "summary.md", "github.txt"):
        text = FORMATS[name](run, gate)
        assert left.item.discrepancies[0] in text, name
        assert len(text.encode()) < 65_536


def test_the_page_says_whether_to_rely_on_it_but_for_what_is_waived():
    text = _words_of("report.html", html_report(known(), {}, None, _all_waived()[1]))
    assert "Yes, in what was examined, but for what is waived" in text
    assert "What gates" not in text
    assert "1 finding, the gravest first" in _words_of("report.html", html_report(known(), {}, None, _partly()[1]))
    assert "waivers that waive nothing do" in _words_of("report.html", html_report(known(), {}, None, _strict()[1]))


RECORDABLE = [text for text in HOSTILE if text.strip() and "\ud800" not in text]


@pytest.mark.parametrize("text", RECORDABLE, ids=range(len(RECORDABLE)))
@pytest.mark.parametrize("which", ["partly", "strict", "regression"])
def test_no_text_of_a_waiver_or_a_record_acts_in_any_format(which, text):
    run, gate = SAMPLES[which]()
    bad_run, bad = poisoned(run, text), replace(poisoned(gate, text), fail_on=gate.fail_on)
    page = html_report(bad_run, {}, None, bad)
    harmless_page = html_report(poisoned(run, "word"), {}, None, replace(poisoned(gate, "word"), fail_on=gate.fail_on))
    assert page.count("<script") == harmless_page.count("<script")
    assert re.search(r"href=\"(?!#|https?://)", page) is None
    SCHEMA.validate(junit(bad_run, bad))
    for line in github_annotations(bad_run, bad).splitlines():
        assert re.fullmatch(r"::(error|warning|notice) title=[^:,]*::.*", line)
    for name in ("terminal.txt", "summary.md"):
        assert STEERING.search(FORMATS[name](bad_run, bad).replace("\n", "")) is None
    assert "##[" not in summary(bad_run, gate=bad)


def test_broken_properties_without_a_case_are_told_too():
    run = replace(record(identified_check(severities={})), properties=(stated(),))
    gate = gated(run, waivers_for(run))
    for name, form in FORMATS.items():
        assert gate.waived[0].waivers[0].name in _words_of(name, form(run, gate)), name


def test_the_notes_of_a_gate_name_every_waiver_and_count_the_rest():
    notes = " | ".join(gate_notes(_partly()[1]))
    for words in ("waiver 1 (check", "does not waive it: 2 results, at most 1", "waived: ", "stale: waiver 3 (check 0"):
        assert words in notes, words
    run = many(1200)
    shortened = gate_notes(gated(run, waivers_for(run)), most=3)
    assert len(shortened) == 4
    assert shortened[-1] == "… and 37 more of these"
    assert gate_notes(gated(known(), ())) == ()
