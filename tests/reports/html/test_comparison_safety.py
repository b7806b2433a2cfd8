"""The page of a comparison is safe and stands alone, whatever a comparison holds."""

from __future__ import annotations

import base64
import hashlib
import re

import html5lib
import pytest
from comparison_page_samples import hostile, many, sample, scripts, worded
from comparison_samples import (
    comparison,
    incomplete,
    safe,
)
from page_reading import Page, data_of
from page_samples import HOSTILE
from report_samples import HOSTILE as TEXTS
from text_structure import STEERING, shown_by_page, structure_of_html

from logitproof.reports import (
    comparison_html,
)
from logitproof.reports.html.comparison import _context
from logitproof.reports.html.page import asset

RECORDABLE = [text for text in TEXTS if "\ud800" not in text]
"""No file can hold half a surrogate pair, and so no comparison."""


def test_the_page_loads_nothing_from_anywhere():
    text = comparison_html(sample(), scripts(sample()))
    page = Page(text)
    assert page.having("src") == []
    assert page.of("link") == page.of("iframe") == page.of("object") == page.of("base") == []
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    assert not re.search(r"url\(|@import|@font-face", "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL)))
    assert [href for href in page.having("href") if not href.startswith("#")] == []


def test_the_policy_names_the_one_script_and_forbids_everything_else():
    text = comparison_html(sample(), {})
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


@pytest.mark.parametrize("of", [sample(), hostile(), comparison(), incomplete(), many(50)])
def test_the_page_is_faultless_html(of):
    html5lib.HTMLParser(strict=True).parse(comparison_html(of, scripts(of, HOSTILE)))


@pytest.mark.parametrize("text", RECORDABLE, ids=range(len(RECORDABLE)))
def test_whatever_a_comparison_holds_the_page_is_built_as_with_a_plain_word(text):
    expected, code_run = structure_of_html(comparison_html(worded("word"), {}))
    page = comparison_html(worded(text), {})
    shown = shown_by_page(page)
    assert STEERING.search(shown) is None
    elements, run = structure_of_html(page)
    assert run == code_run
    changed_kinds = {kind for kind in elements.keys() | expected.keys() if elements[kind] != expected[kind]}
    # For a blank text an element may be left out.
    assert not text.strip() or {tag for tag, _ in changed_kinds} <= {"wbr"}


def test_hostile_text_makes_no_element_and_no_attribute_and_stays_small():
    of = hostile()
    text = comparison_html(of, scripts(of, f"{HOSTILE}\n{HOSTILE}"))
    page = Page(text)
    assert page.open == []
    assert len(page.of("script")) == 2
    assert page.of("img") == []
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2028\u2029\u2066-\u2069]", text)
    assert len(data_of(text)["checks"]) == len(of.checks)
    assert not set("<>&\u2028\u2029") & set(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert len(text) < 600_000


def test_style_and_script_stay_small():
    assert len(asset("comparison.css")) < 6_000
    assert len(asset("comparison.js")) < 8_000
    assert len(asset("page.js")) < 18_000


def test_every_colour_is_one_of_the_page():
    text = comparison_html(sample(), {})
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert used <= set(re.findall(r"(--[\w-]+):", asset("report.css") + asset("comparison.css")))


def test_what_the_page_is_given_is_used_by_a_template():
    templates = "".join(
        asset(name)
        for name in (
            *("page.html", "filter.html", "map.html", "pictures.html", "checks.html", "comparison.html"),
            *("comparison-verdict.html", "comparison-classes.html", "comparison-map-key.html"),
            *("comparison-changes.html", "comparison-surroundings.html", "comparison-legend.html"),
        )
    )
    assert [name for name in _context(safe(), {}) if not re.search(rf"\b{name}\b", templates)] == []
