"""A finding as a report for the issue tracker of the framework that has it. Record in, Markdown out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..document.text import text_of
from ..findings.findings import Finding
from ..findings.headline import call_words, cause_words, extent_words, headline, largest_error, trigger_words
from ..record.model import Backend, Discrepancy, OtherAnswer, Record
from ..record.words import (
    SHOWN_CHARACTERS,
    backend_title,
    brief,
    clean,
    error_words,
    inputs_hex,
    inputs_words,
    magnitude,
    quantity_words,
    readable,
)
from ..renderers.markdown_text import code, escape, fenced, table

MOST_SCRIPT = 40_000
"""Characters of a script that is pasted whole: trackers take 65,536 characters of a report."""
MOST_ANSWERS = 40

_ELEMENTS = 64
_BUILD = ("python", "numpy", "jaxlib", "git_version", "compiler", "cpu_capability")
"""Facts of a build that say which program computed, beside the versions of the backend and its framework."""
_VECTOR = re.compile(r"(avx|fma|f16c|sse4|amx|neon|asimd|sve|fphp|bf16|altivec|vsx|rvv)")
"""Instruction sets that change how a function is computed."""
_NUMERIC = re.compile(
    r"(TF_ENABLE_ONEDNN|TF_DETERMINISTIC|TF_XLA|XLA_|JAX_|ONEDNN|DNNL|ATEN_|TORCH|PYTORCH|OPENBLAS_CORETYPE|MKL_CBWR"
    r"|MKL_ENABLE|NPY_|CUBLAS|NVIDIA_TF32)"
)
"""Variables that change what is computed."""


def upstream_report(record: Record, finding: Finding, script: str | None) -> str:
    """Return Markdown ready for an issue tracker: what is wrong, where, the input, both results, and a script.

    Nothing of the machine is told but what computes: no paths, and of the environment the numerical switches only.

    Args:
        record: the run that found it.
        finding: what it found.
        script: a stand-alone script that shows it; None where there is none.
    """
    example = finding.example
    sections = (
        f"# {escape(capitalised(headline(finding)))}",
        _paragraph(finding),
        "## Versions\n\n" + "\n".join(_versions(record, example)),
        "## Smallest input\n\n" + table(("", ""), _facts(finding)),
        _cause(finding),
        _answers(example),
        _script(example, script),
        "Held against the exact result in ball arithmetic by logitproof.",
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def capitalised(text: str) -> str:
    """Return a sentence's beginning in upper case, unless it is a name such as torch.logsumexp."""
    first, _, _ = text.partition(" ")
    return text if "." in first.rstrip(".") else text[:1].upper() + text[1:]


def _paragraph(finding: Finding) -> str:
    """What happens at the example, then how far it reaches."""
    errors, when = text_of(largest_error(finding) or ""), trigger_words(finding)
    largest = f" Errors: {escape(errors)}." if errors else ""
    alone = f" When: {escape(when)}." if when else ""
    entry_points = ", ".join(code(name) for name in finding.entry_points[:8])
    more = f" and {len(finding.entry_points) - 8} more" if len(finding.entry_points) > 8 else ""
    dtypes = escape(", ".join(finding.dtypes))
    explanation = escape(brief(finding.example.explanation, 4 * SHOWN_CHARACTERS))
    return (
        f"{explanation}\n\n"
        f"It was seen in {extent_words(finding)} of {escape(finding.title)}: "
        f"{entry_points}{more}, in {dtypes}.{alone}{largest}"
    )


