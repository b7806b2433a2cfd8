"""The page of a comparison in a browser: opened from disk, without network, by mouse, by keyboard, on a phone."""

from __future__ import annotations

import re
import time

import pytest
from checkout import ROOT
from comparison_page_samples import hostile, many, sample, scripts
from comparison_samples import incomplete
from page_samples import HOSTILE
from page_visits import CONTRAST, PHONE, browser, fits, visiting
from playwright.sync_api import expect

from logitproof.reports import comparison_html
from logitproof.reports.comparison.groups import change_groups

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
    pages = {
        "sample": comparison_html(sample(), scripts(sample(), SCRIPT)),
        "hostile": comparison_html(hostile(), scripts(hostile(), HOSTILE)),
        "many": comparison_html(many(), {}),
        "incomplete": comparison_html(incomplete(), {}),
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


def _group(kind, function):
    return next(group for group in change_groups(sample()) if (group.kind, group.function) == (kind, function))


def test_it_opens_from_disk_with_the_verdict_in_sight(visit):
    page = visit(viewport={"width": 1280, "height": 800})
    expect(page.locator("h1")).to_be_in_viewport()
    expect(page.locator("h1")).to_contain_text("regressed")
    expect(page.locator("#count")).to_have_text("12 checks, 12 changes")
    expect(_rows(page)).to_have_count(12)


@pytest.mark.parametrize(
    ("name", "value", "rows"),
    [
        ("backend", "tensorflow", 2),
        ("function", "sigmoid", 4),
        ("dtype", "float16", 2),
        ("mode", "compiled", 1),
        ("change", "worse", 4),
        ("change", "changed", 5),
        ("change", "better", 3),
        ("change", "same", 1),
        ("change", "regressed", 3),
        ("change", "nearer", 1),
        ("change", "not compared", 1),
    ],
)
def test_each_filter_does_something(visit, name, value, rows):
    page = visit()
    _chosen(page, **{name: value})
    expect(_rows(page)).to_have_count(rows)
    page.get_by_role("button", name="Reset").click()
    expect(_rows(page)).to_have_count(12)


def test_filters_narrow_sections_map_pictures_and_properties(visit):
    page = visit()
    _chosen(page, backend="tensorflow")
    assert set(page.locator("article.finding:visible .backend").all_text_contents()) == {"tensorflow"}
    expect(page.locator(".map-0 .group:visible")).to_have_text(["tensorflow"])
    expect(page.locator("#properties tbody tr:visible")).to_have_count(1)
    _chosen(page, change="worse")
    expect(page.locator("#count")).to_have_text("0 checks, 0 changes")
    expect(page.get_by_text("No change fits the filter.")).to_be_visible()
    page.get_by_role("button", name="Reset").click()
    _chosen(page, function="sigmoid")
    assert page.locator("#pictures figure:visible").count() == 2


def test_the_map_fades_what_has_not_the_change(visit):
    page = visit()
    _chosen(page, change="not compared")
    lit = page.locator(".map-0 .cell[data-found]:not(.faded)")
    expect(lit).to_have_count(1)
    _chosen(page, change="gone error")
    expect(lit).to_have_attribute("data-dtype", "bfloat16")
    for change in ("worse", "changed", "better", "same", "farther", "new error"):
        _chosen(page, change=change)
        cells = lit.evaluate_all("(cells) => cells.map((cell) => [cell.parentElement.dataset, cell.dataset])")
        rows = _rows(page).evaluate_all("(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))")
        assert {(row["function"], cell["dtype"]) for row, cell in cells} == {(r[0].split()[-1], r[7]) for r in rows}
        assert rows


def test_a_cell_and_a_count_lead_to_their_checks(visit):
    page = visit()
    page.locator(".map-0 tr[data-function=sigmoid] a.tier").nth(1).click()
    expect(_rows(page)).to_have_count(2)
    assert "dtype=float32" in page.evaluate("location.hash")
    page.get_by_role("button", name="Reset").click()
    page.locator("#classes tbody tr").nth(2).locator("a").first.click()
    expect(_rows(page)).to_have_count(3)


def test_a_link_reproduces_the_filters_and_going_back_undoes_them(visit):
    page = visit()
    _chosen(page, backend="torch")
    _chosen(page, change="regressed")
    address = page.evaluate("location.hash")
    assert address == "#?backend=torch&change=regressed"
    page.go_back()
    expect(_rows(page)).to_have_count(10)
    again = visit(fragment=address)
    expect(_rows(again)).to_have_count(3)
    expect(again.locator("#filter [name=change]")).to_have_value("regressed")


def test_a_change_leads_to_its_checks_and_a_check_to_its_changes(visit):
    anchor = _group("regressed", "sigmoid").anchor
    page = visit(fragment=f"#{anchor}")
    expect(page.locator(f"#{anchor} h4")).to_be_in_viewport()
    page.locator(f"#{anchor} .places a").nth(1).click()
    row = page.locator("tr.here")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("compiled")
    more = page.locator("tr.here + tr.more")
    for words in ("3 · nearer 70 · identical 9,927", "10,000 results", "0.25 ulps off", "1.93e6 ulps off", "0x0p+0"):
        expect(more).to_contain_text(words)
    more.locator(f"a[href='#{anchor}']").click()
    expect(page.locator(f"#{anchor} h4")).to_be_in_viewport()


def test_one_changes_checks_can_be_shown_alone(visit):
    anchor = _group("regressed", "sigmoid").anchor
    page = visit(fragment=f"#checks?group={anchor}")
    expect(page.locator("#count")).to_have_text("2 checks, 1 change")
    page.get_by_role("button", name="only one change’s checks ×").click()
    expect(_rows(page)).to_have_count(12)


def test_a_check_of_which_outputs_are_missing_says_so(visit):
    page = visit()
    page.fill("#filter [name=q]", "softplus")
    _rows(page).first.get_by_role("button").click()
    expect(page.locator("tr.more")).to_contain_text("largest errors only")
    expect(page.locator("tr.more")).to_contain_text("the outputs of the older run are missing")


def test_a_renamed_entry_point_is_found_by_its_old_name(visit):
    page = visit()
    page.fill("#filter [name=q]", "torch.entr")
    expect(_rows(page)).to_have_count(1)
    _rows(page).first.get_by_role("button").click()
    expect(page.locator("tr.more")).to_contain_text("torch.entr before")


def test_the_gravest_stand_first_and_columns_sort(visit):
    page = visit()
    kinds = page.locator("#check-rows .kind").all_inner_texts()
    assert [kind.split("\n")[-1] for kind in kinds][:4] == [
        "new NaN or infinity",
        "new error",
        "regressed",
        "regressed",
    ]
    assert kinds[-1].endswith("not compared")
    head = page.locator("th[data-key=changed]")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(_rows(page).first).to_contain_text("1,000")


def test_ten_thousand_checks_open_filter_and_sort(visit):
    start = time.monotonic()
    page = visit("many")
    expect(page.locator("#count")).to_have_text(re.compile(r"^10,000 checks"))
    expect(_rows(page)).to_have_count(100)
    page.fill("#filter [name=q]", "class 9999")
    expect(_rows(page)).to_have_count(1)
    page.get_by_role("button", name="Reset").click()
    _chosen(page, change="regressed")
    expect(page.locator("#count")).to_have_text(re.compile(r"^200 checks"))
    page.locator("th[data-key=class]").get_by_role("button").click()
    expect(page.locator("#page-place")).to_have_text("1 to 100 of 200")
    assert time.monotonic() - start < HANG


def test_a_script_can_be_copied(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    details = page.locator("details.text").first
    details.locator("summary").click()
    details.get_by_role("button", name="Copy").click()
    expect(page.locator("#announcement")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == SCRIPT


def test_the_keyboard_alone_reaches_and_works_everything(visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the verdict")).to_be_focused()
    page.locator("#filter [name=change]").focus()
    page.keyboard.type("anything that became better")
    expect(_rows(page)).to_have_count(3)
    _rows(page).first.get_by_role("button").focus()
    page.keyboard.press("Space")
    expect(page.locator("tr.more")).to_have_count(1)


def test_everything_that_scrolls_can_be_reached_by_keyboard_and_has_a_name(visit):
    page = visit(viewport=PHONE)
    unnamed = page.evaluate("""[...document.querySelectorAll('main *')].filter((element) =>
        element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX) &&
        (element.tabIndex < 0 || !element.ariaLabel)).map((element) => element.outerHTML.slice(0, 80))""")
    assert unnamed == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(visit, scheme):
    for name in ("sample", "incomplete"):
        assert visit(name, color_scheme=scheme).evaluate(CONTRAST) == []


def test_light_and_dark_follow_the_system_until_they_are_chosen(visit):
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = visit(color_scheme="light"), visit(color_scheme="dark")
    assert light.evaluate(ground) != dark.evaluate(ground)
    black = dark.evaluate(ground)
    light.get_by_role("button", name="Dark").click()
    assert light.evaluate(ground) == black


@pytest.mark.parametrize("name", ["sample", "hostile", "many", "incomplete"])
def test_a_phone_shows_it_without_scrolling_to_the_side(visit, name):
    page = visit(name, viewport=PHONE)
    assert fits(page)
    page.evaluate("for (const element of document.querySelectorAll('details')) element.open = true")
    assert fits(page)


def test_a_phone_shows_before_now_and_exact_below_one_another(visit):
    page = visit(viewport=PHONE)
    cells = page.locator("article.finding .trio").first.locator("tbody td")
    tops = [box["y"] for box in (cell.bounding_box() for cell in cells.all())]
    assert tops == sorted(set(tops))
    assert cells.first.evaluate("(cell) => getComputedStyle(cell, '::before').content") in {'"before "', '"before" " "'}


def test_paper_shows_what_is_folded_and_leaves_out_what_cannot_be_pressed(visit):
    page = visit(color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator("#filter")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.locator("details.text pre").first.bounding_box()["height"] > 0


def test_without_the_script_everything_essential_is_there(visit):
    page = visit(java_script_enabled=False)
    expect(page.locator("h1")).to_contain_text("regressed")
    expect(page.locator(".map-0")).to_be_visible()
    expect(page.locator("article.finding").first).to_be_visible()
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.locator("#filter")).to_be_hidden()


def test_hostile_text_is_shown_and_does_nothing(visit):
    page = visit("hostile")
    expect(_rows(page)).to_have_count(12)
    for opener in _rows(page).get_by_role("button").all():
        opener.click()
    page.evaluate("for (const element of document.querySelectorAll('details')) element.open = true")
    for select in page.locator("#filter select").all():
        select.select_option(index=1)
    page.wait_for_timeout(100)
    assert page.evaluate("[window.owned, document.scripts.length, document.images.length]") == [None, 2, 0]
    expect(page.locator("article.finding").first).to_contain_text("<script>window.owned = 1</script>")


def test_the_picture_kept_in_the_documentation_is_small():
    kept = sorted((ROOT / "docs" / "pictures").glob("comparison-*.png"))
    assert [one.name for one in kept] == ["comparison-light.png"]
    assert all(one.stat().st_size < 300_000 for one in kept)
