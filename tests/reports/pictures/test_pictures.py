"""Pictures of the errors: what they show, that they are the same each time, and that no text of a record harms them."""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
import sys
import warnings
from itertools import pairwise
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from picture_samples import curve, plausible_record, spread_check
from record_samples import check, record

from logitproof.reports.pictures.axes import axis_for, chosen
from logitproof.reports.pictures.charts import BarPanel, charts
from logitproof.reports.pictures.draw import style_of
from logitproof.reports.pictures.picture import pictures, pictures_of
from logitproof.reports.pictures.svg import COLOURS
from logitproof.reports.pictures.words import alternative

SVG = "{http://www.w3.org/2000/svg}"
SMALL = {"functions": ("sigmoid", "softmax", "softmax_cross_entropy"), "dtypes": ("bfloat16", "float32")}
HOSTILE = (
    "<script>alert(1)</script>",
    "$\\frac{1}{0}$",
    'x" onload="alert(1)',
    "\x1b[31mred\x07",
    "]]>&lt;!--",
    "\u202eesrever",
    "漢字 \U0001f600 \ufffe",
    "@0",
    "n" * 5000,
)


@pytest.fixture(scope="module")
def small():
    """The pictures of three functions in two dtypes, by anchor."""
    return {picture.anchor: picture for picture in pictures(plausible_record(**SMALL))}


def _chart(of, kind="input"):
    return next(chart for chart in charts(of) if chart.kind == kind)


def _parsed(picture):
    return ET.fromstring(picture.svg)  # noqa: S314 - our own


def _texts(picture):
    return [element.text for element in _parsed(picture).iter(f"{SVG}text")]


def test_each_function_has_the_pictures_that_there_are_data_for(small):
    assert list(small) == [
        "picture-sigmoid-input",
        "picture-sigmoid-histogram",
        "picture-softmax-classes",
        "picture-softmax-histogram",
        "picture-softmax-cross-entropy-confidence",
        "picture-softmax-cross-entropy-classes",
        "picture-softmax-cross-entropy-histogram",
    ]


def test_a_record_without_spreads_has_no_pictures():
    assert pictures(record(check())) == ()


def test_a_spread_without_errors_has_no_pictures():
    assert pictures(record(spread_check(histogram=()))) == ()


def test_the_same_record_gives_the_same_bytes_whatever_the_users_settings(small):
    with mpl.rc_context({"path.sketch": (1, 100, 2), "lines.scale_dashes": False, "patch.antialiased": False}):
        again = pictures(plausible_record(**SMALL))
        assert mpl.rcParams["path.sketch"] == (1, 100, 2)
    assert [picture.svg for picture in again] == [picture.svg for picture in small.values()]


def test_a_picture_is_the_same_whatever_was_drawn_before(small):
    drawn = charts(plausible_record(**SMALL))
    for chart, picture in zip(drawn, small.values(), strict=True):
        assert pictures_of([chart])[0].svg == picture.svg
    backwards = pictures_of(drawn[::-1])
    assert [picture.svg for picture in backwards[::-1]] == [picture.svg for picture in small.values()]


