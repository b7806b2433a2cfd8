"""What is told beside results: backends and what they ran on, properties, how long calls took, and notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from logitproof.reports import (
    Backend,
    ComparedBackend,
    ComparedCheck,
    ComparisonEnvironment,
    PropertyChange,
    PropertyResult,
    Timing,
    backend_title,
)

from .runs import ComparedRun

MOST_REASONS = 8
"""So many reasons are told one by one."""


def compared_backends(old: ComparedRun, new: ComparedRun, backends: Mapping[str, str]) -> Iterator[ComparedBackend]:
    """Give the backends of two runs: those of both first, as the newer run orders them."""
    earlier = {later: name for name, later in backends.items()}
    for name, now in new.backends.items():
        was = old.backends[earlier[name]] if name in earlier else None
        yield _backend(name, was, now)
    for name, was in old.backends.items():
        if name not in backends:
            yield _backend(name, was, None)


def _backend(name: str, was: Backend | None, now: Backend | None) -> ComparedBackend:
    known = now or was
    assert known is not None
    return ComparedBackend(
        name=name,
        framework=known.framework,
        old=None if was is None else was.version,
        new=None if now is None else now.version,
        environments=(_environment(was), _environment(now)),
        target=known.target,
    )


def _environment(backend: Backend | None) -> ComparisonEnvironment | None:
    if backend is None:
        return None
    return ComparisonEnvironment(backend.python, backend.threads, backend.build, backend.cpu, backend.environment)


def property_changes(old: ComparedRun, new: ComparedRun, backends: Mapping[str, str]) -> list[PropertyChange]:
    """Return the properties whose status differs; of one that only one run examined, only that it is broken."""
    before = {_property(each, backends): each for each in old.record.properties}
    after = {_property(each, {}): each for each in new.record.properties}
    changes = []
    for name in dict.fromkeys([*after, *before]):
        was, now = before.get(name), after.get(name)
        statuses = was.status if was else None, now.status if now else None
        differ = statuses[0] != statuses[1] and (None not in statuses or "broken" in statuses)
        if differ and (known := now or was) is not None:
            ratios = (_ratio(was), _ratio(now))
            names, setting = (known.id, known.property, known.backend, known.dtype), (known.mode, known.device)
            changes.append(PropertyChange(*names, *statuses, known.statement, ratios, *setting))
    return changes


def _property(result: PropertyResult, backends: Mapping[str, str]) -> tuple[object, ...]:
    """Return what makes it the same one in another run: its entry points may be called otherwise."""
    functions = tuple(sorted(result.entry_points.items()))
    backend = backends.get(result.backend, result.backend)
    return result.property, backend, functions, result.dtype, result.setting


def _ratio(result: PropertyResult | None) -> str | None:
    return result.worst.ratio if result is not None and result.worst is not None else None


def timings(old: ComparedRun, new: ComparedRun, backends: Mapping[str, str]) -> Iterator[Timing]:
    """Give how long the calls of entry points took, where both runs tell."""
    for name, later in backends.items():
        before, after = old.record.run.seconds.get(name, {}), new.record.run.seconds.get(later, {})
        for entry_point in after:
            if entry_point in before:
                yield Timing(later, entry_point, before[entry_point], after[entry_point])


def notes(old: ComparedRun, new: ComparedRun, checks: Sequence[ComparedCheck]) -> Iterator[str]:
    """Give what must be known to read the comparison: why it is incomplete, and what is not compared by element."""
    for words, run in (("older", old), ("newer", new)):
        if not run.record.complete:
            why = [f"{backend_title(each)}: {each.reason}" for each in run.backends.values() if each.reason]
            yield f"the {words} run is incomplete: {'; '.join(why) or 'it was cut short'}"
    reasons: dict[str, int] = {}
    for check in checks:
        if not check.by_element:
            reason = check.reason or ""
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items(), key=lambda item: -item[1])[:MOST_REASONS]:
        were = "check was" if count == 1 else "checks were"
        yield f"{count} {were} compared by the largest errors alone: {reason}"
    if len(reasons) > MOST_REASONS:
        yield f"{len(reasons) - MOST_REASONS} more reasons are told with their checks"
    lost = sum(1 for check in checks if check.statuses[1] is None)
    if lost:
        yield f"{lost} {'check is' if lost == 1 else 'checks are'} in the older run only"
