"""A comparison in words, shared by every rendering of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from ..record.hexfloat import float_from, measure
from ..record.model import Severity
from ..record.words import brief, clean, magnitude, named, quantity_words, readable
from .groups import ChangeGroup, KindTally, Weight, kind_tallies, not_compared
from .model import (
    OUTCOME_MEANINGS,
    ChangeExample,
    ChangeKind,
    ComparedBackend,
    Comparison,
    ComparisonEnvironment,
    EntryPointChange,
    EntryPointChangeKind,
    PropertyChange,
    Timing,
    is_newly_broken,
)

WEIGHT_WORDS: Mapping[Weight, str] = MappingProxyType(
    {"worse": "became worse", "changed": "changed otherwise", "better": "became better", "same": "stayed the same"}
)
"""What became of results, by the weight of a change."""

ENTRY_POINT_WORDS: Mapping[EntryPointChangeKind, str] = MappingProxyType(
    {
        "removed": "gone",
        "renamed": "renamed",
        "signature changed": "with another signature",
        "default changed": "with another default",
        "added": "new",
    }
)

_PHRASES: Mapping[ChangeKind, str] = MappingProxyType(
    {
        "new NaN or infinity": "is NaN or infinite now where it was a number",
        "new error": "gives no result any more",
        "regressed": "became graver",
        "dtype or shape changed": "has another dtype or shape",
        "farther": "is farther from the exact result, and no graver for it",
        "otherwise": "is another one, no nearer to the exact result and no farther",
        "gone NaN or infinity": "is a number where it was NaN or infinite",
        "gone error": "is there where it was not before",
        "fixed": "became less grave",
        "nearer": "is nearer to the exact result",
        "identical": "is the same",
    }
)
_FAILS: Mapping[str, str] = MappingProxyType(
    {
        "error": "it raises",
        "refused": "it is refused",
        "crash": "it crashes",
        "hang": "it hangs",
        "unsupported": "it is not offered",
        "missing gradient": "there is no gradient",
        "given up": "it was not called, since other inputs fail",
    }
)
"""Why there is no result."""

_SEVERE: Mapping[Severity | None, str] = MappingProxyType(
    {
        "defect": "a defect",
        "weakness": "a weakness",
        "convention": "a convention",
        "undecided": "undecided",
        None: "within bounds",
    }
)


def verdict_line(comparison: Comparison) -> str:
    """Return the line that every rendering for people begins with, e.g. "verdict: safe"."""
    return f"verdict: {comparison.outcome}"


def incomplete_sentence(comparison: Comparison) -> str:
    """Return what is said before all else of a comparison of incomplete runs; "" where both are complete."""
    if comparison.complete:
        return ""
    return "Incomplete: not both runs came to their end, and for what is missing nothing vouches."


def outcome_sentence(comparison: Comparison) -> str:
    """Return what was found in one sentence, the gravest first."""
    clauses = _change_clauses(comparison)
    return f"{'; '.join(clauses)}." if clauses else _nothing_changed(comparison)


def outcome_sentences(comparison: Comparison) -> tuple[str, str]:
    """Return the gravest of what was found, and the rest of it: a sentence each, the second "" where there is none."""
    first, *others = _change_clauses(comparison) or [""]
    if not first:
        return _nothing_changed(comparison), ""
    return f"{first}.", f"Besides, {'; '.join(others)}." if others else ""


def _change_clauses(comparison: Comparison) -> list[str]:
    """What became worse, what changed otherwise, became better, or is the same; nothing where nothing changed."""
    tallies = kind_tallies(comparison)
    parts = (
        [
            *_counted(comparison, tallies, "worse"),
            *_broken(comparison),
            *_entry_points(comparison, ("removed",)),
        ],
        [
            *_counted(comparison, tallies, "changed"),
            *_entry_points(comparison, ("renamed", "signature changed", "default changed")),
        ],
        [*_counted(comparison, tallies, "better"), *_entry_points(comparison, ("added",))],
    )
    clauses = [", ".join(part) for part in parts if part]
    same = sum(tally.elements for tally in tallies if tally.weight == "same")
    if clauses and same:
        clauses.append(f"{_some(same, 'result is', 'results are')} the same, bit for bit")
    return clauses


def answer_sentence(comparison: Comparison) -> str:
    """Return what to make of it: may we move to the newer one?"""
    meaning = OUTCOME_MEANINGS[comparison.outcome]
    if not comparison.complete and comparison.outcome != "regressed":
        return "Nobody can tell: a comparison of incomplete runs is never called safe."
    answers = {
        "safe": f"Yes, for what was compared: {meaning}.",
        "changed": f"Nothing speaks against it, for those who do not need the old results: {meaning}.",
        "regressed": f"Not without reading on: {meaning}.",
    }
    return answers[comparison.outcome]


def _nothing_changed(comparison: Comparison) -> str:
    elements = sum(check.elements for check in comparison.checks)
    if elements:
        return f"All {elements:,} results that were compared are the same, bit for bit."
    compared = len(comparison.checks) - len(not_compared(comparison.checks))
    if compared:
        return f"The largest errors of all {compared:,} checks that were compared are the same."
    return "Nothing was compared: this is not a pass."


def _counted(comparison: Comparison, tallies: Sequence[KindTally], weight: Weight) -> Iterator[str]:
    """Tell how many results and checks have changes of a weight, each check counted once."""
    kinds = {tally.kind for tally in tallies if tally.weight == weight}
    elements = sum(tally.elements for tally in tallies if tally.weight == weight)
    if kinds:
        checks = sum(any(change.kind in kinds for change in check.changes) for check in comparison.checks)
        yield f"{extent_words(elements, checks)} {WEIGHT_WORDS[weight]}"


def _entry_points(comparison: Comparison, kinds: Sequence[EntryPointChangeKind]) -> Iterator[str]:
    for kind in kinds:
        if count := sum(change.kind == kind for change in comparison.entry_points):
            yield f"{_some(count, 'entry point', 'entry points')} {ENTRY_POINT_WORDS[kind]}"


def _broken(comparison: Comparison) -> Iterator[str]:
    if count := len(broken_properties(comparison)):
        yield f"{_some(count, 'property', 'properties')} newly broken"


def broken_properties(comparison: Comparison) -> list[tuple[PropertyChange, tuple[str, ...]]]:
    """Return the properties that are newly broken, each once for a backend, with the dtypes that it is broken in."""
    by_property: dict[tuple[str | None, ...], list[PropertyChange]] = {}
    for change in comparison.properties:
        if is_newly_broken(change):
            key = (change.backend, change.mode, change.device, change.property, change.before)
            by_property.setdefault(key, []).append(change)
    return [(changes[0], tuple(dict.fromkeys(map(where_words, changes)))) for changes in by_property.values()]


def where_words(change: PropertyChange) -> str:
    """Return the dtype of a property, and the setting where the comparison tells it: "float32, eager on cpu"."""
    setting = f", {brief(change.mode, 40)} on {brief(change.device, 40)}" if change.mode else ""
    return f"{brief(change.dtype, 40)}{setting}"


def uncompared_reasons(comparison: Comparison) -> list[tuple[str, str, str, int]]:
    """Return why checks could not be compared: backend, how each run fared, reason, and how many; most first."""
    reasons: dict[tuple[str, str, str], int] = {}
    for check in not_compared(comparison.checks):
        before, now = (status or "absent" for status in check.statuses)
        statuses = before if before == now else f"{before} → {now}"
        key = brief(check.backend, 80), statuses, brief(check.reason or "")
        reasons[key] = reasons.get(key, 0) + 1
    return [(*key, count) for key, count in sorted(reasons.items(), key=lambda item: -item[1])]


def property_words(change: PropertyChange) -> str:
    """Return what became of a property, e.g. "holds → broken"."""
    return f"{brief(change.before or 'not examined', 80)} → {brief(change.after or 'not examined', 80)}"


def extent_words(elements: int, checks: int) -> str:
    """Return how much is concerned, e.g. "1,200 results of 12 checks"; results are 0 where only checks are known."""
    check_words = _some(checks, "check", "checks")
    return f"{_some(elements, 'result', 'results')} of {check_words}" if elements else check_words


def group_extent(group: ChangeGroup) -> str:
    """Return how much a group concerns."""
    return extent_words(group.elements, group.checks)


def change_headline(group: ChangeGroup) -> str:
    """Return what a group is, e.g. "gradient by logits of torch.logsumexp became a defect (float16, float32)"."""
    subject = f"{quantity_words(group.quantity)} of {brief(group.entry_point, 120)}"
    settings = named([brief(str(setting), 80) for setting in group.settings], 4)
    return f"{subject} {change_phrase(group)} ({'; '.join(filter(None, (named(group.dtypes, 4), settings)))})"


def change_phrase(group: ChangeGroup) -> str:
    """Return what became of a group's results, with the severity where that changed."""
    example = group.largest.example
    fails = "" if example is None else _FAILS.get(example.failure, "")
    if group.kind == "new error" and fails:
        return f"{_PHRASES[group.kind]}: {fails}"
    if group.kind == "otherwise" and fails:
        return f"is not there, as before: {fails}, and crashed or hung"
    if group.kind == "regressed" and example is not None and example.failure in ("crash", "hang", "given up"):
        return "is not there, as before: it crashes or hangs now, and did not"
    if group.kind == "regressed" and example is not None:
        return f"became {_SEVERE[example.after_severity]}"
    if group.kind == "fixed" and example is not None:
        return f"is {_SEVERE[example.after_severity]}, no more {_SEVERE[example.before_severity]}"
    return _PHRASES[group.kind]


