"""Two signatures of one callable: what differs for those who call."""

from __future__ import annotations

import pytest

from logitproof.conformance.compare.signatures import signature_changes

SAME = [
    ("(x)", "(x)"),
    ("(x, dim=None)", "(x, dim=None, dtype=None)"),
    ("(x, dim=None)", "(x, dim=None, *, dtype=None)"),
    ("(x, *, a=1, b=2)", "(x, *, b=2, a=1)"),
    ("(x: int = 1) -> int", "(x: 'str' = 1)"),
    ("(x, name=None)", "(x, **keywords)"),
    ("(x, f=<function f at 0x7f01>)", "(x, f=<function f at 0x8f02>)"),
    ("(x, *, axis)", "(x, axis)"),
    ("(x, /, y)", "(x, y)"),
    ("(x)", "(x, *rest)"),
    ("(x, y)", "(x, y=1)"),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_what_changes_no_call_is_not_told(before, after):
    assert signature_changes(before, after) == []


CHANGED = [
    ("(x, dim=None)", "(x, dim=-1)", "default changed", "dim=-1, before dim=None"),
    ("(x, *, eps=1e-07)", "(x, *, eps=1e-06)", "default changed", "eps=1e-06, before eps=1e-07"),
    ("(x, name=None)", "(x)", "signature changed", "name is gone"),
    ("(x)", "(x, *, axis)", "signature changed", "axis is required"),
    ("(x, axis=-1)", "(x, axis)", "signature changed", "axis is required, before axis=-1"),
    ("(x, a=1, b=2)", "(x, b=2, a=1)", "signature changed", "a is at place 3, before 2; b is at place 2, before 3"),
    ("(x, a=1)", "(x, new=0, a=1)", "signature changed", "a is at place 3, before 2"),
    ("(x, a=1)", "(x, *, a=1)", "signature changed", "a is by keyword only"),
    ("(x, a=1)", "(x, a=1, /)", "signature changed", "x is by position only; a is by position only"),
    ("(x, f=<f>)", "(x, f=<g>)", "signature changed", "(x, f=<g>), before (x, f=<f>)"),
]


@pytest.mark.parametrize(("before", "after", "kind", "detail"), CHANGED)
def test_what_changes_a_call_is_told(before, after, kind, detail):
    assert signature_changes(before, after) == [(kind, detail)]


def test_a_default_and_a_parameter_are_told_apart():
    assert signature_changes("(x, a=1, b=2)", "(x, a=3)") == [
        ("signature changed", "b is gone"),
        ("default changed", "a=3, before a=1"),
    ]


@pytest.mark.parametrize(
    "text", ["", "(", "no signature", "(x): pass\nimport os\ndef g(", "(" * 5000, "(x=" + "1" * 20_000 + ")", "\0"]
)
def test_what_is_no_signature_is_told_as_it_is(text):
    changes = signature_changes("(x)", text)
    assert [kind for kind, _ in changes] in ([], ["signature changed"])
