"""A finding as an entry: what is said of it wherever it is told."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..document.model import Alert, Code, Entry, ErrorSize, Fact, Level, Tone, Words
from ..document.text import parts_of, text_of
from ..findings.findings import Finding
from ..findings.headline import (
    call_words,
    cause_words,
    extent_words,
    headline,
    largest_error,
    other_answers,
    trigger_words,
)
from ..gate.gate import Gate
from ..gate.words import gates_words, waived_words
from ..record.hexfloat import float_from
from ..record.model import Discrepancy, Severity
from ..record.words import brief, inputs_hex, inputs_words, readable

EXPLANATION = 400
"""So many characters of an explanation are told."""
COLUMNS = ("finding", "errors", "extent")
"""The columns of the table of findings that there is no more space for."""

TONES: Mapping[str, Tone] = {
    "defect": "bad",
    "weakness": "warning",
    "convention": "open",
    "undecided": "undecided",
}
_LEVELS: Mapping[Severity, Level] = {
    "defect": "error",
    "weakness": "warning",
    "undecided": "warning",
    "convention": "notice",
}
_ANSWERS_SHOWN = 4


def finding_entry(finding: Finding, gate: Gate | None, *, is_recorded: bool = True) -> Entry:
    """Return what is said of a finding.

    Args:
        finding: the finding.
        gate: what gates; None where defects do and nothing is waived.
        is_recorded: whether there is a record that a script can be made from.
    """
    example, errors, waived = finding.example, largest_error(finding), waived_words(gate, finding)
    extent: Words = (extent_words(finding), "; ", errors) if errors else extent_words(finding)
    cause, when = cause_words(finding), trigger_words(finding)
    beside = (f"cause: {cause}" if cause else "", when, f"waived {waived}" if waived else "")
    what = "; ".join([f"{finding.title}: {brief(headline(finding), 300)}", *filter(None, beside)])
    return Entry(
        finding.severity,
        brief(finding.title, 80),
        headline(finding),
        brief(example.explanation, EXPLANATION),
        (
            Fact("waived", waived),
            *(Fact("gates", reason) for reason in gates_words(gate, finding)),
            *case_facts(finding, example, extent, is_recorded=is_recorded),
        ),
        TONES[finding.severity],
        _level(finding, gate),
        ((f"{what}; ", Code(example.id)), errors or "", extent_words(finding)),
    )


def _level(finding: Finding, gate: Gate | None) -> Level:
    if gate is not None and gate.gates(finding):
        return "error"
    if gate is not None and gate.is_waived(finding):
        return "notice"
    level = _LEVELS[finding.severity]
    # A defect that is no regression is no error of this job, where it fails on regressions.
    return "warning" if gate is not None and gate.fail_on == "regression" and level == "error" else level


def case_facts(
    finding: Finding, discrepancy: Discrepancy, extent: Words, *, is_recorded: bool = True
) -> tuple[Fact, ...]:
    """Return what is known of a case of a finding, `extent` among it: how often it was seen."""
    element = (", element ", Code(str(list(discrepancy.index)))) if discrepancy.index else ()
    return (
        Fact("cause", cause_words(finding)),
        Fact("input", (Code(brief(inputs_words(discrepancy.inputs))), *element) if discrepancy.inputs else ""),
        Fact("hex", Code(brief(inputs_hex(discrepancy.inputs) or ""))),
        Fact("called", Code(call_words(finding, discrepancy))),
        Fact("when", trigger_words(finding)),
        Fact("returned", Code(readable(discrepancy.observed, discrepancy.dtype))),
        Fact("exact", Code(brief(discrepancy.expected.decimal))),
        Fact("error", error_size(discrepancy) or ""),
        *(
            Fact("others", (*parts_of(answer), ": ", Code(names)))
            for answer, names in other_answers(discrepancy)[:_ANSWERS_SHOWN]
        ),
        Fact("extent", extent),
        Fact("again", Code(f"logitproof reproduce {brief(discrepancy.id, 64)}" if is_recorded else "")),
    )


def error_size(discrepancy: Discrepancy) -> ErrorSize | None:
    """Return how far a result is off; None where no number measures it.

    An error where the bound itself is infinite is no multiple of it.
    """
    ulps, ratio = float_from(discrepancy.error_ulps), float_from(discrepancy.error_bound_ratio)
    return ErrorSize(ulps, ratio if ulps == 0 or ratio != 0 else None) if math.isfinite(ulps) else None


def entry_alert(entry: Entry) -> Alert:
    """Return the alert that an entry is: its headline, then its facts by name."""
    facts = ((f"{fact.name}: ", *parts_of(fact.words)) for fact in entry.facts if text_of(fact.words))
    return Alert(entry.level, f"{entry.subject}: {entry.label}", (entry.headline, *facts))
