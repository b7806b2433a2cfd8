"""The head of the page: the verdict, backend by backend, and what changed since an earlier run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ..findings.overview import exit_status, standing, tallies, was_examined
from ..findings.settings import Titles
from ..findings.unexamined import Owner, gaps, unexamined_words
from ..gate.gate import Gate
from ..gate.verdict import verdict
from ..gate.waiver import Waiver
from ..gate.words import item_words, refusal_words, stale_heading, stale_words, uncased_words, waived_counts
from ..record.model import Record
from ..record.words import backend_title, duration_words

_ANSWERS = {
    0: "Yes, in what was examined: nothing that gates was found.",
    1: "Not everywhere. Elsewhere nothing that gates was found, in what was examined.",
    3: "No: a run that is incomplete, or examined nothing, vouches for nothing.",
}
"""May I rely on it? By exit status."""
_BUT_FOR_WAIVED = {
    0: "Yes, in what was examined, but for what is waived: nothing else that gates was found.",
    1: "Not everywhere, and not in what is waived. Elsewhere nothing that gates was found, in what was examined.",
}
_ONLY_STALE = "As far as its waivers go: nothing else that gates was found, but waivers that waive nothing do."


@dataclass(frozen=True)
class Reliance:
    """Whether one backend can be relied on: the functions with defects, those without, and what was examined.

    Attributes:
        title: the backend and its version.
        trouble: why it is not complete; "" where it is.
        faulty: the functions with a defect, each with the dtypes that have it.
        suspect: the other functions of broken properties: which side of a property is wrong, nobody knows.
        clean: the functions that were examined and are neither.
        unexamined: what was not examined, and why, reason by reason; None where an older record does not tell.
        checks: how many checks it has; so the following.
    """

    title: str
    trouble: str
    faulty: tuple[tuple[str, tuple[str, ...]], ...]
    suspect: tuple[str, ...]
    clean: tuple[str, ...]
    unexamined: tuple[str, ...] | None
    checks: int
    not_offered: int
    results: int
    defects: int


@dataclass(frozen=True)
class Waivers:
    """What the gate has to say beside the findings.

    Attributes:
        uncased: what gates, and of which the record keeps no case.
        refused: what gates although a waiver names it, and why.
        waived: what is waived, each with its waivers.
        counts: how much that is.
        stale: the waivers that waive nothing, and why.
        heading: how many these are, and whether they gate.
    """

    uncased: tuple[str, ...]
    refused: tuple[str, ...]
    waived: tuple[tuple[str, tuple[Waiver, ...]], ...]
    counts: str
    stale: tuple[str, ...]
    heading: str


@dataclass(frozen=True)
class Head:
    """What the page says first."""

    status: int
    word: str
    sentence: str
    answer: str
    unexamined: str
    backends: tuple[Reliance, ...]
    duration: str


def head(record: Record, gate: Gate | None = None) -> Head:
    """Return the verdict on a record: `word` is the first word of its sentence, which is shown large."""
    word, colon, rest = verdict(record, gate).partition(": ")
    status = gate.status if gate else exit_status(record)
    answer = _ANSWERS[status]
    if gate and status == 1 and not gate.gating:
        answer = _ONLY_STALE
    elif gate and gate.waived:
        answer = _BUT_FOR_WAIVED.get(status, answer)
    return Head(
        status=status,
        word=word if colon else "",
        sentence=rest if colon else word,
        answer=answer,
        unexamined=unexamined_words(gaps(record), record),
        backends=tuple(_reliances(record)),
        duration=_duration(record.run.started, record.run.finished),
    )


def waivers(gate: Gate | None) -> Waivers | None:
    """Return what the gate has to say beside the findings; None where that is nothing."""
    if gate is None:
        return None
    refused = {
        f"{item_words(failing.item)}; {line}": None
        for failing in gate.gating
        for line in refusal_words(failing)
        if failing.item.discrepancies
    }
    notes = Waivers(
        uncased=tuple(uncased_words(gate)),
        refused=tuple(refused),
        waived=tuple((item_words(entry.item), entry.waivers) for entry in gate.waived),
        counts=waived_counts(gate.waived),
        stale=tuple(map(stale_words, gate.stale)),
        heading=stale_heading(gate),
    )
    nothing = gate.fail_on == "defect" and not (notes.refused or notes.waived or notes.stale)
    return None if nothing else notes


def _reliances(record: Record) -> Iterator[Reliance]:
    """What each backend is good for: each setting of it by itself, where it was examined in several."""
    titles = Titles(record.checks, record.properties)
    by_backend: dict[str, dict[str, None]] = {backend_title(backend): {} for backend in record.backends}
    owners: tuple[Owner, ...] = (*record.checks, *record.properties)
    for owner in owners:
        by_backend.setdefault(backend_title(owner), {})[titles.of(owner)] = None
    for backend, of_settings in by_backend.items():
        for title in of_settings or (backend,):
            yield _reliance(record, backend, title, titles)


def _reliance(record: Record, name: str, title: str, titles: Titles) -> Reliance:
    checks = [check for check in record.checks if titles.of(check) == title]
    backends = [each for each in record.backends if backend_title(each) == name and each.status != "complete"]
    unexamined = tuple(gap.words for gap in gaps(record) if gap.backend == title)
    is_told = bool(unexamined) or all(check.unexamined is not None for check in checks)
    faulty: dict[str, dict[str, None]] = {}
    for check in checks:
        if check.severities.get("defect"):
            faulty.setdefault(check.function, {})[check.dtype] = None
    broken = [result for result in record.properties if result.status == "broken" and titles.of(result) == title]
    suspect = dict.fromkeys(name for result in broken for name in result.entry_points if name not in faulty)
    examined = dict.fromkeys(check.function for check in checks if was_examined([check]))
    return Reliance(
        title=title,
        trouble=next((": ".join(filter(None, (each.status, each.reason))) for each in backends), ""),
        faulty=tuple((function, tuple(dtypes)) for function, dtypes in faulty.items()),
        suspect=tuple(suspect),
        clean=tuple(name for name in examined if name not in faulty and name not in suspect),
        unexamined=unexamined if is_told else None,
        checks=len(checks),
        not_offered=sum(standing(check) == "not offered" for check in checks),
        results=sum(check.elements for check in checks),
        defects=tallies(checks)["defect"].checks,
    )


def _duration(started: str, finished: str) -> str:
    """Return how long a run took, "" where its times cannot be read: they are text by whoever wrote the record."""
    try:
        return duration_words((datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds())
    except (ValueError, TypeError):
        return ""
