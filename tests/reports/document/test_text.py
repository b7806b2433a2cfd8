"""The words of a document as text: numbers by their units, texts cleaned and of bounded length."""

from __future__ import annotations

import math

import pytest

from logitproof.reports.document.model import Code, Count, Distance, ErrorSize, LargestError, Offset, Strong
from logitproof.reports.document.text import TEXT_SHOWN, text_of


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("a", "a"),
        (("a ", Code("b"), Strong(" c")), "a b c"),
        (1200, "1,200"),
        (2.1e6, "2.1e6"),
        (Count(1, "check"), "1 check"),
        (Count(1200, "result"), "1,200 results"),
        (ErrorSize(22.0, 1.5), "22 ulps, 1.5 times the textbook bound"),
        (ErrorSize(8.0), "8 ulps"),
        (LargestError(7.4201, 1.8501), "at most 7.43 ulps, at most 1.86 times the textbook bound"),
        (LargestError(8.0, 0.0, is_known=False), "at most 8 ulps, as far as the record tells"),
        (LargestError(math.inf, 2.0), "some of them more than 1e308 ulps, or no number"),
        (Distance(3.0), "3 ulps"),
        (Distance(math.inf), "no number"),
        (Offset(0.5), "0.5 ulps off"),
        (Offset(math.inf), "no number measures it"),
    ],
)
def test_numbers_are_told_with_their_units(words, text):
    assert text_of(words) == text


def test_a_text_is_on_one_line_without_what_steers_and_of_bounded_length():
    assert text_of(" a\n\tb \x1b[31m") == " a b \ufffd[31m"
    assert text_of("") == ""
    long = text_of(("x" * 5000, "y"))
    assert len(long) == TEXT_SHOWN + 1
    assert long.endswith("…y")
