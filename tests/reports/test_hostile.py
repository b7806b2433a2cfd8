"""Whatever a record holds, it builds nothing: parsed, every format has the structure that it has with a plain word."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

import html5lib
import pytest
from markdown_it import MarkdownIt
from report_samples import HOSTILE, everything, poisoned
from text_structure import COMMAND, STEERING, shown_by_page, structure_of_html, structure_of_markdown

from logitproof.conformance.cli.output import print_text, show, shown_text
from logitproof.reports import (
    decode_record,
    encode_record,
    findings,
    github_annotations,
    html_report,
    junit,
    record_view,
    summary,
    upstream_report,
)
from logitproof.reports.renderers.markdown_text import code, escape, fenced, folded, table

HARMLESS = "word"
RECORDABLE = [text for text in HOSTILE if "\ud800" not in text]
"""No file can hold half a surrogate pair, and so no record."""
NAMES = [f"hostile {number}" for number in range(len(HOSTILE))]
every_text = pytest.mark.parametrize("text", HOSTILE, ids=NAMES)
every_recorded = pytest.mark.parametrize("text", RECORDABLE, ids=[NAMES[HOSTILE.index(text)] for text in RECORDABLE])
WORDS = [text for text in RECORDABLE if text.strip()]
"""Of a blank text an element, or a line, may be left out."""
every_word = pytest.mark.parametrize("text", WORDS, ids=[NAMES[HOSTILE.index(text)] for text in WORDS])


def _upstream(record, script):
    return "\n".join(upstream_report(record, finding, script) for finding in findings(record))


@every_recorded
def test_no_format_holds_a_character_that_steers(text):
    record = poisoned(everything(), text)
    for output in (
        shown_text(record_view(record, everything())),
        summary(record, everything()).replace("&#8203;", ""),
        junit(record),
        github_annotations(record),
        shown_by_page(html_report(record, {}, everything())),
        _upstream(record, "script"),
    ):
        assert STEERING.search(output) is None
        output.encode()


# HTML


@every_word
def test_the_page_is_built_as_with_a_plain_word(text):
    expected, code_run = structure_of_html(html_report(poisoned(everything(), HARMLESS), {}))
    elements, run = structure_of_html(html_report(poisoned(everything(), text), {}))
    assert run == code_run
    changed = {kind for kind in elements.keys() | expected.keys() if elements[kind] != expected[kind]}
    # An address in an explanation is a link to it, and a long text comes with places to break it.
    assert {tag for tag, _ in changed} <= ({"br", "wbr", "p", "a"} if "https://" in text else {"br", "wbr"})


# Markdown


@every_word
def test_a_summary_is_built_as_with_a_plain_word(text):
    expected = structure_of_markdown(summary(poisoned(everything(), HARMLESS), everything()))
    markdown = summary(poisoned(everything(), text), everything())
    assert len(markdown.encode()) < 65_536
    built = structure_of_markdown(markdown)
    if len(text) < 100:  # of longer ones fewer fit, and the rest are counted
        assert built == expected
    assert Counter(built).keys() <= {*expected}


@every_word
def test_an_upstream_report_is_built_as_with_a_plain_word(text):
    expected = structure_of_markdown(_upstream(poisoned(everything(), HARMLESS), "word"))
    assert structure_of_markdown(_upstream(poisoned(everything(), text), text[:1000])) == expected


@every_text
@pytest.mark.parametrize("around", ["{}", "- {}", "# {}", "**{}**", "**x**: {} y"])
@pytest.mark.parametrize("written", [escape, code], ids=["text", "code"])
def test_a_piece_of_markdown_is_text_wherever_it_stands(text, around, written):
    line = around.format(written(text))
    if written(text) and around != "**{}**":  # strong text cannot begin or end with a blank or punctuation
        assert structure_of_markdown(line) == structure_of_markdown(around.format(written(HARMLESS)))
    cells = table(("a", "b", "c"), [(written(text), written(text), "end")])
    assert structure_of_markdown(cells) == structure_of_markdown(table(("a", "b", "c"), [("x", "y", "end")]))


@every_text
def test_a_piece_of_markdown_shows_the_text_itself(text):
    """Rendered, escaped text and code read as what they were made of, cleaned."""
    read = MarkdownIt("commonmark", {"html": True}).enable("table")
    for written in (escape, code):
        page = html5lib.parse(read.render(written(text)), treebuilder="etree", namespaceHTMLElements=False)
        shown = "".join(page.itertext()).replace("\u200b", "").replace("\xa0", " ")
        assert shown.split() == re.sub(STEERING, "\ufffd", re.sub(r"[\n\r\t]", " ", _without_surrogates(text))).split()


def _without_surrogates(text):
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text)


@every_text
def test_nothing_ends_a_code_block_or_a_fold(text):
    (block,) = MarkdownIt().parse(fenced(text, "python"))
    assert block.type == "fence"
    assert block.info == "python"
    built = structure_of_markdown(folded(text, "content"))
    assert [kind if isinstance(kind, str) else kind[0] for kind in built] == [
        *("html_block", "paragraph_open", "paragraph_close", "html_block"),
    ]


# XML, commands and the terminal


@every_recorded
def test_junit_is_built_as_with_a_plain_word(text):
    expected = [each.tag for each in ET.fromstring(junit(poisoned(everything(), HARMLESS))).iter()]  # noqa: S314 - our own
    assert [each.tag for each in ET.fromstring(junit(poisoned(everything(), text))).iter()] == expected  # noqa: S314


@every_recorded
def test_annotations_are_the_commands_that_we_give_and_no_others(text):
    lines = github_annotations(poisoned(everything(), text)).split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(github_annotations(poisoned(everything(), HARMLESS)).splitlines())
    for line in lines:
        command = COMMAND.fullmatch(line)
        assert command is not None
        assert re.search(r"%(?!25|0D|0A|3A|2C)", line) is None
        assert "%3A" not in command[3]


@every_recorded
def test_a_log_of_the_terminal_format_gives_no_command(text, capsys, monkeypatch):
    for width in ("61", "80", "160"):
        monkeypatch.setenv("COLUMNS", width)
        show(record_view(poisoned(everything(), text), everything()))
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line.lstrip().startswith("::") or "##[" in line] == []
    assert STEERING.search(printed) is None


@every_recorded
def test_a_log_of_the_markdown_format_gives_no_command(text, capsys):
    print_text(summary(poisoned(everything(), text), everything()))
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line.lstrip().startswith("::") or "##[" in line] == []


@every_recorded
def test_the_record_comes_back_as_it_was(text):
    record = poisoned(everything(), text[:60_000])
    assert decode_record(encode_record(record)) == record


def test_no_record_holds_half_a_surrogate_pair():
    whole = encode_record(poisoned(everything(), HARMLESS))
    for half in (b"\\ud800", b"\xed\xa0\x80"):
        with pytest.raises(ValueError, match=r"not a record|codec"):
            decode_record(whole.replace(b"word", half))
