"""A change as facts: what is said of it wherever it is told."""

from __future__ import annotations

from ..comparison.groups import CheckChange
from ..comparison.model import ChangeExample
from ..comparison.words import result_words, severity_word
from ..document.model import Code, Fact, Offset, Words
from ..record.hexfloat import measure
from ..record.model import Severity
from ..record.words import brief, inputs_hex, inputs_words, is_number, parameters_words


def change_facts(change: CheckChange, example: ChangeExample) -> tuple[Fact, ...]:
    """Return what is known of the example of a change: the input, and the results before, now and exact."""
    element = (", element ", Code(str(list(example.index)))) if example.index else ()
    dtype = change.check.dtype
    return (
        Fact("input", (Code(brief(inputs_words(example.inputs))), *element) if example.inputs else ""),
        Fact("hex", Code(brief(inputs_hex(example.inputs) or ""))),
        Fact("called", Code(brief(parameters_words(example.parameters)))),
        Fact("before", _result(example.before, dtype, example.before_ulps, example.before_severity)),
        Fact("now", _result(example.after, dtype, example.after_ulps, example.after_severity)),
        Fact("exact", Code(brief(example.expected.decimal))),
    )


def _result(text: str, dtype: str, ulps: str, severity: Severity | None) -> Words:
    """A result in decimal and in hex, how far it is off, and how grave that is."""
    written = (Code(brief(result_words(text, dtype))), *((" ", Code(brief(text, 80))) if is_number(text) else ()))
    return (*written, ": ", Offset(measure(ulps)), f", {severity_word(severity)}")