def test_pictures_of_other_processes_are_the_same(small):
    program = (
        "import sys, hashlib; sys.path.insert(0, 'tests/samples')\n"
        "from picture_samples import plausible_record\nfrom logitproof.reports.pictures.picture import pictures\n"
        f"made = pictures(plausible_record(**{SMALL!r}))\n"
        "print(*(hashlib.sha256(each.svg.encode()).hexdigest() for each in made))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == [hashlib.sha256(each.svg.encode()).hexdigest() for each in small.values()]


def test_a_picture_has_no_colour_size_font_or_date_of_its_own(small):
    for picture in small.values():
        root = _parsed(picture)
        assert root.attrib["width"] == "100%"
        assert "height" not in root.attrib
        assert root.attrib["viewBox"].startswith("0 0 720 ")
        assert set(re.findall(r"(?:fill|stroke): ?([^;\"]+)", picture.svg)) <= {*COLOURS.values(), "none"}
        assert not re.search(r"#[0-9a-f]{6}|DejaVu|metadata|matplotlib|<style|<image|20\d\d-", picture.svg)
        assert "font-family:inherit" in picture.svg


def test_every_reference_in_a_picture_leads_to_an_id_of_its_own(small):
    ids = [name for picture in small.values() for name in re.findall(r' id="([^"]+)"', picture.svg)]
    assert len(ids) == len(set(ids))
    for picture in small.values():
        names = set(re.findall(r' id="([^"]+)"', picture.svg))
        assert all(name.startswith(f"{picture.anchor}-") for name in names)
        assert set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', picture.svg)) <= {("", name) for name in names}


def test_a_screen_reader_is_told_what_a_picture_shows(small):
    picture = small["picture-sigmoid-input"]
    root = _parsed(picture)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    assert title.text == picture.title == "sigmoid: error against x"
    assert "float32 · gradient by x: torch 2.13.0 up to" in description.text


def test_a_key_names_every_backend_and_the_bound(small):
    texts = _texts(small["picture-sigmoid-input"])
    assert texts[:4] == ["torch 2.13.0", "tensorflow 2.21.0", "keras 3.15.1", "within the textbook bound"]


def test_a_key_names_a_backend_whose_name_begins_with_a_low_line():
    # Matplotlib leaves such labels out of its legends.
    (picture, _) = pictures(record(spread_check(curve("input", [(1, 2, 3)]), name="_kernels")))
    assert _texts(picture)[0] == "_kernels 2.13.0"


def test_the_quantities_of_a_histogram_share_the_stretches_written_below_them(small):
    texts = _texts(small["picture-softmax-cross-entropy-histogram"])
    assert texts.count("value") == texts.count("gradient by logits") == 1
    assert texts.count("bfloat16") == texts.count("float32") == 3
    assert texts.count("2¹⁶") == len(SMALL["dtypes"])
    assert texts.count("1 %") == 3


def test_hostile_names_come_out_as_plain_text():
    hostile = [
        spread_check(curve("input", [(1, 2, 3)]), name=name, function=name, dtype=name, quantity=name, mode=name)
        for name in HOSTILE
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = pictures(record(*hostile))
    assert len(drawn) == 2 * len(HOSTILE)
    allowed = {"svg", "title", "desc", "path", "text"}
    for picture in drawn:
        root = _parsed(picture)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
        assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", picture.svg)
        assert re.fullmatch(r"picture-[0-9a-f]{12}-(input|histogram)", picture.anchor)
    words = {text for picture in drawn for text in _texts(picture)}
    assert any(text.startswith("$\\frac{1}{0}$ 2.13.0") for text in words)
    assert any(text.startswith("@0 2.13.0") for text in words)
    assert max(map(len, words)) < 60


def test_numbers_that_no_run_writes_do_no_harm():
    odd = [(0.0, 1, 1), (1e308, 1e308, 0), (-5e-324, 5e-324, 1e308), (2, float("inf"), 3), (3, 4, float("inf"))]
    checks = [spread_check(curve("input", [(float("-inf"), 1, 1), *odd, (float("inf"), 1, 1)]))]
    checks.append(spread_check(curve("confidence", odd), curve("classes", odd), curve("input", [(1, 0, 0)])))
    for picture in pictures(record(*checks)):
        assert not re.search(r"\b(nan|inf)\b", picture.svg.split("</desc>")[1])


def test_entry_points_of_a_backend_share_a_line_that_follows_the_larger_error():
    low = spread_check(curve("input", [(1, 2, 9), (8, 7, 9)]), entry_point="torch.sigmoid")
    high = spread_check(curve("input", [(1, 5, 9), (8, 3, 9)]), entry_point="torch.nn.Sigmoid")
    (panel,) = _chart(record(low, high)).panels
    (line,) = panel.lines
    assert [ulps for _, ulps in line.points] == [5, 7]


def test_an_error_beyond_its_bound_is_marked_where_another_bound_is_larger():
    beyond = spread_check(curve("input", [(1, 5, 4)]), entry_point="torch.sigmoid")
    within = spread_check(curve("input", [(1, 6, 9)]), entry_point="torch.nn.Sigmoid")
    (panel,) = _chart(record(beyond, within)).panels
    assert [ulps for _, ulps in panel.lines[0].beyond] == [5]
    assert [bound for _, bound in panel.bound] == [9]
    assert "beyond it" in _texts(pictures(record(beyond, within))[0])


def test_versions_and_modes_of_a_backend_have_lines_of_their_own():
    kinds = [("2.1", "eager"), ("2.2", "eager"), ("2.2", "compiled")]
    several = record(
        *(spread_check(curve("input", [(1, 2, 9)]), version=version, mode=mode) for version, mode in kinds)
    )
    (panel,) = _chart(several).panels
    assert len(panel.lines) == 3
    assert _chart(several).series == ("torch 2.1 eager", "torch 2.2 eager", "torch 2.2 compiled")


def test_a_histogram_adds_up_checks_and_shows_shares():
    halves = [spread_check(histogram=(3, 1)), spread_check(histogram=(1, 0, 0, 0, 2, 1), entry_point="torch.other")]
    (panel,) = _chart(record(*halves), "histogram").panels
    assert isinstance(panel, BarPanel)
    # Of 8: 4 up to ½ ulp, 1 up to 1, 2 up to 8 and 1 up to 16, which is the stretch of both.
    assert panel.shares == ((0, (0.5, 0.125, 0.0, 0.0, 0.375, 0.0, 0.0, 0.0)),)


def test_the_last_entry_of_a_histogram_is_in_the_last_stretch():
    (panel,) = _chart(record(spread_check(histogram=(0,) * 65 + (4,))), "histogram").panels
    assert panel.shares[0][1][-1] == 1


@pytest.mark.parametrize(
    ("measure", "function", "numbers"),
    [
        ("input", "sigmoid", (-1e300, -1e30, -1e3, -1, -1e-3, 0.0, 1e-3, 1, 20, 1e3, 1e30, 1e300)),
        ("input", "logit", (5e-324, 1e-300, 1e-3, 0.25, 0.5, 0.75, 1 - 1e-3, 1 - 1e-9, 1 - 2**-53)),
        ("classes", "softmax", (1, 2, 10, 262_144)),
    ],
)
def test_an_axis_keeps_the_order_of_numbers(measure, function, numbers):
    positions = [axis_for(measure, function).position(number) for number in numbers]
    assert positions == sorted(set(positions))


@pytest.mark.parametrize(
    ("measure", "function", "number"),
    [("input", "logit", 0), ("input", "logit", 1), ("input", "sigmoid", float("inf")), ("classes", "softmax", 0)],
)
def test_what_has_no_logarithm_has_no_place(measure, function, number):
    assert math.isnan(axis_for(measure, function).position(number))


def test_confidence_grows_to_the_right():
    axis = axis_for("confidence", "softmax_cross_entropy")
    positions = [axis.position(complement) for complement in (1, 0.5, 1e-3, 1e-9, 1e-300)]
    assert positions == sorted(set(positions))


@pytest.mark.parametrize(
    ("measure", "function", "label", "number"),
    [
        ("input", "sigmoid", "0", 0),
        ("input", "sigmoid", "−10³⁰", -1e30),
        ("input", "sigmoid", "10⁻³", 1e-3),
        ("input", "sigmoid", "100", 100),
        ("input", "logit", "½", 0.5),
        ("input", "logit", "10⁻³⁰⁰", 1e-300),
        ("input", "logit", "1 − 10⁻³", 1 - 1e-3),
        ("confidence", "softmax_cross_entropy", "10⁻⁶", 1e-6),
        ("classes", "softmax", "10⁴", 10_000),
    ],
)
def test_a_number_at_an_axis_stands_where_it_belongs(measure, function, label, number):
    axis = axis_for(measure, function)
    (tick,) = [tick for tick in axis.ticks if tick.label == label]
    assert axis.position(number) == pytest.approx(tick.position)


def test_ticks_keep_their_distance():
    ticks = chosen(axis_for("input", "sigmoid").ticks, -40, 40, 5)
    positions = [tick.position for tick in ticks]
    assert len(ticks) > 4
    assert min(upper - lower for lower, upper in pairwise(positions)) >= 5


def test_no_two_of_twelve_backends_look_alike():
    assert len({tuple(style_of(number).values()) for number in range(12)}) == 12
    for number in range(6):
        others = [style_of(other) for other in range(6) if other != number]
        assert style_of(number)["linestyle"] not in [other["linestyle"] for other in others]


def test_a_run_of_three_frameworks_has_at_most_fifty_pictures_of_moderate_size():
    drawn = pictures(plausible_record())
    assert 40 < len(drawn) <= 50
    assert sum(len(picture.svg) for picture in drawn) < 4e6


def test_matplotlib_is_not_imported_before_a_picture_is_drawn():
    program = (
        "import sys\nfrom logitproof.reports.pictures import picture as module\n"
        "assert 'matplotlib' not in sys.modules\n"
        "import sys; sys.path.insert(0, 'tests/samples')\nfrom record_samples import check, record\n"
        "module.pictures(record(check()))\nassert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("histogram", "words"),
    [((99_999, 1), "more than 99.9%"), ((1, 99_999), "less than 0.1%"), ((4, 0), "100.0%"), ((3, 1), "75.0%")],
)
def test_a_share_that_is_neither_all_nor_nothing_is_not_told_as_such(histogram, words):
    (text,) = (alternative(chart) for chart in charts(record(spread_check(histogram=histogram))))
    assert f" {words} within ½ ulp" in text
