"""Names say what a thing is: no identifier is a filler word, which would fit anything."""

from __future__ import annotations

import ast

import pytest
from checkout import ROOT

PARTS = ("conformance", "properties", "reference", "reports")
FILLERS = {
    "became", "doubt", "found", "matter", "own", "place", "plain", "right", "room", "slot", "slots", "stage", "told",
}  # fmt: skip
"""Words that are no identifier in any part of logitproof, whatever underscores and capitals they have."""
PUBLIC = {
    # What statements are written with, and names of earlier releases.
    "properties": {
        ("__init__.py", "Slot"),
        ("checking/check.py", "Comparison.right"),
        ("checking/check.py", "Outcome.told"),
        ("checking/property.py", "Domain.slots"),
        ("checking/property.py", "Relation.right"),
        ("checking/property.py", "at_most.right"),
        ("checking/property.py", "equal.right"),
    },
    # Keys of the record, keywords that callers write, and names of earlier releases.
    "reports": {
        ("__init__.py", "Matter"),
        ("formats.py", "comparison_markdown.room"),
        ("formats.py", "summary.room"),
        ("gate/gate.py", "Gate.gates_case.found"),
        ("record/hexfloat.py", "bit_equal.right"),
        ("record/properties.py", "PropertyExtreme.right"),
    },
}
"""By part, what has such a name for good: file and name, with the class or the function that it is in."""


def identifiers(node, scope=""):
    """Give the names that a tree defines, each with its scope: functions, classes, parameters, variables and so on."""
    for child in ast.iter_child_nodes(node):
        name = _defined(child)
        if name:
            yield f"{scope}{name}"
        is_scope = isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        yield from identifiers(child, f"{scope}{name}." if is_scope else scope)


def _defined(node):
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return name
        case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.ExceptHandler(name=name):
            return name
        case ast.alias(asname=name):
            return name
    return None


def _word(identifier):
    name = identifier.rpartition(".")[2]
    return name if name.startswith("__") else name.strip("_").lower()  # Python's own names say what Python says


def fillers_in(part):
    """Return what a part calls by a filler word: file and name."""
    return {
        (file.relative_to(ROOT / part).as_posix(), identifier)
        for file in (ROOT / part).rglob("*.py")
        for identifier in identifiers(ast.parse(file.read_text(encoding="utf-8")))
        if _word(identifier) in FILLERS
    }


@pytest.mark.parametrize("part", PARTS)
def test_no_identifier_is_a_filler_word(part):
    assert fillers_in(part) == PUBLIC.get(part, set())


def test_every_kind_of_name_is_looked_at():
    source = """
class Own:
    found: int
    def _place(self, told, *room, **slot):
        self.plain = 1
        for seen, (kept, made) in []: right = [doubt for doubt in []]
import a as stage
try: (became := 1)
except E as matter: f(own=1)
"""
    assert sorted(identifiers(ast.parse(source))) == [
        "Own", "Own._place", "Own._place.doubt", "Own._place.kept", "Own._place.made", "Own._place.plain",
        "Own._place.right", "Own._place.room", "Own._place.seen", "Own._place.self", "Own._place.slot",
        "Own._place.told", "Own.found", "became", "matter", "stage",
    ]  # fmt: skip
