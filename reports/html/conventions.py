"""Conventions side by side: a row for each question that is left open, a column for each backend."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from ..findings.findings import Finding
from ..findings.overview import Convention, conventions
from ..findings.settings import Titles
from ..record.model import Discrepancy, Record
from ..record.words import brief, inputs_words, parameters_words, quantity_words
from .text import decimal, kind_words, property_of

_ADDRESS = re.compile(r"https://[^\s()<>\"']+\Z")


@dataclass(frozen=True)
class GivenAnswer:
    """An answer to a question, and the entry points that give it.

    `is_stated` tells a convention of the record from a plain answer that another backend gave to the same input.
    """

    observed: str
    cause: str
    entry_points: tuple[str, ...]
    is_stated: bool


@dataclass(frozen=True)
class Question:
    """A question and its answers, backend by backend; `differs` where two answers are not the same."""

    anchor: str
    function: str
    quantity: str
    kind: str
    dtype: str
    keywords: str
    inputs: str
    exact: str
    reasons: tuple[str, ...]
    links: tuple[str, ...]
    others: int
    columns: tuple[tuple[GivenAnswer, ...], ...]
    differs: bool


def target_of(finding: Finding) -> str:
    """Return the id of where the page tells a finding: a section, or a row of conventions or of properties."""
    example = finding.example
    if finding.severity != "convention":
        return finding.anchor
    return f"property-{example.check}" if property_of(example) else _anchor(example)


def _anchor(example: Discrepancy) -> str:
    key = msgspec.json.encode((example.function, example.quantity, example.kind))
    return f"convention-{hashlib.sha256(key).hexdigest()[:12]}"


def questions(record: Record) -> tuple[tuple[str, ...], tuple[Question, ...]]:
    """Return the backends that have columns, and the questions, those with differing answers first."""
    # A property that a stated deviation breaks is told with the properties.
    open_questions = conventions(one for one in record.discrepancies if property_of(one) is None)
    backends = Titles(record.checks, record.properties)
    titles = dict.fromkeys((*map(backends.of, record.checks), *map(backends.of, record.discrepancies)))
    all_questions = [_question(convention, tuple(titles), backends) for convention in open_questions]
    return tuple(titles) if open_questions else (), tuple(
        sorted(all_questions, key=lambda question: not question.differs)
    )


def _question(convention: Convention, titles: Sequence[str], backends: Titles) -> Question:
    example = convention.example
    columns = tuple(_column(convention, title, backends) for title in titles)
    observed = {answer.observed for column in columns for answer in column}
    explanations = dict.fromkeys(brief(answer.explanation, 2000) for answer in convention.answers)
    return Question(
        anchor=_anchor(example),
        function=brief(example.function),
        quantity=quantity_words(example.quantity),
        kind=kind_words(example.kind),
        dtype=brief(example.dtype),
        keywords=brief(parameters_words(example.parameters)),
        inputs=brief(inputs_words(example.inputs)),
        exact="" if example.expected.decimal == "choice" else brief(example.expected.decimal),
        reasons=tuple(explanations)[:4],
        links=_links(convention.answers),
        others=convention.others,
        columns=columns,
        differs=len(observed) > 1,
    )


def _column(convention: Convention, title: str, backends: Titles) -> tuple[GivenAnswer, ...]:
    """The answers of one backend: those listed as conventions, else what it returned for the same input."""
    listed: dict[tuple[str, str], list[str]] = {}
    for answer in convention.answers:
        if backends.of(answer) == title:
            key = (decimal(answer.observed, answer.dtype), brief(answer.cause or ""))
            listed.setdefault(key, []).append(brief(answer.entry_point))
    if listed:
        return tuple(GivenAnswer(*key, tuple(dict.fromkeys(names)), is_stated=True) for key, names in listed.items())
    returned: dict[str, list[str]] = {}
    for other in convention.example.answers:
        if backends.of_answer(other, convention.example) == title:
            returned.setdefault(decimal(other.observed, convention.example.dtype), []).append(brief(other.entry_point))
    return tuple(
        GivenAnswer(observed, "", tuple(dict.fromkeys(names)), is_stated=False) for observed, names in returned.items()
    )


def _links(answers: Sequence[Discrepancy]) -> tuple[str, ...]:
    """The pages that are named as where a deviation is stated; only these lead out of the report."""
    links = dict.fromkeys(answer.link for answer in answers if answer.link is not None)
    return tuple(link for link in links if _is_address(link))[:4]


def _is_address(link: str) -> bool:
    if not _ADDRESS.match(link):
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return bool(parts.netloc) and "@" not in parts.netloc
