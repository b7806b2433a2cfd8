"""A run as test cases: one for all checks of an entry point that share quantity, dtype and setting.

So there is a moderate number of them, and a name is there in every run and release, whatever is found: what a server
keeps of a test is the history of that. Names are without versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..document.model import Count, Fact, Result, ServerTest, Suite, Words
from ..findings.findings import Finding, GateItemKey, findings, gravity, key_of
from ..findings.options import UNCALLED, UncalledOptions, uncalled_options, uncalled_words
from ..findings.overview import exit_status
from ..findings.properties import ratio_of
from ..findings.unexamined import gaps, unexamined_words
from ..gate.gate import Gate
from ..gate.verdict import verdict
from ..gate.words import item_words, refusal_words, stale_heading, stale_words, waiver_words
from ..record.hexfloat import measure
from ..record.model import Backend, Check, CheckStatus, Discrepancy, Record
from ..record.properties import PropertyResult
from ..record.words import backend_title, brief, counted, magnitude, parameters_words
from .entries import case_facts

_ERRORS: tuple[CheckStatus, ...] = ("crash", "hang", "error")
_INCOMPLETE = 3
_KINDS_TOLD = 8
"""So many kinds of what was seen are told in a test case; the record has them all."""
_REASONS_TOLD = 2
_EXPLANATION = 160
"""So many characters of the explanation of what does not gate: there is much of it, and a server keeps every run."""

Owner = Check | PropertyResult
_Key = tuple[str, str, str]
"""Backend, version and id of a check, or of a property's result."""


@dataclass(frozen=True)
class _Outcome:
    """What became of one check or property; of several the one of the highest order stands for all."""

    order: tuple[float, ...]
    result: Result
    kind: str = ""
    message: Words = ""


_PASSED = _Outcome((1,), "passed")


def run_suites(record: Record, gate: Gate | None) -> tuple[Suite, ...]:
    """Return the test cases of a run: a suite per backend, and one for the run as a whole.

    A defect and a broken property are failures; a check that crashed, hung or raised, a backend that did not come to
    its end, and a run that is no pass for being incomplete, are errors; what is not offered or not examined is skipped,
    and a test case of its own counts the latter. Weaknesses, conventions and what is undecided are in the output of
    their test case. Where a gate says otherwise, what gates is a failure whatever its severity, and what is waived is
    skipped: its message names the waiver.
    """
    cases = _Cases(record, gate)
    run = {"profile": record.run.profile, "corpus": f"{record.corpus.version} {record.corpus.hash}"}
    whole = (_completeness(record), *_examined(record), *_of_gate(gate))
    suites = [Suite("logitproof", whole, run, record.run.started)]
    backends: dict[str, Backend | None] = {backend_title(backend): backend for backend in record.backends}
    owners: tuple[Owner, ...] = (*record.checks, *record.properties)
    for owner in owners:
        backends.setdefault(backend_title(owner), None)
    for title, backend in backends.items():
        of_backend = () if backend is None else (_of_backend(backend),)
        uncalled = (_of_options(each) for each in uncalled_options(record) if each.title == title)
        suite = Suite(title, (*of_backend, *uncalled, *cases.of(title)), {**run, **_facts(backend)}, record.run.started)
        suites.append(suite)
    return tuple(suites)


def _facts(backend: Backend | None) -> dict[str, str]:
    if backend is None:
        return {}
    identity = {"framework": backend.framework, "version": backend.version, "threads": str(backend.threads)}
    switches = {f"environment {key}": value for key, value in sorted(backend.environment.items())}
    return {**identity, **{key: backend.build[key] for key in ("python", "numpy") if key in backend.build}, **switches}


def _completeness(record: Record) -> ServerTest:
    name = "the run is complete"
    if exit_status(record) == _INCOMPLETE:
        return ServerTest("logitproof", name, "error", "incomplete", verdict(record))
    return ServerTest("logitproof", name)


