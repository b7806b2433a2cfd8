"""What all pages have in common: how a template becomes text in which nothing of a record can act."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup

from ..comparison.model import ComparedCheck
from ..comparison.words import ulps_words
from ..findings.headline import extent_words
from ..findings.settings import mode_words
from ..record.model import TIER_MEANINGS, TIERS, Check
from ..record.words import (
    backend_title,
    brief,
    clean,
    counted,
    inputs_words,
    is_number,
    magnitude,
    parameters_words,
    quantity_words,
)
from .conventions import target_of
from .map import LETTERS
from .mathematics import mathematics
from .operands import enclosure_words, operands_of
from .text import breakable, decimal, lines_of, title_words

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


def choices_of(checks: Sequence[Check] | Sequence[ComparedCheck]) -> dict[str, list[tuple[str, str]]]:
    """Return what the filters offer that both pages have, by their names."""
    settings = [check.setting for check in checks]
    return {
        "function": choices(check.function for check in checks),
        "dtype": choices(check.dtype for check in checks),
        "mode": choices(map(mode_words(settings), settings)),
    }


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
        "decimal": decimal,
        "entry_points": lambda result: list(dict.fromkeys(map(brief, result.entry_points.values()))),
        "extent": extent_words,
        "inputs": inputs_words,
        "lines": lines_of,
        "magnitude": magnitude,
        "number": "{:,}".format,
        "parameters": parameters_words,
        "quantity": quantity_words,
        "quoted": partial(quote, safe=""),
        "target": target_of,
        "title": backend_title,
        "ulps": ulps_words,
        "words": lambda finding: f"{finding.title} · {title_words(finding)}",
    }
    templates.tests["measured"] = is_number
    templates.globals |= {
        "enclosure_words": enclosure_words,
        "mathematics": mathematics,
        "operands_of": operands_of,
        "letters": LETTERS,
        "severity_meanings": SEVERITY_MEANINGS,
        "tier_meanings": TIER_MEANINGS,
        "tiers": TIERS,
    }
    return templates


def _harmless(value: object) -> object:
    """Clean whatever a template writes out, so that no place can forget to."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def asset(name: str) -> str:
    """Return the text of a file that comes with the package."""
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
