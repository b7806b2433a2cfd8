"""Words and links of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote

from markupsafe import Markup, escape

from ..findings.findings import IDENTITY_BROKEN, Finding
from ..record.model import Discrepancy
from ..record.words import brief, clean, quantity_words, readable

STEADY_CHARACTERS = 4000
"""So much of a sentence by others is shown where there is room for it; the record has it all."""

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "nan": "NaN where there is none",
        "infinity": "infinity where there is none",
        "limit missed": "a required limit is missed",
        "beyond bound": "less accurate than the textbook algorithm",
        "inaccurate": "less accurate than a careful algorithm",
        "flushed to zero": "a small number flushed to zero",
        "error": "an error on valid input",
        "refused": "input refused",
        "crash": "the process ends",
        "hang": "no answer",
        "choice": "a choice that mathematics leaves open",
    }
)

_JOINT = re.compile(r"([._(=,])(?=[A-Za-z_])")

decimal = lru_cache(maxsize=1 << 16)(readable)
"""The shortest decimal of a number in hex: a record has the same ones many times."""


def lines_of(text: str) -> Markup:
    """Return a text of several lines for `<pre>`: every line cleaned and escaped, its line ends kept."""
    return escape("\n".join(clean(line.replace("\t", "    ")) for line in text.split("\n")))


def kind_words(kind: str) -> str:
    """Return what a kind of failure means in plain words."""
    if kind.startswith("deviation: "):
        return f"stated deviation: {kind.removeprefix('deviation: ')}"
    return _KINDS.get(kind, brief(kind))


def breakable(text: str) -> Markup:
    """Return a name of code, escaped, that may be broken where its parts meet: after a dot, a bracket, a low line."""
    return Markup(_JOINT.sub(r"\1<wbr>", str(escape(clean(text)))))  # noqa: S704 - escaped in the same breath


def property_of(discrepancy: Discrepancy) -> str | None:
    """Return the property that a discrepancy stands for; None where it is about a result."""
    return discrepancy.quantity.removeprefix("property:") if discrepancy.kind == IDENTITY_BROKEN else None


def title_words(finding: Finding) -> str:
    """Return what is wrong, and with what, in plain words."""
    if name := property_of(finding.example):
        return f"{brief(name)}: a property that does not hold"
    functions = ", ".join(brief(function) for function in finding.functions)
    quantities = ", ".join(map(quantity_words, finding.quantities))
    subject = functions if quantities == "value" else f"{functions}, {quantities}"
    if finding.kinds == ("error",):
        return f"{subject}: raises {brief(finding.example.observed, 160)}"
    what = brief(finding.cause) if finding.cause else ", ".join(map(kind_words, finding.kinds))
    return f"{subject}: {what}"


def checks_link(**filters: str) -> str:
    """Return the link to the table of checks, narrowed: "#checks?backend=torch%202.13.0&dtype=float16"."""
    chosen = [f"{name}={quote(value, safe='')}" for name, value in filters.items() if value]
    return f"#checks?{'&'.join(chosen)}"