def _examined(record: Record) -> Iterator[ServerTest]:
    """What was not examined, where there is any of that."""
    if unexamined := unexamined_words(gaps(record), record):
        yield ServerTest("logitproof", "everything was examined", "skipped", "not examined", unexamined)


def _of_backend(backend: Backend) -> ServerTest:
    name = f"{brief(backend.name, 200)} was examined to its end"
    if backend.status == "complete":
        return ServerTest("logitproof", name)
    return ServerTest("logitproof", name, "error", backend.status, backend.reason or backend.status)


def _of_options(uncalled: UncalledOptions) -> ServerTest:
    entry_point = f"{brief(uncalled.entry_point, 200)} ({brief(uncalled.function, 200)})"
    name = f"{entry_point} was called with every option that it accepts"
    return ServerTest("logitproof", name, "skipped", "not examined", f"{UNCALLED}: {uncalled_words(uncalled)}")


def _of_gate(gate: Gate | None) -> Iterator[ServerTest]:
    """What gates without a check of its own, and whether waivers are stale."""
    if gate is None:
        return
    for item in (failing.item for failing in gate.gating):
        if not item.check:
            name = brief(f"{item.backend} has {item.entry_point}", 200)
            yield ServerTest("logitproof", name, "failure", item.kind, item_words(item))
    if gate.waived or gate.stale:
        lines = tuple(map(stale_words, gate.stale))
        name = "no waiver is stale"
        if gate.stale and gate.strict:
            yield ServerTest("logitproof", name, "failure", "stale waivers", stale_heading(gate), lines)
        else:
            yield ServerTest("logitproof", name, output=lines)


