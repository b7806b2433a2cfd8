"""Discrepancies in plain words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitproof.reference import LIMITS, format_named
from logitproof.reports import Expected, shortest_decimal

from .judged_output import Sighting
from .tally import Tally

_MOST_CHARACTERS = 19
"""Of the mantissa of an exact result: enough to see where any format rounds."""


def explain(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    """Say in one or two sentences what a finding is."""
    words = _WORDS.get(sighting.kind, _deviation if sighting.kind.startswith("deviation: ") else _told)
    return words(tally, sighting, expected)


def _subject(tally: Tally, sighting: Sighting) -> str:
    quantity = "" if sighting.quantity == "value" else f", {sighting.quantity.replace(':', ' by ')},"
    again = (
        "" if sighting.run == "plain" or sighting.quantity != "value" else f" ({RUNS.get(sighting.run, sighting.run)})"
    )
    return f"{tally.identity.entry_point}{quantity}{again} in {tally.identity.dtype}"


RUNS = {"repeat": "called a second time", "recorded": "while gradients are recorded"}
"""Calls beside the plain one, as explanations name them."""


def _number(sighting: Sighting) -> str:
    if sighting.observed is None:
        return "nothing"
    return shortest_decimal(sighting.observed, format_named(sighting.observed.dtype.name))


def _exact(expected: Expected) -> str:
    mantissa, e, exponent = expected.decimal.partition("e")
    return f"{mantissa[:_MOST_CHARACTERS]}{e}{exponent}" if "." in mantissa else expected.decimal


def quantity_text(number: float) -> str:
    """Write a measure for people: three significant digits, no exponent for small counts."""
    if np.isinf(number):
        return "more than 1e308"
    return f"{number:,.0f}" if 1000 <= number < 1e6 else f"{number:.3g}"


def _measured(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    return (
        f"{_subject(tally, sighting)} gives {_number(sighting)}; the exact result is {_exact(expected)}: "
        f"{quantity_text(sighting.ulps)} ulps away"
    )


def _beyond(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    by = "" if sighting.definition == "literal" else f" of the stated definition {sighting.definition!r}"
    return (
        f"{_measured(tally, sighting, expected)}, {quantity_text(sighting.ratio)} times what the textbook algorithm"
        f"{by} may lose."
    )


def _inaccurate(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    return (
        f"{_measured(tally, sighting, expected)}. The textbook algorithm may lose that much, a careful one would not."
    )


def _flushed(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    return f"{_measured(tally, sighting, expected)}: a number below the smallest normal one was flushed to zero."


def _not_a_number(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    return f"{_subject(tally, sighting)} gives NaN; the exact result is {_exact(expected)}.{_because(sighting)}"


def _infinite(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    return (
        f"{_subject(tally, sighting)} gives {_number(sighting)}; the exact result is {_exact(expected)}, "
        f"a number that {tally.identity.dtype} can hold."
    )


def _limit(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    return f"{_subject(tally, sighting)} gives {_number(sighting)}; required is {_exact(expected)}.{_because(sighting)}"


def _choice(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    del expected
    return f"{_subject(tally, sighting)} gives {_number(sighting)}, by choice.{_because(sighting)}"


def _undecided(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    del expected
    return f"{_subject(tally, sighting)} gives {_number(sighting)}; the reference could not decide. {sighting.reason}"


def _because(sighting: Sighting) -> str:
    if sighting.exact is None or sighting.exact.limit < 0:
        return ""
    why = LIMITS[sighting.exact.limit].why
    return f" {why[:1].upper()}{why[1:]}."


def _deviation(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    deviation = tally.entry_point.deviation_of(sighting.quantity)
    stated = f" {deviation.reason} ({deviation.kind}: {deviation.link})" if deviation else ""
    return (
        f"{_subject(tally, sighting)} gives {_number(sighting)} by its stated definition; the literal one gives "
        f"{_exact(expected)}.{stated}"
    )


_HAPPENED = {
    "crash": " ended its process",
    "hang": " did not return",
    "error": " raises an error on a valid input",
    "refused": " refuses the input",
}


def _told(tally: Tally, sighting: Sighting, expected: Expected) -> str:
    del expected
    refusal = sighting.refusal
    documented = f" Documented: {refusal.reason} ({refusal.link})." if refusal else ""
    return f"{_subject(tally, sighting)}{_HAPPENED.get(sighting.kind, '')}: {sighting.reason}{documented}"


_WORDS: dict[str, Callable[[Tally, Sighting, Expected], str]] = {
    "beyond bound": _beyond,
    "inaccurate": _inaccurate,
    "flushed to zero": _flushed,
    "nan": _not_a_number,
    "infinity": _infinite,
    "limit missed": _limit,
    "choice": _choice,
    "undecided": _undecided,
}
