"""A comparison as a document: its page, what a terminal shows of it, and its alerts, with the test cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..comparison.groups import ChangeGroup, CheckChange, KindTally, Weight, change_groups, kind_tallies
from ..comparison.model import CHANGE_MEANINGS, ChangeExample, ChangeKind, Comparison, Outcome, is_newly_broken
from ..comparison.words import (
    WEIGHT_WORDS,
    answer_sentence,
    backend_titles,
    change_headline,
    entry_point_words,
    environment_facts,
    group_extent,
    incomplete_sentence,
    outcome_sentence,
    property_words,
    result_words,
    seconds_words,
    slowest_first,
    speed_ratio,
    speed_words,
    uncompared_reasons,
    verdict_line,
    where_words,
)
from ..document.model import (
    Alert,
    Block,
    Code,
    Column,
    Distance,
    Document,
    Entries,
    Entry,
    Fact,
    Items,
    Level,
    Paragraph,
    Section,
    Strong,
    Table,
    Title,
    Tone,
    Words,
)
from ..document.text import joined
from ..record.hexfloat import float_from, measure
from ..record.words import brief, counted, inputs_words, is_number
from .changes import change_facts
from .comparison_tests import comparison_suites
from .entries import EXPLANATION, entry_alert

_TONES: Mapping[Outcome, Tone] = {"safe": "good", "changed": "warning", "regressed": "bad"}
_WEIGHT_TONES: Mapping[Weight, Tone] = {"worse": "bad", "changed": "warning", "better": "good", "same": "faint"}
_LEVELS: Mapping[Weight, Level] = {"worse": "error", "changed": "warning", "better": "notice", "same": "notice"}
_COLUMNS = ("change", "largest input", "before", "now", "exact", "results")
_SCRIPTS = "A script that runs in both versions: logitproof reproduce CHANGE --record FILE, of what --format json gives"
_TIMINGS = "Time in calls: told, never gated"
_TIMINGS_SHOWN = 5
"""So many of the slowest, and so many of the fastest by comparison, are shown on a terminal."""


def comparison_document(comparison: Comparison) -> Document:
    """Return what is told of a comparison; its first line is the verdict, e.g. "verdict: safe"."""
    return Document(
        page=lambda: _page(comparison),
        screen=lambda: _screen(comparison),
        least=lambda: tuple(_verdict(comparison)),
        alerts=lambda: tuple(_alerts(comparison)),
        suites=lambda: comparison_suites(comparison),
        noun="changes",
        elsewhere=(Code("--format html"), " shows them"),
    )


def _page(comparison: Comparison) -> tuple[Section, ...]:
    groups = change_groups(comparison)
    head: tuple[Block, ...] = (
        *_verdict(comparison),
        _title(comparison),
        Paragraph(outcome_sentence(comparison)),
        Paragraph(answer_sentence(comparison)),
        _compared(comparison),
        *_notes(comparison),
    )
    return (
        Section("", head, 0.03),
        *_classes(comparison, CHANGE_MEANINGS),
        *_of_weight(groups, "worse", 0.43, 0.7),
        *_entry_points(comparison),
        *_properties(comparison),
        *_of_weight(groups, "changed", 0.15, 0.45),
        *_of_weight(groups, "better", 0.07, 0.0),
        *_not_compared(comparison),
        *_timings(comparison),
        _runs(comparison),
    )


def _screen(comparison: Comparison) -> tuple[Section, ...]:
    groups = change_groups(comparison)
    head: tuple[Block, ...] = (
        *(Paragraph(each.words, _TONES[comparison.outcome]) for each in _verdict(comparison)),
        _title(comparison),
        _compared(comparison),
        Paragraph(outcome_sentence(comparison)),
    )
    worse = _of_weight(groups, "worse", 0.0, 1.0)
    return (
        Section("", head),
        *_classes(comparison, {}),
        *(Section(each.title, (*each.blocks, Paragraph(_SCRIPTS, "faint"))) for each in worse),
        *_changed_in_lines(groups),
        *_entry_points(comparison),
        *_properties(comparison),
        *_timings_in_lines(comparison),
        *(Section("Notes", (each,)) for each in _notes(comparison)),
        Section("", (Paragraph(answer_sentence(comparison)),)),
    )


def _verdict(comparison: Comparison) -> Iterator[Paragraph]:
    yield Paragraph(verdict_line(comparison))
    if sentence := incomplete_sentence(comparison):
        yield Paragraph(sentence, "bad")


def _title(comparison: Comparison) -> Title:
    before, now = (brief(title, 160) for title in comparison.titles)
    return Title(f"{before or 'the older run'} → {now or 'the newer run'}")


def _compared(comparison: Comparison) -> Paragraph:
    backends = ", ".join(list(backend_titles(comparison).values())[:10]) or "No backend"
    checks, results = len(comparison.checks), sum(check.elements for check in comparison.checks)
    extent = f"{counted(checks, 'check')} of {counted(results, 'result')} on the same inputs"
    return Paragraph(f"{backends}: {extent}; profile {brief(comparison.profile, 40)}.")


def _notes(comparison: Comparison) -> Iterator[Items]:
    if comparison.notes:
        yield Items(tuple(brief(note, 400) for note in comparison.notes), "notes")


def _classes(comparison: Comparison, meanings: Mapping[ChangeKind, str]) -> Iterator[Section]:
    if tallies := kind_tallies(comparison):
        columns = (
            Column("class"),
            *(Column(name, is_number=True) for name in ("checks", "results", "largest change")),
            Column("where"),
        )
        yield Section(
            "Classes of change",
            (Table(columns, tuple(_class(tally, meanings.get(tally.kind)) for tally in tallies), "classes"),),
            0.1,
        )


def _class(tally: KindTally, meaning: str | None) -> tuple[Words, ...]:
    check, example = tally.largest.check, tally.largest.example
    return (
        (Strong(tally.kind, _WEIGHT_TONES[tally.weight]), f": {meaning}" if meaning else ""),
        tally.checks,
        tally.elements or "",
        Distance(measure(example.ulps)) if example else "",
        (Code(brief(check.entry_point, 120)), f", {brief(check.dtype, 40)}") if example else "",
    )


def _of_weight(groups: Sequence[ChangeGroup], weight: Weight, share: float, full_share: float) -> Iterator[Section]:
    """The gravest groups of a weight in full, further ones a row each, the rest counted."""
    if entries := tuple(map(_entry, (group for group in groups if group.weight == weight))):
        yield Section(f"What {WEIGHT_WORDS[weight]}", (Entries(entries, _COLUMNS, "changes", full_share),), share)


def _entry(group: ChangeGroup) -> Entry:
    """One group: the simplest input, the results before and now, the exact one, and the largest change."""
    simplest, largest = group.simplest, group.largest
    facts = (
        Fact("what", CHANGE_MEANINGS[group.kind]),
        Fact("renamed", _old_name(simplest)),
        Fact("why", brief(simplest.check.reason or "", EXPLANATION)),
        *(change_facts(simplest, simplest.example) if simplest.example else ()),
        Fact("largest", _largest(largest, largest.example) if largest is not simplest and largest.example else ""),
        Fact("extent", group_extent(group)),
        Fact("change", Code(brief(simplest.key, 120))),
    )
    headline = change_headline(group)
    return Entry(
        group.kind,
        brief(group.backend, 80),
        headline,
        "",
        facts,
        _WEIGHT_TONES[group.weight],
        _LEVELS[group.weight],
        _cells(group, f"{group.kind}: {brief(group.backend, 80)}: {brief(headline, 300)}"),
        is_by_label=True,
    )


def _old_name(change: CheckChange) -> Words:
    old = change.check.old_entry_point
    return (Code(brief(old, 200)), " before") if old else ""


def _largest(change: CheckChange, example: ChangeExample) -> Words:
    dtype = change.check.dtype
    before, now = (Code(brief(result_words(text, dtype), 80)) for text in (example.before, example.after))
    inputs = Code(brief(inputs_words(example.inputs), 120))
    return (Distance(measure(example.ulps)), ": ", before, " before, ", now, f" now, {brief(dtype, 40)}, at ", inputs)


def _cells(group: ChangeGroup, what: str) -> tuple[Words, ...]:
    example, dtype = group.largest.example, group.largest.check.dtype
    if example is None:
        return what, "", "", "", "", group_extent(group)
    return (
        what,
        Code(brief(inputs_words(example.inputs, 4), 120)),
        *(Code(brief(result_words(text, dtype), 80)) for text in (example.before, example.after)),
        Code(brief(example.expected.decimal, 80)),
        group_extent(group),
    )


def _changed_in_lines(groups: Sequence[ChangeGroup]) -> Iterator[Section]:
    lines: list[Words] = []
    for group in groups:
        if group.weight == "changed":
            example = group.largest.example
            is_measured = example is not None and is_number(example.ulps)
            apart = (", at most ", Distance(measure(example.ulps)), " apart") if example and is_measured else ()
            words = f"  {brief(change_headline(group), 300)}: {group_extent(group)}"
            lines.append((Strong(group.kind, "warning"), words, *apart))
    if lines:
        yield Section(f"What {WEIGHT_WORDS['changed']}", (Items(tuple(lines)),))


def _entry_points(comparison: Comparison) -> Iterator[Section]:
    lines = tuple(
        (
            Strong(change.kind, "bad") if change.kind == "removed" else change.kind,
            f": {brief(change.backend, 80)}: {entry_point_words(change)}",
        )
        for change in comparison.entry_points
    )
    if lines:
        yield Section("Entry points", (Items(lines),), 0.083)


def _properties(comparison: Comparison) -> Iterator[Section]:
    lines: list[Words] = []
    for change in sorted(comparison.properties, key=lambda each: not is_newly_broken(each)):
        ratios = joined((float_from(ratio) for ratio in change.ratios if ratio is not None), " → ")
        word = Strong(property_words(change), "bad") if is_newly_broken(change) else property_words(change)
        stated = f"{brief(change.property, 120)}: {brief(change.statement)}"
        bound = ("; ", *ratios, " of the bound") if ratios else ()
        lines.append((word, f": {brief(change.backend, 80)}, {where_words(change)}: {stated}", *bound))
    if lines:
        yield Section("Properties", (Items(tuple(lines)),), 0.067)


def _not_compared(comparison: Comparison) -> Iterator[Section]:
    if reasons := uncompared_reasons(comparison):
        lines = tuple((backend, statuses, count, reason) for backend, statuses, reason, count in reasons)
        columns = tuple(map(Column, ("backend", "run", "checks", "reason")))
        count = counted(sum(count for *_, count in reasons), "check")
        yield Section(f"{count} not compared", (Table(columns, lines, "reasons"),), 0.042, is_detail=True)


def _timings(comparison: Comparison) -> Iterator[Section]:
    if comparison.timings:
        columns = tuple(map(Column, ("entry point", "backend", "before", "now", "now / before")))
        lines = tuple(
            (
                Code(brief(timing.entry_point, 120)),
                brief(timing.backend, 80),
                seconds_words(timing.before),
                seconds_words(timing.after),
                ratio if (ratio := speed_ratio(timing)) >= 0 else "",
            )
            for timing in slowest_first(comparison.timings)
        )
        yield Section(_TIMINGS, (Table(columns, lines, "timings"),), 0.042, is_detail=True)


def _timings_in_lines(comparison: Comparison) -> Iterator[Section]:
    slowest = slowest_first(comparison.timings)
    lines = tuple(
        f"{brief(timing.entry_point, 120)}: {seconds_words(timing.before)} → {seconds_words(timing.after)}"
        f"{f', {words}' if (words := speed_words(timing)) else ''}"
        for timing in slowest[:_TIMINGS_SHOWN] + slowest[_TIMINGS_SHOWN:][-_TIMINGS_SHOWN:]
    )
    if lines:
        yield Section(f"{_TIMINGS}; the slowest and the fastest by comparison", (Items(lines),))


def _runs(comparison: Comparison) -> Section:
    titles = backend_titles(comparison)
    lines: tuple[tuple[Words, ...], ...] = (
        ("command", *(Code(brief(command)) for command in comparison.commands)),
        ("started", *(brief(started, 40) for started in comparison.started)),
        *(
            (titles[backend.name], *(brief(", ".join(environment_facts(each))) for each in backend.environments))
            for backend in comparison.backends[:10]
        ),
    )
    return Section("The two runs", (Table(tuple(map(Column, ("", "before", "now"))), lines),), 0.2)


def _alerts(comparison: Comparison) -> Iterator[Alert]:
    """Errors for what became worse, warnings and notices for the rest; incomplete runs are an error before all."""
    if not comparison.complete:
        lines = (verdict_line(comparison), incomplete_sentence(comparison), outcome_sentence(comparison))
        yield Alert("error", "", lines)
    titles = backend_titles(comparison)
    for group in change_groups(comparison):
        alert = entry_alert(_entry(group))
        yield Alert(alert.level, f"{titles[group.backend]}: {group.kind}", alert.lines)
    for change in comparison.entry_points:
        level: Level = "error" if change.kind == "removed" else "notice" if change.kind == "added" else "warning"
        yield Alert(level, f"{brief(change.backend, 80)}: entry point {change.kind}", (entry_point_words(change),))
    for held in comparison.properties:
        level = "error" if is_newly_broken(held) else "notice" if held.after == "holds" else "warning"
        text = f"{brief(held.property, 120)} ({where_words(held)}): {property_words(held)}"
        yield Alert(level, f"{brief(held.backend, 80)}: property", (text, brief(held.statement)))
