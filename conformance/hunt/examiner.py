"""One example of the hunt: a batch put to the backends, judged by the judge of a run, and its defects confirmed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from logitproof.reports import Setting

from ..backends.bisection import Evaluator, ExaminedCalls
from ..backends.deaths import Deaths, GivenUp
from ..backends.protocol import Hello
from ..corpus.source import BatchSource
from ..inputs.batch import Batch
from ..inputs.witness import FailureIdentity
from ..judge.findings import ConfirmedFinding, confirmed, settle
from ..judge.job import Job, Task
from ..judge.judged_output import JudgedElement
from ..judge.tally import CheckIdentity, CheckTally
from ..run.plan import tasks_of
from ..run.request import SettingChoice


@dataclass(frozen=True)
class Examination:
    """What came of one example.

    Attributes:
        tallies: what was seen, by check.
        defects: the failures, each with the smallest case that shows it; those known before are not confirmed again.
    """

    tallies: Sequence[CheckTally]
    defects: Mapping[FailureIdentity, ConfirmedFinding] = field(default_factory=dict)


def within_bound(tally: CheckTally) -> JudgedElement | None:
    """Return the largest error of a tally where it is within the textbook bound: what is beyond is another matter."""
    worst = tally.worst_ratio
    return worst if worst is not None and worst.ratio <= 1 else None


class Examiner:
    """Puts batches to backends and judges what comes back.

    Attributes:
        hellos: what the backends offer, by their names.
        tallies: what was seen, by check, whatever the parameters.
        largest: the largest error, by check, whether it is within the bound or not.
    """

    def __init__(
        self,
        workers: Mapping[str, Evaluator],
        hellos: Mapping[str, Hello],
        entry_points: Sequence[str],
        note: Callable[[str], None],
        choice: SettingChoice | None = None,
    ) -> None:
        """Take running workers by the names of their backends, and entry points to restrict the examination to.

        `choice` says in which settings they are examined: in the first one of each unless said otherwise.
        """
        self.hellos = hellos
        self.tallies: dict[CheckIdentity, CheckTally] = {}
        self.largest: dict[CheckIdentity, JudgedElement] = {}
        self._workers, self._entry_points, self._note = workers, tuple(entry_points), note
        self._choice = choice
        self._deaths: defaultdict[tuple[str, Setting], Deaths] = defaultdict(Deaths)

    def examine(self, batch: Batch, known: Mapping[FailureIdentity, str]) -> Examination:
        """Examine a batch by every entry point; keep what was seen in `tallies`, and in `largest` the largest errors.

        Args:
            batch: the inputs.
            known: failures that need no confirmation.

        Raises:
            WorkerUnavailable: a worker has died and cannot be restarted.
        """
        planned = [task for task in self._tasks(batch) if task.quantities and not self._given_up(task, batch)]
        outcome = self._judged(batch, planned, known, counts=True)
        for tally in outcome.tallies:
            general = replace(tally.identity, parameters=())
            self.tallies.setdefault(general, CheckTally(general, tally.entry_point)).merge(tally)
            self._keep_largest(general, tally)
        return outcome

    def worst(self, signature: FailureIdentity) -> ConfirmedFinding | None:
        """Return the worst result that failed so among all that was examined, confirmed; None where none stands."""
        for tally in self.tallies.values():
            group = tally.findings.get(("defect", signature.kind))
            if group is not None and _signature(tally, signature.kind) == signature:
                judged = confirmed(group.worst)
                if (judged.severity, judged.kind) == ("defect", signature.kind):
                    return ConfirmedFinding(tally, judged, group.count, group.ulps, group.extent)
        return None

    def _keep_largest(self, identity: CheckIdentity, tally: CheckTally) -> None:
        worst, older = tally.worst_ratio, self.largest.get(identity)
        if worst is not None and (older is None or worst.ratio > older.ratio):
            self.largest[identity] = worst

    def repeat(self, batch: Batch, signature: FailureIdentity) -> Examination:
        """Examine a batch by the one entry point and quantity that failed.

        Raises:
            WorkerUnavailable: the worker has died and cannot be restarted.
        """
        planned = [
            replace(task, quantities=(signature.quantity,))
            for task in self._tasks(batch)
            if (task.backend, task.entry_point.name) == (signature.backend, signature.entry_point)
            if task.setting == signature.setting
            if signature.quantity in task.quantities
        ]
        return self._judged(batch, planned, {}, counts=False)

    def _tasks(self, batch: Batch) -> list[Task]:
        return tasks_of(batch, self.hellos, self._entry_points, choice=self._choice)

    def _judged(
        self, batch: Batch, planned: Sequence[Task], known: Mapping[FailureIdentity, str], *, counts: bool
    ) -> Examination:
        if not planned:
            return Examination(())
        answers = [self._asked(task, batch, counts=counts) for task in planned]
        tallies = Job(BatchSource.of(batch), tuple(planned)).judged(answers, spreads=False)
        return Examination(tallies, self._defects(tallies, known))

    def _asked(self, task: Task, batch: Batch, *, counts: bool) -> ExaminedCalls:
        deaths = self._deaths[task.backend, task.setting] if counts else Deaths()
        examined = task.evaluated(batch, self._workers[task.backend], deaths)
        if counts and (given_up := self._given_up(task, batch)):
            self._note(f"{task.backend}, {task.setting}: {given_up.reason}: it is left out from here on")
        return examined

    def _given_up(self, task: Task, batch: Batch) -> GivenUp | None:
        deaths = self._deaths[task.backend, task.setting]
        return deaths.given_up(batch.function, task.entry_point.name, batch.input_class)

    def _defects(
        self, tallies: Sequence[CheckTally], known: Mapping[FailureIdentity, str]
    ) -> dict[FailureIdentity, ConfirmedFinding]:
        """Return the confirmed defects among what was found."""
        if not any(tally.failed or tally.findings for tally in tallies):
            return {}
        defects: dict[FailureIdentity, ConfirmedFinding] = {}
        # The smallest case comes after the worst one.
        for finding in reversed(settle(tallies)):
            signature = _signature(finding.tally, finding.judged.kind)
            if finding.judged.severity != "defect" or signature in defects:
                continue
            judged = finding.judged if signature in known else confirmed(finding.judged)
            if judged.severity == "defect":
                defects[signature] = replace(finding, judged=judged)
        return defects


def _signature(tally: CheckTally, kind: str) -> FailureIdentity:
    its = tally.identity
    return FailureIdentity(its.backend, its.function, its.entry_point, its.setting, its.dtype, its.quantity, kind)
