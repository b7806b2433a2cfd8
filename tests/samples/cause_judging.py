"""What the tests of causes share: results from anywhere, judged on the corpus, with the causes that are found."""

from __future__ import annotations

import numpy as np
from setting_samples import EAGER

from logitproof.conformance.backends.bisection import BatchPart, ExaminedCalls
from logitproof.conformance.backends.protocol import EntryPoint, Output, Reply
from logitproof.conformance.causes.algorithms.normal_form import NormalForm, lines_of
from logitproof.conformance.causes.assign import causes_of
from logitproof.conformance.causes.mistakes.catalogue import every_mistake
from logitproof.conformance.corpus.corpus import build, keys
from logitproof.conformance.corpus.source import BatchSource
from logitproof.conformance.inputs.cases import case_count
from logitproof.conformance.inputs.geometry import element_numbers, result_shape
from logitproof.conformance.judge.findings import confirmed, settle, settled
from logitproof.conformance.judge.job import Job, Tallies, Task
from logitproof.reference import function_named

STANDARD = {each.name for each in every_mistake() if each.kind.is_standard}
"""What standard algorithms have, and may be told of any kernel."""

LARGEST = 3000
"""Numbers of a batch beyond which a test does without it."""


def judged(function, quantity, result, dtype="float32", *, options=False):
    """Findings over the smoke corpus, and their causes; `result` makes lines (cases, elements) of a case.

    With `options` it is the calls with options of the ci profile that are made.
    """
    tallies = Tallies()
    entry_point = EntryPoint("kernel", function, function_named(function).keywords, (), ())
    for key in keys("ci" if options else "smoke", functions=(function,), dtypes=(dtype,)):
        if options and not key.name.startswith("options"):
            continue
        batch = build(key)
        if batch.arguments[0].size > LARGEST:
            continue
        cases = tuple(range(case_count(batch)))
        with np.errstate(all="ignore"):
            lines = result(NormalForm.of(batch, quantity, cases))
        if lines is None:
            continue
        array = np.empty(result_shape(batch, quantity), dtype=batch.arguments[0].dtype)
        numbers = np.arange(array.size).reshape(array.shape)
        in_rows = batch.is_reduced and quantity != "value"  # one case, and all the same it is made row by row
        numbers_of_lines = lines_of(batch, numbers) if in_rows else element_numbers(batch, quantity)
        array.reshape(-1)[numbers_of_lines.reshape(-1)] = lines.reshape(-1)
        output = Output(quantity, "plain", array, dtype, None)
        job = Job(BatchSource(key), (Task("kernel", entry_point, EAGER, (quantity,), {}),))
        answers = (ExaminedCalls((BatchPart(batch, cases, Reply((output,))),)),)
        tallies.take_in(job, answers, job.judged(answers))
    unconfirmed = settle(list(tallies.of_checks.values()))
    findings = settled(unconfirmed, [confirmed(each.judged) for each in unconfirmed])
    return list(zip(findings, causes_of(findings), strict=True))


def names_in(pairs):
    return {cause.name for _, cause in pairs if cause is not None}
