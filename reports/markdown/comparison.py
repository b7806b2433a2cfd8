"""comparison.md: a comparison for a pull request's comment and a CI job's page. Comparison in, Markdown out.

Every section has its share of the room; what does not fit it is counted, never cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..comparison.groups import ChangeGroup, CheckChange, KindTally, Weight, change_groups, kind_tallies
from ..comparison.model import CHANGE_MEANINGS, ChangeExample, Comparison, is_newly_broken
from ..comparison.words import (
    answer_sentence,
    backend_titles,
    change_headline,
    entry_point_words,
    environment_facts,
    group_extent,
    incomplete_sentence,
    off_words,
    outcome_sentence,
    property_words,
    result_words,
    seconds_words,
    severity_word,
    slowest_first,
    speed_ratio,
    ulps_words,
    uncompared_reasons,
    verdict_line,
    where_words,
)
from ..record.model import Severity
from ..record.words import brief, inputs_hex, inputs_words, is_number, magnitude, parameters_words
from .text import code, escape, fitted_table, fitting, folded, size_of, table

SIZE_LIMIT = 60_000
"""Bytes of UTF-8 that the text may take, unless less is asked for."""

_MORE = "… and {} more in the comparison's other formats."
_HEADINGS: dict[Weight, str] = {
    "worse": "What became worse",
    "changed": "What changed otherwise",
    "better": "What became better",
}


def comparison_markdown(comparison: Comparison, room: int = SIZE_LIMIT) -> str:
    """Return a comparison as GitHub-flavoured Markdown; its first line is the verdict, e.g. "verdict: safe".

    Args:
        comparison: the comparison.
        room: bytes of UTF-8 that the text may take; where nothing fits it is empty.
    """
    groups = change_groups(comparison)
    share = min(room, SIZE_LIMIT) / SIZE_LIMIT
    sections = (
        *_head(comparison, int(2_000 * share)),
        _classes(comparison),
        _of_weight(groups, "worse", int(18_000 * share), int(8_000 * share)),
        _entry_points(comparison, int(5_000 * share)),
        _properties(comparison, int(4_000 * share)),
        _of_weight(groups, "changed", int(4_000 * share), int(5_000 * share)),
        _of_weight(groups, "better", 0, int(4_000 * share)),
        _not_compared(comparison, int(2_500 * share)),
        _timings(comparison, int(2_500 * share)),
        _runs(comparison),
    )
    text = "\n\n".join(section for section in sections if section) + "\n"
    return text if size_of(text) <= room else _least(comparison, room)


def _least(comparison: Comparison, size_limit: int) -> str:
    """What is told where there is hardly room: the verdict, or nothing."""
    for parts in ((verdict_line(comparison), incomplete_sentence(comparison)), (verdict_line(comparison),)):
        text = "\n\n".join(filter(None, parts)) + "\n"
        if size_of(text) <= size_limit and (len(parts) > 1 or comparison.complete):
            return text
    return ""


def _head(comparison: Comparison, size_limit: int) -> Iterator[str]:
    yield verdict_line(comparison)
    if sentence := incomplete_sentence(comparison):
        yield f"**{sentence}**"
    before, now = (escape(brief(title, 160)) for title in comparison.titles)
    yield f"# {before or 'the older run'} → {now or 'the newer run'}"
    yield outcome_sentence(comparison)
    yield answer_sentence(comparison)
    results = sum(check.elements for check in comparison.checks)
    titles = ", ".join(escape(title) for title in list(backend_titles(comparison).values())[:10])
    checks = len(comparison.checks)
    yield (
        f"{titles or 'No backend'}: {checks:,} {'check' if checks == 1 else 'checks'} of {results:,} results "
        f"on the same inputs; profile {escape(brief(comparison.profile, 40))}."
    )
    notes = [f"- {escape(brief(note, 400))}" for note in comparison.notes]
    fit = fitting(notes, size_limit, "\n")
    yield "\n".join([*fit, *([f"- … and {len(notes) - len(fit)} more"] if len(notes) > len(fit) else [])])


def _classes(comparison: Comparison) -> str:
    body = [_class(tally) for tally in kind_tallies(comparison)]
    header = ("class", "checks", "results", "largest change", "where")
    return f"## Classes of change\n\n{table(header, body)}" if body else ""


def _class(tally: KindTally) -> tuple[str, ...]:
    check, example = tally.largest.check, tally.largest.example
    name = f"**{tally.kind}**" if tally.weight == "worse" else tally.kind
    return (
        f"{name}: {CHANGE_MEANINGS[tally.kind]}",
        f"{tally.checks:,}",
        f"{tally.elements:,}" if tally.elements else "",
        (ulps_words(example.ulps) or "no number") if example else "",
        f"{code(brief(check.entry_point, 120))}, {escape(brief(check.dtype, 40))}" if example else "",
    )


def _of_weight(groups: Sequence[ChangeGroup], weight: Weight, size_limit: int, table_limit: int) -> str:
    """The gravest groups of a weight in full, further ones a line each, the rest counted."""
    chosen = [group for group in groups if group.weight == weight]
    if not chosen:
        return ""
    full = fitting(map(_group, chosen), size_limit)
    left = chosen[len(full) :]
    header = ("change", "largest input", "before", "now", "exact", "results")
    rest = fitted_table(header, [_line(group) for group in left], table_limit, _MORE) if left else ""
    return "\n\n".join(part for part in (f"## {_HEADINGS[weight]}", *full, rest) if part)


def _group(group: ChangeGroup) -> str:
    """One group in full: the simplest input, the results before and now, the exact one, and the largest change."""
    simplest, largest = group.simplest, group.largest
    old = simplest.check.old_entry_point
    reason = simplest.check.reason
    lines = [
        f"{group_extent(group)}, {escape(', '.join(brief(dtype, 40) for dtype in group.dtypes[:8]))}",
        f"{code(brief(old, 200))} before" if old else "",
        escape(brief(reason, 400)) if reason else "",
        *(_example(simplest, simplest.example) if simplest.example else ()),
        *(_largest(largest, largest.example) if largest is not simplest and largest.example else ()),
        f"change {code(brief(simplest.key, 120))}",
    ]
    title = f"**{group.kind}**: {escape(brief(group.backend, 80))}: {escape(brief(change_headline(group), 300))}"
    return title + "\n\n" + "\n".join(f"- {line}" for line in lines if line)


def _example(check_change: CheckChange, example: ChangeExample) -> Iterator[str]:
    exact = inputs_hex(example.inputs)
    element = f", element {code(brief(str(list(example.index)), 80))}" if example.index else ""
    keywords = parameters_words(example.parameters)
    if example.inputs:
        yield f"input: {code(brief(inputs_words(example.inputs)))}{element}"
    if exact:
        yield f"in hex: {code(brief(exact))}"
    if keywords:
        yield f"keywords: {code(brief(keywords))}"
    dtype = check_change.check.dtype
    yield f"before {_result(example.before, dtype, example.before_ulps, example.before_severity)}"
    yield f"now {_result(example.after, dtype, example.after_ulps, example.after_severity)}"
    if example.expected.decimal:
        yield f"exact {code(brief(example.expected.decimal, 80))}"


def _result(text: str, dtype: str, ulps: str, severity: Severity | None) -> str:
    """A result in decimal and in hex, how far it is off, and how grave that is."""
    decimal = result_words(text, dtype)
    written = f"{code(decimal)} {code(brief(text, 80))}" if is_number(text) else code(brief(text))
    return f"{written}: {off_words(ulps)}, {severity_word(severity)}"


def _largest(check_change: CheckChange, example: ChangeExample) -> Iterator[str]:
    dtype = check_change.check.dtype
    before, now = (code(brief(result_words(text, dtype), 80)) for text in (example.before, example.after))
    amount = ulps_words(example.ulps) or "no number"
    inputs = code(brief(inputs_words(example.inputs), 120))
    yield f"largest change {amount}: {before} before, {now} now, {escape(brief(dtype, 40))}, at {inputs}"


def _line(group: ChangeGroup) -> tuple[str, ...]:
    largest = group.largest
    example, dtype = largest.example, largest.check.dtype
    what = f"{group.kind}: {escape(brief(group.backend, 80))}: {escape(brief(change_headline(group), 300))}"
    if example is None:
        return what, "", "", "", "", group_extent(group)
    return (
        what,
        code(brief(inputs_words(example.inputs, 4), 120)),
        code(brief(result_words(example.before, dtype), 80)),
        code(brief(result_words(example.after, dtype), 80)),
        code(brief(example.expected.decimal, 80)) if example.expected.decimal else "",
        group_extent(group),
    )


def _entry_points(comparison: Comparison, size_limit: int) -> str:
    lines = [
        f"- {'**removed**' if change.kind == 'removed' else change.kind}: {escape(brief(change.backend, 80))}: "
        f"{escape(entry_point_words(change))}"
        for change in comparison.entry_points
    ]
    return _list("Entry points", lines, size_limit)


def _properties(comparison: Comparison, size_limit: int) -> str:
    changes = sorted(comparison.properties, key=lambda change: not is_newly_broken(change))
    lines = []
    for change in changes:
        word = property_words(change)
        ratios = [magnitude(ratio) for ratio in change.ratios if ratio is not None]
        bound = f"; {' → '.join(ratios)} of the bound" if ratios else ""
        lines.append(
            f"- {f'**{word}**' if is_newly_broken(change) else escape(word)}: {escape(brief(change.backend, 80))}, "
            f"{escape(where_words(change))}: {escape(brief(change.property, 120))}: "
            f"{escape(brief(change.statement))}{bound}"
        )
    return _list("Properties", lines, size_limit)


def _list(heading: str, lines: Sequence[str], size_limit: int) -> str:
    fit = fitting(lines, size_limit, "\n")
    left = _MORE.format(len(lines) - len(fit)) if len(lines) > len(fit) else ""
    return "\n\n".join(filter(None, (f"## {heading}" if lines else "", "\n".join(fit), left)))


def _not_compared(comparison: Comparison, size_limit: int) -> str:
    reasons = uncompared_reasons(comparison)
    if not reasons:
        return ""
    body = [(escape(backend), statuses, f"{count:,}", escape(reason)) for backend, statuses, reason, count in reasons]
    count = sum(count for *_, count in reasons)
    heading = f"{count:,} {'check' if count == 1 else 'checks'} not compared"
    return folded(heading, fitted_table(("backend", "run", "checks", "reason"), body, size_limit, _MORE))


def _timings(comparison: Comparison, size_limit: int) -> str:
    if not comparison.timings:
        return ""
    body = [
        (
            code(brief(timing.entry_point, 120)),
            escape(brief(timing.backend, 80)),
            seconds_words(timing.before),
            seconds_words(timing.after),
            f"{ratio:.3g}" if (ratio := speed_ratio(timing)) >= 0 else "",
        )
        for timing in slowest_first(comparison.timings)
    ]
    header = ("entry point", "backend", "before", "now", "now / before")
    return folded("Timings: told, never gated", fitted_table(header, body, size_limit, _MORE))


def _runs(comparison: Comparison) -> str:
    titles = backend_titles(comparison)
    body = [
        ("command", *(code(brief(command)) for command in comparison.commands)),
        ("started", *(escape(brief(started, 40)) for started in comparison.started)),
        *(
            (
                escape(titles[backend.name]),
                *(escape(brief(", ".join(environment_facts(each)))) for each in backend.environments),
            )
            for backend in comparison.backends[:10]
        ),
    ]
    return f"## The two runs\n\n{table(('', 'before', 'now'), body)}"
