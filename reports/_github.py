"""Annotations of a GitHub job: a record as the workflow commands that its runner reads. Record in, text out.

A command is a line that begins with `::`. What comes from a record stands behind such a beginning, on the same line,
with percent signs and line ends written as GitHub writes them: it can neither end its command nor begin another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ._finding import Finding, findings
from ._headline import cause_words, extent_words, headline
from ._overview import exit_status, verdict
from ._record import Record, Severity
from ._words import brief, error_words, inputs_hex, inputs_words, readable

MOST_OF_A_KIND = 10
"""GitHub shows so many annotations of a kind for a step, and drops the rest without a word."""

_LEVELS: Mapping[Severity, str] = {
    "defect": "error",
    "weakness": "warning",
    "undecided": "warning",
    "convention": "notice",
}
_CUT_SHORT = 3


def github_annotations(record: Record) -> str:
    """Return workflow commands, a line each: errors for defects, warnings for weaknesses, notices for conventions.

    The worst findings come first; where there are more than ten of a level, the tenth counts the rest. A record that is
    no pass for being incomplete is an error before all others.
    """
    found = findings(record.discrepancies)
    alarms = [_incomplete(record)] if exit_status(record) == _CUT_SHORT else []
    lines = [
        line
        for level in dict.fromkeys(_LEVELS.values())
        for line in _limited(level, alarms if level == "error" else [], _of_level(found, level))
    ]
    return "".join(f"{line}\n" for line in lines)


def _of_level(found: Iterable[Finding], level: str) -> list[Finding]:
    return [finding for finding in found if _LEVELS[finding.severity] == level]


def _limited(level: str, first: Sequence[str], own: Sequence[Finding]) -> list[str]:
    room = MOST_OF_A_KIND - len(first)
    shown = own if len(own) <= room else own[: room - 1]
    lines = [*first, *(_command(level, _title(finding), _message(finding)) for finding in shown)]
    if left := len(own) - len(shown):
        names = "findings" if left > 1 else "finding"
        lines.append(_command(level, "logitproof", f"{left} more {names} of this kind: the job's summary tells more"))
    return lines


def _incomplete(record: Record) -> str:
    trouble = [
        f"{brief(backend.name, 80)} {backend.status}: {brief(backend.reason or '')}"
        for backend in record.backends[:MOST_OF_A_KIND]
        if backend.status != "complete"
    ]
    return _command("error", "logitproof", "\n".join([verdict(record), *trouble]))


def _title(finding: Finding) -> str:
    return brief(f"logitproof: {finding.title}: {finding.severity}")


def _message(finding: Finding) -> str:
    found = finding.example
    exact = inputs_hex(found.inputs)
    wanted = f", exact {brief(found.expected.decimal, 80)}" if found.expected.decimal else ""
    error = f": {error_words(found)}" if error_words(found) else ""
    cause = cause_words(finding)
    lines = (
        brief(headline(finding), 400),
        f"cause: {cause}" if cause else "",
        f"input: {brief(inputs_words(found.inputs))}{f' ({brief(exact)})' if exact else ''}" if found.inputs else "",
        f"returned {brief(readable(found.observed, found.dtype), 80)}{wanted}{error}",
        f"{extent_words(finding)}; logitproof reproduce {brief(found.id, 64)}",
    )
    return "\n".join(line for line in lines if line)


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
