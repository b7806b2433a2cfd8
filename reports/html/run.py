"""report.html: a record as one page that needs nothing but a browser. Record in, HTML out, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..document.text import text_of
from ..findings.findings import findings
from ..findings.headline import call_words, cause_words, largest_error, trigger_words
from ..findings.options import UNCALLED, uncalled_options, uncalled_words
from ..findings.overview import standing, tallies
from ..findings.properties import broken_properties
from ..findings.settings import Titles
from ..gate.changes import changes
from ..gate.gate import Gate
from ..gate.words import gates_words, waived_words
from ..pictures.picture import pictures
from ..record.model import SEVERITIES, Record
from ..record.words import backend_title, brief
from .checks import embedded
from .conventions import questions
from .findings import chapters, error_of
from .map import maps
from .page import asset, choices, choices_of, environment, policy
from .properties import properties
from .text import STEADY_CHARACTERS, property_of, title_words
from .verdict import head, waivers


def html_report(
    record: Record, scripts: Mapping[str, str], earlier: Record | None = None, gate: Gate | None = None
) -> str:
    """Return the page that tells a record: one file, without any address that it loads something from.

    Args:
        record: the record to tell.
        scripts: the stand-alone scripts of discrepancies, by their ids; a finding without one shows none.
        earlier: the previous run, to tell what is new since; without it the page is silent about that.
        gate: what of the record gates; None where defects do and nothing is waived.
    """
    return environment().get_template("report.html").render(_context(record, scripts, earlier, gate))


def _context(record: Record, scripts: Mapping[str, str], earlier: Record | None, gate: Gate | None) -> dict[str, Any]:
    all_findings = findings(record)
    finding_chapters = chapters(record, all_findings, scripts)
    shown = [finding for finding in all_findings if finding.severity != "convention"]
    columns, asked = questions(record)
    script = asset("page.js") + asset("report.js")
    return {
        "record": record,
        "head": head(record, gate),
        "changes": None if earlier is None else changes(record, earlier),
        "gating": [each for each in all_findings if (gate.gates(each) if gate else each.severity == "defect")],
        "waivers": waivers(gate),
        "waived": {each.anchor: words for each in all_findings if (words := waived_words(gate, each))},
        "gates": {each.anchor: lines for each in all_findings if (lines := gates_words(gate, each))},
        "maps": maps(record),
        "map_caption": "The worst tier",
        "map_key": "map-key.html",
        "section": "finding",
        "largest": "error",
        "check_count": len(record.checks),
        "data_file": "record.json",
        "data_words": "beside this file",
        "chapters": finding_chapters,
        "pictures": pictures(record),
        "columns": columns,
        "questions": asked,
        "properties": properties(record),
        "broken": broken_properties(record.properties),
        "not_run": _not_run(record),
        "uncalled_heading": UNCALLED,
        "uncalled": [uncalled_words(each) for each in uncalled_options(record)],
        "tally": tallies(record.checks),
        "data": embedded(record, shown),
        "choices": {
            "backend": choices(map(backend_title, record.checks)),
            **choices_of(record.checks),
            "severity": [*choices(SEVERITIES), ("none", "no finding"), ("not run", "not run")],
        },
        "call_words": call_words,
        "cause_words": cause_words,
        "error_of": error_of,
        "errors_words": lambda finding: text_of(largest_error(finding) or ""),
        "property_of": property_of,
        "title_words": title_words,
        "trigger_words": trigger_words,
        "style": Markup(asset("report.css")),  # noqa: S704 - our own style sheet
        "script": Markup(script),  # noqa: S704 - our own script
        "policy": policy(script),
    }


def _not_run(record: Record) -> list[tuple[tuple[str, str, str], int]]:
    """The checks that were not run to their end, counted by backend, status and reason."""
    titles = Titles(record.checks)
    reasons = Counter(
        (titles.of(check), standing(check), brief(check.reason or "", STEADY_CHARACTERS))
        for check in record.checks
        if check.status != "examined"
    )
    return list(reasons.items())
