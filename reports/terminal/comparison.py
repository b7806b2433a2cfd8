"""A comparison on a terminal. Comparison in, rich renderables out; whoever prints them sees to colour and width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..comparison.groups import ChangeGroup, Weight, change_groups, kind_tallies
from ..comparison.model import CHANGE_MEANINGS, ChangeExample, Comparison, Outcome, is_newly_broken
from ..comparison.words import (
    WEIGHT_WORDS,
    answer_sentence,
    backend_titles,
    change_headline,
    entry_point_words,
    group_extent,
    incomplete_sentence,
    off_words,
    outcome_sentence,
    property_words,
    result_words,
    seconds_words,
    severity_word,
    slowest_first,
    speed_words,
    ulps_words,
    verdict_line,
    where_words,
)
from ..record.words import brief, clean, inputs_hex, inputs_words, magnitude, parameters_words

GROUPS_SHOWN = 10
"""So many groups of what became worse are told in full, and as many of what changed otherwise in a line each."""
LINES_SHOWN = 20
"""So many entry points, properties and notes are told."""
PROPERTIES_SHOWN = 10
TIMINGS_SHOWN = 5

_STYLES: dict[Outcome, str] = {"safe": "bold green", "changed": "bold yellow", "regressed": "bold red"}
_WEIGHT_STYLES: dict[Weight, str] = {"worse": "bold red", "changed": "yellow", "better": "green", "same": ""}

_SCRIPTS = "A script that runs in both versions: logitproof reproduce CHANGE --record FILE, of what --format json gives"


def comparison_view(comparison: Comparison) -> RenderableType:
    """Return a comparison for a terminal: the verdict first, then classes of change, the gravest in words, the rest."""
    groups = change_groups(comparison)
    return Group(
        *_head(comparison),
        *_classes(comparison),
        *_in_full(groups),
        *_in_lines(groups, "changed"),
        *_entry_points(comparison),
        *_properties(comparison),
        *_timings(comparison),
        *_notes(comparison),
        Text(""),
        Text(answer_sentence(comparison), overflow="fold"),
    )


def _head(comparison: Comparison) -> Iterator[RenderableType]:
    yield Text(verdict_line(comparison), style=_STYLES[comparison.outcome])
    if sentence := incomplete_sentence(comparison):
        yield Text(sentence, style="bold red", overflow="fold")
    before, now = (brief(title, 160) for title in comparison.titles)
    yield Text(f"{before or 'the older run'} → {now or 'the newer run'}", style="bold", overflow="fold")
    backends = ", ".join(list(backend_titles(comparison).values())[:10])
    checks, results = len(comparison.checks), sum(check.elements for check in comparison.checks)
    counts = f"{checks:,} {'check' if checks == 1 else 'checks'}, {results:,} results on the same inputs"
    yield Text(f"{backends}: {counts}, profile {brief(comparison.profile, 40)}", overflow="fold")
    yield Text(outcome_sentence(comparison), overflow="fold")


def _classes(comparison: Comparison) -> Iterator[RenderableType]:
    tallies = kind_tallies(comparison)
    if not tallies:
        return
    table = Table(pad_edge=False, box=box.SIMPLE_HEAD)
    for name in ("class", "checks", "results", "largest change", "where"):
        table.add_column(name, justify="right" if name in {"checks", "results", "largest change"} else "left")
    for tally in tallies:
        example, check = tally.largest.example, tally.largest.check
        table.add_row(
            Text(tally.kind, style=_WEIGHT_STYLES[tally.weight]),
            f"{tally.checks:,}",
            f"{tally.elements:,}",
            (ulps_words(example.ulps) or "no number") if example else "",
            Text(f"{brief(check.entry_point, 80)}, {brief(check.dtype, 40)}" if example else ""),
        )
    yield table


def _in_full(groups: Sequence[ChangeGroup]) -> Iterator[RenderableType]:
    worse = [group for group in groups if group.weight == "worse"]
    if not worse:
        return
    yield Text(f"What {WEIGHT_WORDS['worse']}", style="bold")
    for group in worse[:GROUPS_SHOWN]:
        yield Text("")
        yield _group(group)
    if left := worse[GROUPS_SHOWN:]:
        yield Text("")
        yield Text(f"… and {len(left)} more: --format html shows them", style="dim")
    yield Text("")
    yield Text(_SCRIPTS, style="dim", overflow="fold")
    yield Text("")


def _group(group: ChangeGroup) -> RenderableType:
    title = Text.assemble(
        (group.kind, _WEIGHT_STYLES[group.weight]),
        f"  {brief(group.backend, 80)}: {brief(change_headline(group), 300)}",
        overflow="fold",
    )
    simplest = group.simplest
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=9, no_wrap=True)
    grid.add_column(overflow="fold")
    facts = {
        "what": CHANGE_MEANINGS[group.kind],
        "why": brief(simplest.check.reason or ""),
        **(_facts(simplest.example, simplest.check.dtype) if simplest.example else {}),
        "extent": group_extent(group),
        "change": simplest.key,
    }
    for name, fact in facts.items():
        if fact:
            grid.add_row(Text(name), Text(fact))
    return Group(title, Padding(grid, (0, 0, 0, 2), expand=False))


def _facts(example: ChangeExample, dtype: str) -> dict[str, str]:
    at = f", element {list(example.index)}" if example.index else ""
    values = {
        "before": (example.before, example.before_ulps, example.before_severity),
        "now": (example.after, example.after_ulps, example.after_severity),
    }
    results = {
        name: f"{brief(result_words(text, dtype))}  ({off_words(ulps)}, {severity_word(severity)})"
        for name, (text, ulps, severity) in values.items()
    }
    return {
        "input": brief(inputs_words(example.inputs) + at),
        "hex": brief(inputs_hex(example.inputs) or ""),
        "keywords": brief(parameters_words(example.parameters)),
        "before": results["before"],
        "now": results["now"],
        "exact": brief(example.expected.decimal),
    }


def _in_lines(groups: Sequence[ChangeGroup], weight: Weight) -> Iterator[RenderableType]:
    chosen = [group for group in groups if group.weight == weight]
    if not chosen:
        return
    yield Text(f"What {WEIGHT_WORDS[weight]}", style="bold")
    for group in chosen[:GROUPS_SHOWN]:
        example = group.largest.example
        amount = f", at most {words} apart" if example and (words := ulps_words(example.ulps)) else ""
        yield Text.assemble(
            "  ",
            (group.kind, _WEIGHT_STYLES[weight]),
            f"  {brief(change_headline(group), 300)}: {group_extent(group)}{amount}",
            overflow="fold",
        )
    if len(chosen) > GROUPS_SHOWN:
        yield Text(f"  … and {len(chosen) - GROUPS_SHOWN} more", style="dim")
    yield Text("")


def _entry_points(comparison: Comparison) -> Iterator[RenderableType]:
    lines = [
        Text.assemble(
            "  ", (change.kind, "bold red" if change.kind == "removed" else ""), f"  {entry_point_words(change)}"
        )
        for change in comparison.entry_points
    ]
    yield from _listed("Entry points", lines)


def _properties(comparison: Comparison) -> Iterator[RenderableType]:
    lines = [
        Text.assemble(
            "  ",
            (property_words(change), "bold red" if is_newly_broken(change) else ""),
            f"  {brief(change.property, 120)} ({brief(change.backend, 80)}, {where_words(change)}): "
            f"{brief(change.statement)}{_ratios(change.ratios)}",
        )
        for change in sorted(comparison.properties, key=lambda each: not is_newly_broken(each))
    ]
    yield from _listed("Properties", lines, PROPERTIES_SHOWN)


def _ratios(ratios: tuple[str | None, str | None]) -> str:
    known = [magnitude(ratio) for ratio in ratios if ratio is not None]
    return f"; {' → '.join(known)} of the bound" if known else ""


def _timings(comparison: Comparison) -> Iterator[RenderableType]:
    slowest = slowest_first(comparison.timings)
    shown = slowest[:TIMINGS_SHOWN] + slowest[TIMINGS_SHOWN:][-TIMINGS_SHOWN:]
    lines = [
        Text(
            f"  {brief(timing.entry_point, 120)}: {seconds_words(timing.before)} → {seconds_words(timing.after)}"
            f"{f', {words}' if (words := speed_words(timing)) else ''}"
        )
        for timing in shown
    ]
    yield from _listed("Time in calls, the slowest and the fastest by comparison: told, never gated", lines)


def _notes(comparison: Comparison) -> Iterator[RenderableType]:
    yield from _listed("Notes", [Text(f"  {clean(brief(note, 400))}") for note in comparison.notes])


def _listed(heading: str, lines: Sequence[Text], most: int = LINES_SHOWN) -> Iterator[RenderableType]:
    if not lines:
        return
    yield Text(heading, style="bold")
    for line in lines[:most]:
        line.overflow = "fold"
        yield line
    if len(lines) > most:
        yield Text(f"  … and {len(lines) - most} more: --format html shows them", style="dim")
    yield Text("")