def severity_words(example: ChangeExample) -> str:
    """Return the severities before and after, e.g. "within bounds → a defect"."""
    return f"{_SEVERE[example.before_severity]} → {_SEVERE[example.after_severity]}"


def severity_word(severity: Severity | None) -> str:
    """Return a severity as it is said of one result."""
    return _SEVERE[severity]


def ulps_words(text: str) -> str:
    """Return a distance in ulps for people, e.g. "0.5 ulps"; "" where no number measures it."""
    return f"{magnitude(text)} ulps" if math.isfinite(measure(text)) else ""


@lru_cache(maxsize=1 << 16)  # a comparison has the same ones many times
def result_words(text: str, dtype: str) -> str:
    """Return a result as a decimal; one that is no number of the check's dtype, by its shortest decimal in float64."""
    decimal = readable(text, dtype)
    return readable(text, "float64") if decimal.startswith(("0x", "-0x")) else decimal


def backend_words(backend: ComparedBackend) -> str:
    """Return a backend with both versions, e.g. "torch 2.12.0 → 2.13.0"."""
    name = brief(backend.name, 80)
    if backend.old == backend.new:
        return clean(f"{name} {brief(backend.new or '', 80)}".strip())
    return f"{name} {_version(backend.old)} → {_version(backend.new)}"


