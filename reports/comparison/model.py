"""The comparison of two runs: what changed, which of the two is nearer the truth, and whether that is a regression."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ..record.array import Array
from ..record.model import CheckStatus, ErrorSpread, Expected, Parameter, Severity
from ..record.properties import Count, Hex, Text
from ..record.setting import InSetting

COMPARISON_SCHEMA_VERSION = 2
"""The version of the comparison's schema."""

Outcome = Literal["safe", "changed", "regressed"]
ChangeKind = Literal[
    "new NaN or infinity",
    "new error",
    "regressed",
    "dtype or shape changed",
    "farther",
    "otherwise",
    "gone NaN or infinity",
    "gone error",
    "fixed",
    "nearer",
    "identical",
]
EntryPointChangeKind = Literal["removed", "renamed", "signature changed", "default changed", "added"]

OUTCOME_MEANINGS: Mapping[Outcome, str] = MappingProxyType(
    {
        "safe": "every result that was compared is the same, or nearer the truth",
        "changed": "results, entry points or defaults differ, and nothing became graver",
        "regressed": "something became graver: a severity rose, a NaN, an infinity or an error is new, "
        "a property broke, or an entry point is gone",
    }
)

CHANGE_MEANINGS: Mapping[ChangeKind, str] = MappingProxyType(
    {
        "new NaN or infinity": "NaN or infinite now, a finite number before, and the exact result is a number that the "
        "dtype holds",
        "new error": "raises, crashes, hangs or is refused now, and gave a result before",
        "regressed": "its severity rose, to weakness or to defect; or it crashes or hangs where it raised",
        "dtype or shape changed": "another dtype or shape than before",
        "farther": "farther from the exact result than before, with the same severity",
        "otherwise": "another result, as far from the exact one as before, or where there is no exact one; or none, "
        "for another reason that is no graver",
        "gone NaN or infinity": "NaN or infinite before, a finite number now, and the exact result is a number "
        "that the dtype holds",
        "gone error": "raised, crashed, hung or was refused before, and gives a result now",
        "fixed": "its severity fell",
        "nearer": "nearer to the exact result than before, with the same severity",
        "identical": "the same bits",
    }
)
"""What may have become of a result, the gravest first."""

REGRESSIONS: frozenset[ChangeKind] = frozenset({"new NaN or infinity", "new error", "regressed"})
IMPROVEMENTS: frozenset[ChangeKind] = frozenset({"gone NaN or infinity", "gone error", "fixed", "nearer", "identical"})
"""Changes that leave a comparison safe, where what is there now is no defect."""

SEVERITY_RANKS: Mapping[Severity | None, int] = MappingProxyType(
    {None: 0, "convention": 0, "undecided": 0, "weakness": 1, "defect": 2}
)
"""How grave a severity is where two are compared; what is undecided is told, and neither better nor worse."""

ENTRY_POINT_MEANINGS: Mapping[EntryPointChangeKind, str] = MappingProxyType(
    {
        "removed": "it is gone, and whoever calls it gets an error",
        "renamed": "it is gone, and a new one of the same function takes the same keywords and returns the same bits",
        "signature changed": "a parameter is gone, new and required, or at another place",
        "default changed": "a call that leaves a parameter out means something else",
        "added": "it is new",
    }
)
"""What may have become of an entry point, the gravest first."""


@dataclass(frozen=True)
class ComparisonEnvironment:
    """What a backend ran on and with: told, since it too may change results.

    Attributes:
        python: the version of Python; "" where it is not known.
        threads: how many threads it used; 0 where it is not known.
        build: how the framework was built.
        cpu: the processor.
        variables: the environment variables that were set.
    """

    python: Text
    threads: Count
    build: dict[str, Text]
    cpu: dict[str, Text]
    variables: dict[str, Text]


