"""What a finding is, in one line and in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..document.model import LargestError, Offset, Words
from ..record.hexfloat import measure
from ..record.model import Discrepancy
from ..record.words import brief, counted, named, parameters_words, quantity_words, readable
from .conditions import CLASSES, INPUTS, LAYOUT, Condition, Value
from .findings import Finding

PROPERTY = "property:"
"""What the quantity of a broken property begins with."""


_PHRASES: Mapping[str, str] = {
    "beyond bound": "loses more than the textbook algorithm may lose",
    "inaccurate": "loses what a careful algorithm would not",
    "flushed to zero": "flushes numbers below the smallest normal one to zero",
    "nan": "is NaN where the exact result is not",
    "infinity": "is infinite where the exact result is a number that does not round to that",
    "limit missed": "misses a required limit",
    "choice": "takes one of several answers that mathematics leaves open",
    "undecided": "could not be decided",
    "crash": "ends the process",
    "hang": "does not return",
    "refused": "refuses an input",
    "shape": "has another shape than it should",
    "dtype": "has another dtype than it should",
    "input modified": "is computed at the cost of the input, which is modified",
    "missing gradient": "is missing",
}
_DEVIATION = "deviation: "


def headline(finding: Finding) -> str:
    """Return what a finding is, e.g. "gradient by logits of torch.logsumexp is NaN where the exact result is …"."""
    dtypes = f" ({named(finding.dtypes, 4)})"
    return f"{_subject(finding)} {_phrase(finding)}{dtypes}"


def cause_words(finding: Finding) -> str:
    """Return what is known of the cause, e.g. "log of softmax: bit-identical to log(softmax(x)) in float32"; or "".

    Where not all cases that the record keeps have that cause, it says how many do.
    """
    evidence: dict[str, str] = {}
    for discrepancy in finding.discrepancies:
        if discrepancy.cause is not None:
            evidence.setdefault(discrepancy.cause, discrepancy.evidence or "")
    names = evidence if finding.cause is None else (finding.cause,)
    causes = [_cause(finding, name, evidence.get(name, "")) for name in names]
    return "; ".join(causes)


def _cause(finding: Finding, name: str, evidence: str) -> str:
    recorded = len(finding.discrepancies)
    explained = sum(discrepancy.cause == name for discrepancy in finding.discrepancies)
    share = f" ({explained:,} of the {recorded:,} cases on record)" if explained < recorded else ""
    return ": ".join(brief(part) for part in (name, evidence) if part) + share


def extent_words(finding: Finding) -> str:
    """Return how often it was found, e.g. "1,200 results of 12 checks"."""
    if finding.is_of_property:
        return counted(finding.checks, "check of the property")
    return f"{counted(finding.results, 'result')} of {counted(finding.checks, 'check')}"


def largest_error(finding: Finding) -> LargestError | None:
    """Return the largest error of all its results; None of a single one, and where no number measures any of them."""
    if finding.results == 1:
        return None
    errors = (measure(discrepancy.error_ulps) for discrepancy in finding.discrepancies)
    if not math.isfinite(finding.ulps) and not any(map(math.isfinite, errors)):
        return None
    is_known = all(discrepancy.largest_ulps for discrepancy in finding.discrepancies)
    return LargestError(finding.ulps, measure(finding.worst.error_bound_ratio), is_known)


def call_words(finding: Finding, discrepancy: Discrepancy | None = None) -> str:
    """Return how its example was called: "axis=1, label_smoothing=0.125, shape (3, 7, 5), transposed".

    Args:
        finding: the finding.
        discrepancy: another one of its discrepancies, to be told in the example's place.
    """
    example = discrepancy or finding.example
    batch = finding.examined.batch_of(example)
    keywords = brief(parameters_words(example.parameters))
    shape = f"shape {batch.shape}" if batch else ""
    layout = brief(batch.layout, 40) if batch and batch.layout != "contiguous" else ""
    return ", ".join(part for part in (keywords, shape, layout) if part)


def trigger_words(finding: Finding) -> str:
    """Return with which calls alone it was seen, and how many results of others it was looked for in vain; or "".

    For instance: "only with axis=1, not in 960 results with axis=-1".
    """
    only = [each for each in finding.conditions if each.others]
    clauses = [f"only {_shared(each)}, {_in_vain(each)}" for each in only if each.is_apart]
    if joint := [each for each in only if not each.is_apart]:
        together = ", which were not examined apart" if len(joint) > 1 else ""
        clauses.append(f"only {' and '.join(map(_shared, joint))}{together}, {' and '.join(map(_in_vain, joint))}")
    if unvaried := [_shared(each) for each in finding.conditions if not each.others]:
        clauses.append(f"seen {' and '.join(unvaried)}; nothing was examined otherwise")
    if finding.settings and not any(each.name in ("mode", "device") for each in finding.conditions):
        clauses.append(f"seen in {_alternatives([brief(str(each), 80) for each in finding.settings])}")
    return "; ".join(clauses)


def _shared(condition: Condition) -> str:
    return _with(condition.name, condition.values, f"{condition.bound} " if condition.bound else "")


def _in_vain(condition: Condition) -> str:
    return f"not in {counted(condition.results, 'result')} {_with(condition.name, condition.others)}"


def _with(name: str, values: Sequence[Value], bound: str = "") -> str:
    """A fact of calls, e.g. "with axis=-1 or 2", "without weight", "in float16", "with at least 257 classes"."""
    listed = _alternatives([brief(value, 40) for value in values if value is not None])
    match name:
        case "dtype" | "mode":
            return f"in {listed}"
        case "device":
            return f"on {listed}"
        case _ if name == CLASSES:
            return f"with {bound}{listed} {'class' if listed == '1' else 'classes'}"
        case _ if name == INPUTS:
            return f"for {listed} inputs"
        case _ if name == LAYOUT:
            return f"with {listed} arguments"
    keyword = brief(name, 40)
    parts = (f"with {keyword}={listed}" if listed else "", f"without {keyword}" if None in values else "")
    return " or ".join(part for part in parts if part)


def _alternatives(values: Sequence[str]) -> str:
    """The first values of a list, the others counted: "1, 2 or 3", "1, 2, 3, 4 or 7 more"."""
    shown = [*values[:4], *([f"{len(values) - 4} more"] if len(values) > 4 else [])]
    return " or ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part) if shown else ""


def other_answers(discrepancy: Discrepancy) -> list[tuple[Words, str]]:
    """Return what other entry points made of the same input: each answer with its error, and who gave it."""
    who: dict[tuple[str, str], list[str]] = {}
    for answer in discrepancy.answers:
        device = answer.device or discrepancy.device
        differs = (answer.mode, device) != (discrepancy.mode, discrepancy.device)
        mode = f" ({answer.mode})" if device == discrepancy.device else f" ({answer.mode} on {device})"
        is_other_version = answer.backend == discrepancy.backend and answer.version != discrepancy.version
        version = f" {answer.version}" if is_other_version else ""
        name = brief(f"{answer.entry_point}{version}{mode if differs else ''}", 120)
        who.setdefault((answer.observed, answer.error_ulps), []).append(name)
    answers: list[tuple[Words, str]] = []
    for (observed, ulps), names in who.items():
        away = (" (", Offset(measure(ulps)), ")") if math.isfinite(measure(ulps)) else ()
        answers.append(((readable(observed, discrepancy.dtype), *away), named(names, 4)))
    return answers


def _subject(finding: Finding) -> str:
    entry_points = named(finding.entry_points)
    if finding.is_of_property:
        return entry_points
    quantities = named([quantity_words(each) for each in finding.quantities])
    return f"{quantities} of {entry_points}"


def _phrase(finding: Finding) -> str:
    if finding.is_of_property:
        return f"breaks the property {brief(finding.example.quantity, 120).removeprefix(PROPERTY)}"
    return ", or ".join(dict.fromkeys(_kind_phrase(finding, kind) for kind in finding.kinds))


def _kind_phrase(finding: Finding, kind: str) -> str:
    if kind == "error":
        raised = next(discrepancy.observed for discrepancy in finding.discrepancies if discrepancy.kind == kind)
        return f"raises {brief(raised, 160)}"
    if kind.startswith(_DEVIATION):
        return f"follows a stated definition, {brief(kind.removeprefix(_DEVIATION), 60)}, and not the literal one"
    return _PHRASES.get(kind, brief(kind, 80))
