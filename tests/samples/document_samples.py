"""A document of nothing in particular: what renderers show of it owes nothing to runs or comparisons."""

from __future__ import annotations

from logitproof.reports.document.model import (
    Alert,
    Code,
    Column,
    Document,
    Entries,
    Entry,
    Fact,
    Items,
    Paragraph,
    Section,
    ServerTest,
    Strong,
    Suite,
    Table,
    Title,
)


def entry(number, label="fault", **changes):
    facts = (Fact("size", (Code(str(number)), " apples")), Fact("nothing", ""))
    fields = {"tone": "bad", "level": "error", "cells": (f"entry {number}", number)}
    return Entry(label, f"basket {number}", f"headline {number}", f"text {number}", facts, **{**fields, **changes})


def document(entries=3, items=3, rows=3, alerts=(), cases=()):
    """A document of so many entries, items and rows, with these alerts and test cases."""
    listed = Items(tuple(f"item {number}" for number in range(items)), "items")
    table = Table(
        (Column("name"), Column("number", is_number=True)), tuple((f"row {each}", each) for each in range(rows)), "rows"
    )
    found = Entries(tuple(map(entry, range(entries))), ("what", "number"), "entries")
    sections = (
        Section("", (Title("A title"), Paragraph(("A ", Strong("strong"), " word")))),
        Section("Found", (found,), 0.3),
        Section("Listed", (listed,), 0.1),
        Section("Details", (table,), 0.1, is_detail=True),
        Section("Empty", ()),
    )
    return Document(
        page=lambda: sections,
        screen=lambda: sections[:-1],
        least=lambda: (Title("A title"),),
        alerts=lambda: tuple(alerts) or (Alert("notice", "a", ("one", "two")), Alert("error", "", ("first",))),
        suites=lambda: (Suite("suite", tuple(cases) or (ServerTest("group", "name"),), {"a fact": "known"}),),
        noun="things",
        elsewhere="look there",
    )
