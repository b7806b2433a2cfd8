"""report.html in a browser: opened from disk, without network, by mouse, by keyboard, on a phone and on paper."""

from __future__ import annotations

import re
import time

import pytest
from checkout import ROOT
from page_samples import HOSTILE, hostile, many, sample, tall
from page_visits import CONTRAST, PHONE, Visit, browser, fits, visiting
from playwright.sync_api import expect

from logitproof.reports.findings.findings import findings
from logitproof.reports.html.run import html_report

SCRIPT = "import torch\n\n# a script of <two> lines & more\nprint('done')\n"
HANG = 60
"""Seconds: a limit that only something stuck exceeds."""


@pytest.fixture(scope="module")
def chromium():
    yield from browser()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The pages as files, each rendered once."""
    folder = tmp_path_factory.mktemp("pages")
    one = sample()
    pages = {
        "sample": html_report(one, {discrepancy.id: SCRIPT for discrepancy in one.discrepancies}),
        "hostile": html_report(hostile(), {discrepancy.id: HOSTILE for discrepancy in hostile().discrepancies}),
        "many": html_report(many(), {}),
        "long": html_report(tall(), {}),
    }
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def visit(chromium, files):
    """Open a page by name; when the test is over nothing must have gone wrong in it."""
    yield from visiting(chromium, files)


def _rows(page):
    return page.locator("#check-rows > tr:not(.more)")


def _chosen(page, **wanted):
    for name, value in wanted.items():
        page.locator(f"#filter [name={name}]").select_option(value)


def test_a_request_or_an_error_is_noticed(chromium, files):
    """The watch itself: without it the other tests would find nothing."""
    (files / "loud.html").write_text("<img src=x.png><script>console.error(1)</script>", encoding="utf-8")
    loud = Visit(chromium.new_context(), files / "loud.html")
    loud.open().wait_for_timeout(100)
    assert any(trouble.startswith("request: ") for trouble in loud.troubles)
    assert "error: 1" in loud.troubles


def test_it_opens_from_disk_with_the_verdict_in_sight(visit):
    page = visit(viewport={"width": 1280, "height": 800})
    expect(page.locator("h1")).to_be_in_viewport()
    expect(page.locator("h1")).to_contain_text("FAIL")
    expect(page.locator("#count")).to_have_text("4 checks, 4 findings")
    expect(_rows(page)).to_have_count(4)


def test_mathematics_is_drawn(visit):
    box = visit().locator(".formula math").first.bounding_box()
    assert box["height"] > 20


# Filters


def test_filters_narrow_checks_findings_and_map(visit):
    page = visit()
    _chosen(page, backend="keras 3.15.1")
    expect(_rows(page)).to_have_count(2)
    expect(page.locator("article.finding:visible .backend").first).to_have_text("keras 3.15.1")
    assert page.locator("article.finding:visible").filter(has_text="torch 2.13.0").count() <= 1  # named as an answer
    expect(page.locator(".map-0 .group:visible")).to_have_text(["keras 3.15.1"])
    _chosen(page, severity="undecided")
    expect(page.locator("#count")).to_have_text("1 check, 1 finding")


def test_each_filter_does_something(visit):
    page = visit()
    for name, value, count in (
        ("function", "sigmoid", 3),
        ("dtype", "float16", 1),
        ("mode", "compiled", 1),
        ("severity", "defect", 2),
        ("severity", "none", 1),
        ("severity", "not run", 1),
    ):
        _chosen(page, **{name: value})
        expect(_rows(page)).to_have_count(count)
        page.get_by_role("button", name="Reset").click()


def test_text_finds_and_says_so_when_nothingfits(visit):
    page = visit()
    page.fill("#filter [name=q]", "SparseCategorical")
    expect(_rows(page)).to_have_count(1)
    page.fill("#filter [name=q]", "no such thing")
    expect(page.locator("#no-checks")).to_be_visible()
    expect(page.get_by_text("No finding fits the filter.")).to_be_visible()
    expect(page.locator("#announcement")).to_have_text("0 checks, 0 findings")
    page.get_by_role("button", name="Reset").click()
    expect(_rows(page)).to_have_count(4)


def test_a_link_reproduces_the_filters_and_going_back_undoes_them(visit):
    page = visit()
    _chosen(page, backend="torch 2.13.0")
    _chosen(page, dtype="float16")
    address = page.evaluate("location.hash")
    assert address == "#?backend=torch%202.13.0&dtype=float16"
    expect(_rows(page)).to_have_count(1)
    page.go_back()
    expect(_rows(page)).to_have_count(2)
    expect(page.locator("#filter [name=dtype]")).to_have_value("")
    page.go_back()
    expect(_rows(page)).to_have_count(4)
    again = visit(fragment=address)
    expect(_rows(again)).to_have_count(1)
    expect(again.locator("#filter [name=backend]")).to_have_value("torch 2.13.0")


def test_a_cell_of_the_map_leads_to_its_checks(visit):
    page = visit()
    page.locator(".map-0 tr[data-function=sigmoid] a.tier").first.click()
    expect(_rows(page)).to_have_count(1)
    expect(page.locator("#checks")).to_be_in_viewport()
    assert "dtype=float16" in page.evaluate("location.hash")


def test_a_plain_link_keeps_the_filters_unless_they_hide_where_it_leads(visit):
    page = visit(fragment="#checks?backend=torch%202.13.0")
    page.locator(".contents a[href='#conventions']").click()
    expect(_rows(page)).to_have_count(2)
    assert page.evaluate("location.hash") == "#conventions?backend=torch%202.13.0"
    hidden = page.locator("article.finding:not(:visible)").first.get_attribute("id")
    page.evaluate(f"location.hash = '{hidden}'")
    expect(page.locator(f"#{hidden}")).to_be_in_viewport()
    expect(_rows(page)).to_have_count(4)


def test_the_mode_is_a_switch_and_the_same_as_the_filter(visit):
    page = visit()
    expect(page.locator(".map-0")).to_be_visible()
    page.get_by_label("compiled", exact=True).check()
    expect(page.locator(".map-0")).to_be_hidden()
    expect(page.locator(".map-2")).to_be_visible()
    expect(page.locator("#filter [name=mode]")).to_have_value("compiled")
    expect(_rows(page)).to_have_count(1)
    _chosen(page, mode="")
    expect(page.locator(".map-0")).to_be_visible()


# Checks


def test_columns_sort_and_say_how(visit):
    page = visit()
    head = page.locator("th[data-key=function]")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    names = [name.removeprefix("▸ ") for name in _rows(page).locator("td:first-child").all_inner_texts()]
    assert names == sorted(names)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    names = [name.removeprefix("▸ ") for name in _rows(page).locator("td:first-child").all_inner_texts()]
    assert names == sorted(names, reverse=True)
    assert page.evaluate("location.hash") == "#?sort=-function"


def test_a_link_to_a_check_opens_it_and_scrolls_there(visit):
    one = many().checks[7_770]
    page = visit("many", f"#check-{one.id}")
    line = page.locator(f"#check-{one.id}")
    expect(line).to_be_in_viewport()
    expect(line.get_by_role("button")).to_have_attribute("aria-expanded", "true")
    expect(line.locator("+ tr.more")).to_contain_text("-88.72284")
    expect(line.get_by_role("button")).to_be_focused()


def test_a_link_to_a_check_that_the_filters_hide_lifts_them(visit):
    torch = sample().checks[0]
    page = visit(fragment="#checks?backend=keras%203.15.1")
    page.evaluate(f"location.hash = 'check-{torch.id}'")
    expect(page.locator(f"#check-{torch.id}")).to_be_in_viewport()
    expect(_rows(page)).to_have_count(4)


def test_a_check_leads_to_its_findings_and_back(visit):
    anchor = findings(sample())[0].anchor
    page = visit(fragment=f"#{anchor}")
    expect(page.locator(f"#{anchor}")).to_be_in_viewport()
    page.locator(f"#{anchor} .places a").first.click()
    link = page.locator(f"tr.more a[href='#{anchor}']")
    expect(link).to_be_in_viewport()
    link.click()
    expect(page.locator(f"#{anchor} h4")).to_be_in_viewport()


@pytest.mark.parametrize("anchor", ["pictures", "conventions", findings(tall())[40].anchor])
def test_a_link_past_much_that_was_never_laid_out_arrives(visit, anchor):
    page = visit("long", f"#{anchor}", viewport={"width": 1280, "height": 700})
    heading = page.locator(f"#{anchor} :is(h2, h4)").first
    page.wait_for_timeout(500)
    assert 0 < heading.bounding_box()["y"] < 200
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(f"location.hash = 'checks'; location.hash = '{anchor}'")
    page.wait_for_timeout(500)
    assert 0 < heading.bounding_box()["y"] < 200


def test_a_check_or_anchor_that_is_not_there_does_no_harm(visit):
    expect(_rows(visit(fragment="#check-0123456789abcdef"))).to_have_count(4)
    expect(_rows(visit(fragment="#nowhere?backend=%E0%A4%A&sort=-nothing"))).to_have_count(0)
    expect(_rows(visit(fragment="#%E0%A4%A"))).to_have_count(4)


def test_ten_thousand_checks_open_filter_and_sort(visit):
    start = time.monotonic()
    page = visit("many")
    expect(page.locator("#count")).to_have_text(re.compile(r"^10,000 checks"))
    expect(_rows(page)).to_have_count(100)
    page.fill("#filter [name=q]", "class 9999")
    expect(_rows(page)).to_have_count(1)
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#page-place")).to_have_text("101 to 200 of 10,000")
    page.locator("th[data-key=class]").get_by_role("button").click()
    expect(page.locator("#page-place")).to_have_text("1 to 100 of 10,000")
    assert time.monotonic() - start < HANG


def test_pictures_are_chosen_by_function_and_follow_the_filter(visit):
    page = visit("long")
    figures = page.locator("#pictures figure:visible")
    count = figures.count()
    assert count == 4
    page.locator("#picture-function").select_option("function_1")
    expect(figures).to_have_count(2)
    page.locator("#picture-function").select_option("")
    _chosen(page, function="function_2")
    expect(figures).to_have_count(2)
    assert figures.locator("svg").first.bounding_box()["height"] > 100


# Copying, keyboard, theme


def test_a_script_and_a_report_can_be_copied(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    anchor = findings(sample())[0].anchor
    details = page.locator(f"#{anchor} details.text")
    details.nth(0).locator("summary").click()
    details.nth(0).get_by_role("button", name="Copy").click()
    expect(page.locator("#announcement")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == SCRIPT
    details.nth(1).locator("summary").click()
    details.nth(1).get_by_role("button", name="Copy").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('# '))")


def test_where_copying_is_refused_the_text_is_selected(visit):
    page = visit()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    anchor = findings(sample())[0].anchor
    details = page.locator(f"#{anchor} details.text").first
    details.locator("summary").click()
    details.get_by_role("button", name="Copy").click()
    expect(page.locator("#announcement")).to_have_text(re.compile("Copied|Selected"))
    assert page.evaluate("getSelection().toString()").strip() == SCRIPT.strip()


def test_the_keyboard_alone_reaches_and_works_everything(visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the verdict")).to_be_focused()
    expect(page.get_by_text("Skip to the verdict")).to_be_in_viewport()
    page.locator("#filter [name=backend]").focus()
    page.keyboard.type("keras")
    expect(_rows(page)).to_have_count(2)
    page.locator("th[data-key=ulps] button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[data-key=ulps]")).to_have_attribute("aria-sort", "descending")
    _rows(page).first.get_by_role("button").focus()
    page.keyboard.press("Space")
    expect(page.locator("tr.more")).to_have_count(1)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_everything_that_scrolls_can_be_reached_by_keyboard_and_has_a_name(visit):
    page = visit(viewport=PHONE)
    unnamed = page.evaluate("""[...document.querySelectorAll('main *')].filter((element) =>
        element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX) &&
        (element.tabIndex < 0 || !element.ariaLabel)).map((element) => element.outerHTML.slice(0, 80))""")
    assert unnamed == []


def test_controls_have_names(visit):
    page = visit()
    nameless = page.evaluate("""[...document.querySelectorAll('button, select, input, a')].filter((element) =>
        !element.textContent.trim() && !element.ariaLabel && !element.labels?.length).map((one) => one.outerHTML)""")
    assert nameless == []


def test_light_and_dark_follow_the_system_until_they_are_chosen(visit):
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = visit(color_scheme="light"), visit(color_scheme="dark")
    white, black = light.evaluate(ground), dark.evaluate(ground)
    assert white == "rgb(255, 255, 255)"
    assert black != white
    light.get_by_role("button", name="Dark").click()
    assert light.evaluate(ground) == black
    dark.get_by_role("button", name="Light").click()
    assert dark.evaluate(ground) == white
    dark.get_by_role("button", name="Auto").click()
    assert dark.evaluate(ground) == black


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(visit, scheme):
    assert visit(color_scheme=scheme).evaluate(CONTRAST) == []


# Phone, paper, and without the script


@pytest.mark.parametrize("name", ["sample", "hostile", "many"])
def test_a_phone_shows_it_without_scrolling_to_the_side(visit, name):
    page = visit(name, viewport=PHONE)
    assert fits(page)
    page.evaluate("for (const element of document.querySelectorAll('details')) element.open = true")
    assert fits(page)


def test_paper_shows_what_is_folded_and_leaves_out_what_cannot_be_pressed(visit):
    page = visit(color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator("#filter")).to_be_hidden()
    expect(page.locator(".copy").first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.locator("details.text:not(.repeats) pre").first.bounding_box()["height"] > 0
    assert page.pdf()[:5] == b"%PDF-"


def test_without_the_script_everything_essential_is_there(visit):
    page = visit(java_script_enabled=False)
    expect(page.locator("h1")).to_contain_text("FAIL")
    expect(page.locator(".map-0")).to_be_visible()
    expect(page.locator("article.finding").first).to_be_visible()
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.locator("#filter")).to_be_hidden()
    page.get_by_label("compiled", exact=True).check()
    expect(page.locator(".map-2")).to_be_visible()


# Hostile


def test_hostile_text_is_shown_and_does_nothing(visit):
    page = visit("hostile")
    expect(_rows(page)).to_have_count(2)
    for opener in _rows(page).get_by_role("button").all():
        opener.click()
    page.evaluate("for (const element of document.querySelectorAll('details')) element.open = true")
    for select in page.locator("#filter select").all():
        select.select_option(index=1)
    page.wait_for_timeout(100)
    assert page.evaluate("[window.owned, document.scripts.length, document.images.length]") == [None, 2, 0]
    expect(page.locator("article.finding").first).to_contain_text("<script>window.owned = 1</script>")


def test_the_policy_stops_a_script_that_got_in_all_the_same(chromium, files):
    text = (files / "sample.html").read_text(encoding="utf-8")
    broken = files / "broken.html"
    broken.write_text(
        text.replace("<main>", "<main><script>window.owned = 1</script><img src=x onerror=owned=1>"), encoding="utf-8"
    )
    stopped = Visit(chromium.new_context(), broken)
    page = stopped.open()
    assert page.evaluate("window.owned") is None
    assert any("Content Security Policy" in trouble for trouble in stopped.troubles)
    expect(_rows(page)).to_have_count(4)


def test_the_pictures_kept_in_the_documentation_are_small():
    kept = sorted((ROOT / "docs" / "pictures").glob("report-*.png"))
    assert [one.name for one in kept] == ["report-dark.png", "report-light.png", "report-phone.png"]
    assert all(one.stat().st_size < 300_000 for one in kept)
