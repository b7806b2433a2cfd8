"""From a discrepancy of a record to the script that shows it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction

from logitproof.reference import FORMATS, FUNCTIONS, format_named
from logitproof.reports import Backend, ComparedBackend, Discrepancy, float_from, hex_of

from ..backends.client import CALL_TIMEOUT
from ..backends.frameworks import FRAMEWORKS, MODULE_FRAMEWORKS
from ..inputs.geometry import result_shape
from ..inputs.witness import WITNESS_CLASS, Witness
from ..judge.findings import FAILURES
from .expected import decimal_of, definitions_of, element_of, ulp_exponent, ulps_away
from .inputs import RecordedCase, ScriptInputs, script_inputs
from .of_witness import case_of_witness
from .script import Reproduction, ScriptCall, Target, settings_of
from .symptoms import (
    ANY_NUMBER,
    LIMITS,
    Dies,
    ExpectedElement,
    Hangs,
    Modified,
    NoGradient,
    NotTheLimit,
    Off,
    Raises,
    Same,
    Symptom,
    WrongDtype,
    WrongShape,
)

_TEXTBOOK = "what the textbook algorithm may lose, rounding included"
_ATTAINABLE = "what a careful implementation may lose, rounding included"
_HALF = "half of the error that was found"

# What may come from a record into a script's environment: switches of numerical libraries, and no more.
_SWITCH = re.compile(
    r"(TF_ENABLE_ONEDNN_OPTS|(ONEDNN|DNNL)_(MAX_CPU_ISA|DEFAULT_FPMATH_MODE)|ATEN_CPU_CAPABILITY|OPENBLAS_CORETYPE"
    r"|MKL_(CBWR|ENABLE_INSTRUCTIONS)|NPY_(DISABLE|ENABLE)_CPU_FEATURES|TF_DETERMINISTIC_OPS)\Z"
)
_SETTING = re.compile(r"[A-Za-z0-9_,. ]{1,200}\Z")


def reproduction_of(
    finding: Discrepancy | Witness, backend: Backend, *, whole_batch: bool = False, apart: bool = False
) -> Reproduction:
    """Return what a script that shows a discrepancy is about.

    Args:
        finding: a discrepancy of a record, or a witness; either may come from anywhere.
        backend: the backend that it was found in.
        whole_batch: call with all of the batch of the corpus, not with the one case.
        apart: call with the case alone: the run called cases apart, because batches failed as a whole.

    Raises:
        ValueError: what is recorded does not fit together, or cannot be reproduced; the message is one line.
    """
    target = target_of(backend)
    recorded: Discrepancy | RecordedCase
    if isinstance(finding, Witness):
        recorded, inputs = case_of_witness(finding)
        setting, alike, input_class = finding.setting or settings_of(target.framework)[0], "", WITNESS_CLASS
    else:
        _require_known(finding)
        failed = finding.kind in FAILURES
        recorded, inputs = finding, script_inputs(finding, whole_batch=whole_batch, apart=apart and not failed)
        setting, input_class = finding.setting, finding.input_class
        alike = f", one of {finding.count} results alike" if finding.count > 1 else ""
    # A witness does not tell which of the calls showed it.
    is_later = isinstance(finding, Witness) or finding.is_of_later_call
    call = ScriptCall(
        batch=inputs.batch,
        entry_point=finding.entry_point,
        quantity=recorded.quantity,
        symptom=_symptom(recorded, inputs),
        every_run=target.module is not None or is_later,
        note=inputs.note,
    )
    fact = (
        f"Found by logitproof in {finding.backend} {backend.version}: {recorded.severity} ({recorded.kind}){alike}, "
        f"{recorded.function}, {recorded.quantity.replace(':', ' by ')}, {recorded.dtype}, {input_class} inputs, "
        f"id {finding.id}."
    )
    return Reproduction(
        statement=finding.explanation,
        facts=(fact,),
        target=target,
        setting=setting,
        calls=(call,),
        threads=backend.threads or None,
        environment=switches_of(backend.environment),
    )


def _require_known(discrepancy: Discrepancy) -> None:
    if discrepancy.function not in FUNCTIONS or discrepancy.dtype not in FORMATS:
        raise ValueError(f"{discrepancy.function!r} in {discrepancy.dtype!r} is not of this release's catalogue")
    if discrepancy.quantity not in FUNCTIONS[discrepancy.function].quantities:
        raise ValueError(f"{discrepancy.function} has no {discrepancy.quantity!r}")


def target_of(backend: Backend | ComparedBackend) -> Target:
    """Return what the scripts of a backend call.

    Raises:
        ValueError: there are no scripts for its framework.
    """
    if backend.target in FRAMEWORKS:
        return Target(backend.target)
    if backend.framework not in MODULE_FRAMEWORKS:
        raise ValueError(f"the backend {backend.name!r} computes with {backend.framework!r}, which has no scripts")
    return Target(backend.framework, backend.target)


def switches_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an environment that change what numerical libraries compute, and no others."""
    return {name: value for name, value in sorted(environment.items()) if _SWITCH.match(name) and _SETTING.match(value)}