@dataclass(frozen=True)
class ComparedBackend:
    """One backend in two runs; where one of them lacks it, its version is None there.

    Attributes:
        name: the backend's name.
        framework: the framework that it is, or that a user's module names.
        old: its version in the older run.
        new: its version in the newer run.
        environments: for both runs, what the backend ran on and with; None where the run lacks it.
        target: what was called: the framework's name, or the path or name of a module; of the newer run, if it has it.
    """

    name: Text
    framework: str
    old: str | None
    new: str | None
    environments: tuple[ComparisonEnvironment | None, ComparisonEnvironment | None]
    target: Text


@dataclass(frozen=True)
class ChangeExample:
    """One element of one case, before and after.

    Attributes:
        batch: the corpus's name of the batch.
        case: hash of the case.
        index: where the element stands in the output of the batch.
        inputs: the arguments of the case, by name.
        parameters: the keywords of the call, arrays included.
        before: what the older run returned, as hex text; in words where that is no number: an exception, a shape.
        after: what the newer run returned, so written.
        failure: the kind of failure, before or after, where no number shows it: "crash", "hang", "error", "refused",
            "unsupported", "given up", "dtype", "shape", "input modified", "missing gradient"; "" where a number does.
        expected: the exact result.
        before_ulps: the older result's distance from the exact one in ulps, as hex text, "inf" where no number
            measures it.
        after_ulps: so for the newer one.
        ulps: the distance between the two in ulps, so written.
        before_severity: the severity of the older result; None where there is none.
        after_severity: so for the newer one.
        run: which call showed it, where it was not the first, as of a discrepancy; else "plain".
        time_limit: of a "hang", the seconds that the call was given, as hex text; None where that is not known.
    """

    batch: str
    case: str
    index: tuple[Count, ...]
    inputs: dict[str, Array]
    parameters: dict[str, Parameter]
    before: Text
    after: Text
    failure: str
    expected: Expected
    before_ulps: Hex
    after_ulps: Hex
    ulps: Hex
    before_severity: Severity | None
    after_severity: Severity | None
    run: Text = "plain"
    time_limit: Hex | None = None


@dataclass(frozen=True)
class Change:
    """The elements of a check that changed in one way: how many they are, and the one with the largest change.

    Of errors and NaN that are gone the example is one that is a defect still, if there is one.
    """

    kind: ChangeKind
    elements: Count
    largest: ChangeExample | None

    @property
    def is_regression(self) -> bool:
        """Whether something became graver: another dtype or shape does where it is a defect now, and was none."""
        return self.kind in REGRESSIONS or (self.kind == "dtype or shape changed" and self._rose())

    @property
    def is_improvement(self) -> bool:
        """Whether nothing became worse: an error or NaN that gave way to a wrong number is no improvement."""
        is_wrong = self.largest is not None and self.largest.after_severity in {"defect", "undecided"}
        return self.kind in IMPROVEMENTS and not (is_wrong and self.kind in {"gone NaN or infinity", "gone error"})

    def _rose(self) -> bool:
        example = self.largest
        return example is not None and SEVERITY_RANKS[example.after_severity] > SEVERITY_RANKS[example.before_severity]


@dataclass(frozen=True)
class ComparedCheck(InSetting):
    """One check in two runs.

    Attributes:
        id: the check's id, in the newer run where an entry point was renamed.
        old_entry_point: the entry point's name in the older run, where it was renamed.
        statuses: whether and how it was run, then and now; None where a run lacks the check.
        reason: why it was not run or not compared, or what changed beside its numbers: "dtype float32, before
            float64"; else None.
        by_element: whether the outputs of both runs were there to be compared. Without them the largest errors are,
            `elements` is 0 and a change counts one for the check.
        elements: how many elements were compared.
        changes: what became of them, the gravest first; kinds that did not occur are absent. A check that only one run
            has has none.
        worst: the largest errors in ulps, before and after, as hex text; None where none was measured.
        spreads: how the errors are spread, before and after, where anything changed; else None.
    """

    id: str
    function: str
    backend: Text
    entry_point: Text
    old_entry_point: Text | None
    dtype: str
    mode: str
    device: str
    quantity: str
    parameters: dict[str, Parameter]
    input_class: str
    statuses: tuple[CheckStatus | None, CheckStatus | None]
    reason: Text | None
    by_element: bool
    elements: Count
    changes: tuple[Change, ...]
    worst: tuple[Hex | None, Hex | None]
    spreads: tuple[ErrorSpread | None, ErrorSpread | None]

    @property
    def is_regression(self) -> bool:
        """Whether something in it became graver."""
        return any(change.is_regression for change in self.changes)

    @property
    def is_safe(self) -> bool:
        """Whether every element is known to be the same, or better; a check of one run has nothing to compare."""
        known = self.by_element or not self.changes
        return known and all(change.is_improvement for change in self.changes)


