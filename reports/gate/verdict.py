"""The outcome of a run in one sentence."""

from __future__ import annotations

from ..findings.overview import has_defects, has_results, is_complete, properties_of, tallies
from ..findings.properties import broken_properties
from ..findings.unexamined import gaps, unexamined_words
from ..record.model import SEVERITIES, ExaminationResult, Record
from ..record.words import counted
from .gate import Gate
from .words import verdict_words


def verdict(record: Record | ExaminationResult, gate: Gate | None = None) -> str:
    """Return the outcome in one sentence, the most important thing first.

    Args:
        record: what was found.
        gate: what of it gates; None where defects do and nothing is waived.
    """
    tally = tallies(record.checks)
    counts = ", ".join(
        f"{counted(tally[severity].checks, severity)} ({counted(tally[severity].results, 'result')})"
        for severity in SEVERITIES
        if tally[severity].results
    )
    broken = broken_properties(properties_of(record))
    outcome = ", ".join(filter(None, (counts, f"{counted(broken, 'broken property')}" if broken else "")))
    unexamined = unexamined_words(gaps(record), record)
    outcome = (outcome or "no discrepancy") + (f"; {unexamined}" if unexamined else "")
    if not has_results(record):
        return f"Nothing was examined: this is not a pass{f'; {unexamined}' if unexamined else ''}."
    beside = verdict_words(gate) if gate else ""
    if not is_complete(record):
        return f"Incomplete: not a pass. So far {outcome}{beside}."
    fails = has_defects(record) if gate is None else gate.status == 1
    return f"{'FAIL' if fails else 'PASS'}: {outcome}{beside}."