class _Cases:
    """The test cases of the backends of a record."""

    def __init__(self, record: Record, gate: Gate | None) -> None:
        self._record, self._gate = record, gate

    @cached_property
    def _discrepancies(self) -> Mapping[_Key, Sequence[Discrepancy]]:
        by_check: dict[_Key, list[Discrepancy]] = {}
        for each in self._record.discrepancies:
            by_check.setdefault((each.backend, each.version, each.check), []).append(each)
        return by_check

    @cached_property
    def _findings(self) -> Mapping[GateItemKey, Finding]:
        return {key_of(each): finding for finding in findings(self._record) for each in finding.discrepancies}

    def of(self, title: str) -> Iterator[ServerTest]:
        """Give the test cases of a backend."""
        groups: dict[tuple[str, ...], list[Owner]] = {}
        owners: tuple[Owner, ...] = (*self._record.checks, *self._record.properties)
        for owner in owners:
            if backend_title(owner) == title:
                groups.setdefault(_names(owner), []).append(owner)
        return (self._case(names, owners) for names, owners in groups.items())

    def _case(self, names: tuple[str, ...], owners: Sequence[Owner]) -> ServerTest:
        pairs = [(owner, each) for owner in owners for each in self._discrepancies.get(_key(owner), ())]
        gating = [pair for pair in pairs if self._gates(pair[1])]
        others = [pair for pair in pairs if not self._gates(pair[1])]
        outcome = max(map(self._outcome, owners), key=lambda each: each.order)
        name = " · ".join(brief(part, 200) for part in names[1:])
        output = (*_measured(owners), *self._waived(owners), *_unexamined(owners), *_others(others))
        if outcome.result not in {"failure", "error"}:
            return ServerTest(names[0], name, outcome.result, outcome.kind, outcome.message, output=output)
        text = (*self._refusals(owners), *self._details(gating, outcome), *self._uncased(owners, gating))
        return ServerTest(names[0], name, outcome.result, outcome.kind, outcome.message, text, output)

    def _gates(self, discrepancy: Discrepancy) -> bool:
        return discrepancy.severity == "defect" if self._gate is None else self._gate.gates_case(discrepancy)

    def _fails(self, owner: Owner) -> bool:
        if self._gate is not None:
            return self._gate.gates_at(*_key(owner))
        return bool(owner.severities.get("defect")) if isinstance(owner, Check) else owner.status == "broken"

    def _outcome(self, owner: Owner) -> _Outcome:
        fails = self._fails(owner)
        has_defect = isinstance(owner, Check) and owner.severities.get("defect")
        if isinstance(owner, Check) and owner.status in _ERRORS and (fails or not has_defect):
            return _Outcome((4,), "error", owner.status, owner.reason or owner.status)
        if fails:
            return self._failure(owner)
        if self._gate and (waived := self._gate.waived_at(*_key(owner))):
            names = dict.fromkeys(waiver_words(waiver) for entry in waived for waiver in entry.waivers)
            return _Outcome((2,), "skipped", "waived", f"waived by {'; '.join(names)}")
        if owner.status == "unsupported":
            return _Outcome((0,), "skipped", "unsupported", owner.reason or "")
        return _PASSED

    def _failure(self, owner: Owner) -> _Outcome:
        if isinstance(owner, PropertyResult):
            return _Outcome((3, ratio_of(owner)), "failure", "identity broken", _broken(owner))
        gating = [each for each in self._discrepancies.get(_key(owner), ()) if self._gates(each)]
        if worst := max(gating, key=gravity, default=None):
            return _Outcome((3, *gravity(worst)), "failure", worst.kind, worst.explanation)
        return _Outcome((3,), "failure", "defect", self._counted(owner))

    def _counted(self, owner: Owner) -> str:
        """What gates of a check, or property, where the record has no case of it."""
        if isinstance(owner, PropertyResult):
            return _broken(owner)
        if self._gate is None:
            return f"{counted(owner.severities['defect'], 'result')} with a defect"
        items = [each.item for each in self._gate.gating_at(*_key(owner))]
        return "; ".join(
            f"{counted(each.results, 'case' if each.severity == 'unexamined' else 'result')}: {each.severity}, "
            f"{brief(each.kind, 200)}"
            for each in items
        )

    def _refusals(self, owners: Iterable[Owner]) -> dict[str, None]:
        """Why waivers that name something of a check do not waive it."""
        if self._gate is None:
            return {}
        failing = (each for owner in owners for each in self._gate.gating_at(*_key(owner)))
        return dict.fromkeys(line for each in failing for line in refusal_words(each))

    def _waived(self, owners: Iterable[Owner]) -> Iterator[str]:
        for owner in owners:
            for entry in self._gate.waived_at(*_key(owner)) if self._gate else ():
                yield f"waived: {item_words(entry.item)}; {'; '.join(map(waiver_words, entry.waivers))}"

    def _details(self, gating: Sequence[tuple[Owner, Discrepancy]], outcome: _Outcome) -> Iterator[Words | Fact]:
        """The gravest case of each finding and kind in full, those of other checks a line each.

        What the message says is not said again.
        """
        groups: dict[tuple[str, str], list[tuple[Owner, Discrepancy]]] = {}
        for owner, each in sorted(gating, key=lambda pair: gravity(pair[1]), reverse=True):
            groups.setdefault((self._findings[key_of(each)].anchor, each.kind), []).append((owner, each))
        for (_, kind), ((owner, worst), *further) in groups.items():
            why = "" if worst.explanation == outcome.message else f": {worst.explanation}"
            yield f"{worst.severity}, {brief(kind, 200)}{why}"
            yield Fact("check", _check_words(owner))
            facts = case_facts(self._findings[key_of(worst)], worst, Count(worst.count, "result"))
            yield from (fact for fact in facts if fact.name != "others")
            by_check = {other.id: (other, each) for other, each in reversed(further) if other.id != owner.id}
            for other, each in reversed(by_check.values()):
                again = f"logitproof reproduce {brief(each.id, 64)}"
                yield Fact("also", (f"{_check_words(other)}: ", Count(each.count, "result"), f"; {again}"))

    def _uncased(self, owners: Iterable[Owner], gating: Sequence[tuple[Owner, Discrepancy]]) -> Iterator[Words]:
        """What fails and has no case on record."""
        cased = {owner.id for owner, _ in gating}
        for owner in owners:
            if owner.id not in cased and self._fails(owner):
                yield f"{self._counted(owner)}: {_check_words(owner)}"


