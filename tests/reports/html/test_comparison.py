"""The page of a comparison as text: what is in it, in which order, and that nothing of others can act in it."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from comparison_page_samples import many, sample, scripts, worded
from comparison_samples import (
    SAMPLES,
    change,
    changed,
    compared,
    comparison,
    incomplete,
    regressed,
    safe,
)
from page_reading import Page, data_of
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from logitproof.reports import (
    ComparisonEnvironment,
    change_key,
    comparison_github,
    comparison_html,
    comparison_junit,
    comparison_markdown,
    encode_comparison,
)
from logitproof.reports.comparison.groups import change_groups
from logitproof.reports.html.comparison_changes import IN_FULL

SECONDS = 20
"""A limit that only something that grows with the square of the checks exceeds."""


def _page(of=None, of_scripts=None):
    return Page(comparison_html(of or sample(), of_scripts or {}))


def _first(page):
    return page.text.split("Skip to the verdict")[1].strip()


# The verdict


@pytest.mark.parametrize("name", SAMPLES)
def test_the_verdict_comes_first_in_the_text_and_in_the_title(name):
    of = SAMPLES[name]()
    text = comparison_html(of, {})
    assert _first(Page(text)).startswith(f"verdict: {of.outcome} ")
    assert re.search(r"<title>(.*?)</title>", text)[1].startswith(f"verdict: {of.outcome}")


def test_a_comparison_of_incomplete_runs_says_so_in_its_first_line_and_is_not_called_safe():
    page = _page(incomplete())
    assert _first(page).startswith("verdict: changed Incomplete: not both runs came to their end")
    assert "Nobody can tell" in page.text
    assert "the newer run is incomplete: torch 2.13.0: the run was interrupted" in page.text
    assert "(incomplete)" in comparison_html(incomplete(), {}).split("</title>")[0]
    assert "Incomplete" not in _page(safe()).text


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (safe(), "43 results of 1 check became better. Besides, 1,957 results are the same, bit for bit."),
        (
            changed(),
            "13 results of 1 check changed otherwise. Besides, 30 results of 1 check became better; 1,95",
        ),
        (regressed(), "1,026 results of 3 checks became worse, 1 property newly broken, 1 entry point gone."),
        (comparison(compared(change("identical", 12))), "All 12 results that were compared are the same, bit for bit."),
        (comparison(), "Nothing was compared: this is not a pass."),
    ],
)
def test_what_was_found_is_said_with_the_gravest_first(of, words):
    assert _first(_page(of)).startswith(f"verdict: {of.outcome} {words}")


def test_versions_environments_commands_and_profile_are_told():
    text = _page().text
    for words in (
        "torch==2.12.0, tensorflow-cpu==2.15.1", "torch 2.12.0 → 2.13.0", "tensorflow 2.15.1 → 2.18.1",
        "logitproof run --backend torch", "2026-02-03T04:05:06+00:00", "12 checks, 45,024 results (profile ci)",
    ):  # fmt: skip
        assert words in text, words


def test_of_two_environments_the_difference_is_shown_and_the_rest_folded():
    text = _page().cells
    versions = "torch 2.12.0 → 2.13.0 torch 2.12.0 torch 2.13.0"
    assert f"{versions} the same in both Python 3.11, 1 thread, model x86-64" in text
    one = ComparisonEnvironment("3.11", 0, {}, {}, {})
    same = tuple(replace(backend, environments=(one, one)) for backend in sample().backends)
    assert "nothing else nothing else the same in both Python 3.11" in _page(sample(backends=same)).cells
    assert "the same in both" not in _page(replace(regressed(), backends=regressed().backends[1:])).text


def test_why_checks_were_not_compared_is_told_by_reason():
    assert "backend before → now checks reason torch examined → absent 1 only the older run has it" in _page().cells
    assert "not-compared" not in _page(safe()).having("id")


def test_a_property_that_broke_in_several_dtypes_is_listed_once_and_told_for_each():
    broken = regressed().properties[0]
    page = _page(comparison(properties=(broken, replace(broken, id="00", dtype="float16"))))
    assert "1 property newly broken" in page.text
    assert page.text.count("holds → broken") == 3
    assert "holds → broken torch, float32, float16" in page.text


def test_a_backend_that_one_run_lacks_is_called_absent():
    assert "keras 3.5.0 → absent" in _page(regressed()).text


def test_what_became_worse_is_listed_first_with_links_to_it():
    page = _page()
    section = page.text.split("What became worse")[1].split("What was compared")[0]
    order = ["new NaN or infinity", "new error", "regressed", "removed torch.logit is gone", "softmax-sums-to-one"]
    assert sorted(order, key=section.index) == order
    assert "What became worse" not in _page(changed()).text


# Sections


def test_the_sections_stand_in_their_order():
    order = ["verdict", "classes", "map", "changes", "pictures", "entry-points", "properties", "timings", "checks"]
    order.append("legend")
    assert [name for name in _page().having("id") if name in order] == order


def test_every_id_is_there_once_and_every_link_inside_the_page_leads_somewhere():
    page = _page(of_scripts=scripts(sample()))
    ids = page.having("id")
    assert len(ids) == len(set(ids))
    inner = {href[1:] for href in page.having("href") if href.startswith("#")}
    assert {name for name in inner if not name.startswith(("check-", "checks?"))} <= set(ids)
    known = {check.id for check in sample().checks}
    named = {name.removeprefix("check-") for name in inner if name.startswith("check-")}
    assert named
    assert named <= known
    assert {name for name in page.having("aria-labelledby") if " " not in name} <= set(ids)


def test_links_to_checks_name_filters_and_values_that_there_are():
    page = _page()
    offered = {"".join(attributes.get("value", "").split()) for attributes in page.of("option")} | {"same"}
    queries = [href.split("?")[1] for href in page.having("href") if href.startswith("#checks?")]
    assert queries
    for query in queries:
        wanted = dict(part.split("=") for part in query.split("&"))
        assert wanted.keys() <= {"backend", "function", "dtype", "change", "mode", "group"}
        assert wanted.get("change", "same").replace("%20", "") in offered


def test_every_class_that_occurs_is_counted_and_no_other():
    table = re.search(r'<table class="classes">(.*?)</table>', comparison_html(changed(), {}), re.DOTALL)[1]
    rows = [Page(f"<x>{row}</x>").cells for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]]
    assert [row.split(" 1 ")[0].split()[0] for row in rows][:3] == ["farther", "otherwise", "nearer"]
    assert rows[0].endswith("1 12 0.6 % 71363 ulps torch. nn. functional. softmax")
    assert "2 1,957 97.8 %" in rows[3]


@pytest.mark.parametrize(("elements", "share"), [(0, "100 %"), (1, "> 99.99 %"), (999_999, "< 0.01 %")])
def test_a_share_is_never_rounded_to_nothing_or_to_all(elements, share):
    of = comparison(
        compared(*([change("farther", elements)] if elements else []), change("identical", 10**6 - elements))
    )
    assert share in _page(of).text.split("the same bits")[1]


def test_a_change_shows_before_now_and_exact_in_decimal_and_hex_with_both_errors():
    of = sample()
    group = next(group for group in change_groups(of) if group.kind == "regressed" and group.function == "sigmoid")
    article = comparison_html(of, {}).split(f'<article id="{group.anchor}"')[1].split("</article>")[0]
    text = Page(f"<x>{article.split('>', 1)[1]}</x>").cells
    for words in (
        "2.7e-39 0x1.d668p-129", "0.25 ulps off, within bounds", "0 0x0p+0", "1.93e6 ulps off, a defect",
        "2.7000000000000512e-39 0x1.d6680629963d8p-129 to 0x1.d66806299650ap-129", "x float32", "-88.72284",
        "-0x1.62e43p+6", "15 results of 2 checks", "float32 eager overflow 12 0.5 ulps 71362 ulps 1.93e6 ulps",
        "float32 compiled everyday 3", "became a defect",
    ):  # fmt: skip
        assert words in text, words


def test_the_simplest_input_is_shown_beside_the_largest_change():
    small = compared(change("regressed", 1, ulps="0x1p+3"))
    row = {"logits": replace(small.changes[0].largest.inputs["logits"], shape=(3,))}
    wide = change("regressed", 1, inputs={**row, "labels": row["logits"]}, ulps="0x1p+9")
    page = _page(comparison(compared(wide, input_class="wide"), small))
    assert "simplest input" in page.text
    trio = page.cells.split("element before now exact change")[1]
    assert trio.index("8 ulps") < trio.index("largest change") < trio.index("512 ulps")


def test_of_several_places_one_is_shown_where_the_simplest_input_has_the_largest_change():
    shown = _page().cells
    assert shown.count("Input of the largest change") == 2  # of sigmoid: what regressed, and what is farther
    assert "simplest input" not in shown


def test_a_result_that_is_no_number_is_shown_in_words():
    text = _page().cells
    assert "ValueError: axis must be -1 no number , a defect" in text
    assert "RuntimeError: not implemented for 'Half'" in text


def test_a_result_in_another_dtype_is_shown_in_decimal_all_the_same():
    text = _page().cells.split("entropy has another dtype or shape")[1]
    assert "2.7e-39 0x1.d6680629963d8p-129 0 ulps off" in text
    assert "torch. special. entr , torch. entr before" in text
    assert "dtype float64, before float32" in text


def test_the_bar_of_a_result_grows_with_what_is_wrong_of_it():
    (widths,) = {
        tuple(re.findall(r'style="width:(\d+)%"', article))
        for article in comparison_html(sample(), {}).split("<article")[1:]
        if "sigmoid became a defect" in article
    }
    assert widths == ("1", "87")


def test_a_script_is_shown_where_there_is_one():
    of = sample()
    check = of.checks[0]
    page = _page(of, {change_key(check, check.changes[0]): "import torch\n\tprint('<here>')"})
    assert page.text.count("Reproducer") == 1
    assert "print('<here>')" in page.text


def test_groups_beyond_the_limit_have_a_line_each():
    limit = IN_FULL["better"]
    of = comparison(*(compared(change("nearer", 1), entry_point=f"f{i:03}") for i in range(limit + 5)))
    page = _page(of)
    assert len(page.of("article")) == limit
    assert sum("id" in attributes for attributes in page.of("li")) == 5
    assert len(data_of(comparison_html(of, {}))["changes"]) == limit + 5


def test_entry_points_properties_and_timings_are_told():
    text = _page().cells.replace(". ", ".")
    for words in (
        "removed torch torch.logit computed logit",
        "renamed torch torch.special.entr torch.entr before, the same bits",
        "default changed torch torch.nn.functional.softmax dim=-1, before dim=None",
        "signature changed torch torch.sigmoid out is gone",
        "added torch torch.kl computes kl_divergence",
        "holds → broken softmax-sums-to-one softmax(x) sums to 1 torch float32 0.25 12",
        "broken → holds sigmoid-symmetry",
        "torch.sigmoid torch 125 ms 250 ms 2 × slower",
        "tf.nn.softmax tensorflow 2 ms 500 µs 0.25 × faster",
        "tf.nn.sigmoid tensorflow 0 s 500 µs",
        "never gates",
    ):
        assert words in text, words
    assert text.index("torch.sigmoid torch 125 ms") < text.index("tf.nn.softmax tensorflow 2 ms")


def test_sections_without_content_are_left_out():
    ids = _page(safe()).having("id")
    assert not {"entry-points", "properties", "timings"} & set(ids)
    assert "No result changed." in _page(comparison(compared(change("identical", 3)))).text


def test_pictures_show_both_versions_of_what_changed_only():
    page = _page()
    functions = {attributes["data-function"] for attributes in page.of("figure") if "data-function" in attributes}
    assert "sigmoid" in functions
    assert "logit" not in functions
    words = " ".join(comparison_html(sample(), {}).split("<svg")[1:])
    assert "before: torch 2.12.0" in words
    assert "now: torch 2.13.0" in words
    assert [attributes for attributes in _page(comparison(compared(change("identical", 3)))).of("svg")] == []  # noqa: C416 - as above


def test_equal_spreads_are_not_drawn():
    spread = regressed().checks[0].spreads[0]
    of = comparison(compared(change("farther", 3), spreads=(spread, spread)))
    assert _page(of).of("svg") == []


# The data of the table


def test_all_checks_are_in_the_data_with_their_changes_and_groups():
    of = sample()
    data = data_of(comparison_html(of, {}))
    assert [row[0] for row in data["checks"]] == [check.id for check in of.checks]
    first = data["checks"][0]
    assert [(data["kinds"][kind], number) for kind, _, number in first[19]] == [
        ("regressed", 12), ("farther", 300), ("identical", 9_688),
    ]  # fmt: skip
    assert set(first[20]) <= {group[0] for group in data["changes"]}
    assert first[17:19] == [312, 10_000]
    by_errors = next(row for row in data["checks"] if data["words"][row[2]] == "softplus")
    assert by_errors[17:19] == [0, -1]


def test_anchors_survive_a_rerun_and_a_new_release():
    of = sample()
    backends = tuple(replace(backend, new="9.9") for backend in of.backends)
    checks = tuple(replace(check, elements=check.elements + 1) for check in reversed(of.checks))
    again = replace(of, backends=backends, checks=checks, started=("x", "y"), titles=("a", "b"))
    anchors = [
        re.findall(r'id="((?:change|entry-point|property|picture)-[^"]+)"', comparison_html(one, {}))
        for one in (of, again)
    ]
    assert anchors[0]
    assert set(anchors[0]) == set(anchors[1])


def test_the_same_comparison_gives_the_same_bytes_and_stays_what_it_was():
    of, before = sample(), encode_comparison(sample())
    assert comparison_html(of, scripts(of)) == comparison_html(of, scripts(of))
    assert encode_comparison(of) == before


# Ten thousand checks, and the same text as before


@pytest.mark.parametrize(
    "tell", [lambda of: comparison_html(of, {}), comparison_markdown, comparison_junit, comparison_github]
)
def test_ten_thousand_checks_are_told_in_seconds(tell):
    of = many()
    start = time.monotonic()
    text = tell(of)
    assert time.monotonic() - start < SECONDS
    assert len(text.encode()) < 12_000_000


def _without_assets(text):
    """The page but for its style and its script, which are files of their own, and the script's hash."""
    return re.sub(r"(?s)(?<=<style>\n).*?(?=</style>)|(?<=<script>).*?(?=</script>)|(?<=sha256-)[^&]*", "", text)


FORMATS = {
    "comparison.html": lambda of: _without_assets(comparison_html(of, scripts(of))),
    "comparison.md": comparison_markdown,
    "junit.xml": comparison_junit,
    "github.txt": comparison_github,
}
KEPT = {
    "rich": sample,
    **SAMPLES,
    "nothing": comparison,
    "hostile": lambda: worded("|`<script>\n::error::x \x1b[31m @me"),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("which", KEPT)
def test_a_comparison_is_told_as_before(which, name, snapshot):
    settings = {"file_extension": name.rpartition(".")[2], "_write_mode": WriteMode.TEXT}
    kept = snapshot(extension_class=type("Kept", (SingleFileSnapshotExtension,), settings))
    assert FORMATS[name](KEPT[which]()) == kept
