"""The assertion for a kernel's own tests."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from logitproof.reports import Findings, exit_status, judgement_view

WIDTH = 140


def assert_ok(findings: Findings) -> None:
    """Pass where nothing gates: results were judged, and no defect is among the findings.

    Raises:
        AssertionError: there are defects, or nothing was judged; its message is the table and the worst of them in
            plain words.
    """
    if exit_status(findings) == 0:
        return
    # Kept from pytest's rewriting and from this frame's clutter: the message says it all.
    __tracebackhide__ = True
    text = StringIO()
    Console(file=text, width=WIDTH, color_system=None).print(judgement_view(findings))
    raise AssertionError("\n" + "\n".join(line.rstrip() for line in text.getvalue().splitlines()))