def change_key(check: ComparedCheck, change: Change) -> str:
    """Return the name of a change, the same in every comparison that has it: for scripts, links and `reproduce`."""
    return f"{check.id}-{change.kind.lower().replace(' ', '-')}"


@dataclass(frozen=True)
class EntryPointChange:
    """An entry point that is not what it was: `detail` says what it was, in words."""

    kind: EntryPointChangeKind
    backend: Text
    entry_point: Text
    detail: Text


@dataclass(frozen=True)
class PropertyChange:
    """A property that one run found to hold and the other broken, or not examined: statuses before and after.

    `ratios` are its largest differences as multiples of what rounding explains; None where there was none. `mode` and
    `device` are "" in an older comparison, which had no second ones.
    """

    id: str
    property: str
    backend: Text
    dtype: str
    before: str | None
    after: str | None
    statement: Text
    ratios: tuple[Hex | None, Hex | None]
    mode: str = ""
    device: str = ""


def is_newly_broken(change: PropertyChange) -> bool:
    """Whether a property is broken that was not, where it could be asked."""
    return change.after == "broken" and change.before not in {None, "unsupported"}


@dataclass(frozen=True)
class Timing:
    """Seconds that the calls of one entry point took in the two runs, as hex text; told, never gated."""

    backend: Text
    entry_point: Text
    before: Hex
    after: Hex


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same inputs, held against each other and against the truth.

    Attributes:
        schema: the version of the schema.
        complete: whether both runs were; a comparison of incomplete runs is never safe.
        outcome: what it amounts to, by `OUTCOME_MEANINGS`.
        titles: what was compared, for people: e.g. ("tensorflow-cpu==2.15.1", "tensorflow-cpu==2.18.1").
        profile: the profile of both runs.
        started: when the two runs began (ISO 8601, UTC).
        commands: the command lines of the two runs.
        backends: the backends that either run has.
        entry_points: what became of entry points.
        checks: the checks that either run has.
        properties: the properties whose status differs.
        timings: how long calls took.
        notes: what else must be known to read it, a sentence each: why it is incomplete, or not by element.
    """

    schema: int
    complete: bool
    outcome: Outcome
    titles: tuple[Text, Text]
    profile: str
    started: tuple[str, str]
    commands: tuple[Text, Text]
    backends: tuple[ComparedBackend, ...]
    entry_points: tuple[EntryPointChange, ...]
    checks: tuple[ComparedCheck, ...]
    properties: tuple[PropertyChange, ...]
    timings: tuple[Timing, ...]
    notes: tuple[Text, ...]


def outcome_of(
    *,
    complete: bool,
    entry_points: Iterable[EntryPointChange],
    checks: Iterable[ComparedCheck],
    properties: Iterable[PropertyChange],
) -> Outcome:
    """Return what a comparison amounts to; one in which nothing was compared is not safe."""
    changed, compared_checks, held = list(entry_points), list(checks), list(properties)
    removed = any(each.kind == "removed" for each in changed)
    if removed or any(each.is_regression for each in compared_checks) or any(map(is_newly_broken, held)):
        return "regressed"
    same = all(each.kind == "added" for each in changed) and all(each.is_safe for each in compared_checks)
    compared = any(each.changes for each in compared_checks)
    return "safe" if complete and compared and same and all(each.after == "holds" for each in held) else "changed"
