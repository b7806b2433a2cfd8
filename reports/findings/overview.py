"""What a record amounts to: the verdict, a row per function and dtype, the conventions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from logitproof.reference import FORMATS, FUNCTIONS

from ..record.hexfloat import measure
from ..record.model import SEVERITIES, TIERS, Check, Discrepancy, ExaminationResult, Extreme, Record, Severity, Tier
from ..record.properties import PropertyResult
from ..record.words import backend_title
from .properties import broken_properties
from .settings import Titles

GATING: Severity = "defect"


@dataclass(frozen=True)
class OverviewRow:
    """All checks of one backend, setting, function and dtype: the worst tier, the largest error and where it was.

    `worst` is None where no error was measured; `not_run` counts checks by what kept them from running, `unexamined`
    those that were not examined, or not to the end.
    """

    function: str
    dtype: str
    tier: Tier | None
    worst: Extreme | None
    worst_check: Check | None
    severities: dict[Severity, int]
    not_run: dict[str, int]
    unexamined: int


@dataclass(frozen=True)
class SeverityCount:
    """How many checks have a finding of a severity, and how many results that concerns."""

    checks: int
    results: int


@dataclass(frozen=True)
class Convention:
    """A question that mathematics or a documentation leaves open, and the answers to one example of it.

    `others` counts the further cases that put the same question.
    """

    answers: tuple[Discrepancy, ...]
    others: int

    @property
    def example(self) -> Discrepancy:
        """The first answer: it has the inputs."""
        return self.answers[0]


def exit_status(record: Record | ExaminationResult) -> int:
    """Return 0 where nothing gates, 1 where something does, 3 where the record is incomplete or examined nothing."""
    if not is_complete(record) or not has_results(record):
        return 3
    return 1 if has_defects(record) else 0


def is_complete(record: Record | ExaminationResult) -> bool:
    """Whether a run was let go to its end; what was only judged is."""
    return record.complete if isinstance(record, Record) else True


def properties_of(record: Record | ExaminationResult) -> tuple[PropertyResult, ...]:
    """Return the results of properties; none where results were only judged."""
    return record.properties if isinstance(record, Record) else ()


def has_defects(record: Record | ExaminationResult) -> bool:
    """Whether something is a defect, or a broken property."""
    return bool(tallies(record.checks)[GATING].checks or broken_properties(properties_of(record)))


def has_results(record: Record | ExaminationResult) -> bool:
    """Whether anything was judged, or compared by a property."""
    return was_examined(record.checks) or any(result.comparisons for result in properties_of(record))


def was_examined(checks: Sequence[Check]) -> bool:
    """Whether at least one result was judged, or found to be none: an all-errored run is never a pass."""
    return any(check.elements or check.severities.get(GATING) for check in checks)


def standing(check: Check) -> str:
    """Return whether a check was examined, in a word or two; an older record does not tell what was not offered."""
    if check.status != "unsupported" or check.unexamined is None:
        return check.status
    return "not examined" if check.unexamined else "not offered"


def tallies(checks: Sequence[Check]) -> dict[Severity, SeverityCount]:
    """Return the findings per severity, the gravest first."""
    counts = {severity: [check.severities.get(severity, 0) for check in checks] for severity in SEVERITIES}
    return {
        severity: SeverityCount(sum(1 for results in result_counts if results), sum(result_counts))
        for severity, result_counts in counts.items()
    }


def backends_of(checks: Iterable[Check]) -> list[str]:
    """Return the titles of the backends that `checks` examined, in order of appearance."""
    return list(dict.fromkeys(backend_title(check) for check in checks))


def setting_titles(checks: Sequence[Check]) -> list[str]:
    """Return the titles of the backends, those of several settings once for each, in order of appearance."""
    titles = Titles(checks)
    return list(dict.fromkeys(map(titles.of, checks)))


def rows(checks: Sequence[Check], title: str) -> list[OverviewRow]:
    """Return a row per function and dtype of the place called `title`, in the catalogue's order."""
    groups: dict[tuple[str, str], list[Check]] = {}
    titles = Titles(checks)
    for check in checks:
        if titles.of(check) == title:
            groups.setdefault((check.function, check.dtype), []).append(check)
    return [_row(*key, groups[key]) for key in sorted(groups, key=_catalogue_order)]


def conventions(discrepancies: Iterable[Discrepancy]) -> list[Convention]:
    """Return the conventions, one for each function, quantity and kind; those with differing answers come first.

    Its example is the case with the most differing answers, and among those the one with the most answers.
    """
    questions: dict[tuple[str, str, str], dict[tuple[str, str], list[Discrepancy]]] = {}
    for finding in discrepancies:
        if finding.severity == "convention":
            cases = questions.setdefault((finding.function, finding.quantity, finding.kind), {})
            cases.setdefault((finding.dtype, finding.case), []).append(finding)
    unsorted = (
        Convention(tuple(max(cases.values(), key=_disagreement)), len(cases) - 1) for cases in questions.values()
    )
    return sorted(unsorted, key=lambda convention: _disagreement(convention.answers), reverse=True)


def _disagreement(answers: Iterable[Discrepancy]) -> tuple[int, int]:
    observed = [answer.observed for answer in answers]
    return len(set(observed)), len(observed)


def _row(function: str, dtype: str, checks: Sequence[Check]) -> OverviewRow:
    measured = [(check.worst_ulps, check) for check in checks if check.worst_ulps is not None]
    worst, worst_check = max(measured, key=lambda pair: measure(pair[0].ulps), default=(None, None))
    reached = [tier for tier in TIERS if any(check.tiers.get(tier) for check in checks)]
    ranked = [tier for tier in reached if tier != "limit"] or reached
    not_run = [standing(check) for check in checks if check.status != "examined"]
    return OverviewRow(
        function,
        dtype,
        tier=ranked[-1] if ranked else None,
        worst=worst,
        worst_check=worst_check,
        severities={severity: tally.results for severity, tally in tallies(checks).items() if tally.results},
        not_run={status: not_run.count(status) for status in dict.fromkeys(not_run)},
        unexamined=sum(bool(check.unexamined) for check in checks),
    )


def _catalogue_order(key: tuple[str, str]) -> tuple[int, str, int]:
    function, dtype = key
    functions, dtypes = list(FUNCTIONS), list(FORMATS)
    return (
        functions.index(function) if function in functions else len(functions),
        function,
        dtypes.index(dtype) if dtype in dtypes else len(dtypes),
    )
