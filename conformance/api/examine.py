"""The judge for a kernel's own tests: results in hand, or a function in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from logitproof.reference import DEFINITIONS, function_named
from logitproof.reports import ExaminationResult, Setting

from ..backends.bisection import BatchPart, ExaminedCalls
from ..backends.in_process import InProcess
from ..backends.protocol import Deviation, EntryPoint, Output, Reply
from ..causes.assign import causes_of
from ..corpus.corpus import keys
from ..corpus.source import BatchSource
from ..inputs.arrays import batch_from_arrays
from ..inputs.cases import case_count
from ..judge.findings import confirmed, settle, settled
from ..judge.job import Job, Tallies, Task
from ..judge.record import check_record, discrepancy_record
from ..run.plan import tasks_of

GIVEN = "given outputs"
"""What checks of results that came from anywhere call their backend."""

GIVEN_SETTING = Setting("unknown", "unknown")
"""Their setting: nobody says in which mode they were computed, nor on which device."""


def examine(
    call: Callable[..., object],
    function: str,
    *,
    framework: str,
    vjp: Callable[..., object] | None = None,
    profile: str = "ci",
    dtypes: Sequence[str] = (),
) -> ExaminationResult:
    """Examine a function of this process on the corpus, as `logitproof run` examines a backend.

    The function is called in this process, so a crash or an endless loop is the caller's; a run puts it in a worker.

    Args:
        call: takes the catalogue's arguments and keywords as docs/backends.md has it, tensors of `framework`.
        function: the canonical name of what it computes, e.g. "softmax".
        framework: "torch", "tensorflow", "jax" or "numpy".
        vjp: for "numpy": `vjp(cotangent, *arguments, **keywords)` returns the gradients, one per real argument.
        profile: "smoke", "ci" or "nightly".
        dtypes: formats to restrict the examination to; all by default.

    Returns:
        The checks and discrepancies; `logitproof.assert_ok` raises where one of them is a defect.

    Raises:
        ValueError: unknown function, framework, profile or dtype.
        ImportError: the framework is not installed.
    """
    backend = InProcess.of(call, function_named(function).name, framework, vjp)
    tallies = Tallies()
    for key in keys(profile, functions=(function,), dtypes=tuple(dtypes) or None):
        source = BatchSource(key)
        batch = source.batch()
        tasks = tasks_of(batch, {backend.name: backend.hello})
        tallies.begin(batch, tasks)
        job = Job(source, tuple(task for task in tasks if task.quantities))
        answers = [task.evaluated(batch, backend) for task in job.tasks]
        tallies.take_in(job, answers, job.judged(answers))
    return _findings(tallies, backend.hello.version)


def judge(
    function: str, inputs: object, outputs: object, *, definition: str = "literal", **parameters: object
) -> ExaminationResult:
    """Judge results that came from anywhere: C++, a GPU, a closed machine.

    Args:
        function: canonical name, e.g. "softmax".
        inputs: the argument of a function of one argument, or a mapping from the names of arguments and keywords
            ("logits", "labels", "axis", "weight", …) and "cotangent" to arrays.
        outputs: the value as an array, or a mapping from quantities ("value", "gradient:logits") to arrays.
        definition: "literal", or a stated deviation that the results follow.
        parameters: keywords of the function, e.g. axis=-1 (the default where there is an axis).

    Returns:
        The checks, one per quantity, and the discrepancies.

    Raises:
        ValueError: unknown function or quantity, an argument missing, shapes or dtypes that do not belong together, a
            gradient without a cotangent.
    """
    spec = function_named(function)
    given = dict(inputs) if isinstance(inputs, Mapping) else {spec.arguments[0].name: inputs}
    arrays = {name: np.asarray(value) for name, value in {**given, **parameters}.items() if value is not None}
    named = dict(outputs) if isinstance(outputs, Mapping) else {"value": outputs}
    _check_quantities(function, named, has_cotangent="cotangent" in arrays)
    batch = batch_from_arrays(function, arrays)
    entry_point = EntryPoint(GIVEN, function, spec.keywords, tuple(name for name in spec.quantities[1:]), ())
    if definition != "literal":
        entry_point = _deviating(entry_point, definition, spec.quantities)
    task = Task(GIVEN, entry_point, GIVEN_SETTING, tuple(named), {})
    results = tuple(_output(quantity, np.asarray(array)) for quantity, array in named.items())
    part = BatchPart(batch, tuple(range(case_count(batch))), Reply(results))
    job, answers = Job(BatchSource.of(batch), (task,)), (ExaminedCalls((part,)),)
    tallies = Tallies()
    tallies.take_in(job, answers, job.judged(answers))
    return _findings(tallies, "")


def _check_quantities(function: str, outputs: Mapping[str, object], *, has_cotangent: bool) -> None:
    known = function_named(function).quantities
    for quantity in outputs:
        if quantity not in known:
            raise ValueError(f"{function} has no {quantity!r}: outputs may be called {', '.join(known)}")
    if not outputs:
        raise ValueError(f"there is nothing to judge: outputs may be called {', '.join(known)}")
    if not has_cotangent and any(quantity != "value" for quantity in outputs):
        raise ValueError("a gradient is judged with what it was multiplied with: give the inputs a 'cotangent' as well")


def _deviating(entry_point: EntryPoint, definition: str, quantities: tuple[str, ...]) -> EntryPoint:
    if definition not in DEFINITIONS[entry_point.function]:
        known = ", ".join(DEFINITIONS[entry_point.function])
        raise ValueError(f"{entry_point.function} has no definition {definition!r}: choose from {known}")
    stated = Deviation(quantities, definition, "documented", "", "stated by the caller")
    return replace(entry_point, deviations=(stated,))


def _output(quantity: str, array: np.ndarray) -> Output:
    return Output(quantity, "plain", array, array.dtype.name, None)


def _findings(tallies: Tallies, version: str) -> ExaminationResult:
    unconfirmed = settle(list(tallies.of_checks.values()))
    findings = settled(unconfirmed, [confirmed(each.judged) for each in unconfirmed])
    pairs = zip(findings, causes_of(findings), strict=True)
    return ExaminationResult(
        checks=tuple(check_record(tally, version) for tally in tallies.of_checks.values()),
        discrepancies=tuple(discrepancy_record(finding, version, cause=cause) for finding, cause in pairs),
    )
