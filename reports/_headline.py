"""What a finding is, in one line and in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ._finding import IDENTITY_BROKEN, Finding, measure
from ._record import Discrepancy
from ._words import brief, magnitude, readable

PROPERTY = "property:"
"""What the quantity of a broken property begins with."""

_NAMED = 2
"""So many entry points, functions or dtypes are named in a line; the rest are counted."""

_PHRASES: Mapping[str, str] = {
    "beyond bound": "loses more than the textbook algorithm may lose",
    "inaccurate": "loses what a careful algorithm would not",
    "flushed to zero": "flushes numbers below the smallest normal one to zero",
    "nan": "is NaN where the exact result is a number",
    "infinity": "is infinite where the exact result is a number that the dtype can hold",
    "limit missed": "misses a required limit",
    "choice": "takes one of several answers that mathematics leaves open",
    "undecided": "could not be decided",
    "crash": "ends the process",
    "hang": "does not return",
    "refused": "refuses an input",
    "shape": "has another shape than it should",
    "dtype": "has another dtype than it should",
    "input modified": "is computed at the cost of the input, which is modified",
    "missing gradient": "is missing",
}
_DEVIATION = "deviation: "


def headline(finding: Finding) -> str:
    """Return what a finding is, e.g. "gradient by logits of torch.logsumexp is NaN where the exact result is …"."""
    dtypes = f" ({named(finding.dtypes, 4)})"
    return f"{_subject(finding)} {_phrase(finding)}{dtypes}"


def cause_words(finding: Finding) -> str:
    """Return what is known of the cause, e.g. "log of softmax: bit-identical to log(softmax(x)) in float32"; or ""."""
    parts = (finding.cause, next((found.evidence for found in finding.discrepancies if found.evidence), None))
    return ": ".join(brief(part) for part in parts if part)


def extent_words(finding: Finding) -> str:
    """Return how often it was found, e.g. "1,200 results of 12 checks"."""
    results = f"{finding.results:,} {'result' if finding.results == 1 else 'results'}"
    return f"{results} of {finding.checks} {'check' if finding.checks == 1 else 'checks'}"


def answers_words(found: Discrepancy) -> list[tuple[str, str]]:
    """Return what other entry points made of the same input: each answer with its error, and who gave it."""
    who: dict[tuple[str, str], list[str]] = {}
    for answer in found.answers:
        mode = f" ({answer.mode})" if answer.mode != found.mode else ""
        version = f" {answer.version}" if answer.backend == found.backend and answer.version != found.version else ""
        name = brief(f"{answer.entry_point}{version}{mode}", 120)
        who.setdefault((answer.observed, answer.error_ulps), []).append(name)
    return [
        (f"{readable(observed, found.dtype)}{_away(ulps)}", named(names, 4)) for (observed, ulps), names in who.items()
    ]


def _away(ulps: str) -> str:
    return f" ({magnitude(ulps)} ulps off)" if math.isfinite(measure(ulps)) else ""


def named(names: Sequence[str], most: int = _NAMED) -> str:
    """Return the first names of a list, the others counted."""
    shown = [brief(name, 120) for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more


def quantity_words(quantity: str) -> str:
    """Return a quantity as it is spoken: "gradient:logits" as "gradient by logits"."""
    return brief(quantity, 80).replace(":", " by ", 1)


def _subject(finding: Finding) -> str:
    entry_points = named(finding.entry_points)
    if finding.kinds == (IDENTITY_BROKEN,):
        return entry_points
    quantities = named([quantity_words(each) for each in finding.quantities])
    return f"{quantities} of {entry_points}"


def _phrase(finding: Finding) -> str:
    kind = finding.example.kind
    if kind == IDENTITY_BROKEN:
        return f"breaks the property {brief(finding.example.quantity, 120).removeprefix(PROPERTY)}"
    if kind == "error":
        return f"raises {brief(finding.example.observed, 160)}"
    if kind.startswith(_DEVIATION):
        return f"follows a stated definition, {brief(kind.removeprefix(_DEVIATION), 60)}, and not the literal one"
    return _PHRASES.get(kind, brief(kind, 80))