def _key(owner: Owner) -> _Key:
    return owner.backend, owner.version, owner.id


def _names(owner: Owner) -> tuple[str, ...]:
    """What is tested, without versions, and without what may be added in another release of logitproof."""
    if isinstance(owner, PropertyResult):
        return "property", owner.property, owner.dtype, owner.mode, owner.device
    return owner.function, owner.entry_point, owner.quantity, owner.dtype, owner.mode, owner.device


def _check_words(owner: Owner) -> str:
    """Which of the checks of a test case it is: its id tells it for certain."""
    if isinstance(owner, PropertyResult):
        parts: tuple[str, ...] = (", ".join(dict.fromkeys(owner.entry_points.values())), owner.dtype, owner.id)
    else:
        parts = (parameters_words(owner.parameters), owner.input_class, owner.id)
    return " · ".join(brief(part, 200) for part in parts if part)


def _broken(result: PropertyResult) -> str:
    worst = result.worst
    sides = f" {worst.left} {worst.sign} {worst.right} fails: {magnitude(worst.ratio)} of the bound" if worst else ""
    return f"{result.statement}{sides}"


def _measured(owners: Sequence[Owner]) -> Iterator[Words]:
    """How much there was, and the largest errors, also where nothing else is to tell: a result is never a bare pass."""
    checks = [owner for owner in owners if isinstance(owner, Check)]
    if checks:
        yield Count(len(checks), "check"), " of ", Count(sum(check.elements for check in checks), "result")
    elif any(owner.status != "holds" for owner in owners):
        counts = Counter(owner.status for owner in owners)
        yield Count(len(owners), "check"), f": {', '.join(f'{count} {status}' for status, count in counts.items())}"
    ulps = [measure(check.worst_ulps.ulps) for check in checks if check.worst_ulps]
    ratios = [measure(check.worst_ratio.bound_ratio) for check in checks if check.worst_ratio]
    if ulps and ratios:
        yield "largest error: ", max(ulps), " ulps; largest multiple of the textbook bound: ", max(ratios)


def _unexamined(owners: Iterable[Owner]) -> Iterator[Words]:
    """What was not examined, or has no answer, and why."""
    cases: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    for owner in owners:
        for each in owner.unexamined or ():
            cases[each.reason] += each.cases
        if not owner.unexamined and owner.reason and owner.status not in {"examined", "holds", "broken"}:
            word: str = "not offered" if owner.status == "unsupported" else owner.status
            reasons.setdefault(word, Counter())[brief(owner.reason, 120)] += 1
    for reason, number in cases.items():
        yield f"not examined: {counted(number, 'case')}: {reason}"
    for word, numbers in reasons.items():
        listed = [reason for reason, _ in numbers.most_common(_REASONS_TOLD)]
        left = [f"{len(numbers) - _REASONS_TOLD} more reasons"] if len(numbers) > _REASONS_TOLD else []
        yield f"{word}: {counted(numbers.total(), 'check')}: {'; '.join([*listed, *left])}"


def _others(others: Iterable[tuple[Owner, Discrepancy]]) -> Iterator[Words | Fact]:
    """What does not gate: one line of each severity and kind."""
    kinds: dict[tuple[str, str], list[Discrepancy]] = {}
    for _, each in others:
        kinds.setdefault((each.severity, each.kind), []).append(each)
    for (severity, kind), cases in list(kinds.items())[:_KINDS_TOLD]:
        worst = max(cases, key=gravity)
        results = sum({each.check: each.count for each in cases}.values())
        extent = f"{counted(results, 'result')} of {counted(len({each.check for each in cases}), 'check')}"
        # What is no better and no worse is explained where answers stand side by side.
        why = "" if severity == "convention" else f": {brief(worst.explanation, _EXPLANATION)}"
        yield f"{severity}, {brief(kind, 200)}{why}"
        yield Fact("extent", f"{extent}; logitproof reproduce {brief(worst.id, 64)}")