_BY_KIND: Mapping[str, Symptom] = {
    "crash": Dies(),
    "error": Raises(),
    "refused": Raises(),
    "input modified": Modified(),
    "dtype": WrongDtype(),
    "missing gradient": NoGradient(),
}


def hang(time_limit: str | None) -> Hangs:
    """Return what shows a call that does not come back within the seconds that it was given, as hex text."""
    return Hangs(max(1.0, CALL_TIMEOUT if time_limit is None else float_from(time_limit)))


def _symptom(recorded: Discrepancy | RecordedCase, inputs: ScriptInputs) -> Symptom:
    if recorded.kind == "hang":
        return hang(recorded.time_limit)
    if recorded.kind in _BY_KIND:
        return _BY_KIND[recorded.kind]
    if recorded.kind == "shape":
        return WrongShape(result_shape(inputs.batch, recorded.quantity))
    return _of_number(recorded, inputs)


def _of_number(recorded: Discrepancy | RecordedCase, inputs: ScriptInputs) -> Symptom:
    """Tell what a number must be for the discrepancy to be gone."""
    if recorded.expected.decimal in LIMITS:
        return NotTheLimit(inputs.index, recorded.expected.decimal)
    observed = float_from(recorded.observed)
    if recorded.expected.decimal in ("choice", "undecided") or recorded.severity == "undecided":
        return Same(inputs.index, observed)
    expected = decimal_of(recorded.expected.decimal)
    if expected is None:
        return NotTheLimit(inputs.index, "-inf" if recorded.expected.decimal.startswith("-") else "inf")
    return _off(recorded, inputs, observed, expected)


def _off(recorded: Discrepancy | RecordedCase, inputs: ScriptInputs, observed: float, expected: str) -> Symptom:
    """Tell how near the exact result a number must be."""
    between = hex_of(float_from(recorded.expected.lower)), hex_of(float_from(recorded.expected.upper))
    fmt = format_named(recorded.dtype)
    away, ratio = ulps_away(fmt, observed, expected), float_from(recorded.error_bound_ratio)
    exponent = ulp_exponent(fmt, Fraction(expected))

    def off(permitted: float, meaning: str) -> Off:
        indices = (inputs.index, *inputs.also)
        return Off(tuple(ExpectedElement(index, expected, between, exponent, permitted) for index in indices), meaning)

    if recorded.kind != "inaccurate" and away is not None and 1 < ratio < math.inf:
        return off(_below(away / Fraction(ratio)), _TEXTBOOK)
    known = _of_reference(recorded, inputs)
    if known is not None and math.isfinite(known.permitted) and (away is None or away > known.permitted):
        return off(known.permitted, _ATTAINABLE if recorded.kind == "inaccurate" else _TEXTBOOK)
    return NotTheLimit(inputs.index, ANY_NUMBER) if away is None else off(_below(away / 2), _HALF)


def _of_reference(recorded: Discrepancy | RecordedCase, inputs: ScriptInputs) -> ExpectedElement | None:
    """Return what the reference says of the element, by the definition that gives the exact result of the record."""
    for definition in definitions_of(recorded.function):
        element = element_of(
            inputs.batch,
            recorded.quantity,
            inputs.index,
            definition=definition,
            attainable=recorded.kind == "inaccurate",
            decimal=recorded.expected.decimal,
        )
        if element is not None:
            return element
    return None


def _below(number: Fraction) -> float:
    """Return a float64 that is not above a number."""
    nearest = float(min(number, Fraction(2) ** 1000))
    return nearest if Fraction(nearest) <= number else math.nextafter(nearest, -math.inf)