def environment_facts(environment: ComparisonEnvironment | None) -> tuple[str, ...]:
    """Return what a backend ran on and with, a fact each, e.g. "Python 3.11.9", "1 thread"; none where it is absent."""
    if environment is None:
        return ()
    threads = environment.threads
    return (
        *([f"Python {environment.python}"] if environment.python else []),
        *([_some(threads, "thread", "threads")] if threads else []),
        *(
            f"{name} {value}".strip()
            for part in (environment.build, environment.cpu, environment.variables)
            for name, value in part.items()
            if name and (value or part is environment.build)
        ),
    )


def _version(version: str | None) -> str:
    return "absent" if version is None else brief(version, 80) or "unknown"


def backend_titles(comparison: Comparison) -> dict[str, str]:
    """Return what each backend is called, versions and all, by its name."""
    known = {backend.name: backend_words(backend) for backend in comparison.backends}
    return {**{check.backend: brief(check.backend, 80) for check in comparison.checks}, **known}


_ENTRY_POINT_PHRASES: Mapping[EntryPointChangeKind, str] = MappingProxyType(
    {
        "removed": "is gone",
        "renamed": "has a new name",
        "signature changed": "has another signature",
        "default changed": "has another default",
        "added": "is new",
    }
)


def entry_point_words(change: EntryPointChange) -> str:
    """Return what became of an entry point, e.g. "torch.log1mexp is gone: it was there for float32"."""
    said = f"{brief(change.entry_point, 200)} {_ENTRY_POINT_PHRASES[change.kind]}"
    return f"{said}: {brief(change.detail, 400)}" if change.detail.strip() else said


def speed_ratio(timing: Timing) -> float:
    """Return how many times as long the calls took as before; NaN where that is nothing to divide by."""
    before, after = float_from(timing.before), float_from(timing.after)
    ratio = after / before if before > 0 else math.nan
    return ratio if math.isfinite(ratio) else math.nan


def speed_words(timing: Timing) -> str:
    """Return how the time changed, e.g. "1.3 times as long"."""
    ratio = speed_ratio(timing)
    return "" if math.isnan(ratio) else f"{ratio:.3g} times as long"


def seconds_words(text: str) -> str:
    """Return seconds for people, e.g. "12.5 ms"."""
    seconds = float_from(text)
    if not math.isfinite(seconds):
        return "unknown"
    if seconds == 0:
        return "0 s"
    if abs(seconds) >= 999.5:
        return f"{seconds:,.0f} s"
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if abs(seconds) >= 0.9995 * size:  # what three digits would round to the next unit is told in that
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def slowest_first(timings: Iterable[Timing]) -> list[Timing]:
    """Return timings by how much slower they became; those without a ratio last."""

    def order(timing: Timing) -> float:
        ratio = speed_ratio(timing)
        return math.inf if math.isnan(ratio) else -ratio

    return sorted(timings, key=order)


def _some(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
