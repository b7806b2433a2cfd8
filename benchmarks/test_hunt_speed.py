"""The hunt beside the same calls without judging: the aim is half as many examples a second at least."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from logitproof.conformance.backends.bisection import examine_batch
from logitproof.conformance.backends.client import Worker, parse_backend
from logitproof.conformance.hunt.examiner import Examination, Examiner
from logitproof.conformance.hunt.hunt import Hunted, HuntRequest, hunt
from logitproof.conformance.hunt.progress import HuntLines, HuntProgress
from logitproof.conformance.inputs.batch import Batch
from logitproof.conformance.inputs.witness import FailureIdentity
from logitproof.conformance.run.plan import tasks_of
from logitproof.conformance.run.request import RunRequest

EXAMPLES = 300


class _Recording(Examiner):
    """Judges, and remembers what came of it."""

    outcomes: ClassVar[list[Examination]] = []

    def examine(self, batch: Batch, known: Mapping[FailureIdentity, str]) -> Examination:
        self.outcomes.append(super().examine(batch, known))
        return self.outcomes[-1]


class _Unjudged(Examiner):
    """Makes the calls of the hunt that was recorded, looks at no answer, and says what came of it the first time."""

    def examine(self, batch: Batch, known: Mapping[FailureIdentity, str]) -> Examination:
        del known
        for task in tasks_of(batch, self.hellos):
            examine_batch(
                self._workers[task.backend], batch, task.entry_point.name, list(task.quantities), setting=task.setting
            )
        # Without it the search would go another way, and make smaller examples.
        return _Recording.outcomes.pop(0)


class _Silent(HuntLines):
    def note(self, line: str) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker.start(parse_backend("torch")) as started:
        yield started


def _hunt(kind: type[Examiner], worker: Worker, function: str, folder: Path) -> Hunted:
    progress: HuntProgress = _Silent()
    examiner = kind({"torch": worker}, {"torch": worker.hello}, (), progress.note)
    asked = RunRequest(("torch",), functions=(function,), dtypes=("float32",))
    return hunt(HuntRequest(asked, folder, float("inf"), EXAMPLES, 1), examiner, progress)


def _recorded(worker: Worker, function: str, folder: Path) -> None:
    _Recording.outcomes.clear()
    _hunt(_Recording, worker, function, folder)


@pytest.mark.parametrize("function", ["softmax", "log_softmax", "sigmoid"])
@pytest.mark.parametrize("what", ["not judged", "hunt"])
def test_examples(benchmark: Any, worker: Worker, function: str, what: str, tmp_path: Path) -> None:  # noqa: ANN401 - pytest-benchmark exports no type
    benchmark.group = f"{EXAMPLES} examples of {function} in float32: the hunt beside the same search without judging"
    kind = Examiner if what == "hunt" else _Unjudged
    setup = partial(_recorded, worker, function, tmp_path)
    hunted = benchmark.pedantic(_hunt, args=(kind, worker, function, tmp_path), setup=setup, rounds=3)
    assert hunted.examples == EXAMPLES
    assert not hunted.files
