"""The alerts of a document as annotations: workflow commands, a line each, as GitHub's runner reads them.

A command is a line that begins with `::`. What comes from others stands behind such a beginning, on the same line, with
percent signs and line ends written as GitHub writes them: it can neither end its command nor begin another.
"""

from __future__ import annotations

from ..document.model import LEVELS, Alert, Document, Level
from ..document.text import text_of
from ..record.words import brief

MOST_OF_A_LEVEL = 10
"""GitHub shows so many annotations of a level for a step, and drops the rest without a word."""


def github(document: Document) -> str:
    """Return the alerts of a document, errors first; of each level ten, of which the last counts the rest if any."""
    alerts = document.alerts()
    lines = [line for level in LEVELS for line in _of_level(level, alerts, document.noun)]
    return "".join(f"{line}\n" for line in lines)


def _of_level(level: Level, alerts: tuple[Alert, ...], noun: str) -> list[str]:
    chosen = [alert for alert in alerts if alert.level == level]
    if len(chosen) > MOST_OF_A_LEVEL:
        left = len(chosen) - MOST_OF_A_LEVEL + 1
        rest = f"{left} more {noun} of this kind: the job's summary tells more"
        chosen = [*chosen[: MOST_OF_A_LEVEL - 1], Alert(level, "", (rest,))]
    return [_command(alert) for alert in chosen]


def _command(alert: Alert) -> str:
    title = _data(brief(f"logitproof: {alert.subject}" if alert.subject else "logitproof"))
    message = "\n".join(filter(None, map(text_of, alert.lines)))
    return f"::{alert.level} title={title.replace(':', '%3A').replace(',', '%2C')}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
