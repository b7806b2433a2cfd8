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
from ..inputs.witness import Witness
from ..judge.findings import FAILURES
from ..judge.words import RUNS
from .expected import decimal_of, definitions_of, element_of, ulp_exponent, ulps_away
from .inputs import ScriptInputs, script_inputs
from .of_witness import as_discrepancy
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
    if isinstance(finding, Witness):
        discrepancy, inputs = as_discrepancy(finding, settings_of(target.framework)[0])
    else:
        _require_known(finding)
        failed = finding.kind in FAILURES
        discrepancy, inputs = finding, script_inputs(finding, whole_batch=whole_batch, apart=apart and not failed)
    call = ScriptCall(
        batch=inputs.batch,
        entry_point=discrepancy.entry_point,
        quantity=discrepancy.quantity,
        symptom=_symptom(discrepancy, inputs),
        every_run=target.module is not None or _is_of_later_run(discrepancy),
        note=inputs.note,
    )
    return Reproduction(
        statement=discrepancy.explanation,
        facts=(_facts(discrepancy, backend),),
        target=target,
        setting=discrepancy.setting,
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


def _is_of_later_run(discrepancy: Discrepancy) -> bool:
    """Whether not the first call showed it: the explanation then says which one did."""
    return any(f"{discrepancy.entry_point} ({words}) in " in discrepancy.explanation for words in RUNS.values())


def _facts(discrepancy: Discrepancy, backend: Backend) -> str:
    alike = f", one of {discrepancy.count} results alike" if discrepancy.count > 1 else ""
    return (
        f"Found by logitproof in {discrepancy.backend} {backend.version}: "
        f"{discrepancy.severity} ({discrepancy.kind}){alike}, "
        f"{discrepancy.function}, {discrepancy.quantity.replace(':', ' by ')}, {discrepancy.dtype}, "
        f"{discrepancy.input_class} inputs, id {discrepancy.id}."
    )


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


def time_limit(explanation: str) -> float:
    """Return the seconds that the call was given, which the explanation of a hang tells."""
    match = re.search(r"no answer within ([0-9]{1,5}(\.[0-9]{1,5})?) s", explanation)
    return max(1.0, float(match[1])) if match else CALL_TIMEOUT


def _symptom(discrepancy: Discrepancy, inputs: ScriptInputs) -> Symptom:
    if discrepancy.kind == "hang":
        return Hangs(time_limit(discrepancy.explanation))
    if discrepancy.kind in _BY_KIND:
        return _BY_KIND[discrepancy.kind]
    if discrepancy.kind == "shape":
        return WrongShape(result_shape(inputs.batch, discrepancy.quantity))
    return _of_number(discrepancy, inputs)


def _of_number(discrepancy: Discrepancy, inputs: ScriptInputs) -> Symptom:
    """Tell what a number must be for the discrepancy to be gone."""
    if discrepancy.expected.decimal in LIMITS:
        return NotTheLimit(inputs.index, discrepancy.expected.decimal)
    observed = float_from(discrepancy.observed)
    if discrepancy.expected.decimal in ("choice", "undecided") or discrepancy.severity == "undecided":
        return Same(inputs.index, observed)
    expected = decimal_of(discrepancy.expected.decimal)
    if expected is None:
        return NotTheLimit(inputs.index, "-inf" if discrepancy.expected.decimal.startswith("-") else "inf")
    return _off(discrepancy, inputs, observed, expected)


def _off(discrepancy: Discrepancy, inputs: ScriptInputs, observed: float, expected: str) -> Symptom:
    """Tell how near the exact result a number must be."""
    between = hex_of(float_from(discrepancy.expected.lower)), hex_of(float_from(discrepancy.expected.upper))
    fmt = format_named(discrepancy.dtype)
    away, ratio = ulps_away(fmt, observed, expected), float_from(discrepancy.error_bound_ratio)
    exponent = ulp_exponent(fmt, Fraction(expected))

    def off(permitted: float, meaning: str) -> Off:
        indices = (inputs.index, *inputs.also)
        return Off(tuple(ExpectedElement(index, expected, between, exponent, permitted) for index in indices), meaning)

    if discrepancy.kind != "inaccurate" and away is not None and 1 < ratio < math.inf:
        return off(_below(away / Fraction(ratio)), _TEXTBOOK)
    known = _of_reference(discrepancy, inputs)
    if known is not None and math.isfinite(known.permitted) and (away is None or away > known.permitted):
        return off(known.permitted, _ATTAINABLE if discrepancy.kind == "inaccurate" else _TEXTBOOK)
    return NotTheLimit(inputs.index, ANY_NUMBER) if away is None else off(_below(away / 2), _HALF)


def _of_reference(discrepancy: Discrepancy, inputs: ScriptInputs) -> ExpectedElement | None:
    """Return what the reference says of the element, by the definition that gives the exact result of the record."""
    for definition in definitions_of(discrepancy.function):
        element = element_of(
            inputs.batch,
            discrepancy.quantity,
            inputs.index,
            definition=definition,
            attainable=discrepancy.kind == "inaccurate",
            decimal=discrepancy.expected.decimal,
        )
        if element is not None:
            return element
    return None


def _below(number: Fraction) -> float:
    """Return a float64 that is not above a number."""
    nearest = float(min(number, Fraction(2) ** 1000))
    return nearest if Fraction(nearest) <= number else math.nextafter(nearest, -math.inf)
