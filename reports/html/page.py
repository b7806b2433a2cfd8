"""What all pages have in common: how a template becomes text in which nothing of a record can act."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..findings.findings import Finding
from ..findings.headline import extent_words
from ..record.model import TIER_MEANINGS, TIERS
from ..record.words import backend_title, brief, clean, counted
from .conventions import target_of
from .map import LETTERS
from .text import breakable, lines_of, title_words

if TYPE_CHECKING:
    from jinja2 import Environment

SEVERITY_MEANINGS = {
    "defect": "beyond what the textbook algorithm may lose, or wrong in kind: it gates",
    "weakness": "within the textbook bound, yet worse than a careful algorithm: listed",
    "convention": "mathematics or the documentation leaves it open: listed, side by side",
    "undecided": "the reference could not decide: never a pass",
}


def policy(script: str) -> str:
    """Return what a page may do: nothing but its own style and its one script, known by its hash."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def choices(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return what a filter offers: each name once, as a value and as the words for it."""
    return [(name, name) for name in dict.fromkeys(map(clean, names))]


@cache
def environment() -> Environment:
    """Return what renders the templates: whatever is written out is cleaned and escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - only the page needs it

    templates = Environment(
        autoescape=True,
        finalize=_harmless,
        loader=FunctionLoader(asset),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    templates.filters |= {
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
    templates.globals |= {
        "letters": LETTERS,
        "severity_meanings": SEVERITY_MEANINGS,
        "tier_meanings": TIER_MEANINGS,
        "tiers": TIERS,
    }
    return templates


def _harmless(value: object) -> object:
    """Clean whatever a template writes out, so that no place can forget to."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _number(value: int) -> str:
    return f"{value:,}"


def _title(finding: Finding) -> str:
    return f"{finding.title} · {title_words(finding)}"


@cache
def asset(name: str) -> str:
    """Return the text of a file that comes with the package."""
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
