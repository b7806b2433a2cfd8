"""Annotations of a GitHub job: a record as the workflow commands that its runner reads. Record in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..findings.findings import Finding, findings
from ..findings.headline import call_words, cause_words, errors_words, extent_words, headline, trigger_words
from ..findings.options import UNCALLED, uncalled_options, uncalled_words
from ..findings.overview import exit_status
from ..findings.unexamined import gaps, unexamined_words
from ..gate.gate import Gate
from ..gate.verdict import verdict
from ..gate.words import (
    gates_words,
    item_words,
    stale_heading,
    stale_words,
    uncased_words,
    waived_words,
    waiver_words,
)
from ..record.model import Record, Severity
from ..record.words import brief, error_words, inputs_hex, inputs_words, readable
from .commands import MOST_OF_A_KIND, command, limited

_LEVELS: Mapping[Severity, str] = {
    "defect": "error",
    "weakness": "warning",
    "undecided": "warning",
    "convention": "notice",
}
_CUT_SHORT = 3


def github_annotations(record: Record, gate: Gate | None = None) -> str:
    """Return workflow commands, a line each: errors for defects, warnings for weaknesses, notices for conventions.

    The worst findings come first; where there are more than ten of a level, the tenth counts the rest. A record that is
    no pass for being incomplete is an error before all others, and what was not examined a notice. What gates is an
    error whatever its severity, what is waived a notice, and a stale waiver a warning: an error where it gates.

    Args:
        record: the run.
        gate: what of it gates; None where defects do and nothing is waived.
    """
    all_findings = findings(record)
    alarms: dict[str, list[str]] = {
        "error": [_incomplete(record)] if exit_status(record) == _CUT_SHORT else [],
        "notice": _uncased("notice", UNCALLED, [uncalled_words(each) for each in uncalled_options(record)]),
    }
    if unexamined := unexamined_words(gaps(record), record):
        alarms["notice"].append(command("notice", "logitproof: not examined", unexamined))
    if gate is not None:
        alarms["error"] += _uncased("error", "gates", uncased_words(gate))
        alarms["notice"] += _uncased("notice", "waived", _waived_uncased(gate))
        if gate.stale:
            alarms.setdefault("error" if gate.strict else "warning", []).append(_stale(gate))
    lines = [
        line
        for level in dict.fromkeys(_LEVELS.values())
        for line in limited(
            level, [*alarms.get(level, []), *_commands(level, _of_level(all_findings, level, gate), gate)], "findings"
        )
    ]
    return "".join(f"{line}\n" for line in lines)


def _of_level(all_findings: Iterable[Finding], level: str, gate: Gate | None) -> list[Finding]:
    return [finding for finding in all_findings if _level(finding, gate) == level]


def _level(finding: Finding, gate: Gate | None) -> str:
    if gate is not None and gate.gates(finding):
        return "error"
    if gate is not None and gate.is_waived(finding):
        return "notice"
    level = _LEVELS[finding.severity]
    # A defect that is no regression is no error of this job, where it fails on regressions.
    return "warning" if gate is not None and gate.fail_on == "regression" and level == "error" else level


def _stale(gate: Gate) -> str:
    lines = _listed([stale_words(stale) for stale in gate.stale])
    level = "error" if gate.strict else "warning"
    return command(level, "logitproof: stale waivers", "\n".join([stale_heading(gate), *lines]))


def _waived_uncased(gate: Gate) -> list[str]:
    return [
        "; ".join((item_words(entry.item), *map(waiver_words, entry.waivers[:2])))
        for entry in gate.waived
        if not entry.item.discrepancies
    ]


def _uncased(level: str, title: str, lines: Sequence[str]) -> list[str]:
    """One command for all that is in no finding."""
    return [command(level, f"logitproof: {title}", "\n".join(_listed(lines)))] if lines else []


def _listed(lines: Sequence[str]) -> list[str]:
    left = len(lines) - MOST_OF_A_KIND
    return [*lines[:MOST_OF_A_KIND], *([f"and {left} more"] if left > 0 else [])]


def _commands(level: str, shown: Iterable[Finding], gate: Gate | None) -> Iterator[str]:
    return (command(level, _title(finding), _message(finding, gate)) for finding in shown)


def _incomplete(record: Record) -> str:
    trouble = [
        f"{brief(backend.name, 80)} {backend.status}: {brief(backend.reason or '')}"
        for backend in record.backends[:MOST_OF_A_KIND]
        if backend.status != "complete"
    ]
    return command("error", "logitproof", "\n".join([verdict(record), *trouble]))


def _title(finding: Finding) -> str:
    return brief(f"logitproof: {finding.title}: {finding.severity}")


def _message(finding: Finding, gate: Gate | None) -> str:
    example = finding.example
    exact = inputs_hex(example.inputs)
    inputs = f"{brief(inputs_words(example.inputs))}{f' ({brief(exact)})' if exact else ''}"
    wanted = f", exact {brief(example.expected.decimal, 80)}" if example.expected.decimal else ""
    error = f": {error_words(example)}" if error_words(example) else ""
    cause, called, when = cause_words(finding), call_words(finding), trigger_words(finding)
    again = f"logitproof reproduce {brief(example.id, 64)}"
    lines = (
        brief(headline(finding), 400),
        f"waived {waived}" if (waived := waived_words(gate, finding)) else "",
        *gates_words(gate, finding),
        f"cause: {cause}" if cause else "",
        f"input: {inputs}" if example.inputs else "",
        f"called with {called}" if called else "",
        f"when: {when}" if when else "",
        f"returned {brief(readable(example.observed, example.dtype), 80)}{wanted}{error}",
        "; ".join(part for part in (extent_words(finding), errors_words(finding), again) if part),
    )
    return "\n".join(line for line in lines if line)