def _versions(record: Record, discrepancy: Discrepancy) -> Iterator[str]:
    backend = _backend(record, discrepancy)
    if backend is None:
        yield f"- {escape(backend_title(discrepancy))}"
        return
    build = {key: backend.build[key] for key in backend.build if key in {*_BUILD, backend.framework, backend.target}}
    facts = ", ".join(f"{escape(key)} {escape(brief(value, 60))}" for key, value in build.items())
    yield f"- {escape(backend_title(backend))}" + (f" ({facts})" if facts else "")
    machine = {**record.run.machine, **backend.cpu}
    yield f"- OS: {escape(brief(machine.get('system', 'not recorded'), 100))}"
    flags = (*backend.cpu.get("flags", "").split(), *_machine_features(record, backend))
    vectors = [flag for flag in flags if _VECTOR.search(flag)]
    names = ", ".join(dict.fromkeys(escape(brief(flag, 30)) for flag in vectors[:60]))
    model = ", ".join(escape(brief(machine[key], 100)) for key in ("model", "machine") if key in machine)
    yield f"- CPU: {model or 'not recorded'}" + (f", with {names}" if names else "")
    switches = {key: value for key, value in sorted(backend.environment.items()) if _NUMERIC.match(key)}
    shown = ", ".join(code(brief(f"{key}={value}", 100)) for key, value in switches.items())
    yield f"- {backend.threads} {'thread' if backend.threads == 1 else 'threads'}" + (f"; {shown}" if shown else "")


def _machine_features(record: Record, backend: Backend) -> tuple[str, ...]:
    """The features of this machine, where the worker did not tell those of its own."""
    return () if backend.cpu.get("flags") else record.run.cpu_features


def _backend(record: Record, discrepancy: Discrepancy) -> Backend | None:
    namesakes = [backend for backend in record.backends if backend.name == discrepancy.backend]
    same = (backend for backend in namesakes if backend.version == discrepancy.version)
    return next(same, next(iter(namesakes), None))


def _facts(finding: Finding) -> Iterator[tuple[str, str]]:
    example, how = finding.example, call_words(finding)
    called = f"{code(example.entry_point)}, {escape(quantity_words(example.quantity))}, {escape(example.dtype)}"
    yield "called", called + (f", {code(how)}" if how else "") + f", {escape(example.mode)}"
    if example.inputs:
        yield "input", code(brief(inputs_words(example.inputs, _ELEMENTS), 4000))
    if exact := inputs_hex(example.inputs, _ELEMENTS):
        yield "input in hex", code(brief(exact, 8000))
    if example.index:
        yield "element", code(str(list(example.index)))
    yield "observed", f"{_with_bits(example)}"
    if example.expected.decimal:
        between = f"{example.expected.lower} to {example.expected.upper}"
        certain = f", certainly in {code(brief(between))}" if example.expected.lower.startswith(("0x", "-0x")) else ""
        yield "exact", code(brief(example.expected.decimal)) + certain
    if error := error_words(example):
        yield "error", escape(error)


def _with_bits(discrepancy: Discrepancy) -> str:
    decimal = readable(discrepancy.observed, discrepancy.dtype)
    return code(decimal) if decimal == discrepancy.observed else f"{code(decimal)}, {code(brief(discrepancy.observed))}"


def _cause(finding: Finding) -> str:
    return f"## Cause\n\n{escape(cause_words(finding))}." if finding.cause else ""


def _answers(discrepancy: Discrepancy) -> str:
    """What the others make of the same input: it is no property of the input to be wrong."""
    if not discrepancy.answers:
        return ""
    rows = (_answer(answer, discrepancy.dtype) for answer in discrepancy.answers[:MOST_ANSWERS])
    shown = table(("", "answer", "ulps off"), rows)
    left = len(discrepancy.answers) - MOST_ANSWERS
    return f"## Other answers to the same input\n\n{shown}" + (f"\n\nand {left} more" if left > 0 else "")


def _answer(answer: OtherAnswer, dtype: str) -> tuple[str, str, str]:
    who = clean(f"{answer.backend} {answer.version}")
    return (
        f"{escape(who)}, {code(answer.entry_point)}",
        code(readable(answer.observed, dtype)),
        magnitude(answer.error_ulps),
    )


def _script(discrepancy: Discrepancy, script: str | None) -> str:
    if script is None:
        return ""
    if len(script) > MOST_SCRIPT:
        return f"The script that shows it is too long for this page: {code(f'logitproof reproduce {discrepancy.id}')}"
    return f"## Script\n\n{fenced(script, 'python')}"
