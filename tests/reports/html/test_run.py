"""report.html as text: what is in it, in which order, and that nothing of a record can act in it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import html5lib
import pytest
from checkout import ROOT
from page_reading import Page, data_of
from page_samples import HOSTILE, hostile, identified_check, sample, stated
from record_samples import check, discrepancy, record

from logitproof.reference import FUNCTIONS
from logitproof.reports import encode_record, verdict
from logitproof.reports.findings.findings import findings
from logitproof.reports.html.findings import WEAKNESSES_IN_FULL
from logitproof.reports.html.map import maps
from logitproof.reports.html.mathematics import mathematics
from logitproof.reports.html.run import html_report

TEMPLATES = ROOT / "reports" / "html" / "templates"


def _page(of=None, scripts=None, earlier=None):
    return Page(html_report(of or sample(), scripts or {}, earlier))


def test_the_verdict_comes_first():
    assert _page().text.split("Skip to the verdict")[1].strip().startswith(verdict(sample()))


@pytest.mark.parametrize("of", [sample(complete=False), hostile(), record()])
def test_a_run_that_is_no_pass_says_so_in_its_first_line_and_in_its_title(of):
    page = html_report(of, {})
    title = re.search(r"<title>(.*?)</title>", page)[1]
    first = Page(page).text.split("Skip to the verdict")[1].strip()
    assert title.startswith(("Incomplete", "Nothing was examined"))
    assert first.startswith(("Incomplete: not a pass", "Nothing was examined: this is not a pass"))


def test_the_sections_stand_in_their_order():
    ids = _page().having("id")
    order = ["verdict", "map", "findings", "pictures", "conventions", "properties", "checks", "not-run", "legend"]
    assert [name for name in ids if name in order] == order


def test_every_id_is_there_once_and_every_link_inside_the_page_leads_somewhere():
    page = _page(scripts={example.id: "print(1)" for example in sample().discrepancies})
    ids = page.having("id")
    assert len(ids) == len(set(ids))
    drawn_by_the_script = ("check-", "checks?")
    inner = {href[1:] for href in page.having("href") if href.startswith("#")}
    assert {name for name in inner if not name.startswith(drawn_by_the_script)} <= set(ids)
    assert set(page.having("aria-labelledby")) - {
        name for name in page.having("aria-labelledby") if " " in name
    } <= set(ids)


def test_links_to_what_is_new_lead_somewhere_too():
    now = sample()
    page = _page(now, earlier=replace(now, discrepancies=()))
    inner = {href[1:] for href in page.having("href") if href.startswith("#")}
    assert {name for name in inner if name.startswith(("finding-", "convention-"))} <= set(page.having("id"))
    assert sum(name.startswith("convention-") for name in inner) == 2


def test_links_to_checks_name_checks_of_the_record():
    known = {one.id for one in sample().checks}
    named = {href.removeprefix("#check-") for href in _page().having("href") if href.startswith("#check-")}
    assert named
    assert named <= known


def test_a_finding_shows_input_results_error_other_answers_script_and_upstream_report():
    of = sample()
    torch = next(example for example in of.discrepancies if example.answers)
    text = _page(of, {torch.id: "import torch\n\tprint('<here>')"}).text
    for words in (
        "-88.72284", "-0x1.62e43p+6", "2.9387e-39", "2.1e6 ulps of float32", "1.25 times the textbook bound",
        "scipy.special.expit", "keras.ops.sigmoid", "import torch", "print('<here>')", "Report to file upstream",
    ):  # fmt: skip
        assert words in text, words


def test_a_cause_is_told_with_its_evidence():
    assert "Cause log of softmax: bit-identical to log(softmax(x)) in float32" in _page().text


def test_inputs_that_are_too_long_for_the_table_are_folded_in_full():
    page = html_report(sample(), {})
    assert "11  0x1.6p+3" in page


def test_all_defects_have_a_section_and_many_weaknesses_a_line_each():
    checks = [
        identified_check(function=f"f{i}", severities={"defect": 1, "weakness": 1})
        for i in range(WEAKNESSES_IN_FULL + 5)
    ]
    weak = [discrepancy(one, severity="weakness", kind="inaccurate") for one in checks]
    page = _page(record(*checks, discrepancies=(*map(discrepancy, checks), *weak)))
    articles = [attributes["class"] for attributes in page.of("article")]
    assert articles.count("finding defect") == WEAKNESSES_IN_FULL + 5
    assert articles.count("finding weakness") == WEAKNESSES_IN_FULL
    assert len([attributes for attributes in page.of("li") if "id" in attributes]) == 5
    assert len(data_of(html_report(record(*checks, discrepancies=tuple(weak)), {}))["findings"]) == len(weak)


def test_the_map_tells_tier_letter_and_defects_without_colour():
    page = _page()
    cells = [attributes for attributes in page.of("a") if attributes.get("class", "").startswith("tier ")]
    assert {cell["href"] for cell in cells} >= {
        "#checks?backend=torch%202.13.0&function=sigmoid&dtype=float32",
        "#checks?backend=torch%202.13.0&function=sigmoid&dtype=float16&mode=compiled",
    }
    assert '<b>X</b><span class="defects">1</span><span class="unseen">sigmoid, ' in html_report(sample(), {})
    assert "sigmoid, beyond the textbook bound; largest error 2.1e6 ulps; 1 defect; 1 weakness; 1 check" in page.text


def test_modes_are_a_switch_only_where_there_are_several():
    assert [radio["value"] for radio in _page().of("input") if radio["type"] == "radio"] == ["", "eager", "compiled"]
    assert [radio for radio in _page(record(check())).of("input") if radio["type"] == "radio"] == []


def test_two_devices_of_a_mode_share_no_map_and_no_filter():
    of = record(identified_check(severities={}), identified_check(device="cuda"))
    page = _page(of)
    settings = ["eager on cpu", "eager on cuda"]
    assert [radio["value"] for radio in page.of("input") if radio["type"] == "radio"] == ["", *settings]
    tiers = [[cell.letter for row in each.rows for cell in row.cells if cell] for each in maps(of)]
    links = [cell.link for each in maps(of) for row in each.rows for cell in row.cells if cell]
    assert len(tiers) == 3
    assert [link.partition("&mode=")[2] for link in links] == ["", "eager%20on%20cpu", "eager%20on%20cuda"]
    defects = [cell.defects for each in maps(of) for row in each.rows for cell in row.cells if cell]
    assert defects == [defects[2], 0, defects[2]]
    assert defects[2]


def test_conventions_stand_side_by_side_the_differing_ones_first():
    rows = re.findall(r'<tr id="convention-\w+"(.*?)</tr>', html_report(sample(), {}), re.DOTALL)
    assert [row.startswith(' class="differs"') for row in rows] == [True, False]
    assert "<strong>nan</strong>" in rows[0]
    assert "<strong>1</strong>" in rows[0]


def test_only_addresses_that_a_deviation_states_lead_out_of_the_page():
    page = _page()
    assert [href for href in page.having("href") if not href.startswith("#")] == ["https://keras.io/api/losses/"]
    hrefs = [href for href in _page(hostile()).having("href") if not href.startswith("#")]
    assert all(href.startswith("https://evil.example/") and "'" not in href for href in hrefs)


def test_broken_properties_are_told_with_both_sides_and_holding_ones_folded():
    text = html_report(sample(), {})
    assert "1.25 = 1.00" in text
    assert f'id="property-{stated().id}"' in text
    assert "1 that hold, or cannot be asked" in text


def test_a_function_of_a_broken_property_is_not_called_free_of_defects():
    of = record(identified_check(severities={}), identified_check(function="softmax", severities={}))
    row = _page(replace(of, properties=(stated(),))).text.split("May I rely on it?")[1].split("What was examined")[0]
    assert "broken properties of softmax sigmoid not told 2" in row
    assert row.startswith(" Not everywhere.")


# What is new


def test_without_an_earlier_run_the_page_is_silent_about_what_is_new():
    assert "What is new" not in _page().text


def test_an_earlier_run_tells_what_is_new_gone_and_still_there():
    now = sample()
    kept, fresh = now.discrepancies[0], now.discrepancies[1]
    fixed = replace(kept, kind="nan", quantity="gradient:x")
    earlier = replace(now, discrepancies=(kept, fixed), run=replace(now.run, started="2025-12-31T00:00:00Z"))
    text = _page(replace(now, discrepancies=(kept, fresh)), earlier=earlier).text
    assert "What is new since 2025-12-31T00:00:00Z" in text
    assert "1 new, 1 gone, 1 still there" in text


def test_what_was_not_examined_before_is_not_called_new_and_what_is_not_examined_now_is_not_called_gone():
    now = sample()
    torch = replace(now, checks=now.checks[:2], properties=(), discrepancies=now.discrepancies[:1])
    keras = replace(now, checks=now.checks[2:], properties=(), discrepancies=now.discrepancies[2:3])
    text = _page(keras, earlier=torch).text
    assert "0 new, 0 gone, 0 still there" in text
    assert "Examined for the first time" in text
    assert "Not examined again" in text


def test_an_upgrade_keeps_a_finding_the_same():
    now = sample()
    old = replace(now, discrepancies=tuple(replace(example, version="1.0") for example in now.discrepancies))
    assert "0 new, 0 gone" in _page(now, earlier=old).text
    assert [one.anchor for one in findings(old)] == [one.anchor for one in findings(now)]


# Safe, alone, and always the same


def _anchors(text):
    return re.findall(r'id="((?:finding|convention|property|picture)-[^"]+)"', text)


def test_anchors_survive_a_rerun_and_a_new_release():
    now = sample()
    checks = tuple(replace(one, version="9.9", elements=99) for one in now.checks)
    again = replace(now, run=replace(now.run, started="2030-01-01T00:00:00Z"), checks=checks)
    assert _anchors(html_report(again, {})) == _anchors(html_report(now, {}))


def test_the_same_record_gives_the_same_bytes_and_stays_what_it_was():
    of, before = sample(), encode_record(sample())
    assert html_report(of, {}) == html_report(of, {})
    assert encode_record(of) == before


def test_the_page_loads_nothing_from_anywhere():
    text = html_report(sample(), {})
    page = Page(text)
    assert page.having("src") == []
    assert page.of("link") == page.of("iframe") == page.of("object") == page.of("base") == []
    assert [
        attribute for _, attributes in page.elements for attribute in attributes if attribute.startswith("on")
    ] == []
    style = "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL))
    assert not re.search(r"url\(|@import|@font-face", style)
    references = page.having("xlink:href")
    assert all(reference.startswith("#") for reference in references)


def test_the_policy_names_the_one_script_and_forbids_everything_else():
    text = html_report(sample(), {})
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [
        attributes["content"]
        for attributes in Page(text).of("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "script-src 'unsafe" not in policy


@pytest.mark.parametrize("of", [sample(), hostile(), record()])
def test_the_page_is_faultless_html(of):
    html5lib.HTMLParser(strict=True).parse(html_report(of, {}, sample()))


def test_hostile_text_makes_no_element_and_no_attribute():
    of = hostile()
    scripts = {example.id: f"{HOSTILE}\n{HOSTILE}" for example in of.discrepancies}
    text = html_report(of, scripts, replace(of, discrepancies=()))
    page = Page(text)
    assert page.open == []
    assert len(page.of("script")) == 2
    assert page.of("img") == []
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2028\u2029\u2066-\u2069]", text)
    assert "49" not in page.text.split("right to left")[0][-40:]
    assert len(data_of(text)["checks"]) == len(of.checks)


def test_the_embedded_data_cannot_end_its_element():
    block = re.search(r'id="data">(.*?)</script>', html_report(hostile(), {}), re.DOTALL)[1]
    assert not set("<>&\u2028\u2029") & set(block)


def test_a_hostile_page_stays_small():
    assert len(html_report(hostile(), {})) < 400_000


@pytest.mark.parametrize(("name", "limit"), [("report.css", 16_000), ("report.js", 20_000)])
def test_style_and_script_stay_small(name, limit):
    assert (TEMPLATES / name).stat().st_size < limit


def test_every_colour_of_a_picture_is_one_of_the_page():
    used = set(re.findall(r"var\((--[\w-]+)\)", html_report(sample(), {})))
    defined = set(re.findall(r"(--[\w-]+):", (TEMPLATES / "report.css").read_text(encoding="utf-8")))
    assert used <= defined
    assert "--series-1" in used


# Mathematics


@pytest.mark.parametrize(
    ("function", "quantity"), [(name, quantity) for name, one in FUNCTIONS.items() for quantity in one.quantities]
)
def test_a_formula_is_mathml_without_leftovers(function, quantity):
    formula = mathematics(function, quantity)
    for part in (formula.definition, *formula.where):
        assert part.startswith("<math ")
        assert "\\" not in part
        assert Page(part).open == []


def test_what_is_not_in_the_catalogue_has_no_formula():
    assert mathematics("relu", "value") is None
    assert mathematics("softmax", "hessian:logits") is None
