"""Annotations of a GitHub job: a comparison as the workflow commands that its runner reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..comparison.groups import ChangeGroup, Weight, change_groups
from ..comparison.model import Comparison, EntryPointChange, PropertyChange, is_newly_broken
from ..comparison.words import (
    backend_titles,
    change_headline,
    entry_point_words,
    errors_words,
    group_extent,
    incomplete_sentence,
    outcome_sentence,
    property_words,
    result_words,
    severity_words,
    verdict_line,
    where_words,
)
from ..record.words import brief, inputs_hex, inputs_words, parameters_words
from .commands import Level, command, limited

_LEVELS: Mapping[Weight, Level] = {"worse": "error", "changed": "warning", "better": "notice", "same": "notice"}


def comparison_github(comparison: Comparison) -> str:
    """Return workflow commands, a line each: errors for what became worse, warnings and notices for the rest.

    The gravest come first; where there are more than ten of a level, the tenth counts the rest. A comparison of
    incomplete runs is an error before all others.
    """
    by_level: dict[Level, list[str]] = {"error": [], "warning": [], "notice": []}
    if not comparison.complete:
        text = "\n".join([verdict_line(comparison), incomplete_sentence(comparison), outcome_sentence(comparison)])
        by_level["error"].append(command("error", "logitproof", text))
    titles = backend_titles(comparison)
    for group in change_groups(comparison):
        level = _LEVELS[group.weight]
        title = f"logitproof: {titles[group.backend]}: {group.kind}"
        by_level[level].append(command(level, title, _message(group)))
    for level, title, text in (*_entry_points(comparison.entry_points), *_properties(comparison.properties)):
        by_level[level].append(command(level, f"logitproof: {title}", text))
    return "".join(f"{line}\n" for level, lines in by_level.items() for line in limited(level, lines, "changes"))


def _entry_points(changes: tuple[EntryPointChange, ...]) -> Iterator[tuple[Level, str, str]]:
    for change in changes:
        level: Level = "error" if change.kind == "removed" else "notice" if change.kind == "added" else "warning"
        yield level, f"{brief(change.backend, 80)}: entry point {change.kind}", entry_point_words(change)


def _properties(changes: tuple[PropertyChange, ...]) -> Iterator[tuple[Level, str, str]]:
    for change in changes:
        level: Level = "error" if is_newly_broken(change) else "notice" if change.after == "holds" else "warning"
        text = f"{brief(change.property, 120)} ({where_words(change)}): {property_words(change)}"
        yield level, f"{brief(change.backend, 80)}: property", f"{text}\n{brief(change.statement)}"


def _message(group: ChangeGroup) -> str:
    check_change = group.simplest
    lines = [brief(change_headline(group), 400)]
    if (example := check_change.example) is not None:
        exact = inputs_hex(example.inputs)
        results = (brief(result_words(text, check_change.check.dtype), 120) for text in (example.before, example.after))
        wanted = f", exact {brief(example.expected.decimal, 80)}" if example.expected.decimal else ""
        keywords = parameters_words(example.parameters)
        lines += [
            *([f"called with {brief(keywords)}"] if keywords else []),
            f"input: {brief(inputs_words(example.inputs))}{f' ({brief(exact)})' if exact else ''}",
            "before {}, now {}{}".format(*results, wanted),
            f"{errors_words(example)}; {severity_words(example)}",
        ]
    return "\n".join([*lines, f"{group_extent(group)}; change {brief(check_change.key, 120)}"])
