"""report.html: a record as one page that needs nothing but a browser. Record in, HTML out, and nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ._finding import Finding, findings
from ._headline import extent_words
from ._html_checks import embedded
from ._html_conventions import questions, target_of
from ._html_findings import chapters
from ._html_map import LETTERS, maps
from ._html_properties import properties
from ._html_text import STEADY_CHARACTERS, breakable, lines_of, title_words
from ._html_verdict import changes, head
from ._overview import tallies
from ._pictures import pictures
from ._property_overview import broken_properties
from ._record import SEVERITIES, TIER_MEANINGS, TIERS, Record
from ._words import backend_title, brief, clean, counted

if TYPE_CHECKING:
    from jinja2 import Environment

SEVERITY_MEANINGS = {
    "defect": "beyond what the textbook algorithm may lose, or wrong in kind: it gates",
    "weakness": "within the textbook bound, yet worse than a careful algorithm: listed",
    "convention": "mathematics or the documentation leaves it open: listed, side by side",
    "undecided": "the reference could not decide: never a pass",
}


def html_report(record: Record, scripts: Mapping[str, str], earlier: Record | None = None) -> str:
    """Return the page that tells a record: one file, without any address that it loads something from.

    Args:
        record: the record to tell.
        scripts: the stand-alone scripts of discrepancies, by their ids; a finding without one shows none.
        earlier: the previous run, to tell what is new since; without it the page is silent about that.
    """
    return _environment().get_template("report.html").render(_context(record, scripts, earlier))


def _context(record: Record, scripts: Mapping[str, str], earlier: Record | None) -> dict[str, Any]:
    found = findings(record.discrepancies)
    told = chapters(record, found, scripts)
    shown = [finding for finding in found if finding.severity != "convention"]
    columns, asked = questions(record)
    script = _asset("report.js")
    return {
        "record": record,
        "head": head(record),
        "changes": None if earlier is None else changes(record, earlier),
        "gating": [finding for finding in found if finding.severity == "defect"],
        "maps": maps(record),
        "chapters": told,
        "pictures": pictures(record),
        "columns": columns,
        "questions": asked,
        "properties": properties(record),
        "broken": broken_properties(record.properties),
        "not_run": _not_run(record),
        "tally": tallies(record.checks),
        "data": embedded(record, shown),
        "choices": _choices(record),
        "style": Markup(_asset("report.css")),  # noqa: S704 - our own style sheet
        "script": Markup(script),  # noqa: S704 - our own script
        "policy": _policy(script),
    }


def _policy(script: str) -> str:
    """What the page may do: nothing but its own style and its one script, known by its hash."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _not_run(record: Record) -> list[tuple[tuple[str, str, str], int]]:
    """The checks that were not run to their end, counted by backend, status and reason."""
    reasons = Counter(
        (backend_title(check), check.status, brief(check.reason or "", STEADY_CHARACTERS))
        for check in record.checks
        if check.status != "examined"
    )
    return list(reasons.items())


def _choices(record: Record) -> dict[str, list[str]]:
    """What the filters offer."""
    return {
        "backend": list(dict.fromkeys(map(backend_title, record.checks))),
        "function": list(dict.fromkeys(clean(check.function) for check in record.checks)),
        "dtype": list(dict.fromkeys(clean(check.dtype) for check in record.checks)),
        "mode": list(dict.fromkeys(clean(check.mode) for check in record.checks)),
        "severity": list(SEVERITIES),
    }


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - only the page needs it

    environment = Environment(
        autoescape=True,
        finalize=_harmless,
        loader=FunctionLoader(_asset),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "breakable": breakable,
        "brief": brief,
        "counted": counted,
        "extent": extent_words,
        "lines": lines_of,
        "number": _number,
        "target": target_of,
        "title": backend_title,
        "words": _title,
    }
    environment.globals |= {
        "letters": LETTERS,
        "severity_meanings": SEVERITY_MEANINGS,
        "tier_meanings": TIER_MEANINGS,
        "tiers": TIERS,
    }
    return environment


def _harmless(value: object) -> object:
    """Clean whatever a template writes out, so that no place can forget to."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _number(value: int) -> str:
    return f"{value:,}"


def _title(finding: Finding) -> str:
    return f"{finding.title} · {title_words(finding)}"


@cache
def _asset(name: str) -> str:
    """Return the text of a file that comes with the package."""
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
