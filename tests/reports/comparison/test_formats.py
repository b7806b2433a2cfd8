"""A comparison as Markdown, JUnit XML and annotations: what is told, how much, and that text of others is text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree as ET

import junitparser
import pytest
import xmlschema
from checkout import EXPECTED
from comparison_page_samples import many, sample, worded
from comparison_samples import SAMPLES, change, changed, compared, comparison, incomplete, regressed, safe
from report_samples import HOSTILE
from text_structure import COMMAND, STEERING, structure_of_markdown

from logitproof.conformance.cli.output import print_text
from logitproof.reports import (
    EntryPointChange,
    Timing,
    comparison_github,
    comparison_junit,
    comparison_markdown,
    hex_of,
)
from logitproof.reports.comparison.groups import change_groups, kind_tallies
from logitproof.reports.comparison.words import (
    change_headline,
    outcome_sentence,
    outcome_sentences,
    result_words,
    seconds_words,
    slowest_first,
    speed_words,
)

SCHEMA = xmlschema.XMLSchema(EXPECTED / "junit.xsd")
RECORDABLE = [text for text in HOSTILE if "\ud800" not in text]
"""No file can hold half a surrogate pair, and so no comparison."""
ALL = {**SAMPLES, "rich": sample, "nothing": comparison}

every_text = pytest.mark.parametrize("text", RECORDABLE, ids=range(len(RECORDABLE)))
every_sample = pytest.mark.parametrize("name", ALL)


# Groups


def test_changes_of_one_kind_of_one_quantity_of_an_entry_point_are_one_group():
    groups = change_groups(sample())
    keys = [(group.backend, group.entry_point, group.quantity, group.kind) for group in groups]
    assert len(keys) == len(set(keys))
    sigmoid = next(group for group in groups if group.kind == "regressed" and group.function == "sigmoid")
    assert (sigmoid.elements, sigmoid.checks, sigmoid.modes) == (15, 2, ("eager", "compiled"))
    assert all(group.kind != "identical" for group in groups)


def test_groups_stand_in_the_order_of_their_gravity():
    weights = [group.weight for group in change_groups(sample())]
    assert weights == sorted(weights, key=["worse", "changed", "better"].index)
    largest = [change("farther", 1, ulps=hex_of(2.0**power)) for power in (3, 9, 6)]
    three_farther = comparison(*(compared(each, entry_point=f"f{number}") for number, each in enumerate(largest)))
    assert [group.entry_point for group in change_groups(three_farther)] == ["f1", "f2", "f0"]


def test_a_group_shows_the_simplest_input_and_the_largest_change():
    small = compared(change("regressed", 1, inputs={}, ulps=hex_of(8.0)))
    large = compared(change("regressed", 1, ulps=hex_of(512.0)), input_class="large")
    (group,) = change_groups(comparison(large, small))
    assert group.simplest.check is small
    assert group.largest.check is large


def test_an_error_that_gave_way_to_a_wrong_number_is_no_improvement():
    wrong = compared(change("gone error", 1, after_severity="defect"))
    correct = compared(change("gone error", 1), input_class="right")
    assert [group.weight for group in change_groups(comparison(correct, wrong))] == ["changed", "better"]


def test_another_dtype_is_worse_where_it_made_a_defect():
    for severity, weight in (("defect", "worse"), (None, "changed")):
        (group,) = change_groups(comparison(compared(change("dtype or shape changed", 1, after_severity=severity))))
        assert group.weight == weight


def test_classes_are_counted_by_checks_and_results_and_largest_errors_are_not_counted_as_results():
    farther = next(tally for tally in kind_tallies(sample()) if tally.kind == "farther")
    assert (farther.checks, farther.elements) == (3, 305)
    (softplus,) = (group for group in change_groups(sample()) if group.function == "softplus")
    assert (softplus.checks, softplus.elements) == (1, 0)


# Words


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (safe(), "43 results of 1 check became better; 1,957 results are the same, bit for bit."),
        (comparison(compared(change("identical", 9))), "All 9 results that were compared are the same, bit for bit."),
        (comparison(), "Nothing was compared: this is not a pass."),
        (
            comparison(compared(change("identical", 0), by_element=False, elements=0)),
            "The largest errors of all 1 checks that were compared are the same.",
        ),
        (
            comparison(compared(change("regressed", 2), change("new error", 1), change("identical", 4))),
            "3 results of 1 check became worse; 4 results are the same, bit for bit.",
        ),
        (
            comparison(entry_points=(EntryPointChange("removed", "torch", "torch.x", ""),)),
            "1 entry point gone.",
        ),
    ],
)
def test_what_was_found_is_one_sentence(of, words):
    assert outcome_sentence(of) == words


def test_the_sentence_is_the_gravest_part_and_the_rest():
    first, rest = outcome_sentences(sample())
    assert first == "539 results of 4 checks became worse, 1 property newly broken, 1 entry point gone."
    assert rest.startswith("Besides, 1,310 results of 5 checks changed otherwise, 1 entry point renamed, ")
    assert outcome_sentence(sample()) == f"{first[:-1]}; {rest.removeprefix('Besides, ')}"


def test_a_headline_says_what_became_of_what():
    said = [change_headline(group) for group in change_groups(sample())]
    assert said[0] == (
        "gradient by logits of torch.nn.functional.cross_entropy is NaN or infinite now where it was a number "
        "(float32; eager on cpu)"
    )
    assert "value of torch.sigmoid became a defect (float32; eager on cpu, compiled on cpu)" in said
    assert any(words.endswith("is within bounds, no more a weakness (float32)") for words in said)


@pytest.mark.parametrize(
    ("text", "dtype", "words"),
    [
        ("0x1p-1", "float32", "0.5"),
        ("0x1.999999999999ap-4", "float32", "0.1"),
        ("nan:0x7fc00000", "float32", "nan"),
        ("inf", "float32", "inf"),
        ("ValueError: no", "float32", "ValueError: no"),
        ("0x1p-1", "no dtype", "0.5"),
    ],
)
def test_a_result_is_told_as_a_decimal_whatever_its_dtype(text, dtype, words):
    assert result_words(text, dtype) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (2.5e-9, "2.5 ns"),
        (1e-6, "1 µs"),
        (0.0125, "12.5 ms"),
        (0.9996, "1 s"),
        (90.0, "90 s"),
        (5000.0, "5,000 s"),
        (float("inf"), "unknown"),
    ],
)
def test_seconds_have_the_unit_that_fits(seconds, words):
    assert seconds_words(hex_of(seconds)) == words


def test_what_became_slower_comes_first_and_what_has_no_ratio_last():
    pairs = {"same": (1, 1), "slower": (1, 3), "none": (0, 1), "faster": (2, 1)}
    timings = [Timing("torch", name, hex_of(float(a)), hex_of(float(b))) for name, (a, b) in pairs.items()]
    assert [timing.entry_point for timing in slowest_first(timings)] == ["slower", "same", "faster", "none"]
    assert [speed_words(timing) for timing in timings] == [
        "1 times as long",
        "3 times as long",
        "",
        "0.5 times as long",
    ]


# Markdown


@every_sample
def test_the_first_line_is_the_verdict(name):
    of = ALL[name]()
    first, second, third, *_ = comparison_markdown(of).splitlines()
    assert first == f"verdict: {of.outcome}"
    assert second == ""
    assert third.startswith("# " if of.complete else "**Incomplete: not both runs came to their end")


def test_markdown_tells_everything_that_there_is_to_decide_by():
    text = comparison_markdown(sample())
    for words in (
        "torch==2.12.0, tensorflow-cpu==2.15.1 → torch==2.13.0, tensorflow-cpu==2.18.1", "torch 2.12.0 → 2.13.0",
        "| **regressed**: its severity rose, to weakness or to defect; or it crashes or hangs where it raised | 3 |",
        "- input: `x = -88.72284`", "- hex: `x = -0x1.62e43p+6`",
        "- before: `2.7e-39` `0x1.d668p-129`: 0.25 ulps off, within bounds",
        "- now: `0` `0x0p+0`: 1.93e6 ulps off, a defect", "- exact: `2.7000000000000512e-39`",
        "- **removed**: torch: torch.logit is gone: computed logit", "**holds → broken**: torch, float32",
        "0.25 → 12 of the bound", "<details><summary>1 check not compared</summary>",
        "<details><summary>Time in calls&#58; told, never gated</summary>",
        "| `torch.sigmoid` | torch | 125 ms | 250 ms | 2 |",
        "logitproof run --backend torch", "1 check was compared by its largest errors alone",
    ):  # fmt: skip
        assert words in text, words
    order = ["Classes of change", "What became worse", "Entry points", "Properties", "What changed otherwise"]
    order += ["What became better", "The two runs"]
    assert sorted(order, key=text.index) == order


def test_markdown_of_what_did_not_change_is_short():
    text = comparison_markdown(comparison(compared(change("identical", 9))))
    assert "What became" not in text
    assert "Entry points" not in text
    assert len(text) < 1_500


@pytest.mark.parametrize("size_limit", [60_000, 20_000, 5_000, 2_000, 300, 60, 10, 0])
@pytest.mark.parametrize("of", [many(3_000), sample(), incomplete()], ids=["many", "rich", "incomplete"])
def test_markdown_fits_its_room_and_says_the_verdict_or_nothing(of, size_limit):
    text = comparison_markdown(of, size_limit)
    assert len(text.encode()) <= size_limit
    assert text == "" or text.startswith(f"verdict: {of.outcome}\n")
    if text and not of.complete:
        assert "Incomplete" in text


def test_what_does_not_fit_is_counted():
    of = many(10_000)
    markdown = comparison_markdown(of)
    section = markdown.split("## What became worse")[1].split("\n## ")[0]
    shown = section.count("\n**regressed**") + section.count("\n| regressed: ")
    left = [int(number) for number in re.findall(r"^… and (\d+) more", section, re.MULTILINE)]
    assert shown + sum(left) == sum(group.is_regression for group in change_groups(of))


@every_text
def test_whatever_a_comparison_holds_markdown_is_built_as_with_a_plain_word(text):
    markdown = comparison_markdown(worded(text))
    assert STEERING.search(markdown.replace("&#8203;", "")) is None
    assert len(markdown.encode()) < 65_536
    expected = structure_of_markdown(comparison_markdown(worded("word")))
    built = structure_of_markdown(markdown)
    if text.strip():  # of a blank one a line may be left out
        if len(text) < 50:  # of longer ones fewer fit, and the rest are counted
            assert built == expected
        assert Counter(built).keys() <= {*expected}


@every_text
def test_a_log_of_markdown_gives_no_command(text, capsys):
    print_text(comparison_markdown(worded(text)))
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line.lstrip().startswith("::") or "##[" in line] == []


# JUnit


def _read(of):
    return junitparser.JUnitXml.fromstring(comparison_junit(of).encode())


def _cases(of):
    return {case.name: case for suite in _read(of) for case in suite}


def _case(of, part):
    (case,) = (case for name, case in _cases(of).items() if part in name)
    return case


def _name(check):
    return f"{check.entry_point} · {check.quantity} · {check.dtype} · {check.mode} · {check.device}"


def _result(case):
    return [(type(each).__name__, each.type, each.message) for each in case.result]


@every_sample
def test_every_comparison_fits_the_schema_of_ci_servers(name):
    SCHEMA.validate(comparison_junit(ALL[name]()))


@every_text
def test_hostile_text_fits_the_schema_too_and_builds_nothing(text):
    xml = comparison_junit(worded(text))
    SCHEMA.validate(xml)
    assert STEERING.search(xml) is None
    expected = [each.tag for each in ET.fromstring(comparison_junit(worded("word"))).iter()]  # noqa: S314 - our own
    assert [each.tag for each in ET.fromstring(xml).iter()] == expected  # noqa: S314 - our own


def test_there_is_a_case_for_every_group_of_checks_entry_point_and_property_and_the_counts_agree():
    of = sample()
    read, cases = _read(of), list(_cases(of).values())
    assert len(cases) == len(set(map(_name, of.checks))) + len(of.entry_points) + len(of.properties) + 1
    assert read.tests == len(cases)
    for kind, count in (("Failure", read.failures), ("Error", read.errors), ("Skipped", read.skipped)):
        assert count == sum(any(result[0] == kind for result in _result(case)) for case in cases)
    assert [suite.name for suite in read] == ["logitproof", "torch", "tensorflow"]


def test_names_have_no_versions_so_that_a_servers_history_outlasts_an_upgrade():
    of = sample()
    newer = replace(of, backends=tuple(replace(one, old="8", new="9") for one in of.backends), titles=("a", "b"))
    assert _cases(newer).keys() == _cases(of).keys()
    assert "torch 8 → 9" in comparison_junit(newer)


def test_what_became_worse_is_a_failure_with_everything_to_see_it_again():
    of = sample()
    case = _case(of, _name(of.checks[0]))
    assert case.classname == "sigmoid"
    ((kind, name, message),) = _result(case)
    assert (kind, name) == ("Failure", "regressed")
    assert message == (
        "12 of 10,000 results: regressed: before 0.25 ulps off, now 1.93e6 ulps off (within bounds → a defect)"
    )
    (failure,) = case.result
    for words in ("x = -88.72284", "-0x1.62e43p+6", "exact    2.7000000000000512e-39", f"{of.checks[0].id}-regressed"):
        assert words in failure.text


@pytest.mark.parametrize("kind", ["farther", "otherwise", "nearer", "fixed", "gone error", "identical"])
def test_what_is_not_worse_is_told_in_the_output(kind):
    case = _case(comparison(compared(change(kind, 5))), "softmax")
    assert case.result == []
    assert "largest error: 0.5 ulps before" in case.system_out
    assert f"{kind}: 5 results of 1 check" in case.system_out


def test_what_could_not_be_compared_is_skipped():
    assert _result(_case(sample(), "torch.logit · value")) == [("Skipped", "not compared", "only the older run has it")]


def test_a_lost_entry_point_and_a_broken_property_are_failures():
    assert _result(_case(sample(), "torch.logit · removed"))[0][:2] == ("Failure", "removed")
    assert _case(sample(), "torch.kl · added").result == []
    assert _result(_case(sample(), "softmax-sums-to-one"))[0][:2] == ("Failure", "newly broken")
    assert _case(sample(), "sigmoid-symmetry").result == []


def test_incomplete_runs_are_an_error():
    ((kind, name, message),) = _result(_case(incomplete(), "both runs are complete"))
    assert (kind, name) == ("Error", "incomplete")
    assert message.startswith("Incomplete: ")
    assert "the run was interrupted" in comparison_junit(incomplete())
    assert _case(safe(), "both runs are complete").result == []


@pytest.mark.parametrize("of", [safe(), changed()])
def test_nothing_fails_where_nothing_became_worse(of):
    read = _read(of)
    assert (read.failures, read.errors) == (0, 0)
    assert "failure" not in comparison_junit(of).replace("failures", "")


# Annotations


def _levels(of):
    return Counter(line.split(" ")[0].strip(":") for line in comparison_github(of).splitlines())


def test_levels_follow_what_the_changes_amount_to():
    assert _levels(sample()) == {"error": 6, "warning": 8, "notice": 6}
    assert _levels(safe()) == {"notice": 2}
    assert _levels(changed()).keys() == {"warning", "notice"}
    assert comparison_github(comparison(compared(change("identical", 3)))) == ""


def test_incomplete_runs_are_an_error_before_all_others():
    of = replace(regressed(), complete=False)
    first = comparison_github(of).splitlines()[0]
    assert first.startswith("::error title=logitproof::verdict: regressed%0AIncomplete: ")


@pytest.mark.parametrize(("number", "left"), [(10, 0), (11, 2), (40, 31)])
def test_there_are_at_most_ten_of_a_level_and_the_last_counts_the_rest(number, left):
    of = comparison(*(compared(change("regressed", 1), entry_point=f"f{n}") for n in range(number)))
    lines = comparison_github(of).splitlines()
    assert len(lines) == 10
    assert (f"{left} more changes of this kind" in lines[-1]) == bool(left)


def test_a_message_has_the_input_both_results_and_the_name_of_the_change():
    line = next(line for line in comparison_github(sample()).splitlines() if "torch.sigmoid became" in line)
    for words in (
        "::error title=logitproof%3A torch 2.12.0 → 2.13.0%3A regressed::",
        "%0Ainput: x = -88.72284, element [3, 1]%0Ahex: x = -0x1.62e43p+6",
        "%0Abefore: 2.7e-39 0x1.d668p-129: 0.25 ulps off, within bounds%0Anow: 0 0x0p+0: 1.93e6 ulps off, a defect",
        "%0Aexact: 2.7000000000000512e-39", "%0Aextent: 15 results of 2 checks%0Achange: ",
    ):  # fmt: skip
        assert words in line, words


@every_text
def test_annotations_are_the_commands_that_we_give_and_no_others(text):
    lines = comparison_github(worded(text)).split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(comparison_github(worded("word")).splitlines())
    for line in lines:
        command = COMMAND.fullmatch(line)
        assert command is not None
        assert re.search(r"%(?!25|0D|0A|3A|2C)", line) is None
        assert "%3A" not in command[3]
        assert STEERING.search(line) is None
