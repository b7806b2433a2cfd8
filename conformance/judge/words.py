"""Discrepancies in plain words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitproof.reference import LIMITS, format_named
from logitproof.reports import Expected, shortest_decimal

from ..backends.protocol import Deviation
from .judged_output import JudgedElement, deviation_kind
from .tally import CheckTally

_MOST_CHARACTERS = 19
"""Of the mantissa of an exact result: enough to see where any format rounds."""


def explain(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    """Say in one or two sentences what a finding is."""
    words = _WORDS.get(judged.kind, _deviation if deviation_followed(tally, judged) else _by_reason)
    return words(tally, judged, expected)


def deviation_followed(tally: CheckTally, judged: JudgedElement) -> Deviation | None:
    """Return the stated deviation that a finding lists as a convention, if it is one of that kind."""
    deviation = tally.entry_point.deviation_of(judged.quantity)
    return deviation if deviation and judged.kind == deviation_kind(deviation.definition) else None


def _subject(tally: CheckTally, judged: JudgedElement) -> str:
    quantity = "" if judged.quantity == "value" else f", {judged.quantity.replace(':', ' by ')},"
    again = "" if judged.run == "plain" or judged.quantity != "value" else f" ({RUNS.get(judged.run, judged.run)})"
    return f"{tally.identity.entry_point}{quantity}{again} in {tally.identity.dtype}"


RUNS = {"repeat": "called a second time", "recorded": "while gradients are recorded"}
"""Calls beside the plain one, as explanations name them."""


def _number(judged: JudgedElement) -> str:
    if judged.observed is None:
        return "nothing"
    return shortest_decimal(judged.observed, format_named(judged.observed.dtype.name))


def _exact(expected: Expected) -> str:
    mantissa, e, exponent = expected.decimal.partition("e")
    return f"{mantissa[:_MOST_CHARACTERS]}{e}{exponent}" if "." in mantissa else expected.decimal


def quantity_text(number: float) -> str:
    """Write a measure for people: three significant digits, no exponent for small counts."""
    if np.isinf(number):
        return "more than 1e308"
    return f"{number:,.0f}" if 1000 <= number < 1e6 else f"{number:.3g}"


def _measured(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    return (
        f"{_subject(tally, judged)} gives {_number(judged)}; the exact result is {_exact(expected)}: "
        f"{quantity_text(judged.ulps)} ulps away"
    )


def _beyond(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    by = "" if judged.definition == "literal" else f" of the stated definition {judged.definition!r}"
    return (
        f"{_measured(tally, judged, expected)}, {quantity_text(judged.ratio)} times what the textbook algorithm"
        f"{by} may lose."
    )


def _inaccurate(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    return f"{_measured(tally, judged, expected)}. The textbook algorithm may lose that much, a careful one would not."


def _flushed(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    return f"{_measured(tally, judged, expected)}: a number below the smallest normal one was flushed to zero."


def _not_a_number(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    return f"{_subject(tally, judged)} gives NaN; the exact result is {_exact(expected)}.{_because(judged)}"


def _infinite(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    return (
        f"{_subject(tally, judged)} gives {_number(judged)}; the exact result is {_exact(expected)}, "
        f"a number that {tally.identity.dtype} can hold."
    )


def _limit(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    return f"{_subject(tally, judged)} gives {_number(judged)}; required is {_exact(expected)}.{_because(judged)}"


def _choice(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    del expected
    return f"{_subject(tally, judged)} gives {_number(judged)}, by choice.{_because(judged)}"


def _undecided(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    del expected
    return f"{_subject(tally, judged)} gives {_number(judged)}; the reference could not decide. {judged.reason}"


def _because(judged: JudgedElement) -> str:
    if judged.exact is None or judged.exact.limit < 0:
        return ""
    why = LIMITS[judged.exact.limit].why
    return f" {why[:1].upper()}{why[1:]}."


def _deviation(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    deviation = deviation_followed(tally, judged)
    stated = f" {deviation.reason} ({deviation.kind}: {deviation.link})" if deviation else ""
    return (
        f"{_subject(tally, judged)} gives {_number(judged)} by its stated definition; the literal one gives "
        f"{_exact(expected)}.{stated}"
    )


_HAPPENED = {
    "crash": " ended its process",
    "hang": " did not return",
    "error": " raises an error on a valid input",
    "refused": " refuses the input",
}


def _by_reason(tally: CheckTally, judged: JudgedElement, expected: Expected) -> str:
    del expected
    refusal = judged.refusal
    documented = f" Documented: {refusal.reason} ({refusal.link})." if refusal else ""
    return f"{_subject(tally, judged)}{_HAPPENED.get(judged.kind, '')}: {judged.reason}{documented}"


_WORDS: dict[str, Callable[[CheckTally, JudgedElement, Expected], str]] = {
    "beyond bound": _beyond,
    "inaccurate": _inaccurate,
    "flushed to zero": _flushed,
    "nan": _not_a_number,
    "infinity": _infinite,
    "limit missed": _limit,
    "choice": _choice,
    "undecided": _undecided,
}
